import { type ClockLink, composeClocks } from '@phi/baa'
import { breachChain, type ChainLink } from '@phi/deadlines'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

// Two packages count the same clocks in two ways: @phi/baa from the windows of agreements, @phi/deadlines from the days of one breach. If
// everybody takes the whole of a window, the days have to be the same.

const START = Date.parse('2026-03-01T00:00:00.000Z')
const DAY = 86_400_000
const dayOf = (hours: number): string => new Date(START + hours * 3_600_000).toISOString().slice(0, 10)
const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / DAY

const party = fc.record(
  {
    days: fc.integer({ min: 1, max: 60 }),
    agency: fc.constantFrom('agent' as const, 'independent' as const, 'unknown' as const),
  },
  { requiredKeys: ['agency'] },
)
const parties = fc.array(party, { minLength: 1, maxLength: 4 })
type Parties = readonly { readonly days?: number; readonly agency: 'agent' | 'independent' | 'unknown' }[]

const clocksOf = (all: Parties) =>
  composeClocks(
    all.map(
      ({ days, agency }, index): ClockLink => ({
        by: `p${index}`,
        to: `p${index + 1}`,
        agency,
        from: 'discovery',
        ...(days === undefined ? {} : { within: { days } }),
      }),
    ),
  )

/** The same chain as days: the first discovers on 1 March, and everybody tells on the last day that composeClocks gives them. */
function daysOf(all: Parties, told: readonly number[]): readonly ChainLink[] {
  const links = all.map(
    ({ agency }, index): ChainLink => ({
      role: index === all.length - 1 ? 'business-associate' : 'subcontractor',
      ...(index === 0 ? { discovered: dayOf(0) } : {}),
      notified: dayOf(told[index + 1] as number),
      agentOfNext: agency === 'unknown' ? 'unknown' : agency === 'agent',
    }),
  )
  return [...links, { role: 'covered-entity' }]
}

const individual = (found: ReturnType<typeof breachChain>) =>
  found.at(-1)?.deadlines.find(({ duty }) => duty === 'breach.individual')

describe('clocks of agreements and deadlines of a breach', () => {
  it('S99 S118 the same discovery, the same outer date and the same days left, for every party of a random chain', () => {
    fc.assert(
      fc.property(parties, (drawn) => {
        const all = drawn.map((each) => (each.agency === 'unknown' ? { ...each, agency: 'agent' as const } : each))
        const { tiers, left } = clocksOf(all)
        const found = breachChain(
          daysOf(
            all,
            tiers.map(({ known }) => known as number),
          ),
        )
        expect(found.map(({ discovery }) => discovery?.on)).toEqual(tiers.map(({ deemed }) => dayOf(deemed as number)))
        const covered = tiers.at(-1) as (typeof tiers)[number]
        expect(individual(found)?.due).toBe(dayOf(covered.limit as number))
        expect(found.at(-1)?.daysLeftAtNotice).toBe((left as number) / 24)
        // Where a contract says no window, the law's own date is the limit.
        for (const [index, each] of all.entries()) {
          const own = found[index]?.deadlines[0]
          const law = daysBetween(dayOf(tiers[index]?.deemed as number), own?.due as string)
          expect(law).toBe(60)
          if (each.days === undefined) expect(own?.due).toBe(dayOf(tiers[index]?.limit as number))
        }
      }),
      { numRuns: 150 },
    )
  })

  it('S118 with agency unknown, both plan for the reading that leaves the least', () => {
    fc.assert(
      fc.property(parties, (all) => {
        const { tiers, left, otherwise } = clocksOf(all)
        const found = breachChain(
          daysOf(
            all,
            tiers.map(({ known }) => known as number),
          ),
        )
        expect(found.map(({ discovery }) => discovery?.on)).toEqual(tiers.map(({ deemed }) => dayOf(deemed as number)))
        expect(found.at(-1)?.daysLeftAtNotice).toBe((left as number) / 24)
        const independent = all.map((each) => (each.agency === 'unknown' ? { ...each, agency: 'independent' as const } : each))
        expect(clocksOf(independent).tiers).toEqual(otherwise ?? tiers)
      }),
      { numRuns: 150 },
    )
  })

  it.each([
    ['agent', '2026-03-01', '2026-04-30', 0],
    ['independent', '2026-06-29', '2026-08-28', 60],
  ] as const)('S118 sixty days below and sixty above, both %s', (agency, discovered, due, left) => {
    const all = [
      { days: 60, agency },
      { days: 60, agency },
    ]
    const clocks = clocksOf(all)
    const found = breachChain(
      daysOf(
        all,
        clocks.tiers.map(({ known }) => known as number),
      ),
    )
    expect([found.at(-1)?.discovery?.on, individual(found)?.due, found.at(-1)?.daysLeftAtNotice]).toEqual([
      discovered,
      due,
      left,
    ])
    expect(clocks.left).toBe(left * 24)
  })
})
