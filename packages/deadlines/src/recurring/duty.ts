import { type Citation, type Confirmation, citationSchema, confirmations, parseAs, plainText } from '@phi/core'
import * as z from 'zod'
import { type CivilDate, isCivilDate } from '../calendar/civil-date.ts'
import type { Ruleset } from '../rule/group.ts'
import type { Every } from './cadence.ts'
import { recurringError } from './errors.ts'

/** How often a duty comes round, and who says so. */
export interface Cadence {
  readonly every: Every
  /** `law`: the text has the number. `house`: the text has none, and the house set itself one. */
  readonly by: 'law' | 'house'
}

/** A duty that comes round, or that an event brings about. Plain data: spread it to set a cadence, an anchor, a last day. */
export interface RecurringDuty {
  readonly id: string
  readonly ruleset: Ruleset
  /** What must be done, as a sentence without a subject. */
  readonly title: string
  readonly citation: Citation
  readonly also: readonly Citation[]
  /** The law's own words on how often, quoted: "periodic". Where it has none, that. */
  readonly words: string
  /** To whom it is owed; `own records` where nobody is told. */
  readonly addressee: string
  /** Without one, the duty stays qualitative: the law's words, and no date. */
  readonly cadence?: Cadence | undefined
  /** The events that bring it about beside the cadence: `on hire`, `on significant change`. */
  readonly events: readonly string[]
  /** Those of the events that stand in the law. */
  readonly eventsInLaw: readonly string[]
  /** The house's target after an event, in calendar days. The law has no number for any. */
  readonly targetDays?: number | undefined
  /** The first day on which it is due. Later days are counted from this one. Without it, they are counted from the last day done. */
  readonly anchor?: CivilDate | undefined
  /** The last day on which it was done; `never` where it is known that it was not; absent where nobody knows. */
  readonly lastDone?: CivilDate | 'never' | null | undefined
  readonly confirmation: Confirmation
  readonly note?: string | undefined
}

const civil = z.string().refine(isCivilDate, 'must be a day that exists, as YYYY-MM-DD')
const citation: z.ZodType<Citation> = citationSchema

const every = z.union([
  z.enum(['monthly', 'quarterly', 'yearly']),
  z.strictObject({ days: z.int().min(1).max(3650) }),
  z.strictObject({ months: z.int().min(1).max(600) }),
  z.strictObject({ years: z.int().min(1).max(50) }),
])

const schema = z
  .strictObject({
    id: plainText(100),
    ruleset: z.strictObject({ id: plainText(100), asOf: civil }),
    title: plainText(300),
    citation,
    also: z.array(citation).max(20).default([]),
    words: plainText(1000),
    addressee: plainText(100),
    cadence: z.strictObject({ every, by: z.enum(['law', 'house']) }).optional(),
    events: z.array(plainText(100)).max(20).default([]),
    eventsInLaw: z.array(plainText(100)).max(20).default([]),
    targetDays: z.int().min(0).max(3650).optional(),
    anchor: civil.optional(),
    lastDone: z.union([civil, z.literal('never')]).nullish(),
    confirmation: z.enum(confirmations),
    note: plainText(1000).optional(),
  })
  .refine(({ events, eventsInLaw }) => eventsInLaw.every((event) => events.includes(event)), {
    path: ['eventsInLaw'],
    message: 'must name events of the duty',
  })

/** A duty as it is written: lists may be left out. */
export type RecurringDutyInput = Omit<RecurringDuty, 'also' | 'events' | 'eventsInLaw'> &
  Partial<Pick<RecurringDuty, 'also' | 'events' | 'eventsInLaw'>>

/**
 * A recurring duty, checked. Its cadence is policy, marked as the house's or the law's; no number is made up where neither has one.
 * @throws PhiError PHI_DEADLINES_RECURRING
 */
export function recurringDuty(duty: RecurringDutyInput): RecurringDuty {
  return Object.freeze(parseAs(schema, duty, 'duty', (context) => recurringError('PHI_DEADLINES_RECURRING', context)))
}
