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
import { fromBase64, utf8 } from '@phi/core'
import { contextBytes, lengthPrefixed, type WrapContext } from './context.ts'
import { crc32c } from './crc32c.ts'
import type { KekDescription, KekDestruction, KekState, Kms } from './kms.ts'
import {
  assertDataKey,
  badOption,
  checkWrapped,
  type FaultReport,
  instantOf,
  isNetworkFault,
  type KmsFault,
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
        await client.initialize()
        return work()
      },
      explain,
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
   * The service says FAILED_PRECONDITION of a version that is disabled, waits for its destruction, or is destroyed. Which of them
   * stands only in a sentence, so it is asked.
   */
  async function withState<T>(kek: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'PHI_ENVELOPE_KMS_KEY_UNUSABLE') throw error
      const state = await describe(kek, signal).then(
        (told) => told.state,
        () => 'unknown',
      )
      throw state === 'destroyed'
        ? kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_KEY_GONE', detail: 'the version is destroyed' })
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
      const [answer] = await withState(kek, signal, () =>
        call(signal, () =>
          client.encrypt(
            {
              name: kek,
              plaintext: dataKey,
              plaintextCrc32c: { value: crc32c(dataKey) },
              additionalAuthenticatedData: aad,
              additionalAuthenticatedDataCrc32c: { value: crc32c(aad) },
            },
            options,
          ),
        ),
      )
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
                ciphertext: wrapped,
                ciphertextCrc32c: { value: crc32c(wrapped) },
                additionalAuthenticatedData: aad,
                additionalAuthenticatedDataCrc32c: { value: crc32c(aad) },
              },
              options,
            )

            .catch((error: ClientError) => {
              throw refusal(error) ? refused('the service cannot decrypt it with this key and context') : error
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

// google.rpc.Code by number and name. UNKNOWN (2), ALREADY_EXISTS (6), OUT_OF_RANGE (11) and DATA_LOSS (15) are no errors of
// these methods, and INVALID_ARGUMENT (3) says that this module and the service do not understand each other.
const faults: Readonly<Record<string, KmsFault>> = {
  CANCELLED: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  DEADLINE_EXCEEDED: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  NOT_FOUND: 'PHI_ENVELOPE_KMS_KEY_GONE',
  PERMISSION_DENIED: 'PHI_ENVELOPE_KMS_DENIED',
  RESOURCE_EXHAUSTED: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  FAILED_PRECONDITION: 'PHI_ENVELOPE_KMS_KEY_UNUSABLE',
  ABORTED: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  UNIMPLEMENTED: 'PHI_ENVELOPE_KMS_UNSUPPORTED',
  INTERNAL: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  UNAVAILABLE: 'PHI_ENVELOPE_KMS_UNAVAILABLE',
  UNAUTHENTICATED: 'PHI_ENVELOPE_KMS_DENIED',
}
const names: Readonly<Record<number, string>> = {
  1: 'CANCELLED',
  3: 'INVALID_ARGUMENT',
  4: 'DEADLINE_EXCEEDED',
  5: 'NOT_FOUND',
  7: 'PERMISSION_DENIED',
  8: 'RESOURCE_EXHAUSTED',
  9: 'FAILED_PRECONDITION',
  10: 'ABORTED',
  12: 'UNIMPLEMENTED',
  13: 'INTERNAL',
  14: 'UNAVAILABLE',
  16: 'UNAUTHENTICATED',
}

interface ClientError {
  /** Of gRPC: 1 to 16. Over REST the HTTP status, with the body of the answer as `message`; or a text such as ECONNRESET. */
  readonly code?: unknown
  readonly message?: unknown
}

/** The name of the google.rpc.Code that the service answered with, over either transport. */
function codeName({ code, message }: ClientError): string | undefined {
  if (typeof code !== 'number') return undefined
  if (code < 100) return names[code]
  try {
    const status: unknown = JSON.parse(String(message)).error.status
    return typeof status === 'string' ? status : undefined
  } catch {
    return undefined
  }
}

/**
 * INVALID_ARGUMENT to Decrypt is how the service says that a ciphertext does not verify. It says it of a checksum that was wrong
 * on arrival too, which is damage on the way.
 */
const refusal = (error: ClientError): boolean => codeName(error) === 'INVALID_ARGUMENT' && !damagedOnTheWay(error)

const damagedOnTheWay = ({ message }: ClientError): boolean => /checksum|crc32c/i.test(String(message))

function explain(thrown: unknown): FaultReport {
  const error = (thrown ?? {}) as ClientError
  const status = typeof error.code === 'number' && error.code >= 100 ? { status: error.code } : {}
  const name = codeName(error)
  if (name === 'INVALID_ARGUMENT' && damagedOnTheWay(error))
    return { fault: 'PHI_ENVELOPE_KMS_UNAVAILABLE', detail: 'the request was damaged on the way', ...status }
  if (name !== undefined && Object.hasOwn(faults, name)) return { fault: faults[name] as KmsFault, error: name, ...status }
  // An HTTP status without the service's own error: a proxy between.
  if (status.status === 429 || (status.status ?? 0) >= 500) return { fault: 'PHI_ENVELOPE_KMS_UNAVAILABLE', ...status }
  if (isNetworkFault(thrown)) return { fault: 'PHI_ENVELOPE_KMS_UNAVAILABLE' }
  return { fault: 'PHI_ENVELOPE_KMS_ANSWER', detail: 'neither an answer nor an error of Cloud KMS', ...status }
}
