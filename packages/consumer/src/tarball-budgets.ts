export interface TarballBudget {
  /** The most that the tarball may weigh, in bytes. */
  readonly budget: number
  /** What it weighed when somebody last looked: as a file, and unpacked. */
  readonly measured: readonly [packed: number, unpacked: number]
  readonly reason: string
}

/**
 * What an installation fetches. Every package holds ES modules, CommonJS, declarations for both, and the sources with their source
 * maps, so that a debugger shows what was written.
 */
export const tarballBudgets: Readonly<Record<string, TarballBudget>> = {
  '@phi/audit': {
    budget: 2_585_000,
    measured: [2_461_461, 9_705_472],
    reason: 'seventeen entries, and the test vectors of the format',
  },
  '@phi/baa': { budget: 1_781_000, measured: [1_695_310, 6_597_632], reason: 'controls, elements and vendors as cited data' },
  '@phi/cli': { budget: 1_707_000, measured: [1_625_067, 6_283_776], reason: 'help texts, completions and two pages' },
  '@phi/core': { budget: 186_000, measured: [176_674, 1_124_864], reason: 'the taxonomy' },
  '@phi/deadlines': { budget: 1_654_000, measured: [1_574_384, 6_605_312], reason: 'rows of every State and the golden cases' },
  '@phi/envelope': {
    budget: 1_097_000,
    measured: [1_043_882, 4_170_752],
    reason: 'six key services, and the test vectors of the formats',
  },
  '@phi/http': { budget: 418_000, measured: [397_982, 1_541_120], reason: 'the pipeline and four servers' },
  '@phi/postgres': { budget: 709_000, measured: [674_349, 2_839_552], reason: 'SQL of every store and its migrations' },
  '@phi/rbac': {
    budget: 1_404_000,
    measured: [1_336_871, 5_472_768],
    reason: 'the HIPAA policy pack, analysis, Cedar and SQL',
  },
  '@phi/retention': { budget: 529_000, measured: [503_105, 2_004_480], reason: 'schedules of every State' },
  '@phi/testing': { budget: 888_000, measured: [845_527, 3_579_392], reason: 'conformance suites of every store' },
}
