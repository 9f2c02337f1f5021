import { type Citation, type Confirmation, cite } from '@phi/core'
import { treatmentKinds } from '../../record/kinds.ts'
import { parseRetentionRule, type RetentionRule, type Start } from '../rule.ts'

/** The day on which the rows were compared with their sources. */
export const comparedOn = '2026-11-21'

/** A citation of the tables with its mark. */
export const text = (written: string, confirmation: Confirmation): Citation =>
  Object.freeze(cite(written, { confirmation, asOf: comparedOn }))

/** The compilations from which most State rows come: 2007 to 2016, and some rows have gone stale since. */
export const sources = {
  healthIt: 'HealthIT.gov table A-7 (2009), as copied on public pages',
  pmc: 'PMC2435263, table 4 (acute care hospitals, about 2007)',
  infoLaw: 'healthinfolaw.org',
  rta: 'rtacpa.com, summary of table A-7 (2016)',
  wpr: 'worldpopulationreview.com, from table A-7',
  stclair: 'carolynstclair.com',
} as const

/** Counted from the last discharge. A service cannot lie after it, and gives a floor while it is not known. */
export const discharge: Start = { anyOf: [['discharged']], orLater: ['serviceDate'], floorFrom: ['serviceDate'] }

/**
 * Counted from the last treatment, service, visit or contact. A discharge may not have been the last one: it gives a floor while the
 * last contact is not known, and a last contact before it is taken for the discharge.
 */
export const lastContact: Start = {
  anyOf: [['lastTreatment']],
  orLater: ['discharged', 'serviceDate'],
  floorFrom: ['discharged', 'serviceDate'],
}

/**
 * The last entry in the record, which cannot lie before the last of what it is about. Also where a text says that the record was made
 * or received: a record of treatment grows, and never counts by the age of its first part.
 */
export const lastEntry: Start = {
  anyOf: [['lastEntry']],
  orLater: ['lastTreatment', 'discharged', 'serviceDate', 'created'],
  floorFrom: ['lastTreatment', 'discharged', 'serviceDate', 'created'],
}

/** The source names no start: the last contact or entry, whichever is later, and a floor while the last contact is not known. */
export const startNotStated: Start = {
  anyOf: [['lastTreatment']],
  orLater: ['lastEntry', 'discharged', 'serviceDate'],
  floorFrom: ['discharged', 'serviceDate'],
}

export const years = (amount: number) => ({ unit: 'years', amount }) as const

/** One row of law: checked like a caller's, so that a slip in a table is found when it is loaded. */
export const law = (
  rule: Omit<RetentionRule, 'origin' | 'effect' | 'kinds' | 'inForce' | 'asOf'> & Partial<Pick<RetentionRule, 'kinds'>>,
): RetentionRule =>
  parseRetentionRule({
    kinds: [...treatmentKinds],
    inForce: { from: null, status: 'in-force' },
    asOf: comparedOn,
    ...rule,
    origin: 'law',
    effect: 'minimum',
  })
