//! The shared guide: read again on focus and every 15 seconds while visible. A lost race
//! (412) is loaded again and our own change laid over it, without a word.

import { ask } from '../api/client'
import { asProblem, type Problem } from '../api/problem'
import type { Change, Guide } from './api'
import { isEmpty, joined, laidOver } from './merge'

const EVERY_MS = 15_000
const RACES = 5

export class GuideState {
  private server = $state.raw<Guide | null>(null)
  private waiting = $state.raw<Change>({})
  private etag = ''
  private writing = false
  private failed: (() => Promise<unknown>) | null = null
  problem = $state<Problem | null>(null)
  guide = $derived(this.server && laidOver(this.server, this.waiting))

  constructor(readonly provider: string) {}

  private get path() {
    return `/api/guides/${encodeURIComponent(this.provider)}`
  }

  private async take(response: Response) {
    this.etag = response.headers.get('ETag') ?? ''
    this.server = (await response.json()) as Guide
  }

  async load() {
    if (this.writing) return
    try {
      const response = await ask('GET', this.path)
      // What was written meanwhile is newer than this answer.
      if (!this.writing) await this.take(response)
      this.problem = null
    } catch (error) {
      // A guide that is shown already stays when one look fails.
      if (!this.server) this.problem = asProblem(error)
    }
  }

  /** Shown at once, sent in order. */
  async change(change: Change) {
    this.waiting = joined(this.waiting, change)
    await this.flush()
  }

  private async flush() {
    if (this.writing || isEmpty(this.waiting)) return
    this.writing = true
    this.problem = null
    try {
      let races = 0
      while (!isEmpty(this.waiting)) {
        const sent = this.waiting
        try {
          if (!this.etag) await this.take(await ask('GET', this.path))
          const headers = { 'If-Match': this.etag }
          await this.take(await ask('PATCH', this.path, { body: sent, headers }))
          this.waiting = this.waiting === sent ? {} : without(this.waiting, sent)
        } catch (error) {
          if (asProblem(error).status !== 412 || ++races > RACES) throw error
          await this.take(await ask('GET', this.path))
        }
      }
    } catch (error) {
      this.problem = asProblem(error)
      this.failed = () => this.flush()
    } finally {
      this.writing = false
    }
  }

  private async write(run: () => Promise<void>) {
    this.writing = true
    this.problem = null
    try {
      await run()
    } catch (error) {
      this.problem = asProblem(error)
      this.failed = () => this.write(run)
    } finally {
      this.writing = false
    }
    return !this.problem
  }

  mark(card: string, done: boolean): Promise<boolean> {
    return this.write(async () =>
      this.take(
        await ask('PUT', `${this.path}/cards/${encodeURIComponent(card)}`, { body: { done } }),
      ),
    )
  }

  async startOver() {
    await ask('DELETE', this.path)
    this.waiting = {}
    await this.load()
  }

  async retry() {
    const again = this.failed
    this.failed = null
    this.problem = null
    await (again ?? (() => this.load()))()
  }

  /** Keeps up with the other administrators; returns the way to stop. */
  follow(): () => void {
    const look = () => document.visibilityState === 'visible' && void this.load()
    const timer = setInterval(look, EVERY_MS)
    addEventListener('focus', look)
    document.addEventListener('visibilitychange', look)
    return () => {
      clearInterval(timer)
      removeEventListener('focus', look)
      document.removeEventListener('visibilitychange', look)
    }
  }
}

/** What is left of a change after a part of it arrived. */
function without(all: Change, sent: Change): Change {
  const rest: Change = {}
  if (all.step !== sent.step) rest.step = all.step
  if (all.credential_id !== sent.credential_id) rest.credential_id = all.credential_id
  const answers = Object.entries(all.answers ?? {}).filter(
    ([key, value]) => sent.answers?.[key as keyof typeof sent.answers] !== value,
  )
  if (answers.length) rest.answers = Object.fromEntries(answers)
  return rest
}
