// The set-up guides in memory: answers, cards and the ETag that two administrators race for.
import { accounts, advice, ago, ahead, others, users } from './data.mjs'
import { readFileSync } from 'node:fs'

const order = JSON.parse(readFileSync(new URL('../../src/guide/cards.json', import.meta.url)))
const labels = { google: 'Google Mail', microsoft: 'Microsoft Exchange Online' }
const optional = ['branding', 'scopes', 'trust', 'imap', 'assignment', 'conditional-access']
const settling = { client: 3, publish: 0.1, 'mail-apps': 2, 'shared-mailbox': 2 }
const CAP = 100

export function guides({ origin, BASE, Refusal }) {
  const blank = (provider) => ({
    provider,
    step: 'before',
    answers: {
      reach: null,
      approval: null,
      shared_mailboxes: null,
      mailboxes: null,
      manual: false,
    },
    done: {},
    credential_id: null,
    updated_at: null,
    updated_by: null,
    revision: 0,
  })
  const kept = {}
  function of(provider) {
    if (!labels[provider]) throw new Refusal(404, 'not-found', '見つかりません。')
    return (kept[provider] ??= blank(provider))
  }
  const say = (request, ja, en) => (/^en/.test(request.headers['accept-language'] ?? '') ? en : ja)

  function variantOf(kept, request) {
    const { reach, approval, shared_mailboxes, mailboxes, manual } = kept.answers
    if (!reach || !approval || shared_mailboxes === null || mailboxes === null) return null
    const google = kept.provider === 'google'
    const external = reach === 'outside' || manual
    const remarks = []
    let possible = true
    if (google && external && mailboxes > CAP) {
      possible = false
      remarks.push(
        advice(
          'user-cap-impossible',
          say(
            request,
            '審査を受けていない「外部」のアプリは、100 人までしか接続できません。',
            'An External app without review can serve 100 people at most.',
          ),
          say(
            request,
            'Google Workspace の組織なら「自社の組織だけ」を選んでください。',
            'If you have Google Workspace, choose “Only those of our own organisation”.',
          ),
        ),
      )
    } else if (google && external)
      remarks.push(
        advice(
          'user-cap',
          say(request, 'このアプリに接続できるのは 100 人までです。', '100 people can connect.'),
          say(
            request,
            '80 人を超えたらお知らせします。',
            'You will be told once there are more than 80.',
          ),
        ),
      )
    return {
      audience: google ? (external ? 'external' : 'internal') : null,
      tenancy: google ? null : external ? 'multi' : 'single',
      access: !google && approval === 'app_only' ? 'app_only' : 'delegated',
      remarks,
      possible,
    }
  }
  function cardsOf(kept, variant) {
    const { provider, answers } = kept
    const ids =
      variant?.access === 'app_only'
        ? order.microsoft_app_only
        : order[provider].filter(
            (id) =>
              (id !== 'publish' || variant?.audience !== 'internal') &&
              (id !== 'shared-mailbox' || answers.shared_mailboxes !== false) &&
              (!['trust', 'imap'].includes(id) || !answers.manual),
          )
    return ids.map((id) => {
      const at = kept.done[id]?.at ?? null
      return {
        id,
        optional: optional.includes(id),
        done_at: at,
        done_by: kept.done[id]?.by ?? null,
        settles_at:
          at && settling[id]
            ? new Date(Date.parse(at) + settling[id] * 3_600_000).toISOString()
            : null,
      }
    })
  }
  function whole(kept, request) {
    const base = (origin + BASE).replace(/\/$/, '')
    const variant = variantOf(kept, request)
    const google = kept.provider === 'google'
    const tagged = {
      provider: kept.provider,
      kind: kept.provider,
      label: labels[kept.provider],
      step: kept.step,
      answers: kept.answers,
      variant,
      cards: cardsOf(kept, variant),
      values: {
        redirect_uri: `${base}/common/cmn270.do`,
        redirect_uri_misprinted: `${base}/common/cm270.do`,
        public_url: base,
        home_page: base,
        authorized_domain: 'example.jp',
        scopes: google
          ? ['openid', 'email', 'https://mail.google.com/']
          : [
              'https://outlook.office.com/IMAP.AccessAsUser.All',
              'https://outlook.office.com/SMTP.Send',
            ],
        server_addresses: ['203.0.113.5', '2001:db8::5'],
      },
      credential_id: kept.credential_id,
      people: {
        consented: google ? 84 : 3,
        cap: google && variant?.audience !== 'internal' ? CAP : null,
        warn_from: 80,
      },
      updated_at: kept.updated_at,
      updated_by: kept.updated_by,
    }
    return { tagged, etag: `"${kept.revision}"` }
  }
  function touch(kept) {
    kept.revision += 1
    kept.updated_at = new Date().toISOString()
    kept.updated_by = users[0].login
  }
  const person = (user, mailbox_address, state, more = {}) => ({
    user: user && { id: user.id, login: user.login, name: user.name, address: user.address },
    mailbox_address,
    state,
    account_id: null,
    since: null,
    until: null,
    who: null,
    advice: null,
    ...more,
  })
  function people(provider, request) {
    const rows = [
      person(users[0], 'hanako@example.jp', 'connected', {
        account_id: accounts[0].id,
        since: ago(30),
      }),
      person(users[1], 'alice@example.com', 'reconnect', {
        account_id: others[0].id,
        since: ago(30),
        who: 'member',
        advice: advice(
          'grant-ended',
          say(request, '許可が無効になりました。', 'The permission has ended.'),
          say(request, '本人が再認証してください。', 'The person has to reconnect.'),
          null,
          'member',
        ),
      }),
      person(users[3], 'bob@example.com', 'invited', { who: 'member' }),
      person(
        { id: 'u8', login: 'ito', name: '伊藤 さくら', address: 'ito@example.jp' },
        'ito@example.jp',
        'not_connected',
        { who: 'member' },
      ),
    ]
    if (provider === 'microsoft')
      rows.push(
        person(users[2], 'ichiro@example.jp', 'waiting', {
          since: ago(0.5),
          until: ahead(1.5),
          who: 'nobody',
        }),
        person(users[0], 'soudan@example.jp', 'blocked', {
          since: ago(2),
          who: 'provider_administrator',
          advice: advice(
            'smtp-auth-mailbox',
            say(
              request,
              'このメールボックスの「認証済み SMTP」が無効です。',
              'Authenticated SMTP is off for this mailbox.',
            ),
            say(request, '有効にしてください。', 'Turn it on.'),
            '/admin/guide/microsoft/mail-apps',
            'provider_administrator',
          ),
        }),
      )
    return rows
  }
  return {
    'GET /api/guides/:provider': ({ id, request }) => whole(of(id), request),
    'PATCH /api/guides/:provider': ({ id, body, request }) => {
      const kept = of(id)
      if (request.headers['if-match'] !== `"${kept.revision}"`)
        throw new Refusal(412, 'changed-meanwhile', '別の画面で変更されました。')
      if (body.step) kept.step = body.step
      if ('credential_id' in body) kept.credential_id = body.credential_id
      Object.assign(kept.answers, body.answers)
      touch(kept)
      return whole(kept, request)
    },
    'DELETE /api/guides/:provider': ({ id }) => {
      const { revision } = of(id)
      kept[id] = { ...blank(id), revision: revision + 1 }
      return null
    },
    'PUT /api/guides/:provider/cards/:card': ({ id, part, body, request }) => {
      const kept = of(id)
      if (!body.done) delete kept.done[part]
      else kept.done[part] ??= { at: new Date().toISOString(), by: users[0].login }
      touch(kept)
      return whole(kept, request)
    },
    'GET /api/guides/:provider/hand-over': ({ id, request }) => {
      const list = people(id, request)
      const count = (...states) => list.filter(({ state }) => states.includes(state)).length
      return {
        counts: {
          connected: count('connected'),
          not_connected: count('not_connected', 'invited'),
          waiting: count('waiting'),
          blocked: count('blocked'),
          reconnect: count('reconnect'),
        },
        people: list,
        mail_apps_script:
          id === 'microsoft'
            ? list
                .filter(({ state }) => ['waiting', 'blocked'].includes(state))
                .map(
                  ({ mailbox_address }) =>
                    `Set-CASMailbox -Identity '${mailbox_address}' -ImapEnabled $true -SmtpClientAuthenticationDisabled $false`,
                )
                .join('\n')
            : null,
      }
    },
    'GET /api/guides/:provider/hand-over.csv': ({ id, request }) => ({
      file:
        '\ufeffmailbox,state\r\n' +
        people(id, request)
          .map(({ mailbox_address, state }) => `${mailbox_address},${state}\r\n`)
          .join(''),
      type: 'text/csv',
      name: `hand-over-${id}.csv`,
    }),
  }
}
