import type { RestrictionFacts } from './events.ts'
import { type IndividualRequest, insideOf } from './record.ts'

/** What is known of a restriction: the facts of the request, each overwritten by a later clarification that knows it. */
export function restrictionFacts(request: IndividualRequest): RestrictionFacts {
  const { opening } = request
  const facts: RestrictionFacts = opening.kind === 'restriction' ? { ...opening.restriction } : {}
  for (const { event } of insideOf(request).happened) {
    if (event.type === 'restriction-clarified') Object.assign(facts, event.restriction)
  }
  return facts
}

const and = (...parts: readonly (boolean | null | undefined)[]): boolean | undefined =>
  parts.includes(false) ? false : parts.every((part) => part === true) ? true : undefined

/** The facts of a restriction as the federal rule reads them. */
export const restrictionRuleFacts = (facts: RestrictionFacts) => ({
  toHealthPlanForPaymentOrOperations: and(facts.toHealthPlan, facts.forPaymentOrOperations),
  paidInFull: facts.paidInFull,
  requiredByLaw: facts.requiredByLaw,
})

/**
 * Whether a covered entity must agree to a restriction, 164.522(a)(1)(vi): a disclosure to a health plan, for payment or health
 * care operations and not otherwise required by law, about what was paid in full out of pocket. `undefined`: not known.
 */
export function mustAgreeTo(facts: RestrictionFacts): boolean | undefined {
  const voluntary = facts.requiredByLaw == null ? undefined : !facts.requiredByLaw
  return and(facts.toHealthPlan, facts.forPaymentOrOperations, voluntary, facts.paidInFull)
}
