//! The administrator's side of the guides' server: everything taken back between stories.
import { expect, type Browser, type Page } from '@playwright/test'
import { signIn } from '../people'
import { ADMIN, type Place } from '../places'
import { control, GOOGLE, MICROSOFT, type Language } from './helpers'

export const TENANT = 'aaaabbbb-0000-4ccc-8ddd-2222eeee3333'
export type Provider = 'google' | 'microsoft'

/** The two apps as they are at first. */
const apps = (base: string) => ({
  google: (change: object = {}) => ({
    provider: 'google',
    client_id: GOOGLE.id,
    secrets: [GOOGLE.secret],
    unverified: true,
    redirect_uris: [`${base}common/cmn270.do`],
    ...change,
  }),
  microsoft: (change: object = {}) => ({
    provider: 'microsoft',
    client_id: MICROSOFT.id,
    secrets: [MICROSOFT.secret],
    redirect_uris: [`${base}common/cmn270.do`],
    ...change,
  }),
})

let people = 0

export class Office {
  private constructor(
    readonly page: Page,
    private place: Place,
    private csrf: string,
  ) {}

  get sandbox() {
    return control(this.place)
  }

  /** Signed in as the administrator, with nothing registered and nothing broken. */
  static async open(place: Place, browser: Browser, language: Language): Promise<Office> {
    const context = await browser.newContext({
      baseURL: place.base,
      locale: language === 'ja' ? 'ja-JP' : 'en-GB',
      viewport: { width: 1440, height: 900 },
    })
    const page = await context.newPage()
    await signIn(page, ADMIN.login, ADMIN.password)
    const me = (await (await page.request.get('api/me')).json()) as { csrf_token: string }
    const office = new Office(page, place, me.csrf_token)
    await office.takeBack()
    return office
  }

  async ask<T>(method: string, path: string, data?: unknown, more: object = {}): Promise<T> {
    const headers = { 'X-CSRF-Token': this.csrf, ...more }
    const response = await this.page.request.fetch(`api/${path}`, { method, data, headers })
    expect(response.ok(), `${method} ${path}: ${await response.text()}`).toBe(true)
    return (response.status() === 204 ? null : await response.json()) as T
  }

  private async takeBack() {
    await this.sandbox.post('/faults', { clear: true })
    await this.app('google')
    await this.app('microsoft')
    for (const path of ['accounts?all=1', 'credentials']) {
      const { items } = await this.ask<{ items: { id: string }[] }>('GET', path)
      for (const { id } of items) await this.ask('DELETE', `${path.split('?')[0]}/${id}`)
    }
    for (const provider of ['google', 'microsoft']) await this.ask('DELETE', `guides/${provider}`)
  }

  /** The provider's app; `change` breaks something. */
  async app(provider: Provider, change: object = {}) {
    await this.sandbox.post('/apps', apps(this.place.base)[provider](change))
  }

  /** Somebody who has never consented, with a mailbox. */
  async newPerson(provider: Provider, change: object = {}) {
    people += 1
    const domain = provider === 'google' ? 'example.com' : 'contoso.example'
    const address = `mika-${process.pid}-${people}@${domain}`
    await this.sandbox.post('/people', { provider, address, name: '本田 美香', ...change })
    return address
  }

  /** A credential that the guide has made, as after its step of bringing the values. */
  async bring(provider: Provider, change: object = {}): Promise<string> {
    const { id: client_id, secret: client_secret } = provider === 'google' ? GOOGLE : MICROSOFT
    const body = { provider, client_id, client_secret, ...change }
    const { id } = await this.ask<{ id: string }>('POST', 'credentials', body)
    await this.leave(provider, { credential_id: id, step: 'verify' })
    return id
  }

  /** Changes what the guide keeps, as another window would. */
  async leave(provider: Provider, change: object) {
    const path = `guides/${provider}`
    const etag = (await this.page.request.get(`api/${path}`)).headers()['etag'] ?? ''
    await this.ask('PATCH', path, change, { 'If-Match': etag })
  }

  async close() {
    await this.page.context().close()
  }
}
