import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runNode, runnable, runText } from '../../../packages/core/test/run-program.ts'
import { blocksOf, shown } from '../../../packages/core/test/shown-blocks.ts'

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

describe.skipIf(!built)('the pieces of the README', () => {
  const [suite, transaction] = blocksOf(readFileSync(new URL('../README.md', here), 'utf8')).map(({ code }) => code)
  const file = fileURLToPath(new URL('piece.mts', here))

  it('begin an adapter: the suite runs against one that does nothing, and fails case by case', async () => {
    const program = `${suite?.replace("'vitest' // or from 'node:test'", "'node:test'")}
      import type { SessionStore } from '@phi/rbac/session'
      function myStore() { return new Proxy({}, { get: (_, verb) => (verb === 'then' ? undefined : async () => undefined) }) as SessionStore }`
    const { code, stdout } = await runText(program, file, { cwd: fileURLToPath(here), timeoutMs: 120_000 })
    expect(code).toBe(1)
    expect(stdout).toMatch(/not ok \d+ - S4 S108 gives back every field as it was stored/)
    expect(stdout.match(/^ {4}not ok /gm)?.length).toBeGreaterThan(12)
    shown(suite ?? '')
  })

  it('keep an entry and the row beside it in one transaction of the caller\u2019s', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'phi-sqlite-readme-'))
    const body = `
      import { ed25519Signer, openAuditLog } from '@phi/audit'
      import { sqliteAuditStore } from './audit-store.ts'
      import { openDatabase } from './database.ts'
      const origin = 'clinic.example/audit'
      const store = sqliteAuditStore(openDatabase('./clinic.db'))
      const log = await openAuditLog({ origin, store, signer: await ed25519Signer.generate(origin) })
      const event = { action: 'update', outcome: 'success', actor: { id: 'u-17', type: 'workforce' }, subject: { patients: ['p-7'] } }
      openDatabase('./clinic.db').exec('create table note (id text primary key)')
      ${transaction}
      console.log(mine.prepare('select id from note').all().length, (await log.query({ patient: 'p-7' })).records.length)
      await log.close()`
    const { code, stdout, stderr } = await runText(body, file, { cwd: folder })
    rmSync(folder, { recursive: true })
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '1 1\n', stderr: '' })
    shown(transaction ?? '')
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
