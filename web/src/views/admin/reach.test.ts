import { beforeAll, expect, it } from 'vitest'
import type { Pause } from '../../api/types'
import { words } from '../../words/words.svelte'
import { beginsAt, percent, stretches } from './reach'

beforeAll(() => words.use('en', false))

const pause = (since: string, until: string | null): Pause => ({
  since,
  until,
  seconds: 0,
  side: 'grant',
  status: 'needs_consent',
  cause_id: null,
  advice: null,
})
const from = '2026-11-01T00:00:00Z'
const until = '2026-11-11T00:00:00Z'

it('a pause stands where it was and is never too short to be seen', () => {
  const [long, short] = stretches(
    [
      pause('2026-11-02T00:00:00Z', '2026-11-04T00:00:00Z'),
      pause('2026-11-05T00:00:00Z', '2026-11-05T00:00:30Z'),
    ],
    from,
    until,
  )
  expect(long).toMatchObject({ from: 0.1, width: 0.2 })
  expect(short!.width).toBeGreaterThan(0.003)
})

it('what began before or still lasts ends at the edges', () => {
  const [whole] = stretches([pause('2026-10-01T00:00:00Z', null)], from, until)
  expect(whole).toMatchObject({ from: 0, width: 1 })
  expect(stretches([pause('2026-10-01T00:00:00Z', '2026-10-02T00:00:00Z')], from, until)).toEqual(
    [],
  )
  expect(beginsAt('2026-11-06T00:00:00Z', from, until)).toBe(0.5)
  expect(beginsAt('2026-01-06T00:00:00Z', from, until)).toBe(0)
})

it('what was not whole never reads as whole', () => {
  expect(percent(1)).toBe('100%')
  expect(percent(0.999_999)).toBe('99.99%')
  expect(percent(0.9987)).toBe('99.87%')
})
