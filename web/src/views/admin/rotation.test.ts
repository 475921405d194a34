import { expect, it } from 'vitest'
import type { Credential } from '../../api/types'
import { hinted, stageOf, stepAt } from './rotation'

const credential = (more: Partial<Credential>) => more as Credential

it('the credential alone tells where the replacement stands', () => {
  const stage = (more: Partial<Credential>) => stageOf(credential(more))
  expect(stage({})).toBe('idle')
  expect(stage({ next_secret_status: 'unproven' })).toBe('try')
  expect(stage({ next_secret_status: 'broken', previous_secret_hint: 'Xy3k' })).toBe('try')
  expect(stage({ next_secret_status: 'good' })).toBe('switch')
  expect(stage({ next_secret_status: null, previous_secret_hint: 'Xy3k' })).toBe('clean')
  expect(stepAt('clean')).toBe(3)
})

it('a hint has one ellipsis', () => {
  expect(hinted('Xy3k')).toBe('…Xy3k')
  expect(hinted('…Xy3k')).toBe('…Xy3k')
  expect(hinted(null)).toBe('')
})
