import { expect, it } from 'vitest'
import { command, isEnter, isSend } from './keys'

const key = (init: KeyboardEventInit & { keyCode?: number }) => new KeyboardEvent('keydown', init)

it('the Enter of a conversion is none, by either sign', () => {
  expect(isEnter(key({ key: 'Enter' }))).toBe(true)
  expect(isEnter(key({ key: 'Enter', isComposing: true }))).toBe(false)
  const safari = key({ key: 'Enter' })
  Object.defineProperty(safari, 'keyCode', { value: 229 })
  expect(isEnter(safari)).toBe(false)
})

it('only Ctrl or Cmd with Enter sends', () => {
  expect(isSend(key({ key: 'Enter' }))).toBe(false)
  expect(isSend(key({ key: 'Enter', ctrlKey: true }))).toBe(true)
  expect(isSend(key({ key: 'Enter', metaKey: true }))).toBe(true)
  expect(isSend(key({ key: 'Enter', ctrlKey: true, isComposing: true }))).toBe(false)
})

it('a single key is a command, but not with Ctrl', () => {
  expect(command(key({ key: 'j' }))).toBe('j')
  expect(command(key({ key: 'f', ctrlKey: true }))).toBeNull()
})
