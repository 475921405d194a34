// A small server for looking at screens: dist with the base set, REST and JMAP from
// memory. It proves nothing about the real one. PORT and BASE come from the environment.
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname } from 'node:path'
import {
  accounts,
  ago,
  ahead,
  advice,
  credentials,
  others,
  providers,
  steps,
  store,
  users,
} from './data.mjs'
import { care } from './care.mjs'
import { endingsOf, patchSecret } from './endings.mjs'
import { guides } from './guides.mjs'
import { answer, subscribe } from './jmap.mjs'
import { pageErrors, refusals } from './refusals.mjs'

const PORT = Number(process.env.PORT ?? 8099)
const BASE = process.env.BASE ?? '/'
const origin = `http://localhost:${PORT}`
const dist = new URL('../../dist/', import.meta.url).pathname
const types = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
}
const policy =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob: https: http:; connect-src 'self'; frame-src 'self' blob:; object-src 'none'; base-uri 'self'"
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const tokens = [
  {
    id: 'k1',
    name: 'backup',
    scopes: ['mail'],
    created_at: ago(400),
    expires_at: null,
    last_used_at: ago(5),
  },
]
const connects = {}
const redirect = (path) => origin + BASE.replace(/\/$/, '') + path
const full = (one) => ({ ...one, redirect_uri: redirect(one.redirect_path) })
const list = (items) => ({ items, next: null })
const me = () => ({
  user: users[0],
  csrf_token: 'x',
  public_url: origin + BASE,
  origin_ok: true,
  version: '0.1.0',
})
class Refusal extends Error {
  constructor(status, type, title, more = {}) {
    super(title)
    this.body = { type: `/problems/${type}`, title, detail: '', status, ...more }
  }
}
function judged(body, former) {
  const errors = []
  if (!body.client_id && !former)
    errors.push({ field: 'client_id', message: 'クライアントIDを入力してください。' })
  if (/^[0-9a-f]{8}-/.test(body.client_secret ?? ''))
    errors.push({
      field: 'client_secret',
      message: 'これはシークレットの「ID」です。「値」をコピーしてください。',
    })
  if (errors.length) throw new Refusal(422, 'invalid', '入力内容を確認してください。', { errors })
  const google = (body.provider ?? former?.provider) === 'google'
  return google && !/googleusercontent\.com$/.test(body.client_id ?? '')
    ? [
        {
          field: 'client_id',
          message: 'Google のクライアントIDは .apps.googleusercontent.com で終わります。',
        },
      ]
    : []
}
const selfCheck = () => ({
  public_url: origin + BASE,
  reached_as: origin + BASE,
  origin_ok: true,
  redirect_uris: ['/common/cmn270.do', '/common/cm270.do'].map((path) => ({
    path,
    uri: redirect(path),
  })),
  steps: [
    {
      name: 'public_url',
      subject: 'google',
      outcome: 'ok',
      ms: 1,
      provider_said: null,
      advice: null,
    },
    {
      name: 'public_url',
      subject: 'microsoft',
      outcome: 'warn',
      ms: 1,
      provider_said: null,
      advice: advice(
        'loopback',
        '公開URLが localhost です。',
        '開発中だけ使えます。公開する前に、実在するドメイン名と https にしてください。',
        '/admin/self-check',
      ),
    },
  ],
})
const COOKIE = { 'Set-Cookie': `fake=1; Path=${BASE}; HttpOnly; SameSite=Lax` }
const routes = {
  'POST /api/sign-in': ({ body }) => {
    if (body.password === 'wrong')
      throw new Refusal(401, 'wrong-login', 'ユーザIDまたはパスワードが違います。')
    return { user: users[0], csrf_token: 'x' }
  },
  'POST /api/sign-out': () => null,
  'GET /api/me': () => me(),
  'PATCH /api/me': ({ body }) => ({ user: Object.assign(users[0], body) }),
  'POST /api/me/password': () => null,
  'GET /api/login-sessions': () =>
    list([
      {
        id: 's1',
        created_at: ago(3),
        last_seen_at: ago(0),
        user_agent: 'Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537',
        remote_address: '192.0.2.10',
        current: true,
      },
      {
        id: 's2',
        created_at: ago(90),
        last_seen_at: ago(20),
        user_agent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19) Safari/604',
        remote_address: '192.0.2.44',
        current: false,
      },
    ]),
  'GET /api/users': () => list(users),
  'PATCH /api/users/:id': ({ id, body }) => {
    const user = users.find((one) => one.id === id)
    if (id === 'u1')
      throw new Refusal(409, 'last-administrator', '最後の管理者は変更できません。', {
        detail: '先に別の管理者を決めてください。',
      })
    return Object.assign(user, body)
  },
  'POST /api/users/:id/reset': () => ({
    url: `${origin}${BASE}invitation#reset-token-sample`,
    expires_at: ahead(24),
  }),
  'GET /api/invitations': () =>
    list([{ id: 'v1', kind: 'invite', user: users[3], expires_at: ahead(40), created_at: ago(8) }]),
  'POST /api/invitations': ({ body }) => ({
    items: [
      {
        user: { ...users[3], id: 'u9', name: body.name ?? '田中 実' },
        url: `${origin}${BASE}invitation#sample-token`,
        expires_at: ahead(72),
      },
    ],
    errors: body.csv ? [{ line: 2, message: 'メールアドレスがありません。' }] : [],
  }),
  'POST /api/invitations/look-up': () => ({ kind: 'invite', login: 'tanaka', name: '田中 実' }),
  'POST /api/invitations/redeem': () => ({ user: users[0], csrf_token: 'x' }),
  'GET /api/tokens': () => list(tokens),
  'POST /api/tokens': ({ body }) => {
    const token = {
      id: `k${tokens.length + 1}`,
      created_at: ago(0),
      expires_at: null,
      last_used_at: null,
      ...body,
    }
    tokens.push(token)
    return { ...token, token: 'tgt_sample_value_shown_once' }
  },
  'DELETE /api/tokens/:id': ({ id }) => (
    tokens.splice(
      tokens.findIndex((one) => one.id === id),
      1,
    ),
    null
  ),
  'GET /api/providers': () => list(providers),
  'GET /api/credentials': () => list(credentials.map(full)),
  'GET /api/credentials/:id': ({ id }) => full(credentials.find((one) => one.id === id)),
  'POST /api/credentials': ({ body, query }) => {
    const warnings = judged(body)
    if (query.get('dry_run')) return { warnings, normalized: body }
    credentials.push({
      ...credentials[0],
      note: null,
      tenant: null,
      ...body,
      id: `c${credentials.length + 1}`,
      name: body.name ?? body.provider,
      in_use_by: 0,
      status: 'unproven',
    })
    return { ...full(credentials.at(-1)), warnings }
  },
  'PATCH /api/credentials/:id': ({ id, body, query }) => {
    const one = credentials.find((each) => each.id === id)
    if ('next_secret' in body) {
      patchSecret(one, body)
      return full(one)
    }
    const warnings = judged(body, one)
    return query.get('dry_run') ? { warnings, normalized: body } : full(Object.assign(one, body))
  },
  'DELETE /api/credentials/:id': ({ id }) => {
    const one = credentials.find((each) => each.id === id)
    if (one.in_use_by)
      throw new Refusal(409, 'in-use', '使用中のため削除できません。', {
        detail: '次のメールボックスが使用しています。',
        accounts: ['hanako@example.jp', 'alice@example.com'],
      })
    credentials.splice(credentials.indexOf(one), 1)
    return null
  },
  'GET /api/credentials/:id/admin-consent': () => ({
    url: 'https://login.microsoftonline.com/organizations/v2.0/adminconsent?client_id=6f1f2c1e',
  }),
  'POST /api/connect': ({ body }) => {
    const id = `n${Object.keys(connects).length + 1}`
    connects[id] = { id, address: body.address, at: Date.now() }
    return { connect_id: id, authorization_url: `${origin}${BASE}connect/${id}` }
  },
  'GET /api/connect/:id': ({ id }) => {
    const { address, at } = connects[id] ?? { address: 'hanako@example.jp', at: 0 }
    const n = Math.floor((Date.now() - at) / 900)
    const all = [
      {
        name: 'consent',
        subject: address,
        outcome: 'ok',
        ms: 3100,
        provider_said: null,
        advice: null,
      },
      ...steps(address),
    ]
    const shown = all.slice(0, n - 1)
    if (n - 1 < all.length && n > 1)
      shown.push({ ...all[n - 1], outcome: 'running', advice: null, provider_said: null, ms: null })
    return {
      id,
      address,
      state: n < 2 ? 'waiting' : n <= all.length ? 'checking' : 'done',
      steps: shown,
      account_id: n > all.length ? 'a2' : null,
    }
  },
  'POST /api/connect/:id/retry': () => null,
  ...pageErrors(list),
  'GET /api/accounts': ({ query }) => list(query.get('all') ? [...accounts, ...others] : accounts),
  'GET /api/accounts/:id/submissions': ({ id }) => list(refusals(store[id])),
  'GET /api/accounts/:id': ({ id }) => ({
    ...[...accounts, ...others].find((one) => one.id === id),
    folders: [
      { name: 'INBOX', role: 'inbox', total: 120, unread: 3 },
      { name: '[Gmail]/下書き', role: 'drafts', total: 1, unread: 0 },
      { name: '取引先/見積もり', role: null, total: 12, unread: 0 },
    ],
    intervals: [
      { what: 'grant', status: 'good', since: ago(200), until: null },
      { what: 'sync', status: 'later', since: ago(201), until: ago(200) },
    ],
  }),
  'DELETE /api/accounts/:id': () => null,
  'GET /api/self-check': selfCheck,
  'GET /api/audit': () =>
    list([
      {
        id: 'd1',
        at: ago(1),
        actor: 'sato',
        action: 'credential.add',
        subject: 'Google Mail',
        detail: null,
      },
      {
        id: 'd2',
        at: ago(5),
        actor: 'sato',
        action: 'user.invite',
        subject: 'bob',
        detail: { role: 'member' },
      },
      {
        id: 'd3',
        at: ago(30),
        actor: 'root (CLI)',
        action: 'user.add',
        subject: 'sato',
        detail: null,
      },
    ]),
}
Object.assign(
  routes,
  care({ origin, BASE, Refusal, list, full }),
  endingsOf({ origin, BASE, Refusal, list, full }),
  guides({ origin, BASE, Refusal }),
)
const compiled = Object.entries(routes).map(([key, run]) => {
  const [method, path] = key.split(' ')
  return { method, match: new RegExp(`^${path.replace(/:\w+/g, '([^/]+)')}$`), run }
})

async function read(request) {
  const parts = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts)
}
const send = (response, status, body, type = 'application/json', headers = {}) => {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store', ...headers })
  response.end(
    body === null
      ? undefined
      : typeof body === 'string' || Buffer.isBuffer(body)
        ? body
        : JSON.stringify(body),
  )
}
function jmap(path, request, response, bytes) {
  if (path === '/jmap/session')
    return send(response, 200, {
      capabilities: { 'urn:ietf:params:jmap:core': {} },
      accounts: Object.fromEntries(
        accounts.map(({ id, address }) => [
          id,
          { name: address, isPersonal: true, isReadOnly: false },
        ]),
      ),
      primaryAccounts: { 'urn:ietf:params:jmap:mail': 'a1' },
      username: 'sato',
      apiUrl: `${origin}${BASE}jmap/api`,
      uploadUrl: `${origin}${BASE}jmap/upload/{accountId}/`,
      downloadUrl: `${origin}${BASE}jmap/download/{accountId}/{blobId}/{name}?type={type}`,
      eventSourceUrl: `${origin}${BASE}jmap/events?types={types}&closeafter={closeafter}&ping={ping}`,
      state: '1',
    })
  if (path === '/jmap/api') return send(response, 200, answer(JSON.parse(bytes.toString())))
  if (path.startsWith('/jmap/upload/'))
    return send(response, 201, {
      accountId: 'a1',
      blobId: `up${Date.now()}`,
      type: request.headers['content-type'],
      size: bytes.length,
    })
  if (path.startsWith('/jmap/download/'))
    return send(response, 200, PIXEL, 'image/png', { 'Content-Disposition': 'attachment' })
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  response.write(': hello\n\n')
  const stop = subscribe((change) =>
    response.write(`event: state\ndata: ${JSON.stringify(change)}\n\n`),
  )
  request.on('close', stop)
}
function stepStream(all, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  const tell = (step) => response.write(`event: step\ndata: ${JSON.stringify(step)}\n\n`)
  all.forEach((step, i) => {
    const running = { ...step, outcome: 'running', ms: null, provider_said: null, advice: null }
    setTimeout(() => tell(running), 150 * i)
    setTimeout(
      () => {
        tell(step)
        if (i === all.length - 1) response.end()
      },
      150 * (i + 1) - 10,
    )
  })
}
createServer(async (request, response) => {
  const url = new URL(request.url, origin)
  if (!url.pathname.startsWith(BASE))
    return send(response, 404, { title: 'outside of the base', status: 404 })
  const path = '/' + url.pathname.slice(BASE.length)
  const bytes = await read(request)
  const isApi = path.startsWith('/api/')
  if (
    (isApi || path.startsWith('/jmap/')) &&
    !/fake=1/.test(request.headers.cookie ?? '') &&
    !/sign-in|redeem|look-up|^\/api\/reconnect\//.test(path)
  )
    return send(
      response,
      401,
      { type: '/problems/signed-out', title: 'ログインしてください。', status: 401 },
      'application/problem+json',
    )
  if (path.startsWith('/jmap/')) return jmap(path, request, response, bytes)
  const html = /^\/api\/accounts\/([^/]+)\/emails\/([^/]+)\/html$/.exec(path)
  if (html) {
    const email = store[html[1]]?.emails.find(({ id }) => id === html[2])
    const part = email?.htmlBody?.find(({ type }) => type === 'text/html')
    const value = email?.bodyValues?.[part?.partId]?.value ?? ''
    const clean = value.replace(/<script[\s\S]*?<\/script>/gi, '')
    return url.searchParams.get('remote')
      ? send(response, 200, { html: clean, blocked_remote: 0 })
      : send(response, 200, {
          html: clean.replace(/<img src="https[^>]*>/g, ''),
          blocked_remote: 2,
        })
  }
  if (isApi) {
    try {
      for (const { method, match, run } of compiled) {
        const found = method === request.method && match.exec(path)
        if (!found) continue
        const isCsv = request.headers['content-type'] === 'text/csv'
        const body = isCsv ? bytes.toString() : bytes.length ? JSON.parse(bytes.toString()) : {}
        const result = run({ id: found[1], part: found[2], body, query: url.searchParams, request })
        if (result?.tagged)
          return send(response, 200, result.tagged, 'application/json', { ETag: result.etag })
        if (result?.stream) return stepStream(result.stream, response)
        if (result?.file)
          return send(response, 200, result.file, result.type, {
            'Content-Disposition': `attachment; filename="${result.name}"`,
          })
        return send(response, result === null ? 204 : 200, result, 'application/json', {
          ETag: '"1"',
          ...(/sign-in|redeem/.test(path)
            ? COOKIE
            : path === '/api/sign-out'
              ? { 'Set-Cookie': `fake=; Path=${BASE}; Max-Age=0` }
              : {}),
        })
      }
      throw new Refusal(404, 'not-found', '見つかりません。')
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return send(response, error.body.status, error.body, 'application/problem+json')
    }
  }
  const file = dist + path.slice(1)
  if (path !== '/' && extname(path) && existsSync(file)) {
    response.writeHead(200, { 'Content-Type': types[extname(path)] ?? 'application/octet-stream' })
    return createReadStream(file).pipe(response)
  }
  const index = readFileSync(`${dist}index.html`, 'utf8')
    .replace('<base href="/" />', `<base href="${BASE}">`)
    .replace('<base href="/">', `<base href="${BASE}">`)
  send(response, 200, index, 'text/html; charset=utf-8', {
    'Content-Security-Policy': policy,
    'Referrer-Policy': 'no-referrer',
  })
}).listen(PORT, () => console.log(`fake server at ${origin}${BASE}`))
