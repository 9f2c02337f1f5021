import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { RetentionRule } from './rule.ts'
import { usRetention } from './us-retention.ts'

const byId = new Map(usRetention.rules.map((rule) => [rule.id, rule]))

/** Rows that stand beside the row of a source: parts with a period of their own, and HIPAA documentation of other kinds. */
const beside = [
  'ar.hospital.patient-index',
  'hi.provider.basic-information',
  'ma.hospital.images',
  'tx.forensic-exam',
  'us.hipaa.documents.events',
  'us.hipaa.accounting',
  'us.hipaa.audit-log',
  'us.osha.exposure',
  'us.clia.immunohematology',
  'us.clia.pathology-report',
  'us.clia.cytology-slide',
  'us.clia.histopathology-slide',
  'us.clia.tissue-block',
]

describe('the rows', () => {
  test('are 57 rows of the sources, and 13 beside them', () => {
    expect(byId.size).toBe(70)
    expect(beside.filter((id) => byId.has(id))).toHaveLength(13)
    expect(usRetention.rules.filter(({ id }) => id.startsWith('us.') && !beside.includes(id))).toHaveLength(9)
  })

  test('each says where it comes from and how well it is confirmed', () => {
    for (const rule of usRetention.rules) {
      expect(rule.asOf).toBe(usRetention.asOf)
      // A row without a source is from memory.
      if (rule.sources.length === 0) expect(rule.confirmation).toBe('memory')
      if (rule.citation) expect(rule.citation.asOf).toBe(usRetention.asOf)
    }
    expect(usRetention.rules.filter(({ citation }) => citation === null).map(({ id }) => id)).toEqual([
      'fl.hospital',
      'oh.hospital',
      'states.physician.no-period',
    ])
  })

  test('none has an invented number: what the sources leave open is open', () => {
    expect(usRetention.rules.filter(({ period }) => period.unit === 'open').map(({ id }) => id)).toEqual([
      'al.physician',
      'states.physician.no-period',
    ])
    expect(byId.get('states.physician.no-period')?.jurisdiction).toHaveLength(22)
  })

  test("the two leap days of seven years are nobody's business: periods of law are years, never days", () => {
    const dated = usRetention.rules.filter(({ period }) => period.unit !== 'open' && period.unit !== 'permanent')
    expect(dated.every(({ period }) => period.unit === 'years')).toBe(true)
  })

  test('RET-06: the margin is what 164.528(c)(1) gives for the answer', () => {
    expect(byId.get('us.hipaa.accounting')?.advisedMarginDays).toBe(60 + 30)
  })

  test('nobody can change a row', () => {
    const rule = byId.get('tx.hospital') as { period: { amount: number } } & RetentionRule
    expect(() => {
      rule.period.amount = 1
    }).toThrow(TypeError)
    expect(() => (usRetention.rules as RetentionRule[]).pop()).toThrow(TypeError)
  })
})

interface SourceRow {
  readonly state: string
  readonly provider: string
  readonly adult: string
  readonly minor: string | null
  readonly confirmed: string
}

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const file = resolve(root, process.env.PHI_REFERENCE ?? '../shared/reference', 'states-retention.json')

const federalIds: Readonly<Record<string, string>> = {
  'HIPAA documentation (NOT medical records)': 'us.hipaa.documents',
  'Medicare hospital CoP': 'us.medicare.hospital',
  'ordering/certifying/furnishing documentation': 'us.medicare.ordering',
  'Medicare Advantage': 'us.medicare.advantage',
  'employee exposure/medical records': 'us.osha.medical',
  mammograms: 'us.mqsa',
  'controlled substances': 'us.dea',
  CLIA: 'us.clia',
  'IND sponsor/investigator': 'us.ind',
}

/** The rule of a row, by State and provider. */
function idOf({ state, provider }: SourceRow): string {
  if (state === 'US-FED') return federalIds[provider] ?? '-'
  if (state === 'MULTI') return 'states.physician.no-period'
  const found = [
    [/therapist/, 'therapist'],
    [/chiropractor/, 'chiropractor'],
    [/provider|&/, 'provider'],
    [/hospital/, 'hospital'],
    [/physician/, 'physician'],
  ].find(([pattern]) => (pattern as RegExp).test(provider))
  return `${state.toLowerCase()}.${found?.[1]}`
}

/** The years of adults; of mammograms the longer of the two. */
function yearsOf({ adult, provider }: SourceRow): number | undefined {
  const numbers = [...adult.matchAll(/(\d+) years/g), ...adult.matchAll(/or (\d+) if/g)].map(([, years]) => Number(years))
  return provider === 'mammograms' ? Math.max(...numbers) : numbers[0]
}

// Set PHI_REFERENCE to the folder of the reference where it lies elsewhere.
describe.skipIf(!existsSync(file))('the rows, against the file of sources', () => {
  const rows: readonly SourceRow[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).rows : []

  test('every row of the file is here, and none twice', () => {
    const ids = rows.map(idOf)
    expect(rows).toHaveLength(57)
    expect(new Set(ids).size).toBe(57)
    expect([...ids, ...beside].sort()).toEqual([...byId.keys()].sort())
  })

  test('with its number, and its mark or a weaker one', () => {
    const strength = ['text-seen', 'secondary', 'weak', 'memory']
    const marks: Readonly<Record<string, string>> = { A: 'text-seen', B: 'secondary', C: 'weak', M: 'memory' }
    for (const row of rows) {
      const rule = byId.get(idOf(row)) as RetentionRule
      const years = yearsOf(row)
      expect([rule.id, rule.period.unit === 'years' ? rule.period.amount : undefined]).toEqual([rule.id, years])
      const mark = marks[row.confirmed.charAt(0)] as string
      expect([rule.id, strength.indexOf(rule.confirmation) >= strength.indexOf(mark)]).toEqual([rule.id, true])
    }
  })

  test('with what it says of minors', () => {
    for (const row of rows.filter(({ state }) => state !== 'US-FED')) {
      const { id, minor } = byId.get(idOf(row)) as RetentionRule
      if (row.minor === null) expect([id, minor]).toEqual([id, 'not-in-table'])
      else {
        expect([id, typeof minor]).toEqual([id, 'object'])
        const number = typeof minor === 'object' ? ('untilAge' in minor ? minor.untilAge : minor.yearsAfterMajority) : undefined
        // A row of "majority" alone adds nothing to it.
        if (number !== 0) expect([id, row.minor.includes(`${number}`)]).toEqual([id, true])
      }
    }
  })
})
