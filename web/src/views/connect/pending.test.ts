import { expect, it } from 'vitest'
import type { Pending } from '../../api/types'
import { connectable, pendingPath, wantedCredential } from './pending'

const pending = (more: Partial<Pending>): Pending => ({
  id: 'p1',
  account_id_there: null,
  address: 'hanako+a@example.jp',
  mailbox_address: null,
  name: null,
  note: null,
  provider: 'google',
  credential_id: 'c1',
  user: null,
  created_at: '',
  ...more,
})
const queryOf = (one: Pending) => new URLSearchParams(pendingPath(one).split('?')[1])
const credentials = [
  { id: 'c1', provider: 'google', name: 'g' },
  { id: 'c2', provider: 'microsoft', name: 'm', access: 'app_only' as const },
  { id: 'c3', provider: 'microsoft', name: 'n', access: 'delegated' as const },
]

it('a prepared mailbox fills the form', () => {
  const query = queryOf(pending({ mailbox_address: 'soudan@example.jp' }))
  expect(query.get('address')).toBe('hanako+a@example.jp')
  expect(query.get('mailbox')).toBe('soudan@example.jp')
  expect(wantedCredential(credentials, query)).toBe('c1')
})

it('without a credential the first of the provider that members may use is taken', () => {
  const query = queryOf(pending({ credential_id: null, provider: 'microsoft' }))
  expect(query.has('mailbox')).toBe(false)
  expect(wantedCredential(connectable(credentials), query)).toBe('c3')
  expect(wantedCredential(credentials, new URLSearchParams())).toBeUndefined()
})
