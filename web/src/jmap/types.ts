//! JMAP objects as far as the screens use them (RFC 8620, 8621).

export type Address = { name: string | null; email: string }
export type Mailbox = {
  id: string
  name: string
  parentId: string | null
  role: string | null
  sortOrder: number
  totalEmails: number
  unreadEmails: number
  totalThreads: number
  unreadThreads: number
}
export type Part = {
  partId: string | null
  blobId: string | null
  size: number
  name: string | null
  type: string
  cid: string | null
  disposition: string | null
}
export type BodyValue = { value: string; isTruncated?: boolean; isEncodingProblem?: boolean }
export type Email = {
  id: string
  threadId: string
  mailboxIds: Record<string, boolean>
  keywords: Record<string, boolean>
  from: Address[] | null
  to: Address[] | null
  cc?: Address[] | null
  bcc?: Address[] | null
  replyTo?: Address[] | null
  subject: string | null
  receivedAt: string
  sentAt?: string | null
  preview: string
  hasAttachment: boolean
  size?: number
  messageId?: string[] | null
  references?: string[] | null
  inReplyTo?: string[] | null
  attachments?: Part[]
  textBody?: Part[]
  htmlBody?: Part[]
  bodyValues?: Record<string, BodyValue>
}
export type Thread = { id: string; emailIds: string[] }
export type Identity = {
  id: string
  name: string
  email: string
  textSignature?: string
  htmlSignature?: string
}
export type Delivery = { smtpReply: string; delivered: 'queued' | 'yes' | 'no' | 'unknown' }
export type Submission = {
  id: string
  emailId: string
  undoStatus: 'pending' | 'final' | 'canceled'
  deliveryStatus: Record<string, Delivery> | null
}
export type JmapAccount = { name: string; isPersonal: boolean; isReadOnly: boolean }
export type JmapSession = {
  accounts: Record<string, JmapAccount>
  primaryAccounts: Record<string, string>
  apiUrl: string
  uploadUrl: string
  downloadUrl: string
  eventSourceUrl: string
  state: string
  capabilities: Record<string, Record<string, unknown>>
}
export type SetError = { type: string; description?: string; properties?: string[] }
export type SetResult = {
  newState: string
  created: Record<string, { id: string } & Record<string, unknown>> | null
  updated: Record<string, unknown> | null
  destroyed: string[] | null
  notCreated?: Record<string, SetError> | null
  notUpdated?: Record<string, SetError> | null
  notDestroyed?: Record<string, SetError> | null
}
export type Changes = {
  oldState: string
  newState: string
  hasMoreChanges: boolean
  created: string[]
  updated: string[]
  destroyed: string[]
}
/** `StateChange.changed`: account → type → state. */
export type Changed = Record<string, Record<string, string>>
