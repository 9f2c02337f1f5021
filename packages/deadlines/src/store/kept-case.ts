import { canonicalJson, type ErrorContext, parseAs, plainText } from '@phi/core'
import * as z from 'zod'
import type { IncidentGroup } from '../incident/deadlines.ts'
import type { IncidentOpening } from '../incident/events.ts'
import { applyIncidentEvent, openIncident } from '../incident/incident.ts'
import type { Incident, IncidentEntry } from '../incident/record.ts'
import { type Entry, MAX_ENTRIES } from '../machine/history.ts'
import type { RequestOpening } from '../request/events.ts'
import { openStates, type RequestState } from '../request/kinds.ts'
import type { IndividualRequest, RequestEntry } from '../request/record.ts'
import { applyRequestEvent, openRequest } from '../request/request.ts'
import { caseStoreError } from './errors.ts'

export const caseKinds = ['request', 'incident'] as const
export type CaseKind = (typeof caseKinds)[number]

/** How a case began. */
export type CaseOpening =
  | { readonly kind: 'request'; readonly opening: RequestOpening }
  | { readonly kind: 'incident'; readonly opening: IncidentOpening }

/** A line of a history. Refused entries are history too. */
export type CaseEntry = RequestEntry | IncidentEntry

/** A case as it stands: what the machine of its kind made of its history. */
export type KeptCase =
  | { readonly kind: 'request'; readonly record: IndividualRequest }
  | { readonly kind: 'incident'; readonly record: Incident }

export interface CaseStoreOptions {
  /**
   * The groups of rules beside the federal ones, for an incident: a history that holds its closing replays only with those that were asked
   * then. Left out: none.
   */
  readonly groups?: ((opening: IncidentOpening) => readonly IncidentGroup[]) | undefined
}

/** States of a request after its answer in which the covered entity still has something to do: the review of a denial, 164.524(d)(4). */
const inReview: readonly RequestState[] = [
  'review-requested',
  'review-referred',
  'review-upheld',
  'review-overturned',
  'to-be-provided',
]

/** Whether a case still waits for something: a request for its answer or its review, an incident to be closed. */
export const isOpenCase = (kept: KeptCase): boolean =>
  kept.kind === 'incident'
    ? kept.record.state !== 'closed'
    : [...(openStates as readonly RequestState[]), ...inReview].includes(kept.record.state)

const invalid = (context: ErrorContext) => caseStoreError('PHI_DEADLINES_CASE', context)
const openingSchema = z.strictObject({ kind: z.enum(caseKinds), opening: z.unknown() })
const entrySchema = z.strictObject({
  event: z.unknown(),
  today: z.string().max(120).optional(),
  refused: z
    .strictObject({
      reason: z.string().max(100),
      says: z.string().max(2000),
      citations: z.array(z.string().max(500)).max(50),
      missing: z.array(z.string().max(500)).max(500).optional(),
    })
    .optional(),
})

const DEEPEST = 20

/** A copy with its own members, without those that are `undefined`, which JSON cannot tell from absent ones. Everything else stays to be refused. */
function said(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > DEEPEST) throw new RangeError('too deep')
  if (Array.isArray(value)) return Array.from(value, (each) => said(each, depth + 1))
  if (Object.prototype.toString.call(value) !== '[object Object]') return value
  const copy: Record<string, unknown> = Object.create(null)
  for (const [key, each] of Object.entries(value)) if (each !== undefined) copy[key] = said(each, depth + 1)
  return copy
}

/** @throws PhiError PHI_DEADLINES_CASE */
function plain(value: unknown, path: string): unknown {
  try {
    return said(value)
  } catch {
    throw invalid({ path, detail: 'the value could not be read' })
  }
}

/**
 * The case as it begins, from unknown data.
 * @throws PhiError PHI_DEADLINES_CASE; as `openRequest`, `openIncident`
 */
export function beginCase(value: unknown): KeptCase {
  const { kind, opening } = parseAs(openingSchema, plain(value, 'case'), 'case', invalid)
  return kind === 'request'
    ? { kind, record: openRequest(opening as RequestOpening) }
    : { kind, record: openIncident(opening as IncidentOpening) }
}

/**
 * The case after a further entry, which must come out as the caller says: accepted, or refused for the reason that it names.
 * @throws PhiError PHI_DEADLINES_CASE; as `applyRequestEvent`, `applyIncidentEvent`
 */
export function withEntry(kept: KeptCase, value: unknown, options: CaseStoreOptions = {}): KeptCase {
  const { event, today, refused } = parseAs(entrySchema, plain(value, 'entry'), 'entry', invalid)
  const when = today === undefined ? {} : { today }
  let next: KeptCase
  if (kept.kind === 'request') {
    next = { kind: 'request', record: applyRequestEvent(kept.record, event as RequestEntry['event'], when).request }
  } else {
    const groups = options.groups?.(kept.record.opening)
    const step = applyIncidentEvent(kept.record, event as IncidentEntry['event'], { ...when, ...(groups && { groups }) })
    next = { kind: 'incident', record: step.incident }
  }
  const at = kept.record.log.length
  const made = next.record.log[at]
  if (made === undefined) throw invalid({ path: 'entry', detail: 'the history is full' })
  if (made.refused?.reason !== refused?.reason) {
    throw invalid({ path: 'entry', detail: 'is not what the event comes to in this history', info: { index: at } })
  }
  return next
}

/** What is the same in two entries for one event that came to the same: the words of a refusal may change between versions. */
const essence = ({ event, today, refused }: Entry<unknown>): string =>
  canonicalJson(plain({ event, today, reason: refused?.reason }, 'entry'))

/** Whether the entry at a place of a history is this one. @throws PhiError PHI_DEADLINES_CASE */
export function hasEntry({ record }: KeptCase, index: number, value: unknown): boolean {
  const entry = parseAs(entrySchema, plain(value, 'entry'), 'entry', invalid)
  const there = record.log[index]
  return there !== undefined && essence(there) === essence(entry as Entry<unknown>)
}

/** Whether a case began in this way. */
export const hasOpening = (kept: KeptCase, begun: KeptCase): boolean => textOfOpening(kept) === textOfOpening(begun)

/** The text under which the beginning of a case is kept: canonical JSON (RFC 8785). */
export const textOfOpening = ({ kind, record }: KeptCase): string => canonicalJson({ kind, opening: record.opening })

/** The text under which the last entry of a case is kept. @throws PhiError PHI_DEADLINES_CASE where there is none */
export function textOfLast({ record }: KeptCase): string {
  const last = record.log.at(-1)
  if (last === undefined) throw invalid({ path: 'entry', detail: 'the history has no entry' })
  return canonicalJson(last)
}

/**
 * A case from the texts of its beginning and of its entries, in order: for those who write a store.
 * @param position of the case in the answer it is part of, for the error
 * @throws PhiError PHI_DEADLINES_STORE where a text is not what this package wrote or does not replay; `position` and `entry`, the number
 *   of the entry (0 is the opening), are in `info`, and nothing of what the texts say is shown
 */
export function caseFrom(id: string, texts: readonly string[], options: CaseStoreOptions = {}, position = 0): KeptCase {
  let entry = 0
  try {
    let kept = beginCase(JSON.parse(texts[0] as string))
    if (kept.record.id !== id) throw invalid({ detail: 'the opening is of another case' })
    for (entry = 1; entry < texts.length; entry++) kept = withEntry(kept, JSON.parse(texts[entry] as string), options)
    return kept
  } catch {
    // Not kept as a cause: a parser's message can quote the text.
    throw caseStoreError('PHI_DEADLINES_STORE', { info: { position, entry } })
  }
}

const idSchema = plainText(256)
const count = z.int().min(0).max(MAX_ENTRIES)

/** @throws PhiError PHI_DEADLINES_CASE */
export const readCaseId = (value: unknown): string => parseAs(idSchema, value, 'id', invalid)

/** @throws PhiError PHI_DEADLINES_CASE */
export const readExpectedEntries = (value: unknown): number => parseAs(count, value, 'expectedEntries', invalid)
