import * as z from 'zod'
import { type Access, accessOf } from './access.ts'
import { type AlertSeverity, addSorted, type Containment, severityRank } from './alert.ts'
import { type Detector, makeDetector, type Out } from './detector.ts'
import { episodeSchema, startOf } from './episode.ts'
import type { Facts, Known, RelationKind } from './facts.ts'
import type { Seen } from './seen.ts'
import { tableOf } from './table.ts'

/**
 * Detectors that ask one question of each access: should this person be in this patient's record at all? What they find is a reason to
 * look, never a verdict. Such rules fire far more often than there is misuse, and many hits have a clinical reason (Hedda, Malin, Yan and
 * Fabbri, AMIA Annu. Symp. Proc. 2017:866); hence relations are asked for first, wherever they are known.
 */

const DAY = 86_400_000

export const touchOptions = {
  /** Touches within this many days of the first are one alert. Default 7. */
  days: z.int().min(1).max(60).default(7),
}

export type Judgement =
  | { readonly is: 'fine' | 'not-applicable' }
  | { readonly is: 'unknown'; readonly reason: string }
  | {
      readonly is: 'suspect'
      readonly severity: AlertSeverity
      readonly baseline?: Readonly<Record<string, number | string | null>>
      readonly unknown?: readonly string[]
    }

export interface TouchSpec<Options extends { readonly days: number; readonly [key: string]: unknown }> {
  readonly name: string
  readonly version: number
  readonly options: Options
  /** Whether an alert is about one patient, or about everything of the kind that a person touched. */
  readonly per: 'patient' | 'actor'
  judge(access: Access, patient: string, seen: Seen, facts: Facts): Judgement
  /** The severity of an alert by how much it holds; judgements only make it worse. */
  severity?(score: number): AlertSeverity
  /** How many it takes for an alert. Default 1. */
  readonly threshold?: number
  explain(figures: { readonly actor: string; readonly patients: readonly string[]; readonly touches: number }): {
    readonly explanation: string
    readonly suggestion: string
  }
  containment?(actor: string, patients: readonly string[]): readonly Containment[]
}

const slotSchema = z.strictObject({
  /** Patients, touches and entries of the stretch so far. */
  patients: z.array(z.string()).max(1000),
  touches: z.int(),
  indices: z.array(z.int()).max(1000),
  start: z.number(),
  episode: episodeSchema.optional(),
})
type Slot = z.output<typeof slotSchema>

const worst = (found: readonly AlertSeverity[]): AlertSeverity =>
  found.reduce((a, b) => (severityRank(b) > severityRank(a) ? b : a), 'low')

type Suspect = Extract<Judgement, { is: 'suspect' }>

/** Judges every patient of an access; coverage counts the record once, by the worst of the answers. */
function judgeAll<Options extends { readonly days: number }>(
  spec: TouchSpec<Options & { readonly [key: string]: unknown }>,
  access: Access,
  seen: Seen,
  facts: Facts,
  out: Out,
): ReadonlyMap<string, Suspect> {
  const suspects = new Map<string, Suspect>()
  const reasons = new Set<string>()
  let judged = false
  for (const patient of access.patients) {
    const judgement = spec.judge(access, patient, seen, facts)
    if (judgement.is === 'suspect') suspects.set(patient, judgement)
    else if (judgement.is === 'unknown') reasons.add(judgement.reason)
    if (judgement.is === 'suspect' || judgement.is === 'fine') judged = true
  }
  for (const reason of reasons) out.unknown(reason)
  if (judged) out.judged()
  else if (reasons.size === 0) out.notApplicable()
  return suspects
}

export function touchDetector<Options extends { readonly days: number; readonly [key: string]: unknown }>(
  spec: TouchSpec<Options>,
): Detector {
  const { options, threshold = 1 } = spec
  return makeDetector({
    name: spec.name,
    version: spec.version,
    options,
    tables: { slots: tableOf(slotSchema, (options.days + 3) * DAY, 50_000) },
    *episodes({ slots }, now) {
      for (const [, { episode }] of slots.entries(now)) yield episode
    },
    observe({ slots }, seen, facts, out) {
      const access = accessOf(seen, out)
      if (access === undefined) return
      const { actor, patients } = access
      if (actor.type !== 'workforce' && actor.type !== 'vendor') {
        out.notApplicable()
        return
      }
      if (patients.length === 0) {
        out.unknown('patients not listed')
        return
      }
      const suspects = judgeAll(spec, access, seen, facts, out)
      if (suspects.size === 0) return
      const groups = spec.per === 'actor' ? [[...suspects.keys()]] : [...suspects.keys()].map((patient) => [patient])
      for (const group of groups) {
        const key = spec.per === 'actor' ? actor.id : `${actor.id}\n${group[0]}`
        let slot: Slot | undefined = slots.get(key, seen.now)
        const began = slot?.episode === undefined ? slot?.start : startOf(slot.episode)
        if (slot !== undefined && began !== undefined && seen.at > began + options.days * DAY) {
          out.close(slot.episode, seen.now)
          slot = undefined
        }
        slot ??= { patients: [], touches: 0, indices: [], start: seen.at }
        for (const patient of group) addSorted(slot.patients, patient, 1000)
        slot.start = Math.min(slot.start, seen.at)
        slot.touches++
        if (slot.indices.length < 1000) slot.indices.push(seen.index)
        const score = spec.per === 'actor' ? slot.patients.length : slot.touches
        const found = group.map((patient) => suspects.get(patient) as Suspect)
        if (score >= threshold) {
          slot.episode = out.raise(
            slot.episode,
            {
              key,
              severity: worst([...found.map(({ severity }) => severity), spec.severity?.(score) ?? 'low']),
              actor: actor.id,
              patients: slot.episode === undefined ? slot.patients : group,
              evidence: slot.episode === undefined ? slot.indices : [],
              since: slot.start,
              score,
              threshold,
              baseline: { patients: slot.patients.length, touches: slot.touches, ...found[0]?.baseline },
              ...spec.explain({ actor: actor.id, patients: slot.patients, touches: slot.touches }),
              containment: spec.containment?.(actor.id, slot.patients) ?? [],
              unknown: [...new Set(found.flatMap(({ unknown = [] }) => unknown))],
            },
            seen,
          )
        }
        slots.set(key, slot, seen.now)
      }
    },
  })
}

/** An appointment explains work from three days before it until thirty days after it: preparing, writing up, billing, calling back. */
const defaultSlack = { before: 3 * DAY, after: 30 * DAY }

export const relationAt = (
  access: Access,
  patient: string,
  seen: Seen,
  facts: Facts,
  slack = defaultSlack,
): Known<RelationKind> => facts.relation(access.actor.id, patient, seen.happened, slack)

/** The phrase for one patient or several. */
export const recordsOf = (patients: readonly string[]): string =>
  patients.length === 1 ? `the record of ${patients[0]}` : `records of ${patients.length} patients`
