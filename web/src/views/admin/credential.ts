//! The credential form: its values, and Google's downloaded JSON read in the browser.

import type { Access, Credential } from '../../api/types'
import type { Key } from '../../words/words.svelte'
import { readAddresses } from './addresses'

export type Values = {
  provider: string
  client_id: string
  client_secret: string
  note: string
  name: string
  tenant: string
  secret_ends_on: string
  redirect_path: string
  access: Access
  /** One address a line, as it was typed. */
  allowed: string
}
export const MAX = 1000
export const DEFAULT_PATH = '/common/cmn270.do'
/** The second is what the manual misprints in its Google part. */
export const PATHS = [DEFAULT_PATH, '/common/cm270.do']

export const blank = (provider: string): Values => ({
  provider,
  client_id: '',
  client_secret: '',
  note: '',
  name: '',
  tenant: '',
  secret_ends_on: '',
  redirect_path: DEFAULT_PATH,
  access: 'delegated',
  allowed: '',
})

export const valuesOf = (credential: Credential): Values => ({
  provider: credential.provider,
  client_id: credential.client_id,
  client_secret: '',
  note: credential.note ?? '',
  name: credential.name,
  tenant: credential.tenant ?? '',
  secret_ends_on: credential.secret_ends_on ?? '',
  redirect_path: credential.redirect_path,
  access: credential.access ?? 'delegated',
  allowed: (credential.allowed_addresses ?? []).join('\n'),
})

/** What is sent: blanks around are trimmed, what stayed empty is left out (or taken away by null). */
export function bodyOf(values: Values, former: Credential | null, wantsTenant: boolean) {
  const optional = (value: string) => value.trim() || (former ? null : undefined)
  return {
    ...(former ? {} : { provider: values.provider }),
    client_id: values.client_id.trim(),
    client_secret: values.client_secret.trim() || undefined,
    note: optional(values.note),
    name: values.name.trim() || undefined,
    tenant: wantsTenant ? values.tenant.trim() || undefined : undefined,
    secret_ends_on: optional(values.secret_ends_on),
    redirect_path: values.redirect_path,
    ...(isAppOnly(values, wantsTenant)
      ? {
          ...(former ? {} : { access: values.access }),
          allowed_addresses: readAddresses(values.allowed).good,
        }
      : {}),
  }
}

/** App-only access is Microsoft's: a choice made before another provider was chosen does not count. */
export const isAppOnly = (values: Values, wantsTenant: boolean) =>
  wantsTenant && values.access === 'app_only'

export type AccessFault = { field: 'tenant' | 'allowed_addresses'; word: Key; line?: number }

/** What app-only access needs and does not have yet; the server judges again. */
export function accessFaults(values: Values, wantsTenant: boolean): AccessFault[] {
  if (!isAppOnly(values, wantsTenant)) return []
  const faults: AccessFault[] = []
  if (!namesTenant(values.tenant)) faults.push({ field: 'tenant', word: 'cred.tenantNeeded' })
  const { good, bad } = readAddresses(values.allowed)
  if (bad.length)
    faults.push({ field: 'allowed_addresses', word: 'cred.allowedBad', line: bad[0]!.line })
  else if (!good.length) faults.push({ field: 'allowed_addresses', word: 'cred.allowedNone' })
  return faults
}

/** A directory id or a domain; not the words that stand for many tenants. */
export function namesTenant(tenant: string): boolean {
  const name = tenant.trim().toLowerCase()
  if (['organizations', 'common', 'consumers'].includes(name)) return false
  return (
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name) || /^[\w-]+(\.[\w-]+)+$/.test(name)
  )
}

const CONSENTED_WARN = 80
export const CONSENTED_CAP = 100

/** Google lets an external app that it has not checked be used by so many people only. */
export const nearCap = (consented: number) => consented >= CONSENTED_WARN

export type GoogleFile =
  | { ok: true; client_id: string; client_secret: string; redirect_uris: string[] }
  | { ok: false; why: 'installed' | 'service_account' | 'unknown' }

/** Google's client file: only a "web" client can be used here. */
export function readGoogleFile(text: string): GoogleFile {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, why: 'unknown' }
  }
  if (typeof value !== 'object' || value === null) return { ok: false, why: 'unknown' }
  const file = value as Record<string, unknown>
  if (file.type === 'service_account') return { ok: false, why: 'service_account' }
  if (file.installed) return { ok: false, why: 'installed' }
  const web = file.web as Record<string, unknown> | undefined
  if (typeof web?.client_id !== 'string' || typeof web.client_secret !== 'string')
    return { ok: false, why: 'unknown' }
  const uris = Array.isArray(web.redirect_uris) ? web.redirect_uris : []
  return {
    ok: true,
    client_id: web.client_id,
    client_secret: web.client_secret,
    redirect_uris: uris.filter((uri): uri is string => typeof uri === 'string'),
  }
}

const DAY_MS = 86_400_000
const WARN_DAYS = 60

export function endsSoon({ secret_ends_on }: Credential, now = Date.now()): boolean {
  return !!secret_ends_on && Date.parse(secret_ends_on) - now < WARN_DAYS * DAY_MS
}

export const usersOf = ({ in_use_by }: Credential): number =>
  Array.isArray(in_use_by) ? in_use_by.length : (in_use_by ?? 0)
