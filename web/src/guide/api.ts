//! The guide as the server keeps it; all administrators share it.

import type { Advice } from '../api/types'

export const STEPS = ['before', 'choose', 'console', 'bring', 'verify', 'hand-over'] as const
export type StepName = (typeof STEPS)[number]
export type Answers = {
  reach: null | 'own' | 'outside'
  approval: null | 'organisation' | 'each' | 'app_only'
  shared_mailboxes: null | boolean
  mailboxes: null | number
  manual: boolean
}
export type Variant = {
  audience: 'internal' | 'external' | null
  tenancy: 'single' | 'multi' | null
  access: 'delegated' | 'app_only'
  remarks: Advice[]
  possible: boolean
}
export type CardState = {
  id: string
  optional: boolean
  done_at: string | null
  done_by: string | null
  settles_at: string | null
}
export type GuideValues = {
  redirect_uri: string
  redirect_uri_misprinted: string
  public_url: string
  home_page: string
  /** None for a host such as localhost. */
  authorized_domain: string | null
  scopes: string[]
  server_addresses?: string[]
}
export type Guide = {
  provider: string
  kind: 'google' | 'microsoft'
  label: string
  step: StepName
  answers: Answers
  variant: Variant | null
  cards: CardState[]
  values: GuideValues
  credential_id: string | null
  people: { consented: number; cap: number | null; warn_from: number }
  updated_at: string | null
  updated_by: string | null
}
export type PersonState =
  'invited' | 'not_connected' | 'connected' | 'waiting' | 'blocked' | 'reconnect'
export type Person = {
  user: { id: string; login: string; name: string; address: string | null } | null
  mailbox_address: string
  state: PersonState
  account_id: string | null
  since: string | null
  until: string | null
  who: Advice['who'] | null
  advice: Advice | null
}
export type HandOver = {
  counts: Record<'connected' | 'not_connected' | 'waiting' | 'blocked' | 'reconnect', number>
  people: Person[]
  mail_apps_script: string | null
}
/** What one administrator changed; the rest is left to the others. */
export type Change = {
  step?: StepName
  answers?: Partial<Answers>
  credential_id?: string | null
}
