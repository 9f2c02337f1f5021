import { type Clock, parseAs, plainText, systemClock } from '@phi/core'
import { decodeProtectedHeader, errors, jwtVerify } from 'jose'
import * as z from 'zod'
import { freeze } from '../freeze.ts'
import { hasDuplicateMember } from './duplicate-members.ts'
import { sessionError } from './errors.ts'
import type { IdentityKeys } from './identity-keys.ts'
import type { Authentication } from './mfa.ts'
import { ownMembers, readClock } from './text.ts'

/**
 * Signature algorithms that can be allowed: asymmetric ones only. `EdDSA` and `Ed25519` are two names for one (RFC 8037, RFC
 * 9864).
 */
export const identityAlgorithms = [
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
] as const
export type IdentityAlgorithm = (typeof identityAlgorithms)[number]

/** No token is read that is longer. Characters. */
const MAX_TOKEN_LENGTH = 16_384

export interface IdentityOptions {
  /** The `iss` of the identity provider, compared exactly. */
  readonly issuer: string
  /** Your client id, or several: each `aud` of the token must be among them. */
  readonly audience: string | readonly string[]
  readonly keys: IdentityKeys
  /** Default ES256, EdDSA (under both names), RS256 and PS256. */
  readonly algorithms?: readonly IdentityAlgorithm[]
  /**
   * Values of the header's `typ` that are taken, beside none at all. Default `JWT`, so that an access or a logout token is no
   * identity.
   */
  readonly types?: readonly string[]
  /** The `nonce` that you sent with this sign-in: then the token must carry it. */
  readonly nonce?: string
  /** Seconds by which the provider's clock may differ. Default 60, at most 300. */
  readonly clockToleranceSeconds?: number
  /** Seconds since the token was issued, at most. Default 600: an identity token is for signing in, not for keeping. */
  readonly maxAgeSeconds?: number
  readonly clock?: Clock
}

/** A person as an identity provider vouches for them. All times in milliseconds since 1970. */
export interface VerifiedIdentity extends Authentication {
  readonly subject: string
  readonly issuer: string
  readonly audience: readonly string[]
  readonly issuedAt: number
  readonly expiresAt: number
  /** A session can be begun with it until then: expiry or greatest age, with the tolerance. */
  readonly usableUntil: number
  /** All claims as they were signed, frozen. Map groups to roles from here, and check their types: nothing else has been checked. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** Why a token was refused. Closed: a `switch` over it can be complete. */
export const identityRefusals = {
  malformed: 'it is no compact JWT with a JSON object of claims',
  'too-large': 'it is longer than 16 KiB',
  'duplicate-member': 'a header or claim is named twice',
  algorithm: 'its algorithm is not on the list; `none` and HMAC never are',
  type: 'its `typ` is that of another kind of token',
  'critical-header': 'it has critical header parameters, and none are supported',
  'unknown-key': 'no key of the set fits its `kid` and algorithm, or more than one does',
  'keys-unavailable': 'the keys could not be had: an outage, not a fault of the token',
  signature: 'the signature does not verify',
  claim: 'a required claim is missing, or a claim has the wrong form',
  issuer: 'it is from another issuer',
  audience: 'it is for somebody else, or for others as well',
  expired: 'it has expired',
  'not-yet-valid': 'its `nbf` lies ahead',
  'issued-in-future': 'its `iat` or `auth_time` lies ahead by more than the tolerance',
  'too-old': 'it was issued longer ago than the greatest age',
  nonce: 'it does not carry the nonce that was sent',
  clock: 'the clock gave no time',
} as const
export type IdentityRefusal = keyof typeof identityRefusals

export type IdentityVerdict =
  | { readonly outcome: 'verified'; readonly identity: VerifiedIdentity }
  | {
      readonly outcome: 'refused'
      readonly reason: IdentityRefusal
      /** The claim that is at fault, where one is, by its registered name. */
      readonly claim?: CheckedClaim
    }

const checkedClaims = ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'auth_time', 'amr', 'acr', 'azp', 'nonce'] as const
type CheckedClaim = (typeof checkedClaims)[number]

const defaultAlgorithms: readonly IdentityAlgorithm[] = ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256']

const name = z.string().min(1).max(2048)
const seconds = z.number().int().min(0)
const optionsSchema = z.strictObject({
  issuer: name,
  audience: z.union([name, z.array(name).min(1).max(32)]).transform((audience) => [audience].flat()),
  keys: z.custom<IdentityKeys>((value) => typeof (value as IdentityKeys | undefined)?.keyFor === 'function'),
  algorithms: z
    .array(z.enum(identityAlgorithms))
    .min(1)
    .default([...defaultAlgorithms]),
  types: z.array(z.string().min(1).max(128)).max(16).default(['JWT']),
  nonce: name.optional(),
  clockToleranceSeconds: seconds.max(300).default(60),
  maxAgeSeconds: seconds.min(1).max(86_400).default(600),
  clock: z.custom<Clock>((value) => typeof value === 'function').default(() => systemClock),
})
type Options = z.output<typeof optionsSchema>

// RFC 7519 §2: NumericDate, seconds that may have a fraction. Beyond the year 9999 nothing is meant.
const numericDate = z.number().min(0).max(253_402_300_799)
const claimsSchema = z.object({
  iss: name,
  sub: plainText(255),
  aud: z.union([name, z.array(name).min(1).max(32)]).transform((audience) => [audience].flat()),
  exp: numericDate,
  iat: numericDate,
  nbf: numericDate.optional(),
  auth_time: numericDate.optional(),
  amr: z.array(z.string().min(1).max(128)).max(32).optional(),
  acr: z.string().min(1).max(255).optional(),
  azp: name.optional(),
  nonce: name.optional(),
})

const refused = (reason: IdentityRefusal, claim?: unknown): IdentityVerdict => {
  const known = checkedClaims.find((each) => each === claim)
  return known === undefined ? { outcome: 'refused', reason } : { outcome: 'refused', reason, claim: known }
}

/** RFC 7515 §4.1.9: `application/` may be left out, and letters count alike. */
const mediaType = (typ: string): string => {
  const lower = typ.toLowerCase()
  return lower.includes('/') ? lower : `application/${lower}`
}

const textOf = (part: string | undefined): string => {
  const base64 = (part ?? '').replaceAll('-', '+').replaceAll('_', '/')
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)))
}

/** What can be said before any key is looked for: the form, the algorithm, the kind of token. */
function headerRefusal(token: string, { algorithms, types }: Options): IdentityRefusal | undefined {
  let header: { alg?: unknown; typ?: unknown; crit?: unknown; kid?: unknown }
  try {
    header = ownMembers(decodeProtectedHeader(token))
    if (hasDuplicateMember(textOf(token.split('.')[0]))) return 'duplicate-member'
  } catch {
    return 'malformed'
  }
  if (!algorithms.some((algorithm) => algorithm === header.alg)) return 'algorithm'
  if (header.crit !== undefined) return 'critical-header'
  if (header.kid !== undefined && typeof header.kid !== 'string') return 'malformed'
  if (header.typ === undefined) return undefined
  const taken = typeof header.typ === 'string' && types.map(mediaType).includes(mediaType(header.typ))
  return taken ? undefined : 'type'
}

class KeyRefusal extends Error {
  readonly reason: 'unknown-key' | 'keys-unavailable'
  constructor(reason: 'unknown-key' | 'keys-unavailable') {
    super(reason)
    this.reason = reason
  }
}

async function keyFor(keys: IdentityKeys, { alg, kid }: { alg?: string; kid?: string }): Promise<CryptoKey> {
  let key: object | undefined
  try {
    key = await keys.keyFor({ alg: alg as string, ...(kid === undefined ? {} : { kid }) })
  } catch {
    throw new KeyRefusal('keys-unavailable')
  }
  if (key === undefined) throw new KeyRefusal('unknown-key')
  return key as CryptoKey
}

/** What jose found, in the words of this file. */
function refusalOf(error: unknown): IdentityVerdict {
  if (error instanceof KeyRefusal) return refused(error.reason)
  if (error instanceof errors.JWTExpired) return refused(error.claim === 'iat' ? 'too-old' : 'expired', error.claim)
  if (error instanceof errors.JWSSignatureVerificationFailed) return refused('signature')
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = error
    if (reason !== 'check_failed') return refused('claim', claim)
    const reasons: Record<string, IdentityRefusal> = {
      iss: 'issuer',
      aud: 'audience',
      nbf: 'not-yet-valid',
      iat: 'issued-in-future',
    }
    return refused((Object.hasOwn(reasons, claim) && reasons[claim]) || 'claim', claim)
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return refused('algorithm')
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) return refused('malformed')
  // A key of the wrong kind or strength for the algorithm, such as RSA under 2048 bits.
  return refused('unknown-key')
}

/** What jose does not check. */
function claimsVerdict(claims: Record<string, unknown>, options: Options, now: number): IdentityVerdict {
  const read = claimsSchema.safeParse(ownMembers(claims))
  if (!read.success) return refused('claim', read.error.issues[0]?.path[0])
  const { iss, sub, aud, exp, iat, auth_time, amr, acr, azp, nonce } = ownMembers(read.data)
  const tolerance = options.clockToleranceSeconds * 1000
  // OpenID Connect Core §3.1.3.7: a token that is also for others is one that others hold too.
  if (!aud.every((each) => options.audience.includes(each))) return refused('audience', 'aud')
  if (azp !== undefined && !options.audience.includes(azp)) return refused('audience', 'azp')
  if (options.nonce !== undefined && nonce !== options.nonce) return refused('nonce', 'nonce')
  if (auth_time !== undefined && auth_time * 1000 > now + tolerance) return refused('issued-in-future', 'auth_time')
  return {
    outcome: 'verified',
    identity: Object.freeze({
      subject: sub,
      issuer: iss,
      audience: Object.freeze(aud),
      issuedAt: Math.floor(iat * 1000),
      expiresAt: Math.floor(exp * 1000),
      usableUntil: Math.floor(Math.min(exp, iat + options.maxAgeSeconds) * 1000) + tolerance,
      // A provider whose clock runs ahead must not make a sign-in younger than it is when it reaches us.
      authTime: auth_time === undefined ? null : Math.min(Math.floor(auth_time * 1000), now),
      amr: amr === undefined ? null : Object.freeze(amr),
      acr: acr ?? null,
      claims: freeze(claims),
    }),
  }
}

/**
 * Verifies an identity token (OpenID Connect Core §2, RFC 7519) of an identity provider. `sub`, `iss`, `aud`, `exp` and `iat` are required.
 * The token may be anything that a client sent: what is wrong with it is an answer, never an exception, and no part of it is repeated.
 * Whether the same token was used before is not known here; pass the `nonce` of the sign-in for that.
 * @throws PhiError PHI_RBAC_SESSION_OPTIONS when the options are not valid
 */
export async function verifyIdentity(token: unknown, options: IdentityOptions): Promise<IdentityVerdict> {
  const checked = parseAs(optionsSchema, options, 'options', (context) => sessionError('PHI_RBAC_SESSION_OPTIONS', context))
  if (typeof token !== 'string') return refused('malformed')
  if (token.length > MAX_TOKEN_LENGTH) return refused('too-large')
  const now = readClock(checked.clock)
  if (now === undefined) return refused('clock')
  const wrong = headerRefusal(token, checked)
  if (wrong !== undefined) return refused(wrong)
  try {
    const { payload } = await jwtVerify(token, (header) => keyFor(checked.keys, header), {
      algorithms: [...checked.algorithms],
      issuer: checked.issuer,
      audience: [...checked.audience],
      requiredClaims: ['sub', 'exp', 'iat'],
      clockTolerance: checked.clockToleranceSeconds,
      maxTokenAge: checked.maxAgeSeconds,
      currentDate: new Date(now),
    })
    if (hasDuplicateMember(textOf(token.split('.')[1]))) return refused('duplicate-member')
    return claimsVerdict(payload, checked, now)
  } catch (error) {
    return refusalOf(error)
  }
}
