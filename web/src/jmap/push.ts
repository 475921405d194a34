//! News from the server by EventSource. The browser reconnects by itself after a
//! cut; after a refusal (stream closed) we open a new one with growing pauses.
//! After every reopening the listener is told, because news may have been missed.

import type { Changed } from './types'

export type PushListener = {
  changed: (changed: Changed) => void
  /** Connected again after a gap. */
  resumed: () => void
  online: (online: boolean) => void
}

const TYPES = 'Email,Mailbox,Thread,EmailSubmission,Identity'
const PAUSES = [1, 2, 5, 15, 30, 60]

export function pushAddress(template: string): string {
  return template.replace('{types}', TYPES).replace('{closeafter}', 'no').replace('{ping}', '30')
}

export function listen(template: string, listener: PushListener): () => void {
  let source: EventSource | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let wasOpen = false
  let stopped = false

  const open = () => {
    if (stopped) return
    source = new EventSource(pushAddress(template), { withCredentials: true })
    source.addEventListener('open', () => {
      failures = 0
      listener.online(true)
      if (wasOpen) listener.resumed()
      wasOpen = true
    })
    source.addEventListener('state', (event) => {
      const { changed } = JSON.parse((event as MessageEvent<string>).data) as { changed: Changed }
      listener.changed(changed)
    })
    source.addEventListener('error', () => {
      listener.online(false)
      if (source?.readyState !== EventSource.CLOSED) return
      timer = setTimeout(open, 1000 * (PAUSES[Math.min(failures, PAUSES.length - 1)] ?? 60))
      failures += 1
    })
  }
  open()
  return () => {
    stopped = true
    clearTimeout(timer)
    source?.close()
  }
}
