//! The text for the members. Both languages are here together: whoever copies it may
//! read the other one.

import { fill, type Lang } from '../words/words.svelte'
import type { Guide } from './api'
import mail from './invitation.json'

export function invitation(guide: Guide, link: string, lang: Lang): string {
  const said = mail[lang]
  const unverified = guide.kind === 'google' && guide.variant?.audience !== 'internal'
  return [
    said.greeting,
    said.steps,
    unverified ? said.unverified : '',
    guide.kind === 'google' ? said.google : said.microsoft,
    guide.kind === 'microsoft' && guide.answers.shared_mailboxes ? said.shared : '',
    said.end,
  ]
    .filter(Boolean)
    .map((part) => fill(part, { provider: guide.label, link }))
    .join('\n\n')
}
