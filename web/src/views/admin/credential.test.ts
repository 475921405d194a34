import { expect, it } from 'vitest'
import { blank, bodyOf, endsSoon, readGoogleFile } from './credential'

it('a web client file gives id and secret', () => {
  const file = {
    web: {
      client_id: 'x.apps.googleusercontent.com',
      client_secret: 'GOCSPX-a',
      redirect_uris: ['https://a/b'],
    },
  }
  expect(readGoogleFile(JSON.stringify(file))).toEqual({
    ok: true,
    client_id: 'x.apps.googleusercontent.com',
    client_secret: 'GOCSPX-a',
    redirect_uris: ['https://a/b'],
  })
})

it('a desktop client, a service account and other files are refused by name', () => {
  expect(readGoogleFile('{"installed":{"client_id":"x"}}')).toEqual({ ok: false, why: 'installed' })
  expect(readGoogleFile('{"type":"service_account"}')).toEqual({
    ok: false,
    why: 'service_account',
  })
  for (const text of ['', '[]', 'null', '{"web":{"client_id":5}}', '"x"'])
    expect(readGoogleFile(text)).toEqual({ ok: false, why: 'unknown' })
})

it('only the manual’s fields are sent when nothing else is filled', () => {
  const values = { ...blank('google'), client_id: ' id ', client_secret: ' s ' }
  expect(JSON.parse(JSON.stringify(bodyOf(values, null, false)))).toEqual({
    provider: 'google',
    client_id: 'id',
    client_secret: 's',
    redirect_path: '/common/cmn270.do',
  })
})

it('a secret that ends within sixty days is told', () => {
  const now = Date.parse('2026-11-01')
  expect(endsSoon({ secret_ends_on: '2026-12-01' } as never, now)).toBe(true)
  expect(endsSoon({ secret_ends_on: '2027-12-01' } as never, now)).toBe(false)
  expect(endsSoon({ secret_ends_on: null } as never, now)).toBe(false)
})
