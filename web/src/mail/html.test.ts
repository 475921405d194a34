// @vitest-environment jsdom
import { describe, expect, it } from 'vitest'
import { frameDocument, languageOf, linkPieces, prepareHtml, textOf } from './html'
import { withContentIds } from './inline'

const clean = (html: string, remote = false) => prepareHtml(html, { remote, inline: {} })

describe('what must never get through', () => {
  const nasty: [string, string][] = [
    ['a script', '<p>a<script>alert(1)</script></p>'],
    ['an event handler', '<img src="x" onerror="alert(1)">'],
    ['a javascript link', '<a href="javascript:alert(1)">x</a>'],
    ['a form', '<form action="https://example.org"><input name="a"></form>'],
    ['a frame', '<iframe src="https://example.org"></iframe>'],
    [
      'SVG with animation',
      '<svg><animate attributeName="href" values="javascript:alert(1)"/></svg>',
    ],
    ['a base', '<base href="https://example.org/">'],
    ['a refresh', '<meta http-equiv="refresh" content="0;url=https://example.org">'],
    ['a style sheet link', '<link rel="stylesheet" href="https://example.org/a.css">'],
  ]
  for (const [name, html] of nasty)
    it(name, () => {
      expect(clean(html, true).html).not.toMatch(
        /script|onerror|<form|<iframe|<svg|animate|<base|<meta|<link/i,
      )
    })
})

describe('remote content stays out until it is asked for', () => {
  const remote: [string, string][] = [
    ['an image', '<img src="https://example.org/a.png">'],
    ['an image without scheme', '<img src="//example.org/a.png">'],
    [
      'a background attribute',
      '<table background="https://example.org/a.png"><tr><td>x</td></tr></table>',
    ],
    ['a srcset', '<img srcset="https://example.org/a.png 2x">'],
    ['a style url', '<p style="background:url(https://example.org/a.png)">x</p>'],
    ['an unclosed style url', '<p style="background:url(https://example.org/a.png">x</p>'],
    ['a CSS escape', '<p style="background:\\75rl(https://example.org/a.png)">x</p>'],
    ['a style sheet', '<p>x</p><style>p{background:url(https://example.org/a.png)}</style>'],
    ['an import', '<p>x</p><style>@import "https://example.org/a.css";</style>'],
  ]
  for (const [name, html] of remote)
    it(name, () => expect(clean(html).html).not.toContain('example.org'))

  it('counts what was left out', () => {
    expect(
      clean('<img src="https://example.org/1.png"><img src="https://example.org/2.png">').blocked,
    ).toBe(2)
  })
  it('images come when the person asks', () => {
    expect(clean('<img src="https://example.org/1.png">', true).html).toContain('example.org')
  })
})

it('attributes that are no addresses survive', () => {
  const { html } = clean(
    '<table border="1" cellpadding="8" width="100%" align="center"><tbody><tr><td>x</td></tr></tbody></table>',
  )
  expect(html).toContain('cellpadding="8"')
  expect(html).toContain('width="100%"')
})

it('links open outside without a referrer; relative ones lead nowhere', () => {
  const { html } = clean('<a href="https://example.org/">a</a><a href="/admin">b</a>')
  expect(html).toContain('rel="noopener noreferrer nofollow"')
  expect(html).not.toContain('/admin')
})

it('an inline image is filled from its content id', () => {
  const source = '<img src="cid:logo@x">'
  expect(clean(source).cids).toEqual(['logo@x'])
  const filled = prepareHtml(source, {
    remote: false,
    inline: { 'logo@x': 'data:image/png;base64,AA==' },
  })
  expect(filled.html).toContain('data:image/png')
})

it('an inline image becomes cid again when the mail goes out', () => {
  const shown = prepareHtml('<img src="cid:a%20b">', {
    remote: false,
    inline: { 'a b': 'data:image/png;base64,AA==' },
  })
  expect(withContentIds(shown.html)).toMatch(/src="cid:a%20b"/)
  expect(withContentIds('<p>x</p>')).toBe('<p>x</p>')
})

it('the frame has its own policy', () => {
  expect(frameDocument('', false, 'ja')).toContain("default-src 'none'; img-src data:; style-src")
})

it('kana make it Japanese', () => {
  expect(languageOf('お世話になります')).toBe('ja')
  expect(languageOf('hello')).toBe('en')
})

it('text keeps line breaks and drops styles', () => {
  expect(textOf('<style>p{}</style><p>a<br>b</p><div>c</div>')).toBe('a\nb\nc')
})

it('links end before Japanese punctuation', () => {
  expect(linkPieces('資料は https://example.jp/a?b=1。以上')[1]).toEqual({
    text: 'https://example.jp/a?b=1',
    link: 'https://example.jp/a?b=1',
  })
})
