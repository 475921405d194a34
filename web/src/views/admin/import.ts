//! Moving in: what the server said about a file, made ready for the eye.

import type { Problem } from '../../api/problem'
import type { ImportedLink, LineNote } from '../../api/types'

export const MAX_BYTES = 20_000_000

/** Notes in the order of the file. */
export const byLine = (notes: LineNote[]): LineNote[] =>
  [...notes].sort((a, b) => a.line - b.line || a.field.localeCompare(b.field))

/** The wrong lines of a refused file; none where it was refused for another reason. */
export function wrongLines(problem: Problem | null): LineNote[] {
  const errors = problem?.more.errors
  if (problem?.status !== 422 || !Array.isArray(errors)) return []
  return byLine(errors.filter((one): one is LineNote => typeof one?.line === 'number'))
}

/** One line a person, ready to be pasted into mails. */
export const linksText = (links: ImportedLink[]): string =>
  links.map(({ name, login, url }) => `${name || login}\t${url}`).join('\n')

export const linkRows = (links: ImportedLink[], head: string[]): string[][] => [
  head,
  ...links.map(({ login, name, address, url, expires_at }) => [
    login,
    name,
    address,
    url,
    expires_at,
  ]),
]
