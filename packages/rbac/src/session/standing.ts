import type { SessionProfile } from './profiles.ts'
import type { TokenClaims } from './session-token.ts'
import type { SessionEnding, SessionRecord } from './store.ts'

/** What a check finds by itself. */
export type FoundEnding = Exclude<SessionEnding, 'logout' | 'revoked'>

/** What a token is worth at an instant, given its session's record. Pure; the order of the questions is part of it. */
export type Standing =
  | { readonly kind: 'current'; readonly at: number }
  /** Just replaced, and still good for requests in flight: it stands for what the session was before. */
  | { readonly kind: 'previous'; readonly at: number }
  | { readonly kind: 'ended'; readonly because: SessionEnding }
  /** To be ended now. */
  | { readonly kind: 'over'; readonly because: FoundEnding; readonly at: number }

/** When a session ends at the latest. A profile that was made shorter since holds for it too, and a longer one does not. */
export const endOf = ({ startedAt, until }: SessionRecord, { absoluteMs }: Pick<SessionProfile, 'absoluteMs'>): number =>
  Math.min(until, startedAt + absoluteMs)

/**
 * @param now milliseconds since 1970
 * @param wasCurrent the token was seen to be the current one in the course of this call: what replaced it was a request beside this one
 */
export function standingOf(
  record: SessionRecord,
  token: TokenClaims,
  now: number,
  profile: Pick<SessionProfile, 'idleMs' | 'absoluteMs' | 'clockToleranceMs'>,
  wasCurrent = false,
): Standing {
  const { ended, lastSeenAt, generation, jti, previous } = record
  if (ended !== null) return { kind: 'ended', because: ended.because }
  // Time that has been reached once does not count again: a clock set back would otherwise give idle time back. By more than the
  // tolerance it is not known how long nothing happened.
  const at = Math.max(now, lastSeenAt)
  const over = (because: FoundEnding): Standing => ({ kind: 'over', because, at })
  if (at >= endOf(record, profile)) return over('absolute')
  if (now < lastSeenAt - profile.clockToleranceMs) return over('clock')
  if (at - lastSeenAt >= profile.idleMs) return over('idle')
  if (token.generation === generation) return token.jti === jti ? { kind: 'current', at } : over('mismatch')
  if (token.generation > generation) return over('mismatch')
  const last = token.generation === generation - 1 && previous?.jti === token.jti
  if (last && (wasCurrent || at < (previous?.until ?? 0))) return { kind: 'previous', at }
  return over('replayed')
}
