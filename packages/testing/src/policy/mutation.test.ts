import { readFile } from 'node:fs/promises'
import { compile, type Decision, definePolicy, type Expression, type PolicyJson, policyHash, type Request } from '@phi/rbac'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { clinicPolicy } from '../../test/clinic-policy.ts'
import { prepareTests } from './cells.ts'
import { definePolicyTests } from './define.ts'
import { mutatePolicy, mutationOperators } from './mutants.ts'
import { mutationReport } from './mutation.ts'
import { noClock } from './run.ts'
import { original } from './variant.ts'
import { sameTable, tellApart } from './witness.ts'

const clinic = await readFile(new URL('../../test/clinic-policy.yaml', import.meta.url), 'utf8')
const answer = ({ outcome, obligations, fields }: Decision) =>
  JSON.stringify([outcome, obligations.map((each) => JSON.stringify(each)).sort(), fields])

/** One permit with two conditions, two roles. */
const lab = definePolicy(
  {
    id: 'lab',
    version: '1',
    resources: { Result: z.object({ tenant: z.string(), final: z.boolean(), ward: z.enum(['a', 'b']) }) },
    actions: ['read'],
    roles: { doctor: {}, clerk: {} },
  },
  ({ permit, is }) => [
    permit('doctor')
      .to('read')
      .on('Result')
      .when(is.and(is.resource('final'), is.eq(is.resource('ward'), 'a')))
      .as('final-of-a'),
  ],
)
const result = (final: boolean, ward: 'a' | 'b') => ({ type: 'Result', record: { tenant: 't', final, ward } }) as const
const weak = definePolicyTests(lab, {
  actors: { dr: { id: 'dr', tenant: 't' } },
  records: { good: result(true, 'a'), draft: result(false, 'a') },
  excluded: [{ roles: 'clerk', actions: 'any', types: 'any', because: 'left out to see what is missed' }],
  matrices: [
    {
      name: 'weak',
      axes: { roles: ['doctor'], actors: ['dr'], actions: ['read'], records: ['good', 'draft'] },
      expect: [
        { records: 'good', outcome: 'allow' },
        { records: 'draft', outcome: 'deny' },
      ],
    },
  ],
})

describe('mutants', () => {
  it('make every kind of mistake, and each is a valid policy other than the original', () => {
    const rich = definePolicy(
      {
        id: 'rich',
        version: '1',
        resources: {
          Note: z.object({
            tenant: z.string(),
            patient: z.string(),
            kind: z.string(),
            from: z.union([z.ipv4(), z.ipv6()]),
            a: z.boolean(),
            b: z.number(),
          }),
          Bill: z.object({ tenant: z.string(), patient: z.string(), kind: z.string() }),
        },
        actions: ['read', 'update'],
        roles: { one: {}, two: { inherits: ['one'] }, three: {} },
        views: { some: { Note: ['a'] } },
      },
      ({ permit, forbid, is }) => [
        permit('one', 'three')
          .to('read', 'update')
          .on('Note', 'Bill')
          .for('ETREAT', 'HPAYMT')
          .when(is.eq(is.resource('kind'), 'x'))
          .as('p'),
        permit('one')
          .to('read')
          .on('Note')
          .seeing('some')
          .requiring({ type: 'step-up', max_age: 60 })
          .when(
            is.or(is.not(is.resource('a')), is.lt(is.resource('b'), 5), is.cidr(is.resource('from'), ['10.0.0.0/8', '::1'])),
          )
          .as('q'),
        permit('three').to('update').on('Bill').as('r'),
        forbid().to('read').on('Note').hiding('a', 'b').unless('emergency', 'consent').as('f'),
      ],
    )
    const mutants = [...mutatePolicy(rich)]
    expect([...new Set(mutants.map(({ operator }) => operator))].toSorted()).toEqual([...mutationOperators].toSorted())
    expect(new Set(mutants.map(({ text }) => text)).size).toBe(mutants.length)
    for (const { policy } of mutants) expect(policyHash(policy)).not.toBe(policyHash(rich))
    expect([...mutatePolicy(rich)].map(({ text }) => text)).toEqual(mutants.map(({ text }) => text))
  })

  it('hold what has a say where they differ: they decide there as the whole policy with the same mistake', () => {
    const rules = compile(clinicPolicy as PolicyJson, noClock)
    const { cells } = prepareTests(rules.policy, clinic)
    let looked = 0
    for (const { operator, rule, policy, touched } of mutatePolicy(clinicPolicy)) {
      if (operator !== 'drop-rule') continue
      const whole = compile(
        { ...clinicPolicy, rules: clinicPolicy.rules.filter(({ id }) => id !== rule) } as PolicyJson,
        noClock,
      )
      const part = compile(policy, noClock)
      for (const { request, type, action } of cells) {
        const expected = answer(whole.decide(request))
        expect(answer((touched?.has(`${type} ${action}`) ? part : rules).decide(request))).toBe(expected)
        looked++
      }
    }
    expect(looked).toBe(cells.length * clinicPolicy.rules.length)
  })
})

describe('mutation', () => {
  it('S2 S21 S92 finds every mistake noticed by the tests of the clinic, or proves that none could notice it', () => {
    const report = mutationReport(clinicPolicy, clinic)
    expect(report.survivors).toEqual([])
    expect(report).toMatchObject({
      passed: true,
      mutants: 101,
      counts: { killed: 95, equivalent: 6, survived: 0, undetermined: 0 },
    })
    // Supervisors inherit from therapists, so naming them adds nothing.
    expect(report.results).toContainEqual({
      operator: 'widen-roles',
      rule: 'care-team-reads',
      text: 'care-team-reads also for supervisor',
      standing: 'equivalent',
    })
  })

  it('lists for a weak test file exactly the mistakes that it misses, each with a cell that would notice', () => {
    const { survivors, counts, passed, mutants } = mutationReport(lab, weak)
    expect(survivors.map(({ text, suggestion }) => [text, suggestion?.text])).toEqual([
      ['final-of-a also for clerk', 'clerk: read Result; no purpose; actor id "actor-1"; record final true, ward "a" → deny'],
      [
        'final-of-a without the condition "resource.ward = "a""',
        'doctor: read Result; no purpose; actor id "actor-1"; record final true, ward "b" → deny',
      ],
      [
        'clerk also inheriting from doctor',
        'clerk: read Result; no purpose; actor id "actor-1"; record final true, ward "a" → deny',
      ],
    ])
    expect({ passed, mutants, counts }).toEqual({
      passed: false,
      mutants: 12,
      counts: { killed: 8, equivalent: 1, survived: 3, undetermined: 0 },
    })
  })

  it('recognises what no test can tell', () => {
    const report = mutationReport(lab, weak)
    const equivalent = report.results.filter(({ standing }) => standing === 'equivalent')
    expect(equivalent.map(({ text }) => text)).toEqual(['doctor also inheriting from clerk'])
  })

  it('tries nothing while the tests fail or have problems, and has then not passed', () => {
    const failing = {
      ...weak,
      matrices: weak.matrices.map((each) => ({ ...each, expect: [{ records: 'any', outcome: 'deny' as const }] })),
    }
    expect(mutationReport(lab, failing)).toMatchObject({ passed: false, failing: 1, mutants: 0, results: [] })
    expect(mutationReport(lab, { ...weak, excluded: [] })).toMatchObject({
      passed: false,
      failing: 0,
      results: [],
      problems: [{ code: 'untested' }],
    })
    expect(mutationReport(lab, '[')).toMatchObject({ passed: false, results: [] })
  })

  it('takes a sample by its seed, the same for the same seed, and says how far it is', () => {
    const texts = (seed: number) => mutationReport(lab, weak, { sample: { size: 5, seed } }).results.map(({ text }) => text)
    const [one, again, two] = [texts(1), texts(1), texts(2)]
    expect(one).toHaveLength(5)
    expect(again).toEqual(one)
    expect(two).not.toEqual(one)
    const all = [...mutatePolicy(lab)].map(({ text }) => text)
    expect(two).toEqual(all.filter((each) => two.includes(each)))
    const seen: string[] = []
    const onProgress = ({ done, total, killed }: { done: number; total: number; killed: number }) =>
      seen.push(`${done}/${total}/${killed}`)
    mutationReport(lab, weak, { onProgress })
    expect(seen[0]).toBe('1/12/1')
    expect(seen.at(-1)).toBe('12/12/8')
    expect(mutationReport(lab, weak, { sample: { size: 0, seed: 1 } })).toMatchObject({ passed: false, results: [] })
    expect(mutationReport(lab, weak, { sample: { size: 99, seed: Number.NaN } }).results).toHaveLength(12)
  })
})

const attributes = { flag: [true, false], kind: ['x', 'y'], level: [1, 2, 3] } as const
const atom: fc.Arbitrary<Expression> = fc.oneof(
  fc.constantFrom<Expression>(
    { op: 'eq', left: { attr: 'resource.flag' }, right: { value: true } },
    { op: 'eq', left: { attr: 'resource.kind' }, right: { value: 'x' } },
    { op: 'in', left: { attr: 'resource.kind' }, right: { values: ['x', 'y'] } },
    { op: 'lt', left: { attr: 'resource.level' }, right: { value: 2 } },
    { op: 'has', of: 'resource.flag' },
    { op: 'granted', kind: 'consent' },
    { op: 'purpose', is: ['TREAT'] },
  ),
)
const { condition } = fc.letrec<{ condition: Expression }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    atom,
    fc.record({
      op: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ op: fc.constant('not' as const), of: tie('condition') }),
  ),
}))
const scope = { actions: fc.constant(['read']), resources: fc.constant(['Note']) }
const permitRule = fc.record(
  {
    ...scope,
    effect: fc.constant('permit' as const),
    roles: fc.subarray(['one', 'two'], { minLength: 1 }),
    when: condition,
    view: fc.constant('some'),
    purposes: fc.constantFrom(['ETREAT'], ['TREAT', 'HPAYMT']),
  },
  { requiredKeys: ['actions', 'resources', 'effect', 'roles'] },
)
const forbidRule = fc.record(
  {
    ...scope,
    effect: fc.constant('forbid' as const),
    when: condition,
    fields: fc.subarray(['flag', 'kind'], { minLength: 1 }),
    unless: fc.constantFrom(['emergency'], ['consent', 'emergency']),
  },
  { requiredKeys: ['actions', 'resources', 'effect'] },
)
const randomPolicy = fc.array(fc.oneof({ weight: 2, arbitrary: permitRule }, forbidRule), { minLength: 1, maxLength: 4 }).map(
  (rules) =>
    ({
      format: 'phi.policy/v1',
      id: 'random',
      version: '1',
      actions: ['read'],
      roles: { one: {}, two: { inherits: ['one'] }, three: {} },
      resources: {
        Note: {
          tenant: 'tenant',
          patient: 'patient',
          attributes: {
            tenant: { type: 'string' },
            patient: { type: 'string' },
            flag: { type: 'boolean' },
            kind: { type: 'string', values: ['x', 'y'] },
            level: { type: 'number' },
          },
        },
      },
      views: { some: { Note: ['flag', 'patient'] } },
      rules: rules.map((rule, index) => ({ id: `r${index}`, ...rule })),
    }) as unknown as PolicyJson,
)

/** Some requests of every kind: roles, purposes, a grant, values present and absent. */
const requests = fc.record({
  roles: fc.subarray(['one', 'two', 'three']),
  purpose: fc.constantFrom(undefined, 'TREAT', 'ETREAT', 'HPAYMT'),
  granted: fc.boolean(),
  flag: fc.constantFrom(undefined, ...attributes.flag),
  kind: fc.constantFrom(undefined, ...attributes.kind, 'z'),
  level: fc.constantFrom(undefined, ...attributes.level),
})
const requestOf = ({ roles, purpose, granted, ...record }: typeof requests extends fc.Arbitrary<infer Each> ? Each : never) =>
  ({
    actor: { id: 'a', tenant: 't', roles },
    action: 'read',
    resource: { type: 'Note', record: { tenant: 't', patient: 'p', ...record } },
    at: 1_000,
    ...(purpose === undefined ? {} : { purpose }),
    ...(granted ? { grants: [{ kind: 'consent', tenant: 't', patient: 'p', from: 0, until: null }] } : {}),
  }) as unknown as Request

describe('a mutant that counts as equivalent', () => {
  const numRuns = process.env.PHI_LONG === '1' ? 200 : 2

  it('is one for the table and for the search through it alike, and no random request tells it', () => {
    let equivalent = 0
    let different = 0
    fc.assert(
      fc.property(randomPolicy, fc.array(requests, { minLength: 60, maxLength: 60 }), (policy, asked) => {
        const rules = compile(policy, noClock)
        for (const mutant of mutatePolicy(rules.policy)) {
          const base = original(rules.policy, mutant)
          const same = sameTable(base, mutant)
          const search = tellApart(base, mutant)
          expect(search.found, mutant.text).toBe(same === true ? 'none' : 'witness')
          const other = compile(mutant.policy, noClock)
          if (search.found === 'witness') {
            const { request } = search.suggestion
            expect(answer(other.decide(request))).not.toBe(answer(rules.decide(request)))
            different++
          } else {
            for (const each of asked.map(requestOf))
              expect(answer(other.decide(each)), mutant.text).toBe(answer(rules.decide(each)))
            equivalent++
          }
        }
      }),
      { numRuns },
    )
    expect(equivalent).toBeGreaterThan(0)
    expect(different).toBeGreaterThan(0)
  })
})
