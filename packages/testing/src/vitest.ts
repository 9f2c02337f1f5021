/**
 * Matchers for access decisions.
 *
 *     import { expect } from 'vitest'
 *     import { policyMatchers } from '@phi/testing/vitest'
 *
 *     expect.extend(policyMatchers)
 *
 * @module @phi/testing/vitest
 */
import type { Decision, Obligation, Reason, Request, Rules } from '@phi/rbac'
import type { ExpectStatic } from 'vitest'
import { differencesOf } from './policy/differences.ts'
import { explainDecision } from './policy/explain.ts'
import type { Expectation } from './policy/test-file.ts'

/** What else an allowance must be. */
export interface AllowExpectation {
  /** The id of the rule that decides. */
  readonly rule?: string
  /** All the fields that may be seen, in any order. */
  readonly fields?: readonly string[]
}
/** What else a denial must be. */
export interface DenyExpectation {
  readonly rule?: string
  readonly reason?: Reason
}
type ObligationType = Obligation['type']

/** For rules a matcher takes the request, in the policy's own words; for a decision it takes none. */
export interface PolicyMatchers<Received> {
  /** Allowed as it stands. `allow-if` is not yes: nothing is released before its obligations are discharged. */
  toAllow: Received extends Rules<infer Words>
    ? (request: Request<Words>, expected?: AllowExpectation) => void
    : (expected?: AllowExpectation) => void
  /** Denied, by this rule or for this reason when they are given. */
  toDeny: Received extends Rules<infer Words>
    ? (request: Request<Words>, expected?: DenyExpectation) => void
    : (expected?: DenyExpectation) => void
  /** Allowed once obligations of these types are discharged: all that the decision has, and no others. */
  toRequire: Received extends Rules<infer Words>
    ? (request: Request<Words>, obligations: readonly [ObligationType, ...ObligationType[]]) => void
    : (obligations: readonly [ObligationType, ...ObligationType[]]) => void
}

declare module 'vitest' {
  interface Matchers<T> extends PolicyMatchers<T> {}
}

/** What `expect.extend` takes. Named here, so that whoever imports this has the types of vitest that it adds to. */
type MatcherFunctions = Parameters<ExpectStatic['extend']>[0]

interface Result {
  readonly pass: boolean
  readonly message: () => string
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The decision that is meant, and what is left of the arguments. */
function decided(
  received: unknown,
  args: readonly unknown[],
): { readonly decision: Decision; readonly rest: readonly unknown[] } {
  if (isObject(received) && 'decide' in received && typeof received.decide === 'function') {
    const [request, ...rest] = args
    return { decision: (received as Rules).decide(request as Request), rest }
  }
  if (isObject(received) && 'outcome' in received && 'obligations' in received && 'because' in received) {
    return { decision: received as Decision, rest: args }
  }
  // Thrown, so that it fails under `not` as well.
  throw new TypeError('this matcher takes compiled rules and a request, or a decision')
}

function compared(decision: Decision, expected: Expectation, wanted: string): Result {
  const differences = differencesOf(expected, decision)
  const pass = differences.length === 0
  const { action, resource } = decision
  const about = action === null || resource === null ? 'the request' : `${action} ${resource}`
  const head = pass ? `expected ${about} not to ${wanted}` : `expected ${about} to ${wanted}: ${differences.join('; ')}`
  // Paths and names of the policy only: a decision holds no value of the request.
  return { pass, message: () => [head, ...explainDecision(decision).map((line) => `  ${line}`)].join('\n') }
}

/** For `expect.extend`. Failure messages say why a decision came out as it did, and hold no value of a record. */
export const policyMatchers: MatcherFunctions = {
  toAllow(received: unknown, ...args: unknown[]): Result {
    const { decision, rest } = decided(received, args)
    return compared(decision, { outcome: 'allow', ...(rest[0] as AllowExpectation | undefined) }, 'be allowed')
  },
  toDeny(received: unknown, ...args: unknown[]): Result {
    const { decision, rest } = decided(received, args)
    return compared(decision, { outcome: 'deny', ...(rest[0] as DenyExpectation | undefined) }, 'be denied')
  },
  toRequire(received: unknown, ...args: unknown[]): Result {
    const { decision, rest } = decided(received, args)
    const types = rest[0]
    if (!Array.isArray(types) || types.length === 0) throw new TypeError('name the types of the obligations')
    return compared(decision, { outcome: { 'allow-if': types as string[] } }, `require ${types.join(', ')}`)
  },
}
