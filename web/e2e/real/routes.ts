//! Every screen of the demo, and how one knows that it is there.
import { readFileSync } from 'node:fs'
import { expect, type Page } from '@playwright/test'

const cards = JSON.parse(
  readFileSync(new URL('../../src/guide/cards.json', import.meta.url), 'utf8'),
) as Record<string, string[]>

export type Route = {
  name: string
  who: 'admin' | 'member'
  path: string
  /** What shows that the page has its content. */
  ready: string
  then?: (page: Page) => Promise<void>
  /** A card of text and a drawing only: as it looks, another one looks. */
  plain?: boolean
}

/** Opens the first mail of the list that fits. */
const opened = (fits: string) => async (page: Page) => {
  await page.locator(`article${fits}`).first().locator('a').click()
  await expect(page.locator('.reader h1')).toBeVisible()
  await expect(page.locator('.reader .loading')).toHaveCount(0)
}

export const ROUTES: Route[] = [
  { name: 'mail', who: 'member', path: 'mail', ready: 'article' },
  {
    name: 'mail-open',
    who: 'member',
    path: 'mail',
    ready: 'article',
    then: opened(":has-text('①お打ち合わせ日程')"),
  },
  {
    name: 'thread',
    who: 'member',
    path: 'mail',
    ready: 'article',
    then: opened(':has(.line .chip)'),
  },
  {
    name: 'search',
    who: 'member',
    path: `mail/search?q=${encodeURIComponent('請求')}`,
    ready: 'article',
  },
  { name: 'search-nothing', who: 'member', path: 'mail/search?q=zzzz', ready: '.empty' },
  { name: 'compose', who: 'member', path: 'compose', ready: '.chips input' },
  {
    name: 'reply',
    who: 'member',
    path: 'mail',
    ready: 'article',
    then: async (page) => {
      await opened(":has-text('①お打ち合わせ日程')")(page)
      await page.keyboard.press('r')
      await expect(page.locator('[contenteditable="true"]')).toBeVisible()
    },
  },
  {
    name: 'keys',
    who: 'member',
    path: 'mail',
    ready: 'article',
    then: async (page) => {
      await page.keyboard.press('?')
      await expect(page.locator('dialog[open]')).toBeVisible()
    },
  },
  { name: 'profile', who: 'member', path: 'settings/profile', ready: 'table' },
  { name: 'accounts', who: 'member', path: 'settings/accounts', ready: 'main li h2 a' },
  {
    name: 'account',
    who: 'member',
    path: 'settings/accounts',
    ready: 'main li h2 a',
    then: async (page) => {
      await page.locator('main li h2 a').first().click()
      await expect(page.locator('table').first()).toBeVisible()
    },
  },
  { name: 'tokens', who: 'member', path: 'settings/tokens', ready: 'form' },
  { name: 'connect', who: 'member', path: 'connect', ready: 'form' },
  { name: 'no-mailbox', who: 'admin', path: 'mail', ready: '.empty' },
  {
    name: 'menu',
    who: 'admin',
    path: 'mail',
    ready: '.empty',
    then: async (page) => {
      await page.locator('.opener:visible').click()
      await expect(page.locator('.menu .list:visible')).toBeVisible()
    },
  },
  { name: 'admin', who: 'admin', path: 'admin', ready: 'main section.sheet' },
  { name: 'credentials', who: 'admin', path: 'admin/credentials', ready: 'table' },
  {
    name: 'credential-check',
    who: 'admin',
    path: 'admin/credentials',
    ready: 'table',
    then: async (page) => {
      await page.locator('td.acts button').first().click()
      await expect(page.locator('.check .grow[role="status"]')).toBeVisible()
    },
  },
  { name: 'credential-new', who: 'admin', path: 'admin/credentials/new', ready: 'form' },
  {
    name: 'credential-confirm',
    who: 'admin',
    path: 'admin/credentials/new',
    ready: 'form',
    then: async (page) => {
      await page
        .locator('form input.mono')
        .first()
        .fill('987654321098-a1b2c3.apps.googleusercontent.com')
      await page.locator('form input[type="password"]').fill('GOCSPX-not-a-real-secret-at-all-00')
      await page
        .locator('form textarea')
        .fill(
          'GmailのOAuth認証時に使用する認証情報です。\n認証情報登録のGoogle アカウント: XXXXXX@gmail.com',
        )
      await page.locator('form button.primary').click()
      await expect(page.locator('dl.pairs')).toBeVisible()
    },
  },
  {
    name: 'credential-edit',
    who: 'admin',
    path: 'admin/credentials',
    ready: 'table',
    then: async (page) => {
      await page.locator('td.acts a').last().click()
      await expect(page.locator('form')).toBeVisible()
    },
  },
  { name: 'self-check', who: 'admin', path: 'admin/self-check', ready: 'main details' },
  { name: 'health', who: 'admin', path: 'admin/health', ready: '.tiles' },
  { name: 'import', who: 'admin', path: 'admin/accounts/import', ready: '.drop' },
  { name: 'admin-accounts', who: 'admin', path: 'admin/accounts', ready: 'table' },
  { name: 'endings', who: 'admin', path: 'admin/endings', ready: 'main section' },
  { name: 'notices', who: 'admin', path: 'admin/notices', ready: 'main section' },
  { name: 'reconnects', who: 'admin', path: 'admin/reconnects', ready: 'main section' },
  { name: 'reach', who: 'admin', path: 'admin/reach', ready: 'main section' },
  { name: 'users', who: 'admin', path: 'admin/users', ready: 'table' },
  {
    name: 'invite',
    who: 'admin',
    path: 'admin/users',
    ready: 'table',
    then: async (page) => {
      await page.locator('main button.primary').first().click()
      await expect(page.locator('dialog[open] form')).toBeVisible()
    },
  },
  { name: 'audit', who: 'admin', path: 'admin/audit', ready: 'table' },
]

/** Cards with parts of their own: commands, links, counts, many values. */
const RICH = [
  ...['client', 'publish', 'permissions', 'admin-consent', 'mail-apps', 'shared-mailbox'],
  ...['service-principal', 'mailbox-permissions'],
]

/** The screens of both guides: every step, and every card. */
export const GUIDES: Route[] = (['google', 'microsoft'] as const).flatMap((provider) => {
  const ids = Object.entries(cards).flatMap(([kind, ids]) => (kind.startsWith(provider) ? ids : []))
  const screen = (at: string, ready: string): Route => ({
    name: `guide-${provider}-${at}`,
    who: 'admin',
    path: `admin/guide/${provider}/${at}`,
    ready,
  })
  return [
    screen('before', '.check .grow[role="status"]'),
    screen('choose', 'fieldset'),
    ...[...new Set(ids)].map((id) => ({
      ...screen(id, 'article [data-heading]'),
      plain: !RICH.includes(id),
    })),
    screen('bring', '[data-heading]'),
    screen('verify', '[data-heading]'),
    screen('hand-over', 'ul.counts'),
  ]
})

/** Goes to a screen and waits until it has its content. */
export async function show(page: Page, { path, ready, then }: Route) {
  await page.goto(path)
  await expect(page.locator(ready).first()).toBeVisible()
  await then?.(page)
  await expect(page.locator('.loading:visible')).toHaveCount(0)
}
