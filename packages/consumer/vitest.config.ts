import { defineConfig } from 'vitest/config'

// Apart from the root's configuration on purpose: nothing here may know the condition `@phi/source`.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/setup.ts',
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
  },
})
