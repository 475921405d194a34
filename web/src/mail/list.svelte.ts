//! The message list: a window on a long query. One request brings the ids, the lines
//! and the threads of a page; news make it ask again for what is on screen.
//! A search asks every mailbox at once and lays the answers together by time.

import { asProblem, type Problem } from '../api/problem'
import { from } from '../jmap/connection'
import type { Email, Thread } from '../jmap/types'
import { LIST_PROPERTIES } from '../store/account.svelte'
import { mail } from '../store/mail.svelte'

export type Source = { accountId: string; filter: Record<string, unknown> }
export type Row = { accountId: string; id: string; threadId: string }
export const PAGE = 50

type Page = { rows: Row[]; total: number }

export class MessageList {
  rows = $state.raw<Row[]>([])
  total = $state(0)
  loading = $state(false)
  loaded = $state(false)
  problem = $state<Problem | null>(null)
  private shown = PAGE
  private running = 0
  private abort = new AbortController()

  constructor(readonly sources: Source[]) {}

  get more() {
    return this.rows.length < this.total
  }

  /** The first page, or after news all that was shown. */
  async load() {
    const turn = ++this.running
    this.loading = true
    try {
      const pages = await Promise.all(this.sources.map((one) => this.page(one, 0, this.shown)))
      if (turn === this.running) this.take(pages)
    } catch (error) {
      if (turn === this.running && !this.abort.signal.aborted) this.problem = asProblem(error)
    } finally {
      if (turn === this.running) this.loading = false
    }
  }

  async next() {
    if (this.loading || !this.more) return
    this.shown += PAGE
    await this.load()
  }

  close() {
    this.running += 1
    this.abort.abort()
  }

  private take(pages: Page[]) {
    this.total = pages.reduce((sum, page) => sum + page.total, 0)
    const rows = pages.flatMap((page) => page.rows)
    if (pages.length > 1) rows.sort((a, b) => receivedAt(b).localeCompare(receivedAt(a)))
    this.rows = rows
    this.problem = null
    this.loaded = true
  }

  private async page(source: Source, position: number, limit: number): Promise<Page> {
    const { accountId, filter } = source
    const store = mail.store(accountId)
    const [query, get, threads] = await mail.connection.ask(
      [
        [
          'Email/query',
          {
            accountId,
            filter,
            sort: [{ property: 'receivedAt', isAscending: false }],
            collapseThreads: true,
            position,
            limit,
            calculateTotal: true,
          },
        ],
        [
          'Email/get',
          { accountId, '#ids': from(0, 'Email/query', '/ids'), properties: LIST_PROPERTIES },
        ],
        ['Thread/get', { accountId, '#ids': from(1, 'Email/get', '/list/*/threadId') }],
      ],
      this.abort.signal,
    )
    const emails = get!.args.list as Email[]
    store?.took(emails, get!.args.state as string)
    store?.threads.put(threads!.args.list as Thread[])
    const threadOf = new Map(emails.map((email) => [email.id, email.threadId]))
    const rows = (query!.args.ids as string[])
      .filter((id) => threadOf.has(id))
      .map((id) => ({ accountId, id, threadId: threadOf.get(id)! }))
    return { rows, total: (query!.args.total as number | undefined) ?? rows.length }
  }
}

const receivedAt = (row: Row) => mail.store(row.accountId)?.emails.get(row.id)?.receivedAt ?? ''
