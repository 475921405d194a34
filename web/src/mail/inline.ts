//! Images inside of a mail. For showing, `cid:` becomes `data:`; in the editor each keeps
//! its content id beside it, and on keeping or sending it becomes `cid:` again.

import { asDataUrl, downloadAddress } from '../jmap/blobs'
import type { Email } from '../jmap/types'
import { mail } from '../store/mail.svelte'

const MAX_IMAGES = 40

/** Content id → data: address, for those that are there and not too large. */
export async function inlineImages(
  accountId: string,
  email: Email,
  cids: string[],
): Promise<Record<string, string>> {
  const template = mail.connection.session?.downloadUrl
  if (!template) return {}
  const parts = (email.attachments ?? []).filter(({ cid }) => cid && cids.includes(cid))
  const found = await Promise.all(
    parts.slice(0, MAX_IMAGES).map(async (part): Promise<[string, string | null]> => {
      const address = downloadAddress(template, accountId, part)
      return [part.cid!, await asDataUrl(address).catch(() => null)]
    }),
  )
  return Object.fromEntries(found.filter((pair): pair is [string, string] => pair[1] !== null))
}

/** The editor's HTML as it goes out. Parsed in a document that loads nothing. */
export function withContentIds(html: string): string {
  if (!html.includes('data-cid')) return html
  const { body } = new DOMParser().parseFromString(html, 'text/html')
  for (const image of body.querySelectorAll('img[data-cid]')) {
    image.setAttribute('src', `cid:${encodeURIComponent(image.getAttribute('data-cid') ?? '')}`)
    image.removeAttribute('data-cid')
  }
  return body.innerHTML
}
