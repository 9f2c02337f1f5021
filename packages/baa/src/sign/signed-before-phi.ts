import { formatInstant, isInstant, parseAs } from '@phi/core'
import * as z from 'zod'
import type { Agreement } from '../agreement/agreement.ts'
import { readAgreement } from '../agreement/define.ts'
import { lifeOf } from '../agreement/status.ts'
import { freeze } from '../freeze.ts'
import { signError } from './errors.ts'

/** A record of an audit log, as far as it is looked at here. Those of `@phi/audit` are such. */
export interface LoggedEvent {
  /** The place in the log, from 0. */
  readonly index: number
  /** When the log took it, `YYYY-MM-DDTHH:mm:ss.sssZ`. */
  readonly recordedAt: string
  readonly event: {
    /** When it happened, as whoever recorded it says. */
    readonly occurredAt?: string | undefined
  }
  /** False: a part of it does not say what was recorded. */
  readonly genuine?: boolean | undefined
}

/** What tells whether an event touched protected health information. `namesPhi` reads it. */
export interface SubjectEvent extends LoggedEvent {
  readonly event: LoggedEvent['event'] & {
    readonly subject?:
      | {
          readonly dataClasses?: readonly string[] | undefined
          readonly patients?: readonly string[] | undefined
          readonly resource?: object | undefined
          readonly count?: number | undefined
          readonly fields?: readonly string[] | undefined
        }
      | undefined
    readonly context?: { readonly disclosure?: object | undefined } | undefined
  }
  /** Parts that are not shown. */
  readonly withheld?: readonly string[] | undefined
}

/**
 * Whether a record says that protected health information was touched: it names a data class or a patient, or is a disclosure. `unknown`
 * where that part is withheld, or where it names a record and no class.
 */
export function namesPhi({ event, withheld }: SubjectEvent): boolean | 'unknown' {
  const { subject, context } = event
  if ((subject?.dataClasses?.length ?? 0) > 0 || (subject?.patients?.length ?? 0) > 0) return true
  if (context?.disclosure !== undefined) return true
  if (withheld?.includes('subject') === true || withheld?.includes('context') === true) return 'unknown'
  return subject?.resource !== undefined || subject?.count !== undefined || subject?.fields !== undefined ? 'unknown' : false
}

export interface SignedBeforePhiOptions<Event extends LoggedEvent> {
  /**
   * Whether an event touched protected health information under this agreement. `unknown` counts as neither. In a log of many vendors, ask
   * here which of them it is about.
   */
  readonly isPhi: (event: Event) => boolean | 'unknown'
  /** Whether the log was verified, and found intact: `verdict === 'intact'` of the report of `@phi/audit`. */
  readonly verified: boolean
  /** How many entries the verification covers: `coverage.checked` of a report over the whole log. Every one of them has to come by. */
  readonly size: number
}

/** The first event that touched protected health information. */
export interface FirstPhi {
  readonly index: number
  /** The earlier of the moments at which it happened and was recorded. */
  readonly at: string
}

/**
 * Why it cannot be said. `not-verified`: nobody found the log intact. `incomplete`: entries are missing, twice, or out of order.
 * `unreadable`: the log could not be read to its end. `time-missing`: an event has no time. `altered`: a record is not genuine.
 * `not-classified`: nobody can say whether an early event touched protected health information.
 */
export type SignedBeforePhiUnknown =
  | 'not-verified'
  | 'incomplete'
  | 'unreadable'
  | 'time-missing'
  | 'altered'
  | 'not-classified'

interface Moments {
  /** When the last of both parties had signed. Null: not both have. */
  readonly signedAt: string | null
  /** From when on the agreement was in force. Null: never. */
  readonly inForceFrom: string | null
}

export type SignedBeforePhi = Moments &
  (
    | { readonly outcome: 'signed-before'; readonly firstPhi: FirstPhi }
    | { readonly outcome: 'no-phi' }
    | {
        /** Before both had signed; or after that, and before the agreement was effective. */
        readonly outcome: 'phi-before-signature' | 'phi-before-effective'
        readonly firstPhi: FirstPhi
        /** How long before, in milliseconds. Null: that moment has never come. */
        readonly earlyBy: number | null
        /** How many events came too early. */
        readonly events: number
        /** Whether the log was found intact. An early event in a log that was not is an alarm all the same. */
        readonly verified: boolean
      }
    | { readonly outcome: 'unknown'; readonly problem: SignedBeforePhiUnknown; readonly index?: number }
  )

const optionsSchema = z.strictObject({
  isPhi: z.custom<(event: never) => unknown>((value) => typeof value === 'function', 'must be a function'),
  verified: z.boolean(),
  size: z.int().min(0),
})

/**
 * Whether the agreement was signed by both, and in force, before protected health information was first touched. A covered entity may let
 * a business associate have it when it has obtained assurances, 45 CFR 164.502(e)(1), and documented them in writing, (e)(2).
 *
 * The whole log is read, in either order, and every entry has to come by once: a part of a log cannot show what it leaves out. Of the two
 * times of an event the earlier counts. A day without a zone counts as in `statusAt`, on the side that allows less. What stands in
 * `signatures` is taken as it is: verify them first, and ask about `withSignatures`.
 * @param agreements one, or an agreement and its renewals: the first that was in force counts
 * @throws PhiError PHI_BAA_SIGNING for options that are none; PHI_BAA_AGREEMENT, PHI_BAA_CONTRADICTION
 */
export async function signedBeforePhi<Event extends LoggedEvent>(
  agreements: Agreement | readonly Agreement[],
  log: Iterable<Event> | AsyncIterable<Event>,
  options: SignedBeforePhiOptions<Event>,
): Promise<SignedBeforePhi> {
  const { verified, size } = parseAs(optionsSchema, options, 'options', (context) => signError('PHI_BAA_SIGNING', context))
  const moments = momentsOf(agreements)
  const shown: Moments = { signedAt: textOf(moments.signed), inForceFrom: textOf(moments.inForce) }
  const reading = await readLog(log, options.isPhi, moments.inForce, size)
  const { first, early, problem } = reading
  if (first !== undefined && first.at < moments.inForce) {
    const isUnsigned = first.at < moments.signed
    const missed = isUnsigned ? moments.signed : moments.inForce
    return freeze({
      ...shown,
      outcome: isUnsigned ? 'phi-before-signature' : 'phi-before-effective',
      firstPhi: { index: first.index, at: first.text },
      earlyBy: Number.isFinite(missed) ? missed - first.at : null,
      events: early,
      verified: verified && problem === undefined,
    })
  }
  if (problem !== undefined) return freeze({ ...shown, outcome: 'unknown', ...problem })
  if (!verified) return freeze({ ...shown, outcome: 'unknown', problem: 'not-verified' })
  if (first === undefined) return freeze({ ...shown, outcome: 'no-phi' })
  return freeze({ ...shown, outcome: 'signed-before', firstPhi: { index: first.index, at: first.text } })
}

/** In milliseconds since 1970; infinity where it never came. */
interface Instants {
  readonly signed: number
  readonly inForce: number
}

function momentsOf(agreements: Agreement | readonly Agreement[]): Instants {
  const list = (Array.isArray(agreements) ? agreements : [agreements]) as readonly Agreement[]
  if (list.length === 0) throw signError('PHI_BAA_SIGNING', { path: 'agreements', detail: 'must hold an agreement' })
  const all = list.map((each) => instantsOf(readAgreement(each)))
  return all.reduce((best, each) =>
    each.inForce < best.inForce || (each.inForce === best.inForce && each.signed < best.signed) ? each : best,
  )
}

function instantsOf(agreement: Agreement): Instants {
  const at = ({ id }: { readonly id: string }) => Date.parse(agreement.signatures.find((each) => each.party === id)?.at ?? '')
  const signed = Math.max(at(agreement.from), at(agreement.to))
  const inForce = lifeOf(agreement).find(({ status }) => status === 'in-force')?.from
  return { signed: Number.isNaN(signed) ? Number.POSITIVE_INFINITY : signed, inForce: inForce ?? Number.POSITIVE_INFINITY }
}

const textOf = (at: number): string | null => (Number.isFinite(at) ? formatInstant(at) : null)

interface Reading {
  readonly first: { readonly index: number; readonly at: number; readonly text: string } | undefined
  readonly early: number
  /** The first thing that leaves the answer open. */
  readonly problem: { readonly problem: SignedBeforePhiUnknown; readonly index?: number } | undefined
}

async function readLog<Event extends LoggedEvent>(
  log: Iterable<Event> | AsyncIterable<Event>,
  isPhi: (event: Event) => boolean | 'unknown',
  inForce: number,
  size: number,
): Promise<Reading> {
  let first: Reading['first']
  let early = 0
  let problem: Reading['problem']
  let count = 0
  let before: number | undefined
  let step = 0
  const found = (what: SignedBeforePhiUnknown, index?: number) => {
    problem ??= { problem: what, ...(Number.isSafeInteger(index) ? { index: index as number } : {}) }
  }
  try {
    for await (const record of log) {
      count += 1
      // A log that goes on for ever, or longer than what was verified.
      if (count > size) break
      const { index } = record
      if (before === undefined) {
        // From the first to the last, or from the last to the first.
        step = index === 0 ? 1 : -1
        if (index !== 0 && index !== size - 1) found('incomplete', index)
      } else if (index !== before + step) found('incomplete', index)
      before = index
      const time = timeOf(record)
      const phi = classOf(record, isPhi)
      if (record.genuine === false) found('altered', index)
      if (phi === false) continue
      if (time === undefined) found('time-missing', index)
      else if (phi === 'unknown') {
        if (time.at < inForce) found('not-classified', index)
      } else {
        if (first === undefined || time.at < first.at) first = { index, ...time }
        if (time.at < inForce) early += 1
      }
    }
    if (count !== size) found('incomplete')
  } catch {
    // The cause is not kept: it may show what was read.
    found('unreadable', before)
  }
  return { first, early, problem }
}

/** The earlier of both times: what is said to happen later than it was recorded happened by then. */
function timeOf({ recordedAt, event }: LoggedEvent): { readonly at: number; readonly text: string } | undefined {
  const occurredAt = event?.occurredAt
  if (!isInstant(recordedAt) || occurredAt === undefined || !isInstant(occurredAt)) return undefined
  const text = occurredAt < recordedAt ? occurredAt : recordedAt
  return { at: Date.parse(text), text }
}

function classOf<Event extends LoggedEvent>(record: Event, isPhi: (event: Event) => unknown): boolean | 'unknown' {
  try {
    const answer = isPhi(record)
    return typeof answer === 'boolean' ? answer : 'unknown'
  } catch {
    return 'unknown'
  }
}
