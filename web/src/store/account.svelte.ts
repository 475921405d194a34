//! What we hold of one mailbox: records by type, and the state each type is at.

import type { Connection } from '../jmap/connection'
import { from } from '../jmap/connection'
import type { Changes, Email, Identity, Mailbox, Submission, Thread } from '../jmap/types'
import { Records } from './records.svelte'

export const LIST_PROPERTIES = [
  'id threadId mailboxIds keywords from to subject receivedAt preview hasAttachment',
]
  .join(' ')
  .split(' ')

export class AccountStore {
  mailboxes = new Records<Mailbox>()
  emails = new Records<Email>()
  threads = new Records<Thread>()
  identities = new Records<Identity>()
  submissions = new Records<Submission>()
  /** Counts the rounds of news, for lists that then ask their query again. */
  round = $state(0)
  loaded = $state(false)
  private emailState: string | null = null
  private busy = false
  /** News that came in while a round was on: one more round for all of them. */
  private waiting: Record<string, string> | null | undefined = undefined

  constructor(
    readonly id: string,
    private connection: Connection,
  ) {}

  async loadMailboxes() {
    const { list } = await this.connection.one<{ list: Mailbox[] }>('Mailbox/get', {
      accountId: this.id,
      ids: null,
    })
    this.mailboxes.replace(list)
    this.loaded = true
  }

  async loadIdentities() {
    const { list } = await this.connection.one<{ list: Identity[] }>('Identity/get', {
      accountId: this.id,
      ids: null,
    })
    this.identities.replace(list)
  }

  withRole(role: string): Mailbox | undefined {
    return this.mailboxes.all().find((mailbox) => mailbox.role === role)
  }

  /** Emails came in an answer that also named the state they are of. */
  took(emails: Email[], state?: string) {
    this.emails.put(emails)
    if (state && !this.emailState) this.emailState = state
  }

  /** News for some types; `null` = unknown what changed, ask for all. */
  async changed(types: Record<string, string> | null) {
    if (this.busy) {
      this.waiting = types && this.waiting !== null ? { ...this.waiting, ...types } : null
      return
    }
    this.busy = true
    await this.follow(types)
    this.busy = false
    const { waiting } = this
    this.waiting = undefined
    if (waiting !== undefined) await this.changed(waiting)
  }

  private async follow(types: Record<string, string> | null) {
    const touched = (type: string) => !types || type in types
    const work: Promise<unknown>[] = []
    if (touched('Mailbox')) work.push(this.loadMailboxes())
    if (touched('Identity') && this.identities.ids().length) work.push(this.loadIdentities())
    if (touched('Email') || touched('Thread')) work.push(this.emailsChanged())
    await Promise.allSettled(work)
    this.round += 1
  }

  private async emailsChanged() {
    const sinceState = this.emailState
    if (!sinceState) return
    try {
      const [changes, created, updated] = await this.connection.ask([
        ['Email/changes', { accountId: this.id, sinceState, maxChanges: 200 }],
        ['Email/get', this.listed('/created')],
        ['Email/get', this.listed('/updated')],
      ])
      const what = changes!.args as unknown as Changes
      this.emails.put(created!.args.list as Email[])
      this.emails.put(updated!.args.list as Email[])
      this.emails.forget(what.destroyed)
      this.emailState = what.newState
      if (what.hasMoreChanges) await this.emailsChanged()
    } catch {
      // The log does not reach back that far, or the request failed: what is on
      // screen is asked again by its query, and the state is learnt anew there.
      this.emailState = null
    }
  }

  private listed(path: string) {
    return {
      accountId: this.id,
      '#ids': from(0, 'Email/changes', path),
      properties: LIST_PROPERTIES,
    }
  }
}
