import { parseAs } from '@phi/core'
import * as z from 'zod'
import { sessionError } from './errors.ts'
import type { Authentication, MfaVerdict } from './mfa.ts'

/** What an operation asks of the sign-in. At least one of them. */
export interface StepUpRequirement {
  /** Any one of these authentication context classes. */
  readonly acr_values?: readonly string[]
  /** Seconds since the person last signed in actively, at most. 0: now. */
  readonly max_age?: number
  /** More than one factor. Name `acr_values` too, so that the client knows what to ask the identity provider for. */
  readonly mfa?: true
}

/** RFC 9470 §3: what to send back with 401 so that the client signs in again, more strongly or more recently. */
export interface StepUpChallenge {
  readonly error: 'insufficient_user_authentication'
  readonly acr_values?: string
  readonly max_age?: number
  /** The value of `WWW-Authenticate`. */
  readonly header: string
}

export type StepUpVerdict =
  | { readonly outcome: 'satisfied' }
  | { readonly outcome: 'challenge'; readonly challenge: StepUpChallenge }

// Visible ASCII without the quote and the backslash: needs no escaping in a header, and the space stays a separator (RFC 6749 §A).
const ACR = /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/
export const acrSchema = z.string().regex(ACR)

const requirementSchema = z
  .strictObject({
    acr_values: z.array(acrSchema).min(1).max(32).optional(),
    max_age: z.number().int().min(0).max(2_147_483_647).optional(),
    mfa: z.literal(true).optional(),
  })
  .refine(({ acr_values, max_age, mfa }) => acr_values !== undefined || max_age !== undefined || mfa === true, {
    message: 'must ask for something',
  })

/** The challenge for a requirement that has been checked. Nothing in it comes from a request. */
function challengeOf({ acr_values, max_age }: z.output<typeof requirementSchema>): StepUpChallenge {
  const acr = acr_values?.join(' ')
  const description =
    acr === undefined && max_age !== undefined
      ? 'More recent authentication is required'
      : 'A different authentication is required'
  const parts = ['error="insufficient_user_authentication"', `error_description="${description}"`]
  if (acr !== undefined) parts.push(`acr_values="${acr}"`)
  if (max_age !== undefined) parts.push(`max_age="${max_age}"`)
  return Object.freeze({
    error: 'insufficient_user_authentication' as const,
    ...(acr === undefined ? {} : { acr_values: acr }),
    ...(max_age === undefined ? {} : { max_age }),
    header: `Bearer ${parts.join(', ')}`,
  })
}

const parsed = (requirement: StepUpRequirement) =>
  parseAs(requirementSchema, requirement, 'requirement', (context) => sessionError('PHI_RBAC_SESSION_OPTIONS', context))

/** The challenge by itself, for who knows already that the requirement is not met. @throws PhiError PHI_RBAC_SESSION_OPTIONS */
export function stepUpChallenge(requirement: StepUpRequirement): StepUpChallenge {
  return challengeOf(parsed(requirement))
}

/**
 * Whether the sign-in behind a session is strong and recent enough for what is about to be done (RFC 9470). What the session does not
 * say counts as not met: no `acr`, no `authTime`, or one that lies in the future.
 * @param now milliseconds since 1970
 * @throws PhiError PHI_RBAC_SESSION_OPTIONS when the requirement asks for nothing, or holds what does not fit a header
 */
export function requireStepUp(
  session: Pick<Authentication, 'acr' | 'authTime'> & { readonly mfa?: MfaVerdict },
  requirement: StepUpRequirement,
  now: number,
): StepUpVerdict {
  const required = parsed(requirement)
  const { acr, authTime, mfa } = session
  const strong = required.acr_values === undefined || (typeof acr === 'string' && required.acr_values.includes(acr))
  const manifold = required.mfa === undefined || mfa === 'met'
  const age = typeof authTime === 'number' && authTime <= now ? now - authTime : Number.NaN
  // A comparison with NaN is false: an unknown age is never recent enough.
  const recent = required.max_age === undefined || age <= required.max_age * 1000
  if (strong && manifold && recent) return { outcome: 'satisfied' }
  return { outcome: 'challenge', challenge: challengeOf(required) }
}
