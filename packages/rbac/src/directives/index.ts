/**
 * What patients ask for, allow and forbid: restrictions, confidential communications, consents for channels, authorizations and
 * Part 2 consents. They compile into forbids, grants and routing decisions.
 *
 * @module @phi/rbac/directives
 */
export { type ChannelConsent, type ChannelOptOut, channelConsentSchema, channelOptOutSchema } from './channel-consent.ts'
export { channelFor } from './channel-for.ts'
export {
  accommodate,
  type ConfidentialCommunication,
  type ConfidentialCommunicationStatus,
  confidentialCommunicationAt,
  confidentialCommunicationSchema,
  type DeclineGround,
  decline,
  declineGrounds,
  withdrawRequest,
} from './confidential-communication.ts'
export { type Channel, type ContactPoint, channels, contactPointSchema } from './contact-point.ts'
export {
  type AuthorizationDefect,
  authorizationDefects,
  type ConsentDefect,
  consentDefects,
  type Events,
  type PermissionDefect,
} from './defects.ts'
export {
  type Directive,
  type DirectiveKind,
  directiveSchema,
  MAX_DIRECTIVES,
  parseDirective,
  parseDirectives,
} from './directive.ts'
export { type Documentation, documentationOf } from './documentation.ts'
export { directiveErrors } from './errors.ts'
export type { Changed, Manner, Recording, Refused } from './fields.ts'
export { type ForbidsOptions, forbidsOf } from './forbids.ts'
export { DIRECTIVE_GRANT_MS, type GrantOptions, type GrantVerdict, grantsOf, grantVerdict, type NotUsable } from './grants.ts'
export { type DirectiveLaw, directiveLaw } from './law.ts'
export type { DirectiveMapping } from './mapping.ts'
export {
  type Escalation,
  type HoldReason,
  holdReasons,
  type Message,
  type RoutingBecause,
  type RoutingDecision,
  type RoutingReason,
  routingReasons,
} from './message.ts'
export {
  channelRules,
  defineMessageRouting,
  type EscalationParty,
  type MessageContent,
  type MessageRouting,
  type MessageRoutingConfig,
} from './message-routing.ts'
export {
  type MessageReader,
  mayOpenMessage,
  type OpenVerdict,
  requireVerifiedIdentity,
  type VerifiedIdentityOptions,
} from './open-message.ts'
export {
  agree,
  deny,
  paidInFull,
  type Restriction,
  type RestrictionRequest,
  type RestrictionScope,
  type RestrictionStanding,
  type RestrictionStatus,
  type RestrictionStep,
  requestRestriction,
  restrictablePurposes,
  restrictionAt,
  restrictionSchema,
  type Termination,
  type TerminationGround,
  type TerminationRefusal,
  terminate,
} from './restriction.ts'
export { claimsSharing, type PatientRight, patientRights } from './rights.ts'
export { continues, type DirectiveStore, memoryDirectiveStore } from './store.ts'
export { type Authorization, authorizationSchema, type Consent, consentSchema, revoke } from './written-permission.ts'
