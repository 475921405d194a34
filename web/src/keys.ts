//! Keys, safe for Japanese typing. The key that confirms an IME conversion must
//! never send, submit or pick; browsers order composition and keydown differently,
//! so both signs are asked (facts: webmail.md 2). Nobody else compares Enter.

/** True while the key belongs to an input method. */
export const composing = (event: KeyboardEvent): boolean =>
  event.isComposing || event.keyCode === 229

/** A real Enter of the person, not one of the input method. */
export const isEnter = (event: KeyboardEvent): boolean => event.key === 'Enter' && !composing(event)

/** Ctrl+Enter or Cmd+Enter: the only key that sends. */
export const isSend = (event: KeyboardEvent): boolean =>
  isEnter(event) && (event.ctrlKey || event.metaKey)

/** Whether the event comes from where text is typed. */
export function isTyping(event: KeyboardEvent): boolean {
  const at = event.target as HTMLElement | null
  if (!at?.closest) return false
  return at.isContentEditable || !!at.closest('input, textarea, select, [contenteditable="true"]')
}

/** The single-key command meant, or null: none while typing, composing or with a modifier. */
export function command(event: KeyboardEvent): string | null {
  if (composing(event) || event.ctrlKey || event.metaKey || event.altKey) return null
  if (isTyping(event) || document.querySelector('dialog[open]')) return null
  return event.key
}
