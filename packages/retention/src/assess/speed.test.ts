import { expect, test } from 'vitest'
import { asOf, signedSchedule } from '../../test/schedule/signed.ts'

const LONG = process.env.PHI_LONG === '1'
const records = LONG ? 1_000_000 : 100_000

const two = (value: number) => `${value}`.padStart(2, '0')
const day = (i: number, from: number) => `${from + (i % 30)}-${two(1 + (i % 12))}-${two(1 + (i % 28))}`

function make(i: number) {
  const id = `r${i}`
  const state = (['TX', 'CA', 'NY', 'MA'] as const)[i % 4]
  switch (i % 5) {
    case 0:
      return { id, kind: 'policy-document', created: day(i, 1985), lastInEffect: day(i, 1995) }
    case 1:
      return { id, kind: 'audit-log', created: day(i, 1995) }
    default:
      return {
        id,
        kind: 'medical-record',
        tenant: 't',
        subject: `s${i}`,
        state,
        provider: 'hospital',
        created: day(i, 1984),
        discharged: day(i, 1985),
        lastTreatment: day(i, 1985),
        born: day(i, 1940),
        medicare: i % 2 === 0,
      }
  }
}

test('a million records are assessed in a few seconds of one core', () => {
  const policy = signedSchedule()
  const all = Array.from({ length: records }, (_, i) => make(i))
  const counts = new Map<string, number>()
  const started = process.cpuUsage()
  for (const record of all) {
    const { status } = policy.assess(record, { today: asOf })
    counts.set(status, (counts.get(status) ?? 0) + 1)
  }
  const { user } = process.cpuUsage(started)
  expect([...counts.values()].reduce((a, b) => a + b)).toBe(records)
  expect(counts.get('disposable')).toBeGreaterThan(records / 10)
  // Generous: this guards against another order of magnitude, and the benchmarks measure.
  expect(user / 1e6).toBeLessThan(5)
})
