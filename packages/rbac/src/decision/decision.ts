import type { Obligation } from '../policy/obligation.ts'

/**
 * How a request came out: allowed; allowed once the obligations are discharged; denied. `allow-if` is not yes: nothing is released
 * before `fulfil` says so.
 */
export type Outcome = 'allow' | 'allow-if' | 'deny'

/**
 * Why: a permit decided; a forbid decided; the record belongs to another tenant, or does not say to which; no permit applies; the
 * request asks for a field that is hidden, or nothing would remain; the request is not one that can be answered.
 */
export type Reason = 'permitted' | 'forbidden' | 'tenant' | 'default' | 'fields' | 'request'

/** One condition that mattered. */
export interface Because {
  readonly rule: string
  /** The condition by paths and words, without values and without the policy's constants. */
  readonly atom: string
  /** Where the policy says it: a JSON pointer into the rule, or into an override of it. */
  readonly at: string
  readonly met: boolean | 'unknown'
}

/** The permit that would have needed the least, when none applied. */
export interface NearestMiss {
  readonly rule: string
  /** Roles that the permit is for, when the actor has none of them; else empty. */
  readonly roles: readonly string[]
  /** The conditions that stood in the way. */
  readonly missing: readonly { readonly atom: string; readonly at: string; readonly met: boolean | 'unknown' }[]
}

/**
 * What was decided and why: plain, frozen data that holds no value of the request. Equal outcomes may be the same object.
 */
export interface Decision {
  readonly outcome: Outcome
  readonly reason: Reason
  /** What decided: the first permit used, the first forbid that fired, `phi:tenant`; null where no rule did. */
  readonly rule: string | null
  readonly action: string | null
  /** The type of the record. */
  readonly resource: string | null
  /** What has to be done before anything is released. Empty unless the outcome is `allow-if`. */
  readonly obligations: readonly Obligation[]
  /** The fields that may be seen. Empty when denied. */
  readonly fields: readonly string[]
  readonly because: readonly Because[]
  /** Forbids that fired and were opened, and what opened each. */
  readonly overridden: readonly { readonly rule: string; readonly by: string }[]
  /** Only on a denial by default. */
  readonly nearestMiss: NearestMiss | null
  /** Of the rules that decided, and of the overrides used. */
  readonly citations: readonly string[]
  readonly policy: { readonly id: string; readonly version: string; readonly hash: string }
}
