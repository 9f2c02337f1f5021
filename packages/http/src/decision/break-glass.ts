import { formatInstant, parseAs, plainText } from '@phi/core'
import { BREAK_GLASS_MAX_MS, type Grant } from '@phi/rbac'
import * as z from 'zod'
import { callable } from '../callable.ts'
import { httpError } from '../errors.ts'
import { unrecorded } from '../failure.ts'
import type { BreakGlassOptions } from '../options.ts'
import { bodyOf } from '../receive/body.ts'
import { receive } from '../receive/receive.ts'
import { append, eventOf } from '../record.ts'
import { isRefused, refused } from '../refused.ts'
import { jsonOf } from '../reply/send.ts'
import type { Work } from '../run.ts'
import { enter, presentedBy, refuseSession, sessionStep } from '../session/session-step.ts'
import { askingOf } from './decide.ts'
import { mayBreakGlass } from './glass.ts'

const MINUTE = 60_000
const body = z.strictObject({
  patient: plainText(256),
  reason: z
    .string()
    .max(2_000)
    .refine((text) => text.trim() !== '' && text.isWellFormed()),
})
const MAX_BYTES = 16_384
const MAX_DETAIL = 1_024

const options = z.strictObject({
  minutes: z
    .int()
    .min(1)
    .max(BREAK_GLASS_MAX_MS / MINUTE)
    .default(60),
  keep: callable<BreakGlassOptions['keep']>(),
  notify: callable<BreakGlassOptions['notify']>(),
})

/**
 * Emergency access, 45 CFR 164.312(a)(2)(ii). The order is the point: the token is replaced, since what the session may do grows; the entry is
 * durable; only then is the grant kept, and whoever must know is told. What fails before that opens nothing.
 * @throws PhiError PHI_HTTP_OPTIONS
 */
export function breakGlass(given: BreakGlassOptions): Work {
  const { minutes, keep, notify } = parseAs(options, given, 'breakGlass', (context) => httpError('PHI_HTTP_OPTIONS', context))
  return async (x) => {
    const received = receive(x, ['POST'])
    if (isRefused(received)) return received
    const signedIn = await sessionStep(x)
    if (isRefused(signedIn)) return signedIn
    x.step = 'decide'
    const asking = await askingOf(x, signedIn.caller)
    if (!mayBreakGlass(asking)) return refused('forbidden', { reason: 'type' })
    const asked = await bodyOf(x, body, Math.min(MAX_BYTES, x.settings.maxBodyBytes))
    if (isRefused(asked)) return asked
    const { patient, reason } = asked.value
    x.noted.subject = { patients: [patient] }
    x.noted.reason = reason
    x.noted.purpose = 'BTG'
    const until = x.at + minutes * MINUTE
    const { actor } = asking
    const grant: Grant = { kind: 'break-glass', tenant: actor.tenant, patient, actor: actor.id, from: x.at, until, reason }
    if (x.late) return refused('timeout')

    x.step = 'session'
    const rotated = await x.settings.sessions.rotate(signedIn.token, 'break-glass', presentedBy(x))
    if (rotated.outcome === 'refused') return refuseSession(x, rotated)
    const caller = enter(x, rotated.session, rotated.token)
    if (x.late) return refused('timeout')

    x.step = 'audit'
    const entry = eventOf(x, caller, 'success', { breakGlass: true, details: { until: formatInstant(until) } })
    const id = entry.id as string
    try {
      await append(x, caller.tenant, entry)
    } catch (error) {
      return unrecorded(error)
    }
    if (x.late) return refused('timeout')

    x.step = 'handle'
    // From here on the glass may be broken: nobody is told that it is not.
    x.committing = true
    let told: readonly string[]
    try {
      await keep(grant, id, caller)
      told = await notify(grant, caller)
    } catch (error) {
      // The grant may be kept by now; that nobody was told leaves its obligation open.
      return refused('outcome-unknown', { fault: error })
    }
    x.step = 'audit'
    try {
      const details = { about: id, notified: told.join(', ').slice(0, MAX_DETAIL) }
      await append(x, caller.tenant, eventOf(x, caller, 'success', { action: 'send', details }))
    } catch (error) {
      return refused('outcome-unknown', { fault: error })
    }
    x.step = 'send'
    return jsonOf(201, { until: formatInstant(until), entry: id })
  }
}
