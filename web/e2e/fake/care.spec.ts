//! What administrators look after: checks with a report, health, the protocol log.
import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { signIn } from '../people'

test.use({ locale: 'ja-JP', viewport: { width: 1440, height: 900 } })

test.beforeEach(async ({ page }) => {
  await signIn(page)
})

const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText())

test('a mailbox is checked step by step; the failing step leads to its card', async ({ page }) => {
  await page.goto('settings/accounts/a2')
  await page.getByRole('button', { name: 'いま確認する' }).click()
  const steps = page.locator('ol.steps > li')
  await expect(steps.filter({ hasText: '受信サーバへのログイン' })).toContainText('問題なし')
  const failed = page.locator('ol.steps > li.fail')
  await expect(failed).toContainText('送信サーバへのログイン')
  await expect(failed).toContainText('このメールボックスの送信が無効です')
  await expect(failed).toContainText('512 ms')
  await expect(failed.getByRole('link', { name: '手順を開く' })).toHaveAttribute(
    'href',
    /admin\/guide\/microsoft\/mail-apps$/,
  )
  // What the provider said is folded, and whole.
  await expect(failed.getByText('535 5.7.139')).toBeHidden()
  await failed.getByText('プロバイダの応答').click()
  await expect(failed.getByText('535 5.7.139')).toBeVisible()
  await expect(page.getByText('失敗した項目が 1 件あります。')).toBeVisible()
  await expect(steps).toHaveCount(10)

  await page.getByRole('button', { name: 'レポートをコピー' }).click()
  const report = await clipboard(page)
  expect(report).toContain('0.1.0')
  expect(report).toContain('[fail] 送信サーバへのログイン')
  expect(report).toContain('535 5.7.139')
})

test('a mail to oneself is sent only when asked for', async ({ page }) => {
  await page.goto('settings/accounts/a1')
  const bodies: string[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/check')) bodies.push(request.postData() ?? '')
  })
  await page.getByRole('button', { name: 'いま確認する' }).click()
  await expect(page.getByText('問題は見つかりませんでした。')).toBeVisible()
  await page.getByLabel('自分あてにテストメールを 1 通送って').check()
  await page.getByRole('button', { name: 'もう一度確認する' }).click()
  await expect(page.locator('li.ok').filter({ hasText: '送信済みへの保存' })).toBeVisible()
  expect(bodies).toEqual(['{}', '{"mail":true}'])
})

test('a running check can be stopped', async ({ page }) => {
  await page.goto('settings/accounts/a1')
  await page.getByRole('button', { name: 'いま確認する' }).click()
  await page.getByRole('button', { name: '中止する' }).click()
  await expect(page.getByText('途中で中止しました。')).toBeVisible()
  await expect(page.locator('li.running')).toHaveCount(0)
})

test('the server is tried for real, for all providers or for one', async ({ page }) => {
  await page.goto('admin/self-check')
  const failed = page.locator('ol.steps > li.fail')
  await expect(failed).toContainText('smtp.office365.com:587')
  await page.getByLabel('試すプロバイダ').selectOption({ label: 'Google Mail' })
  await page.getByRole('button', { name: 'もう一度確認する' }).click()
  await expect(page.getByText('注意の必要な項目が 1 件あります。')).toBeVisible()
  await expect(failed).toHaveCount(0)
  await expect(page.locator('ol.steps > li').filter({ hasText: 'gmail.com' })).toHaveCount(2)
})

test('health: what needs a hand, what failed, what nobody knows yet', async ({ page }) => {
  await page.goto('admin')
  await page.getByRole('link', { name: '稼働状況', exact: true }).first().click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('稼働状況')
  const line = page.getByRole('row').filter({ hasText: 'alice@example.com' })
  await expect(line).toContainText('再認証が必要')
  await expect(line.getByRole('meter')).toHaveAttribute('aria-valuenow', '88')
  await expect(line).toContainText('上限に近づいています')
  const failure = page.getByRole('listitem').filter({ hasText: '14 回' })
  await expect(failure).toContainText('メールボックス 2 件')
  await expect(failure.getByRole('link', { name: '手順を開く' })).toBeVisible()
  await page.getByRole('button', { name: '5.2.254 InvalidRecipientsException をコピー' }).click()
  expect(await clipboard(page)).toBe('5.2.254 InvalidRecipientsException')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'ダウンロードする' }).click(),
  ])
  expect(download.suggestedFilename()).toBe('tegata-support.json')
  await line.getByRole('link', { name: 'alice@example.com' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('alice@example.com')
  // Another person's consent cannot be given by an administrator.
  await expect(page.getByRole('link', { name: '再接続する' })).toHaveCount(0)
})

test('health says what will be here while there is nothing, and keeps the last look', async ({
  page,
}) => {
  const calm = {
    now: new Date().toISOString(),
    version: '0.1.0',
    accounts: { total: 0, good: 0, waiting: 0, stopped: 0 },
    attention: [],
    failures: [],
    unknown: [],
  }
  let fails = false
  await page.route('**/api/health', (route) =>
    fails
      ? route.fulfill({ status: 503, json: { title: '休止中です。' } })
      : route.fulfill({ json: calm }),
  )
  await page.goto('admin/health')
  await expect(page.getByText('その稼働状況がここに表示されます')).toBeVisible()
  await expect(page.getByText('この 24 時間に失敗はありません')).toBeVisible()
  await expect(page.getByText('ここに原文のまま表示されます')).toBeVisible()
  fails = true
  await page.getByRole('button', { name: '更新する' }).click()
  await expect(page.getByRole('alert')).toContainText('休止中です。')
  await expect(page.getByText('この 24 時間に失敗はありません')).toBeVisible()
})

test('health looks again by itself while it is visible', async ({ page }) => {
  await page.clock.install()
  let asked = 0
  page.on('request', (request) => (asked += Number(request.url().endsWith('/api/health'))))
  await page.goto('admin/health')
  await expect(page.getByRole('table')).toBeVisible()
  const before = asked
  await page.clock.runFor(31_000)
  await expect.poll(() => asked).toBe(before + 1)
})

test('the protocol log is off, on for a while, downloaded and erased', async ({ page }) => {
  await page.goto('settings/accounts/a1')
  const log = page.getByRole('region', { name: '通信記録' })
  await expect(log.getByRole('link', { name: 'ダウンロードする' })).toHaveCount(0)
  await log.getByLabel('記録する時間').selectOption({ label: '4 時間' })
  const asked = page.waitForRequest(/protocol-log$/)
  await log.getByRole('button', { name: '記録を始める' }).click()
  expect((await asked).postDataJSON()).toEqual({ minutes: 240 })
  await expect(log).toContainText('まで記録しています')
  await page.reload()
  await expect(log).toContainText('37 行')
  await expect(log.getByRole('link', { name: 'ダウンロードする' })).toHaveAttribute(
    'href',
    /protocol-log\/download$/,
  )
  await log.getByRole('button', { name: '止めて消す' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '止めて消す' }).click()
  await expect(log.getByRole('button', { name: '記録を始める' })).toBeVisible()
})

test('the overview shows what fails first', async ({ page }) => {
  await page.goto('admin')
  const lines = page.getByRole('region', { name: '今日の確認事項' }).getByRole('listitem')
  await expect(lines.first()).toHaveClass(/bad/)
  await expect(lines.last()).toHaveClass(/soon/)
  await expect(lines.filter({ hasText: '84 人' })).toBeVisible()
})

for (const [lang, colorScheme, width] of [
  ['ja', 'light', 1440],
  ['en', 'dark', 390],
] as const)
  test(`no barrier on these screens: ${lang} ${colorScheme} ${width}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.setViewportSize({ width, height: 844 })
    await page.evaluate((to) => localStorage.setItem('tegata.language', to), lang)
    const places = [
      ['admin', '.todo li'],
      ['admin/health', 'table'],
      ['admin/self-check', 'li.fail'],
      ['admin/accounts', 'table'],
      ['admin/accounts/import', '.drop'],
      ['admin/credentials', 'table'],
      ['admin/credentials/c3', 'fieldset'],
      ['settings/accounts', 'main li h2'],
      ['settings/accounts/a1', 'main select'],
      ['connect', 'form'],
    ] as const
    for (const [path, ready] of places) {
      await page.goto(path)
      await expect(page.locator(ready).first()).toBeVisible()
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
      expect(violations.map(({ id, nodes }) => [path, id, nodes[0]?.html])).toEqual([])
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
      )
      expect(wide, `${path} is wider than the screen`).toBe(false)
    }
  })
