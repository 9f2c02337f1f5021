import { ruleGroup } from '../rule/group.ts'
import type { InForce, Rule } from '../rule/rule.ts'
import { breachFacts, breachNotice, deriveBreach } from './breach.ts'
import { text } from './common.ts'
import { federalRuleset } from './ruleset.ts'

/** 89 FR 12472: published 16 February 2024, to be complied with from 16 February 2026. */
const inForce: InForce = { from: '2026-02-16', status: 'in-force', published: '2024-02-16' }

const citation = text('42 CFR 2.16(b)', 'secondary')

/** A duty of a covered entity, as a duty of a Part 2 program. */
const asPart2 = (rule: Rule): Rule => ({
  ...rule,
  id: `part2.${rule.id}`,
  duty: `part2.${rule.duty ?? rule.id}`,
  citation,
  also: [rule.citation, ...(rule.also ?? []), text('89 FR 12472', 'secondary')],
  inForce,
  confirmation: 'secondary',
  note: [rule.note, 'That breaches discovered before the compliance date are left out is our reading.']
    .filter(Boolean)
    .join(' '),
})

/**
 * What a Part 2 program owes after a breach of unsecured records: the breach rule of 45 CFR Part 164 Subpart D in the same manner as
 * a covered entity (42 CFR 2.16(b)), for breaches discovered on or after 16 February 2026.
 */
export const part2BreachNotice = ruleGroup({
  id: 'federal.part2BreachNotice',
  ruleset: federalRuleset,
  facts: breachFacts,
  rules: breachNotice.rules.map(asPart2),
  derive: deriveBreach,
})
