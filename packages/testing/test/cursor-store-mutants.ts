import { type Cursor, type CursorStore, type DeadLetter, type ForwardKey, forwardErrors } from '@phi/audit/forward'
import { errorsOf } from '@phi/core'
import type { StoreUnderTest } from '../src/index.ts'
import type { StoreMutant } from './mutants.ts'
import { backend } from './simple-store.ts'

const storeError = errorsOf(forwardErrors)

/** The parts of a store that can be wrong, each as a right store has it. */
interface Parts {
  readonly copyIn: <T>(value: T) => T
  readonly copyOut: <T>(value: T) => T
  readonly nameOf: (key: ForwardKey) => string
  readonly mayMove: (there: Cursor | undefined, expected: Cursor | undefined) => boolean
  /** Between looking and writing; a right store has none. */
  readonly pause: (() => Promise<void>) | undefined
  readonly kept: (cursor: Cursor) => Cursor
  readonly order: (a: DeadLetter, b: DeadLetter) => number
  readonly put: (letters: DeadLetter[], letter: DeadLetter) => void
  readonly remove: (letters: DeadLetter[], index: number) => boolean
}

const right: Parts = {
  copyIn: structuredClone,
  copyOut: structuredClone,
  nameOf: ({ forwarder, tenant, origin }) => JSON.stringify([forwarder, tenant, origin]),
  mayMove: (there, expected) => there?.next === expected?.next && there?.hash === expected?.hash && there?.by === expected?.by,
  pause: undefined,
  kept: (cursor) => cursor,
  order: (a, b) => a.index - b.index,
  put(letters, letter) {
    const at = letters.findIndex(({ index }) => index === letter.index)
    letters.splice(at < 0 ? letters.length : at, at < 0 ? 0 : 1, letter)
  },
  remove(letters, index) {
    const at = letters.findIndex((letter) => letter.index === index)
    return at >= 0 && letters.splice(at, 1).length === 1
  },
}

/** A store with a second handle and a switch, put together from parts. */
export function simpleCursorStore(parts: Partial<Parts> = {}): StoreUnderTest<CursorStore> {
  const { copyIn, copyOut, nameOf, mayMove, pause, kept, order, put, remove } = { ...right, ...parts }
  const cursors = new Map<string, Cursor>()
  const letters = new Map<string, DeadLetter[]>()
  const { reach, under } = backend(() => storeError('PHI_AUDIT_FORWARD_CURSOR'))
  const of = (key: ForwardKey): DeadLetter[] => {
    const own = letters.get(nameOf(key)) ?? []
    letters.set(nameOf(key), own)
    return own
  }
  const handle = (): CursorStore => ({
    async read(key) {
      reach()
      return copyOut(cursors.get(nameOf(key)))
    },
    async advance(key, expected, next) {
      reach()
      const allowed = mayMove(cursors.get(nameOf(key)), expected)
      if (pause !== undefined) await pause()
      if (allowed) cursors.set(nameOf(key), kept(copyIn(next)))
      return allowed
    },
    async putDeadLetter(key, letter) {
      reach()
      put(of(key), copyIn(letter))
    },
    async deadLetters(key) {
      reach()
      return copyOut(of(key).sort(order))
    },
    async removeDeadLetter(key, index) {
      reach()
      return remove(of(key), index)
    },
  })
  return under(handle)
}

type CursorStoreMutant = StoreMutant<CursorStore>

const KEEPS = 'keeps a cursor as it was moved'
const ONLY = 'moves a cursor only from what it is'
const APART = 'keeps forwarders, tenants and logs apart'
const RACE = 'makes one of 32'
const LETTERS = 'lists dead letters by index'
const OUTSIDE = 'keeps what nobody changes'
const HANDLES = 'shows what one handle wrote'
const UNREACHABLE = 'says that it cannot be reached'
const HONEST = 'is declared with no gap'

const part = (wrong: string, caughtBy: string, parts: Partial<Parts>): CursorStoreMutant => ({
  wrong,
  caughtBy,
  open: () => simpleCursorStore(parts),
})

const unreachable = (wrong: string, change: (good: CursorStore) => Partial<CursorStore>): CursorStoreMutant => ({
  wrong,
  caughtBy: UNREACHABLE,
  open: () => {
    const { store, ...rest } = simpleCursorStore()
    return { ...rest, store: { ...store, ...change(store) } }
  },
})

/** Each handle remembers the first cursor that it read. */
const cached = (): StoreUnderTest<CursorStore> => {
  const under = simpleCursorStore()
  const remembering = (good: CursorStore): CursorStore => {
    const seen = new Map<string, Promise<Cursor | undefined>>()
    return {
      ...good,
      read(key) {
        const known = seen.get(JSON.stringify(key)) ?? good.read(key)
        seen.set(JSON.stringify(key), known)
        return known
      },
    }
  }
  return { ...under, another: async () => remembering((await under.another?.()) as CursorStore) }
}

export const cursorStoreMutants: readonly CursorStoreMutant[] = [
  part('keeps indices in 32 bits', KEEPS, { kept: (cursor) => ({ ...cursor, next: cursor.next | 0 }) }),
  part('forgets which process it was', KEEPS, { kept: (cursor) => ({ ...cursor, by: '' }) }),
  part('keeps no hash', KEEPS, { kept: (cursor) => ({ ...cursor, hash: null }) }),
  part('moves from anywhere', ONLY, { mayMove: () => true }),
  part('looks at the index only', ONLY, { mayMove: (there, expected) => there?.next === expected?.next }),
  part('does not look at the process', ONLY, {
    mayMove: (there, expected) => there?.next === expected?.next && there?.hash === expected?.hash,
  }),
  part('makes a cursor where one was expected', ONLY, {
    mayMove: (there, expected) => there === undefined || right.mayMove(there, expected),
  }),
  part('takes all forwarders for one', APART, { nameOf: ({ tenant, origin }) => JSON.stringify([tenant, origin]) }),
  part('takes all tenants for one', APART, { nameOf: ({ forwarder, origin }) => JSON.stringify([forwarder, origin]) }),
  part('takes all logs for one', APART, { nameOf: ({ forwarder, tenant }) => JSON.stringify([forwarder, tenant]) }),
  part('looks before it moves', RACE, { pause: () => new Promise(setImmediate) }),
  part('lists in the order of arrival', LETTERS, { order: () => 0 }),
  part('lists indices as texts', LETTERS, { order: (a, b) => (String(a.index) < String(b.index) ? -1 : 1) }),
  part('keeps the first letter of an index', LETTERS, {
    put: (letters, letter) => {
      if (!letters.some(({ index }) => index === letter.index)) letters.push(letter)
    },
  }),
  part('keeps two letters of an index', LETTERS, { put: (letters, letter) => void letters.push(letter) }),
  part('removes nothing', LETTERS, { remove: () => true }),
  part('always removed something', LETTERS, { remove: (letters, index) => right.remove(letters, index) || true }),
  part('keeps what it was handed', OUTSIDE, { copyIn: (value) => value }),
  part('hands out what it keeps', OUTSIDE, { copyOut: (value) => value }),
  { wrong: 'remembers what was there', caughtBy: HANDLES, open: cached },
  unreachable('has no cursor where it cannot be reached', (good) => ({ read: (key) => good.read(key).catch(() => undefined) })),
  unreachable('lost the race where it cannot be reached', (good) => ({
    advance: (key, expected, next) => good.advance(key, expected, next).catch(() => false),
  })),
  unreachable('has no dead letters where it cannot be reached', (good) => ({
    deadLetters: (key) => good.deadLetters(key).catch(() => []),
  })),
  unreachable('drops dead letters where it cannot be reached', (good) => ({
    putDeadLetter: (key, letter) => good.putDeadLetter(key, letter).catch(() => {}),
  })),
  {
    wrong: 'has a second handle that is not tested',
    caughtBy: HONEST,
    supports: { shared: false },
    open: () => simpleCursorStore(),
  },
]
