import type { AuditRecord } from '@phi/audit'
import type { Alert } from '@phi/audit/detect'
import { bulkAccess, selfAccess } from '@phi/audit/detect'
import { describe, expect, it } from 'vitest'
import {
  type Incident,
  measureDetectors,
  plainRecords,
  renderIncidents,
  renderMeasured,
  scoreAlerts,
  simulatePractice,
  watchTruth,
} from '../../src/simulate/index.ts'

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 5, 14, minute)).toISOString()
const incident = (kind: Incident['kind'], more: Partial<Incident> = {}): Incident => ({
  id: `${kind}/blatant`,
  kind,
  variant: 'blatant',
  expected: ['bulk-access'],
  actors: ['u-1'],
  patients: ['p-1'],
  dataClasses: [],
  from: at(0),
  until: at(10),
  eventIds: ['e-3', 'e-4'],
  ...more,
})
const alert = (id: string, indices: readonly number[], more: Partial<Alert> = {}): Alert => ({
  id,
  revision: 1,
  detector: 'bulk-access',
  version: 1,
  severity: 'medium',
  at: at(30),
  from: at(0),
  until: at(30),
  indices: [...indices],
  omitted: 0,
  score: 1,
  threshold: 1,
  baseline: {},
  explanation: '',
  suggestion: '',
  containment: [],
  unknown: [],
  ...more,
})
const record = (index: number): AuditRecord => ({
  index,
  recordedAt: at(index),
  hash: '',
  origin: 'o',
  event: { id: `e-${index}` },
  withheld: [],
  altered: [],
  sealed: [],
  genuine: true,
})

function truthOf(incidents: readonly Incident[]) {
  const watch = watchTruth({ incidents, people: 60, days: 15 })
  for (let index = 0; index < 10; index++) watch.see(record(index))
  return watch.truth
}

describe('scoring', () => {
  const breach = incident('bulk-reading')

  it('takes the last revision of an alert, and the first that touched the incident for the time', () => {
    const told = [
      alert('a', [1], { at: at(4) }),
      alert('a', [1, 3], { at: at(6), revision: 2 }),
      alert('a', [1, 3, 4], { at: at(20), revision: 3 }),
    ]
    const score = scoreAlerts(told, truthOf([breach]))
    expect(score.detectors).toEqual([
      {
        detector: 'bulk-access',
        alerts: 1,
        truePositives: 1,
        falsePositives: 0,
        falseAboveLow: 0,
        expected: 1,
        found: 1,
        missed: [],
        precision: 1,
        recall: 1,
        alertsPerPersonMonth: 1 / 60 / 0.5,
        detectionMs: 360_000,
      },
    ])
    expect(score.incidents[0]?.by).toEqual([{ detector: 'bulk-access', severity: 'medium', afterMs: 360_000 }])
  })

  it('counts what is about nothing that happened, and what nobody noticed', () => {
    const wrong = [alert('a', [1]), alert('b', [2], { severity: 'low' }), alert('c', [7], { detector: 'vip' })]
    const score = scoreAlerts(wrong, truthOf([breach]), ['denials'])
    expect(score.all).toEqual({ alerts: 3, truePositives: 0, falsePositives: 3, falseAboveLow: 2 })
    expect(score.detectors.map(({ detector, falsePositives, missed }) => [detector, falsePositives, missed])).toEqual([
      ['bulk-access', 2, ['bulk-reading/blatant']],
      ['denials', 0, []],
      ['vip', 1, []],
    ])
    expect(score.detectors[0]).toMatchObject({ recall: 0, precision: 0, detectionMs: undefined })
    expect(score.detectors[1]).toMatchObject({ recall: undefined, precision: undefined })
    expect(scoreAlerts(wrong, truthOf([breach]), [], { warmUpDays: 1 }).all.alerts).toBe(0)
  })

  it('holds an alert of silence against times, as silence has no entries', () => {
    const silence = incident('log-silence', { expected: ['audit-gap'], eventIds: [], from: at(10), until: at(40) })
    const gap = (id: string, from: number, until: number) =>
      alert(id, [2], { detector: 'audit-gap', from: at(from), until: at(until), at: at(until) })
    const score = scoreAlerts([gap('a', 9, 41), gap('b', 50, 80), gap('c', 0, 5)], truthOf([silence]))
    expect(score.detectors).toMatchObject([{ truePositives: 1, falsePositives: 2, found: 1, detectionMs: 31 * 60_000 }])
  })

  it('passes records through while it looks', async () => {
    const watch = watchTruth({ incidents: [breach], people: 1, days: 1 })
    const seen: number[] = []
    for await (const { index } of watch.watch([record(2), record(3)])) seen.push(index)
    expect(seen).toEqual([2, 3])
    expect([...watch.truth.entries]).toEqual([[3, breach]])
    expect(watch.truth).toMatchObject({ begun: at(2), records: 2 })
  })
})

describe('measuring', () => {
  it('runs detectors with incidents and without, and says what came of it', () => {
    const seen: string[] = []
    const runs = measureDetectors({
      seeds: [6],
      people: 110,
      days: 9,
      start: '2026-03-02',
      detectors: [bulkAccess(), selfAccess()],
      onRun: ({ seed, incidents }) => seen.push(`${seed} ${incidents}`),
    })
    expect(seen).toEqual(['6 all', '6 none'])
    const [all, none] = runs
    expect(all?.score.detectors.find(({ detector }) => detector === 'self-access')).toMatchObject({
      expected: 2,
      found: 2,
      missed: [],
    })
    expect(none?.score.incidents).toEqual([])
    expect(none?.score.all.truePositives).toBe(0)
    expect(none?.score.days).toBe(2)
    const table = renderMeasured(runs)
    expect(table).toMatch(/\| `self-access` \| [\d.]+ \| [\d.]+ \| 1 of 1 \| 1 of 1 \| \d+ % \| at once \|/)
    expect(table.split('\n').every((line) => line.split('|').length === 9)).toBe(true)
    expect(renderIncidents(runs)).toMatch(/\| own-record\/blatant \| 1 of 1 \| .*`self-access`/)
  })

  it('gives records as a log would', () => {
    const simulation = simulatePractice({ seed: 1, people: 24, days: 1, start: '2026-03-02' })
    const events = [...simulation.events()]
    const records = [...plainRecords(simulation)]
    expect(records.map(({ index }) => index)).toEqual(events.map((_, index) => index))
    expect(
      records.every(({ event, recordedAt }, i) => recordedAt === events[i]?.occurredAt && event.actor?.roles !== undefined),
    ).toBe(true)
  })
})
