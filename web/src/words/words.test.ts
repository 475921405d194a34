import { expect, it } from 'vitest'
import en from './en.json'
import ja from './ja.json'
import { shortTime } from './time'
import { fill, words } from './words.svelte'

const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort()

it('both dictionaries have equal keys', () => {
  expect(Object.keys(ja).sort()).toEqual(Object.keys(en).sort())
})

it('each sentence has equal placeholders in both languages', () => {
  for (const [key, text] of Object.entries(en))
    expect(places(ja[key as keyof typeof ja]), key).toEqual(places(text))
})

it('no sentence cries out', () => {
  for (const text of [...Object.values(ja), ...Object.values(en)])
    expect(text).not.toMatch(/[!！]|Oops/)
})

it('fill leaves unknown placeholders as they are', () => {
  expect(fill('{a} and {b}', { a: 1 })).toBe('1 and {b}')
})

it('times are relative up to a day, then dates', async () => {
  const now = Date.parse('2026-11-22T12:00:00Z')
  await words.use('en', false)
  expect(shortTime('2026-11-22T11:50:00Z', now)).toMatch(/10 min/)
  expect(shortTime('2026-11-20T11:50:00Z', now)).toBe('20 Nov')
  await words.use('ja', false)
  expect(shortTime('2026-11-20T11:50:00Z', now)).toBe('11月20日')
  expect(shortTime('2025-11-20T11:50:00Z', now)).toBe('2025年11月20日')
})
