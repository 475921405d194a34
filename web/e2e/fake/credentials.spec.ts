//! S-39 to S-48, S-58: the manual's way, words and order, to the letter, in Japanese.
import { expect, test } from '@playwright/test'
import { signIn } from '../people'

test.use({ locale: 'ja-JP', viewport: { width: 1440, height: 900 } })

const ID = '987654321098-zyxwvutsrqponmlkjihgfedcba543210.apps.googleusercontent.com'
const NOTE =
  'GmailのOAuth認証時に使用する認証情報です。\n認証情報登録のGoogle アカウント: XXXXXX@gmail.com'

test('設定 opens on hover, click and key', async ({ page }) => {
  await signIn(page)
  const settings = page.locator('header').getByRole('button', { name: '設定', exact: true })
  const entry = page.getByRole('link', { name: 'メイン 管理者設定' })
  await settings.hover()
  await expect(entry).toBeVisible()
  await settings.click()
  await expect(entry).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(entry).toBeHidden()
  await page.mouse.move(900, 300)
  await settings.focus()
  await page.keyboard.press('Enter')
  await expect(entry).toBeVisible()
})

test('a credential is registered as the manual says', async ({ page }) => {
  await signIn(page)
  await page.locator('header').getByRole('button', { name: '設定', exact: true }).hover()
  await page.getByRole('link', { name: 'メイン 管理者設定' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('メイン 管理者設定')
  const menu = page.getByRole('navigation', { name: '管理者設定メニュー' })
  await expect(menu.getByRole('heading').first()).toHaveText('基本設定')
  await menu.getByRole('link', { name: 'OAuth認証情報管理' }).click()

  await expect(page.getByRole('heading', { level: 1 })).toHaveText('OAuth認証情報管理')
  await expect(page.getByRole('button', { name: '戻る' })).toBeVisible()
  await page.getByRole('link', { name: '追加' }).click()

  await expect(page.getByRole('heading', { level: 1 })).toHaveText('OAuth認証情報登録')
  const labels = page.locator('form .field > label:visible')
  await expect(labels).toHaveText(['プロバイダ', 'クライアントID', 'シークレットキー', '備考'])
  await expect(page.getByLabel('プロバイダ').locator('option')).toContainText([
    'Google Mail',
    'Microsoft Exchange Online',
  ])
  await expect(page.locator('form > .row').last().getByRole('button')).toHaveText(['OK', '戻る'])
  await page.getByLabel('プロバイダ').selectOption({ label: 'Google Mail' })
  await page.getByLabel('クライアントID', { exact: true }).fill(` ${ID} `)
  await page
    .getByLabel('シークレットキー', { exact: true })
    .fill('GOCSPX-abcdefghijklmnopqrstuvwxyz01')
  await page.getByLabel('備考').fill(NOTE)
  await page.getByRole('button', { name: 'OK', exact: true }).click()

  await expect(page.getByRole('heading', { level: 1 })).toHaveText(
    '基本設定 [OAuth認証情報登録確認]',
  )
  await expect(page.locator('dl.pairs dt')).toHaveText([
    'プロバイダ',
    'クライアントID',
    'シークレットキー',
    '備考',
  ])
  const rows = page.locator('dl.pairs dd')
  await expect(rows.nth(0)).toHaveText('Google Mail')
  await expect(rows.nth(1)).toHaveText(ID)
  await expect(rows.nth(2)).toHaveText('*****')
  expect(await rows.nth(3).innerText()).toBe(NOTE)
  await expect(page.getByRole('main').getByRole('button')).toHaveText(['確定', '戻る'])

  await page.getByRole('button', { name: '戻る' }).click()
  await expect(page.getByLabel('クライアントID', { exact: true })).toHaveValue(/googleusercontent/)
  await page.getByRole('button', { name: 'OK', exact: true }).click()
  await page.getByRole('button', { name: '確定' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('OAuth認証情報管理')
  await expect(page.getByText(ID)).toBeVisible()
})
