import { ed25519Signer, memoryStore, openAuditLog } from '@phi/audit'
import { type DisclosureRecord, defineAgreement, guardFetch, registry, tagged } from '@phi/baa'
import { fixedClock } from '@phi/core'
import { expect, it } from 'vitest'

// `@phi/baa` hands out records and keeps none. Here stands that a log of `@phi/audit` takes them as disclosures.

const agreement = defineAgreement({
  id: 'practice-platform',
  tier: 'ce-ba',
  version: '1.3',
  from: { id: 'practice', kind: 'covered-entity' },
  to: { id: 'platform', kind: 'business-associate', name: 'A platform' },
  services: ['records.notes'],
  permits: ['phi.clinical.note'],
  uses: ['required-by-law', 'treatment'],
  signatures: [
    { party: 'practice', at: '2026-01-02T15:00:00.000Z' },
    { party: 'platform', at: '2026-01-03T09:30:00.000Z' },
  ],
  effective: '2026-01-01',
})

it('S50 S66 every guarded call stands in the audit log before it is sent, with what an accounting needs', async () => {
  const clock = fixedClock('2026-11-21T10:00:00.000Z')
  const origin = 'practice.example/audit'
  const log = await openAuditLog({ origin, store: memoryStore(), signer: await ed25519Signer.generate(origin), clock })

  const record = async (each: DisclosureRecord) => {
    const { description, purpose, recipient = 'unknown' } = each
    await log.append({
      action: 'disclose',
      outcome: each.phase === 'refused' ? 'denied' : each.result === 'no-answer' ? 'failure' : 'success',
      actor: { id: 'note-service', type: 'service' },
      occurredAt: each.at,
      ...(each.classes === undefined ? {} : { subject: { dataClasses: [...each.classes] } }),
      context: {
        details: { phase: each.phase, call: each.call, hop: each.hop, agreement: each.agreement ?? null },
        ...(description && purpose ? { disclosure: { description, purpose, recipient } } : {}),
      },
    })
  }
  const sizes: number[] = []
  const send = async () => {
    sizes.push((await log.head()).size)
    return new Response('ok')
  }
  const guarded = guardFetch(send, registry([agreement], { complete: ['platform'] }), {
    from: 'practice',
    hosts: { 'api.platform.example': { party: 'platform', service: 'records.notes' } },
    clock,
    record,
  })
  const facts = {
    data: [{ class: 'phi.clinical.note.summary', labels: [] }],
    use: 'required-by-law',
    description: 'Summary of one session',
    purpose: 'Order of a court',
  } as const
  await guarded('https://api.platform.example/notes', { method: 'POST', phi: tagged('the text of a note', facts) })
  const denied = tagged('G43.9', { ...facts, data: [{ class: 'phi.code.icd10', labels: [] }] })
  await expect(guarded('https://api.platform.example/notes', { method: 'POST', phi: denied })).rejects.toThrow()

  expect(sizes).toEqual([1])
  const { records } = await log.query({ order: 'oldest', action: 'disclose' })
  expect(records.map(({ event }) => [event.outcome, event.context?.details?.phase])).toEqual([
    ['success', 'attempt'],
    ['success', 'outcome'],
    ['denied', 'refused'],
  ])
  expect(records[0]?.event.context?.disclosure).toEqual({
    description: 'Summary of one session',
    purpose: 'Order of a court',
    recipient: 'A platform',
  })
  expect(JSON.stringify(records)).not.toMatch(/the text of a note|G43\.9/)
  expect((await log.verify()).verdict).not.toBe('broken')
  await log.close()
})
