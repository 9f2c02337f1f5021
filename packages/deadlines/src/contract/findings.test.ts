import { formatCitation } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { type FindingCode, findingCodes } from './finding.ts'
import { findings, findingsInMarkdown } from './findings.ts'
import { documentationPeriod, mediaThreshold, noticeLimits, rightLimits, secretaryThreshold } from './law.ts'
import { noticeElements, type Profile, type Statement } from './profile.ts'
import { profiles } from './profiles.ts'

const found = (profile: Profile) =>
  findings(profile).map(({ code, statements }) => [code, statements.map(({ requirement }) => requirement)])

const only = (profile: Profile, code: FindingCode) => {
  const [first, second] = findings(profile).filter((each) => each.code === code)
  expect(second).toBeUndefined()
  if (!first) throw new Error('no such finding')
  return { ...first, law: first.law.map(formatCitation) }
}

describe('the profile of a physical-therapy platform', () => {
  const profile = profiles.physicalTherapyPlatform

  test('S96, S99, S100, S103, S104, S126, S127, S128, S134: every finding, and no other', () => {
    expect(found(profile)).toEqual([
      ['C1', ['S99', 'S134']],
      ['C6', ['S100', 'S134']],
      ['extension-conditions', ['S126']],
      ['extension-not-stated', ['S127']],
    ])
  })

  test('C1: two starts in one document, and the law runs from discovery', () => {
    const finding = only(profile, 'C1')
    expect(finding).toMatchObject({ severity: 'error', law: ['45 CFR 164.410(a)(2)'] })
    expect(finding.statements).toEqual([
      { requirement: 'S99', quote: 'notified within 72 hours of discovery' },
      { requirement: 'S134', quote: 'notified within 72 hours of confirmation' },
    ])
    expect(finding.says).toContain('discovery (S99) and confirmation (S134)')
    expect(finding.says).toContain('reasonable diligence')
  })

  test('C6: the words of another law, and what is missing', () => {
    const finding = only(profile, 'C6')
    expect(finding).toMatchObject({ severity: 'error', law: ['45 CFR 164.410(c)', '45 CFR 164.404(c)'] })
    expect(finding.says).toContain('lacks: identification of each individual and contact procedures')
    expect(finding.says).toContain('"categories of affected individuals" and "likely consequences"')
    expect(finding.says).toContain('GDPR article 33')
  })

  test('C6: S100 alone also lacks the two dates, the types and the steps', () => {
    const { statements } = profile
    const alone = statements.filter(({ requirement, about }) => requirement !== 'S134' || about !== 'notice-content')
    expect(only({ ...profile, statements: alone }, 'C6').says).toContain(
      'lacks: identification of each individual, date of the breach, date of discovery, types of information, steps for individuals and contact procedures',
    )
  })
})

describe('the profile of a practice tool', () => {
  const profile = profiles.practiceTool

  test('S144, S157, S158, S159, S160: every finding, and no other', () => {
    expect(found(profile)).toEqual([
      ['C2', ['S144']],
      ['C3', ['S159']],
      ['C4', ['S160']],
      ['trigger-not-stated', ['S157']],
      ['trigger-not-stated', ['S158']],
      ['trigger-not-stated', ['S159']],
    ])
  })

  test('C2: shorter than the documentation period, and not called illegal', () => {
    const finding = only(profile, 'C2')
    expect(finding).toMatchObject({ severity: 'warning', law: ['45 CFR 164.316(b)(2)(i)', '45 CFR 164.530(j)'] })
    expect(finding.says).toContain('2 years is shorter than the documentation period of 6 years')
    expect(`${finding.says} ${finding.remedy}`).not.toMatch(/illegal|unlawful|violat/i)
  })

  test('C3: sixty days from discovery only for 500 or more', () => {
    const finding = only(profile, 'C3')
    expect(finding).toMatchObject({ severity: 'warning', law: ['45 CFR 164.408(b)', '45 CFR 164.408(c)'] })
    expect(finding.says).toContain('500 or more individuals')
    expect(finding.remedy).toContain('after the end of the calendar year of discovery')
  })

  test('C4: more than 500 residents of one State, not 500 people', () => {
    const finding = only(profile, 'C4')
    expect(finding).toMatchObject({ severity: 'warning', law: ['45 CFR 164.406(a)'] })
    expect(finding.says).toContain('more than 500 residents of one State or jurisdiction, not of people in total')
  })
})

/** A profile to which there is nothing to say. */
const clean: Profile = {
  id: 'clean',
  title: 'A profile',
  asOf: '2026-01-01',
  statements: [
    { requirement: 'BA', quote: 'q', about: 'breach-notice', to: 'covered-entity', within: { hours: 72 }, from: 'discovery' },
    { requirement: 'IND', quote: 'q', about: 'breach-notice', to: 'individuals', within: { days: 60 }, from: 'discovery' },
    {
      requirement: 'SEC',
      quote: 'q',
      about: 'breach-notice',
      to: 'secretary',
      within: { days: 60 },
      from: 'discovery',
      threshold: { of: 'individuals', comparator: 'at-least', count: 500 },
    },
    {
      requirement: 'LOG',
      quote: 'q',
      about: 'breach-notice',
      to: 'secretary',
      within: { days: 60 },
      from: 'end-of-calendar-year-of-discovery',
      threshold: { of: 'individuals', comparator: 'fewer-than', count: 500 },
    },
    {
      requirement: 'MEDIA',
      quote: 'q',
      about: 'breach-notice',
      to: 'media',
      within: { days: 60 },
      from: 'discovery',
      threshold: { of: 'residents-of-one-state', comparator: 'more-than', count: 500 },
    },
    {
      requirement: 'CONTENT',
      quote: 'q',
      about: 'notice-content',
      to: 'covered-entity',
      items: noticeElements.map((element) => ({ words: element, element })),
    },
    {
      requirement: 'LETTER',
      quote: 'q',
      about: 'notice-content',
      to: 'individuals',
      items: noticeElements.slice(1).map((element) => ({ words: element, element })),
    },
    { requirement: 'LOGS', quote: 'q', about: 'log-retention', keep: { years: 6 } },
    { requirement: 'DOCS', quote: 'q', about: 'documentation-retention', keep: { months: 72 } },
    ...(['access', 'amendment', 'accounting'] as const).map(
      (about): Statement => ({
        requirement: about.toUpperCase(),
        quote: 'q',
        about,
        within: { days: rightLimits[about].days },
        from: 'receipt',
        extension: { adds: { days: 30 }, times: 1, requires: ['written', 'reasons', 'promisedDate'] },
      }),
    ),
    { requirement: 'BACK', quote: 'q', about: 'accounting-period', covers: { years: 6 } },
    {
      requirement: 'SEND',
      quote: 'q',
      about: 'breach-notice',
      to: 'covered-entity',
      within: { businessDays: 2, calendar: 'us-federal' },
      from: 'discovery',
    },
    { requirement: 'TRAIN', quote: 'q', about: 'recurring', duty: 'training', every: { years: 1 }, events: ['on hire'] },
    { requirement: 'EVAL', quote: 'q', about: 'recurring', duty: 'evaluation', events: ['on significant change'] },
    { requirement: 'NPP', quote: 'q', about: 'recurring', duty: 'notice-reminder', every: { months: 36 } },
    { requirement: 'KEYS', quote: 'q', about: 'recurring', duty: 'key-rotation', every: { days: 90 } },
  ],
}

const changed = (requirement: string, more: object): Profile => ({
  ...clean,
  statements: clean.statements.map((each) => (each.requirement === requirement ? { ...each, ...more } : each)),
})
const without = (requirement: string): Profile => ({
  ...clean,
  statements: clean.statements.filter((each) => each.requirement !== requirement),
})
const extension = { adds: { days: 30 }, times: 1, requires: ['written', 'reasons', 'promisedDate'] }
const threshold = (of: string, comparator: string, count: number) => ({ threshold: { of, comparator, count } })

describe('a clean profile', () => {
  test('has no findings', () => {
    expect(findings(clean)).toEqual([])
    expect(findings({ ...clean, statements: [] })).toEqual([])
  })

  const mutations: readonly (readonly [string, object, FindingCode, string])[] = [
    // C1
    ['IND', { from: 'confirmation' }, 'C1', 'error'],
    ['IND', { from: 'awareness' }, 'C1', 'error'],
    ['IND', { from: 'determination' }, 'C1', 'error'],
    ['IND', { from: 'end-of-calendar-year-of-discovery' }, 'C1', 'error'],
    ['MEDIA', { from: 'confirmation' }, 'C1', 'error'],
    ['SEC', { from: 'confirmation' }, 'C1', 'error'],
    ['LOG', { from: 'confirmation' }, 'C1', 'error'],
    // C2
    ['LOGS', { keep: { years: 2 } }, 'C2', 'warning'],
    ['LOGS', { keep: { months: 71 } }, 'C2', 'warning'],
    ['LOGS', { keep: { days: 2190 } }, 'C2', 'warning'],
    ['LOGS', { keep: { days: 2191 } }, 'C2', 'warning'],
    // C3
    ['SEC', { threshold: undefined }, 'C3', 'warning'],
    ['SEC', threshold('individuals', 'more-than', 500), 'C3', 'error'],
    ['SEC', threshold('individuals', 'at-least', 501), 'C3', 'error'],
    ['SEC', threshold('individuals', 'at-least', 499), 'C3', 'note'],
    ['SEC', threshold('residents-of-one-state', 'at-least', 500), 'C3', 'error'],
    ['LOG', { threshold: undefined }, 'C3', 'error'],
    ['LOG', threshold('individuals', 'at-most', 500), 'C3', 'error'],
    ['LOG', threshold('individuals', 'fewer-than', 501), 'C3', 'error'],
    ['LOG', threshold('individuals', 'fewer-than', 499), 'C3', 'error'],
    // C4
    ['MEDIA', threshold('individuals', 'at-least', 500), 'C4', 'warning'],
    ['MEDIA', threshold('individuals', 'more-than', 500), 'C4', 'warning'],
    ['MEDIA', threshold('individuals', 'more-than', 501), 'C4', 'error'],
    ['MEDIA', threshold('residents-of-one-state', 'at-least', 500), 'C4', 'warning'],
    ['MEDIA', threshold('residents-of-one-state', 'more-than', 501), 'C4', 'error'],
    ['MEDIA', threshold('residents-of-one-state', 'at-most', 501), 'C4', 'error'],
    ['MEDIA', { threshold: undefined }, 'C4', 'warning'],
    // C6
    ...noticeElements.map(
      (gone) =>
        [
          'CONTENT',
          { items: noticeElements.filter((element) => element !== gone).map((element) => ({ words: element, element })) },
          'C6',
          'error',
        ] as const,
    ),
    ['LETTER', { items: [{ words: 'likely consequences', element: null }] }, 'C6', 'error'],
    // Periods
    ['IND', { within: { days: 61 } }, 'longer-than-the-law', 'error'],
    ['IND', { within: { months: 2 } }, 'longer-than-the-law', 'error'],
    ['IND', { within: { hours: 1441 } }, 'longer-than-the-law', 'error'],
    ['IND', { within: { businessDays: 60, calendar: 'us-federal' } }, 'longer-than-the-law', 'error'],
    ['SEC', { within: { days: 61 } }, 'longer-than-the-law', 'error'],
    ['LOG', { within: { months: 2 } }, 'longer-than-the-law', 'error'],
    ['ACCESS', { within: { months: 1 } }, 'longer-than-the-law', 'error'],
    ['ACCESS', { within: { days: 31 } }, 'longer-than-the-law', 'error'],
    ['AMENDMENT', { within: { days: 61 } }, 'longer-than-the-law', 'error'],
    ['NPP', { every: { days: 1096 } }, 'longer-than-the-law', 'error'],
    ['NPP', { every: { months: 37 } }, 'longer-than-the-law', 'error'],
    ['DOCS', { keep: { years: 5 } }, 'shorter-than-the-law', 'error'],
    ['BACK', { covers: { years: 3 } }, 'shorter-than-the-law', 'error'],
    // Extensions
    ['ACCESS', { extension: { ...extension, adds: { days: 31 } } }, 'extension-beyond-the-law', 'error'],
    ['ACCESS', { extension: { ...extension, adds: { months: 1 } } }, 'extension-beyond-the-law', 'error'],
    ['ACCESS', { extension: { ...extension, times: 2 } }, 'extension-beyond-the-law', 'error'],
    ['ACCOUNTING', { extension: { ...extension, requires: ['written', 'reasons'] } }, 'extension-conditions', 'warning'],
    ['AMENDMENT', { extension: undefined }, 'extension-not-stated', 'note'],
    // The rest
    ['ACCESS', { from: 'confirmation' }, 'not-from-receipt', 'error'],
    ['SEND', { within: { businessDays: 2 } }, 'business-days-without-calendar', 'warning'],
    ['IND', { from: undefined }, 'trigger-not-stated', 'note'],
    ['TRAIN', { events: undefined }, 'event-not-stated', 'warning'],
    ['EVAL', { events: [], every: { years: 1 } }, 'event-not-stated', 'warning'],
  ]

  test.each(mutations.map((each, index) => [index, each[2], each[0], each] as const))(
    'mutation %i: exactly %s at %s',
    (_, code, requirement, [, more, , severity]) => {
      const result = findings(changed(requirement, more))
      expect(result.map((each) => [each.code, each.severity])).toEqual([[code, severity]])
      expect(result[0]?.statements.map((each) => each.requirement)).toEqual([requirement])
    },
  )

  test('C1: a second clock with another start, in any statement', () => {
    const second = changed('SEND', { from: 'detection' })
    expect(found(second)).toEqual([['C1', ['BA', 'SEND']]])
  })

  test('every code has a mutation that shows it', () => {
    expect(new Set(mutations.map(([, , code]) => code))).toEqual(new Set(findingCodes))
  })

  test('stricter than the law, or said in other words, is no finding', () => {
    const fine: readonly (readonly [string, object])[] = [
      ['IND', { within: { days: 30 } }],
      ['IND', { within: { hours: 1440 } }],
      ['IND', { within: { months: 1 } }],
      ['IND', { within: { businessDays: 35, calendar: 'us-federal' } }],
      ['SEC', threshold('individuals', 'more-than', 499)],
      ['LOG', threshold('individuals', 'at-most', 499)],
      ['LOG', { from: 'discovery' }],
      ['MEDIA', threshold('residents-of-one-state', 'at-least', 501)],
      ['LOGS', { keep: { years: 7 } }],
      ['LOGS', { keep: { days: 2192 } }],
      ['NPP', { every: { years: 3 } }],
      ['NPP', { every: { years: 1 } }],
      ['ACCESS', { from: undefined }],
      ['ACCESS', { within: { days: 15 } }],
      ['ACCESS', { extension: { ...extension, adds: { days: 15 } } }],
      ['TRAIN', { duty: 'of the house', events: [] }],
    ]
    for (const [requirement, more] of fine) expect(found(changed(requirement, more)), JSON.stringify(more)).toEqual([])
  })

  test('leaving a statement out is no finding', () => {
    for (const { requirement } of clean.statements) expect(found(without(requirement))).toEqual([])
  })

  test('the order of the statements changes nothing but the order of the findings', () => {
    const profile = { ...clean, statements: Object.values(profiles).flatMap(({ statements }) => statements) }
    const keys = (of: Profile) =>
      findings(of)
        .map(({ code, statements }) => `${code} ${statements.map(({ quote }) => quote).sort()}`)
        .sort()
    const expected = keys(profile)
    fc.assert(
      fc.property(fc.shuffledSubarray([...profile.statements], { minLength: profile.statements.length }), (statements) => {
        expect(keys({ ...profile, statements })).toEqual(expected)
      }),
    )
  })
})

test('the numbers come from the federal rules', () => {
  expect(Object.fromEntries(Object.entries(noticeLimits).map(([to, { days }]) => [to, days]))).toEqual({
    'covered-entity': 60,
    individuals: 60,
    secretary: 60,
    media: 60,
  })
  expect(secretaryThreshold).toMatchObject({ least: 500, annualDays: 60 })
  expect(mediaThreshold.least).toBe(501)
  expect(Object.values(rightLimits).map(({ days, extension: { adds } }) => [days, adds.amount])).toEqual([
    [30, 30],
    [60, 30],
    [60, 30],
  ])
  expect(documentationPeriod.years).toBe(6)
})

describe('in Markdown', () => {
  test('each finding with its quotes, its law and its remedy', () => {
    const text = findingsInMarkdown(findings(profiles.practiceTool))
    expect(text).toContain('### C2 (warning)\n\n- S144: "Complete activity logging (2-year retention)"\n')
    expect(text).toContain('Law: 45 CFR 164.316(b)(2)(i); 45 CFR 164.530(j)\n')
    expect(text.match(/^### /gm)).toHaveLength(6)
    expect(text.match(/^Remedy: /gm)).toHaveLength(6)
    expect(findingsInMarkdown([])).toBe('No findings.\n')
  })

  test('quotes bring no markup and no lines of their own', () => {
    const hostile = '**x** [a](javascript:1) <img src=x onerror=1> `code` | cell'
    const text = findingsInMarkdown(findings(changed('LOGS', { keep: { years: 1 }, quote: hostile, requirement: '<b>' })))
    expect(text).not.toMatch(/(?<!\\)[<[`|*]/)
    expect(text.split('\n').filter((line) => line.startsWith('#'))).toHaveLength(1)
  })
})

describe('what is refused', () => {
  test('profiles that are none, with a typed error that holds no value', async () => {
    const secret = 'Jane Doe'
    const bad: readonly unknown[] = [
      null,
      undefined,
      [],
      'profile',
      { ...clean, extra: 1 },
      { ...clean, asOf: '2026-13-01' },
      { ...clean, statements: null },
      changed('LOGS', { keep: { years: 0 } }),
      changed('LOGS', { keep: { years: Number.NaN } }),
      changed('LOGS', { keep: { years: 6, months: 1 } }),
      changed('LOGS', { keep: {} }),
      changed('LOGS', { about: secret }),
      changed('LOGS', { quote: `${secret}\n${secret}` }),
      changed('SEC', threshold('individuals', 'at-least', -1)),
      changed('SEC', threshold('individuals', secret, 1)),
      changed('IND', { from: 'toString' }),
      changed('CONTENT', { items: [{ words: secret, element: secret }] }),
      JSON.parse('{"__proto__": {"statements": []}, "id": "a", "title": "a", "asOf": "2026-01-01"}'),
    ]
    for (const each of bad) {
      const error = await refusal(() => findings(each as Profile))
      expect(error.code).toBe('PHI_DEADLINES_CONTRACT')
      expect(`${error.message} ${error.path} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain('Jane')
    }
  })
})
