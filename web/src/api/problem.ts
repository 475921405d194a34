//! What went wrong, in the three parts that every screen shows: what happened
//! (title), why (detail or cause), what to do (cure), and whom to ask.

import type { Advice, FieldNote } from './types'

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    readonly title: string,
    readonly detail: string = '',
    readonly advice: Advice | null = null,
    readonly more: Record<string, unknown> = {},
  ) {
    super(title)
  }

  /** `/problems/in-use` → `in-use`. */
  get kind(): string {
    return this.type.split('/').pop() ?? ''
  }

  get errors(): FieldNote[] {
    return Array.isArray(this.more.errors) ? (this.more.errors as FieldNote[]) : []
  }
}

export async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => null)) as Record<string, unknown> | null
  const text = (key: string) => (typeof body?.[key] === 'string' ? (body[key] as string) : '')
  return new Problem(
    response.status,
    text('type') || '/problems/unknown',
    text('title'),
    text('detail'),
    (body?.advice as Advice | undefined) ?? null,
    body ?? {},
  )
}

export const networkProblem = () => new Problem(0, '/problems/network', '')

export const asProblem = (error: unknown): Problem =>
  error instanceof Problem
    ? error
    : new Problem(0, '/problems/unexpected', '', error instanceof Error ? error.message : '')
