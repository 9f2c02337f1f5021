/**
 * AWS KMS: symmetric KMS keys of any origin (AWS_KMS, EXTERNAL, CloudHSM and external key stores).
 *
 * The AWS SDK is yours: pass a `KMSClient` with its credentials, region, retries and time limits. Data keys go to the service
 * through Encrypt and Decrypt with an encryption context, which CloudTrail keeps in clear for years: it holds the tenant, the
 * purpose, the data key's id, and a digest of the whole context. A patient's id is only in the digest.
 *
 * @module @phi/envelope/aws-kms
 */
import {
  DecryptCommand,
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetKeyRotationStatusCommand,
  type KeyMetadata,
  type KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { toBase64 } from '@phi/core'
import { explainAws } from './aws-faults.ts'
import { contextDigest, type WrapContext } from './context.ts'
import type { KekDescription, KekDestruction, KekState, Kms, KmsCallOptions } from './kms.ts'
import {
  assertDataKey,
  badOption,
  checkWrapped,
  instantOf,
  kmsFault,
  notAnAnswer,
  remoteCall,
  shownRequestId,
  takeUnwrapped,
} from './remote.ts'

export interface AwsKmsOptions {
  /** A client of `@aws-sdk/client-kms`. Its `maxAttempts` (3 unless set) and time limits hold; leave its `logger` unset. */
  readonly client: KMSClient
  /** The key that `wrap` uses: an id, an ARN, or an alias (`alias/phi`). Records keep the key's ARN, as the service answers it. */
  readonly keyId: string
  /** Days between `destroy` and the destruction, 7 to 30. Default 30, the longest: it is the time in which a mistake is found. */
  readonly deletionWindowDays?: number
  /**
   * For multi-Region keys: a record that names the same key (same account and `mrk-…` id) in another region is sent to this
   * client's region, where the replica opens it. Default false: another region is refused.
   */
  readonly multiRegion?: boolean
}

const SERVICE = 'aws-kms'
const MECHANISM = 'SYMMETRIC_DEFAULT'
const KEY_ARN = /^arn:(aws[a-z-]*):kms:([a-z0-9-]+):(\d{12}):key\/([0-9A-Za-z-]{1,256})$/
// Encrypt answers with at most this many bytes (API reference, CiphertextBlob).
const MOST_CIPHERTEXT = 6144

/**
 * A {@link Kms} on AWS KMS. It needs kms:Encrypt, kms:Decrypt, kms:DescribeKey and, to destroy, kms:ScheduleKeyDeletion.
 *
 * AWS rotates key material inside a key whose ARN stays the same: after a rotation `describe` names the same KEK, old records
 * open as before, and there is nothing to rewrap.
 * @throws PhiError PHI_ENVELOPE_OPTIONS
 */
export function awsKms({ client, keyId, deletionWindowDays = 30, multiRegion = false }: AwsKmsOptions): Kms {
  if (typeof keyId !== 'string' || keyId === '') throw badOption('keyId', 'names no key')
  if (!Number.isInteger(deletionWindowDays) || deletionWindowDays < 7 || deletionWindowDays > 30)
    throw badOption('deletionWindowDays', 'must be 7 to 30 days')

  /** The KMS's name for a key in this client's region. KMS answers NotFoundException for another region's: that is no loss of a key. */
  async function here(kek: string): Promise<string> {
    const arn = KEY_ARN.exec(kek)
    if (arn === null) return kek
    const region = await client.config.region()
    if (arn[2] === region) return kek
    if (multiRegion && arn[4]?.startsWith('mrk-')) return `arn:${arn[1]}:kms:${region}:${arn[3]}:key/${arn[4]}`
    throw kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_UNSUPPORTED', detail: 'the key lies in another region than the client' })
  }

  return {
    name: SERVICE,

    async wrap(request) {
      assertDataKey(SERVICE, request)
      const { dataKey, context, kek, signal } = request
      const answer = await call(signal, async (options) => {
        const KeyId = await here(kek ?? keyId)
        return client.send(
          new EncryptCommand({ KeyId, Plaintext: dataKey, EncryptionContext: encryptionContext(context) }),
          options,
        )
      })
      const wrapped = checkWrapped(SERVICE, answer.CiphertextBlob, dataKey, MOST_CIPHERTEXT)
      return { kek: keyArn(answer.KeyId, kek), mechanism: MECHANISM, wrapped }
    },

    async unwrap({ kek, mechanism, wrapped, context, signal }) {
      if (mechanism !== MECHANISM) throw refused('the record names a mechanism that is not of AWS KMS')
      if (!KEY_ARN.test(kek)) throw refused('the record names no key ARN')
      if (wrapped.length === 0 || wrapped.length > MOST_CIPHERTEXT) throw refused('the wrapped key has an impossible length')
      const answer = await call(signal, async (options) => {
        // KeyId always: without it KMS would open with whatever key of whatever account the ciphertext names.
        const KeyId = await here(kek)
        const command = new DecryptCommand({
          KeyId,
          CiphertextBlob: wrapped,
          EncryptionContext: encryptionContext(context),
        })
        return { KeyId, answered: await client.send(command, options) }
      })
      const dataKey = takeUnwrapped(SERVICE, answer.answered.Plaintext, 32)
      if (answer.answered.KeyId === answer.KeyId) return dataKey
      dataKey.fill(0)
      throw notAnAnswer(SERVICE, 'the answer names another key')
    },

    describe: (kek = keyId, options = {}) => describeKey(client, () => here(kek), options, kek),

    async destroy(kek, options = {}) {
      // An alias may point elsewhere by the time it is read: only the name that records keep is taken.
      if (!KEY_ARN.test(kek))
        throw kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_UNSUPPORTED', detail: 'destruction takes the ARN of a key' })
      const before = await describeKey(client, () => here(kek), options, kek)
      // KMS answers a second ScheduleKeyDeletion with KMSInvalidStateException; the present state is what was asked for.
      if (before.state === 'destruction-scheduled')
        return destruction(before.kek, before.destroyAt, { operation: 'DescribeKey', keyState: 'PendingDeletion' })
      const answer = await call(options.signal, (sending) =>
        client.send(new ScheduleKeyDeletionCommand({ KeyId: before.kek, PendingWindowInDays: deletionWindowDays }), sending),
      )
      const state = answer.KeyState
      if (state !== 'PendingDeletion' && state !== 'PendingReplicaDeletion')
        throw notAnAnswer(SERVICE, 'the key does not wait for its deletion')
      const requestId = shownRequestId(answer.$metadata.requestId)
      return destruction(keyArn(answer.KeyId, before.kek), instantOf(answer.DeletionDate), {
        operation: 'ScheduleKeyDeletion',
        keyState: state,
        ...(requestId === undefined ? {} : { requestId }),
      })
    },
  }
}

export interface AwsRotation {
  /** The key's ARN, or the name that was asked for where the service answers none. */
  readonly kek: string
  readonly enabled: boolean
  /** Days between automatic rotations. */
  readonly everyDays?: number
  /** When KMS rotates next, RFC 3339 UTC with milliseconds. */
  readonly nextAt?: string
}

/**
 * Whether AWS KMS rotates the key by itself, and how often (GetKeyRotationStatus).
 * @param keyId a key id or ARN; KMS takes no alias here
 * @throws PhiError with the codes of {@link Kms}
 */
export async function awsRotation(client: KMSClient, keyId: string, options: KmsCallOptions = {}): Promise<AwsRotation> {
  const answer = await call(options.signal, (sending) =>
    client.send(new GetKeyRotationStatusCommand({ KeyId: keyId }), sending),
  )
  if (typeof answer.KeyRotationEnabled !== 'boolean') throw notAnAnswer(SERVICE, 'no rotation status')
  const nextAt = instantOf(answer.NextRotationDate)
  return {
    kek: answer.KeyId ?? keyId,
    enabled: answer.KeyRotationEnabled,
    ...(answer.RotationPeriodInDays === undefined ? {} : { everyDays: answer.RotationPeriodInDays }),
    ...(nextAt === undefined ? {} : { nextAt }),
  }
}

/**
 * Has AWS KMS rotate the key by itself every `everyDays` days, 90 to 2560, and answers what the service then says
 * (EnableKeyRotation, RotationPeriodInDays). Not for imported material or custom key stores: KMS refuses those.
 * @throws PhiError PHI_ENVELOPE_OPTIONS, PHI_ENVELOPE_KMS_ANSWER when the service then says otherwise, and the codes of {@link Kms}
 */
export async function enableAwsRotation(
  client: KMSClient,
  keyId: string,
  { everyDays = 90, ...options }: KmsCallOptions & { readonly everyDays?: number } = {},
): Promise<AwsRotation> {
  if (!Number.isInteger(everyDays) || everyDays < 90 || everyDays > 2560)
    throw badOption('everyDays', 'must be 90 to 2560 days')
  await call(options.signal, (sending) =>
    client.send(new EnableKeyRotationCommand({ KeyId: keyId, RotationPeriodInDays: everyDays }), sending),
  )
  const rotation = await awsRotation(client, keyId, options)
  if (!rotation.enabled || rotation.everyDays !== everyDays) throw notAnAnswer(SERVICE, 'the rotation was not enabled')
  return rotation
}

const encryptionContext = (context: WrapContext): Record<string, string> => ({
  'phi-tenant': context.tenant,
  'phi-purpose': context.purpose,
  'phi-key-id': context.id,
  'phi-context': toBase64(contextDigest(context)),
})

async function describeKey(
  client: KMSClient,
  name: () => Promise<string>,
  { signal }: KmsCallOptions,
  asked: string,
): Promise<KekDescription> {
  const { KeyMetadata: key } = await call(signal, async (sending) =>
    client.send(new DescribeKeyCommand({ KeyId: await name() }), sending),
  )
  if (key === undefined) throw notAnAnswer(SERVICE, 'no key metadata')
  const destroyAt = instantOf(key.DeletionDate)
  const state = stateOf(key)
  return {
    kek: keyArn(key.Arn, asked),
    state,
    protection: protectionOf(key),
    ...(state === 'destruction-scheduled' && destroyAt !== undefined ? { destroyAt } : {}),
  }
}

function stateOf({ KeyState }: KeyMetadata): KekState {
  switch (KeyState) {
    case 'Enabled':
      return 'enabled'
    // PendingImport: the imported material expired or was deleted, and comes back only by importing it again.
    case 'Disabled':
    case 'PendingImport':
      return 'disabled'
    // A primary key with replicas waits for them (PendingReplicaDeletion) before its own waiting time begins: it has no date yet.
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
      return 'destruction-scheduled'
    default:
      return 'unknown'
  }
}

/** Keys of origin AWS_KMS and EXTERNAL (imported) live in the HSMs of KMS, those of a CloudHSM store in the customer's. */
function protectionOf({ Origin }: KeyMetadata): KekDescription['protection'] {
  if (Origin === 'EXTERNAL_KEY_STORE') return 'external'
  return Origin === 'AWS_KMS' || Origin === 'EXTERNAL' || Origin === 'AWS_CLOUDHSM' ? 'hsm' : 'unknown'
}

/** The ARN in an answer. Where an ARN was asked for, the account and the key id must be its own; the region may be a replica's. */
function keyArn(answered: string | undefined, asked: string | undefined): string {
  const arn = KEY_ARN.exec(answered ?? '')
  const own = KEY_ARN.exec(asked ?? '')
  if (arn === null) throw notAnAnswer(SERVICE, 'no key ARN')
  if (own !== null && (arn[3] !== own[3] || arn[4] !== own[4])) throw notAnAnswer(SERVICE, 'the answer names another key')
  return arn[0]
}

const destruction = (kek: string, destroyAt: string | undefined, receipt: Record<string, string>): KekDestruction => ({
  kek,
  state: 'destruction-scheduled',
  ...(destroyAt === undefined ? {} : { destroyAt }),
  receipt: { service: SERVICE, ...receipt, ...(destroyAt === undefined ? {} : { deletionDate: destroyAt }) },
})

const refused = (detail: string) => kmsFault(SERVICE, { fault: 'PHI_ENVELOPE_KMS_REFUSED', detail })

const call = <T>(signal: AbortSignal | undefined, work: (sending: { abortSignal?: AbortSignal }) => Promise<T>): Promise<T> =>
  remoteCall(SERVICE, signal, () => work(signal === undefined ? {} : { abortSignal: signal }), explainAws)
