import type { FactKinds } from '../rule/facts.ts'
import { ruleGroup } from '../rule/group.ts'
import type { InForce, Rule } from '../rule/rule.ts'
import { actBy, calendarDays, text, thirtyMoreDays } from './common.ts'
import { federalRuleset } from './ruleset.ts'

/** The compliance date of the Privacy Rule, 45 CFR 164.534 (from memory). */
const privacyRule: InForce = { from: '2003-04-14', status: 'in-force' }

const requestFacts = {
  /** When the request was received. */
  received: 'moment',
  /** The statements by which the covered entity extended its time. */
  extensionStatements: 'extension-statements',
  /** When the request was granted and provided, or denied in writing. */
  acted: 'moment',
} as const satisfies FactKinds

const common = {
  addressee: 'individual',
  trigger: { fact: 'received', event: 'receipt' },
  limit: actBy,
  holds: [],
  applies: 'always',
  inForce: privacyRule,
  confirmation: 'text-seen',
  asOf: federalRuleset.asOf,
  metBy: 'acted',
} as const satisfies Partial<Rule>

const access = {
  ...common,
  duty: 'access.act',
  title: 'Act on a request for access: provide it, or deny it in writing',
  extensions: [thirtyMoreDays(text('45 CFR 164.524(b)(2)(ii)'))],
} as const

const untilOmnibus: InForce = {
  from: '2003-04-14',
  until: '2013-09-22',
  status: 'superseded',
  endPublished: '2013-01-25',
}

/**
 * 45 CFR 164.524(b)(2). Until the Omnibus rule (78 FR 5566) records kept off site had 60 days; they have not since. The extension
 * paragraph was (iii) then.
 */
export const accessRequest = ruleGroup({
  id: 'federal.accessRequest',
  ruleset: federalRuleset,
  facts: {
    ...requestFacts,
    /** Where the records were. Read only for requests received before 23 September 2013. */
    storage: { oneOf: ['onsite', 'offsite'] },
  },
  rules: [
    {
      ...access,
      id: 'access.act',
      citation: text('45 CFR 164.524(b)(2)'),
      basis: calendarDays(30),
      inForce: { from: '2013-09-23', status: 'in-force', published: '2013-01-25' },
    },
    {
      ...access,
      id: 'access.act.onsite-until-2013',
      citation: text('45 CFR 164.524(b)(2)(i)', 'memory'),
      basis: calendarDays(30),
      applies: { fact: 'storage', is: 'onsite' },
      inForce: untilOmnibus,
      confirmation: 'memory',
    },
    {
      ...access,
      id: 'access.act.offsite-until-2013',
      citation: text('45 CFR 164.524(b)(2)(ii)', 'memory'),
      basis: calendarDays(60),
      extensions: [thirtyMoreDays(text('45 CFR 164.524(b)(2)(iii)', 'memory'))],
      applies: { fact: 'storage', is: 'offsite' },
      inForce: untilOmnibus,
      confirmation: 'memory',
    },
  ],
})

/** 45 CFR 164.526(b)(2). */
export const amendmentRequest = ruleGroup({
  id: 'federal.amendmentRequest',
  ruleset: federalRuleset,
  facts: requestFacts,
  rules: [
    {
      ...common,
      id: 'amendment.act',
      title: 'Act on a request for amendment: make it, or deny it in writing',
      citation: text('45 CFR 164.526(b)(2)'),
      basis: calendarDays(60),
      extensions: [thirtyMoreDays(text('45 CFR 164.526(b)(2)(ii)'))],
    },
  ],
})

/** 45 CFR 164.528(c)(1). What the accounting covers and what it may cost stand in `accounting.ts`. */
export const accountingRequest = ruleGroup({
  id: 'federal.accountingRequest',
  ruleset: federalRuleset,
  facts: requestFacts,
  rules: [
    {
      ...common,
      id: 'accounting.provide',
      title: 'Provide the accounting of disclosures',
      citation: text('45 CFR 164.528(c)(1)'),
      basis: calendarDays(60),
      extensions: [thirtyMoreDays(text('45 CFR 164.528(c)(1)(ii)'))],
    },
  ],
})

const qualitative = (id: string, title: string, citation: string, standard: string): Rule => ({
  ...common,
  id,
  title,
  citation: text(citation),
  trigger: { fact: 'reviewRequested', event: 'receipt' },
  basis: { unit: 'qualitative', standard },
  extensions: [],
  metBy: 'reviewed',
})

/** 45 CFR 164.524(d)(4): the text has no number, and none is put in its place. */
export const denialReview = ruleGroup({
  id: 'federal.denialReview',
  ruleset: federalRuleset,
  facts: { reviewRequested: 'moment', reviewed: 'moment' },
  rules: [
    qualitative('access.review.refer', 'Refer the request to the reviewing official', '45 CFR 164.524(d)(4)', 'refer promptly'),
    qualitative(
      'access.review.decide',
      'Have the reviewing official decide',
      '45 CFR 164.524(d)(4)',
      'determine within a reasonable period of time',
    ),
    qualitative(
      'access.review.notify',
      'Give the individual written notice of the decision',
      '45 CFR 164.524(d)(4)',
      'written notice promptly',
    ),
  ],
})
