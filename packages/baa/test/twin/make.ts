import type { DataClass } from '@phi/core'
import { type Agreement, type DecisionRequest, parseAgreement } from '../../src/index.ts'

/** The instant of most questions: in the middle of the term of every agreement below. */
export const NOON = '2026-06-15T12:00:00.000Z'

export const practice = { id: 'practice', kind: 'covered-entity', type: 'health-care-provider' } as const
export const platform = { id: 'platform', kind: 'business-associate' } as const
export const host = { id: 'host', kind: 'subcontractor' } as const

/** Signatures of both parties, before everything begins. */
export const signedBy = (...parties: readonly string[]) =>
  parties.map((party) => ({ party, at: '2026-01-05T12:00:00.000Z' }) as const)

type Loose = Readonly<Record<string, unknown>>
const idOf = (value: unknown): string => (value as { id: string }).id

/** An agreement of the practice and the platform that permits much. Members that are given go in place of its own. */
export function agreed(over: Loose = {}): Agreement {
  const from = over.from ?? practice
  const to = over.to ?? platform
  return parseAgreement({
    id: 'agreement',
    tier: 'ce-ba',
    version: '1',
    from,
    to,
    services: ['scheduling', 'records', 'billing', 'messaging', 'telehealth', 'ai', 'storage', 'hosting'],
    permits: ['phi'],
    uses: ['treatment', 'payment', 'operations', 'ai.inference'],
    terms: { subcontractors: true },
    ai: { subprocessors: [] },
    signatures: signedBy(idOf(from), idOf(to)),
    effective: '2026-01-01T00:00:00.000Z',
    ...over,
  })
}

/** An agreement of the platform and its host. */
export const agreedBelow = (over: Loose = {}): Agreement =>
  agreed({ id: 'below', tier: 'ba-sub', from: platform, to: host, ...over })

/** A record of a class that is under no label, and says so. */
export const plain = (each: DataClass) => ({ class: each, labels: [] })

/** A question that `agreed()` allows. */
export const question = (over: Loose = {}): DecisionRequest =>
  ({
    from: 'practice',
    to: 'platform',
    service: 'records.notes',
    data: [plain('phi.clinical.note.session')],
    use: 'treatment',
    at: NOON,
    ...over,
  }) as DecisionRequest
