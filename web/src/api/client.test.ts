import { expect, it, vi } from 'vitest'
import type { Step } from './types'
import { addStep, api, streamSteps } from './client'
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

/** An answer that comes in the given pieces. */
const stream = (...pieces: string[]) =>
  new Response(
    new ReadableStream({
      start(to) {
        for (const piece of pieces) to.enqueue(new TextEncoder().encode(piece))
        to.close()
      },
    }),
    { headers: { 'Content-Type': 'text/event-stream' } },
  )

it('steps are told as they come, however the stream is cut; the body is sent', async () => {
  const asked = vi
    .spyOn(globalThis, 'fetch')
    .mockResolvedValue(
      stream(
        'event: step\r\ndata: {"name":"token","outcome":"run',
        'ning","subject":null}\r\n\r\nevent: step\ndata: {"name":"token","outcome":"ok","subject":null}\n\n: hello\n\n',
        'event: step\ndata: {"name":"smtp_auth","outcome":"fail","subject":null}',
      ),
    )
  const told: string[] = []
  const steps = await streamSteps(
    '/api/accounts/a1/check',
    (so) => told.push(so.map(({ outcome }) => outcome).join()),
    { body: { mail: true } },
  )
  expect(told).toEqual(['running', 'ok', 'ok,fail'])
  expect(steps).toHaveLength(2)
  expect(asked.mock.calls[0]![1]).toMatchObject({ method: 'POST', body: '{"mail":true}' })
  asked.mockRestore()
})

it('a check that is stopped tells nothing more', async () => {
  const abort = new AbortController()
  const asked = vi.spyOn(globalThis, 'fetch').mockImplementation(async (_, options) => {
    abort.abort()
    options?.signal?.throwIfAborted()
    return stream()
  })
  const told = vi.fn()
  await expect(streamSteps('/api/x/check', told, { signal: abort.signal })).rejects.toThrow()
  expect(told).not.toHaveBeenCalled()
  asked.mockRestore()
})

it('a file goes as it is', async () => {
  const asked = vi.spyOn(globalThis, 'fetch').mockResolvedValue(Response.json({ lines: 1 }))
  await api.post('/api/accounts/import', new Blob(['a'], { type: 'text/csv' }))
  const sent = asked.mock.calls[0]![1]!
  expect(sent.body).toBeInstanceOf(Blob)
  expect(sent.headers).toMatchObject({ 'Content-Type': 'text/csv' })
  asked.mockRestore()
})
