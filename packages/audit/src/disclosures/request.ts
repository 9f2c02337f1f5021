import { type ErrorContext, parseAs } from '@phi/core'
import * as z from 'zod'
import type { AuditRecord } from '../record.ts'
import type { AccountingPackage } from './accounting.ts'
import { isTimeZone } from './civil-date.ts'
import { disclosureError } from './errors.ts'
import { basisKey, civilDate, entitySchema, keysOf, patientSchema, prose, researchSchema, short } from './fields.ts'
import { type DisclosureBasisKey, disclosureBases, exclusions } from './law.ts'

/** A statement that an accounting would be likely to impede an agency's activities, 45 CFR 164.528(a)(2). */
const suspensionSchema = z.discriminatedUnion('form', [
  z.strictObject({
    form: z.literal('written'),
    agency: short,
    by: z.enum(['health-oversight-agency', 'law-enforcement-official']),
    recipients: z.array(prose).min(1).max(100).readonly(),
    /** The day on which it was received. */
    on: civilDate,
    /** The last day of the time that it specifies. */
    until: civilDate,
  }),
  z.strictObject({
    form: z.literal('oral'),
    agency: short,
    by: z.enum(['health-oversight-agency', 'law-enforcement-official']),
    recipients: z.array(prose).min(1).max(100).readonly(),
    on: civilDate,
    /** Whether it was documented, with the identity of the agency or official. */
    documented: z.boolean(),
  }),
])
export type SuspensionStatement = z.output<typeof suspensionSchema>

const particulars = {
  recipient: prose.optional(),
  address: prose.optional(),
  description: prose.optional(),
  purpose: prose.optional(),
}

const judgmentSchema = z
  .strictObject({
    /** The entry of the log, or the line of a contribution (`of` names it). */
    index: z.int().min(0),
    of: short.optional(),
    decision: z.enum(['list', 'exclude', 'suspend', 'not-a-disclosure', 'not-about-this-patient', 'not-made']),
    exclusion: z.enum(keysOf(exclusions)).optional(),
    basis: basisKey.optional(),
    /** What the event does not say and the office knows. It is shown as the office's word, not as proved. */
    completed: z.strictObject(particulars).optional(),
    /** Why, and the title of who decided. For the file: the patient is not shown it. */
    why: prose,
    by: short,
  })
  .refine(({ decision, exclusion }) => (decision === 'exclude') === (exclusion !== undefined), {
    path: ['exclusion'],
    message: 'must name the class where the decision is to exclude, and only there',
  })
  .refine(({ decision, basis }) => decision !== 'list' || basis === undefined || disclosureBases[basis].exclusion === null, {
    path: ['basis'],
    message: 'must not be one that leaves the disclosure out where the decision is to list it',
  })
export type Judgment = z.output<typeof judgmentSchema>

/** A disclosure that somebody else reports: a business associate, or another log of the covered entity. */
const reportedSchema = z.strictObject({
  date: civilDate,
  ...particulars,
  recipient: prose,
  description: prose,
  purpose: prose,
  basis: basisKey.optional(),
})
export type ReportedDisclosure = z.output<typeof reportedSchema>

const contributionSchema = z.discriminatedUnion('answer', [
  /** Told in a letter or a file: its word. */
  z.strictObject({
    from: short,
    answer: z.literal('disclosures'),
    disclosures: z.array(reportedSchema).max(100_000).readonly(),
  }),
  /** An accounting of its own that proves itself. */
  z.strictObject({
    from: short,
    answer: z.literal('package'),
    package: z.custom<string | AccountingPackage>(
      (value) => typeof value === 'string' || (typeof value === 'object' && value !== null),
      'must be a package of an accounting, or its text',
    ),
    keys: z.array(z.string()).max(20).readonly(),
  }),
  z.strictObject({ from: short, answer: z.literal('none-made') }),
  /** It did not answer. The accounting says so. */
  z.strictObject({ from: short, answer: z.literal('not-received') }),
])
export type Contribution = z.output<typeof contributionSchema>

const distinct = (keys: readonly string[]): boolean => new Set(keys).size === keys.length

const requestSchema = z
  .strictObject({
    patient: patientSchema,
    entity: entitySchema,
    /** The date of the request: the six years are counted back from it. */
    requestedOn: civilDate,
    /** The day on which the accounting is made. Suspensions are judged as of it. */
    preparedOn: civilDate,
    /** The IANA zone of the covered entity, in whose civil dates everything is counted. */
    timeZone: z.string().refine(isTimeZone, 'must be the IANA name of a time zone'),
    /** Less than six years, where the individual asked for less. */
    period: z
      .strictObject({ months: z.int().min(1).max(1200).optional(), since: civilDate.optional(), until: civilDate.optional() })
      .refine(({ months, since }) => months === undefined || since === undefined, 'must not hold both months and since')
      .optional(),
    /** Small health plans had a year more, 164.534(b)(2). */
    isSmallHealthPlan: z.boolean().optional(),
    /** The day from which this entity had to comply, where that is later: one that became a covered entity since. */
    coveredSince: civilDate.optional(),
    suspensions: z.array(suspensionSchema).max(100).readonly().optional(),
    contributions: z
      .array(contributionSchema)
      .max(1000)
      .refine((items) => distinct(items.map(({ from }) => from)), 'must not name the same contributor twice')
      .optional(),
    research: z
      .array(researchSchema)
      .max(1000)
      .refine((items) => distinct(items.map((each) => each.id)), 'must not name the same research twice')
      .optional(),
    judgments: z
      .array(judgmentSchema)
      .max(100_000)
      .refine(
        (items) => distinct(items.map(({ index, of = '' }) => `${index} ${of}`)),
        'must not decide on the same entry twice',
      )
      .readonly()
      .optional(),
    /** Puts repeated disclosures to one recipient for one purpose together, 164.528(b)(3). Default false: each on its own. */
    summarize: z.boolean().optional(),
  })
  .refine(({ requestedOn, preparedOn }) => preparedOn >= requestedOn, {
    path: ['preparedOn'],
    message: 'must not lie before the request',
  })
  .refine(
    ({ requestedOn, period: { since, until = requestedOn } = {} }) =>
      since === undefined || (since <= requestedOn && since <= until),
    {
      path: ['period'],
      message: 'must not begin after its end, or after the request',
    },
  )
  .refine(({ suspensions = [] }) => suspensions.every((each) => each.form === 'oral' || each.until >= each.on), {
    path: ['suspensions'],
    message: 'must not end before their statement',
  })
  .refine(({ research = [] }) => research.every(({ from, last }) => from <= last), {
    path: ['research'],
    message: 'must not end before it begins',
  })

type RequestInput = z.input<typeof requestSchema>
export type ParsedRequest = z.output<typeof requestSchema>

/** What a caller knows of a kind of event that the event itself does not say. */
export interface Classification {
  /** The provision under which it was made. */
  readonly basis?: DisclosureBasisKey
  /** It gave nothing to anybody outside: a print-out for a chart, say. */
  readonly isDisclosure?: false
}

/** What is asked for, and what the covered entity knows beside its log. */
export interface AccountingRequest extends RequestInput {
  /**
   * The provision under which an event was made, where the event does not say: for kinds of events, as opposed to `judgments`, which are
   * about single ones. Asked of candidates only, in the order of the log.
   */
  readonly classify?: (record: AuditRecord) => Classification | undefined
}

const classificationSchema = z
  .strictObject({ basis: basisKey.optional(), isDisclosure: z.literal(false).optional() })
  .optional()

const refuse = (context: ErrorContext) => disclosureError('PHI_AUDIT_DISCLOSURES_REQUEST', context)

/** @throws PhiError PHI_AUDIT_DISCLOSURES_REQUEST */
export function parseRequest(request: AccountingRequest): {
  readonly parsed: ParsedRequest
  readonly classify: (record: AuditRecord) => Classification | undefined
} {
  const { classify, ...rest } = Object(request) as AccountingRequest
  if (classify !== undefined && typeof classify !== 'function')
    throw refuse({ path: 'request.classify', detail: 'must be a function' })
  const parsed = parseAs(requestSchema, rest, 'request', refuse)
  const answer = (record: AuditRecord) =>
    classify === undefined
      ? undefined
      : (parseAs(classificationSchema, classify(record), 'request.classify', refuse) as Classification | undefined)
  return { parsed, classify: answer }
}
