//! Every route, ja and en, 1440 and 390 wide, light and dark, into ../shots: to be looked at.
import { test, type Page } from '@playwright/test'
import { signIn } from '../people'

const routes: [string, string, ((page: Page) => Promise<void>)?][] = [
  ['mail', 'mail'],
  ['mail-open', 'mail', (page) => page.locator('article a').nth(1).click()],
  ['mail-html', 'mail', (page) => page.locator('article a').nth(3).click()],
  ['search', 'mail/search?q=report'],
  ['compose', 'compose'],
  ['profile', 'settings/profile'],
  ['accounts', 'settings/accounts'],
  ['account', 'settings/accounts', (page) => page.locator('main li h2 a').first().click()],
  ['tokens', 'settings/tokens'],
  ['connect', 'connect'],
  ['admin', 'admin'],
  ['admin-credentials', 'admin/credentials'],
  ['admin-credential-new', 'admin/credentials/new'],
  ['admin-guide-google', 'admin/guide/google'],
  ['admin-self-check', 'admin/self-check'],
  ['admin-accounts', 'admin/accounts'],
  ['admin-users', 'admin/users'],
  ['admin-audit', 'admin/audit'],
]
const only = process.env.SHOTS?.split(',')

for (const locale of ['ja-JP', 'en-GB'])
  for (const width of [1440, 390])
    for (const colorScheme of ['light', 'dark'] as const)
      test.describe(`${locale} ${width} ${colorScheme}`, () => {
        test.use({ locale, colorScheme, viewport: { width, height: width > 700 ? 900 : 844 } })
        test('all routes', async ({ page }) => {
          test.setTimeout(180_000)
          const folder = `../shots/${locale.slice(0, 2)}-${width}-${colorScheme}`
          await page.goto('sign-in')
          await page.locator('form').waitFor()
          await page.screenshot({ path: `${folder}/sign-in.png` })
          await signIn(page)
          for (const [name, path, then] of routes) {
            if (only && !only.includes(name)) continue
            await page.goto(path)
            await page.waitForLoadState('domcontentloaded')
            await page.locator('main').waitFor()
            await page.waitForTimeout(500)
            await then?.(page)
            if (then) await page.waitForTimeout(700)
            await page.screenshot({ path: `${folder}/${name}.png` })
          }
        })
      })
