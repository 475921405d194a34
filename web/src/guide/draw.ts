//! Lays out the schematic of a console's window in pixels of its own: nothing is scaled,
//! so letters stay legible on a phone. Widths of text are estimated, never measured.

import type { Drawing, Row } from './types'

export type Shape =
  | { as: 'box'; x: number; y: number; w: number; h: number; look: string; r?: number }
  | { as: 'dot'; x: number; y: number; r: number; look: string }
  | { as: 'text'; x: number; y: number; text: string; look: string; middle?: boolean }
  | { as: 'path'; d: string; look: string }
export type Laid = { width: number; height: number; shapes: Shape[] }
export type Told = {
  host: string
  textOf: (word: string) => string
  /** The number that a step has on this card, or 0. */
  numberOf: (step: string | undefined) => number
}

const SIZE = 12
const LINE = 17
const WIDE = 520
const RAIL = 192
const GUTTER = 34
const PAD = 14

const em = (char: string) =>
  /[\u2e80-\uffef]/.test(char) ? 1 : /[A-Z@%mwMW]/.test(char) ? 0.68 : 0.54
export const widthOf = (text: string) => [...text].reduce((sum, char) => sum + em(char), 0) * SIZE

export function clipped(text: string, room: number): string {
  if (widthOf(text) <= room) return text
  let out = ''
  for (const char of text) {
    if (widthOf(out + char) > room - SIZE) break
    out += char
  }
  return `${out}…`
}

export function wrapped(text: string, room: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const piece of text.split(/(?<=[ ›/])|(?=[\u2e80-\uffef])/)) {
    if (line && widthOf(line + piece) > room) {
      lines.push(line.trimEnd())
      line = ''
    }
    line += piece
  }
  if (line) lines.push(line)
  return lines.map((one) => clipped(one, room))
}

export function layOut(drawing: Drawing, width: number, told: Told): Laid {
  const shapes: Shape[] = []
  const wide = width >= WIDE
  const box = (x: number, y: number, w: number, h: number, look: string, r = 4) =>
    shapes.push({ as: 'box', x, y, w, h, look, r })
  const write = (x: number, y: number, text: string, look = 'ink') =>
    shapes.push({ as: 'text', x, y, text, look })
  const badge = (x: number, y: number, n: number) => {
    shapes.push({ as: 'dot', x, y, r: 10, look: 'badge' })
    shapes.push({ as: 'text', x, y: y + 4, text: String(n), look: 'onBadge', middle: true })
  }
  const bar = 30
  for (const i of [0, 1, 2]) shapes.push({ as: 'dot', x: 16 + i * 14, y: 15, r: 4, look: 'light' })
  box(64, 6, width - 76, 18, 'address', 9)
  write(76, 19, clipped(told.host, width - 100), 'soft small')

  const menu = drawing.menu.map(told.textOf)
  const menuNumber = told.numberOf(drawing.menuStep)
  let y = bar + 14
  let left = 0
  let railEnd = 0
  if (wide) {
    left = RAIL
    let at = y
    menu.forEach((entry, i) => {
      const indent = i * 12
      const open = i === menu.length - 1
      const lines = wrapped(entry, RAIL - 52 - indent)
      const high = lines.length * LINE + 10
      if (open) box(8, at, RAIL - 16, high, menuNumber ? 'here marked' : 'here')
      lines.forEach((line, k) =>
        write(18 + indent, at + 17 + k * LINE, line, open ? 'strong' : 'soft'),
      )
      if (open && menuNumber) badge(RAIL - 22, at + high / 2, menuNumber)
      at += high + 4
    })
    railEnd = at
    y += 2
  } else {
    const x = menuNumber ? GUTTER : PAD
    if (menuNumber) badge(PAD + 4, y + 8, menuNumber)
    const lines = wrapped(menu.join(' › '), width - x - PAD)
    lines.forEach((line, k) => write(x, y + 12 + k * LINE, line, 'soft'))
    y += lines.length * LINE + 10
    shapes.push({ as: 'path', d: `M0 ${y}H${width}`, look: 'rule' })
    y += 12
  }
  const x = left + GUTTER + 4
  const room = width - x - PAD - 2
  for (const line of wrapped(told.textOf(drawing.title), room)) {
    write(x, y + 13, line, 'title')
    y += LINE
  }
  y += 12
  for (const row of drawing.rows) y = rowAt(row, x, y, room) + 12

  function label(text: string, at: number, look = 'soft'): number {
    for (const line of wrapped(text, room)) {
      write(x, at + 12, line, look)
      at += LINE
    }
    return at
  }
  function mark(row: Row, at: number): string {
    const n = told.numberOf(row.step)
    if (n) badge(x - 19, at, n)
    return n ? ' marked' : ''
  }
  function rowAt(row: Row, x: number, y: number, room: number): number {
    switch (row.as) {
      case 'field': {
        y = label(told.textOf(row.label), y) + 3
        box(x, y, room, 28, `field${mark(row, y + 14)}`)
        write(x + 10, y + 18, clipped(told.textOf(row.value ?? ''), room - 20))
        return y + 28
      }
      case 'choice': {
        if (row.label) y = label(told.textOf(row.label), y) + 3
        row.of.forEach((option, i) => {
          const on = i === row.on
          const lines = wrapped(told.textOf(option), room - 34)
          if (on) box(x, y, room, lines.length * LINE + 8, `choice${mark(row, y + 12)}`)
          shapes.push({ as: 'dot', x: x + 14, y: y + 12, r: 6, look: on ? 'ring on' : 'ring' })
          if (on) shapes.push({ as: 'dot', x: x + 14, y: y + 12, r: 3, look: 'badge' })
          lines.forEach((line, k) => write(x + 28, y + 16 + k * LINE, line, on ? 'strong' : 'ink'))
          y += lines.length * LINE + 10
        })
        return y - 2
      }
      case 'tick': {
        const lines = wrapped(told.textOf(row.label), room - 34)
        const high = lines.length * LINE + 8
        box(x, y, room, high, `choice${mark(row, y + 12)}`)
        box(x + 8, y + 6, 12, 12, row.off ? 'tick' : 'tick on', 2)
        if (!row.off)
          shapes.push({ as: 'path', d: `M${x + 11} ${y + 12}l2.5 3 4.5-6`, look: 'check' })
        lines.forEach((line, k) => write(x + 28, y + 16 + k * LINE, line))
        return y + high
      }
      case 'button':
      case 'link': {
        const text = clipped(told.textOf(row.label), room - 28)
        const w = widthOf(text) + 28
        const look = row.as === 'link' ? 'choice' : row.main ? 'main' : 'button'
        box(x, y, w, 28, look + mark(row, y + 14))
        shapes.push({
          as: 'text',
          x: x + w / 2,
          y: y + 18,
          text,
          look: row.as === 'button' && row.main ? 'onMain' : row.as === 'link' ? 'linked' : 'ink',
          middle: true,
        })
        return y + 28
      }
      case 'line': {
        y = label(told.textOf(row.label), y) + 1
        box(x, y, room, 24, `value${mark(row, y + 12)}`)
        write(x + 10, y + 16, clipped(told.textOf(row.value), room - 20), 'strong')
        return y + 24
      }
      case 'table': {
        const column = room / row.head.length
        row.head.forEach((head, i) => {
          write(x + i * column + 6, y + 12, clipped(told.textOf(head), column - 12), 'soft')
        })
        y += 20
        shapes.push({ as: 'path', d: `M${x} ${y}h${room}`, look: 'rule' })
        const look = mark(row, y + 17)
        if (look) box(x + row.at * column, y + 4, column, 26, `value${look}`)
        row.cells.forEach((cell, i) => {
          write(
            x + i * column + 6,
            y + 21,
            clipped(told.textOf(cell), column - 12),
            i === row.at ? 'strong' : 'ink',
          )
        })
        return y + 30
      }
    }
  }
  const height = Math.max(y, railEnd) + 8
  if (wide) shapes.unshift({ as: 'path', d: `M${RAIL} ${bar}V${height}`, look: 'rule' })
  shapes.unshift({ as: 'path', d: `M0 ${bar}H${width}`, look: 'rule' })
  return { width, height: Math.ceil(height), shapes }
}
