import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { parseDirective } from './directive.ts'
import { documentationOf } from './documentation.ts'
import {
  agree,
  deny,
  paidInFull,
  type Restriction,
  type RestrictionRequest,
  requestRestriction,
  restrictionAt,
  terminate,
} from './restriction.ts'

const day = (n: number): string => new Date(Date.UTC(2026, 0, n)).toISOString()
const by = (n: number) => ({ at: day(n), recordedAt: day(n), recordedBy: 'officer', document: 'scan-1' })
const request = (more: Partial<RestrictionRequest> = {}): Restriction =>
  requestRestriction({ id: 'r1', tenant: 'clinic', patient: 'p1', how: 'written', ...by(1), ...more })
const after = <Directive>(outcome: { outcome: 'changed'; directive: Directive } | { outcome: 'refused' }): Directive => {
  if (outcome.outcome !== 'changed') throw new Error('was refused')
  return outcome.directive
}
const agreed = () => after(agree(request(), by(2)))
const mandatory = () => request({ selfPay: { paidInFull: { at: day(1), by: 'individual' } } })

describe('S129: a restriction and its steps', () => {
  const states = {
    requested: () => request(),
    'requested, to be paid': () => request({ selfPay: {} }),
    agreed,
    denied: () => after(deny(request(), by(2))),
    mandatory,
    'ended by notice': () => after(terminate(agreed(), { ground: 'notice-by-entity', ...by(3) })),
    'ended in writing': () => after(terminate(agreed(), { ground: 'individual-in-writing', ...by(3) })),
  }
  const steps = {
    agree: (each: Restriction) => agree(each, by(4)),
    deny: (each: Restriction) => deny(each, by(4)),
    paid: (each: Restriction) => paidInFull(each, { ...by(4), by: 'individual' }),
    'in writing': (each: Restriction) => terminate(each, { ground: 'individual-in-writing', ...by(4) }),
    orally: (each: Restriction) => terminate(each, { ground: 'individual-orally', ...by(4) }),
    'by notice': (each: Restriction) => terminate(each, { ground: 'notice-by-entity', ...by(4) }),
  }

  it('knows which step may follow which', () => {
    const table = Object.entries(states).map(([state, make]) => {
      const outcomes = Object.entries(steps).map(([name, take]) => {
        const outcome = take(make())
        const then = outcome.outcome === 'changed' ? restrictionAt(outcome.directive, day(4)).status : outcome.reason
        return `${name}: ${then}`
      })
      return `${state} | ${outcomes.join(' | ')}`
    })
    expect(table).toEqual([
      'requested | agree: agreed | deny: denied | paid: not-self-pay | in writing: not-in-force | orally: not-in-force | by notice: not-in-force',
      'requested, to be paid | agree: agreed | deny: denied | paid: mandatory | in writing: not-in-force | orally: not-in-force | by notice: not-in-force',
      'agreed | agree: not-requested | deny: not-requested | paid: not-self-pay | in writing: terminated | orally: terminated | by notice: terminated',
      'denied | agree: not-requested | deny: not-requested | paid: not-self-pay | in writing: not-in-force | orally: not-in-force | by notice: not-in-force',
      'mandatory | agree: not-requested | deny: must-agree | paid: not-requested | in writing: terminated | orally: terminated | by notice: mandatory-not-by-notice',
      'ended by notice | agree: not-requested | deny: not-requested | paid: not-self-pay | in writing: terminated | orally: terminated | by notice: already-terminated',
      'ended in writing | agree: not-requested | deny: not-requested | paid: not-self-pay | in writing: already-terminated | orally: already-terminated | by notice: already-terminated',
    ])
  })

  it('asks for a document where a restriction ends, in every ground', () => {
    for (const ground of ['individual-in-writing', 'individual-orally', 'notice-by-entity'] as const) {
      const { document: _, ...undocumented } = by(3)
      expect(terminate(agreed(), { ground, ...undocumented })).toMatchObject({ outcome: 'refused', reason: 'not-documented' })
    }
  })

  it('says with a refusal which text it rests on', () => {
    expect(terminate(mandatory(), { ground: 'notice-by-entity', ...by(3) })).toEqual({
      outcome: 'refused',
      reason: 'mandatory-not-by-notice',
      citations: ['45 CFR 164.522(a)(2)(iii)', '45 CFR 164.522(a)(1)(vi)'],
    })
  })

  it('leaves the version before it as it was, and frozen', () => {
    const before = agreed()
    const text = JSON.stringify(before)
    terminate(before, { ground: 'individual-orally', ...by(3) })
    expect(JSON.stringify(before)).toBe(text)
    expect(Object.isFrozen(before.history[0])).toBe(true)
  })
})

describe('S129: what a restriction amounts to at an instant', () => {
  it('counts from its day, and to the day before its end', () => {
    const each = after(agree(request(), { ...by(5), until: day(10) }))
    expect([4, 5, 9, 10].map((n) => restrictionAt(each, day(n)).status)).toEqual([
      'requested',
      'agreed',
      'agreed',
      'terminated',
    ])
    expect([4, 5, 9, 10].map((n) => restrictionAt(each, day(n)).inForce !== null)).toEqual([false, true, true, false])
  })
  it('after a notice holds for what was created until then', () => {
    const each = after(terminate(agreed(), { ground: 'notice-by-entity', ...by(7) }))
    expect(restrictionAt(each, day(6))).toEqual({ status: 'agreed', inForce: { as: 'agreed', createdUntil: null } })
    expect(restrictionAt(each, day(7))).toEqual({
      status: 'terminated',
      inForce: { as: 'agreed', createdUntil: Date.parse(day(7)) },
    })
    const ended = after(terminate(each, { ground: 'individual-in-writing', ...by(9) }))
    expect(restrictionAt(ended, day(9))).toEqual({ status: 'terminated', inForce: null })
  })
  it('does not come back by a notice once its agreed time is over', () => {
    const each = after(agree(request(), { ...by(2), until: day(5) }))
    const noticed = after(terminate(each, { ground: 'notice-by-entity', ...by(6) }))
    expect(restrictionAt(noticed, day(7)).inForce).toBeNull()
  })
  it('refuses what is no time', async () => {
    const error = await refusal(() => restrictionAt(agreed(), 'yesterday'))
    expect(error).toMatchObject({ code: 'PHI_RBAC_DIRECTIVE_OPTIONS', path: 'at' })
    expect((await refusal(() => restrictionAt(agreed(), Number.NaN))).code).toBe('PHI_RBAC_DIRECTIVE_OPTIONS')
  })
})

describe('S129: a record that is not one is refused', () => {
  const base = JSON.parse(JSON.stringify(agreed())) as Record<string, unknown> & { history: Record<string, unknown>[] }
  const secret = 'Jane Roe'
  const bad: Record<string, unknown> = {
    'an unknown status': { ...base, history: [base.history[0], { ...base.history[1], step: secret }] },
    'no request before the agreement': { ...base, history: [base.history[1]] },
    'an empty history': { ...base, history: [] },
    'a mandatory one that is not self-pay': {
      ...base,
      history: [base.history[0], { ...base.history[1], step: 'mandatory', paidBy: 'individual' }],
    },
    'a day that does not exist': {
      ...base,
      history: [base.history[0], { ...base.history[1], at: '2026-02-30T00:00:00.000Z' }],
    },
    'steps out of order': { ...base, history: [base.history[0], { ...base.history[1], recordedAt: day(0) }] },
    'an end before the beginning': { ...base, history: [base.history[0], { ...base.history[1], until: day(1) }] },
    'types and fields': { ...base, scope: { types: ['Note'], fields: { Note: ['body'] } } },
    'an unknown label': { ...base, scope: { labels: [secret] } },
    'an unknown part of the scope': { ...base, scope: { [secret]: [] } },
    'an empty list': { ...base, scope: { types: [] } },
    'a self-pay restriction with purposes of its own': { ...base, selfPay: true, scope: { purposes: ['HPAYMT'] } },
    'a tenant with spaces': { ...base, tenant: secret },
    'an id with a colon': { ...base, id: 'a:b' },
    'a termination without document': {
      ...base,
      history: [
        ...base.history,
        { step: 'terminated', ground: 'individual-orally', at: day(3), recordedAt: day(3), recordedBy: 'x' },
      ],
    },
  }
  it.each(Object.keys(bad))('%s', async (name) => {
    const error = await refusal(() => parseDirective(bad[name]))
    expect(error.code).toBe('PHI_RBAC_DIRECTIVE')
    expect(JSON.stringify([error.message, error.path, error.info])).not.toContain(secret)
  })
  it('and the record that they were made from is not', () => expect(parseDirective(base)).toEqual(agreed()))
  it('a prototype that somebody planted on is refused before anything is believed', async () => {
    const copy = structuredClone(base)
    Object.defineProperty(Object.prototype, 'until', { value: day(3), configurable: true, enumerable: true, writable: true })
    try {
      expect((await refusal(() => parseDirective(copy))).code).toBe('PHI_RBAC_DIRECTIVE')
    } finally {
      Reflect.deleteProperty(Object.prototype, 'until')
    }
  })
})

it('S129: whatever steps are taken in whatever order, the record parses and a mandatory one never ends by notice', () => {
  const take = fc.constantFrom('agree', 'deny', 'paid', 'individual-in-writing', 'individual-orally', 'notice-by-entity')
  fc.assert(
    fc.property(fc.boolean(), fc.array(take, { maxLength: 8 }), (selfPay, names) => {
      let each = request(selfPay ? { selfPay: {} } : {})
      names.forEach((name, index) => {
        const more = by(2 + index)
        const wasMandatory = restrictionAt(each, day(2 + index)).status === 'mandatory'
        const outcome =
          name === 'agree'
            ? agree(each, more)
            : name === 'deny'
              ? deny(each, more)
              : name === 'paid'
                ? paidInFull(each, { ...more, by: 'individual' })
                : terminate(each, { ground: name as 'individual-orally', ...more })
        if (wasMandatory && name === 'notice-by-entity') expect(outcome.outcome).toBe('refused')
        if (outcome.outcome === 'changed') each = outcome.directive
      })
      expect(parseDirective(JSON.parse(JSON.stringify(each)))).toEqual(each)
    }),
    { numRuns: process.env.PHI_LONG === '1' ? 20_000 : 500 },
  )
})

it('S129: the record counts as documentation from its beginning to its end', () => {
  const ended = after(terminate(agreed(), { ground: 'individual-orally', ...by(3) }))
  const noticed = after(terminate(agreed(), { ground: 'notice-by-entity', ...by(3) }))
  expect(documentationOf(ended)).toEqual({
    retentionClass: 'hipaa-documentation',
    createdAt: day(1),
    lastInEffect: day(3),
    citations: ['45 CFR 164.522(a)(3)', '45 CFR 164.530(j)'],
  })
  expect([documentationOf(agreed()).lastInEffect, documentationOf(noticed).lastInEffect]).toEqual([null, null])
})
