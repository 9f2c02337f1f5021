import { fixedClock, isPhiError } from '@phi/core'
import {
  type CertificateSigner,
  type DataKeyRecord,
  destructionRules,
  type KeyringOptions,
  type KeyStore,
  localKms,
  openKeyring,
} from '@phi/envelope'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { connect, type Db, keyStore, tombstoneStore } from '../../src/index.ts'
import type { SeenStatement } from '../faults/proxy.ts'
import { columnsOfKeeper, tableRights } from './guarded-rows.ts'
import { counted, emptying, loginWith, type ServerUnderTest, startServerUnderTest } from './under-test.ts'

const tables = ['data_key', 'data_key_tenant', 'key_tombstone', 'key_tombstone_tenant']
const START = '2026-11-22T00:00:00.000Z'
const NOTE = { table: 'note', column: 'body' } as const
// The Ed25519 key pair of RFC 8037 appendix A.
const d = 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A'
const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
const signer: CertificateSigner = { alg: 'EdDSA', kid: 'office', key: { kty: 'OKP', crv: 'Ed25519', d, x } }

let under: ServerUnderTest
let db: Db
/** Another database, for tombstones. */
let apart: Db
const cleanups: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  under = await startServerUnderTest()
  db = await under.pool()
  apart = await connect(await under.another(), { max: 4 })
})
afterAll(async () => {
  await apart?.close()
  for (const cleanup of cleanups.reverse()) await cleanup()
  await under.stop()
})
beforeEach(async () => {
  under.proxy.plan = () => undefined
  await db.exec(emptying(tables))
  await apart.exec(emptying(tables))
})

const kms = localKms.generate()
const keyring = (store: KeyStore, more: Partial<KeyringOptions> = {}) => openKeyring({ kms, store, ...more })

async function through(login = under.url): Promise<Db> {
  const pool = await connect(under.proxy.through(login), { max: 4 })
  cleanups.push(() => pool.close())
  return pool
}

/** The first statement with this text is carried out, and its answer is lost. */
function loseAnswer(text: string): void {
  let done = false
  under.proxy.plan = (seen: SeenStatement) => {
    if (done || !seen.text.includes(text)) return undefined
    done = true
    return { kind: 'cut', when: 'after' }
  }
}

const row = (more: Partial<DataKeyRecord> = {}): DataKeyRecord => ({
  id: '0badc0de',
  tenant: 'clinic-a',
  purpose: 'field',
  subject: null,
  version: 1,
  state: 'active',
  kms: 'test',
  kek: 'kek',
  mechanism: 'm',
  wrapped: new Uint8Array(40).fill(7),
  commitment: new Uint8Array(32).fill(8),
  createdAt: START,
  changedAt: START,
  usage: { seals: 0, bytes: 0 },
  revision: 0,
  ...more,
})

describe('a keyring over keys in PostgreSQL', () => {
  it('S91 seals in one process, rotates and rewraps, and opens in another, each tenant under a key of its own', async () => {
    const one = await keyring(keyStore(db))
    const two = await keyring(keyStore(await under.pool()))
    const sealed = new Map<string, string>()
    for (const tenant of ['clinic-a', 'clinic-b']) {
      sealed.set(tenant, (await one.tenant(tenant)).field(NOTE).seal(`of ${tenant}`, { row: 'n-1' }))
    }
    const opens = async (tenant: string, value = sealed.get(tenant) as string) =>
      (await two.tenant(tenant)).field(NOTE).open(value, { row: 'n-1' })
    expect(await opens('clinic-a')).toBe('of clinic-a')
    expect(await opens('clinic-b')).toBe('of clinic-b')
    expect((await refusal(opens('clinic-a', sealed.get('clinic-b') as string))).code).toBe('PHI_ENVELOPE_OPEN')
    await one.rotate({ tenant: 'clinic-a', purpose: 'field' })
    await kms.rotate()
    expect(await one.rewrap()).toMatchObject({ failed: [] })
    const fresh = await keyring(keyStore(await under.pool()))
    const body = (await fresh.tenant('clinic-a')).field(NOTE)
    expect(body.open(sealed.get('clinic-a') as string, { row: 'n-1' })).toBe('of clinic-a')
    const again = body.seal('anew', { row: 'n-2' })
    two.evict()
    expect((await two.tenant('clinic-a')).field(NOTE).open(again, { row: 'n-2' })).toBe('anew')
    const states = (await fresh.status('clinic-a')).filter(({ purpose }) => purpose === 'field')
    expect(states.map(({ version, state }) => [version, state])).toEqual([
      [1, 'retiring'],
      [2, 'active'],
    ])
    expect(new Set((await keyStore(db).scan({ limit: 100 })).map(({ tenant }) => tenant))).toEqual(
      new Set(['clinic-a', 'clinic-b']),
    )
    for (const ring of [one, two, fresh]) await ring.close()
  })

  it('S91 of eight processes that start at once, all seal under the same keys', async () => {
    const rings = await Promise.all(Array.from({ length: 8 }, async () => keyring(keyStore(await under.pool(2)))))
    const sealed = await Promise.all(
      rings.map(async (ring, i) => (await ring.tenant('clinic-a')).field(NOTE).seal(`${i}`, { row: `n-${i}` })),
    )
    expect((await keyStore(db).list('clinic-a', null)).map(({ purpose, version }) => [purpose, version])).toEqual([
      ['field', 1],
      ['file', 1],
      ['index', 1],
    ])
    for (const ring of rings) {
      const body = (await ring.tenant('clinic-a')).field(NOTE)
      expect(sealed.map((value, i) => body.open(value, { row: `n-${i}` }))).toEqual(rings.map((_, i) => `${i}`))
    }
    for (const ring of rings) await ring.close()
    const [field] = await keyStore(db).list('clinic-a', null)
    expect(field?.usage.seals).toBe(8)
  })

  it('asks the database for nothing once the keys are cached: not to open, not to seal, not for the next request', async () => {
    const [keys, graves] = [counted(db), counted(apart)]
    const clock = fixedClock(START)
    const ring = await keyring(keyStore(keys), { tombstones: tombstoneStore(graves), clock })
    const sealed = (await ring.tenant('clinic-a')).field(NOTE).seal('x', { row: 'n-1' })
    const before = [keys.statements(), graves.statements()]
    expect(before[0]).toBeGreaterThan(0)
    for (let request = 0; request < 100; request++) {
      const body = (await ring.tenant('clinic-a')).field(NOTE)
      for (let i = 0; i < 20; i++) expect(body.open(sealed, { row: 'n-1' })).toBe('x')
      body.seal('y', { row: `n-${request}` })
      clock.advance(250)
    }
    expect([keys.statements(), graves.statements()]).toEqual(before)
    // After 30 seconds the states are read again, once for each purpose, and nothing is unwrapped.
    clock.advance(30_000)
    await ring.tenant('clinic-a')
    expect(keys.statements()).toBeGreaterThan(before[0] as number)
    await ring.close()
  })

  it('S121 destroys a tenant again that a restored backup brought back, by tombstones in another database', async () => {
    const tombstones = tombstoneStore(apart)
    const ring = await keyring(keyStore(db), { tombstones })
    const sealed = (await ring.tenant('clinic-a')).field(NOTE).seal('x', { row: 'n-1' })
    await ring.tenant('clinic-b')
    const backup = await new Promise<pg.QueryResultRow[]>((resolve, reject) => {
      under.asSuperuser((client) => client.query('select * from phi.data_key').then(({ rows }) => resolve(rows))).catch(reject)
    })
    const horizon = '2100-01-01T00:00:00.000Z'
    const rule = destructionRules.baaTermination
    const done = await ring.destroy({ tenant: 'clinic-a', approver: 'officer', rule, backupHorizon: horizon, signer })
    expect(done.status).toBe('destroyed')
    expect((await tombstones.scan({ limit: 10 })).map(({ tenant }) => tenant)).toEqual(['clinic-a', 'clinic-a', 'clinic-a'])
    await under.asSuperuser(async (client) => {
      await client.query('truncate phi.data_key')
      for (const each of backup) {
        const names = Object.keys(each)
        const places = names.map((_, i) => `$${i + 1}`).join(', ')
        await client.query(`insert into phi.data_key (${names.join(', ')}) values (${places})`, Object.values(each))
      }
    })
    const restored = await keyring(keyStore(db), { tombstones })
    expect((await refusal(restored.tenant('clinic-a'))).code).toBe('PHI_ENVELOPE_RESTORED')
    expect(await restored.restoreGuard()).toMatchObject({ destroyedAgain: { length: 3 }, intact: 0 })
    const keys = await keyStore(db).scan({ tenant: 'clinic-a', limit: 10 })
    expect(keys.map(({ state, wrapped }) => [state, wrapped.length])).toEqual(Array(3).fill(['destroyed', 0]))
    const body = (await restored.tenant('clinic-b')).field(NOTE)
    expect((await refusal(() => body.open(sealed, { row: 'n-1' }))).code).toBe('PHI_ENVELOPE_OPEN')
  })
})

describe('an answer that was lost', () => {
  it('of an insert: again, it is told that the version is taken, and the key is there once', async () => {
    const store = keyStore(await through())
    loseAnswer('key_insert')
    expect(await refusal(store.insert(row()))).toMatchObject({ code: 'PHI_ENVELOPE_STORE_UNAVAILABLE', retryable: true })
    expect(await store.insert(row())).toBe('version-taken')
    expect(await store.scan({ limit: 10 })).toEqual([row()])
  })
  it('of a replacement: again, it is told of a conflict, and what it wrote is there', async () => {
    const store = keyStore(await through())
    await store.insert(row())
    loseAnswer('key_replace')
    const next = row({ state: 'retiring', revision: 1 })
    expect(await refusal(store.replace(next, 0))).toMatchObject({ code: 'PHI_ENVELOPE_STORE_UNAVAILABLE' })
    expect(await store.replace(next, 0)).toBe('conflict')
    expect(await store.find('0badc0de')).toEqual(next)
  })
  it('of a tombstone: again, and there is one', async () => {
    const store = tombstoneStore(await through())
    const stone = {
      keyId: '0badc0de',
      tenant: 'clinic-a',
      purpose: 'field',
      version: 1,
      commitment: '08'.repeat(32),
      destroyedAt: START,
      backupHorizon: START,
    } as const
    loseAnswer('tombstone_append')
    expect(await refusal(store.append(stone))).toMatchObject({ code: 'PHI_ENVELOPE_STORE_UNAVAILABLE' })
    await store.append(stone)
    expect(await store.scan({ limit: 10 })).toEqual([stone])
  })
  it('S91 while a keyring makes a tenant’s first keys: the next call goes on, with one key of each purpose', async () => {
    const ring = await keyring(keyStore(await through()))
    loseAnswer('key_insert')
    expect(await refusal(ring.tenant('clinic-a'))).toMatchObject({ retryable: true })
    const body = (await ring.tenant('clinic-a')).field(NOTE)
    expect(body.open(body.seal('x', { row: 'n' }), { row: 'n' })).toBe('x')
    const keys = await keyStore(db).list('clinic-a', null)
    expect(keys.map(({ purpose, version }) => [purpose, version])).toEqual([
      ['field', 1],
      ['file', 1],
      ['index', 1],
    ])
  })
})

describe('the wall around keys', () => {
  const both = async () => {
    const store = keyStore(db)
    await store.insert(row())
    await store.insert(row({ id: '0000000b', tenant: 'clinic-b' }))
    await tombstoneStore(db).append({
      keyId: '0000000b',
      tenant: 'clinic-b',
      purpose: 'field',
      version: 1,
      commitment: '08'.repeat(32),
      destroyedAt: START,
      backupHorizon: START,
    })
  }
  /** One statement in a transaction as a role, inside a tenant or outside; rows, or the SQLSTATE. */
  const as = (role: string, tenant: string, sql: string): Promise<unknown[] | string> =>
    db
      .transaction(async (tx) => {
        await tx.query(`select set_config('role', $1, true), set_config('phi.tenant', $2, true)`, [role, tenant])
        return (await tx.query(sql, [])).rows
      })
      .catch((error: unknown) => (error as { code: string }).code)

  it('S91 S98 shows an auditor one tenant’s keys, without what is wrapped, and nothing outside a tenant', async () => {
    await both()
    const auditor = (tenant: string, what: string) => as('phi_auditor', tenant, `select ${what} from phi.data_key order by id`)
    expect(await auditor('clinic-a', 'id, tenant')).toEqual([{ id: '0badc0de', tenant: 'clinic-a' }])
    expect(await auditor('clinic-b', 'id')).toEqual([{ id: '0000000b' }])
    expect(await auditor('clinic-c', 'id')).toEqual([])
    expect(await auditor('', 'id')).toEqual([])
    for (const what of ['wrapped', 'commitment', '*']) expect(await auditor('clinic-a', what)).toBe('42501')
    expect(await as('phi_auditor', 'clinic-a', 'select key_id from phi.key_tombstone')).toEqual([])
    expect(await as('phi_auditor', 'clinic-b', 'select key_id from phi.key_tombstone')).toEqual([{ key_id: '0000000b' }])
    expect(await as('phi_auditor', 'clinic-a', `select id from phi.key_find('0badc0de')`)).toBe('42501')
  })
  it('S98 inside a transaction of one tenant, no function reaches another’s key', async () => {
    await both()
    const app = (tenant: string, call: string) => as('phi_app', tenant, `select * from ${call}`)
    expect(await app('clinic-b', `phi.key_find('0000000b')`)).toHaveLength(1)
    expect(await app('', `phi.key_find('0000000b')`)).toHaveLength(1)
    for (const call of [
      `phi.key_find('0000000b')`,
      `phi.key_list('clinic-b', '')`,
      `phi.key_scan_tenant('clinic-b', '', 10)`,
      `phi.key_replace('0000000b', 0, 'revoked', 'k', 'k', 'm', '00', '${START}')`,
      `phi.key_add_usage('0000000b', 1, 1)`,
      `phi.tombstone_find(array['0000000b'])`,
    ]) {
      expect(await app('clinic-a', call), call).toBe('PHI01')
    }
    expect(await as('phi_custodian', 'clinic-a', `select id from phi.key_scan('', 10)`)).toBe('PHI01')
    expect(await keyStore(db).find('0000000b')).toEqual(row({ id: '0000000b', tenant: 'clinic-b' }))
  })
  it('S98 no role has a right to the tables of keys but to read what it may; the functions’ role never deletes', async () => {
    expect(await tableRights(db, tables)).toEqual({
      'phi_auditor key_tombstone': 'SELECT',
      // Updates of single columns are no right to update the table: what a key is cannot be written.
      'phi_keeper data_key': 'INSERT,SELECT',
      'phi_keeper data_key_tenant': 'INSERT,SELECT',
      'phi_keeper key_tombstone': 'INSERT,SELECT',
      'phi_keeper key_tombstone_tenant': 'INSERT,SELECT',
    })
    expect(await columnsOfKeeper(db, 'data_key')).toEqual([
      'bytes',
      'changed_at',
      'kek',
      'kms',
      'mechanism',
      'revision',
      'seals',
      'state',
      'wrapped',
    ])
  })
  it('S98 every function runs with a pinned search path, and not for everybody', async () => {
    const { rows } = await db.query<{ name: string; pinned: boolean; everybody: boolean; owner: string; definer: boolean }>(
      `select proname as name, proconfig @> array['search_path=pg_catalog, pg_temp'] as pinned, pg_get_userbyid(proowner) as owner,
         prosecdef as definer, coalesce(exists (select from aclexplode(proacl) where grantee = 0), true) as everybody
       from pg_proc where pronamespace = 'phi'::regnamespace and proname ~ '^(key|tombstone|session)_' order by 1`,
      [],
    )
    expect(rows.length).toBe(17)
    for (const each of rows) expect(each).toMatchObject({ pinned: true, everybody: false, owner: 'phi_keeper', definer: true })
  })
  it('a login with the service’s role does all but walk over the tenants, which takes the custodian’s', async () => {
    await both()
    const service = await connect(await loginWith(under, 'service', ['phi_app']), { max: 2 })
    const custodian = await connect(await loginWith(under, 'custodian', ['phi_app', 'phi_custodian']), { max: 2 })
    const stranger = await connect(await loginWith(under, 'stranger', []), { max: 2 })
    cleanups.push(
      () => service.close(),
      () => custodian.close(),
      () => stranger.close(),
    )
    const store = keyStore(service)
    expect((await store.find('0badc0de'))?.tenant).toBe('clinic-a')
    expect(await store.scan({ tenant: 'clinic-a', limit: 10 })).toHaveLength(1)
    expect(await tombstoneStore(service).find(['0000000b'])).toHaveLength(1)
    expect((await refusal(store.scan({ limit: 10 }))).code).toBe('PHI_PG_FORBIDDEN')
    expect((await refusal(tombstoneStore(service).scan({ limit: 10 }))).code).toBe('PHI_PG_FORBIDDEN')
    const ring = await keyring(store)
    const body = (await ring.tenant('clinic-c')).field(NOTE)
    expect(body.open(body.seal('x', { row: 'n' }), { row: 'n' })).toBe('x')
    expect((await keyStore(custodian).scan({ limit: 100 })).map(({ tenant }) => tenant)).toContain('clinic-c')
    expect(await tombstoneStore(custodian).scan({ limit: 10 })).toHaveLength(1)
    for (const call of [
      () => keyStore(stranger).find('0badc0de'),
      () => keyStore(stranger).list('clinic-a', null),
      () => tombstoneStore(stranger).find(['0000000b']),
    ]) {
      expect((await refusal(call())).code).toBe('PHI_PG_FORBIDDEN')
    }
  })
  it('tombstones and the directories stand against the owner, and against a session that calls itself a replica', async () => {
    await both()
    for (const table of ['key_tombstone', 'key_tombstone_tenant', 'data_key_tenant']) {
      for (const sql of [`delete from phi.${table}`, `update phi.${table} set tenant = 'x'`, `truncate phi.${table}`]) {
        const told = await db
          .transaction(async (tx) => {
            await tx.exec('set local session_replication_role = replica')
            await tx.exec(sql)
          })
          .catch((error: unknown) => (error as { code: string }).code)
        expect(told, sql).toBe('PHI02')
      }
    }
  })
  it('a row that is no key, and a directory that names none, are errors and not "nothing there"', async () => {
    await both()
    await under.asSuperuser((client) => client.query(`update phi.data_key set created_at = 'yesterday' where id = '0badc0de'`))
    const store = keyStore(db)
    for (const call of [() => store.find('0badc0de'), () => store.list('clinic-a', null), () => store.scan({ limit: 10 })]) {
      expect((await refusal(call())).code).toBe('PHI_ENVELOPE_STORE')
    }
    await under.asSuperuser((client) => client.query(`delete from phi.data_key where id = '0badc0de'`))
    for (const call of [() => store.find('0badc0de'), () => store.scan({ limit: 10 })]) {
      const error = await refusal(call())
      expect(isPhiError(error) && error.info.sqlstate).toBe('PHI04')
    }
  })
  it('refuses a subject that the database would store as another one', async () => {
    const store = keyStore(db)
    for (const subject of ['a\u0000', '\ud800', 'x\udfff']) {
      expect((await refusal(store.insert(row({ subject })))).code).toBe('PHI_ENVELOPE_OPTIONS')
      expect((await refusal(store.list('clinic-a', subject))).code).toBe('PHI_ENVELOPE_OPTIONS')
    }
    expect(await store.scan({ limit: 10 })).toEqual([])
  })
})
