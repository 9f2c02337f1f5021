import type { SessionStore } from '@phi/rbac/session'
import type { StoreCase } from '../../store/manifest.ts'
import { check, equal, succeeds } from '../../suite/assert.ts'
import { absent, found, freshRecord, HOUR, holds, insertAll, rotated, START } from '../records.ts'

export const endingCases: readonly StoreCase<SessionStore>[] = [
  {
    title: 'ends a session once and for good: the first ending stays, and nothing changes the session any more',
    requirements: ['S4'],
    async run({ store }) {
      const record = freshRecord()
      const bystander = freshRecord({ tenant: record.tenant, subject: record.subject })
      await insertAll(store, [record, bystander])
      equal(await succeeds(() => store.end(record.sid, START + 5, 'replayed'), 'end'), 'ended', 'end of a session')
      const over = { ...record, ended: { at: START + 5, because: 'replayed' as const }, version: 1 }
      await holds(store, over, 'after end')
      equal(
        await succeeds(() => store.end(record.sid, START + 9, 'logout'), 'end'),
        'already',
        'end of a session that has ended',
      )
      equal(await succeeds(() => store.touch(record.sid, START + 9), 'touch'), 'ended', 'touch of a session that has ended')
      for (const version of [0, 1, 2]) {
        const answer = await succeeds(() => store.replace(rotated(record), version), 'replace')
        equal(answer, 'conflict', `replace, at version ${version}, of a session that has ended`)
      }
      await holds(store, over, 'after attempts to change a session that has ended')
      await holds(store, bystander, 'after another session ended')
    },
  },
  {
    title: 'lets no rotation under way undo an ending, of 32 at once',
    requirements: ['S4', 'S111'],
    async run({ store }) {
      for (let round = 0; round < 8; round++) {
        const record = freshRecord()
        await insertAll(store, [record])
        const work = Array.from({ length: 32 }, (_, i) =>
          i === 4 * round
            ? succeeds(() => store.end(record.sid, START + 1, 'revoked'), 'end among rotations')
            : succeeds(() => store.replace(rotated(record), 0), 'replace among others'),
        )
        const answers = await Promise.all(work)
        equal(answers[4 * round], 'ended', 'end among rotations')
        const now = await found(store, record.sid)
        check(now.ended !== null, 'find after an ending beside rotations answered with a session that goes on')
        equal(now.ended.because, 'revoked', 'the ending beside rotations: because')
        const won = answers.filter((answer) => answer === 'replaced').length
        equal(now.generation, 1 + won, 'the generation, by the number of rotations that were told that they won')
        equal(now.version, 1 + won, 'the version, by the number of changes that were told that they won')
      }
    },
  },
  {
    title: 'ends every session of a person in one tenant, and of nobody else',
    requirements: ['S4', 'S108'],
    async run({ store }) {
      const { tenant, subject } = freshRecord()
      const theirs = [freshRecord({ tenant, subject }), freshRecord({ tenant, subject }), freshRecord({ tenant, subject })]
      const before = freshRecord({ tenant, subject, ended: { at: START, because: 'logout' }, version: 1 })
      const others = [
        freshRecord({ tenant, subject: `${subject}0` }),
        freshRecord({ tenant, subject: subject.toUpperCase() }),
        freshRecord({ tenant, subject: subject.replace('-', '_') }),
        freshRecord({ tenant: `${tenant}0`, subject }),
      ]
      await insertAll(store, [...theirs, before, ...others])
      const first = await succeeds(() => store.endSubject(tenant, subject, START + 7, 'revoked'), 'endSubject')
      equal(first, 3, 'endSubject: how many had not ended before')
      for (const each of theirs) {
        await holds(store, { ...each, ended: { at: START + 7, because: 'revoked' }, version: 1 }, 'after endSubject')
      }
      for (const each of [before, ...others]) await holds(store, each, 'after endSubject of somebody else')
      const patterns = [subject.slice(0, -1), '%', `${subject.slice(0, 2)}%`, '']
      for (const each of patterns) {
        equal(await succeeds(() => store.endSubject(tenant, each, START, 'revoked'), 'endSubject'), 0, 'endSubject of nobody')
      }
      equal(await succeeds(() => store.endSubject(tenant, subject, START + 9, 'logout'), 'endSubject'), 0, 'endSubject again')
      for (const each of others) await holds(store, each, 'after endSubject of nobody')
    },
  },
  {
    title: 'sweeps what is past its end, ended before or not, and nothing else',
    requirements: ['S4'],
    async run({ store }) {
      const until = START + 24 * HOUR
      const past = [
        freshRecord({ until }),
        freshRecord({ until: until - 1, lastSeenAt: until - 1 }),
        freshRecord({ until, ended: { at: START, because: 'logout' } }),
      ]
      const staying = [
        freshRecord({ until: until + 1 }),
        freshRecord({ until: until + 1, ended: { at: START, because: 'idle' } }),
        freshRecord({ until: until + 1, lastSeenAt: 0, startedAt: 0, rotatedAt: 0 }),
      ]
      await insertAll(store, [...past, ...staying])
      equal(await succeeds(() => store.sweep(until - 2), 'sweep'), 0, 'sweep before anything is past its end')
      equal(await succeeds(() => store.sweep(until), 'sweep'), 3, 'sweep: how many were past their end')
      for (const { sid } of past) await absent(store, sid, 'find of what was swept')
      for (const each of staying) await holds(store, each, 'after sweep')
      equal(await succeeds(() => store.sweep(until), 'sweep'), 0, 'sweep again')
    },
  },
]
