import { type Extension, emptyHead } from '@phi/audit/store'
import { equal, refused, succeeds } from '../../suite/assert.ts'
import { type DepthCase, depthGap, rolledBack, transactionOf, verbOf } from '../depth.ts'
import { extensionsFor, freshLog, lastOf, readAll, readEvent, sameEntries, sameHead, write } from '../entries.ts'

const skip = depthGap('transactions')
const idsOf = ({ entries }: Extension) => entries.map(({ eventId }) => eventId)

export const transactionCases: readonly DepthCase[] = [
  {
    title: 'writes an entry with the caller’s transaction, or not at all',
    requirements: ['S95'],
    skip,
    async run(under) {
      const { store } = under
      const extendIn = verbOf(store, 'extendIn', 'transactions')
      const key = freshLog()
      await succeeds(() => store.open(key), 'open')
      const [first, second] = (await extensionsFor(key, [readEvent(), readEvent()])) as [Extension, Extension]
      await rolledBack(under, (tx) => extendIn(tx, key, idsOf(first), () => first))
      await sameHead(store, key, emptyHead, 'after the transaction was rolled back')
      sameEntries(await readAll(store, key, 0, 10), [], 'read after the transaction was rolled back')
      await transactionOf(under)((tx) => extendIn(tx, key, idsOf(first), () => first))
      await sameHead(store, key, first.head, 'after the transaction was committed')
      await write(store, key, [second])
      sameEntries(await readAll(store, key, 0, 10), [...first.entries, ...second.entries], 'read after an extension of its own')
    },
  },
  {
    title: 'tells the builder inside a transaction of the head and of event ids that are taken',
    skip,
    async run(under) {
      const { store } = under
      const extendIn = verbOf(store, 'extendIn', 'transactions')
      const key = freshLog()
      const extensions = await extensionsFor(key, [readEvent({ id: 'order-1' })])
      await write(store, key, extensions)
      let told: string | undefined
      await transactionOf(under)((tx) =>
        extendIn(tx, key, ['order-1', 'order-2'], ({ head, existing }) => {
          told = `${head.size}: ${[...existing].map(([id, { index }]) => `${id} at ${index}`).join()}`
          return null
        }),
      )
      equal(told, '1: order-1 at 0', 'what extendIn told the builder: size of the head, and the ids that are there')
      await sameHead(store, key, lastOf(extensions).head, 'after a builder had nothing to write')
    },
  },
  {
    title: 'holds the head from an entry in a transaction until that transaction ends, and says so',
    skip,
    async run(under) {
      const { store } = under
      const extendIn = verbOf(store, 'extendIn', 'transactions')
      const holds = verbOf(store, 'holds', 'transactions')
      const key = freshLog()
      await succeeds(() => store.open(key), 'open')
      const other = freshLog({ tenant: key.tenant })
      await succeeds(() => store.open(other), 'open of another log')
      const [first] = (await extensionsFor(key, [readEvent()])) as [Extension]
      const transaction = transactionOf(under)
      await transaction(async (tx) => {
        // Where all work shares one connection, or one lock, a transaction holds everything from its beginning.
        const alone = store.singleConnection === true
        if (!alone) equal(await holds(tx, key), false, 'holds before anything was written in the transaction')
        await extendIn(tx, key, idsOf(first), () => first)
        equal(await holds(tx, key), true, 'holds after extendIn in the same transaction')
        if (!alone) equal(await holds(tx, other), false, 'holds of another log')
      })
      if (store.singleConnection === true) return
      await transaction(async (tx) => equal(await holds(tx, key), false, 'holds in a transaction that came after'))
    },
  },
  {
    title: 'refuses, inside a transaction, a log of another tenant',
    requirements: ['S98'],
    skip,
    async run(under) {
      const { store } = under
      const extendIn = verbOf(store, 'extendIn', 'transactions')
      const key = freshLog()
      await succeeds(() => store.open(key), 'open')
      const [first] = (await extensionsFor(key, [readEvent()])) as [Extension]
      const theirs = freshLog({ origin: key.origin })
      const remedy = 'An origin belongs to the tenant who opened it first.'
      await rolledBack(under, (tx) =>
        refused(
          () => extendIn(tx, theirs, idsOf(first), () => first),
          ['PHI_AUDIT_WRONG_TENANT', 'PHI_AUDIT_STORE'],
          'extendIn of another tenant’s log',
          remedy,
        ),
      )
      await sameHead(store, key, emptyHead, 'after another tenant was refused')
    },
  },
]
