import { expect, it } from 'vitest'
import { describeVectors, readVector } from '../../core/test/vectors.ts'
import { compile, parsePolicy, refrainCodes } from '../src/index.ts'

/** What a rule of XACML comes to: it applies, it does not, or that cannot be told. */
type State = 'applies' | 'not-applicable' | 'indeterminate'
type Effect = 'Permit' | 'Deny'
interface XacmlTest {
  readonly id: string
  readonly combining: readonly string[]
  readonly ruleEffects: readonly Effect[]
  readonly decision: 'Permit' | 'Deny' | 'NotApplicable' | 'Indeterminate' | null
}

/** XACML 3.0, appendix C.2 and C.4: deny-overrides, which its ordered form equals as far as the decision goes. */
function denyOverrides(effects: readonly Effect[], states: readonly State[]): string {
  const some = (effect: Effect, state: State) => effects.some((each, index) => each === effect && states[index] === state)
  if (some('Deny', 'applies')) return 'Deny'
  if (some('Deny', 'indeterminate')) return 'Indeterminate'
  if (some('Permit', 'applies')) return 'Permit'
  return some('Permit', 'indeterminate') ? 'Indeterminate' : 'NotApplicable'
}

function assignments(count: number): readonly (readonly State[])[] {
  if (count === 0) return [[]]
  const states: readonly State[] = ['applies', 'not-applicable', 'indeterminate']
  return assignments(count - 1).flatMap((rest) => states.map((state) => [state, ...rest]))
}

/** The same rules here: each has an attribute of its own, which is true, false or absent. */
function ours(effects: readonly Effect[], states: readonly State[]) {
  const names = effects.map((_, index) => `applies${index}`)
  const policy = parsePolicy({
    format: 'phi.policy/v1',
    id: 'xacml',
    version: '1',
    actions: ['act'],
    roles: { anyone: {} },
    context: Object.fromEntries(names.map((name) => [name, { type: 'boolean' }])),
    resources: { Thing: { attributes: { tenant: { type: 'string' } }, tenant: 'tenant' } },
    rules: effects.map((effect, index) => ({
      id: `rule-${index}`,
      actions: ['act'],
      resources: ['Thing'],
      when: { op: 'eq', left: { attr: `context.applies${index}` }, right: { value: true } },
      ...(effect === 'Permit' ? { effect: 'permit', roles: ['anyone'] } : { effect: 'forbid' }),
    })),
  })
  const context: Record<string, boolean> = {}
  for (const [index, state] of states.entries()) {
    if (state !== 'indeterminate') context[names[index] as string] = state === 'applies'
  }
  const actor = { id: 'a', tenant: 't', roles: ['anyone'] }
  return compile(policy).decide({
    actor,
    action: 'act',
    resource: { type: 'Thing', record: { tenant: 't' } },
    context,
  } as never)
}

describeVectors('XACML 3.0 conformance tests', 'policy/xacml-conformance-index.json', () => {
  const read = () =>
    (JSON.parse(readVector('policy/xacml-conformance-index.json')) as { readonly tests: readonly XacmlTest[] }).tests
  const applicable = (test: XacmlTest) =>
    test.decision !== null &&
    test.combining.length > 0 &&
    test.combining.every((each) => each === 'deny-overrides' || each === 'ordered-deny-overrides')

  it('S2 combined by deny-overrides, permit where XACML permits and deny wherever it says anything else', () => {
    const patterns = new Map<string, { effects: readonly Effect[]; decisions: Set<string> }>()
    for (const { ruleEffects, decision } of read().filter(applicable)) {
      const pattern = patterns.get(ruleEffects.join()) ?? { effects: ruleEffects, decisions: new Set() }
      patterns.set(ruleEffects.join(), pattern)
      pattern.decisions.add(decision as string)
    }
    expect(patterns.size).toBe(8)
    let asked = 0
    for (const { effects, decisions } of patterns.values()) {
      const reached = new Set<string>()
      for (const states of assignments(effects.length)) {
        const theirs = denyOverrides(effects, states)
        reached.add(theirs)
        const decision = ours(effects, states)
        expect(decision.outcome, `${effects} ${states}`).toBe(theirs === 'Permit' ? 'allow' : 'deny')
        // Who is in the way is told apart: a deny that applies or may apply, or no permit.
        const mayDeny = effects.some((each, index) => each === 'Deny' && states[index] !== 'not-applicable')
        expect(decision.reason).toBe(theirs === 'Permit' ? 'permitted' : mayDeny ? 'forbidden' : 'default')
        asked++
      }
      // Every decision that the conformance tests record for these effects was among them.
      for (const decision of decisions) expect(reached).toContain(decision)
    }
    expect(asked).toBe(930)
  })

  it('that do not apply, and why', () => {
    const tests = read()
    const why = new Map<string, number>()
    for (const { combining, decision } of tests.filter((each) => !applicable(each))) {
      // Permits that beat denials, an order that decides, and a permit by default are what this package does not have.
      const reason = decision === null || combining.length === 0 ? 'syntax, or no rules' : combining.join(' + ')
      why.set(reason, (why.get(reason) ?? 0) + 1)
    }
    expect(tests.length).toBe(455)
    expect(tests.filter(applicable).length).toBe(368)
    expect(Object.fromEntries(why)).toEqual({
      'syntax, or no rules': 8,
      'permit-overrides': 24,
      'first-applicable': 24,
      'first-applicable + only-one-applicable': 12,
      'deny-overrides + permit-overrides': 1,
      'ordered-permit-overrides': 10,
      'deny-overrides + deny-unless-permit + permit-overrides': 2,
      'deny-unless-permit': 2,
      'deny-overrides + permit-overrides + permit-unless-deny': 2,
      'permit-unless-deny': 2,
    })
  })
})

describeVectors('HL7 RefrainPolicy', 'policy/hl7-refrain-policy.json', () => {
  it('is the table of refrain codes: every active, selectable code with its display', () => {
    const { concepts } = JSON.parse(readVector('policy/hl7-refrain-policy.json')) as {
      concepts: readonly { code: string; display: string; status: string; notSelectable: boolean }[]
    }
    const active = concepts.filter(({ status, notSelectable }) => status === 'active' && !notSelectable)
    expect(Object.fromEntries(active.map(({ code, display }) => [code, display]))).toEqual(refrainCodes)
  })
})
