/**
 * The transit engine of HashiCorp Vault, over its HTTP API with `fetch`: there is no client library to install. OpenBao documents
 * the same API; it was not tried.
 *
 * @module @phi/envelope/vault-transit
 */
import { fromBase64, toBase64 } from '@phi/core'
import { bindInside, unbindInside } from './bind-inside.ts'
import { contextBytes } from './context.ts'
import type { KekDescription, Kms, KmsCallOptions } from './kms.ts'
import { assertDataKey, badOption, checkWrapped, kmsFault, notAnAnswer, remoteCall, takeUnwrapped, textOf } from './remote.ts'
import { explainVault, explainVaultStatus } from './vault-faults.ts'

export interface VaultTransitOptions {
  /** Where Vault listens, `https://vault.example:8200`. Plain http only on this machine (an agent), or with `allowInsecure`. */
  readonly address: string
  /** The name of a transit key of type aes256-gcm96, not derived. */
  readonly key: string
  /** The path the engine is mounted at. Default 'transit'. */
  readonly mount?: string
  /** The token, or what gives a valid one: it is asked for every call, so that a renewed token is used at once. */
  readonly token: string | (() => string | Promise<string>)
  /** Vault Enterprise and OpenBao namespaces: the X-Vault-Namespace header. */
  readonly namespace?: string
  /** Sends tokens and data keys over http to another machine. Never in production. */
  readonly allowInsecure?: boolean
  /** For a client with its own trust anchors or proxy. Default: the platform's `fetch`. */
  readonly fetch?: typeof globalThis.fetch
}

const SERVICE = 'vault-transit'
const MECHANISM = 'aes256-gcm96+context'
const TYPE = 'aes256-gcm96'
const NAME = /^[\w-]+(?:\.[\w-]+)*$/
const KEK = /^((?:[\w.-]+\/)*[\w.-]+)\/([\w.-]+?)(?::v([1-9]\d{0,9}))?$/
// nonce[12], the 64 bytes of bindInside, tag[16]; some room for what a later version may put before them.
const MOST_CIPHERTEXT = 256
const MOST_ANSWER = 65_536

interface KeyName {
  readonly name: string
  readonly version?: number
}

/**
 * A {@link Kms} on Vault's transit engine. The token's policy needs `update` on encrypt/<key> and decrypt/<key>, `read` on
 * keys/<key> and, to destroy, `delete` on keys/<key>. Do not grant `create` on encrypt/<key>: with it Vault makes a key of any
 * name it is asked for.
 *
 * The context is bound twice, as associated data and inside the plaintext ({@link bindInside}): a Vault before 1.13 does not know
 * associated data and leaves them out without a word.
 * @throws PhiError PHI_ENVELOPE_OPTIONS
 */
export function vaultTransit(options: VaultTransitOptions): Kms {
  const connection = connect(options)
  const { key, mount } = connection

  const spelled = (name: string, version: number) => `${mount}/${name}:v${version}`

  function parse(kek: string): KeyName {
    const match = KEK.exec(kek)
    if (match === null) throw unsupported('not the name of a transit key')
    if (match[1] !== mount) throw unsupported('the key lies in another mount than the adapter’s')
    return { name: match[2] as string, ...(match[3] === undefined ? {} : { version: Number(match[3]) }) }
  }

  async function describe({ name, version }: KeyName, signal: AbortSignal | undefined): Promise<KekDescription> {
    const told = await readKey(connection, name, signal)
    const wanted = version ?? told.latest
    // Past the latest: the name of a version that never was, as after a restore of an older backup.
    if (wanted > told.latest)
      throw kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_KEY_GONE', detail: 'no such version of the key' })
    const disabled = told.softDeleted || wanted < told.minDecryption
    return {
      kek: spelled(name, wanted),
      // Versions below min_available_version were trimmed, and trimming is for good.
      state: wanted < told.minAvailable ? 'destroyed' : disabled ? 'disabled' : 'enabled',
      // The API tells nothing else of a key of this type. Whether the seal uses an HSM is not seen from here.
      protection: 'software',
    }
  }

  return {
    name: SERVICE,

    async wrap(request) {
      assertDataKey(SERVICE, request)
      const { dataKey, context, signal } = request
      const asked = request.kek === undefined ? { name: key } : parse(request.kek)
      // Read first: encrypting to a missing key makes one, where the policy allows `create`.
      const told = await readKey(connection, asked.name, signal)
      if (told.softDeleted)
        throw kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE', detail: 'the key is soft-deleted' })
      const version = asked.version ?? told.latest
      const bound = bindInside(dataKey, context)
      const answer = await post(connection, `encrypt/${asked.name}`, signal, {
        plaintext: toBase64(bound),
        associated_data: toBase64(contextBytes(context)),
        key_version: version,
      })
      bound.fill(0)
      const wrapped = checkWrapped(SERVICE, ciphertextOf(answer.ciphertext, version), dataKey, MOST_CIPHERTEXT)
      return { kek: spelled(asked.name, version), mechanism: MECHANISM, wrapped }
    },

    async unwrap({ kek, mechanism, wrapped, context, signal }) {
      if (mechanism !== MECHANISM) throw refused('the record names a mechanism that is not of this adapter')
      const { name, version } = parse(kek)
      if (version === undefined) throw refused('the record names no version of a transit key')
      if (wrapped.length === 0 || wrapped.length > MOST_CIPHERTEXT) throw refused('the wrapped key has an impossible length')
      const answer = await post(connection, `decrypt/${name}`, signal, {
        ciphertext: `vault:v${version}:${toBase64(wrapped)}`,
        associated_data: toBase64(contextBytes(context)),
      })
      const bound = takeUnwrapped(SERVICE, bytesOf(answer.plaintext), 64)
      try {
        return unbindInside(bound, context)
      } finally {
        bound.fill(0)
      }
    },

    describe: async (kek, { signal } = {}) => describe(kek === undefined ? { name: key } : parse(kek), signal),

    async destroy(kek, { signal } = {}) {
      const asked = parse(kek)
      const told = await readKey(connection, asked.name, signal)
      // DELETE takes every version. Other records may still be wrapped under the others.
      if (asked.version !== undefined && told.latest > 1)
        throw unsupported('Vault deletes a key with all its versions: name the key without a version to say so')
      if (!told.deletionAllowed) throw unsupported('the key’s deletion_allowed is false: a Vault operator sets it')
      await send(connection, 'DELETE', `keys/${asked.name}`, signal)
      if (await isThere(connection, asked.name, signal))
        throw notAnAnswer(SERVICE, 'the key is still there after it was deleted')
      return {
        kek,
        state: 'destroyed',
        receipt: {
          service: SERVICE,
          operation: 'DELETE keys',
          versions: String(told.latest),
          confirmed: 'read after deletion: 404',
        },
      }
    },
  }
}

/**
 * Makes a new version of the key (POST keys/<key>/rotate), under which `wrap` goes on; older ones still unwrap. The policy needs
 * `update` on keys/<key>/rotate.
 * @returns the new version as `describe` spells it
 * @throws PhiError with the codes of {@link Kms}
 */
export async function rotateVaultTransit(options: VaultTransitOptions, { signal }: KmsCallOptions = {}): Promise<string> {
  const connection = connect(options)
  const before = await readKey(connection, connection.key, signal)
  await send(connection, 'POST', `keys/${connection.key}/rotate`, signal, {})
  const after = await readKey(connection, connection.key, signal)
  if (after.latest <= before.latest) throw notAnAnswer(SERVICE, 'the key has no new version')
  return `${connection.mount}/${connection.key}:v${after.latest}`
}

interface Connection {
  readonly base: string
  readonly key: string
  readonly mount: string
  readonly headers: () => Promise<Record<string, string>>
  readonly fetch: typeof globalThis.fetch
}

function connect(options: VaultTransitOptions): Connection {
  const { address, key, mount = 'transit', token, namespace, allowInsecure = false, fetch = globalThis.fetch } = options
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw badOption('address', 'must be an http or https URL')
  const local = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'http:' && !local && !allowInsecure) throw badOption('address', 'must be https: data keys go over it')
  if (url.username !== '' || url.password !== '') throw badOption('address', 'must hold no credentials')
  if (!NAME.test(key)) throw badOption('key', 'must be the name of a transit key')
  if (!mount.split('/').every((part) => NAME.test(part))) throw badOption('mount', 'must be a path without slashes at its ends')
  return {
    base: `${url.href.replace(/\/+$/, '')}/v1/${mount}`,
    key,
    mount,
    fetch,
    headers: async () => ({
      'X-Vault-Token': typeof token === 'string' ? token : await token(),
      // What Vault's own clients send: a listener may insist on it against requests forged through a browser or a proxy.
      'X-Vault-Request': 'true',
      ...(namespace === undefined ? {} : { 'X-Vault-Namespace': namespace }),
    }),
  }
}

interface TransitKey {
  readonly latest: number
  readonly minDecryption: number
  readonly minAvailable: number
  readonly deletionAllowed: boolean
  readonly softDeleted: boolean
}

async function readKey(connection: Connection, name: string, signal: AbortSignal | undefined): Promise<TransitKey> {
  const data = dataOf(await send(connection, 'GET', `keys/${name}`, signal))
  const { type, derived, latest_version, min_decryption_version, min_available_version, deletion_allowed, soft_deleted } = data
  if (typeof type !== 'string') throw notAnAnswer(SERVICE, 'no transit key')
  // Other types take no associated data, or none of the same meaning.
  if (type !== TYPE) throw unsupported('the key is not of type aes256-gcm96')
  if (derived === true) throw unsupported('the key is derived: every call would need a second context')
  const latest = wholeNumber(latest_version)
  const minDecryption = wholeNumber(min_decryption_version)
  // Absent in old versions, 0 where nothing was trimmed.
  const minAvailable = min_available_version === undefined ? 0 : wholeNumber(min_available_version)
  if (latest < 1) throw notAnAnswer(SERVICE, 'the key has no version')
  return { latest, minDecryption, minAvailable, deletionAllowed: deletion_allowed === true, softDeleted: soft_deleted === true }
}

async function isThere(connection: Connection, name: string, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await send(connection, 'GET', `keys/${name}`, signal)
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code === 'PHI_ENVELOPE_KMS_KEY_GONE') return false
    throw error
  }
}

const post = async (connection: Connection, path: string, signal: AbortSignal | undefined, body: Record<string, unknown>) =>
  dataOf(await send(connection, 'POST', path, signal, body))

/** One request. @returns the parsed body, undefined for 204 */
async function send(
  { base, fetch, headers }: Connection,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  signal: AbortSignal | undefined,
  body?: Record<string, unknown>,
): Promise<unknown> {
  const operation = path.slice(0, path.indexOf('/'))
  const exchange = async () => {
    const response = await fetch(`${base}/${path}`, {
      method,
      headers: { ...(await tokenOr(headers)), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
      // A redirect would carry the token and a data key elsewhere. A standby that redirects is not followed: use the active address.
      redirect: 'manual',
    })
    return { status: response.status, parsed: parseBody(await textOf(response, MOST_ANSWER)) }
  }
  const { status, parsed } = await remoteCall(SERVICE, signal, exchange, explainVault)
  if (status === 204 || (status === 200 && parsed !== undefined)) return parsed
  throw kmsFault(SERVICE, { ...explainVaultStatus(status, parsed, operation), status })
}

/** A token provider that fails is a matter of credentials, whatever it fails with. */
async function tokenOr(headers: () => Promise<Record<string, string>>): Promise<Record<string, string>> {
  try {
    return await headers()
  } catch {
    throw kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_DENIED', detail: 'the token provider failed' })
  }
}

function parseBody(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

function dataOf(parsed: unknown): Record<string, unknown> {
  const { data } = (parsed ?? {}) as { data?: unknown }
  if (typeof data !== 'object' || data === null) throw notAnAnswer(SERVICE, 'no data')
  return data as Record<string, unknown>
}

function wholeNumber(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw notAnAnswer(SERVICE, 'no version number')
  return value
}

/** The bytes of `vault:v<version>:<base64>`: prefix and version stand in the record's `kek` already. */
function ciphertextOf(text: unknown, version: number): unknown {
  const prefix = `vault:v${version}:`
  if (typeof text !== 'string' || !text.startsWith(prefix)) throw notAnAnswer(SERVICE, 'no ciphertext of the version asked for')
  return bytesOf(text.slice(prefix.length))
}

function bytesOf(text: unknown): unknown {
  try {
    return typeof text === 'string' ? fromBase64(text) : undefined
  } catch {
    return undefined
  }
}

const refused = (detail: string) => kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_REFUSED', detail })
const unsupported = (detail: string) => kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_UNSUPPORTED', detail })
