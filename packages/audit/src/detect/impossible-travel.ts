import * as z from 'zod'
import { actOf, patientsOf } from './access.ts'
import { type Detector, makeDetector, parseOptions } from './detector.ts'
import { endOf, episodeSchema } from './episode.ts'
import { LATENESS_MS } from './seen.ts'
import { distanceKm, rounded } from './statistics.ts'
import { tableOf } from './table.ts'

const optionsSchema = z.strictObject({
  /** Faster than this is impossible, in kilometres an hour. Default 1000: above the cruising speed of an airliner. */
  speed: z.number().min(100).max(100_000).default(1000),
  /** Closer places than this are never judged, in kilometres: addresses are located coarsely. Default 500. */
  distance: z.number().min(1).max(20_000).default(500),
})
export type ImpossibleTravelOptions = z.input<typeof optionsSchema>

const MAX_STAYS = 32
const staySchema = z.strictObject({
  from: z.number(),
  until: z.number(),
  first: z.int(),
  last: z.int(),
  latitude: z.number(),
  longitude: z.number(),
  accuracyKm: z.number(),
})
type Stay = z.output<typeof staySchema>
const slotSchema = z.strictObject({ stays: z.array(staySchema).max(MAX_STAYS), episode: episodeSchema.optional() })

/** Puts a sighting where it belongs in time; a stay at one place is one row. @returns its place in the list */
function sight(stays: Stay[], sighting: Stay, oldest: number): number {
  let at = stays.length
  while (at > 0 && (stays[at - 1] as Stay).from > sighting.from) at--
  const before = stays[at - 1]
  const same = (stay: Stay) => stay.latitude === sighting.latitude && stay.longitude === sighting.longitude
  if (before !== undefined && sighting.from <= before.until && same(before)) return at - 1
  if (before !== undefined && same(before)) {
    before.until = sighting.until
    before.last = sighting.last
    at--
  } else stays.splice(at, 0, sighting)
  let drop = stays.findIndex((stay) => stay.until >= oldest)
  drop = Math.max(drop < 0 ? 0 : drop, stays.length - MAX_STAYS)
  drop = Math.min(drop, at)
  stays.splice(0, drop)
  return at - drop
}

const HOUR = 3_600_000

/** The speed that a person would need between two stays, beyond what their places leave open; nothing for places too close. */
function speedBetween(a: Stay, b: Stay, minimum: number): { readonly speed: number; readonly km: number } | undefined {
  const km = distanceKm(a, b) - a.accuracyKm - b.accuracyKm
  if (km < minimum) return undefined
  const [first, second] = a.from <= b.from ? [a, b] : [b, a]
  // Clocks differ by seconds: less than a minute counts as one.
  const hours = Math.max(second.from - first.until, 60_000) / HOUR
  return { speed: km / hours, km }
}

/**
 * One account is used at two places that nobody can travel between in the time: a session or a password is shared or stolen. Distances are
 * great circles less the accuracy of both places. The practice's VPN is left out, as its address says nothing about where somebody is.
 *
 * Misses: attackers nearby, or behind a proxy nearby; networks whose place is not in the facts.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function impossibleTravel(options: ImpossibleTravelOptions = {}): Detector {
  const parsed = parseOptions(optionsSchema, options, 'impossibleTravel')
  return makeDetector({
    name: 'impossible-travel',
    version: 1,
    options: parsed,
    tables: { actors: tableOf(slotSchema, 3 * LATENESS_MS, 50_000) },
    *episodes({ actors }, now) {
      for (const [, { episode }] of actors.entries(now)) yield episode
    },
    observe({ actors }, seen, facts, out) {
      const act = actOf(seen, out)
      if (act === undefined) return
      // A failed sign-in with somebody's name is not that person's; services run in many places at once.
      if (!act.succeeded || act.actor.type === 'service' || act.actor.type === 'system') {
        out.notApplicable()
        return
      }
      const ip = seen.event.source?.ip
      const place = ip === undefined ? ({ is: 'unknown' } as const) : facts.placeOf(ip)
      if (place.is !== 'known') {
        out.unknown('place of the address')
        return
      }
      if (place.value.kind === 'vpn') {
        out.unknown('behind the VPN')
        return
      }
      if (place.value.at === undefined) {
        out.unknown('place of the address')
        return
      }
      out.judged()
      const { id } = act.actor
      const slot = actors.get(id, seen.now) ?? { stays: [] }
      const { latitude, longitude, accuracyKm } = place.value.at
      const sighting = { from: seen.at, until: seen.at, first: seen.index, last: seen.index, latitude, longitude, accuracyKm }
      const at = sight(slot.stays, sighting, seen.now - 2 * LATENESS_MS)
      actors.set(id, slot, seen.now)
      const here = slot.stays[at] as Stay
      const pairs = [slot.stays[at - 1], slot.stays[at + 1]]
        .filter((stay) => stay !== undefined)
        .map((stay) => ({ stay, found: speedBetween(stay, here, parsed.distance) }))
        .filter(({ found }) => found !== undefined && found.speed > parsed.speed)
        .sort((a, b) => (b.found?.speed ?? 0) - (a.found?.speed ?? 0))
      // INVARIANT: a sighting that came late was judged above; in a list that is full, it is not kept.
      slot.stays.splice(0, Math.max(0, slot.stays.length - MAX_STAYS))
      const [fastest] = pairs
      if (fastest?.found === undefined) return
      const { stay, found } = fastest
      if (slot.episode !== undefined && seen.at > endOf(slot.episode) + LATENESS_MS) {
        out.close(slot.episode, seen.now)
        delete slot.episode
      }
      const touched = patientsOf(seen.event.subject)
      const minutes = Math.max(0, (Math.max(stay.from, here.from) - Math.min(stay.until, here.until)) / 60_000)
      slot.episode = out.raise(
        slot.episode,
        {
          key: id,
          severity: 'high',
          actor: id,
          ip,
          patients: touched,
          evidence: [stay.from <= here.from ? stay.last : stay.first],
          since: stay.from <= here.from ? stay.until : seen.at,
          score: Math.round(found.speed),
          threshold: parsed.speed,
          baseline: { kilometres: rounded(found.km), minutes: rounded(minutes) },
          explanation: `${id} was active at two places ${Math.round(found.km)} km apart within ${Math.round(minutes)} minutes: ${Math.round(found.speed)} km/h, and ${parsed.speed} is the limit.`,
          suggestion: 'End all sessions of the account and let the person sign in anew with a second factor.',
          containment: [
            { step: 'revoke-sessions', actor: id },
            { step: 'suspend-account', actor: id },
          ],
        },
        seen,
      )
    },
  })
}
