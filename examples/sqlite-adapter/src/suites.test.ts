import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runNode, runnable } from '../../../packages/core/test/run-program.ts'

const here = new URL('.', import.meta.url)

/** Whether the native part of better-sqlite3 is there; `npm rebuild better-sqlite3` builds it. */
function isBuilt(): boolean {
  try {
    const Sqlite = createRequire(import.meta.url)('better-sqlite3') as new (path: string) => { close(): void }
    new Sqlite(':memory:').close()
    return true
  } catch {
    return false
  }
}
const built = isBuilt()

describe.skipIf(!built)('the adapter for SQLite (skipped where better-sqlite3 has no native part here)', async () => {
  if (built) {
    const { registerAll } = await import('../test/suites.ts')
    registerAll({ describe, it })
  }

  it('passes under node:test as well, its gaps skipped with their reason', async () => {
    const program = await runnable(new URL('../test/node-test.ts', here))
    const args = ['--test', '--test-reporter=tap', ...program.argv]
    const { code, stdout: tap } = await runNode(args, { cwd: fileURLToPath(here), timeoutMs: 120_000 })
    await program.remove()
    expect(code, tap).toBe(0)
    expect(tap).toMatch(/^ *ok \d+ - S95 lets writers on two handles extend one log at once/m)
    expect(tap).toMatch(/\(skipped: a file of this machine: there is nothing to cut off\) # SKIP/)
    expect(tap).toMatch(/^# fail 0$/m)
    expect(Number(/^# pass (\d+)$/m.exec(tap)?.[1])).toBeGreaterThan(100)
  })
})

it('is under 400 lines of code in all: neither imports nor comments nor blank lines count', () => {
  const files = readdirSync(here).filter((name) => !name.includes('test'))
  const code = files.flatMap((name) =>
    readFileSync(new URL(name, here), 'utf8')
      .replaceAll(/\/\*.*?\*\//gs, '')
      .replaceAll(/^import .*?'$/gms, '')
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.trim().startsWith('//')),
  )
  expect(files.length).toBeGreaterThan(5)
  expect(code.length).toBeGreaterThan(300)
  expect(code.length).toBeLessThan(400)
})
