import { parseDay } from '../calendar/civil-date.ts'
import type { Condition } from '../rule/condition.ts'
import type { FactKinds, ReadFacts } from '../rule/facts.ts'
import { ruleGroup } from '../rule/group.ts'
import type { InForce, Rule } from '../rule/rule.ts'
import { actBy, calendarDays, sameDay, text, years } from './common.ts'
import { federalRuleset } from './ruleset.ts'

/** The compliance date of the Privacy Rule, 45 CFR 164.534 (from memory). */
const privacyRule: InForce = { from: '2003-04-14', status: 'in-force' }

/** The web paragraph came with the Omnibus rule, 78 FR 5701; until then every plan had 60 days (from memory). */
const omnibus: InForce = { from: '2013-09-23', status: 'in-force', published: '2013-01-25' }
const beforeOmnibus: InForce = {
  from: '2003-04-14',
  until: '2013-09-22',
  status: 'superseded',
  endPublished: '2013-01-25',
}

const common = {
  addressee: 'individual',
  limit: actBy,
  extensions: [],
  holds: [],
  applies: 'always',
  inForce: privacyRule,
  confirmation: 'text-seen',
  asOf: federalRuleset.asOf,
} as const satisfies Partial<Rule>

const electronic: Condition = { fact: 'electronic', is: true }
const emergency: Condition = { fact: 'emergency', is: true }

const provide = {
  ...common,
  duty: 'npp.provide',
  title: 'Provide the notice of privacy practices',
  // The day of a first service is often fixed ahead, and the notice may be given before.
  trigger: { fact: 'firstService', event: 'other', scheduled: true },
  metBy: 'provided',
} as const

/** A provider with a direct treatment relationship: 45 CFR 164.520(c)(2)(i) and (ii), (c)(3)(iii). */
export const nppFirstService = ruleGroup({
  id: 'federal.nppFirstService',
  ruleset: federalRuleset,
  facts: {
    /** The first service to the individual; delivered electronically, the first request for it. */
    firstService: 'moment',
    /** The first service is delivered electronically. */
    electronic: 'flag',
    /** It is an emergency treatment situation. */
    emergency: 'flag',
    provided: 'moment',
    /** When the individual acknowledged receipt in writing. */
    acknowledged: 'moment',
    /** When the effort to obtain it, and why it was not obtained, were documented. */
    effortDocumented: 'moment',
  },
  rules: [
    {
      ...provide,
      id: 'npp.provide.first-service',
      citation: text('45 CFR 164.520(c)(2)(i)(A)'),
      basis: sameDay,
      applies: { not: { any: [electronic, emergency] } },
    },
    {
      ...provide,
      id: 'npp.provide.electronic',
      citation: text('45 CFR 164.520(c)(3)(iii)'),
      basis: sameDay,
      limit: {
        kind: 'act',
        standard: 'automatically and contemporaneously in response to the first request for service',
      },
      applies: { all: [electronic, { not: emergency }] },
    },
    {
      ...provide,
      id: 'npp.provide.emergency',
      citation: text('45 CFR 164.520(c)(2)(i)(B)'),
      basis: { unit: 'qualitative', standard: 'as soon as reasonably practicable after the emergency treatment situation' },
      applies: emergency,
    },
    {
      ...common,
      id: 'npp.acknowledgment',
      title: 'Make a good faith effort to obtain a written acknowledgment of receipt, or document why there is none',
      citation: text('45 CFR 164.520(c)(2)(ii)'),
      trigger: { fact: 'firstService', event: 'other', scheduled: true },
      basis: { unit: 'qualitative', standard: 'a good faith effort' },
      applies: { not: emergency },
      metBy: 'acknowledged',
    },
  ],
  // Either settles the duty.
  derive: (facts: ReadFacts): ReadFacts => {
    const { acknowledged, effortDocumented } = facts.moments
    const settled = acknowledged ?? effortDocumented
    return settled ? { ...facts, moments: { ...facts.moments, acknowledged: settled } } : facts
  },
})

/** A provider that revises its notice: 45 CFR 164.520(c)(2)(iv). */
export const nppProviderRevision = ruleGroup({
  id: 'federal.nppProviderRevision',
  ruleset: federalRuleset,
  facts: {
    /** The effective date of the revision. */
    effective: 'moment',
    /** The provider maintains a physical service delivery site. */
    hasSite: 'flag',
    available: 'moment',
    posted: 'moment',
  },
  rules: [
    {
      ...common,
      id: 'npp.provider-revision.available',
      title: 'Make the revised notice available upon request',
      citation: text('45 CFR 164.520(c)(2)(iv)'),
      trigger: { fact: 'effective', event: 'other', scheduled: true },
      basis: sameDay,
      metBy: 'available',
    },
    {
      ...common,
      id: 'npp.provider-revision.post',
      title: 'Have the revised notice at the site and post it there',
      citation: text('45 CFR 164.520(c)(2)(iv)'),
      also: [text('45 CFR 164.520(c)(2)(iii)')],
      addressee: 'public',
      trigger: { fact: 'effective', event: 'other', scheduled: true },
      basis: { unit: 'qualitative', standard: 'promptly' },
      applies: { fact: 'hasSite', is: true },
      metBy: 'posted',
    },
  ],
})

/** A health plan at enrollment: 45 CFR 164.520(c)(1)(i)(B). */
export const nppEnrollment = ruleGroup({
  id: 'federal.nppEnrollment',
  ruleset: federalRuleset,
  facts: { enrolled: 'moment', provided: 'moment' },
  rules: [
    {
      ...common,
      id: 'npp.enrollment',
      title: 'Provide the notice of privacy practices to the new enrollee',
      citation: text('45 CFR 164.520(c)(1)(i)(B)'),
      trigger: { fact: 'enrolled', event: 'other', scheduled: true },
      basis: sameDay,
      limit: { kind: 'act', standard: 'at the time of enrollment' },
      metBy: 'provided',
    },
  ],
})

/** A health plan's reminder: 45 CFR 164.520(c)(1)(ii). */
export const nppReminder = ruleGroup({
  id: 'federal.nppReminder',
  ruleset: federalRuleset,
  facts: {
    /** When individuals then covered were last told of the notice. */
    lastReminder: 'moment',
    reminded: 'moment',
  },
  rules: [
    {
      ...common,
      id: 'npp.reminder',
      title: 'Tell individuals then covered that the notice is available and how to obtain it',
      citation: text('45 CFR 164.520(c)(1)(ii)'),
      addressee: 'individuals',
      trigger: { fact: 'lastReminder', event: 'notification' },
      basis: years(3, 'earlier'),
      metBy: 'reminded',
    },
  ],
})

const revisionFacts = {
  /** The plan posts its notice on its web site. */
  postsOnWeb: 'flag',
  /** The effective date of the material change. */
  effective: 'moment',
  /** The day of the material revision. */
  materialRevision: 'moment',
  posted: 'moment',
  mailed: 'moment',
  provided: 'moment',
} as const satisfies FactKinds

const revised = {
  ...common,
  addressee: 'individuals',
  duty: 'npp.revision.provide',
  title: 'Provide the revised notice, or tell of the change and how to obtain it',
  trigger: { fact: 'materialRevision', event: 'other' },
  basis: calendarDays(60),
  metBy: 'provided',
} as const

/** A health plan that changes its notice materially: 45 CFR 164.520(c)(1)(v). */
export const nppRevision = ruleGroup({
  id: 'federal.nppRevision',
  ruleset: federalRuleset,
  facts: revisionFacts,
  rules: [
    {
      ...common,
      id: 'npp.revision.post',
      title: 'Post the change or the revised notice prominently on the web site',
      citation: text('45 CFR 164.520(c)(1)(v)(A)'),
      addressee: 'public',
      trigger: { fact: 'effective', event: 'other', scheduled: true },
      basis: sameDay,
      applies: { fact: 'postsOnWeb', is: true },
      inForce: omnibus,
      metBy: 'posted',
    },
    {
      ...common,
      id: 'npp.revision.mail',
      title: 'Provide the revised notice, or tell of the change and how to obtain it',
      citation: text('45 CFR 164.520(c)(1)(v)(A)'),
      addressee: 'individuals',
      trigger: { fact: 'effective', event: 'other', scheduled: true },
      basis: { unit: 'qualitative', standard: 'in its next annual mailing' },
      applies: { fact: 'postsOnWeb', is: true },
      inForce: omnibus,
      metBy: 'mailed',
    },
    {
      ...revised,
      id: 'npp.revision.provide',
      citation: text('45 CFR 164.520(c)(1)(v)(B)'),
      applies: { fact: 'postsOnWeb', is: false },
      inForce: omnibus,
    },
    {
      ...revised,
      id: 'npp.revision.provide.until-2013',
      citation: text('45 CFR 164.520(c)(1)(i)(C)', 'memory'),
      inForce: beforeOmnibus,
      confirmation: 'memory',
    },
  ],
})

/** 89 FR 12472 (the volume is of that day). */
const PART_2_PUBLISHED = parseDay('2024-02-16')

/**
 * The statements on Part 2 records that every notice needs by 16 February 2026, two years after the rule was published: 89 FR 12472,
 * 45 CFR 164.520 as amended. The fact `published` is worked out, and is not for callers to give.
 */
export const nppPart2 = ruleGroup({
  id: 'federal.nppPart2',
  ruleset: federalRuleset,
  facts: {
    /** The entity creates or holds Part 2 records. */
    holdsPart2Records: 'flag',
    /** When its notice was revised for them. */
    revised: 'moment',
    published: 'moment',
  },
  rules: [
    {
      ...common,
      id: 'npp.part2',
      title: 'Revise the notice of privacy practices for records of substance use disorder treatment',
      citation: text('89 FR 12472', 'secondary'),
      also: [text('45 CFR 164.520', 'secondary')],
      addressee: 'individuals',
      trigger: { fact: 'published', event: 'other', scheduled: true },
      basis: years(2, 'earlier'),
      applies: { fact: 'holdsPart2Records', is: true },
      inForce: { from: '2024-02-16', status: 'in-force' },
      confirmation: 'secondary',
      metBy: 'revised',
      note: 'The text gives the day, 16 February 2026; it is counted here as two years from publication. The order that vacated the rule on reproductive health care left it.',
    },
  ],
  derive: (facts: ReadFacts): ReadFacts => ({
    ...facts,
    moments: { ...facts.moments, published: { day: PART_2_PUBLISHED } },
  }),
})
