import { describe, expect, it } from 'vitest'
import { atomsOf, type Expression } from './expression.ts'
import { atomText, expressionText } from './text.ts'

const all: Expression = {
  op: 'and',
  of: [
    { op: 'in', left: { attr: 'actor.id' }, right: { attr: 'resource.careTeam' } },
    { op: 'not', of: { op: 'eq', left: { attr: 'resource.status' }, right: { value: 'signed' } } },
    {
      op: 'or',
      of: [
        { op: 'ge', left: { attr: 'resource.words' }, right: { value: 5 } },
        { op: 'null', of: 'resource.endedAt' },
      ],
    },
    { op: 'in', left: { attr: 'resource.status' }, right: { values: ['draft', 'late'] } },
    { op: 'lt', left: { attr: 'resource.startsAt' }, right: { now: true } },
    { op: 'cidr', of: 'context.ip', ranges: ['10.0.0.0/8'] },
    { op: 'purpose', is: ['TREAT', 'HPAYMT'] },
    { op: 'granted', kind: 'break-glass' },
    { op: 'eq', left: { attr: 'resource.restricted' }, right: { value: true } },
    { op: 'has', of: 'resource.extra' },
  ],
}

describe('conditions in words', () => {
  it('with constants, for those who read the policy', () => {
    expect(expressionText(all)).toBe(
      'actor.id in resource.careTeam and (not (resource.status = "signed")) and (resource.words >= 5 or resource.endedAt is null) and ' +
        'resource.status in ("draft", "late") and resource.startsAt < now and context.ip in network 10.0.0.0/8 and ' +
        'purpose is TREAT or HPAYMT and a grant of break-glass and resource.restricted = true and resource.extra is present',
    )
  })

  it('without them, for those who see a decision', () => {
    const texts = [...atomsOf(all)].map(({ atom, at }) => `${at} ${atomText(atom)}`)
    expect(texts).toEqual([
      '/of/0 actor.id in resource.careTeam',
      '/of/1/of resource.status = …',
      '/of/2/of/0 resource.words >= …',
      '/of/2/of/1 resource.endedAt is null',
      '/of/3 resource.status in (…)',
      '/of/4 resource.startsAt < now',
      '/of/5 context.ip in network …',
      '/of/6 purpose is TREAT or HPAYMT',
      '/of/7 a grant of break-glass',
      '/of/8 resource.restricted = true',
      '/of/9 resource.extra is present',
    ])
  })
})
