import { formatInstant } from '@phi/core'
import * as z from 'zod'
import { type Alert, addSorted, alertId, alertSchema, type Draft, MAX_LISTED, worse } from './alert.ts'
import type { Seen } from './seen.ts'

/**
 * An alert that is still growing, with what its readers have seen of it. It is reported when it begins, when it gets worse, when its
 * score has doubled, and when it is over: a nurse who opens 400 charts is one alert in a handful of revisions.
 */
export const episodeSchema = z.strictObject({
  alert: alertSchema,
  /** The score in the last revision that was reported. */
  told: z.number(),
  /** Whether it grew since. */
  grew: z.boolean(),
})
export type Episode = z.output<typeof episodeSchema>

export interface Growth extends Draft {
  /** What makes the episode this one, beside its first entry. */
  readonly key: string
  /** Entries from before this record that belong to it. */
  readonly evidence?: readonly number[]
  /** When the first of them happened. */
  readonly since?: number
}

export const startOf = (episode: Episode): number => Date.parse(episode.alert.from)
export const endOf = (episode: Episode): number => Date.parse(episode.alert.until)

const copyOf = (alert: Alert): Alert => structuredClone(alert)

/** The years that a text of fixed width can hold. */
const clamped = (at: number): string => formatInstant(Math.min(Math.max(at, -62_167_219_200_000), 253_402_300_799_999))

function merge(alert: Alert, growth: Growth, index: number): void {
  for (const each of [...(growth.evidence ?? []), index]) {
    if (addSorted(alert.indices, each, MAX_LISTED) === 'full') alert.omitted++
  }
  for (const patient of growth.patients ?? []) {
    alert.patients ??= []
    if (addSorted(alert.patients, patient, MAX_LISTED) === 'full') break
  }
}

/** Starts an episode, or lets it grow by a record. @returns the episode, and the revision to report if one is due */
export function grow(
  name: { readonly detector: string; readonly version: number },
  episode: Episode | undefined,
  growth: Growth,
  seen: Seen,
): { readonly episode: Episode; readonly report: Alert | undefined } {
  const at = clamped(seen.now)
  const when = clamped(seen.at)
  const alert: Alert = episode?.alert ?? {
    id: alertId([name.detector, String(name.version), seen.record.origin, growth.key, seen.record.hash]),
    revision: 0,
    ...name,
    severity: growth.severity,
    at,
    from: when,
    until: when,
    ...(growth.actor === undefined ? {} : { actor: growth.actor }),
    ...(growth.ip === undefined ? {} : { ip: growth.ip }),
    indices: [],
    omitted: 0,
    score: growth.score,
    threshold: growth.threshold,
    baseline: {},
    explanation: '',
    suggestion: '',
    containment: [],
    unknown: [],
  }
  const isWorse = alert.severity !== worse(alert.severity, growth.severity)
  merge(alert, growth, seen.index)
  alert.severity = worse(alert.severity, growth.severity)
  const since = growth.since === undefined ? when : clamped(growth.since)
  if (since < alert.from) alert.from = since
  if (when < alert.from) alert.from = when
  if (when > alert.until) alert.until = when
  for (const fact of growth.unknown ?? []) addSorted(alert.unknown, fact, 16)
  if (episode === undefined || growth.score >= alert.score || isWorse) {
    alert.score = Math.max(alert.score, growth.score)
    alert.threshold = growth.threshold
    alert.baseline = { ...growth.baseline }
    alert.explanation = growth.explanation
    alert.suggestion = growth.suggestion
    alert.containment = structuredClone(growth.containment ?? []) as Alert['containment']
  }
  const grown: Episode = episode ?? { alert, told: 0, grew: false }
  const isDue = episode === undefined || isWorse || alert.score >= 2 * grown.told
  if (!isDue) {
    grown.grew = true
    return { episode: grown, report: undefined }
  }
  return { episode: grown, report: told(grown, at) }
}

function told(episode: Episode, at: string): Alert {
  episode.alert.revision++
  episode.alert.at = at
  episode.told = episode.alert.score
  episode.grew = false
  return copyOf(episode.alert)
}

/** The last revision of an episode that is over, if it grew since the one before. */
export function close(episode: Episode, now: number): Alert | undefined {
  return episode.grew ? told(episode, clamped(now)) : undefined
}

/** An episode as it stands now. What has not been reported yet stands under the next revision. */
export function asItStands(episode: Episode): Alert {
  const alert = copyOf(episode.alert)
  return episode.grew ? { ...alert, revision: alert.revision + 1 } : alert
}
