import { toHex } from '@phi/core'
import { keyPurposes, type Tombstone, type TombstoneStore } from '@phi/envelope'
import {
  anotherOf,
  refusesUnreachable,
  type StoreCase,
  type StoreSuiteOptions,
  storeGap,
  storeHonesty,
} from '../store/manifest.ts'
import { check, equal, succeeds } from '../suite/assert.ts'
import { freshBytes } from '../suite/bytes.ts'
import { DEFAULT_CASE_TIMEOUT_MS, type Suite, suiteOf } from '../suite/suite.ts'

const CALLERS = 32

const fresh = (more: Partial<Tombstone> = {}): Tombstone => ({
  keyId: toHex(freshBytes(4)),
  tenant: `suite-${toHex(freshBytes(5))}`,
  purpose: 'field',
  version: 1,
  commitment: toHex(freshBytes(32)),
  destroyedAt: '2026-11-22T10:00:00.120Z',
  backupHorizon: '2027-02-20T10:00:00.000Z',
  ...more,
})

const byKey = (a: Tombstone, b: Tombstone) => (a.keyId < b.keyId ? -1 : 1)

/** Holds what came back against what must be there, in that order: every field, and no field more. */
function same(actual: readonly Tombstone[], expected: readonly Tombstone[], what: string): void {
  check(Array.isArray(actual), `${what} must answer with an array`)
  equal(actual.length, expected.length, `${what}: the number of tombstones`)
  for (const [i, tombstone] of actual.entries()) {
    const wanted = expected[i] as Tombstone
    for (const name of Object.keys(wanted) as (keyof Tombstone)[]) equal(tombstone[name], wanted[name], `${what}: ${name}`)
    equal(Object.keys(tombstone).length, Object.keys(wanted).length, `${what}: the number of fields`)
  }
}

const append = (store: TombstoneStore, tombstone: Tombstone) => succeeds(() => store.append(tombstone), 'append')

async function findAll(store: TombstoneStore, tombstones: readonly Tombstone[]): Promise<Tombstone[]> {
  const ids = tombstones.map(({ keyId }) => keyId)
  return [...(await succeeds(() => store.find(ids), 'find'))].sort(byKey)
}

/** Every page of a scan, joined. Readers take a short page for the last one. */
async function scanAll(store: TombstoneStore, limit: number): Promise<Tombstone[]> {
  const all: Tombstone[] = []
  for (;;) {
    const last = all.at(-1)
    const page = await succeeds(() => store.scan({ limit, ...(last ? { after: last.keyId } : {}) }), 'scan')
    check(page.length <= limit, `scan answered with ${page.length} tombstones, and at most ${limit} were asked for`)
    if (page.length === 0) return all
    check(all.length % limit === 0, 'scan answered with a short page, and there were more tombstones')
    check(last === undefined || (page[0] as Tombstone).keyId > last.keyId, 'scan must answer with ids after the given one only')
    all.push(...page)
  }
}

/** Holds both ways of reading against everything that must be there. */
async function holds(store: TombstoneStore, expected: readonly Tombstone[], when: string): Promise<void> {
  const sorted = expected.toSorted(byKey)
  same(await findAll(store, expected), sorted, `find ${when}`)
  same(await scanAll(store, 1000), sorted, `scan ${when}`)
}

/** Tombstones at once, by turns from all the handles: of one key one remains, and of as many keys all. */
async function race(stores: readonly TombstoneStore[]): Promise<void> {
  const [store] = stores as [TombstoneStore]
  const at = (i: number) => stores[i % stores.length] as TombstoneStore
  const keyId = toHex(freshBytes(4))
  const rivals = Array.from({ length: CALLERS }, () => fresh({ keyId }))
  await Promise.all(rivals.map((each, i) => append(at(i), each)))
  const kept = await succeeds(() => store.find([keyId]), 'find')
  equal(kept.length, 1, `the number of tombstones after ${CALLERS} for one key at once`)
  const winner = rivals.find(({ tenant }) => tenant === kept[0]?.tenant)
  check(winner !== undefined, 'what is kept is none of the tombstones that were appended')
  same(kept, [winner], `find after ${CALLERS} tombstones for one key at once`)
  const others = Array.from({ length: CALLERS }, () => fresh())
  await Promise.all(others.map((each, i) => append(at(i), each)))
  await holds(store, [winner, ...others], `after ${CALLERS} tombstones at once`)
}

const cases: readonly StoreCase<TombstoneStore>[] = [
  {
    title: 'gives back every field as it was appended',
    requirements: ['S121'],
    async run({ store }) {
      const tombstones = [
        ...keyPurposes.map((purpose) => fresh({ purpose })),
        fresh({ keyId: '00000000', tenant: 'a' }),
        fresh({ keyId: '00012e45', tenant: `${'z'.repeat(61)}-_.` }),
        fresh({ keyId: 'ffffffff', version: 2_147_483_647 }),
        fresh({ destroyedAt: '2026-03-29T02:30:00.100Z', backupHorizon: '9999-12-31T23:59:59.999Z' }),
      ]
      for (const tombstone of tombstones) await append(store, tombstone)
      await holds(store, tombstones, 'after append')
    },
  },
  {
    title: 'has nothing where nothing was appended, and leaves out the keys without one',
    requirements: ['S121'],
    async run({ store }) {
      const tombstone = fresh()
      same(await succeeds(() => store.find([tombstone.keyId]), 'find'), [], 'find of an unknown key')
      same(await succeeds(() => store.scan({ limit: 10 }), 'scan'), [], 'scan of an empty store')
      await append(store, tombstone)
      await append(store, fresh())
      same(await succeeds(() => store.find([]), 'find'), [], 'find of no keys')
      const asked = ['00000000', tombstone.keyId, 'ffffffff', tombstone.keyId.slice(0, 7), '%']
      same(await succeeds(() => store.find(asked), 'find'), [tombstone], 'find of one key among unknown ones')
    },
  },
  {
    title: 'keeps the first tombstone of a key: the same again adds nothing, another changes nothing',
    requirements: ['S121'],
    async run({ store }) {
      const first = fresh()
      const { keyId } = first
      await append(store, first)
      await append(store, { ...first })
      await holds(store, [first], 'after the same tombstone again')
      await append(store, fresh({ keyId }))
      await append(store, { ...first, backupHorizon: '2026-11-22T10:00:00.121Z' })
      await holds(store, [first], 'after another tombstone for the same key')
    },
  },
  {
    title: `takes ${CALLERS} tombstones at once, one of a key`,
    requirements: ['S121'],
    run: ({ store }) => race([store]),
  },
  {
    title: 'scans every tombstone once, by ascending key id, in pages of any size',
    requirements: ['S121'],
    async run({ store }) {
      const ids = ['ffffffff', '0a000000', '1e000005', '09ffffff', '00000000', 'a0000000', '10000000', '9fffffff', 'abcdef01']
      const tombstones = ids.map((keyId) => fresh({ keyId }))
      for (const tombstone of tombstones) await append(store, tombstone)
      for (const limit of [1, 2, 4, ids.length, 1000]) {
        same(await scanAll(store, limit), tombstones.toSorted(byKey), `scan, ${limit} at a time,`)
      }
      const [next] = await succeeds(() => store.scan({ after: '08000000', limit: 1 }), 'scan after an id that is not there')
      equal(next?.keyId, '09ffffff', 'scan after an id that is not there: the next one')
    },
  },
  {
    title: 'keeps tombstones that nobody changes by changing what they handed in or were handed',
    requirements: ['S121'],
    async run({ store }) {
      const handed: { -readonly [Name in keyof Tombstone]: Tombstone[Name] } = fresh()
      const kept = { ...handed }
      await append(store, handed)
      handed.tenant = 'spoilt'
      await holds(store, [kept], 'after the caller changed what it had appended')
      for (const answer of [await findAll(store, [kept]), await scanAll(store, 10)]) {
        for (const tombstone of answer) Reflect.set(tombstone, 'backupHorizon', '2000-01-01T00:00:00.000Z')
      }
      await holds(store, [kept], 'after the caller changed what it was handed')
    },
  },
  {
    title: 'shows what one handle appended to another at once, and keeps one of a key from both',
    requirements: ['S121'],
    skip: (supports) => storeGap(supports, 'shared'),
    async run(under) {
      const another = await anotherOf(under)
      const tombstone = fresh()
      same(await findAll(another, [tombstone]), [], 'find on another handle, before')
      await append(under.store, tombstone)
      await holds(another, [tombstone], 'on another handle after append')
      await append(another, fresh({ keyId: tombstone.keyId }))
      await holds(under.store, [tombstone], 'after another handle appended another tombstone for the same key')
      const [first, second] = [fresh(), fresh()]
      await Promise.all([append(under.store, first), append(another, second)])
      await holds(under.store, [tombstone, first, second], 'after both handles appended')
      await holds(another, [tombstone, first, second], 'on another handle after both appended')
    },
  },
  {
    title: 'says that it cannot be reached, with every verb and a retryable error, and works again afterwards',
    requirements: ['S121'],
    skip: (supports) => storeGap(supports, 'unreachable'),
    async run(under) {
      const { store } = under
      const tombstone = fresh()
      await append(store, tombstone)
      await refusesUnreachable(under, 'PHI_ENVELOPE_STORE_UNAVAILABLE', {
        append: () => store.append(fresh()),
        find: () => store.find([tombstone.keyId]),
        scan: () => store.scan({ limit: 10 }),
      })
      await holds(store, [tombstone], 'once the store can be reached again')
    },
  },
  storeHonesty,
]

/**
 * The contract of `TombstoneStore` of `@phi/envelope` as cases: append-only, one tombstone a key, the first one, whoever appends
 * and however often. That the store lies outside the backups of the key store is for whoever sets it up; no test sees it.
 */
export function tombstoneStoreSuite(options: StoreSuiteOptions<TombstoneStore>): Suite {
  const { name, supports = {}, open, caseTimeoutMs = DEFAULT_CASE_TIMEOUT_MS } = options
  return suiteOf(cases, { name, manifest: supports, open, caseTimeoutMs })
}
