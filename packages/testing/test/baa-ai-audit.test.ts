import { type AuditEventInput, memoryStore, openAuditLog } from '@phi/audit'
import { type AiUseKind, aiAuditEvent, aiUses, textHash } from '@phi/baa/ai'
import { describe, expect, expectTypeOf, it } from 'vitest'

const key = new Uint8Array(32).fill(5)

describe('S40 events of @phi/baa/ai in a log of @phi/audit', () => {
  it('S40 every kind is accepted as it is, and no text is in the log', async () => {
    expectTypeOf(aiAuditEvent).returns.toExtend<AuditEventInput>()
    const log = await openAuditLog({ origin: 'clinic.example/audit', store: memoryStore() })
    for (const kind of Object.keys(aiUses) as AiUseKind[]) {
      const event = aiAuditEvent(
        {
          kind,
          at: '2026-11-22T10:00:00.000Z',
          actor: { id: 'u-1', type: 'workforce', roles: ['clinician'] },
          outcome: 'success',
          model: 'model-1',
          prompt: 'Summarize: Jane cried.',
          output: 'Jane was sad.',
          edited: 'Jane felt sad.',
          patients: ['p-1'],
          dataClasses: ['phi.ai.prompt', 'phi.clinical.note.session'],
          resource: { type: 'draft', id: 'd-1' },
          decision: { policy: 'practice-platform-2026', rule: 'covered' },
        },
        key,
      )
      await log.append(event)
    }
    const { records } = await log.query({ order: 'oldest' })
    expect(records.map(({ event }) => event.action)).toEqual(Object.values(aiUses))
    expect(JSON.stringify(records)).not.toMatch(/Jane|cried|was sad|felt sad/)
    const hash = textHash(key, 'Summarize: Jane cried.')
    expect(records.every(({ event }) => event.context?.ai?.promptHash === hash)).toBe(true)
  })
})
