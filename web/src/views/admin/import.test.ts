import { expect, it } from 'vitest'
import { csvOf } from '../../api/csv'
import { Problem } from '../../api/problem'
import { byLine, linkRows, linksText, wrongLines } from './import'

const note = (line: number, field = 'メールアドレス') => ({ line, field, message: '' })

it('notes come in the order of the file', () => {
  expect(
    byLine([note(4), note(2, 'b'), note(2, 'a')]).map(({ line, field }) => line + field),
  ).toEqual(['2a', '2b', '4メールアドレス'])
})

it('wrong lines are those of a refused file only', () => {
  const refused = (status: number, errors: unknown) =>
    new Problem(status, '/problems/invalid', 'x', '', null, { errors })
  expect(wrongLines(refused(422, [note(9), note(3)])).map(({ line }) => line)).toEqual([3, 9])
  expect(wrongLines(refused(422, [{ field: 'csv', message: 'empty' }]))).toEqual([])
  expect(wrongLines(refused(409, [note(3)]))).toEqual([])
  expect(wrongLines(null)).toEqual([])
})

const link = {
  login: 'sato',
  name: '佐藤 "花子", 営業',
  address: '=cmd@example.jp',
  url: 'https://example.jp/invitation#a',
  expires_at: '2026-12-01T00:00:00Z',
}

it('links are a table that a spreadsheet reads and runs nothing of', () => {
  expect(csvOf(linkRows([link], ['login', 'name', 'address', 'url', 'until']))).toBe(
    '\ufefflogin,name,address,url,until\r\n' +
      `sato,"佐藤 ""花子"", 営業",'=cmd@example.jp,https://example.jp/invitation#a,2026-12-01T00:00:00Z\r\n`,
  )
  expect(linksText([link, { ...link, name: '' }])).toBe(
    '佐藤 "花子", 営業\thttps://example.jp/invitation#a\nsato\thttps://example.jp/invitation#a',
  )
})
