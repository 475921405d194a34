//! A check as plain text, to be sent to whoever helps. Secrets are masked, whoever said
//! them: also a provider may repeat what it was sent.

import { t, words, type Key } from '../words/words.svelte'
import type { Outcome, Step } from './types'

const MASK = '***'
const NAMES =
  'client_secret|client_assertion|assertion|refresh_token|access_token|id_token|token|code_verifier|code|password|passwd|pwd|secret|state|nonce|api_key|x-csrf-token|cookie'
const LONG = 20
const MIN_HUMP = 3.2

/** Takes out of a text what could be a secret; ids, names and addresses stay readable. */
export function mask(text: string): string {
  return text
    .replace(/\b(Bearer|Basic|XOAUTH2|OAUTHBEARER|PLAIN)(\s+)[^\s"',;]{6,}/gi, `$1$2${MASK}`)
    .replace(/(:\/\/)[^\s/@:]+:[^\s/@]+@/g, `$1${MASK}@`)
    .replace(
      new RegExp(`(["']?\\b(?:${NAMES})["']?\\s*(?:=|%3D)\\s*["']?)[^\\s&"',;]+`, 'gi'),
      `$1${MASK}`,
    )
    .replace(new RegExp(`(["'](?:${NAMES})["']\\s*:\\s*["'])[^"']+`, 'gi'), `$1${MASK}`)
    .replace(/\bGOCSPX-[\w-]+/g, `GOCSPX-${MASK}`)
    .replace(/\b(?:ya29\.|1\/\/)[\w./-]{8,}/g, MASK)
    .replace(/\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g, MASK)
    .replace(/[\w.~-]{3}\dQ~[\w.~-]{8,}/g, MASK)
    .replace(/\b\d+-[a-z0-9]+\.apps\.googleusercontent\.com|[\w+/~=-]{20,}(?=(.?))/g, hidden)
}

function hidden(run: string, next?: string): string {
  if (run.endsWith('.apps.googleusercontent.com') || next === '@') return run
  return isSecret(run) ? MASK : run
}

/** Whether a long run of letters and digits was made by a machine. */
function isSecret(run: string): boolean {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(run)) return false
  if (run.length < LONG || /^[-_=~]+$/.test(run) || /^\d+$/.test(run)) return false
  const parts = run.split(/[/_=~+-]+/).filter(Boolean)
  return !parts.every(isWord)
}

/** A word of people: letters, or a short number, or both where they are few and tidy. */
function isWord(part: string): boolean {
  if (/^\d{1,14}$/.test(part)) return true
  if (/^[a-z]+$/i.test(part)) {
    const humps = part.match(/[A-Z]?[a-z]+|[A-Z]+/g)?.length ?? 1
    return part.length <= 12 || part.length / humps >= MIN_HUMP
  }
  return part.length <= 12 && /^(?:[a-z]+\d{1,4}|v\d+[a-z]*|[A-Z]+\d+)$/.test(part)
}

export function stepName(step: Step): string {
  if (step.message) return step.message
  const key = `step.${step.name}` as Key
  return key in words.dictionary ? t(key) : step.name
}

export const outcomeWord = (outcome: Outcome): string => t(`outcome.${outcome}`)

const SECOND = 1000
/** 640 → "640 ms", 1812 → "1.8 s". */
export function took(ms: number): string {
  if (ms < SECOND) return t('step.ms', { n: Math.round(ms) })
  const n = new Intl.NumberFormat(words.lang, { maximumFractionDigits: 1 }).format(ms / SECOND)
  return t('step.seconds', { n })
}

/** All steps with time, version and outcome. */
export function reportOf(
  steps: Step[],
  { title, version, at = new Date() }: { title: string; version: string; at?: Date },
): string {
  const lines = [`${t('app.name')} ${version}`, title, at.toISOString(), '']
  for (const step of steps) {
    const about = [
      stepName(step),
      step.message ? step.name : '',
      step.subject ?? '',
      step.ms !== null && step.outcome !== 'running' ? `${step.ms} ms` : '',
    ].filter(Boolean)
    lines.push(`[${step.outcome}] ${about.join(' · ')}`)
    if (step.advice)
      lines.push(
        `  ${step.advice.cause}`,
        ...(step.advice.cure ? [`  ${step.advice.cure}`] : []),
        `  (${step.advice.cause_id})`,
      )
    const said = step.provider_said
    if (said) lines.push(`  ${t('step.said')} ${said.trim().replace(/\s*\n\s*/g, ' / ')}`)
  }
  return mask(lines.join('\n')) + '\n'
}

/** How a check went as a whole: the worst of it. */
export function verdict(steps: Step[]): Outcome {
  for (const outcome of ['running', 'fail', 'warn', 'ok'] as const)
    if (steps.some((step) => step.outcome === outcome)) return outcome
  return 'skip'
}
