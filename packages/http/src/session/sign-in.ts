import type { AuditEventInput } from '@phi/audit'
import { formatInstant, parseAs } from '@phi/core'
import type { BeginVerdict, VerifiedIdentity } from '@phi/rbac/session'
import { httpError } from '../errors.ts'
import type { Exchange } from '../exchange.ts'
import { failure, unrecorded } from '../failure.ts'
import type { SignInOptions } from '../options.ts'
import { receive } from '../receive/receive.ts'
import { append, eventOf, nextId, sourceOf } from '../record.ts'
import { isRefused, type Refused, refused } from '../refused.ts'
import { jsonOf } from '../reply/send.ts'
import type { Work } from '../run.ts'
import { INVALID_TOKEN, isCrossSite } from './credentials.ts'
import { identityOf, signInSchema } from './identity-body.ts'
import { sessionBody } from './session-body.ts'
import { enter, takeBack } from './session-step.ts'

/**
 * A sign-in that failed. Who it was is known where the provider vouched for them; in whose log it belongs, where they are a
 * member.
 */
async function failed(
  x: Exchange,
  answer: Refused,
  reason: string,
  who: { readonly identity?: VerifiedIdentity; readonly tenant?: string } = {},
): Promise<Refused> {
  const { identity, tenant } = who
  const event: AuditEventInput = {
    id: nextId(x),
    occurredAt: formatInstant(x.at),
    action: 'login-failed',
    outcome: answer.code === 'unavailable' || answer.code === 'internal' ? 'failure' : 'denied',
    actor: {
      id: identity?.subject ?? 'unknown',
      type: identity === undefined ? 'system' : 'workforce',
      ...(tenant === undefined ? {} : { organization: tenant }),
    },
    source: sourceOf(x, undefined),
    context: { details: { reason } },
  }
  try {
    await append(x, tenant, event)
    return answer
  } catch (error) {
    return unrecorded(error)
  }
}

function answerTo({ reason, challenge }: Extract<BeginVerdict, { outcome: 'refused' }>): Refused {
  if (reason === 'mfa') return refused('step-up-required', { challenge })
  if (reason === 'ip') return refused('forbidden')
  if (reason === 'identity') return refused('sign-in-refused', { challenge: INVALID_TOKEN })
  return refused('unavailable')
}

/**
 * Begins a session for who signed in with an identity provider. The token leaves when the sign-in is recorded, and not before.
 * @throws PhiError PHI_HTTP_OPTIONS
 */
export function signIn(given: SignInOptions): Work {
  const { verify, membership } = parseAs(signInSchema, given, 'signIn', (context) => httpError('PHI_HTTP_OPTIONS', context))
  return async (x) => {
    const received = receive(x, ['POST'])
    if (isRefused(received)) return received
    x.step = 'session'
    // Else another site could sign somebody in as somebody else.
    if (isCrossSite(x)) return refused('cross-site')
    let verified: Awaited<ReturnType<typeof identityOf>>
    try {
      verified = await identityOf(x, verify)
    } catch (error) {
      return failed(x, refused('unavailable', { fault: error }), 'verify')
    }
    if (isRefused(verified)) return verified
    if (verified.outcome === 'refused') return failed(x, verified.answer, verified.reason)
    const { identity } = verified
    let tenant: string
    let begun: BeginVerdict
    try {
      const member = await membership(identity)
      if (member === undefined) return failed(x, refused('forbidden'), 'no-member', { identity })
      tenant = member.tenant
      if (x.late) return refused('timeout')
      begun = await x.settings.sessions.begin(identity, { tenant, roles: member.roles, ip: x.ip })
    } catch (error) {
      return failed(x, failure(error), 'fault', { identity })
    }
    if (begun.outcome === 'refused') return failed(x, answerTo(begun), begun.reason, { identity, tenant })
    const { session, token } = begun
    try {
      const caller = enter(x, session, undefined)
      x.step = 'audit'
      await append(x, tenant, eventOf(x, caller, 'success', { details: { mfa: session.mfa } }))
    } catch (error) {
      // A session that nobody can find in the log must not be.
      await takeBack(x, token)
      // Nobody is signed in: no entry may say so.
      delete x.caller
      return unrecorded(error)
    }
    if (x.late) {
      await takeBack(x, token)
      return refused('timeout')
    }
    enter(x, session, token)
    x.step = 'send'
    return jsonOf(201, sessionBody(session, x.at))
  }
}
