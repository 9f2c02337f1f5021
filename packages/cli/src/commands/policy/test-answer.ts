import type {
  CoverageGap,
  CoveragePoint,
  MutantResult,
  MutationReport,
  PolicyCoverage,
  PolicyTestReport,
} from '@phi/testing/policy'

/** What came of one test file. */
export interface TestedFile {
  readonly file: string
  readonly report: PolicyTestReport
  readonly coverage?: PolicyCoverage
  readonly mutation?: MutationReport
}

/** What `phi policy test --json` prints. */
export interface PolicyTestAnswer {
  readonly policy: PolicyTestReport['policy']
  readonly passed: boolean
  readonly counts: PolicyTestReport['counts']
  readonly files: readonly FileAnswer[]
  readonly coverage?: CoverageAnswer
  readonly mutation?: MutationAnswer
}

export interface FileAnswer {
  readonly file: string
  readonly passed: boolean
  readonly counts: PolicyTestReport['counts']
  readonly problems: readonly { readonly code: string; readonly message: string; readonly at: string; readonly line?: number }[]
  readonly cells: readonly CellAnswer[]
}

export interface CellAnswer {
  readonly matrix: string
  readonly title: string
  readonly requirements: readonly string[]
  readonly passed: boolean
  readonly outcome: string
  readonly line?: number
  /** Of a cell that failed: how the decision differs from what is expected, and why it came out as it did. */
  readonly differences?: readonly string[]
  readonly because?: readonly string[]
}

/** What the tests would notice, over all files: a point counts as covered when one of them covers it. */
export interface CoverageAnswer {
  readonly covered: number
  readonly coverable: number
  /** Points that no request can show. */
  readonly redundant: number
  /** Rounded down. */
  readonly percent: number
  readonly least: number
  readonly gaps: readonly {
    readonly rule: string
    readonly at: string
    readonly text: string
    readonly standing: string
    readonly cell?: string
  }[]
}

/** Mistakes that no cell of any file notices. */
export interface MutationAnswer {
  /** How many mistakes there are, and how many were tried. */
  readonly mutants: number
  readonly tried: number
  readonly killed: number
  readonly equivalent: number
  readonly survivors: readonly {
    readonly rule: string | null
    readonly text: string
    readonly standing: string
    readonly cell?: string
  }[]
}

const cellOf = ({ suggestion }: Pick<CoverageGap | MutantResult, 'suggestion'>) =>
  suggestion === undefined ? {} : { cell: suggestion.text }

function fileAnswer({ file, report }: TestedFile): FileAnswer {
  const { passed, counts, problems, results } = report
  return {
    ...{ file, passed, counts },
    problems: problems.map(({ code, message, at, place }) => ({
      ...{ code, message, at },
      ...(place === undefined ? {} : { line: place.line }),
    })),
    cells: results.map(({ matrix, title, requirements, passed: isPassed, decision, place, differences, because }) => ({
      ...{ matrix, title, requirements, passed: isPassed, outcome: decision.outcome },
      ...(place === undefined ? {} : { line: place.line }),
      ...(isPassed ? {} : { differences, because }),
    })),
  }
}

/** The points of a policy are the same for every file, in the same order. */
function coverageAnswer(all: readonly PolicyCoverage[], least: number): CoverageAnswer {
  const [first] = all
  const points = (first?.points ?? []).map((_, at) => joinedPoint(all.map(({ points: own }) => own[at] as CoveragePoint)))
  const missing = points.filter(({ covered }) => !covered)
  const redundant = missing.filter(({ gaps }) => gaps.every(({ standing }) => standing === 'redundant')).length
  const [covered, coverable] = [points.length - missing.length, points.length - redundant]
  return {
    ...{ covered, coverable, redundant, least },
    percent: coverable === 0 ? 100 : Math.floor((100 * covered) / coverable),
    gaps: missing.flatMap(({ rule, at, gaps }) =>
      gaps
        .filter(({ standing }) => standing !== 'redundant')
        .map((gap) => ({ rule, at, text: gap.text, standing: gap.standing, ...cellOf(gap) })),
    ),
  }
}

/** Covered when one file covers it; of the gaps, what every file leaves open, so that two files can cover a condition's two ways. */
function joinedPoint(points: readonly CoveragePoint[]): CoveragePoint {
  const [first, ...rest] = points as [CoveragePoint, ...CoveragePoint[]]
  const gaps = first.gaps.filter(({ text }) => rest.every((each) => each.gaps.some((gap) => gap.text === text)))
  return { ...first, gaps, covered: gaps.length === 0 }
}

/** Nothing is tried while tests fail, so that these are all or none. */
function mutationAnswer(all: readonly MutationReport[]): MutationAnswer {
  const [first] = all
  const results = (first?.results ?? []).map((result, at) => {
    const same = all.map((each) => each.results[at] as MutantResult)
    return (
      same.find(({ standing }) => standing === 'killed') ?? same.find(({ standing }) => standing === 'equivalent') ?? result
    )
  })
  const count = (wanted: MutantResult['standing']) => results.filter(({ standing }) => standing === wanted).length
  return {
    mutants: first?.mutants ?? 0,
    tried: results.length,
    killed: count('killed'),
    equivalent: count('equivalent'),
    survivors: results
      .filter(({ standing }) => standing === 'survived' || standing === 'undetermined')
      .map((each) => ({ rule: each.rule, text: each.text, standing: each.standing, ...cellOf(each) })),
  }
}

/** @param least the percentage that `--coverage` asks for */
export function testAnswer(files: readonly TestedFile[], least: number | undefined, isMutated: boolean): PolicyTestAnswer {
  const [first] = files as readonly [TestedFile, ...TestedFile[]]
  const sum = (key: keyof PolicyTestReport['counts']) => files.reduce((total, { report }) => total + report.counts[key], 0)
  const passed = files.every(({ report }) => report.passed)
  const measured = files.flatMap(({ coverage }) => (coverage === undefined ? [] : [coverage]))
  const mutated = files.flatMap(({ mutation }) => (mutation === undefined ? [] : [mutation]))
  return {
    policy: first.report.policy,
    passed,
    counts: { cells: sum('cells'), passed: sum('passed'), failed: sum('failed'), problems: sum('problems') },
    files: files.map(fileAnswer),
    ...(least === undefined || measured.length === 0 ? {} : { coverage: coverageAnswer(measured, least) }),
    ...(isMutated && mutated.length > 0 ? { mutation: mutationAnswer(mutated) } : {}),
  }
}
