//! No serious fault of accessibility on any page, in both languages and sizes.
import AxeBuilder from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { signIn } from '../people'

const paths = [
  'mail',
  'compose',
  'settings/profile',
  'settings/accounts',
  'settings/tokens',
  'connect',
  'admin',
  'admin/credentials',
  'admin/credentials/new',
  'admin/guide/microsoft',
  'admin/self-check',
  'admin/accounts',
  'admin/users',
  'admin/audit',
]

for (const [locale, width, colorScheme] of [
  ['ja-JP', 1440, 'light'],
  ['en-GB', 390, 'dark'],
] as const)
  test.describe(`${locale} ${width} ${colorScheme}`, () => {
    test.use({ locale, colorScheme, viewport: { width, height: 900 } })
    test('axe finds nothing serious', async ({ page }) => {
      test.setTimeout(180_000)
      const found: string[] = []
      const look = async (where: string) => {
        const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
        for (const { id, impact, nodes } of violations)
          if (impact === 'serious' || impact === 'critical')
            found.push(`${where}: ${id} ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
      }
      await page.goto('sign-in')
      await page.locator('form').waitFor()
      await look('sign-in')
      await signIn(page)
      for (const path of paths) {
        await page.goto(path)
        await page.locator('h1').first().waitFor({ state: 'attached' })
        await page.waitForTimeout(400)
        await look(path)
        if (path !== 'mail') continue
        await page.locator('article a').first().click()
        await page.waitForTimeout(600)
        await look('reader')
      }
      expect(found).toEqual([])
    })
  })
