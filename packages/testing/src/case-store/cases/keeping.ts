import type { CaseStore } from '@phi/deadlines/store'
import type { StoreCase } from '../../store/manifest.ts'
import { check, equal, refused, succeeds } from '../../suite/assert.ts'
import {
  absent,
  accessOpening,
  freshTenant,
  histories,
  holds,
  incidentOf,
  keepAll,
  openingOf,
  requestOf,
  secured,
  verified,
  withdrawn,
} from '../world.ts'

/** Changes data as a careless caller would. Frozen data stays as it is, and that is as good. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const key of Object.keys(value)) {
    spoil(Reflect.get(value, key))
    Reflect.set(value, key, 'spoilt')
  }
}

export const keepingCases: readonly StoreCase<CaseStore>[] = [
  {
    title: 'has nothing where nothing was begun, and makes nothing by being asked',
    requirements: ['S126', 'S133'],
    async run({ store }) {
      const tenant = freshTenant()
      const [entry] = requestOf([verified]).record.log
      const empty = async () => {
        await absent(store, tenant, 'r-1', 'of a case that was never begun')
        const page = await succeeds(() => store.list(tenant, { limit: 10 }), 'list')
        check(Array.isArray(page) && page.length === 0, 'list of a tenant without cases must answer with an empty list')
      }
      await empty()
      const answer = await succeeds(() => store.append(tenant, 'r-1', 0, entry as never), 'append')
      equal(answer, 'missing', 'append to a case that was never begun')
      await empty()
    },
  },
  {
    title: 'gives back every history replayed, refused entries too, at its oddest',
    requirements: ['S126', 'S127', 'S133', 'S135'],
    async run({ store }) {
      const tenant = freshTenant()
      const all = histories()
      check(
        all.some(({ record }) => record.log.some(({ refused: because }) => because !== undefined)),
        'the suite has entries that were refused',
      )
      await keepAll(store, tenant, all)
      for (const kept of all) await holds(store, tenant, kept, 'after append')
    },
  },
  {
    title: 'keeps and hands out what nobody changes from outside',
    requirements: ['S126'],
    async run({ store }) {
      const tenant = freshTenant()
      const kept = requestOf([verified, withdrawn])
      const opening = structuredClone(openingOf(kept))
      const entries = structuredClone(kept.record.log)
      equal(await succeeds(() => store.open(tenant, opening), 'open'), 'opened', 'open of a case that is not there')
      for (const [index, entry] of entries.entries()) {
        await succeeds(() => store.append(tenant, 'r-1', index, entry as never), 'append')
      }
      spoil(opening)
      spoil(entries)
      await holds(store, tenant, kept, 'after the caller changed what it had handed in')
      spoil(await succeeds(() => store.load(tenant, 'r-1'), 'load'))
      spoil(await succeeds(() => store.list(tenant, { limit: 1 }), 'list'))
      await holds(store, tenant, kept, 'after a caller changed what it had been given')
    },
  },
  {
    title: 'refuses a second case with an id that is taken, and says of the same case that it is there',
    requirements: ['S126', 'S133'],
    async run({ store }) {
      const tenant = freshTenant()
      const kept = requestOf([verified])
      await keepAll(store, tenant, [kept])
      const others = [requestOf([], { ...accessOpening(), by: 'u-2' }), incidentOf([], 'r-1')]
      for (const other of others) {
        equal(await succeeds(() => store.open(tenant, openingOf(other)), 'open'), 'taken', 'open of an id that is taken')
      }
      const same = { kind: 'request', opening: { timeZone: 'America/New_York', ...accessOpening(), by: undefined } } as const
      equal(await succeeds(() => store.open(tenant, same), 'open'), 'already', 'open again of a case that is there')
      await holds(store, tenant, kept, 'after a second open')
    },
  },
  {
    title: 'refuses what is no case and what does not come out as it says, and writes nothing of it',
    requirements: ['S126'],
    async run({ store }) {
      const tenant = freshTenant()
      const kept = requestOf([verified])
      await keepAll(store, tenant, [kept])
      const [entry] = kept.record.log
      const because = { reason: 'out-of-order', says: 'no', citations: [] }
      const CASE = 'PHI_DEADLINES_CASE'
      const entries: readonly (readonly [string, unknown, string])[] = [
        ['an entry that was accepted, and is refused here', entry, CASE],
        ['an entry for another reason', { event: verified, refused: because }, CASE],
        ['an entry that was refused, and is accepted here', { event: withdrawn, refused: because }, CASE],
        ['an entry of an incident', { event: secured }, 'PHI_DEADLINES_FACTS'],
        ['an entry with more', { event: withdrawn, more: 1 }, CASE],
        ['no entry', null, CASE],
      ]
      const remedy = 'Use withEntry.'
      for (const [what, bad, code] of entries) {
        await refused(() => store.append(tenant, 'r-1', 1, bad as never), [code], `append of ${what}`, remedy)
      }
      for (const count of [-1, 0.5, Number.NaN, '1' as unknown as number, 1001]) {
        await refused(
          () => store.append(tenant, 'r-1', count, entry as never),
          [CASE],
          'append at no count',
          'Use readExpectedEntries.',
        )
      }
      const openings: readonly (readonly [string, unknown])[] = [
        ['another kind', { kind: 'friend', opening: accessOpening('r-9') }],
        ['a request as an incident', { kind: 'incident', opening: accessOpening('r-9') }],
        ['an opening with more', { kind: 'request', opening: { ...accessOpening('r-9'), more: 1 } }],
        [
          'a number that is none',
          { kind: 'incident', opening: { ...incidentOf([], 'r-9').record.opening, individuals: Number.NaN } },
        ],
        ['nothing', null],
      ]
      for (const [what, bad] of openings) {
        await refused(
          () => store.open(tenant, bad as never),
          [CASE, 'PHI_DEADLINES_FACTS'],
          `open of ${what}`,
          'Use beginCase.',
        )
      }
      for (const nobody of ['', 'Clinic A', "x' or true --"]) {
        await refused(() => store.load(nobody, 'r-1'), ['PHI_CORE_TENANT'], 'load of what is no tenant', 'Use parseTenant.')
      }
      await holds(store, tenant, kept, 'after entries that were refused')
      await absent(store, tenant, 'r-9', 'of what was refused')
    },
  },
  {
    title: 'keeps tenants apart',
    requirements: ['S98', 'S126'],
    async run({ store }) {
      const tenant = freshTenant()
      const near = [`${tenant}0`, tenant.slice(0, -1), tenant.replace('-', '_')]
      const kept = requestOf([verified])
      await keepAll(store, tenant, [kept])
      for (const each of near) {
        await absent(store, each, 'r-1', 'for another tenant')
        const answer = await succeeds(() => store.append(each, 'r-1', 1, { event: withdrawn }), 'append')
        equal(answer, 'missing', "append to another tenant's case")
        const page = await succeeds(() => store.list(each, { limit: 10 }), 'list')
        equal(page.length, 0, 'list for another tenant: the number of cases')
      }
      const other = requestOf([], { ...accessOpening(), by: 'u-2' })
      await keepAll(store, near[0] as string, [other])
      await holds(store, tenant, kept, 'after another tenant began a case with its id')
      await holds(store, near[0] as string, other, 'for the other tenant')
    },
  },
]
