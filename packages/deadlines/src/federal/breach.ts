import { readMoment } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import type { Condition } from '../rule/condition.ts'
import type { FactKinds, Knowledge, ReadFacts } from '../rule/facts.ts'
import { ruleGroup } from '../rule/group.ts'
import type { InForce, Rule } from '../rule/rule.ts'
import { calendarDays, lawEnforcementDelay, text, withoutDelay } from './common.ts'
import { federalRuleset } from './ruleset.ts'

/** Subpart D applies to breaches discovered on or after 23 September 2009 (74 FR 42740, from memory). */
const inForce: InForce = { from: '2009-09-23', status: 'in-force' }

/** What an incident was found to be. Until a finding is documented, it is presumed to be a breach, 164.402(2). */
export const breachFindings = ['breach', 'low-probability-of-compromise', 'exclusion', 'secured'] as const

/** A breach, unless it is documented that it is none: 164.402, 164.414(b). `derive` resolves what is not known to the presumption. */
const isBreach: Condition = { fact: 'finding', oneOf: ['breach'] }

const both = (...conditions: Condition[]): Condition => ({ all: [isBreach, ...conditions] })

/** The facts of discovery, which every breach rule reads. */
const discoveryFacts = {
  /** The first day on which the breach was known, or by reasonable diligence would have been known, 164.404(a)(2). */
  discovered: 'moment',
  /** Who knew when: `discovered` is worked out from it, or held against it. */
  knowledge: 'knowledge',
  /** What the incident was found to be. */
  finding: { oneOf: breachFindings },
  /** Whether the finding is documented, 164.414(b), 164.530(j)(1)(iv). */
  findingDocumented: 'flag',
  lawEnforcement: 'law-enforcement-statements',
} as const satisfies FactKinds

/**
 * Discovery is the earliest knowledge of any workforce member or agent, other than the person who committed the breach:
 * 164.404(a)(2), 164.410(a)(2), and in the same words 16 CFR 318.3(c).
 */
export function imputeDiscovery(facts: ReadFacts): ReadFacts {
  const { values, moments, zone } = facts
  const knowledge = values.knowledge as readonly Knowledge[] | null | undefined
  const imputed = knowledge
    ?.filter(({ by }) => by !== 'perpetrator')
    .map(({ on }) => readMoment(on, zone, 'facts.knowledge.*.on'))
    .sort((a, b) => a.day - b.day || (a.instant ?? 0) - (b.instant ?? 0))[0]
  const stated = moments.discovered
  if (stated && imputed && imputed.day < stated.day) {
    throw deadlinesError('PHI_DEADLINES_CONTRADICTION', {
      path: 'facts.discovered',
      detail: 'a workforce member or agent knew, or would have known, before the stated day of discovery',
    })
  }
  const discovered = stated ?? imputed
  return discovered ? { ...facts, moments: { ...moments, discovered } } : facts
}

/** Imputed discovery; and an incident is a breach until a documented finding says otherwise, 164.402(2), 164.414(b). */
function deriveDiscovery(facts: ReadFacts): ReadFacts {
  const { values } = facts
  const silenced = values.finding != null && values.finding !== 'breach' && values.findingDocumented === true
  return { ...imputeDiscovery(facts), values: { ...values, finding: silenced ? values.finding : 'breach' } }
}

/** The people that the map of States counts are the least there are. @throws PhiError PHI_DEADLINES_CONTRADICTION */
export function deriveHeadcount(facts: ReadFacts): ReadFacts {
  const { residents, individuals } = facts.values as {
    residents?: Readonly<Record<string, number | null>> | null
    individuals?: number | null
  }
  let sum = 0
  for (const number of Object.values(residents ?? {})) sum += number ?? 0
  if (individuals != null && individuals < sum) {
    throw deadlinesError('PHI_DEADLINES_CONTRADICTION', {
      path: 'facts.individuals',
      detail: 'there are fewer individuals in total than residents of the States that are named',
    })
  }
  return { ...facts, atLeast: { individuals: sum } }
}

const common = {
  trigger: { fact: 'discovered', event: 'discovery' },
  limit: withoutDelay,
  extensions: [],
  holds: [lawEnforcementDelay],
  inForce,
  confirmation: 'text-seen',
  asOf: federalRuleset.asOf,
} as const satisfies Partial<Rule>

const individuals: Rule = {
  ...common,
  id: 'breach.individual',
  title: 'Notify each affected individual',
  citation: text('45 CFR 164.404(b)'),
  also: [text('45 CFR 164.404(a)(2)'), text('45 CFR 164.402')],
  addressee: 'individuals',
  basis: calendarDays(60),
  applies: isBreach,
  metBy: 'notifiedIndividuals',
}

const media: Rule = {
  ...common,
  id: 'breach.media',
  title: 'Notify prominent media outlets serving the State or jurisdiction',
  citation: text('45 CFR 164.406'),
  also: [text('45 CFR 160.103')],
  addressee: 'media',
  jurisdiction: 'each',
  basis: calendarDays(60),
  // More than 500 residents of one State: not 500, and not in total.
  applies: both({ count: 'residents', moreThan: 500 }),
  metBy: 'notifiedMedia',
}

const secretary = { ...common, duty: 'breach.secretary', addressee: 'secretary', metBy: 'notifiedSecretary' } as const

const secretaryAtOnce: Rule = {
  ...secretary,
  id: 'breach.secretary.500-or-more',
  title: 'Notify the Secretary contemporaneously with the notice to individuals',
  citation: text('45 CFR 164.408(b)'),
  basis: calendarDays(60),
  applies: both({ count: 'individuals', atLeast: 500 }),
}

const secretaryAnnually: Rule = {
  ...secretary,
  id: 'breach.secretary.fewer-than-500',
  title: 'Submit the breach to the Secretary after the end of the calendar year of discovery',
  citation: text('45 CFR 164.408(c)'),
  trigger: { fact: 'discovered', event: 'discovery', anchor: 'end-of-calendar-year' },
  basis: calendarDays(60),
  limit: { kind: 'act' },
  applies: both({ count: 'individuals', fewerThan: 500 }),
  note: 'May be submitted earlier. That 164.412 reaches the annual submission is our reading of "any notification, notice, or posting".',
}

/** What the notices of a covered entity depend on. */
export const breachFacts = {
  ...discoveryFacts,
  /** How many people are affected in all. */
  individuals: 'count',
  /** How many of them live in each State. */
  residents: 'residents',
  notifiedIndividuals: 'moment',
  notifiedMedia: 'moments-by-state',
  notifiedSecretary: 'moment',
} as const satisfies FactKinds

/** Everything that is worked out of the facts before a rule reads them. */
export const deriveBreach = (facts: ReadFacts): ReadFacts => deriveHeadcount(deriveDiscovery(facts))

/** What a covered entity owes after it discovers a breach of unsecured protected health information: 45 CFR 164.404 to 164.408. */
export const breachNotice = ruleGroup({
  id: 'federal.breachNotice',
  ruleset: federalRuleset,
  facts: breachFacts,
  rules: [individuals, media, secretaryAtOnce, secretaryAnnually],
  derive: deriveBreach,
})

/** What a business associate owes after it discovers a breach: 45 CFR 164.410. A subcontractor owes it to the business associate. */
export const businessAssociateNotice = ruleGroup({
  id: 'federal.businessAssociateNotice',
  ruleset: federalRuleset,
  facts: { ...discoveryFacts, notifiedCoveredEntity: 'moment' },
  rules: [
    {
      ...common,
      id: 'breach.business-associate',
      title: 'Notify the covered entity (as a subcontractor: the business associate)',
      citation: text('45 CFR 164.410(b)'),
      also: [text('45 CFR 164.410(a)(2)'), text('45 CFR 164.410(c)')],
      addressee: 'covered-entity',
      basis: calendarDays(60),
      applies: isBreach,
      metBy: 'notifiedCoveredEntity',
    },
  ],
  derive: deriveDiscovery,
})
