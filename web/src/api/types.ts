//! The REST nouns as the server sends them (architecture.md section 4).

export type Role = 'administrator' | 'member'
export type User = {
  id: string
  login: string
  name: string
  address: string | null
  role: Role
  status: 'active' | 'invited' | 'disabled'
  language: 'ja' | 'en' | null
  created_at: string
  last_sign_in_at: string | null
}
export type Me = {
  user: User
  csrf_token: string
  public_url: string
  origin_ok: boolean
  version: string
}
export type Advice = {
  cause_id: string
  cause: string
  cure: string
  who: 'member' | 'administrator' | 'provider_administrator' | 'nobody'
  retry_after: number | null
  card: string | null
  provider_said?: string | null
}
export type Outcome = 'ok' | 'warn' | 'fail' | 'skip' | 'running'
export type Step = {
  name: string
  subject: string | null
  outcome: Outcome
  ms: number | null
  provider_said: string | null
  advice: Advice | null
  /** A rule of the self-check in a sentence. */
  message?: string
}
export type GrantStatus =
  'good' | 'refreshing' | 'throttled' | 'app_broken' | 'needs_consent' | 'revoked'
export type SyncStatus = 'live' | 'filling' | 'later' | 'blocked'
export type SendStatus = 'ready' | 'later' | 'blocked'
type Side<S> = { status: S; since: string | null; until: string | null; advice: Advice | null }
export type Folder = { name: string; role: string | null; total: number; unread: number }
export type Interval = {
  what: 'grant' | 'sync' | 'send'
  status: string
  since: string
  until: string | null
}
export type Account = {
  id: string
  address: string
  mailbox_address: string | null
  name?: string | null
  provider: string
  credential_id: string
  /** `ends_at`: when the permission ends by itself, where something is known. */
  grant: Side<GrantStatus> & { ends_at?: string | null; ends_reason?: string | null }
  sync: Side<SyncStatus> & {
    last_received_at: string | null
    /** Seconds that the last new mail took from the provider's clock to here. */
    lag?: number | null
  }
  send: Side<SendStatus> & { last_sent_at?: string | null }
  budget?: Budget | null
  owner?: { id: string; login: string; name: string }
  folders?: Folder[]
  intervals?: Interval[]
}
/** What an account used of its provider's limits on one day. */
export type Budget = {
  day: string
  received_bytes: number
  sent_bytes: number
  commands: number
  connections: number
  limit_received_bytes: number | null
}
export type Access = 'delegated' | 'app_only'
export type Provider = {
  name: string
  kind: 'google' | 'microsoft' | 'generic'
  label: string
  wants_tenant: boolean
}
export type Credential = {
  id: string
  provider: string
  name: string
  client_id: string
  secret_hint: string | null
  secret_ends_on: string | null
  note: string | null
  tenant: string | null
  redirect_path: string
  redirect_uri: string
  status: 'unproven' | 'good' | 'broken'
  advice: Advice | null
  in_use_by: number | unknown[]
  access?: Access
  /** The mailboxes that app-only access may open. */
  allowed_addresses?: string[]
  /** How many different people ever consented to this app. */
  people_consented?: number
  /** The secret that will follow, and whether the provider has taken it. */
  next_secret_hint?: string | null
  next_secret_ends_on?: string | null
  next_secret_status?: 'unproven' | 'good' | 'broken' | null
  next_secret_advice?: Advice | null
  /** The secret before the last switch: fallen back to when the current one is refused. */
  previous_secret_hint?: string | null
  secret_switched?: { at: string; by: 'person' | 'refusal'; advice: Advice | null } | null
  created_at: string
  updated_at: string
}
export type FieldNote = { field: string; message: string }
export type Token = {
  id: string
  name: string
  scopes: string[]
  created_at: string
  expires_at: string | null
  last_used_at: string | null
  token?: string
}
export type LoginSession = {
  id: string
  created_at: string
  last_seen_at: string
  user_agent: string
  remote_address: string
  current: boolean
}
export type Invitation = {
  id: string
  kind: 'invite' | 'reset'
  user: { id: string; login: string; name: string }
  expires_at: string
  created_at: string
}
export type Invited = {
  items: { user: User; url: string; expires_at: string }[]
  errors: { line: number; message: string }[]
}
export type SelfCheck = {
  public_url: string
  reached_as: string
  origin_ok: boolean
  redirect_uris: { path: string; uri: string }[]
  steps: Step[]
}
export type AuditEntry = {
  id: string
  at: string
  actor: string | { login?: string; name?: string } | null
  action: string
  subject: string | null
  detail: unknown
}
export type Connect = {
  id: string
  state: 'waiting' | 'checking' | 'done' | 'failed'
  steps: Step[]
  account_id: string | null
  address: string
  authorization_url?: string | null
}
export type Health = {
  now: string
  version: string
  accounts: { total: number; good: number; waiting: number; stopped: number }
  attention: Account[]
  failures: Failure[]
  unknown: UnknownAnswer[]
}
export type Failure = {
  provider: string
  credential_id: string | null
  credential_name: string | null
  cause_id: string
  count: number
  accounts: number
  last_at: string
  advice: Advice
}
export type UnknownAnswer = {
  provider: string
  provider_said: string
  search: string
  count: number
  first_at: string
  last_at: string
}
export type ProtocolLog = {
  until: string | null
  lines: number
  first_at?: string | null
  last_at?: string | null
}
export type LineNote = { line: number; field: string; message: string }
export type Imported = {
  dry_run: boolean
  lines: number
  added: number
  changed: number
  unchanged: number
  invited: number
  warnings: LineNote[]
  errors: LineNote[]
  invitations: ImportedLink[]
}
export type ImportedLink = {
  login: string
  name: string
  address: string
  url: string
  expires_at: string
}
/** An imported account that nobody has authorised yet. */
export type Pending = {
  id: string
  account_id_there: string | null
  address: string
  mailbox_address: string | null
  name: string | null
  note: string | null
  provider: string
  credential_id: string | null
  user: { id: string; login: string; name: string } | null
  created_at: string
}
export type List<T> = { items: T[]; next: string | null }

export type NoticeStatus = 'waiting' | 'sent' | 'undeliverable' | 'withdrawn'
/** Whom a notice goes to: a person, or only an address. */
export type Receiver = { id?: string; name?: string; address?: string | null } | string | null
/** The end of a client secret or of a permission, known before it comes. */
export type Ending = {
  kind: 'secret' | 'grant'
  subject_id: string
  credential_id: string
  name: string
  provider: string
  ends_at: string
  ends_on: string
  reason: string
  /** False where the date is judged, not told. */
  certain: boolean
  /** Refreshing moves it further by itself. */
  moves: boolean
  /** Whole days left, negative when past. */
  days: number
  who: Advice['who']
  person: { id: string; name: string } | null
  mailboxes: { account_id: string; address: string }[]
  advice: Advice | null
  card: string | null
  notices: { days: number; status: NoticeStatus; to: Receiver; at: string | null }[]
}
export type Notice = {
  id: string
  kind: string
  subject_id: string
  to: Receiver
  status: NoticeStatus
  cause_id: string | null
  created_at: string
  sent_at: string | null
  advice: Advice | null
  title: string
  text: string
  link: string | null
  /** Why it could not be delivered. */
  undeliverable?: Advice | null
}
/** The mailbox that notices are sent from. */
export type SystemMailbox = {
  account_id: string | null
  address: string | null
  send: Side<SendStatus> | null
  works: boolean
  /** Why it does not work. */
  advice?: Advice | null
  candidates: { account_id: string; address: string; works: boolean }[]
}
/** A grant that waits for a person. */
export type WhoMustAct = {
  grant_id: string
  person: { id: string; login: string; name: string; address: string | null } | null
  mailboxes: { account_id: string; address: string }[]
  since: string
  advice: Advice | null
  notice: { status: NoticeStatus; at: string | null; to: Receiver } | null
  link: { created_at: string; expires_at: string; used_at: string | null } | null
}
export type LinkMade = {
  account_id: string
  mailbox_address: string
  to: Receiver
  status: 'queued' | 'no_system_mailbox' | 'not_needed' | 'not_asked'
  url: string | null
}
/** What a reconnect link tells to whoever holds it. */
export type ReconnectLink = {
  mailbox_addresses: string[]
  address: string
  provider: string
  provider_label?: string
  person: string | { name: string } | null
  state: 'open' | 'used' | 'expired' | 'not_needed'
  expires_at: string
  advice: Advice | null
}
export type Pause = {
  since: string
  until: string | null
  seconds: number
  /** `service`: Tegata itself did not run. */
  side: 'grant' | 'sync' | 'send' | 'service'
  status: string
  cause_id: string | null
  advice: Advice | null
}
export type Reached = {
  account_id: string
  mailbox_address: string
  person: { name: string } | string | null
  unbroken: boolean
  /** The part of the time in which mail came in, 0 to 1. */
  receiving: number
  seconds_out: number
  since: string
  /** The newest, and how many older ones are not told one by one. */
  pauses: Pause[]
  pauses_left_out?: number
}
export type Reach = List<Reached> & {
  from: string
  until: string
  days: number
  accounts: { total: number; unbroken: number; paused: number }
}
