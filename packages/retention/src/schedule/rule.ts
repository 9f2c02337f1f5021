import {
  type Citation,
  type Confirmation,
  citationSchema,
  confirmations,
  isUsState,
  parseAs,
  plainText,
  type UsState,
} from '@phi/core'
import { type CivilDate, isCivilDate } from '@phi/deadlines'
import * as z from 'zod'
import { retentionError } from '../errors.ts'
import { type Provider, providers } from '../record/kinds.ts'
import { type DateFact, dateFacts, type FlagFact, flagFacts } from '../record/record.ts'

/** The event that starts the clock, by the facts that hold its date. */
export interface Start {
  /** Ways in which it can be known: of one list, at least, every fact must be. Then the latest of all the facts named here counts. */
  readonly anyOf: readonly (readonly DateFact[])[]
  /** Facts that move the start to a later day where they are known, and are not needed. */
  readonly orLater?: readonly DateFact[]
  /** Facts that cannot lie after the start: while it is not known, they give a floor, and never a date of disposal. */
  readonly floorFrom?: readonly DateFact[]
}

/** How long. Counts round later: 29 February and six years is 1 March. */
export type Period =
  | { readonly unit: 'years' | 'months' | 'days'; readonly amount: number }
  /** Until a birthday of the patient. */
  | { readonly unit: 'age'; readonly amount: number }
  /** Kept for good. */
  | { readonly unit: 'permanent' }
  /** The text, or the source, has no number, and none is put in its place: no record is ever disposable by such a row. */
  | { readonly unit: 'open' }

/**
 * What a rule says of minors. Never less than the period of adults: a source that prints less may have left out "whichever is
 * later".
 * - `not-by-age`: the rule does not look at age
 * - `not-in-table`: the source says nothing of minors, so that the record of a minor, or of a patient of unknown age, has a floor
 */
export type MinorRule =
  | 'not-by-age'
  | 'not-in-table'
  | { readonly untilAge: number; readonly confirmation?: Confirmation }
  | {
      readonly yearsAfterMajority: number
      /** Where the row has an age of majority of its own. */
      readonly majority?: number
      readonly confirmation?: Confirmation
    }

/** Something that must be done before destruction. */
export interface DisposalCondition {
  /** Fixed words: "notice to the Department of Public Health". */
  readonly title: string
  /** The day on which it was done. */
  readonly fact: DateFact
  /** Days that must have passed since. */
  readonly days: number
}

/** A rule by which records are kept at least, or at most, so long. Plain data. */
export interface RetentionRule {
  /** Unique in its schedule: `tx.hospital`. */
  readonly id: string
  /** What is kept, in our own words. */
  readonly title: string
  /** `null`: no citation was found. */
  readonly citation: Citation | null
  readonly also?: readonly Citation[]
  readonly origin: 'law' | 'house' | 'contract'
  /** `minimum`: kept so long at least. `ceiling`: deleted by the end of it. */
  readonly effect: 'minimum' | 'ceiling'
  readonly kinds: readonly string[] | 'any'
  /** The States whose law it is. Absent: everywhere. */
  readonly jurisdiction?: readonly UsState[]
  readonly providers?: readonly Provider[]
  /** Reaches only records of which these hold. A fact that is not known is taken to hold. */
  readonly when?: readonly { readonly fact: FlagFact; readonly is: boolean }[]
  readonly start: Start
  readonly period: Period
  /** Kept at least through this day as well; needed, unless the flag says that there is none. */
  readonly through?: { readonly fact: DateFact; readonly unlessNot: FlagFact }
  readonly minor: MinorRule
  /** Of a patient who died: so many years after the death. It shortens only where the row is signed off. */
  readonly afterDeath?: { readonly years: number }
  /** Another period where the patient came back for another mammogram within so many years after this one. */
  readonly returned?: { readonly withinYears: number; readonly years: number }
  readonly conditions?: readonly DisposalCondition[]
  /** Advice, not law: days after the end in which the record may still be needed. */
  readonly advisedMarginDays?: number
  /** Only what is in force can fire. `from` is null where the first day is not known. What ends a row is a later schedule. */
  readonly inForce: { readonly from: CivilDate | null; readonly status: 'in-force' | 'proposed' | 'vacated' | 'superseded' }
  readonly confirmation: Confirmation
  /** The day on which the row was compared with its sources. */
  readonly asOf: CivilDate
  readonly sources: readonly string[]
  readonly note?: string
  /**
   * Of a rule of the house: what the schedule leaves open and this rule settles, in the words of `Assessment.unknown`, for example
   * `rule:al.physician`. It counts only where this rule applies to the record and is signed off.
   */
  readonly answers?: readonly string[]
}

const civil = z.string().refine(isCivilDate, 'must be a day that exists, as YYYY-MM-DD')
const dateFact = z.enum(dateFacts)
const years = z.int().min(0).max(150)
const confirmation = z.enum(confirmations)

const schema = z
  .strictObject({
    id: plainText(120),
    title: plainText(300),
    citation: citationSchema.nullable(),
    also: z.array(citationSchema).max(20).optional(),
    origin: z.enum(['law', 'house', 'contract']),
    effect: z.enum(['minimum', 'ceiling']),
    kinds: z.union([z.literal('any'), z.array(plainText(120)).min(1).max(200)]),
    jurisdiction: z.array(z.string().refine(isUsState, 'must name States by their postal codes')).min(1).max(60).optional(),
    providers: z.array(z.enum(providers)).min(1).optional(),
    when: z
      .array(z.strictObject({ fact: z.enum(flagFacts), is: z.boolean() }))
      .max(10)
      .optional(),
    start: z.strictObject({
      anyOf: z.array(z.array(dateFact).min(1).max(10)).min(1).max(20),
      orLater: z.array(dateFact).max(20).optional(),
      floorFrom: z.array(dateFact).max(20).optional(),
    }),
    period: z.union([
      z.strictObject({ unit: z.enum(['years', 'age']), amount: years }),
      z.strictObject({ unit: z.literal('months'), amount: z.int().min(0).max(1800) }),
      z.strictObject({ unit: z.literal('days'), amount: z.int().min(0).max(55_000) }),
      z.strictObject({ unit: z.enum(['permanent', 'open']) }),
    ]),
    through: z.strictObject({ fact: dateFact, unlessNot: z.enum(flagFacts) }).optional(),
    minor: z.union([
      z.enum(['not-by-age', 'not-in-table']),
      z.strictObject({ untilAge: years, confirmation: confirmation.optional() }),
      z.strictObject({
        yearsAfterMajority: years,
        majority: z.int().min(18).max(25).optional(),
        confirmation: confirmation.optional(),
      }),
    ]),
    afterDeath: z.strictObject({ years }).optional(),
    returned: z.strictObject({ withinYears: years, years }).optional(),
    conditions: z
      .array(z.strictObject({ title: plainText(300), fact: dateFact, days: z.int().min(0).max(3650) }))
      .max(10)
      .optional(),
    advisedMarginDays: z.int().min(0).max(3650).optional(),
    inForce: z.strictObject({
      from: civil.nullable(),
      status: z.enum(['in-force', 'proposed', 'vacated', 'superseded']),
    }),
    confirmation,
    asOf: civil,
    sources: z.array(plainText(300)).max(30),
    note: plainText(1000).optional(),
    answers: z.array(plainText(200)).max(100).optional(),
  })
  .refine(
    (rule) => rule.origin !== 'law' || rule.answers === undefined,
    'only a rule of the house can settle what law leaves open',
  )
  .refine(
    (rule) => rule.effect === 'minimum' || (rule.period.unit !== 'permanent' && rule.period.unit !== 'open'),
    'a ceiling needs a number',
  )
  .refine(
    (rule) =>
      rule.effect === 'minimum' ||
      (rule.minor === 'not-by-age' && rule.period.unit !== 'age' && !rule.afterDeath && !rule.returned && !rule.through),
    'a ceiling is counted from its start alone',
  )

/**
 * A frozen copy of a plain value: a rule that a caller could change after it was checked would not be the rule checked. Without
 * prototypes, since a rule has no optional part that somebody planted on Object.prototype.
 */
function frozenCopy<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy)) as Value
  const copy = Object.create(null)
  for (const key of Object.keys(value)) copy[key] = frozenCopy(value[key as keyof Value])
  return Object.freeze(copy)
}

/** Reads a rule from unknown data and freezes it. @throws PhiError PHI_RETENTION_RULE */
export function parseRetentionRule(value: unknown, path = 'rule'): RetentionRule {
  return frozenCopy(parseAs(schema, value, path, (context) => retentionError('PHI_RETENTION_RULE', context)) as RetentionRule)
}

/** A rule of one's own, as little of it as must be said. */
export type OwnRule = Pick<RetentionRule, 'id' | 'title' | 'kinds' | 'start' | 'period' | 'asOf'> &
  Partial<Omit<RetentionRule, 'origin'>>

const own = (origin: 'house' | 'contract', rule: OwnRule): RetentionRule =>
  parseRetentionRule({
    citation: null,
    effect: 'minimum',
    minor: 'not-by-age',
    inForce: { from: null, status: 'in-force' },
    // Whoever wrote the rule has its text.
    confirmation: 'text-seen',
    sources: [],
    ...rule,
    origin,
  })

/**
 * A period that the house set for itself, for example for messages. It can lengthen what the law asks, and is signed off like every
 * other row before anything is disposed of by it.
 * @throws PhiError PHI_RETENTION_RULE
 */
export const houseRule = (rule: OwnRule): RetentionRule => own('house', rule)

/** A period of an agreement: a minimum, or a ceiling ("delete by"). @throws PhiError PHI_RETENTION_RULE */
export const contractRule = (rule: OwnRule): RetentionRule => own('contract', rule)
