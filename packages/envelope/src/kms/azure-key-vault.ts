/**
 * Azure Key Vault and Managed HSM: RSA keys with RSA-OAEP-256, or symmetric keys of a Managed HSM with AES key wrap.
 *
 * The client is yours: pass a `KeyClient` of `@azure/keyvault-keys` with its credential and retries. This module imports nothing
 * of it at run time. Neither mechanism takes associated data, so the context is wrapped together with the data key
 * (`bindInside`).
 *
 * RSA-OAEP does not tell who wrapped: whoever has the public key can make a wrapped key of their own for any context. Who can
 * write to the key store could therefore plant a data key that they know. Where that matters, use a Managed HSM and A256KW.
 *
 * @module @phi/envelope/azure-key-vault
 */
import type { CryptographyClient, DeletedKey, KeyClient, KeyVaultKey } from '@azure/keyvault-keys'
import { randomBytes } from '@phi/core'
import { explainAzure, isBadParameter } from './azure-faults.ts'
import { bindInside, unbindInside } from './bind-inside.ts'
import type { KekDescription, KekDestruction, Kms } from './kms.ts'
import {
  assertDataKey,
  badOption,
  checkWrapped,
  instantOf,
  kmsFault,
  notAnAnswer,
  remoteCall,
  takeUnwrapped,
} from './remote.ts'

export interface AzureKeyVaultOptions {
  /** A client of `@azure/keyvault-keys` for one vault or Managed HSM. */
  readonly client: KeyClient
  /** The name of the key that `wrap` uses, in its current version. */
  readonly keyName: string
  /** How `wrap` wraps. Default RSA-OAEP-256; A256KW needs a 256-bit oct-HSM key of a Managed HSM. `unwrap` goes by the record. */
  readonly algorithm?: 'RSA-OAEP-256' | 'A256KW'
  /**
   * Has `destroy` purge the deleted key, at once and for good, where the vault has no purge protection. Default false: the vault
   * keeps a deleted key for its retention time, 7 to 90 days, in which it can be recovered.
   */
  readonly purge?: boolean
}

const SERVICE = 'azure-key-vault'
// AES key wrap is deterministic (RFC 3394): equal keys would show as equal records. Random bytes after the key keep them apart.
const SALT = { 'RSA-OAEP-256': 0, A256KW: 16 } as const
const ALGORITHMS = ['RSA-OAEP-256', 'A256KW'] as const
const mechanismOf = (algorithm: (typeof ALGORITHMS)[number]) => `${algorithm}+context${SALT[algorithm] > 0 ? '+salt' : ''}`
/**
 * How many bytes a wrapped key has: those of the modulus (RFC 8017 §7.1.2), or eight more than went in (RFC 3394 §2.2.1). A service that reads
 * a number takes one without its leading zeros for the same, and what was cut must not open.
 */
const wrappedLengths: Readonly<Record<(typeof ALGORITHMS)[number], readonly number[]>> = {
  'RSA-OAEP-256': [256, 384, 512],
  A256KW: [64 + SALT.A256KW + 8],
}
const NAME = /^[0-9A-Za-z-]{1,127}$/
// RSA 4096 wraps into 512 bytes.
const MOST_WRAPPED = 512

interface KeyId {
  readonly name: string
  readonly version?: string
}

/**
 * A {@link Kms} on one Azure Key Vault or Managed HSM. It needs the key permissions get, wrapKey and unwrapKey and, to destroy,
 * list and delete (and purge).
 *
 * The KEK that a record names is the id of a key version, `https://<vault>/keys/<name>/<version>`.
 * @throws PhiError PHI_ENVELOPE_OPTIONS
 */
export function azureKeyVault({ client, keyName, algorithm = 'RSA-OAEP-256', purge = false }: AzureKeyVaultOptions): Kms {
  if (typeof keyName !== 'string' || !NAME.test(keyName)) throw badOption('keyName', 'must be the name of a key')
  if (!ALGORITHMS.includes(algorithm)) throw badOption('algorithm', 'must be RSA-OAEP-256 or A256KW')

  // The SDK keeps the vault's address as it was given.
  const root = `${new URL(client.vaultUrl).origin}/keys/`
  // One for each version: a client reads its key once, and asks for a token once.
  const clients = new Map<string, CryptographyClient>()

  function parse(kek: string): KeyId {
    const [name = '', version, ...rest] = kek.startsWith(root) ? kek.slice(root.length).split('/') : []
    if (!NAME.test(name) || rest.length > 0 || (version !== undefined && !NAME.test(version)))
      throw unsupported('not the id of a key in this vault')
    return version === undefined ? { name } : { name, version }
  }

  function cryptography(name: string, keyVersion: string): CryptographyClient {
    const id = `${name}/${keyVersion}`
    const kept = clients.get(id)
    if (kept !== undefined) return kept
    // Versions are few; a limit all the same, since the names come out of records.
    if (clients.size >= 64) clients.clear()
    const made = client.getCryptographyClient(name, { keyVersion })
    clients.set(id, made)
    return made
  }

  /** The key, or what the vault tells of its deletion. */
  async function find({ name, version }: KeyId, signal: AbortSignal | undefined): Promise<KeyVaultKey | DeletedKey> {
    try {
      return await call(signal, (options) => client.getKey(name, { ...options, ...(version === undefined ? {} : { version }) }))
    } catch (error) {
      if (!isGone(error)) throw error
      // A soft-deleted key reads as not found too, and can still be recovered.
      return call(signal, (options) => client.getDeletedKey(name, options))
    }
  }

  /** Turns "not found" of a key that only waits for its purge into "unusable". */
  async function present<T>(id: KeyId, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!isGone(error)) throw error
      await call(signal, (options) => client.getDeletedKey(id.name, options))
      throw kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE', detail: 'the key is deleted and can be recovered' })
    }
  }

  function versionOf(key: KeyVaultKey | DeletedKey, asked: KeyId): string {
    const { name, version } = parseAnswer(key.id)
    if (version === undefined || name !== asked.name) throw notAnAnswer(SERVICE, 'the answer names another key')
    return version
  }

  function parseAnswer(id: unknown): KeyId {
    try {
      return parse(String(id))
    } catch {
      throw notAnAnswer(SERVICE, 'no id of a key in this vault')
    }
  }

  async function describe(asked: KeyId, signal: AbortSignal | undefined): Promise<KekDescription> {
    const key = await find(asked, signal)
    const version = versionOf(key, asked)
    const deleted = isDeleted(key)
    // Of a deleted key the vault shows only the last version; deletion is of them all.
    if (!deleted && asked.version !== undefined && asked.version !== version)
      throw notAnAnswer(SERVICE, 'the answer names another version')
    const destroyAt = deleted ? instantOf(key.properties.scheduledPurgeDate) : undefined
    return {
      kek: `${root}${asked.name}/${asked.version ?? version}`,
      state: deleted ? 'destruction-scheduled' : key.properties.enabled === true && inTime(key) ? 'enabled' : 'disabled',
      protection: protectionOf(key),
      ...(destroyAt === undefined ? {} : { destroyAt }),
    }
  }

  return {
    name: SERVICE,

    async wrap(request) {
      assertDataKey(SERVICE, request)
      const { dataKey, context, signal } = request
      const asked = request.kek === undefined ? { name: keyName } : parse(request.kek)
      const bound = salted(bindInside(dataKey, context), SALT[algorithm])
      try {
        return await present(asked, signal, async () => {
          const version = asked.version ?? versionOf(await call(signal, (options) => client.getKey(asked.name, options)), asked)
          const { result } = await call(signal, (options) =>
            cryptography(asked.name, version).wrapKey(algorithm, bound, options),
          )
          const wrapped = checkWrapped(SERVICE, result, dataKey, MOST_WRAPPED)
          return { kek: `${root}${asked.name}/${version}`, mechanism: mechanismOf(algorithm), wrapped }
        })
      } finally {
        bound.fill(0)
      }
    },

    async unwrap({ kek, mechanism, wrapped, context, signal }) {
      const used = ALGORITHMS.find((each) => mechanism === mechanismOf(each))
      if (used === undefined) throw refused('the record names a mechanism that is not of this adapter')
      const asked = parse(kek)
      const { name, version } = asked
      if (version === undefined) throw refused('the record names no version of a key')
      if (!wrappedLengths[used].includes(wrapped.length)) throw refused('the wrapped key has an impossible length')
      const { result } = await present(asked, signal, () =>
        call(signal, (options) =>
          cryptography(name, version)
            .unwrapKey(used, wrapped, options)
            .catch((error: unknown) => {
              throw isBadParameter(error) ? refused('the vault cannot unwrap it with this key') : error
            }),
        ),
      )
      const bound = takeUnwrapped(SERVICE, result, 64 + SALT[used])
      try {
        return unbindInside(bound.subarray(0, 64), context)
      } finally {
        bound.fill(0)
      }
    },

    describe: async (kek, { signal } = {}) => describe(kek === undefined ? { name: keyName } : parse(kek), signal),

    async destroy(kek, { signal } = {}) {
      const asked = parse(kek)
      const before = await describe(asked, signal)
      let deletion = before
      let operation = 'GetDeletedKey'
      if (before.state !== 'destruction-scheduled') {
        if (asked.version !== undefined) await assertOnlyVersion(client, asked.name, asked.version, signal)
        operation = 'DeleteKey'
        const deleted = await deleteKey(client, asked.name, signal)
        const destroyAt = instantOf(deleted.properties.scheduledPurgeDate)
        deletion = { ...before, ...(destroyAt === undefined ? {} : { destroyAt }) }
      }
      if (purge) return purgeKey(client, kek, asked.name, signal)
      const { destroyAt } = deletion
      const dated = destroyAt === undefined ? {} : { destroyAt }
      const shown = destroyAt === undefined ? {} : { scheduledPurgeDate: destroyAt }
      return { kek, state: 'destruction-scheduled', ...dated, receipt: { service: SERVICE, operation, ...shown } }
    },
  }
}

function salted(bound: Uint8Array, length: number): Uint8Array {
  if (length === 0) return bound
  const out = new Uint8Array(bound.length + length)
  out.set(bound)
  out.set(randomBytes(length), bound.length)
  bound.fill(0)
  return out
}

/** DELETE takes every version of a key. Records may still be wrapped under the others. */
async function assertOnlyVersion(
  client: KeyClient,
  name: string,
  version: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const others = await call(signal, async (options) => {
    for await (const each of client.listPropertiesOfKeyVersions(name, options)) if (each.version !== version) return true
    return false
  })
  if (others) throw unsupported('the vault deletes a key with all its versions: name the key without a version to say so')
}

async function deleteKey(client: KeyClient, name: string, signal: AbortSignal | undefined): Promise<DeletedKey> {
  const poller = await call(signal, (options) => client.beginDeleteKey(name, options))
  const deleted = poller.getOperationState().result
  // Without a recovery id the vault has no soft delete: since 2025 there is no such vault, and no way to tell what it did.
  if (deleted?.properties.recoveryId === undefined) throw notAnAnswer(SERVICE, 'the deleted key has no recovery id')
  return deleted
}

const POLL_MS = 500
const MOST_POLLS = 60

/** Waits until the vault has finished deleting, purges, and looks whether the deleted key is gone. */
async function purgeKey(
  client: KeyClient,
  kek: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<KekDestruction> {
  const there = async () => {
    try {
      await call(signal, (options) => client.getDeletedKey(name, options))
      return true
    } catch (error) {
      if (isGone(error)) return false
      throw error
    }
  }
  await until(async () => there(), signal)
  await call(signal, (options) => client.purgeDeletedKey(name, options))
  await until(async () => !(await there()), signal)
  const confirmed = 'read after purge: 404'
  return { kek, state: 'destroyed', receipt: { service: SERVICE, operation: 'PurgeDeletedKey', confirmed } }
}

async function until(done: () => Promise<boolean>, signal: AbortSignal | undefined): Promise<void> {
  for (let poll = 0; poll < MOST_POLLS; poll++) {
    if (await done()) return
    await call(signal, () => new Promise((resolve) => setTimeout(resolve, POLL_MS)))
  }
  throw kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_UNAVAILABLE', detail: 'the vault has not finished; ask again' })
}

const isDeleted = (key: KeyVaultKey | DeletedKey): key is DeletedKey => (key as DeletedKey).properties.recoveryId !== undefined

function inTime({ properties: { notBefore, expiresOn } }: KeyVaultKey | DeletedKey): boolean {
  const now = Date.now()
  return (notBefore === undefined || now >= notBefore.getTime()) && (expiresOn === undefined || now <= expiresOn.getTime())
}

/** RSA-HSM and oct-HSM keys live in HSMs; RSA keys are protected by software (the vault's documentation on key types). */
function protectionOf({ keyType }: KeyVaultKey | DeletedKey): KekDescription['protection'] {
  if (keyType === 'RSA-HSM' || keyType === 'oct-HSM') return 'hsm'
  return keyType === 'RSA' ? 'software' : 'unknown'
}

const isGone = (error: unknown): boolean => (error as { code?: unknown }).code === 'PHI_ENVELOPE_KMS_KEY_GONE'
const refused = (detail: string) => kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_REFUSED', detail })
const unsupported = (detail: string) => kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_UNSUPPORTED', detail })

const call = <T>(signal: AbortSignal | undefined, work: (options: { abortSignal?: AbortSignal }) => Promise<T>): Promise<T> =>
  remoteCall(SERVICE, signal, () => work(signal === undefined ? {} : { abortSignal: signal }), explainAzure)
