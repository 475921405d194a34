//! Endings in their order of urgency, in people's words.

import type { Ending, Receiver } from '../../api/types'
import { monthOf } from '../../words/time'
import { t, tn, words, type Key } from '../../words/words.svelte'

export type Tone = 'bad' | 'soon' | 'plain'
export type Group = { key: string; title: string; tone: Tone; items: Ending[] }

const WEEK = 7
const MONTH = 30

/** What moves by itself is never urgent. */
export const toneOf = ({ days, moves }: Pick<Ending, 'days' | 'moves'>): Tone =>
  moves ? 'plain' : days <= WEEK ? 'bad' : days <= MONTH ? 'soon' : 'plain'

function place({ days, ends_on }: Ending): [string, string] {
  if (days < 0) return ['past', t('endings.group.past')]
  if (days <= WEEK) return ['week', t('endings.group.week')]
  if (days <= MONTH) return ['month', t('endings.group.month')]
  return [ends_on.slice(0, 7), monthOf(ends_on)]
}

/** Past, this week, within thirty days, then month by month; the nearest first. */
export function grouped(endings: Ending[]): Group[] {
  const groups = new Map<string, Group>()
  for (const one of [...endings].sort((a, b) => a.ends_at.localeCompare(b.ends_at))) {
    const [key, title] = place(one)
    const tone = { past: 'bad', week: 'bad', month: 'soon' }[key] as Tone | undefined
    const group = groups.get(key) ?? { key, title, tone: tone ?? 'plain', items: [] }
    group.items.push(one)
    groups.set(key, group)
  }
  return [...groups.values()].map((group) =>
    group.items.every(({ moves }) => moves) ? { ...group, tone: 'plain' } : group,
  )
}

/** "20 days left", "ends today", "expired 3 days ago". */
export const left = (days: number): string =>
  days < 0 ? tn('endings.past', -days) : days === 0 ? t('endings.today') : tn('endings.left', days)

/** Why it ends, in our words; what we have no words for, in the server's. */
export function reasonOf({ reason, advice }: Pick<Ending, 'reason' | 'advice'>): string {
  const key = `endings.reason.${reason}`
  return key in words.dictionary ? t(key as Key) : (advice?.cause ?? reason)
}

export function whoActs({ who, person }: Ending, me: string | undefined): string {
  if (person && who === 'member')
    return person.id === me ? t('endings.whoYou') : t('endings.whoPerson', { name: person.name })
  return t(`endings.who.${who}`)
}

export type Cure = { to: string; label: string; name?: string }

/** The one place that cures it, where this person can do so. */
export function cureOf(one: Ending, me: string | undefined, isAdministrator: boolean): Cure | null {
  if (one.moves) return null
  const card = one.card ?? one.advice?.card ?? null
  if (card?.startsWith('/admin/guide/') && isAdministrator)
    return { to: card, label: t('error.openStep') }
  if (one.kind === 'secret')
    return isAdministrator
      ? {
          to: `/admin/credentials/${one.credential_id}#rotation`,
          label: t('endings.rotate'),
          name: t('endings.rotateOf', { name: one.name }),
        }
      : null
  const [first] = one.mailboxes
  // A new consent is given by its person, though an administrator could spare the next one.
  if (first && one.person?.id === me)
    return {
      to: `/connect?account=${first.account_id}`,
      label: t('account.reconnect'),
      name: t('banner.reconnectOf', { address: first.address }),
    }
  return null
}

/** A receiver as one line. */
export function receiver(to: Receiver): string {
  if (!to) return ''
  if (typeof to === 'string') return to
  return [to.name, to.address && `<${to.address}>`].filter(Boolean).join(' ')
}
