import { isPhiError } from '@phi/core'
import { applyIncidentEvent, incidentEventTypes, incidentRoles, openIncident } from '@phi/deadlines/incident'
import { applyRequestEvent, openRequest, requestEventTypes, requestKinds } from '@phi/deadlines/request'
import {
  type CaseEntry,
  type CaseOpening,
  type CaseStore,
  compareIds,
  isOpenCase,
  type KeptCase,
  memoryCaseStore,
} from '@phi/deadlines/store'
import { caseStoreSuite, register } from '@phi/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import * as incidents from '../../../deadlines/test/incident-samples.ts'
import * as requests from '../../../deadlines/test/request-samples.ts'
import { caseStore, connect, type Db } from '../../src/index.ts'
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
const tables = ['case_entry']
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

const open = (handle: Db): CaseStore => caseStore(handle)
register(caseStoreSuite({ name: 'caseStore on PostgreSQL', open: () => onServer(under, tables, open) }), { describe, it })
register(caseStoreSuite({ name: 'caseStore on PGlite', supports: embeddedGaps, open: pglite.openAs(open) }), { describe, it })

const days = ['2026-05-04', '2026-05-05', '2026-05-06', '2026-06-30'] as const
const steps = <Type extends string>(types: readonly Type[]) =>
  fc.array(fc.tuple(fc.constantFrom(...types), fc.constantFrom(...days), fc.boolean()), { maxLength: 10 })

/** A random history under an id, refusals included, as the machine makes it. */
const aHistory = (id: string): fc.Arbitrary<KeptCase> =>
  fc.oneof(
    fc.tuple(fc.constantFrom(...requestKinds), steps(requestEventTypes)).map(([kind, events]): KeptCase => {
      let record = openRequest({ ...requests.openingOf(kind), id })
      for (const [type, at, timely] of events) {
        record = applyRequestEvent(record, requests.sampleOf(kind, type, at), timely ? { today: days[2] } : undefined).request
      }
      return { kind: 'request', record }
    }),
    fc.tuple(fc.constantFrom(...incidentRoles), steps(incidentEventTypes)).map(([role, events]): KeptCase => {
      let record = openIncident({ ...incidents.openingOf(role), id })
      for (const [type, at, timely] of events) {
        record = applyIncidentEvent(record, incidents.sampleOf(role, type, at), timely ? { today: days[2] } : {}).incident
      }
      return { kind: 'incident', record }
    }),
  )
const histories = fc
  .uniqueArray(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((id) => id === id.trim()),
    { minLength: 1, maxLength: 5 },
  )
  .chain((ids) => fc.tuple(...ids.map(aHistory)))

const openingOf = ({ kind, record }: KeptCase) => ({ kind, opening: record.opening }) as CaseOpening
const keep = async (store: CaseStore, tenant: string, kept: KeptCase): Promise<void> => {
  expect(await store.open(tenant, openingOf(kept))).toBe('opened')
  for (const [index, entry] of kept.record.log.entries()) {
    expect(await store.append(tenant, kept.record.id, index, entry)).toBe('appended')
  }
}

const verified = { type: 'identity-verified', at: '2026-03-03' } as const
const access = (id: string, ...events: readonly Parameters<typeof applyRequestEvent>[1][]): KeptCase => {
  let record = openRequest({ ...requests.openingOf('access'), id })
  for (const event of events) record = applyRequestEvent(record, event).request
  return { kind: 'request', record }
}

describe('requests and incidents in the database', () => {
  it('S126 S127 S133 random histories are kept, replayed and listed as in memory', async () => {
    let refused = 0
    await fc.assert(
      fc.asyncProperty(histories, async (cases) => {
        const [tenant, store, twin] = [freshTenant(), caseStore(db), memoryCaseStore()]
        for (const kept of cases) {
          for (const each of [store, twin]) await keep(each, tenant, kept)
          refused += kept.record.log.filter((entry) => entry.refused).length
          expect(await store.load(tenant, kept.record.id)).toEqual(kept)
        }
        for (const query of [
          { limit: 500 },
          { limit: 2, open: true },
          { limit: 500, open: false, kind: 'incident' },
        ] as const) {
          expect(await store.list(tenant, query)).toEqual(await twin.list(tenant, query))
        }
        const ids = cases.map(({ record }) => record.id).toSorted(compareIds)
        const after = { limit: 1, after: ids[0] as string }
        expect(await store.list(tenant, after)).toEqual(await twin.list(tenant, after))
        expect((await store.list(tenant, { limit: 500 })).map(({ record }) => record.id)).toEqual(ids)
        // What comes back takes the next event, as the case that was never stored does.
        const [first] = cases
        const loaded = await store.load(tenant, first?.record.id as string)
        expect(loaded && isOpenCase(loaded)).toBe(first && isOpenCase(first))
      }),
      { numRuns: long ? 1000 : 12 },
    )
    expect(refused).toBeGreaterThan(20)
  })

  it('S98 no role sees or adds the rows of another tenant', async () => {
    const [own, other] = [freshTenant(), freshTenant()]
    for (const tenant of [own, other]) await keep(caseStore(db), tenant, access('r-1', verified))
    for (const role of ['phi_app', 'phi_auditor']) {
      const client = await loggedIn(under, role, own)
      const { rows } = await client.query('select distinct tenant from phi.case_entry')
      expect(rows).toEqual([{ tenant: own }])
      expect(await told(client, 'select from phi.case_entry where tenant = $1', [other])).toBe(0)
      const insert = `insert into phi.case_entry (tenant, id, entry, kind, line, is_open) values ($1, 'r-2', 0, 'request', '{}', true)`
      expect(await told(client, insert, [other])).toBe('42501')
      await client.query(`select set_config('phi.tenant', '', false)`)
      expect(await told(client, 'select from phi.case_entry')).toBe(0)
      await client.end()
    }
    const retention = await loggedIn(under, 'phi_retention', own)
    expect(await told(retention, 'select from phi.case_entry')).toBe('42501')
    await retention.end()
    expect(await caseStore(db).list(other, { limit: 10 })).toHaveLength(1)
  })

  it('S95 rows are only added: for every role, for the owner, and where triggers are switched off for replication', async () => {
    const tenant = freshTenant()
    await keep(caseStore(db), tenant, access('r-1', verified))
    expect(await changesRefused(under, 'case_entry', tenant, 'line')).toEqual(REFUSED)
    expect(await caseStore(db).load(tenant, 'r-1')).toEqual(access('r-1', verified))
  })

  it('S95 the service adds the next entry of a case, at a time that the database says, and nothing else', async () => {
    const tenant = freshTenant()
    await keep(caseStore(db), tenant, access('r-1', verified))
    const client = await loggedIn(under, 'phi_app', tenant)
    const insert = 'insert into phi.case_entry (tenant, id, entry, kind, line, is_open) values ($1, $2, $3, $4, $5, true)'
    for (const [id, entry, kind, answer] of [
      ['r-1', 3, null, 'PHI02'],
      ['r-2', 1, null, 'PHI02'],
      ['r-1', 1, null, '23505'],
      ['r-1', 0, 'request', '23505'],
      ['r-2', 0, null, '23514'],
      ['r-2', 0, 'friend', '23514'],
      ['r-1', 2, 'request', '23514'],
      ['r-1', -1, null, '23514'],
    ] as const) {
      expect(await told(client, insert, [tenant, id, entry, kind, '{}']), `${id} ${entry} ${kind}`).toBe(answer)
    }
    const dated = `insert into phi.case_entry (tenant, id, entry, kind, line, is_open, recorded_at) values ($1, 'r-2', 0, 'request', '{}', true, '2020-01-01')`
    expect(await told(client, dated, [tenant])).toBe('42501')
    await client.end()
  })

  it('S126 an auditor reads and adds nothing', async () => {
    const tenant = freshTenant()
    await keep(caseStore(db), tenant, access('r-1'))
    const auditor = await connect(await loginWith(under, 'phi_auditor', ['phi_auditor']))
    const store = caseStore(auditor, { role: 'phi_auditor' })
    expect(await store.load(tenant, 'r-1')).toEqual(access('r-1'))
    expect((await refusal(store.open(tenant, openingOf(access('r-2'))))).code).toBe('PHI_PG_FORBIDDEN')
    expect((await refusal(store.append(tenant, 'r-1', 0, { event: verified }))).code).toBe('PHI_PG_FORBIDDEN')
    expect((await refusal(caseStore(auditor).load(tenant, 'r-1'))).code).toBe('PHI_PG_FORBIDDEN')
    await auditor.close()
    expect((await refusal(() => caseStore(db, { role: 'phi_owner' as never }))).code).toBe('PHI_PG_OPTIONS')
  })

  it('S95 rows that somebody wrote past this package are an error that says where, and never half a case', async () => {
    const store = caseStore(db)
    const name = 'Zelda-4711'
    const denied = JSON.stringify({ event: { type: 'review-upheld', at: '2026-03-04', by: name } })
    const tampered: readonly (readonly [sql: string, params: readonly unknown[], entry: number])[] = [
      ['delete from phi.case_entry where tenant = $1 and id = $2 and entry = 1', [], 1],
      ['delete from phi.case_entry where tenant = $1 and id = $2 and entry = 0', [], 0],
      ['update phi.case_entry set line = $3 where tenant = $1 and id = $2 and entry = 1', [name], 1],
      ['update phi.case_entry set line = $3 where tenant = $1 and id = $2 and entry = 2', [denied], 2],
      [
        `update phi.case_entry set line = replace(line, 'request', 'incident') where tenant = $1 and id = $2 and entry = 0`,
        [],
        0,
      ],
      [`update phi.case_entry set line = replace(line, $2, 'r-x') where tenant = $1 and id = $2 and entry = 0`, [], 0],
    ]
    for (const [sql, params, entry] of tampered) {
      const tenant = freshTenant()
      for (const id of ['r-1', name, 'r-3']) await keep(store, tenant, access(id, verified, verified))
      await behindTheTriggers(under, 'case_entry', sql, [tenant, name, ...params])
      const errors = [
        await refusal(store.load(tenant, name)),
        await refusal(store.append(tenant, name, 2, { event: verified })),
      ]
      // In the order of ids it is the first. Without its beginning it is on no page, and that is all that a page can tell.
      if (!sql.startsWith('delete') || entry !== 0) errors.push(await refusal(store.list(tenant, { limit: 2 })))
      for (const error of errors) {
        expect([error.code, error.info], sql).toEqual(['PHI_DEADLINES_STORE', { position: 0, entry }])
        expect(JSON.stringify([error, String(error), String(error.cause)])).not.toContain(name)
      }
      expect(await store.load(tenant, 'r-3')).toBeDefined()
    }
    const tenant = freshTenant()
    for (const id of ['r-1', 'r-2']) await keep(store, tenant, access(id, verified))
    await behindTheTriggers(under, 'case_entry', `update phi.case_entry set is_open = false where tenant = $1 and id = 'r-2'`, [
      tenant,
    ])
    const error = await refusal(store.list(tenant, { open: false, limit: 10 }))
    expect([error.code, error.info]).toEqual(['PHI_DEADLINES_STORE', { position: 0 }])
  })

  it('S126 an answer that was lost at any statement: the same call again says what became of it', async () => {
    const slow = await connect(under.proxy.through(under.url), { max: 1, queryTimeoutMs: 2000 })
    const store = caseStore(slow)
    const tenant = freshTenant()
    const counts: Record<string, number> = {}
    const lost = (error: unknown) => {
      if (isPhiError(error, 'PHI_DEADLINES_STORE_UNAVAILABLE') && error.retryable) return 'lost' as const
      throw error
    }
    const faults: readonly Fault[] = [{ kind: 'cut', when: 'before' }, { kind: 'cut', when: 'after' }, { kind: 'cut-half' }]
    let cases = 0
    for (const fault of faults) {
      for (let statement = 1; ; statement++) {
        let seen = 0
        const strike = () => {
          seen = 0
          under.proxy.plan = ({ text }) => (text !== 'connect' && ++seen === statement ? fault : undefined)
        }
        const calm = () => {
          under.proxy.plan = () => undefined
        }
        const kept = access(`r-${cases++}`, verified)
        const { id, log } = kept.record
        const begin = () => store.open(tenant, openingOf(kept)).catch(lost)
        const add = () => store.append(tenant, id, 0, log[0] as CaseEntry).catch(lost)
        const answers: string[] = []
        for (const call of [begin, add]) {
          strike()
          const answer = await call()
          calm()
          answers.push(`${answer} ${await call()}`)
        }
        for (const each of answers) counts[each] = (counts[each] ?? 0) + 1
        expect(await store.load(tenant, id)).toEqual(kept)
        if (!answers.some((each) => each.startsWith('lost'))) break
      }
    }
    await slow.close()
    expect(Object.keys(counts).toSorted()).toEqual([
      'appended already',
      'lost already',
      'lost appended',
      'lost opened',
      'opened already',
    ])
    // The commit of either verb, with its answer cut off or in half.
    expect(counts['lost already']).toBe(4)
    expect(await caseStore(db).list(tenant, { limit: 500 })).toHaveLength(cases)
  })
})
