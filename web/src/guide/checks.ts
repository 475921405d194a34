//! Live checks of what was brought back, before anything is sent: blanks are trimmed,
//! the usual mistakes are named, unusual forms are only pointed out.

export type Verdict = { level: 'good' | 'warn' | 'bad'; key: VerdictKey } | null
export type VerdictKey =
  | 'check.good'
  | 'check.google.id'
  | 'check.apiKey'
  | 'check.projectNumber'
  | 'check.masked'
  | 'check.secretForm'
  | 'check.uuid'
  | 'check.secretId'
  | 'check.tenant'
  | 'check.tenantNeeded'
  | 'check.tenantNamed'
  | 'check.past'
  | 'check.far'

const GUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const DOMAIN = /^(?=.{3,255}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/i
const GOOGLE_ID = /^[0-9]{6,}(-[0-9A-Za-z_]+)?\.apps\.googleusercontent\.com$/
const GOOGLE_SECRET = /^(GOCSPX-[A-Za-z0-9_-]{28}|[A-Za-z0-9_-]{24})$/
const MICROSOFT_SECRET = /^[0-9A-Za-z_~.-]{3}[0-9]Q~[0-9A-Za-z_~.-]{31,34}$/
const DAY_MS = 86_400_000

const good: Verdict = { level: 'good', key: 'check.good' }
const bad = (key: VerdictKey): Verdict => ({ level: 'bad', key })
const warn = (key: VerdictKey): Verdict => ({ level: 'warn', key })

export function checkClientId(kind: string, typed: string): Verdict {
  const value = typed.trim()
  if (!value) return null
  if (/^AIza/.test(value)) return bad('check.apiKey')
  if (kind === 'google') {
    if (/^[0-9]+$/.test(value)) return bad('check.projectNumber')
    return GOOGLE_ID.test(value) ? good : warn('check.google.id')
  }
  return GUID.test(value) ? good : warn('check.uuid')
}

export function checkSecret(kind: string, typed: string): Verdict {
  const value = typed.trim()
  if (!value) return null
  if (/^[*•]+/.test(value)) return bad('check.masked')
  if (/^AIza/.test(value)) return bad('check.apiKey')
  if (GUID.test(value) && kind === 'microsoft') return bad('check.secretId')
  const form = kind === 'google' ? GOOGLE_SECRET : MICROSOFT_SECRET
  return form.test(value) ? good : warn('check.secretForm')
}

export function checkTenant(typed: string, needed: boolean, appOnly: boolean): Verdict {
  const value = typed.trim()
  if (!value) return needed ? bad('check.tenantNeeded') : null
  if (['organizations', 'common', 'consumers'].includes(value)) {
    if (appOnly) return bad('check.tenantNamed')
    return needed ? warn('check.tenantNeeded') : good
  }
  return GUID.test(value) || DOMAIN.test(value) ? good : bad('check.tenant')
}

export function checkEnd(date: string, now = Date.now()): Verdict {
  if (!date) return null
  const left = Date.parse(date) - now
  if (left < 0) return bad('check.past')
  return left > 735 * DAY_MS ? warn('check.far') : good
}
