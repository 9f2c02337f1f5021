import { isInstant, sha256, toHex, utf8 } from '@phi/core'
import * as z from 'zod'

export const alertSeverities = ['low', 'medium', 'high', 'critical'] as const
export type AlertSeverity = (typeof alertSeverities)[number]

/** What an alert lists at most; what is beyond is counted in `omitted`. */
export const MAX_LISTED = 1000

const text = z.string()
const instant = z.string().refine(isInstant)
const figure = z.union([z.number(), z.string(), z.null()])

/**
 * A step that limits the harm while people look into it (S132), as data for whoever may take it. Nothing is done by itself.
 * `restrict-to-incident-team` is what `isolation({ incident })` of `@phi/rbac/hipaa` writes as policy.
 */
export const containmentSchema = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('revoke-sessions'), actor: text }),
  z.strictObject({ step: z.literal('suspend-account'), actor: text }),
  z.strictObject({ step: z.literal('block-source'), ip: text }),
  z.strictObject({ step: z.literal('restrict-to-incident-team'), patients: z.array(text).max(MAX_LISTED) }),
])
export type Containment = z.output<typeof containmentSchema>

/** The shape of an alert. Ids of actors and patients stand in it: it is to be kept like the log. */
export const alertSchema = z.strictObject({
  /** Derived from detector, log, episode and its first entry: the same records give the same id. */
  id: text.regex(/^[0-9a-f]{32}$/),
  /** 1 and up. A higher revision of an id replaces the earlier one: the episode grew or got worse. */
  revision: z.int().min(1),
  detector: text,
  version: z.int().min(1),
  severity: z.enum(alertSeverities),
  /** When the log took the record that made this revision, UTC. */
  at: instant,
  /** First and last occurrence in the episode, UTC. */
  from: instant,
  until: instant,
  actor: text.optional(),
  ip: text.optional(),
  /** The patients concerned, at most 1,000, sorted. */
  patients: z.array(text).max(MAX_LISTED).optional(),
  /** Entries that show it, ascending, at most 1,000: what to disclose as evidence. */
  indices: z.array(z.int().min(0)).max(MAX_LISTED),
  /** Entries that are not listed. */
  omitted: z.int().min(0),
  /** The figure that was judged, and what it was judged against. */
  score: z.number(),
  threshold: z.number(),
  /** The figures behind the threshold. */
  baseline: z.record(text, figure),
  explanation: text,
  suggestion: text,
  containment: z.array(containmentSchema),
  /** Facts that were not known when it was judged. */
  unknown: z.array(text),
})
export type Alert = z.output<typeof alertSchema>

/** What a detector says of an episode; times in milliseconds. */
export interface Draft {
  readonly severity: AlertSeverity
  readonly actor?: string | undefined
  readonly ip?: string | undefined
  readonly patients?: readonly string[] | undefined
  readonly score: number
  readonly threshold: number
  readonly baseline: Readonly<Record<string, number | string | null>>
  readonly explanation: string
  readonly suggestion: string
  readonly containment?: readonly Containment[]
  readonly unknown?: readonly string[]
}

export const severityRank = (severity: AlertSeverity): number => alertSeverities.indexOf(severity)

export const worse = (a: AlertSeverity, b: AlertSeverity): AlertSeverity => (severityRank(a) >= severityRank(b) ? a : b)

/** 128 bits of SHA-256 over what makes the episode this one. Parts are length-prefixed, so that no two lists give one text. */
export function alertId(parts: readonly string[]): string {
  return toHex(sha256(utf8(parts.map((part) => `${utf8(part).length}:${part}`).join('')))).slice(0, 32)
}

/** Adds to a sorted list without duplicates, up to a limit. @returns whether the value was new */
export function addSorted<Value extends string | number>(
  list: Value[],
  value: Value,
  limit: number,
): 'added' | 'there' | 'full' {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((list[middle] as Value) < value) low = middle + 1
    else high = middle
  }
  if (list[low] === value) return 'there'
  if (list.length >= limit) return 'full'
  list.splice(low, 0, value)
  return 'added'
}

/** Joins figures into a sentence: `3 patients`, `1 patient`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`
