//! Mailboxes of the person that wait for a new consent: told once above everything; who has
//! seen it keeps a small mark. "Seen" is one death, so a later one is told again.

import type { Account } from '../api/types'
import { mail } from './mail.svelte'

const KEY = 'tegata.reconnect.seen'

function kept(): string[] {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]')
    return Array.isArray(value) ? value.map(String) : []
  } catch {
    return []
  }
}

export const death = ({ id, grant }: Pick<Account, 'id' | 'grant'>) => `${id}@${grant.since ?? ''}`

class Attention {
  private seen = $state(kept())
  accounts = $derived(mail.accounts.filter(({ grant }) => grant.status === 'needs_consent'))
  /** Whether there is something that was not put aside yet. */
  isOpen = $derived(this.accounts.some((one) => !this.seen.includes(death(one))))

  hide() {
    this.keep(this.accounts.map(death))
  }

  show() {
    this.keep([])
  }

  private keep(seen: string[]) {
    this.seen = seen
    sessionStorage.setItem(KEY, JSON.stringify(seen))
  }
}

export const attention = new Attention()
