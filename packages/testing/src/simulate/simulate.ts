import type { PracticeFacts } from '@phi/audit/detect'
import { parseAs } from '@phi/core'
import * as z from 'zod'
import { dayNumber, dayText } from './calendar.ts'
import { clinicianDay, isClinician, night } from './clinicians.ts'
import type { Happening, SimulatedEvent } from './desk.ts'
import { simulateError } from './errors.ts'
import { factsOf } from './facts.ts'
import { type Incident, type IncidentKind, incidentKinds, incidentVariants } from './incident.ts'
import { planIncidents, type Wanted } from './incidents.ts'
import { officeDay } from './office.ts'
import { portalDay, servicesDay } from './portal.ts'
import { practiceOf } from './practice.ts'
import type { PracticeRole } from './table.ts'

const kinds = Object.keys(incidentKinds) as [IncidentKind, ...IncidentKind[]]

const optionsSchema = z.strictObject({
  seed: z.int().min(0).max(4_294_967_295),
  people: z.int().min(24).max(2000).default(300),
  days: z.int().min(1).max(366).default(30),
  start: z.iso.date().refine((date) => date >= '1990-01-01' && date < '2190-01-01', 'must lie between 1990 and 2190'),
  timeZone: z
    .string()
    .max(64)
    .refine((zone) => {
      try {
        return /^[A-Za-z]/.test(zone) && new Intl.DateTimeFormat('en-US', { timeZone: zone }) !== undefined
      } catch {
        return false
      }
    }, 'must be an IANA time zone')
    .default('America/New_York'),
  incidents: z
    .union([
      z.literal('all'),
      z
        .array(z.strictObject({ kind: z.enum(kinds), variant: z.enum(incidentVariants) }))
        .max(30)
        .readonly()
        .refine(
          (list) => new Set(list.map(({ kind, variant }) => `${kind}/${variant}`)).size === list.length,
          'must not name the same twice',
        ),
    ])
    .default([]),
})

/**
 * `seed` decides everything that is drawn. `people` of the workforce, 24 to 2,000, default 300; incidents of all kinds need about 120.
 * `start` a civil date, `days` from it on, default 30, in `timeZone`, default America/New_York. `incidents`: `'all'` (each kind, blatant
 * and subtle), a list, or none by default.
 */
export type SimulateOptions = z.input<typeof optionsSchema>

/** Somebody of the simulated workforce. */
export interface SimulatedPerson {
  readonly actor: string
  readonly role: PracticeRole
  /** The first day of work and the first day without, `YYYY-MM-DD`, where they lie in the simulated time. */
  readonly hired: string | undefined
  readonly left: string | undefined
}

export interface Simulation {
  /** The events in the order of `occurredAt`, from the beginning each time it is called. What is kept in between is a day or two. */
  events(): Generator<SimulatedEvent, void, undefined>
  /** What the practice knows and detectors may ask. Its rows grow with the days. */
  facts(): PracticeFacts
  /** What was planted, and where. */
  readonly incidents: readonly Incident[]
  readonly staff: readonly SimulatedPerson[]
  readonly people: number
  readonly days: number
}

/**
 * Simulates a practice for mental health: some hundred people of twelve roles at up to four sites, their patients and service accounts.
 * It is a world to test against, not a model of a real one; its numbers stand in `roleTable` and `rates`, each with a reason. Names are
 * identifiers, and addresses are of ranges for documentation. The same options give the same bytes, on every machine whose time zone data
 * agree.
 * @throws PhiError PHI_TESTING_SIMULATE_OPTIONS
 */
export function simulatePractice(options: SimulateOptions): Simulation {
  const parsed = parseAs(optionsSchema, options, 'options', (context) => simulateError('PHI_TESTING_SIMULATE_OPTIONS', context))
  const { days, incidents, people, seed, start, timeZone } = parsed
  const first = dayNumber(start)
  const practice = practiceOf(seed, people, first, days, timeZone)
  const wanted: readonly Wanted[] =
    incidents === 'all' ? kinds.flatMap((kind) => incidentVariants.map((variant) => ({ kind, variant }))) : incidents
  const planned = planIncidents(practice, wanted)
  const planted = planned.flatMap(({ happenings }) => happenings).sort(inOrder)
  const silences = planned.flatMap(({ silence }) => (silence === undefined ? [] : [silence]))
  const isRecorded = (at: number): boolean => !silences.some(([from, until]) => at >= from && at < until)

  function* events(): Generator<SimulatedEvent, void, undefined> {
    let waiting: Happening[] = []
    let next = 0
    // The evening before reaches into the first day.
    night(practice, first - 1, waiting)
    const begin = practice.calendar.at(first, 0)
    const end = practice.calendar.at(first + days, 0)
    waiting = waiting.filter(({ at }) => at >= begin)
    for (let day = first; day < first + days; day++) {
      for (const person of practice.people.staff) {
        const shift = practice.workingOn(day).get(person.n)
        if (isClinician(person)) clinicianDay(practice, person, day, shift, waiting)
        else if (shift !== undefined) officeDay(practice, person, day, shift, waiting)
      }
      night(practice, day, waiting)
      portalDay(practice, day, waiting)
      servicesDay(practice, day, waiting)
      const until = practice.calendar.at(day + 1, 0)
      for (; next < planted.length && (planted[next] as Happening).at < until; next++) waiting.push(planted[next] as Happening)
      waiting.sort(inOrder)
      const later = waiting.findIndex(({ at }) => at >= until)
      const due = later < 0 ? waiting : waiting.slice(0, later)
      waiting = later < 0 ? [] : waiting.slice(later)
      for (const { at, event } of due) {
        if (at >= begin && at < end && isRecorded(at)) yield event
      }
    }
  }

  const date = (day: number | undefined): string | undefined => (day === undefined ? undefined : dayText(day))
  return {
    events,
    facts: () => factsOf(practice),
    incidents: planned.map(({ incident }) => incident),
    staff: practice.people.staff.map(({ id, role, hired, left }) => ({
      actor: id,
      role,
      hired: date(hired),
      left: date(left),
    })),
    people,
    days,
  }
}

const inOrder = (a: Happening, b: Happening): number => a.at - b.at || (a.event.id < b.event.id ? -1 : 1)
