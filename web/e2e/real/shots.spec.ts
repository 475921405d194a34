//! Pictures of every screen of the demo, ja and en, 1440 and 390 wide, light and dark,
//! into the folder that TEGATA_SHOTS names: to be looked at. SHOTS=name,name takes some.
import { isAbsolute, join } from 'node:path'
import { expect, test } from '@playwright/test'
import { signIn } from '../people'
import { DEMO, demo } from '../places'
import { GUIDES, ROUTES, show } from './routes'

const wanted = process.env.TEGATA_SHOTS ?? 'shots'
const shots = isAbsolute(wanted) ? wanted : join('..', wanted)
const only = process.env.SHOTS?.split(',')

for (const locale of ['ja-JP', 'en-GB'])
  for (const width of [1440, 390])
    for (const colorScheme of ['light', 'dark'] as const)
      test(`${locale} ${width} ${colorScheme}`, async ({ browser }) => {
        test.setTimeout(180_000)
        const folder = join(shots, `${locale.slice(0, 2)}-${width}-${colorScheme}`)
        for (const [who, { login, password }] of Object.entries(DEMO)) {
          const context = await browser.newContext({
            baseURL: demo().base,
            locale,
            colorScheme,
            timezoneId: 'Asia/Tokyo',
            reducedMotion: 'reduce',
            viewport: { width, height: width > 700 ? 900 : 844 },
          })
          const page = await context.newPage()
          await page.goto('sign-in')
          await expect(page.locator('form')).toBeVisible()
          if (!only) await page.screenshot({ path: join(folder, 'sign-in.png') })
          await signIn(page, login, password)
          for (const route of [...ROUTES, ...GUIDES].filter((one) => one.who === who)) {
            if (only && !only.includes(route.name)) continue
            await show(page, route)
            await page.screenshot({ path: join(folder, `${route.name}.png`) })
          }
          await context.close()
        }
      })
