//! The REST client: JSON in and out, CSRF header on writes, problems as errors.
//! A 401 outside of sign-in means the session has ended; who cares subscribes.

import { absolute } from '../base'
import { words } from '../words/words.svelte'
import { networkProblem, problemOf } from './problem'
import type { List, Step } from './types'

let csrf = ''
let onSignedOut: () => void = () => {}

export const setCsrf = (token: string) => (csrf = token)
export const csrfToken = () => csrf
export const whenSignedOut = (then: () => void) => (onSignedOut = then)

type Options = { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal }
type Told = (steps: Step[]) => void

export async function ask(method: string, path: string, options: Options = {}): Promise<Response> {
  const headers: Record<string, string> = {
    Accept: 'application/json',
    'Accept-Language': words.lang,
    ...options.headers,
  }
  // A file goes as it is, all else as JSON.
  const file = options.body instanceof Blob ? options.body : null
  if (options.body !== undefined && !headers['Content-Type'])
    headers['Content-Type'] = file?.type || 'application/json'
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf
  let response: Response
  try {
    response = await fetch(absolute(path), {
      method,
      headers,
      body: file ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
      credentials: 'same-origin',
      signal: options.signal,
    })
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw networkProblem()
  }
  if (response.ok) return response
  const problem = await problemOf(response)
  if (problem.status === 401 && !/wrong-(login|password)/.test(problem.type)) onSignedOut()
  throw problem
}

async function json<T>(response: Response): Promise<T> {
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T)
}

export const api = {
  get: async <T>(path: string, options?: Options) => json<T>(await ask('GET', path, options)),
  post: async <T = void>(path: string, body: unknown = {}, options?: Options) =>
    json<T>(await ask('POST', path, { ...options, body })),
  put: async <T = void>(path: string, body: unknown, options?: Options) =>
    json<T>(await ask('PUT', path, { ...options, body })),
  patch: async <T = void>(path: string, body: unknown, options?: Options) =>
    json<T>(await ask('PATCH', path, { ...options, body })),
  delete: async (path: string) => json<void>(await ask('DELETE', path)),
  /** A whole list, page after page, up to a bound. */
  all: async <T>(path: string, bound = 1000): Promise<T[]> => {
    const items: T[] = []
    let cursor: string | null = null
    do {
      const sign: string = path.includes('?') ? '&' : '?'
      const page: List<T> = await api.get(
        cursor ? `${path}${sign}cursor=${encodeURIComponent(cursor)}` : path,
      )
      items.push(...page.items)
      cursor = page.next
    } while (cursor && items.length < bound)
    return items
  },
}

/** A check that tells its steps as they happen; `tell` gets the list so far. */
export async function streamSteps(
  path: string,
  tell: Told,
  { body = {}, signal }: { body?: unknown; signal?: AbortSignal } = {},
): Promise<Step[]> {
  const headers = { Accept: 'text/event-stream' }
  const response = await ask('POST', path, { body, signal, headers })
  if (!response.headers.get('Content-Type')?.includes('event-stream') || !response.body) {
    const { steps } = (await response.json()) as { steps: Step[] }
    tell(steps)
    return steps
  }
  let steps: Step[] = []
  let rest = ''
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { value, done } = await reader.read().catch((error: unknown) => {
      if (signal?.aborted) throw error
      throw networkProblem()
    })
    const blocks = (rest + (value ?? '')).replaceAll('\r', '').split('\n\n')
    // The last block is whole only when nothing follows.
    rest = done ? '' : (blocks.pop() ?? '')
    for (const block of blocks) {
      const step = stepOf(block)
      if (!step) continue
      steps = addStep(steps, step)
      tell(steps)
    }
    if (done) return steps
  }
}

function stepOf(block: string): Step | null {
  const data = block
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trim())
    .join('\n')
  try {
    const value = JSON.parse(data) as Step
    return value?.name && value.outcome ? value : null
  } catch {
    return null
  }
}

/** A step told again (first "running", then its end) takes the place of the former. */
export function addStep(steps: Step[], step: Step): Step[] {
  const at = steps.findIndex((old) => old.name === step.name && old.subject === step.subject)
  return at < 0 ? [...steps, step] : steps.with(at, step)
}
