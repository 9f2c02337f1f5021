import * as z from 'zod'
import { actOf, patientsOf } from './access.ts'
import { counted } from './alert.ts'
import { type Detector, makeDetector, parseOptions } from './detector.ts'
import { episodeSchema } from './episode.ts'
import type { Facts, Place } from './facts.ts'
import { LATENESS_MS, type Seen } from './seen.ts'
import { tableOf } from './table.ts'

const DAY = 86_400_000

const optionsSchema = z.strictObject({
  /** Days from the first record of a person in which everything is new and nothing is said. Default 7. */
  learnDays: z.int().min(0).max(90).default(7),
  /** Days without a sign after which a device or country is new again. Default 90. */
  forgetDays: z.int().min(1).max(400).default(90),
  /**
   * Whether a new device of the workforce in a known country is worth an alert of its own. Default true, of severity low. Patients come
   * with a new telephone so often that theirs alone never is.
   */
  deviceAlone: z.boolean().default(true),
})
export type NewPlaceOptions = z.input<typeof optionsSchema>

const MAX_KNOWN = 64
const knownSchema = z.array(z.tuple([z.string(), z.number()])).max(MAX_KNOWN)
const slotSchema = z.strictObject({
  since: z.number(),
  devices: knownSchema,
  countries: knownSchema,
  /** What is new now, and until when what happens there belongs to the alert. */
  fresh: z.strictObject({ device: z.string(), country: z.string(), until: z.number() }).optional(),
  episode: episodeSchema.optional(),
})

/**
 * The device of a record: `context.details.device`, else the user agent without its version numbers, since browsers renew themselves every
 * few weeks.
 */
function deviceOf(seen: Seen): string | undefined {
  const device = seen.event.context?.details?.device
  if (typeof device === 'string' && device !== '') return device
  return seen.event.source?.userAgent?.replace(/\d+(?:[._]\d+)*/g, '#').slice(0, 256)
}

/** Remembers a key. @returns whether it was new */
function remember(known: [string, number][], key: string, at: number, forgetMs: number): boolean {
  const found = known.findIndex(([each]) => each === key)
  const row = found < 0 ? undefined : known.splice(found, 1)[0]
  known.push([key, Math.max(at, row?.[1] ?? at)])
  if (known.length > MAX_KNOWN) known.shift()
  return row === undefined || at - row[1] > forgetMs
}

function countryOf(place: ReturnType<Facts['placeOf']>): string | undefined {
  const value: Place | undefined = place.is === 'known' ? place.value : undefined
  return value === undefined || value.kind === 'vpn' ? undefined : value.country
}

/**
 * Somebody works from a device or a country from which they never did, or not for a long time. A stolen session shows up here, as does a
 * sign-in with a stolen password; so does a new telephone, which is why a device alone is of low severity. What is done from there within
 * a day belongs to the alert. The practice's own devices and offices are never new.
 *
 * Misses: an attacker in the same country on a device that calls itself the same, or on any device with a patient's account; everything
 * behind the practice's own VPN; the first days of a new person.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS
 */
export function newPlace(options: NewPlaceOptions = {}): Detector {
  const parsed = parseOptions(optionsSchema, options, 'newPlace')
  const forgetMs = parsed.forgetDays * DAY
  return makeDetector({
    name: 'new-place',
    version: 1,
    options: parsed,
    tables: { actors: tableOf(slotSchema, (parsed.forgetDays + 1) * DAY, 50_000) },
    *episodes({ actors }, now) {
      for (const [, { episode }] of actors.entries(now)) yield episode
    },
    observe({ actors }, seen, facts, out) {
      const act = actOf(seen, out)
      if (act === undefined) return
      if (!act.succeeded || act.actor.type === 'service' || act.actor.type === 'system') {
        out.notApplicable()
        return
      }
      const { id } = act.actor
      const ip = seen.event.source?.ip
      const device = deviceOf(seen)
      if (ip === undefined && device === undefined) {
        out.unknown('address and device')
        return
      }
      const place = ip === undefined ? ({ is: 'unknown' } as const) : facts.placeOf(ip)
      const country = countryOf(place)
      if (country === undefined && !(place.is === 'known' && place.value.kind === 'vpn')) out.unknown('country of the address')
      if (device === undefined) out.unknown('device')
      out.judged()
      const slot = actors.get(id, seen.now) ?? { since: seen.at, devices: [], countries: [] }
      const isOffice = place.is === 'known' && place.value.kind === 'office'
      const owned = device === undefined ? undefined : facts.isKnownDevice(device, id)
      const ownDevice = owned?.is === 'known' && owned.value
      const newDevice = device !== undefined && remember(slot.devices, device, seen.at, forgetMs) && !ownDevice && !isOffice
      const newCountry = country !== undefined && remember(slot.countries, country, seen.at, forgetMs) && !isOffice
      actors.set(id, slot, seen.now)
      if (seen.at < slot.since + parsed.learnDays * DAY) {
        if (newDevice || newCountry) out.unknown('still learning')
        return
      }
      const patients = patientsOf(seen.event.subject)
      const { fresh } = slot
      if (newCountry || (newDevice && parsed.deviceAlone && act.actor.type !== 'patient')) {
        if (fresh === undefined || seen.at > fresh.until) {
          out.close(slot.episode, seen.now)
          delete slot.episode
        }
        const lasting = fresh !== undefined && seen.at <= fresh.until ? fresh : undefined
        slot.fresh = {
          // A new device in a country that is new since an hour does not make the country a known one.
          device: newDevice ? (device as string) : (lasting?.device ?? ''),
          country: newCountry ? (country as string) : (lasting?.country ?? ''),
          until: seen.at + LATENESS_MS,
        }
      } else if (
        fresh === undefined ||
        slot.episode === undefined ||
        seen.at > fresh.until ||
        !((fresh.device !== '' && fresh.device === device) || (fresh.country !== '' && fresh.country === country))
      )
        return
      const what = slot.fresh as NonNullable<typeof slot.fresh>
      const both = what.device !== '' && what.country !== ''
      const records = (slot.episode === undefined ? 0 : slot.episode.alert.indices.length + slot.episode.alert.omitted) + 1
      const touched = new Set([...(slot.episode?.alert.patients ?? []), ...patients]).size
      slot.episode = out.raise(
        slot.episode,
        {
          key: id,
          severity: both || (what.country !== '' && touched >= 10) ? 'high' : what.country !== '' ? 'medium' : 'low',
          actor: id,
          ip,
          patients,
          score: records,
          threshold: 1,
          baseline: { knownDevices: slot.devices.length, knownCountries: slot.countries.length, country: country ?? null },
          explanation: `${id} worked from ${[what.country && `a new country (${what.country})`, what.device && 'a new device'].filter(Boolean).join(' and ')}: ${counted(records, 'record')} of ${counted(touched, 'patient')} so far.`,
          suggestion: 'Ask the person, on a way other than the account itself, whether it is them.',
          containment: [{ step: 'revoke-sessions', actor: id }],
          unknown: country === undefined && place.is !== 'known' ? ['country of the address'] : [],
        },
        seen,
      )
    },
  })
}
