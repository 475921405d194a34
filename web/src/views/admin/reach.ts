//! The bar of a mailbox over the time of the report: where it was not there yet, where it
//! ran, where it paused. All in parts of the whole, 0 to 1.

import type { Pause, Reached } from '../../api/types'
import { words } from '../../words/words.svelte'

export type Stretch = { from: number; width: number; pause: Pause }

const MIN_WIDTH = 0.004

/** Where the mailbox begins within the range. */
export function beginsAt(since: string, from: string, until: string): number {
  const [start, end] = [Date.parse(from), Date.parse(until)]
  return Math.min(1, Math.max(0, (Date.parse(since) - start) / (end - start || 1)))
}

/** The pauses as stretches of the bar; a short one stays visible. */
export function stretches(pauses: Pause[], from: string, until: string): Stretch[] {
  const [start, end] = [Date.parse(from), Date.parse(until)]
  const whole = end - start || 1
  return pauses.flatMap((pause) => {
    const began = Math.max(start, Date.parse(pause.since))
    const ended = Math.min(end, pause.until ? Date.parse(pause.until) : end)
    if (!(ended >= began) || began > end) return []
    const at = (began - start) / whole
    const width = Math.max(MIN_WIDTH, (ended - began) / whole)
    return [{ from: Math.min(at, 1 - width), width, pause }]
  })
}

/** 0.9987 as 99.87%; what was not whole never reads as whole. */
export function percent(part: number): string {
  const shown = part < 1 ? Math.min(part, 0.9999) : 1
  return new Intl.NumberFormat(words.lang, {
    style: 'percent',
    maximumFractionDigits: 2,
  }).format(Math.floor(shown * 10_000) / 10_000)
}

/** The paused first, the longest of them above. */
export const worstFirst = (items: Reached[]): Reached[] =>
  [...items].sort(
    (a, b) => b.seconds_out - a.seconds_out || a.mailbox_address.localeCompare(b.mailbox_address),
  )
