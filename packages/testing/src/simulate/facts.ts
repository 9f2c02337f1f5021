import type { PracticeFacts } from '@phi/audit/detect'
import { formatInstant } from '@phi/core'
import { dayText, isHoliday } from './calendar.ts'
import { ticketsOf } from './office.ts'
import { networks, sites } from './places.ts'
import { laptopOf, type Practice, phoneOf, WORKSTATIONS } from './practice.ts'
import { callShift, onCall } from './roster.ts'
import { practiceRoles, roleTable } from './table.ts'

type Rows<Section extends 'staff' | 'relations' | 'shifts' | 'devices'> = NonNullable<PracticeFacts[Section]>['rows'][number][]

/**
 * What a practice could know and pass to detectors. It is as incomplete as such facts are: covers that nobody entered, walk-ins, telephones
 * that nobody registered and colleagues who asked over coffee are not in it.
 */
export function factsOf(practice: Practice): PracticeFacts {
  const { calendar, days, first, people, timeZone } = practice
  const instant = (day: number, minute = 0): string => formatInstant(calendar.at(day, minute))
  const patientId = (n: number): string => practice.patient(n).id
  const medical = (site: number): string => `medical-${site}`

  const staff: Rows<'staff'> = people.staff.map((person) => ({
    actor: person.id,
    surnames: [person.surname],
    household: person.household,
    patient: person.patient === undefined ? null : patientId(person.patient),
    ...(person.kin.length === 0 ? {} : { kin: person.kin.map(patientId) }),
    teams: person.role === 'nurse' || person.role === 'psychiatrist' ? [medical(person.site)] : [],
    ...(person.hired === undefined ? {} : { from: instant(person.hired) }),
    ...(person.left === undefined ? {} : { until: instant(person.left) }),
  }))

  const relations: Rows<'relations'> = []
  const seen = new Set<string>()
  const relate = (row: Rows<'relations'>[number]): void => {
    const key = `${row.kind} ${row.patient} ${row.actor ?? row.team}`
    if (row.from === undefined) {
      if (seen.has(key)) return
      seen.add(key)
    }
    relations.push(row)
  }
  for (const person of people.staff) {
    for (const patient of person.slots.flat(2)) {
      relate({ kind: 'treatment', patient: patientId(patient), actor: person.id })
      const supervisor = people.staff[person.supervisor ?? -1]
      if (supervisor !== undefined) relate({ kind: 'supervision', patient: patientId(patient), actor: supervisor.id })
    }
    for (const patient of person.panel) {
      relate({ kind: 'treatment', patient: patientId(patient), actor: person.id })
      relate({ kind: 'care-team', patient: patientId(patient), team: medical(person.site) })
    }
  }
  const shifts: Rows<'shifts'> = []
  // From the day before: its night reaches into the first day.
  for (let day = first - 1; day < first + days; day++) {
    for (const [n, shift] of practice.workingOn(day)) {
      const actor = people.staff[n]?.id as string
      shifts.push({ actor, from: instant(day, shift.from), until: instant(day, shift.until) })
    }
    const called = onCall(practice.seed, people.of('psychiatrist'), day)
    if (called !== undefined) {
      shifts.push({ actor: called.id, from: instant(day, callShift.from), until: instant(day, callShift.until) })
    }
    for (const visit of practice.visitsOn(day)) {
      const during = { from: instant(day), until: instant(day + 4) }
      for (const n of visit.patients) {
        const patient = patientId(n)
        if (visit.by !== visit.of && visit.entered) relate({ kind: 'covering', patient, actor: visit.by.id, ...during })
        if (visit.intake !== 'booked') continue
        const at = { from: instant(day, visit.minute), until: instant(day, visit.minute + visit.length) }
        relate({ kind: 'appointment', patient, actor: visit.by.id, ...at })
        const supervisor = people.staff[visit.by.supervisor ?? -1]
        if (supervisor !== undefined) relate({ kind: 'supervision', patient, actor: supervisor.id, ...during })
      }
    }
    for (const person of people.of('it')) {
      for (const { patient, entered } of ticketsOf(practice, person, day)) {
        if (entered)
          relate({ kind: 'task', patient: patientId(patient), actor: person.id, from: instant(day), until: instant(day + 1) })
      }
    }
  }

  const devices: Rows<'devices'> = []
  for (const [n] of sites.entries()) for (let i = 1; i <= WORKSTATIONS; i++) devices.push({ device: `ws-${n}-${i}` })
  for (const person of people.staff) {
    const actor = person.id
    const last = first + days
    for (const device of new Set([laptopOf(person, first - 1), laptopOf(person, last)])) devices.push({ device, actor })
    if (person.phoneRegistered) devices.push({ device: phoneOf(person, first - 1), actor })
  }

  const holidays: string[] = []
  for (let day = first - 1; day <= first + days; day++) if (isHoliday(day)) holidays.push(dayText(day))
  const open = (weekday: number, from: string, until: string) => ({ weekday, from, until })
  return {
    timeZone,
    staff: { rows: staff },
    patients: {
      rows: people.patients.map(({ id, surname, household, vip }) => ({ patient: id, surnames: [surname], household, vip })),
    },
    roles: { rows: practiceRoles.map((role) => ({ role, reach: roleTable[role].reach })) },
    relations: { rows: relations },
    shifts: { rows: shifts, covers: { from: instant(first - 1), until: instant(first + days + 1) } },
    hours: {
      rows: [...[1, 2, 3, 4, 5].map((weekday) => open(weekday, '07:30', '20:00')), open(6, '09:00', '14:00')],
      holidays,
    },
    devices: { rows: devices },
    networks: {
      rows: networks.map(({ cidr, kind, country, latitude, longitude }) => ({ cidr, kind, country, latitude, longitude })),
    },
  }
}
