import { isLabel, type Label, parseAs, type RegimeLabel, regimeLabels } from '@phi/core'
import * as z from 'zod'
import { rbacError } from '../errors.ts'
import { YEARS_PROTECTED_AFTER_DEATH } from './citations.ts'

/** The labels that conditions speak about: those of `@phi/core` without the States', and counseling notes of 42 CFR 2.31(b). */
export type HipaaLabel = RegimeLabel | 'sud-counseling'

export const hipaaLabels: readonly HipaaLabel[] = Object.freeze([
  ...(Object.keys(regimeLabels) as RegimeLabel[]),
  'sud-counseling',
])

const labelSchema = z.custom<Label | 'sud-counseling'>(
  (value) => value === 'sud-counseling' || isLabel(value),
  'must be a label that is documented',
)
const labelsSchema = z.array(labelSchema).max(1_000)

/** What a record says about the regimes it is under: spread it into the record. */
export interface RegimeFacts {
  readonly labels: HipaaLabel[]
  /** Whether the law of a State adds to it: any label `state:XX`. */
  readonly stateLaw: boolean
}

/**
 * Sorts the labels of a record, or of everything that went into it (`carriedBy` of `@phi/core`), into the two attributes that the
 * rules read. A record for which this was never asked has neither, and is denied.
 * @throws PhiError PHI_RBAC_RECORD for what is no label
 */
export function regimeFacts(labels: readonly (Label | 'sud-counseling')[]): RegimeFacts {
  const parsed = parseAs(labelsSchema, labels, 'labels', (context) => rbacError('PHI_RBAC_RECORD', context))
  return {
    labels: hipaaLabels.filter((each) => parsed.includes(each)),
    stateLaw: parsed.some((each) => each.startsWith('state:')),
  }
}

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/

/**
 * The first instant at which nothing of 45 CFR 164.502(f) protects the information of somebody who died on this day
 * (`YYYY-MM-DD`): when the day fifty years later is over everywhere on earth. For a 29 February without a counterpart the day
 * after it counts, which is longer. `null`, for the living, gives `null`.
 * @throws PhiError PHI_RBAC_RECORD for what is no day
 */
export function protectedUntil(dateOfDeath: string | null): Date | null {
  if (dateOfDeath === null) return null
  const parts = typeof dateOfDeath === 'string' ? DAY.exec(dateOfDeath) : null
  const [year, month, day] = (parts ?? []).slice(1).map(Number) as [number, number, number]
  const found = new Date(0)
  // Date.UTC would take the years 0 to 99 for those of the last century.
  found.setUTCFullYear(year, month - 1, day)
  if (parts === null || found.toISOString().slice(0, 10) !== dateOfDeath) {
    throw rbacError('PHI_RBAC_RECORD', { path: 'dateOfDeath', detail: 'must be a day that exists, as YYYY-MM-DD, or null' })
  }
  const last = new Date(0)
  last.setUTCFullYear(year + YEARS_PROTECTED_AFTER_DEATH.years, month - 1, day + 1)
  // Twelve hours behind UTC is where a day ends last.
  last.setUTCHours(12)
  return last
}
