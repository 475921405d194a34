//! Reading, answering, searching, keys, connecting: against the fake server's mail.
import { expect, test, type Page } from '@playwright/test'
import { signIn } from '../people'

test.use({ locale: 'ja-JP', viewport: { width: 1440, height: 900 } })

const row = (page: Page, text: string) => page.locator('article').filter({ hasText: text }).first()

test.beforeEach(async ({ page }) => {
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  await signIn(page)
  await expect(page.locator('article').first()).toBeVisible()
  test.info().annotations.push({ type: 'errors', description: errors.join() })
})

test('opening marks read, the star stays, HTML is in a frame without scripts', async ({ page }) => {
  await row(page, '11月の定例会議').getByRole('link').click()
  await expect(page.locator('.reader').getByText('26日(木) 10:00～11:30')).toBeVisible()
  await expect(row(page, '11月の定例会議')).not.toHaveClass(/unread/)
  await page.getByRole('toolbar').getByRole('button', { name: 'スター' }).click()
  await expect(row(page, '11月の定例会議').getByRole('button')).toHaveAttribute(
    'aria-pressed',
    'true',
  )

  await row(page, 'Your parcel').getByRole('link').click()
  const frame = page.locator('iframe')
  await expect(frame).toHaveAttribute('sandbox', 'allow-popups allow-popups-to-escape-sandbox')
  await expect(page.frameLocator('iframe').getByText('お届けのお知らせ')).toBeVisible()
  await expect(page.frameLocator('iframe').locator('img[src^="data:"]')).toHaveCount(1)
  expect(await frame.getAttribute('srcdoc')).not.toContain('banner.png')
  await page.getByRole('button', { name: '画像を表示する' }).click()
  await expect(frame).toHaveAttribute('srcdoc', /banner\.png/)
})

test('keys move, open, go back and help', async ({ page }) => {
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('o')
  await expect(page).toHaveURL(/\/t2$/)
  await page.keyboard.press('u')
  await expect(page).toHaveURL(/\/m1$/)
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog')).toContainText('全員に返信')
  await page.keyboard.press('Escape')
  await page.keyboard.press('/')
  await expect(page.getByRole('searchbox')).toBeFocused()
})

test('search finds as one types, not within a conversion', async ({ page }) => {
  await page.getByRole('searchbox').click()
  const client = await page.context().newCDPSession(page)
  await client.send('Input.imeSetComposition', {
    text: 'せいきゅう',
    selectionStart: 5,
    selectionEnd: 5,
  })
  await page.waitForTimeout(400)
  await expect(page).not.toHaveURL(/search/)
  await client.send('Input.insertText', { text: '請求書' })
  await expect(page).toHaveURL(/search\?q=/)
  await expect(row(page, '請求書の送付先変更')).toBeVisible()
  await page.getByRole('searchbox').fill('見つからない語')
  await expect(page.getByText('一致するメールはありません')).toBeVisible()
})

test('an answer with a file is kept as a draft and sent by Ctrl+Enter only', async ({ page }) => {
  await row(page, 'Quarterly report: first draft').getByRole('link').click()
  await page.getByRole('button', { name: '返信', exact: true }).click()
  await expect(page.getByRole('textbox', { name: '本文' })).toContainText(
    'please find the first draft',
  )
  await expect(page.locator('.chip').first()).toContainText('Alice Martin')
  await page.locator('input[type="file"]').setInputFiles({
    name: '回答.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('hello'),
  })
  await page.getByRole('textbox', { name: '本文' }).click()
  await page.keyboard.press('Control+Home')
  await page.keyboard.type('確認しました。')
  await page.keyboard.press('Enter')
  await expect(page.getByText('に草稿を保存しました')).toBeVisible({ timeout: 10_000 })
  await expect(page).toHaveURL(/compose\/n\d+/)
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText('送信を受け付けました')).toBeVisible()
  await page.getByRole('link', { name: '送信済み' }).first().click()
  await expect(row(page, 'Re: Quarterly report: first draft')).toContainText('確認しました')
})

test('the Enter of a conversion makes no chip and sends nothing', async ({ page }) => {
  await page.goto('compose')
  const to = page.getByLabel('宛先')
  await to.click()
  const client = await page.context().newCDPSession(page)
  await client.send('Input.imeSetComposition', {
    text: 'さとう',
    selectionStart: 3,
    selectionEnd: 3,
  })
  await client.send('Input.insertText', { text: '佐藤' })
  await expect(page.locator('.chips .chip')).toHaveCount(0)
  await to.fill('bob@example.com')
  await page.keyboard.press('Enter')
  await expect(page.locator('.chips .chip')).toHaveText(/bob@example.com/)
})

test('writing another mail keeps the former one as a draft', async ({ page }) => {
  await page.goto('compose')
  await page.getByLabel('件名').fill('一通目')
  await expect(page.getByText('に草稿を保存しました')).toBeVisible({ timeout: 10_000 })
  await page.getByRole('link', { name: 'メールを書く' }).click()
  await expect(page.getByLabel('件名')).toHaveValue('')
  await page.getByRole('link', { name: '草稿' }).first().click()
  await row(page, '一通目').getByRole('link').click()
  await expect(page.getByLabel('件名')).toHaveValue('一通目')
})

test('a refused send is visible until someone has seen it', async ({ page }) => {
  await page.goto('compose')
  await page.getByLabel('宛先').fill('refused@example.com')
  await page.getByLabel('件名').fill('届かないメール')
  await page.getByRole('button', { name: '送信する' }).click()
  await expect(page.getByText('送信を受け付けました')).toBeVisible()
  await page.goto('mail')
  await expect(page.getByText('「届かないメール」を送信できませんでした')).toBeVisible({
    timeout: 10_000,
  })
  await expect(page.getByText('550 5.1.1 no such user')).toBeVisible()
  await expect(page.getByText('宛先のアドレスがありません。')).toBeVisible()
  await expect(page.getByText('アドレスを確かめて、送り直してください。')).toBeVisible()
  await page.getByRole('alert').getByRole('button', { name: '閉じる' }).click()
  await expect(page.getByText('550 5.1.1')).toBeHidden()
})

test('connecting shows each step as it happens', async ({ page, context }) => {
  await page.goto('connect')
  const popup = context.waitForEvent('page')
  await page.getByRole('button', { name: '接続する' }).click()
  await popup
  await expect(page.getByText('プロバイダの画面で許可してください')).toBeVisible()
  await expect(page.getByText('受信 (IMAP)')).toBeVisible({ timeout: 15_000 })
  await page.getByText('プロバイダの応答').click({ timeout: 15_000 })
  await expect(page.getByText('535 5.7.139')).toBeVisible()
  await expect(page.getByRole('link', { name: 'メールを見る' })).toBeVisible({ timeout: 15_000 })
})

test('an error page of the provider is chosen from the list, or told by its words', async ({
  page,
}) => {
  await page.goto('connect')
  const popup = page.waitForEvent('popup')
  await page.getByRole('button', { name: '接続する' }).click()
  await popup
  await page.getByText('Google Mail にエラーの画面が表示された場合').click()
  await page.getByText('Error 400: redirect_uri_mismatch').click()
  await expect(page.getByText('リダイレクト URI が一致しません')).toBeVisible()
  await expect(page.getByRole('link', { name: '手順を開く' })).toHaveAttribute(
    'href',
    /admin\/guide\/google\/client$/,
  )
  const words = page.getByLabel('画面に表示された文字')
  await words.fill('エラー 403: org_internal')
  await page.getByRole('button', { name: '原因を調べる' }).click()
  await expect(page.locator('[aria-live] > .notice')).toContainText('組織のアカウント専用です。')
  await words.fill('エラー 418: short_and_stout')
  await page.getByRole('button', { name: '原因を調べる' }).click()
  await expect(page.getByText('「short_and_stout」で検索してください。')).toBeVisible()
})

test('a credential in use is not deleted, and its mailboxes are named', async ({ page }) => {
  await page.goto('admin/credentials')
  await page.getByRole('button', { name: 'Google Mail を削除' }).first().click()
  await page.getByRole('dialog').getByRole('button', { name: '削除', exact: true }).click()
  await expect(page.getByRole('dialog')).toContainText('alice@example.com')
})

test('Google’s JSON file fills the form; a desktop client is refused', async ({ page }) => {
  await page.goto('admin/credentials/new')
  const file = (content: object) => ({
    name: 'client.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(content)),
  })
  const input = page.locator('input[type="file"]')
  await input.setInputFiles(file({ installed: { client_id: 'x' } }))
  await expect(page.getByText('デスクトップ アプリ')).toBeVisible()
  await input.setInputFiles(
    file({ web: { client_id: '1-a.apps.googleusercontent.com', client_secret: 'GOCSPX-x' } }),
  )
  await expect(page.getByLabel('クライアントID', { exact: true })).toHaveValue(
    '1-a.apps.googleusercontent.com',
  )
})

test('the settings menu and the drawer work on the phone', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 800 })
  await page.getByRole('button', { name: 'メニュー' }).click()
  await page.getByRole('link', { name: '送信済み' }).first().click()
  await expect(page).toHaveURL(/\/m3$/)
  await row(page, 'Re: Quarterly').getByRole('link').click()
  await expect(page.locator('.reader h1')).toBeVisible()
  await page.getByRole('link', { name: '一覧へ戻る' }).click()
  await expect(page.locator('.reader')).toHaveCount(0)
  await page.locator('.bar').getByRole('button', { name: '設定' }).click()
  await page.getByRole('link', { name: '個人設定' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('プロフィール')
})

test('moving from mail to settings and back keeps both whole', async ({ page }) => {
  await page.goto('settings/accounts')
  await page.getByRole('link', { name: 'hanako@example.jp' }).first().click()
  await page.getByRole('button', { name: 'いま確認する' }).click()
  await expect(page.getByText('問題は見つかりませんでした')).toBeVisible()
  await page.getByRole('link', { name: 'メールへ戻る' }).click()
  await expect(page.locator('article').first()).toBeVisible()
})
