import { randomBytes, randomUUID } from 'node:crypto'
import { gcmOpen, gcmSeal } from '../../src/crypto/node.ts'
import { type Answer, json, Loopback } from './loopback.ts'

/**
 * A server that speaks the HTTP API of Vault's transit engine for the paths the adapter uses, as its documentation describes them
 * in November 2026. It is not Vault: it checks the token and the namespace, does AES-256-GCM with associated data, keeps versions
 * and their limits, and knows no policies.
 */
export interface VaultServer {
  readonly loopback: Loopback
  readonly address: string
  readonly token: string
  createKey(name: string, options?: Partial<TransitKey>): void
  key(name: string): TransitKey
  has(name: string): boolean
  /** The namespace that requests must name. */
  namespace: string | undefined
  /** As before Vault 1.13: associated data are not known, and left out without a word. */
  forgetsAssociatedData: boolean
}

interface TransitKey {
  type: string
  derived: boolean
  versions: Uint8Array[]
  minDecryption: number
  minAvailable: number
  deletionAllowed: boolean
  softDeleted: boolean
}

class Refused extends Error {
  constructor(
    readonly status: number,
    readonly errors: readonly string[],
  ) {
    super('refused')
  }
}

export async function startVault({ mount = 'transit' } = {}): Promise<VaultServer> {
  const keys = new Map<string, TransitKey>()
  const token = `hvs.${randomUUID()}`

  function usable(name: string): TransitKey {
    const key = keys.get(name)
    if (key === undefined) throw new Refused(400, ['encryption key not found'])
    if (key.softDeleted) throw new Refused(400, ['key is soft-deleted'])
    if (key.derived) throw new Refused(400, ["missing 'context' for key derivation; the key was created using a derived key"])
    return key
  }

  const material = (key: TransitKey, version: number) => key.versions[version - 1] as Uint8Array
  const associated = (value: unknown) =>
    server.forgetsAssociatedData || value === undefined ? undefined : Buffer.from(String(value), 'base64')

  function encrypt(name: string, { plaintext, associated_data, key_version = 0 }: Record<string, unknown>): Answer {
    // With `create` in the policy Vault makes a missing key; this server's policy grants it, as the worst case.
    if (!keys.has(name)) server.createKey(name)
    const key = usable(name)
    if (typeof plaintext !== 'string') throw new Refused(400, ['missing plaintext input'])
    if (Buffer.from(plaintext, 'base64').toString('base64') !== plaintext)
      throw new Refused(400, ['failed to base64-decode plaintext'])
    const version = Number(key_version) || key.versions.length
    if (version > key.versions.length)
      throw new Refused(400, ['requested version for encryption is higher than the latest key version'])
    if (version < key.minAvailable)
      throw new Refused(400, ['requested version for encryption is less than the minimum encryption key version'])
    const nonce = randomBytes(12)
    const sealed = gcmSeal(material(key, version), nonce, Buffer.from(plaintext, 'base64'), associated(associated_data))
    const ciphertext = `vault:v${version}:${Buffer.concat([nonce, sealed]).toString('base64')}`
    return data({ ciphertext, key_version: version })
  }

  function decrypt(name: string, { ciphertext, associated_data }: Record<string, unknown>): Answer {
    const key = usable(name)
    if (typeof ciphertext !== 'string') throw new Refused(400, ['missing ciphertext to decrypt'])
    const match = /^vault:v(\d+):(.*)$/s.exec(ciphertext)
    if (match === null) throw new Refused(400, ['invalid ciphertext: no prefix'])
    const version = Number(match[1])
    if (version > key.versions.length) throw new Refused(400, ['invalid ciphertext: version is too new'])
    if (version < key.minDecryption)
      throw new Refused(400, ['ciphertext or signature version is disallowed by policy (too old)'])
    const bytes = Buffer.from(match[2] as string, 'base64')
    if (bytes.toString('base64') !== match[2]) throw new Refused(400, ['invalid ciphertext: could not decode base64'])
    if (bytes.length < 12) throw new Refused(400, ['invalid ciphertext length'])
    const plaintext = gcmOpen(material(key, version), bytes.subarray(0, 12), bytes.subarray(12), associated(associated_data))
    if (plaintext === undefined) throw new Refused(400, ['cipher: message authentication failed'])
    return data({ plaintext: Buffer.from(plaintext).toString('base64') })
  }

  function read(name: string): Answer {
    const key = keys.get(name)
    if (key === undefined) throw new Refused(404, [])
    const made: Record<string, number> = {}
    for (let version = Math.max(1, key.minDecryption); version <= key.versions.length; version++) made[version] = 1_790_000_000
    return data({
      name,
      type: key.type,
      derived: key.derived,
      deletion_allowed: key.deletionAllowed,
      exportable: false,
      latest_version: key.versions.length,
      min_available_version: key.minAvailable,
      min_decryption_version: key.minDecryption,
      min_encryption_version: 0,
      supports_encryption: true,
      supports_decryption: true,
      ...(key.softDeleted ? { soft_deleted: true } : {}),
      keys: made,
    })
  }

  const loopback = new Loopback(({ method, path, headers, body }) => {
    try {
      if (headers['x-vault-token'] !== token || headers['x-vault-namespace'] !== server.namespace)
        throw new Refused(403, ['permission denied'])
      if (headers['x-vault-request'] !== 'true') throw new Refused(412, ["required header 'X-Vault-Request' not set"])
      const route = path.startsWith(`/v1/${mount}/`) ? path.slice(`/v1/${mount}/`.length).split('/') : []
      const [area, name = '', verb] = route
      const input = (body === '' ? {} : JSON.parse(body)) as Record<string, unknown>
      const operation = `${method} ${area}${verb === undefined ? '' : ` ${verb}`}`
      if (operation === 'POST encrypt') return encrypt(name, input)
      if (operation === 'POST decrypt') return decrypt(name, input)
      if (operation === 'GET keys') return read(name)
      if (operation === 'DELETE keys') {
        const key = keys.get(name)
        if (key === undefined) throw new Refused(400, [`could not delete key; not found`])
        if (!key.deletionAllowed) throw new Refused(400, ['error deleting policy x: deletion is not allowed for this policy'])
        keys.delete(name)
        return { status: 204, body: '' }
      }
      if (operation === 'POST keys rotate') {
        usable(name).versions.push(randomBytes(32))
        return read(name)
      }
      throw new Refused(404, [`no handler for route "${path.slice(4)}". route entry not found.`])
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return json(error.status, { errors: error.errors })
    }
  })

  const port = await loopback.listen()
  const server: VaultServer = {
    loopback,
    address: `http://127.0.0.1:${port}`,
    token,
    namespace: undefined,
    forgetsAssociatedData: false,
    createKey: (name, options = {}) =>
      void keys.set(name, {
        type: 'aes256-gcm96',
        derived: false,
        versions: [randomBytes(32)],
        minDecryption: 1,
        minAvailable: 0,
        deletionAllowed: true,
        softDeleted: false,
        ...options,
      }),
    key: (name) => keys.get(name) as TransitKey,
    has: (name) => keys.has(name),
  }
  return server
}

const data = (value: Record<string, unknown>): Answer =>
  json(200, {
    request_id: randomUUID(),
    lease_id: '',
    renewable: false,
    lease_duration: 0,
    data: value,
    wrap_info: null,
    warnings: null,
    auth: null,
  })
