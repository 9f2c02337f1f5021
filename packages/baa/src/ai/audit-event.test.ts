import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { aiAuditEvent, aiRiskEntries, aiUses, draftRefusals, gateReasons, isHashOf, purgeStates, textHash } from './index.ts'

const key = new Uint8Array(32).fill(1)
const use = {
  kind: 'output',
  at: '2026-11-22T10:00:00.000Z',
  actor: { id: 'scribe', type: 'service' },
  outcome: 'success',
  model: 'model-1',
  prompt: 'Summarize: Jane cried.',
  output: 'Jane was sad.',
  patients: ['p-1', 'p-1'],
  dataClasses: ['phi.ai.output'],
  resource: { type: 'draft', id: 'd-1' },
  decision: { policy: 'practice-platform-2026', rule: 'covered' },
} as const

describe('S40 prompts, outputs and edits in the audit log', () => {
  it('S40 an event carries hashes and lengths, and no text', () => {
    const event = aiAuditEvent({ ...use, edited: 'Jane felt sad.' }, key)
    expect(JSON.stringify(event)).not.toMatch(/Jane|cried|was sad|felt sad/)
    expect(event.context.ai).toEqual({
      model: 'model-1',
      promptHash: textHash(key, use.prompt),
      outputHash: textHash(key, use.output),
    })
    expect(event.context.details).toEqual({
      aiUse: 'output',
      hash: 'hmac-sha256',
      promptLength: 22,
      outputLength: 13,
      editedHash: textHash(key, 'Jane felt sad.'),
      editedLength: 14,
    })
    expect(event.subject).toEqual({
      dataClasses: ['phi.ai.output'],
      patients: ['p-1'],
      resource: { type: 'draft', id: 'd-1' },
    })
  })

  it('S40 a text can be recognized with the key, and not guessed without it', () => {
    const { promptHash } = aiAuditEvent(use, key).context.ai
    expect(isHashOf(key, use.prompt, promptHash as string)).toBe(true)
    expect(isHashOf(new Uint8Array(32), use.prompt, promptHash as string)).toBe(false)
    expect(isHashOf(key, use.prompt, 'nonsense')).toBe(false)
  })

  it('S40 every kind has an action', () => {
    for (const kind of Object.keys(aiUses) as (keyof typeof aiUses)[]) {
      expect(aiAuditEvent({ ...use, kind }, key).action).toBe(aiUses[kind])
    }
  })

  it.each([
    ['an unknown kind', { ...use, kind: 'SECRET' }],
    ['no actor', { ...use, actor: undefined }],
    ['a lone surrogate', { ...use, prompt: 'SECRET\ud800' }],
    ['an unknown key', { ...use, SECRET: 1 }],
  ])('refuses %s, and quotes nothing of it', async (_, value) => {
    const error = await refusal(() => aiAuditEvent(value as never, key))
    expect(error.code).toBe('PHI_BAA_AI_EVENT')
    expect(JSON.stringify(error) + error.message).not.toContain('SECRET')
  })

  it('refuses a short key', async () => {
    expect((await refusal(() => aiAuditEvent(use, new Uint8Array(31)))).code).toBe('PHI_BAA_AI_KEY')
    expect((await refusal(() => textHash('x'.repeat(32) as never, 'x'))).code).toBe('PHI_BAA_AI_KEY')
  })
})

describe('S43 models in the risk analysis', () => {
  it('S43 prompt leakage, model errors and downstream sharing each have entries, with what is left', () => {
    const entries = aiRiskEntries()
    expect(new Set(entries.map((each) => each.threat))).toEqual(
      new Set(['prompt-leakage', 'model-error', 'downstream-sharing']),
    )
    expect(new Set(entries.map((each) => each.id)).size).toBe(entries.length)
    for (const { left, addressedBy, citation } of entries) {
      expect(left.length).toBeGreaterThan(20)
      expect(citation.section).toBe('164.308(a)(1)(ii)(A)')
      for (const code of addressedBy.gate) expect(Object.keys(gateReasons)).toContain(code)
      for (const code of addressedBy.drafts) expect(Object.keys(draftRefusals)).toContain(code)
      for (const state of addressedBy.purge) expect(purgeStates).toContain(state)
    }
  })

  it('S43 every reason of the gate by which a prompt stays back speaks to some risk', () => {
    const named = new Set(aiRiskEntries().flatMap((each) => each.addressedBy.gate))
    const silent = Object.entries(gateReasons)
      .filter(([code, { effect }]) => effect !== 'allow' && !named.has(code as never))
      .map(([code]) => code)
    // Mistakes of the call, which are no risks of models; and a period that has to be stated more clearly.
    expect(silent.sort()).toEqual(['not-an-ai-service', 'not-an-inference', 'nothing-left', 'retention-unclear'])
  })
})
