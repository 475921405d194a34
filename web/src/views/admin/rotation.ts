//! Where a replacement of the client secret stands, told by the credential alone: it can be
//! left and found again, by anybody.

import type { Credential } from '../../api/types'

export type Stage = 'idle' | 'try' | 'switch' | 'clean'
export const STEPS = ['add', 'try', 'switch', 'clean'] as const

export function stageOf(one: Credential): Stage {
  if (one.next_secret_status) return one.next_secret_status === 'good' ? 'switch' : 'try'
  return one.previous_secret_hint ? 'clean' : 'idle'
}

/** The step that is at hand, counted from zero. */
export const stepAt = (stage: Stage): number => ({ idle: 0, try: 1, switch: 2, clean: 3 })[stage]

/** As a secret is shown: an ellipsis and its last characters, whoever added the first. */
export const hinted = (hint: string | null | undefined): string =>
  hint ? `…${hint.replace(/^…/, '')}` : ''
