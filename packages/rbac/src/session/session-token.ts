import { parseAs } from '@phi/core'
import { errors, exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose'
import * as z from 'zod'
import { sessionError } from './errors.ts'
import type { JsonWebKey } from './identity-keys.ts'
import type { SessionRecord } from './store.ts'
import { ownMembers } from './text.ts'

/** The kind of token, so that no other JWT of this key is taken for a session (RFC 8725 §3.11). */
const TYP = 'phi-session+jwt'
const MOST_CHARACTERS = 4_096

/** A private key as a JSON Web Key: P-256 for ES256, or Ed25519 for EdDSA. A secret: keep it where secrets are kept. */
export interface PrivateJsonWebKey extends JsonWebKey {
  readonly kid: string
  readonly alg: 'ES256' | 'EdDSA'
  readonly d: string
}

export interface SessionKeys {
  /** Signs new tokens. */
  readonly signing: PrivateJsonWebKey
  /** Public keys that signed before. Leave one here for as long as its tokens may last, that is the absolute lifetime. */
  readonly verifying?: readonly JsonWebKey[]
}

const member = z.string().min(1).max(256)
const shared = { kid: z.string().min(1).max(256), use: z.literal('sig').optional(), key_ops: z.array(z.string()).optional() }
const ec = { ...shared, kty: z.literal('EC'), crv: z.literal('P-256'), alg: z.literal('ES256'), x: member, y: member }
const okp = { ...shared, kty: z.literal('OKP'), crv: z.literal('Ed25519'), alg: z.literal('EdDSA'), x: member }
const privateSchema = z.discriminatedUnion('kty', [z.strictObject({ ...ec, d: member }), z.strictObject({ ...okp, d: member })])
const publicSchema = z.discriminatedUnion('kty', [z.strictObject(ec), z.strictObject(okp)])
const keysSchema = z.strictObject({ signing: privateSchema, verifying: z.array(publicSchema).max(16).default([]) })

type PublicKey = z.output<typeof publicSchema>
type Imported = Awaited<ReturnType<typeof importJWK>>

async function imported({ key_ops: _, use: __, ...key }: PublicKey | z.output<typeof privateSchema>): Promise<Imported> {
  try {
    return await importJWK(key as Parameters<typeof importJWK>[0], key.alg)
  } catch {
    // The cause may quote the key.
    throw sessionError('PHI_RBAC_SESSION_KEYS', { path: 'keys' })
  }
}

/**
 * Makes a key for signing sessions, from the platform's random generator. Make it once and keep it: every program that answers for the
 * same sessions needs the same one.
 */
export async function generateSessionKey(alg: 'ES256' | 'EdDSA' = 'ES256'): Promise<PrivateJsonWebKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  const { kty, crv, x, y, d } = await exportJWK(privateKey)
  const kid = globalThis.crypto.randomUUID()
  return { kty, crv, x, ...(y === undefined ? {} : { y }), d, kid, alg } as PrivateJsonWebKey
}

/** What a token says: which session, and which of its tokens it is. Who, for whom and with which roles lies in the store. */
export interface TokenClaims {
  readonly sid: string
  readonly jti: string
  readonly generation: number
}

const drawn = z.string().regex(/^[0-9a-f]{32}$/)
const claimsSchema = z.object({ sid: drawn, jti: drawn, gen: z.number().int().min(1) })

export interface SessionTokens {
  issue(record: SessionRecord): Promise<string>
  /** `late` reads an expired token as well, for logging off. */
  read(token: unknown, now: number, late?: 'late'): Promise<TokenClaims | 'invalid' | 'expired'>
}

/** Signs and reads the tokens of sessions. @throws PhiError PHI_RBAC_SESSION_KEYS */
export async function sessionTokens(given: SessionKeys, issuer: string, audience: string): Promise<SessionTokens> {
  const keys = parseAs(keysSchema, given, 'keys', (context) => sessionError('PHI_RBAC_SESSION_KEYS', context))
  const { d: _, ...signingPublic } = keys.signing
  const publics = [signingPublic as PublicKey, ...keys.verifying]
  if (new Set(publics.map(({ kid }) => kid)).size !== publics.length) {
    throw sessionError('PHI_RBAC_SESSION_KEYS', { path: 'keys', detail: 'two keys must not have one kid' })
  }
  const signing = await imported(keys.signing)
  const verifying = new Map<string, { alg: string; key: Imported }>()
  for (const each of publics) verifying.set(each.kid, { alg: each.alg, key: await imported(each) })
  const algorithms = [...new Set(publics.map(({ alg }) => alg))]

  const issue: SessionTokens['issue'] = ({ sid, jti, generation, rotatedAt, until }) =>
    new SignJWT({ sid, jti, gen: generation })
      .setProtectedHeader({ typ: TYP, alg: keys.signing.alg, kid: keys.signing.kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(Math.floor(rotatedAt / 1000))
      // Rounded up: the record holds the exact end.
      .setExpirationTime(Math.ceil(until / 1000))
      .sign(signing)

  const keyOf = (header: { kid?: string; alg?: string }): Imported => {
    const found = header.kid === undefined ? undefined : verifying.get(header.kid)
    if (found === undefined || found.alg !== header.alg) throw new errors.JWKSNoMatchingKey()
    return found.key
  }

  // A key that does not fit itself (the private part of another) would sign what nobody can read.
  const probe = await new SignJWT({}).setProtectedHeader({ alg: keys.signing.alg, kid: keys.signing.kid }).sign(signing)
  try {
    await jwtVerify(probe, keyOf)
  } catch {
    throw sessionError('PHI_RBAC_SESSION_KEYS', {
      path: 'keys.signing',
      detail: 'the private and the public part must belong together',
    })
  }

  return {
    issue,
    async read(token, now, late) {
      if (typeof token !== 'string' || token.length > MOST_CHARACTERS) return 'invalid'
      try {
        const { payload } = await jwtVerify(token, keyOf, {
          algorithms,
          issuer,
          audience,
          typ: TYP,
          requiredClaims: ['exp', 'iat'],
          currentDate: new Date(late === 'late' ? 0 : now),
        })
        const read = claimsSchema.safeParse(ownMembers(payload))
        if (!read.success) return 'invalid'
        const { sid, jti, gen } = read.data
        return { sid, jti, generation: gen }
      } catch (error) {
        return error instanceof errors.JWTExpired ? 'expired' : 'invalid'
      }
    },
  }
}
