import * as z from 'zod'
import { accessOf, outputActions, practiceDay } from './access.ts'
import { addSorted, counted } from './alert.ts'
import { type Detector, makeDetector, parseOptions } from './detector.ts'
import { endOf, episodeSchema, startOf } from './episode.ts'
import type { Facts } from './facts.ts'
import { localClock } from './local-time.ts'
import { LATENESS_MS } from './seen.ts'
import { tableOf } from './table.ts'

const HOUR = 3_600_000
const HABIT_DAYS = 42

const optionsSchema = z.strictObject({
  /** Different patients in one stretch of off-hours work that are worth an alert. Default 5: a few are notes written after dinner. */
  patients: z.int().min(1).max(1000).default(5),
  /** Minutes before and after a shift that still belong to it. Default 90: notes are written after the last visit. */
  shiftMinutes: z.int().min(0).max(720).default(90),
  /** Earlier days with work in the same or a neighbouring hour that make it a habit. Default 3, of the last 42 days. */
  habitDays: z.int().min(1).max(HABIT_DAYS).default(3),
  /** Days of work before a missing habit says anything, where neither shifts nor opening hours are known. Default 10. */
  learnDays: z.int().min(1).max(HABIT_DAYS).default(10),
})
export type OffHoursOptions = z.input<typeof optionsSchema>
type Options = z.output<typeof optionsSchema>

const slotSchema = z.strictObject({
  /** By practice day: the local hours with work, bit 0 midnight. */
  days: z.array(z.tuple([z.int(), z.int()])).max(HABIT_DAYS),
  /** Off-hours touches that are not yet an alert. */
  stretch: z
    .strictObject({
      first: z.number(),
      last: z.number(),
      patients: z.array(z.string()).max(1000),
      indices: z.array(z.int()).max(1000),
    })
    .optional(),
  episode: episodeSchema.optional(),
})
type Slot = z.output<typeof slotSchema>

/** Days before `day` on which the person worked in this hour or one beside it. */
function habit(slot: Slot, day: number, hour: number): number {
  const around = (1 << hour) | (1 << ((hour + 1) % 24)) | (1 << ((hour + 23) % 24))
  return slot.days.filter(([each, hours]) => each < day && (hours & around) !== 0).length
}

/** @param today a day that lies long before it is forgotten already, and makes nothing else forgotten */
function work(slot: Slot, day: number, hour: number, today: number): void {
  const found = slot.days.find(([each]) => each === day)
  if (found !== undefined) found[1] |= 1 << hour
  else {
    slot.days.push([day, 1 << hour])
    slot.days.sort(([a], [b]) => a - b)
    if (slot.days.length > HABIT_DAYS) slot.days.shift()
  }
  slot.days = slot.days.filter(([each]) => Math.abs(each - today) <= HABIT_DAYS)
}

/** Whether the roster, the opening hours or the person's own habit explains work at this time. */
function explained(
  options: Options,
  facts: Facts,
  actor: string,
  at: number,
  slot: Slot,
  day: number,
  hour: number,
): 'yes' | 'no' | 'unknown' {
  const shift = facts.onShift(actor, at, options.shiftMinutes * 60_000)
  if (shift.is === 'known' && shift.value) return 'yes'
  const open = facts.isOpen(at)
  if (open.is === 'known' && open.value) return 'yes'
  if (habit(slot, day, hour) >= options.habitDays) return 'yes'
  if (shift.is === 'known' || open.is === 'known') return 'no'
  return slot.days.filter(([each]) => each < day).length >= options.learnDays ? 'no' : 'unknown'
}

/**
 * Somebody opens records at a time at which neither they are on duty, nor the practice is open, nor have they worked before. Times are
 * local, so that the change of the clocks moves nobody's night. Each of roster, opening hours and habit is used where it is known.
 *
 * Misses: misuse during working hours, which is most of it; whoever makes a habit of the night slowly.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function offHours(options: OffHoursOptions = {}): Detector {
  const parsed = parseOptions(optionsSchema, options, 'offHours')
  return makeDetector({
    name: 'off-hours',
    version: 1,
    options: parsed,
    tables: { actors: tableOf(slotSchema, 60 * LATENESS_MS, 20_000) },
    *episodes({ actors }, now) {
      for (const [, { episode }] of actors.entries(now)) yield episode
    },
    observe({ actors }, seen, facts, out) {
      const access = accessOf(seen, out)
      if (access === undefined) return
      const { actor, patients, unlisted } = access
      if (actor.type !== 'workforce' && actor.type !== 'vendor') {
        out.notApplicable()
        return
      }
      // A record that came late was made when it was made: shifts and hours are known for the past too.
      const at = seen.happened
      const day = practiceDay(facts.timeZone, at)
      const hour = Math.floor(localClock(facts.timeZone).at(at).minute / 60)
      const slot: Slot = actors.get(actor.id, seen.now) ?? { days: [] }
      const answer = explained(parsed, facts, actor.id, at, slot, day, hour)
      work(slot, day, hour, practiceDay(facts.timeZone, seen.now))
      actors.set(actor.id, slot, seen.now)
      if (answer === 'unknown') {
        out.unknown('shifts, opening hours and habit')
        return
      }
      out.judged()
      if (answer === 'yes') return
      if (slot.episode !== undefined && (at > endOf(slot.episode) + 6 * HOUR || at > startOf(slot.episode) + 24 * HOUR)) {
        out.close(slot.episode, seen.now)
        delete slot.episode
      }
      const stretch = slot.stretch !== undefined && Math.abs(at - slot.stretch.last) <= 6 * HOUR ? slot.stretch : undefined
      const touched = stretch?.patients ?? []
      for (const patient of patients) addSorted(touched, patient, 1000)
      const indices = stretch?.indices ?? []
      if (indices.length < 1000) indices.push(seen.index)
      slot.stretch = {
        first: Math.min(at, stretch?.first ?? at),
        last: Math.max(at, stretch?.last ?? at),
        patients: touched,
        indices,
      }
      const amount = touched.length + unlisted
      const leaves = outputActions.has(access.action) && access.action !== 'send'
      if (slot.episode === undefined && amount < parsed.patients && !leaves) return
      slot.episode = out.raise(
        slot.episode,
        {
          key: actor.id,
          severity: leaves && amount >= 10 ? 'high' : leaves || amount >= 10 ? 'medium' : 'low',
          actor: actor.id,
          patients: slot.episode === undefined ? touched : patients,
          evidence: slot.episode === undefined ? indices : [],
          since: slot.stretch.first,
          score: amount,
          threshold: parsed.patients,
          baseline: { localHour: hour, daysWorkedAtThisHour: habit(slot, day, hour), daysKnown: slot.days.length },
          explanation: `${actor.id} opened records of ${counted(amount, 'patient')} off hours, around ${hour}:00 local time; they worked around that hour on ${habit(slot, day, hour)} of ${slot.days.length} days.`,
          suggestion: 'Compare with on-call duty and sick cover; ask the person what the work was.',
          containment: [{ step: 'revoke-sessions', actor: actor.id }],
        },
        seen,
      )
    },
  })
}
