//! One conversation: its mails with their text, and the HTML of a mail as the server
//! has cleaned it.

import { api } from '../api/client'
import { from } from '../jmap/connection'
import type { Email, Thread } from '../jmap/types'
import { mail } from '../store/mail.svelte'
import { prepareHtml } from './html'
import { inlineImages } from './inline'

export const READ_PROPERTIES = [
  ...'id threadId mailboxIds keywords from to cc bcc replyTo subject receivedAt sentAt preview'.split(
    ' ',
  ),
  ...'hasAttachment size messageId references inReplyTo attachments textBody htmlBody bodyValues'.split(
    ' ',
  ),
]
const MAX_BODY = 262_144

export async function loadThread(accountId: string, threadId: string): Promise<void> {
  const store = mail.store(accountId)
  if (!store) return
  const [threads, emails] = await mail.connection.ask([
    ['Thread/get', { accountId, ids: [threadId] }],
    [
      'Email/get',
      {
        accountId,
        '#ids': from(0, 'Thread/get', '/list/*/emailIds'),
        properties: READ_PROPERTIES,
        fetchTextBodyValues: true,
        maxBodyValueBytes: MAX_BODY,
      },
    ],
  ])
  store.took(emails!.args.list as Email[], emails!.args.state as string)
  store.threads.put(threads!.args.list as Thread[])
}

export async function loadEmail(accountId: string, id: string): Promise<Email | undefined> {
  const [answer] = await mail.connection.ask([
    [
      'Email/get',
      {
        accountId,
        ids: [id],
        properties: READ_PROPERTIES,
        fetchTextBodyValues: true,
        fetchHTMLBodyValues: true,
        maxBodyValueBytes: MAX_BODY,
      },
    ],
  ])
  const email = (answer!.args.list as Email[])[0]
  if (email) mail.store(accountId)?.took([email], answer!.args.state as string)
  return email
}

export type CleanHtml = { html: string; blocked_remote: number }
const cache = new Map<string, Promise<CleanHtml>>()
const CACHED = 60

/** The server's sanitised HTML; `remote` keeps addresses of images elsewhere. */
export function cleanHtml(accountId: string, id: string, remote: boolean): Promise<CleanHtml> {
  const path = `/api/accounts/${accountId}/emails/${id}/html${remote ? '?remote=1' : ''}`
  const known = cache.get(path)
  if (known) return known
  const asked = api.get<CleanHtml>(path)
  cache.set(path, asked)
  asked.catch(() => cache.delete(path))
  if (cache.size > CACHED) cache.delete(cache.keys().next().value!)
  return asked
}

export const hasHtml = (email: Email): boolean =>
  !!email.htmlBody?.some(({ type }) => type === 'text/html')

/** The HTML to quote or to take up again, or null where there is only text. */
export async function quotableHtml(accountId: string, email: Email): Promise<string | null> {
  if (!hasHtml(email)) return null
  try {
    const { html } = await cleanHtml(accountId, email.id, false)
    // The editor is part of our page: nothing may load from elsewhere when quoting.
    const { cids } = prepareHtml(html, { remote: false, inline: {} })
    const inline = await inlineImages(accountId, email, cids)
    return prepareHtml(html, { remote: false, inline }).html
  } catch {
    return null
  }
}
