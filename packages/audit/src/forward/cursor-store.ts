/** Whose cursor it is: a forwarder's, of one log. */
export interface ForwardKey {
  readonly forwarder: string
  readonly tenant: string
  readonly origin: string
}

/** How far a log has been forwarded. */
export interface Cursor {
  /** Everything below this index was acknowledged by the receiver, or set aside as a dead letter. */
  readonly next: number
  /** Hash of the entry before it, base64: it covers everything up to there. Null where nothing was forwarded yet. */
  readonly hash: string | null
  /** The process that wrote it: a random token. */
  readonly by: string
}

/** A record that the receiver did not want. The record itself stays in the log and is not copied here. */
export interface DeadLetter {
  readonly index: number
  /** The entry hash, base64. */
  readonly hash: string
  /** The code of the last refusal. */
  readonly code: string
  readonly attempts: number
  /** When it was set aside, UTC. */
  readonly at: string
}

/**
 * Keeps cursors and dead letters. No PHI is in either: a log's origin, figures, hashes and codes.
 *
 * What the store cannot say is an error, never "no cursor". A change is durable when its promise resolves.
 */
export interface CursorStore {
  read(key: ForwardKey): Promise<Cursor | undefined>
  /**
   * Moves the cursor if it still is what the caller read (`undefined`: none is there). Atomic, also between processes.
   * @returns false when it is something else by now; nothing was changed
   */
  advance(key: ForwardKey, expected: Cursor | undefined, next: Cursor): Promise<boolean>
  /** Sets a record aside. The same index again replaces it. */
  putDeadLetter(key: ForwardKey, letter: DeadLetter): Promise<void>
  /** By index, the smallest first. */
  deadLetters(key: ForwardKey): Promise<readonly DeadLetter[]>
  /** @returns whether it was there */
  removeDeadLetter(key: ForwardKey, index: number): Promise<boolean>
}

export const isSameCursor = (a: Cursor | undefined, b: Cursor | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.next === b.next && a.hash === b.hash && a.by === b.by)

/** A text that is another one for every key. */
export const nameOfKey = ({ forwarder, tenant, origin }: ForwardKey): string => JSON.stringify([forwarder, tenant, origin])

/** Cursors in memory, for tests and for receivers that are sent everything again after a restart. */
export function memoryCursors(): CursorStore {
  const cursors = new Map<string, Cursor>()
  const letters = new Map<string, Map<number, DeadLetter>>()
  return {
    async read(key) {
      const cursor = cursors.get(nameOfKey(key))
      return cursor && { ...cursor }
    },
    async advance(key, expected, next) {
      const name = nameOfKey(key)
      if (!isSameCursor(cursors.get(name), expected)) return false
      cursors.set(name, { ...next })
      return true
    },
    async putDeadLetter(key, letter) {
      const name = nameOfKey(key)
      const own = letters.get(name) ?? new Map<number, DeadLetter>()
      letters.set(name, own.set(letter.index, { ...letter }))
    },
    async deadLetters(key) {
      return [...(letters.get(nameOfKey(key))?.values() ?? [])]
        .map((letter) => ({ ...letter }))
        .sort((a, b) => a.index - b.index)
    },
    removeDeadLetter: async (key, index) => letters.get(nameOfKey(key))?.delete(index) ?? false,
  }
}
