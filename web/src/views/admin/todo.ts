//! What needs a hand today, the failing first. Each line leads to the place that mends it.

import type { Account, Credential, Ending, Health, Step, SystemMailbox } from '../../api/types'
import { needsHand, worstAdvice, worstState, type State } from '../../mail/states'
import { t, tn } from '../../words/words.svelte'
import { cureOf, left, reasonOf } from '../endings/endings'
import { CONSENTED_CAP, endsSoon, nearCap } from './credential'

export type Todo = {
  tone: 'bad' | 'soon'
  text: string
  note?: string
  state?: State
  to: string
}
export type Now = {
  steps: Step[]
  credentials: Credential[]
  accounts: Account[]
  health: Health | null
  /** The name of a provider for people. */
  label?: (provider: string) => string
  /** What ends next; null where it is not known. */
  endings?: Ending[] | null
  system?: SystemMailbox | null
}

const MAX_ACCOUNTS = 8
const MAX_ENDINGS = 4
const NEAR_DAYS = 60
const URGENT_DAYS = 7

export function todoOf({
  steps,
  credentials,
  accounts,
  health,
  label = (name) => name,
  endings = null,
  system = null,
}: Now): Todo[] {
  const bad: Todo[] = []
  const soon: Todo[] = []
  for (const step of steps) {
    if (step.outcome !== 'fail' && step.outcome !== 'warn') continue
    const line = {
      text: step.advice?.cause ?? step.message ?? step.name,
      note: [step.subject && label(step.subject), step.advice?.cure].filter(Boolean).join(' · '),
      to: step.advice?.card ?? '/admin/self-check',
    }
    if (step.outcome === 'fail') bad.push({ tone: 'bad', ...line })
    else soon.push({ tone: 'soon', ...line })
  }
  for (const one of credentials) {
    const to = `/admin/credentials/${one.id}`
    if (one.status === 'broken')
      bad.push({
        tone: 'bad',
        text: `${one.name}: ${one.advice?.cause ?? t('cred.broken')}`,
        note: one.advice?.cure,
        to: one.advice?.card ?? to,
      })
    if (!endings && endsSoon(one))
      soon.push({
        tone: 'soon',
        text: t('cred.endsOn', { name: one.name, date: one.secret_ends_on ?? '' }),
        to,
      })
    if (one.provider === 'google' && nearCap(one.people_consented ?? 0))
      soon.push({
        tone: 'soon',
        text: t('consented.todo', {
          name: one.name,
          n: one.people_consented ?? 0,
          cap: CONSENTED_CAP,
        }),
        to,
      })
  }
  const near = (endings ?? []).filter(({ days, moves }) => !moves && days <= NEAR_DAYS)
  for (const one of near.slice(0, MAX_ENDINGS)) {
    const secret = one.kind === 'secret'
    const line = {
      text: t(secret ? 'endings.todoSecret' : 'endings.todoGrant', {
        name: secret ? one.name : (one.mailboxes[0]?.address ?? one.name),
        left: left(one.days),
      }),
      note: reasonOf(one),
      to: cureOf(one, undefined, true)?.to ?? '/admin/endings',
    }
    if (one.days <= URGENT_DAYS) bad.push({ tone: 'bad', ...line })
    else soon.push({ tone: 'soon', ...line })
  }
  if (near.length > MAX_ENDINGS)
    soon.push({
      tone: 'soon',
      text: tn('endings.todoMore', near.length - MAX_ENDINGS),
      to: '/admin/endings',
    })
  if (system && !system.works && accounts.length)
    soon.push({
      tone: 'soon',
      text: system.account_id
        ? t('system.todoBroken', { address: system.address ?? '' })
        : t('system.todo'),
      to: '/admin/endings',
    })
  const stopped = accounts.filter(needsHand).sort((a, b) => worstState(b).rank - worstState(a).rank)
  for (const account of stopped.slice(0, MAX_ACCOUNTS))
    bad.push({
      tone: 'bad',
      text: account.mailbox_address ?? account.address,
      note: worstAdvice(account)?.cause,
      state: worstState(account),
      to: `/admin/accounts/${account.id}`,
    })
  if (stopped.length > MAX_ACCOUNTS)
    bad.push({
      tone: 'bad',
      text: tn('todo.moreAccounts', stopped.length - MAX_ACCOUNTS),
      to: '/admin/health',
    })
  const times = health?.failures.reduce((sum, { count }) => sum + count, 0) ?? 0
  const mostOften = health?.failures[0]?.advice?.cause
  if (times)
    soon.push({
      tone: 'soon',
      text: tn('todo.failures', times),
      note: mostOften && t('todo.mostOften', { cause: mostOften }),
      to: '/admin/health',
    })
  if (health?.unknown.length)
    soon.push({
      tone: 'soon',
      text: tn('todo.unknown', health.unknown.length),
      to: '/admin/health',
    })
  return [...bad, ...soon]
}
