import { type AuditEventInput, type AuditLog, type AuditRecord, ed25519Signer, memoryStore, openAuditLog } from '@phi/audit'
import { defineAgreement, namesPhi, signedBeforePhi } from '@phi/baa'
import { fixedClock } from '@phi/core'
import { describe, expect, it } from 'vitest'

// `@phi/baa` knows no audit log, only the shape of its records. Here stands that a log of `@phi/audit` has it.

const agreement = defineAgreement({
  id: 'practice-platform',
  tier: 'ce-ba',
  version: '1.3',
  from: { id: 'practice', kind: 'covered-entity' },
  to: { id: 'platform', kind: 'business-associate' },
  services: ['records.notes'],
  permits: ['phi.clinical.note'],
  uses: ['treatment'],
  signatures: [
    { party: 'practice', at: '2026-01-02T15:00:00.000Z' },
    { party: 'platform', at: '2026-01-03T09:30:00.000Z' },
  ],
  effective: '2026-01-01',
})

const origin = 'platform.example/audit'
const actor = { id: 'u-17', type: 'workforce' } as const
const login: AuditEventInput = { action: 'login', outcome: 'success', actor }
const note: AuditEventInput = {
  action: 'create',
  outcome: 'success',
  actor,
  subject: { dataClasses: ['phi.clinical.note.session'], patients: ['p-88'] },
}

async function* recordsOf(log: AuditLog): AsyncGenerator<AuditRecord> {
  let cursor: string | undefined
  do {
    const page = await log.query({ order: 'oldest', limit: 2, ...(cursor === undefined ? {} : { cursor }) })
    yield* page.records
    cursor = page.next
  } while (cursor !== undefined)
}

async function ask(events: readonly (readonly [at: string, event: AuditEventInput])[]) {
  const clock = fixedClock('2026-01-01T00:00:00.000Z')
  const log = await openAuditLog({ origin, store: memoryStore(), signer: await ed25519Signer.generate(origin), clock })
  for (const [at, event] of events) {
    clock.set(at)
    await log.append(event)
  }
  await log.checkpoint()
  const { verdict, coverage } = await log.verify()
  const answer = await signedBeforePhi(agreement, recordsOf(log), {
    isPhi: namesPhi,
    verified: verdict === 'intact',
    size: coverage.checked,
  })
  await log.close()
  return answer
}

describe('signedBeforePhi, over a log of @phi/audit', () => {
  it('S151 the agreement was signed before the first note', async () => {
    const events = [
      ['2026-01-01T08:00:00.000Z', login],
      ['2026-01-03T09:30:00.000Z', { ...login, action: 'sign' }],
      ['2026-01-05T10:00:00.000Z', note],
      ['2026-01-06T10:00:00.000Z', note],
      ['2026-01-07T10:00:00.000Z', login],
    ] as const
    expect(await ask(events)).toEqual({
      outcome: 'signed-before',
      signedAt: '2026-01-03T09:30:00.000Z',
      inForceFrom: '2026-01-03T09:30:00.000Z',
      firstPhi: { index: 2, at: '2026-01-05T10:00:00.000Z' },
    })
  })

  it('S151 a note came a day too early, and is found though it was recorded late', async () => {
    const early = { ...note, occurredAt: '2026-01-02T09:30:00.000Z' }
    const events = [
      ['2026-01-05T10:00:00.000Z', note],
      ['2026-01-06T10:00:00.000Z', early],
    ] as const
    expect(await ask(events)).toMatchObject({
      outcome: 'phi-before-signature',
      firstPhi: { index: 1, at: '2026-01-02T09:30:00.000Z' },
      earlyBy: 86_400_000,
      events: 1,
      verified: true,
    })
  })

  it('S151 a log without notes has none', async () => {
    expect(await ask([['2026-01-01T08:00:00.000Z', login]])).toMatchObject({ outcome: 'no-phi' })
  })
})
