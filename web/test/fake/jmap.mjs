// As much of JMAP as the screens ask for, in memory.
import { mailState, store } from './data.mjs'

const listeners = new Set()
export const subscribe = (listener) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
function announce(accountId, types) {
  mailState.number += 1
  const state = String(mailState.number)
  for (const tell of listeners)
    tell({
      '@type': 'StateChange',
      changed: { [accountId]: Object.fromEntries(types.map((type) => [type, state])) },
    })
}
const pick = (record, properties) =>
  properties ? Object.fromEntries(['id', ...properties].map((key) => [key, record[key]])) : record
const get = (list, { ids, properties, accountId }) => {
  const found = ids ? list.filter(({ id }) => ids.includes(id)) : list
  return {
    accountId,
    state: String(mailState.number),
    list: found.map((record) => pick(record, properties)),
    notFound: (ids ?? []).filter((id) => !list.some((record) => record.id === id)),
  }
}
const threads = (emails) => {
  const map = new Map()
  for (const email of [...emails].sort((a, b) => a.receivedAt.localeCompare(b.receivedAt)))
    map.set(email.threadId, [...(map.get(email.threadId) ?? []), email.id])
  return [...map].map(([id, emailIds]) => ({ id, emailIds }))
}
function mailboxes({ boxes, emails }) {
  return boxes.map((box) => {
    const inside = emails.filter(({ mailboxIds }) => mailboxIds[box.id])
    const unread = inside.filter(({ keywords }) => !keywords.$seen)
    const different = (list) => new Set(list.map(({ threadId }) => threadId)).size
    return {
      ...box,
      totalEmails: inside.length,
      unreadEmails: unread.length,
      totalThreads: different(inside),
      unreadThreads: different(unread),
    }
  })
}
function query({ emails }, args) {
  const { inMailbox, text } = args.filter ?? {}
  const needle = text?.toLowerCase().normalize('NFKC')
  const hit = (email) =>
    (!inMailbox || email.mailboxIds[inMailbox]) &&
    (!needle ||
      JSON.stringify([email.subject, email.from, email.bodyValues])
        .toLowerCase()
        .normalize('NFKC')
        .includes(needle))
  const seen = new Set()
  const found = emails
    .filter(hit)
    .sort((a, b) => b.receivedAt.localeCompare(a.receivedAt))
    .filter(({ threadId }) => !args.collapseThreads || (!seen.has(threadId) && seen.add(threadId)))
    .map(({ id }) => id)
  const position = args.position ?? 0
  return {
    accountId: args.accountId,
    queryState: String(mailState.number),
    canCalculateChanges: false,
    position,
    total: found.length,
    ids: found.slice(position, position + (args.limit ?? 256)),
  }
}
function patch(record, changes) {
  for (const [path, value] of Object.entries(changes)) {
    const [key, inner] = path.split('/')
    if (!inner) record[key] = value
    else if (value === null) delete record[key][inner]
    else record[key][inner] = value
  }
}
let made = 0
function emailSet(data, args, created) {
  const result = {
    accountId: args.accountId,
    newState: String(mailState.number + 1),
    created: {},
    updated: {},
    destroyed: [],
    notCreated: null,
    notUpdated: null,
  }
  for (const [key, value] of Object.entries(args.create ?? {})) {
    const id = `n${++made}`
    const now = new Date().toISOString()
    const text = value.bodyValues?.text?.value ?? ''
    data.emails.push({
      cc: null,
      bcc: null,
      replyTo: null,
      preview: text.slice(0, 150),
      hasAttachment: !!value.attachments?.length,
      receivedAt: now,
      sentAt: now,
      size: 1000,
      messageId: [`${id}@example.jp`],
      ...value,
      id,
      threadId: `t${id}`,
      attachments: value.attachments ?? [],
      htmlBody: value.htmlBody ?? value.textBody,
    })
    created[key] = id
    result.created[key] = { id, threadId: `t${id}`, blobId: `b${id}`, size: 1000 }
  }
  for (const [id, changes] of Object.entries(args.update ?? {})) {
    const record = data.emails.find(
      (email) => email.id === (id.startsWith('#') ? created[id.slice(1)] : id),
    )
    if (record) patch(record, changes)
    result.updated[id] = null
  }
  for (const id of args.destroy ?? []) {
    data.emails.splice(
      data.emails.findIndex((email) => email.id === id),
      1,
    )
    result.destroyed.push(id)
  }
  setTimeout(() => announce(args.accountId, ['Email', 'Mailbox', 'Thread']), 50)
  return result
}
function submissionSet(data, args, created) {
  const result = { accountId: args.accountId, newState: '1', created: {}, notCreated: null }
  for (const [key, value] of Object.entries(args.create ?? {})) {
    const id = `s${++made}`
    const emailId = value.emailId.startsWith('#') ? created[value.emailId.slice(1)] : value.emailId
    const email = data.emails.find((one) => one.id === emailId)
    const refused = JSON.stringify(email.to ?? []).includes('refused')
    data.submissions[id] = {
      id,
      emailId,
      undoStatus: 'final',
      deliveryStatus: {
        x: {
          smtpReply: refused ? '550 5.1.1 no such user' : '250 ok',
          delivered: refused ? 'no' : 'yes',
        },
      },
    }
    result.created[key] = { id }
    const change = args.onSuccessUpdateEmail?.[`#${key}`]
    if (change) patch(email, change)
  }
  setTimeout(() => announce(args.accountId, ['EmailSubmission', 'Email', 'Mailbox']), 400)
  return result
}
function resolve(args, done) {
  const out = {}
  for (const [key, value] of Object.entries(args)) {
    if (!key.startsWith('#')) {
      out[key] = value
      continue
    }
    const source = done.find(([, , id]) => id === value.resultOf)?.[1]
    let values = [source]
    for (const part of value.path.split('/').slice(1))
      values = part === '*' ? values.flat() : values.map((one) => one?.[part])
    out[key.slice(1)] = [...new Set(values.flat())]
  }
  return out
}
export function answer({ methodCalls }) {
  const done = []
  const created = {}
  for (const [name, raw, id] of methodCalls) {
    const args = resolve(raw, done)
    const data = store[args.accountId]
    const run = {
      'Mailbox/get': () => get(mailboxes(data), args),
      'Identity/get': () =>
        get(
          [
            {
              id: 'i1',
              name: '佐藤 花子',
              email: args.accountId === 'a2' ? 'soudan@example.jp' : 'hanako@example.jp',
              textSignature: '',
              htmlSignature: '',
            },
          ],
          args,
        ),
      'Thread/get': () => get(threads(data.emails), args),
      'Email/get': () => get(data.emails, args),
      'Email/query': () => query(data, args),
      'Email/changes': () => ({
        accountId: args.accountId,
        oldState: args.sinceState,
        newState: String(mailState.number),
        hasMoreChanges: false,
        created: [],
        updated: data.emails.slice(-5).map((email) => email.id),
        destroyed: [],
      }),
      'Email/set': () => emailSet(data, args, created),
      'EmailSubmission/set': () => submissionSet(data, args, created),
      'EmailSubmission/get': () => get(Object.values(data.submissions), args),
    }[name]
    done.push(
      run && data
        ? [name, run(), id]
        : ['error', { type: data ? 'unknownMethod' : 'accountNotFound' }, id],
    )
  }
  return { methodResponses: done, sessionState: '1' }
}
