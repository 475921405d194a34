//! One fault of each class at the sandbox, and the button that leads to the card where it
//! is mended: from the credential's check, from the check of a mailbox, from a connection,
//! and from a page of the provider that never reaches us.
import { expect, test, type Page } from '@playwright/test'
import { said } from '../guide'
import { agree } from './helpers'
import { faults } from '../places'
import { Office, TENANT, type Provider } from './office'

const s = said.ja
let office: Office
let page: Page
test.beforeEach(async ({ browser }) => {
  office = await Office.open(faults(), browser, 'ja')
  page = office.page
})
test.afterEach(() => office.close())

const open = (provider: Provider) => page.goto(`admin/guide/${provider}/verify`)
// A change on its way may explain it: then the server only warns.
const failed = () => page.locator('ol.steps').last().locator('li.fail, li.warn').first()
/** The failing step says which, why and what to do; its button opens the card. */
async function leads(step: string, card: string | RegExp, shown: RegExp) {
  await expect(failed()).toContainText(step, { timeout: 20_000 })
  expect(await failed().locator('p:not(.card)').count()).toBeGreaterThanOrEqual(2)
  await follow(failed().getByRole('link'), card, shown)
}
async function follow(link: ReturnType<Page['locator']>, card: string | RegExp, shown: RegExp) {
  await link.click()
  await expect(page).toHaveURL(card instanceof RegExp ? card : new RegExp(`/admin/guide/${card}$`))
  await expect(page.locator('main h1, main h2').filter({ hasText: shown }).first()).toBeVisible()
}
const checkApp = () => page.getByRole('button', { name: s.check }).click()
async function connect(address: string, shared?: string) {
  await page.getByLabel('メールアドレス', { exact: true }).fill(address)
  if (shared) await page.getByLabel('共有メールボックスのアドレス (任意)').fill(shared)
  const opened = page.context().waitForEvent('page')
  await page.getByRole('button', { name: s.connect, exact: true }).click()
  const provider = await opened
  await expect(provider.locator('main')).toBeVisible()
  return provider
}
async function connected(provider: Provider, address: string) {
  await open(provider)
  await agree(await connect(address), { account: address })
  await expect(page.getByRole('heading', { name: `${address} を接続しました` })).toBeVisible({
    timeout: 20_000,
  })
}
const checkBox = () => page.getByRole('button', { name: s.long }).click()

test.describe('without a user', () => {
  const CREDENTIAL = /\/admin\/credentials\/[a-z0-9]+$/
  const cases: {
    name: string
    provider: Provider
    credential?: object
    app?: object
    fault?: string
    step: string
    card: string | RegExp
    shown: RegExp
  }[] = [
    {
      name: 'Google does not know the redirect URI',
      provider: 'google',
      app: { redirect_uris: [] },
      step: '許可画面の呼び出し',
      card: 'google/client',
      shown: /クライアント/,
    },
    {
      name: 'Microsoft does not know the redirect URI',
      provider: 'microsoft',
      credential: { tenant: TENANT },
      app: { redirect_uris: [] },
      step: '許可画面の呼び出し',
      card: /\/admin\/guide\/microsoft\/(platform|app)$/,
      shown: /./,
    },
    {
      name: 'Google refuses the secret',
      provider: 'google',
      app: { secrets: ['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other'] },
      step: 'クライアントIDとシークレット',
      card: CREDENTIAL,
      shown: /認証情報/,
    },
    {
      name: 'the Google client was deleted',
      provider: 'google',
      app: { deleted: true },
      step: '許可画面の呼び出し',
      card: 'google/client',
      shown: /クライアント/,
    },
    {
      name: 'Microsoft says that the secret has expired',
      provider: 'microsoft',
      credential: { tenant: TENANT },
      fault: 'secret_expired',
      step: 'クライアントIDとシークレット',
      card: /\/admin\/(credentials\/[a-z0-9]+|guide\/microsoft\/secret)$/,
      shown: /./,
    },
    {
      name: 'the tenant is not known',
      provider: 'microsoft',
      credential: { tenant: '00000000-1111-4222-8333-444455556666' },
      step: 'テナント',
      card: CREDENTIAL,
      shown: /認証情報/,
    },
  ]
  for (const { name, provider, credential, app, fault, step, card, shown } of cases)
    test(name, async () => {
      await office.bring(provider, credential)
      if (app) await office.app(provider, app)
      if (fault) await office.sandbox.post('/faults', { kind: fault, provider })
      await open(provider)
      await checkApp()
      await leads(step, card, shown)
    })
})

test.describe('with a mailbox', () => {
  test('SMTP AUTH is off: the card of the mail apps, and its commands at the hand-over', async () => {
    await office.bring('microsoft', { tenant: TENANT })
    const address = await office.newPerson('microsoft')
    await connected('microsoft', address)
    await office.sandbox.post('/faults', { kind: 'smtp_auth_disabled_mailbox', address })
    await checkBox()
    await leads('送信サーバへのログイン', 'microsoft/mail-apps', /メール アプリ/)
  })

  test('SMTP AUTH is off for the whole tenant', async () => {
    await office.bring('microsoft', { tenant: TENANT })
    const address = await office.newPerson('microsoft')
    await office.sandbox.post('/faults', { kind: 'smtp_auth_disabled_tenant', address })
    await connected('microsoft', address)
    await page.goto('admin/guide/microsoft/hand-over')
    await expect(page.locator('tr', { hasText: address })).toContainText(
      /反映待ち|送受信できません/,
    )
    await expect(page.locator('pre', { hasText: 'Set-CASMailbox' })).toContainText(address)
    await follow(
      page.locator('tr', { hasText: address }).getByRole('link'),
      'microsoft/mail-apps',
      /メール アプリ/,
    )
  })

  test('Exchange does not let IMAP in', async () => {
    await office.bring('microsoft', { tenant: TENANT })
    const address = await office.newPerson('microsoft')
    await connected('microsoft', address)
    await office.sandbox.post('/faults', { kind: 'not_connected', address })
    await checkBox()
    await leads('受信サーバ', 'microsoft/mail-apps', /メール アプリ/)
  })

  test('IMAP is switched off in Google Workspace', async () => {
    await office.bring('google')
    const address = await office.newPerson('google')
    await connected('google', address)
    // As the administrator of a domain switches it off; a person's own switch is in Gmail.
    await office.sandbox.post('/faults', {
      kind: 'reply',
      provider: 'google',
      reply: {
        at: 'imap',
        when: 'authenticate',
        lines: [
          '+ eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==',
          '{tag} NO [ALERT] IMAP access is disabled for your domain. Please contact your domain administrator for questions about this feature. (Failure)',
        ],
      },
    })
    await checkBox()
    await leads('受信サーバ', 'google/imap', /IMAP/)
  })

  test('no right on the shared mailbox', async () => {
    await office.bring('microsoft', { tenant: TENANT })
    await office.leave('microsoft', {
      answers: { reach: 'own', approval: 'each', shared_mailboxes: true, mailboxes: 3 },
    })
    const address = await office.newPerson('microsoft')
    await open('microsoft')
    await agree(await connect(address, 'info@contoso.example'), { account: address })
    await leads('受信 (IMAP)', /\/admin\/guide\/microsoft\/(shared-mailbox|mail-apps)$/, /./)
  })

  test('the consent was taken back: connect again', async () => {
    await office.bring('google')
    const address = await office.newPerson('google')
    await connected('google', address)
    await office.sandbox.post('/faults', { kind: 'revoke_grant', address })
    await office.sandbox.post('/faults', { kind: 'expire_access', address })
    await checkBox()
    await leads('トークン', /\/connect(\?.*)?$/, /接続/)
  })
})

test.describe('app-only access', () => {
  const roles = { app_roles: ['IMAP.AccessAsApp', 'SMTP.SendAsApp'] }
  const bring = () =>
    office.bring('microsoft', {
      tenant: TENANT,
      access: 'app_only',
      allowed_addresses: ['carol@contoso.example'],
    })
  async function box() {
    await open('microsoft')
    await page.getByRole('button', { name: 'メールボックスを開く' }).click()
    await checkBox()
  }

  test('the service principal is missing', async () => {
    await office.app('microsoft', roles)
    await bring()
    await box()
    await leads('受信サーバ', 'microsoft/service-principal', /Exchange にアプリ/)
  })

  test('the right on the mailbox is missing', async () => {
    await office.app('microsoft', { ...roles, service_principal: true })
    await bring()
    await box()
    await leads('受信サーバ', 'microsoft/mailbox-permissions', /メールボックス/)
  })

  test('with both it opens', async () => {
    const app_mailboxes = ['carol@contoso.example']
    await office.app('microsoft', { ...roles, service_principal: true, app_mailboxes })
    await bring()
    await open('microsoft')
    await checkApp()
    await expect(page.locator('.check .grow[role="status"]').first()).toBeVisible()
    await expect(page.locator('ol.steps > li.fail')).toHaveCount(0)
    await page.getByRole('button', { name: 'メールボックスを開く' }).click()
    await checkBox()
    await expect(page.getByText('問題は見つかりませんでした。')).toBeVisible({ timeout: 30_000 })
  })
})

test.describe('pages that never reach us', () => {
  /** The words of the provider's page are carried back as a person carries them. */
  async function lookUp(label: string, words: string) {
    await page.getByText(`${label} にエラーの画面が表示された場合`).click()
    await page.getByLabel('画面に表示された文字').fill(words)
    await page.getByRole('button', { name: '原因を調べる' }).click()
    return page.locator('[aria-live] > .notice').getByRole('link')
  }

  test('Google: the app is still in testing', async () => {
    await office.bring('google')
    const address = await office.newPerson('google')
    await office.app('google', { audience: 'testing' })
    await open('google')
    const provider = await connect(address)
    await provider.locator(`button[name="account"][value="${address}"]`).click()
    await expect(provider.locator('main')).toHaveAttribute('data-error', 'access_denied')
    const words = await provider.locator('main').innerText()
    await provider.close()
    await follow(await lookUp('Google Mail', words), 'google/publish', /公開/)
  })

  test('Microsoft: an administrator must approve', async () => {
    await office.bring('microsoft', { tenant: TENANT })
    const address = await office.newPerson('microsoft')
    await office.app('microsoft', { needs_admin: true })
    await open('microsoft')
    const provider = await connect(address)
    await provider.locator(`button[name="account"][value="${address}"]`).click()
    await expect(provider.locator('main')).toHaveAttribute('data-page', /admin/)
    const words = await provider.locator('main').innerText()
    await provider.close()
    await follow(
      await lookUp('Microsoft Exchange Online', words),
      'microsoft/admin-consent',
      /管理者/,
    )
  })

  for (const [code, card, shown] of [
    ['AADSTS50105', 'microsoft/assignment', /使える人/],
    ['AADSTS53003', 'microsoft/conditional-access', /条件付きアクセス/],
  ] as const)
    test(`Microsoft: ${code}`, async () => {
      await office.bring('microsoft', { tenant: TENANT })
      const body = `<main data-page="error" data-error="${code}">${code}: Your administrator has decided.</main>`
      await open('microsoft')
      await office.sandbox.post('/faults', {
        kind: 'reply',
        provider: 'microsoft',
        count: 1,
        reply: { at: 'authorize', status: 200, body },
      })
      const provider = await connect(await office.newPerson('microsoft'))
      const words = await provider.locator('main').innerText()
      await provider.close()
      await follow(await lookUp('Microsoft Exchange Online', words), card, shown)
    })

  test('words that nobody knows are told as they are, with what to search for', async () => {
    await office.bring('microsoft', { tenant: TENANT })
    await open('microsoft')
    await (await connect(await office.newPerson('microsoft'))).close()
    await lookUp('Microsoft Exchange Online', 'AADSTS7654321: Something new.')
    const notice = page.locator('[aria-live] > .notice')
    await expect(notice).toContainText('「AADSTS7654321」で検索')
    await expect(notice.locator('pre')).toHaveText('AADSTS7654321: Something new.')
    // The administrator finds it again under what nobody knows yet.
    await page.goto('admin/health')
    await expect(page.locator('pre', { hasText: 'AADSTS7654321' })).toBeVisible()
  })
})
