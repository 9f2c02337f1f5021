import type { Condition } from '../rule/condition.ts'
import type { FactKinds, ReadFacts } from '../rule/facts.ts'
import { ruleGroup } from '../rule/group.ts'
import type { Hold, InForce, Rule } from '../rule/rule.ts'
import { deriveHeadcount, imputeDiscovery } from './breach.ts'
import { actBy, calendarDays, text, withoutDelay } from './common.ts'
import { federalRuleset } from './ruleset.ts'

/** Enforced since 22 February 2010; the rule of 2024 took effect on 29 July 2024 (both from memory). */
const since2009: InForce = { from: '2010-02-22', status: 'in-force', published: '2009-08-25' }
const rule2024: InForce = { from: '2024-07-29', status: 'in-force', published: '2024-05-30' }
const rule2009: InForce = {
  from: '2010-02-22',
  until: '2024-07-28',
  status: 'superseded',
  published: '2009-08-25',
  endPublished: '2024-05-30',
}

/** Whom 16 CFR 318 knows. It does not reach entities covered by HIPAA, nor business associates as far as they act as such. */
export const ftcEntities = ['phr-vendor', 'phr-related-entity', 'third-party-service-provider', 'covered-by-hipaa'] as const

const vendor: Condition = { fact: 'entity', oneOf: ['phr-vendor', 'phr-related-entity'] }

/** 16 CFR 318.4: in the same manner as 45 CFR 164.528(a)(2), whose limit for oral statements is 30 days. */
const delay: Hold = Object.freeze({ citation: text('16 CFR 318.4(d)', 'memory'), fact: 'lawEnforcement', days: 30 })

const common = {
  trigger: { fact: 'discovered', event: 'discovery' },
  limit: withoutDelay,
  extensions: [],
  holds: [delay],
  inForce: since2009,
  asOf: federalRuleset.asOf,
} as const satisfies Partial<Rule>

const commission = {
  ...common,
  duty: 'ftc.commission',
  addressee: 'federal-trade-commission',
  applies: { all: [vendor, { count: 'individuals', atLeast: 500 }] },
  metBy: 'notifiedCommission',
} as const

/**
 * The Health Breach Notification Rule of the Federal Trade Commission, 16 CFR Part 318: vendors of personal health records and related
 * entities, and their service providers. Media are told of **500 or more** residents of a State, where HIPAA says more than 500.
 */
export const ftcBreachNotice = ruleGroup({
  id: 'federal.ftcBreachNotice',
  ruleset: federalRuleset,
  facts: {
    entity: { oneOf: ftcEntities },
    /** The first day on which the breach was known, or reasonably should have been known, 318.3(c). */
    discovered: 'moment',
    knowledge: 'knowledge',
    lawEnforcement: 'law-enforcement-statements',
    individuals: 'count',
    residents: 'residents',
    notifiedIndividuals: 'moment',
    notifiedMedia: 'moments-by-state',
    notifiedCommission: 'moment',
    notifiedVendor: 'moment',
  } as const satisfies FactKinds,
  rules: [
    {
      ...common,
      id: 'ftc.individual',
      title: 'Notify each individual whose information was acquired',
      citation: text('16 CFR 318.4(a)', 'secondary'),
      also: [text('16 CFR 318.3(a)', 'secondary')],
      addressee: 'individuals',
      basis: calendarDays(60),
      applies: vendor,
      confirmation: 'secondary',
      metBy: 'notifiedIndividuals',
    },
    {
      ...common,
      id: 'ftc.media',
      title: 'Notify prominent media outlets serving the State or jurisdiction',
      citation: text('16 CFR 318.5(b)', 'memory'),
      addressee: 'media',
      jurisdiction: 'each',
      basis: calendarDays(60),
      applies: { all: [vendor, { count: 'residents', atLeast: 500 }] },
      confirmation: 'memory',
      metBy: 'notifiedMedia',
    },
    {
      ...commission,
      id: 'ftc.commission.500-or-more',
      title: 'Notify the Commission contemporaneously with the notice to individuals',
      citation: text('16 CFR 318.5(c)', 'secondary'),
      basis: calendarDays(60),
      inForce: rule2024,
      confirmation: 'secondary',
    },
    {
      ...commission,
      id: 'ftc.commission.500-or-more.until-2024',
      title: 'Notify the Commission',
      citation: text('16 CFR 318.5(c)', 'secondary'),
      limit: { kind: 'act', standard: 'as soon as possible' },
      basis: {
        unit: 'business-days',
        amount: 10,
        counts: 'after',
        roll: 'none',
        rounding: 'earlier',
        calendar: { strict: 'us-undisputed', lawful: 'us-federal' },
      },
      inForce: rule2009,
      confirmation: 'memory',
      note: 'The rule of 2009. Its business days are not defined: the later date leaves out every federal holiday.',
    },
    {
      ...commission,
      id: 'ftc.commission.fewer-than-500',
      title: 'Submit the log of breaches to the Commission after the end of the calendar year of discovery',
      citation: text('16 CFR 318.5(c)', 'memory'),
      trigger: { fact: 'discovered', event: 'discovery', anchor: 'end-of-calendar-year' },
      limit: actBy,
      basis: calendarDays(60),
      applies: { all: [vendor, { count: 'individuals', fewerThan: 500 }] },
      confirmation: 'memory',
    },
    {
      ...common,
      id: 'ftc.service-provider',
      title: 'Notify the vendor or related entity that it serves, and obtain acknowledgment',
      citation: text('16 CFR 318.3(b)', 'memory'),
      also: [text('16 CFR 318.4(a)', 'secondary')],
      addressee: 'vendor',
      basis: calendarDays(60),
      applies: { fact: 'entity', is: 'third-party-service-provider' },
      confirmation: 'memory',
      metBy: 'notifiedVendor',
    },
  ],
  derive: (facts: ReadFacts): ReadFacts => deriveHeadcount(imputeDiscovery(facts)),
})
