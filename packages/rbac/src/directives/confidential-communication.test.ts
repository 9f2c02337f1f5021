import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import {
  accommodate,
  type ConfidentialCommunication,
  confidentialCommunicationAt,
  type DeclineGround,
  decline,
  declineGrounds,
  withdrawRequest,
} from './confidential-communication.ts'
import { parseDirective } from './directive.ts'

const day = (n: number): string => new Date(Date.UTC(2026, 0, n)).toISOString()
const by = (n: number) => ({ at: day(n), recordedAt: day(n), recordedBy: 'officer' })
const value = {
  kind: 'confidential-communication',
  id: 'cc',
  tenant: 'clinic',
  patient: 'p1',
  entity: 'provider',
  channel: 'post',
  contact: 'box',
  paymentHandling: 'not-asked',
  history: [{ step: 'requested', how: 'oral', ...by(1) }],
}
const read = (more: object = {}): ConfidentialCommunication => {
  const all = { ...value, ...more } as Record<string, unknown>
  for (const key of Object.keys(all)) if (all[key] === undefined) delete all[key]
  return parseDirective(all) as ConfidentialCommunication
}

describe('S130: a request for confidential communication', () => {
  it('has no room for a reason, under whatever name', async () => {
    for (const key of ['reason', 'why', 'explanation', 'endangermentDetail']) {
      const error = await refusal(() => read({ [key]: 'a family member reads the mail' }))
      expect(error.code).toBe('PHI_RBAC_DIRECTIVE')
      expect(error.message).not.toContain('family')
    }
    expect((await refusal(() => read({ endangermentStated: true }))).path).toBe('directive.endangermentStated')
    expect(read({ entity: 'health-plan', endangermentStated: true }).endangermentStated).toBe(true)
  })
  it('may be declined by a provider and by a plan for these grounds only', () => {
    const cases: [string, object][] = [
      ['provider', {}],
      ['provider, no address', { contact: undefined }],
      ['provider, payment not told', { paymentHandling: 'not-told' }],
      ['plan', { entity: 'health-plan' }],
      ['plan, endangerment not stated', { entity: 'health-plan', endangermentStated: false }],
      ['plan, endangerment stated', { entity: 'health-plan', endangermentStated: true }],
    ]
    const table = cases.map(([name, more]) => {
      const may = declineGrounds.filter((ground) => decline(read(more), { ...by(2), ground }).outcome === 'changed')
      return `${name}: ${may.join(', ')}`
    })
    expect(table).toEqual([
      'provider: not-reasonable',
      'provider, no address: not-reasonable, no-address',
      'provider, payment not told: not-reasonable, no-payment-information',
      'plan: not-reasonable, no-endangerment-statement',
      'plan, endangerment not stated: not-reasonable, no-endangerment-statement',
      'plan, endangerment stated: not-reasonable',
    ])
    expect(decline(read(), { ...by(2), ground: 'toString' as DeclineGround })).toMatchObject({ reason: 'no-ground' })
  })
  it('is answered once, and taken back by the patient', () => {
    const yes = accommodate(read(), by(2))
    if (yes.outcome !== 'changed') throw new Error('was refused')
    expect(accommodate(yes.directive, by(3))).toMatchObject({ outcome: 'refused', reason: 'not-requested' })
    expect(decline(yes.directive, { ...by(3), ground: 'not-reasonable' })).toMatchObject({ reason: 'not-requested' })
    expect(accommodate(read({ contact: undefined }), by(2))).toMatchObject({ reason: 'no-address' })
    const back = withdrawRequest(yes.directive, { ...by(5), how: 'oral' })
    if (back.outcome !== 'changed') throw new Error('was refused')
    const at = (n: number) => confidentialCommunicationAt(back.directive, day(n))
    expect([0, 1, 2, 4, 5].map(at)).toEqual(['requested', 'requested', 'accommodated', 'accommodated', 'withdrawn'])
    expect(withdrawRequest(back.directive, { ...by(6), how: 'oral' })).toMatchObject({ reason: 'not-in-force' })
  })
  it('is refused with the text that is about whom it was made to', () => {
    const said = (entity: string) => {
      const back = withdrawRequest(read({ entity }), { ...by(2), how: 'oral' })
      if (back.outcome !== 'changed') throw new Error('was refused')
      const refused = [accommodate(back.directive, by(3)), withdrawRequest(back.directive, { ...by(3), how: 'oral' })]
      return refused.map((each) => ('citations' in each ? each.citations : []))
    }
    expect(said('provider')).toEqual([['45 CFR 164.522(b)(1)(i)'], ['45 CFR 164.522(b)(1)(i)']])
    expect(said('health-plan')).toEqual([['45 CFR 164.522(b)(1)(ii)'], ['45 CFR 164.522(b)(1)(ii)']])
  })
  it('is refused with a history that cannot be', async () => {
    const requested = value.history[0]
    for (const history of [
      [],
      [{ step: 'accommodated', ...by(1) }],
      [requested, requested],
      [requested, { step: 'declined', ground: 'not-reasonable', ...by(2) }, { step: 'accommodated', ...by(3) }],
      [requested, { step: 'declined', ...by(2) }],
    ]) {
      expect((await refusal(() => read({ history }))).path).toMatch(/^directive\.history/)
    }
    const accommodated = [requested, { step: 'accommodated', ...by(2) }]
    expect((await refusal(() => read({ history: accommodated, contact: undefined }))).path).toBe('directive.contact')
  })
})
