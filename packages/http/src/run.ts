import type { Caller } from './call.ts'
import type { CheckedRoute } from './checked-route.ts'
import type { Connection } from './connection.ts'
import { decideStep } from './decision/decide.ts'
import { obligationsStep } from './decision/obligations.ts'
import { publishRefused } from './diagnostics.ts'
import { httpError } from './errors.ts'
import { type Exchange, exchangeOf, fault, type Noted } from './exchange.ts'
import { failure, isNoEvent, unrecorded } from './failure.ts'
import { problems } from './problem.ts'
import { readingMethods, receive, writingMethods } from './receive/receive.ts'
import { append, eventOf } from './record.ts'
import { isRefused, type Refused, refused } from './refused.ts'
import { discard, outgoing } from './reply/download.ts'
import { readStep, writeStep } from './reply/handle.ts'
import type { Written } from './reply/reply.ts'
import { type Prepared, problemOf, send } from './reply/send.ts'
import type { Handler } from './route.ts'
import { sessionStep } from './session/session-step.ts'
import type { Settings } from './settings.ts'

/**
 * The order of a request, in one place. Each step answers with what the next one needs, or with a refusal, and then no later step runs:
 * receive → session → decide → obligations → handle → audit → send.
 */
export async function runRoute(x: Exchange, route: CheckedRoute): Promise<Prepared | Refused> {
  const received = receive(x, route.writes ? writingMethods : readingMethods)
  if (isRefused(received)) return received

  const signedIn = await sessionStep(x)
  if (isRefused(signedIn)) return signedIn
  const { caller } = signedIn

  // Within: the type of records, then the body, then the records, one by one.
  const decided = await decideStep(x, route, caller, received)
  if (isRefused(decided)) return decided
  if (x.late) return refused('timeout')

  const settled = obligationsStep(x, route.on, route.writes, decided)
  if (isRefused(settled)) return settled

  // Both handle and then audit; for a write the two are one transaction.
  const written = await (route.writes ? writeStep : readStep)(x, route, caller, decided, settled)
  if (isRefused(written)) return written

  return sendStep(x, caller, written)
}

/** A download is opened last, when its first entry is durable, and recorded once more when it has ended. */
function sendStep(x: Exchange, caller: Caller, { prepared, download }: Written): Prepared {
  x.step = 'send'
  if (download === undefined) return prepared
  if (x.request.method === 'HEAD') {
    void discard(download)
    return prepared
  }
  if (x.late) {
    // Something else was answered: what the connection counts is not of this.
    void discard(download)
    void recordEnd(x, caller, 0, false)
    return prepared
  }
  const { stream, ended } = outgoing(download, x.connection, x.signal)
  void ended.then(({ bytes, complete }) => recordEnd(x, caller, bytes, complete))
  return { ...prepared, body: stream }
}

async function recordEnd(x: Exchange, caller: Caller, bytesSent: number, complete: boolean): Promise<void> {
  try {
    const details = { ...x.noted.details, phase: 'end', bytesSent, complete }
    await append(x, caller.tenant, eventOf(x, caller, complete ? 'success' : 'failure', { details }))
  } catch (error) {
    fault({ ...x, step: 'audit' }, error)
  }
}

/**
 * A refusal, recorded where somebody is known to have been refused. Where that cannot be recorded, the answer is the same for everybody, so
 * that a log that is away tells nobody what there is.
 */
async function refuse(x: Exchange, given: Refused): Promise<Prepared> {
  let answer = given
  if (Object.hasOwn(given.more, 'fault')) fault(x, given.more.fault)
  const { caller } = x
  if (caller === undefined) {
    publishRefused({ requestId: x.requestId, code: answer.code, step: x.step })
    return problemOf(x.requestId, answer)
  }
  try {
    const { status } = given.more.own ?? problems[given.code]
    const denied = given.more.own === undefined && (status === 403 || status === 401 || given.more.reason === 'denied')
    const details = { ...x.noted.details, reason: given.more.reason ?? given.code }
    await appendRefusal(x, caller, denied ? 'denied' : 'failure', details)
  } catch (error) {
    x.step = 'audit'
    fault(x, error)
    // What is not known does not become known by that.
    if (answer.code !== 'outcome-unknown') answer = unrecorded(error)
  }
  return problemOf(x.requestId, answer)
}

/**
 * The entry of a refusal. What it says of a record comes from the record: where the log refuses that (an id that is too long, say), the entry is
 * written without, for an error of its own would tell that the record is there.
 */
async function appendRefusal(
  x: Exchange,
  caller: Caller,
  outcome: 'denied' | 'failure',
  details: NonNullable<Noted['details']>,
): Promise<void> {
  try {
    await append(x, caller.tenant, eventOf(x, caller, outcome, { details }))
  } catch (error) {
    if (x.noted.subject === undefined || !isNoEvent(error)) throw error
    fault({ ...x, step: 'audit' }, error)
    await append(x, caller.tenant, eventOf(x, caller, outcome, { details, subject: undefined }))
  }
}

/** What a handler of this package does with a request that has been taken in. */
export type Work = (x: Exchange) => Promise<Prepared | Refused>

/** Makes a handler: whatever happens in it, it answers, in time, with one response, and with every header that belongs there. */
export function handlerOf(settings: Settings, noted: Noted, work: Work): Handler {
  return async (request, connection, params = {}) => {
    const controller = new AbortController()
    const leave = () => controller.abort()
    const x = exchangeOf(settings, request, connection ?? nowhere, params, controller.signal, noted)
    let timer: ReturnType<typeof setTimeout> | undefined
    try {
      if (request.signal.aborted) leave()
      request.signal.addEventListener('abort', leave, { once: true })
      const late = new Promise<Prepared>((resolve) => {
        timer = setTimeout(() => resolve(tooLate(x, leave)), settings.timeoutMs)
      })
      const answered = answer(x, work)
      const prepared = await Promise.race([answered, late])
      if (x.late) void answered.then(drop, () => {})
      return send(x, prepared)
    } catch (error) {
      fault(x, error)
      return send(x, problemOf(x.requestId, refused('internal')))
    } finally {
      clearTimeout(timer)
    }
  }
}
const nowhere: Connection = { ip: undefined, encrypted: false }

async function answer(x: Exchange, work: Work): Promise<Prepared> {
  let outcome: Prepared | Refused
  try {
    outcome = await work(x)
  } catch (error) {
    outcome = failure(error)
  }
  return isRefused(outcome) ? refuse(x, outcome) : outcome
}

/** The time is up: what is under way is told to stop, and takes nothing to its end any more, unless it is doing so already. */
function tooLate(x: Exchange, leave: () => void): Prepared {
  x.late = true
  fault(x, httpError('PHI_HTTP_TIMEOUT'))
  leave()
  return problemOf(x.requestId, refused(x.committing ? 'outcome-unknown' : 'timeout'))
}

/** Lets go of a body that nobody will read. */
function drop({ body }: Prepared): void {
  if (body instanceof ReadableStream) void body.cancel().catch(() => {})
}
