import { parseAs } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import { bitsSchema } from './options.ts'
import { rowsOf, sortedCounts } from './value-counts.ts'

export interface IndexPlanOptions {
  /** How many rows with a value the column will have: plan for the years to come. Default the sum of `counts`. */
  readonly rows?: number
  /** How many different values, after normalising. Default the number of `counts`, or as many as there are rows. */
  readonly distinct?: number
  /** How often each value occurs today, one number a value. Makes the figures exact where the column is uneven. */
  readonly counts?: Iterable<number>
  /** Plan with so many bits, and say what that means. */
  readonly bits?: number
  /** Or: take the fewest bits that give a search at most so many false positives on average. */
  readonly maxFalsePositives?: number
  /** Indexes of the same rows that exist already: an attacker puts them together. */
  readonly otherIndexes?: readonly { readonly bits: number; readonly distinct?: number }[]
}

/** What a number of bits means for whoever searches, and for whoever reads the database. Counts of rows are expected values. */
export interface IndexPlan {
  readonly bits: number
  readonly rows: number
  readonly distinct: number
  /** Rows that a search brings back although they hold another value; each costs one opening. */
  readonly falsePositives: {
    /** Of a search for one of the column's values, each value searched for as often as any other. */
    readonly average: number
    /** Its standard deviation, over the choice of the key. */
    readonly standardDeviation: number
    /** Of a search for a value that no row has. */
    readonly absentValue: number
  }
  readonly buckets: {
    /** 2^bits */
    readonly possible: number
    /** How many different terms will stand in the column. */
    readonly occupied: number
    /** Rows per term that occurs. */
    readonly averageRows: number
    /** Different values that share a term with a given one, that one included: 1 hides nothing. */
    readonly valuesPerTerm: number
  }
  /** C = rows / 2^(Σ min(bits of an index, log2 of its distinct values)), over this index and the others. */
  readonly coincidences: number
  /** The bits for which 2 ≤ C ≤ √rows; null when there are none. */
  readonly window: { readonly from: number; readonly to: number } | null
  readonly findings: readonly PlanFinding[]
}

export interface PlanFinding {
  readonly code: keyof typeof planFindings
  readonly meaning: string
}

export const planFindings = {
  'values-share-terms':
    'Several values share each term: equal terms do not prove equal values, and a known row tells of others only by chance.',
  'equality-visible':
    'Nearly every value has a term of its own: whoever reads the database sees which rows are equal, and how often each value occurs.',
  'rows-unique':
    'Nearly every row has a value of its own: the index shows no groups, but it shows when a value goes away and comes back.',
  'below-window':
    'Fewer bits than the published rule asks for: more rows than the square root of the table share all their terms, so that searches bring back much.',
  'above-window': 'More bits than the published rule allows: fewer than two rows are expected to share all their terms.',
  'few-values':
    'The column has so few values that counting tells them apart whatever the bits: run the leakage report before you index it.',
  'small-table': 'Under 16 rows no number of bits hides anything.',
} as const

const count = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)
const optionsSchema = z
  .strictObject({
    rows: count.optional(),
    distinct: count.optional(),
    counts: z
      .custom<Iterable<number>>((value) => typeof (value as Iterable<number>)?.[Symbol.iterator] === 'function')
      .optional(),
    bits: bitsSchema.optional(),
    maxFalsePositives: z.number().positive().max(Number.MAX_SAFE_INTEGER).optional(),
    otherIndexes: z
      .array(z.strictObject({ bits: bitsSchema, distinct: count.optional() }))
      .max(64)
      .default([]),
  })
  .refine(({ rows, counts }) => rows !== undefined || counts !== undefined, 'must have `rows` or `counts`')
  .refine(
    ({ bits, maxFalsePositives }) => bits === undefined || maxFalsePositives === undefined,
    'must have either `bits` or `maxFalsePositives`',
  )

/**
 * Plans the truncation of a blind index. With neither `bits` nor `maxFalsePositives` it takes the most bits with which two values still
 * share a term on average.
 *
 * The HMAC sends each value to one of B = 2^bits terms as if by chance. With R rows, D values and f rows of the value searched for,
 * a search brings back (R − f) / B rows of other values on average, with variance Σ f_u² · (1 − 1/B) / B over the other values u;
 * B · (1 − (1 − 1/B)^D) terms occur; and a term stands for 1 + (D − 1) / B values. The coincidence count C, and the rule 2 ≤ C ≤ √R,
 * are those of the blind index planning of the CipherSweet project; its bounds are rounded inwards here.
 *
 * The counting says nothing of columns that are uneven or have few values: {@link leakageReport} does.
 * @throws PhiError PHI_ENVELOPE_OPTIONS
 */
export function planIndex(options: IndexPlanOptions): IndexPlan {
  const given = parseAs(optionsSchema, options, 'plan', (context) => envelopeError('PHI_ENVELOPE_OPTIONS', context))
  const counts = given.counts && sortedCounts({ counts: given.counts })
  const counted = counts && rowsOf(counts)
  const rows = given.rows ?? (counted as number)
  const distinct =
    given.distinct ?? (counts === undefined ? rows : Math.min(rows, Math.round((counts.length * rows) / (counted as number))))
  if (distinct > rows) throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'plan.distinct', detail: 'more values than rows' })
  // Σ f² / D. How uneven the column is stays as it is today when it grows: 1 where every value is as frequent as any other.
  const unevenness =
    counts === undefined ? 1 : (counts.reduce((sum, f) => sum + f * f, 0) * counts.length) / (counted as number) ** 2
  const meanSquare = unevenness * (rows / distinct) ** 2

  const average = (bits: number) => (rows - rows / distinct) / 2 ** bits
  const bits = given.bits ?? bitsFor(given.maxFalsePositives, rows, distinct)
  const possible = 2 ** bits
  // B · (1 − (1 − 1/B)^D), in a form that stays exact when B is far greater than D.
  const occupied = -possible * Math.expm1(distinct * Math.log1p(-1 / possible))
  const valuesPerTerm = 1 + (distinct - 1) / possible
  const others = given.otherIndexes.reduce((sum, index) => sum + Math.min(index.bits, Math.log2(index.distinct ?? rows)), 0)
  const coincidencesOf = (of: number) => rows / 2 ** (Math.min(of, Math.log2(distinct)) + others)
  const window = windowOf(coincidencesOf, rows, Math.ceil(Math.log2(distinct)))

  const codes: PlanFinding['code'][] = []
  if (rows < 16) codes.push('small-table')
  if (distinct < FEW_VALUES) codes.push('few-values')
  if (valuesPerTerm >= 2) codes.push('values-share-terms')
  else codes.push(distinct > rows * 0.95 ? 'rows-unique' : 'equality-visible')
  if (coincidencesOf(bits) > Math.sqrt(rows)) codes.push('below-window')
  if (coincidencesOf(bits) < 2) codes.push('above-window')

  return {
    bits,
    rows,
    distinct,
    falsePositives: {
      average: average(bits),
      standardDeviation: Math.sqrt(((distinct - 1) * meanSquare * (1 - 1 / possible)) / possible),
      absentValue: rows / possible,
    },
    buckets: { possible, occupied, averageRows: rows / occupied, valuesPerTerm },
    coincidences: coincidencesOf(bits),
    window,
    findings: codes.map((code) => ({ code, meaning: planFindings[code] })),
  }
}

/** Below this many values counting alone tells most of a column (7 bits, when all are equally common). */
const FEW_VALUES = 128

function bitsFor(maxFalsePositives: number | undefined, rows: number, distinct: number): number {
  const wanted =
    maxFalsePositives === undefined
      ? Math.floor(Math.log2(Math.max(distinct - 1, 2)))
      : Math.ceil(Math.log2((rows - rows / distinct) / maxFalsePositives))
  return Math.min(256, Math.max(1, wanted))
}

/** Bits beyond those that tell every value apart change nothing, and are not recommended. */
function windowOf(coincidences: (bits: number) => number, rows: number, enough: number): IndexPlan['window'] {
  const fitting = Array.from({ length: Math.min(256, Math.max(1, enough)) }, (_, i) => i + 1).filter(
    (bits) => coincidences(bits) >= 2 && coincidences(bits) <= Math.sqrt(rows),
  )
  const from = fitting[0]
  const to = fitting.at(-1)
  return from === undefined || to === undefined ? null : { from, to }
}
