import { plainText, tenantSchema } from '@phi/core'
import * as z from 'zod'
import { type AttributePath, isAttributePath, nameSchema } from '../expression/expression.ts'
import { freeze } from '../freeze.ts'
import { checkRule, isChecked, parsePolicy } from '../policy/parse.ts'
import type { Forbid, PolicyJson } from '../policy/policy.ts'
import { directiveError } from './errors.ts'
import { instant, parseFrozen } from './fields.ts'
import { directiveLaw } from './law.ts'

const readerSchema = z
  .strictObject({
    tenant: tenantSchema,
    /** The patients whose messages the account may open: the person, or those whom the person represents. */
    patients: z.array(plainText(256)).max(100).readonly(),
    /** When the identity behind the account was verified, and null when it was not. */
    verifiedAt: instant.nullable(),
  })
  .readonly()
/** The account that wants to open a message. */
export type MessageReader = z.output<typeof readerSchema>

const askedSchema = z.strictObject({ tenant: tenantSchema, patient: plainText(256), at: instant }).readonly()

export type OpenVerdict =
  | { readonly outcome: 'open' }
  | { readonly outcome: 'refused'; readonly reason: 'unreadable' | 'not-verified' | 'other-tenant' | 'other-patient' }

/**
 * Whether an account may open a message of a patient: the identity behind it was verified by then, and the message is about the
 * person or somebody the person represents. Never throws; what cannot be read is refused.
 */
export function mayOpenMessage(
  reader: MessageReader,
  message: { readonly tenant: string; readonly patient: string; readonly at: string },
): OpenVerdict {
  const refused = (reason: 'unreadable' | 'not-verified' | 'other-tenant' | 'other-patient'): OpenVerdict =>
    freeze({ outcome: 'refused', reason })
  try {
    const fail = (context: object) => directiveError('PHI_RBAC_DIRECTIVE_OPTIONS', context)
    const who = parseFrozen(readerSchema, reader, 'reader', fail)
    const { tenant, patient, at } = parseFrozen(askedSchema, message, 'message', fail)
    if (who.tenant !== tenant) return refused('other-tenant')
    if (!who.patients.includes(patient)) return refused('other-patient')
    if (who.verifiedAt === null || Date.parse(who.verifiedAt) > Date.parse(at)) return refused('not-verified')
    return freeze({ outcome: 'open' })
  } catch {
    return refused('unreadable')
  }
}

export interface VerifiedIdentityOptions {
  readonly policy: PolicyJson
  /** The types that are messages, and the actions that open them. */
  readonly types: readonly string[]
  readonly actions: readonly string[]
  /** Where a request says whether the identity was verified: `actor.identityVerified` or a part of the context, true or false. */
  readonly attribute: string
}

const optionsSchema = z
  .strictObject({
    types: z.array(nameSchema).min(1).max(500).readonly(),
    actions: z.array(nameSchema).min(1).max(500).readonly(),
    attribute: z
      .string()
      .refine((each) => isAttributePath(each) && !each.startsWith('resource.'), 'must be an attribute of actor or context'),
  })
  .readonly()

/**
 * The same as a rule of the policy, for `rules.with(...)` or for its own rules: messages stay closed unless the request says that the
 * identity was verified.
 * @throws PhiError PHI_RBAC_DIRECTIVE_OPTIONS, PHI_RBAC_POLICY
 */
export function requireVerifiedIdentity(options: VerifiedIdentityOptions): Forbid {
  const { policy, ...rest } = options
  const { types, actions, attribute } = parseFrozen(optionsSchema, rest, 'options', (context) =>
    directiveError('PHI_RBAC_DIRECTIVE_OPTIONS', context),
  )
  const forbid: Forbid = {
    id: 'directive:verified-identity',
    effect: 'forbid',
    actions,
    resources: types,
    when: { op: 'not', of: { op: 'eq', left: { attr: attribute as AttributePath }, right: { value: true } } },
    cite: [directiveLaw.authentication],
  }
  checkRule(isChecked(policy) ? policy : parsePolicy(policy), forbid, 'options')
  return freeze(forbid)
}
