import { text } from '../federal/common.ts'
import { nppReminder } from '../federal/npp.ts'
import type { Ruleset } from '../rule/group.ts'
import { type RecurringDuty, recurringDuty } from './duty.ts'

/** The recurring duties, as compared with their sources on that day. */
export const recurringRuleset: Ruleset = Object.freeze({ id: 'us-federal-recurring/2026-11', asOf: '2026-11-21' })

const common = { ruleset: recurringRuleset, addressee: 'own records', confirmation: 'text-seen' } as const

/** 164.316(b)(2)(iii): of the documentation, and through 164.306(e) of the measures themselves. */
const updates = [text('45 CFR 164.316(b)(2)(iii)'), text('45 CFR 164.306(e)')] as const

/** The number of 164.520(c)(1)(ii) stands in the federal rules. */
function reminderYears(): number {
  const [basis] = nppReminder.rules.map((rule) => rule.basis)
  if (basis?.unit !== 'years') throw new TypeError('the federal rule does not count years')
  return basis.amount
}

const house = 'The law has no number: the cadence is a house policy, and can be set to another.'
const noNumber = 'The law has no number, and none is put in its place: set a cadence to get a date.'

/**
 * The recurring duties that the rules name, with the law's own words. Only the reminder of the notice has a number in the law. The
 * other cadences given here are those that platforms state of themselves; where none was stated there is none, and the duty stays
 * qualitative until the house sets one: `{ ...recurringDuties.evaluation, cadence: { every: 'yearly', by: 'house' } }`.
 */
export const recurringDuties = Object.freeze({
  riskAnalysis: recurringDuty({
    ...common,
    id: 'risk-analysis',
    title: 'Repeat the risk analysis, and track its findings to remediation',
    citation: text('45 CFR 164.308(a)(1)(ii)(A)'),
    also: updates,
    words:
      '"an accurate and thorough assessment", without a word on how often; documentation is reviewed "periodically" and updated "in response to environmental or operational changes"',
    cadence: { every: 'yearly', by: 'house' },
    events: ['on significant change'],
    note: house,
  }),
  evaluation: recurringDuty({
    ...common,
    id: 'evaluation',
    title: 'Evaluate how far policies and procedures meet the Security Rule',
    citation: text('45 CFR 164.308(a)(8)'),
    words: '"periodic", and "in response to environmental or operational changes"',
    events: ['on significant change'],
    eventsInLaw: ['on significant change'],
    note: noNumber,
  }),
  activityReview: recurringDuty({
    ...common,
    id: 'activity-review',
    title: 'Review audit logs, access reports and security incident tracking reports',
    citation: text('45 CFR 164.308(a)(1)(ii)(D)'),
    words: '"regularly"',
    note: noNumber,
  }),
  training: recurringDuty({
    ...common,
    id: 'training',
    title: 'Train the workforce',
    citation: text('45 CFR 164.308(a)(5)'),
    also: [text('45 CFR 164.530(b)')],
    words:
      '"periodic" security updates; each new member "within a reasonable period of time" after joining, and again after a material change in policies',
    addressee: 'workforce',
    cadence: { every: 'yearly', by: 'house' },
    events: ['on hire', 'on material change'],
    eventsInLaw: ['on hire'],
    note: `${house} 45 CFR 164.530(b) binds covered entities; 164.308(a)(5) also their business associates.`,
  }),
  contingencyTest: recurringDuty({
    ...common,
    id: 'contingency-test',
    title: 'Test and revise the contingency plans',
    citation: text('45 CFR 164.308(a)(7)(ii)(D)'),
    words: '"periodic"',
    cadence: { every: 'quarterly', by: 'house' },
    note: `${house} The specification is addressable.`,
  }),
  restoreTest: recurringDuty({
    ...common,
    id: 'restore-test',
    title: 'Restore from a backup and check the copy',
    citation: text('45 CFR 164.308(a)(7)(ii)(A)'),
    also: [text('45 CFR 164.308(a)(7)(ii)(B)'), text('45 CFR 164.308(a)(7)(ii)(D)')],
    words: '"retrievable exact copies"; tests of contingency plans are "periodic"',
    note: noNumber,
  }),
  keyRotation: recurringDuty({
    ...common,
    id: 'key-rotation',
    title: 'Rotate the encryption keys',
    citation: text('45 CFR 164.312(a)(2)(iv)'),
    also: updates,
    words: 'a mechanism to encrypt and decrypt, without a word on changing keys',
    cadence: { every: { days: 90 }, by: 'house' },
    events: ['on significant change'],
    note: house,
  }),
  agreementReview: recurringDuty({
    ...common,
    id: 'agreement-review',
    title: 'Review the business associate agreements',
    citation: text('45 CFR 164.308(b)'),
    also: [text('45 CFR 164.504(e)'), text('45 CFR 164.316(b)(2)(iii)')],
    words: '"satisfactory assurances", without a word on reviewing them; documentation is reviewed "periodically"',
    events: ['on change of services'],
    note: noNumber,
  }),
  noticeReminder: recurringDuty({
    ...common,
    id: 'notice-reminder',
    title: 'Tell the individuals covered by the plan that the notice of privacy practices is available, and how to get it',
    citation: text('45 CFR 164.520(c)(1)(ii)'),
    words: '"no less frequently than once every three years"',
    addressee: 'individuals',
    cadence: { every: { years: reminderYears() }, by: 'law' },
    note: 'For health plans only.',
  }),
}) satisfies Readonly<Record<string, RecurringDuty>>
