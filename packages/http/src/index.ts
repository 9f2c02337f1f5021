/**
 * The request pipeline of a service that touches health information: session, decision, obligations, handler, audit.
 *
 * @module @phi/http
 */
export type { Call, Caller } from './call.ts'
export type { Connection, Sent, VerifiedPeer } from './connection.ts'
export type { RequestRefused } from './diagnostics.ts'
export { httpErrors } from './errors.ts'
export { HSTS_MAX_AGE_SECONDS, securityHeaders } from './headers.ts'
export {
  type Appender,
  type BreakGlassOptions,
  type Fault,
  type PipelineOptions,
  type SignInOptions,
  type Step,
  steps,
} from './options.ts'
export { openPipeline, type Pipeline } from './pipeline.ts'
export { HttpProblem, type ProblemCode, problem, problems } from './problem.ts'
export type {
  Allowed,
  Download,
  EntryContext,
  Granted,
  Handler,
  RecordFacts,
  Reply,
  RouteOptions,
} from './route.ts'
