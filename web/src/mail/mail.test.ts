// @vitest-environment jsdom
import { beforeAll, describe, expect, it } from 'vitest'
import type { Account } from '../api/types'
import type { Email } from '../jmap/types'
import { words } from '../words/words.svelte'
import { parseAddresses, unique } from './addresses'
import { emptyDraft, isEmpty, replySubject, startFrom, toPlain } from './compose'
import { arranged } from './mailboxes'
import { emailOf } from './send'
import { otherStates, worstState } from './states'

beforeAll(() => words.use('ja', false))

describe('addresses', () => {
  it('are split at commas outside of quotes, also Japanese ones', () => {
    const { good, rest } = parseAddresses(
      '"Martin, Alice" <alice@example.com>、bob@example.com; 佐藤 <sato@example.jp>',
    )
    expect(good.map(({ email }) => email)).toEqual([
      'alice@example.com',
      'bob@example.com',
      'sato@example.jp',
    ])
    expect(good[0]!.name).toBe('Martin, Alice')
    expect(rest).toBe('')
  })
  it('that are none stay in the field', () => {
    expect(parseAddresses('bob@example.com, suzuki').rest).toBe('suzuki')
  })
  it('are unique without regard to case', () => {
    const twice = [
      { name: null, email: 'A@example.com' },
      { name: 'A', email: 'a@example.com' },
    ]
    expect(unique(twice)).toHaveLength(1)
  })
})

const email = {
  id: 'e1',
  threadId: 't1',
  from: [{ name: 'Alice', email: 'alice@example.com' }],
  to: [
    { name: null, email: 'sato@example.jp' },
    { name: null, email: 'bob@example.com' },
  ],
  cc: [{ name: null, email: 'suzuki@example.jp' }],
  subject: 'RE: Re: plan',
  receivedAt: '2026-11-20T01:00:00Z',
  messageId: ['m2@x'],
  references: ['m1@x'],
  textBody: [{ partId: '1', type: 'text/plain' }],
  bodyValues: { 1: { value: 'line <1>\nline 2' } },
} as unknown as Email

describe('answers', () => {
  it('marks of former answers do not pile up', () => {
    expect(replySubject('Re: RE: 返信：plan', 'Re')).toBe('Re: plan')
    expect(replySubject('Fwd: plan', 'Fwd')).toBe('Fwd: plan')
  })
  it('go to the sender, to all without oneself', () => {
    const one = startFrom('reply', email, ['sato@example.jp'], null)
    expect(one.to.map((a) => a.email)).toEqual(['alice@example.com'])
    const all = startFrom('all', email, ['sato@example.jp'], null)
    expect(all.cc.map((a) => a.email)).toEqual(['bob@example.com', 'suzuki@example.jp'])
    expect(all.references).toEqual(['m1@x', 'm2@x'])
    expect(all.inReplyTo).toEqual(['m2@x'])
  })
  it('to a mail of one’s own go to its receivers', () => {
    const own = {
      ...email,
      from: [{ name: null, email: 'sato@example.jp' }],
      to: email.from,
    } as Email
    expect(startFrom('reply', own, ['sato@example.jp'], null).to[0]!.email).toBe(
      'alice@example.com',
    )
  })
  it('quote text escaped in HTML and with marks in plain', () => {
    const { body } = startFrom('reply', email, [], null)
    expect(body).toContain('line &lt;1&gt;')
    expect(toPlain(body)).toContain('> line <1>\n> line 2')
  })
})

it('a draft becomes an Email/set create with both bodies', () => {
  const draft = {
    ...emptyDraft(),
    to: [{ name: null, email: 'bob@example.com' }],
    subject: 's',
    body: '<div>a</div>',
  }
  const made = emailOf(draft, { id: 'i1', name: '佐藤', email: 'sato@example.jp' }, 'm2')
  expect(made.keywords).toEqual({ $draft: true, $seen: true })
  expect(made.bodyValues).toEqual({ text: { value: 'a' }, html: { value: '<div>a</div>' } })
  expect(isEmpty(emptyDraft())).toBe(true)
  expect(isEmpty(draft)).toBe(false)
})

it('mailboxes stand in the order of their roles; own ones below, without an empty holder', () => {
  const box = (id: string, role: string | null, parentId: string | null = null) =>
    ({ id, name: id, role, parentId, sortOrder: 0, totalEmails: 0 }) as never
  const { roles, own } = arranged([
    box('[Gmail]', null),
    box('z', null),
    box('sent', 'sent', '[Gmail]'),
    box('moved', null, '[Gmail]'),
    box('kid', null, 'z'),
    box('in', 'inbox'),
  ])
  expect(roles.map(({ id }) => id)).toEqual(['in', 'sent'])
  expect(own.map(({ box: { id }, depth }) => `${id}${depth}`)).toEqual(['moved0', 'z0', 'kid1'])
})

it('a mailbox shows the worst of its three sides', () => {
  const side = (status: string) => ({ status, since: null, until: null, advice: null })
  const account = (grant: string, sync: string, send: string) =>
    ({ grant: side(grant), sync: side(sync), send: side(send) }) as unknown as Account
  expect(worstState(account('good', 'live', 'ready')).word).toBe('state.good')
  expect(worstState(account('good', 'live', 'blocked')).word).toBe('state.cannotSend')
  expect(otherStates(account('good', 'live', 'blocked')).map(({ word }) => word)).toEqual([
    'state.good',
    'state.receiving',
  ])
  expect(worstState(account('needs_consent', 'blocked', 'ready')).word).toBe('state.needsConsent')
  expect(worstState(account('good', 'later', 'ready')).word).toBe('state.later')
})
