import { canonicalJson, formatCitation, parseAs, sha256, toHex, utf8 } from '@phi/core'
import { createEvents, type EventAttributes } from 'ics'
import * as z from 'zod'
import { type CivilDate, formatDay, parseDay, partsOf, readDay } from '../calendar/civil-date.ts'
import { type Moment, readMoment, zoneOf } from '../calendar/zone.ts'
import type { Deadline } from '../evaluate/deadline.ts'
import { recurringError } from './errors.ts'
import { cleanLine, cleanText, escapeText, fold, unfold } from './i-calendar-text.ts'
import type { Occurrence } from './schedule.ts'

export interface CalendarOptions {
  /** The instant at which the calendar is made (DTSTAMP). No clock is read for it. */
  readonly stamp: Moment
  /** The right side of the UIDs: a domain of the house, `example.org`. */
  readonly domain: string
  /** What tells two incidents or houses apart in one calendar: a case number, never a name. It goes into the UIDs, hashed. */
  readonly scope?: string | undefined
  /** The name of the calendar, for readers that show one. */
  readonly name?: string | undefined
  /** One alarm for each entry, this many days before it. */
  readonly alarmDaysBefore?: number | undefined
}

export interface ICalendar {
  /** RFC 5545, with CRLF line ends; media type `text/calendar`. */
  readonly text: string
  /** How many entries it holds. */
  readonly entries: number
  /** What calls for action and has no date to enter. A calendar cannot show it; somebody has to. */
  readonly undated: readonly { readonly rule: string; readonly addressee: string; readonly status: string }[]
}

const short = z.string().max(2000)

/** Of a deadline or an occurrence, what an entry is made of. The facts stay behind. */
const entrySchema = z.looseObject({
  rule: short,
  title: short,
  addressee: short,
  citation: short,
  citations: z.array(z.looseObject({ source: short, section: short })).max(100),
  jurisdiction: short.optional(),
  status: short.optional(),
  state: z.enum(['planned', 'overdue', 'not-known']).optional(),
  missed: z.number().optional(),
  on: short.optional(),
  due: short.optional(),
  planFor: short.optional(),
  dueInstant: short.optional(),
  lawfulUntil: short.optional(),
  event: short.optional(),
  house: z.looseObject({ due: short }).optional(),
  trigger: z.looseObject({ on: short }).optional(),
  standard: short.optional(),
  unknown: z.array(short).max(1000).optional(),
  note: z.string().max(10_000).optional(),
})
type Entry = z.output<typeof entrySchema>

const optionsSchema = z.strictObject({
  stamp: z.string().max(120),
  domain: z
    .string()
    .max(100)
    .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i),
  scope: z.string().max(200).optional(),
  name: z.string().max(200).optional(),
  alarmDaysBefore: z.int().min(1).max(366).optional(),
})

const refusal = (context: Parameters<typeof recurringError>[1]) => recurringError('PHI_DEADLINES_CALENDAR', context)

/** What is over or does not apply has no place in a calendar of things to do. */
const isQuiet = ({ status, done }: Entry): boolean =>
  status === 'met' || status === 'not-applicable' || status === 'not-in-force' || (status === 'late' && done !== undefined)

const dateOf = ({ on, due, planFor, house }: Entry): CivilDate | undefined => on ?? due ?? planFor ?? house?.due

function summaryOf(entry: Entry): string {
  const { title, jurisdiction, status, state, due, planFor, on, house } = entry
  const overdue = status === 'late' || state === 'overdue'
  const target = on === undefined && due === undefined && planFor === undefined && house !== undefined
  const planned = status === 'pending-facts' || state === 'not-known'
  const prefix = overdue ? 'Overdue: ' : planned ? 'Plan for: ' : target ? 'Target: ' : ''
  return cleanLine(`${prefix}${title}${jurisdiction === undefined ? '' : ` (${jurisdiction})`}`)
}

function descriptionOf(entry: Entry): string {
  const { addressee, jurisdiction, status, state, missed, dueInstant, lawfulUntil, standard, unknown, note } = entry
  const lines = [`To: ${addressee}${jurisdiction === undefined ? '' : `, ${jurisdiction}`}`, `Status: ${status ?? state}`]
  if (missed !== undefined) lines.push(`Due days missed: ${missed}`)
  if (dueInstant !== undefined) lines.push(`Through: ${dueInstant}`)
  if (lawfulUntil !== undefined) lines.push(`A later date may be lawful: ${lawfulUntil}`)
  if (standard !== undefined) lines.push(`Standard: ${standard}`)
  if (unknown !== undefined && unknown.length > 0) lines.push(`Not known: ${unknown.join(', ')}`)
  lines.push(`Source: ${entry.citations.map(formatCitation).join('; ')}`)
  if (note !== undefined) lines.push(note)
  return cleanText(lines.map(cleanLine).join('\n'))
}

/** `20260704T120000Z`. */
function stampOf(stamp: Moment): string {
  const utc = zoneOf('UTC')
  const { instant } = readMoment(stamp, utc, 'options.stamp')
  if (instant === undefined) throw refusal({ path: 'options.stamp', detail: 'must be an instant, with Z, an offset or a zone' })
  return `${utc.format(instant).replace(/\.\d+/, '').slice(0, 19).replace(/[-:]/g, '')}Z`
}

/** Of 128 bits, so that two entries do not meet; hashed, so that neither a scope nor a date can be read off a calendar's UIDs. */
function uidOf(key: readonly (string | number | null)[], domain: string): string {
  return `${toHex(sha256(utf8(canonicalJson(key)))).slice(0, 32)}@${domain}`
}

function dateParts(date: CivilDate): [number, number, number] {
  const { year, month, date: day } = partsOf(parseDay(date))
  return [year, month, day]
}

/**
 * Deadlines of `evaluate` and `nextDue`, and the occurrences of a `schedule`, as a calendar (RFC 5545): one event for each that calls
 * for action and has a date, for the whole day, that blocks no time. Facts are left behind; titles, citations, standards and notes go
 * in. A calendar often belongs to another party: titles and scopes must not name a person.
 *
 * UIDs are made from rule, addressee, State, day of the trigger and date, so the same deadline keeps its UID from one export to the
 * next; entries that agree in all of these are numbered in their order. The bytes depend on nothing but the arguments.
 *
 * @throws PhiError PHI_DEADLINES_CALENDAR, also for more than 10,000 entries; PHI_DEADLINES_DATE
 */
export function toICalendar(entries: readonly (Deadline | Occurrence)[], options: CalendarOptions): ICalendar {
  const read = parseAs(optionsSchema, options, 'options', refusal)
  const list = parseAs(z.array(entrySchema).max(10_000), entries, 'entries', refusal)
  const timestamp = stampOf(read.stamp)
  const seen = new Map<string, number>()
  const events: EventAttributes[] = []
  const undated: { rule: string; addressee: string; status: string }[] = []
  for (const entry of list) {
    if (isQuiet(entry)) continue
    const date = dateOf(entry)
    if (date === undefined) {
      undated.push({ rule: entry.rule, addressee: entry.addressee, status: entry.status ?? 'not-known' })
      continue
    }
    if (readDay(date) === undefined) throw refusal({ path: 'entries.*', detail: 'an entry has a date that does not exist' })
    const key = [
      read.scope ?? null,
      entry.rule,
      entry.addressee,
      entry.jurisdiction ?? null,
      entry.event ?? null,
      entry.trigger?.on ?? null,
      date,
    ].map((part) => (part === null ? null : part.toWellFormed()))
    const plain = canonicalJson(key)
    const ordinal = (seen.get(plain) ?? 0) + 1
    seen.set(plain, ordinal)
    const summary = summaryOf(entry)
    const event: EventAttributes & { readonly timestamp: string } = {
      uid: uidOf([...key, ordinal], read.domain),
      timestamp,
      start: dateParts(date),
      end: dateParts(formatDay(parseDay(date) + 1)),
      title: summary,
      description: descriptionOf(entry),
      status: entry.status === 'pending-facts' || entry.state === 'not-known' ? 'TENTATIVE' : 'CONFIRMED',
      transp: 'TRANSPARENT',
      classification: 'PRIVATE',
      ...(read.alarmDaysBefore !== undefined && { alarms: [alarm(summary, read.alarmDaysBefore)] }),
    }
    events.push(event)
  }
  return { text: write(events, read.name), entries: events.length, undated }
}

// ics writes `P7DT` for seven days, which RFC 5545 3.3.6 does not allow; hours come out right. It also does not escape the text of an
// alarm.
const alarm = (summary: string, days: number): NonNullable<EventAttributes['alarms']>[number] => ({
  action: 'display',
  description: escapeText(summary),
  trigger: { hours: days * 24, before: true },
})

/**
 * ics makes a default UID and a default timestamp, from randomness and the clock, for every event before it looks at those that it
 * was given; they are thrown away unread, and nothing of them reaches the text. It folds lines by characters; RFC 5545 3.1 counts
 * octets, so they are folded anew.
 */
function write(events: EventAttributes[], name: string | undefined): string {
  const header = { productId: '-//phi//deadlines//EN', ...(name !== undefined && { calName: escapeText(cleanLine(name)) }) }
  const { error, value } = createEvents(events, header)
  // The library's error quotes what it refuses, and is not kept.
  if (error || value === null) throw refusal({ path: 'entries' })
  return fold(unfold(value))
}
