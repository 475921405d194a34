//! What was typed when the values came back survives leaving the page, so that the cards
//! and the form can stand in two tabs. The secret is never kept.

import type { Values } from '../views/admin/credential'

const key = (provider: string) => `tegata.guide.draft.${provider}`
const KEPT = ['client_id', 'tenant', 'secret_ends_on', 'note', 'redirect_path', 'allowed'] as const
type Kept = Partial<Pick<Values, (typeof KEPT)[number]>>

export function keptDraft(provider: string): Kept {
  const kept: Kept = {}
  try {
    const read = JSON.parse(localStorage.getItem(key(provider)) ?? '{}') as Record<string, unknown>
    for (const name of KEPT) if (typeof read[name] === 'string') kept[name] = read[name]
  } catch {
    // What cannot be read is as good as nothing.
  }
  return kept
}

export const keepDraft = (provider: string, values: Values) =>
  localStorage.setItem(
    key(provider),
    JSON.stringify(Object.fromEntries(KEPT.map((name) => [name, values[name]]))),
  )

export const dropDraft = (provider: string) => localStorage.removeItem(key(provider))
