import type { AuditAction, AuditEventInput } from '@phi/audit'
import type { PurposeOfUse } from '@phi/core'
import type { Decision, Evidence, Grant, Vocabulary } from '@phi/rbac'
import type * as z from 'zod'
import type { Call } from './call.ts'
import type { Connection } from './connection.ts'

/** What an entry says about a record. */
export interface RecordFacts {
  readonly id: string
  readonly version?: string
  /** Whose information it is. */
  readonly patients?: readonly string[]
  readonly dataClasses?: NonNullable<AuditEventInput['subject']>['dataClasses']
}

/**
 * More for the entry of one request: a disclosure, a reason, details. Who, where from, what and with which result the pipeline
 * says itself.
 */
export type EntryContext = Omit<NonNullable<AuditEventInput['context']>, 'purpose' | 'decision' | 'breakGlass'>

/**
 * What a handler answers with: one content at most. Without any a route that reads sends what was loaded, and one that writes
 * nothing.
 */
export interface Reply {
  /** Default 200, or 204 where there is nothing to send. Only 2xx: a refusal is thrown as an `HttpProblem`. */
  readonly status?: number
  /** Records to send in place of those that were loaded. They are narrowed to what the caller may see, too. */
  readonly record?: unknown
  readonly records?: readonly unknown[]
  /** Sent as JSON as it is. For what is no record of the policy: nothing narrows it. */
  readonly json?: unknown
  /** Sent as a stream, and audited once more at its end with the bytes that were sent. */
  readonly download?: Download
  /** Headers beside those that the pipeline sets. Those cannot be replaced, and a value with a line break is refused. */
  readonly headers?: Readonly<Record<string, string>>
  /** What the audit entry says beside. */
  readonly entry?: EntryContext
}

export interface Download {
  readonly body: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>
  /** For example `application/pdf`. */
  readonly type: string
  /** Name under which the client keeps it. It may hold anything: it is written as RFC 6266 and RFC 8187 say. */
  readonly filename: string
  /** Bytes, where they are known. What comes out longer or shorter is cut off and recorded as a failure. */
  readonly length?: number
}

/** What was allowed, for a handler. */
export interface Allowed<Tx> {
  /** That of the record; of a list, of the first that is released, or a denial where none is. */
  readonly decision: Decision
  /**
   * The records as they were loaded, those of a list that the caller may not see left out. They hold fields that the caller may
   * not see: send `Reply.record`, which is narrowed.
   */
  readonly loaded: readonly unknown[]
  /** The same, narrowed. */
  readonly seen: readonly unknown[]
  /** The transaction that commits together with the audit entry. Undefined unless the route `writes`. */
  readonly tx: Tx
}

export interface RouteOptions<Words extends Vocabulary, Tx, Body, Query> {
  /** An action of the policy. */
  readonly action: Words['action']
  /** A type of records of the policy. */
  readonly on: keyof Words['resources'] & string
  /** What for: a code of HL7 v3 PurposeOfUse, or what chooses it for one call. */
  readonly purpose: PurposeOfUse | ((call: Call<Body, Query>) => PurposeOfUse | undefined)
  /** The action of the audit entry, where the policy's word is none of the audit log's. */
  readonly auditAs?: AuditAction
  /** Shape of a JSON body. Without it a request with a body is refused. */
  readonly body?: z.ZodType<Body>
  readonly query?: z.ZodType<Query>
  /** Default: the pipeline's `maxBodyBytes`. */
  readonly maxBodyBytes?: number
  /**
   * The record, or the records, that this is about; for a creation the record as it would be. Ask your database for the caller's tenant
   * only. Undefined or null: not there. A list is answered with those that the caller may see, and changed as a whole or not at all. At
   * most 10,000.
   */
  readonly load: (call: Call<Body, Query>) => Promise<unknown> | unknown
  /**
   * Fields that are asked for or written, by name: each must be visible to the caller, or the answer is no. Default for a route
   * with a `body` that `writes`: the keys of an object, or of all the objects of a list.
   */
  readonly fields?: (call: Call<Body, Query>) => readonly string[]
  /** Attributes of the policy's `context`. */
  readonly context?: (call: Call<Body, Query>) => Readonly<Record<string, unknown>>
  /**
   * Whether the handler changes anything: then it runs in a transaction, and its audit entry is the last thing in it. `transaction` may try
   * it again. The record was loaded before the transaction began: hold its version against the one in the database where that matters.
   */
  readonly writes?: boolean
  /** What is done. Default: nothing more than to send what was loaded. A `problem()` that it throws refuses, and rolls back. */
  readonly handle?: (call: Call<Body, Query>, allowed: Allowed<Tx>) => Promise<Reply | undefined> | Reply | undefined
  /**
   * Answers a denial of one record with 403, and so says that it is there: for clients that then offer to break the glass.
   * Default: 404.
   */
  readonly admitsDenial?: boolean
  /** Names of services (subject alternative names) that alone may call it, over mutual TLS, beside a session. */
  readonly peers?: readonly string[]
}

/** What a caller was granted beside the policy, and what was done about obligations. */
export interface Granted {
  readonly grants: readonly Grant[]
  readonly evidence?: Evidence
}

/** A route: give it to the adapter of your framework, or call it yourself. Never throws, never rejects. */
export type Handler = (request: Request, connection: Connection, params?: Readonly<Record<string, string>>) => Promise<Response>
