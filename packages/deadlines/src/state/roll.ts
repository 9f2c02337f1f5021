import { type Citation, type Confirmation, cite, type UsState } from '@phi/core'
import { freeze } from '../freeze.ts'

const text = (written: string, confirmation: Confirmation) => cite(written, { confirmation, asOf: '2026-01-01' })

/** A general statute on computing time: a last day on a weekend or holiday moves on. */
export interface RollStatute {
  /** For counsel to sign it off: `roll.ca`. */
  readonly id: string
  readonly state: UsState
  readonly citation: Citation
}

/**
 * The one whose text was seen gives its later date beside the strict one. Those from memory do so only in a group that was made
 * with a sign-off of them: a later date is until when a result is not yet `late`.
 */
export const rollStatutes: readonly RollStatute[] = freeze([
  { id: 'roll.tx', state: 'TX', citation: text('Tex. Gov. Code 311.014', 'text-seen') },
  { id: 'roll.ca', state: 'CA', citation: text('Cal. Code Civ. Proc. 12a', 'memory') },
  { id: 'roll.ny', state: 'NY', citation: text('N.Y. Gen. Constr. Law 25-a', 'memory') },
  { id: 'roll.il', state: 'IL', citation: text('5 ILCS 70/1.11', 'memory') },
  { id: 'roll.pa', state: 'PA', citation: text('1 Pa.C.S. 1908', 'memory') },
  { id: 'roll.oh', state: 'OH', citation: text('Ohio Rev. Code 1.14', 'memory') },
])
