export interface BundleBudget {
  readonly from: string
  /** What a program imports, and nothing else of the package. */
  readonly names: string
  /** The most that it may weigh, minified and compressed, in bytes. */
  readonly budget: number
  /** What it weighed when somebody last looked: minified, and minified and compressed. */
  readonly measured: readonly [minified: number, gzipped: number]
  /** What it is for, or what it has to hold. */
  readonly reason: string
}

/**
 * What a page pays for the first real job of each entry that is for browsers, zod and all other dependencies included.
 * `npm run budgets` writes the numbers; whoever raises one says why in the commit.
 */
export const bundleBudgets: readonly BundleBudget[] = [
  {
    from: '@phi/core',
    names: 'canonicalJson',
    budget: 28_600,
    measured: [89_539, 27_191],
    reason: 'hashes and signatures of other programs begin with it',
  },
  {
    from: '@phi/core',
    names: 'carriedBy, scopeVerdict',
    budget: 31_600,
    measured: [98_036, 30_067],
    reason: 'holds the taxonomy of data classes',
  },
  {
    from: '@phi/core/jws',
    names: 'signedDocuments',
    budget: 34_800,
    measured: [107_766, 33_090],
    reason: 'jose, and the portable Ed25519 is not in it',
  },
  {
    from: '@phi/audit',
    names: 'verifyBundle',
    budget: 69_300,
    measured: [196_481, 65_911],
    reason: 'a page that a patient or an auditor opens to check evidence; holds Ed25519 and SHA-256 in JavaScript',
  },
  {
    from: '@phi/audit',
    names: 'ed25519Signer, memoryStore, openAuditLog',
    budget: 100_800,
    measured: [285_413, 95_918],
    reason: 'a whole log in a page: demonstrations, and tests in browsers',
  },
  {
    from: '@phi/audit/merkle',
    names: 'verifyConsistency, verifyInclusion',
    budget: 31_900,
    measured: [96_132, 30_339],
    reason: 'proofs alone: hashes and arithmetic',
  },
  {
    from: '@phi/audit/note',
    names: 'openNote, parseCheckpoint',
    budget: 30_600,
    measured: [94_322, 29_057],
    reason: 'a monitor reads checkpoints',
  },
  {
    from: '@phi/audit/export',
    names: 'writeCsv',
    budget: 41_400,
    measured: [126_991, 39_395],
    reason: 'a page exports what it shows',
  },
  {
    from: '@phi/audit/fhir',
    names: 'toFhirR4',
    budget: 48_900,
    measured: [150_040, 46_552],
    reason: 'holds the BALP profiles and code systems',
  },
  {
    from: '@phi/audit/detect',
    names: 'bulkAccess, detect',
    budget: 45_400,
    measured: [136_026, 43_238],
    reason: 'detectors over records that are already there',
  },
  {
    from: '@phi/audit/disclosures',
    names: 'readAccountingPackage, renderAccountingHtml',
    budget: 49_100,
    measured: [148_501, 46_718],
    reason: 'shows a patient the accounting',
  },
  {
    from: '@phi/audit/tiles',
    names: 'openTiles',
    budget: 69_200,
    measured: [193_884, 65_867],
    reason: 'a monitor reads a log from static files',
  },
  {
    from: '@phi/audit/witness',
    names: 'meetsQuorum, parseWitnessPolicy',
    budget: 51_400,
    measured: [146_198, 48_866],
    reason: 'a monitor asks for witnesses',
  },
  {
    from: '@phi/audit/ml-dsa',
    names: 'mlDsa44Verifier',
    budget: 57_600,
    measured: [161_182, 54_806],
    reason: 'a second signature algorithm, in JavaScript everywhere',
  },
  {
    from: '@phi/envelope',
    names: 'localKms, memoryKeyStore, openKeyring',
    budget: 80_500,
    measured: [231_521, 76_588],
    reason: 'AES in JavaScript, and the signed certificates of destruction',
  },
  {
    from: '@phi/envelope/primitives',
    names: 'xaes256Gcm',
    budget: 36_100,
    measured: [107_922, 34_342],
    reason: 'AES in JavaScript',
  },
  {
    from: '@phi/rbac',
    names: 'compile, parsePolicy',
    budget: 52_800,
    measured: [157_497, 50_281],
    reason: 'a page shows only what the server would allow; the parser checks every form of expression',
  },
  {
    from: '@phi/rbac',
    names: 'compile, definePolicy',
    budget: 54_500,
    measured: [162_381, 51_830],
    reason: 'the same with the policy written in the page',
  },
  {
    from: '@phi/rbac/hipaa',
    names: 'hipaaPolicy',
    budget: 52_600,
    measured: [167_180, 50_056],
    reason: 'the policy pack is data with its citations',
  },
  {
    from: '@phi/rbac/session',
    names: 'staticKeys, verifyIdentity',
    budget: 41_600,
    measured: [127_041, 39_572],
    reason: 'checks identity tokens with jose',
  },
  {
    from: '@phi/rbac/sql',
    names: 'toSql',
    budget: 46_600,
    measured: [141_688, 44_325],
    reason: 'tools that show the SQL of a policy',
  },
  {
    from: '@phi/rbac/analysis',
    names: 'diffPolicies',
    budget: 62_800,
    measured: [182_799, 59_721],
    reason: 'a reviewer compares two policies',
  },
  {
    from: '@phi/rbac/directives',
    names: 'channelFor',
    budget: 44_100,
    measured: [139_283, 41_959],
    reason: 'decides over which channel to write to a patient',
  },
  {
    from: '@phi/deadlines',
    names: 'evaluate, federal',
    budget: 74_400,
    measured: [224_539, 70_779],
    reason: 'Temporal as a polyfill, until browsers have it; the rules are data with citations',
  },
  {
    from: '@phi/deadlines/state',
    names: 'stateBreachNotice',
    budget: 295_800,
    measured: [1_637_443, 281_694],
    reason: 'holidays of every State: date-holidays brings moment-timezone and astronomy with it',
  },
  {
    from: '@phi/deadlines/recurring',
    names: 'schedule',
    budget: 66_000,
    measured: [205_380, 62_785],
    reason: 'ics writes calendars, and brings yup',
  },
  {
    from: '@phi/retention',
    names: 'retentionSchedule',
    budget: 94_100,
    measured: [284_174, 89_527],
    reason: 'schedules of every State as data, and Temporal',
  },
  {
    from: '@phi/baa',
    names: 'decide, parseAgreement, registry',
    budget: 72_700,
    measured: [226_661, 69_178],
    reason: 'the words of the sixteen elements, and jose for signed agreements',
  },
  {
    from: '@phi/baa/telehealth',
    names: 'inspectLink',
    budget: 45_800,
    measured: [144_334, 43_554],
    reason: 'patterns of links, and what to say about each',
  },
  {
    from: '@phi/baa/ai',
    names: 'gate',
    budget: 65_400,
    measured: [196_768, 62_197],
    reason: 'the whole gate before a prompt',
  },
  {
    from: '@phi/baa/ai',
    names: 'scanText',
    budget: 49_100,
    measured: [154_100, 46_696],
    reason: 'patterns of identifiers',
  },
  {
    from: '@phi/baa/safeguards',
    names: 'readiness, register',
    budget: 52_000,
    measured: [167_343, 49_497],
    reason: 'the catalogue of controls is data',
  },
  {
    from: '@phi/baa/vendors',
    names: 'vendorAnswer',
    budget: 44_300,
    measured: [140_799, 42_138],
    reason: 'starter data about vendors',
  },
]
