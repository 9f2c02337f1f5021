import { defineConfig } from 'vitest/config'

export default defineConfig(({ mode }) => {
  // `npm run test:long` is `vitest run --mode long`: a mode, since no shell syntax for variables works everywhere.
  if (mode === 'long') process.env.PHI_LONG = '1'

  return {
    // Tests read the sources: every workspace's `exports` and `imports` name them under this condition.
    resolve: { conditions: ['@phi/source', 'node'] },
    ssr: {
      resolve: {
        conditions: ['@phi/source', 'node'],
        externalConditions: ['node'],
      },
    },
    test: {
      // Files of one worker share their modules: loading them anew for each took a fifth of the time. What a file plants, it takes away again.
      isolate: false,
      // In the long run they come in another order each time, which shows what one file leaves behind for the next.
      sequence: { shuffle: { files: mode === 'long' } },
      include: ['packages/*/{src,test}/**/*.test.ts', 'examples/*/{src,test}/**/*.test.ts', 'scripts/**/*.test.ts'],
      // The consumer tests read packed tarballs and have a configuration of their own: `npm run check:packages`.
      exclude: ['**/node_modules/**', '**/dist/**', 'packages/consumer/**'],
      setupFiles: ['scripts/fixed-seed.ts'],
      // One more than the two cores that CI has: workers wait for servers and child processes about half of the time.
      maxWorkers: 3,
      // Tests make much that is short-lived: with room for the young, a tenth of the time does not go to the garbage collector.
      execArgv: ['--max-semi-space-size=64'],
      testTimeout: 60_000,
      hookTimeout: 120_000,
    },
  }
})
