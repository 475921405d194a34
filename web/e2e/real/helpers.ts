//! What the stories share: the sandbox's control API and pages, people, mail of old.
import { expect, type APIRequestContext, type Browser, type Page } from '@playwright/test'
import { ADMIN, trouble, type Place } from '../places'

export const GOOGLE = {
  id: '1234567890-sandbox0sandbox0sandbox0sandbox00.apps.googleusercontent.com',
  secret: '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',
}
export const MICROSOFT = {
  id: '11112222-bbbb-4333-8ccc-4444dddd5555',
  secret: 'sbx8Q~SandboxSandboxSandboxSandboxSandbo',
}
export const PASSWORD = 'members have a long password'

/** The sandbox's control API. */
export const control = ({ control: at }: Place) => ({
  async post(path: string, body: unknown) {
    const response = await fetch(`${at}${path}`, { method: 'POST', body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  },
  async messages(address: string, folder: string): Promise<string[]> {
    const query = new URLSearchParams({ address, folder })
    const response = await fetch(`${at}/messages?${query}`)
    return ((await response.json()) as { items: { raw: string }[] }).items.map(({ raw }) => raw)
  },
})

type Choice = {
  account: string
  /** What is done on the last page; `bare` continues without having ticked the boxes. */
  then?: 'allow' | 'bare' | 'refuse'
}

/** Clicks through the provider's pages as a person does, each page told by its own heading. */
export async function agree(provider: Page, { account, then = 'allow' }: Choice) {
  const main = provider.locator('main')
  await expect(main).toHaveAttribute('data-page', 'choose-account')
  await provider.locator(`button[name="account"][value="${account}"]`).click()
  await expect(main).not.toHaveAttribute('data-page', 'choose-account')
  if ((await main.getAttribute('data-page')) === 'unverified-app') {
    await provider.locator('summary').click()
    await provider.locator('button[name="proceed"]').click()
  }
  await expect(main).toHaveAttribute('data-page', 'consent')
  // Google's boxes are empty at first; Microsoft has none.
  if (then === 'allow')
    for (const box of await provider.locator('input[name="scope"]').all()) await box.check()
  const decision = then === 'refuse' ? 'refuse' : 'allow'
  // The window may close itself while the click is still being answered.
  await provider
    .locator(`button[name="decision"][value="${decision}"]`)
    .click({ noWaitAfter: true })
    .catch((error: Error) => {
      if (!provider.isClosed()) throw error
    })
}

const locales = { ja: 'ja-JP', en: 'en-GB' } as const
export type Language = keyof typeof locales

async function post<T>(request: APIRequestContext, path: string, body: unknown, csrf: string) {
  const response = await request.post(path, { data: body, headers: { 'X-CSRF-Token': csrf } })
  expect(response.ok(), await response.text()).toBe(true)
  return (await response.json()) as T
}

let people = 0

/** A new member at the server of these stories, signed in, with both providers registered. */
export async function newMember(browser: Browser, language: Language, base = trouble().base) {
  const office = await browser.newContext({ baseURL: trouble().base })
  const { csrf_token: csrf } = await post<{ csrf_token: string }>(
    office.request,
    'api/sign-in',
    ADMIN,
    '',
  )
  const registered = (await (await office.request.get('api/credentials')).json()) as {
    items: { provider: string }[]
  }
  for (const [provider, { id, secret }] of Object.entries({ google: GOOGLE, microsoft: MICROSOFT }))
    if (!registered.items.some((one) => one.provider === provider))
      await post(
        office.request,
        'api/credentials',
        { provider, client_id: id, client_secret: secret },
        csrf,
      )
  people += 1
  const login = `member-${process.pid}-${people}`
  const { items } = await post<{ items: { url: string }[] }>(
    office.request,
    'api/invitations',
    { login, name: '鈴木 花', address: 'alice@example.com', role: 'member' },
    csrf,
  )
  await office.close()
  const context = await browser.newContext({
    baseURL: base,
    locale: locales[language],
    viewport: { width: 1440, height: 900 },
  })
  // The link signs in at the name it is opened under.
  const token = items[0]!.url.split('#')[1]
  await post(context.request, 'api/invitations/redeem', { token, password: PASSWORD }, '')
  return { page: await context.newPage(), context }
}

/** Fills the form of /connect; the provider is told by its label. */
export async function askFor(page: Page, provider: string, address: string) {
  await page.goto('connect')
  await page.getByLabel(provider).check()
  await page.locator('input[type="email"]').first().fill(address)
}

export const submit = (page: Page) => page.locator('form button.primary').click()

/** Opens the consent in its pop-up and waits for the provider's page. */
export async function popup(page: Page): Promise<Page> {
  const opened = page.context().waitForEvent('page')
  await submit(page)
  const provider = await opened
  await expect(provider.locator('main[data-page]')).toBeVisible()
  return provider
}

/** Text as ISO-2022-JP bytes, by the browser's own decoder turned round (it knows NEC's
 *  and IBM's additions, such as ①, ㈱ and 髙). */
export async function iso2022jp(page: Page, text: string): Promise<Buffer> {
  const bytes = await page.evaluate((wanted) => {
    const codes = new Map<string, [number, number]>()
    for (let row = 0x21; row < 0x7f; row += 1)
      for (let cell = 0x21; cell < 0x7f; cell += 1) {
        const bytes = Uint8Array.of(0x1b, 0x24, 0x42, row, cell, 0x1b, 0x28, 0x42)
        // A used decoder remembers the last escape: each sign gets its own.
        const sign = new TextDecoder('iso-2022-jp').decode(bytes)
        if ([...sign].length === 1 && !codes.has(sign)) codes.set(sign, [row, cell])
      }
    const out: number[] = []
    let wide = false
    for (const sign of wanted) {
      const ascii = sign.charCodeAt(0) < 0x80
      if (ascii === wide) {
        out.push(0x1b, ...(ascii ? [0x28, 0x42] : [0x24, 0x42]))
        wide = !ascii
      }
      const code = ascii ? [sign.charCodeAt(0)] : codes.get(sign)
      if (!code) throw new Error(`${sign} is not in ISO-2022-JP`)
      out.push(...code)
    }
    if (wide) out.push(0x1b, 0x28, 0x42)
    return out
  }, text)
  return Buffer.from(bytes)
}

/** A mail in ISO-2022-JP, header and body, as an old mailer writes it. */
export async function oldMail(
  page: Page,
  mail: { from: [string, string]; to: string; subject: string; body: string; id: string },
): Promise<string> {
  const word = async (text: string) =>
    `=?ISO-2022-JP?B?${(await iso2022jp(page, text)).toString('base64')}?=`
  const head = [
    `From: ${await word(mail.from[0])} <${mail.from[1]}>`,
    `To: <${mail.to}>`,
    `Subject: ${await word(mail.subject)}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${mail.id}>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=ISO-2022-JP',
    'Content-Transfer-Encoding: 7bit',
    '',
    '',
  ].join('\r\n')
  const body = await iso2022jp(page, mail.body.replaceAll('\n', '\r\n'))
  return Buffer.concat([Buffer.from(head), body]).toString('base64')
}

export const row = (page: Page, text: string) =>
  page.locator('article').filter({ hasText: text }).first()
