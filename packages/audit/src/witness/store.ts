/** What a witness knows of one log: the largest checkpoint that it has cosigned. */
export interface WitnessState {
  readonly size: number
  /** The root hash, base64. */
  readonly root: string
  /** The time of the cosignature, in whole seconds since 1970-01-01T00:00:00Z. */
  readonly time: number
  /** The checkpoint with the log's signatures and the witness's own, for monitors. */
  readonly note: string
}

/**
 * Where a witness keeps its state. It is all that a witness is: with the key and an older state, or none, it could be made to
 * cosign a second history. Never restore it from a backup.
 */
export interface WitnessStore {
  /** The state for an origin. Undefined only where none was ever written; a state that cannot be read is an error. */
  get(origin: string): Promise<WitnessState | undefined>
  /**
   * Writes a state if the one that is there still has the size and root of `expected` (undefined: there is none). Atomic, also
   * between processes that share the store; durable when it resolves with true.
   * @returns whether it was written
   */
  update(origin: string, expected: WitnessState | undefined, next: WitnessState): Promise<boolean>
}

/** Whether a store may replace one state by another: nobody came between, and the log only grows. */
export function mayReplace(current: WitnessState | undefined, expected: WitnessState | undefined, next: WitnessState): boolean {
  if (current === undefined || expected === undefined) return current === undefined && expected === undefined
  if (current.size !== expected.size || current.root !== expected.root) return false
  // The witness has checked this. A store that is asked for it all the same must not be what moves the state back.
  return next.size > current.size || (next.size === current.size && next.root === current.root)
}

/** Keeps the state in memory: for tests and demonstrations. A witness that forgets what it cosigned is none. */
export function memoryWitnessStore(): WitnessStore {
  const states = new Map<string, WitnessState>()
  return {
    get: async (origin) => states.get(origin),
    async update(origin, expected, next) {
      if (!mayReplace(states.get(origin), expected, next)) return false
      states.set(origin, Object.freeze({ ...next }))
      return true
    },
  }
}
