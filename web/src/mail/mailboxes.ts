//! Mailboxes in the order people expect, with the words of their roles.

import type { Mailbox } from '../jmap/types'
import { t, type Key } from '../words/words.svelte'

const ORDER = ['inbox', 'drafts', 'sent', 'archive', 'all', 'junk', 'trash']
const WORDS: Record<string, Key> = {
  inbox: 'box.inbox',
  drafts: 'box.drafts',
  sent: 'box.sent',
  archive: 'box.archive',
  all: 'box.all',
  junk: 'box.junk',
  trash: 'box.trash',
}

/** By role where it has one, else as the provider calls it. */
export const boxName = (box: { role: string | null; name: string }): string => {
  const word = WORDS[box.role ?? '']
  return word ? t(word) : box.name
}

const rank = (box: Mailbox) => {
  const at = ORDER.indexOf(box.role ?? '')
  return at < 0 ? ORDER.length : at
}

export type Placed = { box: Mailbox; depth: number }

/**
 * What everybody has (by role, flat, in a fixed order) and what people made themselves
 * (a tree, by order and name). A container without mail that only holds the former,
 * as `[Gmail]`, is not shown; what else lies in it moves up.
 */
export function arranged(boxes: Mailbox[]): { roles: Mailbox[]; own: Placed[] } {
  const known = (box: Mailbox) => ORDER.includes(box.role ?? '')
  const roles = boxes.filter(known).sort((a, b) => rank(a) - rank(b))
  const holders = new Set(roles.map(({ parentId }) => parentId))
  const own = boxes.filter((box) => !known(box) && !(holders.has(box.id) && !box.totalEmails))
  const ids = new Set(own.map(({ id }) => id))
  const below = (parentId: string | null, depth: number): Placed[] =>
    own
      .filter((box) => (ids.has(box.parentId ?? '') ? box.parentId : null) === parentId)
      .sort((a, b) => a.sortOrder - b.sortOrder || a.name.localeCompare(b.name))
      .flatMap((box) => [{ box, depth }, ...(depth < 8 ? below(box.id, depth + 1) : [])])
  return { roles, own: below(null, 0) }
}
