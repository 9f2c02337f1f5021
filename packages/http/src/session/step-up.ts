import { parseAs } from '@phi/core'
import { httpError } from '../errors.ts'
import { unrecorded } from '../failure.ts'
import type { SignInOptions } from '../options.ts'
import { receive } from '../receive/receive.ts'
import { append, eventOf } from '../record.ts'
import { isRefused, refused } from '../refused.ts'
import { jsonOf } from '../reply/send.ts'
import type { Work } from '../run.ts'
import { takeAway } from './credentials.ts'
import { identityOf, stepUpSchema } from './identity-body.ts'
import { sessionBody } from './session-body.ts'
import { enter, presentedBy, refuseSession, sessionStep, takeBack } from './session-step.ts'

/**
 * Takes a newer, or stronger, sign-in of the same person over into the session: the answer to a challenge (RFC 9470).
 * @throws PhiError PHI_HTTP_OPTIONS
 */
export function stepUp(given: Pick<SignInOptions, 'verify'>): Work {
  const { verify } = parseAs(stepUpSchema, given, 'stepUp', (context) => httpError('PHI_HTTP_OPTIONS', context))
  return async (x) => {
    const received = receive(x, ['POST'])
    if (isRefused(received)) return received
    const signedIn = await sessionStep(x)
    if (isRefused(signedIn)) return signedIn
    const verified = await identityOf(x, verify)
    if (isRefused(verified)) return verified
    if (verified.outcome === 'refused') return verified.answer
    if (x.late) return refused('timeout')
    const { sessions } = x.settings
    const verdict = await sessions.stepUp(signedIn.token, verified.identity, presentedBy(x))
    if (verdict.outcome === 'refused') return refuseSession(x, verdict)
    const caller = enter(x, verdict.session, verdict.token)
    try {
      x.step = 'audit'
      await append(x, caller.tenant, eventOf(x, caller, 'success', { details: { mfa: verdict.session.mfa } }))
    } catch (error) {
      // What may now be done with the session must not be done unrecorded.
      await takeBack(x, verdict.token ?? signedIn.token)
      takeAway(x)
      return unrecorded(error)
    }
    x.step = 'send'
    return jsonOf(200, sessionBody(verdict.session, x.at))
  }
}
