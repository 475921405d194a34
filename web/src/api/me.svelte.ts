//! Who is signed in here.

import { resetMail } from '../store/mail.svelte'
import { words } from '../words/words.svelte'
import { api, setCsrf, whenSignedOut } from './client'
import { Problem } from './problem'
import type { Me, User } from './types'

class Session {
  /** undefined: not asked yet. null: signed out. */
  me = $state<Me | null | undefined>(undefined)
  problem = $state<Problem | null>(null)
  isAdministrator = $derived(this.me?.user.role === 'administrator')

  async load() {
    this.problem = null
    try {
      const me = await api.get<Me>('/api/me')
      setCsrf(me.csrf_token)
      if (me.user.language) await words.use(me.user.language)
      this.me = me
    } catch (error) {
      if (error instanceof Problem && error.status === 401) this.me = null
      else this.problem = error as Problem
    }
  }

  async signIn(login: string, password: string) {
    const { csrf_token } = await api.post<{ csrf_token: string }>('/api/sign-in', {
      login,
      password,
    })
    setCsrf(csrf_token)
    await this.load()
  }

  async redeem(token: string, password: string) {
    const { csrf_token } = await api.post<{ csrf_token: string }>('/api/invitations/redeem', {
      token,
      password,
    })
    setCsrf(csrf_token)
    await this.load()
  }

  async signOut() {
    await api.post('/api/sign-out')
    this.ended()
  }

  ended() {
    resetMail()
    this.me = null
  }

  updated(user: User) {
    if (this.me) this.me = { ...this.me, user }
  }
}

export const session = new Session()
whenSignedOut(() => {
  if (session.me) session.ended()
})
