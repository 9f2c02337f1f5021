import type { Label } from '@phi/core'
import type { ExemptionKind } from '../exemption/exemption.ts'
import type { Effect, Reason } from './reason.ts'

/**
 * What whoever sends still owes when a decision allows: no more than the minimum necessary, 45 CFR 164.502(b); an entry in the accounting
 * of disclosures, 164.528; a look at the restriction that was agreed with the patient, 164.522(a)(1)(iii).
 */
export const duties = ['minimum-necessary', 'accounting', 'honor-restriction'] as const
export type Duty = (typeof duties)[number]

/** The answer to one question. Frozen. */
export interface Decision {
  /** `needs`: not allowed until what the reasons name is known or done. */
  readonly outcome: Effect
  /** All of them, those that deny first. An allowing decision has those that allow. */
  readonly reasons: readonly Reason[]
  /** The agreement that an allowing decision rests on. */
  readonly agreement?: string
  /** The exemption that an allowing decision rests on. */
  readonly exemption?: ExemptionKind
  /** It holds for records that are under none of these labels: nobody has said whether they are. */
  readonly provided: readonly Label[]
  readonly duties: readonly Duty[]
}
