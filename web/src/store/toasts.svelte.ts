//! Short notices at the foot of the page, some with one thing to do (undo, show).

export type Toast = {
  id: number
  text: string
  tone: 'plain' | 'bad'
  action?: { label: string; run: () => void }
}

const SHOWN_MS = 7000

class Toasts {
  items = $state<Toast[]>([])
  private count = 0

  say(text: string, action?: Toast['action'], tone: Toast['tone'] = 'plain') {
    const id = ++this.count
    this.items = [...this.items.slice(-2), { id, text, tone, action }]
    setTimeout(() => this.drop(id), tone === 'bad' ? 2 * SHOWN_MS : SHOWN_MS)
  }

  drop(id: number) {
    this.items = this.items.filter((toast) => toast.id !== id)
  }
}

export const toasts = new Toasts()
