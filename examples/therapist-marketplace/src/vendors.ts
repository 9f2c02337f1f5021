import type { TermsInput } from '@phi/baa'

/** The promises of a business associate that the law asks for: 45 CFR 164.504(e)(2) and 164.314(a). */
export const setting: TermsInput = {
  ...{ withinCoveredEntityLimits: true, onlyAsPermitted: true, safeguards: true, reportUses: true, reportIncidents: true },
  reportBreaches: { within: { hours: 72 }, from: 'discovery' },
  ...{ subcontractors: true, access: true, amendment: true, accounting: true, delegatedDuties: true, booksAndRecords: true },
  ...{ returnOrDestroy: true, terminationForViolation: true, cooperation: true },
}
