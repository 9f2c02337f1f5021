import type { AuditEventInput } from '@phi/audit'
import { isPhiError } from '@phi/core'
import type { Caller } from '../call.ts'
import type { CheckedRoute } from '../checked-route.ts'
import type { Decided } from '../decision/decide.ts'
import { partsOf, subjectOf } from '../decision/facts.ts'
import type { Settled } from '../decision/obligations.ts'
import { httpError } from '../errors.ts'
import type { Exchange } from '../exchange.ts'
import { failure, unrecorded } from '../failure.ts'
import { HttpProblem, isProblem } from '../problem.ts'
import { append, eventOf } from '../record.ts'
import { type Refused, refused } from '../refused.ts'
import type { Allowed, Reply } from '../route.ts'
import { discard } from './download.ts'
import { type Written, writtenOf } from './reply.ts'

/** What something that a handler threw means: it may refuse by a problem of its own. */
function refusalOf(error: unknown): Refused {
  if (!(error instanceof HttpProblem)) return failure(error)
  const { status, code } = error
  if (!isProblem(status, code)) return refused('internal', { fault: httpError('PHI_HTTP_PROBLEM') })
  return refused('malformed', { own: { status, code }, reason: code })
}

/** Somebody has answered that it took too long: what is under way is taken back. */
function stopIfLate(x: Exchange): void {
  if (x.late) throw httpError('PHI_HTTP_TIMEOUT')
}

/** The fifth step: what the route does. */
async function handle(x: Exchange, route: CheckedRoute, decided: Decided, settled: Settled, tx: unknown): Promise<Written> {
  x.step = 'handle'
  const allowed: Allowed<unknown> = Object.freeze({
    decision: settled.decision,
    loaded: Object.freeze(settled.released.map(({ item }) => item.record)),
    seen: Object.freeze(settled.released.map(({ seen }) => seen)),
    tx,
  })
  let reply: Reply | undefined
  if (route.handle !== undefined) reply = await route.handle(decided.call, allowed)
  return writtenOf(x, route.on, route.writes, decided, settled, reply)
}

const keys = (records: readonly object[]): string[] => [...new Set(records.flatMap((each) => Object.keys(each)))]

/** The entries of a success: one, or as many as the patients need. */
function entriesOf(
  x: Exchange,
  route: CheckedRoute,
  caller: Caller,
  decided: Decided,
  settled: Settled,
  { sent, download, entry }: Written,
): readonly AuditEventInput[] {
  const { reason, disclosure, ai, details } = entry ?? {}
  const streams = download !== undefined && x.request.method !== 'HEAD'
  const action = streams && !route.namedAudit ? 'download' : route.auditAs
  // The entry of a download's end, or of a failure from here on, is called the same.
  x.noted.action = action
  const fields = route.writes && decided.fields !== undefined ? decided.fields : keys(sent.map(({ seen }) => seen))
  const parts = partsOf(sent.map(({ facts }) => facts))
  return parts.map((part, index) => {
    const subject = subjectOf(route.on, part, fields)
    const more = {
      ...details,
      ...x.noted.details,
      ...(decided.denied === 0 ? {} : { denied: decided.denied }),
      ...(settled.withheld === 0 ? {} : { withheld: settled.withheld }),
      ...(parts.length === 1 ? {} : { part: index + 1, parts: parts.length }),
      ...(streams ? { phase: 'begin' } : {}),
    }
    const said = { action, subject, details: more, ...(reason === undefined ? {} : { reason }) }
    const event = eventOf(x, caller, 'success', said)
    return { ...event, context: { ...event.context, disclosure, ai } }
  })
}

/** A reading route: the handler, then the entries, durable before anything is sent. */
export async function readStep(
  x: Exchange,
  route: CheckedRoute,
  caller: Caller,
  decided: Decided,
  settled: Settled,
): Promise<Written | Refused> {
  let written: Written | undefined
  try {
    written = await handle(x, route, decided, settled, undefined)
    stopIfLate(x)
    x.step = 'audit'
    for (const event of entriesOf(x, route, caller, decided, settled, written)) await append(x, caller.tenant, event)
    stopIfLate(x)
    return written
  } catch (error) {
    await discard(written?.download)
    return x.step === 'audit' ? unrecorded(error) : refusalOf(error)
  }
}

/** A writing route: the handler and its entries in one transaction, of which the entries are the last statements. */
export async function writeStep(
  x: Exchange,
  route: CheckedRoute,
  caller: Caller,
  decided: Decided,
  settled: Settled,
): Promise<Written | Refused> {
  const { settings } = x
  const entriesBefore = x.entries
  let written: Written | undefined
  let failed: Failure | undefined
  const run = async (tx: unknown): Promise<void> => {
    // A transaction that is tried again begins from the start, with the same ids of entries.
    await discard(written?.download)
    x.entries = entriesBefore
    written = undefined
    failed = undefined
    x.committing = false
    try {
      const made = await handle(x, route, decided, settled, tx)
      written = made
      stopIfLate(x)
      x.step = 'audit'
      const log = await settings.log(caller.tenant)
      for (const event of entriesOf(x, route, caller, decided, settled, made)) await log.appendIn(tx, event)
      stopIfLate(x)
      x.committing = true
    } catch (error) {
      failed = { error, step: x.step }
      throw error
    }
  }
  let rejected: { readonly error: unknown } | undefined
  try {
    await (settings.transaction as NonNullable<typeof settings.transaction>)(caller, run)
  } catch (error) {
    rejected = { error }
  }
  // Assigned in the callback, which the compiler does not follow.
  const ended = { written, failed } as { written: Written | undefined; failed: Failure | undefined }
  if (rejected === undefined && x.committing && ended.written !== undefined) return ended.written
  await discard(ended.written?.download)
  // The function came to its end, so a commit was on its way: it may have happened.
  if (x.committing)
    return refused('outcome-unknown', { fault: isPhiError(rejected?.error) ? rejected.error : httpError('PHI_HTTP_COMMIT') })
  const { failed: found } = ended
  // It failed, and the transaction says that all is well: it may have committed a part.
  if (rejected === undefined && found !== undefined)
    return refused('outcome-unknown', { fault: httpError('PHI_HTTP_TRANSACTION') })
  if (rejected === undefined) return refused('internal', { fault: httpError('PHI_HTTP_TRANSACTION') })
  if (found === undefined) return failure(rejected.error)
  x.step = found.step
  return found.step === 'audit' ? unrecorded(found.error) : refusalOf(found.error)
}

interface Failure {
  readonly error: unknown
  readonly step: Exchange['step']
}
