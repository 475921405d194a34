//! What a card of the guide is made of. The structure is in google.ts and microsoft.ts,
//! the sentences in *.ja.json and *.en.json, the consoles' own words in console.json.
//! `[key]` in a sentence is a word of the console, `code` in back quotes is typed as it is.

import type consoleWords from './console.json'
import type googleTexts from './google.en.json'
import type microsoftTexts from './microsoft.en.json'

export type Kind = 'google' | 'microsoft'
export type ConsoleKey = keyof typeof consoleWords
export type Lang = 'ja' | 'en'

/** When a step or a row of a drawing is for some variants only. */
export type When = 'internal' | 'external' | 'single' | 'multi' | 'delegated' | 'app_only'

/** Values that a card offers for copying. */
export type ValueKey =
  | 'app_name'
  | 'client_name'
  | 'secret_name'
  | 'gmail_api'
  | 'redirect_uri'
  | 'home_page'
  | 'authorized_domain'
  | 'scopes'
  | 'permissions'
  | 'exchange_api'
  | 'app_permissions'
  | 'server_addresses'
  | 'client_id'

export type CardText = {
  title: string
  goal: string
  steps: Record<string, string>
  seen: string
  notes: Record<string, string>
  wait: string
  manual: string
  differs: string
}
export type StepShape<S extends string = string> = {
  id: S
  when?: When
  values?: ValueKey[]
  /** A step of ours, where the step happens here. */
  here?: 'bring'
}
type Marked<S extends string> = { step?: S; when?: When }
export type Row<S extends string = string> = Marked<S> &
  (
    | { as: 'field'; label: ConsoleKey; value?: string }
    | { as: 'choice'; label?: ConsoleKey; of: ConsoleKey[]; on: number }
    | { as: 'tick'; label: ConsoleKey | `=${string}`; off?: true }
    | { as: 'button'; label: ConsoleKey; main?: true }
    | { as: 'link'; label: ConsoleKey }
    | { as: 'line'; label: ConsoleKey; value: ConsoleKey | `=${string}` }
    | { as: 'table'; head: ConsoleKey[]; cells: (ConsoleKey | `=${string}`)[]; at: number }
  )
export type Drawing<S extends string = string> = {
  /** The menu at the left, from the outside in; the last is the open page. */
  menu: ConsoleKey[]
  /** The step that goes there by the menu. */
  menuStep?: S
  title: ConsoleKey
  rows: Row<S>[]
}
export type CodeBlock = {
  /** `{object_id}`, `{client_id}`; a line with `{mailbox}` or `{person}` is repeated for each. */
  lines: string[]
  fill: ('client_id' | 'object_id' | 'mailboxes' | 'shared')[]
  /** The server's own lines for those who still wait, where it has any. */
  own?: 'mail_apps'
}
export type CardShape<S extends string = string> = {
  /** The requirements that this card meets. */
  covers: string[]
  host: 'cloud' | 'workspace' | 'entra' | 'm365' | null
  link: string | null
  steps: StepShape<S>[]
  /** What it is called today, and what the manual of 2022 calls it (null: it had no such page). */
  names: [now: ConsoleKey, then: ConsoleKey | null][]
  /** The word for the console's own search box. */
  search: ConsoleKey | null
  drawing: Drawing<S> | null
  /** Notes that are for some variants only. */
  notes?: Record<string, When>
  code?: CodeBlock
  /** How many people have ever consented is shown here. */
  counts?: true
  /** The link for admin consent is shown here once there is a credential. */
  consent?: true
}

type ShapesOf<T extends Record<string, CardText>> = {
  [C in keyof T]: CardShape<keyof T[C]['steps'] & string>
}
export type GoogleShapes = ShapesOf<typeof googleTexts>
export type MicrosoftShapes = ShapesOf<typeof microsoftTexts>
export type CardTexts = Record<string, CardText>
export type Shapes = Record<string, CardShape>

/** The day on which the consoles' names were looked at. */
export const CHECKED_ON = '2026-11-22'
