import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { complete } from '../../test/complete.ts'
import { completeDataUse, completeMou, completeQsoa, completeSub } from '../../test/samples.ts'
import { parseAgreement } from '../agreement/define.ts'
import { type LintCode, lintCodes } from './code.ts'
import { elements } from './element.ts'
import { type LintOptions, lint } from './lint.ts'

type Json = { [key: string]: unknown }

const copy = (input: object): Json => structuredClone(input) as Json

/** The codes of the findings, with their places. */
const found = (input: object, options: LintOptions = {}): readonly string[] =>
  lint(parseAgreement(input), options).map(({ code, path }) => `${code} ${path}`)

/** Every single thing that can be taken out of an agreement: keys that may be absent, keys of clauses, whole lists and their items. */
function clausesOf(input: Json): readonly string[] {
  const fixed = ['id', 'tier', 'version', 'from', 'to', 'effective', 'format']
  const paths: string[] = []
  for (const [key, value] of Object.entries(input)) {
    if (fixed.includes(key)) continue
    paths.push(key)
    if (Array.isArray(value)) for (const index of value.keys()) paths.push(`${key}.${index}`)
    if (key === 'terms' || key === 'ai') {
      for (const [inner, clause] of Object.entries(value as Json)) {
        if (['section', 'page', 'text'].includes(inner)) continue
        paths.push(`${key}.${inner}`)
        if (key !== 'terms') continue
        for (const part of Object.keys(clause as Json)) {
          if (!['section', 'page', 'text'].includes(part)) paths.push(`${key}.${inner}.${part}`)
        }
      }
    }
  }
  return paths
}

function without(input: object, path: string): Json {
  const out = copy(input)
  const keys = path.split('.')
  let at: Json = out
  for (const key of keys.slice(0, -1)) at = at[key] as Json
  const last = keys.at(-1) as string
  if (Array.isArray(at)) at.splice(Number(last), 1)
  else delete at[last]
  return out
}

const WINDOWS = {
  'terms.access.within': ['rights-window-missing terms.access.within'],
  'terms.amendment.within': ['rights-window-missing terms.amendment.within'],
  'terms.accounting.within': ['rights-window-missing terms.accounting.within'],
  'terms.returnOrDestroy.within': ['return-period-missing terms.returnOrDestroy.within'],
  'terms.returnOrDestroy.otherwiseProtect': ['return-fallback terms.returnOrDestroy.otherwiseProtect'],
  'terms.logRetention.within': ['log-retention-silent terms.logRetention.within'],
  'terms.reportUses.within': ['report-window-missing terms.reportUses.within'],
  'terms.reportIncidents.within': ['report-window-missing terms.reportIncidents.within'],
  'terms.reportBreaches.within': ['breach-window-missing terms.reportBreaches.within'],
  'terms.reportBreaches.from': ['breach-clock-silent terms.reportBreaches.from'],
  'terms.reportBreaches.content': ['notice-content terms.reportBreaches.content'],
  // Of reports for which the rule has no clock, the trigger is nobody's gap.
  'terms.reportUses.from': [],
  'terms.reportIncidents.from': [],
}

const TERMS = {
  'terms.withinCoveredEntityLimits': ['B02 terms.withinCoveredEntityLimits'],
  'terms.onlyAsPermitted': ['B03 terms.onlyAsPermitted'],
  'terms.safeguards': ['B04 terms.safeguards'],
  'terms.reportUses': ['B05 terms.reportUses'],
  'terms.reportBreaches': ['B05 terms.reportBreaches'],
  'terms.reportIncidents': ['B06 terms.reportIncidents'],
  'terms.subcontractors': ['B07 terms.subcontractors'],
  'terms.access': ['B08 terms.access'],
  'terms.amendment': ['B09 terms.amendment'],
  'terms.accounting': ['B10 terms.accounting'],
  'terms.delegatedDuties': ['B11 terms.delegatedDuties'],
  'terms.booksAndRecords': ['B12 terms.booksAndRecords'],
  'terms.returnOrDestroy': ['B13 terms.returnOrDestroy'],
  'terms.terminationForViolation': ['B14 terms.terminationForViolation'],
  'terms.managementDisclosures': ['B15 terms.managementDisclosures'],
  'terms.cooperation': ['cooperation-silent terms.cooperation'],
  'terms.logRetention': ['log-retention-silent terms.logRetention'],
}

const UPKEEP = {
  dated: ['date-missing dated'],
  documentHash: ['document-hash-missing documentHash'],
  signatures: ['not-signed signatures', 'not-signed signatures'],
  'signatures.0': ['not-signed signatures'],
  'signatures.1': ['not-signed signatures'],
  asOf: ['as-of-missing asOf'],
  reviewBy: ['review-missing reviewBy'],
  // An agreement without an end goes on until it is terminated.
  expires: [],
}

/** One of several: the list is shorter, and less may flow. */
const items = (list: string, count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${list}.${index}`, [] as string[]]))

const SCOPE = (code: LintCode) => ({
  services: [`${code} services`],
  permits: [`${code} permits`],
  uses: [`${code} uses`],
})

const PART2 = 'part2-without-terms terms.part2'

const tables: readonly (readonly [string, object, Readonly<Record<string, readonly string[]>>])[] = [
  [
    'a covered entity and its business associate',
    complete,
    {
      ...TERMS,
      ...WINDOWS,
      ...UPKEEP,
      ...SCOPE('B01'),
      ...items('services', 4),
      ...items('permits', 8),
      ...items('prohibits', 6),
      ...items('uses', 5),
      prohibits: ['psychotherapy-reached permits[0]', PART2],
      'prohibits.0': ['psychotherapy-reached permits[0]'],
      'prohibits.5': [PART2],
      terms: Object.values(TERMS)
        .map((codes) => codes[0] as string)
        .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)),
      // What is not permitted is denied: a prohibition of a use that nobody permits can go. Training stands in section 6 as well.
      prohibitsUses: [],
      ...items('prohibitsUses', 3),
      conditions: [],
      ai: ['ai-silent ai'],
      // It is a prohibited use as well: a contract that says it twice still says it.
      'ai.training': [],
      'ai.retention': ['ai-retention ai.retention'],
      'ai.deletion': ['ai-deletion ai.deletion'],
      'ai.humanReview': ['ai-human-review ai.humanReview'],
      'ai.subprocessors': ['ai-subprocessors ai.subprocessors'],
      agency: ['agency-silent agency'],
    },
  ],
  [
    'a business associate and its subcontractor',
    completeSub,
    {
      ...TERMS,
      ...WINDOWS,
      ...UPKEEP,
      ...SCOPE('B01'),
      'terms.upstreamRestrictions': ['B16 terms.upstreamRestrictions'],
      // It carries out none, and does not say so any more: the clause is about such duties then.
      'terms.delegatedDuties.carriesOut': [],
      ...items('services', 2),
      ...items('permits', 4),
      ...items('prohibits', 2),
      ...items('uses', 3),
      prohibits: [PART2, 'recording-silent services[0]'],
      'prohibits.0': ['recording-silent services[0]'],
      'prohibits.1': [PART2],
      terms: [...Object.values(TERMS).map((codes) => codes[0] as string), 'B16 terms.upstreamRestrictions'].sort(
        (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1),
      ),
      agency: ['agency-silent agency'],
    },
  ],
  [
    'a limited data set',
    completeDataUse,
    {
      ...UPKEEP,
      ...SCOPE('D01'),
      ...items('services', 1),
      'services.0': ['D01 services'],
      ...items('permits', 3),
      ...items('uses', 2),
      prohibits: [PART2],
      'prohibits.0': [PART2],
      terms: [
        'D02 terms.withinCoveredEntityLimits',
        'D03 terms.limitedRecipients',
        'D04 terms.onlyAsPermitted',
        'D05 terms.safeguards',
        'D06 terms.reportUses',
        'D07 terms.subcontractors',
        'D08 terms.noReidentification',
      ],
      'terms.withinCoveredEntityLimits': ['D02 terms.withinCoveredEntityLimits'],
      'terms.limitedRecipients': ['D03 terms.limitedRecipients'],
      'terms.onlyAsPermitted': ['D04 terms.onlyAsPermitted'],
      'terms.safeguards': ['D05 terms.safeguards'],
      'terms.reportUses': ['D06 terms.reportUses'],
      'terms.subcontractors': ['D07 terms.subcontractors'],
      'terms.noReidentification': ['D08 terms.noReidentification'],
      'terms.reportUses.within': ['report-window-missing terms.reportUses.within'],
      'terms.reportUses.from': [],
    },
  ],
  [
    'a memorandum between agencies',
    completeMou,
    {
      ...UPKEEP,
      ...SCOPE('scope-empty'),
      'services.0': ['scope-empty services'],
      'permits.0': ['scope-empty permits'],
      'uses.0': ['scope-empty uses'],
      prohibits: [PART2],
      'prohibits.0': [PART2],
      terms: ['M01 terms.governmentalObjectives'],
      'terms.governmentalObjectives': ['M01 terms.governmentalObjectives'],
    },
  ],
  [
    'a qualified service organization',
    completeQsoa,
    {
      ...UPKEEP,
      ...SCOPE('scope-empty'),
      'services.0': ['scope-empty services'],
      'permits.0': ['scope-empty permits'],
      'uses.0': ['scope-empty uses'],
      terms: ['Q01 terms.part2'],
      'terms.part2': ['Q01 terms.part2'],
    },
  ],
]

function rank(codeAndPath: string): number {
  return Object.keys(lintCodes).indexOf(codeAndPath.split(' ')[0] as string)
}

describe('a complete agreement', () => {
  for (const [name, sample, expected] of tables) {
    it(`S28 S30 S31 S32 S33 S116 S117 S118 S119 S120 S121 S122 of ${name} has no findings, and each clause that is taken out has its own`, () => {
      expect(found(sample, { today: '2026-06-01' })).toEqual([])
      const paths = clausesOf(copy(sample))
      expect([...paths].sort()).toEqual(Object.keys(expected).sort())
      for (const path of paths) expect([path, found(without(sample, path))]).toEqual([path, expected[path]])
    })
  }

  it('S28 S116 two clauses that are taken out have the findings of both', () => {
    const paths = ['terms.access', 'terms.safeguards', 'ai.deletion', 'agency', 'documentHash', 'terms.reportBreaches.from']
    const table = tables[0]?.[2] as Readonly<Record<string, readonly string[]>>
    for (const first of paths) {
      for (const second of paths.filter((each) => each !== first)) {
        const expected = [...(table[first] ?? []), ...(table[second] ?? [])].sort()
        expect([...found(without(without(complete, first), second))].sort()).toEqual(expected)
      }
    }
  })

  it('S28 training that is prohibited nowhere is one finding, and so is training that is permitted', () => {
    const silent = without(without(complete, 'ai.training'), 'prohibitsUses.0')
    expect(found(silent)).toEqual(['ai-training ai.training'])
    const permitted = { ...silent, ai: { ...complete.ai, training: 'permitted' } }
    expect(found(permitted)).toEqual(['ai-training ai.training'])
  })
})

const SAMPLES = [complete, completeSub, completeDataUse, completeMou, completeQsoa] as readonly object[]

/** Promises and limits: what can be added without granting anything. */
const promises = [
  ...Object.keys(tables[0]?.[2] ?? {}).filter((path) => /^terms\.\w+$/.test(path)),
  'terms.upstreamRestrictions',
  'terms.limitedRecipients',
  'terms.noReidentification',
  'terms.part2',
  'terms.governmentalObjectives',
]
const additions: readonly ((input: Json) => Json)[] = [
  ...promises.map((path) => (input: Json) => ({ ...input, terms: { ...(input.terms as Json), [path.slice(6)]: true } })),
  (input) => ({ ...input, prohibits: [...((input.prohibits as []) ?? []), 'phi.comm.recording'] }),
  (input) => ({ ...input, prohibits: [...((input.prohibits as []) ?? []), 'label:part2'] }),
  (input) => ({ ...input, prohibitsUses: [...((input.prohibitsUses as []) ?? []), 'sale'] }),
  (input) => ({ ...input, conditions: [...((input.conditions as []) ?? []), 'mfa-on'] }),
  (input) => ({ ...input, agency: 'independent' }),
  (input) => ({ ...input, ai: { training: 'prohibited' } }),
  (input) => ({ ...input, asOf: '2026-01-05' }),
]

describe('properties', () => {
  const agreements = fc.constantFrom(...SAMPLES).chain((sample) =>
    fc.subarray([...clausesOf(copy(sample))].filter((path) => !/\.\d+$/.test(path))).map((paths) => {
      let out = copy(sample)
      // The deepest first, so that a place is still there when it is taken out.
      for (const path of [...paths].sort((a, b) => b.split('.').length - a.split('.').length)) out = without(out, path)
      return out
    }),
  )

  it('S28 S116 a promise that is added never adds an error', () => {
    fc.assert(
      fc.property(agreements, fc.constantFrom(...additions), (input, add) => {
        const errors = (each: Json) =>
          found(each).filter((line) => lintCodes[line.split(' ')[0] as LintCode].severity === 'error')
        const before = errors(input)
        expect(before).toEqual(expect.arrayContaining(errors(add(input))))
      }),
      { numRuns: 100 },
    )
  })

  it('S28 findings are frozen, in one order, cited, of the table, and each holds what it says', () => {
    fc.assert(
      fc.property(agreements, (input) => {
        const findings = lint(parseAgreement(input), { today: '2030-01-01', quotes: true })
        expect(Object.isFrozen(findings)).toBe(true)
        const ranks = findings.map(({ code, severity }) => (severity === 'error' ? 0 : 1000) + rank(code))
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b))
        for (const each of findings) {
          expect(Object.isFrozen(each)).toBe(true)
          expect(each).toMatchObject({ severity: lintCodes[each.code].severity, says: lintCodes[each.code].says })
          expect(each.citation).toMatch(/^4[25] CFR \d/)
          expect(each.remedy).not.toBe('')
        }
        expect(lint(parseAgreement(input), { today: '2030-01-01', quotes: true })).toEqual(findings)
      }),
      { numRuns: 100 },
    )
  })

  it('S28 an element is an error exactly when a term or a list of its row is missing', () => {
    fc.assert(
      fc.property(agreements, (input) => {
        const agreement = parseAgreement(input)
        const codes = new Set(lint(agreement).map(({ code }) => code as string))
        for (const [code, { terms, lists, tiers, onlyWithUse }] of Object.entries(elements)) {
          const applies =
            tiers.includes(agreement.tier) && (!onlyWithUse || agreement.uses.some(({ use }) => use.startsWith('ba')))
          const lacks = terms.some((term) => !agreement.terms[term]) || lists.some((list) => agreement[list].length === 0)
          expect([code, codes.has(code)]).toEqual([code, applies && lacks])
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('hostile input', () => {
  it('S28 refuses options and agreements that cannot be read, and shows nothing of them', async () => {
    const agreement = parseAgreement(complete)
    const secret = 'Jane Roe 123-45-6789'
    for (const options of [
      { today: secret },
      { today: '2026-02-30' },
      { services: [secret] },
      { upstream: [1] },
      { upstream: [agreement] },
      { qsoa: agreement },
      { quotes: 'yes' },
      { [secret]: true },
      null,
      [],
    ]) {
      const error = await refusal(() => lint(agreement, options as never))
      expect(error.code).toBe('PHI_BAA_LINT')
      expect(JSON.stringify(error) + error.message).not.toContain(secret)
    }
    for (const value of [null, 1, {}, { ...complete, extra: secret }]) {
      const error = await refusal(() => lint(value as never))
      expect(error.code).toBe('PHI_BAA_AGREEMENT')
      expect(error.message).not.toContain(secret)
    }
  })

  it('S28 what somebody planted on Object.prototype is no clause and no option', () => {
    const planted = {
      terms: true,
      access: {},
      safeguards: {},
      within: { days: 1 },
      today: '2099-01-01',
      quotes: true,
      part2: {},
      agency: {},
    }
    const bare = { ...completeSub, terms: {}, agency: undefined }
    const before = found(bare)
    expect(before).toContain('B08 terms.access')
    try {
      for (const [key, value] of Object.entries(planted)) {
        Object.defineProperty(Object.prototype, key, { value, configurable: true, writable: true })
      }
      expect(found(bare)).toEqual(before)
    } finally {
      for (const key of Object.keys(planted)) Reflect.deleteProperty(Object.prototype, key)
    }
  })

  it('S28 takes an agreement that was parsed elsewhere, and reads it again', () => {
    const read = JSON.parse(JSON.stringify(parseAgreement(completeSub)))
    expect(lint(read)).toEqual(lint(parseAgreement(completeSub)))
  })
})
