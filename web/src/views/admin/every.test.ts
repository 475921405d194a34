import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Every } from './every.svelte'

let hidden = false
beforeEach(() => {
  vi.useFakeTimers()
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden })
})
afterEach(() => {
  hidden = false
  vi.useRealTimers()
})

it('looks again while visible only, and at once when it is seen again', async () => {
  let n = 0
  const every = new Every(async () => (n += 1))
  const stop = every.start(30_000)
  await vi.advanceTimersByTimeAsync(0)
  expect(every.value).toBe(1)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(every.value).toBe(3)
  hidden = true
  await vi.advanceTimersByTimeAsync(120_000)
  expect(every.value).toBe(3)
  hidden = false
  document.dispatchEvent(new Event('visibilitychange'))
  await vi.advanceTimersByTimeAsync(0)
  expect(every.value).toBe(4)
  stop()
  await vi.advanceTimersByTimeAsync(120_000)
  expect(every.value).toBe(4)
})

it('keeps what was read when a later look fails', async () => {
  let fails = false
  const every = new Every(async () => {
    if (fails) throw new Error('gone')
    return 'here'
  })
  await every.look()
  fails = true
  await every.look()
  expect(every.value).toBe('here')
  expect(every.problem).not.toBeNull()
})
