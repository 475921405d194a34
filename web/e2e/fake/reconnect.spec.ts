//! A permission that ended: told once above everything, cured from there or by the link of
//! the notice, on a phone, without signing in.
import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { signIn } from '../people'

const CAUSE = 'パスワードが変更されたため、Google が許可を取り消しました。'
type Death = { who?: string; owner?: object; since?: string }

/** Lets the person's first mailboxes be dead. */
async function dead(page: Page, ...deaths: Death[]) {
  await page.unroute('**/api/accounts')
  await page.route('**/api/accounts', async (route) => {
    const response = await route.fetch()
    const body = (await response.json()) as { items: Record<string, unknown>[] }
    deaths.forEach(({ who = 'member', owner, since = '2026-11-26T03:00:00Z' }, i) => {
      const advice = { cause_id: 'x', cause: CAUSE, cure: '', who, retry_after: null, card: null }
      Object.assign(body.items[i]!, {
        grant: { status: 'needs_consent', since, until: null, advice },
        ...(owner ? { owner } : {}),
      })
    })
    await route.fulfill({ json: body })
  })
}

test.describe('the banner', () => {
  test.use({ locale: 'ja-JP', viewport: { width: 1440, height: 900 } })

  test('says which, since when, why, and leads to the consent; put aside it is a mark', async ({
    page,
  }) => {
    await dead(page, {})
    await signIn(page)
    const banner = page.locator('.banner')
    await expect(banner).toContainText('hanako@example.jp は再認証が必要です。')
    await expect(banner).toContainText('11月26日から')
    await expect(banner).toContainText(CAUSE)
    await expect(banner.getByRole('link', { name: '再接続する' })).toHaveAttribute(
      'href',
      /connect\?account=a1$/,
    )
    await banner.getByRole('button', { name: '後で' }).press('Enter')
    await expect(banner).toHaveCount(0)
    await page.goto('settings/profile')
    const mark = page.locator('header').getByRole('button', { name: '再認証が必要 1 件' })
    await expect(mark).toBeVisible()
    await expect(banner).toHaveCount(0)
    await mark.click()
    await expect(banner).toBeVisible()
    await banner.getByRole('button', { name: '後で' }).click()

    // A later death is told again.
    await dead(page, { since: '2026-11-28T03:00:00Z' })
    await page.goto('mail')
    await expect(banner).toBeVisible()
    await banner.getByRole('link', { name: '再接続する' }).click()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('メールボックスの接続')
    await expect(banner).toHaveCount(0)
  })

  test('several are one list; who cannot act is told who must', async ({ page }) => {
    await dead(
      page,
      { owner: { id: 'u2', login: 'alice', name: 'Alice Martin' } },
      { who: 'administrator' },
    )
    await signIn(page)
    const banner = page.locator('.banner')
    await expect(banner).toHaveCount(1)
    await expect(banner).toContainText('再認証が必要なメールボックスが 2 件あります。')
    await expect(banner).toContainText('Alice Martinさんの再接続が必要です。')
    await expect(banner).toContainText('管理者の対応が必要です。')
    await expect(banner.getByRole('link', { name: '再接続する' })).toHaveCount(0)
  })

  test('comes by itself when a permission ends', async ({ page }) => {
    await signIn(page)
    await expect(page.locator('article').first()).toBeVisible()
    await expect(page.locator('.banner')).toHaveCount(0)
    await dead(page, {})
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    await expect(page.locator('.banner')).toBeVisible()
  })
})

test.describe('the link of a notice, on a phone', () => {
  test.use({ locale: 'ja-JP', viewport: { width: 390, height: 844 } })

  test.afterEach(async ({ page }) => {
    await page.request.post('api/reconnect/afresh')
  })

  test('who, which, why, one button; there and back; done', async ({ page }) => {
    await page.goto('reconnect#open')
    const main = page.getByRole('main')
    await expect(main).toContainText('Alice Martinさん')
    await expect(main).toContainText('alice@example.com')
    await expect(main).toContainText(CAUSE)
    // No shell, and nothing to sign in to.
    await expect(page.getByRole('navigation')).toHaveCount(0)
    await expect(page.locator('input')).toHaveCount(0)
    const button = page.getByRole('button', { name: '再接続する' })
    expect((await button.boundingBox())!.height).toBeGreaterThanOrEqual(44)
    await button.press('Enter')
    await expect(page).toHaveURL(/reconnect\?connect=r-open-/)
    await expect(page.getByRole('heading', { name: '許可を確認しています' })).toBeVisible()
    await expect(page.getByRole('heading', { name: '再接続が終わりました' })).toBeVisible()
    await expect(main).toContainText('このページは閉じてかまいません')

    // The same link again, in the same tab.
    await page.goto('reconnect#open')
    await expect(page.getByRole('heading', { name: 'このリンクは使用済みです' })).toBeVisible()
  })

  test('the wrong account leaves the link good', async ({ page }) => {
    await page.goto('reconnect#wrong')
    await page.getByRole('button', { name: '再接続する' }).click()
    await expect(page.getByRole('heading', { name: '再接続できませんでした' })).toBeVisible()
    await expect(page.locator('li.fail')).toContainText('bob@example.com でログインしました')
    await page.getByRole('button', { name: 'もう一度やり直す' }).click()
    await expect(page).toHaveURL(/reconnect#wrong$/)
    await expect(page.getByRole('button', { name: '再接続する' })).toBeVisible()
  })

  test('a link that cannot be used says why and what to do', async ({ page }) => {
    for (const [token, title, what] of [
      ['used', 'このリンクは使用済みです', '新しいリンクがメールで届きます'],
      ['expired', 'このリンクは期限が切れています', '管理者に、新しいリンクを送るよう'],
      ['fine', '再接続の必要はありません', 'このページは閉じてかまいません'],
      ['nobody-knows-this', 'このリンクは使えません', 'いちばん新しい通知メール'],
      ['', 'このリンクは使えません', 'いちばん新しい通知メール'],
    ] as const) {
      // In one tab: only the part behind the sign changes.
      await page.goto(`reconnect#${token}`)
      await expect(page.getByRole('heading', { name: title })).toBeVisible()
      await expect(page.getByRole('main')).toContainText(what)
      await expect(page.getByRole('button', { name: '再接続する', exact: true })).toHaveCount(0)
    }
  })

  for (const [lang, colorScheme, width] of [
    ['ja', 'light', 390],
    ['en', 'dark', 390],
    ['en', 'light', 1440],
  ] as const)
    test(`no barrier: ${lang} ${colorScheme} ${width}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 844 })
      await page.goto('sign-in')
      await page.evaluate((to) => localStorage.setItem('tegata.language', to), lang)
      const clean = async (what: string) => {
        const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
        expect(violations.map(({ id, nodes }) => [what, id, nodes[0]?.html])).toEqual([])
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
        )
        expect(wide, `${what} is wider than the screen`).toBe(false)
      }
      for (const token of ['open', 'used', 'expired', 'fine', 'none']) {
        await page.goto(`reconnect#${token}`)
        await page.reload()
        await expect(page.locator('h2, button.primary').first()).toBeVisible()
        await clean(token)
      }
      await dead(page, {}, {})
      await signIn(page)
      await expect(page.locator('.banner')).toBeVisible()
      await clean('banner')
    })
})
