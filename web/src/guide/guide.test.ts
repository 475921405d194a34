import { afterEach, describe, expect, it, vi } from 'vitest'
import { setCsrf } from '../api/client'
import type { CardState, Guide } from './api'
import cards from './cards.json'
import consoleWords from './console.json'
import { checkClientId, checkEnd, checkSecret, checkTenant } from './checks'
import { layOut, widthOf, wrapped } from './draw'
import { google } from './google'
import googleEn from './google.en.json'
import googleJa from './google.ja.json'
import invitations from './invitation.json'
import { joined, laidOver, nextCard, progress, settling } from './merge'
import { microsoft } from './microsoft'
import microsoftEn from './microsoft.en.json'
import microsoftJa from './microsoft.ja.json'
import { commands, fits, partsOf, stepsOf } from './parts'
import { GuideState } from './state.svelte'
import type { CardText, CardTexts, Shapes } from './types'
import wordsEn from './words.en.json'
import wordsJa from './words.ja.json'

const kinds: [string, Shapes, CardTexts, CardTexts][] = [
  ['google', google as Shapes, googleJa, googleEn],
  ['microsoft', microsoft as Shapes, microsoftJa, microsoftEn],
]
const places = (text: string) => [...text.matchAll(/\{\w+\}|\[\w+\]|`[^`]+`/g)].flat().sort()
const leaves = (value: unknown, path = ''): [string, string][] =>
  typeof value === 'string'
    ? [[path, value]]
    : Object.entries(value as object).flatMap(([key, one]) => leaves(one, `${path}.${key}`))

describe('the texts', () => {
  const pairs: [string, unknown, unknown][] = [
    ['google', googleJa, googleEn],
    ['microsoft', microsoftJa, microsoftEn],
    ['words', wordsJa, wordsEn],
    ['invitation', invitations.ja, invitations.en],
  ]
  it.each(pairs)('%s says the same in both languages', (_, ja, en) => {
    const other = new Map(leaves(ja))
    expect([...other.keys()]).toEqual(leaves(en).map(([key]) => key))
    for (const [key, text] of leaves(en)) {
      expect(places(other.get(key) ?? ''), key).toEqual(places(text))
      expect(!!other.get(key), key).toBe(!!text)
    }
  })
  it.each(pairs)('%s keeps the writing rules', (_, ja, en) => {
    for (const [key, text] of [...leaves(ja), ...leaves(en)]) {
      expect(text, key).not.toMatch(/[!！]|\bsimply\b|\bjust\b|Oops/i)
      expect(text, key).toBe(text.trim())
    }
  })
  it('each step is a whole sentence', () => {
    for (const [, , ja, en] of kinds)
      for (const [card, text] of Object.entries(ja)) {
        for (const step of Object.values(text.steps)) expect(step, card).toMatch(/[。]$/)
        for (const step of Object.values(en[card]?.steps ?? {})) expect(step, card).toMatch(/\.$/)
      }
  })
  it('every console word that a sentence names is in the dictionary, in both languages', () => {
    for (const [, , ja, en] of kinds)
      for (const [key, text] of [...leaves(ja), ...leaves(en)])
        for (const [, word] of text.matchAll(/\[(\w+)\]/g))
          expect(consoleWords, `${key} ${word}`).toHaveProperty(word ?? '')
    for (const [key, word] of Object.entries(consoleWords))
      expect(word.ja && word.en, key).toBeTruthy()
  })
})

describe('the cards', () => {
  it('are those of the list, and no others', () => {
    expect(Object.keys(google).sort()).toEqual([...cards.google].sort())
    expect(Object.keys(microsoft).sort()).toEqual(
      [...new Set([...cards.microsoft, ...cards.microsoft_app_only])].sort(),
    )
  })
  it.each(kinds)('%s: each has all its parts', (_, shapes, ja) => {
    for (const [id, shape] of Object.entries(shapes)) {
      const text = ja[id] as CardText
      expect(
        shape.steps.map((step) => step.id),
        id,
      ).toEqual(Object.keys(text.steps))
      expect(text.title && text.goal && text.seen && text.manual, id).toBeTruthy()
      expect(Object.keys(text.notes).length, id).toBeGreaterThan(0)
      for (const note of Object.keys(shape.notes ?? {})) expect(text.notes, id).toHaveProperty(note)
      if (shape.host) expect(shape.link, id).toMatch(/^https:\/\//)
      const steps = new Set(shape.steps.map((step) => step.id))
      const drawn = [shape.drawing?.menuStep, ...(shape.drawing?.rows ?? []).map((row) => row.step)]
      for (const step of drawn) if (step) expect(steps, `${id} ${step}`).toContain(step)
    }
  })
  it('everything of the manual’s provider part is there', () => {
    const covered = new Set(
      kinds.flatMap(([, shapes]) => Object.values(shapes).flatMap((one) => one.covers)),
    )
    const wanted = [
      ...Array.from({ length: 33 }, (_, i) => i + 6),
      ...[56, 57, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68],
    ].map((n) => `S-${String(n).padStart(2, '0')}`)
    expect(wanted.filter((one) => !covered.has(one))).toEqual([])
  })
  it('the right callback is said where the manual misprints it', () => {
    expect(googleJa.client.notes.misprint).toContain('cmn270.do')
    expect(googleEn.client.notes.misprint).toContain('cmn270.do')
  })
  it('a step for one variant is not shown for another', () => {
    const variant = { audience: 'internal', tenancy: null, access: 'delegated' } as const
    const whole = { ...variant, remarks: [], possible: true }
    const ids = stepsOf((google as Shapes)['consent-screen']!, whole).map(({ id }) => id)
    expect(ids).toContain('internal')
    expect(ids).not.toContain('external')
    expect(fits('external', null)).toBe('maybe')
  })
})

describe('the drawing', () => {
  const told = { host: 'example.jp', textOf: (word: string) => word, numberOf: () => 1 }
  it.each(kinds)('%s: fits its window at every width', (_, shapes) => {
    for (const [id, { drawing }] of Object.entries(shapes))
      for (const width of [280, 330, 519, 520, 760]) {
        if (!drawing) continue
        const { height, shapes: drawn } = layOut(drawing, width, told)
        expect(height, id).toBeGreaterThan(60)
        for (const shape of drawn) {
          if (shape.as === 'box') expect(shape.x + shape.w, id).toBeLessThanOrEqual(width)
          if (shape.as === 'text' && !shape.middle)
            expect(
              shape.x + widthOf(shape.text),
              `${id} ${width} ${shape.text}`,
            ).toBeLessThanOrEqual(width + 2)
        }
      }
  })
  it('long words are wrapped, Japanese at any letter', () => {
    expect(wrapped('アプリケーションの種類を選ぶ', 60).length).toBeGreaterThan(1)
    expect(wrapped('short', 200)).toEqual(['short'])
  })
})

it('a sentence falls into text, words of the console and code', () => {
  expect(partsOf('Press [create] with `a`.', (key) => key.toUpperCase())).toEqual([
    { as: 'text', text: 'Press ' },
    { as: 'label', text: 'CREATE' },
    { as: 'text', text: ' with ' },
    { as: 'code', text: 'a' },
    { as: 'text', text: '.' },
  ])
})

it('commands are repeated for each mailbox, and quotes cannot break out', () => {
  const block = {
    fill: [],
    lines: ["Set '{mailbox}'", "Add '{shared}' '{person}'", "'{object_id}'"],
  }
  const filled = {
    client_id: '',
    object_id: "x'y",
    mailboxes: 'a@x.jp\nb@x.jp',
    shared: 'info@x.jp, a@x.jp, b@x.jp',
  }
  expect(commands(block, filled).split('\n')).toEqual([
    "Set 'a@x.jp'",
    "Set 'b@x.jp'",
    "Add 'info@x.jp' 'a@x.jp'",
    "Add 'info@x.jp' 'b@x.jp'",
    "'x''y'",
  ])
})

describe('live checks', () => {
  it('name the usual mistakes', () => {
    const guid = '6f1f2c1e-3f0a-4a53-9b8c-0f5a3d2e7c11'
    expect(checkSecret('microsoft', ` ${guid} `)).toEqual({ level: 'bad', key: 'check.secretId' })
    expect(checkSecret('google', '****abcd')?.key).toBe('check.masked')
    expect(checkClientId('google', '123456789012')?.key).toBe('check.projectNumber')
    expect(checkClientId('google', ' 123456789012-abc.apps.googleusercontent.com ')?.level).toBe(
      'good',
    )
    expect(checkClientId('microsoft', guid)?.level).toBe('good')
    expect(checkTenant('', true, false)?.level).toBe('bad')
    expect(checkTenant('organizations', false, false)?.level).toBe('good')
    expect(checkTenant('contoso.example', true, true)?.level).toBe('good')
    expect(checkEnd('2020-01-01')?.key).toBe('check.past')
  })
})

const card = (id: string, done_at: string | null = null, optional = false): CardState => ({
  id,
  optional,
  done_at,
  done_by: null,
  settles_at: null,
})
describe('two administrators', () => {
  const guide = {
    step: 'choose',
    answers: { reach: 'own', approval: null, shared_mailboxes: null, mailboxes: 3, manual: false },
    credential_id: null,
  } as Guide
  it('a change is laid over what the other one did', () => {
    const mine = joined(
      { answers: { approval: 'each' } },
      { answers: { mailboxes: 9 }, step: 'console' },
    )
    const seen = laidOver({ ...guide, answers: { ...guide.answers, reach: 'outside' } }, mine)
    expect(seen.answers).toMatchObject({ reach: 'outside', approval: 'each', mailboxes: 9 })
    expect(seen.step).toBe('console')
  })
  it('one goes on after the last card that is done', () => {
    const at = '2026-11-22T00:00:00Z'
    expect(nextCard([card('a', at), card('b', null, true), card('c')])?.id).toBe('b')
    expect(nextCard([card('a'), card('b', at)])?.id).toBe('a')
    expect(nextCard([card('a', at)])).toBeUndefined()
    expect(progress([card('a', at), card('b', null, true), card('c')])).toEqual({ done: 1, of: 2 })
    expect(settling([{ ...card('a'), settles_at: '2020-01-01T00:00:00Z' }])).toBeNull()
  })
  afterEach(() => vi.unstubAllGlobals())
  it('a lost race is loaded again and sent again, without a word', async () => {
    setCsrf('x')
    let kept = { ...guide, answers: { ...guide.answers } }
    let revision = 1
    const reply = (status = 200) =>
      new Response(JSON.stringify(status === 200 ? kept : { type: '/problems/changed', status }), {
        status,
        headers: { ETag: `"${revision}"`, 'Content-Type': 'application/json' },
      })
    const sent: unknown[] = []
    vi.stubGlobal('fetch', async (_: string, { method, headers, body }: RequestInit) => {
      if (method !== 'PATCH') return reply()
      if ((headers as Record<string, string>)['If-Match'] !== `"${revision}"`) return reply(412)
      const change = JSON.parse(String(body)) as Partial<Guide>
      sent.push(change)
      kept = { ...kept, ...change, answers: { ...kept.answers, ...change.answers } }
      revision += 1
      return reply()
    })
    const shared = new GuideState('google')
    await shared.load()
    kept = { ...kept, answers: { ...kept.answers, reach: 'outside' } }
    revision += 1
    await shared.change({ answers: { approval: 'each' } })
    expect(shared.problem).toBeNull()
    expect(sent).toEqual([{ answers: { approval: 'each' } }])
    expect(shared.guide?.answers).toMatchObject({ reach: 'outside', approval: 'each' })
  })
})
