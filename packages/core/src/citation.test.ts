import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { citationSchema, cite, confirmationMarks, confirmations, formatCitation, isPhiError, parseCitation } from './index.ts'

const isRefused = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    if (!isPhiError(error, 'PHI_CORE_CITATION')) throw error
    return true
  }
  return false
}

describe('citations', () => {
  it.each([
    ['45 CFR 164.312(b)', '45 CFR', '164.312(b)'],
    ['45 CFR 164.514(b)(2)(i)(R)', '45 CFR', '164.514(b)(2)(i)(R)'],
    ['45 CFR 164.314(a)(2)(ii)-(iii)', '45 CFR', '164.314(a)(2)(ii)-(iii)'],
    ['42 CFR 2.11', '42 CFR', '2.11'],
    ['42 CFR Part 2', '42 CFR', 'Part 2'],
    ['42 USC 17935(c)', '42 USC', '17935(c)'],
    ['42 U.S.C. 1320d-6', '42 U.S.C.', '1320d-6'],
    ['89 FR 12472', '89 FR', '12472'],
    ['RFC 8785', 'RFC', '8785'],
    ['RFC 8785 §3.2.3', 'RFC 8785', '§3.2.3'],
    ['NIST SP 800-88', 'NIST SP', '800-88'],
    ['Cal. Health & Safety Code 1280.15', 'Cal. Health & Safety Code', '1280.15'],
    ['M.G.L. c.111 s.70', 'M.G.L. c.111', 's.70'],
  ])('reads %s and writes it again', (text, source, section) => {
    expect(cite(text)).toEqual({ source, section, confirmation: 'memory' })
    expect(formatCitation(cite(text))).toBe(text)
  })

  it.each([
    ['45 CFR § 164.312(b)', '45 CFR 164.312(b)'],
    ['45 CFR §164.312(b)', '45 CFR 164.312(b)'],
  ])('drops the section sign of a code: %s', (text, written) => expect(formatCitation(cite(text))).toBe(written))

  it.each([
    '',
    '164.312(b)',
    '45 CFR',
    '45 CFR ',
    '45 CFR 164.312(b',
    '45 CFR 164.312b)',
    '45 CFR 164.312()',
    '45 CFR 164.312 (b)',
    '45 CFR 164.312(b) ',
    ' 45 CFR 164.312(b)',
    '45  CFR 164.312(b)\n',
    '45 CFR Part two',
    'the rule',
    'x'.repeat(300),
    `${'a '.repeat(5000)}1`,
  ])('refuses %.40j', (text) => expect(isRefused(() => cite(text))).toBe(true))

  it('counts as given from memory unless somebody says that they read it', () => {
    expect(cite('45 CFR 164.312(b)').confirmation).toBe('memory')
    expect(cite('45 CFR 164.312(b)', { confirmation: 'text-seen', asOf: '2026-11-21', title: 'Audit controls' })).toEqual({
      source: '45 CFR',
      section: '164.312(b)',
      title: 'Audit controls',
      asOf: '2026-11-21',
      confirmation: 'text-seen',
    })
  })

  it('the marks stand for the five confirmations', () => {
    expect(Object.values(confirmationMarks)).toEqual(confirmations)
    expect(Object.keys(confirmationMarks).join('')).toBe('TSWMI')
  })

  const good = { source: '45 CFR', section: '164.312(b)', confirmation: 'text-seen' }
  it.each<[string, unknown]>([
    ['no confirmation', { source: '45 CFR', section: '164.312(b)' }],
    ['an unknown confirmation', { ...good, confirmation: 'sure' }],
    ['a day that does not exist', { ...good, asOf: '2026-02-30' }],
    ['a time for a day', { ...good, asOf: '2026-02-03T00:00:00.000Z' }],
    ['a script for an address', { ...good, url: 'javascript:alert(1)' }],
    ['an address without TLS', { ...good, url: 'http://www.ecfr.gov/' }],
    ['an unknown key', { ...good, page: 3 }],
    ['a section that its source cannot have', { ...good, section: 'x1' }],
    ['a text', '45 CFR 164.312(b)'],
  ])('as data, refuses %s', (_, value) => expect(isRefused(() => parseCitation(value))).toBe(true))

  it('as data, takes every field', () => {
    const full = {
      ...good,
      title: 'Audit controls',
      url: 'https://www.ecfr.gov/current/title-45/section-164.312',
      asOf: '2024-02-29',
    }
    expect(parseCitation(full)).toEqual(full)
  })

  it('reads back every citation that it can write', () => {
    const paragraph = fc.constantFrom('(a)', '(1)', '(ii)', '(C)', '(xvi)')
    const section = fc
      .tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 999 }), fc.array(paragraph, { maxLength: 5 }))
      .map(([part, number, paragraphs]) => `${part}.${number}${paragraphs.join('')}`)
    const source = fc.constantFrom('45 CFR', '42 CFR', '16 CFR', '42 USC', 'RFC', 'Tex. Gov. Code')
    fc.assert(
      fc.property(source, section, fc.constantFrom(...confirmations), (from, at, confirmation) => {
        const citation = citationSchema.parse({ source: from, section: at, confirmation })
        expect(cite(formatCitation(citation), { confirmation })).toEqual(citation)
      }),
    )
  })
})
