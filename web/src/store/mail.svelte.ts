//! All mailboxes of the person: opens the connection, keeps the accounts of the
//! session, and spreads news. `start` may be called by every view; it works once.

import { api } from '../api/client'
import type { Account } from '../api/types'
import { Connection } from '../jmap/connection'
import { listen } from '../jmap/push'
import { AccountStore } from './account.svelte'
import { refreshOutbox } from './outbox.svelte'

const ACCOUNT_CHECK_MS = 30_000

class Mail {
  connection = new Connection()
  /** Accounts as REST tells them, with their states. */
  accounts = $state<Account[]>([])
  stores = $state.raw<Map<string, AccountStore>>(new Map())
  ready = $state(false)
  online = $state(true)
  problem = $state<unknown>(null)
  private starting: Promise<void> | null = null
  private stop: (() => void)[] = []

  start(): Promise<void> {
    this.starting ??= this.open().catch((error: unknown) => {
      this.starting = null
      this.problem = error
    })
    return this.starting
  }

  private async open() {
    this.problem = null
    const [session] = await Promise.all([this.connection.open(), this.loadAccounts()])
    this.adopt(Object.keys(session.accounts))
    this.ready = true
    this.stop.push(
      listen(session.eventSourceUrl, {
        changed: (changed) => {
          for (const [id, types] of Object.entries(changed)) this.news(id, types)
        },
        resumed: () => void this.refresh(),
        online: (online) => (this.online = online),
      }),
    )
    const look = () => {
      if (document.visibilityState === 'visible') void this.loadAccounts().catch(() => {})
    }
    const timer = setInterval(look, ACCOUNT_CHECK_MS)
    document.addEventListener('visibilitychange', look)
    this.stop.push(() => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    })
    await Promise.allSettled([...this.stores.values()].map((store) => store.loadMailboxes()))
  }

  private news(id: string, types: Record<string, string>) {
    const store = this.stores.get(id)
    if (!store) return void this.refresh()
    void store.changed(types)
    if ('EmailSubmission' in types) void refreshOutbox(id)
  }

  private adopt(ids: string[]) {
    const stores = new Map<string, AccountStore>()
    for (const id of ids)
      stores.set(id, this.stores.get(id) ?? new AccountStore(id, this.connection))
    this.stores = stores
    // What was sent before a reload or a gap may have come to its end meanwhile.
    for (const id of stores.keys()) void refreshOutbox(id).catch(() => {})
  }

  async loadAccounts() {
    const items = await api.all<Account>('/api/accounts')
    this.accounts = items
  }

  /** After a gap, or when an account came or went. */
  async refresh() {
    const [session] = await Promise.all([this.connection.open(), this.loadAccounts()])
    this.adopt(Object.keys(session.accounts))
    await Promise.allSettled([...this.stores.values()].map((store) => store.changed(null)))
  }

  store(id: string | undefined): AccountStore | undefined {
    return id ? this.stores.get(id) : undefined
  }

  account(id: string | undefined): Account | undefined {
    return this.accounts.find((account) => account.id === id)
  }

  reset() {
    for (const stop of this.stop) stop()
    this.stop = []
    this.starting = null
    this.connection = new Connection()
    this.accounts = []
    this.stores = new Map()
    this.ready = false
    this.online = true
    this.problem = null
  }
}

export const mail = new Mail()
export const resetMail = () => mail.reset()
