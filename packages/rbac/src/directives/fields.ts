import { type ErrorContext, isInstant, type PhiError, parseAs, plainText, tenantSchema } from '@phi/core'
import * as z from 'zod'
import { isPolluted } from '../decision/request.ts'
import { freeze } from '../freeze.ts'
import { directiveError } from './errors.ts'

/** UTC with milliseconds, `2026-11-22T09:00:00.000Z`. */
export const instant = z.string().refine(isInstant, 'must be an instant as YYYY-MM-DDTHH:mm:ss.sssZ')

/** Ids of directives go into rule ids, so they are short and plain; a UUID fits. */
export const directiveId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/)

/** Names of kinds of messages: `appointment-reminder`. */
export const messageKind = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/)

/** What every directive says about itself: which one, whose, and of which tenant. */
export const identity = { id: directiveId, tenant: tenantSchema, patient: plainText(256) }

/** How something reached us. */
export const manners = ['written', 'oral', 'electronic'] as const
export type Manner = (typeof manners)[number]
export const manner = z.enum(manners)

/**
 * What every step says about its recording: when (UTC) and by whom, where the paper is kept, and which version of the Notice of
 * Privacy Practices was in force. 45 CFR 164.530(j) asks that it is kept; `documentationOf` says for which retention class.
 */
export const recording = {
  recordedAt: instant,
  recordedBy: plainText(256),
  document: plainText(256).optional(),
  notice: plainText(64).optional(),
}

/** What a caller says when it records a step. */
export interface Recording {
  /** UTC with milliseconds. */
  readonly recordedAt: string
  readonly recordedBy: string
  /** Where the paper or the recording is kept. */
  readonly document?: string | undefined
  /** The version of the Notice of Privacy Practices that was in force. */
  readonly notice?: string | undefined
}

export const recordedOf = ({ recordedAt, recordedBy, document, notice }: Recording): Recording => ({
  recordedAt,
  recordedBy,
  ...(document === undefined ? {} : { document }),
  ...(notice === undefined ? {} : { notice }),
})

/** Steps are kept in the order in which they were recorded. */
export const inOrder = (history: readonly { readonly recordedAt: string }[]): boolean =>
  history.every((step, index) => index === 0 || (history[index - 1] as { recordedAt: string }).recordedAt <= step.recordedAt)

export const ORDER = 'must be in the order of recording'

/** Why a step was not taken, with the text it rests on. */
export interface Refused<Reason extends string> {
  readonly outcome: 'refused'
  readonly reason: Reason
  readonly citations: readonly string[]
}
/** The new version of a directive. The old one stays as it was. */
export interface Changed<Directive> {
  readonly outcome: 'changed'
  readonly directive: Directive
}

export const refusedBecause = <Reason extends string>(reason: Reason, ...citations: string[]): Refused<Reason> =>
  freeze({ outcome: 'refused', reason, citations })

/** Without the keys that hold `undefined`: JSON has none, and two versions are compared as JSON. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).flatMap(([key, each]) => (each === undefined ? [] : [[key, plain(each)]])))
}

/**
 * Parses, and freezes what comes out. Where somebody planted properties on `Object.prototype`, nothing can be trusted to be
 * absent.
 */
export function parseFrozen<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  root: string,
  refusal: (context: ErrorContext) => PhiError,
): z.output<Schema> {
  if (isPolluted()) throw refusal({ path: root, detail: 'Object.prototype holds properties of its own making' })
  return freeze(plain(parseAs(schema, value, root, refusal))) as z.output<Schema>
}

/** Milliseconds since 1970 of a time that a caller passes. @throws PhiError PHI_RBAC_DIRECTIVE_OPTIONS */
export function millisecondsOf(at: unknown, path: string): number {
  const value = typeof at === 'number' ? at : typeof at === 'string' && isInstant(at) ? Date.parse(at) : Number.NaN
  if (!Number.isFinite(value)) {
    throw directiveError('PHI_RBAC_DIRECTIVE_OPTIONS', { path, detail: 'must be an instant: UTC text or milliseconds' })
  }
  return value
}
