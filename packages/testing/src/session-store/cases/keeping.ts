import { type SessionRecord, type SessionStore, sessionEndings } from '@phi/rbac/session'
import type { StoreCase } from '../../store/manifest.ts'
import { equal, succeeds } from '../../suite/assert.ts'
import { absent, freshId, freshRecord, holds, insertAll, rotated, START } from '../records.ts'

/** Changes an object as a careless caller would. Frozen ones stay as they are, and that is as good. */
function spoil(record: SessionRecord): void {
  Reflect.set(record.roles, 0, 'administrator')
  Reflect.set(record.auth, 'mfa', 'not-met')
  for (const [name, value] of Object.entries({ tenant: 'spoilt', generation: 99, version: 99, until: 0, ended: null })) {
    Reflect.set(record, name, value)
  }
}

export const keepingCases: readonly StoreCase<SessionStore>[] = [
  {
    title: 'gives back every field as it was stored, at its longest and oddest too',
    requirements: ['S4', 'S108'],
    async run({ store }) {
      const endings = Object.keys(sessionEndings) as (keyof typeof sessionEndings)[]
      const records = [
        freshRecord(),
        rotated(freshRecord()),
        ...endings.map((because) => freshRecord({ ended: { at: START + 1, because } })),
        freshRecord({ auth: { amr: null, acr: null, authTime: null, mfa: 'unknown' } }),
        freshRecord({ auth: { amr: [], acr: 'urn:ü', authTime: 0, mfa: 'not-met' } }),
        freshRecord({ roles: [], device: 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=' }),
        freshRecord({ roles: ['a,b', '{"c"}', "d'e", 'f\\g', 'NULL', 'h i'] }),
        freshRecord({ subject: `'; drop table session; -- "\\ %_ Zoe\u0308 \u{1f512}`, issuer: 'ü'.repeat(1024) }),
        // Digits and an e: a number, to whoever lets a column or a file format guess.
        freshRecord({ sid: `${'0'.repeat(27)}12e45`, jti: `${'0'.repeat(31)}7`, subject: '007', tenant: '1e3' }),
        freshRecord({ generation: 2_147_483_647, version: 2_147_483_647 }),
        freshRecord({ startedAt: 0, lastSeenAt: 4_294_967_297, rotatedAt: 1, until: 8_640_000_000_000_000 }),
      ]
      await insertAll(store, records)
      for (const record of records) await holds(store, record, 'after insert')
    },
  },
  {
    title: 'has nothing where nothing was stored, and makes nothing by being asked',
    requirements: ['S4'],
    async run({ store }) {
      const stranger = freshRecord()
      const empty = async () => {
        await absent(store, stranger.sid, 'find of a session that was never stored')
      }
      await empty()
      equal(
        await succeeds(() => store.touch(stranger.sid, START), 'touch'),
        'missing',
        'touch of a session that was never stored',
      )
      equal(
        await succeeds(() => store.end(stranger.sid, START, 'revoked'), 'end'),
        'missing',
        'end of a session that was never stored',
      )
      equal(
        await succeeds(() => store.replace(stranger, 0), 'replace'),
        'conflict',
        'replace of a session that was never stored',
      )
      const { tenant, subject } = stranger
      equal(await succeeds(() => store.endSubject(tenant, subject, START, 'revoked'), 'endSubject'), 0, 'endSubject of nobody')
      await empty()
    },
  },
  {
    title: 'keeps and hands out records that nobody changes from outside',
    requirements: ['S4'],
    async run({ store }) {
      const record = freshRecord()
      const handed = structuredClone(record)
      await insertAll(store, [handed])
      spoil(handed)
      await holds(store, record, 'after the caller changed what it had inserted')
      const got = await succeeds(() => store.find(record.sid), 'find')
      if (got) spoil(got)
      await holds(store, record, 'after a caller changed what it had been given')
      const next = rotated(record)
      const replacing = structuredClone(next)
      equal(await succeeds(() => store.replace(replacing, 0), 'replace'), 'replaced', 'replace at the version that is there')
      spoil(replacing)
      await holds(store, next, 'after the caller changed what it had replaced with')
    },
  },
  {
    title: 'refuses a second session with a sid that is taken, and keeps the first, ended or not',
    requirements: ['S108'],
    async run({ store }) {
      const first = freshRecord()
      const over = freshRecord({ ended: { at: START, because: 'logout' }, version: 1 })
      await insertAll(store, [first, over])
      for (const taken of [first, over]) {
        const answer = await succeeds(() => store.insert(freshRecord({ sid: taken.sid })), 'insert')
        equal(answer, 'taken', 'insert of a sid that is taken')
        await holds(store, taken, 'after a second insert')
      }
    },
  },
  {
    title: 'tells one of 32 concurrent inserts of a sid that it won, and keeps what that one wrote',
    requirements: ['S108'],
    async run({ store }) {
      const sid = freshId()
      const records = Array.from({ length: 32 }, () => freshRecord({ sid }))
      const answers = await Promise.all(records.map((record) => succeeds(() => store.insert(record), 'insert among others')))
      equal(answers.filter((answer) => answer === 'inserted').length, 1, 'the number of inserts that won')
      equal(answers.filter((answer) => answer === 'taken').length, 31, 'the number of inserts that were told so')
      await holds(store, records[answers.indexOf('inserted')] as SessionRecord, 'after concurrent inserts')
    },
  },
]
