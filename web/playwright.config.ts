import { defineConfig } from '@playwright/test'

// BASE_URL names a running server (base path included); without it the fake one is started.
const given = process.env.BASE_URL
const port = Number(process.env.PORT ?? 8099)

export default defineConfig({
  testDir: 'e2e',
  timeout: 60_000,
  workers: 1,
  reporter: [['line']],
  outputDir: 'test-results',
  use: {
    actionTimeout: 8000,
    navigationTimeout: 10_000,
    baseURL: given ? given.replace(/\/*$/, '/') : `http://localhost:${port}/`,
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    },
    locale: 'ja-JP',
    timezoneId: 'Asia/Tokyo',
    permissions: ['clipboard-read', 'clipboard-write'],
  },
  webServer: given
    ? undefined
    : { command: 'node test/fake/server.mjs', port, env: { PORT: String(port) } },
})
