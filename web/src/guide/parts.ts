//! A sentence of the guide in its parts: text, words of the console, code, values.

import type { CardShape, CardText, CodeBlock, ConsoleKey, ValueKey, When } from './types'
import type { Guide, Variant } from './api'

export type Part = { as: 'text' | 'label' | 'code'; text: string }

export function partsOf(sentence: string, labelOf: (key: ConsoleKey) => string): Part[] {
  return sentence
    .split(/(\[\w+\]|`[^`]+`)/)
    .filter(Boolean)
    .map((piece): Part => {
      if (/^\[\w+\]$/.test(piece))
        return { as: 'label', text: labelOf(piece.slice(1, -1) as ConsoleKey) }
      if (piece.startsWith('`')) return { as: 'code', text: piece.slice(1, -1) }
      return { as: 'text', text: piece }
    })
}

/** Whether a step belongs to the variant; `maybe` before one is chosen. */
export function fits(when: When | undefined, variant: Variant | null): 'yes' | 'no' | 'maybe' {
  if (!when) return 'yes'
  if (!variant) return 'maybe'
  const is = [variant.audience, variant.tenancy, variant.access] as (string | null)[]
  return is.includes(when) ? 'yes' : 'no'
}

export const stepsOf = (shape: CardShape, variant: Variant | null) =>
  shape.steps.filter(({ when }) => fits(when, variant) !== 'no')

export const notesOf = (shape: CardShape, text: CardText, variant: Variant | null) =>
  Object.entries(text.notes).filter(([id]) => fits(shape.notes?.[id], variant) !== 'no')

/** What our own values are; they mean the same at every installation. */
export const FIXED = {
  app_name: 'Tegata',
  client_name: 'Tegata web',
  secret_name: 'Tegata',
  gmail_api: 'Gmail API',
  exchange_api: 'Office 365 Exchange Online',
  permissions: 'IMAP.AccessAsUser.All\nSMTP.Send\noffline_access\nopenid\nprofile\nemail',
  app_permissions: 'IMAP.AccessAsApp\nSMTP.SendAsApp',
} as const

export function valueOf(key: ValueKey, guide: Guide, clientId: string): string {
  const { values } = guide
  switch (key) {
    case 'redirect_uri':
      return values.redirect_uri
    case 'home_page':
      return values.home_page
    case 'authorized_domain':
      return values.authorized_domain ?? ''
    case 'scopes':
      return values.scopes.join('\n')
    case 'server_addresses':
      return (values.server_addresses ?? [])
        .map((address) => (address.includes('/') ? address : address + prefix(address)))
        .join('\n')
    case 'client_id':
      return clientId
    default:
      return FIXED[key]
  }
}
const prefix = (address: string) => (address.includes(':') ? '/128' : '/32')

export type Filled = { client_id: string; object_id: string; mailboxes: string; shared: string }

const linesOf = (text: string) =>
  text
    .split(/[\s,;]+/)
    .map((one) => one.trim())
    .filter(Boolean)
/** In PowerShell a quote inside single quotes is doubled. */
const quoted = (text: string) => text.replaceAll("'", "''")

/** The commands with what is known; a line about a mailbox is repeated for each. */
export function commands({ lines }: CodeBlock, filled: Filled): string {
  const boxes = linesOf(filled.mailboxes)
  const shared = filled.shared
    .split('\n')
    .map((line) => linesOf(line))
    .filter(([box]) => box)
  const put = (line: string, values: Record<string, string>) =>
    line.replace(/\{(\w+)\}/g, (whole, name: string) =>
      values[name] ? quoted(values[name]) : whole,
    )
  const known = { client_id: filled.client_id, object_id: filled.object_id.trim() }
  return lines
    .flatMap((line) => {
      if (line.includes('{mailbox}') && boxes.length)
        return boxes.map((mailbox) => put(line, { ...known, mailbox }))
      if (line.includes('{person}') && shared.length)
        return shared.flatMap(([box, ...people]) =>
          (people.length ? people : ['']).map((person) =>
            put(line, { ...known, shared: box ?? '', person }),
          ),
        )
      if (line.includes('{shared}') && shared.length)
        return shared.map(([box]) => put(line, { ...known, shared: box ?? '' }))
      return [put(line, known)]
    })
    .join('\n')
}
