import * as z from 'zod'
import { accessActions, actOf, patientsOf } from './access.ts'
import { counted } from './alert.ts'
import { type Detector, makeDetector, parseOptions } from './detector.ts'
import { episodeSchema } from './episode.ts'
import { LATENESS_MS } from './seen.ts'
import { tableOf } from './table.ts'

const DAY = 86_400_000

const optionsSchema = z.strictObject({
  /** Days without an act after which an account sleeps. Default 45: CIS Controls v8, 5.3, disables accounts after as long. */
  days: z.int().min(1).max(365).default(45),
  /** Days after the end of employment in which acts are expected. Default 0. */
  graceDays: z.int().min(0).max(90).default(0),
})
export type DormantAccountOptions = z.input<typeof optionsSchema>

const slotSchema = z.strictObject({
  last: z.number(),
  /** Until when acts belong to the waking up. */
  awake: z.number().optional(),
  episode: episodeSchema.optional(),
})

/**
 * An account acts that should not: nobody has used it for a long time, or the person's employment has ended or not begun (45 CFR
 * 164.308(a)(3)(ii)(C), termination procedures). What it does within a day belongs to the alert.
 *
 * Misses: an account that slept for longer than the log was read, and accounts that are used now and then.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function dormantAccount(options: DormantAccountOptions = {}): Detector {
  const parsed = parseOptions(optionsSchema, options, 'dormantAccount')
  return makeDetector({
    name: 'dormant-account',
    version: 1,
    options: parsed,
    tables: { actors: tableOf(slotSchema, 500 * DAY, 50_000) },
    *episodes({ actors }, now) {
      for (const [, { episode }] of actors.entries(now)) yield episode
    },
    observe({ actors }, seen, facts, out) {
      const act = actOf(seen, out)
      if (act === undefined) return
      // Patients come back after months: that is what a portal is for.
      if (!act.succeeded || act.actor.type === 'patient' || act.actor.type === 'system') {
        out.notApplicable()
        return
      }
      const { id, type } = act.actor
      const slot = actors.get(id, seen.now) ?? { last: seen.at }
      const slept = Math.floor((seen.at - slot.last) / DAY)
      const staff = facts.staff(id)
      const from =
        staff.is === 'known' && staff.value.from !== undefined ? Date.parse(staff.value.from) : Number.NEGATIVE_INFINITY
      const until =
        staff.is === 'known' && staff.value.until !== undefined
          ? Date.parse(staff.value.until) + parsed.graceDays * DAY
          : Number.POSITIVE_INFINITY
      const outside = seen.happened < from || seen.happened >= until
      if (type === 'workforce' && staff.is !== 'known') out.unknown('employment')
      out.judged()
      slot.last = Math.max(slot.last, seen.at)
      const wakes = slept >= parsed.days || outside
      if (wakes && (slot.awake === undefined || seen.at > slot.awake)) {
        out.close(slot.episode, seen.now)
        delete slot.episode
        slot.awake = seen.at + LATENESS_MS
      }
      const belongs = slot.awake !== undefined && seen.at <= slot.awake && (wakes || slot.episode !== undefined)
      if (belongs) {
        const patients = accessActions.has(act.action) ? patientsOf(seen.event.subject) : []
        const touched = new Set([...(slot.episode?.alert.patients ?? []), ...patients]).size
        const records = (slot.episode === undefined ? 0 : slot.episode.alert.indices.length + slot.episode.alert.omitted) + 1
        const first = slot.episode?.alert.baseline
        const days = typeof first?.sleptDays === 'number' ? first.sleptDays : slept
        const ended = outside || first?.employed === 'no'
        slot.episode = out.raise(
          slot.episode,
          {
            key: id,
            severity: ended ? (touched > 0 ? 'critical' : 'high') : touched >= 10 ? 'high' : 'medium',
            actor: id,
            patients,
            score: records,
            threshold: 1,
            baseline: { sleptDays: days, limitDays: parsed.days, employed: ended ? 'no' : staff.is === 'known' ? 'yes' : null },
            explanation: ended
              ? `${id} acted outside of the time of employment: ${counted(records, 'record')} of ${counted(touched, 'patient')} so far.`
              : `${id} acted after ${days} days without any act; ${parsed.days} is the limit: ${counted(records, 'record')} of ${counted(touched, 'patient')} so far.`,
            suggestion: ended
              ? 'Close the account, and see who has its password.'
              : 'Ask the person whether it is them, and whether the account is still needed.',
            containment: [
              { step: 'revoke-sessions', actor: id },
              { step: 'suspend-account', actor: id },
            ],
            unknown: staff.is === 'known' || type !== 'workforce' ? [] : ['employment'],
          },
          seen,
        )
      }
      actors.set(id, slot, seen.now)
    },
  })
}
