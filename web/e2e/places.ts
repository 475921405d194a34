//! Where the real program is (told by setup.ts), and who can sign in there.

export type Place = { base: string; control: string }
export type Places = { story: Place | null; demo: Place }

export const ADMIN = { login: 'kanri', password: 'stories have a long password' }
export const DEMO = {
  admin: { login: 'admin', password: 'tegata-demo-admin' },
  member: { login: 'hanako', password: 'tegata-demo-hanako' },
}

const places = () => JSON.parse(process.env.TEGATA_PLACES ?? '{}') as Partial<Places>

export function story(): Place {
  const place = places().story
  if (!place) throw new Error('the story server is not running')
  return place
}
export function demo(): Place {
  const place = places().demo
  if (!place) throw new Error('the demo is not running')
  return place
}
