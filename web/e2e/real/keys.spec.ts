//! Every key of the help, on the real program's mail; none of them while one types.
import { expect, test, type Browser, type Page } from '@playwright/test'
import { signIn } from '../people'
import { DEMO, demo } from '../places'

const key = (page: Page, name: string) => page.keyboard.press(name)
const subject = (page: Page) => page.locator('.reader h1')

const at = () => ({ baseURL: demo().base, locale: 'ja-JP', viewport: { width: 1440, height: 900 } })

async function desk(browser: Browser) {
  const context = await browser.newContext(at())
  const page = await context.newPage()
  await signIn(page, DEMO.member.login, DEMO.member.password)
  await expect(page.locator('article').first()).toBeVisible()
  return { page, done: () => context.close() }
}

test('j k o u s / ? move, open, go back, star, search, help', async ({ browser }) => {
  const { page, done } = await desk(browser)
  const rows = page.locator('article:not(.reader)')
  await key(page, 'j')
  await expect(rows.nth(0)).toHaveClass(/cursor/)
  await key(page, 'j')
  await expect(rows.nth(1)).toHaveClass(/cursor/)
  await key(page, 'k')
  await expect(rows.nth(0)).toHaveClass(/cursor/)
  await key(page, 'j')
  await key(page, 'o')
  await expect(rows.nth(1)).toHaveClass(/open/)
  await expect(subject(page)).toBeVisible()
  const star = rows.nth(1).getByRole('button', { name: 'スター' })
  const before = await star.getAttribute('aria-pressed')
  await key(page, 's')
  await expect(star).not.toHaveAttribute('aria-pressed', before!)
  await key(page, 's')
  await expect(star).toHaveAttribute('aria-pressed', before!)
  await key(page, 'u')
  await expect(subject(page)).toHaveCount(0)
  await key(page, 'Enter')
  await expect(subject(page)).toBeVisible()
  await key(page, '?')
  const help = page.getByRole('dialog')
  await expect(help).toContainText('全員に返信')
  await key(page, 'Escape')
  await expect(help).toHaveCount(0)
  await key(page, '/')
  await expect(page.getByRole('searchbox')).toBeFocused()
  await page.keyboard.type('jkc')
  await expect(page.getByRole('searchbox')).toHaveValue('jkc')
  await done()
})

test('r a f answer, answer all and forward; c writes', async ({ browser }) => {
  const { page, done } = await desk(browser)
  const to = page.locator('.chips').first()
  for (const [name, starts] of [
    ['r', /^Re: /],
    ['a', /^Re: /],
    ['f', /^Fwd: /],
  ] as const) {
    await page.locator('article a').first().click()
    await expect(subject(page)).toBeVisible()
    await key(page, name)
    await expect(page).toHaveURL(/\/compose/)
    await expect(page.getByLabel('件名')).toHaveValue(starts)
    if (name === 'f') await expect(to.locator('.chip')).toHaveCount(0)
    else await expect(to.locator('.chip').first()).toBeVisible()
    await page.goto('mail')
    await expect(page.locator('article').first()).toBeVisible()
  }
  await key(page, 'c')
  await expect(page).toHaveURL(/\/compose/)
  await expect(page.getByLabel('件名')).toHaveValue('')
  await done()
})
