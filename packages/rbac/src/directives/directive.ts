import { isPhiError } from '@phi/core'
import * as z from 'zod'
import { channelConsentSchema, channelOptOutSchema } from './channel-consent.ts'
import { confidentialCommunicationSchema } from './confidential-communication.ts'
import { contactPointSchema } from './contact-point.ts'
import { directiveError } from './errors.ts'
import { parseFrozen } from './fields.ts'
import { restrictionSchema } from './restriction.ts'
import { authorizationSchema, consentSchema } from './written-permission.ts'

/** How many directives one call takes. */
export const MAX_DIRECTIVES = 10_000

/** The zod schema of a directive, by `kind`. Unknown keys are an error. */
export const directiveSchema = z.discriminatedUnion('kind', [
  restrictionSchema,
  confidentialCommunicationSchema,
  contactPointSchema,
  channelConsentSchema,
  channelOptOutSchema,
  authorizationSchema,
  consentSchema,
])

/**
 * What a patient has asked for, allowed or forbidden: plain JSON, with its history. Who recorded a step, and when, stands in the step.
 */
export type Directive = z.output<typeof directiveSchema>
export type DirectiveKind = Directive['kind']

// What was parsed is frozen all the way down, so it need not be parsed again.
const known = new WeakSet<object>()

function parsed(value: unknown, root: string, info: Readonly<Record<string, number>> = {}): Directive {
  if (typeof value === 'object' && value !== null && known.has(value)) return value as Directive
  const directive = parseFrozen(directiveSchema, value, root, (context) =>
    directiveError('PHI_RBAC_DIRECTIVE', { ...context, info }),
  )
  known.add(directive)
  return directive
}

/**
 * Reads a directive from unknown data; what comes out is frozen.
 * @throws PhiError PHI_RBAC_DIRECTIVE, with the place in schema terms
 */
export function parseDirective(value: unknown): Directive {
  return parsed(value, 'directive')
}

/** The directive, or `undefined` where it cannot be read. */
export function readDirective(value: unknown): Directive | undefined {
  try {
    return parseDirective(value)
  } catch (error) {
    if (isPhiError(error)) return undefined
    throw error
  }
}

/** What tells directives apart: ids are unique in a tenant. */
export const keyOf = (directive: Pick<Directive, 'tenant' | 'id'>): string => `${directive.tenant}/${directive.id}`

/** Whether two of them claim to be the same one. Two versions of one directive contradict each other. */
export function hasDoubles(directives: readonly Directive[]): boolean {
  return new Set(directives.map(keyOf)).size !== directives.length
}

/**
 * Reads a patient's directives, the latest version of each.
 * @throws PhiError PHI_RBAC_DIRECTIVE, with `info.index` of the first that cannot be read or is there twice
 */
export function parseDirectives(values: unknown): readonly Directive[] {
  if (!Array.isArray(values) || values.length > MAX_DIRECTIVES) {
    throw directiveError('PHI_RBAC_DIRECTIVE', { path: 'directives', detail: `must be an array of at most ${MAX_DIRECTIVES}` })
  }
  const seen = new Set<string>()
  const out: Directive[] = []
  for (let index = 0; index < values.length; index++) {
    const directive = parsed(values[index], 'directives.*', { index })
    if (seen.has(keyOf(directive))) {
      throw directiveError('PHI_RBAC_DIRECTIVE', { path: 'directives.*.id', info: { index }, detail: 'is there twice' })
    }
    seen.add(keyOf(directive))
    out.push(directive)
  }
  return out
}
