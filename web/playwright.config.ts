import { defineConfig } from '@playwright/test'

// Two projects: `fake` runs the application against a small server in memory; `real`
// runs against the program that TEGATA_PROGRAM names, with a Google and a Microsoft of
// its own (e2e/setup.ts starts and stops them). TEGATA_SHOTS=folder takes pictures of
// the real program's screens instead of running the stories.
const program = process.env.TEGATA_PROGRAM
const shots = process.env.TEGATA_SHOTS
const port = Number(process.env.PORT ?? 8099)

export default defineConfig({
  testDir: 'e2e',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // The files of real stories have servers of their own; the fake one is shared.
  workers: 3,
  // A busy machine can lose a click; what passed only the second time is named as flaky.
  retries: process.env.CI ? 1 : 0,
  forbidOnly: !!process.env.CI,
  reporter: [['list']],
  outputDir: 'test-results',
  globalSetup: program ? './e2e/setup.ts' : undefined,
  use: {
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    launchOptions: {
      executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
    locale: 'ja-JP',
    timezoneId: 'Asia/Tokyo',
    permissions: ['clipboard-read', 'clipboard-write'],
    screenshot: 'only-on-failure',
  },
  projects: [
    ...(shots
      ? []
      : [
          {
            name: 'fake',
            testDir: 'e2e/fake',
            workers: 1,
            use: { baseURL: `http://localhost:${port}/` },
          },
        ]),
    ...(program
      ? [
          {
            name: 'real',
            testDir: 'e2e/real',
            workers: 2,
            testMatch: shots ? 'shots.spec.ts' : '*.spec.ts',
            testIgnore: shots ? [] : 'shots.spec.ts',
          },
        ]
      : []),
  ],
  webServer: shots
    ? undefined
    : { command: 'node test/fake/server.mjs', port, env: { PORT: String(port) } },
})
