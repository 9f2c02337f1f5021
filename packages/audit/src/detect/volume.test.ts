import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DAY,
  facts,
  HOUR,
  type Input,
  MINUTE,
  MONDAY,
  patients,
  read,
  recordsOf,
  runOne,
  staffMember,
} from '../../test/detect/records.ts'
import { bulkAccess, detect, massOutput } from './index.ts'

/** Working days on which the people open so many records each. */
function days(count: number, people: Readonly<Record<string, number>>, start = MONDAY): Input[] {
  const out: Input[] = []
  for (let day = 0, done = 0; done < count; day++) {
    const at = start + day * DAY
    if ([0, 6].includes(new Date(at).getUTCDay())) continue
    done++
    for (const [actor, amount] of Object.entries(people)) {
      for (let i = 0; i < amount; i++) out.push(read(at + i * MINUTE, actor, [`p-${day}-${actor}-${i}`]))
    }
  }
  return out.sort((a, b) => a.at - b.at)
}

const nurses = { ann: 18, bea: 20, cat: 22, dan: 19, eve: 21 }
const month = days(15, nurses)
const next = MONDAY + 21 * DAY

/** One after another, ten seconds apart. */
const opens = (actor: string, count: number, at = next): Input[] =>
  patients(count).map((patient, i) => read(at + i * 10_000, actor, [patient]))

describe('S23 bulk access', () => {
  it('S23 a nurse who opens 400 charts is one alert in a handful of revisions, with what proves it', () => {
    const inputs = [...month, ...opens('ann', 400)]
    const { alerts, last } = runOne(bulkAccess(), inputs)
    expect(last).toHaveLength(1)
    expect(alerts.length).toBeLessThan(8)
    // Own: median 18, scale max(0, 4.243, 3.6, 2): 18 + 5 × 4.243 = 39.2. Role: bea 20, cat 22, dan 19, eve 21, pooled median 20.5, MAD 1:
    // scale √20.5 = 4.528, 43.1. The higher one counts.
    expect(alerts[0]).toMatchObject({
      detector: 'bulk-access',
      revision: 1,
      severity: 'medium',
      actor: 'ann',
      score: 44,
      threshold: 43,
      baseline: { ownMedian: 18, ownDays: 15, roleMedian: 20.5, rolePeers: 4 },
      unknown: [],
    })
    expect(alerts[0]?.indices).toEqual(Array.from({ length: 44 }, (_, i) => month.length + i))
    expect(alerts[0]?.explanation).toBe(
      'ann opened records of 44 patients on 2026-01-26; up to 43 were to be expected (own median 18 over 15 days, role median 20.5 over 4 people).',
    )
    expect(last[0]).toMatchObject({ severity: 'critical', revision: alerts.length })
    // The first, twice the threshold (high), twice the first revision told, five times the threshold (critical).
    expect(alerts.map(({ score }) => score)).toEqual([44, 87, 174, 216])
  })

  it('S23 not at the threshold, and one beyond it', () => {
    expect(runOne(bulkAccess(), [...month, ...opens('ann', 43)]).alerts).toEqual([])
    expect(runOne(bulkAccess(), [...month, ...opens('ann', 44)]).alerts).toHaveLength(1)
  })

  it('the same patients again are no more patients', () => {
    const again = Array.from({ length: 20 }, (_, i) => opens('ann', 43, next + i * 8 * MINUTE)).flat()
    expect(runOne(bulkAccess(), [...month, ...again]).alerts).toEqual([])
  })

  it('what the log holds at the end is in alerts(), the last growth included', () => {
    const detection = detect({ detectors: [bulkAccess()], facts: facts() })
    for (const record of recordsOf([...month, ...opens('ann', 300)])) detection.step(record)
    const [alert] = detection.alerts()
    expect(alert).toMatchObject({ score: 300, omitted: 0 })
    expect(alert?.patients).toHaveLength(300)
    expect(alert?.indices).toHaveLength(300)
    expect(alert?.containment).toContainEqual({ step: 'suspend-account', actor: 'ann' })
  })

  it('a new person is measured by the role', () => {
    const { alerts } = runOne(bulkAccess(), [...month, ...opens('new', 100)])
    expect(alerts[0]).toMatchObject({ threshold: 42, baseline: { ownMedian: null, ownDays: 0, roleMedian: 20, rolePeers: 5 } })
  })

  it('with no baseline at all, by the fixed start; a service without one is unknown, not fine', () => {
    expect(runOne(bulkAccess(), opens('ann', 60)).alerts).toEqual([])
    expect(runOne(bulkAccess(), opens('ann', 61)).alerts).toHaveLength(1)
    const service = opens('svc', 61).map((input) => ({ ...input, actor: { id: 'svc', type: 'service' as const } }))
    const { alerts, coverage } = runOne(bulkAccess(), service)
    expect(alerts).toEqual([])
    expect(coverage).toMatchObject({ judged: 20, unknown: { 'no baseline yet': 41 } })
  })

  it('the count of an export counts, one of a search does not', () => {
    const bulk = (action: 'export' | 'search'): Input => ({
      at: next,
      action,
      outcome: 'success',
      actor: staffMember('ann', 'nurse'),
      subject: { count: 500 },
    })
    expect(runOne(bulkAccess(), [...month, bulk('export')]).last).toMatchObject([{ score: 500, severity: 'critical' }])
    expect(runOne(bulkAccess(), [...month, bulk('search')]).last).toEqual([])
  })

  it('refused accesses open nothing', () => {
    const refused = opens('ann', 400).map((input) => ({ ...input, outcome: 'denied' as const }))
    expect(runOne(bulkAccess(), [...month, ...refused]).alerts).toEqual([])
  })

  it('a slow climb meets the ceiling of the role', () => {
    // Ten percent more each day, from 18 to 500: an own baseline of medians follows.
    const climb: Input[] = []
    let amount = 18
    for (let day = 0; day < 28; day++) {
      amount *= 1.1
      const at = next + day * DAY
      climb.push(...days(1, { bea: 20, cat: 22, dan: 19, eve: 21 }, at).filter((input) => input.at < at + DAY))
      climb.push(...opens('ann', Math.floor(amount), at + HOUR).map((input) => ({ ...input, at: input.at })))
    }
    const { last } = runOne(
      bulkAccess(),
      [...month, ...climb].sort((a, b) => a.at - b.at),
    )
    expect(last.length).toBeGreaterThan(0)
    for (const alert of last) expect(alert.threshold).toBeLessThanOrEqual(3 * 45)
  })

  it('a day that was too much does not become what is normal', () => {
    const storm = Array.from({ length: 5 }, (_, i) => opens('ann', 400, next + i * DAY)).flat()
    const { last } = runOne(bulkAccess({ peers: 60 }), [...month, ...storm])
    expect(last).toHaveLength(5)
    for (const { threshold } of last) expect(threshold).toBeLessThan(60)
  })

  it('late records count on the day on which they happened, and a day too late when they came', () => {
    const spooled = opens('ann', 44, next).map((input) => ({ ...input, happened: input.at, at: next + 20 * HOUR }))
    expect(runOne(bulkAccess(), [...month, ...spooled]).last[0]).toMatchObject({ from: '2026-01-26T14:00:00.000Z' })
    const late = opens('ann', 44, next).map((input) => ({ ...input, happened: input.at, at: next + 80 * HOUR }))
    const { last, coverage } = runOne(bulkAccess(), [...month, ...late])
    expect(last).toHaveLength(1)
    expect(coverage.unknown).toEqual({ 'recorded late': 44 })
  })

  it('a thousand patients in one event, and more than it keeps apart', () => {
    const events = Array.from({ length: 12 }, (_, i) => read(next + i * MINUTE, 'ann', patients(1000, i * 1000)))
    const detection = detect({ detectors: [bulkAccess()], facts: facts() })
    for (const record of recordsOf([...month, ...events])) detection.step(record)
    const [alert] = detection.alerts()
    expect(alert).toMatchObject({ score: 12_000, severity: 'critical' })
    expect(alert?.patients).toHaveLength(1000)
  })

  it.each([{ scales: 0 }, { floor: 0 }, { floor: 1.5 }, { flor: 3 }, { peers: 1 }, { coldStart: Number.NaN }])(
    'refuses %j',
    (options) => {
      expect(() => bulkAccess(options as never)).toThrow(expect.objectContaining({ code: 'PHI_AUDIT_DETECT_OPTIONS' }))
    },
  )
})

describe('mass output', () => {
  const sends = (action: Input['action'], count: number, at = next): Input[] =>
    patients(count).map((patient, i) => read(at + i * 1000, 'ann', [patient], { action }))

  it.each(['export', 'print', 'download', 'delete', 'send', 'disclose'] as const)(
    '%s: each kind is counted apart',
    (action) => {
      expect(runOne(massOutput(), sends(action, 100)).alerts).toEqual([])
      expect(runOne(massOutput(), sends(action, 101)).last).toMatchObject([{ score: 101, threshold: 100, actor: 'ann' }])
      const mixed = [...sends(action, 60), ...sends(action === 'print' ? 'export' : 'print', 60, next + HOUR)]
      expect(runOne(massOutput(), mixed).alerts).toEqual([])
    },
  )

  it('an export of the log itself is one output, however many entries it has', () => {
    const ofLog = (at: number): Input => ({
      at,
      action: 'export',
      outcome: 'success',
      actor: staffMember('ann', 'privacy-officer'),
      subject: { dataClasses: ['phi.ops.auditlog'], count: 9000 },
    })
    expect(runOne(massOutput(), [ofLog(next)]).alerts).toEqual([])
    expect(
      runOne(massOutput(), [{ ...ofLog(next), subject: { dataClasses: ['phi.ops.export'], count: 9000 } }]).last,
    ).toHaveLength(1)
  })

  it('reading is not output, and a repeated print is more paper', () => {
    expect(runOne(massOutput(), sends('read', 500)).alerts).toEqual([])
    const same = Array.from({ length: 101 }, (_, i) => read(next + i, 'ann', ['p-1'], { action: 'print' }))
    expect(runOne(massOutput(), same).last).toMatchObject([{ score: 101, patients: ['p-1'] }])
  })
})

describe('a download with an entry at its beginning and one at its end', () => {
  const details = (phase: string) => ({ phase, ...(phase === 'begin' ? {} : { bytesSent: 9, complete: true }) })
  const entry = (at: number, phase: string, action: 'download' | 'export' = 'download'): Input =>
    read(at, 'ann', [`p-${at}`], { action, context: { details: details(phase) } })
  const downloads = (count: number, action?: 'download' | 'export') =>
    Array.from({ length: count }, (_, i) => ['begin', 'end'].map((phase) => entry(next + i * MINUTE, phase, action))).flat()

  it('S23 counts once, whatever the route calls it', () => {
    for (const action of ['download', 'export'] as const) {
      expect(runOne(massOutput(), downloads(100, action)).alerts).toEqual([])
      expect(runOne(massOutput(), downloads(101, action)).last).toMatchObject([{ score: 101, threshold: 100 }])
    }
  })

  it('S23 counts where only something like it stands in the details', () => {
    const like = (context: Input['context']): Input[] =>
      Array.from({ length: 101 }, (_, i) => read(next + i * MINUTE, 'ann', [`p-${i}`], { action: 'download', context }))
    for (const context of [
      { details: { phase: 'end' } },
      { details: { phase: 'end', bytesSent: '9', complete: true } },
      { details: { phase: 'begin', bytesSent: 9, complete: true } },
      undefined,
    ]) {
      expect(runOne(massOutput(), like(context)).last).toMatchObject([{ score: 101 }])
    }
  })
})

describe('the day of the practice', () => {
  it('ends at four in the morning, local time, also when the clocks change', () => {
    // 8 March 2026: New York goes forward at 02:00. 03:59 local is 07:59Z, 04:01 is 08:01Z.
    const before = Date.parse('2026-03-08T07:59:00.000Z')
    const after = Date.parse('2026-03-08T08:01:00.000Z')
    const around = [
      ...opens('ann', 40, before - 30 * MINUTE),
      ...opens('ann', 40, after).map((input, i) => ({ ...input, subject: { patients: [`q-${i}`] } })),
    ]
    expect(runOne(bulkAccess(), around).alerts).toEqual([])
    expect(
      runOne(
        bulkAccess(),
        around.map((input) => ({ ...input, at: input.at + 3 * HOUR })),
      ).last,
    ).toHaveLength(1)
  })
})

describe('whoever else is there', () => {
  it('people of other roles change nothing in the alerts of a person', () => {
    const base = [...month, ...opens('ann', 90)]
    const own = runOne(bulkAccess(), base).alerts.map(({ score, threshold, baseline }) => ({ score, threshold, baseline }))
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            minute: fc.integer({ min: 0, max: 30_000 }),
            actor: fc.integer({ min: 0, max: 9 }),
            patient: fc.nat(99),
          }),
          { maxLength: 200 },
        ),
        (others) => {
          const noise = others.map(({ minute, actor, patient }) =>
            read(MONDAY + minute * MINUTE, `x-${actor}`, [`p-${patient}`], { actor: staffMember(`x-${actor}`, 'billing') }),
          )
          const merged = [...base, ...noise].sort((a, b) => a.at - b.at)
          const alerts = runOne(bulkAccess(), merged).alerts.filter(({ actor }) => actor === 'ann')
          expect(alerts.map(({ score, threshold, baseline }) => ({ score, threshold, baseline }))).toEqual(own)
        },
      ),
      { numRuns: 6 },
    )
  })
})
