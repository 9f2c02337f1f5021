import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import type { Agency } from '../agreement/agreement.ts'
import { type ClockTrigger, hoursOf, type Period, triggers } from '../agreement/period.ts'
import { type ClockLink, composeClocks, OUTER_LIMIT_HOURS } from './clocks.ts'

const DAY = 24
const clause = (id: string) => ({ id, section: '4.2' })

const link = (by: string, to: string, more: Partial<ClockLink> = {}): ClockLink => ({
  by,
  to,
  agency: 'independent',
  from: 'discovery',
  ...more,
})

const two = (sub: Partial<ClockLink>, associate: Partial<ClockLink>) =>
  composeClocks([
    link('host', 'platform', { agreement: 'platform-host', clause: clause('terms.reportBreaches'), ...sub }),
    link('platform', 'practice', { agreement: 'practice-platform', clause: clause('terms.reportBreaches'), ...associate }),
  ])
const codes = (found: ReturnType<typeof composeClocks>) => found.findings.map(({ code, party }) => `${party}: ${code}`)

describe('the clocks of a chain, 164.410 and 164.404', () => {
  it('S118 sixty days below and sixty above, both agents: the covered entity learns on day 60 with none of its own left', () => {
    const found = two({ within: { days: 60 }, agency: 'agent' }, { within: { days: 60 }, agency: 'agent' })
    expect(found).toMatchObject({ learns: 60 * DAY, left: 0, unknownAgency: [] })
    expect(found.otherwise).toBeUndefined()
    expect(found.tiers).toEqual([
      { party: 'host', known: 0, deemed: 0, limit: 1440, left: 1440 },
      { party: 'platform', known: 1440, deemed: 0, limit: 1440, left: 0 },
      { party: 'practice', known: 1440, deemed: 0, limit: 1440, left: 0 },
    ])
    expect(codes(found)).toEqual(['platform: nothing-left', 'practice: nothing-left'])
  })

  it('S118 both independent: day 120, with all sixty days left', () => {
    const found = two({ within: { days: 60 } }, { within: { days: 60 } })
    expect(found).toMatchObject({ learns: 120 * DAY, left: 60 * DAY })
    expect(found.tiers[2]).toEqual({ party: 'practice', known: 2880, deemed: 2880, limit: 4320, left: 1440 })
    expect(codes(found)).toEqual(['platform: learns-late'])
  })

  it('S118 no window at all is the sixty days of the law', () => {
    const silent = two({}, {})
    const stated = two({ within: { days: 60 } }, { within: { days: 60 } })
    expect(silent.tiers).toEqual(stated.tiers)
    const longer = two({ within: { days: 90 } }, { within: { months: 4 } })
    expect(longer.tiers).toEqual(stated.tiers)
  })

  it('S99 thirty days below a promise of 72 hours from discovery: impossible for an agent, with both clauses and what is needed', () => {
    const found = two({ within: { days: 30 }, agency: 'agent' }, { within: { hours: 72 } })
    expect(found.findings).toEqual([
      {
        code: 'impossible-promise',
        says: expect.stringContaining('cannot be kept'),
        citation: '45 CFR 164.410(a)(2)',
        remedy: expect.any(String),
        party: 'platform',
        agreement: 'practice-platform',
        clause: { id: 'terms.reportBreaches', section: '4.2' },
        below: { link: 0, agreement: 'platform-host', clause: { id: 'terms.reportBreaches', section: '4.2' } },
        shorterThan: 72,
        learns: 720,
      },
    ])
    expect(found.tiers[1]).toEqual({ party: 'platform', known: 720, deemed: 0, limit: 72, left: -648 })
  })

  it('S99 with agency unknown it is impossible too, and the finding says on which reading', () => {
    const found = two({ within: { days: 30 }, agency: 'unknown' }, { within: { hours: 72 } })
    expect(found.findings.map(({ code, assuming }) => [code, assuming])).toEqual([['impossible-promise', 'agents']])
    expect(found.unknownAgency).toEqual([0])
    expect(found.learns).toBe(33 * DAY)
    expect(found.otherwise?.[2]?.known).toBe(33 * DAY)
  })

  it('S99 for an independent subcontractor it can be kept in law, and the covered entity learns on day 33', () => {
    const found = two({ within: { days: 30 } }, { within: { hours: 72 } })
    expect(found.findings).toMatchObject([{ code: 'learns-late', party: 'platform', learns: 33 * DAY, shorterThan: 72 }])
    expect(found.findings[0]).not.toHaveProperty('assuming')
    expect(found).toMatchObject({ learns: 33 * DAY, left: 60 * DAY })
  })

  it('S99 a window below that is shorter by an hour is enough', () => {
    for (const agency of ['agent', 'independent', 'unknown'] as const) {
      expect(codes(two({ within: { hours: 71 }, agency }, { within: { hours: 72 } }))).toEqual([])
      expect(codes(two({ within: { hours: 72 }, agency }, { within: { hours: 72 } })).length).toBe(1)
    }
  })

  it('the window at fault is named, two tiers down', () => {
    const found = composeClocks([
      link('model', 'host', { within: { days: 20 }, agency: 'agent' }),
      link('host', 'platform', { within: { hours: 24 }, agency: 'agent' }),
      link('platform', 'practice', { within: { hours: 48 } }),
    ])
    expect(found.findings.map(({ party, below, shorterThan }) => [party, below?.link, shorterThan])).toEqual([
      ['host', 0, 24],
      ['platform', 0, 48],
    ])
  })

  it.each(['confirmation', 'determination', undefined] as const)(
    'S118 a clock from %s is bounded by the sixty days of the law alone',
    (from) => {
      const found = two({ within: { hours: 24 }, from }, { within: { days: 60 } })
      expect(found.tiers[1]?.known).toBe(OUTER_LIMIT_HOURS)
      expect(codes(found)).toContain('host: open-trigger')
    },
  )

  it('awareness is what the party itself knows: an agent below starts no such clock, and the law still does', () => {
    const found = two({ within: { days: 30 }, agency: 'agent' }, { within: { hours: 72 }, from: 'awareness' })
    expect(found.tiers[1]).toEqual({ party: 'platform', known: 720, deemed: 0, limit: 792, left: 72 })
    expect(found.learns).toBe(792)
    expect(codes(found)).toEqual(['platform: learns-late'])
    const late = two({ within: { days: 60 }, agency: 'agent' }, { within: { hours: 72 }, from: 'awareness' })
    expect(late.learns).toBe(OUTER_LIMIT_HOURS)
  })

  it('where the law does not bind and the contract is silent, no bound is said', () => {
    const found = two({ lawApplies: false }, { within: { hours: 72 } })
    expect(found).toMatchObject({ learns: null, left: null })
    expect(found.tiers[1]).toEqual({ party: 'platform', known: null, deemed: null, limit: null, left: null })
    expect(found.findings).toMatchObject([{ code: 'learns-late', party: 'platform', learns: null, shorterThan: 72 }])
    const agent = two({ lawApplies: false, agency: 'agent' }, { within: { hours: 72 } })
    expect(agent.findings).toMatchObject([{ code: 'impossible-promise', party: 'platform', shorterThan: 72, learns: null }])
  })

  it('business days take the longest that they can, and promise the shortest', () => {
    const { shortest, longest } = hoursOf({ businessDays: 3 })
    const found = two({ within: { businessDays: 3 }, agency: 'agent' }, { within: { businessDays: 3 } })
    expect(found.tiers[1]).toMatchObject({ known: longest, limit: shortest })
    expect(codes(found)).toEqual(['platform: impossible-promise'])
  })
})

// Properties

const agency = fc.constantFrom<Agency>('agent', 'independent', 'unknown')
const period: fc.Arbitrary<Period> = fc.oneof(
  fc.record({ hours: fc.integer({ min: 1, max: 2000 }) }),
  fc.record({ days: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ businessDays: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ months: fc.integer({ min: 1, max: 3 }) }),
)
const part = fc.record(
  { within: period, from: fc.constantFrom<ClockTrigger>(...triggers), agency, lawApplies: fc.boolean() },
  { requiredKeys: ['agency'] },
)
const parts = fc.array(part, { minLength: 1, maxLength: 5 })
const linked = (all: readonly Partial<ClockLink>[]): ClockLink[] =>
  all.map((each, index) => ({ agency: 'unknown' as const, ...each, by: `p${index}`, to: `p${index + 1}` }))
const atLeast = (a: number | null, b: number | null) => (a ?? Number.POSITIVE_INFINITY) >= (b ?? Number.POSITIVE_INFINITY)
const left = (value: number | null) => value ?? Number.NEGATIVE_INFINITY

describe('properties of clocks', () => {
  it('nobody counts from later than they know, and nobody learns before the one below', () => {
    fc.assert(
      fc.property(parts, (all) => {
        const { tiers, otherwise = tiers } = composeClocks(linked(all))
        for (const reading of [tiers, otherwise]) {
          for (const [index, each] of reading.entries()) {
            expect(atLeast(each.known, each.deemed)).toBe(true)
            const below = reading[index - 1]
            if (below) expect(atLeast(each.known, below.known) && atLeast(each.deemed, below.deemed)).toBe(true)
          }
        }
      }),
      { numRuns: 150 },
    )
  })

  it('a longer window never makes anybody learn earlier', () => {
    fc.assert(
      fc.property(parts, fc.nat(), fc.integer({ min: 1, max: 500 }), (all, at, more) => {
        const place = at % all.length
        const was = all[place] as Partial<ClockLink>
        if (was.within === undefined) return
        const hours = hoursOf(was.within).longest + more
        const before = composeClocks(linked(all))
        const after = composeClocks(linked(all.map((each, index) => (index === place ? { ...each, within: { hours } } : each))))
        for (const [index, each] of after.tiers.entries())
          expect(atLeast(each.known, before.tiers[index]?.known ?? null)).toBe(true)
        expect(atLeast(after.learns, before.learns)).toBe(true)
        expect(left(after.left)).toBeLessThanOrEqual(left(before.left))
      }),
      { numRuns: 150 },
    )
  })

  it('an agent never leaves more than an independent contractor, and unknown is the worse of all readings', () => {
    fc.assert(
      fc.property(parts, (all) => {
        const open = all.flatMap((each, index) => (each.agency === 'unknown' ? [index] : []))
        const found = composeClocks(linked(all))
        const readings = Array.from({ length: 2 ** open.length }, (_, bits) =>
          composeClocks(
            linked(
              all.map((each, index) => {
                const place = open.indexOf(index)
                if (place < 0) return each
                return { ...each, agency: (bits >> place) & 1 ? ('agent' as const) : ('independent' as const) }
              }),
            ),
          ),
        )
        expect(left(found.left)).toBe(Math.min(...readings.map((each) => left(each.left))))
        expect(found.learns ?? Number.POSITIVE_INFINITY).toBe(
          Math.max(...readings.map((each) => each.learns ?? Number.POSITIVE_INFINITY)),
        )
        // What holds in no reading is not found, and what fails in one is.
        const impossible = (each: typeof found) => each.findings.some(({ code }) => code === 'impossible-promise')
        expect(impossible(found)).toBe(readings.some(impossible))
      }),
      { numRuns: 60 },
    )
  })

  it('one more tier below never leaves more', () => {
    fc.assert(
      fc.property(parts, part, (all, deeper) => {
        // A notification to the deepest party has no sender, so such a clause is read otherwise once there is one.
        if (all[0]?.from === 'notification') return
        const before = composeClocks(linked(all))
        const after = composeClocks(linked([deeper, ...all]))
        expect(left(after.left)).toBeLessThanOrEqual(left(before.left))
        expect(atLeast(after.learns, before.learns)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  it('a window that is made as short as a finding asks no longer has it', () => {
    fc.assert(
      fc.property(parts, (all) => {
        const bound = linked(all.map((each) => ({ ...each, lawApplies: true })))
        for (const finding of composeClocks(bound).findings) {
          if (finding.code !== 'impossible-promise' || finding.below === undefined || (finding.shorterThan ?? 0) <= 1) continue
          const hours = Math.floor((finding.shorterThan as number) - 1)
          const mended = bound.map((each, index) =>
            index === finding.below?.link ? { ...each, within: { hours }, from: 'discovery' as const } : each,
          )
          const again = composeClocks(mended).findings.find(
            ({ code, party }) => code === finding.code && party === finding.party,
          )
          // Another window may be too long as well; it is then the one that is named.
          if (again) expect(again.below?.link).not.toBe(finding.below.link)
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('links from outside', () => {
  it.each([
    [[]],
    ['x'],
    [null],
    [[link('a', 'b'), link('c', 'd')]],
    [[{ ...link('a', 'b'), agency: 'perhaps' }]],
    [[{ ...link('a', 'b'), within: { days: Number.NaN } }]],
    [[{ ...link('a', 'b'), within: { days: -1 } }]],
    [[{ ...link('a', 'b'), secret: 'Jane Doe' }]],
    [[{ by: 'Jane Doe', to: 'b', agency: 'agent' }]],
    [Array.from({ length: 101 }, (_, index) => link(`p${index}`, `p${index + 1}`))],
    [
      Object.create([], {
        0: {
          get: () => {
            throw new Error('Jane Doe')
          },
        },
        length: { value: 1 },
      }),
    ],
  ])('%# are refused with a typed error that holds none of it', async (value) => {
    const error = await refusal(() => composeClocks(value as never))
    expect(error.code).toBe('PHI_BAA_CHAIN')
    expect(JSON.stringify(error) + error.message + String(error.cause)).not.toContain('Jane')
  })

  it('a planted prototype changes nothing', () => {
    const before = two({ within: { days: 30 } }, {})
    Object.assign(Object.prototype, { lawApplies: false })
    try {
      expect(two({ within: { days: 30 } }, {})).toEqual(before)
    } finally {
      Reflect.deleteProperty(Object.prototype, 'lawApplies')
    }
  })
})
