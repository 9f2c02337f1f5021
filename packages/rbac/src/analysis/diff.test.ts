import { describe, expect, it } from 'vitest'
import { billing, changed, clinic, draft, signed, withRules } from '../../test/analysed-clinic.ts'
import { cases, NOW } from '../../test/random-policy.ts'
import { compile } from '../decision/rules.ts'
import type { Policy } from '../policy/parse.ts'
import type { PolicyJson, Rule } from '../policy/policy.ts'
import { diffPolicies, exitCode } from './diff.ts'
import { equivalent } from './equivalent.ts'

const LONG = process.env.PHI_LONG === '1'
const texts = (before: PolicyJson, after: PolicyJson) => diffPolicies(before, after).changes.map(({ text }) => text)
const rule = (id: string, change: (rule: Rule) => Partial<Rule>): Policy =>
  changed((policy) => ({ rules: policy.rules.map((each) => (each.id === id ? ({ ...each, ...change(each) } as Rule) : each)) }))

describe('a change in words and cells', () => {
  it('S21 says who may now do what, and when', () => {
    const diff = diffPolicies(clinic, withRules(billing))
    const [first, ...others] = diff.changes
    expect(first?.text).toBe(
      'billing may now read Note (id, status) when resource.restricted is false and resource.status = "signed" and purpose is HPAYMT',
    )
    expect(first?.direction).toBe('widened')
    // Purpose: emergency, payment, another, none. Team: 3. One cell of status and restriction each.
    expect(first?.cells).toBe(3)
    // An administrator inherits billing: the cover can be had without step-up now, the rest as before.
    expect(others.map(({ direction, roles }) => [direction, roles])).toEqual([['mixed', [['admin']]]])
    expect(diff.added.rules).toEqual(['bill'])
    expect(exitCode(diff)).toBe(1)
  })

  it('gives an example that is decided as the change says', () => {
    const after = withRules(billing)
    for (const change of diffPolicies(clinic, after).changes) {
      expect(compile(clinic as Policy).decide(change.example).outcome).toBe(change.from)
      expect(compile(after).decide(change.example).outcome).toBe(change.to)
    }
  })

  it('tells narrowing from widening', () => {
    const after = withRules(billing)
    const back = diffPolicies(after, clinic)
    expect(back.cells).toEqual({ widened: 0, narrowed: 3, mixed: 3 })
    const narrowed = diffPolicies(
      clinic,
      changed(({ rules }) => ({ rules: rules.filter(({ id }) => id !== 'audit') })),
    )
    expect(narrowed.changes.map(({ text }) => text)).toEqual([
      'admin may no longer read Note when (purpose is ETREAT and resource.status = "signed") or (resource.restricted is false and resource.status = "signed")',
    ])
    expect([exitCode(narrowed), exitCode(narrowed, { strict: true })]).toEqual([0, 1])
  })

  it('S7 sees fields', () => {
    const covered = changed(
      (policy) => ({
        rules: policy.rules.map((each) => (each.id === 'care-team' ? ({ ...each, view: 'cover' } as Rule) : each)),
      }),
      clinic,
    )
    expect(diffPolicies(covered, clinic).changes[0]?.fieldsGained).toEqual([
      'tenant',
      'patient',
      'careTeam',
      'body',
      'restricted',
    ])
    expect(exitCode(diffPolicies(covered, clinic))).toBe(1)
    expect(exitCode(diffPolicies(clinic, covered))).toBe(0)
  })

  it('sees an obligation that is dropped, exchanged or added', () => {
    const free = rule('audit', () => ({ obligations: [] }))
    expect(texts(clinic, free)[0]).toMatch(/^admin may read Note as before, but no longer owes step-up \(within 300 s\) when /)
    expect(exitCode(diffPolicies(free, clinic))).toBe(0)
    const longer = diffPolicies(
      clinic,
      rule('audit', () => ({ obligations: [{ type: 'step-up', max_age: 600 }] })),
    )
    expect([longer.cells.mixed > 0, longer.cells.widened, exitCode(longer)]).toEqual([true, 0, 1])
  })

  it('sees what can only be had by asking for fields by name', () => {
    const always: Rule = {
      id: 'cover',
      effect: 'permit',
      roles: ['admin'],
      actions: ['read'],
      resources: ['Note'],
      when: signed,
      view: 'cover',
    }
    const before = changed(({ rules }) => ({ rules: [...rules.filter(({ id }) => id !== 'audit'), always] }))
    const after = changed(({ rules }) => ({ rules: [...rules, always] }))
    // Asked for nothing by name, both give the cover. The second gives the rest after a step-up.
    expect(diffPolicies(before, after).changes.every(({ direction }) => direction === 'widened')).toBe(true)
    expect(exitCode(diffPolicies(before, after))).toBe(1)
    expect(equivalent(before, after)).toBe(false)
  })

  it('sees a forbid that stops firing on what was not loaded', () => {
    const has = { op: 'has', of: 'resource.restricted' } as const
    const guarded = rule('restriction', ({ when }) => ({ when: { op: 'and', of: [has, when as typeof draft] } }))
    const diff = diffPolicies(clinic, guarded)
    expect(diff.changes[0]?.text).toBe(
      'therapist may now read Note (id, tenant, patient, careTeam, body, restricted, status) when actor.id in resource.careTeam and purpose is not ETREAT (or unknown) and resource.restricted is not loaded',
    )
    expect(exitCode(diff)).toBe(1)
  })

  it('holds types, actions and roles that came or went for denied before or after', () => {
    const more = changed((policy) => ({
      actions: [...policy.actions, 'sign'],
      roles: { ...policy.roles, intern: {} },
      rules: [
        ...policy.rules,
        { id: 'sign', effect: 'permit', roles: ['therapist'], actions: ['sign'], resources: ['Note'] },
        { id: 'intern', effect: 'permit', roles: ['intern'], actions: ['update'], resources: ['Note'] },
      ],
    }))
    const diff = diffPolicies(clinic, more)
    expect(diff.changes.map(({ text }) => text.replace(/ \(.*\)/, ''))).toEqual([
      'intern may now update Note',
      'therapist may now sign Note',
    ])
    expect([diff.added.roles, diff.added.actions]).toEqual([['intern'], ['sign']])
    expect(exitCode(diffPolicies(more, clinic))).toBe(0)
  })

  it('compares what an attribute was declared as with what it is', () => {
    const nullable = changed(({ resources }) => ({
      resources: {
        Note: {
          ...(resources.Note as (typeof resources)[string]),
          attributes: { ...resources.Note?.attributes, restricted: { type: 'boolean', nullable: true } },
        },
      },
    }))
    // Null was unreadable, so that the forbid fired; now it is not true.
    const diff = diffPolicies(clinic, nullable)
    expect(diff.cells.widened).toBeGreaterThan(0)
    expect(diff.changes[0]?.example).toMatchObject({ resource: { record: { restricted: null } } })
    expect(equivalent(clinic, nullable)).toBe(false)
  })

  it('does not compare cells when the tenant is another attribute', () => {
    const other = changed(({ resources }) => ({
      resources: { Note: { ...(resources.Note as (typeof resources)[string]), tenant: 'id' } },
    }))
    const diff = diffPolicies(clinic, other)
    expect(diff.changes.every(({ isOther }) => isOther)).toBe(true)
    expect([diff.cells.widened > 0, diff.cells.narrowed > 0, exitCode(diff)]).toEqual([true, true, 1])
  })

  it('sees relations that are no longer narrowed', () => {
    const related = (to: Record<string, string>) =>
      changed(({ resources }) => ({
        resources: {
          Note: {
            ...(resources.Note as (typeof resources)[string]),
            attributes: { ...resources.Note?.attributes, notes: { type: 'opaque' } },
            relations: to,
          },
        },
      }))
    const [with_, without] = [related({ notes: 'Note' }), related({})]
    expect(exitCode(diffPolicies(with_, without))).toBe(1)
    expect(exitCode(diffPolicies(without, with_))).toBe(0)
    expect(equivalent(with_, without)).toBe(false)
  })

  it('never takes "cannot tell" for "nothing widened"', () => {
    const after = withRules(billing)
    const diff = diffPolicies(after, clinic, { maxNodes: 2 })
    expect([diff.changes, exitCode(diff)]).toEqual([[], 2])
    expect(diff.undecided.map(({ type, action }) => [type, action])).toEqual([['Note', 'read']])
    expect(() => equivalent(after, clinic, { maxNodes: 2 })).toThrow(expect.objectContaining({ code: 'PHI_RBAC_TOO_LARGE' }))
    // What is written alike is equal, however large.
    expect(
      exitCode(
        diffPolicies(
          clinic,
          changed(() => ({ version: '2' })),
          { maxNodes: 0 },
        ),
      ),
    ).toBe(0)
  })
})

describe('equivalence', () => {
  it('does not depend on names, order and citations', () => {
    const renamed = changed(({ rules }) => ({
      rules: rules.map((each) => ({ ...each, id: `new-${each.id}`, cite: [] })).reverse(),
    }))
    expect(equivalent(clinic, renamed)).toBe(true)
  })

  it('sees through other words for the same', () => {
    const not = { op: 'not', of: { op: 'or', of: [{ op: 'not', of: signed }, draft] } } as const
    expect(
      equivalent(
        clinic,
        rule('audit', () => ({ when: not })),
      ),
    ).toBe(true)
    // "Not draft" is more than "signed": runtime does not enforce the list of values.
    expect(
      equivalent(
        clinic,
        rule('audit', () => ({ when: { op: 'not', of: draft } })),
      ),
    ).toBe(false)
  })

  it('looks at roles together where permits have obligations', () => {
    const permit = (id: string, role: string, max_age: number): Rule => ({
      id,
      effect: 'permit',
      roles: [role],
      actions: ['read'],
      resources: ['Note'],
      obligations: [{ type: 'step-up', max_age }],
    })
    const [a, b] = [permit('a', 'therapist', 10), permit('b', 'billing', 20)]
    const base = { roles: { therapist: {}, billing: {} } }
    const [one, two] = [changed(() => ({ ...base, rules: [a, b] })), changed(() => ({ ...base, rules: [b, a] }))]
    // Each role alone owes the same; who has both owes what stands first.
    expect(equivalent(one, two)).toBe(false)
    const diff = diffPolicies(one, two)
    expect(diff.changes.map(({ roles }) => roles)).toEqual([[['therapist', 'billing']]])
    expect(exitCode(diff)).toBe(1)
  })
})

describe('differences of random policies', () => {
  const words = { maxRules: LONG ? 6 : 3, nested: false, fields: true } as const
  const random = [...cases({ seed: 92, policies: LONG ? 300 : 50, requests: 25, words })]

  it('S21 name every widening that a request meets', () => {
    let met = 0
    for (const [i, { policy, requests }] of random.entries()) {
      // Half of the rules are gone in the first, so that cells widen and narrow.
      const before = changed(({ rules }) => ({ rules: rules.filter((_, place) => (place + i) % 2 === 0) }), policy)
      const diff = diffPolicies(before, policy)
      if (diff.undecided.length > 0) continue
      const [was, is] = [before, policy].map((each) => compile(each, { clock: () => NOW }))
      for (const request of requests) {
        const [one, two] = [was?.decide(request), is?.decide(request)]
        const isWider =
          one?.outcome === 'deny' ? two?.outcome !== 'deny' : one?.outcome === 'allow-if' && two?.outcome === 'allow'
        if (!isWider) continue
        met++
        const known = diff.changes.filter(
          (each) =>
            each.direction !== 'narrowed' &&
            each.type === request.resource.type &&
            each.action === request.action &&
            each.roles.some((roles) => roles.every((role) => request.actor.roles.includes(role))),
        )
        expect(known.length).toBeGreaterThan(0)
        expect(exitCode(diff)).toBe(1)
      }
      for (const { example, from, to } of diff.changes) {
        expect([was?.decide(example).outcome, is?.decide(example).outcome]).toEqual([from, to])
      }
    }
    expect(met).toBeGreaterThan(20)
  })

  it('S21 are none where every request is decided alike', () => {
    let equal = 0
    for (const [i, { policy, requests }] of random.entries()) {
      const less = changed(({ rules }) => ({ rules: rules.filter((_, place) => place !== i % rules.length) }), policy)
      let same: boolean
      try {
        same = equivalent(less, policy)
      } catch {
        continue
      }
      expect(diffPolicies(less, policy).changes.length === 0).toBe(same)
      if (!same) continue
      equal++
      const [one, two] = [less, policy].map((each) => compile(each, { clock: () => NOW }))
      for (const request of requests) {
        const shown = [one?.decide(request), two?.decide(request)].map((each) => [
          each?.outcome,
          each?.fields,
          each?.obligations,
        ])
        expect(shown[0]).toEqual(shown[1])
      }
    }
    expect(equal).toBeGreaterThan(2)
  })
})
