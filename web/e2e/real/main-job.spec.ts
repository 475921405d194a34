//! The main job, on the real program, in Japanese: an administrator registers the
//! credentials as the manual says (S-39 to S-48, S-58, S-59), a member connects,
//! reads an old Japanese mail, answers with a file, and the answer arrives.
import { expect, test, type BrowserContext, type Page } from '@playwright/test'
import { signIn } from '../people'
import { ADMIN, story } from '../places'
import { agree, control, GOOGLE, MICROSOFT, oldMail, PASSWORD, popup, row } from './helpers'

const NOTE =
  'GmailのOAuth認証時に使用する認証情報です。\n認証情報登録のGoogle アカウント: XXXXXX@gmail.com'
const SUBJECT = '①お見積りの件（㈱髙橋商店）'
const MEMBER = 'alice@example.com'
const SENDER = 'ichiro@contoso.example'

test.describe.configure({ mode: 'serial' })
const desk = { locale: 'ja-JP', viewport: { width: 1440, height: 900 } }
let office: Page
let member: Page
let contexts: BrowserContext[]
let invitation = ''

test.beforeAll(async ({ browser }) => {
  const open = () =>
    browser.newContext({
      ...desk,
      baseURL: story().base,
      permissions: ['clipboard-read', 'clipboard-write'],
    })
  contexts = [await open(), await open()]
  office = await contexts[0]!.newPage()
  member = await contexts[1]!.newPage()
  for (const number of [1, 2, 3])
    await control(story()).post('/deliver', {
      address: MEMBER,
      raw: `From: Bob <bob@example.com>\r\nTo: <${MEMBER}>\r\nSubject: Minutes ${number}\r\nMessage-ID: <minutes-${number}@example.com>\r\n\r\nSee you on Monday.\r\n`,
    })
})
test.afterAll(async () => {
  for (const context of contexts) await context.close()
})

const heading = (page: Page) => page.getByRole('heading', { level: 1 })

async function register(label: string, id: string, secret: string, note: string) {
  await office.getByRole('link', { name: '追加' }).click()
  await expect(heading(office)).toHaveText('OAuth認証情報登録')
  await expect(office.locator('form .field > label:visible')).toHaveText([
    'プロバイダ',
    'クライアントID',
    'シークレットキー',
    '備考',
  ])
  await expect(office.getByLabel('プロバイダ').locator('option')).toHaveText([
    'Google Mail',
    'Microsoft Exchange Online',
  ])
  await expect(office.locator('form > .row').last().getByRole('button')).toHaveText(['OK', '戻る'])
  await office.getByLabel('プロバイダ').selectOption({ label })
  await office.getByLabel('クライアントID', { exact: true }).fill(` ${id} `)
  await office.getByLabel('シークレットキー', { exact: true }).fill(secret)
  await office.getByLabel('備考').fill(note)
  await expect(office.getByRole('main')).toContainText(`${story().base}common/cmn270.do`)
  await office.getByRole('button', { name: 'OK', exact: true }).click()

  await expect(heading(office)).toHaveText('基本設定 [OAuth認証情報登録確認]')
  await expect(office.locator('dl.pairs dt')).toHaveText([
    'プロバイダ',
    'クライアントID',
    'シークレットキー',
    '備考',
  ])
  const values = office.locator('dl.pairs dd')
  await expect(values.nth(0)).toHaveText(label)
  await expect(values.nth(1)).toHaveText(id)
  await expect(values.nth(2)).toHaveText('*****')
  expect((await values.nth(3).innerText()).trim()).toBe(note)
  expect(await office.content()).not.toContain(secret)
  await expect(office.getByRole('main').getByRole('button')).toHaveText(['確定', '戻る'])
}

test('the administrator finds the way of the manual and registers both providers', async () => {
  await signIn(office, ADMIN.login, ADMIN.password)
  await office.locator('header').getByRole('button', { name: '設定', exact: true }).hover()
  await office.getByRole('link', { name: 'メイン 管理者設定' }).click()
  await expect(heading(office)).toHaveText('メイン 管理者設定')
  await expect(office.getByText('認証情報がまだ登録されていません')).toBeVisible()
  const menu = office.getByRole('main').getByRole('navigation', { name: '管理者設定メニュー' })
  await expect(menu.getByRole('heading').first()).toHaveText('基本設定')
  await menu.getByRole('link', { name: 'OAuth認証情報管理' }).click()
  await expect(heading(office)).toHaveText('OAuth認証情報管理')

  await register('Google Mail', GOOGLE.id, GOOGLE.secret, NOTE)
  await office.getByRole('button', { name: '戻る' }).click()
  await expect(office.getByLabel('備考')).toHaveValue(NOTE)
  await office.getByRole('button', { name: 'OK', exact: true }).click()
  await office.getByRole('button', { name: '確定' }).click()
  await expect(heading(office)).toHaveText('OAuth認証情報管理')
  await expect(office.getByText(GOOGLE.id)).toBeVisible()

  await register('Microsoft Exchange Online', MICROSOFT.id, MICROSOFT.secret, '')
  await office.getByRole('button', { name: '確定' }).click()
  await expect(heading(office)).toHaveText('OAuth認証情報管理')
  await expect(office.getByText(MICROSOFT.id)).toBeVisible()
})

test('what is wrong in a field is said beside it', async () => {
  await office.goto('admin/credentials/new')
  await office.getByLabel('プロバイダ').selectOption({ label: 'Microsoft Exchange Online' })
  await office.getByLabel('クライアントID', { exact: true }).fill(MICROSOFT.id)
  await office.getByLabel('シークレットキー', { exact: true }).fill(MICROSOFT.id)
  await office.getByRole('button', { name: 'OK', exact: true }).click()
  const secret = office.getByLabel('シークレットキー', { exact: true })
  await expect(secret).toHaveAttribute('aria-invalid', 'true')
  await expect(office.locator('form')).toContainText('「値」')
  await expect(heading(office)).toHaveText('OAuth認証情報登録')
})

test('試す proves both credentials without a user', async () => {
  await office.goto('admin/credentials')
  for (const id of [GOOGLE.id, MICROSOFT.id]) {
    const line = office.getByRole('row').filter({ hasText: id })
    await line.getByRole('button', { name: '試す' }).click()
    const steps = office.locator('ol.steps')
    await expect(steps.getByText('クライアントIDとシークレット', { exact: true })).toBeVisible()
    // Without a user nobody can be sure.
    await expect(steps.getByText('おそらく')).toBeVisible()
    await expect(steps.locator('li.fail')).toHaveCount(0)
    await line.getByRole('button', { name: '試す' }).click()
    await expect(steps).toHaveCount(0)
  }
})

test('a member is invited; the link is copied', async () => {
  await office.getByRole('link', { name: 'ユーザ管理' }).click()
  await office.getByRole('button', { name: '招待する' }).click()
  const form = office.getByRole('dialog')
  await form.getByLabel('ユーザID').fill('alice')
  await form.getByLabel('氏名').fill('有栖川 花')
  await form.getByLabel('メールアドレス').fill(MEMBER)
  await form.getByRole('button', { name: '招待リンクを作る' }).click()
  await form.getByRole('button', { name: '有栖川 花 をコピー' }).click()
  await expect(form.getByText('コピーしました')).toBeVisible()
  invitation = await office.evaluate(() => navigator.clipboard.readText())
  expect(invitation).toContain(`${story().base}invitation#`)
})

test('the member sets a password and is in', async () => {
  await member.goto(invitation)
  await expect(member.getByText('有栖川 花さん')).toBeVisible()
  await member.getByLabel('新しいパスワード').fill(PASSWORD)
  await member.getByLabel('もう一度入力').fill(PASSWORD)
  await member.getByRole('button', { name: 'パスワードを設定する' }).click()
  await expect(member.getByText('接続したメールボックスのメールがここに表示されます')).toBeVisible()
  expect(member.url()).not.toContain('#')
  // The link works once.
  const again = await contexts[1]!.newPage()
  await again.goto(invitation)
  await expect(again.getByRole('alert')).toBeVisible()
  await again.close()
})

test('the member connects through the pop-up and sees each step as it happens', async () => {
  const told: string[] = []
  member.on('response', (response) => {
    const path = new URL(response.url()).pathname
    if (/\/api\/connect\/[^/]+$/.test(path)) told.push(path)
  })
  // Slow enough for the eye.
  await control(story()).post('/faults', { kind: 'slow', protocol: 'imap', ms: 250 })
  await member.getByRole('link', { name: '接続する' }).click()
  await expect(member.getByText('このアプリは Google で確認されていません')).toBeVisible()
  await member.getByLabel('Google Mail').check()
  await expect(member.getByLabel('メールアドレス')).toHaveValue(MEMBER)
  const provider = await popup(member)
  await expect(member.getByText('プロバイダの画面で許可してください')).toBeVisible()
  // Cross-Origin-Opener-Policy cuts the tie: nothing can be read from the pop-up.
  expect(await provider.evaluate(() => window.opener)).toBeNull()
  await agree(provider, { account: MEMBER })
  const steps = member.locator('ol.steps > li')
  await expect(steps.filter({ hasText: '受信 (IMAP)' })).toContainText('確認中')
  await expect(steps.filter({ hasText: '許可の範囲' })).toContainText('問題なし')
  await control(story()).post('/faults', { clear: true })
  await expect(member.getByRole('heading', { name: `${MEMBER} を接続しました` })).toBeVisible({
    timeout: 30_000,
  })
  await expect(steps.locator('strong')).toHaveText([
    '同意',
    'トークンの取得',
    '本人の確認',
    '許可の範囲',
    '受信 (IMAP)',
    '送信 (SMTP)',
  ])
  for (const step of await steps.all()) await expect(step).toHaveClass(/ok/)
  expect(new Set(told).size).toBe(1)
  if (!provider.isClosed()) {
    await expect(provider.getByText('このウィンドウは閉じてかまいません')).toBeVisible()
    await provider.close()
  }
})

test('an ISO-2022-JP mail arrives by itself and is read as it was written', async () => {
  await member.getByRole('link', { name: 'メールを見る' }).click()
  await expect(member.locator('article').first()).toBeVisible()
  await expect(heading(member)).toHaveText('受信')
  const raw = await oldMail(member, {
    from: ['鈴木一郎', SENDER],
    to: MEMBER,
    subject: SUBJECT,
    body: 'お世話になっております。\n①見積書 ②納期 をお送りください。\n㈱髙橋商店 鈴木\n',
    id: 'story-1@contoso.example',
  })
  await control(story()).post('/deliver', { address: MEMBER, raw_base64: raw })
  await expect(row(member, SUBJECT)).toBeVisible({ timeout: 40_000 })
  await row(member, SUBJECT).getByRole('link').click()
  const reader = member.locator('.reader')
  await expect(reader.locator('h1')).toHaveText(SUBJECT)
  await expect(reader).toContainText('①見積書 ②納期 をお送りください。')
  await expect(reader).toContainText('㈱髙橋商店 鈴木')
  await expect(reader).toContainText('鈴木一郎')
})

test('the answer takes a file along; Enter within a conversion sends nothing', async () => {
  await member.getByRole('toolbar').getByRole('button', { name: '返信', exact: true }).click()
  const body = member.getByRole('textbox', { name: '本文' })
  await expect(body).toContainText('①見積書')
  await expect(member.locator('.chip').first()).toContainText('鈴木一郎')
  await member.locator('input[type="file"]').setInputFiles({
    name: '見積書①.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('金額 120,000 円\n'),
  })
  await body.click()
  await member.keyboard.press('Control+Home')
  const keys = await contexts[1]!.newCDPSession(member)
  await keys.send('Input.imeSetComposition', {
    text: 'みつもり',
    selectionStart: 4,
    selectionEnd: 4,
  })
  await keys.send('Input.dispatchKeyEvent', {
    type: 'keyDown',
    key: 'Enter',
    code: 'Enter',
    windowsVirtualKeyCode: 229,
    modifiers: 2,
  })
  await keys.send('Input.insertText', { text: '見積書をお送りします。' })
  await expect(body).toContainText('見積書をお送りします。')
  await expect(member).toHaveURL(/\/compose/)
  await expect(member.getByText('見積書①.txt')).toBeVisible()
  await member.keyboard.press('Control+Enter')
  await expect(member.getByText('送信を受け付けました')).toBeVisible()

  // At the provider of the other: arrived, with the file; at ours: once in 送信済み.
  const at = control(story())
  await expect
    .poll(async () => (await at.messages(SENDER, 'inbox')).filter(isAnswer).length)
    .toBe(1)
  await expect
    .poll(async () => (await at.messages(MEMBER, '[Gmail]/Sent Mail')).filter(isAnswer).length)
    .toBe(1)
  await member.getByRole('link', { name: '送信済み' }).first().click()
  const answers = member.locator('article').filter({ hasText: `Re: ${SUBJECT}` })
  await expect(answers).toHaveCount(1)
})

const isAnswer = (raw: string) => raw.includes('story-1@contoso.example')

test('the other mailbox is connected too, and shows the answer', async () => {
  await member.getByRole('link', { name: 'メールボックスを追加' }).click()
  await member.getByLabel('Microsoft Exchange Online').check()
  await member.getByLabel('メールアドレス').fill(SENDER)
  const provider = await popup(member)
  await agree(provider, { account: SENDER })
  await expect(member.getByRole('heading', { name: `${SENDER} を接続しました` })).toBeVisible({
    timeout: 20_000,
  })
  if (!provider.isClosed()) await provider.close()
  await member.getByRole('link', { name: 'メールを見る' }).click()
  await row(member, `Re: ${SUBJECT}`).getByRole('link').click()
  const reader = member.locator('.reader')
  // Written with formats: shown in the frame without scripts.
  await expect(reader.frameLocator('iframe').getByText('見積書をお送りします。')).toBeVisible()
  const file = member.waitForEvent('download')
  await reader.getByRole('link', { name: '見積書①.txt' }).click()
  const saved = await file
  expect(saved.suggestedFilename()).toBe('見積書①.txt')
})
