import { compile, type PolicyJson } from '@phi/rbac'
import { prepareTests } from './cells.ts'
import { differencesOf } from './differences.ts'
import { type Mutant, type MutationOperator, mutatePolicy } from './mutants.ts'
import type { Problem } from './problem.ts'
import { noClock } from './run.ts'
import type { TestSource } from './test-file.ts'
import { compiled, original, PassingCells } from './variant.ts'
import { type Suggestion, sameTable, tellApart } from './witness.ts'

/** What came of a mutant. */
export interface MutantResult {
  readonly operator: MutationOperator
  readonly rule: string | null
  readonly text: string
  /**
   * `killed`: a cell fails under it. `equivalent`: its decision table is the policy's own, so that no test could tell. `survived`: no
   * cell fails, and one could. `undetermined`: no cell fails, and whether one could was too much to find out.
   */
  readonly standing: 'killed' | 'equivalent' | 'survived' | 'undetermined'
  /** The title of a cell that fails under it. */
  readonly killedBy?: string
  /** A cell that would kill it. */
  readonly suggestion?: Suggestion
}

export interface MutationReport {
  readonly policy: { readonly id: string; readonly version: string; readonly hash: string }
  /** True when the tests pass and every mutant that was tried was killed or is equivalent. */
  readonly passed: boolean
  /** Why nothing was tried: faults of the test file, and cells that fail. */
  readonly problems: readonly Problem[]
  readonly failing: number
  /** How many mutants there are; `results` has fewer when they were sampled. */
  readonly mutants: number
  readonly results: readonly MutantResult[]
  /** Those that survived or are undetermined. */
  readonly survivors: readonly MutantResult[]
  readonly counts: { readonly [Standing in MutantResult['standing']]: number }
}

export interface MutationOptions {
  /** Try only so many, chosen by the seed: the same seed chooses the same mutants. */
  readonly sample?: { readonly size: number; readonly seed: number }
  readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly killed: number }) => void
}

/** A sequence of numbers in [0, 1) that depends on the seed alone (mulberry32). For choosing, not for secrets. */
function sequence(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Some of a list, in its order. */
function sampled<Each>(list: readonly Each[], size: number, seed: number): readonly Each[] {
  const next = sequence(seed)
  const indexes = list.map((_, index) => index)
  const count = Math.min(Math.max(0, Math.trunc(size)), list.length)
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(next() * (indexes.length - i))
    ;[indexes[i], indexes[j]] = [indexes[j] as number, indexes[i] as number]
  }
  return indexes
    .slice(0, count)
    .sort((a, b) => a - b)
    .map((index) => list[index] as Each)
}

function tried(policy: PolicyJson, mutant: Mutant, cells: PassingCells): MutantResult {
  const { operator, rule, text, touched } = mutant
  const about = { operator, rule, text }
  const rules = compiled(mutant.policy)
  if (rules === undefined) return { ...about, standing: 'undetermined' }
  const killer = cells.telling(rules, touched).next()
  if (!killer.done) return { ...about, standing: 'killed', killedBy: `${killer.value.matrix} / ${killer.value.title}` }
  const base = original(policy, mutant)
  if (sameTable(base, mutant) === true) return { ...about, standing: 'equivalent' }
  const search = tellApart(base, mutant)
  if (search.found === 'witness') return { ...about, standing: 'survived', suggestion: search.suggestion }
  return { ...about, standing: 'undetermined' }
}

/**
 * Runs the tests against policies with one mistake each, and lists the mistakes that no cell notices, each with a cell that would.
 * A mutant that decides every request as the policy does is recognised by its decision table, and counts as neither.
 *
 * Nothing is tried while the tests themselves fail or have problems. The same policy, tests and options give the same report.
 * @throws PhiError PHI_RBAC_POLICY for a policy that is not valid
 */
export function mutationReport(policy: PolicyJson, source: TestSource, options: MutationOptions = {}): MutationReport {
  const rules = compile(policy, noClock)
  const { cells, problems } = prepareTests(rules.policy, source)
  const passing = cells.filter(({ expected, request }) => differencesOf(expected, rules.decide(request)).length === 0)
  const failing = cells.length - passing.length
  const isSound = problems.length === 0 && failing === 0 && cells.length > 0
  const all = isSound ? [...mutatePolicy(rules.policy)] : []
  const { sample } = options
  const chosen = sample === undefined ? all : sampled(all, sample.size, sample.seed)
  const passingCells = new PassingCells(passing)
  let killed = 0
  const results = chosen.map((mutant, index) => {
    const result = tried(rules.policy, mutant, passingCells)
    if (result.standing === 'killed') killed++
    options.onProgress?.({ done: index + 1, total: chosen.length, killed })
    return result
  })
  const count = (standing: MutantResult['standing']) => results.filter((each) => each.standing === standing).length
  const survivors = results.filter(({ standing }) => standing === 'survived' || standing === 'undetermined')
  return {
    policy: rules.reference,
    passed: isSound && chosen.length > 0 && survivors.length === 0,
    ...{ problems, failing, mutants: all.length, results, survivors },
    counts: {
      killed: count('killed'),
      equivalent: count('equivalent'),
      survived: count('survived'),
      undetermined: count('undetermined'),
    },
  }
}
