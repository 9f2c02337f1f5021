import type { ClassSelector, DataClass, DataItem, Identifiability, Service, Use } from '@phi/core'
import type { Where } from '../agreement/agreement.ts'
import type { ExemptionClaim } from '../exemption/exemption.ts'

/** A permission of the individual: an authorization of 45 CFR 164.508, or a consent of 42 CFR 2.31. */
export interface Authorization {
  /** Where it is kept. Shown nowhere. */
  readonly reference: string
  readonly uses: readonly Use[]
  /** What it covers: classes, and labels whose records it covers too. */
  readonly data: readonly ClassSelector[]
  /** The instant at which it ends. Left out: it has no end. */
  readonly until?: string | undefined
}

/** How far the data identifies a person, as the sender attests. */
export interface AttestedIdentifiability {
  readonly level: Identifiability
  /** Where the proof is kept: the removal report, the expert's determination. Without it, nothing is attested. */
  readonly evidence?: string | undefined
}

/** May this feature send this data to that vendor, at this time, under what was signed? */
export interface DecisionRequest {
  /** Who sends, and who receives: ids of parties of the registry. */
  readonly from: string
  readonly to: string
  /** What the recipient does with the data. */
  readonly service: Service
  /**
   * The data. A bare class says nothing of labels: an allowing decision then lists in `provided` the labels that no record may be under.
   * `{ class, labels: [] }` says that the records carry none.
   */
  readonly data: readonly (DataClass | DataItem)[]
  readonly use: Use
  /** An instant, `YYYY-MM-DDTHH:mm:ss.sssZ`. No clock is read. */
  readonly at: string
  readonly where?: Where | undefined
  /** The plan of the customer, where the agreement does not say it. */
  readonly plan?: string | undefined
  /**
   * Conditions that are met, or are not, at this instant, by their names. "Met" stands where the registry has no attestation, or a stale one;
   * a fresh attestation of "not met" wins over it.
   */
  readonly conditions?: { readonly [condition: string]: boolean } | undefined
  readonly identifiability?: AttestedIdentifiability | undefined
  readonly authorization?: Authorization | undefined
  /** The party for whom the sender holds the data. A return of data is allowed to that party, and to nobody else. */
  readonly heldFor?: string | undefined
  /** An exemption that is claimed for this disclosure. Its test runs every time. */
  readonly exemption?: ExemptionClaim | undefined
}
