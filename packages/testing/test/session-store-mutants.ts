import type { SessionRecord, SessionStore } from '@phi/rbac/session'
import type { StoreUnderTest } from '../src/index.ts'
import { type StoreMutant, withVerbs } from './mutants.ts'
import { type Parts, rightParts, simpleSessionStore } from './simple-session-store.ts'

type SessionStoreMutant = StoreMutant<SessionStore>

const KEEPS = 'gives back every field as it was stored'
const NOTHING = 'has nothing where nothing was stored'
const OUTSIDE = 'keeps and hands out records that nobody changes'
const TAKEN = 'refuses a second session with a sid'
const INSERT_RACE = 'tells one of 32 concurrent inserts'
const REPLACES = 'replaces a record at the version'
const FIXED = 'leaves what a session is'
const STALE = 'refuses to replace a record at any other version'
const SWAP_RACE = 'lets one of 32 concurrent rotations win'
const TOUCH = 'notes activity without counting'
const TOUCH_RACE = 'loses neither a rotation nor the latest activity'
const HANDLES = 'shows what one handle wrote'
const ENDS = 'ends a session once and for good'
const END_RACE = 'lets no rotation under way undo an ending'
const SUBJECT = 'ends every session of a person'
const SWEEPS = 'sweeps what is past its end'
const UNREACHABLE = 'says that it cannot be reached'
const HONEST = 'is declared with no gap'

const part = (wrong: string, caughtBy: string, parts: Partial<Parts>): SessionStoreMutant => ({
  wrong,
  caughtBy,
  open: () => simpleSessionStore(parts),
})

/** Changes verbs of a good store; `another` is changed alike. */
const verbs = (wrong: string, caughtBy: string, change: (good: SessionStore) => Partial<SessionStore>): SessionStoreMutant => ({
  wrong,
  caughtBy,
  open: () => withVerbs(simpleSessionStore(), change),
})

/** Looks, lets others in, and writes. */
const unlocked = (wrong: string, caughtBy: string): SessionStoreMutant => ({
  wrong,
  caughtBy,
  open: () => simpleSessionStore({ pause: () => new Promise(setImmediate) }, false),
})

const { replaced, touched } = rightParts
const out = (change: (record: SessionRecord) => object): Partial<Parts> => ({
  copyOut: (record) => ({ ...structuredClone(record), ...change(record) }),
})

/** Each handle keeps what it has read. */
const cached = (): StoreUnderTest<SessionStore> => {
  const under = simpleSessionStore()
  const remembering = (good: SessionStore): SessionStore => {
    const seen = new Map<string, SessionRecord>()
    const forgetting =
      <A extends [string | SessionRecord, ...unknown[]], T>(verb: (...args: A) => Promise<T>) =>
      (...args: A): Promise<T> => {
        seen.delete(typeof args[0] === 'string' ? args[0] : args[0].sid)
        return verb(...args)
      }
    return {
      ...good,
      insert: forgetting(good.insert),
      replace: forgetting(good.replace),
      touch: forgetting(good.touch),
      end: forgetting(good.end),
      async find(sid) {
        const known = seen.get(sid) ?? (await good.find(sid))
        if (known) seen.set(sid, known)
        return known && structuredClone(known)
      },
    }
  }
  return {
    ...under,
    store: remembering(under.store),
    another: async () => remembering((await under.another?.()) as SessionStore),
  }
}

export const sessionStoreMutants: readonly SessionStoreMutant[] = [
  // What comes back.
  part(
    'answers with times as texts',
    KEEPS,
    out(({ until }) => ({ until: `${until}` })),
  ),
  part(
    'keeps times in 32 bits',
    KEEPS,
    out(({ lastSeenAt }) => ({ lastSeenAt: lastSeenAt % 4_294_967_296 })),
  ),
  part(
    'keeps times in seconds',
    KEEPS,
    out(({ startedAt }) => ({ startedAt: Math.floor(startedAt / 1000) * 1000 })),
  ),
  part(
    'keeps roles as a text with commas',
    KEEPS,
    out(({ roles }) => ({ roles: roles.join(',').split(',') })),
  ),
  part(
    'answers with an empty list for no methods',
    KEEPS,
    out(({ auth }) => ({ auth: { ...auth, amr: auth.amr ?? [] } })),
  ),
  part(
    'answers without a device where there is none',
    KEEPS,
    out(({ device }) => (device === null ? { device: undefined } : {})),
  ),
  part(
    'forgets the token before',
    KEEPS,
    out(() => ({ previous: null })),
  ),
  part(
    'forgets that sessions have ended',
    KEEPS,
    out(() => ({ ended: null })),
  ),
  part(
    'adds a column of its own',
    KEEPS,
    out(() => ({ row_id: 7 })),
  ),
  part(
    'reads ids as numbers',
    KEEPS,
    out(({ sid }) => (sid.startsWith('0000') ? { sid: `${Number(sid)}` } : {})),
  ),
  part(
    'normalises texts',
    KEEPS,
    out(({ subject }) => ({ subject: subject.normalize('NFC') })),
  ),
  verbs('answers with null where nothing is', NOTHING, (good) => ({
    find: async (sid) => (await good.find(sid)) ?? (null as unknown as undefined),
  })),
  verbs('says "touched" where nothing is', NOTHING, (good) => ({
    touch: async (sid, at) => ((await good.touch(sid, at)) === 'ended' ? 'ended' : 'touched'),
  })),
  verbs('inserts where nothing is to be replaced', NOTHING, (good) => ({
    replace: async (record, expected) => {
      const answer = await good.replace(record, expected)
      if (answer === 'conflict' && (await good.insert(record)) === 'inserted') return 'replaced'
      return answer
    },
  })),
  verbs('says "ended" where nothing is', NOTHING, (good) => ({
    end: async (...args) => ((await good.end(...args)) === 'already' ? 'already' : 'ended'),
  })),
  part('keeps what it was handed', OUTSIDE, { copyIn: (record) => record }),
  part('hands out what it keeps', OUTSIDE, { copyOut: (record) => record }),
  part('hands out a shallow copy', OUTSIDE, { copyOut: (record) => ({ ...record }) }),
  // Inserting.
  part('writes over a session with the same sid', TAKEN, { taken: () => false }),
  part('writes over a session that has ended', TAKEN, { taken: (now) => now !== undefined && now.ended === null }),
  unlocked('looks before it inserts', INSERT_RACE),
  // Replacing.
  part('keeps the version that the caller says', REPLACES, {
    replaced: (now, next, expected) => ({ ...replaced(now, next, expected), version: next.version }),
  }),
  part('counts no version', REPLACES, {
    replaced: (now, next, expected) => ({ ...replaced(now, next, expected), version: expected }),
  }),
  part('forgets the new token', REPLACES, {
    replaced: (now, next, expected) => ({ ...replaced(now, next, expected), jti: now.jti }),
  }),
  part('replaces the whole record', FIXED, { replaced: (_, next, expected) => ({ ...next, version: expected + 1 }) }),
  part('takes over new roles', FIXED, {
    replaced: (now, next, expected) => ({ ...replaced(now, next, expected), roles: next.roles }),
  }),
  part('takes over a later end', FIXED, {
    replaced: (now, next, expected) => ({ ...replaced(now, next, expected), until: next.until }),
  }),
  part('replaces at whatever version', STALE, { mayReplace: ({ ended }) => ended === null }),
  part('replaces at a later version too', STALE, {
    mayReplace: ({ ended, version }, expected) => ended === null && version <= expected,
  }),
  unlocked('looks before it replaces', SWAP_RACE),
  // Activity.
  part('lets activity go back', TOUCH, { touched: (now, at) => ({ ...now, lastSeenAt: at }) }),
  part('counts a version for activity', TOUCH, { touched: (now, at) => ({ ...touched(now, at), version: now.version + 1 }) }),
  part('notes no activity', TOUCH, { touched: (now) => now }),
  part('lets a replacement take activity back', TOUCH, {
    replaced: (now, next, expected) => ({ ...replaced(now, next, expected), lastSeenAt: next.lastSeenAt }),
  }),
  unlocked('looks before it notes activity', TOUCH_RACE),
  { wrong: 'reads from a cache of its own', caughtBy: HANDLES, open: cached },
  // Ending.
  part('lets a later ending write over the first', ENDS, { mayEnd: () => true }),
  part('counts no version for an ending', ENDS, { ended: (now, ended) => ({ ...now, ended }) }),
  part('notes activity of a session that has ended', ENDS, { mayTouch: () => true }),
  part('replaces a session that has ended', ENDS, { mayReplace: ({ version }, expected) => version === expected }),
  unlocked('looks before it ends', END_RACE),
  part('ends sessions of the person in every tenant', SUBJECT, { belongs: (record, _, subject) => record.subject === subject }),
  part('ends sessions of everybody in the tenant', SUBJECT, { belongs: (record, tenant) => record.tenant === tenant }),
  part('takes letters alike', SUBJECT, {
    belongs: (record, tenant, subject) => record.tenant === tenant && record.subject.toLowerCase() === subject.toLowerCase(),
  }),
  part('takes the person for a pattern', SUBJECT, {
    belongs: (record, tenant, subject) => record.tenant === tenant && record.subject.startsWith(subject.replaceAll('%', '')),
  }),
  part('counts sessions that had ended before', SUBJECT, { count: (_, looked) => looked }),
  // Sweeping.
  part('sweeps only what is before the instant', SWEEPS, { past: ({ until }, before) => until < before }),
  part('sweeps what was used last before the instant', SWEEPS, { past: ({ lastSeenAt }, before) => lastSeenAt <= before }),
  part('sweeps whatever has ended', SWEEPS, { past: ({ ended, until }, before) => ended !== null || until <= before }),
  part('keeps what has ended', SWEEPS, { past: ({ ended, until }, before) => ended === null && until <= before }),
  // Faults.
  verbs('has nothing when it cannot be reached', UNREACHABLE, (good) => ({
    find: (sid) => good.find(sid).catch(() => undefined),
  })),
  verbs('says "missing" when it cannot be reached', UNREACHABLE, (good) => ({
    end: (...args) => good.end(...args).catch(() => 'missing' as const),
  })),
  verbs('throws plain errors when it cannot be reached', UNREACHABLE, (good) => ({
    touch: (sid, at) => good.touch(sid, at).catch(() => Promise.reject(new Error('refused'))),
  })),
  {
    wrong: 'declares a gap and gives the hook for it',
    caughtBy: HONEST,
    supports: { shared: false },
    open: () => simpleSessionStore(),
  },
]
