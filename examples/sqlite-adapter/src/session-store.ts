import { parseAs } from '@phi/core'
import { type SessionRecord, type SessionStore, sessionErrors, sessionRecordSchema } from '@phi/rbac/session'
import { type Handle, refusals } from './database.ts'
import { documents } from './documents.ts'
import { storeOf, type Verbs } from './store.ts'

export function sqliteSessionStore(handle: Handle): SessionStore {
  const [wrong, unavailable] = refusals(sessionErrors, 'PHI_RBAC_SESSION_STORE', 'PHI_RBAC_SESSION_STORE_UNAVAILABLE')
  const parse = (value: unknown): SessionRecord => parseAs(sessionRecordSchema, value, 'record', wrong)
  const sessions = documents(handle, 'session', wrong, ({ sid, tenant, subject }) => [sid, tenant, subject], parse)
  const end = (now: SessionRecord | undefined, ended: NonNullable<SessionRecord['ended']>) => {
    if (now === undefined || now.ended !== null) return now === undefined ? 'missing' : 'already'
    return sessions.put({ ...now, ended, version: now.version + 1 }, 'ended')
  }
  const sweep = handle.prepare(`delete from document where kind = 'session' and json_extract(body, '$.until') <= ?`)
  const verbs: Verbs<SessionStore> = {
    find: sessions.get,
    insert: (record) => (sessions.get(record.sid) === undefined ? sessions.put(parse(record), 'inserted') : 'taken'),
    replace({ sid, auth, generation, jti, previous, rotatedAt, lastSeenAt }, expectedVersion) {
      const now = sessions.get(sid)
      if (now === undefined || now.ended !== null || now.version !== expectedVersion) return 'conflict'
      const changed = { auth, generation, jti, previous, rotatedAt, lastSeenAt: Math.max(now.lastSeenAt, lastSeenAt) }
      return sessions.put(parse({ ...now, ...changed, version: expectedVersion + 1 }), 'replaced')
    },
    touch(sid, at) {
      const now = sessions.get(sid)
      if (now === undefined || now.ended !== null) return now === undefined ? 'missing' : 'ended'
      return sessions.put({ ...now, lastSeenAt: Math.max(now.lastSeenAt, at) }, 'touched')
    },
    end: (sid, at, because) => end(sessions.get(sid), { at, because }),
    endSubject: (owner, about, at, because) =>
      sessions.list({ owner, about }).filter((now) => end(now, { at, because }) === 'ended').length,
    sweep: (before) => sweep.run(before).changes,
  }
  return storeOf(handle, [unavailable], verbs, ['find'])
}
