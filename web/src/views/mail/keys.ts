//! The keys of the mail page (Gmail's set, as far as we can carry it out).

import { command, isEnter, isTyping } from '../../keys'
import { setFlagged } from '../../mail/actions'
import { go } from '../../router.svelte'
import { mail } from '../../store/mail.svelte'
import type { Key } from '../../words/words.svelte'
import { desk } from './desk.svelte'

export const KEYS: [string, Key][] = [
  ['j', 'keys.next'],
  ['k', 'keys.previous'],
  ['o', 'keys.open'],
  ['u', 'keys.back'],
  ['r', 'keys.reply'],
  ['a', 'keys.replyAll'],
  ['f', 'keys.forward'],
  ['c', 'keys.write'],
  ['s', 'keys.star'],
  ['/', 'keys.search'],
  ['?', 'keys.help'],
]

/** The newest mail of the open thread that is no draft: what an answer answers. */
export function answerable(): { accountId: string; emailId: string } | null {
  if (!desk.open) return null
  const { accountId, threadId } = desk.open
  const store = mail.store(accountId)
  const ids = store?.threads.get(threadId)?.emailIds ?? []
  const emails = ids.flatMap((id) => store?.emails.get(id) ?? [])
  const last = emails.filter((email) => !email.keywords.$draft).at(-1)
  return last ? { accountId, emailId: last.id } : null
}

export function answer(mode: 'reply' | 'all' | 'forward') {
  const to = answerable()
  if (to) go(`/compose?mode=${mode}&account=${to.accountId}&email=${to.emailId}`)
}

function move(step: number) {
  const rows = desk.list?.rows ?? []
  if (!rows.length) return
  const at = desk.cursor >= 0 ? desk.cursor : rows.findIndex(desk.isOpen)
  const next = Math.min(rows.length - 1, Math.max(0, at + step))
  desk.cursor = next
  if (desk.open) go(desk.pathOf(rows[next]!), { replace: true })
  if (next > rows.length - 10) void desk.list?.next()
}

function openCursor() {
  const row = desk.list?.rows[desk.cursor]
  if (row) go(desk.pathOf(row))
}

function star() {
  const row = desk.list?.rows[desk.cursor] ?? desk.list?.rows.find(desk.isOpen)
  if (!row) return
  const store = mail.store(row.accountId)
  const ids = store?.threads.get(row.threadId)?.emailIds ?? [row.id]
  const on = ids.some((id) => store?.emails.get(id)?.keywords.$flagged)
  void setFlagged(row.accountId, on ? ids : [row.id], !on)
}

export function mailKeys(event: KeyboardEvent, help: () => void) {
  if (isEnter(event) && !isTyping(event) && event.target === document.body) return openCursor()
  const run: Record<string, () => void> = {
    j: () => move(1),
    k: () => move(-1),
    o: openCursor,
    u: () => desk.open && go(desk.listPath()),
    r: () => answer('reply'),
    a: () => answer('all'),
    f: () => answer('forward'),
    c: () => go('/compose'),
    s: star,
    '/': () => document.getElementById('search')?.focus(),
    '?': help,
  }
  const todo = run[command(event) ?? '']
  if (!todo) return
  event.preventDefault()
  todo()
}
