//! Mail addresses as people paste them: one a line, or parted by commas, semicolons, tabs.

export type Addresses = { good: string[]; bad: { line: number; text: string }[] }

const ADDRESS = /^[^\s@,;<>"()]+@[^\s@,;<>"()]+\.[^\s@,;<>"().]+$/

export const isAddress = (text: string): boolean => text.length <= 254 && ADDRESS.test(text)

/** Every address once, in the order of the text; what is none is told with its line. */
export function readAddresses(text: string): Addresses {
  const good: string[] = []
  const bad: Addresses['bad'] = []
  const seen = new Set<string>()
  text.split(/\r\n|\r|\n/).forEach((line, i) => {
    for (const part of line.split(/[,;、，；\t]/)) {
      // "佐藤 花子 <hanako@example.jp>", and full-width signs of an input method
      const plain = part.normalize('NFKC').trim()
      const one = /<([^<>]+)>\s*$/.exec(plain)?.[1]?.trim() ?? plain
      if (!one) continue
      if (!isAddress(one)) bad.push({ line: i + 1, text: one })
      else if (!seen.has(one.toLowerCase())) {
        seen.add(one.toLowerCase())
        good.push(one)
      }
    }
  })
  return { good, bad }
}

/**
 * What people paste to invite many, as `login,name,address`: a line may also be an address
 * alone. Its login is what stands before the @, or the whole address where that is taken.
 */
export function invitationCsv(text: string): string {
  const taken = new Set<string>()
  const lines = text.split(/\r\n|\r|\n/).map((line) => line.trim().replaceAll('\t', ','))
  for (const line of lines) taken.add((line.split(/[,;]/)[0] ?? '').trim().toLowerCase())
  return lines
    .map((line) => {
      const address = line.normalize('NFKC')
      if (!isAddress(address)) return line
      const short = address.slice(0, address.indexOf('@'))
      const login = taken.has(short.toLowerCase()) ? address : short
      taken.add(login.toLowerCase())
      return `${login},${short},${address}`
    })
    .join('\n')
}
