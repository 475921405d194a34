// Our own two rules, cheaper than a linter with plugins:
// no words in a component (they belong in src/words), and nobody but keys.ts
// compares the Enter key (an IME confirms with it).
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = new URL('../src/', import.meta.url).pathname
const problems = []

function walk(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) walk(path)
    else if (/\.(svelte|ts)$/.test(name)) check(path, readFileSync(path, 'utf8'))
  }
}

function check(path, text) {
  const where = path.slice(root.length)
  const tell = (index, what) =>
    problems.push(`${where}:${text.slice(0, index).split('\n').length} ${what}`)
  if (where !== 'keys.ts' && !where.endsWith('.test.ts'))
    for (const match of text.matchAll(/\.(?:key|code)\s*[!=]==?\s*['"`]Enter/g))
      tell(match.index, "compares 'Enter': use isEnter or isSend of keys.ts")
  if (!where.endsWith('.svelte')) return
  if (text.split('\n').length > 420) tell(0, 'is longer than 420 lines')
  const blank = (part) => part.replace(/[^\n]/g, ' ')
  let markup = text
    .replace(/<script[\s\S]*?<\/script>/g, blank)
    .replace(/<style[\s\S]*?<\/style>/g, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
  markup = withoutBraces(markup)
  for (const match of markup.matchAll(
    /(?:aria-label|title|placeholder|alt)="([^"{}]*\p{L}{2,}[^"{}]*)"/gu,
  ))
    if (!/^[\w.,@ 佐藤花子]+$/u.test(match[1]))
      tell(match.index, `words in an attribute: ${match[1]}`)
  for (const match of markup.replace(/<[^>]*>/g, blank).matchAll(/\p{L}[\p{L} ]{2,}/gu)) {
    if (/^\s*$/.test(match[0])) continue
    tell(match.index, `words in a component: ${match[0].trim()}`)
  }
}

/** Expressions may hold braces themselves, and `>`: cut from the inside out. */
function withoutBraces(text) {
  let out = ''
  let depth = 0
  for (const char of text) {
    if (char === '{') depth += 1
    out += depth > 0 && char !== '\n' ? ' ' : char
    if (char === '}') depth = Math.max(0, depth - 1)
  }
  return out
}

walk(root)
for (const problem of problems) console.error(problem)
process.exit(problems.length ? 1 : 0)
