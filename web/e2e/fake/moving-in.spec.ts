//! App-only access and its mailboxes; import by CSV; prepared mailboxes.
import { expect, test } from '@playwright/test'
import { signIn } from '../people'

test.use({ locale: 'ja-JP', viewport: { width: 1440, height: 900 } })

test.beforeEach(async ({ page }) => {
  await signIn(page)
})

test('app-only access is registered with its tenant and its mailboxes', async ({ page }) => {
  await page.goto('admin/credentials/new')
  await page.getByLabel('プロバイダ').selectOption({ label: 'Microsoft Exchange Online' })
  await page
    .getByLabel('クライアントID', { exact: true })
    .fill('6f1f2c1e-3f0a-4a53-9b8c-0f5a3d2e7c12')
  await page.getByLabel('シークレットキー', { exact: true }).fill('abc8Q~not-a-real-secret')
  await page.getByText('その他の設定 (任意)').click()
  await page.getByLabel('アプリのみ').check()
  await page.getByRole('button', { name: 'OK', exact: true }).click()
  await expect(page.getByText('確認済みドメインが必要です')).toBeVisible()
  await expect(page.getByText('1 つ以上入力してください')).toBeVisible()
  await page.getByLabel('テナント').fill('contoso.example')
  const allowed = page.getByLabel('接続を許可するメールボックス')
  await allowed.fill('info@contoso.example\nnot-an-address')
  await expect(page.getByText('2 行目の「not-an-address」')).toBeVisible()
  await allowed.fill('info@contoso.example\nsales@contoso.example')
  await expect(page.getByText('2 件のアドレス')).toBeVisible()
  await page.getByRole('button', { name: 'OK', exact: true }).click()
  await expect(page.locator('dl.pairs dt')).toHaveText([
    'プロバイダ',
    'クライアントID',
    'シークレットキー',
    '備考',
    'テナント',
    'アクセスの方式',
    '接続を許可するメールボックス',
  ])
  const stored = page.waitForRequest(
    (request) => request.method() === 'POST' && request.url().endsWith('/api/credentials'),
  )
  await page.getByRole('button', { name: '確定' }).click()
  expect((await stored).postDataJSON()).toMatchObject({
    access: 'app_only',
    tenant: 'contoso.example',
    allowed_addresses: ['info@contoso.example', 'sales@contoso.example'],
  })
})

test('several mailboxes are connected at once, told line by line', async ({ page }) => {
  await page.goto('admin/credentials/c3')
  const box = page.getByRole('region', { name: 'メールボックスの追加' })
  // One of them is connected already.
  await expect(box.getByRole('listitem')).toHaveCount(3)
  const info = box.getByRole('listitem').filter({ hasText: 'info@' })
  const refused = box.getByRole('listitem').filter({ hasText: 'no-rights@' })
  await info.getByRole('checkbox').check()
  await info.getByRole('combobox').selectOption({ label: 'Alice Martin' })
  await refused.getByRole('checkbox').check()
  await box.getByRole('button', { name: '2 件を接続する' }).click()
  await expect(info).toContainText('認証済')
  await expect(refused.getByRole('alert')).toContainText('アクセス権がありません')
  await expect(box).toContainText('3 件のうち 1 件を接続しました。')
  await page.reload()
  await expect(box.getByRole('listitem')).toHaveCount(2)
})

test('members do not see app-only access when they connect', async ({ page }) => {
  await page.goto('connect')
  await expect(page.locator('input[type="radio"][value="c1"]')).toBeVisible()
  await expect(page.locator('input[type="radio"][value="c3"]')).toHaveCount(0)
})

test('people who consented are counted, and the end is told in time', async ({ page }) => {
  await page.goto('admin/credentials')
  await expect(page.getByRole('row').filter({ hasText: 'Google Mail' }).first()).toContainText(
    '許可した人 84 / 100',
  )
  await page.goto('admin/credentials/c1')
  await expect(page.getByText('このアプリを許可した人は 84 人です。')).toBeVisible()
})

const csv = (text: string) => ({
  name: 'accounts.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from(text),
})

test('a CSV is looked at first, then imported; the links are shown once', async ({ page }) => {
  await page.goto('admin/accounts')
  await page.getByRole('link', { name: 'インポート' }).click()
  const file = page.locator('input[type="file"]')
  await file.setInputFiles(csv('メールアドレス,使用者\nnobody,sato\ntanaka@example.jp,tanaka\n'))
  await expect(page.getByRole('alert')).toContainText('まだ何も登録していません')
  const wrong = page.getByRole('row').filter({ hasText: 'メールアドレスがありません' })
  await expect(wrong.getByRole('cell').first()).toHaveText('2')

  await file.setInputFiles(csv('メールアドレス,使用者\ntanaka@example.jp,tanaka\n'))
  await expect(page.getByText('ご確認ください')).toBeVisible()
  const again = page.waitForRequest(/dry_run=1&overwrite=1$/)
  await page.getByLabel('アカウントIDが同じものを上書きする').check()
  await again
  await page.getByRole('button', { name: '2 件をインポートする' }).click()
  await expect(page.getByRole('heading', { name: 'インポートしました' })).toBeVisible()
  await page.getByRole('button', { name: 'すべてコピー' }).click()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(
    /^田中 実\thttp.*invitation#imported-0$/,
  )
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'CSV でダウンロードする' }).click(),
  ])
  expect(download.suggestedFilename()).toBe('tegata-invitations.csv')
})

test('prepared mailboxes: the administrator removes one, its person authorises one', async ({
  page,
  context,
}) => {
  await page.goto('admin/accounts')
  const waiting = page.getByRole('region', { name: '未認証' })
  await waiting.getByRole('button', { name: 'alice@example.com を取り消す' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '取り消す', exact: true }).click()
  await expect(waiting.getByText('alice@example.com')).toHaveCount(0)

  await page.goto('settings/accounts')
  await page.getByRole('link', { name: 'keiri@example.jp を認証' }).click()
  await expect(page.getByLabel('共有メールボックスのアドレス')).toHaveValue('keiri@example.jp')
  await expect(page.getByLabel('メールアドレス', { exact: true })).toHaveValue('hanako@example.jp')
  await expect(page.locator('input[type="radio"][value="c2"]')).toBeChecked()
  const sent = page.waitForRequest(
    (request) => request.method() === 'POST' && request.url().endsWith('/api/connect'),
  )
  const popup = context.waitForEvent('page')
  await page.getByRole('button', { name: '接続する' }).click()
  expect((await sent).postDataJSON()).toMatchObject({
    credential_id: 'c2',
    address: 'hanako@example.jp',
    mailbox_address: 'keiri@example.jp',
  })
  await popup
})

test('many people are invited by their addresses alone', async ({ page }) => {
  await page.goto('admin/users')
  await page.getByRole('button', { name: '招待する' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'まとめて' }).click()
  await dialog.getByLabel('招待する人').fill('mori@example.jp\nhayashi@example.jp')
  const sent = page.waitForRequest(/api\/invitations$/)
  await dialog.getByRole('button', { name: '招待リンクを作る' }).click()
  expect((await sent).postDataJSON()).toEqual({
    csv: 'mori,mori,mori@example.jp\nhayashi,hayashi,hayashi@example.jp',
  })
})
