//! Records of one type, by id: what the server said, and apart from it the edits of
//! the person that the server has not confirmed. A view reads both laid over each
//! other; a refused edit is taken back by dropping it, whatever came in meanwhile.

import { SvelteMap } from 'svelte/reactivity'

/** A JMAP patch on one level: "keywords/$seen": true, or null to take a key away. */
export type Patch = Record<string, unknown>
type Edit = { number: number; patch: Patch }

export function patched<T extends object>(record: T, patch: Patch): T {
  const out = { ...record } as Record<string, unknown>
  for (const [path, value] of Object.entries(patch)) {
    const [key, inner] = path.split('/') as [string, string | undefined]
    if (inner === undefined) {
      out[key] = value
      continue
    }
    const map = { ...(out[key] as Record<string, unknown> | undefined) }
    if (value === null) delete map[inner]
    else map[inner] = value
    out[key] = map
  }
  return out as T
}

export class Records<T extends { id: string }> {
  private said = new SvelteMap<string, T>()
  private edits = new SvelteMap<string, Edit[]>()
  private count = 0

  get(id: string): T | undefined {
    const record = this.said.get(id)
    if (!record) return undefined
    const edits = this.edits.get(id)
    return edits ? edits.reduce((sum, { patch }) => patched(sum, patch), record) : record
  }

  all(): T[] {
    return [...this.said.keys()].map((id) => this.get(id)!)
  }

  has = (id: string) => this.said.has(id)
  ids = () => [...this.said.keys()]

  /** What came from the server; properties that were not asked for now stay. */
  put(records: T[]) {
    for (const record of records)
      this.said.set(record.id, { ...this.said.get(record.id), ...record })
  }

  replace(records: T[]) {
    const keep = new Set(records.map(({ id }) => id))
    for (const id of this.ids()) if (!keep.has(id)) this.said.delete(id)
    this.put(records)
  }

  forget(ids: string[]) {
    for (const id of ids) {
      this.said.delete(id)
      this.edits.delete(id)
    }
  }

  /** Shows the patch at once and carries it out; on refusal it is gone again. */
  async edit(id: string, patch: Patch, carryOut: () => Promise<unknown>): Promise<void> {
    const edit = { number: ++this.count, patch }
    this.edits.set(id, [...(this.edits.get(id) ?? []), edit])
    const drop = () => {
      const rest = (this.edits.get(id) ?? []).filter(({ number }) => number !== edit.number)
      if (rest.length) this.edits.set(id, rest)
      else this.edits.delete(id)
    }
    try {
      await carryOut()
      const record = this.said.get(id)
      if (record) this.said.set(id, patched(record, patch))
    } finally {
      drop()
    }
  }
}
