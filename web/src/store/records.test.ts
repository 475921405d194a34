import { expect, it } from 'vitest'
import { patched, Records } from './records.svelte'

type Mail = { id: string; keywords: Record<string, boolean>; subject: string }
const mail = (): Mail => ({ id: 'e1', keywords: {}, subject: 'hello' })

it('a patch reaches into a map and null takes a key away', () => {
  expect(patched(mail(), { 'keywords/$seen': true }).keywords).toEqual({ $seen: true })
  const seen = { ...mail(), keywords: { $seen: true } }
  expect(patched(seen, { 'keywords/$seen': null }).keywords).toEqual({})
  expect(seen.keywords).toEqual({ $seen: true })
})

it('an edit shows at once and stays when it is confirmed', async () => {
  const records = new Records<Mail>()
  records.put([mail()])
  let confirm = () => {}
  const done = records.edit(
    'e1',
    { 'keywords/$seen': true },
    () => new Promise<void>((ok) => (confirm = ok)),
  )
  expect(records.get('e1')?.keywords.$seen).toBe(true)
  confirm()
  await done
  expect(records.get('e1')?.keywords.$seen).toBe(true)
})

it('a refused edit is taken back and keeps what came in meanwhile', async () => {
  const records = new Records<Mail>()
  records.put([mail()])
  let refuse = (_: Error) => {}
  const done = records.edit(
    'e1',
    { 'keywords/$flagged': true },
    () => new Promise((_, no) => (refuse = no)),
  )
  records.put([{ ...mail(), subject: 'changed' }])
  refuse(new Error('no'))
  await expect(done).rejects.toThrow('no')
  expect(records.get('e1')).toEqual({ ...mail(), subject: 'changed' })
})

it('two edits of one record are dropped one by one', async () => {
  const records = new Records<Mail>()
  records.put([mail()])
  let refuse = (_: Error) => {}
  const first = records.edit(
    'e1',
    { 'keywords/$seen': true },
    () => new Promise((_, no) => (refuse = no)),
  )
  await records.edit('e1', { 'keywords/$flagged': true }, async () => {})
  refuse(new Error('no'))
  await expect(first).rejects.toThrow()
  expect(records.get('e1')?.keywords).toEqual({ $flagged: true })
})

it('put keeps properties that were not asked for', () => {
  const records = new Records<Mail>()
  records.put([mail()])
  records.put([{ id: 'e1', keywords: { $seen: true } } as unknown as Mail])
  expect(records.get('e1')?.subject).toBe('hello')
})
