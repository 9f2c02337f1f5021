import { canonicalJson, toHex } from '@phi/core'
import { houseRule, type ScheduleStore, type ScheduleVersion, usRetention } from '@phi/retention'
import {
  anotherOf,
  refusesUnreachable,
  type StoreCase,
  type StoreSuiteOptions,
  storeGap,
  storeHonesty,
} from '../store/manifest.ts'
import { check, equal, fail, refused, succeeds } from '../suite/assert.ts'
import { freshBytes } from '../suite/bytes.ts'
import { DEFAULT_CASE_TIMEOUT_MS, type Suite, suiteOf } from '../suite/suite.ts'

const CALLERS = 32

const freshTenant = (): string => `t-${toHex(freshBytes(8))}`

const messages = houseRule({
  id: 'house.messages',
  title: 'Messages: Zoe\u0308, "\u{1f512}", \'; drop table schedule; --',
  kinds: ['message'],
  start: { anyOf: [['created']] },
  period: { unit: 'years', amount: 3 },
  asOf: '2026-11-21',
})

const versionOf = (tenant: string, version: number, more: Partial<ScheduleVersion> = {}): ScheduleVersion => ({
  tenant,
  version,
  by: 'C. Ouns\u00e9l',
  on: '2027-01-01',
  from: '2027-02-28',
  schedule: {
    id: `clinic/${version}`,
    law: usRetention.id,
    house: [messages],
    signOffs: [{ rule: 'house.messages', by: 'counsel', on: '2026-12-01' }],
    mustBeSigned: 'every-applicable-row',
    ...(version > 1 && { shortenings: [{ rule: 'house.messages', by: 'counsel', on: '2026-12-01' }] }),
  },
  ...more,
})

const textOf = (value: unknown, what: string): string => {
  try {
    // Through JSON: a rule has no prototype, and a member that is undefined is none.
    return canonicalJson(JSON.parse(JSON.stringify(value)))
  } catch {
    return fail(`${what} must answer with plain data`)
  }
}

const adopt = (store: ScheduleStore, version: ScheduleVersion) => succeeds(() => store.adopt(version), 'adopt')

async function historyIs(
  store: ScheduleStore,
  tenant: string,
  expected: readonly ScheduleVersion[],
  when: string,
): Promise<void> {
  const found = await succeeds(() => store.history(tenant), 'history')
  check(Array.isArray(found), 'history must answer with a list')
  equal(found.length, expected.length, `history ${when}: the number of versions`)
  equal(textOf(found, 'history'), textOf(expected, 'the suite'), `history ${when}`)
}

/** As many versions of one number at once: one is adopted, and the others are told. */
async function race(stores: readonly ScheduleStore[]): Promise<void> {
  const tenant = freshTenant()
  for (const version of [1, 2]) {
    const tries = Array.from({ length: CALLERS }, (_, i) => versionOf(tenant, version, { by: `caller ${i}` }))
    const answers = await Promise.all(tries.map((each, i) => adopt(stores[i % stores.length] as ScheduleStore, each)))
    const won = answers.filter((answer) => answer === 'adopted').length
    equal(won, 1, `the number of ${CALLERS} versions ${version} that were adopted`)
    const winner = tries[answers.indexOf('adopted')] as ScheduleVersion
    for (const store of stores) {
      const found = await succeeds(() => store.history(tenant), 'history')
      equal(found.length, version, 'history after a race: the number of versions')
      equal(found[version - 1]?.by, winner.by, 'history after a race: who adopted')
    }
  }
}

const cases: readonly StoreCase<ScheduleStore>[] = [
  {
    title: 'keeps every version as it was adopted, in order, and of no other tenant',
    requirements: ['S65'],
    async run({ store }) {
      const tenant = freshTenant()
      await historyIs(store, tenant, [], 'of a tenant without a schedule')
      const versions = [
        versionOf(tenant, 1),
        versionOf(tenant, 2, { on: '2028-02-29', from: '2028-02-29', by: 'somebody else' }),
        versionOf(tenant, 3, {
          schedule: { id: 'own', law: [...usRetention.rules.slice(0, 3)], contracts: [], acceptUnsigned: ['secondary'] },
        }),
      ]
      for (const version of versions) equal(await adopt(store, version), 'adopted', 'adopt of the next version')
      const other = versionOf(`${tenant}0`, 1)
      equal(await adopt(store, other), 'adopted', 'adopt of the first version of another tenant')
      await historyIs(store, tenant, versions, 'after three versions')
      await historyIs(store, `${tenant}0`, [other], 'of another tenant')
    },
  },
  {
    title: 'adopts no version but the next one, and changes none that is there',
    requirements: ['S65'],
    async run({ store }) {
      const tenant = freshTenant()
      equal(await adopt(store, versionOf(tenant, 2)), 'conflict', 'adopt of version 2 where none is there')
      const first = versionOf(tenant, 1)
      equal(await adopt(store, first), 'adopted', 'adopt of version 1')
      for (const version of [1, 3, 7]) {
        const another = versionOf(tenant, version, { by: 'another' })
        equal(await adopt(store, another), 'conflict', `adopt of version ${version} where 1 is there`)
      }
      await historyIs(store, tenant, [first], 'after versions that were refused')
    },
  },
  {
    title: `adopts one of ${CALLERS} concurrent versions of a number`,
    requirements: ['S65'],
    run: ({ store }) => race([store]),
  },
  {
    title: 'says which version is in force on a day: the one adopted last of those that are',
    requirements: ['S65'],
    async run({ store }) {
      const tenant = freshTenant()
      const at = async (day: string) => (await succeeds(() => store.current(tenant, day), 'current'))?.version ?? null
      equal(await at('2100-01-01'), null, 'current of a tenant without a schedule')
      await adopt(store, versionOf(tenant, 1, { from: '2027-02-28' }))
      await adopt(store, versionOf(tenant, 2, { from: '2030-01-01' }))
      // Adopted later for an earlier day: it takes the place of both from then on.
      await adopt(store, versionOf(tenant, 3, { from: '2028-02-29' }))
      const expected = [
        ['2027-02-27', null],
        ['2027-02-28', 1],
        ['2028-02-28', 1],
        ['2028-02-29', 3],
        ['2030-01-01', 3],
      ] as const
      for (const [day, version] of expected) equal(await at(day), version, `current on ${day}: the version`)
      const current = await succeeds(() => store.current(tenant, '2027-03-01'), 'current')
      equal(textOf(current, 'current'), textOf(versionOf(tenant, 1), 'the suite'), 'current')
    },
  },
  {
    title: 'refuses what is no version, and keeps nothing of it',
    requirements: ['S65'],
    async run({ store }) {
      const tenant = freshTenant()
      const good = versionOf(tenant, 1)
      const wrong: unknown[] = [
        { ...good, from: '2026-12-31' },
        { ...good, on: '2027-02-29' },
        { ...good, by: '' },
        { ...good, note: 'more' },
        { ...good, schedule: { ...good.schedule, law: undefined } },
        { ...good, schedule: { ...good.schedule, shortest: true } },
        { ...good, schedule: { ...good.schedule, house: [{ ...messages, period: { unit: 'years', amount: -1 } }] } },
      ]
      for (const version of wrong) {
        const what = 'adopt of what is no version'
        const codes = ['PHI_RETENTION_SCHEDULE', 'PHI_RETENTION_RULE']
        await refused(() => store.adopt(version as ScheduleVersion), codes, what, 'Pass it through parseScheduleVersion.')
      }
      await historyIs(store, tenant, [], 'after versions that are none')
    },
  },
  {
    title: 'keeps versions that nobody changes by changing what they handed in or were handed',
    requirements: ['S65'],
    async run({ store }) {
      const tenant = freshTenant()
      const handed = structuredClone(versionOf(tenant, 1))
      await adopt(store, handed)
      Reflect.set(handed, 'by', 'spoilt')
      Reflect.set(handed.schedule, 'mustBeSigned', 'governing-row')
      Reflect.set(handed.schedule.signOffs?.[0] ?? {}, 'by', 'spoilt')
      await historyIs(store, tenant, [versionOf(tenant, 1)], 'after what was handed in was changed')
      const found = await succeeds(() => store.history(tenant), 'history')
      Reflect.set(found[0] ?? {}, 'by', 'spoilt')
      Reflect.set(found[0]?.schedule ?? {}, 'mustBeSigned', 'governing-row')
      if (!Object.isFrozen(found)) Reflect.apply(Array.prototype.splice, found, [0])
      await historyIs(store, tenant, [versionOf(tenant, 1)], 'after what was handed out was changed')
    },
  },
  {
    title: 'shows what one handle wrote to another at once, and lets one of both win',
    requirements: ['S65'],
    skip: (supports) => storeGap(supports, 'shared'),
    async run(under) {
      const { store } = under
      const another = await anotherOf(under)
      const tenant = freshTenant()
      // Each handle reads before the other writes: what one keeps in a cache of its own goes stale.
      await historyIs(another, tenant, [], 'on another handle, before')
      await adopt(store, versionOf(tenant, 1))
      await historyIs(another, tenant, [versionOf(tenant, 1)], 'on another handle, after')
      equal((await succeeds(() => another.current(tenant, '2030-01-01'), 'current'))?.version, 1, 'current on another handle')
      await race([store, another])
    },
  },
  {
    title: 'says that it cannot be reached, with every verb and a retryable error, and works again afterwards',
    requirements: ['S65'],
    skip: (supports) => storeGap(supports, 'unreachable'),
    async run(under) {
      const { store } = under
      const tenant = freshTenant()
      await adopt(store, versionOf(tenant, 1))
      await refusesUnreachable(under, 'PHI_RETENTION_STORE_UNAVAILABLE', {
        adopt: () => store.adopt(versionOf(tenant, 2)),
        current: () => store.current(tenant, '2030-01-01'),
        history: () => store.history(tenant),
      })
      await historyIs(store, tenant, [versionOf(tenant, 1)], 'once the store can be reached again')
    },
  },
  storeHonesty,
]

/**
 * The contract of `ScheduleStore` of `@phi/retention` as cases: versions that are only added, by the next number, and come back as they were
 * adopted. Whether what was written outlives a crash is not tested.
 */
export function scheduleStoreSuite(options: StoreSuiteOptions<ScheduleStore>): Suite {
  const { name, supports = {}, open, caseTimeoutMs = DEFAULT_CASE_TIMEOUT_MS } = options
  return suiteOf(cases, { name, manifest: supports, open, caseTimeoutMs })
}
