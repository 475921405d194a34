//! What lies on the desk: which list is shown, where the cursor is, what is open.
//! Read from the route, so that every place has an address.

import { MessageList, type Row } from '../../mail/list.svelte'
import { href, route } from '../../router.svelte'
import { mail } from '../../store/mail.svelte'

class Desk {
  list = $state.raw<MessageList | null>(null)
  cursor = $state(-1)
  searching = $derived(route.parts[1] === 'search')
  words = $derived(this.searching ? (route.query.get('q') ?? '') : '')
  accountId = $derived(this.searching ? undefined : route.parts[1])
  mailboxId = $derived(this.searching ? undefined : route.parts[2])
  /** The open thread: account and thread id. */
  open = $derived.by((): { accountId: string; threadId: string } | null => {
    if (!this.searching)
      return route.parts[3] ? { accountId: route.parts[1]!, threadId: route.parts[3] } : null
    const [accountId, threadId] = (route.query.get('in') ?? '').split('/')
    return accountId && threadId ? { accountId, threadId } : null
  })
  /** Names the list; a change of it makes a new one. */
  key = $derived(this.searching ? `q ${this.words}` : `${this.accountId} ${this.mailboxId}`)

  listPath(): string {
    return this.searching
      ? `/mail/search?q=${encodeURIComponent(this.words)}`
      : `/mail/${this.accountId}/${this.mailboxId}`
  }

  pathOf(row: Row): string {
    return this.searching
      ? `${this.listPath()}&in=${row.accountId}/${row.threadId}`
      : `${this.listPath()}/${row.threadId}`
  }

  hrefOf = (row: Row): string => href(this.pathOf(row))

  isOpen = (row: Row): boolean =>
    this.open?.threadId === row.threadId && this.open.accountId === row.accountId

  makeList(): MessageList | null {
    if (route.parts[0] !== 'mail') return null
    if (this.searching) {
      const ids = [...mail.stores.keys()]
      const filter = { text: this.words }
      return this.words.trim() && ids.length
        ? new MessageList(ids.map((accountId) => ({ accountId, filter })))
        : null
    }
    if (!this.accountId || !this.mailboxId) return null
    return new MessageList([{ accountId: this.accountId, filter: { inMailbox: this.mailboxId } }])
  }
}

export const desk = new Desk()
