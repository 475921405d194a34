//! HTML of strangers, made fit for the frame: the server has sanitised it once, here
//! a second time, and the frame has no scripts, no origin and its own policy.
//! Remote content stays out unless the person asks; cid: images come as data:.

import DOMPurify from 'dompurify'

export type Prepared = { html: string; blocked: number; cids: string[] }

const FORBID_TAGS = [
  ...'script iframe frame frameset object embed applet form input button select textarea'.split(
    ' ',
  ),
  ...'option base meta link audio video source track svg math template dialog portal'.split(' '),
]
const FORBID_ATTR = ['srcset', 'ping', 'action', 'formaction', 'background', 'poster', 'autofocus']
const REMOTE = /^\s*(https?:)?\/\//i
const CSS_ACTIVE = /url\s*\(|@import|expression\s*\(|image-set\s*\(|\\/i

/** `inline` maps a content id to a data: address. */
export function prepareHtml(
  source: string,
  options: { remote: boolean; inline: Record<string, string> },
): Prepared {
  const body = DOMPurify.sanitize(source, {
    FORBID_TAGS,
    FORBID_ATTR,
    ADD_ATTR: ['target'],
    ALLOW_DATA_ATTR: false,
    // The tail lets values pass that are no addresses at all ("100%", "center").
    ALLOWED_URI_REGEXP:
      /^(?:https?:|mailto:|tel:|cid:|data:image\/(?:png|jpe?g|gif|webp);|[^a-z]|[a-z+.-]+(?:[^a-z+.:-]|$))/i,
    RETURN_DOM: true,
    WHOLE_DOCUMENT: false,
    FORCE_BODY: true,
  }) as HTMLElement
  let blocked = 0
  const cids: string[] = []
  for (const image of body.querySelectorAll('img')) {
    const address = image.getAttribute('src') ?? ''
    if (/^cid:/i.test(address)) {
      const cid = decodeURIComponent(address.slice(4))
      cids.push(cid)
      if (options.inline[cid]) {
        image.setAttribute('src', options.inline[cid])
        image.setAttribute('data-cid', cid)
      } else image.removeAttribute('src')
    } else if (REMOTE.test(address) && !options.remote) {
      image.removeAttribute('src')
      blocked += 1
    } else if (!REMOTE.test(address) && !/^data:image\//i.test(address))
      image.removeAttribute('src')
    image.setAttribute('referrerpolicy', 'no-referrer')
  }
  for (const element of body.querySelectorAll('[style]')) {
    const style = element.getAttribute('style') ?? ''
    if (!CSS_ACTIVE.test(style)) continue
    blocked += /https?:/i.test(style) ? 1 : 0
    element.setAttribute(
      'style',
      style
        .split(';')
        .filter((rule) => !CSS_ACTIVE.test(rule))
        .join(';'),
    )
  }
  for (const sheet of body.querySelectorAll('style'))
    if (CSS_ACTIVE.test(sheet.textContent ?? '')) sheet.remove()
  for (const link of body.querySelectorAll('a[href], area[href]')) {
    // A relative address would lead into our own app.
    if (!/^(https?:|mailto:|tel:)/i.test(link.getAttribute('href') ?? '')) {
      link.removeAttribute('href')
      continue
    }
    link.setAttribute('target', '_blank')
    link.setAttribute('rel', 'noopener noreferrer nofollow')
    if (!link.getAttribute('title')) link.setAttribute('title', link.getAttribute('href') ?? '')
  }
  return { html: body.innerHTML, blocked, cids }
}

/** The document of the frame. Its policy holds even if everything before was fooled. */
export function frameDocument(html: string, remote: boolean, lang: string): string {
  const images = remote ? 'data: https: http:' : 'data:'
  const policy = `default-src 'none'; img-src ${images}; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'`
  return `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer"><style>
:root{color-scheme:light}html{background:#fff;color:#1e2226}
body{margin:16px;font:16px/1.6 system-ui,"Hiragino Sans","Yu Gothic UI","Noto Sans CJK JP",Meiryo,sans-serif;overflow-wrap:anywhere}
:lang(ja){line-height:1.75;line-break:strict}
img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}
blockquote{margin:0 0 0 2px;padding-left:12px;border-left:2px solid #cfcac0}a{color:#27497a}
</style></head><body>${html}</body></html>`
}

/** Japanese text has kana; Han alone does not tell. The tag picks the right glyphs. */
export function languageOf(text: string): string {
  if (/[\u3041-\u30ff\uff66-\uff9f]/.test(text)) return 'ja'
  return /[\u4e00-\u9fff]/.test(text) ? 'zh' : 'en'
}

/** Text of HTML, for quoting in a plain answer and for guessing a height. */
export function textOf(html: string): string {
  const clean = DOMPurify.sanitize(html, { RETURN_DOM: true, FORCE_BODY: true }) as HTMLElement
  for (const out of clean.querySelectorAll('style, title')) out.remove()
  for (const line of clean.querySelectorAll('br')) line.replaceWith('\n')
  for (const block of clean.querySelectorAll('p, div, tr, li, h1, h2, h3, h4, blockquote, pre'))
    block.append('\n')
  return (clean.textContent ?? '')
    .replace(/[ \t\u00a0]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
export const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (c) => ESCAPES[c]!)

/** Plain text as HTML paragraphs, for the rich editor. */
export const htmlOfText = (text: string): string =>
  text
    .split('\n')
    .map((line) => `<div>${escapeHtml(line) || '<br>'}</div>`)
    .join('')

export type Piece = { text: string; link?: string }

/** Plain text cut at addresses, so that a view can make links of them. */
export function linkPieces(text: string): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const match of text.matchAll(
    /https?:\/\/[^\s<>"'）」』】、。]+[^\s<>"'.,;:!?)）」』】、。]/g,
  )) {
    if (match.index > at) pieces.push({ text: text.slice(at, match.index) })
    pieces.push({ text: match[0], link: match[0] })
    at = match.index + match[0].length
  }
  if (at < text.length) pieces.push({ text: text.slice(at) })
  return pieces
}
