import { receive } from '../receive/receive.ts'
import { isRefused, refused } from '../refused.ts'
import { jsonOf } from '../reply/send.ts'
import type { Work } from '../run.ts'
import { sessionBody } from './session-body.ts'
import { sessionStep } from './session-step.ts'

/** How long the session lasts, for a page that warns before it ends. */
export function sessionRoute(): Work {
  return async (x) => {
    const received = receive(x, ['GET', 'HEAD'])
    if (isRefused(received)) return received
    const signedIn = await sessionStep(x)
    if (isRefused(signedIn)) return signedIn
    x.step = 'send'
    return jsonOf(200, sessionBody(signedIn.caller.session, x.at))
  }
}

/** Every path that is no route. It asks for a session first, as a route does, and then answers as for a record that is not there. */
export function notFoundRoute(): Work {
  return async (x) => {
    const received = receive(x, [x.request.method])
    if (isRefused(received)) return received
    const signedIn = await sessionStep(x)
    if (isRefused(signedIn)) return signedIn
    return refused('not-found', { reason: 'no-route' })
  }
}
