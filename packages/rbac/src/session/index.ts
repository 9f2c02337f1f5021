/**
 * Who is there, how they signed in, and for how long that counts: identity tokens, multi-factor verdicts, sessions, step-up and
 * address lists.
 *
 * @module @phi/rbac/session
 */
export { sessionErrors } from './errors.ts'
export {
  type IdentityAlgorithm,
  type IdentityOptions,
  type IdentityRefusal,
  type IdentityVerdict,
  identityAlgorithms,
  identityRefusals,
  type VerifiedIdentity,
  verifyIdentity,
} from './identity.ts'
export {
  type IdentityKeys,
  type JsonWebKey,
  type JsonWebKeySet,
  type RemoteKeysOptions,
  remoteKeys,
  staticKeys,
} from './identity-keys.ts'
export { type IpPolicy, type IpPolicyOptions, type IpVerdict, ipPolicy } from './ip-policy.ts'
export { memorySessionStore } from './memory-store.ts'
export {
  type Authentication,
  authenticationMethodCitations,
  authenticationMethods,
  type FactorClass,
  type MfaVerdict,
  mfaVerdict,
} from './mfa.ts'
export { type SessionProfile, sessionProfiles } from './profiles.ts'
export {
  type RotationCause,
  type Session,
  type SessionActive,
  type SessionOwner,
  type SessionRefusal,
  type SessionRefused,
  type SessionVerdict,
  sessionRefusals,
} from './session.ts'
export { generateSessionKey, type PrivateJsonWebKey, type SessionKeys } from './session-token.ts'
export { type BeginVerdict, type LogoutVerdict, openSessions, type Sessions } from './sessions.ts'
export type { BeginOptions, Presented, RevokeTarget, SessionsOptions } from './sessions-options.ts'
export { requireStepUp, type StepUpChallenge, type StepUpRequirement, type StepUpVerdict, stepUpChallenge } from './step-up.ts'
export {
  type SessionAuthentication,
  type SessionEnding,
  type SessionRecord,
  type SessionStore,
  sessionEndings,
  sessionRecordSchema,
} from './store.ts'
