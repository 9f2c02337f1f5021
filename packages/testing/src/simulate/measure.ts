import type { AuditRecord } from '@phi/audit'
import { type Alert, type Coverage, type Detector, detect, practiceFacts, standardDetectors } from '@phi/audit/detect'
import { type Score, scoreAlerts, watchTruth } from './score.ts'
import { type SimulateOptions, type Simulation, simulatePractice } from './simulate.ts'

/**
 * Records as a log would give them, without a log: nothing is hashed, and the id of the event stands in the place of the entry hash. For
 * measuring detectors; they judge the same as over a real log, whose clock agreed with the events.
 */
export function* plainRecords(
  simulation: Pick<Simulation, 'events'>,
  origin = 'practice.example/audit',
): Generator<AuditRecord, void, undefined> {
  let index = 0
  for (const event of simulation.events()) {
    yield {
      index,
      recordedAt: event.occurredAt,
      hash: event.id,
      origin,
      // Nothing was parsed: what the schema would fill in is filled in here.
      event: { ...event, actor: { ...event.actor, roles: event.actor.roles ?? [] } } as AuditRecord['event'],
      withheld: [],
      altered: [],
      sealed: [],
      genuine: true,
    }
    index++
  }
}

export interface Run {
  readonly seed: number
  /** The simulated time with incidents, or without any. */
  readonly incidents: 'all' | 'none'
  readonly score: Score
  /** Every alert as it stood at the end. */
  readonly alerts: readonly Alert[]
  readonly coverage: Readonly<Record<string, Coverage>>
}

export interface MeasureOptions extends Omit<SimulateOptions, 'seed' | 'incidents'> {
  readonly seeds: readonly number[]
  /** Default: all of `@phi/audit/detect` with their defaults. */
  readonly detectors?: readonly Detector[]
  /**
   * Days at the beginning whose false alerts are left out of the score: detectors learn in them, and a practice would let them read its
   * log's past first. Default 7.
   */
  readonly warmUpDays?: number
  readonly onRun?: (run: Run) => void
}

/** Runs detectors over simulated practices: each seed with all incidents, and without any. */
export function measureDetectors(measure: MeasureOptions): readonly Run[] {
  const { seeds, detectors = standardDetectors(), warmUpDays = 7, onRun, ...options } = measure
  const runs: Run[] = []
  for (const seed of seeds) {
    for (const incidents of ['all', 'none'] as const) {
      const simulation = simulatePractice({ ...options, seed, incidents: incidents === 'all' ? 'all' : [] })
      const watch = watchTruth(simulation)
      const detection = detect({ detectors, facts: practiceFacts(simulation.facts()) })
      const told: Alert[] = []
      for (const record of plainRecords(simulation)) {
        watch.see(record)
        told.push(...detection.step(record))
      }
      told.push(...detection.alerts())
      const score = scoreAlerts(
        told,
        watch.truth,
        detectors.map(({ name }) => name),
        { warmUpDays },
      )
      const last = new Map(told.map((alert) => [alert.id, alert]))
      const run: Run = { seed, incidents, score, alerts: [...last.values()], coverage: detection.coverage() }
      runs.push(run)
      onRun?.(run)
    }
  }
  return runs
}
