//! Two administrators, one guide: changes are kept small and laid over what the server has.

import type { CardState, Change, Guide } from './api'

export const isEmpty = (change: Change): boolean => Object.keys(change).length === 0

/** Two changes as one; the later one wins where both say something. */
export function joined(first: Change, then: Change): Change {
  const answers = { ...first.answers, ...then.answers }
  return {
    ...first,
    ...then,
    ...(Object.keys(answers).length ? { answers } : {}),
  }
}

/** The guide as it will look once the change has arrived. */
export const laidOver = (guide: Guide, change: Change): Guide => ({
  ...guide,
  ...change,
  answers: { ...guide.answers, ...change.answers },
})

/** Where to go on in the console: after the last card that is done, else the first that must be. */
export function nextCard(cards: CardState[]): CardState | undefined {
  const last = cards.findLastIndex(({ done_at }) => done_at)
  const after = cards.slice(last + 1).find(({ done_at }) => !done_at)
  return after ?? cards.find(({ done_at, optional }) => !done_at && !optional)
}

export function progress(cards: CardState[]): { done: number; of: number } {
  const needed = cards.filter(({ optional }) => !optional)
  return { done: needed.filter(({ done_at }) => done_at).length, of: needed.length }
}

/** The latest time until which a change may still be on its way. */
export function settling(cards: CardState[], now = Date.now()): string | null {
  const times = cards
    .map(({ settles_at }) => settles_at ?? '')
    .filter((at) => Date.parse(at) > now)
    .sort()
  return times.at(-1) ?? null
}
