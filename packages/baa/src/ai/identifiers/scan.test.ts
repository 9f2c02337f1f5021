import { covers, isDataClass } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type IdentifierKind, identifierKinds, passesLuhn } from './patterns.ts'
import { scanText } from './scan.ts'

const kinds = (text: string) => [...new Set(scanText(text).map((each) => each.kind))].sort()
/** What a finding points at, for tests only. */
const pointed = (text: string) => scanText(text).map(({ kind, start, end }) => [kind, text.slice(start, end)])

describe('S42 a scan finds identifiers by their form', () => {
  const cases: readonly [IdentifierKind, string, string][] = [
    ['ssn', 'His number is 123-45-6789.', '123-45-6789'],
    ['ssn', 'SSN: 123456789', 'SSN: 123456789'],
    ['ssn', 'Nr 123\u201145\u20116789 with hyphens that do not break', '123\u201145\u20116789'],
    ['ssn', 'Nr １２３-４５-６７８９ in full width', '１２３-４５-６７８９'],
    ['ssn', 'Nr 123-\u200b45-6789 with a space that is not seen', '123-\u200b45-6789'],
    ['phone', 'call (202) 555-0123 today', '(202) 555-0123'],
    ['phone', 'call +1 202.555.0123', '+1 202.555.0123'],
    ['phone', 'call 2025550123 now', '2025550123'],
    ['phone', 'call +44 20 7946 0958', '+44 20 7946 0958'],
    ['email', 'write to jane.roe@mail.example.org!', 'jane.roe@mail.example.org'],
    ['email', 'write to jane＠example．org', 'jane＠example．org'],
    ['mrn', 'MRN: 00123456', 'MRN: 00123456'],
    ['mrn', 'medical record number A-99120', 'medical record number A-99120'],
    ['plan-id', 'member ID: XYZ1234567', 'member ID: XYZ1234567'],
    ['date', 'born 1953-04-12 in', '1953-04-12'],
    ['date', 'born 4/12/1953 in', '4/12/1953'],
    ['date', 'born 12.04.53 in', '12.04.53'],
    ['date', 'born 19530412 in', '19530412'],
    ['date', 'seen on April 12th, 2026 for', 'April 12th, 2026'],
    ['date', 'seen on 12 April 2026 for', '12 April 2026'],
    ['date', 'since May 2024 on', 'May 2024'],
    ['age-over-89', 'a 93-year-old man', '93-year-old'],
    ['age-over-89', 'aged 101, lives', 'aged 101'],
    ['url', 'see https://example.org/p/12?x=1 there', 'https://example.org/p/12?x=1'],
    ['ip', 'from 192.0.2.17 at', '192.0.2.17'],
    ['ip', 'from 2001:db8::1 at', '2001:db8::1'],
    ['device', 'pump 00:1B:44:11:3A:B7 was', '00:1B:44:11:3A:B7'],
    ['card', 'paid with 4111 1111 1111 1111 at', '4111 1111 1111 1111'],
    ['street', 'lives at 1600 Elm Ridge Road with', '1600 Elm Ridge Road'],
    ['zip', 'in Dayton, OH 45402-1234 since', 'OH 45402-1234'],
  ]
  it.each(cases)('S42 %s in %s', (kind, text, part) => {
    expect(pointed(text)).toContainEqual([kind, part])
  })

  it('S42 leaves clinical figures alone', () => {
    const note =
      'BP 120/80, pulse 72, pain 7/10, temp 98.6, 30 mg at 10:30:45, ratio 1:2:3, PHQ-9 14, ICD F41.1, aged 45, 3 x 10 reps, 2026 goals, may 5 be enough?'
    expect(kinds(note).filter((each) => each !== 'date')).toEqual([])
    expect(kinds('BP 120/80, pain 7/10, 10:30:45, 500 mg, aged 89, 4111 1111 1111 1112')).toEqual([])
  })

  it('S42 a card number has a check digit, and is 13 to 19 digits long', () => {
    expect(passesLuhn('4111111111111111')).toBe(true)
    expect(passesLuhn('4111111111111112')).toBe(false)
    expect(passesLuhn('0')).toBe(false)
  })

  it('S42 finds what it is told of, as a word of its own and whatever its case', () => {
    const known = [{ class: 'phi.identity.name', text: 'Jane Roe' } as const]
    const text = 'JANE ROE said, and jane\u00a0roe meant it; Jane Roenberg did not.'
    expect(scanText(text, known).map(({ start, end }) => text.slice(start, end))).toEqual(['JANE ROE', 'jane\u00a0roe'])
    expect(scanText('İstanbul and Jane Roe', known)).toHaveLength(1)
    // Without being told, a name has no form.
    expect(scanText('Jane Roe came.')).toEqual([])
  })

  it('S42 every kind names a class of identifiers of the taxonomy', () => {
    for (const each of Object.values(identifierKinds)) {
      expect(isDataClass(each) && covers('phi.identity', each)).toBe(true)
    }
  })

  it('S42 a finding holds places and no text', () => {
    const text = 'call (202) 555-0123 or jane@example.org'
    expect(JSON.stringify(scanText(text))).not.toMatch(/555|jane|example/)
    expect(scanText(text)[0]).toEqual({ kind: 'phone', class: 'phi.identity.phone', start: 5, end: 19 })
  })
})

describe('properties', () => {
  it('S42 an identifier between any words is found, at its place', () => {
    const words = fc.array(fc.constantFrom('the', 'patient', 'said', 'that', 'é', '😀', '\u200b', '.', ','), { maxLength: 8 })
    const digits = (length: number) =>
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length }).map((all) => all.join(''))
    const ssn = fc.tuple(digits(3), digits(2), digits(4)).map((parts) => parts.join('-'))
    fc.assert(
      fc.property(words, ssn, words, (before, number, after) => {
        const text = `${before.join(' ')} ${number} ${after.join(' ')}`
        const found = scanText(text).filter((each) => each.kind === 'ssn')
        expect(found.map(({ start, end }) => text.slice(start, end))).toEqual([number])
      }),
      { numRuns: 200 },
    )
  })

  it('S42 offsets always lie inside the text, in order', () => {
    const piece = fc.constantFrom(
      '12',
      '3',
      '-',
      '/',
      '.',
      ':',
      '@',
      'a',
      ' ',
      '+',
      '(',
      ')',
      'MRN',
      'May',
      'http://',
      '\u200b',
      '４',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('')
        let last = 0
        for (const { start, end } of scanText(text)) {
          expect(start).toBeGreaterThanOrEqual(last)
          expect(end).toBeGreaterThan(start)
          expect(end).toBeLessThanOrEqual(text.length)
          last = start
        }
      }),
      { numRuns: 400 },
    )
  })
})

describe('hostile texts', () => {
  it('S42 ends, whatever the text: work that grew with the square of the length would run into the time limit', () => {
    const texts = ['1', '1-', 'a.', 'a@', 'A ', '1 A ', ':', '1.', 'MRN ', 'x@y.', '+2', 'May ', '9 '].map((each) =>
      each.repeat(Math.ceil(100_000 / each.length)),
    )
    for (const text of texts) expect(Array.isArray(scanText(text))).toBe(true)
  })
})
