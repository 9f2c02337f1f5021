/**
 * Google Cloud KMS: symmetric keys (purpose ENCRYPT_DECRYPT) of any protection level.
 *
 * The client is yours: pass a `KeyManagementServiceClient` of `@google-cloud/kms`, over gRPC or over REST (`fallback: true`).
 * This module imports nothing of it at run time. Prefer gRPC: over REST the client follows redirects, and sends the data key again
 * to wherever they point. Do not set `GOOGLE_SDK_NODE_LOGGING` in production: the client then logs whole
 * requests and answers, data keys included.
 *
 * @module @phi/envelope/gcp-kms
 */
import type { KeyManagementServiceClient } from '@google-cloud/kms'
import { fromBase64, isPhiError, utf8 } from '@phi/core'
import { lengthPrefixed } from '../length-prefixed.ts'
import { contextBytes, type WrapContext } from './context.ts'
import { crc32c } from './crc32c.ts'
import { type ClientError, explainGcp, isRefusal } from './gcp-faults.ts'
import type { KekDescription, KekDestruction, KekState, Kms } from './kms.ts'
import {
  assertDataKey,
  badOption,
  checkWrapped,
  instantOf,
  isNetworkFault,
  kmsFault,
  notAnAnswer,
  remoteCall,
  takeUnwrapped,
} from './remote.ts'

export interface GcpKmsOptions {
  /** A client of `@google-cloud/kms`. */
  readonly client: KeyManagementServiceClient
  /** The key that `wrap` uses, through its primary version: `projects/…/locations/…/keyRings/…/cryptoKeys/…`. */
  readonly key: string
  /** Milliseconds after which the client stops retrying one call, its retries included. Default 10,000; its own default is 600,000. */
  readonly timeoutMs?: number
}

const SERVICE = 'gcp-kms'
const MECHANISM = 'GOOGLE_SYMMETRIC_ENCRYPTION'
const KEY = /^projects\/[^/\s]+\/locations\/[^/\s]+\/keyRings\/[\w-]{1,63}\/cryptoKeys\/[\w-]{1,63}$/
const VERSION =
  /^(projects\/[^/\s]+\/locations\/[^/\s]+\/keyRings\/[\w-]{1,63}\/cryptoKeys\/[\w-]{1,63})\/cryptoKeyVersions\/[1-9]\d{0,9}$/
// Plaintext of 32 bytes makes about 120; the service's own limit for ciphertexts is far above (64 KiB and some).
const MOST_CIPHERTEXT = 4096

/**
 * A {@link Kms} on Google Cloud KMS. It needs cloudkms.cryptoKeyVersions.useToEncrypt and useToDecrypt, cryptoKeys.get,
 * cryptoKeyVersions.get and, to destroy, cryptoKeyVersions.destroy.
 *
 * The KEK that a record names is a key version. The service opens with whatever version of the key made a ciphertext, so the
 * associated data are the context and the version's name, each with its length before it: a record that names another version
 * than it was wrapped under does not open.
 * @throws PhiError PHI_ENVELOPE_OPTIONS
 */
export function gcpKms({ client, key, timeoutMs = 10_000 }: GcpKmsOptions): Kms {
  if (typeof key !== 'string' || !KEY.test(key)) throw badOption('key', 'must be the full name of a CryptoKey')
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1) throw badOption('timeoutMs', 'must be a positive number of milliseconds')

  const options = { timeout: timeoutMs }

  async function call<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return remoteCall(
      SERVICE,
      signal,
      async () => {
        // Otherwise a method starts this itself and throws its failure where nobody can catch it: the process would end.
        await client.initialize().catch((error: unknown) => {
          if (isNetworkFault(error)) throw error
          throw kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_DENIED', detail: 'the client could not load its credentials' })
        })
        return work()
      },
      explainGcp,
    )
  }

  async function describeVersion(name: string, signal: AbortSignal | undefined): Promise<KekDescription> {
    const [version] = await call(signal, () => client.getCryptoKeyVersion({ name }, options))
    return described(version, name)
  }

  async function describePrimary(name: string, signal: AbortSignal | undefined): Promise<KekDescription> {
    const [answer] = await call(signal, () => client.getCryptoKey({ name }, options))
    const primary = answer?.primary
    if (answer?.name !== name) throw notAnAnswer(SERVICE, 'the answer names another key')
    // A key of another purpose, or one whose primary version was never made, has none.
    if (primary === null || primary === undefined) throw unsupported('the key has no primary version to encrypt with')
    return described(primary, name)
  }

  const describe = (kek: string, signal: AbortSignal | undefined): Promise<KekDescription> => {
    if (VERSION.test(kek)) return describeVersion(kek, signal)
    if (KEY.test(kek)) return describePrimary(kek, signal)
    return Promise.reject(unsupported('not the name of a key or a version of Cloud KMS'))
  }

  /**
   * The service says FAILED_PRECONDITION of a version that is disabled, waits for its destruction, or is destroyed; which of them
   * stands only in a sentence. And Decrypt, which is asked of the key, never looks at the version that the record names. So after
   * such a failure the version is asked for: what is destroyed or never was is gone.
   */
  async function withState<T>(kek: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!isPhiError(error, 'PHI_ENVELOPE_KMS_KEY_UNUSABLE') && !isPhiError(error, 'PHI_ENVELOPE_KMS_REFUSED')) throw error
      let gone = false
      try {
        gone = (await describe(kek, signal)).state === 'destroyed'
      } catch (second) {
        gone = isPhiError(second, 'PHI_ENVELOPE_KMS_KEY_GONE')
      }
      throw gone
        ? kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_KEY_GONE', detail: 'the key version is destroyed or never was' })
        : error
    }
  }

  return {
    name: SERVICE,

    async wrap(request) {
      assertDataKey(SERVICE, request)
      const { dataKey, context, signal } = request
      const asked = request.kek ?? key
      const { kek } = VERSION.test(asked) ? { kek: asked } : await describe(asked, signal)
      const aad = associatedData(context, kek)
      const plaintext = ownBuffer(dataKey)
      const [answer] = await withState(kek, signal, () =>
        call(signal, () =>
          client.encrypt(
            {
              name: kek,
              plaintext,
              plaintextCrc32c: { value: crc32c(plaintext) },
              additionalAuthenticatedData: aad,
              additionalAuthenticatedDataCrc32c: { value: crc32c(aad) },
            },
            options,
          ),
        ),
      ).finally(() => plaintext.fill(0))
      if (answer.name !== kek) throw notAnAnswer(SERVICE, 'the answer names another key version')
      if (answer.verifiedPlaintextCrc32c !== true || answer.verifiedAdditionalAuthenticatedDataCrc32c !== true)
        throw notAnAnswer(SERVICE, 'the service did not verify the checksums of the request')
      const wrapped = checkWrapped(SERVICE, bytesOf(answer.ciphertext), dataKey, MOST_CIPHERTEXT)
      if (!sameChecksum(answer.ciphertextCrc32c, wrapped)) throw notAnAnswer(SERVICE, 'the checksum of the ciphertext is wrong')
      return { kek, mechanism: MECHANISM, wrapped }
    },

    async unwrap({ kek, mechanism, wrapped, context, signal }) {
      if (mechanism !== MECHANISM) throw refused('the record names a mechanism that is not of Cloud KMS')
      const name = VERSION.exec(kek)?.[1]
      if (name === undefined) throw refused('the record names no key version')
      if (wrapped.length === 0 || wrapped.length > MOST_CIPHERTEXT) throw refused('the wrapped key has an impossible length')
      const aad = associatedData(context, kek)
      const [answer] = await withState(kek, signal, () =>
        call(signal, () =>
          client
            .decrypt(
              {
                name,
                ciphertext: ownBuffer(wrapped),
                ciphertextCrc32c: { value: crc32c(wrapped) },
                additionalAuthenticatedData: aad,
                additionalAuthenticatedDataCrc32c: { value: crc32c(aad) },
              },
              options,
            )
            .catch((error: ClientError) => {
              throw isRefusal(error) ? refused('the service cannot decrypt it with this key and context') : error
            }),
        ),
      )
      const dataKey = takeUnwrapped(SERVICE, bytesOf(answer.plaintext), 32)
      if (sameChecksum(answer.plaintextCrc32c, dataKey)) return dataKey
      dataKey.fill(0)
      throw notAnAnswer(SERVICE, 'the checksum of the plaintext is wrong')
    },

    describe: (kek = key, { signal } = {}) => describe(kek, signal),

    async destroy(kek, { signal } = {}) {
      // A key cannot be destroyed as such, only its versions; "whichever is primary now" is not a name to destroy by.
      if (!VERSION.test(kek)) throw unsupported('destruction takes the name of a key version')
      const before = await describeVersion(kek, signal)
      // Asked a second time, the service answers FAILED_PRECONDITION.
      if (before.state === 'destroyed' || before.state === 'destruction-scheduled')
        return destruction(before, before.state, 'GetCryptoKeyVersion')
      const [answer] = await call(signal, () => client.destroyCryptoKeyVersion({ name: kek }, options))
      const after = described(answer, kek)
      // External keys are destroyed for Cloud KMS at once: the state is then DESTROYED.
      if (after.state === 'destroyed' || after.state === 'destruction-scheduled')
        return destruction(after, after.state, 'DestroyCryptoKeyVersion')
      throw notAnAnswer(SERVICE, 'the version does not wait for its destruction')
    },
  }
}

const associatedData = (context: WrapContext, version: string): Uint8Array =>
  lengthPrefixed([contextBytes(context), utf8(version)])

interface VersionAnswer {
  readonly name?: unknown
  readonly state?: unknown
  readonly protectionLevel?: unknown
  readonly destroyTime?: { readonly seconds?: unknown; readonly nanos?: unknown } | null
}

/** @param asked the version that was asked for, or the key whose primary version it is */
function described(version: VersionAnswer | null | undefined, asked: string): KekDescription {
  const name = version?.name
  const named = typeof name === 'string' ? VERSION.exec(name) : null
  if (version === null || version === undefined || named === null) throw notAnAnswer(SERVICE, 'no key version')
  if (named[0] !== asked && named[1] !== asked) throw notAnAnswer(SERVICE, 'the answer names another key version')
  const state = states[String(version.state)] ?? 'unknown'
  const seconds = Number(String(version.destroyTime?.seconds ?? Number.NaN))
  const destroyAt = instantOf(seconds * 1000)
  return {
    kek: named[0],
    state,
    protection: protections[String(version.protectionLevel)] ?? 'unknown',
    ...(state === 'destruction-scheduled' && destroyAt !== undefined ? { destroyAt } : {}),
  }
}

// google.cloud.kms.v1.CryptoKeyVersion.CryptoKeyVersionState; what is not here (pending, failed, external) is 'unknown'.
const states: Readonly<Record<string, KekState>> = {
  ENABLED: 'enabled',
  DISABLED: 'disabled',
  DESTROY_SCHEDULED: 'destruction-scheduled',
  DESTROYED: 'destroyed',
}

const protections: Readonly<Record<string, KekDescription['protection']>> = {
  SOFTWARE: 'software',
  HSM: 'hsm',
  HSM_SINGLE_TENANT: 'hsm',
  EXTERNAL: 'external',
  EXTERNAL_VPC: 'external',
}

const destruction = (
  { kek, destroyAt }: KekDescription,
  state: KekDestruction['state'],
  operation: string,
): KekDestruction => ({
  kek,
  state,
  ...(destroyAt === undefined ? {} : { destroyAt }),
  receipt: {
    service: SERVICE,
    operation,
    state: state === 'destroyed' ? 'DESTROYED' : 'DESTROY_SCHEDULED',
    ...(destroyAt === undefined ? {} : { destroyTime: destroyAt }),
  },
})

/**
 * The bytes at the start of a buffer of their own: over REST the client (proto3-json-serializer) reads a view from the start of
 * the buffer beneath it, wherever the view lies, and would send what lies there instead of the key.
 */
const ownBuffer = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes)

/** Over gRPC bytes come as a Buffer, over REST as one or as base64. */
function bytesOf(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return fromBase64(value)
  } catch {
    return undefined
  }
}

/** The service answers an Int64Value: a number, a decimal text or a Long. */
function sameChecksum(told: { readonly value?: unknown } | null | undefined, bytes: Uint8Array): boolean {
  return told?.value !== null && told?.value !== undefined && String(told.value) === String(crc32c(bytes))
}

const refused = (detail: string) => kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_REFUSED', detail })
const unsupported = (detail: string) => kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_UNSUPPORTED', detail })
