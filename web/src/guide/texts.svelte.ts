//! The guide's own words, loaded with the guide and not before: what its pages say
//! (`g`), the sentences of the cards, and the words of the consoles in both languages.

import { fill, words, type Lang } from '../words/words.svelte'
import type { CardTexts, ConsoleKey, Kind } from './types'
import type consoleWords from './console.json'
import type googleTexts from './google.en.json'
import type microsoftTexts from './microsoft.en.json'
import type own from './words.en.json'

export type GuideKey = keyof typeof own
type Stem<K> = K extends `${infer S}.other` ? S : never
type Own = Record<GuideKey, string>

// The types say it: no language may lack a sentence that the other one has.
const owns: Record<Lang, () => Promise<{ default: Own }>> = {
  ja: () => import('./words.ja.json'),
  en: () => import('./words.en.json'),
}
const cards: {
  google: Record<Lang, () => Promise<{ default: typeof googleTexts }>>
  microsoft: Record<Lang, () => Promise<{ default: typeof microsoftTexts }>>
} = {
  google: { ja: () => import('./google.ja.json'), en: () => import('./google.en.json') },
  microsoft: { ja: () => import('./microsoft.ja.json'), en: () => import('./microsoft.en.json') },
}
const CONSOLE = 'tegata.guide.console'

class GuideTexts {
  own = $state.raw<Own>({} as Own)
  cards = $state.raw<CardTexts>({})
  private consoles = $state.raw<typeof consoleWords | null>(null)
  private chosen = $state<Lang | null>(kept())
  /** The language in which the console is shown to this person. */
  consoleLang = $derived<Lang>(this.chosen ?? words.lang)
  ready = $state('')

  async load(kind: Kind, lang: Lang) {
    const [own, texts, consoles] = await Promise.all([
      owns[lang](),
      cards[kind][lang](),
      import('./console.json'),
    ])
    this.own = own.default
    this.cards = texts.default
    this.consoles = consoles.default
    this.ready = `${kind}.${lang}`
  }

  speak(lang: Lang) {
    this.chosen = lang
    localStorage.setItem(CONSOLE, lang)
  }

  /** A word of the console, in the console's language. */
  label = (key: ConsoleKey): string => this.consoles?.[key]?.[this.consoleLang] ?? key
}
function kept(): Lang | null {
  const lang = localStorage.getItem(CONSOLE)
  return lang === 'ja' || lang === 'en' ? lang : null
}

export const texts = new GuideTexts()

export function g(key: GuideKey, values?: Record<string, string | number>): string {
  const text = texts.own[key] ?? key
  return values ? fill(text, values) : text
}
export function gn(key: Stem<GuideKey>, n: number, values: Record<string, string | number> = {}) {
  const form = new Intl.PluralRules(words.lang).select(n) === 'one' ? 'one' : 'other'
  const number = new Intl.NumberFormat(words.lang).format(n)
  return g(`${key}.${form}` as GuideKey, { n: number, ...values })
}
/** A console's word as it is quoted in a sentence of this person's language. */
export const quote = (word: string): string => (words.lang === 'ja' ? `「${word}」` : `“${word}”`)
