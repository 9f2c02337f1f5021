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
    budget: 2_592_000,
    measured: [2_467_640, 9_712_640],
    reason: 'seventeen entries, and the test vectors of the format',
  },
  '@phi/baa': { budget: 1_781_000, measured: [1_695_482, 6_577_664], reason: 'controls, elements and vendors as cited data' },
  '@phi/cli': { budget: 1_640_000, measured: [1_561_408, 5_917_184], reason: 'help texts, completions and two pages' },
  '@phi/core': { budget: 186_000, measured: [177_092, 1_125_376], reason: 'the taxonomy' },
  '@phi/deadlines': { budget: 1_655_000, measured: [1_575_975, 6_580_224], reason: 'rows of every State and the golden cases' },
  '@phi/envelope': {
    budget: 1_100_000,
    measured: [1_047_263, 4_175_872],
    reason: 'six key services, and the test vectors of the formats',
  },
  '@phi/http': { budget: 421_000, measured: [400_425, 1_550_336], reason: 'the pipeline and four servers' },
  '@phi/postgres': { budget: 714_000, measured: [679_176, 2_857_984], reason: 'SQL of every store and its migrations' },
  '@phi/rbac': {
    budget: 1_408_000,
    measured: [1_340_273, 5_463_040],
    reason: 'the HIPAA policy pack, analysis, Cedar and SQL',
  },
  '@phi/retention': { budget: 530_000, measured: [504_415, 2_002_432], reason: 'schedules of every State' },
  '@phi/testing': { budget: 889_000, measured: [846_234, 3_579_904], reason: 'conformance suites of every store' },
}
