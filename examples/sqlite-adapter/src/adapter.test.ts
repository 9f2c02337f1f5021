import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuditEventInput, ed25519Signer, openAuditLog, verifyLog } from '@phi/audit'
import { memoryRoleStore } from '@phi/rbac'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { refusal } from '../../../packages/core/test/refusal.ts'

const origin = 'clinic.example/audit'
const key = { tenant: 'clinic-a', origin }
const event = (more: Partial<AuditEventInput> = {}): AuditEventInput => ({
  action: 'read',
  outcome: 'success',
  actor: { id: 'u-17', type: 'workforce' },
  subject: { patients: ['p-88'] },
  ...more,
})
const role = (id: string) => ({
  id,
  tenant: 'clinic-a',
  subject: 'u-17',
  role: 'therapist',
  from: '2026-01-01T00:00:00.000Z',
  until: null,
  assignedAt: '2026-01-01T00:00:00.000Z',
  assignedBy: 'u-1',
})

function isBuilt(): boolean {
  try {
    createRequire(import.meta.url)('better-sqlite3')(':memory:').close()
    return true
  } catch {
    return false
  }
}

describe.skipIf(!isBuilt())('the adapter for SQLite (skipped where better-sqlite3 has no native part here)', async () => {
  if (!isBuilt()) return
  const { openDatabase } = await import('./database.ts')
  const { sqliteAuditStore } = await import('./audit-store.ts')
  const { sqliteRoleStore } = await import('./journals.ts')
  let directory: string
  const handles: ReturnType<typeof openDatabase>[] = []
  const open = () => {
    const handle = openDatabase(join(directory, 'phi.db'))
    handles.push(handle)
    return handle
  }

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'phi-sqlite-'))
  })
  afterEach(() => {
    for (const handle of handles.splice(0)) handle.close()
    rmSync(directory, { recursive: true, force: true })
  })

  const openLog = async () =>
    openAuditLog({ ...key, store: sqliteAuditStore(open()), signer: await ed25519Signer.generate(origin) })

  it('S95 an entry commits or vanishes with the caller’s transaction, on a handle of the caller’s', async () => {
    const log = await openLog()
    const mine = open()
    mine.exec('create table note (id text primary key)')
    mine.exec('begin immediate')
    mine.prepare('insert into note values (?)').run('n-1')
    await log.appendIn(mine, event({ id: 'gone' }))
    mine.exec('rollback')
    expect((await log.head()).size).toBe(0)
    mine.exec('begin immediate')
    mine.prepare('insert into note values (?)').run('n-1')
    await log.appendIn(mine, event({ id: 'kept' }))
    mine.exec('commit')
    expect(mine.prepare('select count(*) from note').pluck().get()).toBe(1)
    expect((await log.query({})).records.map((record) => record.event.id)).toEqual(['kept'])
    await log.checkpoint()
    expect(await log.verify()).toMatchObject({ verdict: 'intact', coverage: { checked: 1 }, findings: [] })
    await log.close()
  })

  it('an append of another waits for the caller’s transaction, without stopping the process', async () => {
    const log = await openLog()
    const mine = open()
    mine.exec('begin immediate')
    await log.appendIn(mine, event({ id: 'first' }))
    let done = false
    const other = log.append(event({ id: 'second' })).then(() => {
      done = true
    })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(done).toBe(false)
    mine.exec('commit')
    await other
    expect((await log.query({ order: 'oldest' })).records.map((record) => record.event.id)).toEqual(['first', 'second'])
    await log.close()
  })

  it('refuses a denial in the caller’s transaction, and appendIn without one', async () => {
    const log = await openLog()
    const mine = open()
    expect((await refusal(log.appendIn(mine, event()))).code).toBe('PHI_AUDIT_STORE')
    mine.exec('begin immediate')
    expect((await refusal(log.appendIn(mine, event({ outcome: 'denied' })))).code).toBe('PHI_AUDIT_DENIAL_IN_TRANSACTION')
    mine.exec('rollback')
    await log.close()
  })

  it('S6 guards against slips; what gets around the guards is found by the verifier', async () => {
    const log = await openLog()
    for (let i = 0; i < 5; i++) await log.append(event({ id: `e-${i}` }))
    await log.checkpoint()
    const owner = open()
    expect(() => owner.exec(`delete from document where kind = 'entry'`)).toThrow('kept')
    expect(() => owner.exec(`update term set term = 'patient:p-99'`)).toThrow('kept')
    const verify = () => verifyLog(sqliteAuditStore(open()) as never, key, { keys: [log.vkey as string] })
    expect((await verify()).verdict).toBe('intact')
    owner.exec('drop trigger keep_term_update')
    owner.exec(`update term set term = 'patient:p-99' where term = 'patient:p-88' and id like '% 0000000000000002'`)
    expect((await verify()).findings).toMatchObject([{ code: 'projection-mismatch', index: 2 }])
    owner.exec('drop trigger keep_document_delete')
    owner.exec(`delete from document where kind = 'entry' and id like '% 0000000000000004'`)
    expect((await verify()).verdict).toBe('broken')
    await log.close()
  })

  it('S98 a journal that somebody wrote to is refused, and never answered from', async () => {
    const roles = sqliteRoleStore(open())
    await roles.assign(role('a-1'))
    const owner = open()
    const write = (body: string) =>
      owner.prepare(`insert into document values (null, 'journal role', hex(randomblob(16)), '', '', ?)`).run(body)
    for (const line of [
      'no JSON',
      '["of",["clinic-a","u-17","2026-02-01T00:00:00.000Z"]]',
      '["assign",[{}]]',
      '["constructor",[]]',
      '7',
    ]) {
      const { lastInsertRowid } = write(line)
      for (const store of [roles, sqliteRoleStore(open())]) {
        const { code } = await refusal(store.of('clinic-a', 'u-17', '2026-02-01T00:00:00.000Z'))
        expect(code).toBe('PHI_RBAC_ROLE_STORE')
      }
      owner.exec('drop trigger keep_document_delete')
      owner.prepare('delete from document where seq = ?').run(lastInsertRowid)
      open()
    }
    expect(await roles.of('clinic-a', 'u-17', '2026-02-01T00:00:00.000Z')).toHaveLength(1)
  })

  it('a change whose COMMIT failed is not in the answers afterwards', async () => {
    const handle = open()
    const roles = sqliteRoleStore(handle)
    const twin = memoryRoleStore()
    for (const store of [roles, twin]) await store.assign(role('a-1'))
    const exec = handle.exec.bind(handle)
    handle.exec = (sql) => {
      if (sql === 'commit') throw new (createRequire(import.meta.url)('better-sqlite3').SqliteError)('disk full', 'SQLITE_FULL')
      return exec(sql)
    }
    expect((await refusal(roles.assign(role('a-2')))).code).toBe('PHI_RBAC_ROLE_STORE_UNAVAILABLE')
    handle.exec = exec
    expect(await roles.history('clinic-a', 'u-17')).toEqual(await twin.history('clinic-a', 'u-17'))
    expect(await roles.assign(role('a-2'))).toBe('assigned')
    expect(await sqliteRoleStore(open()).history('clinic-a', 'u-17')).toHaveLength(2)
  })
})
