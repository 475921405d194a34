//! Endings before they come: the calendar, who is told of them, the next secret, and what
//! paused nonetheless.
import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { signIn } from '../people'

test.use({ locale: 'ja-JP', viewport: { width: 1440, height: 900 } })

const sendFrom = (page: Page, account_id: string | null) =>
  page.request.put('api/system-mailbox', { data: { account_id } })

test.beforeEach(async ({ page }) => {
  await signIn(page)
  await sendFrom(page, null)
})

test('the calendar: the nearest first, why, who acts, and one way to cure it', async ({ page }) => {
  await page.goto('admin')
  const today = page.getByRole('region', { name: '今日の確認事項' })
  await expect(today.getByText('alice@example.com: 許可の期限 (あと 4 日)')).toBeVisible()
  await expect(today.getByText('通知を送るメールボックスが選ばれていないため')).toBeVisible()
  await page.locator('header').getByRole('link', { name: '期限', exact: true }).click()

  await expect(page.getByRole('heading', { level: 1 })).toHaveText('期限')
  await expect(page.locator('main h2')).toContainText([
    '通知を送るメールボックス',
    '7 日以内',
    '30 日以内',
    '年',
  ])
  const week = page.getByRole('region', { name: '7 日以内' })
  await expect(week).toContainText('あと 4 日')
  await expect(week).toContainText('公開ステータスが「テスト中」')
  await expect(week).toContainText('7 日前 送信済')
  await expect(week.getByRole('link', { name: '手順を開く' })).toHaveAttribute(
    'href',
    /admin\/guide\/google\/publish$/,
  )
  const month = page.getByRole('region', { name: '30 日以内' })
  await expect(month.getByRole('link', { name: 'Microsoft Exchange Online の' })).toHaveAttribute(
    'href',
    /admin\/credentials\/c2#rotation$/,
  )
  // A date that was judged says so; the person who looks is called "you".
  await expect(month.getByRole('listitem').filter({ hasText: '見込み' })).toContainText('あなた')
  await expect(month.getByText('送信できません')).toBeVisible()

  await expect(page.getByText('自動で延長', { exact: true })).toHaveCount(0)
  await page.getByLabel('自動で延長されるものも表示する').check()
  const moved = page.getByRole('listitem').filter({ hasText: '6 か月使われない' })
  await expect(moved).toContainText('自動で延長')
  await expect(moved.getByRole('link')).toHaveCount(0)
})

test('without anything that ends, the calendar says what will be here', async ({ page }) => {
  await page.route('**/api/endings*', (route) =>
    route.fulfill({ json: { items: [], next: null, system_mailbox: null } }),
  )
  await page.goto('admin/endings')
  await expect(page.getByText('いま期限の決まっているものはありません。')).toBeVisible()
  await expect(page.getByRole('link', { name: 'OAuth認証情報管理を開く' })).toBeVisible()
})

test('the mailbox for notices is chosen, and one that cannot send says so', async ({ page }) => {
  await page.goto('admin/notices')
  const system = page.getByRole('region', { name: '通知を送るメールボックス' })
  await expect(system).toContainText('通知はメールでは届きません')
  await system.getByLabel('送信元').selectOption({ label: 'soudan@example.jp (送信できません)' })
  await system.getByRole('button', { name: '保存する' }).click()
  await expect(system).toContainText('soudan@example.jp からは、いま送信できません。')
  await expect(system).toContainText('このメールボックスの送信が無効です')
  await system.getByLabel('送信元').selectOption({ label: 'hanako@example.jp' })
  await system.getByRole('button', { name: '保存する' }).click()
  await expect(page.getByText('hanako@example.jp から送信します。')).toBeVisible()

  const rows = page.getByRole('row')
  await expect(rows.filter({ hasText: 'alice@example.com は再認証が必要です' })).toContainText(
    '送信済',
  )
  await expect(rows.filter({ hasText: 'ichiro@example.jp' })).toContainText('送信できません')
  await rows.getByText('alice@example.com は再認証が必要です', { exact: true }).click()
  await expect(page.locator('details[open]')).toContainText('ログインは要りません。')
})

test('links go to many at once by mail', async ({ page }) => {
  await sendFrom(page, 'a1')
  await page.goto('admin/reconnects')
  const table = page.getByRole('table')
  await expect(table.getByRole('row').filter({ hasText: '鈴木 一郎' })).toContainText(
    'まだ知らせていません',
  )
  await expect(page.getByRole('button', { name: '再接続リンクを送る' })).toBeDisabled()
  await page.getByLabel('すべて選ぶ').check()
  await expect(page.getByText('2 人を選択中')).toBeVisible()
  const asked = page.waitForRequest(/reconnect-links$/)
  await page.getByRole('button', { name: '再接続リンクを送る' }).click()
  // One for each person, though one of them has two mailboxes.
  expect((await asked).postDataJSON()).toEqual({ account_ids: ['a3', 'a4'], send: true })
  const result = page.getByRole('region', { name: '結果' })
  await expect(result.getByText('alice@example.com に送信します')).toBeVisible()
  await expect(table.getByText('まで有効')).toHaveCount(2)
})

test('where no mailbox can send, links are copied', async ({ page }) => {
  await page.route('**/api/system-mailbox', (route) =>
    route.fulfill({
      json: { account_id: null, address: null, send: null, works: false, candidates: [] },
    }),
  )
  await page.goto('admin/reconnects')
  await expect(page.getByText('リンクをメールで送れません')).toBeVisible()
  await expect(page.getByRole('button', { name: '再接続リンクを送る' })).toHaveCount(0)
  await page.getByLabel('Alice Martin alice@example.com を選ぶ').check()
  await page.getByRole('button', { name: 'リンクを作ってコピーする' }).click()
  await page.getByRole('button', { name: 'alice@example.com のリンクをコピー' }).click()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/\/reconnect#open$/)
})

test('a secret is replaced step by step, and each step is found again', async ({ page }) => {
  const part = page.getByRole('region', { name: 'シークレットキーの入れ替え' })
  const step = part.locator('li[aria-current="step"]')
  await page.goto('admin/credentials/c2')
  await part.getByRole('button', { name: '入れ替えを始める' }).click()
  await expect(step).toContainText('次のシークレットキーを登録')
  await part.getByLabel('次のシークレットキー', { exact: true }).fill('wrong-value-bad0')
  await part.getByRole('button', { name: '登録する' }).click()
  await expect(step).toContainText('試す')

  // A wrong one is told before it does harm, and can be taken back.
  await part.getByRole('button', { name: '次のシークレットキーを試す' }).click()
  await expect(part.locator('.notice.bad')).toContainText('受け入れませんでした')
  await part.getByRole('button', { name: '次のシークレットキーを取り消す' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: '次のシークレットキーを取り消す' }).click()
  await part.getByRole('button', { name: '入れ替えを始める' }).click()
  await part.getByLabel('次のシークレットキー', { exact: true }).fill('a-good-value-7pQa')
  await part.getByLabel('次のシークレットキーの有効期限').fill('2028-11-20')
  await part.getByRole('button', { name: '登録する' }).click()

  await part.getByLabel('試すメールボックス').selectOption({ label: 'soudan@example.jp' })
  const asked = page.waitForRequest(/next-secret\/check$/)
  await part.getByRole('button', { name: '次のシークレットキーを試す' }).click()
  expect((await asked).postDataJSON()).toEqual({ account_id: 'a2' })
  await expect(part.getByText('次のシークレットキーは使えます。')).toBeVisible()
  await page.reload()
  await expect(step).toContainText('切り替える')
  await part.getByRole('button', { name: '切り替える', exact: true }).click()
  await dialog.getByRole('button', { name: '切り替える' }).click()
  await expect(step).toContainText('以前のシークレットキーを削除')
  await expect(part).toContainText('…7pQa')
  // The form above knows the new end: it must not bring back the former.
  await expect(page.getByLabel('シークレットの有効期限')).toHaveValue('2028-11-20')

  await part.getByRole('button', { name: '以前のシークレットキーを削除する' }).click()
  await dialog.getByRole('button', { name: '以前のシークレットキーを削除する' }).click()
  await expect(page.getByText('入れ替えが終わりました。')).toBeVisible()
  await expect(part.getByRole('button', { name: '入れ替えを始める' })).toBeVisible()
})

test('a refused credential says what stands still and what brings it back', async ({ page }) => {
  await page.route('**/api/credentials/c2', async (route) => {
    const response = await route.fetch()
    const json = (await response.json()) as object
    const switched = { at: new Date().toISOString(), by: 'refusal', advice: null }
    await route.fulfill({
      response,
      json: { ...json, status: 'broken', secret_switched: switched },
    })
  })
  await page.goto('admin/credentials/c2')
  const alert = page.getByRole('alert')
  await expect(alert).toContainText('受信と送信が止まっています')
  await expect(alert).toContainText('1 分以内にすべて再開します')
  await alert.getByRole('button', { name: 'シークレットキーを入力する' }).click()
  await expect(page.getByLabel('シークレットキー', { exact: true })).toBeFocused()
  await expect(page.getByText('もう一方のシークレットキーに自動で切り替えました')).toBeVisible()
})

test('the uptime report: how many ran without a pause, and why the others paused', async ({
  page,
}) => {
  await page.goto('admin/reach')
  await expect(page.getByText('4 件のうち 2 件が途切れずに受信しました')).toBeVisible()
  const first = page.locator('main li').first()
  await expect(first).toContainText('ichiro@example.jp')
  await expect(first).toContainText('停止 1 回, 計 4 日')
  await first.getByText('停止の時期と理由').click()
  await expect(first).toContainText('パスワードが変更されたため')
  await page.getByLabel('途切れたものだけ表示する').check()
  await expect(page.locator('main li')).toHaveCount(2)
  await page.getByLabel('期間').selectOption({ label: '直近 7 日' })
  await expect(page.getByText('4 件のうち 3 件が')).toBeVisible()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'CSV でダウンロードする' }).click(),
  ])
  expect(download.url()).toMatch(/reach\.csv\?days=7$/)
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
      ['admin/endings', 'time.day'],
      ['admin/notices', 'table'],
      ['admin/reconnects', 'table'],
      ['admin/reach', 'main li'],
      ['admin/credentials/c2', '#rotation'],
      ['settings/accounts', 'time.day'],
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
