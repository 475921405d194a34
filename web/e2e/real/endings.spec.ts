//! On the real program: an ending that is known before it comes, a secret that is replaced
//! without a pause, and a permission that ended, renewed by the link alone.
import { expect, test, type Browser, type Page } from '@playwright/test'
import { endings } from '../places'
import { agree, askFor, GOOGLE, popup, row } from './helpers'
import { Office } from './office'

const NEXT = 'GOCSPX-nextnextnextnextnextnextnext'
let office: Office
let page: Page

test.beforeEach(async ({ browser }) => {
  office = await Office.open(endings(), browser, 'ja')
  ;({ page } = office)
})
test.afterEach(() => office.close())

/** A mailbox of the administrator's own, with mail. */
async function connected(): Promise<string> {
  const address = await office.newPerson('google')
  await office.bring('google')
  await askFor(page, 'Google Mail', address)
  await agree(await popup(page), { account: address })
  await expect(page.getByRole('heading', { name: 'を接続しました' })).toBeVisible({
    timeout: 20_000,
  })
  return address
}

type Account = { id: string; grant: { status: string } }
const account = async () =>
  (await office.ask<{ items: Account[] }>('GET', 'accounts')).items[0] as Account

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

test('the end of a secret stands in the calendar and in today’s list', async () => {
  await page.goto('admin/endings')
  await expect(page.getByText('いま期限の決まっているものはありません。')).toBeVisible()
  await office.bring('microsoft', { secret_ends_on: inDays(20) })
  await page.goto('admin')
  const today = page.getByRole('region', { name: '今日の確認事項' })
  await expect(today.getByText(/シークレットキーの有効期限 \(あと (19|20) 日\)/)).toBeVisible()
  await page.locator('header').getByRole('link', { name: '期限', exact: true }).click()
  const soon = page.getByRole('region', { name: '30 日以内' })
  await expect(soon).toContainText(/あと (19|20) 日/)
  await expect(soon).toContainText('対応する人: 管理者')
  await expect(page.getByText('通知を送るメールボックスが選ばれていません。')).toBeVisible()
  await expect(soon.getByRole('link')).toHaveCount(1)
})

test('a secret is replaced while the mailbox goes on', async () => {
  test.setTimeout(120_000)
  await connected()
  const id = (await office.ask<{ items: { id: string }[] }>('GET', 'credentials')).items[0]!.id
  const secrets = (...set_secrets: string[]) =>
    office.sandbox.post('/apps', { provider: 'google', client_id: GOOGLE.id, set_secrets })
  await secrets(GOOGLE.secret, NEXT)

  await page.goto(`admin/credentials/${id}`)
  const part = page.getByRole('region', { name: 'シークレットキーの入れ替え' })
  const step = part.locator('li[aria-current="step"]')
  const dialog = page.getByRole('dialog')
  await part.getByRole('button', { name: '入れ替えを始める' }).click()
  // The one in use is not a next one: that is told at its field.
  await part.getByLabel('次のシークレットキー', { exact: true }).fill(GOOGLE.secret)
  await part.getByRole('button', { name: '登録する' }).click()
  await expect(part.locator('.error')).toBeVisible()
  await part.getByLabel('次のシークレットキー', { exact: true }).fill(NEXT)
  await part.getByRole('button', { name: '登録する' }).click()
  await expect(step).toContainText('試す')
  await part.getByRole('button', { name: '次のシークレットキーを試す' }).click()
  await expect(part.getByText('次のシークレットキーは使えます。')).toBeVisible({ timeout: 20_000 })
  await expect(part.locator('li.ok')).toHaveCount(2)
  await part.getByRole('button', { name: '切り替える', exact: true }).click()
  await dialog.getByRole('button', { name: '切り替える' }).click()
  await expect(step).toContainText('以前のシークレットキーを削除')
  await expect(part).toContainText(`…${NEXT.slice(-4)}`)

  await secrets(NEXT)
  await part.getByRole('button', { name: '以前のシークレットキーを削除する' }).click()
  await dialog.getByRole('button', { name: '以前のシークレットキーを削除する' }).click()
  await expect(part.getByRole('button', { name: '入れ替えを始める' })).toBeVisible()
  expect((await account()).grant.status).toBe('good')
  await secrets(GOOGLE.secret)
})

/** Somebody who opens the link on a phone and is not signed in. */
async function onPhone(browser: Browser, url: string) {
  const context = await browser.newContext({
    locale: 'ja-JP',
    viewport: { width: 390, height: 844 },
  })
  const phone = await context.newPage()
  await phone.goto(url)
  return phone
}

test('a permission that ended comes back by the link alone, with its mail', async ({ browser }) => {
  test.setTimeout(180_000)
  const address = await connected()
  const other = await office.newPerson('google')
  await page.goto('mail')
  await expect(page.locator('header').getByText(address)).toBeVisible()
  await expect(page.locator('.banner')).toHaveCount(0)
  await office.sandbox.post('/faults', { kind: 'revoke_grant', address })
  await office.sandbox.post('/faults', { kind: 'expire_access', address })
  // Gmail says so only when the session is used again.
  await office.sandbox.post('/deliver', {
    address,
    raw: `From: Bob <bob@example.com>\r\nTo: <${address}>\r\nSubject: Meanwhile\r\nMessage-ID: <meanwhile@example.com>\r\n\r\nStill there?\r\n`,
  })
  const banner = page.locator('.banner')
  // Without a reload: it comes by itself.
  await expect(banner).toContainText(`${address} は再認証が必要です。`, { timeout: 90_000 })
  await expect(banner.getByRole('link', { name: '再接続する' })).toBeVisible()
  await page.goto('admin/reconnects')
  const waits = page.getByRole('row').filter({ hasText: address })
  await waits.getByRole('checkbox').check()
  await page.getByRole('button', { name: 'リンクを作ってコピーする' }).click()
  const url = (await page.locator('section code').textContent())!.trim()
  expect(url).toMatch(/\/gsession\/reconnect#\S+$/)
  await expect(waits).toContainText('まで有効')

  // The wrong account first: said with its cure, and the link stays good.
  const phone = await onPhone(browser, url)
  await expect(phone.getByRole('main')).toContainText(address)
  await phone.getByRole('button', { name: '再接続する' }).click()
  await agree(phone, { account: other })
  await expect(phone).toHaveURL(/\/gsession\/reconnect\?connect=/)
  await expect(phone.getByRole('heading', { name: '再接続できませんでした' })).toBeVisible({
    timeout: 20_000,
  })
  await expect(phone.locator('li.fail')).toContainText(other)
  await phone.getByRole('button', { name: 'もう一度やり直す' }).click()
  await phone.getByRole('button', { name: '再接続する' }).click()
  await agree(phone, { account: address })
  await expect(phone.getByRole('heading', { name: '再接続が終わりました' })).toBeVisible({
    timeout: 30_000,
  })
  // Nothing else is open to whoever has the link.
  expect((await phone.request.get(new URL('api/accounts', url).href)).status()).toBe(401)
  await phone.goto('about:blank')
  await phone.goto(url)
  await expect(phone.getByRole('heading', { name: 'このリンクは使用済みです' })).toBeVisible()
  await phone.context().close()

  await page.goto('admin/reconnects')
  await expect(page.getByText('いまはありません。')).toBeVisible()
  await page.goto('mail')
  await expect(row(page, 'Meanwhile')).toBeVisible({ timeout: 60_000 })
  await expect(page.locator('.banner')).toHaveCount(0)
  await page.goto('admin/reach')
  await expect(page.getByText(/1 件のうち 0 件が/)).toBeVisible()
  await page.getByText('停止の時期と理由').first().click()
  await expect(page.locator('main table').first()).toBeVisible()
})
