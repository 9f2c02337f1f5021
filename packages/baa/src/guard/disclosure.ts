import type { DataClass, Label, Service, Use } from '@phi/core'
import type { Duty } from '../decide/decision.ts'
import type { Effect, ReasonCode } from '../decide/reason.ts'
import type { ExemptionKind } from '../exemption/exemption.ts'
import type { GuardedMethod } from './call.ts'

/**
 * What is recorded of a call: an `attempt` before anything is sent, an `outcome` after; or `refused`, and nothing was sent. It holds the
 * date, the recipient, and the caller's description and purpose, as 45 CFR 164.528(b)(2) wants them of an accounting. No content, no path,
 * no query.
 */
export interface DisclosureRecord {
  readonly format: 'phi.disclosure/v1'
  readonly phase: 'attempt' | 'outcome' | 'refused'
  /** Which call of this guard it was, from 1; and which request of the call, from 0: redirects come after. */
  readonly call: number
  readonly hop: number
  /** An instant. */
  readonly at: string
  readonly from: string
  /** The party, its name, and the host as the options write it. Absent: no party is known. */
  readonly to?: string
  readonly recipient?: string
  readonly host?: string
  readonly method?: GuardedMethod
  /** False: the caller says that there is no protected health information in it, and why. */
  readonly phi?: boolean
  readonly notPhi?: string
  readonly service?: Service
  readonly use?: Use
  /** With those of everything that the data was made of. */
  readonly classes?: readonly DataClass[]
  readonly labels?: readonly Label[]
  readonly decision?: Effect
  /** Of a refusal: the codes of the reasons that do not allow. */
  readonly reasons?: readonly ReasonCode[]
  readonly agreement?: string
  readonly exemption?: ExemptionKind
  readonly duties?: readonly Duty[]
  readonly description?: string
  readonly purpose?: string
  readonly reference?: string
  /** The length of the body, where it is known. */
  readonly bytes?: number
  /** Of an outcome. `no-answer`: whether it was received is not known. */
  readonly result?: 'answered' | 'redirected' | 'no-answer'
  readonly status?: number
  /** Of a refusal: the code of the error. */
  readonly problem?: string
}
