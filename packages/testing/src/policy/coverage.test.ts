import { readFile } from 'node:fs/promises'
import { compile, definePolicy, type PolicyJson } from '@phi/rbac'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { clinicPolicy } from '../../test/clinic-policy.ts'
import { prepareTests } from './cells.ts'
import { atomsIn } from './condition.ts'
import { policyCoverage } from './coverage.ts'
import { definePolicyTests } from './define.ts'
import { noClock } from './run.ts'
import type { PolicyTests } from './test-file.ts'
import { AtomTruths } from './truths.ts'

const clinic = await readFile(new URL('../../test/clinic-policy.yaml', import.meta.url), 'utf8')

const ward = definePolicy(
  {
    id: 'ward',
    version: '1',
    resources: {
      Note: z.object({
        tenant: z.string(),
        patient: z.string(),
        open: z.boolean(),
        mine: z.boolean(),
        text: z.string(),
        code: z.string(),
      }),
    },
    actions: ['read'],
    roles: { nurse: {} },
    views: { codes: { Note: ['code'] } },
  },
  ({ permit, forbid, is }) => [
    permit('nurse')
      .to('read')
      .on('Note')
      .when(is.and(is.resource('open'), is.resource('mine')))
      .requiring({ type: 'document', record: ['why'] })
      .as('open-and-mine'),
    permit('nurse').to('read').on('Note').for('HPAYMT').seeing('codes').as('codes'),
    forbid()
      .to('read')
      .on('Note')
      .when(is.eq(is.resource('text'), 'sealed'))
      .unless('break-glass')
      .as('sealed'),
  ],
)
const note = (record: object) => ({
  type: 'Note' as const,
  record: { tenant: 't', patient: 'p', text: 'x', code: 'y', ...record },
})
const glass = { kind: 'break-glass', tenant: 't', patient: 'p', actor: 'a', from: 0, until: 3_600_000, reason: 'stated' }
const base = {
  at: '1970-01-01T00:30:00.000Z',
  actors: { ann: { id: 'a', tenant: 't' } },
  records: {
    yes: note({ open: true, mine: true }),
    shut: note({ open: false, mine: true }),
    theirs: note({ open: true, mine: false }),
    sealed: note({ open: true, mine: true, text: 'sealed' }),
    unknown: note({ open: true, mine: undefined }),
  },
  grants: { glass },
} as const
type Row = readonly [
  record: keyof typeof base.records,
  grants: string,
  outcome: string,
  more?: { fields?: readonly string[]; purpose?: string },
]
/** One matrix a row, each of one cell. */
const rows = (...of: readonly Row[]): PolicyTests => ({
  ...definePolicyTests(ward, { ...base, matrices: [] }),
  matrices: of.map(([record, grants, outcome, { purpose = 'no-purpose', ...stated } = {}], index) => ({
    name: `m${index}`,
    axes: { roles: ['nurse'], actors: ['ann'], actions: ['read'], records: [record], grants: [grants], purposes: [purpose] },
    expect: [{ outcome: outcome === 'deny' || outcome === 'allow' ? outcome : { 'allow-if': outcome.split(' ') }, ...stated }],
  })),
})
const full = rows(
  ['yes', 'no-grants', 'document'],
  ['shut', 'no-grants', 'deny', { purpose: 'TREAT' }],
  ['theirs', 'no-grants', 'deny', { purpose: 'TREAT' }],
  ['shut', 'no-grants', 'allow', { fields: ['code'], purpose: 'HPAYMT' }],
  ['sealed', 'no-grants', 'deny'],
  ['sealed', 'glass', 'document break-glass'],
)
const gapsOf = (tests: PolicyTests, policy: PolicyJson = ward) =>
  policyCoverage(policy, tests).missing.flatMap(({ gaps }) => gaps.map(({ text, standing }) => `${standing}: ${text}`))

describe('coverage of a policy', () => {
  it('S2 S21 is complete where every part is shown to matter', () => {
    const coverage = policyCoverage(ward, full)
    expect(coverage.missing).toEqual([])
    expect(coverage.complete).toBe(true)
    expect(coverage.points.map(({ kind, rule, at }) => `${kind} ${rule}${at}`)).toEqual([
      'rule open-and-mine',
      'condition open-and-mine/when/of/0',
      'condition open-and-mine/when/of/1',
      'obligation open-and-mine/obligations/0',
      'rule codes',
      'condition codes/purposes',
      'view codes/view',
      'rule sealed',
      'condition sealed/when',
      'override sealed/unless/break-glass',
      'condition sealed/unless/break-glass',
      'obligation sealed/unless/break-glass/obligations/0',
    ])
    expect(policyCoverage(clinicPolicy, clinic)).toMatchObject({ complete: true, counts: { covered: 23, coverable: 23 } })
  })

  it.each([
    // The sealed record that a broken glass opens needs the same permit, and shows it as well.
    [0, []],
    [1, ['no cell of open-and-mine depends on "resource.open = true" being false']],
    [2, ['no cell of open-and-mine depends on "resource.mine = true" being false']],
    [
      3,
      [
        'no cell would notice if the rule codes were not there',
        'no cell of codes depends on "purpose is HPAYMT" being true',
        'no cell would notice if codes showed every field instead of the view codes',
      ],
    ],
    // The glass matters only where the record is sealed, so the other cell shows the rule.
    [4, ['no cell of sealed (unless/break-glass) depends on "a grant of break-glass" being false']],
    [
      5,
      [
        'no cell would notice if break-glass did not open sealed',
        'no cell of sealed (unless/break-glass) depends on "a grant of break-glass" being true',
        'no cell would notice if break-glass, when it opens sealed, did not ask for break-glass',
      ],
    ],
  ])('without cell %i it names exactly what is no longer shown', (left, expected) => {
    const tests = { ...full, matrices: full.matrices.filter((_, index) => index !== left) }
    const texts = policyCoverage(ward, tests).missing.flatMap(({ gaps }) => gaps.map(({ text }) => text))
    expect(texts).toEqual(expected)
  })

  it('counts only what a cell states: a view that no cell names the fields of is not shown', () => {
    const silent = {
      ...full,
      matrices: full.matrices.map((each) => ({ ...each, expect: each.expect.map(({ fields: _, ...rest }) => rest) })),
    }
    expect(gapsOf(silent)).toEqual(['open: no cell would notice if codes showed every field instead of the view codes'])
  })

  it('does not take unknown for false, and shows it apart', () => {
    const tests = {
      ...full,
      matrices: full.matrices.map((each) =>
        each.axes.records?.[0] === 'theirs' ? { ...each, axes: { ...each.axes, records: ['unknown'] } } : each,
      ),
    }
    const coverage = policyCoverage(ward, tests)
    expect(coverage.missing.flatMap(({ gaps }) => gaps.map(({ text }) => text))).toEqual([
      'no cell of open-and-mine depends on "resource.mine = true" being false',
    ])
    expect(coverage.points.find(({ at }) => at === '/when/of/1')?.shown).toEqual(expect.arrayContaining([true, 'unknown']))
  })

  it('suggests for every open gap a cell that closes it', () => {
    for (const left of full.matrices.keys()) {
      const tests: PolicyTests = { ...full, matrices: full.matrices.filter((_, index) => index !== left) }
      const gaps = policyCoverage(ward, tests).missing.flatMap((point) => point.gaps.map((gap) => ({ ...gap, point })))
      for (const { standing, suggestion, point, met } of gaps) {
        expect(standing).toBe('open')
        const closed = policyCoverage(ward, withSuggestion(tests, suggestion as NonNullable<typeof suggestion>))
        const again = closed.points.find(({ rule, at, kind }) => rule === point.rule && at === point.at && kind === point.kind)
        expect(
          again?.gaps.filter((each) => each.met === met),
          `${point.rule}${point.at}`,
        ).toEqual([])
      }
    }
  })

  it('tells what no cell can show from what is missing', () => {
    const twice: PolicyJson = JSON.parse(JSON.stringify(ward))
    const doubled = { ...twice, rules: [...twice.rules, { ...twice.rules[2], id: 'again' }] } as PolicyJson
    const coverage = policyCoverage(doubled, full)
    const standings = coverage.missing.map(({ rule, at, gaps }) => [
      rule + at,
      ...new Set(gaps.map(({ standing }) => standing)),
    ])
    expect(standings).toContainEqual(['sealed', 'redundant'])
    expect(standings).toContainEqual(['again', 'redundant'])
    expect(coverage.missing.find(({ rule, at }) => rule === 'again' && at === '')?.gaps[0]).not.toHaveProperty('suggestion')
  })

  it('is never complete over cells that fail, or a file with problems', () => {
    const failing = {
      ...full,
      matrices: full.matrices.map((each, index) => (index === 1 ? { ...each, expect: [{ outcome: 'allow' as const }] } : each)),
    }
    expect(policyCoverage(ward, failing)).toMatchObject({ complete: false, failing: 1 })
    expect(policyCoverage(ward, 'a: 1')).toMatchObject({ complete: false, points: expect.any(Array) })
    const twice = {
      ...full,
      matrices: [
        { ...full.matrices[0], expect: [...(full.matrices[0]?.expect ?? []), { outcome: 'deny' as const }] },
        ...full.matrices.slice(1),
      ],
    } as PolicyTests
    expect(policyCoverage(ward, twice)).toMatchObject({ complete: false, failing: 0, problems: [{ code: 'twice' }] })
  })

  it('says how far it is', () => {
    const seen: string[] = []
    policyCoverage(ward, full, { suggest: false, onProgress: ({ done, total }) => seen.push(`${done}/${total}`) })
    expect(seen).toEqual(Array.from({ length: 12 }, (_, i) => `${i + 1}/12`))
  })
})

/** A test file with one more matrix, that states everything about the suggested request. */
function withSuggestion(
  tests: PolicyTests,
  { request, outcome, fields }: { request: unknown; outcome: string; fields: readonly string[] },
): PolicyTests {
  const { actor, resource, purpose, grants, at } = request as {
    actor: { roles: string[] } & Record<string, unknown>
    resource: { type: string; record: Record<string, unknown> }
    purpose?: string
    grants?: Record<string, unknown>[]
    at?: string
  }
  const { roles, ...who } = actor
  const decision = compile(ward, noClock).decide(request as never)
  const names = (grants ?? []).map((_, index) => `g${index}`)
  return {
    ...tests,
    actors: { ...tests.actors, suggested: who },
    records: { ...tests.records, suggested: { ...resource, unsound: Object.keys(resource.record) } },
    grants: { ...tests.grants, ...Object.fromEntries((grants ?? []).map((each, index) => [`g${index}`, each])) },
    matrices: [
      ...tests.matrices,
      {
        name: 'suggested',
        at: at as string,
        axes: {
          roles: [roles.length === 0 ? 'no-role' : roles.join('+')],
          actors: ['suggested'],
          actions: ['read'],
          records: ['suggested'],
          purposes: [purpose ?? 'no-purpose'],
          grants: [names.length === 0 ? 'no-grants' : names.join('+')],
        },
        expect: [
          {
            outcome:
              outcome === 'allow-if' ? { 'allow-if': decision.obligations.map(({ type }) => type) } : (outcome as 'deny'),
            ...(outcome === 'deny' ? {} : { fields }),
          },
        ],
      },
    ],
  }
}

describe('the truths of atoms', () => {
  it('are those that the decisions of the policy show', () => {
    const rules = compile(clinicPolicy as PolicyJson, noClock)
    const truths = new AtomTruths(rules.policy)
    let compared = 0
    for (const { request } of prepareTests(rules.policy, clinic).cells) {
      for (const { rule, at, met } of rules.decide(request).because) {
        const when = rules.policy.rules.find(({ id }) => id === rule)?.when
        const spot = when && [...atomsIn(when)].find((each) => `/when${each.at}` === at)
        if (spot === undefined) continue
        expect(truths.of(request, spot.atom)).toBe(met)
        compared++
      }
    }
    expect(compared).toBeGreaterThan(100)
  })

  it('are not known beyond the wall of the tenant', () => {
    const truths = new AtomTruths(ward)
    const request = { actor: { id: 'a', tenant: 'u', roles: [] }, action: 'read', resource: note({ open: true }) }
    expect(truths.of(request as never, { op: 'eq', left: { attr: 'resource.open' }, right: { value: true } })).toBeUndefined()
  })
})
