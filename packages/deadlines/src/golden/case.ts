/** Data as JSON has it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** One golden case: under a rule, these facts give what is expected. */
export interface GoldenCase {
  /** Unique in its corpus. */
  readonly id: string
  /** The name of an adapter: `access.initial`, `breach.addressees`. */
  readonly rule: string
  readonly facts: JsonObject
  readonly expected: JsonObject
  readonly citation?: string | undefined
  readonly reasoning?: string | undefined
  /** What the case rests on. */
  readonly confirmed?: string | undefined
}

export interface GoldenCorpus {
  readonly cases: readonly GoldenCase[]
}

/** What became of a corpus. Each case stands in one of the first three lists, by its id. */
export interface GoldenReport {
  /** Every key of `expected` was compared or is listed as ignored, at least one was compared, and all that were agree. */
  readonly passed: readonly string[]
  /** The keys that disagree, with what was expected and what was found. */
  readonly failed: readonly { readonly id: string; readonly expected: JsonObject; readonly found: JsonObject }[]
  /** An unknown rule, an unknown fact, an unknown key of `expected`, or nothing that could be compared. Never passed. */
  readonly unsupported: readonly { readonly id: string; readonly why: string }[]
  /** Keys of `expected` that were not compared, of any case. */
  readonly ignored: readonly { readonly id: string; readonly key: string; readonly why: string }[]
}
