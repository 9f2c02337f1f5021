import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const file = fileURLToPath(new URL('under-node-test.ts', import.meta.url))

/** Runs the file with Node's own test runner, and answers with what it prints in TAP. */
const nodeTest = (more: Readonly<Record<string, string>>) =>
  new Promise<{ code: number; tap: string }>((done) => {
    const args = ['--import', 'tsx', '--conditions=@phi/source', '--test', '--test-reporter=tap', file]
    const env = { ...process.env, NODE_OPTIONS: '', ...more }
    execFile(process.execPath, args, { env, timeout: 60_000 }, (error, stdout) => {
      done({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, tap: stdout })
    })
  })

// That register works with vitest is shown by every other file here.
it('registers with node:test: a good adapter passes, and a gap shows as skipped with its reason', async () => {
  const { code, tap } = await nodeTest({})
  expect(code, tap).toBe(0)
  expect(tap).toMatch(/# Subtest: memoryTombstones/)
  expect(tap).toMatch(/^ *ok \d+ - S121 keeps the first tombstone of a key/m)
  expect(tap).toMatch(/^ *ok \d+ - S121 shows what one handle .*\(skipped: one process\) # SKIP/m)
  expect(tap).toMatch(/^# pass 7$/m)
  expect(tap).toMatch(/^# skipped 2$/m)
  expect(tap).toMatch(/^# fail 0$/m)
})

it('registers with node:test: a wrong adapter fails, with a message that says what to fix', async () => {
  const { code, tap } = await nodeTest({ WRONG: '1' })
  expect(code, tap).not.toBe(0)
  expect(tap).toMatch(/^ *not ok \d+ - S121 gives back every field as it was appended/m)
  expect(tap).toContain('find after append: the number of tombstones: expected 8, got 0')
})
