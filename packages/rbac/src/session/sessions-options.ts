import { type Clock, parseAs, plainText, randomBytes, systemClock, tenantSchema } from '@phi/core'
import * as z from 'zod'
import { sessionError } from './errors.ts'
import type { VerifiedIdentity } from './identity.ts'
import type { IpPolicy } from './ip-policy.ts'
import { checkMfaRoles, profileSchema, type SessionProfile } from './profiles.ts'
import type { SessionKeys } from './session-token.ts'
import { acrSchema } from './step-up.ts'
import type { SessionStore } from './store.ts'
import { instantMs } from './text.ts'

export interface SessionsOptions {
  readonly store: SessionStore
  readonly keys: SessionKeys
  /** Stands as `iss` in the tokens: your service. */
  readonly issuer: string
  /** Stands as `aud`: who takes the tokens. */
  readonly audience: string
  readonly profile: SessionProfile
  /** All roles there are. With them, a role that nobody defined is refused, in the profile and when a session begins. */
  readonly roles?: readonly string[]
  /** The `acr` values that mean more than one factor at your identity provider. */
  readonly acrMeansMfa?: readonly string[]
  /** From where one may work. Without it addresses are not looked at. */
  readonly ip?: IpPolicy
  readonly clock?: Clock
  readonly randomBytes?: (length: number) => Uint8Array
}

const verbs = ['insert', 'find', 'replace', 'touch', 'end', 'endSubject', 'sweep'] as const
const isFunction = (value: unknown): boolean => typeof value === 'function'
const name = plainText(512)

const optionsSchema = z.strictObject({
  store: z.custom<SessionStore>(
    (value) => typeof value === 'object' && value !== null && verbs.every((verb) => isFunction((value as SessionStore)[verb])),
  ),
  // Read by sessionTokens, so that the error says that it is about keys.
  keys: z.custom<SessionKeys>(() => true),
  issuer: name,
  audience: name,
  profile: profileSchema,
  roles: z.array(plainText(128)).min(1).max(1000).optional(),
  acrMeansMfa: z.array(acrSchema).max(32).default([]),
  ip: z.custom<IpPolicy>((value) => isFunction((value as IpPolicy | undefined)?.check)).optional(),
  clock: z.custom<Clock>(isFunction).default(() => systemClock),
  randomBytes: z.custom<(length: number) => Uint8Array>(isFunction).default(() => randomBytes),
})

/** @throws PhiError PHI_RBAC_SESSION_OPTIONS */
export function parseOptions(options: SessionsOptions) {
  const parsed = parseAs(optionsSchema, options, 'options', (context) => sessionError('PHI_RBAC_SESSION_OPTIONS', context))
  checkMfaRoles(parsed.profile, parsed.roles)
  return parsed
}
export type CheckedOptions = ReturnType<typeof parseOptions>

/** What came with a request beside the token. Both as your server found them, and not as the client says. */
export interface Presented {
  /** The client's address. Needed where there is an `ip` policy. */
  readonly ip?: string | undefined
  /** A thumbprint that the client has proved to own: of a DPoP key (RFC 9449), of a client certificate (RFC 8705). */
  readonly device?: string | undefined
}

export interface BeginOptions extends Presented {
  readonly tenant: string
  /** What the person may be here: your roles, not the provider's claims. */
  readonly roles: readonly string[]
}

// Whatever an address is, the policy judges it; whatever a device is, it must be the one of the session.
const presentedSchema = z.strictObject({ ip: z.unknown().optional(), device: z.unknown().optional() })
const beginSchema = z.strictObject({
  ip: z.unknown().optional(),
  device: plainText(512).optional(),
  tenant: tenantSchema,
  roles: z.array(plainText(128)).min(1).max(64),
})
const identitySchema = z.object({
  subject: plainText(255),
  issuer: z.string().min(1).max(2048),
  usableUntil: instantMs,
  issuedAt: instantMs,
  authTime: instantMs.nullable(),
  amr: z.array(z.string().min(1).max(128)).max(32).nullable(),
  acr: z.string().min(1).max(255).nullable(),
})

const refusal = (context: object) => sessionError('PHI_RBAC_SESSION_INPUT', context)

/** @throws PhiError PHI_RBAC_SESSION_INPUT */
export const parsePresented = (presented: Presented) => parseAs(presentedSchema, presented, 'presented', refusal)
/** @throws PhiError PHI_RBAC_SESSION_INPUT */
export const parseIdentity = (identity: VerifiedIdentity) => parseAs(identitySchema, identity, 'identity', refusal)

/** @throws PhiError PHI_RBAC_SESSION_INPUT, also for a role that is not among those that were named */
export function parseBegin(begin: BeginOptions, known: readonly string[] | undefined) {
  const parsed = parseAs(beginSchema, begin, 'begin', refusal)
  if (known !== undefined && !parsed.roles.every((role) => known.includes(role))) {
    throw sessionError('PHI_RBAC_SESSION_INPUT', { path: 'begin.roles.*', detail: 'must be among the roles that are named' })
  }
  return parsed
}

/** Whose sessions to end: one, or all of a person in one tenant. */
export type RevokeTarget = { readonly sid: string } | { readonly tenant: string; readonly subject: string }

const targetSchema = z.union([
  z.strictObject({ sid: z.string().min(1).max(64) }),
  z.strictObject({ tenant: tenantSchema, subject: plainText(255) }),
])

/** @throws PhiError PHI_RBAC_SESSION_INPUT: a target with a hole in it must not read as "nothing to end" */
export const parseTarget = (target: RevokeTarget) => parseAs(targetSchema, target, 'target', refusal)
