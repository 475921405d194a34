//! An entry of the audit log in people's words; what has no word is shown as it is.

import type { AuditEntry } from '../../api/types'
import { t, words, type Key } from '../../words/words.svelte'

const FIELDS: Record<string, Key> = {
  client_id: 'cred.clientId',
  provider: 'cred.provider',
  tenant: 'cred.tenant',
  redirect_path: 'cred.path',
  secret_ends_on: 'cred.ends',
  new_secret: 'audit.newSecret',
  role: 'users.role',
  by: 'audit.by',
  person: 'audit.person',
  scopes: 'tokens.scopes',
}

const wordOr = (key: string, otherwise: string) =>
  key in words.dictionary ? t(key as Key) : otherwise

export const actorOf = ({ actor }: AuditEntry): string =>
  typeof actor === 'string' ? actor : (actor?.name ?? actor?.login ?? '')

export const actionOf = ({ action }: AuditEntry): string => wordOr(`did.${action}`, action)

const members = ({ detail }: AuditEntry): Record<string, unknown> =>
  typeof detail === 'object' && detail !== null ? (detail as Record<string, unknown>) : {}

/** What it was done to: a mailbox or a name where the entry tells it, else the id. */
export function subjectOf(entry: AuditEntry): string {
  const { mailbox, name } = members(entry)
  const told = [mailbox, name].find((one) => typeof one === 'string' && one)
  return (told as string | undefined) ?? entry.subject ?? ''
}

/** The further members, one line each; ids and what is empty say nothing. */
export function linesOf(entry: AuditEntry): string[] {
  if (typeof entry.detail === 'string') return [entry.detail]
  return Object.entries(members(entry))
    .filter(([name]) => !['mailbox', 'name', 'credential'].includes(name))
    .filter(([, value]) => value !== null && value !== false && value !== '')
    .filter(([name, value]) => name !== 'person' || value !== subjectOf(entry))
    .map(([name, value]) => {
      const label = FIELDS[name] ? t(FIELDS[name]) : name
      if (value === true) return label
      if (name === 'by') return `${label}: ${wordOr(`audit.by.${value}`, String(value))}`
      if (name === 'role') return `${label}: ${wordOr(`role.${value}`, String(value))}`
      return `${label}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`
    })
}
