import type { AuditRecord } from '@phi/audit'
import type { Alert, AlertSeverity } from '@phi/audit/detect'
import { DAY } from './calendar.ts'
import type { Incident, IncidentVariant } from './incident.ts'
import type { Simulation } from './simulate.ts'

/** What is true of a log: where the events of incidents stand in it. */
export interface Truth {
  readonly incidents: readonly Incident[]
  /** By index, the incident that the entry belongs to. Complete once all records were seen. */
  readonly entries: ReadonlyMap<number, Incident>
  readonly people: number
  readonly days: number
  /** When the first record was taken, UTC; undefined before it. */
  readonly begun: string | undefined
  /** Records seen. */
  readonly records: number
}

export interface TruthWatch {
  /** Passes records through and notes where the events of incidents stand. */
  watch(records: AsyncIterable<AuditRecord> | Iterable<AuditRecord>): AsyncGenerator<AuditRecord, void, undefined>
  see(record: AuditRecord): void
  readonly truth: Truth
}

/** Finds the events of a simulation's incidents in a log by their ids, which are never withheld in one's own log. */
export function watchTruth({ incidents, people, days }: Pick<Simulation, 'incidents' | 'people' | 'days'>): TruthWatch {
  const byId = new Map(incidents.flatMap((incident) => incident.eventIds.map((id) => [id, incident] as const)))
  const entries = new Map<number, Incident>()
  let records = 0
  let begun: string | undefined
  const see = ({ event, index, recordedAt }: AuditRecord): void => {
    records++
    begun ??= recordedAt
    const incident = event.id === undefined ? undefined : byId.get(event.id)
    if (incident !== undefined) entries.set(index, incident)
  }
  return {
    async *watch(source) {
      for await (const record of source) {
        see(record)
        yield record
      }
    },
    see,
    get truth() {
      return { incidents, entries, people, days, begun, records }
    },
  }
}

/** Alerts by what they turned out to be. */
export interface Counts {
  readonly alerts: number
  /** Alerts that rest on an entry of an incident, or tell of a silence that there was. */
  readonly truePositives: number
  readonly falsePositives: number
  /** False positives that were more than `low`. */
  readonly falseAboveLow: number
}

export interface DetectorScore extends Counts {
  readonly detector: string
  /** Incidents that this detector is meant to find, and those of them that it did. */
  readonly expected: number
  readonly found: number
  readonly missed: readonly string[]
  /** True positives among all alerts; undefined without alerts. */
  readonly precision: number | undefined
  /** Found among expected; undefined where nothing was expected. */
  readonly recall: number | undefined
  /** Per person of the workforce and month of 30 days. */
  readonly alertsPerPersonMonth: number
  /** Median milliseconds from the first event of an incident to the first alert about it, over the incidents that were found. */
  readonly detectionMs: number | undefined
}

export interface IncidentScore {
  readonly incident: string
  readonly variant: IncidentVariant
  readonly expected: readonly string[]
  /** Detectors that raised an alert about it, in order of time, with the milliseconds since its first event. */
  readonly by: readonly { readonly detector: string; readonly severity: AlertSeverity; readonly afterMs: number }[]
}

/** `days` are those whose alerts count. */
export interface Score {
  readonly detectors: readonly DetectorScore[]
  readonly incidents: readonly IncidentScore[]
  readonly all: Counts
  readonly people: number
  readonly days: number
  readonly records: number
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length === 0) return undefined
  return sorted.length % 2 === 1 ? sorted[middle] : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

const SKEW_MS = 60_000

/** The incidents that an alert is about. A silence has no entries: an alert tells of it when their times overlap. */
export function incidentsOf(alert: Alert, truth: Truth): readonly Incident[] {
  const found = new Set<Incident>()
  if (alert.detector === 'audit-gap') {
    for (const incident of truth.incidents) {
      const isSilence = incident.kind === 'log-silence'
      const from = Date.parse(incident.from) - SKEW_MS
      if (isSilence && Date.parse(alert.from) < Date.parse(incident.until) && Date.parse(alert.until) > from)
        found.add(incident)
    }
    return [...found]
  }
  for (const index of alert.indices) {
    const incident = truth.entries.get(index)
    if (incident !== undefined) found.add(incident)
  }
  return [...found]
}

const ratio = (part: number, of: number): number | undefined => (of === 0 ? undefined : part / of)

/**
 * Holds alerts against the truth. Pass all revisions in the order in which they came (what `run` yields, and `alerts()` at the end): the
 * last revision of an alert is what it is judged by, the first that touches an incident is when that was noticed.
 * @param detectors the names to make rows for; those of the alerts and of the incidents' expectations are added
 * @param options.warmUpDays alerts of so many first days count for nothing unless they are about an incident. Default 0
 */
export function scoreAlerts(
  alerts: Iterable<Alert>,
  truth: Truth,
  detectors: readonly string[] = [],
  options: { readonly warmUpDays?: number } = {},
): Score {
  const { warmUpDays = 0 } = options
  const learned = Date.parse(truth.begun ?? '1970-01-01T00:00:00.000Z') + warmUpDays * DAY
  const days = truth.days - warmUpDays
  const last = new Map<string, Alert>()
  const noticed = new Map<Incident, Map<string, IncidentScore['by'][number]>>()
  for (const alert of alerts) {
    const before = last.get(alert.id)
    if (before === undefined || before.revision <= alert.revision) last.set(alert.id, alert)
    for (const incident of incidentsOf(alert, truth)) {
      const by = noticed.get(incident) ?? new Map()
      noticed.set(incident, by)
      const afterMs = Math.max(0, Date.parse(alert.at) - Date.parse(incident.from))
      const known = by.get(alert.detector)
      if (known === undefined || afterMs < known.afterMs) {
        by.set(alert.detector, { detector: alert.detector, severity: alert.severity, afterMs })
      }
    }
  }
  const final = [...last.values()].filter((alert) => Date.parse(alert.from) >= learned || incidentsOf(alert, truth).length > 0)
  const countsOf = (own: readonly Alert[]): Counts => {
    const wrong = own.filter((alert) => incidentsOf(alert, truth).length === 0)
    return {
      alerts: own.length,
      truePositives: own.length - wrong.length,
      falsePositives: wrong.length,
      falseAboveLow: wrong.filter(({ severity }) => severity !== 'low').length,
    }
  }
  const names = new Set([
    ...detectors,
    ...final.map(({ detector }) => detector),
    ...truth.incidents.flatMap(({ expected }) => expected),
  ])
  return {
    detectors: [...names].sort().map((detector) => {
      const counts = countsOf(final.filter((alert) => alert.detector === detector))
      const expected = truth.incidents.filter((incident) => incident.expected.includes(detector))
      const found = expected.filter((incident) => noticed.get(incident)?.has(detector) === true)
      const times = found.map((incident) => noticed.get(incident)?.get(detector)?.afterMs ?? 0)
      return {
        detector,
        ...counts,
        expected: expected.length,
        found: found.length,
        missed: expected.filter((incident) => !found.includes(incident)).map(({ id }) => id),
        precision: ratio(counts.truePositives, counts.alerts),
        recall: ratio(found.length, expected.length),
        alertsPerPersonMonth: counts.alerts / truth.people / (days / 30),
        detectionMs: median(times),
      }
    }),
    incidents: truth.incidents.map((incident) => ({
      incident: incident.id,
      variant: incident.variant,
      expected: incident.expected,
      by: [...(noticed.get(incident)?.values() ?? [])].sort((a, b) => a.afterMs - b.afterMs),
    })),
    all: countsOf(final),
    people: truth.people,
    days,
    records: truth.records,
  }
}
