import * as z from 'zod'
import { type Access, groupOf, practiceDay } from './access.ts'
import { type AlertSeverity, addSorted, MAX_LISTED } from './alert.ts'
import type { DetectorSpec, Out } from './detector.ts'
import { episodeSchema, type Growth } from './episode.ts'
import type { Facts } from './facts.ts'
import { dayText } from './local-time.ts'
import type { Seen } from './seen.ts'
import { robust, rounded } from './statistics.ts'
import { type Table, tableOf } from './table.ts'

/** How much of something a person does on a day, against their own days and those of their peers. */

/** Days whose amounts make a baseline: four working weeks. */
const HISTORY_DAYS = 28
/** Distinct patients of a day that are kept apart; beyond them each counts, also a repeated one. */
const MAX_DISTINCT = 10_000
const MAX_PEERS = 64
const KEEP_MS = 90 * 86_400_000

export const dailyOptions = {
  /** Days of one's own before one's own baseline counts. */
  ownDays: z.int().min(2).max(HISTORY_DAYS).default(5),
  /** Peers of the same roles, with at least as many days, before the role baseline counts. */
  peers: z.int().min(2).max(MAX_PEERS).default(3),
  /** How many scales (robust standard deviations) above the median are too many. */
  scales: z.number().min(1).max(50).default(5),
  /** However high somebody's own days are, this many times the threshold of the role is the ceiling: a slow climb does not escape. */
  ceiling: z.number().min(1).max(100).default(3),
}

export interface DailyOptions {
  readonly [key: string]: unknown
  readonly ownDays: number
  readonly peers: number
  readonly scales: number
  readonly ceiling: number
  /** No amount up to this is an alert. */
  readonly floor: number
  /** The threshold while neither baseline is known. */
  readonly coldStart: number
}

const baselineSchema = z.strictObject({
  threshold: z.number(),
  ownMedian: z.number().nullable(),
  ownDays: z.int(),
  roleMedian: z.number().nullable(),
  rolePeers: z.int(),
})
type Baseline = z.output<typeof baselineSchema>

const daySchema = z.strictObject({
  day: z.int(),
  patients: z.array(z.string()).max(MAX_DISTINCT),
  more: z.number(),
  indices: z.array(z.int()).max(MAX_LISTED),
  first: z.number(),
  baseline: baselineSchema.nullable(),
  episode: episodeSchema.optional(),
})
type Day = z.output<typeof daySchema>

const actorSlot = z.strictObject({
  history: z.array(z.tuple([z.int(), z.number()])).max(HISTORY_DAYS),
  open: z.array(daySchema).max(4),
})
type ActorSlot = z.output<typeof actorSlot>
const groupSlot = z.strictObject({ members: z.array(z.string()).max(MAX_PEERS) })

const dailyTables = {
  actors: tableOf(actorSlot, KEEP_MS, 20_000),
  groups: tableOf(groupSlot, KEEP_MS, 10_000),
}

export interface Measured {
  readonly access: Access
  /** What is counted apart from other things of the same actor; '' where there is one. */
  readonly series: string
  readonly patients: readonly string[]
  readonly amount: number
}

export interface DailySpec {
  readonly name: string
  readonly version: number
  readonly options: DailyOptions
  /** Whether different patients are what is counted; otherwise they are only listed. */
  readonly distinct: boolean
  measure(seen: Seen, out: Out): Measured | undefined
  explain(figures: {
    readonly actor: string
    readonly series: string
    readonly amount: number
    readonly day: string
    readonly baseline: Baseline
  }): Pick<Growth, 'explanation' | 'suggestion'>
}

const amountOf = (day: Day, spec: DailySpec): number => (spec.distinct ? day.patients.length : 0) + day.more

const severityOf = (ratio: number): AlertSeverity => (ratio > 5 ? 'critical' : ratio > 2 ? 'high' : 'medium')

function baselineOf(
  options: DailyOptions,
  own: readonly (readonly [number, number])[],
  peers: readonly (readonly number[])[],
  isPerson: boolean,
): Baseline | undefined {
  const ownFigures = own.length >= options.ownDays ? robust(own.map(([, amount]) => amount)) : undefined
  const counted = peers.filter((amounts) => amounts.length >= options.ownDays)
  const roleFigures = counted.length >= options.peers ? robust(counted.flat()) : undefined
  const ownLimit = ownFigures && ownFigures.median + options.scales * ownFigures.scale
  const roleLimit = roleFigures && roleFigures.median + options.scales * roleFigures.scale
  const limit =
    roleLimit === undefined
      ? (ownLimit ?? (isPerson ? options.coldStart : undefined))
      : Math.min(Math.max(ownLimit ?? 0, roleLimit), options.ceiling * roleLimit)
  if (limit === undefined) return undefined
  return {
    threshold: Math.max(options.floor, Math.floor(limit)),
    ownMedian: ownFigures === undefined ? null : rounded(ownFigures.median),
    ownDays: own.length,
    roleMedian: roleFigures === undefined ? null : rounded(roleFigures.median),
    rolePeers: counted.length,
  }
}

/** Moves days that no record can belong to any more into the history. A day that was too much counts as the threshold that it passed. */
function closeDays(spec: DailySpec, slot: ActorSlot, today: number, now: number, out: Out): void {
  slot.open = slot.open.filter((day) => {
    if (day.day >= today - 1 && day.day <= today) return true
    out.close(day.episode, now)
    const amount = Math.min(amountOf(day, spec), day.baseline?.threshold ?? Number.POSITIVE_INFINITY)
    slot.history.push([day.day, amount])
    return false
  })
  slot.history.sort(([a], [b]) => a - b)
  slot.history.splice(0, Math.max(0, slot.history.length - HISTORY_DAYS))
}

function peersOf(
  tables: { readonly actors: Table<ActorSlot>; readonly groups: Table<z.output<typeof groupSlot>> },
  group: string,
  self: string,
  series: string,
  now: number,
): number[][] {
  const members = tables.groups.get(group, now)?.members ?? []
  return members
    .filter((member) => member !== self)
    .map((member) => tables.actors.get(`${series}\n${member}`, now)?.history.map(([, amount]) => amount) ?? [])
}

export function dailyDetector(spec: DailySpec): DetectorSpec<{ actors: ActorSlot; groups: z.output<typeof groupSlot> }> {
  const { options } = spec
  return {
    name: spec.name,
    version: spec.version,
    options,
    tables: dailyTables,
    *episodes(tables, now) {
      for (const [, slot] of tables.actors.entries(now)) for (const { episode } of slot.open) yield episode
    },
    observe(tables, seen, facts: Facts, out) {
      const measured = spec.measure(seen, out)
      if (measured === undefined) return
      const { actor } = measured.access
      const today = practiceDay(facts.timeZone, seen.now)
      const on = practiceDay(facts.timeZone, seen.at)
      const key = `${measured.series}\n${actor.id}`
      const slot = tables.actors.get(key, seen.now) ?? { history: [], open: [] }
      closeDays(spec, slot, today, seen.now, out)
      tables.actors.set(key, slot, seen.now)
      const group = `${measured.series}\n${groupOf(actor)}`
      const members = tables.groups.get(group, seen.now)?.members ?? []
      if (!members.includes(actor.id)) {
        members.push(actor.id)
        if (members.length > MAX_PEERS) members.shift()
      }
      tables.groups.set(group, { members }, seen.now)
      let day = slot.open.find((each) => each.day === on)
      if (day === undefined) {
        day = { day: on, patients: [], more: 0, indices: [], first: seen.at, baseline: null }
        slot.open.push(day)
      }
      day.first = Math.min(day.first, seen.at)
      for (const patient of measured.patients) {
        if (addSorted(day.patients, patient, MAX_DISTINCT) === 'full' && spec.distinct) day.more++
      }
      day.more += measured.amount
      if (day.indices.length < MAX_LISTED) addSorted(day.indices, seen.index, MAX_LISTED)
      const amount = amountOf(day, spec)
      if (amount <= options.floor) {
        out.judged()
        return
      }
      // Fixed for the day: what happens later on it is not its own measure.
      day.baseline ??=
        baselineOf(options, slot.history, peersOf(tables, group, actor.id, measured.series, seen.now), isPerson(actor.type)) ??
        null
      if (day.baseline === null) {
        out.unknown('no baseline yet')
        return
      }
      out.judged()
      const { baseline } = day
      if (amount <= baseline.threshold) return
      const patients = day.patients.slice(0, MAX_LISTED)
      day.episode = out.raise(
        day.episode,
        {
          key: `${key}\n${on}`,
          severity: severityOf(amount / baseline.threshold),
          actor: actor.id,
          patients,
          evidence: day.episode === undefined ? day.indices : [],
          since: day.first,
          score: amount,
          threshold: baseline.threshold,
          baseline: {
            ownMedian: baseline.ownMedian,
            ownDays: baseline.ownDays,
            roleMedian: baseline.roleMedian,
            rolePeers: baseline.rolePeers,
          },
          ...spec.explain({ actor: actor.id, series: measured.series, amount, day: dayText(on), baseline }),
          containment: [
            { step: 'revoke-sessions', actor: actor.id },
            { step: 'suspend-account', actor: actor.id },
            ...(patients.length === 0 ? [] : [{ step: 'restrict-to-incident-team' as const, patients }]),
          ],
        },
        seen,
      )
    },
  }
}

/** Services run at volumes of their own: without a baseline there is nothing to compare them with. */
const isPerson = (type: Access['actor']['type']): boolean => type !== 'service' && type !== 'system'

/** The figures of a baseline as a clause. */
export function baselineText({ threshold, ownMedian, ownDays, roleMedian, rolePeers }: Baseline): string {
  const own = ownMedian === null ? `no own baseline yet (${ownDays} days)` : `own median ${ownMedian} over ${ownDays} days`
  const role = roleMedian === null ? 'no role baseline' : `role median ${roleMedian} over ${rolePeers} people`
  return `up to ${threshold} were to be expected (${own}, ${role})`
}
