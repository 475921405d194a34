//! No serious fault of accessibility on any page of the real program, in both languages,
//! sizes and themes.
import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Browser, type Page } from '@playwright/test'
import { signIn } from '../people'
import { DEMO, demo } from '../places'
import { GUIDES, ROUTES, show } from './routes'

test.describe.configure({ mode: 'parallel', timeout: 180_000 })

const open = (browser: Browser, locale: string, width: number, colorScheme: 'light' | 'dark') =>
  browser.newContext({
    baseURL: demo().base,
    locale,
    colorScheme,
    reducedMotion: 'reduce',
    viewport: { width, height: 900 },
  })

/** What is wrong with a page: barriers, and what is wider than the window. */
async function look(page: Page, where: string): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode(true)
    .options({ resultTypes: ['violations'] })
    .analyze()
  const found = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${where}: ${id} ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
    )
  const wide = await page.evaluate(() =>
    [document.documentElement, document.getElementById('content')].some(
      (box) => box && box.scrollWidth > box.clientWidth,
    ),
  )
  return wide ? [...found, `${where}: wider than the window`] : found
}

/** The answers and the credential that the guides have when their work is under way. */
async function begin(page: Page) {
  const me = (await (await page.request.get('api/me')).json()) as { csrf_token: string }
  const { items } = (await (await page.request.get('api/credentials')).json()) as {
    items: { id: string; provider: string }[]
  }
  for (const provider of ['google', 'microsoft']) {
    const path = `api/guides/${provider}`
    const credential_id = items.find((one) => one.provider === provider)?.id
    const answers = { reach: 'own', approval: 'each', shared_mailboxes: true, mailboxes: 12 }
    for (let tries = 0; ; tries += 1) {
      const etag = (await page.request.get(path)).headers()['etag'] ?? ''
      const response = await page.request.patch(path, {
        data: { credential_id, answers },
        headers: { 'X-CSRF-Token': me.csrf_token, 'If-Match': etag },
      })
      // The screens tell the server where they are meanwhile.
      if (response.status() === 412 && tries < 5) continue
      expect(response.ok(), await response.text()).toBe(true)
      break
    }
  }
}

for (const [locale, width, colorScheme] of [
  ['ja-JP', 1440, 'light'],
  ['ja-JP', 390, 'dark'],
  ['en-GB', 390, 'light'],
  ['en-GB', 1440, 'dark'],
] as const) {
  test(`axe finds nothing serious: ${locale} ${width} ${colorScheme}`, async ({ browser }) => {
    const found: string[] = []
    for (const [who, { login, password }] of Object.entries(DEMO)) {
      const context = await open(browser, locale, width, colorScheme)
      const page = await context.newPage()
      await page.goto('sign-in')
      await expect(page.locator('form')).toBeVisible()
      found.push(...(await look(page, 'sign-in')))
      await signIn(page, login, password)
      for (const route of ROUTES.filter((one) => one.who === who)) {
        await show(page, route)
        found.push(...(await look(page, route.name)))
      }
      await context.close()
    }
    expect(found).toEqual([])
  })

  test(`nor in the guides: ${locale} ${width} ${colorScheme}`, async ({ browser }) => {
    const found: string[] = []
    const context = await open(browser, locale, width, colorScheme)
    const page = await context.newPage()
    await signIn(page, DEMO.admin.login, DEMO.admin.password)
    await begin(page)
    for (const route of GUIDES) {
      // The dark theme is the same on every plain card.
      if (route.plain && colorScheme === 'dark') continue
      await show(page, route)
      found.push(...(await look(page, route.name)))
    }
    await context.close()
    expect(found).toEqual([])
  })
}
