//! The set-up guides, walked once for each provider and language: questions, cards, values
//! back, checks, hand-over; left and resumed; two administrators at once.
import AxeBuilder from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { choice, count, heading, pick, said, walkCards, type Said } from '../guide'
import { signIn } from '../people'

const startOver = (page: Page, provider: string) =>
  page.evaluate(
    (path) => fetch(path, { method: 'DELETE', headers: { 'X-CSRF-Token': 'x' } }),
    `/api/guides/${provider}`,
  )
async function begin(page: Page, provider: string, s: Said) {
  await signIn(page)
  await startOver(page, provider)
  await page.goto(`admin/guide/${provider}`)
  await expect(page).toHaveURL(new RegExp(`/admin/guide/${provider}/before$`))
  await expect(heading(page)).toHaveText(s.headings[0])
  // While the steps of a check arrive, what stands below them moves.
  await expect(page.locator('.check [role="status"]')).toBeVisible()
  // A check that fails leaves the way open, under another name.
  await page.locator('.buttons a.button').first().click()
  await expect(heading(page)).toHaveText(s.headings[1])
  await expect(heading(page)).toBeFocused()
}
async function noFaults(page: Page) {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
  expect(violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html}`)).toEqual([])
}

for (const lang of ['ja', 'en'] as const) {
  const s = said[lang]
  test.describe(lang, () => {
    test.use({ locale: s.locale, viewport: { width: 1440, height: 900 } })

    test('Google: the manual’s case, from the questions to the hand-over', async ({ page }) => {
      await begin(page, 'google', s)
      await pick(page, s.outside)
      await pick(page, s.each)
      await pick(page, s.no)
      await count(page, s, '150')
      await expect(page.getByText(s.impossible)).toBeVisible()
      await expect(page.getByRole('link', { name: s.begin })).toHaveCount(0)
      await count(page, s, '40')
      await noFaults(page)
      await page.getByRole('link', { name: s.begin }).click()
      await walkCards(page, s, [
        'account',
        'project',
        'gmail-api',
        'consent-screen',
        'branding',
        'scopes',
        'client',
        'keep',
        'publish',
        'trust',
        'imap',
        'wait',
      ])
      // Left and resumed: the card tells who did it and when, and that it may be on its way.
      await page.goto('admin/guide/google/client')
      await expect(page.getByText(s.done)).toBeVisible()
      await expect(
        page.locator('article code', { hasText: '/common/cmn270.do' }).first(),
      ).toBeVisible()
      await expect(page.locator('article svg[role="img"]')).toHaveAttribute('aria-label', /cmn270/)
      await page.locator('summary', { hasText: s.manual }).click()
      await page.locator('article').getByRole('button', { name: 'English' }).click()
      await expect(page.locator('article ol')).toContainText('Create client')
      await page.locator('article').getByRole('button', { name: '日本語' }).click()
      await expect(page.locator('article ol')).toContainText('クライアントを作成')
      await page.goto('admin/guide/google/bring')

      await page.locator('input[type="file"]').setInputFiles({
        name: 'client_secret.json',
        mimeType: 'application/json',
        buffer: Buffer.from(
          JSON.stringify({
            web: {
              client_id: '123456789012-abcdefghijklmnopqrstuvwxyz012345.apps.googleusercontent.com',
              client_secret: 'GOCSPX-abcdefghijklmnopqrstuvwxyz01',
            },
          }),
        ),
      })
      const stored = page.waitForRequest((r) => r.method() === 'PATCH' && /guides/.test(r.url()))
      await page.getByRole('button', { name: s.register, exact: true }).click()
      expect((await stored).postData()).not.toContain('GOCSPX')
      await page.getByRole('link', { name: s.toVerify }).click()
      await page.getByRole('button', { name: s.check }).click()
      await expect(page.locator('ol.steps li').first()).toBeVisible()
      // The whole way with a mailbox of one's own, in the provider's pop-up and back.
      const popup = page.waitForEvent('popup')
      await page.getByRole('button', { name: s.connect, exact: true }).click()
      await popup
      await page.getByRole('button', { name: s.long }).click({ timeout: 30_000 })
      await expect(page.locator('ol.steps').last()).toContainText('IDLE')
      await expect(page.locator('.check').last().locator('[role="status"]')).toBeVisible()
      await page.getByRole('link', { name: s.toHand }).click()
      await expect(heading(page)).toHaveText(s.headings[4])
      await expect(page.locator('pre.prose')).toContainText('/connect')
      await expect(page.locator('table')).toContainText('alice@example.com')
      await noFaults(page)
      // Where it was left.
      await page.goto('admin/guide/google')
      await expect(page).toHaveURL(/\/hand-over$/)
      await page.getByRole('link', { name: s.finish }).click()
      await expect(page).toHaveURL(/\/admin$/)
    })

    test('Microsoft: one tenant, shared mailboxes', async ({ page }) => {
      await begin(page, 'microsoft', s)
      await pick(page, s.own)
      await pick(page, s.organisation)
      await pick(page, s.yes)
      await count(page, s, '12')
      await page.getByRole('link', { name: s.begin }).click()
      await walkCards(page, s, [
        'account',
        'app',
        'ids',
        'platform',
        'secret',
        'permissions',
        'admin-consent',
        'assignment',
        'mail-apps',
        'conditional-access',
        'shared-mailbox',
        'wait',
      ])
      const guid = '6f1f2c1e-3f0a-4a53-9b8c-0f5a3d2e7c11'
      await page.getByLabel(s.clientId, { exact: true }).fill(` ${guid} `)
      await page.getByLabel(s.secret, { exact: true }).fill(guid)
      await expect(page.getByText(s.secretId)).toBeVisible()
      await expect(page.getByRole('button', { name: s.register, exact: true })).toBeDisabled()
      await page.getByLabel(s.tenant, { exact: true }).fill('contoso.example')
      await page.getByLabel(s.ends).fill('2027-11-01')
      // What is no secret is still there after a reload; the secret is not.
      await page.reload()
      await expect(page.getByLabel(s.tenant, { exact: true })).toHaveValue('contoso.example')
      await expect(page.getByLabel(s.secret, { exact: true })).toHaveValue('')
      await page
        .getByLabel(s.secret, { exact: true })
        .fill('k3p8Q~abcdefghijklmnopqrstuvwxyz0123456')
      await page.getByRole('button', { name: s.register, exact: true }).click()
      await page.getByRole('link', { name: s.toVerify }).click()
      await page.getByRole('link', { name: s.toHand }).click()
      await expect(page.locator('pre', { hasText: 'Set-CASMailbox' })).toContainText(
        'ichiro@example.jp',
      )
    })

    test('Microsoft: app-only access has cards and commands of its own', async ({ page }) => {
      await begin(page, 'microsoft', s)
      await pick(page, s.own)
      await pick(page, s.appOnly)
      await pick(page, s.yes)
      await count(page, s, '3')
      await expect(page.getByRole('link', { name: s.begin })).toBeVisible()
      await page.goto('admin/guide/microsoft/mailbox-permissions')
      await page.getByLabel(s.objectId).fill('b7e1d0c4-52aa-4c1d-9f3e-8d60a1f4c2e9')
      await page.getByLabel(s.boxes).fill('info@contoso.example\nsales@contoso.example')
      await expect(page.locator('pre')).toContainText(
        "Add-MailboxPermission -Identity 'sales@contoso.example' -User 'b7e1d0c4-52aa-4c1d-9f3e-8d60a1f4c2e9' -AccessRights FullAccess",
      )
      await page.goto('admin/guide/microsoft/bring')
      await expect(page.getByLabel(s.allowed)).toBeVisible()
    })
  })
}

test.describe('two administrators', () => {
  test.use({ locale: 'ja-JP', viewport: { width: 1440, height: 900 } })

  test('see each other’s work, and nobody’s answer is lost', async ({ page, browser }) => {
    const s = said.ja
    await begin(page, 'google', s)
    const context = await browser.newContext({ locale: 'ja-JP' })
    const other = await context.newPage()
    await signIn(other)
    await other.goto(page.url())
    await pick(other, s.outside)
    await expect(choice(other, s.outside)).toBeChecked()
    // This window still has the former state: its change meets a 412.
    await pick(page, s.each)
    await expect(choice(page, s.outside)).toBeChecked()
    await expect(choice(page, s.each)).toBeChecked()
    await expect(page.getByRole('alert')).toHaveCount(0)
    // The other one is told when the window gets the focus.
    await other.evaluate(() => dispatchEvent(new Event('focus')))
    await expect(choice(other, s.each)).toBeChecked()
    await context.close()
  })
})

test.describe('on the phone', () => {
  test.use({ locale: 'ja-JP', viewport: { width: 390, height: 844 } })

  test('nothing is wider than the window, and the list of cards folds', async ({ page }) => {
    await signIn(page)
    await startOver(page, 'google')
    for (const at of ['before', 'choose', 'consent-screen', 'client', 'bring', 'hand-over']) {
      await page.goto(`admin/guide/google/${at}`)
      await expect(heading(page)).toBeVisible()
      expect(
        await page.locator('main').evaluate((main) => main.scrollWidth <= main.clientWidth),
      ).toBe(true)
      await noFaults(page)
    }
    await page.goto('admin/guide/google/client')
    await page.locator('details.fold summary').click()
    await page.locator('details.fold a').first().click()
    await expect(page).toHaveURL(/\/account$/)
  })
})
