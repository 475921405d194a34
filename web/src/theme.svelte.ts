//! Light, dark, or as the system wants. Kept in this browser only.

export type Theme = 'auto' | 'light' | 'dark'
const KEY = 'tegata.theme'

class Look {
  theme = $state<Theme>('auto')

  start() {
    const kept = localStorage.getItem(KEY)
    this.set(kept === 'light' || kept === 'dark' ? kept : 'auto')
  }

  set(theme: Theme) {
    this.theme = theme
    localStorage.setItem(KEY, theme)
    if (theme === 'auto') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme
  }
}

export const look = new Look()
