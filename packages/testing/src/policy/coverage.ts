import {
  type Atom,
  compile,
  type Expression,
  expressionText,
  type Forbid,
  type Obligation,
  type Permit,
  type PolicyJson,
  type Rule,
} from '@phi/rbac'
import { prepareTests } from './cells.ts'
import { ALWAYS, atomsIn, NEVER } from './condition.ts'
import { differencesOf } from './differences.ts'
import type { Problem } from './problem.ts'
import { withoutKey, withoutMember } from './rule-change.ts'
import { noClock } from './run.ts'
import type { TestSource } from './test-file.ts'
import { AtomTruths, type Met } from './truths.ts'
import { compiled, original, overrideOf, PassingCells, type Variant, withOverride, withRule, withWhen } from './variant.ts'
import { type Suggestion, sameTable, tellApart } from './witness.ts'
import { ruleText } from './words.ts'

/** What a point of coverage is about. */
export type CoverageKind = 'rule' | 'condition' | 'override' | 'view' | 'obligation' | 'field'

/** Something of a point that no cell shows. */
export interface CoverageGap {
  /** In words: what is not shown. */
  readonly text: string
  /** For a condition: the way it never came out where that mattered. */
  readonly met?: boolean
  /**
   * `open`: a cell would close it, and `suggestion` is one. `redundant`: no request can show it, as the policy means the same without;
   * that is for the policy's author to look at. `undetermined`: whether a cell could, was too much to find out.
   */
  readonly standing: 'open' | 'redundant' | 'undetermined'
  readonly suggestion?: Suggestion
}

/** One thing that a policy says, and whether the tests would notice if it did not. */
export interface CoveragePoint {
  readonly kind: CoverageKind
  readonly rule: string
  /** A JSON pointer into the rule, as decisions have it: `/when/of/0`, `/purposes`, `/unless/emergency`, `/obligations/0`. */
  readonly at: string
  readonly text: string
  readonly covered: boolean
  readonly gaps: readonly CoverageGap[]
  /** For a condition: the ways it came out where that mattered. `unknown` is no gap when absent, but good to have. */
  readonly shown?: readonly Met[]
}

export interface PolicyCoverage {
  readonly policy: { readonly id: string; readonly version: string; readonly hash: string }
  /** True when the tests pass and no gap is open or undetermined. */
  readonly complete: boolean
  /** Why nothing was measured: faults of the test file, and cells that fail. */
  readonly problems: readonly Problem[]
  readonly failing: number
  readonly points: readonly CoveragePoint[]
  /** The points with gaps. */
  readonly missing: readonly CoveragePoint[]
  /** Points that the tests cover, of those that tests can cover. A by-line: which points are missing says more. */
  readonly counts: { readonly covered: number; readonly coverable: number; readonly redundant: number }
}

export interface CoverageOptions {
  /** Look for a cell for each gap. Default true; false is faster, and leaves every gap `undetermined`. */
  readonly suggest?: boolean
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void
}

interface Measure {
  readonly policy: PolicyJson
  readonly cells: PassingCells
  readonly truths: AtomTruths
  readonly suggest: boolean
}

/** A thing to be covered, before it was measured. */
interface Point {
  readonly kind: CoverageKind
  readonly rule: Rule
  readonly at: string
  readonly text: string
  readonly gap: string
  /** The policy without it. */
  readonly without: Variant
}
interface ConditionPoint {
  readonly kind: 'condition'
  readonly rule: Rule
  readonly at: string
  readonly atom: Atom
  /** The policy with the condition forced. */
  readonly forced: (to: boolean) => Variant
}

const obligationText = (each: Obligation): string => (each.type === 'refrain' ? `${each.type} ${each.code}` : each.type)

function* permitPoints(policy: PolicyJson, rule: Permit): Generator<Point> {
  if (rule.view !== undefined) {
    yield {
      ...{ kind: 'view', rule, at: '/view', text: `shows the view ${rule.view}` },
      gap: `no cell would notice if ${rule.id} showed every field instead of the view ${rule.view}`,
      without: withRule(policy, rule, [withoutKey(rule, 'view')]),
    }
  }
  for (const [index, each] of (rule.obligations ?? []).entries()) {
    yield {
      ...{ kind: 'obligation', rule, at: `/obligations/${index}`, text: `asks for ${obligationText(each)}` },
      gap: `no cell would notice if ${rule.id} did not ask for ${obligationText(each)}`,
      without: withRule(policy, rule, [withoutMember(rule, 'obligations', index)]),
    }
  }
}

function* forbidPoints(policy: PolicyJson, rule: Forbid): Generator<Point | ConditionPoint> {
  for (const [index, field] of (rule.fields ?? []).entries()) {
    if (rule.fields?.length === 1) break
    yield {
      ...{ kind: 'field', rule, at: `/fields/${index}`, text: `hides ${field}` },
      gap: `no cell would notice if ${rule.id} did not hide ${field}`,
      without: withRule(policy, rule, [withoutMember(rule, 'fields', index)]),
    }
  }
  for (const [index, id] of (rule.unless ?? []).entries()) {
    const override = overrideOf(policy, id)
    yield {
      ...{ kind: 'override', rule, at: `/unless/${id}`, text: `opens by ${id}` },
      gap: `no cell would notice if ${id} did not open ${rule.id}`,
      without: withRule(policy, rule, [withoutMember(rule, 'unless', index)]),
    }
    for (const { atom, at, replaced } of atomsIn(override.when)) {
      const forced = (to: boolean) =>
        withOverride(policy, rule, id, { ...override, when: replaced(to ? ALWAYS : NEVER) as Expression })
      yield { kind: 'condition', rule, at: `/unless/${id}${at}`, atom, forced }
    }
    for (const [number, each] of (override.obligations ?? []).entries()) {
      const rest = (override.obligations ?? []).filter((_, other) => other !== number)
      yield {
        ...{
          kind: 'obligation',
          rule,
          at: `/unless/${id}/obligations/${number}`,
          text: `${id} asks for ${obligationText(each)}`,
        },
        gap: `no cell would notice if ${id}, when it opens ${rule.id}, did not ask for ${obligationText(each)}`,
        without: withOverride(policy, rule, id, { ...override, obligations: rest }),
      }
    }
  }
}

function* pointsOf(policy: PolicyJson): Generator<Point | ConditionPoint> {
  for (const rule of policy.rules) {
    yield {
      ...{ kind: 'rule', rule, at: '', text: ruleText(rule) },
      gap: `no cell would notice if the rule ${rule.id} were not there`,
      without: withRule(policy, rule, []),
    }
    if (rule.purposes !== undefined) {
      const atom: Atom = { op: 'purpose', is: rule.purposes }
      const bare = withoutKey(rule, 'purposes')
      const never = withWhen(bare, rule.when === undefined ? NEVER : { op: 'and', of: [NEVER, rule.when] })
      yield { kind: 'condition', rule, at: '/purposes', atom, forced: (to) => withRule(policy, rule, [to ? bare : never]) }
    }
    if (rule.when !== undefined) {
      for (const { atom, at, replaced } of atomsIn(rule.when)) {
        const forced = (to: boolean) => withRule(policy, rule, [withWhen(rule, replaced(to ? ALWAYS : NEVER))])
        yield { kind: 'condition', rule, at: `/when${at}`, atom, forced }
      }
    }
    yield* rule.effect === 'permit' ? permitPoints(policy, rule) : forbidPoints(policy, rule)
  }
}

function gapOf(
  text: string,
  variant: Variant,
  { policy, suggest }: Measure,
  wanted?: { readonly atom: Atom; readonly met: boolean },
): CoverageGap {
  const about = wanted === undefined ? { text } : { text, met: wanted.met }
  if (!suggest) return { ...about, standing: 'undetermined' }
  const base = original(policy, variant)
  const search = tellApart(base, variant, wanted)
  if (search.found === 'witness') return { ...about, standing: 'open', suggestion: search.suggestion }
  if (search.found === 'unknown') return { ...about, standing: 'undetermined' }
  // For a condition the table may differ where the atom comes out another way. That no role sees the difference there holds for
  // roles together as well, and for requests that name fields, as long as no permit asks for anything: then roles just add up.
  const addsUp = base.rules.every((rule) => rule.effect === 'forbid' || rule.obligations === undefined)
  const isProved = sameTable(base, variant) === true || (wanted !== undefined && addsUp)
  return { ...about, standing: isProved ? 'redundant' : 'undetermined' }
}

function measured(point: Point, measure: Measure): CoveragePoint {
  const { kind, rule, at, text, gap, without } = point
  const rules = compiled(without.policy)
  const covered = rules !== undefined && !measure.cells.telling(rules, without.touched).next().done
  return { kind, rule: rule.id, at, text, covered, gaps: covered ? [] : [gapOf(gap, without, measure)] }
}

function measuredCondition({ kind, rule, at, atom, forced }: ConditionPoint, measure: Measure): CoveragePoint {
  const { cells, truths } = measure
  const shown = new Set<Met>()
  for (const to of [false, true]) {
    const { policy, touched } = forced(to)
    const rules = compiled(policy)
    if (rules === undefined) continue
    for (const cell of cells.telling(rules, touched)) {
      const met = truths.of(cell.request, atom)
      // Forced to what it was anyway, nothing can differ; unknown differs from both.
      if (met !== undefined && met !== to) shown.add(met)
      if (shown.has(!to) && shown.has('unknown')) break
    }
  }
  const text = expressionText(atom)
  const gaps = [true, false].flatMap((met): readonly CoverageGap[] => {
    if (shown.has(met)) return []
    const where = at.startsWith('/unless/') ? ` (${at.slice(1)})` : ''
    const sentence = `no cell of ${rule.id}${where} depends on "${text}" being ${met}`
    return [gapOf(sentence, forced(!met), measure, { atom, met })]
  })
  return { kind, rule: rule.id, at, text, covered: gaps.length === 0, gaps, shown: [...shown] }
}

/**
 * Measures whether the tests would notice if the policy did not say what it says.
 *
 * A cell counts when it passes, and **notices** a change of the policy when it would fail after it: so what a cell does not state
 * (its fields, the rule) it does not notice. Then
 *
 * - a **rule** is covered when a cell notices that the rule is gone; likewise an **override** that a forbid names, the **view** of a
 *   permit, each **obligation** of a permit or an override, and each **field** that a forbid hides;
 * - a **condition** (an atom at its place in a rule or an override; the purposes of a rule are one) is covered when there are two
 *   cells that depend on it: in one it is true, and the cell notices when this one place is made false; in the other it is false,
 *   and the cell notices when it is made true. Everything else stays as it is in that cell.
 *
 * This is the coverage that avionics calls modified condition/decision coverage, in its masking form (FAA CAST-10), with two
 * differences: an effect counts only where a test states it, and it is judged over the whole policy rather than one expression, so
 * that a condition which another rule hides is not covered.
 *
 * @throws PhiError PHI_RBAC_POLICY for a policy that is not valid
 */
export function policyCoverage(policy: PolicyJson, source: TestSource, options: CoverageOptions = {}): PolicyCoverage {
  const rules = compile(policy, noClock)
  const { cells, problems } = prepareTests(rules.policy, source)
  const passing = cells.filter(({ expected, request }) => differencesOf(expected, rules.decide(request)).length === 0)
  const measure: Measure = {
    policy: rules.policy,
    cells: new PassingCells(passing),
    truths: new AtomTruths(rules.policy),
    suggest: options.suggest ?? true,
  }
  const all = [...pointsOf(rules.policy)]
  const points = all.map((point, index) => {
    const out = 'forced' in point ? measuredCondition(point, measure) : measured(point, measure)
    options.onProgress?.({ done: index + 1, total: all.length })
    return out
  })
  const missing = points.filter(({ covered }) => !covered)
  const redundant = missing.filter(({ gaps }) => gaps.every(({ standing }) => standing === 'redundant'))
  const failing = cells.length - passing.length
  return {
    policy: rules.reference,
    complete: problems.length === 0 && failing === 0 && cells.length > 0 && missing.length === redundant.length,
    ...{ problems, failing, points, missing },
    counts: {
      covered: points.length - missing.length,
      coverable: points.length - redundant.length,
      redundant: redundant.length,
    },
  }
}
