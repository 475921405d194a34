// Sample mail and people for screens without a real server. All invented.
const HOUR = 3_600_000
const ago = (hours) => new Date(Date.now() - hours * HOUR).toISOString()
const ahead = (hours) => new Date(Date.now() + hours * HOUR).toISOString()

export const users = [
  user('u1', 'sato', '佐藤 花子', 'hanako@example.jp', 'administrator', 'active'),
  user('u2', 'alice', 'Alice Martin', 'alice@example.com', 'member', 'active'),
  user('u3', 'suzuki', '鈴木 一郎', 'ichiro@example.jp', 'member', 'disabled'),
  user('u4', 'bob', 'Bob Keller', 'bob@example.com', 'member', 'invited'),
]
function user(id, login, name, address, role, status) {
  return {
    id,
    login,
    name,
    address,
    role,
    status,
    language: null,
    created_at: ago(900),
    last_sign_in_at: status === 'invited' ? null : ago(3),
  }
}
export const providers = [
  { name: 'google', kind: 'google', label: 'Google Mail', wants_tenant: false },
  { name: 'microsoft', kind: 'microsoft', label: 'Microsoft Exchange Online', wants_tenant: true },
]
export const advice = (cause_id, cause, cure, card = null, who = 'administrator') => ({
  cause_id,
  cause,
  cure,
  who,
  retry_after: null,
  card,
})
export const credentials = [
  {
    id: 'c1',
    provider: 'google',
    name: 'Google Mail',
    client_id: '123456789012-abcdefghijklmnopqrstuvwxyz012345.apps.googleusercontent.com',
    secret_hint: 'Xy3k',
    secret_ends_on: null,
    note: 'GmailのOAuth認証時に使用する認証情報です。\n認証情報登録のGoogle アカウント: sato@example.jp',
    tenant: null,
    redirect_path: '/common/cmn270.do',
    status: 'good',
    advice: null,
    in_use_by: 2,
  },
  {
    id: 'c2',
    provider: 'microsoft',
    name: 'Microsoft Exchange Online',
    client_id: '6f1f2c1e-3f0a-4a53-9b8c-0f5a3d2e7c11',
    secret_hint: '~9Qa',
    secret_ends_on: ahead(24 * 20).slice(0, 10),
    note: null,
    tenant: 'organizations',
    redirect_path: '/common/cmn270.do',
    status: 'unproven',
    advice: null,
    in_use_by: 1,
  },
].map((one) => ({ ...one, created_at: ago(800), updated_at: ago(30) }))

const ok = { since: ago(200), until: null, advice: null }
export const accounts = [
  {
    id: 'a1',
    address: 'hanako@example.jp',
    mailbox_address: null,
    provider: 'google',
    credential_id: 'c1',
    grant: { status: 'good', ...ok },
    sync: { status: 'live', ...ok, last_received_at: ago(0.1) },
    send: { status: 'ready', ...ok },
    owner: { id: 'u1', login: 'sato', name: '佐藤 花子' },
  },
  {
    id: 'a2',
    address: 'hanako@example.jp',
    mailbox_address: 'soudan@example.jp',
    provider: 'microsoft',
    credential_id: 'c2',
    grant: { status: 'good', ...ok },
    sync: { status: 'live', ...ok, last_received_at: ago(2) },
    send: {
      status: 'blocked',
      since: ago(2),
      until: null,
      advice: advice(
        'smtp_auth_mailbox',
        'このメールボックスの送信が無効です。受信はできます。',
        'Microsoft 365 管理センター >「アクティブなユーザー」>「メール」>「メール アプリを管理する」>「認証済み SMTP」を有効にしてください。',
        '/admin/guide/microsoft',
        'provider_administrator',
      ),
    },
    owner: { id: 'u1', login: 'sato', name: '佐藤 花子' },
  },
]
export const others = [
  {
    ...accounts[0],
    id: 'a3',
    address: 'alice@example.com',
    owner: { id: 'u2', login: 'alice', name: 'Alice Martin' },
    grant: {
      status: 'needs_consent',
      since: ago(30),
      until: null,
      advice: advice(
        'grant_ended',
        'alice@example.com の許可が無効になりました。',
        '本人が再認証すれば、設定とメールはそのまま使えます。',
      ),
    },
  },
  {
    ...accounts[0],
    id: 'a4',
    address: 'ichiro@example.jp',
    owner: { id: 'u3', login: 'suzuki', name: '鈴木 一郎' },
    sync: { status: 'later', since: ago(1), until: ahead(1), advice: null, last_received_at: null },
  },
]

const box = (id, name, role, sortOrder, parentId = null) => ({
  id,
  name,
  role,
  sortOrder,
  parentId,
})
const boxes = [
  box('m1', 'INBOX', 'inbox', 1),
  box('m2', '下書き', 'drafts', 2),
  box('m3', '送信済みメール', 'sent', 3),
  box('m4', '取引先', null, 10),
  box('m5', '見積もり', null, 11, 'm4'),
  box('m6', 'ゴミ箱', 'trash', 20),
  box('m7', '迷惑メール', 'junk', 19),
]
const hanako = { name: '佐藤 花子', email: 'hanako@example.jp' }
const people = [
  { name: '鈴木 一郎', email: 'ichiro@example.jp' },
  { name: 'Alice Martin', email: 'alice@example.com' },
  { name: '高橋 美咲 (営業二課)', email: 'misaki@example.co.jp' },
  { name: null, email: 'no-reply@example.org' },
  { name: 'Bob Keller', email: 'bob@example.com' },
  { name: '髙﨑商事㈱ 経理部', email: 'keiri@example.ne.jp' },
]
const topics = [
  [
    '11月の定例会議の日程について',
    'お世話になっております。鈴木です。\n\n11月の定例会議ですが、以下の候補でいかがでしょうか。\n\n・26日(木) 10:00～11:30\n・27日(金) 14:00～15:30\n\nご都合をお知らせください。\n資料は https://example.jp/minutes?id=11 に置きました。\n\n鈴木',
  ],
  [
    'Quarterly report: first draft',
    'Hello Hanako,\n\nplease find the first draft of the report attached. Figures for October are final, November is an estimate.\n\nCould you check section 3 by Wednesday?\n\nBest regards\nAlice',
  ],
  [
    '【ご確認のお願い】お見積書 No.①㈱髙﨑商事 (再送)',
    '佐藤様\n\nいつもお世話になっております。\n先日ご依頼いただきましたお見積書をお送りいたします。\n\n> ご検討のほど、よろしくお願いいたします。\n> 佐藤\n\n高橋',
  ],
  ['Your parcel arrives tomorrow', null],
  ['Re: Lunch on Friday?', 'Friday works for me. Same place as last time, 12:15?\n\nBob'],
  [
    '請求書の送付先変更について',
    '経理部の髙﨑です。\n来月より請求書の送付先が変わります。詳しくは添付をご覧ください。',
  ],
]
const newsletter =
  '<style>.t{color:#333}</style><div style="max-width:600px;font-family:sans-serif"><h2>お届けのお知らせ</h2><p class="t">ご注文の商品は<b>明日</b>お届けの予定です。</p><p><img src="cid:logo" alt="logo" width="120" height="40"></p><table border="1" cellpadding="8" style="border-collapse:collapse"><tr><th>品名</th><th>数量</th></tr><tr><td>ノート A5</td><td>3</td></tr></table><p><a href="https://example.org/track?no=1">お荷物の状況を見る</a></p><img src="https://example.org/pixel.gif" width="1" height="1"><img src="https://example.org/banner.png"></div>'

export const mailState = { number: 1 }
export const store = {}
for (const { id } of accounts) store[id] = { boxes, emails: [], submissions: {} }
let count = 0
function add(accountId, mailboxId, person, topic, hours, extra = {}) {
  const n = ++count
  const [subject, text] = topics[topic]
  const html = text === null ? newsletter : null
  const hasFile = topic === 1 || topic === 5
  store[accountId].emails.push({
    id: `e${n}`,
    threadId: extra.threadId ?? `t${n}`,
    mailboxIds: { [mailboxId]: true },
    keywords: hours > 3 ? { $seen: true } : {},
    from: [people[person]],
    to: [hanako],
    cc: topic === 0 ? [people[2], people[4]] : null,
    bcc: null,
    replyTo: null,
    subject: extra.subject ?? subject,
    receivedAt: ago(hours),
    sentAt: ago(hours),
    preview: (text ?? 'お届けのお知らせ ご注文の商品は明日お届けの予定です。')
      .replace(/\s+/g, ' ')
      .slice(0, 160),
    hasAttachment: hasFile,
    size: 4000 + n,
    messageId: [`m${n}@example.jp`],
    references: null,
    inReplyTo: null,
    attachments: [
      ...(hasFile
        ? [
            {
              partId: '9',
              blobId: `b${n}`,
              size: 183_400,
              name: topic === 1 ? 'report-draft.pdf' : '送付先変更のご案内.pdf',
              type: 'application/pdf',
              cid: null,
              disposition: 'attachment',
            },
          ]
        : []),
      ...(html
        ? [
            {
              partId: '8',
              blobId: 'logo',
              size: 500,
              name: 'logo.png',
              type: 'image/png',
              cid: 'logo',
              disposition: 'inline',
            },
          ]
        : []),
    ],
    textBody: [
      {
        partId: html ? 'h' : '1',
        type: html ? 'text/html' : 'text/plain',
        blobId: null,
        size: 1,
        name: null,
        cid: null,
        disposition: null,
      },
    ],
    htmlBody: [
      {
        partId: html ? 'h' : '1',
        type: html ? 'text/html' : 'text/plain',
        blobId: null,
        size: 1,
        name: null,
        cid: null,
        disposition: null,
      },
    ],
    bodyValues: html ? { h: { value: html } } : { 1: { value: text } },
    ...extra,
  })
}
add('a1', 'm1', 0, 0, 0.2)
add('a1', 'm1', 1, 1, 1.5)
add('a1', 'm1', 2, 2, 2.6)
add('a1', 'm1', 3, 3, 5)
add('a1', 'm1', 4, 4, 9, { threadId: 'tlunch', subject: 'Lunch on Friday?' })
add('a1', 'm1', 4, 4, 8, { threadId: 'tlunch', keywords: { $seen: true, $flagged: true } })
add('a1', 'm1', 5, 5, 20)
add('a1', 'm3', 1, 1, 30, { from: [hanako], to: [people[1]], subject: 'Re: Quarterly report' })
add('a1', 'm2', 1, 0, 40, {
  from: [hanako],
  to: [people[0]],
  subject: 'Re: 11月の定例会議',
  keywords: { $draft: true, $seen: true },
})
for (let i = 0; i < 140; i += 1) add('a1', i % 9 ? 'm1' : 'm4', i % 6, i % 6, 26 + i * 5)
for (let i = 0; i < 12; i += 1) add('a2', 'm1', (i + 2) % 6, (i + 2) % 6, 2 + i * 9)

export const steps = (subject) => [
  { name: 'token', subject, outcome: 'ok', ms: 182, provider_said: null, advice: null },
  { name: 'identity', subject, outcome: 'ok', ms: 4, provider_said: null, advice: null },
  { name: 'scopes', subject, outcome: 'ok', ms: 1, provider_said: null, advice: null },
  { name: 'imap', subject, outcome: 'ok', ms: 640, provider_said: null, advice: null },
  {
    name: 'smtp',
    subject,
    outcome: 'fail',
    ms: 512,
    provider_said:
      '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.',
    advice: accounts[1].send.advice,
  },
]
export { ago, ahead }
