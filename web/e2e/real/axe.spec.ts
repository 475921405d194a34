//! No serious fault of accessibility on any page of the real program, in both languages,
//! sizes and themes.
import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { signIn } from '../people'
import { DEMO, demo } from '../places'
import { ROUTES, show } from './routes'

for (const [locale, width, colorScheme] of [
  ['ja-JP', 1440, 'light'],
  ['ja-JP', 390, 'dark'],
  ['en-GB', 390, 'light'],
  ['en-GB', 1440, 'dark'],
] as const)
  test(`axe finds nothing serious: ${locale} ${width} ${colorScheme}`, async ({ browser }) => {
    test.setTimeout(180_000)
    const found: string[] = []
    const look = async (page: Page, where: string) => {
      const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
      for (const { id, impact, nodes } of violations)
        if (impact === 'serious' || impact === 'critical')
          found.push(`${where}: ${id} ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
    }
    for (const [who, { login, password }] of Object.entries(DEMO)) {
      const context = await browser.newContext({
        baseURL: demo().base,
        locale,
        colorScheme,
        reducedMotion: 'reduce',
        viewport: { width, height: 900 },
      })
      const page = await context.newPage()
      await page.goto('sign-in')
      await expect(page.locator('form')).toBeVisible()
      await look(page, 'sign-in')
      await signIn(page, login, password)
      for (const route of ROUTES.filter((one) => one.who === who)) {
        await show(page, route)
        await look(page, route.name)
        // Nothing is wider than the window.
        const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
        if (wide) found.push(`${route.name}: wider than the window`)
      }
      await context.close()
    }
    expect(found).toEqual([])
  })
