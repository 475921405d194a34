import { expect, it } from 'vitest'
import { invitationCsv, isAddress, readAddresses } from './addresses'
import { accessFaults, blank, bodyOf, namesTenant, nearCap, valuesOf } from './credential'

it('addresses are read as people paste them, each once', () => {
  const text =
    'info@contoso.example\r\n\n Sales@contoso.example , info@CONTOSO.example\n佐藤 花子 <hanako@example.jp>\nｋｅｉｒｉ＠example.jp'
  expect(readAddresses(text)).toEqual({
    good: [
      'info@contoso.example',
      'Sales@contoso.example',
      'hanako@example.jp',
      'keiri@example.jp',
    ],
    bad: [],
  })
})

it('what is no address is told with its line', () => {
  expect(readAddresses('a@example.jp\n\nno-sign\nb@nowhere').bad).toEqual([
    { line: 3, text: 'no-sign' },
    { line: 4, text: 'b@nowhere' },
  ])
  expect(isAddress('a b@example.jp')).toBe(false)
  expect(isAddress('a@b@example.jp')).toBe(false)
})

it('an invitation list may be addresses alone, CSV, or both', () => {
  expect(
    invitationCsv(
      'hanako@example.jp\nsato,佐藤 花子,sato@example.jp\nsato@example.com\n\nhanako@example.com',
    ),
  ).toBe(
    [
      'hanako,hanako,hanako@example.jp',
      'sato,佐藤 花子,sato@example.jp',
      'sato@example.com,sato,sato@example.com',
      '',
      'hanako@example.com,hanako,hanako@example.com',
    ].join('\n'),
  )
  expect(invitationCsv('sato\t佐藤\tsato@example.jp')).toBe('sato,佐藤,sato@example.jp')
})

const appOnly = {
  ...blank('microsoft'),
  client_id: 'id',
  client_secret: 's',
  access: 'app_only' as const,
  tenant: 'contoso.example',
  allowed: 'info@contoso.example\n',
}

it('app-only access is sent with its addresses, and only where a tenant can be named', () => {
  expect(bodyOf(appOnly, null, true)).toMatchObject({
    access: 'app_only',
    tenant: 'contoso.example',
    allowed_addresses: ['info@contoso.example'],
  })
  expect(bodyOf(appOnly, null, false)).not.toHaveProperty('access')
  expect(bodyOf({ ...appOnly, access: 'delegated' }, null, true)).not.toHaveProperty(
    'allowed_addresses',
  )
  expect(bodyOf(appOnly, {} as never, true)).not.toHaveProperty('access')
})

it('app-only access needs a named tenant and addresses', () => {
  expect(accessFaults(appOnly, true)).toEqual([])
  expect(accessFaults({ ...appOnly, tenant: 'organizations' }, true)).toMatchObject([
    { field: 'tenant' },
  ])
  expect(accessFaults({ ...appOnly, allowed: ' ' }, true)).toMatchObject([
    { field: 'allowed_addresses', word: 'cred.allowedNone' },
  ])
  expect(accessFaults({ ...appOnly, allowed: 'a@b.jp\nx' }, true)).toMatchObject([
    { word: 'cred.allowedBad', line: 2 },
  ])
  expect(accessFaults({ ...appOnly, tenant: '' }, false)).toEqual([])
  for (const good of ['contoso.example', '6F1F2C1E-3f0a-4a53-9b8c-0f5a3d2e7c11'])
    expect(namesTenant(good)).toBe(true)
  for (const bad of ['', 'common', 'Organizations', 'contoso']) expect(namesTenant(bad)).toBe(false)
})

it('a credential of before has delegated access', () => {
  expect(valuesOf({ provider: 'google', redirect_path: '/x' } as never)).toMatchObject({
    access: 'delegated',
    allowed: '',
  })
  expect([79, 80].map(nearCap)).toEqual([false, true])
})
