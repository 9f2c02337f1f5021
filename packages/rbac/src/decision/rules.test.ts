import { fixedClock } from '@phi/core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { definePolicy } from '../policy/define.ts'
import type { Grant } from '../policy/grant.ts'
import { compile } from './rules.ts'

const Note = z.object({
  id: z.string(),
  tenant: z.string(),
  patient: z.string(),
  careTeam: z.array(z.string()),
  body: z.string(),
  code: z.string(),
  restricted: z.boolean(),
  selfPay: z.boolean(),
})

const policy = definePolicy(
  {
    id: 'clinic',
    version: '1',
    resources: { Note },
    actions: ['read', 'update', 'disclose'],
    roles: { therapist: {}, supervisor: { inherits: ['therapist'] }, billing: {}, payer: {}, front: {} },
    context: z.object({ ip: z.ipv4() }),
    views: { claims: { Note: ['id', 'code'] } },
  },
  ({ permit, forbid, is }) => {
    const inTeam = is.in(is.actor('id'), is.resource('careTeam'))
    return [
      permit('therapist').to('read', 'update').on('Note').when(inTeam).cite('45 CFR 164.308(a)(4)').as('care-team'),
      permit('billing').to('read').on('Note').for('HPAYMT').seeing('claims').cite('45 CFR 164.502(b)').as('billing-view'),
      permit('payer').to('disclose').on('Note').for('HPAYMT').seeing('claims').as('claims'),
      permit('therapist')
        .to('read')
        .on('Note')
        .when(is.granted('break-glass'))
        .requiring({ type: 'break-glass', notify: ['privacy-officer'], reviewWithinHours: 24 })
        .as('glass'),
      forbid().to('read', 'update').on('Note').when(is.resource('restricted')).unless('emergency').as('restriction'),
      forbid().to('disclose').on('Note').for('HPAYMT').when(is.resource('selfPay')).as('self-pay'),
      forbid()
        .toAnyAction()
        .on('Note')
        .hiding('code')
        .when(is.cidr(is.context('ip'), ['203.0.113.0/24']))
        .as('codes-stay-inside'),
    ]
  },
)
const clock = fixedClock('2026-03-04T09:00:00.000Z')
const rules = compile(policy, { clock })
const context = { ip: '10.0.0.1' }
const actor = { id: 't1', tenant: 'clinic-a', roles: ['therapist'] }
const row = {
  id: 'n1',
  tenant: 'clinic-a',
  patient: 'p1',
  careTeam: ['t1', 't2'],
  body: 'secret-body',
  code: 'F41.1',
  restricted: false,
  selfPay: false,
}
const note = (change: Partial<Record<keyof typeof row, unknown>> = {}) => rules.resource('Note', { ...row, ...change } as never)
const read = { actor, action: 'read', resource: note(), context } as const
const glass: Grant = {
  kind: 'break-glass',
  tenant: 'clinic-a',
  patient: 'p1',
  actor: 't1',
  from: '2026-03-04T08:30:00.000Z',
  until: '2026-03-04T09:30:00.000Z',
  reason: 'found unconscious in the waiting room',
}

describe('the order of the semantics', () => {
  it('S98 the tenant wall comes first, and nothing overrides it', () => {
    const foreign = {
      ...read,
      resource: note({ tenant: 'clinic-b' }),
      purpose: 'BTG',
      grants: [{ ...glass, tenant: 'clinic-b' }],
    } as const
    expect(rules.decide(foreign)).toMatchObject({ outcome: 'deny', reason: 'tenant', rule: 'phi:tenant' })
    expect(rules.can(foreign)).toBe(false)
  })

  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['null', null],
    ['of another type', 7],
    ['an array that prints alike', ['clinic-a']],
  ])('S98 a tenant that is %s is no tenant, on either side', (_, tenant) => {
    expect(rules.decide({ ...read, resource: note({ tenant }) }).reason).toBe('tenant')
    expect(rules.decide({ ...read, actor: { ...actor, tenant: tenant as string } }).reason).toBe('tenant')
    const both = { ...read, actor: { ...actor, tenant: tenant as string }, resource: note({ tenant }) }
    expect(rules.decide(both).outcome).toBe('deny')
    expect(rules.can(both)).toBe(false)
  })

  it('S2 S92 a permit allows, with its rule, fields and citations', () => {
    expect(rules.decide(read)).toMatchObject({
      outcome: 'allow',
      reason: 'permitted',
      rule: 'care-team',
      citations: ['45 CFR 164.308(a)(4)'],
      because: [{ rule: 'care-team', atom: 'actor.id in resource.careTeam', at: '/when', met: true }],
      policy: { id: 'clinic', version: '1', hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
    })
    expect(rules.can(read)).toBe(true)
  })

  it('a forbid beats every permit, whatever roles there are', () => {
    const many = { ...actor, roles: ['therapist', 'billing', 'supervisor', 'payer'] }
    const asked = { ...read, actor: many, resource: note({ restricted: true }), purpose: 'HPAYMT' } as const
    expect(rules.decide(asked)).toMatchObject({ outcome: 'deny', reason: 'forbidden', rule: 'restriction' })
    expect(rules.can(asked)).toBe(false)
  })

  it.each([
    ['absent', undefined, 'unknown'],
    ['null, which it cannot be', null, 'unknown'],
    ['text', 'false', 'unknown'],
    ['a number', 0, 'unknown'],
    ['true', true, true],
  ])('S21 a forbid fires when its attribute is %s', (_, restricted, met) => {
    const asked = { ...read, resource: note({ restricted }) }
    expect(rules.decide(asked)).toMatchObject({
      outcome: 'deny',
      rule: 'restriction',
      because: [{ met }, { atom: 'purpose is ETREAT' }],
    })
    expect(rules.can(asked)).toBe(false)
  })

  it('roles inherit permits, and not the other way round', () => {
    expect(rules.can({ ...read, actor: { ...actor, roles: ['supervisor'] } })).toBe(true)
    const below = definePolicy(
      {
        id: 'p',
        version: '1',
        resources: { Note },
        actions: ['read'],
        roles: { therapist: {}, supervisor: { inherits: ['therapist'] } },
      },
      ({ permit }) => [permit('supervisor').to('read').on('Note').as('above')],
    )
    expect(compile(below).can(read)).toBe(false)
  })

  it('S21 nothing is allowed by default, and the nearest miss is named', () => {
    const decision = rules.decide({ ...read, resource: note({ careTeam: ['t9'] }) })
    expect(decision).toMatchObject({ outcome: 'deny', reason: 'default', rule: null, fields: [] })
    expect(decision.nearestMiss).toEqual({
      rule: 'care-team',
      roles: [],
      missing: [{ atom: 'actor.id in resource.careTeam', at: '/when', met: false }],
    })
    const stranger = rules.decide({ ...read, actor: { ...actor, roles: ['front'] } })
    expect(stranger.nearestMiss).toEqual({ rule: 'care-team', roles: ['therapist'], missing: [] })
  })

  it('a role that the policy does not know gives nothing', () => {
    for (const roles of [
      ['root'],
      ['__proto__'],
      ['constructor'],
      [],
      ['Therapist'],
      [{ toString: () => 'therapist' } as never],
    ]) {
      expect(rules.can({ ...read, actor: { ...actor, roles } })).toBe(false)
      expect(rules.decide({ ...read, actor: { ...actor, roles } }).reason).toBe('default')
    }
  })
})

describe('purposes', () => {
  it('S7 a permit for a purpose needs one, and kinds of it count', () => {
    const billing = { ...read, actor: { ...actor, roles: ['billing'] } }
    for (const purpose of ['HPAYMT', 'ELIGVER', 'REMITADV'] as const) expect(rules.can({ ...billing, purpose })).toBe(true)
    for (const purpose of [undefined, 'TREAT', 'HOPERAT', 'made-up' as 'TREAT'] as const)
      expect(rules.can({ ...billing, purpose })).toBe(false)
  })

  it('a forbid for a purpose also fires when no purpose is known', () => {
    const broad = definePolicy(
      { id: 'p', version: '1', resources: { Note }, actions: ['disclose'], roles: { payer: {} } },
      ({ permit, forbid }) => [
        permit('payer').to('disclose').on('Note').as('any'),
        forbid().to('disclose').on('Note').for('HMARKT').cite('45 CFR 164.508(a)(3)').as('no-marketing'),
      ],
    )
    const asked = { ...read, actor: { ...actor, roles: ['payer'] }, action: 'disclose' } as const
    const compiled = compile(broad)
    expect(compiled.can({ ...asked, purpose: 'HPAYMT' })).toBe(true)
    for (const purpose of [undefined, 'HMARKT', 'nonsense' as 'TREAT'] as const)
      expect(compiled.can({ ...asked, purpose })).toBe(false)
  })
})

describe('overrides', () => {
  it.each(['ETREAT', 'BTG', 'ERTREAT'] as const)(
    'S109 S129 an agreed restriction opens for %s, with the duty that comes with it',
    (purpose) => {
      const asked = { ...read, resource: note({ restricted: true }), purpose }
      expect(rules.decide(asked)).toMatchObject({
        outcome: 'allow-if',
        obligations: [{ type: 'refrain', code: 'NOREUSE' }],
        overridden: [{ rule: 'restriction', by: 'emergency' }],
        citations: ['45 CFR 164.308(a)(4)', '45 CFR 164.522(a)(1)(iii)', '45 CFR 164.522(a)(1)(iv)'],
      })
      expect(rules.can(asked)).toBe(false)
    },
  )

  it('S129 a self-pay restriction names no override, so nothing opens it', () => {
    const payer = { ...actor, roles: ['payer'] }
    const asked = { ...read, actor: payer, action: 'disclose', purpose: 'HPAYMT' } as const
    expect(rules.can(asked)).toBe(true)
    for (const grants of [undefined, [glass], [{ ...glass, kind: 'authorization' }]]) {
      expect(rules.decide({ ...asked, resource: note({ selfPay: true }), grants }).rule).toBe('self-pay')
    }
  })

  it('of several overrides that hold, the first that is named counts', () => {
    const grant = { kind: 'authorization', tenant: 'clinic-a', patient: 'p1', from: 0, until: null }
    const owing = (...unless: ['emergency' | 'authorization', ...('emergency' | 'authorization')[]]) => {
      const config = { id: 'p', version: '1', resources: { Note }, actions: ['read'], roles: { therapist: {} } } as const
      const either = definePolicy(config, ({ permit, forbid }) => [
        permit('therapist').to('read').on('Note').as('all'),
        forbid()
          .to('read')
          .on('Note')
          .unless(...unless)
          .as('closed'),
      ])
      return compile(either, { clock }).decide({ ...read, purpose: 'ETREAT', grants: [grant] }).outcome
    }
    expect([owing('emergency', 'authorization'), owing('authorization', 'emergency')]).toEqual(['allow-if', 'allow'])
  })

  it('an override that cannot be told does not open', () => {
    for (const purpose of [undefined, 'unheard-of' as 'TREAT']) {
      expect(rules.decide({ ...read, resource: note({ restricted: true }), purpose }).outcome).toBe('deny')
    }
  })

  it('S109 a broken glass is for one patient, one hour, one actor, one reason, never across tenants', () => {
    const elsewhere = { ...read, resource: note({ careTeam: [] }) }
    const ask = (grants: readonly unknown[], at?: string) => rules.decide({ ...elsewhere, grants: grants as Grant[], at })
    expect(ask([glass])).toMatchObject({ outcome: 'allow-if', rule: 'glass', obligations: [{ type: 'break-glass' }] })
    expect(ask([]).outcome).toBe('deny')
    expect(ask([{ ...glass, patient: 'p2' }]).outcome).toBe('deny')
    expect(ask([{ ...glass, actor: 't2' }]).outcome).toBe('deny')
    expect(ask([{ ...glass, actor: undefined }]).outcome).toBe('deny')
    expect(ask([{ ...glass, tenant: 'clinic-b' }]).outcome).toBe('deny')
    expect(ask([{ ...glass, reason: '  ' }]).outcome).toBe('deny')
    expect(ask([{ ...glass, until: null }]).outcome).toBe('deny')
    expect(ask([{ ...glass, until: '2026-03-04T09:30:00.001Z' }]).outcome).toBe('deny')
    expect(ask([glass], '2026-03-04T08:29:59.999Z').outcome).toBe('deny')
    expect(ask([glass], '2026-03-04T08:30:00.000Z').outcome).toBe('allow-if')
    expect(ask([glass], '2026-03-04T09:29:59.999Z').outcome).toBe('allow-if')
    expect(ask([glass], '2026-03-04T09:30:00.000Z').outcome).toBe('deny')
    expect(ask([glass], 'yesterday').outcome).toBe('deny')
  })
})

describe('fields', () => {
  it('S7 a view shows what it lists; several permits show what any of them shows', () => {
    const billing = { ...read, actor: { ...actor, roles: ['billing'] }, purpose: 'HPAYMT' } as const
    expect(rules.decide(billing).fields).toEqual(['id', 'code'])
    expect(rules.decide({ ...billing, actor: { ...actor, roles: ['billing', 'therapist'] } }).fields).toEqual(
      Object.keys(Note.shape),
    )
  })

  it('S129 a forbid can hide fields, and hides them when it cannot tell', () => {
    for (const ip of ['203.0.113.9', 'not an address', undefined]) {
      const decision = rules.decide({ ...read, context: { ip } })
      expect(decision.outcome).toBe('allow')
      expect(decision.fields).not.toContain('code')
    }
    expect(rules.decide(read).fields).toContain('code')
  })

  it('a field that is asked for must be visible', () => {
    const billing = { ...read, actor: { ...actor, roles: ['billing'] }, purpose: 'HPAYMT' } as const
    expect(rules.can({ ...billing, fields: ['code'] })).toBe(true)
    expect(rules.decide({ ...billing, fields: ['code', 'body'] })).toMatchObject({ outcome: 'deny', reason: 'fields' })
    expect(rules.can({ ...billing, fields: ['body'] })).toBe(false)
    expect(rules.decide({ ...billing, context: {}, fields: ['code'] })).toMatchObject({
      reason: 'fields',
      rule: 'codes-stay-inside',
    })
    // @ts-expect-error a field that is not declared does not compile, and is denied
    expect(rules.decide({ ...billing, fields: ['ssn'] })).toMatchObject({ outcome: 'deny', reason: 'request' })
  })

  it('is denied when no field remains', () => {
    const empty = definePolicy(
      {
        id: 'p',
        version: '1',
        resources: { Note },
        actions: ['read'],
        roles: { billing: {} },
        views: { code: { Note: ['code'] } },
      },
      ({ permit, forbid }) => [
        permit('billing').to('read').on('Note').seeing('code').as('code-only'),
        forbid().to('read').on('Note').hiding('code').as('no-codes'),
      ],
    )
    const asked = { ...read, actor: { ...actor, roles: ['billing'] } } as const
    expect(compile(empty).decide(asked)).toMatchObject({ outcome: 'deny', reason: 'fields', rule: 'no-codes' })
    expect(compile(empty).can(asked)).toBe(false)
  })
})

describe('obligations of permits', () => {
  const bound = definePolicy(
    {
      id: 'p',
      version: '1',
      resources: { Note },
      actions: ['read'],
      roles: { therapist: {} },
      views: { thin: { Note: ['id'] } },
    },
    ({ permit }) => [
      permit('therapist').to('read').on('Note').requiring({ type: 'step-up', max_age: 300 }).as('fresh'),
      permit('therapist')
        .to('read')
        .on('Note')
        .requiring({ type: 'step-up', acr_values: ['mfa'] }, { type: 'refrain', code: 'NOREUSE' })
        .as('both'),
      permit('therapist').to('read').on('Note').seeing('thin').as('thin'),
    ],
  )
  const asked = { ...read } as const

  it('a permit without obligations decides where it shows what is asked for', () => {
    expect(compile(bound).decide(asked)).toMatchObject({ outcome: 'allow', rule: 'thin', fields: ['id'] })
    expect(compile(bound).decide({ ...asked, fields: ['id'] }).outcome).toBe('allow')
  })

  it('else the one with the fewest obligations', () => {
    expect(compile(bound).decide({ ...asked, fields: ['body'] })).toMatchObject({
      outcome: 'allow-if',
      obligations: [{ type: 'step-up', max_age: 300 }],
    })
  })
})

describe('requests that are none', () => {
  const bad: [string, unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['text', 'read'],
    ['no actor', { ...read, actor: undefined }],
    ['an actor without id', { ...read, actor: { ...actor, id: '' } }],
    ['an actor whose id is an array', { ...read, actor: { ...actor, id: ['t1'] } }],
    ['roles as text', { ...read, actor: { ...actor, roles: 'therapist' } }],
    ['a thousand roles', { ...read, actor: { ...actor, roles: Array.from({ length: 1_000 }, () => 'therapist') } }],
    ['an unknown action', { ...read, action: 'delete' }],
    ['an action from Object.prototype', { ...read, action: 'toString' }],
    ['an action that is an object', { ...read, action: { toString: () => 'read' } }],
    ['an unknown type', { ...read, resource: { type: 'Bill', record: row } }],
    ['a type from Object.prototype', { ...read, resource: { type: '__proto__', record: row } }],
    ['no record', { ...read, resource: { type: 'Note' } }],
    ['a record that is an array', { ...read, resource: { type: 'Note', record: [row] } }],
    ['fields as text', { ...read, fields: 'body' }],
    [
      'an actor that throws',
      Object.defineProperty({ ...read }, 'actor', {
        get: () => {
          throw new Error('secret')
        },
      }),
    ],
  ]
  it.each(bad)('%s: denied, and said why', (_, request) => {
    const decision = rules.decide(request as never)
    expect(decision).toMatchObject({ outcome: 'deny', reason: 'request', fields: [] })
    expect(decision.because).toHaveLength(1)
    expect(rules.can(request as never)).toBe(false)
    expect(rules.mayEver(request as never)).toBe(false)
    expect(JSON.stringify(decision)).not.toContain('secret')
  })
})

describe('hostile attributes', () => {
  const denied = (change: Partial<Record<keyof typeof row, unknown>>, of = read) => {
    const asked = { ...of, resource: note(change) }
    expect(rules.can(asked)).toBe(false)
    expect(rules.decide(asked).outcome).toBe('deny')
  }

  it('a set of a million members is not searched', () => {
    denied({ careTeam: Array.from({ length: 1_000_000 }, () => 't1') })
  })

  it.each([
    ['text', 't1'],
    ['an object', { 0: 't1', length: 1 }],
    ['a Set', new Set(['t1'])],
    ['a set with a number', ['t1', 1]],
    ['a set with a null', ['t1', null]],
    ['a set with a hole', Object.assign(['t1'], { 2: 't1' })],
    ['a set in a set', [['t1']]],
  ])('a care team that is %s is no care team', (_, careTeam) => denied({ careTeam }))

  it('a getter or a proxy that throws makes its own condition unknown, and no other', () => {
    const throwing = (name: string) =>
      Object.defineProperty({ ...row }, name, {
        enumerable: true,
        get: () => {
          throw new Error('PHI in here')
        },
      })
    const record = throwing('restricted')
    const decision = rules.decide({ ...read, resource: { type: 'Note', record } })
    expect(decision).toMatchObject({ outcome: 'deny', rule: 'restriction' })
    expect(rules.can({ ...read, resource: { type: 'Note', record } })).toBe(false)
    expect(rules.can({ ...read, resource: { type: 'Note', record: throwing('body') } })).toBe(true)
    const proxy = new Proxy(row, {
      get: () => {
        throw new Error('PHI in here')
      },
    })
    expect(rules.decide({ ...read, resource: { type: 'Note', record: proxy } })).toMatchObject({
      outcome: 'deny',
      reason: 'request',
    })
    expect(rules.can({ ...read, resource: { type: 'Note', record: proxy } })).toBe(false)
  })

  it('what is planted on Object.prototype is not read', () => {
    const { restricted: _, ...without } = row
    const planted = Object.prototype as unknown as Record<string, unknown>
    planted.restricted = false
    planted.purpose = 'ETREAT'
    try {
      const asked = { ...read, resource: { type: 'Note', record: without } } as const
      expect(rules.can(asked)).toBe(false)
      expect(rules.decide(asked)).toMatchObject({ outcome: 'deny', rule: 'restriction' })
      expect(rules.can(read)).toBe(true)
      expect(rules.decide({ ...read, resource: note({ restricted: true }) }).outcome).toBe('deny')
    } finally {
      delete planted.restricted
      delete planted.purpose
    }
  })

  it('a record in a circle is decided about like any other', () => {
    const record: Record<string, unknown> = { ...row }
    record.body = record
    expect(rules.can({ ...read, resource: { type: 'Note', record } })).toBe(true)
  })
})

describe('a decision', () => {
  it('is frozen, plain, and the same object for the same outcome', () => {
    const one = rules.decide(read)
    expect(Object.isFrozen(one)).toBe(true)
    expect(Object.isFrozen(one.because[0])).toBe(true)
    expect(JSON.parse(JSON.stringify(one))).toEqual(one)
    expect(rules.decide({ ...read, resource: note({ id: 'n2' }) })).toBe(one)
  })

  it('holds no value of the request and no constant of the policy', () => {
    const labelled = definePolicy(
      {
        id: 'p',
        version: '1',
        resources: { Note: z.object({ tenant: z.string(), labels: z.array(z.string()), status: z.string() }) },
        actions: ['read'],
        roles: { therapist: {} },
      },
      ({ permit, forbid, is }) => [
        permit('therapist')
          .to('read')
          .on('Note')
          .when(is.eq(is.resource('status'), 'in-crisis'))
          .as('status'),
        forbid()
          .to('read')
          .on('Note')
          .when(is.contains(is.resource('labels'), 'hiv'))
          .as('label'),
      ],
    )
    const compiled = compile(labelled)
    const record = { tenant: 'clinic-a', labels: ['hiv'], status: 'in-crisis' }
    const text = JSON.stringify([
      compiled.decide({ actor, action: 'read', resource: { type: 'Note', record } }),
      compiled.decide({ actor, action: 'read', resource: { type: 'Note', record: { ...record, labels: [], status: 'well' } } }),
    ])
    for (const value of ['hiv', 'in-crisis', 'clinic-a', 't1', 'well']) expect(text).not.toContain(value)
    expect(text).toContain('resource.labels')
  })
})

describe('more forbids', () => {
  it('S129 only take away, and are part of what decisions refer to', () => {
    const narrower = rules.with([
      {
        id: 'restriction-17',
        effect: 'forbid',
        actions: ['read'],
        resources: ['Note'],
        when: { op: 'eq', left: { attr: 'resource.patient' }, right: { value: 'p1' } },
      },
    ])
    expect(narrower.can(read)).toBe(false)
    expect(narrower.can({ ...read, resource: note({ patient: 'p2' }) })).toBe(true)
    expect(narrower.can({ ...read, resource: note({ patient: undefined }) })).toBe(false)
    expect(narrower.reference.hash).not.toBe(rules.reference.hash)
    expect(rules.can(read)).toBe(true)
    expect(narrower.with([]).additional).toHaveLength(1)
    expect(Object.isFrozen(narrower.additional[0]?.when)).toBe(true)
  })

  it.each([
    [
      'a permit',
      [{ id: 'x', effect: 'permit', roles: ['front'], actions: ['read'], resources: ['Note'] }],
      'PHI_RBAC_NARROWING',
    ],
    [
      'an id that is taken',
      [{ id: 'restriction', effect: 'forbid', actions: ['read'], resources: ['Note'] }],
      'PHI_RBAC_POLICY',
    ],
    ['an unknown action', [{ id: 'x', effect: 'forbid', actions: ['burn'], resources: ['Note'] }], 'PHI_RBAC_POLICY'],
    [
      'an unknown key',
      [{ id: 'x', effect: 'forbid', actions: ['read'], resources: ['Note'], roles: ['billing'] }],
      'PHI_RBAC_POLICY',
    ],
    ['no array', 'all', 'PHI_RBAC_POLICY'],
  ])('refuses %s', (_, forbids, code) => {
    expect(() => rules.with(forbids as never)).toThrow(expect.objectContaining({ code }))
  })
})
