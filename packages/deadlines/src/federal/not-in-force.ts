import type { FactKinds } from '../rule/facts.ts'
import { ruleGroup } from '../rule/group.ts'
import type { Basis, InForce, Rule } from '../rule/rule.ts'
import { actBy, calendarDays, sameDay, text } from './common.ts'
import { federalRuleset } from './ruleset.ts'

/** 90 FR 898: not final in any source that was found. */
const security2025: InForce = { from: '2025-01-06', status: 'proposed' }
/** 86 FR 6446: not final in any source that was found. */
const privacy2021: InForce = { from: '2021-01-21', status: 'proposed' }

const common = {
  limit: actBy,
  extensions: [],
  holds: [],
  applies: 'always',
  confirmation: 'secondary',
  asOf: federalRuleset.asOf,
} as const satisfies Partial<Rule>

const hours = (amount: number): Basis => ({ unit: 'hours', amount, counts: 'after', roll: 'none', rounding: 'earlier' })

const security = (id: string, title: string, addressee: string, fact: string, basis: Basis, note?: string): Rule => ({
  ...common,
  id: `proposed.security.${id}`,
  title,
  citation: text('90 FR 898', 'secondary'),
  addressee,
  trigger: { fact, event: 'other' },
  basis,
  inForce: security2025,
  ...(note !== undefined && { note }),
})

const facts = {
  /** A workforce member's employment or other arrangement ended. */
  employmentEnded: 'moment',
  /** A workforce member's access to another entity's systems changed or ended. */
  accessChanged: 'moment',
  contingencyPlanActivated: 'moment',
  lastBackup: 'moment',
  systemsLost: 'moment',
  securityRuleEffective: 'moment',
  accessReceived: 'moment',
  extensionStatements: 'extension-statements',
  reproductiveHealthRequest: 'moment',
  accountingRequested: 'moment',
} as const satisfies FactKinds

/**
 * What is proposed, vacated, or waits for regulations. Stored, so that nobody adds it again as law: every result is `not-in-force`,
 * whatever the facts. As a clause of a contract any of these numbers can bind; see `@phi/deadlines/contract`.
 */
export const notInForce = ruleGroup({
  id: 'federal.notInForce',
  ruleset: federalRuleset,
  facts,
  rules: [
    security('terminate-access', 'End the access of a former workforce member', 'workforce', 'employmentEnded', hours(1)),
    security(
      'notify-of-access-change',
      'Notify the other regulated entity that access has changed or ended',
      'regulated-entity',
      'accessChanged',
      hours(24),
    ),
    security(
      'notify-of-contingency-plan',
      'As a business associate, notify the covered entity that the contingency plan was activated',
      'covered-entity',
      'contingencyPlanActivated',
      hours(24),
    ),
    security('backup-age', 'Make the next copy of the data', 'data', 'lastBackup', hours(48)),
    security('restore', 'Restore critical systems and data', 'systems', 'systemsLost', hours(72)),
    security(
      'comply',
      'Comply with the amended Security Rule',
      'secretary',
      'securityRuleEffective',
      calendarDays(180),
      'Proposed to take effect 60 days after publication, so 240 days from it.',
    ),
    {
      ...common,
      id: 'proposed.privacy.access',
      title: 'Act on a request for access',
      citation: text('86 FR 6446', 'secondary'),
      addressee: 'individual',
      trigger: { fact: 'accessReceived', event: 'receipt' },
      basis: calendarDays(15),
      extensions: [
        {
          citation: text('86 FR 6446', 'secondary'),
          fact: 'extensionStatements',
          adds: { unit: 'calendar-days', amount: 15 },
          requires: ['written', 'reasons', 'promisedDate'],
        },
      ],
      inForce: privacy2021,
      note: 'The law says 30 days: federal.accessRequest.',
    },
    {
      ...common,
      id: 'vacated.reproductive-health.attestation',
      title: 'Obtain an attestation before the disclosure',
      citation: text('45 CFR 164.509', 'secondary'),
      addressee: 'requester',
      trigger: { fact: 'reproductiveHealthRequest', event: 'receipt' },
      basis: sameDay,
      inForce: { from: '2024-12-23', until: '2025-06-17', status: 'vacated', endPublished: '2025-06-18' },
      note: 'Vacated nationwide on 18 June 2025 (N.D. Tex., No. 2:24-cv-228-Z). What the same rule says of Part 2 and the notice of privacy practices was left.',
    },
    {
      ...common,
      id: 'proposed.hitech.accounting',
      title: 'Account for disclosures for treatment, payment and operations through an electronic health record',
      citation: text('42 USC 17935(c)'),
      addressee: 'individual',
      trigger: { fact: 'accountingRequested', event: 'receipt' },
      basis: { unit: 'qualitative', standard: 'three years prior to the date on which the accounting is requested' },
      inForce: { from: '2009-02-17', status: 'proposed' },
      note: 'The statute waits for regulations that were never issued; that it is not in force in practice is from memory.',
    },
  ],
})
