import { isPhiError } from '@phi/core'
import type { LogoutVerdict } from '@phi/rbac/session'
import type { Exchange } from '../exchange.ts'
import { unrecorded } from '../failure.ts'
import { receive } from '../receive/receive.ts'
import { append, tokenEvent } from '../record.ts'
import { isRefused, type Refused, refused } from '../refused.ts'
import { emptyOf } from '../reply/send.ts'
import type { Work } from '../run.ts'
import { takeAway } from './credentials.ts'
import { tokenStep } from './session-step.ts'

/**
 * Ends the session of the token, also of an old one, from wherever. Who has no token, or a made-up one, is told the same: there is no session
 * now. The session ends first and is recorded then: nobody stays signed in because a log is away, and who is told that it failed may try again.
 */
export function signOut(): Work {
  return async (x) => {
    const received = receive(x, ['POST'])
    if (isRefused(received)) return received
    const token = tokenStep(x)
    if (isRefused(token) && token.code !== 'session-required') return token
    if (token === undefined || isRefused(token)) return done(x)
    const ended = await x.settings.sessions.logout(token)
    if (ended.outcome === 'logged-off') return (await recordOnce(x, ended)) ?? done(x)
    // It may go on: say so.
    return ended.reason === 'invalid' ? done(x) : refused('unavailable', { reason: ended.reason })
  }
}

/** One entry for the end of one session, however often somebody signs out of it: its id is the session's. */
async function recordOnce(
  x: Exchange,
  { sid, of }: Extract<LogoutVerdict, { outcome: 'logged-off' }>,
): Promise<Refused | undefined> {
  x.step = 'audit'
  try {
    const event = tokenEvent(x, sid, of, { id: `logout/${sid}`, action: 'logout', outcome: 'success' })
    await append(x, of?.tenant, event)
    return undefined
  } catch (error) {
    // Another request signed out of the same session, and has recorded it.
    return isPhiError(error, 'PHI_AUDIT_CONFLICT') ? undefined : unrecorded(error)
  }
}

function done(x: Exchange) {
  takeAway(x)
  x.step = 'send'
  return emptyOf(204)
}
