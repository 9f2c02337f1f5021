import type { MfaVerdict } from './mfa.ts'
import type { SessionProfile } from './profiles.ts'
import { endOf } from './standing.ts'
import type { SessionAuthentication, SessionEnding, SessionRecord } from './store.ts'

/** A session as a request sees it: frozen plain data. Times in milliseconds since 1970. */
export interface Session {
  readonly sid: string
  readonly tenant: string
  readonly subject: string
  readonly issuer: string
  readonly roles: readonly string[]
  readonly amr: readonly string[] | null
  readonly acr: string | null
  readonly authTime: number | null
  readonly mfa: MfaVerdict
  /** Bound to a device, which was shown with this request. */
  readonly deviceBound: boolean
  readonly startedAt: number
  /** Logged off then unless something happens before. Never later than `until`. */
  readonly idleUntil: number
  readonly until: number
}

/** Why a token was refused, in a closed list. */
export const sessionRefusals = {
  invalid: 'it is no session token of ours',
  unknown: 'the store has no such session (any more)',
  ended: 'the session was ended before; `because` says why',
  idle: 'nothing happened for as long as the profile allows; the session is ended',
  absolute: 'the session lasted as long as the profile allows; it is ended',
  replayed: 'the token had been replaced: somebody has a copy, and the whole session is ended',
  mismatch: 'the store does not know this token of ours: it was set back, and the session is ended',
  superseded: 'the token has just been replaced, and only the new one may change the session',
  ip: 'the address is not allowed, or could not be read',
  device: 'the session is bound to another device',
  mfa: 'a role asks for more than one factor, and that was not shown',
  identity: 'the identity is another person, has expired, or is no newer than the session',
  clock: 'there is no time, or it went back behind the last activity (then the session is ended)',
  store: 'the store failed or contradicts itself: nothing is known, so nothing is allowed',
} as const
export type SessionRefusal = keyof typeof sessionRefusals

/** Whose session it is. */
export interface SessionOwner {
  readonly tenant: string
  readonly subject: string
  readonly roles: readonly string[]
}

export interface SessionRefused {
  readonly outcome: 'refused'
  readonly reason: SessionRefusal
  /** The session, where a genuine token named one: for the audit log. */
  readonly sid?: string
  /** Whose session that is, where the store knows it: for that tenant's audit log. No proof of who presented the token. */
  readonly of?: SessionOwner
  /** With `ended`: why it was. */
  readonly because?: SessionEnding
  /** With a reason that ends the session: whether the store took it. False: try again, the reason will be found again. */
  readonly familyEnded?: boolean
  /** The value of `WWW-Authenticate`, where signing in again would help. */
  readonly challenge?: string
}

/** Why a token was replaced. */
export type RotationCause = 'interval' | 'step-up' | 'break-glass'

export interface SessionActive {
  readonly outcome: 'active'
  readonly session: Session
  /** The new token, when it was replaced. Send it to the client; the one it used is worth nothing after the grace. */
  readonly token?: string
  readonly rotated?: RotationCause
}

export type SessionVerdict = SessionActive | SessionRefused

/** The view of a record at an instant, with the sign-in that the presented token stands for. */
export function sessionOf(record: SessionRecord, auth: SessionAuthentication, at: number, profile: SessionProfile): Session {
  const until = endOf(record, profile)
  return Object.freeze({
    sid: record.sid,
    tenant: record.tenant,
    subject: record.subject,
    issuer: record.issuer,
    roles: Object.freeze([...record.roles]),
    amr: auth.amr === null ? null : Object.freeze([...auth.amr]),
    acr: auth.acr,
    authTime: auth.authTime,
    mfa: auth.mfa,
    deviceBound: record.device !== null,
    startedAt: record.startedAt,
    idleUntil: Math.min(at + profile.idleMs, until),
    until,
  })
}

// RFC 6750 §3.1: the token is no good, whatever the reason; the reason is for the server's log.
const INVALID_TOKEN = 'Bearer error="invalid_token"'
const signInAgain: ReadonlySet<SessionRefusal> = new Set([
  ...(['invalid', 'unknown', 'ended', 'idle', 'absolute', 'replayed', 'mismatch'] as const),
])

export function refusedWith(
  reason: SessionRefusal,
  more: Partial<Pick<SessionRefused, 'sid' | 'of' | 'because' | 'familyEnded' | 'challenge'>> = {},
): SessionRefused {
  return { outcome: 'refused', reason, ...(signInAgain.has(reason) ? { challenge: INVALID_TOKEN } : {}), ...more }
}
