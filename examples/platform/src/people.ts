import { type Clock, randomBytes, toHex } from '@phi/core'
import { type IdentityKeys, staticKeys } from '@phi/rbac/session'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/** How somebody showed who they are: methods of RFC 8176, and a level where the provider names one. */
export interface SignInWith {
  readonly amr: readonly string[]
  readonly acr?: string
  /** Tries with the key of somebody else. */
  readonly isForged?: boolean
}

/** Password and a one-time code; and a password alone. */
export const twoFactors: SignInWith = { amr: ['pwd', 'otp'] }
export const oneFactor: SignInWith = { amr: ['pwd'] }

/** Stands in for the identity provider of a practice: it signs identity tokens for whom it is told. */
export interface IdentityProvider {
  readonly issuer: string
  readonly audience: string
  readonly keys: IdentityKeys
  idToken(subject: string, how: SignInWith): Promise<string>
}

export async function identityProvider(clock: Clock): Promise<IdentityProvider> {
  const issuer = 'https://id.example.org'
  const audience = 'platform'
  const [own, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')])
  const jwk = { ...(await exportJWK(own.publicKey)), kty: 'EC', kid: 'k1', alg: 'ES256' }
  return {
    issuer,
    audience,
    keys: staticKeys({ keys: [jwk] }),
    idToken(subject, { amr, acr, isForged }) {
      const now = Math.floor(clock() / 1_000)
      return new SignJWT({ auth_time: now, amr: [...amr], ...(acr === undefined ? {} : { acr }), jti: toHex(randomBytes(8)) })
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .setSubject(subject)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(now)
        .setExpirationTime(now + 300)
        .sign(isForged === true ? other.privateKey : own.privateKey)
    },
  }
}
