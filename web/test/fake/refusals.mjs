// What providers refuse: on pages of their own, and at the end of a mail.
import { advice } from './data.mjs'

const pages = {
  google: [
    {
      shown: 'Error 400: redirect_uri_mismatch',
      advice: advice(
        'redirect-uri-mismatch',
        'Google Mail に登録されたリダイレクト URI が一致しません。',
        '画面に表示された値を、そのまま登録してください。',
        '/admin/guide/google/client',
      ),
    },
    {
      shown: 'Error 403: org_internal',
      advice: advice(
        'org-internal',
        'このアプリは組織のアカウント専用です。',
        '組織のアカウントでログインしてください。',
        '/connect',
        'member',
      ),
    },
  ],
  microsoft: [
    {
      shown: 'AADSTS50011',
      advice: advice(
        'redirect-uri-mismatch',
        'Microsoft Exchange Online に登録されたリダイレクト URI が一致しません。',
        '画面に表示された値を、そのまま登録してください。',
        '/admin/guide/microsoft/platform',
      ),
    },
  ],
}

export const pageErrors = (list) => ({
  'GET /api/page-errors': ({ query }) => list(pages[query.get('provider')] ?? []),
  'POST /api/page-errors': ({ body: { provider, shown } }) => {
    const known = pages[provider].find((page) => shown.includes(page.shown.split(': ').at(-1)))
    const word = /AADSTS\d+|\w+_\w+/.exec(shown)?.[0] ?? shown
    const unknown = advice(
      'unknown-answer',
      `登録されていない応答 (${word}) がありました。原因は下に表示した原文から判断してください。`,
      `「${word}」で検索してください。`,
    )
    return { advice: { ...(known?.advice ?? unknown), provider_said: shown } }
  },
})

export const refusals = ({ submissions }) =>
  Object.values(submissions)
    .filter(({ deliveryStatus }) => deliveryStatus.x.delivered === 'no')
    .map(({ id, emailId }) => ({
      id,
      email_id: emailId,
      status: 'failed',
      send_at: new Date().toISOString(),
      attempts: 1,
      advice: advice(
        'recipient-unknown',
        '宛先のアドレスがありません。',
        'アドレスを確かめて、送り直してください。',
        null,
        'member',
      ),
    }))
