import { surnameOf } from './names.ts'
import { homes, mobiles, sites } from './places.ts'
import { type Random, randomOf } from './random.ts'
import { type PracticeRole, practiceRoles, rates, roleTable } from './table.ts'

/** Somebody of the workforce. Days are civil days since 1970; minutes are local. */
export interface Person {
  readonly n: number
  readonly id: string
  readonly role: PracticeRole
  readonly site: number
  readonly surname: string
  readonly household: string
  /** The first day of work, and the first day without; undefined where it lies outside of the simulated time. */
  readonly hired: number | undefined
  left: number | undefined
  readonly leave: readonly [from: number, until: number] | undefined
  patient: number | undefined
  kin: number[]
  /** When the working day begins, the weekday off (0 for none), and the weekdays at home. */
  readonly begins: number
  readonly off: number
  readonly remote: readonly number[]
  readonly home: number
  readonly mobile: number
  readonly phoneRegistered: boolean
  readonly newPhone: number | undefined
  readonly newLaptop: number | undefined
  readonly nightWriter: boolean
  /** The person who supervises. */
  supervisor: number | undefined
  /** Therapists and interns: per weekday and slot, whom they see in even and in odd weeks. */
  slots: (readonly [even: readonly number[], odd: readonly number[]])[]
  /** Psychiatrists: everybody they see, in turn. */
  panel: number[]
}

export interface Patient {
  readonly n: number
  readonly id: string
  readonly surname: string
  household: string
  vip: boolean
  readonly home: number
  readonly newDevice: number | undefined
}

export interface People {
  readonly staff: readonly Person[]
  readonly patients: readonly Patient[]
  /** Patients who are nobody's yet and come to an intake. */
  readonly pool: readonly number[]
  readonly of: (role: PracticeRole) => readonly Person[]
}

/** How many people of each role there are among `people`: by the largest remainder, and everybody at least once. */
function headcount(people: number): Readonly<Record<PracticeRole, number>> {
  const exact = practiceRoles.map((role) => ({ role, share: (roleTable[role].of300 / 300) * people }))
  const counts = new Map(exact.map(({ role, share }) => [role, Math.max(1, Math.floor(share))]))
  const order = [...exact].sort((a, b) => (b.share % 1) - (a.share % 1))
  let left = people - [...counts.values()].reduce((sum, count) => sum + count, 0)
  for (let i = 0; left > 0; i++, left--) {
    const { role } = order[i % order.length] as (typeof order)[number]
    counts.set(role, (counts.get(role) ?? 0) + 1)
  }
  for (; left < 0; left++) counts.set('therapist', (counts.get('therapist') ?? 0) - 1)
  return Object.fromEntries(counts) as Record<PracticeRole, number>
}

/** Everybody whom a psychiatrist sees, every four weeks at twelve visits a day. */
const PANEL = 240
/** Visits in a day by the clock of a clinician. */
const slotsOf = (role: PracticeRole): number => roleTable[role].visits

export function peopleOf(seed: number, people: number, first: number, days: number): People {
  const counts = headcount(people)
  const staff: Person[] = []
  const siteCount = Math.min(sites.length, Math.max(1, Math.round(people / 75)))
  const within = (random: Random, chance: number): number | undefined =>
    random.chance(chance * (days / 30)) ? first + random.int(0, days - 1) : undefined
  for (const role of practiceRoles) {
    for (let i = 0; i < counts[role]; i++) {
      const n = staff.length
      const random = randomOf(seed, 'person', n)
      const site = i % siteCount
      const hired = counts[role] > 2 ? within(random, rates.turnover) : undefined
      const left = hired === undefined && counts[role] > 2 ? within(random, rates.turnover) : undefined
      const onLeave = counts[role] > 2 && random.chance(rates.longLeave)
      const leaveFrom = first - random.int(-days, 60)
      const off = role === 'therapist' && random.chance(0.3) ? random.int(1, 5) : 0
      const begins = random.pick(role === 'therapist' ? [480, 510, 540, 600, 690] : [450, 480, 480, 510, 540])
      staff.push({
        n,
        id: `u-${String(n + 1).padStart(4, '0')}`,
        role,
        site,
        surname: surnameOf(random),
        household: `h-s${n}`,
        hired,
        left,
        leave: onLeave ? [leaveFrom, leaveFrom + random.int(50, 100)] : undefined,
        patient: undefined,
        kin: [],
        begins,
        off,
        remote: random.chance(roleTable[role].remote) ? [random.int(1, 2), random.int(3, 5)] : [],
        home: random.int(0, homes.length - 1),
        mobile: random.int(0, mobiles.length - 1),
        phoneRegistered: !random.chance(rates.phoneUnregistered),
        newPhone: within(random, rates.newPhone),
        newLaptop: within(random, rates.newLaptop),
        nightWriter: (roleTable[role].visits > 2 || role === 'supervisor') && random.chance(rates.nightWriter),
        supervisor: undefined,
        slots: [],
        panel: [],
      })
    }
  }
  const of = (role: PracticeRole): readonly Person[] => staff.filter((person) => person.role === role)
  const supervisors = of('supervisor')
  const clinicians = staff.filter(({ role }) => role === 'therapist' || role === 'intern')
  clinicians.forEach((person, i) => {
    person.supervisor = supervisors[i % supervisors.length]?.n
  })

  const patients: Patient[] = []
  const pool: number[] = []
  const admit = (household?: { readonly surname: string; readonly household: string }): Patient => {
    const n = patients.length
    const random = randomOf(seed, 'patient', n)
    const own = surnameOf(random)
    const patient: Patient = {
      n,
      id: `p-${String(n + 1).padStart(5, '0')}`,
      // Two of three couples share a name.
      surname: household !== undefined && random.chance(0.67) ? household.surname : own,
      household: household?.household ?? `h-p${n}`,
      vip: random.chance(rates.vip),
      home: random.int(0, homes.length - 1),
      newDevice: within(random, rates.patientNewDevice),
    }
    patients.push(patient)
    return patient
  }
  for (const person of [...clinicians, ...supervisors]) {
    const random = randomOf(seed, 'caseload', person.n)
    const client = (): readonly number[] => {
      const one = admit()
      return random.chance(rates.couple) ? [one.n, admit(one).n] : [one.n]
    }
    const count = slotsOf(person.role) * 5
    for (let slot = 0; slot < count; slot++) {
      const weekly = client()
      person.slots.push(random.chance(0.7) ? [weekly, weekly] : [weekly, client()])
    }
  }
  const inTherapy = patients.length
  for (const person of of('psychiatrist')) {
    const random = randomOf(seed, 'panel', person.n)
    const chosen = new Set<number>()
    while (chosen.size < PANEL) {
      // Most who take medication are in therapy here too.
      chosen.add(random.chance(0.6) && chosen.size < inTherapy ? random.int(0, inTherapy - 1) : admit().n)
    }
    person.panel = [...chosen]
  }
  const intakes = Math.ceil(of('therapist').length * rates.intake * days) + 10
  for (let i = 0; i < intakes; i++) pool.push(admit().n)

  for (const person of staff) {
    const random = randomOf(seed, 'own', person.n)
    // Nobody is seen by themselves or their own team: colleagues are patients of somebody from another site where there is one.
    const stranger = (): Patient => patients[random.int(0, inTherapy - 1)] as Patient
    if (random.chance(rates.staffPatient)) person.patient = stranger().n
    if (random.chance(rates.staffHousehold)) stranger().household = person.household
  }
  return { staff, patients, pool, of }
}
