//! The mail being written: its fields, its files on the way up, its keeping every few
//! seconds, its end. One composer a page.

import { asProblem, Problem } from '../../api/problem'
import { upload } from '../../jmap/blobs'
import type { Identity } from '../../jmap/types'
import {
  emptyDraft,
  isEmpty,
  partKey,
  startFrom,
  toPlain,
  type Draft,
  type Mode,
} from '../../mail/compose'
import { htmlOfText } from '../../mail/html'
import { discardDraft, saveDraft, send } from '../../mail/send'
import { loadEmail, quotableHtml } from '../../mail/thread'
import type { AccountStore } from '../../store/account.svelte'
import { mail } from '../../store/mail.svelte'
import { t } from '../../words/words.svelte'

const KEEP_AFTER_MS = 3000
export type From = { store: AccountStore; identity: Identity }

export class Composer {
  draft = $state<Draft>(emptyDraft())
  from = $state.raw<From | null>(null)
  ready = $state(false)
  problem = $state<Problem | null>(null)
  saving = $state(false)
  savedAt = $state<number | null>(null)
  sending = $state(false)
  dirty = $state(false)
  draftId = $state<string | null>(null)
  uploading = $derived(this.draft.attachments.some(({ blobId, problem }) => !blobId && !problem))
  /** Bumped when the body is set from outside, so that the editor takes it. */
  bodyRound = $state(0)
  private timer: ReturnType<typeof setTimeout> | undefined
  private keeping: Promise<void> = Promise.resolve()
  private uploads = new Map<string, AbortController>()
  private over = false

  get senders(): From[] {
    return [...mail.stores.values()].flatMap((store) =>
      store.identities.all().map((identity) => ({ store, identity })),
    )
  }

  async open(query: URLSearchParams, draftId: string | null) {
    try {
      await mail.start()
      if (mail.problem) throw mail.problem
      await Promise.all([...mail.stores.values()].map((store) => store.loadIdentities()))
      const account = query.get('account')
      const kept = localStorage.getItem('tegata.from')
      const found = (id: string | null) => this.senders.find(({ store }) => store.id === id)
      this.from = found(account) ?? found(kept) ?? this.senders[0] ?? null
      if (!this.from) throw new Problem(0, '/problems/no-identity', t('compose.noIdentity'))
      const mode = (draftId ? 'draft' : query.get('mode')) as Mode | null
      const emailId = draftId ?? query.get('email')
      if (account && emailId && mode) await this.take(account, emailId, mode)
      else this.prefill(query)
      if (draftId) this.draftId = draftId
      if (this.draft.rich && !draftId) this.sign()
      this.bodyRound += 1
      this.ready = true
    } catch (error) {
      this.problem = asProblem(error)
    }
  }

  private prefill(query: URLSearchParams) {
    const to = query.get('to')
    if (to) this.draft.to = [{ name: null, email: to }]
    this.draft.subject = query.get('subject') ?? ''
  }

  private async take(accountId: string, emailId: string, mode: Mode) {
    const email = await loadEmail(accountId, emailId)
    if (!email) throw new Problem(404, '/problems/gone', t('mail.gone'))
    const own = this.senders.map(({ identity }) => identity.email)
    this.draft = startFrom(mode, email, own, await quotableHtml(accountId, email))
  }

  private sign() {
    const signature =
      this.from?.identity.htmlSignature || htmlOfText(this.from?.identity.textSignature ?? '')
    if (!this.from?.identity.htmlSignature && !this.from?.identity.textSignature) return
    this.draft.body = this.draft.body.replace(
      /^(<div><br><\/div>)?/,
      `<div><br></div>${signature}<br>`,
    )
  }

  changed() {
    this.dirty = true
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.keep(), KEEP_AFTER_MS)
  }

  /** Keeps the draft now; one keeping at a time, each replacing the former draft. */
  keep(): Promise<void> {
    clearTimeout(this.timer)
    this.keeping = this.keeping.then(() => this.keepOnce())
    return this.keeping
  }

  private async keepOnce() {
    if (!this.dirty || !this.from || this.over || isEmpty(this.draft)) return
    this.saving = true
    this.dirty = false
    try {
      const now = $state.snapshot(this.draft) as Draft
      this.draftId = await saveDraft(this.from.store, now, this.from.identity, this.draftId)
      this.savedAt = Date.now()
      this.problem = null
    } catch (error) {
      this.dirty = true
      this.problem = asProblem(error)
    } finally {
      this.saving = false
    }
  }

  /** Another sender: the draft moves to that mailbox. */
  async choose(from: From) {
    const old = this.from
    const oldId = this.draftId
    this.from = from
    localStorage.setItem('tegata.from', from.store.id)
    if (old && oldId && old.store !== from.store) {
      this.draftId = null
      await discardDraft(old.store, oldId).catch(() => {})
    }
    this.changed()
  }

  attach(files: Iterable<File>) {
    const { from } = this
    const template = mail.connection.session?.uploadUrl
    if (!from || !template) return
    for (const file of files) {
      const key = partKey()
      const name = file.name || t('mail.unnamedFile')
      const type = file.type || 'application/octet-stream'
      this.draft.attachments.push({ key, name, type, size: file.size, blobId: null, progress: 0 })
      const abort = new AbortController()
      this.uploads.set(key, abort)
      const item = () => this.draft.attachments.find((one) => one.key === key)
      upload(
        template,
        from.store.id,
        file,
        (share) => item() && (item()!.progress = share),
        abort.signal,
      )
        .then(({ blobId, type: kept }) => {
          const at = item()
          if (at) Object.assign(at, { blobId, progress: 1, type: kept || type })
          this.changed()
        })
        .catch((error: unknown) => {
          const at = item()
          if (at) at.problem = asProblem(error).title || t('compose.uploadFailed')
        })
        .finally(() => this.uploads.delete(key))
    }
  }

  detach(key: string) {
    this.uploads.get(key)?.abort()
    this.draft.attachments = this.draft.attachments.filter((one) => one.key !== key)
    this.changed()
  }

  setRich(rich: boolean) {
    if (rich === this.draft.rich) return
    this.draft.body = rich ? htmlOfText(this.draft.body) : toPlain(this.draft.body)
    this.draft.rich = rich
    this.bodyRound += 1
    this.changed()
  }

  /** Why it cannot go yet, or null. */
  get missing(): string | null {
    const { to, cc, bcc } = this.draft
    if (!to.length && !cc.length && !bcc.length) return t('compose.noReceiver')
    if (this.uploading) return t('compose.stillUploading')
    if (this.draft.attachments.some(({ problem }) => problem)) return t('compose.uploadFailed')
    return null
  }

  async send(): Promise<boolean> {
    if (this.sending || !this.from) return false
    if (this.missing) {
      this.problem = new Problem(0, '/problems/not-ready', this.missing)
      return false
    }
    this.sending = true
    clearTimeout(this.timer)
    await this.keeping
    try {
      await send(
        this.from.store,
        $state.snapshot(this.draft) as Draft,
        this.from.identity,
        this.draftId,
      )
      this.over = true
      return true
    } catch (error) {
      const left = (error as { draftId?: string }).draftId
      if (left) this.draftId = left
      this.problem = asProblem(error)
      return false
    } finally {
      this.sending = false
    }
  }

  async discard() {
    this.over = true
    clearTimeout(this.timer)
    for (const abort of this.uploads.values()) abort.abort()
    await this.keeping
    if (this.draftId && this.from) await discardDraft(this.from.store, this.draftId)
  }
}
