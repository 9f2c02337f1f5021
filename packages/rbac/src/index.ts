/**
 * Access policy: who may do what, for which purpose, to which fields, and why not.
 *
 * @module @phi/rbac
 */
export * from './assignments/index.ts'
export type { Because, Decision, NearestMiss, Outcome, Reason } from './decision/decision.ts'
export { explain } from './decision/explain.ts'
export { type Evidence, fulfil, stepUpChallenge } from './decision/fulfil.ts'
export type { ActorOf, Loaded, Request, ResourceOf, TypeRequest } from './decision/request.ts'
export { type CompileOptions, compile, type Rules } from './decision/rules.ts'
export type { View, ViewOptions } from './decision/view.ts'
export { rbacErrors } from './errors.ts'
export {
  type Atom,
  type AttributePath,
  type Expression,
  expressionSchema,
  isAtom,
  type Literal,
  type Term,
} from './expression/expression.ts'
export { expressionText } from './expression/text.ts'
export type { Attribute, Attributes } from './policy/attribute.ts'
export { type Condition, type ConditionOf, type Conditions, conditions, type Operand } from './policy/conditions.ts'
export {
  type Builder,
  definePolicy,
  type ForbidStage,
  type NamedRule,
  type OverrideDeclaration,
  type PermitStage,
  type PolicyConfig,
  type ResourceDeclaration,
  type WordsOf,
} from './policy/define.ts'
export { BREAK_GLASS_MAX_MS, type Grant } from './policy/grant.ts'
export { type Obligation, obligationSchema, type RefrainCode, refrainCodes } from './policy/obligation.ts'
export { type BuiltInOverride, builtInGrants, builtInOverrides } from './policy/override.ts'
export { type Policy, parsePolicy, policyHash, type Vocabulary } from './policy/parse.ts'
export {
  type Forbid,
  type Override,
  type Permit,
  type PolicyJson,
  policySchema,
  type ResourceType,
  type Rule,
  ruleSchema,
} from './policy/policy.ts'
export type { FieldOf, TypeOf } from './policy/words.ts'
