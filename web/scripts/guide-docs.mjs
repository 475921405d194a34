// The set-up guide as text: docs/operating/guide-{google,microsoft}[.ja].md, from the same
// data as the pages. `--check` fails when a file is not what it would write.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import ts from 'typescript'

const guide = new URL('../src/guide/', import.meta.url)
const docs = new URL('../../docs/operating/', import.meta.url)
const text = (name) => readFileSync(new URL(name, guide), 'utf8')
const json = (name) => JSON.parse(text(name))
/** A module of types and data: the types taken off, what is left run. */
async function data(name) {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 }
  const { outputText } = ts.transpileModule(text(name), { compilerOptions })
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`)
}

const labels = json('console.json')
const cards = json('cards.json')
const { CHECKED_ON } = await data('types.ts')
const { FIXED } = await data('parts.ts')
const shapes = {
  google: (await data('google.ts')).google,
  microsoft: (await data('microsoft.ts')).microsoft,
}
const own = { ja: json('words.ja.json'), en: json('words.en.json') }
const NAMES = { google: 'Google Mail', microsoft: 'Microsoft Exchange Online' }
const said = {
  ja: {
    other: 'English',
    lead: 'Web 画面の設定ガイドと同じ内容です。画面では、値がこのサーバのものになり、完了の記録と確認もできます。',
    address: '画面のアドレス',
    console: 'コンソール',
    manual: 'マニュアル (2022 年)',
    differs: '違い',
    wait: '待ち時間',
    value: '値',
    shown: 'ガイドの画面に表示される値',
    commands: 'コマンド',
    after: 'このあとの表示',
    appOnly: 'アプリのみのアクセスで使うカード',
    names: '現在の名前 | マニュアルの名前',
    unsure: 'マニュアルの箇所は、章の番号ではなく、画面の言葉で示します。',
  },
  en: {
    other: '日本語',
    lead: 'The same as the set-up guide in the web application. There, the values are those of your server, and it keeps what is done and checks the result.',
    address: 'On the screen',
    console: 'Console',
    manual: 'Manual (2022)',
    differs: 'What differs',
    wait: 'Waiting time',
    value: 'Value',
    shown: 'the value shown in the guide',
    commands: 'Commands',
    after: 'What you see afterwards',
    appOnly: 'Cards for app-only access',
    names: 'Name today | Name in the manual',
    unsure: 'Places in the manual are named by the words of its screens, not by chapter numbers.',
  },
}

function page(kind, lang) {
  const s = said[lang]
  const g = own[lang]
  const texts = json(`${kind}.${lang}.json`)
  const quote = (word) => (lang === 'ja' ? `「${word}」` : `“${word}”`)
  const day = new Intl.DateTimeFormat(lang === 'ja' ? 'ja-JP' : 'en-GB', {
    dateStyle: 'long',
    timeZone: 'UTC',
  }).format(Date.parse(CHECKED_ON))
  const label = (key) => labels[key][lang]
  // Inside the quotes: beside a Japanese letter bold would not be seen as such.
  const sentence = (text) => text.replace(/\[(\w+)\]/g, (_, key) => quote(`**${label(key)}**`))
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name])
  const file = (other) => `guide-${kind}${other === 'ja' ? '.ja' : ''}.md`
  const out = [
    `<!-- Made by web/scripts/guide-docs.mjs from web/src/guide. -->`,
    '',
    `# ${fill(g.title, { provider: NAMES[kind] })}`,
    '',
    `${s.other}: [${file(lang === 'ja' ? 'en' : 'ja')}](${file(lang === 'ja' ? 'en' : 'ja')})`,
    '',
    s.lead,
    s.unsure,
    '',
    fill(g['card.checked'], { date: day }),
    '',
    `## 0. ${g['step.before']}`,
    '',
    `- ${g['before.minutes']}: ${g[`before.${kind}.minutes`]}`,
    ...['role1', 'role2', 'role3'].map(
      (role) => `- ${g['before.people']}: ${g[`before.${kind}.${role}`]}`,
    ),
    '',
    `## 1. ${g['step.choose']}`,
    '',
    ...questions(kind, g),
    '',
    `## 2. ${g['step.console']}`,
  ]
  const list = cards[kind]
  const more =
    kind === 'microsoft' ? cards.microsoft_app_only.filter((id) => !list.includes(id)) : []
  list.forEach((id, i) => out.push(...card(id, `2.${i + 1}`)))
  if (more.length) out.push('', `## ${s.appOnly}`)
  more.forEach((id, i) => out.push(...card(id, `A.${i + 1}`)))
  for (const [i, step] of ['bring', 'verify', 'hand-over'].entries())
    out.push('', `## ${i + 3}. ${g[`step.${step}`]}`, '', ...last(step, kind, g))
  return `${out.join('\n')}\n`

  function card(id, number) {
    const shape = shapes[kind][id]
    const card = texts[id]
    const lines = ['', `### ${number} ${card.title}`, '', card.goal, '']
    lines.push(`- ${s.address}: \`/admin/guide/${kind}/${id}\``)
    if (shape.link) lines.push(`- ${s.console}: <${shape.link}>`)
    lines.push(`- ${s.manual}: ${card.manual}`)
    if (card.differs) lines.push(`- ${s.differs}: ${sentence(card.differs)}`)
    lines.push('')
    shape.steps.forEach((step, i) => {
      const when = step.when ? `(${g[`when.${step.when}`]}) ` : ''
      lines.push(`${i + 1}. ${when}${sentence(card.steps[step.id])}`)
      for (const key of step.values ?? []) {
        const fixed = FIXED[key]
        const shown = fixed
          ? fixed
              .split('\n')
              .map((one) => `\`${one}\``)
              .join(', ')
          : s.shown
        lines.push(`   - ${s.value} (${g[`value.${key}`]}): ${shown}`)
      }
    })
    lines.push('', `${s.after}: ${sentence(card.seen)}`)
    if (card.wait) lines.push('', `${s.wait}: ${sentence(card.wait)}`)
    lines.push('', `${g['card.notes']}:`, '')
    for (const note of Object.values(card.notes)) lines.push(`- ${sentence(note)}`)
    if (shape.code)
      lines.push('', `${s.commands}:`, '', '```powershell', ...shape.code.lines, '```')
    if (shape.names.length) {
      lines.push('', `| ${s.names} |`, '|---|---|')
      for (const [now, then] of shape.names)
        lines.push(
          `| ${label(now)} | ${then === null ? g['names.none'] : then === now ? g['names.same'] : label(then)} |`,
        )
    }
    return lines
  }
}
function questions(kind, g) {
  const choices = {
    reach: ['own', 'outside'],
    approval: ['organisation', 'each', ...(kind === 'microsoft' ? ['app_only'] : [])],
  }
  const out = []
  Object.entries(choices).forEach(([name, values], i) => {
    out.push(`${i + 1}. ${g[`choose.${name}`]}`)
    for (const value of values)
      out.push(`   - ${g[`choose.${name}.${value}`]}: ${g[`choose.${kind}.${name}.${value}`]}`)
  })
  out.push(
    `3. ${g['choose.shared']}`,
    `   - ${g['choose.shared.yes']}: ${g[`choose.${kind}.shared.yes`]}`,
  )
  out.push(`   - ${g['choose.shared.no']}`)
  out.push(`4. ${g['choose.mailboxes']}`, `   - ${g[`choose.${kind}.mailboxes`]}`)
  out.push(
    '',
    `${g['choose.manual']}: ${g[`choose.${kind}.manual`]}`,
    '',
    g[`choose.${kind}.manualText`],
  )
  return out
}
function last(step, kind, g) {
  if (step === 'bring')
    return [
      g[`bring.${kind}.lead`],
      '',
      g['bring.notKept'],
      ...(kind === 'google' ? ['', g['bring.pasteJson']] : []),
    ]
  if (step === 'verify')
    return [
      `1. ${g['verify.app']}: ${g['verify.appText']}`,
      `2. ${g['verify.mine']}: ${g[`verify.${kind}.mineText`]}`,
    ]
  return [g['hand.lead'], '', `- ${g[`hand.${kind}.later1`]}`, `- ${g[`hand.${kind}.later2`]}`]
}

const stale = []
for (const kind of ['google', 'microsoft'])
  for (const lang of ['en', 'ja']) {
    const file = new URL(`guide-${kind}${lang === 'ja' ? '.ja' : ''}.md`, docs)
    const wanted = page(kind, lang)
    if (existsSync(file) && readFileSync(file, 'utf8') === wanted) continue
    if (process.argv.includes('--check')) stale.push(file.pathname)
    else writeFileSync(file, wanted)
  }
if (stale.length) {
  console.error(`not up to date, run "npm run guide-docs": ${stale.join(', ')}`)
  process.exit(1)
}
