import { expect, it } from 'vitest'
import { Connection, from } from './connection'

type Sent = { methodCalls: [string, Record<string, unknown>, string][] }

/** A server that echoes; `fail` makes the first answers fail. */
function server(fail: (Response | Error)[] = []) {
  const sent: Sent[] = []
  const fetch = async (_: unknown, init?: RequestInit) => {
    const next = fail.shift()
    if (next instanceof Error) throw next
    if (next) return next
    const body = JSON.parse(String(init?.body)) as Sent
    sent.push(body)
    const methodResponses = body.methodCalls.map(([name, args, id]) =>
      name === 'Bad/get' ? ['error', { type: 'unknownMethod' }, id] : [name, args, id],
    )
    return Response.json({ methodResponses })
  }
  return { sent, options: { fetch: fetch as typeof globalThis.fetch, sleep: async () => {} } }
}

it('questions of one tick share a request and references are moved along', async () => {
  const { sent, options } = server()
  const connection = new Connection(options)
  const first = connection.ask([['Mailbox/get', { accountId: 'a1' }]])
  const second = connection.ask([
    ['Email/query', { accountId: 'a1' }],
    ['Email/get', { '#ids': from(0, 'Email/query', '/ids') }],
  ])
  await Promise.all([first, second])
  expect(sent).toHaveLength(1)
  expect(sent[0]!.methodCalls[2]![1]['#ids']).toMatchObject({ resultOf: '1' })
  expect((await second)[1]!.name).toBe('Email/get')
})

it('a method error rejects its question only', async () => {
  const connection = new Connection(server().options)
  const bad = connection.ask([['Bad/get', {}]])
  const good = connection.ask([['Email/get', {}]])
  await expect(bad).rejects.toMatchObject({ type: '/problems/jmap-unknownMethod' })
  expect((await good)[0]!.name).toBe('Email/get')
})

it('reading is tried again after a network error and a 503', async () => {
  const { sent, options } = server([new TypeError('down'), new Response('', { status: 503 })])
  await new Connection(options).ask([['Email/get', {}]])
  expect(sent).toHaveLength(1)
})

it('a write is never repeated by itself', async () => {
  const { sent, options } = server([new TypeError('down')])
  const asked = new Connection(options).ask([['Email/set', {}]])
  await expect(asked).rejects.toMatchObject({ type: '/problems/network' })
  expect(sent).toHaveLength(0)
})

it('an aborted question is not sent', async () => {
  const { sent, options } = server()
  const abort = new AbortController()
  const asked = new Connection(options).ask([['Email/get', {}]], abort.signal)
  abort.abort(new Error('left'))
  await expect(asked).rejects.toThrow('left')
  expect(sent).toHaveLength(0)
})

it('more calls than one request holds go in several', async () => {
  const { sent, options } = server()
  const connection = new Connection(options)
  await Promise.all(Array.from({ length: 20 }, () => connection.ask([['Email/get', {}]])))
  expect(sent.map(({ methodCalls }) => methodCalls.length)).toEqual([16, 4])
})
