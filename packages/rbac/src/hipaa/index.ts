/**
 * A policy for a therapy platform under HIPAA, as data: vocabulary, rules and citations, to use as it is or to take apart.
 *
 * @module @phi/rbac/hipaa
 */
export { careRules } from './care.ts'
export { hipaaCitations, YEARS_PROTECTED_AFTER_DEATH } from './citations.ts'
export { describePack, type PackRow, packTable } from './describe.ts'
export { emergencyRules } from './emergency.ts'
export { groundRules } from './ground-rules.ts'
export { individualRules } from './individuals.ts'
export { type Isolation, isolation } from './isolation.ts'
export { type HipaaLabel, hipaaLabels, protectedUntil, type RegimeFacts, regimeFacts } from './labels.ts'
export { operationsRules } from './operations.ts'
export { paymentRules } from './payment.ts'
export { hipaaPolicy, hipaaRuleGroups, hipaaRules } from './policy.ts'
export { hipaaResources } from './records.ts'
export { serviceRules } from './services.ts'
export { specialClassRules } from './special-classes.ts'
export { hipaaViews, type PayerField, payerFields } from './views.ts'
export {
  type AnyBuilder,
  type HipaaAction,
  type HipaaGrant,
  type HipaaOverride,
  type HipaaRecipient,
  type HipaaResourceType,
  type HipaaRole,
  type HipaaView,
  type HipaaWords,
  hipaaActions,
  hipaaGrants,
  hipaaOverrides,
  hipaaRecipients,
  hipaaRoles,
  hipaaVocabulary,
  STEP_UP_MAX_AGE_SECONDS,
} from './vocabulary.ts'
