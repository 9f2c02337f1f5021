import { definePolicy, type NamedRule } from '../policy/define.ts'
import type { Policy } from '../policy/parse.ts'
import { careRules } from './care.ts'
import { emergencyRules } from './emergency.ts'
import { groundRules } from './ground-rules.ts'
import { individualRules } from './individuals.ts'
import { operationsRules } from './operations.ts'
import { paymentRules } from './payment.ts'
import { serviceRules } from './services.ts'
import { specialClassRules } from './special-classes.ts'
import { type AnyBuilder, type HipaaWords, hipaaVocabulary } from './vocabulary.ts'

/**
 * The groups of rules. A policy of your own takes those it wants. `ground`, `specialClasses` and the forbids in `payment` and
 * `individuals` stand before every role, also before roles that you add.
 */
export const hipaaRuleGroups = Object.freeze({
  ground: groundRules,
  specialClasses: specialClassRules,
  care: careRules,
  individuals: individualRules,
  payment: paymentRules,
  operations: operationsRules,
  services: serviceRules,
  emergency: emergencyRules,
}) satisfies Readonly<Record<string, (builder: AnyBuilder) => readonly NamedRule[]>>

/** All groups, in the order of the pack. */
export function hipaaRules(builder: AnyBuilder): readonly NamedRule[] {
  return Object.values(hipaaRuleGroups).flatMap((group) => group(builder))
}

/**
 * The policy of the pack: plain JSON, as every policy (`JSON.stringify` it; `parsePolicy` reads it back). A ruleset of its own
 * version: a change of what it permits changes `version`.
 */
export const hipaaPolicy: Policy<HipaaWords> = /* @__PURE__ */ definePolicy(
  { id: 'hipaa', version: '2026-11', ...hipaaVocabulary },
  hipaaRules,
)
