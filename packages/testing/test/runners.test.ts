import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Runnable, runNode, runnable } from '../../core/test/run-program.ts'

let file: Runnable
beforeAll(async () => {
  file = await runnable(new URL('under-node-test.ts', import.meta.url))
})
afterAll(() => file.remove())

/** Runs the file with Node's own test runner, and answers with what it prints in TAP. */
async function nodeTest(env: Readonly<Record<string, string>>): Promise<{ code: number; tap: string }> {
  const { code, stdout } = await runNode(['--test', '--test-reporter=tap', ...file.argv], { cwd: tmpdir(), env })
  return { code, tap: stdout }
}

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
