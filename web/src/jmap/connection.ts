//! The connection: knows the session and sends method calls. Whoever asks in the
//! same tick shares one request. A question is a list of calls whose result
//! references name earlier calls of the same list by number:
//!
//!     ask([['Email/query', {…}], ['Email/get', {'#ids': from(0, 'Email/query', '/ids')}]])
//!
//! A request that could not leave (network, 5xx) is tried again with growing
//! pauses if all it does is reading; a write is never repeated by itself.

import { csrfToken } from '../api/client'
import { networkProblem, problemOf, Problem } from '../api/problem'
import { absolute, atOurOrigin } from '../base'
import type { JmapSession } from './types'

export type Call = [method: string, args: Record<string, unknown>]
export type Answer = { name: string; args: Record<string, unknown>; also: [string, unknown][] }
export type Reference = { resultOf: string; name: string; path: string }

export class MethodError extends Problem {
  constructor(method: string, args: Record<string, unknown>) {
    const type = String(args.type ?? 'serverFail')
    super(0, `/problems/jmap-${type}`, '', `${method}: ${String(args.description ?? type)}`)
  }
}

export const from = (call: number, name: string, path: string): Reference => ({
  resultOf: String(call),
  name,
  path,
})

type Waiting = {
  calls: Call[]
  resolve: (answers: Answer[]) => void
  reject: (why: unknown) => void
  signal?: AbortSignal
}

export type ConnectionOptions = {
  fetch?: typeof fetch
  /** Waits before the second, third … attempt at reading, in ms. */
  pauses?: number[]
  sleep?: (ms: number) => Promise<void>
}

const USING = ['core', 'mail', 'submission'].map((part) => `urn:ietf:params:jmap:${part}`)
const MAX_CALLS = 16

export class Connection {
  session: JmapSession | null = null
  private queue: Waiting[] = []
  private fetch: typeof fetch
  private pauses: number[]
  private sleep: (ms: number) => Promise<void>

  constructor(options: ConnectionOptions = {}) {
    this.fetch = options.fetch ?? ((...args) => fetch(...args))
    this.pauses = options.pauses ?? [500, 2000, 6000]
    this.sleep = options.sleep ?? ((ms) => new Promise((done) => setTimeout(done, ms)))
  }

  async open(): Promise<JmapSession> {
    const response = await this.send(absolute('/jmap/session'), { method: 'GET' }, true)
    const session = (await response.json()) as JmapSession
    for (const key of ['apiUrl', 'uploadUrl', 'downloadUrl', 'eventSourceUrl'] as const)
      session[key] = atOurOrigin(session[key])
    this.session = session
    return session
  }

  /** The answers in the order of the calls; rejects with the first method error. */
  ask(calls: Call[], signal?: AbortSignal): Promise<Answer[]> {
    return new Promise((resolve, reject) => {
      if (this.queue.length === 0) queueMicrotask(() => this.flush())
      this.queue.push({ calls, resolve, reject, signal })
    })
  }

  /** One call, its arguments back. */
  async one<T>(method: string, args: Record<string, unknown>): Promise<T> {
    const [answer] = await this.ask([[method, args]])
    return answer!.args as T
  }

  private flush() {
    const waiting = this.queue.filter(({ signal }) => !signal?.aborted)
    for (const gone of this.queue) if (gone.signal?.aborted) gone.reject(gone.signal.reason)
    this.queue = []
    for (const group of grouped(waiting)) void this.post(group)
  }

  private async post(group: Waiting[]) {
    const methodCalls: [string, Record<string, unknown>, string][] = []
    const first: number[] = []
    for (const { calls } of group) {
      const offset = methodCalls.length
      first.push(offset)
      for (const [name, args] of calls)
        methodCalls.push([name, shifted(args, offset), String(methodCalls.length)])
    }
    try {
      const reading = methodCalls.every(([name]) => /\/(get|query|changes|echo)$/.test(name))
      const only = group.length === 1 ? group[0]!.signal : undefined
      const response = await this.send(
        this.session?.apiUrl ?? absolute('/jmap/api'),
        {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrfToken() },
          body: JSON.stringify({ using: USING, methodCalls }),
          signal: only,
        },
        reading,
      )
      const { methodResponses } = (await response.json()) as {
        methodResponses: [string, Record<string, unknown>, string][]
      }
      group.forEach((waiting, i) => settle(waiting, first[i]!, methodResponses))
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  private async send(address: string, init: RequestInit, again: boolean): Promise<Response> {
    for (let attempt = 0; ; attempt += 1) {
      const pause = again ? this.pauses[attempt] : undefined
      try {
        const response = await this.fetch(address, { credentials: 'same-origin', ...init })
        if (response.ok) return response
        if (response.status < 500 || pause === undefined) throw await problemOf(response)
      } catch (error) {
        if (error instanceof Problem || init.signal?.aborted) throw error
        if (pause === undefined) throw networkProblem()
      }
      await this.sleep(pause!)
    }
  }
}

/** Questions stay whole; a request holds at most MAX_CALLS calls unless one question is longer. */
function grouped(waiting: Waiting[]): Waiting[][] {
  const groups: Waiting[][] = []
  let room = 0
  for (const one of waiting) {
    if (one.calls.length > room || groups.length === 0) {
      groups.push([])
      room = MAX_CALLS
    }
    groups.at(-1)!.push(one)
    room -= one.calls.length
  }
  return groups
}

function shifted(args: Record<string, unknown>, offset: number): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(args)) {
    const ref = value as Reference
    out[key] = key.startsWith('#')
      ? { ...ref, resultOf: String(Number(ref.resultOf) + offset) }
      : value
  }
  return out
}

function settle(
  { calls, resolve, reject }: Waiting,
  first: number,
  responses: [string, Record<string, unknown>, string][],
) {
  const answers: Answer[] = []
  for (let i = 0; i < calls.length; i += 1) {
    const mine = responses.filter(([, , id]) => id === String(first + i))
    const [main, ...also] = mine
    if (!main) return reject(new MethodError(calls[i]![0], { type: 'noAnswer' }))
    if (main[0] === 'error') return reject(new MethodError(calls[i]![0], main[1]))
    answers.push({ name: main[0], args: main[1], also: also.map(([n, a]) => [n, a]) })
  }
  resolve(answers)
}
