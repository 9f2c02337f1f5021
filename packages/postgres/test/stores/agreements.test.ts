import {
  type AgreementRecord,
  type AgreementStore,
  decideAny,
  flows,
  loadRegistry,
  memoryAgreementStore,
  recordsOf,
} from '@phi/baa'
import { isPhiError } from '@phi/core'
import { agreementStoreSuite, register } from '@phi/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clinics, clinicsAt } from '../../../baa/test/clinics.ts'
import { aRegistry, aRequest } from '../../../baa/test/twin/arbitrary.ts'
import { agreed } from '../../../baa/test/twin/make.ts'
import { refusal } from '../../../core/test/refusal.ts'
import { agreementStore, connect, type Db } from '../../src/index.ts'
import type { Fault } from '../faults/proxy.ts'
import { behindTheTriggers, changesRefused, loggedIn, REFUSED, told } from './guarded-rows.ts'
import {
  embeddedGaps,
  embeddedUnderTest,
  loginWith,
  onServer,
  type ServerUnderTest,
  startServerUnderTest,
} from './under-test.ts'

const long = process.env.PHI_LONG === '1'
const tables = ['agreement_revision']
const pglite = embeddedUnderTest(tables)
let under: ServerUnderTest
let db: Db
let count = 0
const freshTenant = () => `clinic-${count++}`

beforeAll(async () => {
  under = await startServerUnderTest()
  db = await under.pool()
  await pglite.start()
})
afterAll(async () => {
  await pglite.close()
  await under.stop()
})

register(agreementStoreSuite({ name: 'agreementStore on PostgreSQL', open: () => onServer(under, tables, agreementStore) }), {
  describe,
  it,
})
register(
  agreementStoreSuite({ name: 'agreementStore on PGlite', supports: embeddedGaps, open: pglite.openAs(agreementStore) }),
  {
    describe,
    it,
  },
)

const first: readonly AgreementRecord[] = [{ type: 'agreement', agreement: agreed() }]
const person = (id: string): readonly AgreementRecord[] => [{ type: 'party', party: { id, kind: 'workforce' } }]

describe('agreements in the database', () => {
  it('S86 a telehealth platform of many clinics, stored and loaded, is decided on as it is in memory', async () => {
    const { map, model } = clinics(8)
    const records = recordsOf(model)
    const store = agreementStore(db)
    const tenant = freshTenant()
    // In several revisions, as agreements come in.
    for (let at = 0, revision = 0; at < records.length; at += 9, revision++) {
      expect(await store.append(tenant, records.slice(at, at + 9), revision)).toBe('appended')
    }
    const { registry: stored, revision } = await loadRegistry(store, tenant)
    expect(revision).toBe(Math.ceil(records.length / 9))
    const expected = flows(map, model, { at: clinicsAt })
    expect(JSON.stringify(flows(map, stored, { at: clinicsAt }))).toBe(JSON.stringify(expected))
    let asked = 0
    const outcomes = new Set<string>()
    for (const { from, to, id } of model.agreements) {
      for (const service of ['records.notes', 'hosting', 'billing.claims', 'messaging.sms', 'ai.transcription'] as const) {
        for (const name of ['phi.clinical.note.session', 'phi.code.icd10', 'phi.schedule.appointment'] as const) {
          for (const at of [clinicsAt, '2025-12-31T00:00:00.000Z']) {
            const request = {
              from: from.id,
              to: to.id,
              service,
              data: [{ class: name, labels: [] }],
              use: 'treatment',
              at,
            } as const
            const answer = decideAny(model, request)
            expect(decideAny(stored, request), id).toEqual(answer)
            outcomes.add(answer.outcome)
            asked++
          }
        }
      }
    }
    expect(asked).toBeGreaterThan(500)
    expect(outcomes.size).toBe(3)
  })

  it('S86 random registries, stored and loaded, are decided on as they are in memory', async () => {
    const store = agreementStore(db)
    await fc.assert(
      fc.asyncProperty(aRegistry, fc.array(aRequest, { minLength: 4, maxLength: 8 }), async (model, requests) => {
        const [tenant, twin, records] = [freshTenant(), memoryAgreementStore(), recordsOf(model)]
        for (const each of [store, twin]) expect(await each.append(tenant, records, 0)).toBe('appended')
        expect(await store.load(tenant)).toEqual(await twin.load(tenant))
        const { registry: stored } = await loadRegistry(store, tenant)
        for (const request of requests) expect(decideAny(stored, request)).toEqual(decideAny(model, request))
      }),
      { numRuns: long ? 2000 : 25 },
    )
  })

  it('S98 no role sees or adds the rows of another tenant', async () => {
    const [own, other] = [freshTenant(), freshTenant()]
    const store = agreementStore(db)
    for (const tenant of [own, other]) await store.append(tenant, first, 0)
    for (const role of ['phi_app', 'phi_auditor']) {
      const client = await loggedIn(under, role, own)
      const { rows } = await client.query('select distinct tenant from phi.agreement_revision')
      expect(rows).toEqual([{ tenant: own }])
      expect(await told(client, 'select from phi.agreement_revision where tenant = $1', [other])).toBe(0)
      const insert = 'insert into phi.agreement_revision (tenant, revision, records) values ($1, 1, $2)'
      expect(await told(client, insert, [other, '[]'])).toBe('42501')
      await client.query(`select set_config('phi.tenant', '', false)`)
      expect(await told(client, 'select from phi.agreement_revision')).toBe(0)
      await client.end()
    }
    const retention = await loggedIn(under, 'phi_retention', own)
    expect(await told(retention, 'select from phi.agreement_revision')).toBe('42501')
    await retention.end()
    expect((await store.load(other)).revision).toBe(1)
  })

  it('S95 rows are only added: for every role, for the owner, and where triggers are switched off for replication', async () => {
    const tenant = freshTenant()
    await agreementStore(db).append(tenant, first, 0)
    expect(await changesRefused(under, 'agreement_revision', tenant, 'records')).toEqual(REFUSED)
    expect((await agreementStore(db).load(tenant)).agreements).toHaveLength(1)
  })

  it('S95 the service adds the next revision, at a time that the database says, and nothing else', async () => {
    const tenant = freshTenant()
    await agreementStore(db).append(tenant, first, 0)
    const client = await loggedIn(under, 'phi_app', tenant)
    const insert = 'insert into phi.agreement_revision (tenant, revision, records) values ($1, $2, $3)'
    expect(await told(client, insert, [tenant, 3, '[]'])).toBe('PHI02')
    expect(await told(client, insert, [tenant, 0, '[]'])).toBe('23514')
    expect(await told(client, insert, [tenant, 1, '[]'])).toBe('23505')
    expect(await told(client, `${insert} on conflict (tenant, revision) do update set records = '[]'`, [tenant, 1, '[]'])).toBe(
      '42501',
    )
    const dated = `insert into phi.agreement_revision (tenant, revision, records, recorded_at) values ($1, 2, '[]', '2020-01-01')`
    expect(await told(client, dated, [tenant])).toBe('42501')
    await client.end()
  })

  it('S86 an auditor reads and appends nothing', async () => {
    const tenant = freshTenant()
    await agreementStore(db).append(tenant, first, 0)
    const auditor = await connect(await loginWith(under, 'phi_auditor', ['phi_auditor']))
    const store = agreementStore(auditor, { role: 'phi_auditor' })
    expect(await store.load(tenant)).toEqual(await agreementStore(db).load(tenant))
    expect((await refusal(store.append(tenant, person('p-1'), 1))).code).toBe('PHI_PG_FORBIDDEN')
    expect((await refusal(agreementStore(auditor).load(tenant))).code).toBe('PHI_PG_FORBIDDEN')
    await auditor.close()
    expect((await refusal(() => agreementStore(db, { role: 'phi_owner' as never }))).code).toBe('PHI_PG_OPTIONS')
  })

  it('S95 rows that somebody wrote past this package are an error, and never fewer agreements', async () => {
    const store = agreementStore(db)
    const tampered: readonly (readonly [sql: string, params: readonly unknown[]])[] = [
      ['delete from phi.agreement_revision where tenant = $1 and revision = 1', []],
      ['delete from phi.agreement_revision where tenant = $1 and revision = 2', []],
      ['update phi.agreement_revision set records = $2 where tenant = $1 and revision = 2', ['']],
      ['update phi.agreement_revision set records = $2 where tenant = $1 and revision = 2', ['[]']],
      ['update phi.agreement_revision set records = $2 where tenant = $1 and revision = 2', ['[{"type":"party"}]']],
      [
        'update phi.agreement_revision set records = $2 where tenant = $1 and revision = 1',
        [JSON.stringify([{ ...first[0], more: 'Zelda' }])],
      ],
    ]
    for (const [sql, params] of tampered) {
      const tenant = freshTenant()
      for (const [revision, records] of [first, person('p-1'), person('p-2')].entries())
        await store.append(tenant, records, revision)
      await behindTheTriggers(under, 'agreement_revision', sql, [tenant, ...params])
      for (const call of [
        () => store.load(tenant),
        () => loadRegistry(store, tenant),
        () => store.append(tenant, person('p-3'), 3),
      ]) {
        const error = await refusal(call())
        expect(error.code, sql).toBe('PHI_BAA_STORE')
        expect(JSON.stringify(error)).not.toContain('Zelda')
      }
    }
  })

  it('S86 an answer that was lost at any statement of an append: the same again says what became of it', async () => {
    const slow = await connect(under.proxy.through(under.url), { max: 1, queryTimeoutMs: 2000 })
    const store = agreementStore(slow)
    const tenant = freshTenant()
    let revision = 0
    const answers: Record<string, number> = {}
    const faults: readonly Fault[] = [{ kind: 'cut', when: 'before' }, { kind: 'cut', when: 'after' }, { kind: 'cut-half' }]
    for (const fault of faults) {
      for (let statement = 1; ; statement++) {
        let seen = 0
        under.proxy.plan = ({ text }) => (text !== 'connect' && ++seen === statement ? fault : undefined)
        const records = person(`p-${revision}`)
        const append = (from: AgreementStore) =>
          from.append(tenant, records, revision).catch((error: unknown) => {
            if (isPhiError(error, 'PHI_BAA_STORE_UNAVAILABLE') && error.retryable) return 'lost' as const
            throw error
          })
        const answer = await append(store)
        under.proxy.plan = () => undefined
        const after = await append(store)
        if (answer === 'lost') expect(['appended', 'already']).toContain(after)
        else expect([answer, after]).toEqual(['appended', 'already'])
        answers[`${answer} ${after}`] = (answers[`${answer} ${after}`] ?? 0) + 1
        revision++
        if (answer !== 'lost' && seen < statement) break
      }
    }
    await slow.close()
    const { parties } = await agreementStore(db).load(tenant)
    expect(parties.map(({ id }) => id)).toEqual(Array.from({ length: revision }, (_, index) => `p-${index}`))
    // Both happen: nothing was written, and it was written and nobody said so.
    expect(answers['lost appended']).toBeGreaterThan(3)
    expect(answers['lost already']).toBe(2)
  })
})
