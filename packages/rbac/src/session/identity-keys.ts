import { type Clock, systemClock } from '@phi/core'
import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, type JWSHeaderParameters } from 'jose'
import * as z from 'zod'
import { sessionError } from './errors.ts'
import { readClock } from './text.ts'

/** A JSON Web Key (RFC 7517), as far as signatures go. */
export interface JsonWebKey {
  readonly kty: string
  readonly kid?: string
  readonly alg?: string
  readonly use?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly n?: string
  readonly e?: string
  readonly [member: string]: unknown
}

/** A JSON Web Key Set (RFC 7517 §5). */
export interface JsonWebKeySet {
  readonly keys: readonly JsonWebKey[]
}

/** Where the public keys of an identity provider come from. Made by `staticKeys` or `remoteKeys`. */
export interface IdentityKeys {
  /**
   * The key for a token's header; undefined when the set has none that fits, or more than one.
   * @throws anything when the keys could not be had: the token is then refused with `keys-unavailable`
   */
  keyFor(header: { readonly alg: string; readonly kid?: string }): Promise<object | undefined>
}

// What a private or a secret key has beside its public members (RFC 7518 §6).
const SECRET_MEMBERS = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv']

const publicKeySchema = z
  .looseObject({ kty: z.enum(['EC', 'OKP', 'RSA']) })
  .refine((key) => !SECRET_MEMBERS.some((member) => Object.hasOwn(key, member)), 'must be a public key')
const keySetSchema = z.looseObject({ keys: z.array(publicKeySchema).min(1).max(100) })

type Resolver = (header: JWSHeaderParameters) => Promise<object>

/** No key that fits is an answer; whatever else the resolver throws means that the keys could not be had. */
async function resolve(resolver: Resolver, header: { alg: string; kid?: string }): Promise<object | undefined> {
  try {
    return await resolver(header)
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return undefined
    throw error
  }
}

/**
 * Keys that do not change while the program runs. Only public keys are taken: a private or a symmetric key in the set is a mistake, and
 * a symmetric one would let anybody who reads the set sign.
 * @throws PhiError PHI_RBAC_SESSION_KEYS
 */
export function staticKeys(keySet: JsonWebKeySet): IdentityKeys {
  let resolver: Resolver
  try {
    // A copy first: what is checked is what is used, whatever getters do.
    const copy = structuredClone(keySet) as Parameters<typeof createLocalJWKSet>[0]
    keySetSchema.parse(copy)
    resolver = createLocalJWKSet(copy)
  } catch {
    // No cause: what a parser says may quote the key.
    const detail = 'must be a set of public keys, of kind EC, OKP or RSA, and hold at least one'
    throw sessionError('PHI_RBAC_SESSION_KEYS', { path: 'keySet', detail })
  }
  return Object.freeze({ keyFor: (header: { alg: string; kid?: string }) => resolve(resolver, header) })
}

export interface RemoteKeysOptions {
  /** Milliseconds until a request is given up. Default 5,000. */
  readonly timeoutMs?: number
  /** Milliseconds after a successful request within which an unknown `kid` asks for no other. Default 30,000. */
  readonly cooldownMs?: number
  /** Milliseconds after a failed request within which no other is made, so that an outage is not hammered. Default 2,000. */
  readonly failureCooldownMs?: number
  /**
   * Milliseconds for which keys are used without asking again. Afterwards an outage means that nobody can sign in. Default
   * 600,000.
   */
  readonly maxAgeMs?: number
  /** Used for the pause after a failure. What jose keeps (cooldown, maximum age) follows the machine's clock. */
  readonly clock?: Clock
}

const MOST_BYTES = 256 * 1024
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

function remoteUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname))
  if (url && secure && url.username === '' && url.password === '') return url
  const detail = 'must be an https URL without a user name; plain http is for this machine only'
  throw sessionError('PHI_RBAC_SESSION_OPTIONS', { path: 'url', detail })
}

/** The body of an answer, as far as a key set may be long. */
async function shortBody(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  if (!reader) return ''
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    length += value.byteLength
    if (length > MOST_BYTES) {
      await reader.cancel()
      throw new Error('the key set is too long')
    }
    text += decoder.decode(value, { stream: true })
  }
}

const durationSchema = z.number().int().min(0).max(86_400_000)
const remoteSchema = z.strictObject({
  timeoutMs: durationSchema.min(1).default(5_000),
  cooldownMs: durationSchema.default(30_000),
  failureCooldownMs: durationSchema.default(2_000),
  maxAgeMs: durationSchema.min(1).default(600_000),
  clock: z.custom<Clock>((value) => typeof value === 'function').default(() => systemClock),
})

/**
 * Keys at an address of the identity provider (its `jwks_uri`). An unknown `kid` leads to one request for the set, which is how keys
 * rotate; then not to another until the cooldown is over. Redirects are not followed, and long answers are cut off. The address comes
 * from your configuration, never from a token: `jku`, `x5u` and `jwk` in a header are not read.
 * @throws PhiError PHI_RBAC_SESSION_OPTIONS
 */
export function remoteKeys(url: string, options: RemoteKeysOptions = {}): IdentityKeys {
  const address = remoteUrl(url)
  const read = remoteSchema.safeParse(options)
  if (!read.success) throw sessionError('PHI_RBAC_SESSION_OPTIONS', { path: 'remoteKeys' })
  const { timeoutMs, cooldownMs, failureCooldownMs, maxAgeMs, clock } = read.data
  let failedAt: number | undefined

  const careful = async (to: string, init: RequestInit): Promise<Response> => {
    const now = readClock(clock)
    const since = now === undefined || failedAt === undefined ? undefined : now - failedAt
    if (since !== undefined && since >= 0 && since < failureCooldownMs)
      throw new Error('the key set was not to be had just now')
    try {
      const response = await fetch(to, init)
      if (response.status !== 200) throw new Error('the key set was not to be had')
      const keySet = JSON.parse(await shortBody(response)) as { keys?: unknown }
      if (!Array.isArray(keySet.keys)) throw new Error('the answer is no key set')
      failedAt = undefined
      return Response.json(keySet)
    } catch (error) {
      failedAt = now
      throw error
    }
  }

  const resolver = createRemoteJWKSet(address, {
    timeoutDuration: timeoutMs,
    cooldownDuration: cooldownMs,
    cacheMaxAge: maxAgeMs,
    [customFetch]: careful,
  })
  return Object.freeze({ keyFor: (header: { alg: string; kid?: string }) => resolve(resolver, header) })
}
