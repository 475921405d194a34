// Endings, notices, the secrets of a credential, reconnect links and the report of reach,
// from memory. All people and mailboxes are invented.
import { accounts, advice, ago, ahead, credentials, others, users } from './data.mjs'

const DAY = 24
const day = (days) => ahead(days * DAY).slice(0, 10)
const person = ({ id, name }) => ({ id, name })
const [sato, alice, suzuki] = users
const to = ({ id, name, address }) => ({ id, name, address })

function ending(kind, subject, days, reason, more) {
  return {
    kind,
    subject_id: subject,
    credential_id: 'c1',
    name: 'Google Mail',
    provider: 'google',
    ends_at: ahead(days * DAY + 1),
    ends_on: day(days),
    reason,
    certain: true,
    moves: false,
    days,
    who: 'member',
    person: null,
    mailboxes: [],
    advice: null,
    card: null,
    notices: [],
    ...more,
  }
}
const again = advice(
  'grant-ends',
  '許可の期限が近づいています。',
  '期限の前に再接続すると、受信と送信は止まりません。',
  '/connect',
  'member',
)
const endings = [
  ending('grant', 'g4', 4, 'testing-seven-days', {
    name: 'alice@example.com',
    person: person(alice),
    mailboxes: [{ account_id: 'a3', address: 'alice@example.com' }],
    who: 'administrator',
    advice: advice(
      'testing-seven-days',
      'アプリがテスト中です。',
      '公開ステータスを「本番環境」にすると、期限がなくなります。',
      '/admin/guide/google/publish',
    ),
    card: '/admin/guide/google/publish',
    notices: [
      { days: 7, status: 'sent', to: to(alice), at: ago(80) },
      { days: 3, status: 'waiting', to: to(alice), at: null },
    ],
  }),
  ending('secret', 'c2', 20, 'secret-date', {
    credential_id: 'c2',
    name: 'Microsoft Exchange Online',
    provider: 'microsoft',
    who: 'administrator',
    mailboxes: [
      { account_id: 'a2', address: 'soudan@example.jp' },
      { account_id: 'a4', address: 'ichiro@example.jp' },
    ],
    advice: advice(
      'secret-ends',
      'シークレットキーの有効期限が近づいています。',
      '新しいシークレットキーを作り、期限の前に入れ替えてください。',
      null,
    ),
    notices: [
      { days: 60, status: 'sent', to: to(sato), at: ago(40 * DAY) },
      { days: 30, status: 'sent', to: to(sato), at: ago(10 * DAY) },
      { days: 14, status: 'waiting', to: to(sato), at: null },
    ],
  }),
  ending('grant', 'g2', 25, 'sign-in-frequency', {
    certain: false,
    credential_id: 'c2',
    name: 'hanako@example.jp',
    provider: 'microsoft',
    person: person(sato),
    mailboxes: [{ account_id: 'a2', address: 'soudan@example.jp' }],
    advice: again,
    card: '/connect',
    notices: [{ days: 30, status: 'undeliverable', to: to(sato), at: ago(50) }],
  }),
  ending('secret', 'c3', 400, 'secret-date', {
    credential_id: 'c3',
    name: '共有メールボックス',
    provider: 'microsoft',
    who: 'administrator',
    mailboxes: [{ account_id: 'a5', address: 'info@contoso.example' }],
  }),
  ending('grant', 'g1', 178, 'unused-six-months', {
    moves: true,
    who: 'nobody',
    name: 'hanako@example.jp',
    person: person(sato),
    mailboxes: [{ account_id: 'a1', address: 'hanako@example.jp' }],
  }),
]

const system = { id: null }
const canSend = ({ send }) => send.status !== 'blocked'
const nameOf = (one) => one.mailbox_address ?? one.address
function systemMailbox() {
  const one = accounts.find(({ id }) => id === system.id)
  return {
    account_id: one?.id ?? null,
    address: one ? nameOf(one) : null,
    send: one?.send ?? null,
    works: !!one && canSend(one),
    candidates: accounts.map((each) => ({
      account_id: each.id,
      address: nameOf(each),
      works: canSend(each),
    })),
  }
}

const notice = (id, kind, who, status, hours, title, more = {}) => ({
  id,
  kind,
  subject_id: 'x',
  to: who && to(who),
  status,
  cause_id: null,
  created_at: ago(hours),
  sent_at: status === 'sent' ? ago(hours) : null,
  advice: null,
  title,
  text: `${title}\n\n次のリンクから再接続できます。\nログインは要りません。`,
  link: null,
  ...more,
})
const notices = [
  notice('n3', 'grant-died', alice, 'sent', 29, 'alice@example.com は再認証が必要です'),
  notice('n2', 'grant-died', suzuki, 'undeliverable', 29, 'ichiro@example.jp は再認証が必要です', {
    undeliverable: advice(
      'recipient-unknown',
      '宛先のアドレスがありません。',
      'アドレスを確かめてください。',
    ),
  }),
  notice('n1', 'secret-ends', sato, 'waiting', 0.2, 'シークレットキーの有効期限まで 20 日です', {
    to: { ...to(sato), address: 'hanako@example.jp' },
  }),
]

const died = [
  {
    grant_id: 'g3',
    person: { ...to(alice), login: 'alice' },
    mailboxes: [{ account_id: 'a3', address: 'alice@example.com' }],
    since: ago(30),
    advice: others[0].grant.advice,
    notice: { status: 'sent', at: ago(29), to: to(alice) },
    link: { created_at: ago(29), expires_at: ahead(13 * DAY), used_at: null },
  },
  {
    grant_id: 'g5',
    person: { ...to(suzuki), login: 'suzuki' },
    mailboxes: [
      { account_id: 'a4', address: 'ichiro@example.jp' },
      { account_id: 'a6', address: 'eigyo2-toiawase@example.co.jp' },
    ],
    since: ago(21 * DAY),
    advice: advice(
      'password-changed',
      'パスワードが変更されたため、Google が許可を取り消しました。',
      '本人が再接続すると、止まったところから再開します。',
      '/connect',
      'member',
    ),
    notice: null,
    link: null,
  },
]

const pause = (since, hours, side, status, cause, sentence) => ({
  since: ago(since),
  until: hours === null ? null : ago(since - hours),
  seconds: (hours ?? since) * 3600,
  side,
  status,
  cause_id: cause,
  advice: advice(cause, sentence, '', null, 'member'),
})
function reach(days) {
  const from = ago(days * DAY)
  const row = (id, address, who, since, pauses) => {
    const kept = pauses.filter((one) => !one.until || one.until > from)
    const out = kept.reduce((sum, { seconds }) => sum + seconds, 0)
    return {
      account_id: id,
      mailbox_address: address,
      person: person(who),
      unbroken: !kept.length,
      receiving: 1 - out / (days * DAY * 3600),
      seconds_out: out,
      since: ago(since * DAY),
      pauses: kept,
    }
  }
  const items = [
    row('a1', 'hanako@example.jp', sato, 400, []),
    row('a2', 'soudan@example.jp', sato, 40, []),
    row('a3', 'alice@example.com', alice, 300, [
      pause(70 * DAY, 3, 'sync', 'later', 'google-busy', 'Google が混雑のため応答を遅らせました。'),
      pause(30, null, 'grant', 'needs_consent', 'grant_ended', '許可が無効になりました。'),
    ]),
    row('a4', 'ichiro@example.jp', suzuki, 200, [
      pause(
        21 * DAY,
        4 * DAY,
        'grant',
        'needs_consent',
        'password-changed',
        'パスワードが変更されたため、Google が許可を取り消しました。',
      ),
    ]),
  ]
  const unbroken = items.filter((one) => one.unbroken).length
  return {
    from,
    until: ago(0),
    days,
    accounts: { total: items.length, unbroken, paused: items.length - unbroken },
    items,
    next: null,
  }
}

for (const one of credentials)
  Object.assign(one, {
    next_secret_hint: null,
    next_secret_ends_on: null,
    next_secret_status: null,
    next_secret_advice: null,
    previous_secret_hint: null,
    secret_switched: null,
  })
const step = (name, subject, outcome, more = {}) => ({
  name,
  subject,
  outcome,
  ms: 180,
  provider_said: null,
  advice: null,
  ...more,
})
const wrong = advice(
  'client-secret-wrong',
  '次のシークレットキーをプロバイダが受け入れませんでした。',
  '「値」をコピーしたか、「シークレット ID」ではないかを確かめてください。',
)

/** What the token of a link means; any other token is unknown. */
const links = { open: 'open', used: 'used', expired: 'expired', fine: 'not_needed', wrong: 'open' }
const follows = {}

export function endingsOf({ origin, BASE, Refusal, list, full }) {
  const find = (id) => credentials.find((one) => one.id === id)
  const link = ({ token }) => {
    if (!links[token]) throw new Refusal(404, 'not-found', '見つかりません。')
    return token
  }
  return {
    'GET /api/endings': ({ query }) => ({
      ...list(endings.filter(({ moves }) => query.get('all') || !moves)),
      system_mailbox: null,
    }),
    'GET /api/system-mailbox': systemMailbox,
    'PUT /api/system-mailbox': ({ body }) => ((system.id = body.account_id), systemMailbox()),
    'GET /api/notices': () => list(notices),
    'GET /api/reconnects': () => list(died),
    'POST /api/reconnect-links': ({ body }) => ({
      items: body.account_ids.map((id) => {
        const one = died.find(({ mailboxes }) => mailboxes.some((box) => box.account_id === id))
        one.link = { created_at: ago(0), expires_at: ahead(14 * DAY), used_at: null }
        return {
          account_id: id,
          mailbox_address: one.mailboxes[0].address,
          to: one.person.address,
          status: body.send ? (system.id ? 'queued' : 'no_system_mailbox') : 'not_asked',
          url: body.send && system.id ? null : `${origin}${BASE}reconnect#open`,
        }
      }),
    }),
    'GET /api/reach': ({ query }) => reach(Number(query.get('days') ?? 90)),
    'GET /api/reach.csv': () => ({
      file: '\ufeffメールボックス,途切れなし\r\nhanako@example.jp,1\r\n',
      type: 'text/csv; charset=utf-8',
      name: 'reach.csv',
    }),
    'POST /api/credentials/:id/next-secret/check': ({ id, body }) => {
      const one = find(id)
      const good = one.next_secret_hint !== 'bad0'
      one.next_secret_status = good ? 'good' : 'broken'
      one.next_secret_advice = good ? null : wrong
      const box = [...accounts, ...others].find((each) => each.id === body.account_id)
      return {
        stream: [
          step('next-secret', null, good ? 'ok' : 'fail', good ? {} : { advice: wrong }),
          step(
            'next-secret-grant',
            nameOf(box ?? { address: 'soudan@example.jp' }),
            good ? 'ok' : 'skip',
          ),
        ],
      }
    },
    'POST /api/credentials/:id/next-secret/switch': ({ id, body }) => {
      const one = find(id)
      if (one.next_secret_status !== 'good' && !body.anyway)
        throw new Refusal(409, 'next-secret-unproven', '次のシークレットキーをまだ試していません。')
      return full(
        Object.assign(one, {
          previous_secret_hint: one.secret_hint,
          secret_hint: one.next_secret_hint,
          secret_ends_on: one.next_secret_ends_on,
          next_secret_hint: null,
          next_secret_ends_on: null,
          next_secret_status: null,
          secret_switched: { at: ago(0), by: 'person', advice: null },
        }),
      )
    },
    'DELETE /api/credentials/:id/previous-secret': ({ id }) => (
      (find(id).previous_secret_hint = null),
      null
    ),
    'POST /api/reconnect/look-up': ({ body }) => ({
      mailbox_addresses: ['alice@example.com'],
      address: 'alice@example.com',
      provider: 'google',
      person: 'Alice Martin',
      state: links[link(body)],
      expires_at: body.token === 'expired' ? ago(50) : ahead(13 * DAY),
      advice: advice(
        'grant_ended',
        'パスワードが変更されたため、Google が許可を取り消しました。',
        'もう一度許可すると、止まったところから再開します。',
        null,
        'member',
      ),
    }),
    'POST /api/reconnect/begin': ({ body }) => {
      const id = `r-${link(body)}-${Object.keys(follows).length}`
      follows[id] = { token: body.token, at: Date.now() }
      return { connect_id: id, authorization_url: `${origin}${BASE}reconnect?connect=${id}` }
    },
    'POST /api/reconnect/follow': ({ body }) => {
      const one = follows[body.connect_id]
      if (!one || one.token !== body.token) throw new Refusal(404, 'not-found', '見つかりません。')
      const subject = 'alice@example.com'
      const n = Math.floor((Date.now() - one.at) / 600)
      if (one.token === 'wrong')
        return {
          state: 'failed',
          steps: [
            step('consent', subject, 'ok'),
            step('identity', subject, 'fail', {
              advice: advice(
                'wrong-person',
                'bob@example.com でログインしました。',
                'alice@example.com でログインして、もう一度許可してください。',
                null,
                'member',
              ),
            }),
          ],
          account_id: null,
        }
      const all = ['consent', 'token', 'identity', 'scopes', 'imap_login', 'smtp_auth']
      const steps = all
        .slice(0, n + 1)
        .map((name, i) => step(name, subject, i < n ? 'ok' : 'running'))
      if (n < all.length) return { state: 'checking', steps, account_id: null }
      links[one.token] = 'used'
      return { state: 'done', steps, account_id: 'a3' }
    },
    // A story that has used the link makes it fresh again.
    'POST /api/reconnect/afresh': () => ((links.open = 'open'), null),
  }
}

/** What a change of the credential does to its next secret. */
export function patchSecret(one, body) {
  if (!('next_secret' in body)) return
  const given = body.next_secret
  delete body.next_secret
  Object.assign(one, {
    next_secret_hint: given ? given.slice(-4) : null,
    next_secret_status: given ? 'unproven' : null,
    next_secret_advice: null,
    next_secret_ends_on: given ? (body.next_secret_ends_on ?? null) : null,
  })
}
