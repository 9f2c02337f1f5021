import type * as z from 'zod'

/** What an adapter says about the facts of a case. */
export interface GoldenAnswer {
  /** The results of the library, whole: no date that a case calls wrong may stand anywhere in them. */
  readonly results: unknown
  /**
   * For each key that `expected` may have: what the results say. A key that is missing here is unknown. `undefined` says that
   * the results have no such thing, and agrees with an expected `null`.
   */
  readonly found: Readonly<Record<string, unknown>>
  /** For each key in prose: the typed outcomes that are true of the results, by the codes of `meanings`. */
  readonly prose?: Readonly<Record<string, readonly string[]>>
}

/** What a text of `expected` means in the terms of this library. */
export interface ProseMeaning {
  /** The key of `expected`. */
  readonly key: string
  /** The text, as a pattern. Its groups can stand in `means` as $1, $2. */
  readonly says: RegExp
  /** The typed outcome: a code of a result, with the field where it stands. */
  readonly means: string
}

/** How the cases of one rule are read: corpus facts in, results of the library out. It names, and computes nothing. */
export interface GoldenAdapter {
  /** The rule as cases name it. */
  readonly rule: string
  /** The facts that it reads, as a strict schema. Any other fact, or another form, makes a case unsupported. */
  readonly facts: z.ZodType
  readonly meanings: readonly ProseMeaning[]
  /** @throws PhiError where the library refuses the facts; the case fails then, or agrees with an expected `refused` */
  readonly answer: (facts: never) => GoldenAnswer
}

/** Puts an adapter together, with the type of its facts. */
export const goldenAdapter = <Schema extends z.ZodType>(adapter: {
  readonly rule: string
  readonly facts: Schema
  readonly meanings?: readonly ProseMeaning[]
  readonly answer: (facts: z.output<Schema>) => GoldenAnswer
}): GoldenAdapter => Object.freeze({ meanings: [], ...adapter })

/** Marks a list whose order says nothing: the States whose media must be told. */
export class Unordered {
  readonly members: readonly unknown[]
  constructor(members: readonly unknown[]) {
    this.members = members
  }
}

export const inAnyOrder = (members: readonly unknown[]): Unordered => new Unordered(members)
