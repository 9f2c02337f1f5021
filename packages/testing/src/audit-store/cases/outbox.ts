import type { LogKey, OutboxRow } from '@phi/audit/store'
import { check, equal, succeeds } from '../../suite/assert.ts'
import { type AuditDepthUnderTest, type DepthCase, depthGap, rolledBack, transactionOf, verbOf } from '../depth.ts'
import { extensionsFor, freshLog, readEvent, write } from '../entries.ts'

const skip = depthGap('transactions', 'outbox')

const row = (eventId: string, second: number, more: Partial<OutboxRow> = {}): OutboxRow => ({
  eventId,
  queuedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
  body: `{"id":"${eventId}","text":"ü\u2028'\\"}`,
  mac: 'AAAA',
  ...more,
})

const verbs = ({ store }: AuditDepthUnderTest) => ({
  enqueueIn: verbOf(store, 'enqueueIn', 'outbox'),
  outbox: verbOf(store, 'outbox', 'outbox'),
  dequeue: verbOf(store, 'dequeue', 'outbox'),
})

async function opened(under: AuditDepthUnderTest): Promise<LogKey> {
  const key = freshLog()
  await succeeds(() => under.store.open(key), 'open')
  return key
}

const textOf = (rows: readonly OutboxRow[]) =>
  rows.map(({ eventId, queuedAt, body, mac }) => [eventId, queuedAt, body, mac].join(' | ')).join('\n')

export const outboxCases: readonly DepthCase[] = [
  {
    title: 'keeps an event in the outbox with the caller’s transaction, byte for byte, or not at all',
    requirements: ['S95'],
    skip,
    async run(under) {
      const { enqueueIn, outbox } = verbs(under)
      const key = await opened(under)
      await rolledBack(under, (tx) => enqueueIn(tx, key, row('e-1', 1)))
      equal((await outbox(key, { limit: 10 })).length, 0, 'rows of the outbox after a rollback')
      const kept = await transactionOf(under)((tx) => enqueueIn(tx, key, row('e-1', 1)))
      equal(textOf([kept]), textOf([row('e-1', 1)]), 'what enqueueIn answered')
      equal(textOf(await outbox(key, { limit: 10 })), textOf([row('e-1', 1)]), 'what the outbox holds')
    },
  },
  {
    title: 'keeps the row that is there when the same event id comes again, and answers with it',
    skip,
    async run(under) {
      const { enqueueIn, outbox } = verbs(under)
      const key = await opened(under)
      await transactionOf(under)((tx) => enqueueIn(tx, key, row('e-1', 1)))
      const again = await transactionOf(under)((tx) => enqueueIn(tx, key, row('e-1', 2, { body: '{}', mac: 'BBBB' })))
      equal(textOf([again]), textOf([row('e-1', 1)]), 'what enqueueIn answered the second time')
      equal(textOf(await outbox(key, { limit: 10 })), textOf([row('e-1', 1)]), 'what the outbox holds')
    },
  },
  {
    title: 'pages the outbox by time and id, and shows each log its own rows only',
    requirements: ['S98'],
    skip,
    async run(under) {
      const { enqueueIn, outbox } = verbs(under)
      const key = await opened(under)
      const sibling = freshLog({ tenant: key.tenant })
      await succeeds(() => under.store.open(sibling), 'open')
      const rows = [row('b', 2), row('a', 2), row('Z', 3), row('z', 3), row('c', 1)]
      for (const each of rows) await transactionOf(under)((tx) => enqueueIn(tx, key, each))
      await transactionOf(under)((tx) => enqueueIn(tx, sibling, row('other', 0)))
      const seen: string[] = []
      let after: OutboxRow | undefined
      for (;;) {
        const page = await outbox(key, { limit: 2, ...(after === undefined ? {} : { after }) })
        check(page.length <= 2, 'outbox answered with more rows than asked for')
        seen.push(...page.map(({ eventId }) => eventId))
        after = page.at(-1)
        if (page.length < 2) break
      }
      equal(seen.join(), 'c,a,b,Z,z', 'event ids of the outbox, page after page')
    },
  },
  {
    title: 'lets a row out of the outbox when its event is in the log, and not before',
    requirements: ['S95'],
    skip,
    async run(under) {
      const { enqueueIn, outbox, dequeue } = verbs(under)
      const key = await opened(under)
      for (const each of [row('e-1', 1), row('e-2', 2)]) await transactionOf(under)((tx) => enqueueIn(tx, key, each))
      equal(await dequeue(key, ['e-1', 'e-2']), 0, 'how many rows went whose events are not in the log')
      equal((await outbox(key, { limit: 10 })).length, 2, 'rows that wait: what is not in the log would be lost')
      await write(under.store, key, await extensionsFor(key, [readEvent({ id: 'e-1' })]))
      equal(await dequeue(key, ['e-1', 'e-2']), 1, 'how many rows went, of one that is in the log and one that is not')
      equal((await outbox(key, { limit: 10 })).map(({ eventId }) => eventId).join(), 'e-2', 'rows that wait')
      equal(await dequeue(key, ['e-1']), 0, 'how many rows went the second time')
    },
  },
]
