import { ed25519Signer, openAuditLog } from '@phi/audit'
import type { AuditStore } from '@phi/audit/store'
import {
  agreementStoreSuite,
  auditStoreSuite,
  caseStoreSuite,
  directiveStoreSuite,
  keyStoreSuite,
  register,
  retentionStoreSuite,
  roleStoreSuite,
  type Suite,
  sessionStoreSuite,
  tombstoneStoreSuite,
} from '@phi/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  agreementStore,
  auditStore,
  caseStore,
  connect,
  type Db,
  directiveStore,
  keyStore,
  migrate,
  type Queryable,
  roleStore,
  sessionStore,
  tombstoneStore,
} from '../../src/index.ts'
import { installedVersions, startInstalledServer } from '../installed-server.ts'
import { asSuperuser, freshDatabase } from '../server.ts'
import { APP_SCHEMA, chartStore, freshKeeper, putChart } from '../stores/retention-tables.ts'
import { onServer, type ServerUnderTest, startServerUnderTest } from '../stores/under-test.ts'
import { event } from './workload.ts'

const versions = installedVersions()

/**
 * The suites run whole on the server that comes with the tests. Here every fourth of their cases, by default always the same ones:
 * PHI_SEED chooses others, and PHI_LONG=1 runs all.
 */
const STEP = process.env.PHI_LONG === '1' ? 1 : 4
const FIRST = Number(process.env.PHI_SEED ?? 1) % STEP
const sampleOf = ({ name, cases }: Suite): Suite => ({
  name: STEP === 1 ? name : `${name} (one case in ${STEP}, from case ${FIRST + 1})`,
  cases: cases.filter((_, index) => index % STEP === FIRST),
})

describe.skipIf(versions.length > 0)('PostgreSQL installed on this machine', () => {
  it.skip('none of version 15 or later under /usr/lib/postgresql, or no user to run it as')
})

describe.each(versions)('PostgreSQL %i of this machine', (version) => {
  let server: ServerUnderTest
  let db: Db
  let url: string

  beforeAll(async () => {
    server = await startServerUnderTest(() => startInstalledServer(version))
    url = server.url
    db = await server.pool()
    await db.exec(APP_SCHEMA)
  })

  afterAll(() => server?.stop())

  it('is that version, and takes the migrations once', async () => {
    const { rows } = await db.query<{ v: string }>(`select current_setting('server_version_num') as v`)
    expect(Math.floor(Number(rows[0]?.v) / 10_000)).toBe(version)
    const again = await migrate(db)
    expect(again.applied).toEqual([])
    expect(again.from).toBe(again.to)
  })

  it('migrates from many processes at once', async () => {
    const fresh = await freshDatabase(server.url)
    const many = await Promise.all([1, 2, 3].map(() => connect(fresh.url, { max: 1 })))
    const reports = await Promise.all(many.map((one) => migrate(one)))
    expect(reports.filter(({ applied }) => applied.length > 0)).toHaveLength(1)
    await Promise.all(many.map((one) => one.close()))
    await fresh.drop()
  })

  it('S6 S95 refuses changes, and the verifier finds what an owner changes all the same', async () => {
    const origin = `clinic.example/${version}`
    const log = await openAuditLog<Queryable>({ origin, store: auditStore(db), signer: await ed25519Signer.generate(origin) })
    for (let i = 0; i < 8; i++) await log.append(event(`${origin}#${i}`))
    await log.checkpoint()
    expect(await log.verify()).toMatchObject({ verdict: 'intact', findings: [], coverage: { checked: 8 } })
    await expect(db.query(`update phi.audit_entry set actor = '{}'`)).rejects.toMatchObject({ code: 'PHI02' })
    await asSuperuser(url, async (client) => {
      await client.query('alter table phi.audit_entry disable trigger append_only')
      await client.query(`update phi.audit_entry set actor = replace(actor, 'u-17', 'u-18') where event_id = $1`, [
        `${origin}#5`,
      ])
      await client.query('alter table phi.audit_entry enable always trigger append_only')
    })
    expect(await log.verify()).toMatchObject({ verdict: 'broken', findings: [{ code: 'altered-group', index: 5 }] })
  })

  const under =
    (tables: readonly string[]) =>
    async <Store>(storeOf: (own: Db) => Store) =>
      onServer(server, tables, storeOf)
  const named = (name: string) => `${name} on PostgreSQL ${version}`
  const sampled = (suite: Suite) => register(sampleOf(suite), { describe, it })

  const audit = (own: Db) => auditStore(own) as unknown as AuditStore
  sampled(auditStoreSuite({ name: named('auditStore'), open: () => under([])(audit) }))

  const keys = under(['data_key', 'data_key_tenant', 'key_tombstone', 'key_tombstone_tenant'])
  sampled(keyStoreSuite({ name: named('keyStore'), open: () => keys(keyStore) }))
  sampled(tombstoneStoreSuite({ name: named('tombstoneStore'), open: () => keys(tombstoneStore) }))

  const access = under(['session', 'session_tenant', 'directive_version', 'role_revocation', 'role_assignment'])
  sampled(sessionStoreSuite({ name: named('sessionStore'), open: () => access(sessionStore) }))
  sampled(directiveStoreSuite({ name: named('directiveStore'), open: () => access(directiveStore) }))
  sampled(roleStoreSuite({ name: named('roleStore'), open: () => access(roleStore) }))

  const agreements = under(['agreement_revision'])
  sampled(agreementStoreSuite({ name: named('agreementStore'), open: () => agreements(agreementStore) }))

  const cases = under(['case_entry'])
  sampled(caseStoreSuite({ name: named('caseStore'), open: () => cases((own) => caseStore(own)) }))

  sampled(
    retentionStoreSuite({
      name: named('retentionStore'),
      async open() {
        const keeper = freshKeeper()
        return {
          ...(await under(['disposal_run'])((own) => chartStore(own, keeper))),
          async put(records) {
            for (const record of records) await putChart(db, keeper, record)
          },
        }
      },
    }),
  )
})
