import { type Citation, type PurposeOfUse, plainText, purposeIsA, tenantSchema } from '@phi/core'
import * as z from 'zod'
import { nameSchema } from '../expression/expression.ts'
import { freeze } from '../freeze.ts'
import type { Grant } from '../policy/grant.ts'
import {
  authorizationDefects,
  consentDefects,
  defectsOfAuthorization,
  defectsOfConsent,
  type Events,
  type PermissionDefect,
} from './defects.ts'
import { parseDirectives } from './directive.ts'
import { directiveError } from './errors.ts'
import { millisecondsOf, parseFrozen } from './fields.ts'
import type { Authorization, Consent } from './written-permission.ts'

/** How long a grant made of a directive counts, in milliseconds: five minutes. Ours: a revocation must not be outlived by a copy. */
export const DIRECTIVE_GRANT_MS = 300_000

export interface GrantOptions {
  /** The time of the request, as UTC text or milliseconds since 1970. */
  readonly at: string | number
  readonly tenant: string
  /** Who is to receive the information: for a disclosure the recipient, for a use the actor. Only permissions that name it count. */
  readonly recipient: { readonly id: string; readonly kinds?: readonly string[] | undefined }
  /** The policy's types that hold nothing but such notes. Other permissions never reach them. */
  readonly noteTypes: { readonly psychotherapy: readonly string[]; readonly sudCounseling: readonly string[] }
  readonly events?: Events | undefined
}

const types = z.array(nameSchema).max(200).readonly()
const optionsSchema = z
  .strictObject({
    at: z.union([z.string(), z.number()]),
    tenant: tenantSchema,
    recipient: z.strictObject({ id: plainText(256), kinds: z.array(plainText(256)).max(200).readonly().optional() }).readonly(),
    noteTypes: z.strictObject({ psychotherapy: types, sudCounseling: types }).readonly(),
    events: z.record(z.string(), z.boolean()).readonly().optional(),
  })
  .readonly()

/** Why a permission gave no grant though the law finds nothing wrong with it: what the policy would need is not there. */
export type NotUsable = 'other-tenant' | 'other-recipient' | 'no-types' | 'no-purpose-codes'

export type GrantVerdict =
  | { readonly outcome: 'granted'; readonly grant: Grant }
  | {
      readonly outcome: 'withheld'
      readonly defects: readonly { readonly defect: PermissionDefect; readonly says: string; readonly citation: Citation }[]
      readonly notUsable: readonly NotUsable[]
    }

const tpo: readonly PurposeOfUse[] = ['TREAT', 'HPAYMT', 'HOPERAT']

function purposesOf(permission: Authorization | Consent): readonly PurposeOfUse[] {
  const codes = permission.purpose?.codes ?? []
  if (permission.kind === 'authorization' || !permission.singleTpo) return codes
  // A single consent for TPO is good for TPO, whatever else its list says.
  return codes.length === 0 ? tpo : codes.filter((code) => tpo.some((each) => purposeIsA(code, each)))
}

function typesOf(permission: Authorization | Consent, noteTypes: GrantOptions['noteTypes']): readonly string[] {
  const listed = permission.information?.types ?? []
  const isAuthorization = permission.kind === 'authorization'
  const own = isAuthorization ? noteTypes.psychotherapy : noteTypes.sudCounseling
  return listed.filter((type) => {
    if (permission.information?.notes === 'only') return own.includes(type)
    return !noteTypes.psychotherapy.includes(type) && !noteTypes.sudCounseling.includes(type)
  })
}

function names(permission: Authorization | Consent, recipient: GrantOptions['recipient']): boolean {
  const { ids = [], kinds = [] } = permission.recipients ?? {}
  return ids.includes(recipient.id) || (recipient.kinds ?? []).some((kind) => kinds.includes(kind))
}

function verdictOf(permission: Authorization | Consent, options: GrantOptions, now: number): GrantVerdict {
  const events = options.events ?? {}
  const defects =
    permission.kind === 'authorization'
      ? defectsOfAuthorization(permission, now, events).map((defect) => ({ defect, ...authorizationDefects[defect] }))
      : defectsOfConsent(permission, now, events).map((defect) => ({ defect, ...consentDefects[defect] }))
  const purposes = purposesOf(permission)
  const resources = typesOf(permission, options.noteTypes)
  const notUsable: NotUsable[] = [
    ...(permission.tenant === options.tenant ? [] : (['other-tenant'] as const)),
    ...(names(permission, options.recipient) ? [] : (['other-recipient'] as const)),
    ...(resources.length > 0 ? [] : (['no-types'] as const)),
    ...(purposes.length > 0 ? [] : (['no-purpose-codes'] as const)),
  ]
  if (defects.length > 0 || notUsable.length > 0) return freeze({ outcome: 'withheld', defects, notUsable })
  const { kind, tenant, patient, expires, signature } = permission
  const soon = now + DIRECTIVE_GRANT_MS
  const until = expires?.by === 'date' ? Math.min(soon, Date.parse(expires.until)) : soon
  const from = Date.parse((signature as { at: string }).at)
  return freeze({ outcome: 'granted', grant: { kind, tenant, patient, purposes, resources, from, until } })
}

function read(options: GrantOptions): { readonly options: GrantOptions; readonly now: number } {
  const parsed = parseFrozen(optionsSchema, options, 'options', (context) =>
    directiveError('PHI_RBAC_DIRECTIVE_OPTIONS', context),
  )
  return { options: parsed, now: millisecondsOf(parsed.at, 'options.at') }
}

/**
 * Whether an authorization or a consent gives a grant for a request, and if not, all that stands in the way.
 * @throws PhiError PHI_RBAC_DIRECTIVE, PHI_RBAC_DIRECTIVE_OPTIONS
 */
export function grantVerdict(permission: Authorization | Consent, options: GrantOptions): GrantVerdict {
  const asked = read(options)
  const [each] = parseDirectives([permission])
  if (each?.kind !== 'authorization' && each?.kind !== 'consent') {
    throw directiveError('PHI_RBAC_DIRECTIVE', { path: 'directive.kind', detail: 'must be an authorization or a consent' })
  }
  return verdictOf(each, asked.options, asked.now)
}

/**
 * The grants that a patient's authorizations (`authorization`) and Part 2 consents (`consent`) give for one request. They count for
 * five minutes at most: make them for each request, from directives that were just loaded.
 * @throws PhiError PHI_RBAC_DIRECTIVE for a directive that cannot be read; nothing is left out silently
 * @throws PhiError PHI_RBAC_DIRECTIVE_OPTIONS
 */
export function grantsOf(directives: readonly unknown[], options: GrantOptions): readonly Grant[] {
  const asked = read(options)
  return parseDirectives(directives).flatMap((each) => {
    if (each.kind !== 'authorization' && each.kind !== 'consent') return []
    const verdict = verdictOf(each, asked.options, asked.now)
    return verdict.outcome === 'granted' ? [verdict.grant] : []
  })
}
