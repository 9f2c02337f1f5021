import { ruleGroup } from '../rule/group.ts'
import type { Rule } from '../rule/rule.ts'
import { actBy, text } from './common.ts'
import { federalRuleset } from './ruleset.ts'

const common = {
  addressee: 'individual',
  trigger: { fact: 'received', event: 'receipt' },
  limit: actBy,
  extensions: [],
  holds: [],
  confirmation: 'text-seen',
  asOf: federalRuleset.asOf,
} as const satisfies Partial<Rule>

/**
 * A request to restrict disclosures to a health plan: 45 CFR 164.522(a)(1)(vi). The covered entity must agree when all of its
 * conditions hold; any other restriction it need not agree to (164.522(a)(1)(ii)). The text has no number of days.
 */
export const restrictionRequest = ruleGroup({
  id: 'federal.restrictionRequest',
  ruleset: federalRuleset,
  facts: {
    received: 'moment',
    /** It concerns disclosures to a health plan for payment or health care operations. */
    toHealthPlanForPaymentOrOperations: 'flag',
    /** The information pertains solely to an item or service that was paid in full by the individual, or by somebody else than the plan. */
    paidInFull: 'flag',
    /** The disclosure is required by law. */
    requiredByLaw: 'flag',
    agreed: 'moment',
  },
  rules: [
    {
      ...common,
      id: 'restriction.agree',
      title: 'Agree to the restriction',
      citation: text('45 CFR 164.522(a)(1)(vi)'),
      also: [text('45 CFR 164.522(a)(2)(iii)(A)')],
      basis: { unit: 'qualitative', standard: 'must agree' },
      applies: {
        all: [
          { fact: 'toHealthPlanForPaymentOrOperations', is: true },
          { fact: 'paidInFull', is: true },
          { fact: 'requiredByLaw', is: false },
        ],
      },
      inForce: { from: '2013-09-23', status: 'in-force', published: '2013-01-25' },
      metBy: 'agreed',
      note: 'The covered entity cannot end this restriction by itself, 164.522(a)(2)(iii)(A). That the text binds since 23 September 2013 is from memory.',
    },
  ],
})

const accommodate = {
  ...common,
  duty: 'confidential-communication.accommodate',
  title: 'Accommodate the request to communicate by other means or at another location',
  basis: { unit: 'qualitative', standard: 'must accommodate reasonable requests' },
  inForce: { from: '2003-04-14', status: 'in-force' },
  metBy: 'accommodated',
} as const

/** A request for confidential communications: 45 CFR 164.522(b). The text has no number of days. */
export const confidentialCommunication = ruleGroup({
  id: 'federal.confidentialCommunication',
  ruleset: federalRuleset,
  facts: {
    received: 'moment',
    entity: { oneOf: ['provider', 'health-plan'] },
    /** Of a health plan: the individual states clearly that the disclosure could endanger them. */
    endangermentStated: 'flag',
    accommodated: 'moment',
  },
  rules: [
    {
      ...accommodate,
      id: 'confidential-communication.provider',
      citation: text('45 CFR 164.522(b)(1)(i)'),
      also: [text('45 CFR 164.522(b)(2)(iii)')],
      applies: { fact: 'entity', is: 'provider' },
      note: 'A provider may not make an explanation of the reason a condition, 164.522(b)(2)(iii).',
    },
    {
      ...accommodate,
      id: 'confidential-communication.health-plan',
      citation: text('45 CFR 164.522(b)(1)(ii)'),
      also: [text('45 CFR 164.522(b)(2)(iv)')],
      applies: {
        all: [
          { fact: 'entity', is: 'health-plan' },
          { fact: 'endangermentStated', is: true },
        ],
      },
    },
  ],
})
