//! Words in two languages, without a library. `t('key', {name})` reads the
//! dictionary of the person; the other one is never loaded. Both files have equal
//! keys and placeholders (words.test.ts), and a key that does not exist does not compile.

import type en from './en.json'

export type Key = keyof typeof en
export type Lang = 'ja' | 'en'
type Dictionary = Record<Key, string>
type Stem<K> = K extends `${infer S}.other` ? S : never

const KEY = 'tegata.language'
const loaders: Record<Lang, () => Promise<{ default: Dictionary }>> = {
  ja: () => import('./ja.json'),
  en: () => import('./en.json'),
}

class Words {
  lang = $state<Lang>('en')
  dictionary = $state.raw<Dictionary>({} as Dictionary)

  async use(lang: Lang, remember = true) {
    const loaded = await loaders[lang]()
    this.dictionary = loaded.default
    this.lang = lang
    document.documentElement.lang = lang
    if (remember) localStorage.setItem(KEY, lang)
  }

  /** What the person chose here before, else the first language of the browser that we speak. */
  preferred(): Lang {
    const kept = localStorage.getItem(KEY)
    if (kept === 'ja' || kept === 'en') return kept
    for (const tag of navigator.languages ?? []) {
      if (tag.startsWith('ja')) return 'ja'
      if (tag.startsWith('en')) return 'en'
    }
    return 'en'
  }
}

export const words = new Words()

export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? String(values[name]) : whole,
  )
}

export function t(key: Key, values?: Record<string, string | number>): string {
  const text = words.dictionary[key] ?? key
  return values ? fill(text, values) : text
}

/** Plural: reads `key.one` or `key.other`, with `{n}`. */
export function tn(key: Stem<Key>, n: number, values: Record<string, string | number> = {}) {
  const form = new Intl.PluralRules(words.lang).select(n) === 'one' ? 'one' : 'other'
  const number = new Intl.NumberFormat(words.lang).format(n)
  return t(`${key}.${form}` as Key, { n: number, ...values })
}
