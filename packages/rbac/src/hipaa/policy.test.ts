import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chromiumPath, inChromium } from '../../../core/test/chromium.ts'
import { refusal } from '../../../core/test/refusal.ts'
import { type Facts, grant, NOW, packWithRoot, records, request, together, untyped } from '../../test/clinic.ts'
import { definePolicy } from '../policy/define.ts'
import { parsePolicy, policyHash } from '../policy/parse.ts'
import { careRules } from './care.ts'
import { describePack, packTable } from './describe.ts'
import { groundRules } from './ground-rules.ts'
import { isolation } from './isolation.ts'
import { protectedUntil, regimeFacts } from './labels.ts'
import { hipaaPolicy } from './policy.ts'
import { specialClassRules } from './special-classes.ts'
import { type HipaaResourceType, hipaaActions, hipaaRecipients, hipaaRoles, hipaaVocabulary } from './vocabulary.ts'

const rules = untyped(hipaaPolicy)
const withRoot = untyped(packWithRoot)
const types = Object.keys(hipaaPolicy.resources) as HipaaResourceType[]
const runs = process.env.PHI_LONG === '1' ? 50_000 : 800

const allLabels = [
  'psychotherapy',
  'part2',
  'hiv',
  'genetic',
  'reproductive',
  'self-pay-restricted',
  'patient-restricted',
  'sud-counseling',
]
const purposes = [
  'TREAT',
  'BTG',
  'ETREAT',
  'TREATDS',
  'HPAYMT',
  'ELIGDTRM',
  'PATRQT',
  'FAMRQT',
  'PATADMIN',
  'HSYSADMIN',
  'HCOMPL',
  'HLEGAL',
  'TRAIN',
  'RECORDMGT',
  'HMARKT',
  'CLINTRCH',
]
const kinds = ['authorization', 'consent', 'break-glass', 'psychotherapy-authorization', 'sud-counseling-consent']

const bool = fc.boolean()
const arbitraryFacts: fc.Arbitrary<Facts> = fc.record({
  purpose: fc.constantFrom(...purposes),
  actor: fc.record({
    id: fc.constantFrom('t1', 't8', 't9', 'd1', 'a1', 'x1'),
    patient: fc.constantFrom('p1', 'p2', undefined),
    represents: fc.constantFrom(['p1'], [], undefined),
    parentOf: fc.constantFrom(['p1'], undefined),
    executorOf: fc.constantFrom(['p1'], undefined),
    services: fc.constantFrom(['ai.note-draft'], ['billing.claims', 'scheduling.reminders'], undefined),
    onBehalfOf: fc.constantFrom('t1', undefined),
    part2Programs: fc.constantFrom(['x'], undefined),
    incidents: fc.constantFrom(['INC-7'], undefined),
  }),
  context: fc.record({
    recipient: fc.constantFrom(...hipaaRecipients),
    identityVerified: bool,
    agreementInForce: bool,
    proceedingBy: fc.constantFrom('p1', 'p2'),
    incident: fc.constantFrom('INC-7', 'INC-8'),
  }),
  record: fc.record({
    labels: fc.oneof(fc.constant([]), fc.subarray(allLabels, { maxLength: 2 })),
    stateLaw: fc.constantFrom(false, false, true),
    part2Program: fc.constantFrom(null, 'x'),
    status: fc.constantFrom('signed', 'draft'),
    deceased: bool,
    familyPreference: fc.constantFrom('agreed', 'objected', 'not-expressed'),
    representativeRefused: fc.constantFrom(false, false, true),
    parentExcluded: fc.constantFrom('no', 'minor-consented'),
    reviewedBy: fc.constantFrom(null, 't1'),
    origin: fc.constantFrom('person', 'ai'),
  }),
  grants: fc.subarray(kinds).map((chosen) => chosen.map((kind) => grant(kind))),
})
const arbitraryCell = fc.record({
  role: fc.constantFrom(...Object.keys(hipaaRoles), 'root'),
  action: fc.constantFrom(...hipaaActions),
  type: fc.constantFrom(...types),
  facts: arbitraryFacts,
})
const rank = { deny: 0, 'allow-if': 1, allow: 2 }

describe('the pack as a whole', () => {
  it('S98 gives no record of another tenant to anybody, whatever is granted', () => {
    fc.assert(
      fc.property(arbitraryCell, fc.constantFrom('clinic-b', '', undefined), ({ role, action, type, facts }, tenant) => {
        const decision = withRoot.decide(request(role, action, type, together(facts, { record: { tenant } })))
        expect(decision).toMatchObject({ outcome: 'deny', reason: 'tenant' })
      }),
      { numRuns: runs },
    )
  })

  it('never allows more because an attribute was not loaded', () => {
    const paths = (['actor', 'context', 'record'] as const).flatMap((part) => {
      const names = part === 'record' ? Object.keys(records.ProgressNote).concat('trainingGroup', 'referrers', 'user') : []
      const actor = ['patient', 'represents', 'parentOf', 'executorOf', 'services', 'onBehalfOf', 'part2Programs', 'incidents']
      const context = ['recipient', 'identityVerified', 'agreementInForce', 'proceedingBy', 'incident']
      return (part === 'actor' ? actor : part === 'context' ? context : names).map((name) => [part, name] as const)
    })
    fc.assert(
      fc.property(arbitraryCell, fc.subarray(paths, { minLength: 1, maxLength: 4 }), ({ role, action, type, facts }, lost) => {
        const before = withRoot.decide(request(role, action, type, facts))
        const less = together(facts, ...lost.map(([part, name]) => ({ [part]: { [name]: undefined } })))
        const after = withRoot.decide(request(role, action, type, less))
        if (before.outcome === 'deny') expect(after.outcome).toBe('deny')
        else if (after.outcome !== 'deny') expect(before.fields).toEqual(expect.arrayContaining([...after.fields]))
      }),
      { numRuns: runs },
    )
  })

  it('S109 a broken glass never opens notes kept apart, nor self-pay towards a health plan', () => {
    fc.assert(
      fc.property(arbitraryCell, ({ role, action, type, facts }) => {
        const only = together(facts, { purpose: 'BTG', grants: [grant('break-glass', { actor: String(facts.actor?.id) })] })
        const decision = withRoot.decide(request(role, action, type, only))
        if (decision.outcome === 'deny') return
        const labels = only.record?.labels as string[]
        const leaves = action === 'disclose' || action === 'export'
        const reads = action === 'read' || action === 'update' || action === 'sign' || leaves
        // Who wrote a note uses it for treatment without any glass.
        const wrote = facts.actor?.id === records.ProgressNote.author || (type === 'Export' && facts.actor?.id === 'a1')
        if (reads && (type === 'PsychotherapyNote' || type === 'SudCounselingNote')) expect(wrote && !leaves).toBe(true)
        const recipient = String(only.context?.recipient)
        if (leaves && labels.includes('self-pay-restricted') && type in { Claim: 1, Payment: 1 })
          expect(['health-plan', 'clearinghouse']).not.toContain(recipient)
      }),
      { numRuns: runs },
    )
  })

  it('answers the same with a yes-or-no as with a decision', () => {
    fc.assert(
      fc.property(arbitraryCell, ({ role, action, type, facts }) => {
        const asked = request(role, action, type, facts)
        expect(withRoot.can(asked)).toBe(withRoot.decide(asked).outcome === 'allow')
      }),
      { numRuns: runs },
    )
  })
})

describe('as data', () => {
  it('S2 is JSON that reads back as the same policy', () => {
    const again = parsePolicy(JSON.parse(JSON.stringify(hipaaPolicy)))
    expect(again).toEqual(hipaaPolicy)
    expect(policyHash(again)).toBe(policyHash(hipaaPolicy))
  })

  it('has the content that its version names: whoever changes a rule gives the pack a new version', () => {
    expect([hipaaPolicy.version, policyHash(hipaaPolicy)]).toEqual([
      '2026-11',
      'sha256:88ea8ea11db9eccdc271a1a87900fdf745e230b0e80bb4cbe42d28bf6d603f47',
    ])
  })

  it('names every rule once, and every role, action, type, view, override and grant is used', () => {
    const text = JSON.stringify([hipaaPolicy.rules, hipaaPolicy.overrides])
    const words = [...Object.keys(hipaaRoles), ...hipaaActions, ...types, ...Object.keys(hipaaVocabulary.views)]
    const ids = [...Object.keys(hipaaVocabulary.overrides), ...hipaaVocabulary.grants]
    // `incident-response` is what isolation names.
    for (const word of [...words, ...ids.filter((id) => id !== 'incident-response')]) expect(text).toContain(`"${word}"`)
    expect(new Set(hipaaPolicy.rules.map(({ id }) => id)).size).toBe(hipaaPolicy.rules.length)
  })

  it('declares every attribute of the records that the tests use, and no record leaves one out', () => {
    for (const type of types) {
      expect(Object.keys(records[type]).sort()).toEqual(Object.keys(hipaaPolicy.resources[type]?.attributes ?? {}).sort())
    }
  })

  it('is described rule by rule, with constants, views, what is owed and what opens', () => {
    const rows = describePack(hipaaPolicy)
    expect(rows).toHaveLength(hipaaPolicy.rules.length)
    const row = (id: string) => rows.find(({ rule }) => rule === id)
    expect(row('part2-records-leave-by-consent')).toMatchObject({
      effect: 'forbid',
      roles: [],
      when: '"part2" in resource.labels',
      result: 'denies; unless consent, to-the-patient, medical-emergency',
      citations: ['42 CFR Part 2 (secondary)', '42 CFR 2.31 (secondary)'],
    })
    expect(row('broken-glass-opens-one-record')?.result).toBe('sees all; owes break-glass')
    expect(row('health-plan-gets-no-narrative')?.result).toBe('hides narrative, attachment; nothing opens it')
    expect(row('health-plan-gets-claim-view')).toMatchObject({ roles: ['billing'], result: 'sees payer' })
  })

  it('prints its permits as a table', () => {
    const lines = packTable(hipaaPolicy).split('\n')
    expect(lines).toHaveLength(2 + hipaaPolicy.rules.filter(({ effect }) => effect === 'permit').length)
    expect(lines).toContain('| billing | disclose | Claim | HPAYMT | sees payer | `health-plan-gets-claim-view` |')
    expect(lines.every((line) => line.split(/(?<!\\)\|/).length === 8)).toBe(true)
  })
})

describe('composition', () => {
  it('lets a team take groups, and add roles and rules of its own', () => {
    const own = definePolicy(
      {
        id: 'ours',
        version: '3',
        ...hipaaVocabulary,
        roles: { ...hipaaVocabulary.roles, supervisor: { inherits: ['therapist'] } },
      },
      (builder) => [
        ...groundRules(builder),
        ...careRules(builder),
        builder.permit('supervisor').to('read').on('ProgressNote').for('TRAIN').as('supervisor-reads-for-training'),
      ],
    )
    const ours = untyped(own)
    expect(ours.decide(request('supervisor', 'read', 'ProgressNote', { purpose: 'TREAT' })).rule).toBe('care-team-reads')
    expect(ours.decide(request('supervisor', 'read', 'ProgressNote', { purpose: 'TRAIN' })).rule).toBe(
      'supervisor-reads-for-training',
    )
    expect(ours.decide(request('supervisor', 'read', 'ProgressNote', {})).rule).toBe('every-request-states-its-purpose')
    expect(ours.decide(request('billing', 'read', 'Claim', { purpose: 'HPAYMT' })).outcome).toBe('deny')
  })

  it('refuses a vocabulary that lacks its words', async () => {
    const { overrides: _, ...lacking } = hipaaVocabulary
    const error = await refusal(() => definePolicy({ id: 'ours', version: '3', ...lacking }, specialClassRules))
    expect(error.code).toBe('PHI_RBAC_POLICY')
    expect(error.message).toContain('policy.rules.*.unless')
  })

  it('S129 takes restrictions of a record or a field on top', () => {
    const asked = request('therapist', 'read', 'ProgressNote', { purpose: 'TREAT' })
    const record = rules.with([
      {
        effect: 'forbid',
        id: 'directive:1',
        actions: ['read'],
        resources: ['ProgressNote'],
        when: { op: 'eq', left: { attr: 'resource.id' }, right: { value: 'r1' } },
      },
    ])
    expect(record.decide(asked)).toMatchObject({ outcome: 'deny', rule: 'directive:1' })
    const field = rules.with([
      { effect: 'forbid', id: 'directive:2', actions: ['read'], resources: ['ProgressNote'], fields: ['body'] },
    ])
    const decision = field.decide(asked)
    expect(decision.outcome).toBe('allow')
    expect(decision.fields).not.toContain('body')
    expect(decision.fields).toContain('minutes')
  })
})

describe('S132 isolation', () => {
  const incident = { actor: { id: 'i1', incidents: ['INC-7'] }, context: { incident: 'INC-7' }, purpose: 'HSYSADMIN' }
  const isolated = rules.with(isolation({ incident: 'INC-7' }))

  it('lets nobody in but the team, and the team owes an account of what it did', () => {
    const inside = isolated.decide(request('incidentResponder', 'read', 'AuditEntry', incident))
    expect(inside.outcome).toBe('allow-if')
    expect(inside.obligations).toMatchObject([{ type: 'document' }])
    expect(inside.overridden).toEqual([{ rule: 'isolated:INC-7', by: 'incident-response' }])
    for (const change of [
      { actor: { incidents: ['INC-8'] } },
      { actor: { incidents: undefined } },
      { context: { incident: 'INC-8' } },
      { context: { incident: undefined } },
      { actor: { incidents: ['INC-7', 'INC-8'] }, context: { incident: 'INC-8' } },
    ]) {
      const decision = isolated.decide(request('incidentResponder', 'read', 'AuditEntry', together(incident, change)))
      expect(decision, JSON.stringify(change)).toMatchObject({ outcome: 'deny', reason: 'forbidden' })
    }
    expect(isolated.decide(request('therapist', 'read', 'ProgressNote', { purpose: 'TREAT' })).outcome).toBe('deny')
    expect(rules.decide(request('therapist', 'read', 'ProgressNote', { purpose: 'TREAT' })).outcome).toBe('allow')
  })

  it('gives the team nothing that its roles do not have', () => {
    const clinical = isolated.decide(request('incidentResponder', 'read', 'ProgressNote', incident))
    expect(clinical).toMatchObject({ outcome: 'deny', reason: 'default' })
  })

  it('only takes away, for every request', () => {
    const all = [
      withRoot.with(isolation({ incident: 'INC-7' })),
      withRoot.with(isolation({ incident: 'INC-7', emergencyAccess: true })),
      withRoot.with(isolation({ incident: 'INC-7', tenants: ['clinic-a'], resources: ['ProgressNote', 'Account'] })),
    ]
    fc.assert(
      fc.property(arbitraryCell, fc.constantFrom(...all), ({ role, action, type, facts }, narrowed) => {
        const asked = request(role, action, type, facts)
        expect(rank[narrowed.decide(asked).outcome]).toBeLessThanOrEqual(rank[withRoot.decide(asked).outcome])
      }),
      { numRuns: runs },
    )
  })

  it('keeps to the tenants and types that are named', () => {
    const tenant = rules.with(isolation({ incident: 'INC-7', tenants: ['clinic-b'] }))
    const asked = request('therapist', 'read', 'ProgressNote', { purpose: 'TREAT' })
    expect(tenant.decide(asked).outcome).toBe('allow')
    const type = rules.with(isolation({ incident: 'INC-7', tenants: ['clinic-a'], resources: ['Claim'] }))
    expect(type.decide(asked).outcome).toBe('allow')
    expect(type.decide(request('billing', 'read', 'Claim', { purpose: 'HPAYMT' })).outcome).toBe('deny')
  })

  it('S109 lets a broken glass through where that is chosen', () => {
    const glass: Facts = { purpose: 'BTG', actor: { id: 't9' }, grants: [grant('break-glass')] }
    const asked = request('therapist', 'read', 'ProgressNote', glass)
    expect(isolated.decide(asked).outcome).toBe('deny')
    const kept = rules.with(isolation({ incident: 'INC-7', emergencyAccess: true }))
    expect(kept.decide(asked).outcome).toBe('allow-if')
    expect(kept.decide(request('therapist', 'read', 'ProgressNote', { purpose: 'TREAT' })).outcome).toBe('deny')
    expect(kept.decide(request('securityOfficer', 'read', 'Account', { purpose: 'HSYSADMIN' })).outcome).toBe('deny')
  })

  it.each([
    [{}],
    [{ incident: '' }],
    [{ incident: 'a b' }],
    [{ incident: 'INC-7', tenants: [] }],
    [{ incident: 'INC-7', resources: ['Nothing'] }],
    [{ incident: 'INC-7', more: true }],
    [null],
  ])('refuses %j', async (options) => {
    const error = await refusal(() => isolation(options as never))
    expect(error.code).toBe('PHI_RBAC_POLICY')
    expect(error.message).not.toContain('a b')
  })

  it('takes two incidents at once: a member of one team is not on the other', () => {
    const both = isolated.with(isolation({ incident: 'INC-8' }))
    expect(both.decide(request('incidentResponder', 'read', 'AuditEntry', incident)).outcome).toBe('deny')
  })
})

describe('facts of a record', () => {
  it('sorts labels into what the rules read', () => {
    expect(regimeFacts([])).toEqual({ labels: [], stateLaw: false })
    expect(regimeFacts(['state:CA', 'hiv', 'psychotherapy', 'hiv'])).toEqual({
      labels: ['psychotherapy', 'hiv'],
      stateLaw: true,
    })
    expect(regimeFacts(['sud-counseling', 'part2'])).toEqual({ labels: ['part2', 'sud-counseling'], stateLaw: false })
  })

  it.each([[['state:ZZ']], [['HIV']], ['hiv'], [null], [[null]]])('refuses %j as labels', async (labels) => {
    expect((await refusal(() => regimeFacts(labels as never))).code).toBe('PHI_RBAC_RECORD')
  })

  it.each([
    ['1970-03-10', '2020-03-11T12:00:00.000Z'],
    ['1972-02-29', '2022-03-02T12:00:00.000Z'],
    ['1999-12-31', '2050-01-01T12:00:00.000Z'],
    ['0050-01-01', '0100-01-02T12:00:00.000Z'],
  ])('protects who died on %s until %s', (died, until) => {
    expect(protectedUntil(died)?.toISOString()).toBe(until)
  })

  it('protects the living without an end', () => {
    expect(protectedUntil(null)).toBeNull()
    const facts = { purpose: 'HLEGAL', context: { recipient: 'other' }, record: { deceased: false, protectedUntil: null } }
    expect(rules.decide(request('administrator', 'disclose', 'TreatmentPlan', facts)).outcome).toBe('deny')
    const past = { deceased: true, protectedUntil: new Date(NOW - 1) }
    expect(rules.decide(request('administrator', 'disclose', 'TreatmentPlan', together(facts, { record: past }))).outcome).toBe(
      'allow',
    )
  })

  it.each(['', '1970-02-30', '1970-3-1', '1970-03-10T00:00:00Z', 0, {}, undefined])('refuses %j as a day', async (day) => {
    const error = await refusal(() => protectedUntil(day as never))
    expect(error.code).toBe('PHI_RBAC_RECORD')
  })
})

describe.skipIf(chromiumPath() === undefined)('in a browser', () => {
  it('decides as it does here', async () => {
    const facts: Facts = { purpose: 'TREAT', record: { labels: ['part2'] } }
    const asked = JSON.stringify(request('therapist', 'read', 'TreatmentPlan', facts))
    const result = await inChromium<string>(
      `import { compile } from '@phi/rbac'
       import { hipaaPolicy } from '@phi/rbac/hipaa'
       globalThis.result = JSON.stringify(compile(hipaaPolicy).decide(${asked}))`,
      new URL('.', import.meta.url).pathname,
    )
    expect(JSON.parse(result)).toEqual(JSON.parse(JSON.stringify(rules.decide(JSON.parse(asked) as never))))
  })
})
