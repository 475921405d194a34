//! When connecting does not go well: each ending says its cause and its cure, in both
//! languages, leaves no account behind, and can be begun again from where it stands.
import { expect, test, type Page } from '@playwright/test'
import { trouble } from '../places'
import { agree, askFor, control, newMember, popup, submit, type Language } from './helpers'

const BOX = 'alice@example.com'
const said: Record<
  Language,
  {
    failed: string
    restart: string
    done: string
    waiting: RegExp
    refused: RegExp
    unticked: RegExp
    person: RegExp
    smtp: RegExp
    origin: RegExp
  }
> = {
  ja: {
    failed: '接続できませんでした',
    restart: '最初からやり直す',
    done: 'を接続しました',
    waiting: /許可してください/,
    refused: /キャンセル|拒否/,
    unticked: /チェック/,
    person: /bob@example\.com でログイン/,
    smtp: /認証済み SMTP/,
    origin: /別のアドレスで開いています/,
  },
  en: {
    failed: 'The mailbox could not be connected',
    restart: 'Start over',
    done: 'is connected',
    waiting: /Please agree/,
    refused: /cancel|refused/i,
    unticked: /tick/i,
    person: /signed in as bob@example\.com/i,
    smtp: /Authenticated SMTP/i,
    origin: /under another address/,
  },
}

async function accounts(page: Page): Promise<unknown[]> {
  return ((await (await page.request.get('api/accounts')).json()) as { items: unknown[] }).items
}

/** A failed connection: why and what to do beside the step, no account, a way to begin again. */
async function failsWith(page: Page, language: Language, cause: RegExp) {
  const words = said[language]
  await expect(page.getByRole('heading', { name: words.failed })).toBeVisible({ timeout: 20_000 })
  const step = page.locator('ol.steps > li.fail')
  await expect(step).toHaveCount(1)
  await expect(step).toContainText(cause)
  // Cause and cure: two sentences of our own at least.
  expect(await step.locator('p:not(.said)').count()).toBeGreaterThanOrEqual(2)
  expect(await accounts(page)).toEqual([])
  await page.getByRole('button', { name: words.restart }).click()
  await expect(page.locator('form input[type="email"]').first()).toBeVisible()
}

for (const language of ['ja', 'en'] as const)
  test.describe(language, () => {
    const words = said[language]
    let page: Page

    test.beforeEach(async ({ browser }) => {
      ;({ page } = await newMember(browser, language))
    })
    test.afterEach(async () => {
      await control(trouble()).post('/faults', { clear: true })
      await page.context().close()
    })

    test('without pop-ups the same window goes to the provider and comes back', async () => {
      await page.addInitScript(() => (window.open = () => null))
      await askFor(page, 'Google Mail', BOX)
      await submit(page)
      await expect(page.locator('main[data-page]')).toBeVisible()
      await agree(page, { account: BOX })
      await expect(page).toHaveURL(/\/gsession\/connect\/[^/]+$/)
      await expect(page.getByRole('heading', { name: words.done })).toBeVisible({ timeout: 20_000 })
      await expect(page.locator('header').getByText(BOX)).toBeVisible()
    })

    test('a refusal at the provider', async () => {
      await askFor(page, 'Google Mail', BOX)
      await agree(await popup(page), { account: BOX, then: 'refuse' })
      await failsWith(page, language, words.refused)
    })

    test('a box that was not ticked', async () => {
      await askFor(page, 'Google Mail', BOX)
      await agree(await popup(page), { account: BOX, then: 'bare' })
      await failsWith(page, language, words.unticked)
    })

    test('the wrong person', async () => {
      await askFor(page, 'Google Mail', BOX)
      await agree(await popup(page), { account: 'bob@example.com' })
      await failsWith(page, language, words.person)
    })

    test('SMTP switched off for the tenant: mail comes in, sending waits', async () => {
      // A consent of old would be remembered by the provider: somebody new each time.
      const address = `tanaka-${language}@contoso.example`
      await control(trouble()).post('/people', { provider: 'microsoft', address, name: '田中 実' })
      await control(trouble()).post('/fill', { address, count: 5 })
      await control(trouble()).post('/faults', { kind: 'smtp_auth_disabled_tenant', address })
      await askFor(page, 'Microsoft Exchange Online', address)
      await agree(await popup(page), { account: address })
      await expect(page.getByRole('heading', { name: words.done })).toBeVisible({ timeout: 20_000 })
      const smtp = page.locator('ol.steps > li').last()
      await expect(smtp).toContainText(words.smtp)
      await expect(smtp).toContainText('5.7.139')
      await page.locator('a.primary').filter({ hasText: /./ }).last().click()
      await expect(page.locator('article').first()).toBeVisible({ timeout: 20_000 })
    })

    test('a window of the provider that was closed can be opened again', async () => {
      await askFor(page, 'Google Mail', BOX)
      const first = await popup(page)
      await first.close()
      await expect(page.getByRole('heading', { name: words.waiting })).toBeVisible()
      const opened = page.context().waitForEvent('page')
      await page.locator('main a.button[target="_blank"]').click()
      await agree(await opened, { account: BOX })
      await expect(page.getByRole('heading', { name: words.done })).toBeVisible({ timeout: 20_000 })
    })

    test('agreeing again keeps the account', async () => {
      for (const path of ['connect', 'connect?account=']) {
        const [before] = (await accounts(page)) as { id: string }[]
        await page.goto(path + (before?.id ?? ''))
        await page.getByLabel('Google Mail').check()
        await agree(await popup(page), { account: BOX })
        await expect(page.getByRole('heading', { name: words.done })).toBeVisible({
          timeout: 20_000,
        })
        expect(await accounts(page)).toMatchObject([before ? { id: before.id } : {}])
      }
    })

    test('opened under another name, the right address is offered first', async ({ browser }) => {
      const alias = trouble().base.replace('localhost', '127.0.0.1')
      const { page: there } = await newMember(browser, language, alias)
      await there.goto('connect')
      await expect(there.getByText(words.origin)).toBeVisible()
      await expect(there.locator('form')).toHaveCount(0)
      const link = there.getByRole('alert').getByRole('link')
      await expect(link).toHaveAttribute('href', `${trouble().base}connect`)
      await link.click()
      await expect(there).toHaveURL(/^http:\/\/localhost:\d+\/gsession\//)
      await there.context().close()
    })
  })
