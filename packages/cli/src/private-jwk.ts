import * as z from 'zod'

const base = { kid: z.string().min(1).max(256), d: z.string().min(1), x: z.string().min(1) }
const jwkSchema = z.discriminatedUnion('kty', [
  z.looseObject({ ...base, kty: z.literal('OKP'), crv: z.literal('Ed25519') }),
  z.looseObject({ ...base, kty: z.literal('EC'), crv: z.literal('P-256'), y: z.string().min(1) }),
])

/** Who signs a certificate. */
export interface JwkSigner {
  readonly alg: 'EdDSA' | 'ES256'
  readonly kid: string
  readonly key: Readonly<Record<'kty' | 'crv' | 'x' | 'd', string>> & { readonly y?: string }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * A private JWK with a kid, Ed25519 or P-256, as JSON or as that in base64, which is how phi init prints it.
 * @returns undefined for anything else
 */
export function privateJwk(secret: string): JwkSigner | undefined {
  const text = secret.trim()
  const parsed = jwkSchema.safeParse(jsonOf(text.startsWith('{') ? text : Buffer.from(text, 'base64').toString()))
  if (!parsed.success) return undefined
  const { kid, kty, crv, x, d } = parsed.data
  const y = parsed.data.kty === 'EC' ? { y: parsed.data.y } : {}
  return { alg: kty === 'OKP' ? 'EdDSA' : 'ES256', kid, key: { kty, crv, x, d, ...y } }
}
