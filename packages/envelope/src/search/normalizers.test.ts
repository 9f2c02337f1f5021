import { isPhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { MAX_VALUE, type Normalizer, normalForm } from './normalizer.ts'
import { normalizers } from './normalizers.ts'

const { email, phone, name, date, mrn, text, exact } = normalizers
const long = process.env.PHI_LONG === '1'

/** What each normaliser makes of a spelling, by its name; null for a refusal. */
const known: readonly [Normalizer, readonly (readonly [string, string | null])[]][] = [
  [
    email(),
    [
      ['Ann.Lee@Example.ORG', 'ann.lee@example.org'],
      ['\u00a0ann.lee@example.org\t', 'ann.lee@example.org'],
      ['ann.lee+clinic@example.org', 'ann.lee+clinic@example.org'],
      ['ann.lee@localhost', 'ann.lee@localhost'],
      ['Zoe\u0308@example.org', 'zo\u00eb@example.org'],
      ['ΑΣ@example.org', 'ασ@example.org'],
      ['ann.lee', null],
      ['@example.org', null],
      ['ann@', null],
      ['ann@lee@example.org', null],
      ['ann lee@example.org', null],
      ['ann\u200blee@example.org', null],
      ['ann@example..org', null],
      ['ann@example.org.', null],
      [`${'a'.repeat(64)}@example.org`, `${'a'.repeat(64)}@example.org`],
      [`${'a'.repeat(65)}@example.org`, null],
      [`a@${'b'.repeat(63)}.${'c'.repeat(190)}.org`, null],
    ],
  ],
  [
    email({ tags: 'strip' }),
    [
      ['Ann+a+b@example.org', 'ann@example.org'],
      ['ann@example.org', 'ann@example.org'],
      ['+a@example.org', null],
    ],
  ],
  [
    phone(),
    [
      ['(202) 555-0123', '+12025550123'],
      ['202.555.0123', '+12025550123'],
      ['1-202-555-0123', '+12025550123'],
      ['+1 202 555 0123', '+12025550123'],
      ['２０２５５５０１２３', '+12025550123'],
      ['202\u2011555\u20130123', '+12025550123'],
      ['+44 (0)20 7946 0958', '+442079460958'],
      ['011 44 20 7946 0958', '+442079460958'],
      ['+683 4000', '+6834000'],
      ['+999 999 999 999 999', '+999999999999999'],
      ['+999 999 999 999 9999', null],
      ['555-0123', null],
      ['911', null],
      ['211-555-0123', null],
      ['102-555-0123', null],
      ['202-155-0123', null],
      ['+1 202 555 012', null],
      ['202-555-0123 x4', null],
      ['1-800-FLOWERS', null],
      ['++12025550123', null],
      ['+0 20 7946 0958', null],
      ['unknown', null],
    ],
  ],
  [
    phone({ countryCode: '44', trunkPrefix: '0' }),
    [
      ['020 7946 0958', '+442079460958'],
      ['(0)20 7946 0958', '+442079460958'],
      ['0044 (0)20 7946 0958', '+442079460958'],
      ['+1 202 555 0123', '+12025550123'],
      // Without the 0 nobody can tell an area code from a country code.
      ['44 20 7946 0958', null],
    ],
  ],
  [phone({ countryCode: '45', trunkPrefix: '' }), [['32 12 34 56', '+4532123456']]],
  [
    name(),
    [
      ['O’Brien', 'obrien'],
      ["O'BRIEN", 'obrien'],
      ['Smith-Jones', 'smith jones'],
      ['  Smith,   Jones ', 'smith jones'],
      ['Müller', 'muller'],
      ['Mu\u0308ller', 'muller'],
      ['Łukasz Żółć', 'lukasz zolc'],
      ['Ærøskøbing', 'aeroskobing'],
      ['STRASSE', 'strasse'],
      ['Straße', 'strasse'],
      ['ẞ', 'ss'],
      ['Ｊｏｈｎ', 'john'],
      ['Ann\u200bLee', 'annlee'],
      ['ΟΔΥΣΣΕΥΣ.Α', 'οδυσσευσ α'],
      ['Алексе\u0301й', 'алексеи'],
      ['محمّد', 'محمد'],
      ['राम', 'राम'],
      ['がく', 'がく'],
      ['김철수', '김철수'],
      ['John Smith 3rd', 'john smith 3rd'],
      ['--', null],
      ['\u0301', null],
      ['\u0378', null],
    ],
  ],
  [
    mrn(),
    [
      [' 00-123 ab ', '00123AB'],
      ['00123AB', '00123AB'],
      ['A\u2013B\u00a0C/7', 'ABC/7'],
      ['12３', null],
      ['МRN-1', null],
      ['', null],
      ['a'.repeat(64), 'A'.repeat(64)],
      ['a'.repeat(65), null],
    ],
  ],
  [
    mrn({ leadingZeros: 'strip' }),
    [
      ['0042', '42'],
      ['42', '42'],
      ['000', '0'],
    ],
  ],
  [
    text(),
    [
      [' New\t York ', 'new york'],
      ['ＮＥＷ　ＹＯＲＫ', 'new york'],
      ['Straße', 'strasse'],
      ['Café', 'café'],
      ['a-b', 'a-b'],
      ['\u0378', null],
      [' ', null],
    ],
  ],
  [
    exact(),
    [
      [' a ', ' a '],
      ['e\u0301', 'e\u0301'],
      ['', null],
    ],
  ],
]

const normalOf = (normalizer: Normalizer<never>, value: unknown): string | null => {
  try {
    return normalForm(normalizer as Normalizer<unknown>, value)
  } catch (error) {
    if (isPhiError(error, 'PHI_ENVELOPE_INDEX')) return null
    throw error
  }
}

describe('normalisers', () => {
  for (const [normalizer, cases] of known) {
    it(`${normalizer.name}: known spellings, and what is refused`, () => {
      expect(cases.map(([value]) => [value, normalOf(normalizer, value)])).toEqual(cases)
    })
  }

  it('date/1 takes days, as text or as a midnight, and nothing else', () => {
    const utc = date()
    const days = ['1980-02-29', '0001-01-01', '9999-12-31', ' 2001-12-31 ']
    expect(days.map((day) => normalOf(utc, day))).toEqual(days.map((day) => day.trim()))
    const none = [
      '1981-02-29',
      '2000-13-01',
      '2000-00-10',
      '0000-01-01',
      '03/04/1980',
      '1980-2-9',
      '19800229',
      '1980-02-29T00:00:00Z',
      '',
    ]
    expect(none.map((day) => normalOf(utc, day))).toEqual(none.map(() => null))
    expect(normalOf(utc, new Date('1980-02-29T00:00:00.000Z'))).toBe('1980-02-29')
    expect(normalOf(utc, new Date('0050-02-03T00:00:00.000Z'))).toBe('0050-02-03')
    expect(normalOf(utc, new Date('1980-02-29T00:00:00.001Z'))).toBe(null)
    expect(normalOf(utc, new Date(Number.NaN))).toBe(null)
    expect(normalOf(utc, new Date('+010000-01-01T00:00:00.000Z'))).toBe(null)
    expect(normalOf(utc, 19800229)).toBe(null)
    const local = date({ dates: 'local' })
    expect(normalOf(local, new Date(1980, 1, 29))).toBe('1980-02-29')
    expect(normalOf(local, new Date(1980, 1, 29, 0, 0, 1))).toBe(null)
  })

  it('name the rule: what changes the result changes the name, and what only reads it does not', () => {
    expect([email(), email({ tags: 'strip' }), mrn(), mrn({ leadingZeros: 'strip' })].map((each) => each.name)).toEqual([
      'email/1',
      'email-untagged/1',
      'mrn/1',
      'mrn-unpadded/1',
    ])
    expect(phone({ countryCode: '44', trunkPrefix: '0' }).name).toBe(phone().name)
    expect(date({ dates: 'local' }).name).toBe(date().name)
  })

  it('refuse options that they do not know', async () => {
    const wrong: (() => unknown)[] = [
      () => email({ tags: 'drop' as 'keep' }),
      () => phone({ countryCode: '44' }),
      () => phone({ countryCode: '+44', trunkPrefix: '0' }),
      () => phone({ internationalPrefix: 'x' }),
      () => phone({ trunkPrefix: '12345' }),
      () => date({ dates: 'here' as 'utc' }),
      () => mrn({ leadingZeros: 'maybe' as 'keep' }),
    ]
    for (const make of wrong) expect((await refusal(make)).code).toBe('PHI_ENVELOPE_OPTIONS')
  })

  it('change nothing in what they have made: over the code points of Unicode, between letters and alone', () => {
    const step = long ? 3 : 37
    const wrong: string[] = []
    for (const normalizer of [name(), text(), email()]) {
      for (let code = 0; code < 0x1ffff; code += code < 0x3000 ? 1 : step) {
        if (code >= 0xd800 && code <= 0xdfff) continue
        const letter = String.fromCodePoint(code)
        const values = normalizer.name === 'email/1' ? [`${letter}x@${letter}y`] : [letter, `Α${letter}Β`, `a${letter}`]
        for (const value of values) {
          const once = normalOf(normalizer, value)
          if (once !== null && normalOf(normalizer, once) !== once) wrong.push(`${normalizer.name} ${code.toString(16)}`)
        }
      }
    }
    expect(wrong).toEqual([])
  })

  it('change nothing in what they have made: over texts', () => {
    const unit = fc.constantFrom('grapheme', 'binary', 'grapheme-composite') as fc.Arbitrary<'grapheme' | 'binary'>
    const texts = unit.chain((of) => fc.string({ unit: of, maxLength: 30 }))
    fc.assert(
      fc.property(texts, fc.constantFrom(name(), text(), email(), phone(), mrn(), exact()), (value, normalizer) => {
        const once = normalOf(normalizer, value)
        fc.pre(once !== null)
        return normalOf(normalizer, once) === once
      }),
      { numRuns: long ? 20_000 : 1500 },
    )
  })

  it('do not care how a text is composed, or in which case it came', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constantFrom(name(), text()), (value, normalizer) => {
        const normal = normalOf(normalizer, value)
        for (const spelling of [value.normalize('NFD'), value.normalize('NFC'), value.normalize('NFKC').toLowerCase()]) {
          expect(normalOf(normalizer, spelling)).toBe(normal)
        }
      }),
      { numRuns: long ? 20_000 : 1000 },
    )
  })

  it('keep letters that look alike apart: a Cyrillic а does not find a Latin a', () => {
    expect(normalOf(name(), 'аnn')).not.toBe(normalOf(name(), 'ann'))
    expect(normalOf(email(), 'аnn@example.org')).not.toBe(normalOf(email(), 'ann@example.org'))
  })

  it('refuse what is no value, without saying what it was', async () => {
    const secret = 'Hyperion'
    const hostile: readonly unknown[] = [
      null,
      undefined,
      42,
      Symbol(secret),
      { toString: () => secret },
      [secret],
      `${secret}\ud800`,
      `\udc00${secret}`,
      `${secret}${'x'.repeat(MAX_VALUE)}`,
      'x'.repeat(2 ** 26),
    ]
    for (const normalizer of [email(), phone(), name(), mrn(), text(), exact(), date()]) {
      for (const value of hostile) {
        const error = await refusal(() => normalForm(normalizer as Normalizer<unknown>, value))
        expect(error.code).toBe('PHI_ENVELOPE_INDEX')
        expect(`${error.message} ${error.path} ${JSON.stringify(error)} ${error.stack}`).not.toContain(secret)
      }
    }
  })

  it('take one of your own, and let nothing of it into an error', async () => {
    const payer: Normalizer<number> = { name: 'payer-id/1', normalize: (id) => String(id % 1000) }
    expect(normalForm(payer, 5042)).toBe('42')
    const broken: readonly Normalizer[] = [
      {
        name: 'throws/1',
        normalize: (value) => {
          throw new Error(`bad ${value}`)
        },
      },
      { name: 'number/1', normalize: () => 42 as unknown as string },
      { name: 'empty/1', normalize: () => '' },
      { name: 'lone/1', normalize: () => '\ud800' },
      { name: 'huge/1', normalize: () => 'x'.repeat(70_000) },
    ]
    for (const normalizer of broken) {
      const error = await refusal(() => normalForm(normalizer, 'Hyperion'))
      expect(error.code).toBe('PHI_ENVELOPE_INDEX')
      expect(error.cause).toBe(undefined)
      expect(error.message).not.toContain('Hyperion')
    }
  })

  it('take time that grows with the text and no faster', () => {
    const worst = [
      '\u0315'.repeat(MAX_VALUE),
      `+${'('.repeat(MAX_VALUE - 1)}`,
      `${'a.'.repeat(2000)}@a`,
      ' '.repeat(MAX_VALUE),
      '\ufdfa'.repeat(MAX_VALUE),
    ]
    // A rule that backtracks would outlast the test's own time.
    for (const normalizer of [email(), phone(), name(), mrn(), text()]) {
      // Refused, or a text: U+FDFA alone becomes eighteen characters.
      for (const value of worst) expect(normalOf(normalizer, value)?.length ?? 0).toBeLessThanOrEqual(18 * MAX_VALUE)
    }
  })
})
