import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Tests read the sources: every workspace's `exports` and `imports` name them under this condition.
  resolve: { conditions: ['@phi/source', 'node', 'import', 'module', 'default'] },
  ssr: {
    resolve: {
      conditions: ['@phi/source', 'node', 'import', 'module', 'default'],
      externalConditions: ['node', 'import', 'default'],
    },
  },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'examples/*/src/**/*.test.ts',
      'examples/*/test/**/*.test.ts',
    ],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
