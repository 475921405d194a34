import { beforeAll, expect, it } from 'vitest'
import type { Ending } from '../../api/types'
import { words } from '../../words/words.svelte'
import { cureOf, grouped, left, reasonOf, toneOf, whoActs } from './endings'

beforeAll(() => words.use('en', false))

const ending = (more: Partial<Ending>): Ending => ({
  kind: 'grant',
  subject_id: 'g1',
  credential_id: 'c1',
  name: 'Google Mail',
  provider: 'google',
  ends_at: '2026-12-18T00:00:00Z',
  ends_on: '2026-12-18',
  reason: 'testing-seven-days',
  certain: true,
  moves: false,
  days: 20,
  who: 'member',
  person: { id: 'u1', name: 'Hanako' },
  mailboxes: [{ account_id: 'a1', address: 'hanako@example.jp' }],
  advice: null,
  card: null,
  notices: [],
  ...more,
})

it('the nearest is first, the far ones are told by month', () => {
  const groups = grouped([
    ending({ days: 65, ends_on: '2027-02-01', ends_at: '2027-02-01T00:00:00Z' }),
    ending({ days: 20 }),
    ending({ days: -2, ends_on: '2026-11-26', ends_at: '2026-11-26T00:00:00Z' }),
    ending({ days: 3, ends_on: '2026-12-01', ends_at: '2026-12-01T00:00:00Z' }),
  ])
  expect(groups.map(({ title }) => title)).toEqual([
    'Expired',
    'Within 7 days',
    'Within 30 days',
    'February 2027',
  ])
  expect(groups.map(({ tone }) => tone)).toEqual(['bad', 'bad', 'soon', 'plain'])
})

it('what moves by itself is never urgent and asks for nothing', () => {
  const moving = ending({ moves: true, days: 3, who: 'nobody' })
  expect(toneOf(moving)).toBe('plain')
  expect(grouped([moving])[0]!.tone).toBe('plain')
  expect(cureOf(moving, 'u1', true)).toBeNull()
})

it('days are told as people say them', () => {
  expect([-1, 0, 1, 20].map(left)).toEqual([
    'expired 1 day ago',
    'ends today',
    '1 day left',
    '20 days left',
  ])
})

it('each is led to what they can do themselves, and nobody elsewhere', () => {
  expect(cureOf(ending({}), 'u1', false)?.to).toBe('/connect?account=a1')
  expect(cureOf(ending({}), 'u2', true)).toBeNull()
  const secret = ending({ kind: 'secret', who: 'administrator', person: null })
  expect(cureOf(secret, 'u1', true)?.to).toBe('/admin/credentials/c1#rotation')
  expect(cureOf(secret, 'u1', false)).toBeNull()
  const testing = ending({ card: '/admin/guide/google/publish' })
  expect(cureOf(testing, 'u2', true)?.to).toBe('/admin/guide/google/publish')
  expect(cureOf(testing, 'u1', false)?.to).toBe('/connect?account=a1')
})

it('a reason without words of ours is told in the words of the server', () => {
  const advice = { cause: 'A new rule.' } as Ending['advice']
  expect(reasonOf({ reason: 'new-rule', advice })).toBe('A new rule.')
  expect(reasonOf({ reason: 'testing-seven-days', advice })).toMatch(/7 days/)
})

it('who acts is a name, or you', () => {
  expect(whoActs(ending({}), 'u1')).toBe('You')
  expect(whoActs(ending({}), 'u2')).toBe('Hanako')
  expect(whoActs(ending({ who: 'administrator' }), 'u2')).toBe('Administrator')
})
