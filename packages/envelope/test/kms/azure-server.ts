import {
  constants,
  createCipheriv,
  createDecipheriv,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  randomUUID,
} from 'node:crypto'
import { type Answer, json, Loopback } from './loopback.ts'
import { selfSigned } from './self-signed.ts'

/**
 * A server that speaks the REST API of Azure Key Vault for the operations the adapter uses, over https with the authentication
 * challenge, as its reference documents them in November 2026 and the Azure SDK for JavaScript reads and writes them. It is not
 * the service: RSA-OAEP-256 and A256KW are real, key versions, attributes and soft delete are kept, access policies are not.
 */
export interface AzureServer {
  readonly loopback: Loopback
  readonly vaultUrl: string
  /** The certificate to trust. */
  readonly ca: string
  readonly token: string
  /** Makes a key, or a new version of one, and answers its version. */
  createVersion(name: string, options?: Partial<KeyVersion>): string
  version(name: string, version: string): KeyVersion
  /** Purges every deleted key, as when their retention time is over. */
  elapse(): void
  purgeProtection: boolean
  forbidden: boolean
}

interface KeyVersion {
  id: string
  kty: 'RSA' | 'RSA-HSM' | 'oct-HSM'
  enabled: boolean
  nbf?: number
  exp?: number
  ops: string[]
  /** A private RSA key, or 32 bytes. */
  material: KeyObject | Uint8Array
}

const rsaKeys: KeyObject[] = []
let nextRsa = 0

/** One of four RSA keys in turn: making one takes a while, and no test has more than four that must differ. */
function rsaKey(): KeyObject {
  const index = nextRsa++ % 4
  rsaKeys[index] ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  return rsaKeys[index]
}

class Refused extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    readonly inner?: string,
  ) {
    super(type)
  }
}

let tls: ReturnType<typeof selfSigned> | undefined

export async function startAzure(): Promise<AzureServer> {
  tls ??= selfSigned()
  const keys = new Map<string, KeyVersion[]>()
  const deleted = new Map<string, { versions: KeyVersion[]; at: number; purgeAt: number }>()
  const token = randomUUID()
  const day = 86_400

  function find(name: string, version: string | undefined): KeyVersion {
    const versions = keys.get(name)
    const key = version === undefined || version === '' ? versions?.at(-1) : versions?.find(({ id }) => id === version)
    if (key === undefined) throw new Refused(404, 'KeyNotFound')
    return key
  }

  function bundle(name: string, { id, kty, enabled, nbf, exp, ops, material }: KeyVersion): Record<string, unknown> {
    const jwk = material instanceof Uint8Array ? {} : (({ n, e }) => ({ n, e }))(material.export({ format: 'jwk' }))
    return {
      key: { kid: `${server.vaultUrl}/keys/${name}/${id}`, kty, key_ops: ops, ...jwk },
      attributes: {
        enabled,
        created: 1_790_000_000,
        updated: 1_790_000_000,
        recoveryLevel: 'Recoverable+Purgeable',
        recoverableDays: 90,
        ...(nbf === undefined ? {} : { nbf }),
        ...(exp === undefined ? {} : { exp }),
      },
    }
  }

  function deletedBundle(name: string): Record<string, unknown> {
    const kept = deleted.get(name)
    if (kept === undefined) throw new Refused(404, 'KeyNotFound')
    return {
      ...bundle(name, kept.versions.at(-1) as KeyVersion),
      recoveryId: `${server.vaultUrl}/deletedkeys/${name}`,
      deletedDate: kept.at,
      scheduledPurgeDate: kept.purgeAt,
    }
  }

  function operate(operation: 'wrapkey' | 'unwrapkey', name: string, version: string, body: Record<string, unknown>): Answer {
    const key = find(name, version)
    if (!key.enabled) throw new Refused(403, 'Forbidden', 'KeyDisabled')
    if (!key.ops.some((op) => op.toLowerCase() === operation)) throw new Refused(403, 'Forbidden', 'KeyOperationForbidden')
    if (typeof body.value !== 'string' || typeof body.alg !== 'string') throw new Refused(400, 'BadParameter')
    const value = Buffer.from(body.value, 'base64url')
    const kid = `${server.vaultUrl}/keys/${name}/${key.id}`
    return json(200, { kid, value: transform(operation, key, body.alg, value).toString('base64url') })
  }

  function handle(method: string, parts: string[], body: Record<string, unknown>): Answer {
    const [area, name = '', version, operation] = parts
    if (area === 'keys' && method === 'POST' && (operation === 'wrapkey' || operation === 'unwrapkey'))
      return operate(operation, name, version ?? '', body)
    if (area === 'keys' && method === 'GET' && version === 'versions')
      return json(200, {
        value: (keys.get(name) ?? []).map((key) => {
          const { key: jwk, attributes } = bundle(name, key) as { key: { kid: string }; attributes: unknown }
          return { kid: jwk.kid, attributes }
        }),
      })
    if (area === 'keys' && method === 'GET') return json(200, bundle(name, find(name, version)))
    if (area === 'keys' && method === 'DELETE') {
      find(name, undefined)
      const at = Math.floor(Date.now() / 1000)
      deleted.set(name, { versions: keys.get(name) as KeyVersion[], at, purgeAt: at + 90 * day })
      keys.delete(name)
      return json(200, deletedBundle(name))
    }
    if (area === 'deletedkeys' && method === 'GET') return json(200, deletedBundle(name))
    if (area === 'deletedkeys' && method === 'DELETE') {
      deletedBundle(name)
      if (server.purgeProtection) throw new Refused(403, 'Forbidden', 'ForbiddenByPolicy')
      deleted.delete(name)
      return { status: 204, body: '' }
    }
    throw new Refused(404, 'NotFound')
  }

  const loopback = new Loopback(({ method, path, query, headers, body }) => {
    try {
      if (headers.authorization !== `Bearer ${token}`) {
        const challenge = 'Bearer authorization="https://login.loopback.test/tenant", resource="https://vault.azure.net"'
        return error(new Refused(401, 'Unauthorized'), { 'www-authenticate': challenge })
      }
      if (server.forbidden) throw new Refused(403, 'Forbidden', 'AccessDenied')
      if (!/^\d+\.\d+|^\d{4}-\d\d-\d\d/.test(query.get('api-version') ?? '')) throw new Refused(400, 'BadParameter')
      return handle(method, path.split('/').slice(1), (body === '' ? {} : JSON.parse(body)) as Record<string, unknown>)
    } catch (thrown) {
      if (!(thrown instanceof Refused)) throw thrown
      return error(thrown)
    }
  }, tls)
  const port = await loopback.listen()
  const server: AzureServer = {
    loopback,
    vaultUrl: `https://127.0.0.1:${port}`,
    ca: tls.cert,
    token,
    purgeProtection: false,
    forbidden: false,
    createVersion(name, options = {}) {
      const kty = options.kty ?? 'RSA'
      const key: KeyVersion = {
        id: randomUUID().replaceAll('-', ''),
        kty,
        enabled: true,
        ops: ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'],
        material: kty === 'oct-HSM' ? randomBytes(32) : rsaKey(),
        ...options,
      }
      keys.set(name, [...(keys.get(name) ?? []), key])
      return key.id
    },
    version: (name, version) => find(name, version),
    elapse: () => deleted.clear(),
  }
  return server
}

function transform(operation: 'wrapkey' | 'unwrapkey', { material }: KeyVersion, alg: string, value: Buffer): Buffer {
  try {
    if (alg === 'RSA-OAEP-256' && !(material instanceof Uint8Array)) {
      const options = { key: material, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
      return operation === 'wrapkey' ? publicEncrypt(options, value) : privateDecrypt(options, value)
    }
    if (alg === 'A256KW' && material instanceof Uint8Array) {
      const iv = Buffer.alloc(8, 0xa6) // RFC 3394 §2.2.3.1
      const cipher =
        operation === 'wrapkey'
          ? createCipheriv('id-aes256-wrap', material, iv)
          : createDecipheriv('id-aes256-wrap', material, iv)
      return Buffer.concat([cipher.update(value), cipher.final()])
    }
  } catch {
    // What does not verify is answered like any other bad value.
  }
  throw new Refused(400, 'BadParameter')
}

const error = ({ status, type, inner }: Refused, headers: Record<string, string> = {}): Answer =>
  json(
    status,
    { error: { code: type, message: `${type}: loopback`, ...(inner === undefined ? {} : { innererror: { code: inner } }) } },
    headers,
  )
