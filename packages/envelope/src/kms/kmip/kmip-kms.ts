import { equalBytes, isPhiError } from '@phi/core'
import { envelopeError } from '../../errors.ts'
import { contextBytes } from '../context.ts'
import { Gate } from '../hsm/gate.ts'
import { Unclear, unlessUnclear } from '../hsm/unclear.ts'
import type {
  KekDescription,
  KekDestruction,
  KekState,
  Kms,
  KmsCallOptions,
  UnwrapRequest,
  WrappedKey,
  WrapRequest,
} from '../kms.ts'
import { assertDataKey } from '../remote.ts'
import { KmipConnection } from './connection.ts'
import {
  currentVersion,
  findVersions,
  generateVersion,
  gone,
  isDestroyed,
  type KekVersion,
  namedVersion,
  weaknessOf,
} from './kek.ts'
import { formatKekName, type KekName, parseKekName } from './kek-name.ts'
import { decrypt, destroy, encrypt, getAttributes, IV, KEY, revoke, TAG } from './operations.ts'
import { type KmipOptions, type KmipSettings, parseKmipOptions } from './options.ts'
import { notAnAnswer, refusedWith, saysGone, toPhiError } from './result.ts'
import { state } from './tags.ts'

const MECHANISM = 'AES-256-GCM'

export interface KmipKms extends Kms {
  readonly name: 'kmip'
  close(): Promise<void>
}

/**
 * Keys on a server that speaks the Key Management Interoperability Protocol, version 1.4, over mutual TLS. The server encrypts
 * data keys with AES-256-GCM under a key that is not fetched from it, bound to their context as associated data.
 *
 * Each call opens a connection of its own. Make the key first, with {@link createKmipKek}. Whether the server would hand the key
 * to its owner is a matter of its policy: deny this client the operation Get.
 * @throws PhiError PHI_ENVELOPE_OPTIONS
 */
export function kmipKms(options: KmipOptions): KmipKms {
  const settings = parseKmipOptions(options)
  const client = clientOf(settings)

  return {
    name: 'kmip',

    async wrap(request: WrapRequest): Promise<WrappedKey> {
      assertDataKey('kmip', request)
      const { dataKey, context, kek, signal } = request
      return client.use(signal, async (connection) => {
        const version = await versionOf(connection, nameOf(settings, kek))
        const detail = weaknessOf(version)
        if (detail !== undefined) throw unusable(detail)
        const wrapped = await encrypt(connection, version.uid, dataKey, contextBytes(context))
        return { kek: fullName(settings, nameOf(settings, kek).label, version), mechanism: MECHANISM, wrapped }
      })
    },

    async unwrap({ kek, mechanism, wrapped, context, signal }: UnwrapRequest): Promise<Uint8Array> {
      if (mechanism !== MECHANISM || wrapped.length !== IV + KEY + TAG) throw notOurs('not wrapped by this adapter')
      const { label, version } = nameOf(settings, kek)
      if (version === undefined) throw notOurs('the name of the key names no version')
      return client.use(signal, (connection) =>
        unlessUnclear(
          () => open(connection, label, version, wrapped, contextBytes(context)),
          () => selfTest(connection, version.uid),
        ),
      )
    },

    async describe(kek?: string, { signal }: KmsCallOptions = {}): Promise<KekDescription> {
      const name = nameOf(settings, kek)
      return client.use(signal, async (connection) => {
        const version = await versionOf(connection, name)
        // KMIP has no word for where a server keeps its keys.
        return { kek: fullName(settings, name.label, version), state: stateOf(version), protection: 'unknown' }
      })
    },

    async destroy(kek: string, { signal }: KmsCallOptions = {}): Promise<KekDestruction> {
      const { label, version } = nameOf(settings, kek)
      if (version === undefined) {
        throw envelopeError('PHI_ENVELOPE_KMS_UNSUPPORTED', { detail: 'name the version that is to be destroyed' })
      }
      return client.use(signal, async (connection) => {
        const found = await namedVersion(connection, label, version)
        const receipt = { server: settings.server, uid: found.uid, ...(await destroyVersion(connection, found)) }
        return { kek: fullName(settings, label, found), state: 'destroyed', receipt }
      })
    },

    close: async () => client.close(),
  }
}

/**
 * Makes the key-encryption key: AES-256, generated on the server, for encryption and decryption, active.
 * @throws PhiError PHI_ENVELOPE_KEY_STATE when the server has a key with this label: see {@link rotateKmipKek}
 */
export const createKmipKek = (options: KmipOptions): Promise<KekDescription> => generate(options, 'create')

/**
 * Makes a new version under the same label, which wraps from now on. The older ones stay and unwrap, until the data keys are
 * rewrapped and they are destroyed.
 * @throws PhiError PHI_ENVELOPE_KMS_KEY_GONE when the server has no key with this label: see {@link createKmipKek}
 */
export const rotateKmipKek = (options: KmipOptions): Promise<KekDescription> => generate(options, 'rotate')

function generate(options: KmipOptions, step: 'create' | 'rotate'): Promise<KekDescription> {
  const settings = parseKmipOptions(options)
  return clientOf(settings).use(undefined, async (connection): Promise<KekDescription> => {
    const { label } = settings
    const before = await findVersions(connection, label)
    if (step === 'create' && before.length > 0) {
      throw envelopeError('PHI_ENVELOPE_KEY_STATE', { detail: 'the server has a key with this label already: rotate it' })
    }
    if (step === 'rotate' && before.length === 0) throw gone()
    const version = await generateVersion(connection, label, before)
    return { kek: fullName(settings, label, version), state: 'enabled', protection: 'unknown' }
  })
}

interface Client {
  use<T>(signal: AbortSignal | undefined, work: (connection: KmipConnection) => Promise<T>): Promise<T>
  close(): void
}

/** Opens a connection for each piece of work, so many at a time, and turns what it fails with into the codes of the contract. */
function clientOf(settings: KmipSettings): Client {
  const gate = new Gate(settings.maxConnections)
  let closed = false
  return {
    async use(signal, work) {
      await gate.enter(signal)
      let connection: KmipConnection | undefined
      try {
        if (closed) throw envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', { detail: 'the adapter was closed' })
        connection = await KmipConnection.open(settings, signal)
        return await work(connection)
      } catch (error) {
        throw toPhiError(error)
      } finally {
        connection?.close()
        gate.leave()
      }
    },
    close() {
      closed = true
    },
  }
}

const notOurs = (detail: string) => envelopeError('PHI_ENVELOPE_KMS_REFUSED', { detail })

const fullName = ({ server }: KmipSettings, label: string, { id, uid }: Pick<KekVersion, 'id' | 'uid'>): string =>
  formatKekName({ server, label, version: { id, uid } })

/** The key that is meant, on this server. A name of another server is refused: that its key is not here says nothing of it. */
function nameOf({ server, label }: KmipSettings, kek: string | undefined): KekName {
  if (kek === undefined) return { server, label }
  const name = parseKekName(kek)
  if (name === undefined) throw notOurs('the name of the key is not one that this adapter gives')
  if (name.server !== server) throw notOurs('the key lies on another server')
  return name
}

const versionOf = (connection: KmipConnection, { label, version }: KekName): Promise<KekVersion> =>
  version === undefined ? currentVersion(connection, label) : namedVersion(connection, label, version)

function stateOf({ attributes }: KekVersion): KekState {
  if (isDestroyed(attributes)) return 'destroyed'
  const { PreActive, Active, Deactivated, Compromised } = state
  const known: readonly unknown[] = [PreActive, Deactivated, Compromised]
  if (attributes.state === Active) return 'enabled'
  return known.includes(attributes.state) ? 'disabled' : 'unknown'
}

/**
 * Decrypts, and where the server does not, says why. Servers give one reason for several things, so the key itself is looked
 * at: a "permission denied" may be a key that is not active, and a failed decryption the key of another name.
 */
async function open(
  connection: KmipConnection,
  label: string,
  named: { readonly id: Uint8Array; readonly uid: string },
  wrapped: Uint8Array,
  aad: Uint8Array,
): Promise<Uint8Array> {
  try {
    return await decrypt(connection, named.uid, wrapped, aad)
  } catch (error) {
    if (isPhiError(error) || saysGone(error)) throw error
    const { attributes } = await namedVersion(connection, label, named)
    if (isDestroyed(attributes)) throw gone()
    if (attributes.state !== state.Active) throw unusable('the key is not active')
    throw saysNothing(error) ? new Unclear() : error
  }
}

/** PyKMIP answers GeneralFailure to a tag that does not fit; the standard has CryptographicFailure for it, among other things. */
const saysNothing = (error: unknown): boolean => refusedWith(error, 'CryptographicFailure', 'GeneralFailure', 'InvalidField')

/** What the server encrypts under this key, it must decrypt. */
async function selfTest(connection: KmipConnection, uid: string): Promise<void> {
  const known = new Uint8Array(KEY).fill(0x5a)
  const aad = Uint8Array.of(0)
  try {
    const back = await decrypt(connection, uid, await encrypt(connection, uid, known, aad), aad)
    if (!equalBytes(back, known)) throw notAnAnswer('the server does not decrypt what it encrypted')
  } catch (error) {
    throw saysNothing(error) ? new Unclear() : toPhiError(error)
  }
}

const unusable = (detail: string) => envelopeError('PHI_ENVELOPE_KMS_KEY_UNUSABLE', { detail })

/** Revokes an active key, destroys it, and asks for it once more. */
async function destroyVersion(connection: KmipConnection, version: KekVersion): Promise<Record<string, string>> {
  const { uid, attributes } = version
  if (isDestroyed(attributes)) return { State: 'Destroyed' }
  const active = attributes.state === state.Active
  if (active) await revoke(connection, uid)
  await destroy(connection, uid)
  const done = { ...(active && { Revoke: 'Success' }), Destroy: 'Success' }
  try {
    if (isDestroyed(await getAttributes(connection, uid))) return { ...done, State: 'Destroyed' }
  } catch (error) {
    if (saysGone(error)) return { ...done, GetAttributes: 'ItemNotFound' }
    throw error
  }
  throw notAnAnswer('the server says it destroyed the key, and still has it')
}
