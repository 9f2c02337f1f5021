import type { SessionEnding, SessionRecord, SessionStore } from './store.ts'
import { sessionRecordSchema } from './store.ts'
import { ownMembers } from './text.ts'

/** The store did not answer, or with something that is no answer. */
export const storeFailed: unique symbol = Symbol('the store failed')
type Failed = typeof storeFailed

/** The answer, when it is one of those that the interface has. What a store throws is not kept: it may quote a row. */
async function answer<T extends string>(known: readonly T[], work: () => Promise<T>): Promise<T | Failed> {
  try {
    const given = await work()
    return known.includes(given) ? given : storeFailed
  } catch {
    return storeFailed
  }
}

/** A store whose answers can be relied upon: each is one of the interface, or the failure. Never throws. */
export function careful(store: SessionStore) {
  const find = async (sid: string): Promise<SessionRecord | undefined | Failed> => {
    try {
      const found = await store.find(sid)
      if (found === undefined) return undefined
      if (typeof found !== 'object' || found === null) return storeFailed
      const read = sessionRecordSchema.safeParse(ownMembers(found))
      return read.success && read.data.sid === sid ? read.data : storeFailed
    } catch {
      return storeFailed
    }
  }

  return {
    find,
    insert: (record: SessionRecord) => answer(['inserted', 'taken'], () => store.insert(record)),
    touch: (sid: string, at: number) => answer(['touched', 'ended', 'missing'], () => store.touch(sid, at)),
    end: (sid: string, at: number, because: SessionEnding) =>
      answer(['ended', 'already', 'missing'], () => store.end(sid, at, because)),

    async endSubject(tenant: string, subject: string, at: number, because: SessionEnding): Promise<number | Failed> {
      try {
        const ended = await store.endSubject(tenant, subject, at, because)
        return Number.isSafeInteger(ended) && ended >= 0 ? ended : storeFailed
      } catch {
        return storeFailed
      }
    },

    /** A replacement whose answer was lost is looked up: the token it names is known to nobody else. */
    async replace(record: SessionRecord, expectedVersion: number): Promise<'replaced' | 'conflict' | Failed> {
      const given = await answer(['replaced', 'conflict'], () => store.replace(record, expectedVersion))
      if (given !== storeFailed) return given
      const found = await find(record.sid)
      if (found === storeFailed || found === undefined || found.ended !== null) return storeFailed
      return found.jti === record.jti && found.generation === record.generation ? 'replaced' : storeFailed
    },
  }
}
