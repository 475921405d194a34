//! What was sent from this browser and is not settled yet, so that a failed send is
//! seen. The ids survive a reload; what they became is asked of the server.

import type { Submission } from '../jmap/types'
import { mail } from './mail.svelte'

const KEY = 'tegata.outbox'
const KEEP_MS = 7 * 24 * 3_600_000

export type Sent = {
  accountId: string
  id: string
  emailId: string
  subject: string
  at: number
  state: 'pending' | 'failed'
  said: string
}

class Outbox {
  items = $state<Sent[]>([])

  constructor() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) ?? '[]') as Sent[]
      this.items = kept.filter(({ at }) => Date.now() - at < KEEP_MS)
    } catch {
      this.items = []
    }
  }

  get failed() {
    return this.items.filter(({ state }) => state === 'failed')
  }

  add(sent: Sent) {
    this.items = [...this.items, sent]
    this.keep()
  }

  dismiss(id: string) {
    this.items = this.items.filter((item) => item.id !== id)
    this.keep()
  }

  /** What the server says of ours: settled ones go, refused ones stay with its words. */
  learn(submissions: Submission[]) {
    for (const submission of submissions) {
      const ends = Object.values(submission.deliveryStatus ?? {})
      const refused = ends.filter(({ delivered }) => delivered === 'no')
      if (refused.length || submission.undoStatus === 'canceled') {
        const said = refused.map(({ smtpReply }) => smtpReply).join('\n')
        this.items = this.items.map((item) =>
          item.id === submission.id ? { ...item, state: 'failed', said } : item,
        )
      } else if (submission.undoStatus === 'final' && !ends.some((e) => e.delivered === 'queued')) {
        this.items = this.items.filter(({ id }) => id !== submission.id)
      }
    }
    this.keep()
  }

  private keep() {
    localStorage.setItem(KEY, JSON.stringify(this.items))
  }
}

export const outbox = new Outbox()

export async function refreshOutbox(accountId: string) {
  const ids = outbox.items.filter((item) => item.accountId === accountId).map(({ id }) => id)
  if (!ids.length) return
  const { list } = await mail.connection.one<{ list: Submission[] }>('EmailSubmission/get', {
    accountId,
    ids,
    properties: ['id', 'emailId', 'undoStatus', 'deliveryStatus'],
  })
  outbox.learn(list)
}
