//! The states of a mailbox, everywhere the same (look.md). Of grant, receiving and
//! sending the worst is shown first; the other two stay beside it.

import type { Account } from '../api/types'
import type { Key } from '../words/words.svelte'

export type Tone = 'good' | 'quiet' | 'soon' | 'bad'
export type Mark = 'check' | 'arc' | 'hourglass' | 'key' | 'seal' | 'ring' | 'clock' | 'barred'
export type State = { word: Key; mark: Mark; tone: Tone; rank: number; until: string | null }

const make = (
  word: Key,
  mark: Mark,
  tone: Tone,
  rank: number,
  until: string | null = null,
): State => ({ word, mark, tone, rank, until })

export function grantState({ grant }: Account): State {
  switch (grant.status) {
    case 'good':
      return make('state.good', 'check', 'good', 0)
    case 'refreshing':
      return make('state.refreshing', 'arc', 'quiet', 1)
    case 'throttled':
      return grant.until
        ? make('state.throttledUntil', 'hourglass', 'soon', 3, grant.until)
        : make('state.throttled', 'hourglass', 'soon', 3)
    case 'app_broken':
      return make('state.appBroken', 'key', 'bad', 7)
    case 'needs_consent':
      return make('state.needsConsent', 'seal', 'bad', 8)
    case 'revoked':
      return make('state.revoked', 'ring', 'quiet', 6)
  }
}

const waiting = (until: string | null) =>
  until
    ? make('state.laterUntil', 'clock', 'soon', 4, until)
    : make('state.later', 'clock', 'soon', 4)

/** Without a permission nothing comes or goes, whatever the last look said. */
const ended = ({ grant }: Account) =>
  ['needs_consent', 'app_broken', 'revoked'].includes(grant.status)

export function syncState(account: Account): State {
  const { sync } = account
  if (sync.status === 'later') return waiting(sync.until)
  if (sync.status === 'blocked') return make('state.cannotReceive', 'barred', 'bad', 5)
  if (ended(account)) return make('state.receivingStopped', 'ring', 'quiet', 0)
  if (sync.status === 'filling') return make('state.filling', 'arc', 'quiet', 1)
  return make('state.receiving', 'check', 'good', 0)
}

export function sendState(account: Account): State {
  const { send } = account
  if (send.status === 'later') return waiting(send.until)
  if (send.status === 'blocked') return make('state.cannotSend', 'barred', 'bad', 5)
  if (ended(account)) return make('state.sendingStopped', 'ring', 'quiet', 0)
  return make('state.sending', 'check', 'good', 0)
}

const sides = (account: Account): State[] => [
  grantState(account),
  syncState(account),
  sendState(account),
]

const worstOf = (states: State[]): State =>
  states.reduce((worst, one) => (one.rank > worst.rank ? one : worst))

export const worstState = (account: Account): State => worstOf(sides(account))

/** The other two, which stay visible beside the worst. */
export function otherStates(account: Account): State[] {
  const states = sides(account)
  const worst = worstOf(states)
  return states.filter((one) => one !== worst)
}

/** Whether a person should act on it today. */
export const needsHand = (account: Account): boolean => worstState(account).tone === 'bad'

/** The advice that goes with the worst of the three. */
export function worstAdvice(account: Account) {
  const worst = worstState(account)
  if (grantState(account).word === worst.word && account.grant.advice) return account.grant.advice
  if (syncState(account).word === worst.word && account.sync.advice) return account.sync.advice
  return account.send.advice ?? account.sync.advice ?? account.grant.advice
}
