import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type AuditLog, type AuditRecord, openAuditLog } from '@phi/audit'
import { fixedClock, systemClock, toBase64 } from '@phi/core'
import { auditSealer } from '@phi/envelope'
import { auditStore, connect, type Db, embedded, migrate } from '@phi/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { embeddedMigrated } from '../../../postgres/test/embedded.ts'
import { readConfig } from '../../src/config.ts'
import type { Io } from '../../src/io.ts'
import { openConfiguredKeyring } from '../../src/keyring.ts'
import { phi, type RunOptions } from '../io.ts'
import { began, fill, folder, origin, signer } from './world.ts'

// What the commands do on any store is in commands.test.ts. Here: that they find their way to a database, and read it right.

const key = { tenant: 'clinic-a', origin }
let dir: Awaited<ReturnType<typeof folder>>
let database: Db

async function filled(db: Db): Promise<void> {
  const clock = fixedClock(began)
  const log = await openAuditLog({ ...key, store: auditStore(db), signer, clock })
  await fill(log as unknown as AuditLog, clock)
  await log.close()
}

const audit = (line: string, options: RunOptions = {}) =>
  phi(`audit ${line}`, { cwd: dir.path, database, env: { AUDIT_SIGNER: signer.exportSkey() }, ...options })

beforeAll(async () => {
  dir = await folder()
  await dir.write(
    'phi.config.json',
    JSON.stringify({ tenant: key.tenant, audit: { origin, keys: [signer.vkey], signerFrom: 'AUDIT_SIGNER' } }),
  )
  database = await embeddedMigrated()
  await filled(database)
})
afterAll(async () => {
  await database.close()
  await dir.remove()
})

describe('the audit commands on a database', () => {
  it('S145 verify, count, prove and export the log that is there', async () => {
    const verified = await audit('verify --json')
    expect([verified.code, (JSON.parse(verified.stdout) as { verdict: string }).verdict]).toEqual([0, 'intact'])
    expect(JSON.parse((await audit('stats --json --role phi_auditor')).stdout)).toMatchObject({
      entries: 37,
      checkpoint: { size: 37, signed: true },
      outbox: { waiting: 0 },
    })
    expect((await audit('prove 3 --by u-2 --out evidence.json')).code).toBe(0)
    expect((await audit('verify evidence.json')).code).toBe(0)
    expect((await audit('export --by u-2 --patient p-3')).stdout.trimEnd().split('\n')).toHaveLength(9)
    expect((await audit('tail --once -n 1 --json')).stdout).toContain('"action":"export"')
  })

  it('S145 finds what the owner of the database changed', async () => {
    const change = (from: string, to: string) =>
      `update phi.audit_entry set actor = replace(actor, '${from}', '${to}') where idx = 4`
    const unguarded = (sql: string) =>
      database.exec(
        `alter table phi.audit_entry disable trigger append_only; ${sql}; alter table phi.audit_entry enable always trigger append_only`,
      )
    await unguarded(change('u-11', 'u-99'))
    const { code, stdout } = await audit('verify --json')
    const { findings } = JSON.parse(stdout) as { findings: { code: string; index: number; group: string }[] }
    expect([code, findings[0]?.code, findings[0]?.index, findings[0]?.group]).toEqual([1, 'altered-group', 4, 'actor'])
    const counted = await audit('stats')
    expect([counted.code, counted.stdout.includes('run phi audit verify')]).toEqual([1, true])
    await unguarded(change('u-99', 'u-11'))
    expect((await audit('verify')).code).toBe(0)
  })

  it('refuse a log that is not there, and do not make it', async () => {
    for (const line of [
      'verify --origin other.example/audit',
      'stats --tenant clinic-b',
      'export --by u-2 --origin typo.example/a',
      'tail --once --origin typo.example/a',
    ]) {
      const { code, stderr, stdout } = await audit(line)
      expect([line, code, stdout]).toEqual([line, 4, ''])
      expect(stderr).toContain('the tenant has no log of this origin')
    }
    const { rows } = await database.query<{ count: string }>('select count(*) as count from phi.audit_log', [])
    expect(Number(rows[0]?.count)).toBe(1)
  })

  it('S125 open what is sealed with the keys of the configuration, and seal whose records were exported', async () => {
    const env = { KEK: toBase64(Uint8Array.from({ length: 32 }, (_, i) => (i * 73 + 11) & 255)) }
    const sealed = { tenant: 'clinic-s', origin: 'sealed.example/audit' }
    await mkdir(join(dir.path, 'sealed'))
    await dir.write(
      'sealed/phi.config.json',
      JSON.stringify({ tenant: sealed.tenant, audit: { origin: sealed.origin }, envelope: { kekFrom: 'KEK' } }),
    )
    const world = { database, env, cwd: join(dir.path, 'sealed') }
    const io = { ...world, clock: systemClock } as unknown as Io
    const keys = await openConfiguredKeyring(io, await readConfig(io, 'phi.config.json'), database, { only: sealed.tenant })
    if (keys === undefined) throw new Error('no keyring')
    const log = await openAuditLog({ ...sealed, store: auditStore(database), sealer: auditSealer(keys) })
    await log.append({
      action: 'read',
      outcome: 'success',
      actor: { id: 'u-1', type: 'workforce' },
      subject: { patients: ['p-1'] },
    })
    await log.close()
    await keys.close()
    const { code, stdout } = await phi('audit export --by u-2 --patient p-1', world)
    expect(code).toBe(0)
    const [read, exported] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditRecord)
    expect([read?.event.subject?.patients, read?.sealed, exported?.event.action]).toEqual([['p-1'], [], 'export'])
    const { rows } = await database.query<{ subject: string }>(
      `select subject from phi.audit_entry where tenant = 'clinic-s' order by idx`,
      [],
    )
    expect([rows.length, rows.some(({ subject }) => subject.includes('p-1'))]).toEqual([2, false])
    const coverageOf = async (line: string) =>
      (JSON.parse((await phi(line, world)).stdout) as { coverage: { sealed?: number } }).coverage.sealed
    expect([await coverageOf('audit verify --json'), await coverageOf('audit verify --json --without-keys')]).toEqual([
      undefined,
      2,
    ])
    expect((await phi('audit verify --json', { ...world, env: {} })).stderr).toContain('PHI_CLI_NOT_CONFIGURED')
  })

  it.runIf(process.env.PHI_LONG === '1')('S145 open an embedded database by its folder, and leave it in order', async () => {
    const db = await embedded(join(dir.path, 'data'))
    await migrate(db)
    await filled(db)
    await db.close()
    const { env, cwd } = { env: { AUDIT_SIGNER: signer.exportSkey() }, cwd: dir.path }
    for (let run = 0; run < 2; run++) expect((await phi('audit verify --embedded data', { env, cwd })).code).toBe(0)
    expect((await phi('audit export --embedded data --as lines --by u-2 --out all.jsonl', { env, cwd })).code).toBe(0)
    expect((await phi('audit verify all.jsonl', { env, cwd })).code).toBe(0)
  })

  it.runIf(process.env.PHI_LONG === '1')('S145 verify a log of a server in a thread of its own', async () => {
    const { migratedDatabase, startServer } = await import('../../../postgres/test/server.ts')
    const server = await startServer()
    const made = await migratedDatabase(server.url)
    const db = await connect(made.url)
    await filled(db)
    await db.close()
    const env = { DATABASE_URL: made.url }
    for (const role of ['phi_app', 'phi_auditor']) {
      const { code, stdout } = await phi(`audit verify --json --role ${role}`, { env, cwd: dir.path })
      expect([role, code, (JSON.parse(stdout) as { verdict: string }).verdict]).toEqual([role, 0, 'intact'])
    }
    expect((await phi('audit verify --origin other.example/a', { env, cwd: dir.path })).stderr).toContain(
      'no log of this origin',
    )
    await made.drop()
    await server.stop()
  })
})
