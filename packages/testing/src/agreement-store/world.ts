import {
  type Agreement,
  type AgreementRecord,
  type AgreementStore,
  parseAgreement,
  type RecordedAgreements,
  recordedFrom,
  textOfRecords,
} from '@phi/baa'
import { canonicalJson, toHex } from '@phi/core'
import { check, equal, fail, succeeds } from '../suite/assert.ts'
import { freshBytes } from '../suite/bytes.ts'

/** A tenant that nothing was recorded for. */
export const freshTenant = (): string => `suite-${toHex(freshBytes(6))}`

export const practice = { id: 'practice', kind: 'covered-entity', type: 'health-care-provider' } as const
export const platform = { id: 'platform', kind: 'business-associate', name: 'Platform' } as const
export const host = { id: 'host', kind: 'subcontractor' } as const

/** An agreement of the practice and the platform. Members that are given go in place of its own. */
export function agreed(over: Readonly<Record<string, unknown>> = {}): Agreement {
  return parseAgreement({
    id: 'practice-platform',
    tier: 'ce-ba',
    version: '1.3',
    from: practice,
    to: platform,
    services: ['scheduling', 'records', { service: 'ai.note-draft', region: ['us-east', 'us-west'], section: '1.4' }],
    permits: [{ class: 'phi.clinical.note', section: '2.1', page: 2, text: 'Notes.' }, 'phi.schedule'],
    uses: ['treatment', 'operations'],
    terms: { subcontractors: true },
    signatures: ['practice', 'platform'].map((party) => ({ party, at: '2026-01-05T12:00:00.000Z' })),
    effective: '2026-01-01T00:00:00.000Z',
    ...over,
  })
}

export const agreedBelow = (): Agreement =>
  agreed({
    id: 'platform-host',
    tier: 'ba-sub',
    from: platform,
    to: host,
    services: ['hosting'],
    signatures: ['platform', 'host'].map((party) => ({ party, at: '2026-01-05T12:00:00.000Z' })),
  })

export const agreement = (each: Agreement = agreed()): AgreementRecord => ({ type: 'agreement', agreement: each })
export const party = (each: Extract<AgreementRecord, { type: 'party' }>['party']): AgreementRecord => ({
  type: 'party',
  party: each,
})

/** The platform gives records on to its host. */
export const gives = (complete: boolean): AgreementRecord => ({
  type: 'subprocessors',
  of: 'platform',
  subprocessors: [
    {
      of: 'platform',
      to: 'host',
      for: ['records'],
      does: 'hosting',
      data: ['phi.clinical'],
      use: 'operations',
      where: { region: 'us-east', configuration: { backups: 'on' } },
    },
  ],
  complete,
})

export const attested = (asOf: string, met: boolean): AgreementRecord => ({
  type: 'attestation',
  attestation: {
    party: 'practice',
    with: 'platform',
    condition: 'mfa-on',
    met,
    asOf,
    reviewBy: '2027-01-01',
    evidence: 'ticket 7',
  },
})

/** A text in the form of a compact JWS, with letters of every kind. */
export const signature = (id: string, tail = ''): AgreementRecord => ({
  type: 'signature',
  agreement: id,
  jws: `eyJhbGciOiJFZERTQSJ9.${'aZ0_-9'.repeat(200)}.AAAA${tail}____`,
})

/** Appends revisions that must find room, from the first on. */
export async function appendAll(
  store: AgreementStore,
  tenant: string,
  revisions: readonly (readonly AgreementRecord[])[],
  from = 0,
): Promise<void> {
  for (const [index, records] of revisions.entries()) {
    const answer = await succeeds(() => store.append(tenant, records, from + index), 'append')
    equal(answer, 'appended', 'append at the latest revision')
  }
}

/** Holds an answer of a store against what the revisions come to. */
function sameAgreements(
  actual: RecordedAgreements | undefined,
  revisions: readonly (readonly AgreementRecord[])[],
  what: string,
): void {
  check(typeof actual === 'object' && actual !== null, `${what} answered with nothing, and there is something`)
  const expected = recordedFrom(revisions.map(textOfRecords))
  for (const [name, value] of Object.entries(expected)) {
    equal(textOf(Reflect.get(actual, name), `${what}: ${name}`), canonicalJson(value), `${what}: ${name}`)
  }
  const stray = Object.keys(actual).filter((name) => !(name in expected))
  equal(stray.length, 0, `${what}: the number of members that are not documented`)
}

function textOf(value: unknown, what: string): string {
  try {
    return canonicalJson(value)
  } catch {
    return fail(`${what} must be plain data`)
  }
}

/** What the store knows of a tenant must be these revisions, now and at each of them. */
export async function holds(
  store: AgreementStore,
  tenant: string,
  revisions: readonly (readonly AgreementRecord[])[],
  when: string,
): Promise<void> {
  sameAgreements(await succeeds(() => store.load(tenant), 'load'), revisions, `load ${when}`)
  for (let revision = 0; revision <= revisions.length; revision++) {
    const answer = await succeeds(() => store.at(tenant, revision), 'at')
    sameAgreements(answer, revisions.slice(0, revision), `at revision ${revision}, ${when}`)
  }
  for (const beyond of [revisions.length + 1, 2_147_483_648, Number.MAX_SAFE_INTEGER]) {
    const answer = await succeeds(() => store.at(tenant, beyond), 'at')
    check(answer === undefined, `at a revision that is not there, ${when}, must answer with undefined`)
  }
}
