//! The start of a mail: empty, an answer, a forward, or a draft taken up again.

import type { Address, Email, Part } from '../jmap/types'
import { exactTime } from '../words/time'
import { t } from '../words/words.svelte'
import { fullName, shortName, unique } from './addresses'
import { escapeHtml, htmlOfText, textOf } from './html'

export type Mode = 'new' | 'reply' | 'all' | 'forward' | 'draft'
export type Attachment = {
  key: string
  name: string
  type: string
  size: number
  blobId: string | null
  cid?: string | null
  progress: number
  problem?: string
}
export type Draft = {
  to: Address[]
  cc: Address[]
  bcc: Address[]
  subject: string
  rich: boolean
  /** HTML while rich, else plain text. */
  body: string
  attachments: Attachment[]
  inReplyTo: string[] | null
  references: string[] | null
}

export const emptyDraft = (): Draft => ({
  to: [],
  cc: [],
  bcc: [],
  subject: '',
  rich: true,
  body: '',
  attachments: [],
  inReplyTo: null,
  references: null,
})

/** "Re: Re: x" never grows; the marks of other languages count as ours. */
export function replySubject(subject: string | null, mark: 'Re' | 'Fwd'): string {
  const bare = (subject ?? '').replace(/^\s*((re|aw|sv|fwd?|wg|tr|返信|転送)\s*[:：]\s*)+/i, '')
  return `${mark}: ${bare}`.trim()
}

export const partKey = () => crypto.randomUUID()

export function attachmentOf(part: Part): Attachment {
  return {
    key: partKey(),
    name: part.name ?? t('mail.unnamedFile'),
    type: part.type,
    size: part.size,
    blobId: part.blobId,
    cid: part.cid,
    progress: 1,
  }
}

const values = (email: Email, parts: Part[] | undefined) =>
  (parts ?? [])
    .map((part) => email.bodyValues?.[part.partId ?? '']?.value ?? '')
    .filter(Boolean)
    .join('\n')

export const plainText = (email: Email): string => {
  const part = email.textBody?.[0]
  const text = values(email, email.textBody)
  return part?.type === 'text/html' ? textOf(text) : text
}

/** `html` is the sanitised HTML of the mail, if it has any. */
export function startFrom(mode: Mode, email: Email, own: string[], html: string | null): Draft {
  const draft = emptyDraft()
  if (mode === 'draft') return resumed(email, html)
  const quotedHtml = html ?? htmlOfText(plainText(email))
  if (mode === 'forward') {
    draft.subject = replySubject(email.subject, 'Fwd')
    draft.attachments = (email.attachments ?? []).map(attachmentOf)
    const head = forwardHead(email)
    draft.body = `<div><br></div><div>${head.map(escapeHtml).join('<br>')}</div><br>${quotedHtml}`
    return draft
  }
  const sender = email.replyTo?.length ? email.replyTo : (email.from ?? [])
  const mine = new Set(own.map((address) => address.toLowerCase()))
  const fromMe = sender.every((address) => mine.has(address.email.toLowerCase()))
  draft.to = unique(fromMe ? (email.to ?? []) : sender)
  if (mode === 'all') {
    const others = [...(fromMe ? [] : (email.to ?? [])), ...(email.cc ?? [])]
    draft.cc = unique(others, [...own, ...draft.to.map((address) => address.email)])
  }
  draft.subject = replySubject(email.subject, 'Re')
  draft.attachments = (email.attachments ?? [])
    .filter(({ cid }) => cid && html?.includes(`data-cid="${cid}"`))
    .map(attachmentOf)
  draft.inReplyTo = email.messageId ?? null
  draft.references = [...(email.references ?? []), ...(email.messageId ?? [])]
  const said = t('compose.wrote', {
    when: exactTime(email.sentAt ?? email.receivedAt),
    who: shortName(email.from?.[0]),
  })
  draft.body = `<div><br></div><div>${escapeHtml(said)}</div><blockquote>${quotedHtml}</blockquote>`
  return draft
}

function forwardHead(email: Email): string[] {
  const line = (label: string, value: string) => `${label}: ${value}`
  return [
    t('compose.forwarded'),
    line(t('mail.from'), (email.from ?? []).map(fullName).join(', ')),
    line(t('mail.date'), exactTime(email.sentAt ?? email.receivedAt)),
    line(t('mail.subject'), email.subject ?? ''),
    line(t('mail.to'), (email.to ?? []).map(fullName).join(', ')),
  ]
}

function resumed(email: Email, html: string | null): Draft {
  return {
    to: email.to ?? [],
    cc: email.cc ?? [],
    bcc: email.bcc ?? [],
    subject: email.subject ?? '',
    rich: html !== null,
    body: html ?? plainText(email),
    attachments: (email.attachments ?? []).map(attachmentOf),
    inReplyTo: email.inReplyTo ?? null,
    references: email.references ?? null,
  }
}

/** Quoted plain text: "> " before each line, as Japanese mail has it. */
export const toPlain = (html: string): string => {
  const marked = html.replace(/<blockquote[^>]*>([\s\S]*)<\/blockquote>/i, (_, inner: string) =>
    htmlOfText(
      textOf(inner)
        .split('\n')
        .map((line) => `> ${line}`)
        .join('\n'),
    ),
  )
  return textOf(marked)
}

export const isEmpty = (draft: Draft): boolean =>
  !draft.to.length &&
  !draft.cc.length &&
  !draft.bcc.length &&
  !draft.subject.trim() &&
  !draft.attachments.length &&
  !(draft.rich ? textOf(draft.body) : draft.body).trim()
