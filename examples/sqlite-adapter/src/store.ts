import { type Handle, type Refusals, type Refuse, within } from './database.ts'

type Sync<Verb> = NonNullable<Verb> extends (...args: infer Args) => Promise<infer Result> ? (...args: Args) => Result : never
/** The verbs of a store as functions to be run in a transaction each. */
export type Verbs<Store> = { readonly [Name in keyof Store]-?: Sync<Store[Name]> }
type Verb = (...args: unknown[]) => unknown

/** What a caller handed in may change while we wait. What cannot be copied is no record, and is refused by whoever reads it. */
function copied(args: unknown[]): unknown[] {
  try {
    return structuredClone(args)
  } catch {
    return args
  }
}

type Run = (name: string, verb: Verb, args: unknown[]) => Promise<unknown>
function wrapped<Store>(verbs: object, run: Run): Store {
  const each = ([name, verb]: [string, Verb]) => [name, async (...args: unknown[]) => run(name, verb, copied(args))]
  return Object.fromEntries(Object.entries(verbs).map(each)) as Store
}

/** A store whose verbs each are a transaction; those that are named only read, and wait for no writer. */
export const storeOf = <Store>(handle: Handle, refuse: Refusals, verbs: Verbs<Store>, reading: (keyof Store)[]): Store =>
  wrapped(verbs, (name, verb, args) => {
    const mode = reading.includes(name as keyof Store) ? 'deferred' : 'immediate'
    return within(handle, mode, refuse, () => verb(...args))
  })

const CHANGES: readonly unknown[] = ['assigned', 'revoked', 'opened', 'adopted', 'appended', undefined]
const hasChanged = (answer: unknown): boolean => CHANGES.includes(answer) || (typeof answer === 'number' && answer > 0)

/**
 * A store of what is only added to, and is not too much for memory. Kept is a journal of the calls that changed something. Each handle has a
 * replica, the package's own store in memory, and brings it up to date within the transaction of every call.
 */
export function journalled<Store extends object>(
  handle: Handle,
  [wrong, unavailable]: readonly [Refuse, Refuse],
  fresh: () => Store,
  kind: string,
  writing: readonly string[],
): Store {
  const lines = handle.prepare('select seq, body from document where kind = ? and seq > ? order by seq')
  const add = handle.prepare(`insert into document values (null, ?, hex(randomblob(16)), '', '', ?) returning seq`).pluck()
  const begin = () => ({ verbs: fresh() as Record<string, Verb>, seen: 0, isAhead: false })
  let replica = begin()
  const caughtUp = async () => {
    const mine = replica.isAhead ? begin() : replica
    replica = mine
    for (const { seq, body } of lines.all(kind, mine.seen) as { seq: number; body: string }[]) {
      const replay = async ([name, args] = JSON.parse(body)) => writing.includes(name) && mine.verbs[name]?.(...args)
      const answer = await replay().catch(() => false)
      if (!hasChanged(answer)) throw wrong({ detail: 'a line of the journal changes nothing', info: { seq } })
      mine.seen = seq
    }
    return mine
  }
  return wrapped(replica.verbs, async (name, _, args) => {
    const isWrite = writing.includes(name)
    const done = await within(handle, isWrite ? 'immediate' : 'deferred', [unavailable], async () => {
      const mine = await caughtUp()
      const answer = await mine.verbs[name]?.(...args)
      // Until the commit the replica is ahead of the file; should that fail, the next call makes a new one.
      mine.isAhead = isWrite && hasChanged(answer)
      const seen = mine.isAhead ? (add.get(kind, JSON.stringify([name, args])) as number) : mine.seen
      return { mine, answer, seen }
    })
    Object.assign(done.mine, { seen: done.seen, isAhead: false })
    return done.answer
  })
}
