import { beforeAll, expect, it } from 'vitest'
import { words } from '../words/words.svelte'
import { mask, reportOf, took, verdict } from './report'
import type { Step } from './types'

beforeAll(() => words.use('en', false))

// Invented, in the shape of the real ones.
const PLANTED = [
  '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',
  'Kx78Q~pLaNtEdSeCrEt0123456789abcdefghij',
  'ya29.a0AfB_byPlantedTokenValue0123456789-xyz',
  '1//0gPlantedRefreshTokenValue0123456789',
  'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJlUGxhbnRlZA',
  'dXNlcj1oYW5ha29AZXhhbXBsZS5qcAFhdXRoPUJlYXJlciB5YTI5AQE=',
  '0.AXoAq1B2c3D4e5F6g7H8i9J0AgABAAIAAAD',
  '4/0AeanS0planted-code_value',
  'hunter2planted',
]

it('no planted secret survives, wherever it stands', () => {
  const [google, microsoft, access, refresh, jwt, sasl, code2, code, password] = PLANTED
  const text = [
    `client_secret=${google}&grant_type=refresh_token&refresh_token=${refresh}`,
    `{"client_secret":"${microsoft}","access_token" : "${jwt}","expires_in":3599}`,
    `Authorization: Bearer ${access}`,
    `C: a1 AUTHENTICATE XOAUTH2 ${sasl}`,
    `GET /common/cmn270.do?state=planted-state&code=${code}&scope=mail`,
    `GET /common/cmn270.do?code%3D${code2}`,
    `https://hanako:${password}@mail.example.jp/`,
    `the answer was ${google} and ${microsoft} and ${sasl} and ${jwt} and ${refresh} alone`,
  ].join('\n')
  const clean = mask(text)
  for (const secret of [...PLANTED, 'planted-state']) {
    expect(clean).not.toContain(secret)
    expect(clean).not.toContain(secret.slice(4, 16))
  }
  expect(clean).toContain('grant_type=refresh_token')
  expect(clean).toContain('expires_in')
})

it('what helps stays readable', () => {
  for (const text of [
    '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.',
    'AADSTS7000215: Invalid client secret provided. Trace ID: 6f1f2c1e-3f0a-4a53-9b8c-0f5a3d2e7c11',
    '123456789012-abcdefghijklmnopqrstuvwxyz012345.apps.googleusercontent.com',
    'https://login.microsoftonline.com/organizations/v2.0/adminconsent',
    'https://groupware.example.jp/gsession/common/cmn270.do',
    'imap.gmail.com:993 2026-11-28T01:02:03.456Z error: invalid_grant code: 535',
    'hanako.yamada2026@contoso.onmicrosoft.com',
    'error=invalid_client&error_description=The+OAuth+client+was+not+found.',
    'トークンの取得 [AUTHENTICATIONFAILED] IMAP.AccessAsUser.All urn:ietf:params:oauth',
  ])
    expect(mask(text)).toBe(text)
})

const step = (more: Partial<Step>): Step => ({
  name: 'token',
  subject: null,
  outcome: 'ok',
  ms: 12,
  provider_said: null,
  advice: null,
  ...more,
})

it('a report tells version, time and every step, and is clean', () => {
  const text = reportOf(
    [
      step({ subject: 'hanako@example.jp' }),
      step({
        name: 'smtp_auth',
        outcome: 'fail',
        ms: 1812,
        provider_said: `535 5.7.139\nBearer ${PLANTED[2]}`,
        advice: {
          cause_id: 'smtp-off',
          cause: 'Sending is off.',
          cure: 'Switch it on.',
          who: 'administrator',
          retry_after: null,
          card: null,
        },
      }),
    ],
    { title: 'Check', version: '0.1.0', at: new Date('2026-11-28T01:02:03Z') },
  )
  expect(text).toContain('0.1.0')
  expect(text).toContain('2026-11-28T01:02:03.000Z')
  expect(text).toMatch(/\[ok\] .*hanako@example\.jp · 12 ms/)
  expect(text).toMatch(/\[fail\].*1812 ms\n {2}Sending is off\.\n {2}Switch it on\.\n.*smtp-off/)
  expect(text).toContain('535 5.7.139')
  expect(text).not.toContain('byPlanted')
})

it('the worst step is the verdict; a running one is above all', () => {
  expect(verdict([])).toBe('skip')
  expect(verdict([step({}), step({ outcome: 'warn' })])).toBe('warn')
  expect(verdict([step({ outcome: 'fail' }), step({ outcome: 'running' })])).toBe('running')
})

it('times are told in the unit that fits', () => {
  expect(took(640)).toMatch(/640/)
  expect(took(1812)).toMatch(/1\.8/)
})
