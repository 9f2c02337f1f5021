import type { ReadFacts } from '../rule/facts.ts'
import { ruleGroup } from '../rule/group.ts'
import type { Rule } from '../rule/rule.ts'
import { actBy, calendarDays, keep, text, years } from './common.ts'
import { federalRuleset } from './ruleset.ts'

const common = {
  limit: actBy,
  extensions: [],
  holds: [],
  applies: 'always',
  confirmation: 'text-seen',
  asOf: federalRuleset.asOf,
} as const satisfies Partial<Rule>

/**
 * The window in which correcting a violation can bar or lower a civil money penalty: 45 CFR 160.410(c)(2)(i), "the 30-day period
 * beginning on the first date" of knowledge. That date is day 1, unlike every "days after" of Part 164.
 */
export const penaltyCure = ruleGroup({
  id: 'federal.penaltyCure',
  ruleset: federalRuleset,
  facts: {
    /** The first date on which the entity knew, or by reasonable diligence would have known, of the violation. */
    knew: 'moment',
    corrected: 'moment',
  },
  rules: [
    {
      ...common,
      id: 'penalty.cure',
      title: 'Correct the violation',
      citation: text('45 CFR 160.410(c)(2)(i)'),
      also: [text('45 CFR 160.410(c)(1)'), text('45 CFR 160.410(c)(2)(ii)')],
      addressee: 'secretary',
      trigger: { fact: 'knew', event: 'awareness' },
      basis: { unit: 'calendar-days', amount: 30, counts: 'beginning-on', roll: 'none', rounding: 'earlier' },
      inForce: { from: '2009-02-18', status: 'in-force' },
      metBy: 'corrected',
      note: 'A defense only where there was no willful neglect. The Secretary may set a longer period. That the date itself is day 1 is our reading of "beginning on".',
    },
  ],
})

/** 160.504(b): receipt is presumed 5 days after the date of the notice. */
const PRESUMED_DAYS = 5

/** A receipt after the presumed one needs a showing to the judge, so the earlier of the two counts. */
function presumeReceipt(facts: ReadFacts): ReadFacts {
  const { received, noticeDated } = facts.moments
  const presumed = noticeDated && { day: noticeDated.day + PRESUMED_DAYS }
  const counts = !received || (presumed && presumed.day < received.day) ? presumed : received
  return {
    ...facts,
    values: { ...facts.values, presumed: counts !== undefined && counts === presumed },
    moments: { ...facts.moments, ...(counts && { received: counts }) },
  }
}

const hearing = {
  ...common,
  duty: 'hearing.request',
  title: 'Mail the request for a hearing',
  addressee: 'administrative-law-judge',
  trigger: { fact: 'received', event: 'receipt' },
  basis: {
    unit: 'calendar-days',
    amount: 90,
    counts: 'after',
    roll: { by: 'rule', citation: text('45 CFR 160.526(a)'), calendar: 'us-federal' },
    rounding: 'earlier',
  },
  // The Enforcement Rule, 71 FR 8390 (its day from memory).
  inForce: { from: '2006-03-16', status: 'in-force' },
  metBy: 'requested',
} as const satisfies Partial<Rule>

/**
 * A request for a hearing on a proposed penalty: 45 CFR 160.504(b), counted by 160.526(a). The only clock family of the rules whose own
 * text moves a last day on a weekend or federal holiday. The five days for mail of 160.526(c) are not added: it says so itself.
 */
export const hearingRequest = ruleGroup({
  id: 'federal.hearingRequest',
  ruleset: federalRuleset,
  facts: {
    /** When the notice of proposed determination was received. */
    received: 'moment',
    /** The date of the notice. Receipt is presumed five days after it. */
    noticeDated: 'moment',
    requested: 'moment',
    /** Worked out: receipt is the presumed one. What a caller gives for it is not read. */
    presumed: 'flag',
  },
  rules: [
    {
      ...hearing,
      id: 'hearing.request',
      citation: text('45 CFR 160.504(b)'),
      also: [text('45 CFR 160.526(a)')],
      applies: { fact: 'presumed', is: false },
    },
    {
      ...hearing,
      id: 'hearing.request.presumed-receipt',
      citation: text('45 CFR 160.504(b)'),
      also: [text('45 CFR 160.526(a)')],
      // Nobody has said that it was received on that day, so a request may have been mailed before.
      trigger: { fact: 'received', event: 'other' },
      applies: { fact: 'presumed', is: true },
      note: 'Receipt is presumed five days after the date of the notice. A later receipt counts only after a reasonable showing to the judge.',
    },
  ],
  derive: presumeReceipt,
})

/** A complaint to the Secretary: 45 CFR 160.306(b)(3). */
export const complaintToSecretary = ruleGroup({
  id: 'federal.complaintToSecretary',
  ruleset: federalRuleset,
  facts: {
    /** When the complainant knew or should have known of the act or omission. */
    knew: 'moment',
    filed: 'moment',
  },
  rules: [
    {
      ...common,
      id: 'complaint.file',
      title: 'File the complaint with the Secretary',
      citation: text('45 CFR 160.306(b)(3)'),
      addressee: 'secretary',
      trigger: { fact: 'knew', event: 'awareness' },
      basis: calendarDays(180),
      inForce: { from: '2003-04-14', status: 'in-force' },
      metBy: 'filed',
      note: 'The Secretary may waive the limit for good cause.',
    },
  ],
})

/** How long an action for a penalty can still be begun: 45 CFR 160.414. Not a duty of the entity, but how long it stays exposed. */
export const penaltyAction = ruleGroup({
  id: 'federal.penaltyAction',
  ruleset: federalRuleset,
  facts: { occurred: 'moment' },
  rules: [
    {
      ...common,
      id: 'penalty.action',
      title: 'Expect that the Secretary may still begin an action for a civil money penalty',
      citation: text('45 CFR 160.414'),
      addressee: 'covered-entity',
      trigger: { fact: 'occurred', event: 'other' },
      basis: years(6, 'later'),
      limit: keep,
      inForce: { from: '2003-04-14', status: 'in-force' },
    },
  ],
})

/** A new or modified standard, where its own rule sets no other date: 45 CFR 160.105. */
export const newStandard = ruleGroup({
  id: 'federal.newStandard',
  ruleset: federalRuleset,
  facts: {
    /** The effective date of the standard. */
    effective: 'moment',
    complied: 'moment',
  },
  rules: [
    {
      ...common,
      id: 'compliance.new-standard',
      title: 'Comply with the new or modified standard',
      citation: text('45 CFR 160.105'),
      addressee: 'secretary',
      trigger: { fact: 'effective', event: 'other', scheduled: true },
      basis: calendarDays(180),
      // "that become effective after January 25, 2013"
      inForce: { from: '2013-01-26', status: 'in-force', published: '2013-01-25' },
      metBy: 'complied',
      note: 'Except as otherwise provided: most rules set their own compliance date.',
    },
  ],
})

/** How long the information of a decedent stays protected: 45 CFR 164.502(f). */
export const decedent = ruleGroup({
  id: 'federal.decedent',
  ruleset: federalRuleset,
  facts: { died: 'moment' },
  rules: [
    {
      ...common,
      id: 'decedent.protect',
      title: 'Protect the information of the decedent',
      citation: text('45 CFR 164.502(f)'),
      addressee: 'individual',
      trigger: { fact: 'died', event: 'other' },
      basis: years(50, 'later'),
      limit: keep,
      // It looks back on every death. Until the Omnibus rule the protection had no end.
      inForce: { from: '1800-01-01', status: 'in-force', published: '2013-01-25' },
    },
  ],
})
