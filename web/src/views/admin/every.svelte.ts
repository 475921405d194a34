//! What a page shows and keeps fresh by itself while it is visible. What was read stays on
//! the screen when a later look fails.

import { asProblem, type Problem } from '../../api/problem'

export class Every<T> {
  value = $state.raw<T | null>(null)
  problem = $state<Problem | null>(null)
  at = $state<Date | null>(null)
  busy = $state(false)

  constructor(private read: () => Promise<T>) {}

  look = async () => {
    if (this.busy) return
    this.busy = true
    try {
      this.value = await this.read()
      this.at = new Date()
      this.problem = null
    } catch (error) {
      this.problem = asProblem(error)
    } finally {
      this.busy = false
    }
  }

  /** Looks now, then every so often; also at once when the page becomes visible again. */
  start(everyMs: number): () => void {
    const isOld = () => !this.at || Date.now() - this.at.getTime() >= everyMs
    const seen = () => void (!document.hidden && isOld() && this.look())
    void this.look()
    const timer = setInterval(() => void (!document.hidden && this.look()), everyMs)
    document.addEventListener('visibilitychange', seen)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', seen)
    }
  }
}
