import type { DataKeyRecord, KeyStore } from '@phi/envelope'
import { envelopeError } from '@phi/envelope/kms'
import { type StoreMutant, withVerbs } from './mutants.ts'
import { type Parts, rightParts, simpleKeyStore } from './simple-key-store.ts'

type KeyStoreMutant = StoreMutant<KeyStore>

const part = (wrong: string, caughtBy: string, parts: Partial<Parts>): KeyStoreMutant => ({
  wrong,
  caughtBy,
  open: () => simpleKeyStore(parts),
})

/** Changes verbs of a good store; `another` is changed alike. */
const verbs = (wrong: string, caughtBy: string, change: (good: KeyStore) => Partial<KeyStore>): KeyStoreMutant => ({
  wrong,
  caughtBy,
  open: () => withVerbs(simpleKeyStore(), change),
})

const unlocked = (wrong: string, caughtBy: string, parts: Partial<Parts> = {}): KeyStoreMutant => ({
  wrong,
  caughtBy,
  open: () => simpleKeyStore({ pause: () => new Promise(setImmediate), ...parts }, false),
})

const KEEPS = 'gives back every field as it was stored'
const NOTHING = 'has nothing where nothing was stored'
const HANDED_IN = 'keeps records that nobody changes'
const HANDED_OUT = 'hands out records that nobody changes'
const ID = 'refuses a second record with an id that is taken'
const VERSION = 'refuses a second record of the same tenant'
const DIFFER = 'takes records that differ'
const VERSION_RACE = 'tells one of 32 concurrent inserts of a version'
const ID_RACE = 'tells one of 32 concurrent inserts of an id'
const HANDLES_INSERT = 'tells one of the concurrent inserts from two handles'
const LISTS = 'lists the keys of one tenant'
const ORDER = 'lists by purpose, then by version'
const STATES = 'lists keys of every state'
const SCANS = 'scans every record once'
const REPLACES = 'replaces a record at the revision'
const FIXED = 'leaves what a key is as it was'
const STALE = 'refuses to replace a record at any other revision'
const SWAP_RACE = 'lets one of 32 concurrent replaces win'
const USAGE = 'adds usage, large numbers too'
const USAGE_RACE = 'loses no usage of 32'
const ERASES = 'erases the wrapped key'
const HANDLES = 'shows what one handle wrote'
const UNREACHABLE = 'says that it cannot be reached'
const HONEST = 'is declared with no gap'

const { copyIn, copyOut, sameVersion, replaced, belongs, inScan } = rightParts
const changedCopy = (change: (record: DataKeyRecord) => object) => ({
  copyOut: (record: DataKeyRecord) => ({ ...copyOut(record), ...change(record) }),
})
const pattern = (text: string) => new RegExp(`^${text.replaceAll('.', '\\.').replaceAll('_', '.').replaceAll('%', '.*')}$`)

export const keyStoreMutants: readonly KeyStoreMutant[] = [
  // What comes back.
  part(
    'answers with Unix times',
    KEEPS,
    changedCopy(({ createdAt }) => ({ createdAt: new Date(createdAt).toISOString().replace('.000', '') })),
  ),
  part(
    'answers with numbers as texts',
    KEEPS,
    changedCopy(({ usage }) => ({ usage: { seals: `${usage.seals}`, bytes: `${usage.bytes}` } })),
  ),
  part(
    'answers with bytes as base64',
    KEEPS,
    changedCopy(({ wrapped }) => ({ wrapped: Buffer.from(wrapped).toString('base64') })),
  ),
  part(
    'counts usage in 32 bits',
    KEEPS,
    changedCopy(({ usage }) => ({ usage: { seals: usage.seals | 0, bytes: usage.bytes | 0 } })),
  ),
  part(
    'trims texts',
    KEEPS,
    changedCopy(({ subject }) => ({ subject: subject?.trim() ?? null })),
  ),
  part(
    'normalises texts',
    KEEPS,
    changedCopy(({ subject }) => ({ subject: subject?.normalize('NFC') ?? null })),
  ),
  part(
    'cuts long texts',
    KEEPS,
    changedCopy(({ kek }) => ({ kek: kek.slice(0, 255) })),
  ),
  part(
    'cuts bytes at a zero',
    KEEPS,
    changedCopy(({ wrapped }) => ({ wrapped: wrapped.subarray(0, wrapped.indexOf(0) >>> 0) })),
  ),
  part(
    'answers without a subject where there is none',
    KEEPS,
    changedCopy(({ subject }) => (subject === null ? { subject: undefined } : {})),
  ),
  part(
    'adds a column of its own',
    KEEPS,
    changedCopy(() => ({ row_id: 7 })),
  ),
  part('starts every record at revision 0', KEEPS, { copyIn: (record) => ({ ...copyIn(record), revision: 0 }) }),
  verbs('finds null', NOTHING, (good) => ({
    find: async (id) => (await good.find(id)) ?? (null as unknown as undefined),
  })),
  verbs('inserts what it was to replace', NOTHING, (good) => ({
    replace: async (record, expected) => {
      if (await good.find(record.id)) return good.replace(record, expected)
      await good.insert(record)
      return 'conflict'
    },
  })),
  verbs('throws at usage of an unknown id', NOTHING, (good) => ({
    addUsage: async (id, work) => {
      if ((await good.find(id)) === undefined) throw envelopeError('PHI_ENVELOPE_STORE')
      return good.addUsage(id, work)
    },
  })),
  part('keeps the objects of its callers', HANDED_IN, { copyIn: (record) => record }),
  part('keeps the arrays of its callers', HANDED_IN, {
    copyIn: ({ ...record }) => ({ ...record, usage: { ...record.usage } }),
  }),
  part('copies by slice, which for a Buffer is no copy', HANDED_IN, {
    copyIn: (record) => ({
      ...record,
      wrapped: record.wrapped.slice(),
      commitment: record.commitment.slice(),
      usage: { ...record.usage },
    }),
  }),
  part('hands out its own objects', HANDED_OUT, { copyOut: (record) => record }),
  part('hands out its own arrays', HANDED_OUT, { copyOut: ({ ...record }) => ({ ...record, usage: { ...record.usage } }) }),
  part('hands out its own counters', HANDED_OUT, { copyOut: (record) => ({ ...copyOut(record), usage: record.usage }) }),
  part('changes what it handed out when usage is added', HANDED_OUT, {
    copyOut: (record) => ({ ...copyOut(record), usage: Object.freeze(new Proxy(record.usage, {})) }),
    added: (now, seals, bytes) => {
      Object.assign(now.usage, { seals: now.usage.seals + seals, bytes: now.usage.bytes + bytes })
      return now
    },
  }),

  // What excludes what.
  part('knows ids by tenant only', ID, { sameId: (a, b) => a.id === b.id && a.tenant === b.tenant }),
  part('does not look at ids', ID, { sameId: () => false }),
  verbs('overwrites on a taken id', ID, (good) => ({
    insert: async (record) => {
      const there = await good.find(record.id)
      if (there !== undefined) await good.replace(record, there.revision)
      return good.insert(record)
    },
  })),
  part('does not look at versions', VERSION, { sameVersion: () => false }),
  part('takes no two nulls for equal', VERSION, { sameVersion: (a, b) => a.subject !== null && sameVersion(a, b) }),
  verbs('calls a taken version a taken id', VERSION, (good) => ({
    insert: async (record) => {
      const outcome = await good.insert(record)
      return outcome === 'version-taken' ? 'id-taken' : outcome
    },
  })),
  part('counts versions without purposes', DIFFER, { sameVersion: (a, b) => sameVersion({ ...a, purpose: b.purpose }, b) }),
  part('counts versions without subjects', DIFFER, { sameVersion: (a, b) => sameVersion({ ...a, subject: b.subject }, b) }),
  part('compares subjects in lower case', DIFFER, {
    sameVersion: (a, b) =>
      sameVersion({ ...a, subject: a.subject?.toLowerCase() ?? null }, { ...b, subject: b.subject?.toLowerCase() ?? null }),
  }),
  unlocked('looks for the version before it writes, without a lock', VERSION_RACE),
  unlocked('looks for the id before it writes, without a lock', ID_RACE),
  {
    wrong: 'locks within one handle only',
    caughtBy: HANDLES_INSERT,
    open: () => {
      const under = simpleKeyStore({ pause: () => new Promise(setImmediate) }, false)
      const queued = (store: KeyStore): KeyStore => {
        let last: Promise<unknown> = Promise.resolve()
        return {
          ...store,
          insert: (record) => {
            const turn = last.then(() => store.insert(record))
            last = turn.catch(() => undefined)
            return turn
          },
        }
      }
      return { ...under, store: queued(under.store), another: async () => queued((await under.another?.()) as KeyStore) }
    },
  },

  // What is listed.
  part('lists every tenant’s keys', LISTS, { belongs: (record, _, subject) => record.subject === subject }),
  part('lists a tenant’s subjects with it', LISTS, {
    belongs: (record, tenant, subject) => record.tenant === tenant && (subject === null || record.subject === subject),
  }),
  part('takes tenants for patterns', LISTS, {
    belongs: (record, tenant, subject) => pattern(tenant).test(record.tenant) && record.subject === subject,
  }),
  part('takes subjects for patterns', LISTS, {
    belongs: (record, tenant, subject) =>
      subject === null || record.subject === null
        ? belongs(record, tenant, subject)
        : record.tenant === tenant && pattern(subject).test(record.subject),
  }),
  part('takes prefixes of tenants for them', LISTS, {
    inScan: (record, tenant, after) => inScan({ ...record, tenant: record.tenant.slice(0, tenant?.length) }, tenant, after),
  }),
  part('takes the text null for none', LISTS, {
    belongs: (record, tenant, subject) => record.tenant === tenant && `${record.subject}` === `${subject}`,
  }),
  part('lists in the order of insertion', ORDER, { listOrder: () => 0 }),
  part('orders versions as texts', ORDER, {
    listOrder: (a, b) => (`${a.purpose} ${a.version}` < `${b.purpose} ${b.version}` ? -1 : 1),
  }),
  part('orders purposes as an enumeration', ORDER, {
    listOrder: (a, b) => {
      const rank = ({ purpose }: DataKeyRecord) => ['field', 'file', 'index', 'deterministic'].indexOf(purpose)
      return rank(a) - rank(b) || a.version - b.version
    },
  }),
  part('hides destroyed keys', STATES, {
    belongs: (record, tenant, subject) => record.state !== 'destroyed' && belongs(record, tenant, subject),
  }),
  part('scans from the given id on, with it', SCANS, {
    inScan: (record, tenant, after) => record.id === after || inScan(record, tenant, after),
  }),
  part('scans in the order of insertion', SCANS, { scanOrder: () => 0 }),
  part('scans ids as numbers, where they read as such', SCANS, {
    scanOrder: (a, b) => {
      const number = ({ id }: DataKeyRecord) => (Number.isNaN(Number(id)) ? Number.MAX_VALUE : Number(id))
      return number(a) - number(b) || (a.id < b.id ? -1 : 1)
    },
  }),
  part('passes over the limit', SCANS, { page: (records) => records }),
  part('has a limit of its own', SCANS, {
    page: (records, limit) => records.slice(0, Math.min(limit, 20)),
  }),
  part('passes over the tenant of a scan', SCANS, { inScan: (record, _, after) => inScan(record, undefined, after) }),

  // What changes.
  part('takes the revision of the caller', REPLACES, {
    replaced: (now, next, expected) => ({ ...replaced(now, next, expected), revision: next.revision }),
  }),
  part('replaces the state only', REPLACES, {
    replaced: (now, next, expected) => ({ ...now, state: next.state, revision: expected + 1 }),
  }),
  part('forgets when it changed', REPLACES, {
    replaced: (now, next, expected) => ({ ...replaced(now, next, expected), changedAt: now.changedAt }),
  }),
  part('moves a key to another tenant', FIXED, {
    replaced: (now, next, expected) => ({ ...replaced(now, next, expected), tenant: next.tenant }),
  }),
  part('takes another commitment', FIXED, {
    replaced: (now, next, expected) => ({ ...replaced(now, next, expected), commitment: next.commitment }),
  }),
  part('takes another version', FIXED, {
    replaced: (now, next, expected) => ({ ...replaced(now, next, expected), version: next.version }),
  }),
  part('does not look at the revision', STALE, { mayReplace: () => true }),
  part('takes any later revision', STALE, { mayReplace: (now, expected) => expected >= now.revision }),
  unlocked('compares and writes without a lock', SWAP_RACE),
  part('puts back the usage that the caller saw', USAGE, {
    replaced: (now, next, expected) => ({ ...replaced(now, next, expected), usage: next.usage }),
  }),
  part('counts a revision for usage', USAGE, {
    added: (now, seals, bytes) => ({ ...rightParts.added(now, seals, bytes), revision: now.revision + 1 }),
  }),
  part('adds in 32 bits', USAGE, { added: (now, seals, bytes) => rightParts.added(now, seals | 0, bytes | 0) }),
  part('joins usage as texts', USAGE, {
    added: (now, seals, bytes) => ({
      ...now,
      usage: { seals: Number(`${now.usage.seals}${seals}`), bytes: now.usage.bytes + bytes },
    }),
  }),
  unlocked('adds usage to what it read, without a lock', USAGE_RACE),
  part('keeps the wrapped key of a destroyed record', ERASES, {
    replaced: (now, next, expected) => ({
      ...replaced(now, next, expected),
      wrapped: next.wrapped.length === 0 ? now.wrapped : next.wrapped,
    }),
  }),
  {
    wrong: 'keeps the wrapped key in a history beside the record',
    caughtBy: ERASES,
    open: () =>
      simpleKeyStore({
        replaced: (now, next, expected) =>
          Object.assign(replaced(now, next, expected), { [Symbol.for('before')]: now.wrapped }),
      }),
  },
  part('frees the version of a destroyed key', ERASES, { sameVersion: (a, b) => a.state !== 'destroyed' && sameVersion(a, b) }),
  verbs('answers from a cache of its own', HANDLES, (good) => {
    const cache = new Map<string, DataKeyRecord>()
    const forget =
      <Args extends unknown[], T>(verb: (...args: Args) => Promise<T>) =>
      async (...args: Args) => {
        cache.clear()
        return verb(...args).finally(() => cache.clear())
      }
    return {
      insert: forget(good.insert),
      replace: forget(good.replace),
      addUsage: forget(good.addUsage),
      find: async (id) => {
        const record = cache.get(id) ?? (await good.find(id))
        if (record !== undefined) cache.set(id, record)
        return record && copyOut(record)
      },
    }
  }),

  // Faults and declarations.
  verbs('answers with nothing when it is not reached', UNREACHABLE, (good) => ({
    list: (tenant, subject) => good.list(tenant, subject).catch(() => []),
  })),
  verbs('lets the error of its driver through', UNREACHABLE, (good) => ({
    find: (id) =>
      good.find(id).catch(() => {
        throw new Error('ECONNREFUSED')
      }),
  })),
  verbs('says that a write it could not do succeeded', UNREACHABLE, (good) => ({
    addUsage: (id, work) => good.addUsage(id, work).catch(() => undefined),
  })),
  { wrong: 'is declared not to be shared and is', caughtBy: HONEST, supports: { shared: false }, open: () => simpleKeyStore() },
  {
    wrong: 'is declared to be shared and gives no handle',
    caughtBy: HANDLES,
    open: () => {
      const { another: _, ...rest } = simpleKeyStore()
      return rest
    },
  },
]
