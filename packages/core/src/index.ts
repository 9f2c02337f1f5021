export { type Actor, type ActorInput, type ActorType, actorSchema, actorTypes, parseActor } from './actor.ts'
export { parseAs } from './boundary.ts'
export { type CanonicalValue, canonicalJson, MAX_CANONICAL_DEPTH } from './canonical-json.ts'
export {
  type Citation,
  type Confirmation,
  citationSchema,
  cite,
  confirmationMarks,
  confirmations,
  formatCitation,
  parseCitation,
} from './citation.ts'
export { type Clock, fixedClock, formatInstant, isInstant, parseInstant, systemClock } from './clock.ts'
export { coreErrors } from './core-errors.ts'
export { equalBytes, fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from './encoding.ts'
export { type ErrorCatalogue, type ErrorContext, type ErrorEntry, errorsOf, isPhiError, PhiError } from './errors.ts'
export { hmacSha256, randomBytes, sha256, sha256Base64, sha256Parts } from './hash.ts'
export { plainText } from './plain-text.ts'
export {
  isPurposeOfUse,
  PURPOSE_OF_USE_SYSTEM,
  type PurposeConcept,
  type PurposeOfUse,
  purposeIsA,
  purposeParents,
  purposesOfUse,
} from './purpose-of-use.ts'
export { ancestors, covers, overlaps, type SameTree, type TaxonomyKey } from './taxonomy/covers.ts'
export { type DataClass, type DataClassRow, dataClassBundles, dataClasses, isDataClass } from './taxonomy/data-class.ts'
export {
  compareIdentifiability,
  type Identifiability,
  type IdentifiabilityRank,
  identifiabilities,
  isIdentifiability,
  isWithinIdentifiability,
} from './taxonomy/identifiability.ts'
export { isLabel, type Label, type RegimeLabel, regimeLabels } from './taxonomy/label.ts'
export { type LimitedDataSetRule, type SafeHarborLetter, safeHarborIdentifiers } from './taxonomy/safe-harbor.ts'
export { isSafeguard, type Safeguard, type SafeguardStanding, safeguards } from './taxonomy/safeguard.ts'
export { type Scope, type ScopedData, type ScopeVerdict, scopeVerdict } from './taxonomy/scope.ts'
export { type ClassSelector, isClassSelector, labelOf } from './taxonomy/selector.ts'
export { isService, type Service, services } from './taxonomy/service.ts'
export { type Carried, carriedBy, type DataItem } from './taxonomy/taint.ts'
export { children, isKeyOf, leaves, parseKey, type Tree, type TreeRow } from './taxonomy/tree.ts'
export { isUsState, type UsState, usStates } from './taxonomy/us-state.ts'
export { type BusinessAssociateMay, isUse, type Use, type UseRules, uses } from './taxonomy/use.ts'
export { useOfPurpose } from './taxonomy/use-of-purpose.ts'
export { parseTenant, type TenantId, tenantSchema } from './tenant.ts'
