import { parseAs } from '@phi/core'
import { detectError } from './errors.ts'
import {
  type Facts,
  type Known,
  type NetworkFact,
  type ParsedFacts,
  type PatientFact,
  type Place,
  type PracticeFacts,
  practiceFactsSchema,
  type StaffFact,
} from './facts.ts'
import { dayText, localClock } from './local-time.ts'
import { networkTable } from './network.ts'

const unknown = { is: 'unknown' } as const
const none = { is: 'none' } as const
const known = <Value>(value: Value): Known<Value> => ({ is: 'known', value })
const knownOrNone = <Value>(value: Value | undefined): Known<Value> => (value === undefined ? none : known(value))

/** A family name without case, accents, spaces and hyphens: García-Lopez and GARCIA LOPEZ are one name. */
export const nameKey = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase()

const ms = (instant: string | undefined, otherwise: number): number => (instant === undefined ? otherwise : Date.parse(instant))

interface Span {
  readonly from: number
  readonly until: number
}
const spanOf = (row: { readonly from?: string | undefined; readonly until?: string | undefined } | undefined): Span => ({
  from: ms(row?.from, Number.NEGATIVE_INFINITY),
  until: ms(row?.until, Number.POSITIVE_INFINITY),
})

function grouped<Row, Value>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  rowOf: (row: Row) => Value,
): Map<string, Value[]> {
  const map = new Map<string, Value[]>()
  for (const row of rows) {
    const list = map.get(keyOf(row))
    if (list === undefined) map.set(keyOf(row), [rowOf(row)])
    else list.push(rowOf(row))
  }
  return map
}

/** `HH:mm` as minutes of the day. */
const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))

function relationsOf({ relations }: ParsedFacts, teamsOf: (actor: string) => readonly string[] | undefined): Facts['relation'] {
  if (relations === undefined) return () => unknown
  const rows = grouped(
    relations.rows,
    (row) => row.patient,
    (row) => ({ row, ...spanOf(row) }),
  )
  const covers = spanOf(relations.covers)
  return (actor, patient, at, { before, after }) => {
    const teams = teamsOf(actor)
    let isUnknown = at < covers.from || at >= covers.until
    for (const { row, from, until } of rows.get(patient) ?? []) {
      const visit = row.kind === 'appointment'
      if (visit ? at < from - before || at >= until + after : at < from || at >= until) continue
      if (row.actor === actor || (row.team !== undefined && teams?.includes(row.team) === true)) return known(row.kind)
      // The patient has a team, and whether this person is of it is not known.
      if (row.team !== undefined && teams === undefined) isUnknown = true
    }
    return isUnknown ? unknown : none
  }
}

function shiftsOf({ shifts }: ParsedFacts): Facts['onShift'] {
  if (shifts === undefined) return () => unknown
  const rows = grouped(shifts.rows, (row) => row.actor, spanOf)
  for (const spans of rows.values()) spans.sort((a, b) => a.from - b.from)
  const covers = spanOf(shifts.covers)
  return (actor, at, slack) => {
    if (at < covers.from || at >= covers.until) return unknown
    const spans = rows.get(actor)
    // Somebody who is not on the roster at all is not known to be off duty.
    if (spans === undefined) return none
    let low = 0
    let high = spans.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((spans[middle] as Span).from - slack <= at) low = middle + 1
      else high = middle
    }
    // Shifts rarely overlap: an earlier one that lasts longer is looked for among the last few.
    for (let i = low - 1; i >= 0 && i >= low - 8; i--) if (at < (spans[i] as Span).until + slack) return known(true)
    return known(false)
  }
}

function openingOf({ hours, timeZone }: ParsedFacts): Facts['isOpen'] {
  if (hours === undefined) return () => unknown
  const clock = localClock(timeZone)
  const holidays = new Set(hours.holidays)
  const byDay = grouped(
    hours.rows,
    (row) => String(row.weekday),
    (row) => ({ from: minutes(row.from), until: minutes(row.until) }),
  )
  return (at) => {
    const { day, minute, weekday } = clock.at(at)
    if (holidays.size > 0 && holidays.has(dayText(day))) return known(false)
    return known((byDay.get(String(weekday)) ?? []).some(({ from, until }) => minute >= from && minute < until))
  }
}

/** How many patients of the directory have each family name. */
function surnamesOf(patients: readonly PatientFact[]): {
  readonly of: number
  readonly by: ReadonlyMap<string, readonly string[]>
} {
  const by = new Map<string, string[]>()
  let of = 0
  for (const { patient, surnames = [] } of patients) {
    if (surnames.length > 0) of++
    for (const key of new Set(surnames.map(nameKey))) {
      const list = by.get(key)
      if (list === undefined) by.set(key, [patient])
      else list.push(patient)
    }
  }
  return { of, by }
}

function indexFacts(facts: ParsedFacts): Facts {
  const { staff, patients, roles, devices, networks } = facts
  const staffBy = new Map(staff?.rows.map((row) => [row.actor, row]))
  const patientBy = new Map(patients?.rows.map((row) => [row.patient, row]))
  const ownerOf = new Map<string, string>()
  for (const { actor, patient } of staff?.rows ?? []) if (patient != null) ownerOf.set(patient, actor)
  const names = surnamesOf(patients?.rows ?? [])
  const reachOf = new Map(roles?.rows.map((row) => [row.role, row.reach]))
  const deviceOf = grouped(
    devices?.rows ?? [],
    (row) => row.device,
    (row) => row.actor,
  )
  const placeOf = networkTable<Place>((networks?.rows ?? []).map((row) => [row.cidr, placeOfNetwork(row)]))
  const staffFact = (actor: string): Known<StaffFact> => (staff === undefined ? unknown : knownOrNone(staffBy.get(actor)))
  return {
    timeZone: facts.timeZone,
    staff: staffFact,
    patient: (patient) => (patients === undefined ? unknown : knownOrNone(patientBy.get(patient))),
    surnameShare(actor) {
      const own = staffFact(actor)
      if (patients === undefined || own.is !== 'known' || own.value.surnames === undefined) return unknown
      const same = new Set(own.value.surnames.flatMap((surname) => names.by.get(nameKey(surname)) ?? []))
      return known({ same: same.size, of: names.of })
    },
    reach(held) {
      const reaches = held.map((role) => reachOf.get(role)).filter((reach) => reach !== undefined)
      if (roles === undefined || reaches.length === 0) return unknown
      return known(reaches.includes('all') ? 'all' : 'related')
    },
    relation: relationsOf(facts, (actor) => (staff === undefined ? undefined : (staffBy.get(actor)?.teams ?? []))),
    staffOfPatient: (patient) => (staff === undefined ? unknown : knownOrNone(ownerOf.get(patient))),
    onShift: shiftsOf(facts),
    isOpen: openingOf(facts),
    isKnownDevice(device, actor) {
      if (devices === undefined) return unknown
      const owners = deviceOf.get(device)
      return known(owners?.some((owner) => owner === undefined || owner === actor) === true)
    },
    placeOf: (ip) => (networks === undefined ? unknown : knownOrNone(placeOf(ip))),
  }
}

const ACCURACY_KM = { office: 50, vpn: 50, mobile: 1500, other: 50 } as const

function placeOfNetwork({ kind, country, latitude, longitude, accuracyKm }: NetworkFact): Place {
  const at =
    latitude === undefined || longitude === undefined
      ? undefined
      : { latitude, longitude, accuracyKm: accuracyKm ?? ACCURACY_KM[kind] }
  return { kind, country, at }
}

/**
 * Reads facts and makes them answer questions in constant or logarithmic time.
 * @throws PhiError PHI_AUDIT_DETECT_FACTS with the path in schema terms, never a value
 */
export function practiceFacts(facts: PracticeFacts): Facts {
  return indexFacts(parseAs(practiceFactsSchema, facts, 'facts', (context) => detectError('PHI_AUDIT_DETECT_FACTS', context)))
}
