import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refusal } from '../../../core/test/refusal.ts'
import { compile } from '../decision/rules.ts'
import { definePolicy } from '../policy/define.ts'
import type { Directive } from './directive.ts'
import { directiveLaw } from './law.ts'
import { type MessageReader, mayOpenMessage, requireVerifiedIdentity } from './open-message.ts'
import { agree, type Restriction, requestRestriction } from './restriction.ts'
import { claimsSharing, patientRights } from './rights.ts'
import { memoryDirectiveStore } from './store.ts'

const day = (n: number): string => new Date(Date.UTC(2026, 0, n)).toISOString()
const by = (n: number) => ({ at: day(n), recordedAt: day(n), recordedBy: 'officer' })
const asked = (more: object = {}): Restriction =>
  requestRestriction({ id: 'r1', tenant: 'clinic', patient: 'p1', how: 'oral', ...by(1), ...more })
const agreed = (each: Restriction): Directive => {
  const outcome = agree(each, by(2))
  if (outcome.outcome !== 'changed') throw new Error('was refused')
  return outcome.directive
}

describe('S129: a store of directives', () => {
  it('keeps the latest version, and tenants and patients apart', async () => {
    const store = memoryDirectiveStore()
    await store.append(asked())
    await store.append(asked({ tenant: 'other' }))
    await store.append(asked({ id: 'r2', patient: 'p2' }))
    await store.append(agreed(asked()))
    expect(await store.of('clinic', 'p1')).toEqual([agreed(asked())])
    expect(await store.of('other', 'p1')).toEqual([asked({ tenant: 'other' })])
    expect(await store.of('clinic', 'p3')).toEqual([])
  })
  it('changes and shortens nothing', async () => {
    const store = memoryDirectiveStore()
    await store.append(agreed(asked()))
    const kept = agreed(asked())
    const ended = { step: 'terminated', ground: 'individual-orally', document: 'note-1', ...by(3) }
    const rewritten = { ...kept, history: [...asked({ recordedBy: 'somebody else' }).history, ...kept.history.slice(1), ended] }
    for (const each of [
      asked(),
      agreed(asked()),
      agreed(asked({ patient: 'p2' })),
      agreed(asked({ scope: { types: ['Note'] } })),
      rewritten,
    ]) {
      expect((await refusal(store.append(each as Directive))).code).toBe('PHI_RBAC_DIRECTIVE_STORE')
    }
    expect((await refusal(store.append({ kind: 'restriction' } as never))).code).toBe('PHI_RBAC_DIRECTIVE')
    expect(await store.of('clinic', 'p1')).toEqual([kept])
    await store.append({ ...kept, history: [...kept.history, ended] } as Directive)
    expect((await store.of('clinic', 'p1'))[0]?.history).toHaveLength(3)
  })
})

describe('S44: who may open a message', () => {
  const reader: MessageReader = { tenant: 'clinic', patients: ['p1', 'child'], verifiedAt: day(3) }
  const message = { tenant: 'clinic', patient: 'p1', at: day(5) }
  const reason = (who: unknown, what: unknown = message) => {
    const verdict = mayOpenMessage(who as MessageReader, what as typeof message)
    return verdict.outcome === 'open' ? 'open' : verdict.reason
  }
  it('a verified identity, for its own messages and those of whom it represents', () => {
    expect([reason(reader), reason(reader, { ...message, patient: 'child' })]).toEqual(['open', 'open'])
    expect(reason(reader, { ...message, patient: 'p2' })).toBe('other-patient')
    expect(reason({ ...reader, tenant: 'other' })).toBe('other-tenant')
    expect(reason({ ...reader, verifiedAt: null })).toBe('not-verified')
    expect(reason({ ...reader, verifiedAt: day(6) })).toBe('not-verified')
  })
  it('nobody else, whatever it is', () => {
    for (const each of [
      null,
      {},
      { ...reader, verifiedAt: undefined },
      { ...reader, verifiedAt: true },
      { ...reader, patients: 'p1' },
    ]) {
      expect(reason(each)).toBe('unreadable')
    }
    expect(reason(reader, { ...message, at: 'now' })).toBe('unreadable')
  })
  it('the same as a rule: closed unless the request says that the identity was verified', async () => {
    const policy = definePolicy(
      {
        id: 'clinic',
        version: '1',
        resources: { Message: z.object({ id: z.string(), tenant: z.string(), patient: z.string() }) },
        actions: ['read'],
        roles: { patient: {} },
        context: z.object({ identityVerified: z.boolean() }),
      },
      ({ permit }) => [permit('patient').to('read').on('Message').as('own')],
    )
    const options = { policy, types: ['Message'], actions: ['read'], attribute: 'context.identityVerified' }
    const rules = compile(policy).with([requireVerifiedIdentity(options)])
    const can = (identityVerified: unknown) =>
      rules.can({
        actor: { id: 'p1', tenant: 'clinic', roles: ['patient'] },
        action: 'read',
        resource: { type: 'Message', record: { id: 'm', tenant: 'clinic', patient: 'p1' } },
        context: { identityVerified: identityVerified as boolean },
      })
    expect([true, false, undefined, 'true', null].map(can)).toEqual([true, false, false, false, false])
    expect((await refusal(() => requireVerifiedIdentity({ ...options, attribute: 'resource.id' }))).code).toBe(
      'PHI_RBAC_DIRECTIVE_OPTIONS',
    )
    expect((await refusal(() => requireVerifiedIdentity({ ...options, attribute: 'context.other' }))).code).toBe(
      'PHI_RBAC_POLICY',
    )
  })
})

describe('S55 S59 S62: what patients are told is data', () => {
  it('names every kind of directive that is a right, and the three facts about claims', () => {
    const used = new Set(patientRights.flatMap(({ usedBy }) => (usedBy === null ? [] : [usedBy])))
    expect([...used].sort()).toEqual(['authorization', 'confidential-communication', 'consent', 'restriction'])
    expect(claimsSharing).toHaveLength(3)
  })
  it('rests on texts that stand once', () => {
    const texts = Object.values(directiveLaw).map(({ source, section }) => `${source} ${section}`)
    expect(new Set(texts).size).toBe(texts.length)
    for (const { citation } of [...patientRights, ...claimsSharing]) expect(Object.values(directiveLaw)).toContain(citation)
  })
  it('S34 S55: a step says which notice of privacy practices was in force', () => {
    expect(asked({ notice: '2026-02' }).history[0]?.notice).toBe('2026-02')
  })
})
