//! Keeping a draft and sending it. A draft is replaced as a whole (a JMAP email never
//! changes): the new one is made and the former one goes in the same call.

import { Problem } from '../api/problem'
import type { Identity, SetError, SetResult } from '../jmap/types'
import type { AccountStore } from '../store/account.svelte'
import { mail } from '../store/mail.svelte'
import { outbox, refreshOutbox } from '../store/outbox.svelte'
import { t } from '../words/words.svelte'
import { withContentIds } from './inline'
import { toPlain, type Draft } from './compose'

/** The `Email/set` create of a draft (RFC 8621, 4.6). */
export function emailOf(draft: Draft, identity: Identity, draftsId: string) {
  const text = draft.rich ? toPlain(draft.body) : draft.body
  const some = <T>(list: T[]) => (list.length ? list : undefined)
  return {
    mailboxIds: { [draftsId]: true },
    keywords: { $draft: true, $seen: true },
    from: [{ name: identity.name || null, email: identity.email }],
    to: some(draft.to),
    cc: some(draft.cc),
    bcc: some(draft.bcc),
    subject: draft.subject,
    inReplyTo: draft.inReplyTo ?? undefined,
    references: draft.references ?? undefined,
    textBody: [{ partId: 'text', type: 'text/plain' }],
    htmlBody: draft.rich ? [{ partId: 'html', type: 'text/html' }] : undefined,
    bodyValues: {
      text: { value: text },
      ...(draft.rich ? { html: { value: withContentIds(draft.body) } } : {}),
    },
    attachments: some(
      draft.attachments
        .filter(({ blobId }) => blobId)
        .map(({ blobId, type, name, cid }) => ({
          blobId,
          type,
          name,
          disposition: cid ? 'inline' : 'attachment',
          ...(cid ? { cid } : {}),
        })),
    ),
  }
}

const refusal = (error: SetError | undefined, title: string) =>
  new Problem(0, `/problems/jmap-${error?.type ?? 'serverFail'}`, title, error?.description ?? '')

function drafts(store: AccountStore) {
  const box = store.withRole('drafts')
  if (!box) throw new Problem(0, '/problems/no-drafts', t('compose.noDrafts'))
  return box
}

/** Keeps the draft; returns the id it has now. */
export async function saveDraft(
  store: AccountStore,
  draft: Draft,
  identity: Identity,
  former: string | null,
): Promise<string> {
  const result = await mail.connection.one<SetResult>('Email/set', {
    accountId: store.id,
    create: { mail: emailOf(draft, identity, drafts(store).id) },
    destroy: former ? [former] : undefined,
  })
  const made = result.created?.mail
  if (!made) throw refusal(result.notCreated?.mail, t('compose.notSaved'))
  return made.id
}

export async function discardDraft(store: AccountStore, id: string) {
  await mail.connection.one<SetResult>('Email/set', { accountId: store.id, destroy: [id] })
}

/** Hands the mail over for sending; its end is told by the outbox. */
export async function send(
  store: AccountStore,
  draft: Draft,
  identity: Identity,
  former: string | null,
) {
  const draftsId = drafts(store).id
  const sent = store.withRole('sent')
  const onSuccess: Record<string, unknown> = { 'keywords/$draft': null }
  if (sent) {
    onSuccess[`mailboxIds/${draftsId}`] = null
    onSuccess[`mailboxIds/${sent.id}`] = true
  }
  const [set, submission] = await mail.connection.ask([
    [
      'Email/set',
      {
        accountId: store.id,
        create: { mail: emailOf(draft, identity, draftsId) },
        destroy: former ? [former] : undefined,
      },
    ],
    [
      'EmailSubmission/set',
      {
        accountId: store.id,
        create: { send: { emailId: '#mail', identityId: identity.id } },
        onSuccessUpdateEmail: { '#send': onSuccess },
      },
    ],
  ])
  const email = (set!.args as unknown as SetResult).created?.mail
  if (!email) {
    throw refusal((set!.args as unknown as SetResult).notCreated?.mail, t('compose.notSent'))
  }
  const made = submission!.args as unknown as SetResult
  const id = made.created?.send?.id
  if (!id) {
    const error = refusal(made.notCreated?.send, t('compose.notSent'))
    throw Object.assign(error, { draftId: email.id })
  }
  outbox.add({
    accountId: store.id,
    id,
    emailId: email.id,
    subject: draft.subject,
    at: Date.now(),
    state: 'pending',
    said: '',
  })
  setTimeout(() => void refreshOutbox(store.id).catch(() => {}), 3000)
}
