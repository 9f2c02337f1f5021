import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refusal } from '../../../core/test/refusal.ts'
import { compile } from '../decision/rules.ts'
import { definePolicy } from '../policy/define.ts'
import type { Directive } from './directive.ts'
import { type ForbidsOptions, forbidsOf } from './forbids.ts'
import type { DirectiveMapping } from './mapping.ts'
import { agree, type RestrictionRequest, type RestrictionScope, requestRestriction, terminate } from './restriction.ts'

const day = (n: number): string => new Date(Date.UTC(2026, 0, n)).toISOString()
const by = (n: number) => ({ at: day(n), recordedAt: day(n), recordedBy: 'officer', document: 'scan' })
const now = day(20)

const record = {
  id: z.string(),
  tenant: z.string(),
  patient: z.string(),
  labels: z.array(z.string()),
  item: z.string(),
  created: z.number(),
}
const policy = definePolicy(
  {
    id: 'clinic',
    version: '1',
    resources: {
      Note: z.object({ ...record, body: z.string() }),
      Claim: z.object({ ...record, code: z.string(), amount: z.number() }),
      Room: z.object({ id: z.string(), tenant: z.string() }),
    },
    actions: ['read', 'disclose'],
    roles: { therapist: {}, billing: {} },
    context: z.object({ recipientKind: z.string(), recipient: z.string(), lawRequires: z.boolean() }),
  },
  ({ permit }) => [
    permit('therapist', 'billing').toAnyAction().on('Note', 'Claim').as('all'),
    permit('therapist').to('read').on('Room').as('rooms'),
  ],
)
const rules = compile(policy)
const mapping: DirectiveMapping = {
  notAboutPatients: ['Room'],
  labels: 'labels',
  id: 'id',
  item: 'item',
  created: 'created',
  disclosing: ['disclose'],
  recipientKind: 'context.recipientKind',
  recipient: 'context.recipient',
  healthPlans: ['health-plan', 'plan-administrator'],
  requiredByLaw: 'context.lawRequires',
}
const options: ForbidsOptions = { policy, at: now, mapping }

const actor = { id: 't1', tenant: 'clinic', roles: ['therapist'] }
const note = {
  id: 'n1',
  tenant: 'clinic',
  patient: 'p1',
  labels: ['hiv'],
  item: 'visit-1',
  created: Date.parse(day(3)),
  body: 'x',
}
const claim = { ...note, id: 'c1', code: '90834', amount: 1 }
const base = {
  actor,
  action: 'read' as const,
  resource: { type: 'Note' as const, record: note },
  purpose: 'TREAT' as const,
  context: { recipientKind: 'treating-provider', recipient: 'dr-b', lawRequires: false },
}

let count = 0
const restriction = (scope: RestrictionScope = {}, more: Partial<RestrictionRequest> = {}): Directive => {
  const asked = requestRestriction({
    id: `r${count++}`,
    tenant: 'clinic',
    patient: 'p1',
    how: 'written',
    scope,
    ...by(1),
    ...more,
  })
  if (more.selfPay?.paidInFull !== undefined) return asked
  const outcome = agree(asked, by(2))
  if (outcome.outcome !== 'changed') throw new Error('was refused')
  return outcome.directive
}
const selfPay = (scope: RestrictionScope = {}) =>
  restriction(scope, { selfPay: { paidInFull: { at: day(2), by: 'individual' } } })
const noticed = (scope: RestrictionScope, n: number): Directive => {
  const outcome = terminate(restriction(scope) as never, { ground: 'notice-by-entity', ...by(n) })
  if (outcome.outcome !== 'changed') throw new Error('was refused')
  return outcome.directive
}
const over = (...directives: unknown[]) => rules.with(forbidsOf(directives, options))

describe('S129: an agreed restriction', () => {
  const denied = (directive: Directive, request: object) =>
    over(directive).decide({ ...base, ...request } as never).outcome === 'deny'
  const record = (change: object) => ({ resource: { type: 'Note', record: { ...note, ...change } } })

  it('denies its patient, and nobody else', () => {
    expect(rules.can(base)).toBe(true)
    expect(denied(restriction(), {})).toBe(true)
    expect(denied(restriction(), record({ patient: 'p2' }))).toBe(false)
    expect(denied(restriction({}, { tenant: 'other' }), {})).toBe(false)
    expect(denied(restriction({ types: ['Claim'] }), {})).toBe(false)
  })
  it('denies where the record does not say whose it is, or what it is', () => {
    expect(denied(restriction(), record({ patient: undefined }))).toBe(true)
    expect(denied(restriction(), record({ patient: null }))).toBe(true)
    expect(denied(restriction({ labels: ['hiv'] }), record({ labels: undefined }))).toBe(true)
    expect(denied(restriction({ labels: ['hiv'] }), record({ labels: [] }))).toBe(false)
    expect(denied(restriction({ records: ['n1'] }), record({ id: undefined }))).toBe(true)
    expect(denied(restriction({ records: ['n1'] }), record({ id: 'n2' }))).toBe(false)
    expect(denied(restriction({ items: ['visit-1'] }), {})).toBe(true)
    expect(denied(restriction({ items: ['visit-1'] }), record({ item: 'visit-2' }))).toBe(false)
  })
  it('is about treatment, payment, operations and family, or the purposes that it names', () => {
    const outcome = (scope: RestrictionScope, purpose: unknown) => denied(restriction(scope), { purpose })
    const purposes = [
      'TREAT',
      'COC',
      'HPAYMT',
      'HOPERAT',
      'FAMRQT',
      'SUPNWK',
      undefined,
      'nonsense',
      'PATRQT',
      'PUBHLTH',
      'HRESCH',
    ]
    expect(purposes.map((each) => outcome({}, each))).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ])
    expect(purposes.map((each) => outcome({ purposes: ['HRESCH'] }, each))).toEqual(
      purposes.map((each) => each === undefined || each === 'nonsense' || each === 'HRESCH'),
    )
  })
  it('opens for emergency treatment, with the request not to use it further', () => {
    const decision = over(restriction()).decide({ ...base, purpose: 'ETREAT' })
    expect(decision).toMatchObject({ outcome: 'allow-if', obligations: [{ type: 'refrain', code: 'NOREUSE' }] })
    expect(decision.overridden).toHaveLength(1)
  })
  it('stands aside where the law requires the disclosure, and not where nobody says so', () => {
    const context = (lawRequires: unknown) => ({ context: { ...base.context, lawRequires } })
    expect([true, false, undefined, 'yes'].map((each) => denied(restriction(), context(each)))).toEqual([
      false,
      true,
      true,
      true,
    ])
    const { requiredByLaw: _, ...strict } = mapping
    const forbids = forbidsOf([restriction()], { ...options, mapping: strict })
    expect(rules.with(forbids).can({ ...base, context: { ...base.context, lawRequires: true } })).toBe(false)
  })
  it('hides fields and leaves the record open', () => {
    const hidden = over(restriction({ fields: { Note: ['body', 'labels'] } }))
    expect(hidden.view(base).record).toEqual({
      id: 'n1',
      tenant: 'clinic',
      patient: 'p1',
      item: 'visit-1',
      created: note.created,
    })
    expect(hidden.decide({ ...base, fields: ['body'] }).outcome).toBe('deny')
    expect(hidden.can({ ...base, resource: { type: 'Claim', record: claim } })).toBe(true)
  })
  it('keeps a member of the workforce out, whatever the action', () => {
    expect(denied(restriction({ actors: ['t1'] }), {})).toBe(true)
    expect(denied(restriction({ actors: ['t2'] }), {})).toBe(false)
  })
  it('keeps recipients out, and leaves use inside alone', () => {
    const family = restriction({ recipientKinds: ['family'], recipients: ['dr-c'] })
    const to = (context: object) => denied(family, { action: 'disclose', context: { ...base.context, ...context } })
    expect(denied(family, { context: undefined })).toBe(false)
    expect(to({})).toBe(false)
    expect(to({ recipientKind: 'family' })).toBe(true)
    expect(to({ recipient: 'dr-c' })).toBe(true)
    expect(to({ recipientKind: undefined })).toBe(true)
  })
  it('that was ended by notice holds for what was created until then', () => {
    const each = noticed({}, 10)
    expect(denied(each, record({ created: Date.parse(day(9)) }))).toBe(true)
    expect(denied(each, record({ created: Date.parse(day(10)) }))).toBe(true)
    expect(denied(each, record({ created: Date.parse(day(10)) + 1 }))).toBe(false)
    expect(denied(each, record({ created: undefined }))).toBe(true)
    expect(denied(each, record({ created: Number.NaN }))).toBe(true)
  })
  it('that was ended by notice takes an instant for it as well', () => {
    const Dated = z.object({ tenant: z.string(), patient: z.string(), createdAt: z.date() })
    const dated = definePolicy(
      { id: 'p', version: '1', resources: { Dated }, actions: ['read'], roles: { therapist: {} } },
      ({ permit }) => [permit('therapist').to('read').on('Dated').as('read')],
    )
    const ended = { ...noticed({}, 10) }
    const narrowed = compile(dated).with(forbidsOf([ended], { policy: dated, at: now, mapping: { created: 'createdAt' } }))
    const read = (createdAt: Date | undefined) =>
      narrowed.can({
        actor: { id: 'u', tenant: ended.tenant, roles: ['therapist'] },
        action: 'read',
        purpose: 'TREAT',
        resource: { type: 'Dated', record: { tenant: ended.tenant, patient: ended.patient, createdAt } },
      })
    expect([read(new Date(day(10))), read(new Date(Date.parse(day(10)) + 1)), read(undefined)]).toEqual([false, true, false])
  })
  it('that is only asked for, denied or over gives no rule', () => {
    const asked = requestRestriction({ id: 'q', tenant: 'clinic', patient: 'p1', how: 'oral', ...by(1) })
    expect(forbidsOf([asked], options)).toEqual([])
    expect(forbidsOf([restriction()], { ...options, at: day(1) })).toEqual([])
  })
})

describe('S129 S62: a self-pay restriction toward the health plan', () => {
  const decide = (change: object, directive = selfPay({ items: ['visit-1'] })) =>
    over(directive).decide({
      ...base,
      action: 'disclose',
      purpose: 'HPAYMT',
      resource: { type: 'Claim', record: claim },
      context: { ...base.context, recipientKind: 'health-plan' },
      ...change,
    } as never).outcome
  it('denies payment and operations, and a purpose that is not told', () => {
    expect(['HPAYMT', 'ELIGVER', 'HOPERAT', undefined].map((purpose) => decide({ purpose }))).toEqual(Array(4).fill('deny'))
    expect(decide({ purpose: 'TREAT' })).toBe('allow')
  })
  it('denies those who act for a plan, and a recipient that is not told', () => {
    const to = (recipientKind: unknown) => decide({ context: { ...base.context, recipientKind } })
    expect(['plan-administrator', undefined, 'treating-provider'].map(to)).toEqual(['deny', 'deny', 'allow'])
  })
  it('does not open for an emergency; what is required by law goes', () => {
    expect(forbidsOf([selfPay()], options).every((each) => each.unless === undefined)).toBe(true)
    expect(decide({ context: { ...base.context, recipientKind: 'health-plan', lawRequires: true } })).toBe('allow')
  })
  it('leaves other items and use inside alone', () => {
    expect(decide({ resource: { type: 'Claim', record: { ...claim, item: 'visit-2' } } })).toBe('allow')
    expect(decide({ action: 'read' })).toBe('allow')
  })
  it.each(['disclosing', 'recipientKind', 'healthPlans'] as const)('is refused without mapping.%s', async (part) => {
    const { [part]: _, ...rest } = mapping
    const error = await refusal(() => forbidsOf([selfPay()], { ...options, mapping: rest }))
    expect(error).toMatchObject({ code: 'PHI_RBAC_DIRECTIVE_MAPPING', path: `mapping.${part}` })
  })
})

describe('S129: what cannot be read or said is never left out', () => {
  const unsayable: [string, Directive, Partial<DirectiveMapping>, string][] = [
    ['labels', restriction({ labels: ['hiv'] }), { labels: undefined }, 'mapping.labels'],
    ['labels of another name', restriction({ labels: ['hiv'] }), { labels: 'tags' }, 'mapping.labels'],
    ['labels that are no set', restriction({ labels: ['hiv'] }), { labels: 'item' }, 'directives.*.scope.when'],
    ['records', restriction({ records: ['n1'] }), { id: undefined }, 'mapping.id'],
    ['items', restriction({ items: ['x'] }), { item: undefined }, 'mapping.item'],
    ['a notice', noticed({}, 10), { created: undefined }, 'mapping.created'],
    ['a notice and a text', noticed({}, 10), { created: 'item' }, 'mapping.created'],
    ['recipients', restriction({ recipients: ['x'] }), { recipient: undefined }, 'mapping.recipient'],
    ['a type without patient', restriction(), { notAboutPatients: undefined }, 'policy.resources.*.patient'],
    ['a type that is not there', restriction({ types: ['Secret'] }), {}, 'directives.*.scope'],
    ['a field that is not there', restriction({ fields: { Note: ['secret'] } }), {}, 'directives.*.scope.fields'],
    ['an action that is not there', restriction({ actions: ['secret'] }), {}, 'directives.*.scope.actions'],
  ]
  it.each(unsayable)('%s', async (_, directive, change, path) => {
    const changed = { ...options, mapping: { ...mapping, ...change } }
    const error = await refusal(() => forbidsOf([directive], changed))
    expect(error).toMatchObject({ code: 'PHI_RBAC_DIRECTIVE_MAPPING', path })
    expect(error.message).not.toMatch(/secret/i)
    const closed = rules.with(forbidsOf([directive], { ...changed, unreadable: 'deny' }))
    expect(closed.can(base)).toBe(false)
    expect(closed.can({ ...base, purpose: 'ETREAT' })).toBe(false)
    expect(closed.can({ ...base, resource: { type: 'Note', record: { ...note, patient: 'p2' } } })).toBe(true)
  })
  const unreadable: [string, unknown][] = [
    ['an unknown kind', { ...restriction(), kind: 'wish' }],
    ['a key too many', { ...restriction(), reason: 'secret' }],
    ['nothing', null],
    [
      'a getter that throws',
      Object.defineProperty({}, 'kind', {
        enumerable: true,
        get: () => {
          throw new Error('secret')
        },
      }),
    ],
  ]
  it.each(unreadable)('%s', async (_, value) => {
    const error = await refusal(() => forbidsOf([restriction({ types: ['Claim'] }), value], options))
    expect(error).toMatchObject({ code: 'PHI_RBAC_DIRECTIVE', info: { index: 1 } })
    expect(`${error.message} ${String(error.cause)}`).not.toContain('secret')
    const closed = rules.with(forbidsOf([value], { ...options, unreadable: 'deny' }))
    // Nobody knows whose it is, so nobody's records are open; a room is nobody's.
    expect(closed.can({ ...base, resource: { type: 'Note', record: { ...note, patient: 'p2' } } })).toBe(false)
    expect(closed.can({ ...base, resource: { type: 'Room', record: { id: 'r', tenant: 'clinic' } } })).toBe(true)
  })
  it('two versions of one directive', async () => {
    const each = restriction()
    expect((await refusal(() => forbidsOf([each, each], options))).path).toBe('directives.*.id')
    expect(rules.with(forbidsOf([each, each], { ...options, unreadable: 'deny' })).can(base)).toBe(false)
  })
  it('no array, and too many', async () => {
    expect((await refusal(() => forbidsOf('none' as never, options))).path).toBe('directives')
    expect(rules.with(forbidsOf('none' as never, { ...options, unreadable: 'deny' })).can(base)).toBe(false)
    const many = Array.from({ length: 1_001 }, () => restriction())
    expect((await refusal(() => forbidsOf(many, options))).code).toBe('PHI_RBAC_DIRECTIVE_MAPPING')
  })
  it.each<[string, object]>([
    ['mapping.notAboutPatients', { notAboutPatients: ['Note'] }],
    ['mapping.notAboutPatients', { notAboutPatients: ['Ghost'] }],
    ['mapping.disclosing', { disclosing: ['shout'] }],
    ['mapping.recipientKind', { recipientKind: 'context.lawRequires' }],
    ['mapping.recipientKind', { recipientKind: 'resource.item' }],
    ['mapping.requiredByLaw', { requiredByLaw: 'context.recipient' }],
    ['mapping', { recipientType: 'context.recipientKind' }],
  ])('a mapping with a wrong %s: %j', async (path, change) => {
    const error = await refusal(() => forbidsOf([], { ...options, mapping: { ...mapping, ...change } as never }))
    expect(error).toMatchObject({ code: 'PHI_RBAC_DIRECTIVE_MAPPING', path })
  })
  it('wrong options', async () => {
    for (const wrong of [{ at: 'now' }, { unreadable: 'ignore' }, { covering: { tenant: 'clinic', patients: [] } }]) {
      expect((await refusal(() => forbidsOf([], { ...options, ...(wrong as object) }))).code).toBe('PHI_RBAC_DIRECTIVE_OPTIONS')
    }
  })
})

it('S129: rules that cover some patients answer about nobody else', () => {
  const forbids = forbidsOf([], { ...options, covering: { tenant: 'clinic', patients: ['p1'] } })
  const only = rules.with(forbids)
  const of = (patient: unknown) => only.can({ ...base, resource: { type: 'Note', record: { ...note, patient } } } as never)
  expect(['p1', 'p2', undefined, null].map(of)).toEqual([true, false, false, false])
})

describe('S129: for random directives', () => {
  const some = <Value>(...values: Value[]) => fc.subarray(values, { minLength: 1 })
  const maybe = <Value>(each: fc.Arbitrary<Value>) => fc.option(each, { nil: undefined })
  const scope = fc
    .record({
      types: maybe(some('Note', 'Claim')),
      labels: maybe(some('hiv' as const, 'part2' as const)),
      records: maybe(some('n1', 'c1', 'x')),
      items: maybe(some('visit-1', 'visit-2')),
      actions: maybe(some('read', 'disclose')),
      purposes: maybe(some('TREAT' as const, 'HPAYMT' as const, 'HOPERAT' as const, 'PUBHLTH' as const)),
      actors: maybe(some('t1', 't2')),
      recipientKinds: maybe(some('family', 'health-plan')),
      recipients: maybe(some('dr-b', 'dr-c')),
    })
    .map((each) => Object.fromEntries(Object.entries(each).filter(([, value]) => value !== undefined)) as RestrictionScope)
  const directive = fc
    .record({ scope, form: fc.constantFrom('agreed', 'noticed', 'self-pay'), patient: fc.constantFrom('p1', 'p2') })
    .map(({ scope: about, form, patient }) => {
      if (form === 'agreed') return restriction(about, { patient })
      if (form === 'noticed') {
        const outcome = terminate(restriction(about, { patient }) as never, { ground: 'notice-by-entity', ...by(10) })
        return (outcome as { directive: Directive }).directive
      }
      const { types, labels, records, items } = about
      const own = Object.entries({ types, labels, records, items }).filter(([, value]) => value !== undefined)
      return restriction(Object.fromEntries(own), { patient, selfPay: { paidInFull: { at: day(2), by: 'other-person' } } })
    })
  const or = <Value>(...values: Value[]) => fc.constantFrom<Value | undefined>(...values, undefined)
  const request = fc.record({
    actor: fc.record({
      id: fc.constantFrom('t1', 't2', 't3'),
      tenant: fc.constant('clinic'),
      roles: fc.constant(['therapist']),
    }),
    action: fc.constantFrom('read', 'disclose'),
    purpose: or('TREAT', 'ETREAT', 'HPAYMT', 'ELIGVER', 'HOPERAT', 'PUBHLTH', 'PATRQT'),
    context: fc.record({
      recipientKind: or('family', 'health-plan', 'plan-administrator', 'provider'),
      recipient: or('dr-b', 'dr-d'),
      lawRequires: or(true, false),
    }),
    resource: fc.record({
      type: fc.constantFrom('Note', 'Claim'),
      record: fc.record({
        id: or('n1', 'n9'),
        tenant: fc.constant('clinic'),
        patient: or('p1', 'p2', 'p3'),
        labels: or(['hiv'], [], ['part2', 'genetic']),
        item: or('visit-1', 'visit-3'),
        created: or(Date.parse(day(9)), Date.parse(day(11))),
      }),
    }),
  })

  /** A plain twin: whether a restriction may stand before a request, read off the law and not off the rules. */
  function mayApply(each: Directive, asked: typeof request extends fc.Arbitrary<infer R> ? R : never): boolean {
    if (each.kind !== 'restriction') return false
    const { scope: about, selfPay: isSelfPay } = each
    const { record: its, type } = asked.resource
    const { recipientKind, recipient, lawRequires } = asked.context
    const fits = (value: string | undefined, list: readonly string[] | undefined) =>
      list === undefined || value === undefined || list.includes(value)
    const isA = (purpose: string, of: string): boolean =>
      purpose === of || (purpose === 'ETREAT' && of === 'TREAT') || (purpose === 'ELIGVER' && of === 'HPAYMT')
    const purposes = isSelfPay ? ['HPAYMT', 'HOPERAT'] : (about.purposes ?? ['TREAT', 'HPAYMT', 'HOPERAT'])
    if (lawRequires === true || !fits(its.patient, [each.patient]) || !fits(type, about.types)) return false
    if (asked.purpose !== undefined && !purposes.some((of) => isA(asked.purpose as string, of))) return false
    if (about.labels && its.labels && !about.labels.some((label) => its.labels?.includes(label))) return false
    if (!fits(its.id, about.records) || !fits(its.item, about.items)) return false
    const last = each.history.at(-1)
    if (last?.step === 'terminated' && its.created !== undefined && its.created > Date.parse(last.at)) return false
    if (isSelfPay) return asked.action === 'disclose' && fits(recipientKind, ['health-plan', 'plan-administrator'])
    if (asked.purpose === 'ETREAT') return false
    const byActor = about.actors?.includes(asked.actor.id) === true
    const names = about.recipientKinds !== undefined || about.recipients !== undefined
    const toKind = about.recipientKinds !== undefined && fits(recipientKind, about.recipientKinds)
    const toId = about.recipients !== undefined && fits(recipient, about.recipients)
    const toRecipient = names && (toKind || toId) && (about.actions !== undefined || asked.action === 'disclose')
    return fits(asked.action, about.actions) && (about.actors === undefined && !names ? true : byActor || toRecipient)
  }

  it('they never allow what the rules deny, and deny exactly what they are about', () => {
    fc.assert(
      fc.property(fc.array(directive, { maxLength: 4 }), fc.array(request, { minLength: 1, maxLength: 8 }), (all, asked) => {
        const narrowed = over(...all)
        for (const each of asked) {
          const before = rules.decide(each as never)
          const after = narrowed.decide(each as never)
          if (before.outcome === 'deny') expect(after.outcome).toBe('deny')
          expect(after.fields.every((field) => before.fields.includes(field))).toBe(true)
          const restricted = all.some((one) => mayApply(one, each))
          expect([after.outcome === 'deny', each, all]).toEqual([before.outcome === 'deny' || restricted, each, all])
        }
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 10_000 : 160 },
    )
  }, 600_000)
})
