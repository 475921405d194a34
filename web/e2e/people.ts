//! Signing in, the same against the fake and the real server.
import { expect, type Page } from '@playwright/test'

export const LOGIN = process.env.E2E_LOGIN ?? 'sato'
export const PASSWORD = process.env.E2E_PASSWORD ?? 'correct horse battery'

export async function signIn(page: Page, login = LOGIN, password = PASSWORD) {
  await page.goto('sign-in')
  await page.locator('input[autocomplete="username"]').fill(login)
  await page.locator('input[type="password"]').fill(password)
  await page.locator('form button.primary').click()
  await expect(page).not.toHaveURL(/sign-in/)
}
