import type { DataClass } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { type AgreementInput, parseAgreement, registry } from '../index.ts'
import { defineFlows } from './define.ts'
import { flows } from './flows.ts'
import type { FlowEdgeInput, FlowNodeInput } from './map.ts'

const at = '2026-11-21T10:00:00.000Z'

const agreement = (from: string, to: string, more: Partial<AgreementInput> = {}) =>
  parseAgreement({
    id: `${from}-${to}`,
    tier: from === 'practice' ? 'ce-ba' : 'ba-sub',
    version: '1',
    from: { id: from, kind: from === 'practice' ? 'covered-entity' : 'business-associate' },
    to: { id: to, kind: 'business-associate' },
    services: ['scheduling', 'records', 'billing', 'ai', 'storage', 'monitoring', 'messaging', 'telehealth', 'analytics'],
    permits: ['phi.schedule', 'phi.clinical.note.session', 'phi.clinical.plan', 'phi.identity.name', 'phi.ops', 'phi.ai'],
    prohibits: ['label:hiv'],
    uses: ['treatment', 'payment', 'operations', 'ai.inference'],
    effective: '2026-01-01',
    signatures: [from, to].map((party) => ({ party, at: '2026-01-02T09:00:00.000Z' })),
    terms: { subcontractors: true, access: true },
    ...more,
  })

const model = registry([agreement('practice', 'platform'), agreement('platform', 'vendor'), agreement('vendor', 'host')], {
  parties: [
    { id: 'stranger', kind: 'other' },
    { id: 'calendar', kind: 'other' },
    { id: 'patient', kind: 'individual' },
  ],
})

const node = (id: string, party: string, more: Partial<FlowNodeInput> = {}): FlowNodeInput => ({
  id,
  party,
  kind: 'service',
  service: 'records.notes',
  ...more,
})
const run = (nodes: readonly FlowNodeInput[], edges: readonly FlowEdgeInput[]) =>
  flows(defineFlows({ nodes, edges }), model, { at })
const edge = (from: string, to: string, more: Partial<FlowEdgeInput> = {}): FlowEdgeInput => ({
  from,
  to,
  use: 'treatment',
  ...('data' in more ? {} : { passes: 'all' }),
  ...more,
})
const short = (result: ReturnType<typeof flows>) =>
  result.exposures.map((each) => `${each.outcome} ${each.class} at ${each.node}, cut ${each.cut}`)

describe('flows', () => {
  it('S9 finds the vendor nobody signed with, behind one that is covered', () => {
    const result = run(
      [node('chart', 'platform', { holds: ['phi.clinical.note.session'] }), node('tool', 'vendor'), node('sub', 'stranger')],
      [edge('chart', 'tool'), edge('tool', 'sub')],
    )
    expect(result.edges.map((each) => each.outcome)).toEqual(['allow', 'deny'])
    expect(short(result)).toEqual(['deny phi.clinical.note.session at sub, cut tool->sub'])
    const [exposure] = result.exposures
    expect(exposure?.enters).toEqual({ node: 'chart', class: 'phi.clinical.note.session' })
    expect(exposure?.path.map((each) => [each.edge, each.outcome])).toEqual([
      ['chart->tool', 'allow'],
      ['tool->sub', 'deny'],
    ])
    expect(exposure?.reasons.map((each) => each.code)).toEqual(['no-agreement'])
    expect(result.findings.map((each) => [each.rule, each.edge, each.citation])).toEqual([
      ['uncovered-flow', 'tool->sub', '45 CFR 164.502(e)(1)'],
    ])
  })

  it('S9 finds nothing where every vendor down the chain is covered', () => {
    const result = run(
      [node('chart', 'platform', { holds: ['phi.clinical.note.session'] }), node('tool', 'vendor'), node('rack', 'host')],
      [edge('chart', 'tool'), edge('tool', 'rack')],
    )
    expect(result.exposures).toEqual([])
    expect(result.findings).toEqual([])
    expect(result.cuts).toEqual({ first: [], fewest: [], explanation: 'Nothing has to be cut.' })
  })

  it('C7 S75 finds the calendar vendor that gets the session link with an exported event', () => {
    const result = run(
      [
        node('scheduler', 'platform', {
          service: 'scheduling',
          holds: ['phi.schedule.session-link', 'phi.schedule.appointment'],
        }),
        node('feed', 'platform', { service: 'scheduling.calendar-export' }),
        node('phone-calendar', 'calendar', { kind: 'vendor', service: 'scheduling.calendar-export' }),
        node('patient', 'patient', { kind: 'person', service: 'messaging.portal' }),
      ],
      [
        edge('scheduler', 'feed'),
        edge('feed', 'phone-calendar', { passes: ['phi.schedule'] }),
        edge('scheduler', 'patient', {
          use: 'individual.access',
          exemption: { kind: 'individual', identityVerified: true, isSubject: true },
        }),
      ],
    )
    expect(short(result)).toEqual([
      'deny phi.schedule.appointment at phone-calendar, cut feed->phone-calendar',
      'deny phi.schedule.session-link at phone-calendar, cut feed->phone-calendar',
    ])
    expect(result.edges.at(-1)?.decision?.exemption).toBe('individual')
  })

  it('S66 asks for the use of each edge: treatment is covered, marketing with the same data is not', () => {
    const nodes = [node('chart', 'platform', { holds: ['phi.schedule.appointment'] }), node('tool', 'vendor')]
    const result = run(nodes, [edge('chart', 'tool'), edge('chart', 'tool', { id: 'ads', use: 'marketing' })])
    expect(result.edges.map((each) => each.outcome)).toEqual(['allow', 'deny'])
    expect(result.exposures[0]?.edges).toEqual(['ads'])
    const silent = run(nodes, [{ from: 'chart', to: 'tool', passes: 'all' }])
    expect(silent.exposures[0]).toMatchObject({ outcome: 'needs', reasons: [{ code: 'unknown-use' }] })
  })

  it('S9 says that it is not known, where it is not known', () => {
    const nodes = [
      node('chart', 'platform', { holds: ['phi.schedule'] }),
      node('tool', 'nobody'),
      node('odd', 'vendor', { service: undefined }),
    ]
    const result = run(nodes, [edge('chart', 'tool'), edge('chart', 'odd')])
    expect(result.exposures.map((each) => [each.node, each.outcome, each.reasons[0]?.code])).toEqual([
      ['odd', 'needs', 'unknown-service'],
      ['tool', 'needs', 'unknown-party'],
    ])
    expect(result.findings.map((each) => each.rule)).toEqual(['unresolved-flow', 'unresolved-flow'])
  })

  it('S54 follows data through a cycle once, and through nodes of one party', () => {
    const result = run(
      [
        node('a', 'platform', { holds: ['phi.clinical.plan'] }),
        node('b', 'platform'),
        node('c', 'platform', { holds: ['phi.schedule'] }),
        node('out', 'stranger'),
      ],
      [edge('a', 'b'), edge('b', 'c'), edge('c', 'a'), edge('c', 'out', { passes: ['phi.clinical'] })],
    )
    expect(result.nodes.map((each) => each.has.length)).toEqual([2, 2, 2, 1])
    expect(short(result)).toEqual(['deny phi.clinical.plan at out, cut c->out'])
    expect(result.exposures[0]?.path.map((each) => each.edge)).toEqual(['a->b', 'b->c', 'c->out'])
    expect(result.edges.map((each) => each.outcome)).toEqual(['no-disclosure', 'no-disclosure', 'no-disclosure', 'deny'])
  })

  it('S54 counts what an individual sends as their own, and what is done with it afterwards as ours', () => {
    const result = run(
      [
        node('patient', 'patient', { kind: 'person', holds: ['phi.identity.name'] }),
        node('form', 'platform'),
        node('tracker', 'stranger'),
      ],
      [edge('patient', 'form'), edge('form', 'tracker')],
    )
    expect(result.edges.map((each) => each.outcome)).toEqual(['allow', 'deny'])
    expect(result.edges[0]?.decision?.reasons.map((each) => each.code)).toEqual(['from-individual'])
    expect(result.exposures[0]?.enters.node).toBe('patient')
  })
})

describe('derived data in flows', () => {
  const leaky = (data: FlowEdgeInput['data']) =>
    run(
      [
        node('app', 'platform', { holds: ['phi.clinical.note.session', 'phi.clinical.lab'] }),
        node('errors', 'vendor', { service: 'monitoring' }),
      ],
      [{ from: 'app', to: 'errors', data, use: 'operations' }],
    )

  it('S9 takes an error report for all that is where it is made', () => {
    const result = leaky(['phi.ops.error-report'])
    expect(result.edges[0]?.carries.map((each) => each.class)).toEqual([
      'phi.clinical.lab',
      'phi.clinical.note.session',
      'phi.ops.error-report',
    ])
    // The note is permitted, the laboratory result is not.
    expect(result.exposures).toMatchObject([
      { class: 'phi.clinical.lab', within: 'phi.ops.error-report', node: 'errors', outcome: 'deny' },
    ])
  })

  it('S9 believes a map that says what the report is made of', () => {
    expect(
      leaky([
        { class: 'phi.ops.error-report', madeOf: ['phi.clinical.note.session'].map((each) => ({ class: each as DataClass })) },
      ]).exposures,
    ).toEqual([])
    expect(leaky([{ class: 'phi.ops.error-report', madeOf: [] }]).exposures).toEqual([])
    expect(leaky([{ class: 'phi.ops.error-report', madeOf: [] }]).findings).toEqual([])
  })

  it('S9 lets contents go wherever their container goes', () => {
    const result = run(
      [
        node('app', 'platform', { holds: ['phi.clinical.note.session'] }),
        node('logs', 'platform', { kind: 'store' }),
        node('analytics', 'stranger', { service: 'analytics' }),
      ],
      [edge('app', 'logs', { data: ['phi.ops.auditlog'] }), edge('logs', 'analytics', { passes: ['phi.ops.auditlog'] })],
    )
    expect(result.exposures.map((each) => [each.class, each.within])).toEqual([
      ['phi.clinical.note.session', 'phi.ops.auditlog'],
      ['phi.ops.auditlog', undefined],
    ])
    expect(result.exposures[0]?.enters).toEqual({ node: 'app', class: 'phi.clinical.note.session' })
  })

  it('S9 makes a derived class that a node holds of everything that arrives there', () => {
    const result = run(
      [
        node('chart', 'platform', { holds: ['phi.clinical.lab'] }),
        node('backup', 'platform', { kind: 'store', holds: ['phi.ops.backup'] }),
        node('bucket', 'stranger'),
      ],
      [edge('chart', 'backup'), edge('backup', 'bucket', { passes: ['phi.ops.backup'] })],
    )
    expect(result.exposures.map((each) => [each.class, each.within, each.path.length])).toEqual([
      ['phi.clinical.lab', 'phi.ops.backup', 2],
      ['phi.ops.backup', undefined, 2],
    ])
    expect(result.findings.every((each) => each.rule === 'uncovered-flow')).toBe(true)
  })

  it('S9 does not allow what is made of nothing that is known', () => {
    const nodes = [node('app', 'platform'), node('errors', 'vendor', { service: 'monitoring' })]
    const result = run(nodes, [{ from: 'app', to: 'errors', data: ['phi.ops.error-report'], use: 'operations' }])
    expect(result.exposures).toMatchObject([
      { class: 'phi.ops.error-report', outcome: 'needs', reasons: [{ code: 'unknown-origin' }] },
    ])
    expect(result.findings.map((each) => each.rule)).toEqual(['unresolved-flow', 'unexplained-data'])
    const held = run(
      [node('app', 'platform', { holds: ['phi.ops.backup'] }), nodes[1] as FlowNodeInput],
      [edge('app', 'errors')],
    )
    expect(held.exposures).toMatchObject([{ outcome: 'needs', reasons: [{ code: 'unknown-origin' }] }])
    expect(held.findings.map((each) => [each.rule, each.node])).toContainEqual(['unexplained-data', 'app'])
  })

  it('S9 wraps what is at hand for an open ingredient, and whatever is nested', () => {
    const result = leaky([{ class: 'phi.ops.export', madeOf: [{ class: 'phi.ai.output' }] }])
    expect(result.edges[0]?.carries.map((each) => each.class)).toContain('phi.clinical.lab')
    expect(result.exposures.map((each) => each.class)).toEqual(['phi.clinical.lab'])
  })
})

describe('labels in flows', () => {
  it('S9 carries labels along until an edge says that it filters', () => {
    const nodes = [
      node('chart', 'platform', {
        holds: [
          { class: 'phi.clinical.plan', labels: ['hiv'] },
          { class: 'phi.schedule', labels: [] },
        ],
      }),
      node('store', 'platform'),
      node('tool', 'vendor'),
    ]
    const through = run(nodes, [edge('chart', 'store'), edge('store', 'tool')])
    expect(through.exposures).toMatchObject([{ class: 'phi.clinical.plan', labels: ['hiv'], node: 'tool' }])
    const filtered = run(nodes, [
      edge('chart', 'store'),
      edge('store', 'tool', { data: [{ class: 'phi.clinical.plan', labels: [] }] }),
    ])
    expect(filtered.exposures).toEqual([])
    const unfiltered = run(nodes, [edge('chart', 'store'), edge('store', 'tool', { data: ['phi.clinical.plan'] })])
    expect(unfiltered.exposures).toMatchObject([{ labels: ['hiv'] }])
  })
})

describe('the minimum necessary', () => {
  const requires = ['phi.schedule.appointment'] as const
  const reminders = (holds: FlowNodeInput['holds'], more: Partial<FlowNodeInput> = {}) =>
    run(
      [node('scheduler', 'platform', { holds }), node('mail', 'vendor', { service: 'messaging.email', requires, ...more })],
      [edge('scheduler', 'mail', { use: 'operations' })],
    ).findings.map((each) => [each.rule, each.class])

  it('S7 S54 names what an edge carries beyond what the receiving node requires', () => {
    expect(reminders(['phi.schedule.appointment'])).toEqual([])
    expect(reminders(['phi.schedule.appointment', 'phi.identity.name'])).toEqual([['more-than-required', 'phi.identity.name']])
    expect(reminders(['phi.schedule'])).toEqual([['more-than-required', 'phi.schedule']])
    expect(reminders(['phi.schedule'], { requires: [] })).toEqual([['more-than-required', 'phi.schedule']])
    expect(reminders(['phi.schedule'], { requires: undefined })).toEqual([])
  })

  it('S7 S54 looks at uses inside one party too, and not at what goes to the individual', () => {
    const result = run(
      [
        node('scheduler', 'platform', { holds: ['phi.schedule'] }),
        node('report', 'platform', { requires }),
        node('patient', 'patient', { kind: 'person', requires }),
      ],
      [
        edge('scheduler', 'report'),
        edge('scheduler', 'patient', {
          use: 'individual.access',
          exemption: { kind: 'individual', identityVerified: true, isSubject: true },
        }),
      ],
    )
    expect(result.findings.map((each) => each.edge)).toEqual(['scheduler->report'])
  })
})

describe('gaps of a map', () => {
  it('S54 checks data that comes from nowhere, and says so once, where it enters', () => {
    const result = run(
      [node('z', 'platform'), node('b', 'platform'), node('a', 'vendor'), node('out', 'stranger')],
      [
        edge('z', 'b', { data: ['phi.schedule'] }),
        edge('b', 'a', { data: ['phi.schedule'] }),
        edge('a', 'out', { data: ['phi.schedule'] }),
      ],
    )
    expect(result.findings.map((each) => [each.rule, each.node])).toEqual([
      ['uncovered-flow', 'out'],
      ['unexplained-data', 'z'],
    ])
    expect(result.exposures[0]?.path.map((each) => each.edge)).toEqual(['z->b', 'b->a', 'a->out'])
  })

  it('S54 says which edges pass on what never arrives', () => {
    const result = run(
      [node('a', 'platform', { holds: ['phi.schedule'] }), node('b', 'vendor'), node('c', 'vendor'), node('d', 'vendor')],
      [edge('a', 'b', { passes: ['phi.schedule', 'phi.code'] }), edge('c', 'd')],
    )
    expect(result.findings.map((each) => [each.rule, each.edge, each.class])).toEqual([
      ['nothing-passes', 'a->b', 'phi.code'],
      ['nothing-passes', 'c->d', undefined],
    ])
    expect(result.edges[1]?.outcome).toBe('nothing')
  })
})

describe('cuts', () => {
  it('S9 names the one edge through which everything passes, and what it would cost', () => {
    const subs = ['s1', 's2', 's3'].map((id) => node(id, 'stranger'))
    const result = run(
      [node('chart', 'platform', { holds: ['phi.schedule', 'phi.clinical.plan'] }), node('tool', 'vendor'), ...subs],
      [edge('chart', 'tool'), ...subs.map(({ id }) => edge('tool', id))],
    )
    expect(result.exposures).toHaveLength(6)
    expect(result.cuts.first).toEqual(
      ['s1', 's2', 's3'].map((id) => ({ edge: `tool->${id}`, classes: ['phi.clinical.plan', 'phi.schedule'] })),
    )
    expect(result.cuts.fewest).toEqual(['chart->tool'])
    expect(result.cuts.explanation).toBe(
      '6 exposures pass through 1 edge. The forbidden flows that are reached first are on 3 edges. Of these, 1 edge may carry the data: cutting ends covered flows too.',
    )
  })

  it('S9 cuts at the first forbidden edge, and not at those behind it', () => {
    const result = run(
      [node('chart', 'platform', { holds: ['phi.schedule'] }), node('x', 'stranger'), node('y', 'calendar')],
      [edge('chart', 'x'), edge('x', 'y')],
    )
    expect(short(result)).toEqual(['deny phi.schedule at x, cut chart->x', 'deny phi.schedule at y, cut chart->x'])
    expect(result.cuts.first).toEqual([{ edge: 'chart->x', classes: ['phi.schedule'] }])
    expect(result.cuts.fewest).toEqual(['chart->x'])
  })
})

describe('hostile surroundings', () => {
  it('S9 takes nothing from a prototype on which somebody planted permissions', async () => {
    const nodes = [
      node('app', 'platform', { holds: ['phi.clinical.lab'] }),
      node('errors', 'vendor', { service: 'monitoring' }),
      node('x', 'stranger'),
    ]
    const edges = [edge('app', 'errors', { data: ['phi.ops.error-report'], use: 'operations' }), edge('errors', 'x')]
    const before = run(nodes, edges)
    expect(before.exposures.length).toBe(3)
    // Maps that were read before, and maps that are read while it is planted.
    const map = defineFlows({ nodes, edges })
    const planted: Record<string, unknown> = {
      madeOf: [],
      labels: [],
      exemption: { kind: 'treatment', treatsTheIndividual: true },
      passes: 'all',
      by: {},
      edge: 'x',
      holds: ['phi'],
      requires: ['phi'],
      unknown: false,
      outcome: 'allow',
    }
    try {
      for (const [key, value] of Object.entries(planted))
        Object.defineProperty(Object.prototype, key, { value, configurable: true, writable: true })
      const keys = (of: ReturnType<typeof flows>) => of.exposures.map((each) => [each.class, each.node, each.cut])
      expect(keys(flows(map, model, { at }))).toEqual(keys(before))
      expect(keys(run(nodes, edges))).toEqual(keys(before))
      const neither = await refusal(() => defineFlows({ nodes, edges: [{ from: 'app', to: 'x', use: 'treatment' }] }))
      expect(neither.path).toBe('flows.edges.*.data')
    } finally {
      for (const key of Object.keys(planted)) delete (Object.prototype as Record<string, unknown>)[key]
    }
  })
})

describe('what flows refuses', () => {
  it('S54 an instant, registry or map that is none', async () => {
    const map = defineFlows({ nodes: [node('a', 'platform')], edges: [] })
    expect(await refusal(() => flows(map, model, { at: '2026-11-21' }))).toMatchObject({ code: 'PHI_BAA_REQUEST' })
    expect(await refusal(() => flows(map, model, undefined as never))).toMatchObject({ code: 'PHI_BAA_REQUEST' })
    expect(await refusal(() => flows(map, { agreements: [] } as never, { at }))).toMatchObject({ code: 'PHI_BAA_REGISTRY' })
    expect(await refusal(() => flows({ nodes: [{}] } as never, model, { at }))).toMatchObject({ code: 'PHI_BAA_FLOWS' })
  })

  it('S54 changes nothing that it was given, and gives frozen plain data', () => {
    const result = run([node('a', 'platform', { holds: ['phi.schedule'] }), node('b', 'stranger')], [edge('a', 'b')])
    expect(Object.isFrozen(result.exposures[0]?.path[0])).toBe(true)
    expect(JSON.parse(JSON.stringify(result))).toEqual(result)
  })
})
