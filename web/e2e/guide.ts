//! The words of the guides in both languages, and how one walks through them.
import { expect, type Page } from '@playwright/test'

export const said = {
  ja: {
    locale: 'ja-JP',
    answer: '質問に答える',
    own: '自社の組織だけ',
    outside: '組織の外も含む',
    organisation: '管理者が組織全体の分をまとめて承認する',
    each: '利用者がそれぞれ承認する',
    appOnly: '承認なしで、サーバが直接メールボックスを開く',
    yes: '使う',
    no: '使わない',
    count: /メールボックスはいくつありますか/,
    begin: 'コンソールの作業を始める',
    do: '完了にして次へ',
    next: '次のカードへ進む',
    manual: '2022 年のマニュアルをお持ちの方へ',
    clientId: 'クライアントID',
    secret: 'シークレットキー',
    tenant: 'テナント',
    ends: 'シークレットの有効期限',
    register: '登録する',
    toVerify: '確認に進む',
    check: '認証情報を確認する',
    connect: '接続する',
    long: '送受信を確認する',
    toHand: '利用者への案内に進む',
    finish: 'ガイドを終える',
    secretId: 'これはシークレットの「ID」です。隣の「値」をコピーしてください。',
    impossible: '審査を受けていない「外部」のアプリは、100 人までしか接続できません。',
    done: /sato が完了/,
    allowed: '接続を許可するメールボックス',
    objectId: 'エンタープライズ アプリのオブジェクト ID',
    boxes: 'メールボックスのアドレス',
    headings: ['始める前に', '使い方を選ぶ', '値を登録する', '確認する', '利用者に案内する'],
  },
  en: {
    locale: 'en-GB',
    answer: 'Answer the questions',
    own: 'Only those of our own organisation',
    outside: 'Also others',
    organisation: 'An administrator, once for everybody',
    each: 'Each person',
    appOnly: 'Nobody: the server opens the mailboxes itself',
    yes: 'Yes',
    no: 'No',
    count: /How many mailboxes are there/,
    begin: 'Begin in the console',
    do: 'Mark as done and go on',
    next: 'Go to the next card',
    manual: 'If you hold the manual of 2022',
    clientId: 'Client ID',
    secret: 'Client secret',
    tenant: 'Tenant',
    ends: 'Expiry date of the secret',
    register: 'Register',
    toVerify: 'Go on to verify',
    check: 'Check the credentials',
    connect: 'Connect',
    long: 'Check receiving and sending',
    toHand: 'Go on to hand over',
    finish: 'Finish the guide',
    secretId: 'This is the secret’s ID. Copy the value beside it.',
    impossible: 'An External app without review can serve 100 people at most.',
    done: /Done by sato/,
    allowed: 'Mailboxes it may open',
    objectId: 'Object ID of the enterprise app',
    boxes: 'Addresses of the mailboxes',
    headings: ['Before you start', 'Choose the kind', 'Bring it back', 'Verify', 'Hand over'],
  },
} as const
export type Said = (typeof said)['ja' | 'en']

export const heading = (page: Page) => page.locator('[data-heading]')
export const choice = (page: Page, name: string) =>
  page.getByRole('radio', { name: new RegExp(`^${name}(\\s|$)`) })
export const pick = (page: Page, name: string) => choice(page, name).check()
export async function count(page: Page, s: Said, n: string) {
  await page.getByLabel(s.count).fill(n)
  await page.getByLabel(s.count).press('Tab')
}
/** Every card in order: its heading, its parts, done, the next. */
export async function walkCards(page: Page, s: Said, ids: string[]) {
  for (const id of ids) {
    await expect(page).toHaveURL(new RegExp(`/${id}$`))
    await expect(heading(page)).toBeFocused()
    await expect(page.locator('article ol > li').first()).toBeVisible()
    await page.getByRole('button', { name: s.do }).click()
  }
  await expect(page).toHaveURL(/\/bring$/)
  await expect(heading(page)).toHaveText(s.headings[2])
}
