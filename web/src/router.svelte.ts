//! A tiny router on the history API. Views read `route`, links are plain `<a>`
//! made with `href()`; one click handler turns them into moves without loading.

import { basePath } from './base'

class Route {
  /** Path below the base, beginning with a slash, never ending with one. */
  path = $state('/')
  query = $state(new URLSearchParams())
  parts = $derived(this.path.split('/').filter(Boolean).map(decodeURIComponent))

  read() {
    const base = basePath()
    const path = location.pathname
    const below = path.startsWith(base) ? path.slice(base.length) : path
    this.path = '/' + below.replace(/^\/+|\/+$/g, '')
    this.query = new URLSearchParams(location.search)
  }
}

export const route = new Route()

type Guard = () => boolean
let guard: Guard | null = null

/** Someone with unsaved work may refuse a move; returns the way to let go. */
export function guardMoves(check: Guard): () => void {
  guard = check
  return () => {
    if (guard === check) guard = null
  }
}

/** The address of a route, for `<a href>`. */
export const href = (path: string): string => basePath() + path.replace(/^\/+/, '')

export function go(path: string, how: { replace?: boolean; force?: boolean } = {}) {
  if (!how.force && guard && !guard()) return
  if (how.replace) history.replaceState(history.state, '', href(path))
  else history.pushState({ ours: true }, '', href(path))
  route.read()
}

/** Back if we came from a page of ours, else to the given one. */
export function back(otherwise: string) {
  if ((history.state as { ours?: boolean } | null)?.ours) history.back()
  else go(otherwise, { replace: true })
}

function followClick(event: MouseEvent) {
  if (event.defaultPrevented || event.button !== 0) return
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  const link = (event.target as Element | null)?.closest?.('a[href]') as HTMLAnchorElement | null
  if (!link || link.target || link.hasAttribute('download')) return
  const to = new URL(link.href)
  if (to.origin !== location.origin || !to.pathname.startsWith(basePath())) return
  if (/^(api|jmap|common)\//.test(to.pathname.slice(basePath().length))) return
  if (to.pathname === location.pathname && to.search === location.search && to.hash) return
  event.preventDefault()
  go(to.pathname.slice(basePath().length) + to.search + to.hash)
}

export function startRouter() {
  route.read()
  addEventListener('popstate', () => route.read())
  addEventListener('click', followClick)
}
