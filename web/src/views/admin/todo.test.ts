import { beforeAll, expect, it } from 'vitest'
import type { Account, Credential, Health, Step } from '../../api/types'
import { words } from '../../words/words.svelte'
import { todoOf } from './todo'

beforeAll(() => words.use('en', false))

const step = (outcome: string, cause: string) =>
  ({ name: 'public_url', subject: null, outcome, advice: { cause, card: null } }) as Step
const credential = (more: object) =>
  ({
    id: 'c1',
    name: 'Google',
    provider: 'google',
    status: 'good',
    advice: null,
    ...more,
  }) as Credential
const account = (id: string, status: string) =>
  ({
    id,
    address: `${id}@example.jp`,
    mailbox_address: null,
    grant: { status, advice: null },
    sync: { status: 'live', advice: null },
    send: { status: 'ready', advice: null },
  }) as unknown as Account
const health = { failures: [{ count: 3 }, { count: 1 }], unknown: [{}] } as unknown as Health

it('what fails comes before what will, and each line leads somewhere', () => {
  const lines = todoOf({
    steps: [step('warn', 'later'), step('fail', 'broken url'), step('ok', 'fine')],
    credentials: [
      credential({ secret_ends_on: '2020-01-01', people_consented: 85 }),
      credential({ id: 'c2', status: 'broken' }),
    ],
    accounts: [account('a', 'good'), account('b', 'needs_consent')],
    health,
  })
  expect(lines.map(({ tone }) => tone)).toEqual([...Array(3).fill('bad'), ...Array(5).fill('soon')])
  expect(lines[0]!.text).toBe('broken url')
  expect(lines.every(({ to }) => to.startsWith('/admin/'))).toBe(true)
  expect(lines.some(({ text }) => text.includes('85'))).toBe(true)
  expect(lines.filter(({ to }) => to === '/admin/health')).toHaveLength(2)
})

it('many stopped mailboxes become one line that leads to health', () => {
  const accounts = Array.from({ length: 11 }, (_, i) => account(`a${i}`, 'needs_consent'))
  const lines = todoOf({ steps: [], credentials: [], accounts, health: null })
  expect(lines).toHaveLength(9)
  expect(lines.at(-1)).toMatchObject({ to: '/admin/health', text: expect.stringContaining('3') })
})

it('calm means nothing to do', () => {
  expect(
    todoOf({
      steps: [step('ok', '')],
      credentials: [credential({ people_consented: 79 })],
      accounts: [account('a', 'good')],
      health: { failures: [], unknown: [] } as unknown as Health,
    }),
  ).toEqual([])
})
