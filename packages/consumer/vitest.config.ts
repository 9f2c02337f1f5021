import { defineConfig } from 'vitest/config'

// Apart from the root's configuration on purpose: nothing here may know the condition `@phi/source`.
export default defineConfig({
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000, maxWorkers: 2 },
})
