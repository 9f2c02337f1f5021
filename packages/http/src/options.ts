import type { AuditEventInput } from '@phi/audit'
import type { ActorType, Clock } from '@phi/core'
import type { Grant, Rules, Vocabulary } from '@phi/rbac'
import type { Session, SessionOwner, Sessions, VerifiedIdentity } from '@phi/rbac/session'
import type { Caller } from './call.ts'
import type { Granted, RecordFacts } from './route.ts'

/**
 * What the pipeline needs of an audit log: `AuditLog` of `@phi/audit` is one, with or without a spool. That a promise resolves
 * means that the entry is durable.
 */
export interface Appender<Tx> {
  append(event: AuditEventInput): Promise<unknown>
  appendIn(tx: Tx, event: AuditEventInput): Promise<unknown>
}

/** Something that went wrong and that no client is told: for your alerts. Holds codes and ids of requests, nothing of a record. */
export interface Fault {
  readonly requestId: string
  /** Which step failed. */
  readonly step: Step
  /** The code of a `PhiError`, or undefined. */
  readonly code: string | undefined
}

/** The steps of a request, in their order. There is no other. */
export const steps = ['receive', 'session', 'decide', 'obligations', 'handle', 'audit', 'send'] as const
export type Step = (typeof steps)[number]

export interface PipelineOptions<Words extends Vocabulary, Tx> {
  readonly sessions: Sessions
  /** The compiled policy, or that of one caller: `rules.with(forbids)` of a patient's directives, for example. */
  readonly rules: Rules<Words> | ((caller: Caller) => Promise<Rules<Words>> | Rules<Words>)
  /** The log of a tenant. Undefined is asked for what belongs to none: a sign-in that failed, a token that nobody knows. */
  readonly log: (tenant: string | undefined) => Promise<Appender<Tx>> | Appender<Tx>
  /** Runs a function in a transaction of the caller's tenant. Needed by routes that write. */
  readonly transaction?: <Result>(caller: Caller, run: (tx: Tx) => Promise<Result>) => Promise<Result>
  /**
   * Emergency access and other grants, and what was done about their obligations. It is asked about records of the caller's
   * tenant only.
   */
  readonly grants?: (caller: Caller, records: readonly unknown[]) => Promise<Granted> | Granted
  /** Attributes of the actor in the policy. Default `{ id, tenant, roles }` of the session. */
  readonly actor?: (session: Session) => Words['actor']
  /** What an entry says about a record, by type. Default: its `id`, and its `patient` where that is a text. */
  readonly facts?: { readonly [Type in keyof Words['resources'] & string]?: (record: unknown) => RecordFacts }
  /** Default: `patient` for somebody with the role `patient`, else `workforce`. */
  readonly actorType?: (who: SessionOwner) => ActorType
  /** Where the token of the session stands. Default `bearer`; a cookie is `__Host-` prefixed, HttpOnly, Secure, SameSite=Strict. */
  readonly token?: 'bearer' | 'cookie'
  /** Origins besides the server's own from which browsers may change something with a cookie. Default none. */
  readonly origins?: readonly string[]
  /** Ranges of your own proxies, whose X-Forwarded-For and X-Forwarded-Proto are believed, from the right. Default none. */
  readonly trustedProxies?: readonly string[]
  /** Serve without TLS: for a local machine only. Default false. */
  readonly allowPlainHttp?: boolean
  /** Default 1,048,576. */
  readonly maxBodyBytes?: number
  /** How long a request may take until its response begins, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number
  readonly onFault?: (fault: Fault) => void
  readonly clock?: Clock
  /** As many random bytes as asked for, for ids of requests and traces. Default: the platform's. */
  readonly randomBytes?: (count: number) => Uint8Array
}

export interface SignInOptions {
  /** Verifies what the client sends as `{ "idToken": … }`: `verifyIdentity` with your provider's settings. */
  readonly verify: (
    idToken: string,
  ) => Promise<
    | { readonly outcome: 'verified'; readonly identity: VerifiedIdentity }
    | { readonly outcome: 'refused'; readonly reason: string }
  >
  /** Which tenant and which roles this person has. Undefined: none, and then nobody is let in. */
  readonly membership: (
    identity: VerifiedIdentity,
  ) => Promise<{ readonly tenant: string; readonly roles: readonly string[] } | undefined>
}

export interface BreakGlassOptions {
  /** How long a broken glass stays open, in minutes. Default 60, which is also the most. */
  readonly minutes?: number
  /** Keeps the grant, so that `grants` finds it. Called after the audit entry is durable. */
  readonly keep: (grant: Grant, auditEntry: string, caller: Caller) => Promise<void>
  /** Tells those who must know, and answers with whom it told. */
  readonly notify: (grant: Grant, caller: Caller) => Promise<readonly string[]>
}
