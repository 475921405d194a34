//! Opening the provider's page. The window is opened in the click itself (later it
//! would be blocked) and gets its address when the server has answered. Providers cut
//! the tie between the windows, so nothing is read from it: the state is asked of the
//! server alone. Where the browser opens none, the same window goes there and comes back;
//! one that the person closed stays closed, and can be opened again.

export const SAME_WINDOW = 'tegata.connect.sameWindow'

export function openConsentWindow(): Window | null {
  const left = Math.max(0, Math.round(screenX + (outerWidth - 560) / 2))
  const size = `popup,width=560,height=720,left=${left},top=80`
  const opened = window.open('about:blank', '_blank', size)
  return opened?.closed ? null : opened
}

export function leadTo(popup: Window | null, connectId: string, url: string) {
  if (popup) {
    if (!popup.closed) popup.location.replace(url)
    return
  }
  sessionStorage.setItem(SAME_WINDOW, connectId)
  location.assign(url)
}
