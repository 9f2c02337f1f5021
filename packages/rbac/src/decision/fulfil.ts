import type { Obligation } from '../policy/obligation.ts'
import type { Decision } from './decision.ts'
import { isPolluted, ownDeep } from './request.ts'

/**
 * What was done about obligations. The application answers for it: this is the place where it says so, and it belongs into the
 * audit log.
 */
export interface Evidence {
  /** How and when the actor last authenticated: `acr` of the token, and `auth_time` in seconds since 1970. */
  readonly authentication?: { readonly acr?: string | undefined; readonly authTime?: number | undefined } | undefined
  /** The time now, in milliseconds since 1970; needed where an obligation has a `max_age`. */
  readonly now?: number | undefined
  readonly breakGlass?:
    | {
        /** Why, in the actor's words. */
        readonly reason: string
        /** Id of the audit entry that was written. */
        readonly auditEntry: string
        /** Who was told. */
        readonly notified: readonly string[]
        /** By when it will be reviewed, in milliseconds since 1970. */
        readonly reviewBy: number
      }
    | undefined
  /** That the record goes through `view`, or that the fields were left out in another way. */
  readonly redacted?: boolean | undefined
  /** Refrain codes that the recipient was told. */
  readonly refrain?: readonly string[] | undefined
  /** What was written down, under the names that the obligation gives. */
  readonly documented?: Readonly<Record<string, string>> | undefined
}

const HOUR_MS = 3_600_000
const text = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''

function stepUpDone(obligation: Obligation & { type: 'step-up' }, evidence: Evidence): boolean {
  const { acr, authTime } = evidence.authentication ?? {}
  if (obligation.acr_values !== undefined && obligation.acr_values.length > 0) {
    if (acr === undefined || !obligation.acr_values.includes(acr)) return false
  }
  if (obligation.max_age === undefined) return true
  const { now } = evidence
  if (!Number.isFinite(authTime) || !Number.isFinite(now)) return false
  const age = (now as number) / 1_000 - (authTime as number)
  // An authentication in the future is a clock that is wrong or a claim that is made up.
  return age >= -60 && age <= obligation.max_age
}

function discharged(obligation: Obligation, evidence: Evidence): boolean {
  switch (obligation.type) {
    case 'step-up':
      return stepUpDone(obligation, evidence)
    case 'break-glass': {
      const done = evidence.breakGlass
      const { now } = evidence
      if (done === undefined || !Number.isFinite(now) || !Number.isFinite(done.reviewBy)) return false
      const inTime =
        done.reviewBy >= (now as number) && done.reviewBy <= (now as number) + obligation.reviewWithinHours * HOUR_MS
      return (
        text(done.reason) && text(done.auditEntry) && inTime && obligation.notify.every((each) => done.notified.includes(each))
      )
    }
    case 'redact':
      return evidence.redacted === true
    case 'refrain':
      return evidence.refrain?.includes(obligation.code) === true
    case 'document': {
      const written = evidence.documented ?? {}
      return obligation.record.every((each) => Object.hasOwn(written, each) && text(written[each]))
    }
    default:
      // What this version does not know is not done.
      return false
  }
}

/**
 * Discharges obligations: the same decision with those left that the evidence does not answer, and `allow` when none is. A denial
 * stays a denial. Never throws; evidence that cannot be read answers nothing.
 */
export function fulfil(decision: Decision, evidence: Evidence): Decision {
  if (decision.outcome !== 'allow-if') return decision
  const known = isPolluted() ? ownDeep(evidence) : evidence
  const left = decision.obligations.filter((each) => {
    try {
      return !discharged(each, known)
    } catch {
      return true
    }
  })
  if (left.length === decision.obligations.length) return decision
  return Object.freeze({ ...decision, outcome: left.length === 0 ? 'allow' : 'allow-if', obligations: Object.freeze(left) })
}

/**
 * The challenge that asks a client to authenticate again (RFC 9470): the value of `WWW-Authenticate` for the first step-up that is
 * left, or `undefined` when there is none.
 */
export function stepUpChallenge(decision: Decision): string | undefined {
  const found = decision.obligations.find((each) => each.type === 'step-up')
  if (decision.outcome !== 'allow-if' || found?.type !== 'step-up') return undefined
  const quoted = (value: string) => `"${value.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`
  const parts = ['Bearer error="insufficient_user_authentication"']
  if (found.acr_values !== undefined && found.acr_values.length > 0)
    parts.push(`acr_values=${quoted(found.acr_values.join(' '))}`)
  if (found.max_age !== undefined) parts.push(`max_age=${quoted(String(found.max_age))}`)
  return parts.join(', ')
}
