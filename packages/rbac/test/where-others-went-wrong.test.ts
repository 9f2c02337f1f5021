import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { compile, definePolicy, type Forbid, parsePolicy, type Request, type Rule } from '../src/index.ts'

// Each of these has happened to others; the titles say where it is told. Here only the public surface is used. What differs
// between memory and SQL (cerbos query-plan-adapters #302 and #289, casl #1068, OpenFGA #1567) is held by the property tests of
// src/sql against Postgres, and what differs between memory and Cedar by src/cedar/differential.test.ts. What CASL, casbin,
// accesscontrol and Cedar themselves answer stands in packages/bench/test/five-engines.test.ts.

const policy = definePolicy(
  {
    id: 'clinic',
    version: '1',
    resources: {
      Note: {
        schema: z.object({
          id: z.string(),
          tenant: z.string(),
          patient: z.string(),
          author: z.string(),
          restricted: z.boolean(),
          body: z.string(),
          cosigner: z.string().nullable(),
        }),
      },
      Patient: {
        schema: z.object({
          id: z.string(),
          tenant: z.string(),
          name: z.string(),
          ssn: z.string(),
          notes: z.array(z.object({ id: z.string() })),
          lastNote: z.object({ id: z.string() }),
        }),
        relations: { notes: 'Note', lastNote: 'Note' },
      },
    },
    actions: ['read', 'update'],
    roles: { therapist: {}, billing: {}, supervisor: { inherits: ['therapist'] }, admin: {} },
    views: { front: { Patient: ['id', 'name', 'notes', 'lastNote'] } },
  },
  ({ permit, forbid, is }) => [
    permit('therapist')
      .to('read', 'update')
      .on('Note')
      .when(is.eq(is.resource('author'), is.actor('id')))
      .as('own-notes'),
    permit('supervisor').to('read').on('Note').as('all-notes'),
    permit('therapist', 'billing').to('read').on('Patient').seeing('front').as('front-desk'),
    permit('admin').to('read').on('Patient').as('whole-patient'),
    forbid().to('read', 'update').on('Note').when(is.resource('restricted')).as('restriction'),
  ],
)
const rules = compile(policy)

const note = { id: 'n1', tenant: 't1', patient: 'p1', author: 'u1', restricted: false, body: 'private', cosigner: null }
function about(record: object, roles: readonly string[] = ['therapist'], more: object = {}): Request {
  const actor = { id: 'u1', tenant: 't1', roles }
  return { actor, action: 'read', resource: { type: 'Note', record }, ...more } as unknown as Request
}
const decide = (...asked: Parameters<typeof about>) => rules.decide(about(...asked) as never)
const can = (...asked: Parameters<typeof about>) => rules.can(about(...asked) as never)

/** A record without some of its attributes: a query that did not select them. */
function without(record: object, ...names: readonly string[]): object {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)))
}

describe('where others went wrong', () => {
  it('S2 a deny rule skipped because its attribute was not loaded (Cedar without the entity, #2428; CASL 7; casbin 5; Cerbos)', () => {
    expect(can(note)).toBe(true)
    for (const broken of [
      without(note, 'restricted'),
      { ...note, restricted: undefined },
      { ...note, restricted: null },
      { ...note, restricted: 'false' },
      { ...note, restricted: 0 },
      {
        ...note,
        get restricted(): boolean {
          throw new Error('lazy loading failed')
        },
      },
    ]) {
      expect(can(broken)).toBe(false)
      const decision = decide(broken)
      expect(decision).toMatchObject({ outcome: 'deny', reason: 'forbidden', rule: 'restriction' })
      expect(decision.because).toContainEqual({
        rule: 'restriction',
        atom: 'resource.restricted = true',
        at: '/when',
        met: 'unknown',
      })
    }
  })

  it('S2 the same for every kind of condition a deny rule can have: without what it asks for, it stands', () => {
    const conditions: readonly (readonly [object, object])[] = [
      [{ op: 'eq', left: { attr: 'resource.level' }, right: { value: 9 } }, { level: 1 }],
      [{ op: 'not', of: { op: 'eq', left: { attr: 'resource.level' }, right: { value: 1 } } }, { level: 1 }],
      [{ op: 'gt', left: { attr: 'resource.level' }, right: { value: 5 } }, { level: 1 }],
      [{ op: 'in', left: { attr: 'resource.kind' }, right: { values: ['sealed'] } }, { kind: 'open' }],
      [{ op: 'in', left: { attr: 'actor.id' }, right: { attr: 'resource.barred' } }, { barred: [] }],
      [{ op: 'cidr', of: 'context.ip', ranges: ['203.0.113.0/24'] }, {}],
      [{ op: 'purpose', is: ['HMARKT'] }, {}],
      [{ op: 'lt', left: { attr: 'resource.until' }, right: { now: true } }, { until: '2999-01-01T00:00:00.000Z' }],
      [{ op: 'not', of: { op: 'granted', kind: 'consent' } }, { patient: 'p1' }],
    ]
    const grants = [{ kind: 'consent', tenant: 't1', patient: 'p1', from: 0, until: null }]
    for (const [when, record] of conditions) {
      const made = compile(
        parsePolicy({
          format: 'phi.policy/v1',
          id: 'p',
          version: '1',
          actions: ['read'],
          roles: { r: {} },
          context: { ip: { type: 'ip' } },
          resources: {
            T: {
              tenant: 'tenant',
              patient: 'patient',
              attributes: {
                tenant: { type: 'string' },
                patient: { type: 'string' },
                level: { type: 'number' },
                kind: { type: 'string' },
                barred: { type: 'set', of: 'string' },
                until: { type: 'instant' },
              },
            },
          },
          rules: [
            { id: 'yes', effect: 'permit', roles: ['r'], actions: ['read'], resources: ['T'] },
            { id: 'no', effect: 'forbid', actions: ['read'], resources: ['T'], when },
          ],
        }),
      )
      const ask = (loaded: object, more: object) =>
        made.can({
          actor: { id: 'u1', tenant: 't1', roles: ['r'] },
          action: 'read',
          resource: { type: 'T', record: { tenant: 't1', ...loaded } },
          ...more,
        } as never)
      expect(ask(record, { context: { ip: '10.0.0.1' }, purpose: 'TREAT', grants }), JSON.stringify(when)).toBe(true)
      expect(ask({}, { grants }), JSON.stringify(when)).toBe(false)
    }
  })

  it('S2 a deny on one role cancelled by another role that allows (Cerbos, accesscontrol)', () => {
    const restricted = { ...note, restricted: true }
    for (const roles of [['supervisor'], ['therapist', 'supervisor'], ['supervisor', 'therapist', 'admin', 'billing']]) {
      expect(can(note, roles)).toBe(true)
      expect(can(restricted, roles)).toBe(false)
    }
    // A forbid has no roles to be outvoted by.
    expect(() => parsePolicy({ ...policy, rules: policy.rules.map((rule) => ({ ...rule, roles: ['therapist'] })) })).toThrow()
  })

  it('S2 the last rule wins, so that the order of a file decides (CASL)', () => {
    const orders = (list: readonly Rule[]): Rule[][] =>
      list.length === 0
        ? [[]]
        : list.flatMap((rule, i) => orders(list.filter((_, j) => j !== i)).map((rest) => [rule, ...rest]))
    const all = orders(policy.rules)
    expect(all).toHaveLength(120)
    for (const order of all) {
      const ordered = compile(parsePolicy({ ...policy, rules: order }))
      expect(ordered.can(about(note, ['supervisor']))).toBe(true)
      expect(ordered.can(about({ ...note, restricted: true }, ['supervisor']))).toBe(false)
      expect(ordered.can(about({ ...note, author: 'u2' }))).toBe(false)
    }
  })

  it('S2 a denial by default without a word about what was missing (cedar #1850, casl #264)', () => {
    const decision = decide({ ...note, author: 'u2' })
    expect(decision).toMatchObject({ outcome: 'deny', reason: 'default', rule: null })
    expect(decision.nearestMiss).toEqual({
      rule: 'own-notes',
      roles: [],
      missing: [{ atom: 'resource.author = actor.id', at: '/when', met: false }],
    })
    expect(decide(note, ['billing']).nearestMiss).toEqual({ rule: 'own-notes', roles: ['therapist'], missing: [] })
    expect(decide(without(note, 'author')).nearestMiss?.missing).toEqual([
      { atom: 'resource.author = actor.id', at: '/when', met: 'unknown' },
    ])
  })

  it('S2 can("read", "Note") that is true because some note could be read (casl #456)', () => {
    const actor = { id: 'u1', tenant: 't1', roles: ['therapist'] }
    expect(rules.mayEver({ actor, action: 'read', type: 'Note' } as never)).toBe(true)
    expect(can({ tenant: 't1' })).toBe(false)
    // A question about a type is not one about a record, and the other way round.
    for (const vague of [
      { actor, action: 'read', type: 'Note' },
      { actor, action: 'read', resource: 'Note' },
      { actor, action: 'read', resource: { type: 'Note' } },
    ]) {
      expect(rules.can(vague as never)).toBe(false)
      expect(rules.decide(vague as never)).toMatchObject({ outcome: 'deny', reason: 'request' })
    }
    expect(rules.mayEver(about(note) as never)).toBe(false)
  })

  it('S7 related records that leak through an include (zenstack #814)', () => {
    const patient = {
      id: 'p1',
      tenant: 't1',
      name: 'N',
      ssn: '078-05-1120',
      notes: [
        note,
        { ...note, id: 'n2', author: 'u2' },
        { ...note, id: 'n3', restricted: true },
        without({ ...note, id: 'n4' }, 'restricted'),
      ],
      lastNote: { ...note, id: 'n5', tenant: 't2' },
    }
    const asked = {
      actor: { id: 'u1', tenant: 't1', roles: ['therapist'] },
      action: 'read',
      resource: { type: 'Patient', record: patient },
    }
    const { record, withheld } = rules.view(asked as never)
    expect(record).toEqual({ id: 'p1', name: 'N', notes: [note], lastNote: null })
    expect(withheld).toBe(4)
    // Who may see the whole patient may still not see the notes.
    const admin = { ...asked, actor: { ...asked.actor, roles: ['admin'] } }
    expect(rules.view(admin as never).record).toMatchObject({ ssn: patient.ssn, notes: [], lastNote: null })
  })

  it('S7 filtering and sorting by a field that is hidden tells what it holds (zenstack #1454; queries are refused in src/sql)', () => {
    const patient = { id: 'p1', tenant: 't1', name: 'N', ssn: '078-05-1120', notes: [] }
    const asked = (fields: readonly string[], roles: readonly string[]) =>
      rules.decide({
        actor: { id: 'u1', tenant: 't1', roles },
        action: 'read',
        resource: { type: 'Patient', record: patient },
        fields,
      } as never)
    expect(asked(['name'], ['billing']).outcome).toBe('allow')
    expect(asked(['ssn'], ['billing'])).toMatchObject({ outcome: 'deny', reason: 'fields', fields: [] })
    expect(asked(['name', 'ssn'], ['billing']).outcome).toBe('deny')
    expect(asked(['ssn'], ['billing', 'admin']).outcome).toBe('allow')
    expect(asked(['nothing'], ['admin'])).toMatchObject({ outcome: 'deny', reason: 'request' })
  })

  it('S98 another tenant reached by a role, an override or a broken glass', () => {
    const foreign = { ...note, tenant: 't2' }
    const now = Date.now()
    const grants = ['t1', 't2'].map((tenant) => {
      return {
        kind: 'break-glass',
        tenant,
        patient: 'p1',
        actor: 'u1',
        reason: 'emergency',
        from: now - 1,
        until: now + 60_000,
      }
    })
    for (const roles of [['therapist'], ['supervisor'], ['admin', 'supervisor']]) {
      expect(decide(foreign, roles, { grants, purpose: 'BTG' })).toMatchObject({
        outcome: 'deny',
        reason: 'tenant',
        rule: 'phi:tenant',
      })
    }
    expect(can(without(note, 'tenant'), ['supervisor'])).toBe(false)
    // Two that are missing are not the same tenant.
    const nobody = {
      actor: { id: 'u1', roles: ['supervisor'] },
      action: 'read',
      resource: { type: 'Note', record: without(note, 'tenant') },
    }
    expect(rules.can(nobody as never)).toBe(false)
  })

  it('S21 rules added for one patient that widen instead of narrow', () => {
    const permit = { ...policy.rules.find(({ id }) => id === 'all-notes'), id: 'mine' } as unknown as Forbid
    expect(() => rules.with([permit])).toThrow(expect.objectContaining({ code: 'PHI_RBAC_NARROWING' }))
    const extra: Forbid = {
      id: 'not-u1',
      effect: 'forbid',
      actions: ['read'],
      resources: ['Note'],
      when: { op: 'eq', left: { attr: 'actor.id' }, right: { value: 'u1' } },
    }
    expect(rules.with([extra]).can(about(note) as never)).toBe(false)
    expect(rules.can(about(note) as never)).toBe(true)
  })
})
