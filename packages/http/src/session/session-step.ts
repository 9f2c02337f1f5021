import type { AuditEventInput } from '@phi/audit'
import { formatInstant } from '@phi/core'
import type { Presented, Session, SessionRefused } from '@phi/rbac/session'
import type { Caller } from '../call.ts'
import { type Exchange, fault } from '../exchange.ts'
import { unrecorded } from '../failure.ts'
import { append, tokenEvent } from '../record.ts'
import { isRefused, type Refused, refused } from '../refused.ts'
import { handOver, INVALID_TOKEN, isCrossSite, takeAway, tokenOf } from './credentials.ts'

/** Who is there, and the token that is theirs from now on. */
export interface SignedIn {
  readonly caller: Caller
  readonly token: string
}

/** What a session store or policy may look at beside the token. A certificate that was verified is proof of a device (RFC 8705). */
export const presentedBy = ({ ip, connection }: Exchange): Presented => ({ ip, device: connection.peer?.fingerprint256 })

/** The token of the request, once it is sure that no other site sent it. Nothing has been asked of a store. */
export function tokenStep(x: Exchange): string | undefined | Refused {
  x.step = 'session'
  if (isCrossSite(x)) return refused('cross-site')
  const token = tokenOf(x)
  if (isRefused(token) && token.code === 'session-required') takeAway(x)
  return token
}

/** Until when the session lasts, for clients that warn before the automatic logoff (45 CFR 164.312(a)(2)(iii)). UTC. */
function announce({ owed }: Exchange, { idleUntil, until }: Session): void {
  owed.set('phi-session-idle-until', formatInstant(idleUntil))
  owed.set('phi-session-until', formatInstant(until))
}

/** Takes note of who is there, and has every response say how long the session lasts and whether the token was replaced. */
export function enter(x: Exchange, session: Session, token: string | undefined): Caller {
  announce(x, session)
  if (token !== undefined) handOver(x, token)
  const { tenant, subject, roles } = session
  const { ip, userAgent, requestId, traceparent = '', connection } = x
  const caller = Object.freeze({
    ...{ tenant, subject, roles, session, ip, userAgent, requestId, traceparent },
    peer: connection.peer,
  })
  x.caller = caller
  return caller
}

/** Endings that are found once, at the moment they happen: everything later meets `ended`. */
const expiries: ReadonlySet<string> = new Set(['idle', 'absolute'])
/** Somebody has a copy of a token, or the store was set back: an incident. */
const incidents: ReadonlySet<string> = new Set(['replayed', 'mismatch'])
/** After these the session goes on. */
const goesOn: ReadonlySet<string> = new Set(['superseded', 'ip', 'device', 'mfa', 'identity'])

/** What was shown, where it cannot have been what its owner had. */
const presented: Readonly<Record<string, string>> = {
  replayed: 'replaced token',
  mismatch: 'token that the store does not know',
}

/** The entry of a genuine token that was refused. */
function refusalEvent(x: Exchange, sid: string, { reason, because, of }: SessionRefused): AuditEventInput {
  const expired = expiries.has(reason)
  const shown = presented[reason]
  const details = {
    reason,
    ...(because === undefined ? {} : { because }),
    ...(shown === undefined ? {} : { presented: shown }),
  }
  return tokenEvent(x, sid, of, {
    action: expired ? 'session-expired' : 'login-failed',
    outcome: expired ? 'success' : 'denied',
    severity: incidents.has(reason) ? 'critical' : undefined,
    context: { details },
  })
}

/** What a client is told. Why a session is over is for the log alone. */
function answerTo({ reason, challenge, familyEnded, sid }: SessionRefused): Refused {
  switch (reason) {
    case 'store':
      return refused('unavailable', { reason })
    case 'clock':
      // With an ending: the clock went back, and the session is over for it. Without: there is no time.
      return familyEnded === undefined
        ? refused('unavailable', { reason })
        : refused('session-over', { challenge: INVALID_TOKEN, reason })
    case 'mfa':
      return refused('step-up-required', { challenge, reason })
    case 'ip':
    case 'device':
      return refused('forbidden', { reason })
    case 'superseded':
      return refused('superseded', { reason })
    case 'identity':
      return refused('sign-in-refused', { challenge: INVALID_TOKEN, reason })
    default:
      return refused(sid === undefined ? 'session-required' : 'session-over', { challenge: INVALID_TOKEN, reason })
  }
}

/**
 * Records the refusal of a token that is one of ours in the log of its tenant, and says what to answer. Made-up tokens leave no entry: a
 * stranger could write the log full.
 */
export async function refuseSession(x: Exchange, verdict: SessionRefused): Promise<Refused> {
  const answer = answerTo(verdict)
  const { sid, reason } = verdict
  if (answer.code !== 'unavailable' && !goesOn.has(reason)) takeAway(x)
  // Who is known by now is recorded by name, with the refusal.
  if (x.caller !== undefined && incidents.has(reason)) x.noted.severity = 'critical'
  if (x.caller !== undefined || sid === undefined || answer.code === 'unavailable') return answer
  // An ending that the store did not take will be found again. Until then somebody should know.
  if (verdict.familyEnded === false) fault(x, undefined)
  try {
    await append(x, verdict.of?.tenant, refusalEvent(x, sid, verdict))
    return answer
  } catch (error) {
    return unrecorded(error)
  }
}

/**
 * Ends a session of which something could not be recorded, and keeps its token back. Where the store does not take the end either, somebody is
 * told, and nobody has the token.
 */
export async function takeBack(x: Exchange, token: string): Promise<void> {
  for (const name of ['phi-session-idle-until', 'phi-session-until', 'phi-session-token', 'set-cookie']) x.owed.delete(name)
  try {
    const ended = await x.settings.sessions.logout(token)
    if (ended.outcome === 'refused') fault(x, undefined)
  } catch (error) {
    fault(x, error)
  }
}

/** The second step: whose session this is. Nothing else of the request has been looked at. */
export async function sessionStep(x: Exchange): Promise<SignedIn | Refused> {
  const token = tokenStep(x)
  if (isRefused(token)) return token
  if (token === undefined) return refused('session-required')
  const verdict = await x.settings.sessions.check(token, presentedBy(x))
  if (verdict.outcome !== 'active') return refuseSession(x, verdict)
  return { caller: enter(x, verdict.session, verdict.token), token: verdict.token ?? token }
}
