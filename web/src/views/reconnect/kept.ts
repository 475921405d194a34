//! What outlives the way to the provider and back: the link, by the consent it began. Only
//! in this tab, and only until it is done.

const KEY = 'tegata.reconnect'
type Kept = { id: string; token: string }

export function keepReconnect(kept: Kept | null) {
  if (kept) sessionStorage.setItem(KEY, JSON.stringify(kept))
  else sessionStorage.removeItem(KEY)
}

export function keptReconnect(): Kept | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Kept | null
    return kept?.id && kept.token ? kept : null
  } catch {
    return null
  }
}
