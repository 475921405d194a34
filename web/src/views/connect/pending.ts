//! A prepared mailbox becomes a form with its fields filled, told in the address.

import type { Credential, Pending } from '../../api/types'

export function pendingPath(one: Pending): string {
  const query = new URLSearchParams({ pending: one.id, address: one.address })
  if (one.credential_id) query.set('credential', one.credential_id)
  else query.set('provider', one.provider)
  if (one.mailbox_address && one.mailbox_address !== one.address)
    query.set('mailbox', one.mailbox_address)
  return `/connect?${query}`
}

type Choice = Pick<Credential, 'id' | 'provider' | 'name' | 'access'>

/** Members cannot connect by app-only access: an administrator does. */
export const connectable = <T extends Choice>(credentials: T[]): T[] =>
  credentials.filter(({ access }) => access !== 'app_only')

/** The credential that the address names, by itself or by its provider. */
export function wantedCredential(
  credentials: Choice[],
  query: URLSearchParams,
): string | undefined {
  const [id, provider] = [query.get('credential'), query.get('provider')]
  return (
    credentials.find((one) => one.id === id) ?? credentials.find((one) => one.provider === provider)
  )?.id
}
