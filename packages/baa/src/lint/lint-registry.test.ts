import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { complete } from '../../test/complete.ts'
import { completeQsoa, completeSub } from '../../test/samples.ts'
import { parseAgreement } from '../agreement/define.ts'
import { registry } from '../registry/registry.ts'
import { lint } from './lint.ts'
import { lintRegistry } from './lint-registry.ts'
import { lintInMarkdown } from './markdown.ts'

const today = '2026-06-01'
const lines = (findings: ReturnType<typeof lintRegistry>) =>
  findings.map(({ agreement, code, path, party }) => [agreement ?? party, code, path].join(' '))

const { part2: _, ...noPart2 } = { ...complete.terms, part2: undefined }
const openToPart2 = { ...complete, prohibits: ['phi.clinical.note.psychotherapy'], terms: noPart2 }

describe('lintRegistry', () => {
  it('S119 S32 finds the contract above a subcontractor by itself', () => {
    const slow = { ...completeSub, terms: { ...completeSub.terms, reportIncidents: { within: { days: 30 } } } }
    expect(lines(lintRegistry(registry([parseAgreement(complete), parseAgreement(slow)]), { today }))).toEqual([
      'platform-video-2026 subcontractor-window terms.reportIncidents.within',
    ])
    expect(lintRegistry(registry([parseAgreement(slow)]), { today })).toEqual([])
    expect(lintRegistry(registry([parseAgreement(complete), parseAgreement(completeSub)]), { today })).toEqual([])
  })

  it('S28 finds the organization agreement beside a contract, where it stands', () => {
    const model = (qsoa: object) => registry([parseAgreement(openToPart2), parseAgreement(qsoa)])
    expect(lintRegistry(model(completeQsoa), { today })).toEqual([])
    expect(lines(lintRegistry(model({ ...completeQsoa, expires: '2026-03-01' }), { today }))).toEqual([
      'practice-platform-2026 part2-without-terms terms.part2',
      'practice-platform-part2-2026 expired expires',
    ])
  })

  it('S33 says nothing more of an agreement that is closed', () => {
    const closed = {
      ...complete,
      terms: {},
      terminated: { at: '2026-02-01' },
      closed: { at: '2026-03-01', how: 'destroyed' },
    }
    const model = registry([parseAgreement(closed)])
    expect(lintRegistry(model, { today: '2026-02-15' }).length).toBeGreaterThan(10)
    expect(lintRegistry(model, { today })).toEqual([])
  })

  it('S86 S138 every customer that is a covered entity has an agreement with the vendor', () => {
    const model = registry([parseAgreement(complete)], {
      parties: [
        { id: 'clinic', kind: 'covered-entity' },
        { id: 'coach', kind: 'provider', type: 'health-care-provider', standardTransactions: false },
        { id: 'therapist', kind: 'provider', professions: ['LCSW'] },
        { id: 'biller', kind: 'provider', type: 'health-care-provider', standardTransactions: true },
        { id: 'client', kind: 'individual' },
        { id: 'host', kind: 'subcontractor' },
      ],
    })
    expect(lines(lintRegistry(model, { today, vendor: 'platform' }))).toEqual([
      'biller customer-without-agreement parties',
      'clinic customer-without-agreement parties',
      'therapist customer-unknown parties',
    ])
    // An agreement for Part 2 alone is none for the rest.
    const part2Only = registry([parseAgreement(completeQsoa)])
    expect(lines(lintRegistry(part2Only, { today, vendor: 'platform' }))).toEqual([
      'practice customer-without-agreement parties',
    ])
    // Before the agreement was in force, the practice had none either.
    expect(lines(lintRegistry(model, { today: '2026-01-02', vendor: 'platform' }))).toContain(
      'practice customer-without-agreement parties',
    )
    expect(lintRegistry(model, { today })).toEqual([])
  })

  it('S28 refuses a registry that nobody checked, and options that cannot be read', async () => {
    const model = registry([])
    expect((await refusal(() => lintRegistry({ ...model }, { today }))).code).toBe('PHI_BAA_REGISTRY')
    for (const options of [{}, { today: 'today' }, { today, vendor: 'nobody' }, { today, extra: 1 }, null]) {
      expect((await refusal(() => lintRegistry(model, options as never))).code).toBe('PHI_BAA_LINT')
    }
  })
})

describe('lintInMarkdown', () => {
  it('S28 says what is missing, where, by which text, and what to do', () => {
    const { access: _access, ...terms } = complete.terms
    const reportBreaches = { ...terms.reportBreaches, from: 'confirmation', text: 'Within 10 days of *confirmation*.' }
    const findings = lint(parseAgreement({ ...complete, terms: { ...terms, reportBreaches } }))
    expect(lintInMarkdown(findings)).toBe(
      [
        '1 error, 1 warning.',
        '',
        '## practice-platform-2026',
        '',
        '- **error** `B08` The contract does not provide for access of the individual. (`terms.access`; 45 CFR 164.504(e)(2)(ii)(E))',
        '  Have it promise to make the data available for access.',
        '- **warning** `breach-clock-late` The clock of the notice of a breach starts later than discovery. (`terms.reportBreaches.from`, 4.2, page 4; 45 CFR 164.410(a)(2))',
        '  "Within 10 days of \\*confirmation\\*."',
        '  Have it start with discovery, on which the law counts, whatever the contract says.',
        '',
      ].join('\n'),
    )
  })

  it('S28 no findings is no praise', () => {
    expect(lintInMarkdown([])).toBe('No findings. Whether the words of the contract are good, a person has to read.\n')
  })

  it('S28 words of the contract stay words', () => {
    const text = '</li><script>alert(1)</script>\n# [x](javascript:y) `code` | a\u0007b'
    const reportBreaches = { ...complete.terms.reportBreaches, from: 'confirmation', text }
    const agreement = parseAgreement({ ...complete, id: '# <b>', terms: { ...complete.terms, reportBreaches } })
    const markdown = lintInMarkdown(lint(agreement))
    expect(markdown).not.toMatch(/<(script|b)\b/)
    expect(markdown).not.toContain('\u0007')
    expect(markdown.split('\n').filter((line) => line.startsWith('#'))).toEqual(['## \\# &lt;b&gt;'])
    expect(markdown).toContain('\\[x\\](javascript:y) \\`code\\` \\| a b"')
  })
})
