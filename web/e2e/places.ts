//! Where the real program is (told by setup.ts), and who can sign in there.

export type Place = { base: string; control: string }
/** One for each file of stories that changes what is registered: they run side by side. */
export type Places = Record<'story' | 'trouble' | 'guide' | 'faults' | 'endings' | 'demo', Place>

export const ADMIN = { login: 'kanri', password: 'stories have a long password' }
export const DEMO = {
  admin: { login: 'admin', password: 'tegata-demo-admin' },
  member: { login: 'hanako', password: 'tegata-demo-hanako' },
}

function at(name: keyof Places): () => Place {
  return () => {
    const places = JSON.parse(process.env.TEGATA_PLACES ?? '{}') as Partial<Places>
    const place = places[name]
    if (!place) throw new Error(`the server of ${name} is not running`)
    return place
  }
}
export const story = at('story')
export const trouble = at('trouble')
export const guide = at('guide')
export const faults = at('faults')
export const endings = at('endings')
export const demo = at('demo')
