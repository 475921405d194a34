import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

// The base path is known at run time only: every address in the build is
// relative, and `<base>` in index.html (set by the server) says to what.
export default defineConfig({
  base: './',
  plugins: [svelte()],
  build: { target: 'es2023', assetsInlineLimit: 0, chunkSizeWarningLimit: 200 },
  resolve: process.env.VITEST ? { conditions: ['browser'] } : undefined,
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
  },
})
