// Fails the build when the first load or a later chunk grows past its budget
// (facts: 120 kB gzip for the first load, 60 kB for any chunk loaded later).
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const FIRST = 120_000
const CHUNK = 60_000
const dist = new URL('../dist/', import.meta.url)
const size = (name) => gzipSync(readFileSync(new URL(`assets/${name}`, dist)), { level: 9 }).length
const files = readdirSync(new URL('assets/', dist))
const html = readFileSync(new URL('index.html', dist), 'utf8')
const named = files.filter((name) => html.includes(name))
// What everyone loads: the entry, the mail page and one dictionary, with all they import.
const seen = new Set()
const take = (name) => {
  if (seen.has(name)) return
  seen.add(name)
  if (!name.endsWith('.js')) return
  const text = readFileSync(new URL(`assets/${name}`, dist), 'utf8')
  for (const [, to] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) take(to)
}
for (const name of named) take(name)
for (const name of files) if (/^(MailPage|ja)-.*\.(js|css)$/.test(name)) take(name)
let first = gzipSync(html, { level: 9 }).length
for (const name of seen) first += size(name)
const big = files.filter((name) => !seen.has(name) && size(name) > CHUNK)
console.log(`first load ${(first / 1000).toFixed(1)} kB gzip of ${FIRST / 1000}`)
if (first > FIRST || big.length) {
  console.error('over budget', big)
  process.exit(1)
}
