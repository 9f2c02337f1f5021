import { type Citation, cite, plainText } from '@phi/core'
import * as z from 'zod'
import { sessionError } from './errors.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** How long sessions last, and who needs more than one factor. All durations in milliseconds. */
export interface SessionProfile {
  readonly id: string
  /** Logged off after so much inactivity: at exactly this long, no longer active. */
  readonly idleMs: number
  /** Logged off so long after the sign-in, whatever happened since. */
  readonly absoluteMs: number
  /** A token this old is replaced at its next use. */
  readonly rotateMs: number
  /** So long after a rotation the token before still answers, for requests in flight. 0: not at all. */
  readonly graceMs: number
  /** So far the clock may stand before the last activity (several machines). Further, and the session is ended. */
  readonly clockToleranceMs: number
  /** The roles that are given only to those who signed in with more than one factor, or all roles. */
  readonly mfaRoles: readonly string[] | 'every'
  /** What asks for such figures. The figures themselves stand in no regulation: they are contract and practice. */
  readonly citations: readonly Citation[]
  /** Ids of the requirements that the figures come from. */
  readonly seeds: readonly string[]
}

// 45 CFR 164.312 names the controls and no figure: how long is for each organisation to set.
const citations = Object.freeze([
  cite('45 CFR 164.312(a)(2)(iii)', { confirmation: 'text-seen', title: 'Automatic logoff' }),
  cite('45 CFR 164.312(a)(2)(i)', { confirmation: 'text-seen', title: 'Unique user identification' }),
  cite('45 CFR 164.312(d)', { confirmation: 'text-seen', title: 'Person or entity authentication' }),
])

const shared = { graceMs: 10_000, clockToleranceMs: 5_000, citations }

/**
 * Profiles to start from; spread one to change it. `standard` asks everybody for more than one factor, since a list of roles that
 * nobody adapted would ask nobody. Its lifetime equals its rotation interval, so that a token lives 24 hours at most.
 * `thirtyMinutes` lasts a week while it is used, and rotates daily.
 */
export const sessionProfiles = Object.freeze({
  standard: Object.freeze({
    id: 'standard',
    idleMs: 15 * MINUTE,
    absoluteMs: 24 * HOUR,
    rotateMs: 24 * HOUR,
    mfaRoles: 'every',
    seeds: Object.freeze(['S143', 'S111', 'S3']),
    ...shared,
  }),
  thirtyMinutes: Object.freeze({
    id: 'thirty-minutes',
    idleMs: 30 * MINUTE,
    absoluteMs: 7 * DAY,
    rotateMs: 24 * HOUR,
    mfaRoles: Object.freeze(['therapist', 'administrator']),
    seeds: Object.freeze(['S110', 'S111', 'S93']),
    ...shared,
  }),
}) satisfies Readonly<Record<string, SessionProfile>>

const duration = z
  .number()
  .int()
  .min(1)
  .max(366 * DAY)

export const profileSchema = z
  .strictObject({
    id: plainText(64),
    idleMs: duration,
    absoluteMs: duration,
    rotateMs: duration,
    graceMs: z.number().int().min(0).max(MINUTE),
    clockToleranceMs: z.number().int().min(0).max(MINUTE),
    mfaRoles: z.union([z.literal('every'), z.array(plainText(128)).max(256).readonly()]),
    citations: z.array(z.custom<Citation>((value) => typeof value === 'object' && value !== null)).readonly(),
    seeds: z.array(plainText(16)).readonly(),
  })
  .refine(({ idleMs, absoluteMs }) => idleMs <= absoluteMs, {
    path: ['idleMs'],
    message: 'must not be longer than the absolute lifetime',
  })
  .refine(({ graceMs, rotateMs }) => graceMs < rotateMs, {
    path: ['graceMs'],
    message: 'must be shorter than the rotation interval',
  })

/** Refuses a list of roles that no role of the application is in: a misspelt role would silently need one factor only. */
export function checkMfaRoles({ mfaRoles }: SessionProfile, known: readonly string[] | undefined): void {
  if (mfaRoles === 'every' || known === undefined) return
  if (mfaRoles.every((role) => known.includes(role))) return
  throw sessionError('PHI_RBAC_SESSION_OPTIONS', { path: 'profile.mfaRoles', detail: 'must be among the roles that are named' })
}
