import { parseAs } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import { bitsSchema } from './options.ts'
import { assignTerms, numbersFrom, rowsMatchedByRank, sizesOfTerms } from './rank-matching.ts'
import { type ColumnCounts, rowsOf, type SortedCounts, sortedCounts } from './value-counts.ts'

export interface LeakageOptions {
  /**
   * The bits of the index, when the counts are of the column's own values: the report says what the index will show. Leave it out
   * when the counts were taken from the index column itself, or for deterministic encryption.
   */
  readonly bits?: number
}

export type Severity = 'low' | 'medium' | 'high'

/** How the rows of a column, or of its index, fall into classes of equal ones. Expected values where an index is simulated. */
export interface ClassSummary {
  /** Different values, or different terms. */
  readonly classes: number
  /** Classes of one row. */
  readonly unique: number
  /** Rows of the largest five. */
  readonly largest: readonly number[]
  /** Shannon entropy of a row's class, in bits. */
  readonly entropy: number
  /** Min-entropy, −log2 of the largest class's share, in bits: how surely a guess of the commonest hits. */
  readonly minEntropy: number
  /** k-anonymity: how many classes have `from` to `to` rows, and how many rows are in them. `to` is null for the last line. */
  readonly bySize: readonly {
    readonly from: number
    readonly to: number | null
    readonly classes: number
    readonly rows: number
  }[]
}

export interface LeakageReason {
  readonly code: keyof typeof leakageReasons
  readonly severity: Severity
  readonly meaning: string
}

/** What an index on a column tells to whoever reads the database and knows how often each value occurs in such a column. */
export interface LeakageReport {
  readonly rows: number
  readonly bits: number | null
  readonly column: ClassSummary
  /** What stands in the database. The same as `column` without `bits`. */
  readonly index: ClassSummary
  /** Shares of the rows, 0 to 1. */
  readonly frequencyAnalysis: {
    /** Named rightly by matching ranks of frequency: the commonest term is taken for the commonest value, and so on. */
    readonly matched: number
    /** Named rightly without looking at the index, by guessing the commonest value for each row. */
    readonly guessed: number
  }
  /** Share of the rows whose term stands for one value only and which have a row beside them: seen to be equal to another row. */
  readonly linked: number
  readonly verdict: Severity
  /** Why, the gravest first. */
  readonly reasons: readonly LeakageReason[]
  readonly recommendation: keyof typeof recommendations
}

export const leakageReasons = {
  'few-values':
    'The column holds under 7 bits of entropy, as sex, state and diagnosis flags do: counting tells most of it, however few bits are kept.',
  'frequency-analysis': 'Matching frequencies names many rows rightly.',
  'dominant-value': 'One value holds a large share of the rows: it is plain from the size of its term.',
  'equal-rows-linked': 'Most rows are seen to be equal to another row: visits of one patient, members of one family.',
  'small-sample': 'Under 1,000 rows: the shares are rough, and every group is small.',
  'nothing-found': 'Frequencies tell little of this column.',
} as const

export const recommendations = {
  index: 'Index the column with these bits.',
  'fewer-bits': 'Keep fewer bits: see planIndex.',
  'compound-index': 'Do not index the column alone. Index it together with others, such as a birth date.',
  'no-index': 'Do not index the column. Search by something else, and filter the opened rows.',
} as const

/** Where a share of rows, or a number of bits, becomes medium or high. A judgement of this project; no regulation names a number. */
export const leakageThresholds = {
  entropyBits: 7,
  matched: { medium: 0.02, high: 0.1 },
  largestShare: { medium: 0.02, high: 0.1 },
  linked: { medium: 0.5 },
  smallSample: 1000,
} as const

const SIZES = [1, 2, 5, 10, 50, 250, 1000] as const
const optionsSchema = z.strictObject({ bits: bitsSchema.optional() })

/**
 * Says what an index on a column would give away, from how often the column's values occur. Nothing in the report is a value: it holds
 * counts only, and may be shown to somebody who may not see the column.
 *
 * With `bits` the choice of the key is simulated, 16 times with fixed seeds (4 times over 100,000 values), and averages are told.
 * The attacker is one who reads the index column and knows the frequencies of the column exactly: census tables and disease
 * statistics are public. Not counted: one who can also write rows, watches searches, or has other columns to compare with.
 * @throws PhiError PHI_ENVELOPE_OPTIONS for anything that is no count, and for a column without rows
 */
export function leakageReport(column: ColumnCounts, options: LeakageOptions = {}): LeakageReport {
  const { bits } = parseAs(optionsSchema, options, 'leakage', (context) => envelopeError('PHI_ENVELOPE_OPTIONS', context))
  const counts = sortedCounts(column)
  const rows = rowsOf(counts)
  const runs = bits === undefined ? 1 : counts.length > 100_000 ? 4 : 16
  const seen = Array.from({ length: runs }, (_, run) => observe(counts, rows, bits, run + 1))
  const average = (of: (each: Observation) => number): number => seen.reduce((sum, each) => sum + of(each), 0) / runs

  const plain = summary(counts, rows)
  const index: ClassSummary = {
    classes: average((each) => each.index.classes),
    unique: average((each) => each.index.unique),
    largest: Array.from({ length: Math.min(5, ...seen.map((each) => each.index.largest.length)) }, (_, i) =>
      average((each) => each.index.largest[i] as number),
    ),
    entropy: average((each) => each.index.entropy),
    minEntropy: average((each) => each.index.minEntropy),
    bySize: plain.bySize.map(({ from, to }, i) => ({
      from,
      to,
      classes: average((each) => each.index.bySize[i]?.classes as number),
      rows: average((each) => each.index.bySize[i]?.rows as number),
    })),
  }
  const dominance = average((each) => each.dominance)
  const facts = {
    rows,
    column: plain,
    index,
    frequencyAnalysis: { matched: average((each) => each.matched), guessed: (counts[0] as number) / rows },
    linked: average((each) => each.linked),
  }
  const reasons = reasonsFor(facts, dominance)
  const verdict = (reasons[0] as LeakageReason).severity
  return { ...facts, bits: bits ?? null, verdict, reasons, recommendation: recommend(plain, verdict, reasons) }
}

interface Observation {
  readonly index: ClassSummary
  readonly matched: number
  readonly linked: number
  /** Of the rows under the commonest value's term, the share that have this value. */
  readonly dominance: number
}

function observe(counts: SortedCounts, rows: number, bits: number | undefined, seed: number): Observation {
  const termOf = assignTerms(counts, bits, numbersFrom(seed))
  const sizes = sizesOfTerms(counts, termOf)
  // A term of one value only: its rows are as many as the value's.
  const linked = counts.reduce((sum, count, i) => sum + (count > 1 && sizes.get(termOf[i] as number) === count ? count : 0), 0)
  return {
    index: summary(
      [...sizes.values()].sort((a, b) => b - a),
      rows,
    ),
    matched: rowsMatchedByRank(counts, termOf, sizes) / rows,
    linked: linked / rows,
    dominance: (counts[0] as number) / (sizes.get(termOf[0] as number) as number),
  }
}

function summary(sorted: SortedCounts, rows: number): ClassSummary {
  const entropy = sorted.reduce((sum, size) => sum - (size / rows) * Math.log2(size / rows), 0)
  return {
    classes: sorted.length,
    unique: sorted.filter((size) => size === 1).length,
    largest: sorted.slice(0, 5),
    // −0 for a column of one value only.
    entropy: Math.abs(entropy),
    minEntropy: Math.abs(Math.log2((sorted[0] as number) / rows)),
    bySize: SIZES.map((from, i) => {
      const to = SIZES[i + 1] === undefined ? null : (SIZES[i + 1] as number) - 1
      const within = sorted.filter((size) => size >= from && (to === null || size <= to))
      return { from, to, classes: within.length, rows: rowsOf(within) }
    }),
  }
}

const gravity: Readonly<Record<Severity, number>> = { high: 0, medium: 1, low: 2 }

function reasonsFor(
  { rows, column, frequencyAnalysis, linked }: Pick<LeakageReport, 'rows' | 'column' | 'frequencyAnalysis' | 'linked'>,
  dominance: number,
): readonly LeakageReason[] {
  const limits = leakageThresholds
  const reasons: LeakageReason[] = []
  const add = (code: LeakageReason['code'], severity: Severity) =>
    reasons.push({ code, severity, meaning: leakageReasons[code] })
  const graded = (code: LeakageReason['code'], share: number, { medium, high }: { medium: number; high: number }) => {
    if (share >= medium) add(code, share >= high ? 'high' : 'medium')
  }
  // A column whose rows all differ has little entropy too when it has few rows; what it lacks is rows.
  if (column.entropy < limits.entropyBits && column.classes < rows / 2) add('few-values', 'high')
  graded('frequency-analysis', frequencyAnalysis.matched, limits.matched)
  // A large term of many values is what truncation is for; one that is mostly a single value is not.
  if (dominance >= 0.5) graded('dominant-value', frequencyAnalysis.guessed, limits.largestShare)
  if (linked >= limits.linked.medium) add('equal-rows-linked', 'medium')
  if (rows < limits.smallSample) add('small-sample', 'medium')
  if (reasons.length === 0) add('nothing-found', 'low')
  return reasons.sort((a, b) => gravity[a.severity] - gravity[b.severity])
}

function recommend(
  column: ClassSummary,
  verdict: Severity,
  reasons: readonly LeakageReason[],
): LeakageReport['recommendation'] {
  // Alone it is one bit or so a row; and a compound of it tells as much to whoever knows the other columns.
  if (column.classes < 4 || column.minEntropy < 0.5) return 'no-index'
  if (reasons.some(({ code, severity }) => code === 'few-values' || (code === 'dominant-value' && severity === 'high')))
    return 'compound-index'
  if (verdict === 'high' || reasons.some(({ code }) => code === 'equal-rows-linked')) return 'fewer-bits'
  return 'index'
}
