import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { gcmOpen, gcmSeal } from '../../src/crypto/node.ts'
import { type Answer, type Call, Loopback } from './loopback.ts'

/**
 * A server that speaks the wire form of AWS KMS (JSON 1.1, `TrentService`) for the six actions the adapter uses, as the API
 * reference documents them in November 2026 and the AWS SDK for JavaScript reads and writes them. It is not the service: it
 * verifies Signature Version 4, does AES-256-GCM under the encryption context, keeps key states, and knows no policies.
 */
export interface AwsServer {
  readonly loopback: Loopback
  readonly endpoint: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** Makes a key and answers its ARN. */
  createKey(options?: Partial<AwsKey>): string
  key(arn: string): AwsKey
  alias(name: string, arn: string): void
  forget(arn: string): void
  readonly actions: string[]
}

interface AwsKey {
  id: string
  region: string
  state: string
  origin: string
  usage: string
  rotationDays?: number
  nextRotation?: number
  deletionDate?: number
  material: Uint8Array
}

const ACCOUNT = '111122223333'
const SECRET = 'loopback-secret-made-for-this-test'
const ACCESS_KEY = 'AKIDLOOPBACK'

class Refused extends Error {
  constructor(
    readonly type: string,
    readonly text: string | null = null,
    readonly status = 400,
  ) {
    super(type)
  }
}

export async function startAws({ region = 'us-east-1' } = {}): Promise<AwsServer> {
  const keys = new Map<string, AwsKey>()
  const aliases = new Map<string, string>()
  const actions: string[] = []

  function find(keyId: unknown): AwsKey {
    if (typeof keyId !== 'string' || keyId === '')
      throw new Refused(
        'ValidationException',
        "1 validation error detected: Value null at 'keyId' failed to satisfy constraint",
      )
    const alias = /(?:^|:)(alias\/.+)$/.exec(keyId)
    const name = alias === null ? keyId : (aliases.get(alias[1] as string) ?? '')
    if (alias !== null && name === '') throw new Refused('NotFoundException', `Alias ${keyId} is not found.`)
    const arn = name.startsWith('arn:') ? name : arnOf(name, region)
    if (!arn.startsWith(`arn:aws:kms:${region}:`)) throw new Refused('NotFoundException', `Invalid arn ${arn.split(':')[3]}`)
    const key = keys.get(arn)
    if (key === undefined) throw new Refused('NotFoundException', `Key '${arn}' does not exist`)
    return key
  }

  function usable(keyId: unknown): AwsKey {
    const key = find(keyId)
    if (key.usage !== 'ENCRYPT_DECRYPT')
      throw new Refused('InvalidKeyUsageException', `${arnOf(key.id, region)} key usage is ${key.usage}`)
    if (key.state === 'Disabled') throw new Refused('DisabledException', `${arnOf(key.id, region)} is disabled.`)
    if (key.state === 'Unavailable') throw new Refused('KMSInvalidStateException', `${arnOf(key.id, region)} is unavailable.`)
    if (key.state !== 'Enabled') throw new Refused('KMSInvalidStateException', `${arnOf(key.id, region)} is pending deletion.`)
    return key
  }

  // Ciphertexts name their key, as the real ones do (in a form of their own): id ‖ nonce[12] ‖ GCM.
  const idBytes = (id: string) => Buffer.from(id.padEnd(40))
  const binding = (id: string, context: unknown) =>
    Buffer.from(JSON.stringify([id, Object.entries((context ?? {}) as Record<string, string>).sort()]))

  const handlers: Record<string, (input: Record<string, unknown>) => unknown> = {
    Encrypt({ KeyId, Plaintext, EncryptionContext }) {
      const plaintext = blob(Plaintext, 'plaintext', 4096)
      checkContext(EncryptionContext)
      const key = usable(KeyId)
      const nonce = randomBytes(12)
      const sealed = gcmSeal(key.material, nonce, plaintext, binding(key.id, EncryptionContext))
      const CiphertextBlob = Buffer.concat([idBytes(key.id), nonce, sealed]).toString('base64')
      return { CiphertextBlob, KeyId: arnOf(key.id, region), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }
    },
    Decrypt({ KeyId, CiphertextBlob, EncryptionContext }) {
      const bytes = blob(CiphertextBlob, 'ciphertextBlob', 6144)
      checkContext(EncryptionContext)
      const named = bytes.subarray(0, 40).toString().trim()
      const key = usable(KeyId ?? named)
      if (bytes.length < 69 || !/^[0-9a-z-]{36}$/.test(named)) throw new Refused('InvalidCiphertextException')
      if (named !== key.id)
        throw new Refused(
          'IncorrectKeyException',
          'The key ID in the request does not identify a CMK that can perform this operation.',
        )
      const plaintext = gcmOpen(key.material, bytes.subarray(40, 52), bytes.subarray(52), binding(key.id, EncryptionContext))
      if (plaintext === undefined) throw new Refused('InvalidCiphertextException')
      return {
        Plaintext: Buffer.from(plaintext).toString('base64'),
        KeyId: arnOf(key.id, region),
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        KeyMaterialId: createHash('sha256').update(key.material).digest('hex'),
      }
    },
    DescribeKey: ({ KeyId }) => {
      const key = find(KeyId)
      return {
        KeyMetadata: {
          AWSAccountId: ACCOUNT,
          Arn: arnOf(key.id, region),
          KeyId: key.id,
          KeyState: key.state,
          Enabled: key.state === 'Enabled',
          KeyUsage: key.usage,
          KeySpec: 'SYMMETRIC_DEFAULT',
          Origin: key.origin,
          MultiRegion: key.id.startsWith('mrk-'),
          ...(key.deletionDate === undefined ? {} : { DeletionDate: key.deletionDate }),
        },
      }
    },
    ScheduleKeyDeletion({ KeyId, PendingWindowInDays = 30 }) {
      const days = PendingWindowInDays as number
      if (String(KeyId).includes('alias/')) throw new Refused('InvalidArnException', 'Only key ids and key ARNs')
      if (days < 7 || days > 30) throw new Refused('ValidationException', 'pendingWindowInDays')
      const key = find(KeyId)
      if (key.state.startsWith('Pending'))
        throw new Refused('KMSInvalidStateException', `${arnOf(key.id, region)} is pending deletion.`)
      key.state = 'PendingDeletion'
      key.deletionDate = Math.floor(Date.now() / 1000) + days * 86_400
      return { KeyId: arnOf(key.id, region), KeyState: key.state, DeletionDate: key.deletionDate, PendingWindowInDays: days }
    },
    EnableKeyRotation({ KeyId, RotationPeriodInDays = 365 }) {
      const days = RotationPeriodInDays as number
      const key = usable(KeyId)
      if (key.origin !== 'AWS_KMS') throw new Refused('UnsupportedOperationException', 'origin')
      if (days < 90 || days > 2560) throw new Refused('ValidationException', 'rotationPeriodInDays')
      key.rotationDays = days
      key.nextRotation = Math.floor(Date.now() / 1000) + days * 86_400
      return {}
    },
    GetKeyRotationStatus({ KeyId }) {
      const key = find(KeyId)
      return {
        KeyId: arnOf(key.id, region),
        KeyRotationEnabled: key.rotationDays !== undefined,
        ...(key.rotationDays === undefined
          ? {}
          : {
              RotationPeriodInDays: key.rotationDays,
              NextRotationDate: key.nextRotation,
            }),
      }
    },
  }

  const loopback = new Loopback((call) => {
    try {
      verifySignature(call, region)
      if (call.headers['content-type'] !== 'application/x-amz-json-1.1') throw new Refused('SerializationException')
      const action = /^TrentService\.(\w+)$/.exec(String(call.headers['x-amz-target']))?.[1] ?? ''
      const handler = handlers[action]
      if (call.method !== 'POST' || call.path !== '/' || handler === undefined) throw new Refused('UnknownOperationException')
      actions.push(action)
      return amz(200, handler(JSON.parse(call.body)))
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return awsError(error.type, error.status, error.text)
    }
  })
  const port = await loopback.listen()
  return {
    loopback,
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET },
    actions,
    createKey(options = {}) {
      const key: AwsKey = {
        id: randomUUID(),
        region,
        state: 'Enabled',
        origin: 'AWS_KMS',
        usage: 'ENCRYPT_DECRYPT',
        material: randomBytes(32),
        ...options,
      }
      keys.set(arnOf(key.id, region), key)
      return arnOf(key.id, region)
    },
    key: (arn) => keys.get(arn) as AwsKey,
    alias: (name, arn) => void aliases.set(name, arn),
    forget: (arn) => void keys.delete(arn),
  }
}

export const awsError = (type: string, status = 400, text: string | null = null): Answer =>
  amz(status, { __type: type, ...(text === null ? {} : { message: text }) })

function amz(status: number, body: unknown): Answer {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() }
  return { status, headers, body: JSON.stringify(body) }
}

const arnOf = (id: string, region: string) => `arn:aws:kms:${region}:${ACCOUNT}:key/${id}`

function blob(value: unknown, field: string, most: number): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : Buffer.alloc(0)
  if (bytes.length < 1 || bytes.length > most)
    throw new Refused('ValidationException', `Value at '${field}' failed to satisfy constraint`)
  return bytes
}

function checkContext(context: unknown): void {
  if (context === undefined) return
  const pairs = Object.entries(context as Record<string, unknown>)
  if (pairs.some(([, value]) => typeof value !== 'string')) throw new Refused('SerializationException')
  if (Buffer.byteLength(JSON.stringify(pairs)) > 8192) throw new Refused('ValidationException', 'encryption context too long')
}

/** Signature Version 4, worked out again from the request as it came in. */
function verifySignature({ method, path, headers, body }: Call, region: string): void {
  const match =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/kms\/aws4_request, SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/.exec(
      String(headers.authorization),
    )
  if (match === null) throw new Refused('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const [, accessKey, date, signedRegion, signed, signature] = match as unknown as string[]
  if (accessKey !== ACCESS_KEY)
    throw new Refused('UnrecognizedClientException', 'The security token included in the request is invalid.')
  const names = (signed as string).split(';')
  if (!names.includes('host') || !names.includes('x-amz-date') || signedRegion !== region)
    throw new Refused('InvalidSignatureException', 'Credential should be scoped to a valid region.')
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const canonical = [
    method,
    path,
    '',
    ...names.map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    signed,
    hash(body),
  ].join('\n')
  const scope = `${date}/${region}/kms/aws4_request`
  const key = [date as string, region, 'kms', 'aws4_request'].reduce<string | Buffer>(
    (at, part) => hmac(at, part),
    `AWS4${SECRET}`,
  )
  const expected = hmac(key, ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash(canonical)].join('\n'))
  if (!timingSafeEqual(expected, Buffer.from(signature as string, 'hex')))
    throw new Refused(
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided.',
    )
}
