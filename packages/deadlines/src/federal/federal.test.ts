import { formatCitation } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { evaluate } from '../evaluate/evaluate.ts'
import type { FactKinds } from '../rule/facts.ts'
import type { RuleGroup } from '../rule/group.ts'
import { federal } from './index.ts'
import { federalRuleset } from './ruleset.ts'

const groups: (readonly [string, RuleGroup<FactKinds>])[] = Object.entries(federal)
const rules = groups.flatMap(([, group]) => group.rules)

describe('the federal table', () => {
  it('has these groups, with so many rows each', () => {
    expect(Object.fromEntries(groups.map(([name, group]) => [name, group.rules.length]))).toEqual({
      breachNotice: 4,
      businessAssociateNotice: 1,
      substituteNoticePeriods: 2,
      part2BreachNotice: 4,
      ftcBreachNotice: 6,
      accessRequest: 3,
      amendmentRequest: 1,
      accountingRequest: 1,
      denialReview: 3,
      restrictionRequest: 1,
      confidentialCommunication: 2,
      nppFirstService: 4,
      nppProviderRevision: 2,
      nppEnrollment: 1,
      nppReminder: 1,
      nppRevision: 4,
      nppPart2: 1,
      documentation: 2,
      penaltyCure: 1,
      hearingRequest: 2,
      complaintToSecretary: 1,
      penaltyAction: 1,
      newStandard: 1,
      decedent: 1,
      notInForce: 9,
    })
    expect(rules).toHaveLength(59)
  })

  it('names each row and each group once, and each group as it is exported', () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
    for (const [name, group] of groups) expect(group.id).toBe(`federal.${name}`)
  })

  it('cites, dates and marks every row; a row is no better confirmed than the number in its citation', () => {
    const order = ['text-seen', 'secondary', 'weak', 'memory', 'interpretation']
    for (const rule of rules) {
      expect(formatCitation(rule.citation)).toMatch(/^(45|42|16) CFR |^(89|90|86) FR |^42 USC /)
      expect(rule.asOf).toBe(federalRuleset.asOf)
      expect(order.indexOf(rule.confirmation)).toBeGreaterThanOrEqual(order.indexOf(rule.citation.confirmation))
      expect(rule.title).not.toMatch(/\.$/)
    }
  })

  it('holds these numbers, and no others', () => {
    const numbers = rules.flatMap(({ id, basis, inForce }) =>
      'amount' in basis && inForce.status !== 'proposed' ? [`${id}: ${basis.amount} ${basis.unit}`] : [],
    )
    expect(numbers).toEqual([
      'breach.individual: 60 calendar-days',
      'breach.media: 60 calendar-days',
      'breach.secretary.500-or-more: 60 calendar-days',
      'breach.secretary.fewer-than-500: 60 calendar-days',
      'breach.business-associate: 60 calendar-days',
      'breach.substitute.posting: 90 calendar-days',
      'breach.substitute.toll-free-number: 90 calendar-days',
      'part2.breach.individual: 60 calendar-days',
      'part2.breach.media: 60 calendar-days',
      'part2.breach.secretary.500-or-more: 60 calendar-days',
      'part2.breach.secretary.fewer-than-500: 60 calendar-days',
      'ftc.individual: 60 calendar-days',
      'ftc.media: 60 calendar-days',
      'ftc.commission.500-or-more: 60 calendar-days',
      'ftc.commission.500-or-more.until-2024: 10 business-days',
      'ftc.commission.fewer-than-500: 60 calendar-days',
      'ftc.service-provider: 60 calendar-days',
      'access.act: 30 calendar-days',
      'access.act.onsite-until-2013: 30 calendar-days',
      'access.act.offsite-until-2013: 60 calendar-days',
      'amendment.act: 60 calendar-days',
      'accounting.provide: 60 calendar-days',
      'npp.reminder: 3 years',
      'npp.revision.provide: 60 calendar-days',
      'npp.revision.provide.until-2013: 60 calendar-days',
      'npp.part2: 2 years',
      'documentation.keep.last-in-effect: 6 years',
      'documentation.keep.created: 6 years',
      'penalty.cure: 30 calendar-days',
      'hearing.request: 90 calendar-days',
      'hearing.request.presumed-receipt: 90 calendar-days',
      'complaint.file: 180 calendar-days',
      'penalty.action: 6 years',
      'compliance.new-standard: 180 calendar-days',
      'decedent.protect: 50 years',
    ])
  })

  it('without any fact no group throws, and none says that something is met, late or due', () => {
    for (const [name, group] of groups) {
      for (const { rule, status } of evaluate(group, {})) {
        const expected = name === 'notInForce' ? ['not-in-force'] : ['pending-facts']
        expect([rule, expected.includes(status)]).toEqual([rule, true])
      }
    }
  })
})
