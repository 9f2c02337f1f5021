import { sha256Base64, toHex, utf8 } from '@phi/core'
import { sessionError } from './errors.ts'
import type { VerifiedIdentity } from './identity.ts'
import { type Authentication, mfaVerdict } from './mfa.ts'
import {
  type RotationCause,
  refusedWith,
  type Session,
  type SessionActive,
  type SessionOwner,
  type SessionRefused,
  type SessionVerdict,
  sessionOf,
} from './session.ts'
import { sessionTokens, type TokenClaims } from './session-token.ts'
import {
  type BeginOptions,
  type CheckedOptions,
  type Presented,
  parseBegin,
  parseIdentity,
  parseOptions,
  parsePresented,
  parseTarget,
  type RevokeTarget,
  type SessionsOptions,
} from './sessions-options.ts'
import { type FoundEnding, standingOf } from './standing.ts'
import { stepUpChallenge } from './step-up.ts'
import type { SessionAuthentication, SessionRecord } from './store.ts'
import { careful, storeFailed } from './store-calls.ts'
import { instantMs, readClock } from './text.ts'

export type BeginVerdict = { readonly outcome: 'begun'; readonly session: Session; readonly token: string } | SessionRefused

export type LogoutVerdict =
  | {
      readonly outcome: 'logged-off'
      readonly sid: string
      /** Whose session it was, where the store knows it. */
      readonly of?: SessionOwner
    }
  | SessionRefused

export interface Sessions {
  /**
   * Begins a session for a person who has just signed in. Refused where a role asks for more than one factor and that was not shown.
   * The identity is believed: pass what `verifyIdentity` answered with, and nothing that a client sent.
   * @throws PhiError PHI_RBAC_SESSION_INPUT
   */
  begin(identity: VerifiedIdentity, options: BeginOptions): Promise<BeginVerdict>
  /** What a token is worth now. Counts as activity when it is active. Replaces the token when that is due. */
  check(token: unknown, presented?: Presented): Promise<SessionVerdict>
  /**
   * Takes over a newer sign-in of the same person, and replaces the token. The old one keeps what it stood for, until its grace
   * is over.
   */
  stepUp(token: unknown, identity: VerifiedIdentity, presented?: Presented): Promise<SessionVerdict>
  /** Replaces the token where what the session may do has grown: on break-glass. */
  rotate(token: unknown, cause: 'break-glass', presented?: Presented): Promise<SessionVerdict>
  /** Ends the session of a token, also of an old one. The address and the device are not asked: logging off is always allowed. */
  logout(token: unknown): Promise<LogoutVerdict>
  /**
   * Ends sessions from outside. First take away the account: a session that begins at the same moment is not seen.
   * @returns how many had not ended before
   * @throws PhiError PHI_RBAC_SESSION_INPUT; PHI_RBAC_SESSION_STORE when the store failed: retry it
   */
  revoke(target: RevokeTarget): Promise<number>
}

/** So often a replacement that lost against another is tried anew. Each time somebody else has won. */
const MOST_ATTEMPTS = 5

/** A change that a call asks for beside the check: refused, or a sign-in to take over (or to keep). */
interface Change {
  readonly cause: RotationCause
  readonly auth?: (record: SessionRecord) => SessionAuthentication | SessionRefused
}

const ownerOf = ({ tenant, subject, roles }: SessionRecord): SessionOwner => ({ tenant, subject, roles: [...roles] })

const isRefused = (value: SessionAuthentication | SessionRefused): value is SessionRefused => Object.hasOwn(value, 'outcome')

/**
 * Sessions with idle and absolute timeouts, rotating tokens and detection of copies (S3, S4, S93, S110, S111, S143). A token is a signed
 * JWT that names its session and its generation; everything else lies in the store, which is asked at every check. The signature lets a
 * replaced token of ours be told from a made-up one, so that nobody who merely knows a session's id can end it.
 *
 * Whatever is not certain is refused: a store that fails or contradicts itself, a clock without a time, an address that cannot be read.
 * @throws PhiError PHI_RBAC_SESSION_OPTIONS, PHI_RBAC_SESSION_KEYS
 */
export async function openSessions(given: SessionsOptions): Promise<Sessions> {
  const options: CheckedOptions = parseOptions(given)
  const { profile, acrMeansMfa } = options
  const tokens = await sessionTokens(options.keys, options.issuer, options.audience)
  const store = careful(options.store)

  const draw = (): string => {
    const bytes = options.randomBytes(16)
    if (!(bytes instanceof Uint8Array) || bytes.length !== 16) {
      throw sessionError('PHI_RBAC_SESSION_OPTIONS', {
        path: 'options.randomBytes',
        detail: 'must give as many bytes as asked for',
      })
    }
    return toHex(bytes)
  }

  const lacksMfa = ({ roles }: Pick<SessionRecord, 'roles'>, { mfa }: SessionAuthentication): boolean =>
    mfa !== 'met' && (profile.mfaRoles === 'every' || roles.some((role) => profile.mfaRoles.includes(role)))

  const mfaRefusal = (): SessionRefused => {
    const acr = acrMeansMfa.length === 0 ? {} : { acr_values: acrMeansMfa }
    return refusedWith('mfa', { challenge: stepUpChallenge({ mfa: true, ...acr }).header })
  }

  const authOf = ({ amr, acr, authTime }: Authentication): SessionAuthentication => ({
    ...{ amr, acr, authTime },
    mfa: mfaVerdict({ amr, acr }, { acrMeansMfa }),
  })

  const sameDevice = ({ device }: SessionRecord, shown: unknown): boolean => {
    if (device === null) return true
    if (typeof shown !== 'string' || shown.length > 512 || !shown.isWellFormed()) return false
    return sha256Base64(utf8(shown)) === device
  }

  async function begin(identity: VerifiedIdentity, beginOptions: BeginOptions): Promise<BeginVerdict> {
    const { subject, issuer, usableUntil, ...facts } = parseIdentity(identity)
    const { tenant, roles, ip, device } = parseBegin(beginOptions, options.roles)
    if (options.ip && options.ip.check(ip).outcome !== 'allowed') return refusedWith('ip')
    const now = readClock(options.clock)
    if (now === undefined) return refusedWith('clock')
    if (now >= usableUntil) return refusedWith('identity')
    const auth = authOf(facts)
    if (lacksMfa({ roles }, auth)) return mfaRefusal()
    const until = now + profile.absoluteMs
    if (!instantMs.safeParse(until).success) return refusedWith('clock')
    const record: SessionRecord = {
      ...{ sid: draw(), tenant, subject, issuer, roles: [...new Set(roles)], auth },
      device: device === undefined ? null : sha256Base64(utf8(device)),
      ...{ generation: 1, jti: draw(), previous: null },
      ...{ startedAt: now, until, lastSeenAt: now, rotatedAt: now, ended: null, version: 0 },
    }
    const token = await tokens.issue(record)
    // 'taken' would be the same 128 random bits twice: the generator is broken, and the session not ours.
    if ((await store.insert(record)) !== 'inserted') return refusedWith('store')
    return { outcome: 'begun', session: sessionOf(record, auth, now, profile), token }
  }

  /** Ends a session for what was found, and refuses. */
  async function endFor(because: FoundEnding, sid: string, at: number): Promise<SessionRefused> {
    const ended = await store.end(sid, at, because)
    return refusedWith(because, { sid, familyEnded: ended !== storeFailed })
  }

  async function touched(record: SessionRecord, auth: SessionAuthentication, at: number): Promise<SessionVerdict> {
    const { sid } = record
    const answer = await store.touch(sid, at)
    // Also the last look at whether it was ended while this call was under way.
    if (answer === 'ended') return refusedWith('ended', { sid })
    if (answer === 'missing') return refusedWith('unknown', { sid })
    if (answer === storeFailed) return refusedWith('store', { sid })
    return { outcome: 'active', session: sessionOf(record, auth, at, profile) }
  }

  async function replaced(
    record: SessionRecord,
    auth: SessionAuthentication,
    at: number,
    cause: RotationCause,
  ): Promise<SessionActive | 'conflict' | SessionRefused> {
    const next: SessionRecord = {
      ...record,
      auth,
      generation: record.generation + 1,
      jti: draw(),
      previous: { jti: record.jti, until: at + profile.graceMs, auth: record.auth },
      lastSeenAt: at,
      rotatedAt: at,
      version: record.version + 1,
    }
    const token = await tokens.issue(next)
    const answer = await store.replace(next, record.version)
    if (answer === 'conflict') return answer
    if (answer === storeFailed) return refusedWith('store', { sid: record.sid })
    return { outcome: 'active', session: sessionOf(next, auth, at, profile), token, rotated: cause }
  }

  /** One look at the record, and what follows from it. 'conflict': another call replaced the token in between. */
  async function attempt(
    claims: TokenClaims,
    device: unknown,
    change: Change | undefined,
    wasCurrent: boolean,
  ): Promise<SessionVerdict | 'conflict'> {
    const { sid } = claims
    const record = await store.find(sid)
    if (record === storeFailed) return refusedWith('store', { sid })
    if (record === undefined) return refusedWith('unknown', { sid })
    const verdict = await judged(record, claims, device, change, wasCurrent)
    return verdict !== 'conflict' && verdict.outcome === 'refused' ? { ...verdict, of: ownerOf(record) } : verdict
  }

  async function judged(
    record: SessionRecord,
    claims: TokenClaims,
    device: unknown,
    change: Change | undefined,
    wasCurrent: boolean,
  ): Promise<SessionVerdict | 'conflict'> {
    const { sid } = record
    // Read after the record: while the store was slow, other requests may have moved the last activity on.
    const now = readClock(options.clock)
    if (now === undefined) return refusedWith('clock', { sid })
    const standing = standingOf(record, claims, now, profile, wasCurrent)
    if (standing.kind === 'ended') return refusedWith('ended', { sid, because: standing.because })
    if (standing.kind === 'over') return endFor(standing.because, sid, standing.at)
    if (!sameDevice(record, device)) return refusedWith('device', { sid })
    const { at } = standing
    if (standing.kind === 'previous') {
      if (change !== undefined) return refusedWith('superseded', { sid })
      const before = record.previous?.auth ?? record.auth
      return lacksMfa(record, before) ? { ...mfaRefusal(), sid } : touched(record, before, at)
    }
    const auth = change?.auth?.(record) ?? record.auth
    if (isRefused(auth)) return auth
    // Also when the profile has come to ask for it since the session began.
    if (lacksMfa(record, auth)) return { ...mfaRefusal(), sid }
    const due = at - record.rotatedAt >= profile.rotateMs
    if (change === undefined && !due) return touched(record, auth, at)
    return replaced(record, auth, at, change?.cause ?? 'interval')
  }

  async function judge(token: unknown, given: Presented, change?: Change): Promise<SessionVerdict> {
    const presented = parsePresented(given)
    if (options.ip && options.ip.check(presented.ip).outcome !== 'allowed') return refusedWith('ip')
    const now = readClock(options.clock)
    if (now === undefined) return refusedWith('clock')
    const claims = await tokens.read(token, now)
    if (claims === 'invalid') return refusedWith('invalid')
    if (claims === 'expired') return refusedWith('absolute')
    for (let i = 0; i < MOST_ATTEMPTS; i++) {
      const verdict = await attempt(claims, presented.device, change, i > 0)
      if (verdict !== 'conflict') return verdict
    }
    return refusedWith('store', { sid: claims.sid })
  }

  async function stepUp(token: unknown, identity: VerifiedIdentity, presented: Presented = {}): Promise<SessionVerdict> {
    const { subject, issuer, usableUntil, ...facts } = parseIdentity(identity)
    const auth = (record: SessionRecord): SessionAuthentication | SessionRefused => {
      const { sid } = record
      const now = readClock(options.clock)
      const samePerson = subject === record.subject && issuer === record.issuer
      const newer = facts.authTime !== null && facts.authTime > (record.auth.authTime ?? -1)
      if (now === undefined || now >= usableUntil || !samePerson || !newer) return refusedWith('identity', { sid })
      return authOf(facts)
    }
    return judge(token, presented, { cause: 'step-up', auth })
  }

  async function rotate(token: unknown, cause: 'break-glass', presented: Presented = {}): Promise<SessionVerdict> {
    if (cause !== 'break-glass') throw sessionError('PHI_RBAC_SESSION_INPUT', { path: 'cause' })
    return judge(token, presented, { cause })
  }

  async function logout(token: unknown): Promise<LogoutVerdict> {
    const now = readClock(options.clock)
    if (now === undefined) return refusedWith('clock')
    const claims = await tokens.read(token, now, 'late')
    if (typeof claims === 'string') return refusedWith('invalid')
    const { sid } = claims
    // Asked for the audit log only: whoever wants to log off can, also when the answer fails to come.
    const record = await store.find(sid)
    const of = record === storeFailed || record === undefined ? {} : { of: ownerOf(record) }
    if ((await store.end(sid, now, 'logout')) === storeFailed) return refusedWith('store', { sid, ...of })
    return { outcome: 'logged-off', sid, ...of }
  }

  async function revoke(target: RevokeTarget): Promise<number> {
    const now = readClock(options.clock)
    if (now === undefined) throw sessionError('PHI_RBAC_SESSION_CLOCK')
    const whose = parseTarget(target)
    if ('sid' in whose) {
      const answer = await store.end(whose.sid, now, 'revoked')
      if (answer === storeFailed) throw sessionError('PHI_RBAC_SESSION_STORE')
      return answer === 'ended' ? 1 : 0
    }
    const ended = await store.endSubject(whose.tenant, whose.subject, now, 'revoked')
    if (ended === storeFailed) throw sessionError('PHI_RBAC_SESSION_STORE')
    return ended
  }

  return Object.freeze({
    begin,
    check: (token: unknown, presented: Presented = {}) => judge(token, presented),
    stepUp,
    rotate,
    logout,
    revoke,
  })
}
