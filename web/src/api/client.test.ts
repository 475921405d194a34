import { expect, it } from 'vitest'
import type { Step } from './types'
import { addStep } from './client'
import { problemOf } from './problem'

const step = (name: string, outcome: string) => ({ name, outcome, subject: null }) as Step

it('a step told again takes the place of the former', () => {
  const steps = [step('token', 'running'), step('imap', 'running')]
  expect(addStep(steps, step('token', 'ok')).map(({ outcome }) => outcome)).toEqual([
    'ok',
    'running',
  ])
  expect(addStep(steps, step('smtp', 'running'))).toHaveLength(3)
})

it('an answer that is no JSON is still a problem', async () => {
  const problem = await problemOf(new Response('<h1>Bad gateway</h1>', { status: 502 }))
  expect(problem).toMatchObject({ status: 502, kind: 'unknown' })
})

it('a problem keeps its fields and its advice', async () => {
  const body = {
    type: '/problems/in-use',
    title: '使用中',
    status: 409,
    accounts: ['a@example.jp'],
  }
  const problem = await problemOf(Response.json(body, { status: 409 }))
  expect(problem.kind).toBe('in-use')
  expect(problem.more.accounts).toEqual(['a@example.jp'])
})
