import * as z from 'zod'
import type { Authentication, MfaVerdict } from './mfa.ts'
import { instantMs } from './text.ts'

/** Why a session was ended for good. */
export const sessionEndings = {
  logout: 'the person logged off',
  revoked: 'somebody ended it',
  idle: 'nothing happened for as long as the profile allows',
  absolute: 'it lasted as long as the profile allows',
  replayed: 'a token was used that had been replaced: somebody has a copy',
  mismatch: 'a genuine token was used that the store does not know: the store was set back',
  clock: 'the clock stood before the last activity, so nobody can say how long nothing happened',
} as const
export type SessionEnding = keyof typeof sessionEndings

/** What the identity provider said, and what it amounts to. */
export interface SessionAuthentication extends Authentication {
  readonly mfa: MfaVerdict
}

/**
 * One session, with all tokens it ever had: a family. Plain data; times in milliseconds since 1970. No secret: a token is more
 * than its `jti`.
 */
export interface SessionRecord {
  /** 32 hexadecimal digits, drawn at random. */
  readonly sid: string
  readonly tenant: string
  readonly subject: string
  readonly issuer: string
  readonly roles: readonly string[]
  /** SHA-256 of the device's thumbprint, as base64; null when the session is bound to no device. */
  readonly device: string | null
  readonly auth: SessionAuthentication
  /** Counts tokens, from 1. */
  readonly generation: number
  /** The token that is good now: 32 hexadecimal digits. */
  readonly jti: string
  /** The token before, what it stood for, and until when it still answers. */
  readonly previous: { readonly jti: string; readonly until: number; readonly auth: SessionAuthentication } | null
  readonly startedAt: number
  readonly until: number
  readonly lastSeenAt: number
  readonly rotatedAt: number
  readonly ended: { readonly at: number; readonly because: SessionEnding } | null
  /** Counts replacements and the ending, from 0. Activity is not counted. */
  readonly version: number
}

const authSchema = z.strictObject({
  amr: z.array(z.string()).nullable(),
  acr: z.string().nullable(),
  authTime: instantMs.nullable(),
  mfa: z.enum(['met', 'not-met', 'unknown']),
})
const drawn = z.string().regex(/^[0-9a-f]{32}$/)
const count = z.number().int().min(0)
const text = z.string().min(1).max(2048)

/** A record as it comes back from a store, which may be anything. */
export const sessionRecordSchema = z.strictObject({
  sid: drawn,
  tenant: text,
  subject: text,
  issuer: text,
  roles: z.array(text),
  device: z.string().nullable(),
  auth: authSchema,
  generation: count.min(1),
  jti: drawn,
  previous: z.strictObject({ jti: drawn, until: instantMs, auth: authSchema }).nullable(),
  startedAt: instantMs,
  until: instantMs,
  lastSeenAt: instantMs,
  rotatedAt: instantMs,
  ended: z
    .strictObject({ at: instantMs, because: z.enum(Object.keys(sessionEndings) as [SessionEnding, ...SessionEnding[]]) })
    .nullable(),
  version: count,
})

/**
 * Where sessions are kept. Every verb is atomic, also between processes, and visible to every handle once its promise has resolved. A
 * verb that cannot do its work rejects; an empty answer would read as "no such session". Every record handed in or out is a copy.
 *
 * INVARIANTS: an ended session is never un-ended, and its ending is the first one. `lastSeenAt` never goes back. Of the callers that
 * replace one version, one succeeds. The suite `sessionStoreSuite` of @phi/testing holds a store to all of it.
 */
export interface SessionStore {
  /** Adds a record. `taken`: there is one with this `sid`, and it stays as it is. */
  insert(record: SessionRecord): Promise<'inserted' | 'taken'>
  /** The record, also when it has ended. */
  find(sid: string): Promise<SessionRecord | undefined>
  /**
   * Writes `auth`, `generation`, `jti`, `previous` and `rotatedAt` of the record, and `lastSeenAt` where it is later, if the version is the
   * expected one and the session has not ended; and counts the version up. Nothing else of a record ever changes.
   */
  replace(record: SessionRecord, expectedVersion: number): Promise<'replaced' | 'conflict'>
  /** Notes activity: `lastSeenAt` becomes `at` where that is later. The version stays. */
  touch(sid: string, at: number): Promise<'touched' | 'ended' | 'missing'>
  /** Ends a session, and counts the version up, so that no replacement under way succeeds. `already`: it had ended before. */
  end(sid: string, at: number, because: SessionEnding): Promise<'ended' | 'already' | 'missing'>
  /** Ends every session of a person in one tenant. @returns how many had not ended before */
  endSubject(tenant: string, subject: string, at: number, because: SessionEnding): Promise<number>
  /** Deletes the records whose `until` is at or before the instant, for a job that runs now and then. @returns how many */
  sweep(before: number): Promise<number>
}
