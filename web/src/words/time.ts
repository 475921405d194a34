//! Times as people say them: relative up to a day, then dates (11月22日, 22 Nov),
//! with the year when it is another one. The exact time is for the hover.

import { t, tn, words } from './words.svelte'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const tag = () => (words.lang === 'ja' ? 'ja-JP' : 'en-GB')

export function shortTime(iso: string, now = Date.now()): string {
  const at = Date.parse(iso)
  if (Number.isNaN(at)) return ''
  const ago = now - at
  if (ago >= 0 && ago < DAY) {
    const say = new Intl.RelativeTimeFormat(tag(), { numeric: 'auto', style: 'short' })
    if (ago < MINUTE) return t('time.now')
    if (ago < HOUR) return say.format(-Math.floor(ago / MINUTE), 'minute')
    return say.format(-Math.floor(ago / HOUR), 'hour')
  }
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  return new Intl.DateTimeFormat(tag(), {
    day: 'numeric',
    month: words.lang === 'ja' ? 'long' : 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(at)
}

export function exactTime(iso: string): string {
  const at = Date.parse(iso)
  if (Number.isNaN(at)) return ''
  return new Intl.DateTimeFormat(tag(), {
    year: 'numeric',
    month: words.lang === 'ja' ? 'long' : 'short',
    day: 'numeric',
    weekday: 'short',
    hour: 'numeric',
    minute: '2-digit',
  }).format(at)
}

/** Day and minute, always both: for logs. */
export function logTime(iso: string, now = Date.now()): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return ''
  const sameYear = at.getFullYear() === new Date(now).getFullYear()
  return new Intl.DateTimeFormat(tag(), {
    ...(sameYear ? {} : { year: 'numeric' }),
    month: words.lang === 'ja' ? 'long' : 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  }).format(at)
}

/** Hour and minute when it is today, else day and time: for "until …". */
export function clockTime(iso: string, now = Date.now()): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return ''
  const today = at.toDateString() === new Date(now).toDateString()
  const clock: Intl.DateTimeFormatOptions = { hour: 'numeric', minute: '2-digit' }
  const day: Intl.DateTimeFormatOptions = { month: 'short', day: 'numeric' }
  return new Intl.DateTimeFormat(tag(), today ? clock : { ...day, ...clock }).format(at)
}

/** A day as a date (12月18日, 18 Dec); the year when it is another one. */
export function dayOf(iso: string, now = Date.now()): string {
  const at = new Date(/^\d{4}-\d\d-\d\d$/.test(iso) ? `${iso}T00:00` : iso)
  if (Number.isNaN(at.getTime())) return iso
  const sameYear = at.getFullYear() === new Date(now).getFullYear()
  return new Intl.DateTimeFormat(tag(), {
    day: 'numeric',
    month: words.lang === 'ja' ? 'long' : 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(at)
}

/** 2027年1月, January 2027. */
export const monthOf = (date: string): string =>
  new Intl.DateTimeFormat(tag(), { year: 'numeric', month: 'long' }).format(
    new Date(`${date.slice(0, 7)}-01T00:00`),
  )

/** With seconds: for "as of …". */
export const preciseTime = (at: Date): string =>
  new Intl.DateTimeFormat(tag(), { hour: 'numeric', minute: '2-digit', second: '2-digit' }).format(
    at,
  )

/** Seconds as a span: "2 sec", "3 min", "5 hr"; one unit, rounded. */
export function span(seconds: number): string {
  const [unit, size] = (
    [
      ['day', 86_400],
      ['hour', 3600],
      ['minute', 60],
    ] as const
  ).find(([, each]) => seconds >= each) ?? ['second', 1]
  return new Intl.NumberFormat(tag(), {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: 0,
  }).format(seconds / size)
}

/** Seconds as a length of time with the next smaller unit: "1 day 9 hr", "3 hr", "2 min". */
export function lasting(seconds: number): string {
  const [small, large] = seconds >= 86_400 ? [3600, 86_400] : [60, 3600]
  const whole = Math.round(seconds / small) * small
  const rest = whole % large
  return whole > large && rest ? `${span(whole - rest)} ${span(rest)}` : span(whole || seconds)
}

/** How long to wait, as one says it: minutes up to an hour and a half, then hours. */
export function waiting(seconds: number): string {
  const minutes = Math.ceil(seconds / 60)
  return minutes < 90 ? tn('error.wait', minutes) : tn('error.waitHours', Math.round(minutes / 60))
}

export function fileSize(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte']
  let n = bytes
  let unit = 0
  while (n >= 1000 && unit < units.length - 1) {
    n /= 1000
    unit += 1
  }
  return new Intl.NumberFormat(tag(), {
    style: 'unit',
    unit: units[unit],
    // The short form of a byte is not a word in Japanese.
    unitDisplay: unit === 0 ? 'long' : 'short',
    maximumFractionDigits: n < 10 && unit > 0 ? 1 : 0,
  }).format(n)
}
