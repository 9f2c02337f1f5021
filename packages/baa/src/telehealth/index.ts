export { telehealthErrors } from './errors.ts'
export {
  inspectLink,
  type LinkedSession,
  type LinkFinding,
  type LinkFindingCode,
  type LinkHints,
  type LinkReport,
  type LinkSeverity,
  linkFindings,
  overlappingLinks,
} from './link/link.ts'
export {
  type LinkChannel,
  type LinkContent,
  type LinkRequest,
  type LinkRoute,
  type LinkRouting,
  linkChannels,
  type RoutedLink,
  routeSessionLink,
} from './link/route.ts'
export type { Observed, Unanswered } from './observation.ts'
export { type AudioOnlyAnswer, type AudioOnlyBasis, audioOnlyCitation, judgeAudioOnly } from './platform/audio-only.ts'
export { type Alternative, checkPlatform, type PlatformOptions, type PlatformReport } from './platform/check.ts'
export {
  type ConsumerApp,
  consumerAppOf,
  consumerApps,
  type EndedDiscretion,
  endedDiscretion,
} from './platform/consumer-app.ts'
export {
  type MediaProtection,
  mediaProtections,
  type PlatformFacts,
  type RecordingBasis,
  telehealthData,
} from './platform/facts.ts'
export {
  type InstructionTopic,
  instructionsFor,
  type PlatformInstructions,
  platformInstructions,
} from './platform/instructions.ts'
export { type PlatformCode, platformRules } from './platform/rules.ts'
export type { CheckRow, CheckRule, Holds } from './row.ts'
export {
  decideSession,
  type SessionDecision,
  type SessionFacts,
  type SessionReason,
  type SessionReasonCode,
} from './session/decide-session.ts'
export {
  type Credential,
  credentialedIn,
  exceptionIn,
  type LicenceException,
  type LicenceKind,
  type LicenceStatus,
  type Licensed,
  licenceKinds,
  licenceStatuses,
  licensedAnswers,
  licensedIn,
  type PracticeLicence,
  type SessionDays,
} from './session/licence.ts'
export {
  addVirtualLocation,
  type Confirmation,
  type ConfirmedLocation,
  type ConfirmedSession,
  changeLocation,
  confirmSession,
  type HeldSession,
  holdSession,
  type LocationAnswer,
  rescheduleSession,
  type ScheduledSession,
  type Session,
  type SessionEvent,
  type SessionRefusal,
  type SessionRefusalCode,
  scheduleSession,
  sessionRefusals,
  type VirtualLocation,
} from './session/session.ts'
export {
  judgeSession,
  type LiteralRow,
  literalRow,
  type SessionAnswer,
  type SessionAnswers,
  type SessionNeed,
  type SessionResult,
  type SessionRow,
  sessionResults,
  sessionTable,
  type YesNo,
} from './session/table.ts'
export { strongCiphers } from './transport/cipher.ts'
export { checkHeaders, type HeaderFields, type HstsAnswer, type HstsPolicy, parseHsts } from './transport/hsts.ts'
export { judgeTransport, type TransportCode } from './transport/judge.ts'
export { type TransportProfile, type TransportProfileName, transportProfiles } from './transport/profile.ts'
export {
  type HttpAnswer,
  httpAnswers,
  type OfferAnswer,
  offerAnswers,
  parseTransportReport,
  type TlsVersion,
  type TransportReport,
  tlsVersions,
} from './transport/report.ts'
