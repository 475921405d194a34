//! Each guide walked once in each language, on the real program, from the check of the
//! server to the hand-over: what is pasted, clicked and allowed is what a person does.
import { readFileSync } from 'node:fs'
import { expect, test, type Page } from '@playwright/test'
import { choice, count, heading, pick, said, walkCards, type Said } from '../guide'
import { guide } from '../places'
import { agree, GOOGLE, MICROSOFT } from './helpers'
import { Office, TENANT } from './office'

const CARDS = {
  google: [
    'account',
    'project',
    'gmail-api',
    'consent-screen',
    'branding',
    'scopes',
    'client',
    'keep',
    'publish',
    'trust',
    'imap',
    'wait',
  ],
  microsoft: [
    'account',
    'app',
    'ids',
    'platform',
    'secret',
    'permissions',
    'admin-consent',
    'assignment',
    'mail-apps',
    'conditional-access',
    'shared-mailbox',
    'wait',
  ],
}
const more = {
  ja: {
    checked: '問題は見つかりませんでした。',
    connected: '{address} を接続しました',
    address: 'メールアドレス',
    shared: '共有メールボックスのアドレス (任意)',
    connectedOne: '接続済み 1',
    notConnectedOne: '未接続 1',
    users: '利用者を招待する',
    invite: '招待する',
    fields: ['ユーザID', '氏名', 'メールアドレス'],
    makeLink: '招待リンクを作る',
    csv: 'CSV をダウンロードする',
    self: '自分あてにメールを 1 通送る',
    endsOn: /シークレットは 2027-11-01 に切れます/,
  },
  en: {
    checked: 'No problem was found.',
    connected: '{address} is connected',
    address: 'Email address',
    shared: 'Address of a shared mailbox (optional)',
    connectedOne: 'Connected 1',
    notConnectedOne: 'Not connected 1',
    users: 'Invite people',
    invite: 'Invite',
    fields: ['User ID', 'Name', 'Email address'],
    makeLink: 'Make the invitation link',
    csv: 'Download as CSV',
    self: 'Send one mail to this mailbox',
    endsOn: /2027-11-01/,
  },
} as const
type More = (typeof more)['ja' | 'en']

/** Before: the server is checked by itself, and all is well. */
async function before(page: Page, provider: string, s: Said) {
  await page.goto(`admin/guide/${provider}`)
  await expect(page).toHaveURL(new RegExp(`/admin/guide/${provider}/before$`))
  await expect(heading(page)).toHaveText(s.headings[0])
  const steps = page.locator('ol.steps > li')
  await expect(steps.filter({ hasText: '127.0.0.1' }).first()).toBeVisible()
  await expect(page.locator('.check .grow[role="status"]')).toBeVisible()
  await expect(page.locator('ol.steps > li.fail')).toHaveCount(0)
  await expect(page.locator('ol.steps > li.running')).toHaveCount(0)
  await page.getByRole('link', { name: s.answer }).click()
  await expect(heading(page)).toHaveText(s.headings[1])
}

/** Verify: the app by itself, then a mailbox of one's own through the provider's pages. */
async function verify(page: Page, s: Said, m: More, address: string, shared?: string) {
  await page.getByRole('link', { name: s.toVerify }).click()
  await page.getByRole('button', { name: s.check }).click()
  await expect(page.locator('.check .grow[role="status"]')).toBeVisible()
  await expect(page.locator('ol.steps > li').first()).toBeVisible()
  await expect(page.locator('ol.steps > li.fail')).toHaveCount(0)

  await page.getByLabel(m.address, { exact: true }).fill(address)
  if (shared) await page.getByLabel(m.shared).fill(shared)
  const opened = page.context().waitForEvent('page')
  await page.getByRole('button', { name: s.connect, exact: true }).click()
  await agree(await opened, { account: address })
  await expect(
    page.getByRole('heading', { name: m.connected.replace('{address}', address) }),
  ).toBeVisible({ timeout: 20_000 })
  if (!shared) await page.getByLabel(m.self).check()
  await page.getByRole('button', { name: s.long }).click()
  const long = page.locator('section section').last()
  await expect(long.locator('.grow[role="status"]')).toHaveText(new RegExp(m.checked), {
    timeout: 40_000,
  })
  await expect(long.locator('ol.steps > li.ok')).toHaveCount(shared ? 10 : 13)
  await page.getByRole('link', { name: s.toHand }).click()
}

/** Hand over: somebody is invited and counted, and the list leaves as a file. */
async function handOver(page: Page, s: Said, m: More, mine: string, other: string) {
  await expect(heading(page)).toHaveText(s.headings[4])
  await expect(page.locator('pre.prose')).toContainText(`${guide().base}connect`)
  await expect(page.getByText(m.connectedOne, { exact: true })).toBeVisible()
  await page.getByRole('link', { name: m.users }).click()
  await page.getByRole('button', { name: m.invite, exact: true }).first().click()
  const form = page.getByRole('dialog')
  const [login, name, address] = m.fields
  await form.getByLabel(login, { exact: true }).fill(other.split('@')[0]!)
  await form.getByLabel(name, { exact: true }).fill('本田 美香')
  await form.getByLabel(address, { exact: true }).fill(other)
  await form.getByRole('button', { name: m.makeLink }).click()
  await expect(form.locator('input[readonly], code').first()).toBeVisible()
  await page.goBack()
  await expect(page.locator('table').getByText(other)).toBeVisible()
  await expect(page.locator('table').getByText(mine, { exact: false })).toBeVisible()
  const file = page.waitForEvent('download')
  await page.getByRole('link', { name: m.csv }).click()
  const text = readFileSync(await (await file).path(), 'utf8')
  expect(text.startsWith('\uFEFF')).toBe(true)
  expect(text).toContain(other)
  expect(text).toContain(mine)
}

for (const lang of ['ja', 'en'] as const)
  test.describe(lang, () => {
    const s: Said = said[lang]
    const m = more[lang]
    let office: Office
    let page: Page
    test.beforeEach(async ({ browser }) => {
      office = await Office.open(guide(), browser, lang)
      page = office.page
    })
    test.afterEach(() => office.close())

    test('Google, from the check of the server to the hand-over', async () => {
      const [mine, other] = [await office.newPerson('google'), await office.newPerson('google')]
      await before(page, 'google', s)
      await pick(page, s.outside)
      await pick(page, s.each)
      await pick(page, s.no)
      await count(page, s, '40')
      await page.getByRole('link', { name: s.begin }).click()
      await walkCards(page, s, CARDS.google)
      await page.goto('admin/guide/google/client')
      await expect(
        page.locator('article code', { hasText: `${guide().base}common/cmn270.do` }).first(),
      ).toBeVisible()
      await page.goto('admin/guide/google/bring')
      await page.locator('input[type="file"]').setInputFiles({
        name: 'client_secret.json',
        mimeType: 'application/json',
        buffer: Buffer.from(
          JSON.stringify({
            web: {
              client_id: GOOGLE.id,
              client_secret: GOOGLE.secret,
              redirect_uris: [`${guide().base}common/cmn270.do`],
            },
          }),
        ),
      })
      await page.getByRole('button', { name: s.register, exact: true }).click()
      await verify(page, s, m, mine)
      await handOver(page, s, m, mine, other)
      await page.goto('admin/guide/google')
      await expect(page).toHaveURL(/\/hand-over$/)
      await page.getByRole('link', { name: s.finish }).click()
      await expect(page).toHaveURL(/\/admin$/)
    })

    test('Microsoft, from the check of the server to the hand-over', async () => {
      const rights = { rights: ['info@contoso.example'] }
      const [mine, other] = [
        await office.newPerson('microsoft', rights),
        await office.newPerson('microsoft'),
      ]
      await before(page, 'microsoft', s)
      await pick(page, s.own)
      await pick(page, s.organisation)
      await pick(page, s.yes)
      await count(page, s, '12')
      await page.getByRole('link', { name: s.begin }).click()
      await walkCards(page, s, CARDS.microsoft)
      await page.getByLabel(s.clientId, { exact: true }).fill(` ${MICROSOFT.id} `)
      await page.getByLabel(s.tenant, { exact: true }).fill(TENANT)
      await page.getByLabel(s.secret, { exact: true }).fill(MICROSOFT.secret)
      await page.getByLabel(s.ends).fill('2027-11-01')
      await page.getByRole('button', { name: s.register, exact: true }).click()
      // One's own mailbox in one language, a shared one in the other.
      await verify(page, s, m, mine, lang === 'en' ? 'info@contoso.example' : undefined)
      await handOver(page, s, m, lang === 'en' ? 'info@contoso.example' : mine, other)
      await expect(page.getByText(m.endsOn)).toBeVisible()
    })

    test('answers that cannot work are told before the work', async () => {
      await page.goto('admin/guide/google/choose')
      await pick(page, s.outside)
      await pick(page, s.each)
      await pick(page, s.no)
      await count(page, s, '150')
      await expect(page.locator('.notice.bad').first()).toBeVisible()
      await expect(page.getByRole('link', { name: s.begin })).toHaveCount(0)
      await choice(page, s.own).check()
      await expect(page.getByRole('link', { name: s.begin })).toBeVisible()
    })
  })
