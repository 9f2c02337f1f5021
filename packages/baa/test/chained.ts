import type { AgreementInput } from '../src/index.ts'
import { complete } from './complete.ts'

/** A scribe further down from `complete`, as strict as it clause by clause, and with shorter windows. */
export const scribe = {
  ...complete,
  id: 'platform-scribe-2026',
  tier: 'ba-sub',
  from: { id: 'platform', kind: 'business-associate' },
  to: { id: 'scribe', kind: 'subcontractor' },
  services: ['ai.note-draft', 'ai.transcription'],
  permits: ['phi.clinical.note', 'phi.ai.prompt'],
  uses: ['treatment', 'ai.inference'],
  terms: {
    ...complete.terms,
    reportUses: { ...complete.terms.reportUses, within: { hours: 72 } },
    reportBreaches: { ...complete.terms.reportBreaches, within: { hours: 72 } },
    reportIncidents: { ...complete.terms.reportIncidents, within: { days: 10 } },
    upstreamRestrictions: { section: '7.4' },
  },
  ai: { ...complete.ai, subprocessors: ['model'] },
  signatures: [
    { party: 'platform', at: '2026-01-02T15:00:00.000Z' },
    { party: 'scribe', at: '2026-01-03T09:30:00.000Z' },
  ],
} as const satisfies AgreementInput

/** The host of the scribe's models. */
export const modelHost = {
  ...scribe,
  id: 'scribe-model-2026',
  from: { id: 'scribe', kind: 'subcontractor' },
  to: { id: 'model', kind: 'subcontractor' },
  services: ['ai.chat'],
  terms: {
    ...scribe.terms,
    reportUses: { ...scribe.terms.reportUses, within: { hours: 24 } },
    reportBreaches: { ...scribe.terms.reportBreaches, within: { hours: 24 } },
  },
  ai: { ...scribe.ai, retention: 'none', subprocessors: [] },
  signatures: [
    { party: 'scribe', at: '2026-01-02T15:00:00.000Z' },
    { party: 'model', at: '2026-01-03T09:30:00.000Z' },
  ],
} as const satisfies AgreementInput
