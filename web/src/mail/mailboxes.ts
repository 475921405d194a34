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

export const boxName = (box: Mailbox): string => {
  const word = WORDS[box.role ?? '']
  return word ? t(word) : box.name
}

const rank = (box: Mailbox) => {
  const at = ORDER.indexOf(box.role ?? '')
  return at < 0 ? ORDER.length : at
}

export type Placed = { box: Mailbox; depth: number }

/** Roles first, then the rest by order and name, children below their parents. */
export function arranged(boxes: Mailbox[]): Placed[] {
  const known = new Set(boxes.map(({ id }) => id))
  const below = (parentId: string | null, depth: number): Placed[] =>
    boxes
      .filter((box) => (known.has(box.parentId ?? '') ? box.parentId : null) === parentId)
      .sort(
        (a, b) => rank(a) - rank(b) || a.sortOrder - b.sortOrder || a.name.localeCompare(b.name),
      )
      .flatMap((box) => [{ box, depth }, ...(depth < 8 ? below(box.id, depth + 1) : [])])
  return below(null, 0)
}
