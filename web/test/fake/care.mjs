// What administrators look after, from memory: checks step by step, health, protocol log,
// app-only mailboxes, imports and prepared mailboxes.
import { accounts, advice, ago, ahead, credentials, others, users } from './data.mjs'

const step = (name, subject, outcome, ms, more = {}) => ({
  name,
  subject,
  outcome,
  ms,
  provider_said: null,
  advice: null,
  ...more,
})
const MB = 1_000_000
const today = new Date().toISOString().slice(0, 10)
const budget = (received, limit) => ({
  day: today,
  received_bytes: received * MB,
  sent_bytes: 12.4 * MB,
  commands: 1832,
  connections: 14,
  limit_received_bytes: limit === null ? null : limit * MB,
})
const [first, second] = accounts
Object.assign(first, { budget: budget(312, 2500) })
Object.assign(first.sync, { lag: 2 })
Object.assign(first.send, { last_sent_at: ago(1.5) })
Object.assign(second, { budget: budget(48, null) })
Object.assign(second.sync, { lag: 95 })
Object.assign(others[0], { budget: budget(2210, 2500) })
others[0].sync = { ...others[0].sync, lag: null, last_received_at: ago(31) }
others[0].send = { ...others[0].send, last_sent_at: ago(60) }
Object.assign(others[1], { budget: null })
others[1].send = { ...others[1].send, last_sent_at: null }

credentials[0].people_consented = 84
for (const one of credentials) Object.assign(one, { access: 'delegated', allowed_addresses: [] })
credentials.push({
  ...credentials[1],
  id: 'c3',
  name: '共有メールボックス',
  client_id: '0d9f6b2a-7f41-4c0e-9a77-2d4f3b6e8c55',
  note: null,
  tenant: 'contoso.example',
  access: 'app_only',
  allowed_addresses: [
    'info@contoso.example',
    'sales@contoso.example',
    'ichiro@example.jp',
    'no-rights@contoso.example',
  ],
  secret_ends_on: ahead(24 * 400).slice(0, 10),
  status: 'good',
  in_use_by: 1,
})

const smtpOff = {
  ...second.send.advice,
  card: '/admin/guide/microsoft/mail-apps',
  retry_after: 3600,
}
const SAID =
  '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. Visit https://aka.ms/smtp_auth_disabled for more information. [TYCPR01CA0012.jpnprd01.prod.outlook.com 2026-11-28T01:02:03.456Z 08DE2D0A1B2C3D4E]'

function accountSteps(account, mail) {
  const subject = account.mailbox_address ?? account.address
  const broken = account.send.status === 'blocked'
  const host = account.provider === 'google' ? 'gmail.com' : 'office365.com'
  return [
    step('token', account.address, 'ok', 182),
    step('scopes', null, 'ok', 1),
    step('address', subject, 'ok', 1),
    step('imap_connect', `imap.${host}:993`, 'ok', 121),
    step('imap_login', subject, 'ok', 640),
    step('imap_list', null, 'ok', 88),
    step('imap_select', 'INBOX', 'ok', 74),
    step('imap_idle', null, 'ok', 1204),
    step('smtp_connect', `smtp.${host}:587`, 'ok', 143),
    step('smtp_auth', account.address, broken ? 'fail' : 'ok', 512, {
      provider_said: broken ? SAID : null,
      advice: broken ? smtpOff : null,
    }),
    ...['mail_sent', 'mail_arrived', 'mail_in_sent']
      .filter(() => mail)
      .map((name, i) =>
        step(name, subject, broken ? 'skip' : 'ok', broken ? null : 900 + i * 1400),
      ),
  ]
}

function serverSteps(provider) {
  const hosts = {
    google: ['accounts.google.com:443', 'imap.gmail.com:993', 'smtp.gmail.com:465'],
    microsoft: [
      'login.microsoftonline.com:443',
      'outlook.office365.com:993',
      'smtp.office365.com:587',
    ],
  }
  const wanted = provider ? hosts[provider] : Object.values(hosts).flat()
  return [
    step('public_url', 'https://groupware.example.jp/gsession', 'ok', 1),
    step('dns', 'groupware.example.jp', 'ok', 23),
    step('own_certificate', 'groupware.example.jp', 'warn', 61, {
      advice: advice(
        'certificate-ends-soon',
        'サーバ証明書の有効期限まで 9 日です。',
        '証明書を更新してください。自動取得を使っている場合は、ポート 80 または 443 が外から届くかを確かめてください。',
      ),
    }),
    step('own_reach', 'https://groupware.example.jp/gsession', 'ok', 190),
    step('clock', null, 'ok', 44),
    ...wanted.map((host) =>
      host === 'smtp.office365.com:587'
        ? step('outgoing', host, 'fail', 10_000, {
            provider_said: 'connect: connection timed out after 10 s',
            advice: advice(
              'outgoing-blocked',
              'smtp.office365.com:587 に接続できません。',
              'ファイアウォールで、このサーバから TCP 587 への通信を許可してください。',
            ),
          })
        : step('outgoing', host, 'ok', 96),
    ),
  ]
}

const credentialSteps = (one) => [
  step('redirect_uri', one.redirect_path, 'ok', 1),
  step('discovery', null, 'ok', 143),
  ...(one.provider === 'microsoft' ? [step('tenant', one.tenant, 'ok', 120)] : []),
  step('authorize', null, 'ok', 201),
  step('client', null, 'ok', 166, {
    advice: advice(
      'probably',
      'おそらく正しい ID とシークレットです。',
      '利用者の認証で確定します。',
    ),
  }),
  ...(one.provider === 'microsoft'
    ? [
        step('admin_consent', one.tenant, 'warn', 98, {
          provider_said:
            'AADSTS65001: The user or administrator has not consented to use the application.',
          advice: advice(
            'admin-consent-missing',
            '組織の管理者の同意がまだ確認できません。',
            '次の管理者の同意リンクを、組織の管理者に送ってください。',
            '/admin/guide/microsoft/admin-consent',
            'provider_administrator',
          ),
        }),
      ]
    : []),
]

const logs = {}
const logOf = (id) => (logs[id] ??= { until: null, lines: 0, first_at: null, last_at: null })

let pending = [
  prepared('p1', 'hanako@example.jp', 'keiri@example.jp', 'microsoft', 'c2', users[0], '経理'),
  prepared('p2', 'alice@example.com', null, 'google', 'c1', users[1], 'Alice (Sales)'),
]
function prepared(id, address, mailbox_address, provider, credential_id, user, name) {
  return {
    id,
    account_id_there: `gs-${id}`,
    address,
    mailbox_address,
    name,
    note: null,
    provider,
    credential_id,
    user: { id: user.id, login: user.login, name: user.name },
    created_at: ago(20),
  }
}

export function care({ origin, BASE, Refusal, list }) {
  const every = () => [...accounts, ...others]
  function imported({ body, query }) {
    const rows = body
      .replace(/^\ufeff/, '')
      .trim()
      .split(/\r?\n/)
      .slice(1)
    const errors = rows.flatMap((row, i) =>
      row.includes('@')
        ? []
        : [{ line: i + 2, field: 'メールアドレス', message: 'メールアドレスがありません。' }],
    )
    if (errors.length) throw new Refusal(422, 'invalid', 'ファイルに誤りがあります。', { errors })
    const dry = !!query.get('dry_run')
    const addresses = rows.map((row) => /[^\s,]+@[^\s,]+/.exec(row)[0])
    if (!dry)
      for (const address of addresses)
        pending.push(
          prepared(`p${pending.length + 10}`, address, null, 'google', 'c1', users[1], null),
        )
    return {
      dry_run: dry,
      lines: rows.length,
      added: rows.length,
      changed: query.get('overwrite') ? 1 : 0,
      unchanged: 1,
      invited: addresses.length,
      warnings: [
        {
          line: 3,
          field: '基本認証',
          message: '基本認証のパスワードは取り込みません。OAuth で認証してください。',
        },
        { line: 1, field: '受信サーバ', message: 'この項目は使いません。' },
      ],
      errors: [],
      invitations: dry
        ? []
        : addresses.map((address, i) => ({
            login: address.split('@')[0],
            name: i ? '' : '田中 実',
            address,
            url: `${origin}${BASE}invitation#imported-${i}`,
            expires_at: ahead(72),
          })),
    }
  }
  return {
    'POST /api/credentials/:id/check': ({ id }) => ({
      stream: credentialSteps(credentials.find((one) => one.id === id)),
    }),
    'POST /api/accounts/:id/check': ({ id, body }) => ({
      stream: accountSteps(
        every().find((one) => one.id === id),
        body.mail,
      ),
    }),
    'POST /api/self-check': ({ body }) => ({ stream: serverSteps(body.provider) }),
    'GET /api/accounts/:id/protocol-log': ({ id }) => {
      const log = logOf(id)
      if (log.until) Object.assign(log, { lines: log.lines + 37, last_at: ago(0) })
      return log
    },
    'PUT /api/accounts/:id/protocol-log': ({ id, body }) =>
      Object.assign(logOf(id), { until: ahead(body.minutes / 60), first_at: ago(0) }),
    'DELETE /api/accounts/:id/protocol-log': ({ id }) => (delete logs[id], null),
    'GET /api/accounts/:id/protocol-log/download': () => ({
      file: '2026-11-28T01:02:03.456Z imap C: a1 SELECT "INBOX"\n',
      type: 'text/plain; charset=utf-8',
      name: 'protocol.log',
    }),
    'GET /api/health': () => ({
      now: ago(0),
      version: '0.1.0',
      accounts: { total: 12, good: 9, waiting: 1, stopped: 2 },
      attention: [others[0], second, others[1]],
      failures: [
        {
          provider: 'microsoft',
          credential_id: 'c2',
          credential_name: 'Microsoft Exchange Online',
          cause_id: 'smtp_auth_mailbox',
          count: 14,
          accounts: 2,
          last_at: ago(0.4),
          advice: smtpOff,
        },
        {
          provider: 'google',
          credential_id: null,
          credential_name: null,
          cause_id: 'grant_ended',
          count: 1,
          accounts: 1,
          last_at: ago(6),
          advice: others[0].grant.advice,
        },
      ],
      unknown: [
        {
          provider: 'microsoft',
          provider_said:
            '550 5.2.254 InvalidRecipientsException; Message rejected by tenant policy QX-17. [Hostname=TYCPR01MB1234.jpnprd01.prod.outlook.com]',
          search: '5.2.254 InvalidRecipientsException',
          count: 2,
          first_at: ago(20),
          last_at: ago(4),
        },
      ],
    }),
    'GET /api/support-bundle': () => ({
      file: '{"version":"0.1.0"}',
      type: 'application/json',
      name: 'tegata-support.json',
    }),
    'POST /api/accounts': ({ body }) => {
      if (body.mailbox_address.startsWith('no-rights'))
        throw new Refusal(422, 'refused', 'メールボックスを開けませんでした。', {
          advice: advice(
            'mailbox-permission',
            'このアプリに、このメールボックスのアクセス権がありません。',
            'Add-MailboxPermission で付けてください。',
            '/admin/guide/microsoft/mailbox-permissions',
          ),
        })
      const user = users.find(({ id }) => id === body.owner_id)
      const account = {
        ...second,
        id: `x${others.length + 1}`,
        address: body.mailbox_address,
        mailbox_address: body.mailbox_address,
        credential_id: body.credential_id,
        owner: { id: user.id, login: user.login, name: user.name },
      }
      others.push(account)
      return account
    },
    'POST /api/accounts/import': imported,
    'GET /api/accounts/import/sample': () => ({
      file: '\ufeffアカウントID,メールアドレス,使用者\r\n1,hanako@example.jp,sato\r\n',
      type: 'text/csv; charset=utf-8',
      name: 'sample.csv',
    }),
    'GET /api/pending-accounts': ({ query }) =>
      list(query.get('all') ? pending : pending.filter(({ user }) => user.id === 'u1')),
    'DELETE /api/pending-accounts/:id': ({ id }) => {
      pending = pending.filter((one) => one.id !== id)
      return null
    },
  }
}
