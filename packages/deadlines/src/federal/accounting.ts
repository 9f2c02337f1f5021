import { type Citation, formatCitation, plainText } from '@phi/core'
import * as z from 'zod'
import { addMonths, type CivilDate, formatDay, isCivilDate, parseDay } from '../calendar/civil-date.ts'
import { type Moment, readMoment, zoneOf } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import type { Because } from '../evaluate/deadline.ts'
import type { InForce } from '../rule/rule.ts'
import { text } from './common.ts'
import { parseFacts } from './parse.ts'
import { type Proof, type ProofStep, proofOf, type Source } from './proof.ts'

const contradiction = (path: string, detail: string) => deadlinesError('PHI_DEADLINES_CONTRADICTION', { path, detail })

/** How far back an accounting reaches. */
export interface AccountingLookBack extends Source {
  readonly years: number
  readonly inForce: InForce
  /** In force, but nobody has to comply before an event that has not come. */
  readonly tolled?: { readonly until: string; readonly citation: Citation }
}

const tolling = text('89 FR 12472', 'memory')

/** How far back an accounting reaches, by the law that gives the right to it. */
export const accountingLookBacks = Object.freeze({
  'privacy-rule': {
    id: 'accounting.look-back',
    citation: text('45 CFR 164.528(a)(1)'),
    also: [text('45 CFR 164.528(a)(3)'), text('45 CFR 164.528(b)(1)')],
    years: 6,
    inForce: { from: '2003-04-14', status: 'in-force' },
    confirmation: 'text-seen',
  },
  'part-2': {
    id: 'part2.accounting.look-back',
    citation: text('42 CFR 2.25(a)'),
    also: [tolling],
    years: 3,
    inForce: { from: '2024-04-16', status: 'in-force', published: '2024-02-16' },
    tolled: { until: 'the compliance date of a revised 45 CFR 164.528', citation: tolling },
    confirmation: 'text-seen',
    note: 'Disclosures with consent under 42 CFR 2.31; those for treatment, payment and operations only where made through an electronic health record. That compliance is tolled is from memory.',
  },
  'hitech-ehr': {
    id: 'hitech.accounting.look-back',
    citation: text('42 USC 17935(c)'),
    years: 3,
    inForce: { from: '2009-02-17', status: 'proposed' },
    confirmation: 'memory',
    note: 'Disclosures for treatment, payment and operations through an electronic health record. It waits for regulations that were never issued, so it is not in force.',
  },
} as const satisfies Record<string, AccountingLookBack>)

export type AccountingLaw = keyof typeof accountingLookBacks

const laws = Object.keys(accountingLookBacks) as [AccountingLaw, ...AccountingLaw[]]
const moment = z.string().max(120)
const civil = z.string().refine(isCivilDate, 'must be a day that exists, as YYYY-MM-DD')

const periodFacts = z.strictObject({
  requested: moment.nullish(),
  months: z.int().min(1).max(1200).nullish(),
  since: civil.nullish(),
  under: z.enum(laws).optional(),
  timeZone: plainText(64).optional(),
})

export interface AccountingPeriodFacts {
  /** The date of the request. */
  readonly requested?: Moment | null | undefined
  /** A shorter period that the individual chose, 164.528(a)(3), in months back from the request. */
  readonly months?: number | null | undefined
  /** The same as the first day that the individual asked for. */
  readonly since?: CivilDate | null | undefined
  /** The law that gives the right. Default `privacy-rule`. */
  readonly under?: AccountingLaw | undefined
  /** The zone of the covered entity. Required when `requested` is an instant. */
  readonly timeZone?: string | undefined
}

/** The days whose disclosures an accounting covers. */
export interface AccountingPeriod extends Proof {
  readonly status: 'counted' | 'pending-facts' | 'not-in-force'
  readonly because: Extract<Because, 'counted' | 'trigger-not-known' | 'proposed' | 'not-yet-in-force'>
  /** The first day that is covered. */
  readonly from?: CivilDate
  /** The last day that is covered: that of the request. */
  readonly to?: CivilDate
  /** Both end days are covered, which errs towards telling the individual. */
  readonly inclusive: true
  /** The first day of the longest period that the individual could have asked for. */
  readonly outerFrom?: CivilDate
  /** The individual chose less than the longest period. */
  readonly shortened?: boolean
  /** Compliance is not required yet. */
  readonly complianceTolled?: { readonly until: string; readonly citation: string; readonly confirmation: 'memory' }
}

/**
 * The period that an accounting of disclosures covers: six years before the date of the request, or less where the individual
 * asks for less (45 CFR 164.528(a)(1), (a)(3), (b)(1)); under Part 2 three years (42 CFR 2.25), with compliance tolled. Where six
 * years before is no day (29 February), the day before it, so that the period is not one day short.
 *
 * Longer wishes than the law gives are cut to what it gives.
 * @throws PhiError PHI_DEADLINES_FACTS, PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE; PHI_DEADLINES_CONTRADICTION for a first day after the
 *   request
 */
export function accountingPeriod(facts: AccountingPeriodFacts): AccountingPeriod {
  const read = parseFacts(periodFacts, facts)
  const { requested, months, since, under = 'privacy-rule' } = read
  if (months != null && since != null) {
    throw deadlinesError('PHI_DEADLINES_FACTS', { path: 'facts.since', detail: 'must not be given beside a number of months' })
  }
  const row: AccountingLookBack = accountingLookBacks[under]
  const { tolled, inForce } = row
  const steps: ProofStep[] = []
  const fixed: Pick<AccountingPeriod, 'inclusive' | 'complianceTolled'> = {
    inclusive: true,
    ...(tolled && {
      complianceTolled: { until: tolled.until, citation: formatCitation(tolled.citation), confirmation: 'memory' },
    }),
  }
  const proof = (unknown: readonly string[] = []) => ({ ...fixed, ...proofOf(row, read, steps, unknown) })
  if (inForce.status !== 'in-force') return { status: 'not-in-force', because: 'proposed', ...proof() }
  const zone = read.timeZone === undefined ? undefined : zoneOf(read.timeZone)
  if (requested == null) return { status: 'pending-facts', because: 'trigger-not-known', ...proof(['requested']) }
  const { day } = readMoment(requested, zone, 'facts.requested')
  const to = formatDay(day)
  steps.push({ step: 'trigger', fact: 'requested', event: 'request', on: to })
  if (day < parseDay(inForce.from)) return { status: 'not-in-force', because: 'not-yet-in-force', ...proof() }
  const citation = formatCitation(row.citation)
  const outer = addMonths(day, -12 * row.years, 'earlier')
  const outerFrom = formatDay(outer)
  steps.push({ step: 'look-back', why: 'outer-limit', from: to, amount: row.years, unit: 'years', to: outerFrom, citation })
  let chosen = outer
  if (months != null) chosen = Math.max(outer, addMonths(day, -months, 'earlier'))
  if (since != null) chosen = Math.max(outer, parseDay(since))
  if (chosen > day) throw contradiction('facts.since', 'the period begins after the request')
  const from = formatDay(chosen)
  if (chosen !== outer) {
    const amount = months != null && { amount: months, unit: 'months' as const }
    steps.push({ step: 'look-back', why: 'choice-of-the-individual', from: to, ...amount, to: from, citation })
  }
  return { status: 'counted', because: 'counted', from, to, outerFrom, shortened: chosen !== outer, ...proof() }
}

/** A class of disclosures that an accounting leaves out. */
export interface AccountingExclusion {
  readonly id: string
  readonly words: string
  readonly citation: Citation
}

const exclusion = (id: string, words: string, paragraph: string): AccountingExclusion =>
  Object.freeze({ id, words, citation: text(`45 CFR 164.528(a)(1)(${paragraph})`) })

/** The nine classes of disclosures that an accounting leaves out, 45 CFR 164.528(a)(1)(i) to (ix). */
export const accountingExclusions: readonly AccountingExclusion[] = Object.freeze([
  exclusion('treatment-payment-operations', 'for treatment, payment or health care operations', 'i'),
  exclusion('to-the-individual', 'to the individuals whom the information is about', 'ii'),
  exclusion('incident-to-permitted-use', 'incident to a use or disclosure that is permitted or required', 'iii'),
  exclusion('authorization', 'under an authorization of the individual', 'iv'),
  exclusion('directory-or-care', 'for the directory of a facility, to persons involved in care, or to notify them', 'v'),
  exclusion('national-security', 'for national security or intelligence', 'vi'),
  exclusion('custody', 'to correctional institutions, or to law enforcement about a person in custody', 'vii'),
  exclusion('limited-data-set', 'as part of a limited data set', 'viii'),
  exclusion('before-compliance-date', 'made before the compliance date of the covered entity', 'ix'),
])
