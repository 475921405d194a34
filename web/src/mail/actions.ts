//! What a person can do to a mail that lies at the provider: read or unread, star.
//! Shown at once, carried out behind, taken back with a word if refused.

import { Problem } from '../api/problem'
import type { SetResult } from '../jmap/types'
import { mail } from '../store/mail.svelte'
import { toasts } from '../store/toasts.svelte'
import { t } from '../words/words.svelte'

let last: Promise<unknown> = Promise.resolve()

async function setKeyword(accountId: string, ids: string[], keyword: string, on: boolean) {
  const store = mail.store(accountId)
  const todo = ids.filter((id) => {
    const email = store?.emails.get(id)
    return email && !!email.keywords[keyword] !== on
  })
  if (!store || !todo.length) return
  const patch = { [`keywords/${keyword}`]: on ? true : null }
  // One write after the other: two requests at once may arrive in the other order.
  const call = last
    .then(() =>
      mail.connection.one<SetResult>('Email/set', {
        accountId,
        update: Object.fromEntries(todo.map((id) => [id, patch])),
      }),
    )
    .then((result) => {
      const refused = Object.values(result.notUpdated ?? {})[0]
      if (refused) throw new Problem(0, `/problems/jmap-${refused.type}`, '', refused.description)
    })
  last = call.catch(() => {})
  const outcomes = await Promise.allSettled(
    todo.map((id) => store.emails.edit(id, patch, () => call)),
  )
  if (outcomes.some(({ status }) => status === 'rejected')) {
    toasts.say(t('action.takenBack'), undefined, 'bad')
  }
}

export const setSeen = (accountId: string, ids: string[], seen: boolean) =>
  setKeyword(accountId, ids, '$seen', seen)

export const setFlagged = (accountId: string, ids: string[], flagged: boolean) =>
  setKeyword(accountId, ids, '$flagged', flagged)
