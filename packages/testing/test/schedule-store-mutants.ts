import { errorsOf } from '@phi/core'
import { currentOf, dispositionErrors, parseScheduleVersion, type ScheduleStore, type ScheduleVersion } from '@phi/retention'
import type { StoreUnderTest } from '../src/index.ts'
import { type StoreMutant, withVerbs } from './mutants.ts'
import { backend } from './simple-store.ts'

const storeError = errorsOf(dispositionErrors)

/** The parts of a store that can be wrong, each as a right store has it. */
interface Parts {
  readonly copy: <T>(value: T) => T
  /** Between looking and writing; a right store has none. */
  readonly pause: (() => Promise<void>) | undefined
  readonly read: (version: ScheduleVersion) => ScheduleVersion
  readonly mayAdopt: (there: number, version: number) => boolean
  readonly sameTenant: (a: string, b: string) => boolean
  readonly current: typeof currentOf
  readonly add: (versions: ScheduleVersion[], version: ScheduleVersion) => void
}

const right: Parts = {
  copy: structuredClone,
  pause: undefined,
  read: (version) => parseScheduleVersion(structuredClone(version)),
  mayAdopt: (there, version) => version === there + 1,
  sameTenant: (a, b) => a === b,
  current: currentOf,
  add: (versions, version) => {
    versions.push(version)
  },
}

/** A store with a second handle and a switch, put together from parts. */
export function simpleScheduleStore(parts: Partial<Parts> = {}): StoreUnderTest<ScheduleStore> {
  const { copy, pause, read, mayAdopt, sameTenant, current, add } = { ...right, ...parts }
  const versions: ScheduleVersion[] = []
  const { reach, under } = backend(() => storeError('PHI_RETENTION_STORE_UNAVAILABLE'))
  const of = (tenant: string) => versions.filter((each) => sameTenant(each.tenant, tenant))
  const handle = (): ScheduleStore => ({
    async adopt(version) {
      reach()
      const mine = read(version)
      const there = of(mine.tenant).length
      if (pause !== undefined) await pause()
      if (!mayAdopt(there, mine.version)) return 'conflict'
      add(versions, mine)
      return 'adopted'
    },
    async current(tenant, at) {
      reach()
      return copy(current(of(tenant), at))
    },
    async history(tenant) {
      reach()
      return copy(of(tenant))
    },
  })
  return under(handle)
}

type ScheduleStoreMutant = StoreMutant<ScheduleStore>

const KEEPS = 'keeps every version as it was adopted'
const NEXT = 'adopts no version but the next one'
const RACE = 'adopts one of 32'
const CURRENT = 'says which version is in force'
const NONE = 'refuses what is no version'
const OUTSIDE = 'keeps versions that nobody changes'
const HANDLES = 'shows what one handle wrote'
const UNREACHABLE = 'says that it cannot be reached'
const HONEST = 'is declared with no gap'

const part = (wrong: string, caughtBy: string, parts: Partial<Parts>): ScheduleStoreMutant => ({
  wrong,
  caughtBy,
  open: () => simpleScheduleStore(parts),
})

/** Changes verbs of a good store; `another` is changed alike. */
const verbs = (
  wrong: string,
  caughtBy: string,
  change: (good: ScheduleStore) => Partial<ScheduleStore>,
): ScheduleStoreMutant => ({
  wrong,
  caughtBy,
  open: () => withVerbs(simpleScheduleStore(), change),
})

/** Each handle remembers the first history of a tenant. */
const cached = (): StoreUnderTest<ScheduleStore> => {
  const under = simpleScheduleStore()
  const remembering = (good: ScheduleStore): ScheduleStore => {
    const seen = new Map<string, Promise<readonly ScheduleVersion[]>>()
    return {
      ...good,
      history(tenant) {
        const known = seen.get(tenant) ?? good.history(tenant)
        seen.set(tenant, known)
        return known
      },
    }
  }
  return { ...under, another: async () => remembering((await under.another?.()) as ScheduleStore) }
}

export const scheduleStoreMutants: readonly ScheduleStoreMutant[] = [
  part('takes tenants that begin alike for one', KEEPS, { sameTenant: (a, b) => a.slice(0, 10) === b.slice(0, 10) }),
  part('puts the latest first', KEEPS, { add: (versions, version) => versions.unshift(version) }),
  verbs('loses what is not asked for often', KEEPS, (good) => ({
    history: async (tenant) =>
      (await good.history(tenant)).map(({ schedule: { contracts: _, ...schedule }, ...rest }) => ({ ...rest, schedule })),
  })),
  verbs('says who wrote it, not who adopted it', KEEPS, (good) => ({
    history: async (tenant) => (await good.history(tenant)).map((version) => ({ ...version, by: 'phi_app' })),
  })),
  part('adopts a version that is there', NEXT, { mayAdopt: (there, version) => version <= there + 1 }),
  part('leaves gaps', NEXT, { mayAdopt: (there, version) => version > there }),
  part('writes over a version', NEXT, {
    mayAdopt: () => true,
    add: (versions, version) => {
      const at = versions.findIndex((each) => each.tenant === version.tenant && each.version === version.version)
      versions.splice(at < 0 ? versions.length : at, at < 0 ? 0 : 1, version)
    },
  }),
  part('looks before it adopts', RACE, { pause: () => new Promise(setImmediate) }),
  part('has the latest version in force, whatever its day', CURRENT, { current: (versions) => versions.at(-1) ?? null }),
  part('has the version of the latest day in force', CURRENT, {
    current: (versions, at) =>
      versions.filter(({ from }) => from <= at).toSorted((a, b) => (a.from < b.from ? 1 : -1))[0] ?? null,
  }),
  part('begins a version a day late', CURRENT, {
    current: (versions, at) => versions.findLast(({ from }) => from < at) ?? null,
  }),
  part('adopts whatever it is given', NONE, { read: structuredClone }),
  part('keeps what it was handed', OUTSIDE, { read: (version) => version }),
  part('hands out what it keeps', OUTSIDE, { copy: (value) => value, read: structuredClone }),
  { wrong: 'remembers what was there', caughtBy: HANDLES, open: cached },
  verbs('has nothing where it cannot be reached', UNREACHABLE, (good) => ({
    history: (tenant) => good.history(tenant).catch(() => []),
  })),
  verbs('has no schedule where it cannot be reached', UNREACHABLE, (good) => ({
    current: (tenant, at) => good.current(tenant, at).catch(() => null),
  })),
  {
    wrong: 'has a second handle that is not tested',
    caughtBy: HONEST,
    supports: { shared: false },
    open: () => simpleScheduleStore(),
  },
]
