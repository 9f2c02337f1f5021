import * as z from 'zod'
import { type Detector, makeDetector, type Out, parseOptions } from './detector.ts'
import { episodeSchema } from './episode.ts'
import type { Facts } from './facts.ts'
import { localClock } from './local-time.ts'
import type { Seen } from './seen.ts'
import { ewma, rounded } from './statistics.ts'
import { tableOf } from './table.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** What one day adds to the expectation of an hour: about a working week is remembered. */
const WEIGHT = 0.25
/** Gaps longer than this are expected for this long: what is beyond adds nothing to the suspicion. */
const LONGEST = 14 * DAY

const optionsSchema = z.strictObject({
  /** How many records must be missing, by the pace of the days before. Default 30: a Poisson process with this mean is silent once in 10¹³ times. */
  missing: z.number().min(3).max(1_000_000).default(30),
  /** Shorter gaps are never judged, in minutes. Default 20. */
  minutes: z.int().min(1).max(10_080).default(20),
  /** Days on which an hour must have been seen before it is expected of. Default 3. */
  learnDays: z.int().min(1).max(60).default(3),
})
export type AuditGapOptions = z.input<typeof optionsSchema>
type Options = z.output<typeof optionsSchema>

/** `[days seen, mean records]` of one local hour. */
const paceSchema = z.array(z.tuple([z.int(), z.number()])).length(24)
const slotSchema = z.strictObject({
  last: z.number(),
  lastIndex: z.int(),
  lastHash: z.string(),
  origin: z.string(),
  /** The hour that is being counted, in hours since 1970, and its records so far. */
  hour: z.int(),
  count: z.int(),
  /** Working days, days with few hours, and closed ones apart. */
  full: paceSchema,
  short: paceSchema,
  closed: paceSchema,
  episode: episodeSchema.optional(),
  /** The gap that a tick has reported, by the record it follows. */
  ticked: z.int().optional(),
})
type Slot = z.output<typeof slotSchema>

const fresh = (): [number, number][] => Array.from({ length: 24 }, () => [0, 0])

type DayKind = 'full' | 'short' | 'closed'

/** Hours in which the practice is open on the local day of an instant; undefined where that is not known. */
function openHours(facts: Facts, at: number): number | undefined {
  const midnight = at - localClock(facts.timeZone).at(at).minute * MINUTE
  let hours = 0
  for (let hour = 0; hour < 24; hour++) {
    const open = facts.isOpen(midnight + hour * HOUR + 30 * MINUTE)
    if (open.is !== 'known') return undefined
    if (open.value) hours++
  }
  return hours
}

/** What kind of day it is: a Saturday with a few hours says nothing of a Tuesday. Without opening hours, Monday to Friday are full. */
function dayKind(facts: Facts, at: number): DayKind {
  const hours = openHours(facts, at)
  if (hours === undefined) return localClock(facts.timeZone).at(at).weekday <= 5 ? 'full' : 'closed'
  if (hours === 0) return 'closed'
  // Full is more than half of what the longest of the days around it has.
  const around = [-3, -2, -1, 1, 2, 3].map((days) => openHours(facts, at + days * DAY) ?? 0)
  return hours * 2 > Math.max(...around) ? 'full' : 'short'
}

const paceOf = (slot: Slot, facts: Facts, hour: number): [number, number] => {
  const at = hour * HOUR
  const local = Math.floor(localClock(facts.timeZone).at(at + 30 * MINUTE).minute / 60)
  return slot[dayKind(facts, at + 30 * MINUTE)][local] as [number, number]
}

/** Ends the hour that was counted, and the empty ones up to the next. */
function learn(options: Options, slot: Slot, facts: Facts, hour: number): void {
  const until = Math.min(hour, slot.hour + 48)
  for (let each = slot.hour; each < until; each++) {
    const pace = paceOf(slot, facts, each)
    const count = each === slot.hour ? slot.count : 0
    // An attack at night is no pace: a single hour moves it little.
    const usual = pace[0] < options.learnDays ? count : Math.min(count, 2 * pace[1] + 10)
    pace[1] = pace[0] === 0 ? usual : ewma(pace[1], usual, WEIGHT)
    pace[0] = Math.min(pace[0] + 1, 1_000_000)
  }
}

/** Records that the pace of the days before lets expect between two times; hours that are not known yet add nothing and are counted. */
function expected(
  options: Options,
  slot: Slot,
  facts: Facts,
  from: number,
  until: number,
): { readonly records: number; readonly unknownHours: number } {
  let records = 0
  let unknownHours = 0
  const end = Math.min(until, from + LONGEST)
  for (let hour = Math.floor(from / HOUR); hour * HOUR < end; hour++) {
    const part = (Math.min(end, (hour + 1) * HOUR) - Math.max(from, hour * HOUR)) / HOUR
    const [days, mean] = paceOf(slot, facts, hour)
    if (days >= options.learnDays) records += mean * part
    else unknownHours += part
  }
  return { records, unknownHours }
}

/** The end of a gap, named after the entry before it: a tick and the record that ends the silence tell of the same gap. */
function afterGap({ lastHash: hash, origin }: Slot, until: number, index: number): Seen {
  const record = { index, hash, origin } as unknown as Seen['record']
  return { record, index, event: {}, now: until, happened: until, at: until, doubt: undefined }
}

function judge(options: Options, slot: Slot, facts: Facts, until: number, index: number, out: Out): boolean {
  const gap = until - slot.last
  if (gap < options.minutes * MINUTE) return false
  const { records, unknownHours } = expected(options, slot, facts, slot.last, until)
  if (records < options.missing) {
    if (unknownHours > 0) out.unknown('pace of the hours')
    return false
  }
  const minutes = Math.round(gap / MINUTE)
  const isSame = slot.ticked === slot.lastIndex && slot.episode !== undefined
  if (!isSame) out.close(slot.episode, until)
  slot.episode = out.raise(
    isSame ? slot.episode : undefined,
    {
      key: `gap\n${slot.lastIndex}`,
      severity: records >= 10 * options.missing ? 'critical' : 'high',
      evidence: [slot.lastIndex],
      since: slot.last,
      score: rounded(records),
      threshold: options.missing,
      baseline: { minutes, recordsExpected: rounded(records), hoursWithoutBaseline: rounded(unknownHours) },
      explanation: `The log took nothing for ${minutes} minutes after entry ${slot.lastIndex}, where about ${Math.round(records)} records were to be expected.`,
      suggestion:
        'Find out whether recording stopped or work did: compare with the services’ own logs, and drain what was spooled.',
    },
    afterGap(slot, until, index),
  )
  return true
}

/**
 * Recording stopped (45 CFR 164.312(b)): the log took nothing for a time in which, by the pace of the days before, it should have taken
 * many records. The pace is an exponentially weighted mean by local hour, on working days, days with few hours and closed ones apart. A gap shows when the next
 * record comes, and before that by `tick`: call it from a timer, since a log that is silent brings no record that could show it.
 *
 * Misses: one service of many that stops recording; a log that starts to fade slowly.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function auditGap(options: AuditGapOptions = {}): Detector {
  const parsed = parseOptions(optionsSchema, options, 'auditGap')
  return makeDetector({
    name: 'audit-gap',
    version: 1,
    options: parsed,
    tables: { logs: tableOf(slotSchema, 400 * DAY, 1) },
    *episodes({ logs }, now) {
      for (const [, { episode }] of logs.entries(now)) yield episode
    },
    tick({ logs }, now, facts, out) {
      const slot = logs.get('log', now)
      if (slot === undefined) return
      if (judge(parsed, slot, facts, now, slot.lastIndex, out)) {
        slot.ticked = slot.lastIndex
        logs.set('log', slot, slot.last)
      }
    },
    observe({ logs }, seen, facts, out) {
      out.judged()
      // The log's own time: when things happened says nothing about whether they were recorded.
      const at = seen.now
      const hour = Math.floor(at / HOUR)
      const slot: Slot = logs.get('log', at) ?? {
        last: at,
        lastIndex: seen.index,
        lastHash: seen.record.hash,
        origin: seen.record.origin,
        hour: hour + 1,
        count: 0,
        full: fresh(),
        short: fresh(),
        closed: fresh(),
      }
      const gone = judge(parsed, slot, facts, at, seen.index, out)
      if (hour > slot.hour) {
        // The hours of a gap that was reported are not how things are.
        if (!gone) learn(parsed, slot, facts, hour)
        slot.hour = hour
        slot.count = 0
      } else if (hour < slot.hour - 1) {
        slot.hour = hour + 1
        slot.count = 0
      }
      if (hour === slot.hour) slot.count++
      slot.last = at
      slot.lastIndex = seen.index
      slot.lastHash = seen.record.hash
      logs.set('log', slot, at)
    },
  })
}
