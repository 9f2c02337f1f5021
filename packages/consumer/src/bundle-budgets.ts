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
    budget: 100_000,
    measured: [458_612, 95_208],
    reason: 'hashes and signatures of other programs begin with it',
  },
  {
    from: '@phi/core',
    names: 'carriedBy, scopeVerdict',
    budget: 103_000,
    measured: [467_117, 98_079],
    reason: 'holds the taxonomy of data classes',
  },
  {
    from: '@phi/core/jws',
    names: 'signedDocuments',
    budget: 106_300,
    measured: [476_719, 101_184],
    reason: 'jose, and the portable Ed25519 is not in it',
  },
  {
    from: '@phi/audit',
    names: 'verifyBundle',
    budget: 137_200,
    measured: [551_923, 130_662],
    reason: 'a page that a patient or an auditor opens to check evidence; holds Ed25519 and SHA-256 in JavaScript',
  },
  {
    from: '@phi/audit',
    names: 'ed25519Signer, memoryStore, openAuditLog',
    budget: 168_600,
    measured: [640_711, 160_543],
    reason: 'a whole log in a page: demonstrations, and tests in browsers',
  },
  {
    from: '@phi/audit/merkle',
    names: 'verifyConsistency, verifyInclusion',
    budget: 103_400,
    measured: [465_209, 98_440],
    reason: 'proofs alone: hashes and arithmetic',
  },
  {
    from: '@phi/audit/note',
    names: 'openNote, parseCheckpoint',
    budget: 101_900,
    measured: [463_405, 97_026],
    reason: 'a monitor reads checkpoints',
  },
  {
    from: '@phi/audit/export',
    names: 'writeCsv',
    budget: 109_600,
    measured: [483_750, 104_294],
    reason: 'a page exports what it shows',
  },
  {
    from: '@phi/audit/fhir',
    names: 'toFhirR4',
    budget: 116_800,
    measured: [505_663, 111_173],
    reason: 'holds the BALP profiles and code systems',
  },
  {
    from: '@phi/audit/detect',
    names: 'bulkAccess, detect',
    budget: 112_600,
    measured: [489_843, 107_148],
    reason: 'detectors over records that are already there',
  },
  {
    from: '@phi/audit/disclosures',
    names: 'readAccountingPackage, renderAccountingHtml',
    budget: 116_400,
    measured: [502_718, 110_800],
    reason: 'shows a patient the accounting',
  },
  {
    from: '@phi/audit/tiles',
    names: 'openTiles',
    budget: 140_700,
    measured: [562_651, 133_986],
    reason: 'a monitor reads a log from static files',
  },
  {
    from: '@phi/audit/witness',
    names: 'meetsQuorum, parseWitnessPolicy',
    budget: 123_000,
    measured: [515_439, 117_092],
    reason: 'a monitor asks for witnesses',
  },
  {
    from: '@phi/audit/ml-dsa',
    names: 'mlDsa44Verifier',
    budget: 129_200,
    measured: [530_532, 122_986],
    reason: 'a second signature algorithm, in JavaScript everywhere',
  },
  {
    from: '@phi/envelope',
    names: 'localKms, memoryKeyStore, openKeyring',
    budget: 149_300,
    measured: [590_588, 142_111],
    reason: 'AES in JavaScript, and the signed certificates of destruction',
  },
  {
    from: '@phi/envelope/primitives',
    names: 'xaes256Gcm',
    budget: 107_500,
    measured: [477_030, 102_341],
    reason: 'AES in JavaScript',
  },
  {
    from: '@phi/rbac',
    names: 'compile, parsePolicy',
    budget: 120_800,
    measured: [513_463, 114_973],
    reason: 'a page shows only what the server would allow; the parser checks every form of expression',
  },
  {
    from: '@phi/rbac',
    names: 'compile, definePolicy',
    budget: 122_400,
    measured: [518_348, 116_479],
    reason: 'the same with the policy written in the page',
  },
  {
    from: '@phi/rbac/hipaa',
    names: 'hipaaPolicy',
    budget: 120_400,
    measured: [523_055, 114_578],
    reason: 'the policy pack is data with its citations',
  },
  {
    from: '@phi/rbac/session',
    names: 'staticKeys, verifyIdentity',
    budget: 110_900,
    measured: [488_332, 105_575],
    reason: 'checks identity tokens with jose',
  },
  {
    from: '@phi/rbac/sql',
    names: 'toSql',
    budget: 114_500,
    measured: [497_710, 108_965],
    reason: 'tools that show the SQL of a policy',
  },
  {
    from: '@phi/rbac/analysis',
    names: 'diffPolicies',
    budget: 130_700,
    measured: [538_720, 124_451],
    reason: 'a reviewer compares two policies',
  },
  {
    from: '@phi/rbac/directives',
    names: 'channelFor',
    budget: 111_100,
    measured: [493_535, 105_780],
    reason: 'decides over which channel to write to a patient',
  },
  {
    from: '@phi/deadlines',
    names: 'evaluate, federal',
    budget: 142_300,
    measured: [580_801, 135_510],
    reason: 'Temporal as a polyfill, until browsers have it; the rules are data with citations',
  },
  {
    from: '@phi/deadlines/state',
    names: 'stateBreachNotice',
    budget: 362_600,
    measured: [1_993_807, 345_281],
    reason: 'holidays of every State: date-holidays brings moment-timezone and astronomy with it',
  },
  {
    from: '@phi/deadlines/recurring',
    names: 'schedule',
    budget: 134_000,
    measured: [561_374, 127_538],
    reason: 'ics writes calendars, and brings yup',
  },
  {
    from: '@phi/retention',
    names: 'retentionSchedule',
    budget: 162_000,
    measured: [642_122, 154_280],
    reason: 'schedules of every State as data, and Temporal',
  },
  {
    from: '@phi/baa',
    names: 'decide, parseAgreement, registry',
    budget: 140_800,
    measured: [584_161, 134_020],
    reason: 'the words of the sixteen elements, and jose for signed agreements',
  },
  {
    from: '@phi/baa/telehealth',
    names: 'inspectLink',
    budget: 113_900,
    measured: [501_852, 108_399],
    reason: 'patterns of links, and what to say about each',
  },
  {
    from: '@phi/baa/ai',
    names: 'gate',
    budget: 133_700,
    measured: [554_496, 127_303],
    reason: 'the whole gate before a prompt',
  },
  {
    from: '@phi/baa/ai',
    names: 'scanText',
    budget: 114_400,
    measured: [502_132, 108_919],
    reason: 'patterns of identifiers',
  },
  {
    from: '@phi/baa/safeguards',
    names: 'readiness, register',
    budget: 120_100,
    measured: [524_957, 114_354],
    reason: 'the catalogue of controls is data',
  },
  {
    from: '@phi/baa/vendors',
    names: 'vendorAnswer',
    budget: 112_800,
    measured: [499_226, 107_382],
    reason: 'starter data about vendors',
  },
]
