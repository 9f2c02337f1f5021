import * as z from 'zod'
import { accessActions, actOf, hidesSubject, patientsOf } from './access.ts'
import { counted } from './alert.ts'
import { type Detector, makeDetector, parseOptions } from './detector.ts'
import { endOf, episodeSchema } from './episode.ts'
import { LATENESS_MS } from './seen.ts'
import { tableOf } from './table.ts'
import { densest, entriesSchema, insert } from './window.ts'

const HOUR = 3_600_000
const LIMIT = 500

const optionsSchema = z.strictObject({
  /** Refused accesses within an hour. Default 15. */
  denials: z.int().min(2).max(400).default(15),
  /** Different patients whose records were refused within an hour. Default 5. */
  patients: z.int().min(2).max(400).default(5),
})
export type DenialsOptions = z.input<typeof optionsSchema>

const slotSchema = z.strictObject({
  refused: entriesSchema(LIMIT),
  byPatient: entriesSchema(LIMIT),
  episode: episodeSchema.optional(),
})

/**
 * Somebody is refused again and again: they try records or actions that policy does not give them. Needs a log in which denials are
 * recorded (45 CFR 164.312(b)).
 *
 * Misses: refusals that the application answers without recording them.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function denials(options: DenialsOptions = {}): Detector {
  const parsed = parseOptions(optionsSchema, options, 'denials')
  return makeDetector({
    name: 'denials',
    version: 1,
    options: parsed,
    tables: { actors: tableOf(slotSchema, 3 * LATENESS_MS, 20_000) },
    *episodes({ actors }, now) {
      for (const [, { episode }] of actors.entries(now)) yield episode
    },
    observe({ actors }, seen, _facts, out) {
      const act = actOf(seen, out)
      if (act === undefined) return
      if (!act.denied || !(accessActions.has(act.action) || act.action === 'search' || act.action === 'execute')) {
        out.notApplicable()
        return
      }
      if (hidesSubject(seen)) out.unknown('subject withheld')
      out.judged()
      const { id } = act.actor
      const slot = actors.get(id, seen.now) ?? { refused: [], byPatient: [] }
      if (slot.episode !== undefined && seen.at > endOf(slot.episode) + HOUR) {
        out.close(slot.episode, seen.now)
        delete slot.episode
      }
      const keep = { from: seen.now - 2 * LATENESS_MS, until: seen.now, limit: LIMIT }
      const patients = patientsOf(seen.event.subject).slice(0, LIMIT)
      insert(slot.refused, [seen.at, seen.index, ''], keep)
      for (const patient of patients) insert(slot.byPatient, [seen.at, seen.index, patient], keep)
      actors.set(id, slot, seen.now)
      const all = densest(slot.refused, seen.at, HOUR, 'entries')
      const people = densest(slot.byPatient, seen.at, HOUR, 'tags')
      const score = Math.max(all.count / parsed.denials, people.count / parsed.patients)
      if (score < 1 && slot.episode === undefined) return
      slot.episode = out.raise(
        slot.episode,
        {
          key: id,
          severity: score >= 4 ? 'high' : score >= 2 ? 'medium' : 'low',
          actor: id,
          patients: slot.episode === undefined ? people.entries.map(([, , patient]) => patient) : patients,
          evidence: slot.episode === undefined ? [...all.entries, ...people.entries].map(([, index]) => index) : [],
          since: Math.min(all.entries[0]?.[0] ?? seen.at, people.entries[0]?.[0] ?? seen.at),
          score,
          threshold: 1,
          baseline: {
            denials: all.count,
            patients: people.count,
            denialsLimit: parsed.denials,
            patientsLimit: parsed.patients,
          },
          explanation: `${id} was refused ${counted(all.count, 'time')} within an hour, for ${counted(people.count, 'patient')}; ${parsed.denials} refusals or ${parsed.patients} patients are the limit.`,
          suggestion: 'Find out whether a permission is missing or whether somebody is trying doors.',
          containment: [{ step: 'revoke-sessions', actor: id }],
        },
        seen,
      )
    },
  })
}
