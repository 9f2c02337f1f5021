import type { AgreementInput } from '../src/index.ts'
import { complete } from './complete.ts'

const { documentHash } = complete

const upkeep = {
  version: '1.0',
  dated: '2026-01-01',
  documentHash,
  effective: '2026-01-01',
  expires: '2027-12-31',
  asOf: '2026-01-05',
  reviewBy: '2027-01-05',
} as const

const signedBy = (from: string, to: string) => [
  { party: from, at: '2026-01-02T15:00:00.000Z' },
  { party: to, at: '2026-01-03T09:30:00.000Z' },
]

/** A complete agreement of the platform with a subcontractor that hosts its video. */
export const completeSub = {
  ...upkeep,
  id: 'platform-video-2026',
  tier: 'ba-sub',
  from: { id: 'platform', kind: 'business-associate' },
  to: { id: 'video', kind: 'subcontractor' },
  services: [
    { service: 'telehealth', section: '1.1' },
    { service: 'messaging.portal', section: '1.2' },
  ],
  permits: ['phi.identity.name', 'phi.schedule', 'phi.comm.message', 'phi.comm.call'],
  prohibits: ['phi.comm.recording', 'label:part2'],
  uses: ['treatment', 'operations', 'ba.management'],
  terms: {
    withinCoveredEntityLimits: { section: '3.1' },
    onlyAsPermitted: { section: '3.2' },
    safeguards: { section: '3.3' },
    reportUses: { section: '4.1', within: { days: 5 }, from: 'discovery' },
    reportBreaches: {
      section: '4.2',
      within: { hours: 72 },
      from: 'discovery',
      content: complete.terms.reportBreaches.content,
    },
    reportIncidents: { section: '4.3', within: { days: 10 }, from: 'discovery' },
    subcontractors: { section: '5.1' },
    access: { section: '5.2', within: { days: 5 } },
    amendment: { section: '5.3', within: { days: 5 } },
    accounting: { section: '5.4', within: { days: 5 } },
    delegatedDuties: { section: '5.5', carriesOut: 'none' },
    booksAndRecords: { section: '5.6' },
    returnOrDestroy: { section: '7.1', within: { days: 15 }, otherwiseProtect: true },
    terminationForViolation: { section: '7.2' },
    managementDisclosures: { section: '7.3' },
    upstreamRestrictions: { section: '7.4' },
    cooperation: { section: '4.4' },
    logRetention: { section: '5.7', within: { months: 72 } },
  },
  agency: { is: 'independent', section: '8.1' },
  signatures: signedBy('platform', 'video'),
} as const satisfies AgreementInput

/** A complete data use agreement. */
export const completeDataUse = {
  ...upkeep,
  id: 'practice-university-2026',
  tier: 'data-use',
  from: { id: 'practice', kind: 'covered-entity', type: 'health-care-provider', standardTransactions: true },
  to: { id: 'university', kind: 'other' },
  services: [{ service: 'analytics', section: '1' }],
  permits: ['phi.identity.geo.zip5', 'phi.identity.date.service', 'phi.clinical.assessment'],
  prohibits: ['label:part2'],
  uses: ['research', 'operations.quality'],
  terms: {
    withinCoveredEntityLimits: { section: '2.1' },
    limitedRecipients: { section: '2.2' },
    onlyAsPermitted: { section: '2.3' },
    safeguards: { section: '2.4' },
    reportUses: { section: '2.5', within: { days: 5 }, from: 'discovery' },
    subcontractors: { section: '2.6' },
    noReidentification: { section: '2.7' },
  },
  signatures: signedBy('practice', 'university'),
} as const satisfies AgreementInput

/** A complete memorandum between two agencies. */
export const completeMou = {
  ...upkeep,
  id: 'county-clinic-data-2026',
  tier: 'mou',
  from: { id: 'county-clinic', kind: 'covered-entity', type: 'health-care-provider' },
  to: { id: 'county-data', kind: 'business-associate' },
  services: [{ service: 'storage', section: '1' }],
  permits: ['phi.schedule'],
  prohibits: ['label:part2'],
  uses: ['operations'],
  terms: { governmentalObjectives: { section: '2' } },
  signatures: signedBy('county-clinic', 'county-data'),
} as const satisfies AgreementInput

/** A complete agreement of a qualified service organization, between the parties of `complete`. */
export const completeQsoa = {
  ...upkeep,
  id: 'practice-platform-part2-2026',
  tier: 'qsoa',
  from: { id: 'practice', kind: 'covered-entity', type: 'health-care-provider', standardTransactions: true },
  to: { id: 'platform', kind: 'business-associate' },
  services: [{ service: 'records', section: '1' }],
  permits: ['phi.clinical.note.session'],
  uses: ['treatment'],
  terms: { part2: { section: '2' } },
  signatures: signedBy('practice', 'platform'),
} as const satisfies AgreementInput
