import { deadlinesError } from '../errors.ts'
import type { FactKinds, ReadFacts } from '../rule/facts.ts'

/** What an entity is under HIPAA, 45 CFR 160.103. */
export const hipaaRoles = ['covered-entity', 'business-associate', 'neither'] as const

/**
 * The facts that State breach laws read. Every one may be left out, or null: not known. They start at different events, and one
 * of these is never taken for another: where only `discovered` is known, a clock from determination stays pending, and plans
 * from discovery.
 */
export const stateFacts = {
  /** The first day on which the breach was known, or by reasonable diligence would have been known, or was notified by another. */
  discovered: 'moment',
  /** The day on which the entity determined that there was a breach. */
  determined: 'moment',
  /** The day on which the entity became aware of it, learned of it, or had reason to know. */
  aware: 'moment',
  /** The day on which it was detected. */
  detected: 'moment',
  /** The day on which it was confirmed, and the information for a notice could be ascertained. */
  confirmed: 'moment',

  /** How many of the affected people live in each State. A State with `null` has some whose number is not known. */
  residents: 'residents',
  /** How many people are affected in all. */
  individuals: 'count',
  /** Whether some of them live in a State that `residents` does not list. Worked out where `individuals` says so. */
  residentsElsewhere: 'flag',

  hipaaRole: { oneOf: hipaaRoles },
  /** Whether the notices of 45 CFR 164.404 to 164.410 are given for this breach, in time and form. */
  federalRulesFollowed: 'flag',
  /** Whether each regulator of a State that asks for a copy of the federal notice was given one in time. */
  copiedRegulators: 'flag',
  /**
   * A clinic, health facility, home health agency or hospice licensed by California (Health & Safety Code 1204, 1250, 1725, 1745).
   * Its duties to patients are asked wherever they live; while this is not known, where `residents` lists California.
   */
  californiaHealthFacility: 'flag',
  /** A public body, or one that is supported by public funds. */
  publicBody: 'flag',
  /** An information broker or data collector in the sense of Georgia's law. */
  informationBroker: 'flag',
  /** Whether the entity holds the data for another, who owns or licenses it. */
  maintainsForAnother: 'flag',

  /** Whether law enforcement asked for a delay. True where the day of its release is known. */
  lawEnforcementDelay: 'flag',
  /** The day on which law enforcement no longer objects to notice: what it designated, or the day it said so. */
  lawEnforcementReleased: 'moment',
  /** The day of the written determination that an inadvertent disclosure will not harm anybody, N.Y. Gen. Bus. Law 899-aa(2)(a). */
  inadvertentDisclosureDetermined: 'moment',
  /** Whether such a determination was made. True where its day is known. */
  inadvertentDisclosure: 'flag',
  /** The statements of good cause to Florida's Department of Legal Affairs. */
  goodCauseStatements: 'extension-statements',

  /** The day on which the residents of each State were told. */
  notifiedResidents: 'moments-by-state',
  /** The day on which patients of a health facility of a State were told. */
  notifiedPatients: 'moments-by-state',
  /** The day on which the Attorney General (in Florida the Department of Legal Affairs) was told. */
  notifiedAttorneyGeneral: 'moments-by-state',
  /** The day on which the Attorney General was given what was told the Secretary. */
  copiedAttorneyGeneral: 'moments-by-state',
  /** The day on which the Attorney General of New York was given a written determination. */
  filedDetermination: 'moments-by-state',
  notifiedHealthDepartment: 'moments-by-state',
  notifiedConsumerAgency: 'moments-by-state',
  notifiedStatePolice: 'moments-by-state',
  notifiedDepartmentOfState: 'moments-by-state',
  notifiedHomelandSecurity: 'moments-by-state',
  notifiedConsumerReportingAgencies: 'moment',
  notifiedOwner: 'moment',
  /** The day on which the Secretary of HHS was told. */
  notifiedSecretary: 'moment',
  /** For a State without rows here: the day on which counsel was asked. */
  askedCounsel: 'moments-by-state',
} as const satisfies FactKinds

export type StateFacts = typeof stateFacts

const contradiction = (path: string, detail: string) => deadlinesError('PHI_DEADLINES_CONTRADICTION', { path, detail })

/** Discovery is the first knowledge, or what diligence would have found: no other event of the entity lies before it. */
function checkOrder({ moments }: ReadFacts): void {
  const { discovered } = moments
  if (!discovered) return
  for (const fact of ['determined', 'aware', 'detected', 'confirmed'] as const) {
    const moment = moments[fact]
    if (moment && moment.day < discovered.day) throw contradiction(`facts.${fact}`, 'it lies before the day of discovery')
  }
}

/** A flag that the date of its event answers. */
function implied({ values, moments }: ReadFacts, flag: string, moment: string): boolean | null | undefined {
  if (!moments[moment]) return values[flag] as boolean | null | undefined
  if (values[flag] === false) throw contradiction(`facts.${flag}`, 'the day of the event is given all the same')
  return true
}

/**
 * Whether people live in States that are not listed. A map without a total says where the people live; no map at all, or an
 * empty one, asks every State.
 */
function elsewhere(values: ReadFacts['values'], listed: readonly (number | null)[] | undefined): boolean | null | undefined {
  const stated = values.residentsElsewhere as boolean | null | undefined
  if (listed === undefined) return false
  const individuals = values.individuals as number | null | undefined
  if (individuals == null) return stated ?? false
  const sum = listed.reduce((total: number, each) => total + (each ?? 0), 0)
  if (individuals < sum) {
    throw contradiction('facts.individuals', 'there are fewer individuals in total than residents of the States that are named')
  }
  if (listed.includes(null) && individuals > sum) return stated
  if (individuals > sum && stated === false) {
    throw contradiction('facts.residentsElsewhere', 'the States that are named have fewer residents than there are individuals')
  }
  return individuals > sum || stated === true
}

/** Works out what the facts say of each other. It fills no gap: an event that is not known stays so. */
export function deriveStateFacts(facts: ReadFacts): ReadFacts {
  checkOrder(facts)
  const { values } = facts
  const map = values.residents as Readonly<Record<string, number | null>> | null | undefined
  const listed = map == null ? undefined : Object.values(map)
  // An empty map says nothing: it does not read as "nobody lives anywhere".
  const known = listed !== undefined && listed.length > 0 ? listed : undefined
  return {
    ...facts,
    values: {
      ...values,
      ...(values.californiaHealthFacility === true &&
        known &&
        !Object.hasOwn(map as object, 'CA') && { residents: { ...map, CA: null } }),
      residentsElsewhere: elsewhere(values, known),
      lawEnforcementDelay: implied(facts, 'lawEnforcementDelay', 'lawEnforcementReleased'),
      inadvertentDisclosure: implied(facts, 'inadvertentDisclosure', 'inadvertentDisclosureDetermined'),
    },
    atLeast: { individuals: (known ?? []).reduce((total: number, each) => total + (each ?? 0), 0) },
  }
}
