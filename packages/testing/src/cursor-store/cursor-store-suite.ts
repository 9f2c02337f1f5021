import type { Cursor, CursorStore, DeadLetter, ForwardKey } from '@phi/audit/forward'
import { toBase64, toHex } from '@phi/core'
import {
  anotherOf,
  refusesUnreachable,
  type StoreCase,
  type StoreSuiteOptions,
  storeGap,
  storeHonesty,
} from '../store/manifest.ts'
import { check, equal, succeeds } from '../suite/assert.ts'
import { freshBytes } from '../suite/bytes.ts'
import { DEFAULT_CASE_TIMEOUT_MS, type Suite, suiteOf } from '../suite/suite.ts'

const CALLERS = 32

const freshKey = (more: Partial<ForwardKey> = {}): ForwardKey => ({
  forwarder: `siem-${toHex(freshBytes(6))}`,
  tenant: `t-${toHex(freshBytes(6))}`,
  origin: `clinic.example/${toHex(freshBytes(6))}`,
  ...more,
})

const freshHash = (): string => toBase64(freshBytes(32))

const cursorAt = (next: number, by = 'process-1'): Cursor => ({ next, hash: next === 0 ? null : freshHash(), by })

const letterAt = (index: number, more: Partial<DeadLetter> = {}): DeadLetter => ({
  index,
  hash: freshHash(),
  code: 'PHI_AUDIT_FORWARD_REFUSED',
  attempts: 3,
  at: '2026-03-04T05:06:07.089Z',
  ...more,
})

const textOf = (value: unknown): string => {
  if (value === undefined || value === null) return 'none'
  const { next, hash, by } = value as Cursor
  return JSON.stringify({ next, hash, by })
}

const textOfLetters = (letters: readonly DeadLetter[]): string =>
  JSON.stringify(letters.map(({ index, hash, code, attempts, at }) => ({ index, hash, code, attempts, at })))

async function cursorIs(store: CursorStore, key: ForwardKey, expected: Cursor | undefined, when: string): Promise<void> {
  const found = await succeeds(() => store.read(key), 'read')
  equal(textOf(found), textOf(expected), `read ${when}`)
}

async function lettersAre(store: CursorStore, key: ForwardKey, expected: readonly DeadLetter[], when: string): Promise<void> {
  const found = await succeeds(() => store.deadLetters(key), 'deadLetters')
  check(Array.isArray(found), 'deadLetters must answer with a list')
  equal(textOfLetters(found), textOfLetters(expected), `deadLetters ${when}`)
}

const advance = (store: CursorStore, key: ForwardKey, expected: Cursor | undefined, next: Cursor) =>
  succeeds(() => store.advance(key, expected, next), 'advance')

/** As many moves from one cursor at once: one is made, and the others are told. */
async function race(stores: readonly CursorStore[]): Promise<void> {
  const key = freshKey()
  let expected: Cursor | undefined
  for (const round of [1, 2, 3]) {
    const from = expected
    const tries = Array.from({ length: CALLERS }, (_, i) => cursorAt(round * 100 + i, `process-${i}`))
    const answers = await Promise.all(
      tries.map((each, i) => advance(stores[i % stores.length] as CursorStore, key, from, each)),
    )
    const won = answers.filter((answer) => answer === true).length
    equal(won, 1, `the number of ${CALLERS} concurrent moves that were made, in round ${round},`)
    expected = tries[answers.indexOf(true)] as Cursor
    for (const store of stores) await cursorIs(store, key, expected, 'after a race')
  }
}

const cases: readonly StoreCase<CursorStore>[] = [
  {
    title: 'keeps a cursor as it was moved, and knows none where none was',
    requirements: ['S125'],
    async run({ store }) {
      const key = freshKey()
      await cursorIs(store, key, undefined, 'of a forwarder that never ran')
      let from: Cursor | undefined
      for (const to of [cursorAt(0), cursorAt(1), cursorAt(4096, 'process 2: "\u00e9" \u{1f512}'), cursorAt(2 ** 53 - 1)]) {
        equal(await advance(store, key, from, to), true, 'advance from the cursor that is there')
        await cursorIs(store, key, to, 'after it was moved')
        from = to
      }
    },
  },
  {
    title: 'moves a cursor only from what it is',
    requirements: ['S125'],
    async run({ store }) {
      const key = freshKey()
      const stale = cursorAt(7)
      equal(await advance(store, key, stale, cursorAt(9)), false, 'advance from a cursor, where none is there,')
      await cursorIs(store, key, undefined, 'after a move that was not made')
      const there = cursorAt(7)
      equal(await advance(store, key, undefined, there), true, 'advance where none is there')
      const wrong: (Cursor | undefined)[] = [
        undefined,
        { ...there, next: 8 },
        { ...there, hash: freshHash() },
        { ...there, by: 'process-2' },
        cursorAt(0),
      ]
      for (const expected of wrong) {
        equal(await advance(store, key, expected, cursorAt(9)), false, `advance from ${textOf(expected)}, which it is not,`)
        await cursorIs(store, key, there, 'after a move that was not made')
      }
    },
  },
  {
    title: 'keeps forwarders, tenants and logs apart',
    requirements: ['S125'],
    async run({ store }) {
      const key = freshKey({ forwarder: 'siem', tenant: 'clinic', origin: 'clinic.example/audit' })
      const others = [
        { ...key, forwarder: 'siem2' },
        { ...key, tenant: 'clinic2' },
        { ...key, origin: 'clinic.example/audit2' },
        { ...key, forwarder: 'siem/clinic', tenant: 'clinic' },
      ]
      const cursor = cursorAt(5)
      const letter = letterAt(3)
      equal(await advance(store, key, undefined, cursor), true, 'advance')
      await succeeds(() => store.putDeadLetter(key, letter), 'putDeadLetter')
      for (const other of others) {
        await cursorIs(store, other, undefined, 'of another forwarder, tenant or log')
        await lettersAre(store, other, [], 'of another forwarder, tenant or log')
        equal(await succeeds(() => store.removeDeadLetter(other, 3), 'removeDeadLetter'), false, 'removeDeadLetter elsewhere')
      }
      for (const [i, other] of others.entries()) {
        equal(await advance(store, other, undefined, cursorAt(50 + i)), true, 'advance of another')
        await succeeds(() => store.putDeadLetter(other, letterAt(60 + i)), 'putDeadLetter')
      }
      await cursorIs(store, key, cursor, 'after others moved')
      await lettersAre(store, key, [letter], 'after others were added')
    },
  },
  {
    title: `makes one of ${CALLERS} concurrent moves`,
    requirements: ['S125'],
    run: ({ store }) => race([store]),
  },
  {
    title: 'lists dead letters by index, replaces one of the same index, and removes one once',
    requirements: ['S125'],
    async run({ store }) {
      const key = freshKey()
      await lettersAre(store, key, [], 'where none were set aside')
      const [ten, two, nine] = [letterAt(10), letterAt(2), letterAt(9)]
      for (const letter of [ten, two, nine]) await succeeds(() => store.putDeadLetter(key, letter), 'putDeadLetter')
      await lettersAre(store, key, [two, nine, ten], 'after three were set aside')
      const again = letterAt(9, { attempts: 8, code: 'PHI_AUDIT_FORWARD_TOO_LARGE', at: '2027-01-01T00:00:00.000Z' })
      await succeeds(() => store.putDeadLetter(key, again), 'putDeadLetter')
      await lettersAre(store, key, [two, again, ten], 'after one was set aside again')
      const remove = (index: number) => succeeds(() => store.removeDeadLetter(key, index), 'removeDeadLetter')
      equal(await remove(2), true, 'removeDeadLetter of one that is there')
      equal(await remove(2), false, 'removeDeadLetter of one that is gone')
      equal(await remove(5), false, 'removeDeadLetter of one that never was')
      await lettersAre(store, key, [again, ten], 'after one was removed')
    },
  },
  {
    title: 'keeps what nobody changes by changing what they handed in or were handed',
    requirements: ['S125'],
    async run({ store }) {
      const key = freshKey()
      const [cursor, letter] = [cursorAt(5), letterAt(3)]
      const handed = [{ ...cursor }, { ...letter }] as const
      equal(await advance(store, key, undefined, handed[0]), true, 'advance')
      await succeeds(() => store.putDeadLetter(key, handed[1]), 'putDeadLetter')
      Reflect.set(handed[0], 'next', 99)
      Reflect.set(handed[1], 'attempts', 99)
      await cursorIs(store, key, cursor, 'after what was handed in was changed')
      await lettersAre(store, key, [letter], 'after what was handed in was changed')
      Reflect.set((await store.read(key)) ?? {}, 'next', 98)
      const letters = await store.deadLetters(key)
      Reflect.set(letters[0] ?? {}, 'attempts', 98)
      if (!Object.isFrozen(letters)) Reflect.apply(Array.prototype.splice, letters, [0])
      await cursorIs(store, key, cursor, 'after what was handed out was changed')
      await lettersAre(store, key, [letter], 'after what was handed out was changed')
    },
  },
  {
    title: 'shows what one handle wrote to another at once, and lets one of both win',
    requirements: ['S125'],
    skip: (supports) => storeGap(supports, 'shared'),
    async run(under) {
      const { store } = under
      const another = await anotherOf(under)
      const key = freshKey()
      // Each handle reads before the other writes: what one keeps in a cache of its own goes stale.
      await cursorIs(another, key, undefined, 'on another handle, before')
      const [first, second] = [cursorAt(5), cursorAt(9, 'process-2')]
      equal(await advance(store, key, undefined, first), true, 'advance')
      await cursorIs(another, key, first, 'on another handle')
      equal(await advance(another, key, first, second), true, 'advance on another handle')
      equal(await advance(store, key, first, cursorAt(7)), false, 'advance from what another handle moved,')
      await succeeds(() => another.putDeadLetter(key, letterAt(6)), 'putDeadLetter')
      equal((await succeeds(() => store.deadLetters(key), 'deadLetters')).length, 1, 'dead letters of another handle')
      await race([store, another])
    },
  },
  {
    title: 'says that it cannot be reached, with every verb and a retryable error, and never that there is nothing',
    requirements: ['S125'],
    skip: (supports) => storeGap(supports, 'unreachable'),
    async run(under) {
      const { store } = under
      const key = freshKey()
      const cursor = cursorAt(5)
      await advance(store, key, undefined, cursor)
      await refusesUnreachable(under, 'PHI_AUDIT_FORWARD_CURSOR', {
        read: () => store.read(key),
        advance: () => store.advance(key, cursor, cursorAt(6)),
        putDeadLetter: () => store.putDeadLetter(key, letterAt(1)),
        deadLetters: () => store.deadLetters(key),
        removeDeadLetter: () => store.removeDeadLetter(key, 1),
      })
      await cursorIs(store, key, cursor, 'after it was out of reach')
    },
  },
  storeHonesty,
]

/**
 * What @phi/audit asks of a store of cursors and dead letters. A forwarder's promise that nothing is lost and nothing is passed over
 * rests on `advance`: one move from a cursor is made, also between processes, and it is durable when it says so. (That it outlives a
 * crash is for the adapter's own tests: a suite cannot pull the plug.)
 */
export function cursorStoreSuite(options: StoreSuiteOptions<CursorStore>): Suite {
  const { name, supports = {}, open, caseTimeoutMs = DEFAULT_CASE_TIMEOUT_MS } = options
  return suiteOf(cases, { name, manifest: supports, open, caseTimeoutMs })
}
