import {
  type CaseStore,
  caseFrom,
  compareIds,
  isOpenCase,
  type KeptCase,
  textOfLast,
  textOfOpening,
} from '@phi/deadlines/store'
import type { StoreUnderTest } from '../src/index.ts'
import { type StoreMutant, withVerbs } from './mutants.ts'
import { type CaseParts, rightCaseParts, simpleCaseStore } from './simple-case-store.ts'

type CaseStoreMutant = StoreMutant<CaseStore>

const NOTHING = 'has nothing where nothing was begun'
const KEEPS = 'gives back every history replayed'
const OUTSIDE = 'keeps and hands out what nobody changes'
const TAKEN = 'refuses a second case with an id'
const REFUSES = 'refuses what is no case'
const APART = 'keeps tenants apart'
const COUNTS = 'adds an entry to a case that has so many'
const AGAIN = 'tells who adds the same entry again'
const RACE = 'lets one of 32 concurrent entries win'
const OPEN_RACE = 'lets one of 32 concurrent cases'
const HANDLES = 'shows what one handle wrote'
const PAGES = 'lists every case once'
const FILTERS = 'lists by kind and by what still waits'
const GOES_ON = 'lists a case where its last entry leaves it'
const QUERIES = 'refuses queries that it does not know'
const UNREACHABLE = 'says that it cannot be reached'
const HONEST = 'is declared with no gap'

const part = (wrong: string, caughtBy: string, parts: Partial<CaseParts>): CaseStoreMutant => ({
  wrong,
  caughtBy,
  open: () => simpleCaseStore(parts),
})

/** Changes verbs of a good store; `another` is changed alike. */
const verbs = (wrong: string, caughtBy: string, change: (good: CaseStore) => Partial<CaseStore>): CaseStoreMutant => ({
  wrong,
  caughtBy,
  open: () => withVerbs(simpleCaseStore(), change),
})

/** Looks, lets others in, and writes. */
const unlocked = (wrong: string, caughtBy: string): CaseStoreMutant => ({
  wrong,
  caughtBy,
  open: () => simpleCaseStore({ pause: () => new Promise(setImmediate) }, false),
})

/** Each handle keeps what it has read. */
const cached = (): StoreUnderTest<CaseStore> => {
  const under = simpleCaseStore()
  const remembering = (good: CaseStore): CaseStore => {
    const seen = new Map<string, KeptCase>()
    return {
      ...good,
      async load(tenant, id) {
        const kept = seen.get(id) ?? (await good.load(tenant, id))
        if (kept) seen.set(id, kept)
        return kept
      },
      async append(tenant, id, ...rest) {
        seen.delete(id)
        return good.append(tenant, id, ...rest)
      },
    }
  }
  return {
    ...under,
    store: remembering(under.store),
    another: async () => remembering((await under.another?.()) as CaseStore),
  }
}

const { onPage, page, query, tenant, open, out } = rightCaseParts
const thaw = (kept: KeptCase): KeptCase => {
  // With what the machine hides beside the data, and nothing frozen.
  const record = Object.defineProperties({}, Object.getOwnPropertyDescriptors(structuredClone(kept.record)))
  for (const symbol of Object.getOwnPropertySymbols(kept.record)) {
    Object.defineProperty(record, symbol, { value: Reflect.get(kept.record, symbol) })
  }
  return { kind: kept.kind, record } as KeptCase
}

/** Hands out one thawed case for each history, again and again. */
const shared = (): Partial<CaseParts> => {
  const made = new Map<string, KeptCase>()
  return {
    out: (id, row) => {
      const key = row.lines.join()
      const kept = made.get(key) ?? thaw(out(id, row))
      made.set(key, kept)
      return kept
    },
  }
}

export const caseStoreMutants: readonly CaseStoreMutant[] = [
  // Nothing.
  verbs('answers with null where nothing is', NOTHING, (good) => ({
    load: async (...args) => (await good.load(...args)) ?? (null as unknown as undefined),
  })),
  verbs('says "conflict" where nothing is', NOTHING, (good) => ({
    append: async (...args) => {
      const answer = await good.append(...args)
      return answer === 'missing' ? 'conflict' : answer
    },
  })),
  verbs('answers with undefined for a tenant without cases', NOTHING, (good) => ({
    list: async (...args) => {
      const found = await good.list(...args)
      return found.length === 0 ? (undefined as unknown as KeptCase[]) : found
    },
  })),
  // What comes back.
  part('normalises texts', KEEPS, { line: (kept) => textOfLast(kept).normalize('NFC') }),
  part('normalises ids', KEEPS, { firstLine: (kept) => textOfOpening(kept).normalize('NFC') }),
  part('forgets the day of recording', KEEPS, {
    line: (kept) => JSON.stringify({ ...JSON.parse(textOfLast(kept)), today: undefined }),
  }),
  part('forgets entries that were refused', KEEPS, {
    out: (id, row) =>
      caseFrom(
        id,
        row.lines.filter((line) => !line.includes('"refused"')),
      ),
  }),
  part('keeps times by the day', KEEPS, { line: (kept) => textOfLast(kept).replaceAll('T23:59:59.999-04:00', '') }),
  part('keeps numbers in 32 bits', KEEPS, { line: (kept) => textOfLast(kept).replaceAll('10000000000', '1410065408') }),
  part('leaves out what is null', KEEPS, { line: (kept) => textOfLast(kept).replaceAll(/"[a-zA-Z]+":null,?/g, '') }),
  part('hands out plain data that no machine made', KEEPS, { out: (id, row) => structuredClone(out(id, row)) }),
  part('hands out all but the last entry', KEEPS, {
    out: (id, row) => caseFrom(id, row.lines.slice(0, Math.max(1, row.lines.length - 1))),
  }),
  // Copies.
  { wrong: 'hands out what others hold', caughtBy: OUTSIDE, open: () => simpleCaseStore(shared()) },
  // Taken.
  part('says "already" of any case with the id', TAKEN, { sameCase: () => true }),
  part('says "taken" of the very case', TAKEN, { sameCase: () => false }),
  verbs('begins a case anew', TAKEN, (good) => ({
    open: async (...args) => {
      await good.open(...args)
      return 'opened'
    },
  })),
  // Refusals.
  part('replays nothing before it writes', REFUSES, {
    next: (kept, entry) => {
      const { kind, record } = kept
      return { kind, record: { ...record, log: [...record.log, entry] } } as KeptCase
    },
  }),
  part('writes what the machine says instead of what the caller saw', REFUSES, {
    next: (kept, entry) => {
      try {
        return rightCaseParts.next(kept, entry)
      } catch {
        return rightCaseParts.next(kept, { ...(entry as object), refused: undefined })
      }
    },
  }),
  part('takes any number for a count', REFUSES, { count: (count) => Math.max(0, Math.trunc(Number(count)) || 0) }),
  part('takes any text for a tenant', REFUSES, { tenant: (name) => name }),
  part('lets numbers go through JSON', REFUSES, {
    begin: (value) => rightCaseParts.begin(JSON.parse(JSON.stringify(value))),
  }),
  // Tenants.
  part('takes tenants that begin alike for one', APART, { tenant: (name) => tenant(name).slice(0, 12) }),
  part('takes a hyphen for an underscore', APART, { tenant: (name) => tenant(name).replace('-', '_') }),
  // Appending.
  part('appends at whatever count', COUNTS, { follows: () => true }),
  part('appends at a later count too', COUNTS, { follows: (expected, entries) => expected >= entries }),
  part('counts accepted entries only', COUNTS, {
    isThere: () => false,
    follows: (expected, entries) => expected === (entries > 1 ? entries - 1 : entries),
  }),
  part('knows nothing of a lost answer', AGAIN, { isThere: () => false }),
  part('says "already" wherever there is something', AGAIN, { isThere: (kept, expected) => expected < kept.record.log.length }),
  part('says "already" for the same event at any place', AGAIN, {
    isThere: (kept, _, entry) => kept.record.log.some((__, index) => rightCaseParts.isThere(kept, index, entry)),
  }),
  part('says "already" for an event of the same type', AGAIN, {
    isThere: (kept, expected, entry) =>
      kept.record.log[expected]?.event.type === (entry as { event?: { type?: string } })?.event?.type,
  }),
  unlocked('looks before it appends', RACE),
  unlocked('looks before it begins a case', OPEN_RACE),
  { wrong: 'reads from a cache of its own', caughtBy: HANDLES, open: cached },
  // Listing.
  part('sorts by UTF-16 code units', PAGES, { compare: (a, b) => (a < b ? -1 : 1) }),
  part('sorts as people do', PAGES, { compare: (a, b) => a.localeCompare(b, 'en') || compareIds(a, b) }),
  part('sorts numbers as numbers', PAGES, { compare: (a, b) => Number(a) - Number(b) || compareIds(a, b) }),
  part('lists in the order of beginning', PAGES, { compare: () => 0 }),
  part('takes `after` for the first of the page', PAGES, {
    onPage: (row, id, asked) => onPage(row, id, asked) || id === asked.after,
  }),
  part('begins again after an id that is not there', PAGES, {
    onPage: (row, id, asked) => onPage(row, id, { ...asked, after: undefined }),
    page: (ids, { after, limit }) => {
      const at = after === undefined ? 0 : ids.indexOf(after) + 1
      return ids.slice(at, at + limit)
    },
  }),
  part('has pages of ten at most', PAGES, { page: (...args) => page(...args).slice(0, 10) }),
  part('gives one more than was asked for', PAGES, { page: (ids, { limit }) => ids.slice(0, limit + 1) }),
  part('filters a page after it was cut', FILTERS, {
    onPage: (row, id, asked) => onPage(row, id, { ...asked, open: undefined }),
    page: (ids, asked, isStillOpen) =>
      page(ids, asked, isStillOpen).filter((id) => isStillOpen(id) === (asked.open ?? isStillOpen(id))),
  }),
  part('knows no kinds', FILTERS, { onPage: (row, id, asked) => onPage(row, id, { ...asked, kind: undefined }) }),
  part('takes `open: false` for "all"', FILTERS, {
    onPage: (row, id, asked) => onPage(row, id, { ...asked, open: asked.open === true ? true : undefined }),
  }),
  part('takes an entry that was refused for one that reopens', FILTERS, {
    open: (next) => isOpenCase(next) || next.record.log.at(-1)?.refused !== undefined,
  }),
  part('remembers how a case began', GOES_ON, {
    open: (next, before) => (next.record.log.length === 0 ? open(next, before) : before),
  }),
  part('never opens what was answered', GOES_ON, { open: (next, before) => before && isOpenCase(next) }),
  part('takes a review for an end', GOES_ON, {
    open: (next) => isOpenCase(next) && !next.record.state.startsWith('review'),
  }),
  part('answers queries that it does not know', QUERIES, {
    query: (asked) => ({ limit: Math.min(500, Math.max(1, Number(asked?.limit) || 1)) }),
  }),
  part('takes a limit of any size', QUERIES, {
    query: (asked) => ({ ...query({ ...asked, limit: Math.min(asked.limit, 500) }), limit: asked.limit }),
  }),
  // Faults.
  verbs('has nothing when it cannot be reached', UNREACHABLE, (good) => ({
    load: (...args) => good.load(...args).catch(() => undefined),
  })),
  verbs('lists nothing when it cannot be reached', UNREACHABLE, (good) => ({
    list: (...args) => good.list(...args).catch(() => []),
  })),
  verbs('says "conflict" when it cannot be reached', UNREACHABLE, (good) => ({
    append: (...args) => good.append(...args).catch(() => 'conflict' as const),
  })),
  verbs('throws plain errors when it cannot be reached', UNREACHABLE, (good) => ({
    open: (...args) => good.open(...args).catch(() => Promise.reject(new Error('refused'))),
  })),
  {
    wrong: 'declares a gap and gives the hook for it',
    caughtBy: HONEST,
    supports: { shared: false },
    open: () => simpleCaseStore(),
  },
]
