import { freeze } from '../freeze.ts'
import { sessionError } from './errors.ts'
import { type SessionRecord, type SessionStore, sessionRecordSchema } from './store.ts'

/** Read and copied; what comes out is frozen, so that it can be handed out as it is. */
function kept(record: SessionRecord): SessionRecord {
  const read = sessionRecordSchema.safeParse(record)
  if (!read.success) throw sessionError('PHI_RBAC_SESSION_INPUT', { path: 'record' })
  return freeze(read.data)
}

/**
 * A session store in memory, for tests and for a program that is one process and may forget everybody when it ends. Sessions that are
 * over stay until `sweep`.
 */
export function memorySessionStore(): SessionStore {
  const records = new Map<string, SessionRecord>()

  const end: SessionStore['end'] = async (sid, at, because) => {
    const now = records.get(sid)
    if (now === undefined) return 'missing'
    if (now.ended !== null) return 'already'
    records.set(sid, kept({ ...now, ended: { at, because }, version: now.version + 1 }))
    return 'ended'
  }

  return {
    async insert(record) {
      const copy = kept(record)
      if (records.has(copy.sid)) return 'taken'
      records.set(copy.sid, copy)
      return 'inserted'
    },
    async find(sid) {
      return records.get(sid)
    },
    async replace(record, expectedVersion) {
      const now = records.get(record.sid)
      if (now === undefined || now.ended !== null || now.version !== expectedVersion) return 'conflict'
      const { auth, generation, jti, previous, rotatedAt } = record
      const lastSeenAt = Math.max(now.lastSeenAt, record.lastSeenAt)
      const version = expectedVersion + 1
      records.set(now.sid, kept({ ...now, auth, generation, jti, previous, rotatedAt, lastSeenAt, version }))
      return 'replaced'
    },
    async touch(sid, at) {
      const now = records.get(sid)
      if (now === undefined) return 'missing'
      if (now.ended !== null) return 'ended'
      if (at > now.lastSeenAt) records.set(sid, kept({ ...now, lastSeenAt: at }))
      return 'touched'
    },
    end,
    async endSubject(tenant, subject, at, because) {
      const theirs = [...records.values()].filter((record) => record.tenant === tenant && record.subject === subject)
      const answers = await Promise.all(theirs.map(({ sid }) => end(sid, at, because)))
      return answers.filter((answer) => answer === 'ended').length
    },
    async sweep(before) {
      const over = [...records.values()].filter(({ until }) => until <= before)
      for (const { sid } of over) records.delete(sid)
      return over.length
    },
  }
}
