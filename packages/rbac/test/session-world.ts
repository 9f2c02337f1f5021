import { fixedClock } from '@phi/core'
import {
  type BeginOptions,
  generateSessionKey,
  memorySessionStore,
  openSessions,
  type PrivateJsonWebKey,
  type SessionsOptions,
  type SessionVerdict,
  sessionProfiles,
  type VerifiedIdentity,
} from '../src/session/index.ts'

export const START = Date.parse('2026-03-01T12:00:00.000Z')
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
const ISSUER = 'https://id.example.org'

/** An identity as verifyIdentity answers with it: signed in just before `at`, with two factors. */
export const identityAt = (at: number, more: Partial<VerifiedIdentity> = {}): VerifiedIdentity => ({
  subject: 'u-17',
  issuer: ISSUER,
  audience: ['clinic-portal'],
  issuedAt: at - 1000,
  expiresAt: at + 5 * MINUTE,
  usableUntil: at + 6 * MINUTE,
  authTime: at - 1000,
  amr: ['pwd', 'otp'],
  acr: null,
  claims: {},
  ...more,
})

export const asTherapist: BeginOptions = { tenant: 'clinic-a', roles: ['therapist'] }

let key: Promise<PrivateJsonWebKey> | undefined
/** One key for all tests of a file: making keys is slow. */
export const testSigningKey = (): Promise<PrivateJsonWebKey> => {
  key ??= generateSessionKey()
  return key
}

/** Sessions on a clock that stands still and a store in memory. */
export async function world(more: Partial<SessionsOptions> = {}) {
  const clock = fixedClock(START)
  const store = memorySessionStore()
  const profile = sessionProfiles.thirtyMinutes
  const options = {
    store,
    keys: { signing: await testSigningKey() },
    issuer: 'https://app.example.org',
    audience: 'app',
    profile,
    clock,
    ...more,
  }
  const sessions = await openSessions(options)
  const begun = async (options: Partial<BeginOptions> = {}, identity: Partial<VerifiedIdentity> = {}) => {
    const verdict = await sessions.begin(identityAt(clock(), identity), { ...asTherapist, ...options })
    if (verdict.outcome !== 'begun') throw new Error(`was refused: ${verdict.reason}`)
    return verdict
  }
  return { clock, store: options.store, options, sessions, begun }
}

/** 'active', 'active+' with a new token, or the reason. */
export const told = (verdict: SessionVerdict): string =>
  verdict.outcome === 'active' ? (verdict.token === undefined ? 'active' : 'active+') : verdict.reason

export const newToken = (verdict: SessionVerdict): string => {
  if (verdict.outcome !== 'active' || verdict.token === undefined) throw new Error(`no new token: ${told(verdict)}`)
  return verdict.token
}
