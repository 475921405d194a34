//! Signing in, the same against the fake and the real server.
import { expect, type Page } from '@playwright/test'

export async function signIn(page: Page, login = 'sato', password = 'correct horse battery') {
  await page.goto('sign-in')
  await page.locator('input[autocomplete="username"]').fill(login)
  await page.locator('input[type="password"]').fill(password)
  await page.locator('form button.primary').click()
  await expect(page).not.toHaveURL(/sign-in/)
}
