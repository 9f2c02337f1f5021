import { errorsOf } from '@phi/core'
import { type SessionRecord, type SessionStore, sessionErrors } from '@phi/rbac/session'
import type { StoreUnderTest } from '../src/index.ts'
import { backend } from './simple-store.ts'

const sessionError = errorsOf(sessionErrors)

/** The parts of a store that can be wrong, each as a right store has it. */
export interface Parts {
  readonly copyIn: (record: SessionRecord) => SessionRecord
  readonly copyOut: (record: SessionRecord) => SessionRecord
  /** Between looking and writing. */
  readonly pause: () => Promise<void>
  readonly taken: (now: SessionRecord | undefined) => boolean
  readonly mayReplace: (now: SessionRecord, expected: number) => boolean
  readonly replaced: (now: SessionRecord, next: SessionRecord, expected: number) => SessionRecord
  readonly touched: (now: SessionRecord, at: number) => SessionRecord
  readonly mayTouch: (now: SessionRecord) => boolean
  readonly mayEnd: (now: SessionRecord) => boolean
  readonly ended: (now: SessionRecord, ended: NonNullable<SessionRecord['ended']>) => SessionRecord
  readonly belongs: (record: SessionRecord, tenant: string, subject: string) => boolean
  readonly past: (record: SessionRecord, before: number) => boolean
  readonly count: (changed: number, looked: number) => number
}

export const rightParts: Parts = {
  copyIn: structuredClone,
  copyOut: structuredClone,
  pause: async () => undefined,
  taken: (now) => now !== undefined,
  mayReplace: (now, expected) => now.ended === null && now.version === expected,
  replaced: (now, { auth, generation, jti, previous, rotatedAt, lastSeenAt }, expected) => ({
    ...now,
    ...{ auth, generation, jti, previous, rotatedAt },
    lastSeenAt: Math.max(now.lastSeenAt, lastSeenAt),
    version: expected + 1,
  }),
  touched: (now, at) => ({ ...now, lastSeenAt: Math.max(now.lastSeenAt, at) }),
  mayTouch: (now) => now.ended === null,
  mayEnd: (now) => now.ended === null,
  ended: (now, ended) => ({ ...now, ended, version: now.version + 1 }),
  belongs: (record, tenant, subject) => record.tenant === tenant && record.subject === subject,
  past: (record, before) => record.until <= before,
  count: (changed) => changed,
}

/** A store with a lock, a second handle and a switch, put together from parts. Without the lock it works between looks. */
export function simpleSessionStore(parts: Partial<Parts> = {}, locked = true): StoreUnderTest<SessionStore> {
  const { copyIn, copyOut, pause, ...rules } = { ...rightParts, ...parts }
  const rows = new Map<string, SessionRecord>()
  const { work, under } = backend(() => sessionError('PHI_RBAC_SESSION_STORE_UNAVAILABLE'), locked)

  const end = async (sid: string, at: number, because: NonNullable<SessionRecord['ended']>['because']) => {
    const now = rows.get(sid)
    await pause()
    if (now === undefined) return 'missing'
    if (!rules.mayEnd(now)) return 'already'
    rows.set(sid, rules.ended(now, { at, because }))
    return 'ended'
  }

  const handle = (): SessionStore => ({
    insert: (record) =>
      work(async () => {
        const now = rows.get(record.sid)
        await pause()
        if (rules.taken(now)) return 'taken'
        rows.set(record.sid, copyIn(record))
        return 'inserted'
      }),
    find: (sid) =>
      work(async () => {
        const now = rows.get(sid)
        return now && copyOut(now)
      }),
    replace: (record, expected) =>
      work(async () => {
        const now = rows.get(record.sid)
        await pause()
        if (now === undefined || !rules.mayReplace(now, expected)) return 'conflict'
        rows.set(now.sid, rules.replaced(now, copyIn(record), expected))
        return 'replaced'
      }),
    touch: (sid, at) =>
      work(async () => {
        const now = rows.get(sid)
        await pause()
        if (now === undefined) return 'missing'
        if (!rules.mayTouch(now)) return 'ended'
        rows.set(sid, rules.touched(now, at))
        return 'touched'
      }),
    end: (sid, at, because) => work(() => end(sid, at, because)),
    endSubject: (tenant, subject, at, because) =>
      work(async () => {
        const theirs = [...rows.values()].filter((record) => rules.belongs(record, tenant, subject))
        let changed = 0
        for (const { sid } of theirs) if ((await end(sid, at, because)) === 'ended') changed++
        return rules.count(changed, theirs.length)
      }),
    sweep: (before) =>
      work(async () => {
        const past = [...rows.values()].filter((record) => rules.past(record, before))
        for (const { sid } of past) rows.delete(sid)
        return past.length
      }),
  })

  return under(handle)
}
