import { federalCalendar, undisputedCalendar } from '../calendar/business-days.ts'
import { text } from '../federal/common.ts'
import { federal } from '../federal/index.ts'
import { federalRuleset } from '../federal/ruleset.ts'
import type { Condition } from '../rule/condition.ts'
import type { FactKinds } from '../rule/facts.ts'
import { compiledOf, type RuleGroup, ruleGroup } from '../rule/group.ts'
import type { InForce, Rule } from '../rule/rule.ts'

/** A duty to answer ends with a request that is withdrawn in time, or that the text lets the covered entity refuse. */
const stands: readonly Condition[] = [
  { fact: 'withdrawn', is: false },
  { fact: 'refused', is: false },
]
const whileItStands = (applies: Condition): Condition => ({ all: applies === 'always' ? stands : [applies, ...stands] })

/** The rules of the federal table, with their numbers, for a request that may be withdrawn. */
const withdrawable = <Kinds extends FactKinds>(id: string, group: RuleGroup<Kinds>) => {
  const { derive } = compiledOf(group)
  return ruleGroup({
    id,
    ruleset: group.ruleset,
    facts: { ...group.facts, withdrawn: 'flag', refused: 'flag' } as Kinds & {
      readonly withdrawn: 'flag'
      readonly refused: 'flag'
    },
    rules: group.rules.map((rule) => ({ ...rule, applies: whileItStands(rule.applies) })),
    calendars: group.calendars.filter((calendar) => calendar !== federalCalendar && calendar !== undisputedCalendar),
    ...(derive && { derive }),
  })
}

export const access = withdrawable('request.access', federal.accessRequest)
export const amendment = withdrawable('request.amendment', federal.amendmentRequest)
export const accounting = withdrawable('request.accounting', federal.accountingRequest)
export const restriction = withdrawable('request.restriction', federal.restrictionRequest)
export const confidential = withdrawable('request.confidentialCommunication', federal.confidentialCommunication)

/** The compliance date of the Privacy Rule, 164.534 (from memory). */
const privacyRule: InForce = { from: '2003-04-14', status: 'in-force' }

/** Duties of which the text says that they must be done, and not by when: its words stand in place of a number. */
const inWords = (
  id: string,
  title: string,
  citation: string,
  standard: string,
  more: Pick<Rule, 'trigger' | 'metBy' | 'applies'> & Partial<Rule>,
): Rule => ({
  id,
  title,
  citation: text(`45 CFR ${citation}`),
  addressee: 'individual',
  basis: { unit: 'qualitative', standard },
  limit: { kind: 'act' },
  extensions: [],
  holds: [],
  inForce: privacyRule,
  confirmation: 'text-seen',
  asOf: federalRuleset.asOf,
  ...more,
})

/** What follows an answer: 45 CFR 164.526(c)(3), 164.524(d)(4). */
export const amendmentInform = ruleGroup({
  id: 'request.amendmentInform',
  ruleset: federalRuleset,
  facts: { accepted: 'moment', othersInformed: 'moment' },
  rules: [
    inWords(
      'amendment.inform-others',
      'Make reasonable efforts to inform those who have, and may rely on, the information',
      '164.526(c)(3)',
      'within a reasonable time',
      {
        addressee: 'persons who need the amendment',
        trigger: { fact: 'accepted', event: 'determination' },
        metBy: 'othersInformed',
        applies: 'always',
      },
    ),
  ],
})

export const reviewOutcome = ruleGroup({
  id: 'request.reviewOutcome',
  ruleset: federalRuleset,
  facts: { overturned: 'moment', provided: 'moment' },
  rules: [
    inWords(
      'access.review.carry-out',
      'Provide the access that the reviewing official determined',
      '164.524(d)(4)',
      "take other action as required to carry out the reviewing official's determination",
      { trigger: { fact: 'overturned', event: 'determination' }, metBy: 'provided', applies: 'always' },
    ),
  ],
})
