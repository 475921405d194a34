//! Opening the provider's page. The window is opened in the click itself (later it
//! would be blocked) and gets its address when the server has answered. Providers cut
//! the tie between the windows, so nothing is read from it: the state is asked of the
//! server alone. Without a pop-up the same window goes there and comes back.

export const SAME_WINDOW = 'tegata.connect.sameWindow'

export function openConsentWindow(): Window | null {
  const left = Math.max(0, Math.round(screenX + (outerWidth - 560) / 2))
  return window.open('about:blank', '_blank', `popup,width=560,height=720,left=${left},top=80`)
}

export function leadTo(popup: Window | null, connectId: string, url: string) {
  if (popup && !popup.closed) {
    popup.location.replace(url)
    return
  }
  sessionStorage.setItem(SAME_WINDOW, connectId)
  location.assign(url)
}
