//! Addresses as people type and paste them: "山田 <y@example.jp>, b@example.com".

import type { Address } from '../jmap/types'

const BARE = /^[^\s@<>",;]+@[^\s@<>",;]+$/

export const isAddress = (text: string): boolean => BARE.test(text)

/** Splits at commas, semicolons and line ends that stand outside of quotes and brackets. */
export function parseAddresses(text: string): { good: Address[]; rest: string } {
  const pieces: string[] = []
  let piece = ''
  let quoted = false
  let bracket = false
  for (const char of text) {
    if (char === '"') quoted = !quoted
    if (char === '<') bracket = true
    if (char === '>') bracket = false
    if (!quoted && !bracket && /[,;\n、，；]/.test(char)) {
      pieces.push(piece)
      piece = ''
    } else piece += char
  }
  pieces.push(piece)
  const good: Address[] = []
  const bad: string[] = []
  for (const raw of pieces.map((p) => p.trim()).filter(Boolean)) {
    const found = parseOne(raw)
    if (found) good.push(found)
    else bad.push(raw)
  }
  return { good, rest: bad.join(', ') }
}

function parseOne(raw: string): Address | null {
  const match = /^(.*)<([^<>]+)>$/.exec(raw)
  const email = (match?.[2] ?? raw).trim()
  if (!isAddress(email)) return null
  const name = match?.[1]?.trim().replace(/^"|"$/g, '').replaceAll('\\"', '"').trim()
  return { name: name || null, email }
}

/** What a line shows: the name, else the address. */
export const shortName = (address: Address | undefined): string =>
  address ? address.name?.trim() || address.email : ''

export const fullName = (address: Address): string =>
  address.name?.trim() ? `${address.name.trim()} <${address.email}>` : address.email

const key = (address: Address) => address.email.toLowerCase()

export function unique(addresses: Address[], without: string[] = []): Address[] {
  const seen = new Set(without.map((email) => email.toLowerCase()))
  return addresses.filter((address) => !seen.has(key(address)) && seen.add(key(address)))
}
