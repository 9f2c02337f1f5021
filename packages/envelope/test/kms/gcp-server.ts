import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { gcmOpen, gcmSeal } from '../../src/crypto/node.ts'
import { crc32c } from '../../src/kms/crc32c.ts'
import { type Answer, json, Loopback } from './loopback.ts'

/**
 * A server that speaks Google Cloud KMS v1, over REST (JSON) and over gRPC, for the five methods the adapter uses, as its
 * reference documents them in November 2026 and the Google Cloud client reads and writes them. It is not the service: it checks
 * that there is a bearer token and that checksums fit, does AES-256-GCM with associated data, keeps version states, and knows no
 * IAM.
 */
export interface GcpServer {
  readonly loopback: Loopback
  readonly restPort: number
  readonly grpcPort: number
  /** What every gRPC call is answered with instead: a status, or nothing at all. */
  grpcFault: { readonly code: number; readonly message: string } | 'hang' | undefined
  readonly grpcCalls: string[]
  /** Makes a key with one version and answers its name. */
  createKey(id: string, options?: Partial<Version>): string
  /** Makes a new version and makes it primary. Answers its name. */
  rotate(key: string): string
  version(name: string): Version
  /** Destroys every version that waits for its destruction. */
  elapse(): void
  close(): void
}

interface Version {
  name: string
  state: State
  protectionLevel: number
  destroyTime?: number
  material: Uint8Array
}

// CryptoKeyVersionState
const states = { PENDING_GENERATION: 5, ENABLED: 1, DISABLED: 2, DESTROYED: 3, DESTROY_SCHEDULED: 4 } as const
type State = keyof typeof states

class Refused extends Error {
  constructor(
    readonly code: number,
    readonly status: string,
    readonly http: number,
    message: string,
  ) {
    super(message)
  }
}
const invalid = (message: string) => new Refused(3, 'INVALID_ARGUMENT', 400, message)

/** A message of either transport with bytes as Buffers and checksums as decimal texts. */
interface Message {
  readonly name: string
  readonly plaintext?: Buffer | undefined
  readonly ciphertext?: Buffer | undefined
  readonly additionalAuthenticatedData?: Buffer | undefined
  readonly checksums: { readonly [field: string]: string | undefined }
}

interface Answered {
  [field: string]: Buffer | string | boolean | number | Record<string, unknown> | undefined
}

interface StoredKey {
  versions: Version[]
  primary: string
}

class Service {
  readonly keys = new Map<string, StoredKey>()

  version(name: string): Version {
    const key = this.keys.get(name.split('/cryptoKeyVersions/')[0] as string)
    const version = key?.versions.find((each) => each.name === (name.includes('/cryptoKeyVersions/') ? name : key.primary))
    if (version === undefined) throw new Refused(5, 'NOT_FOUND', 404, `${name} not found.`)
    return version
  }

  #usable(name: string): Version {
    const version = this.version(name)
    if (version.state !== 'ENABLED')
      throw new Refused(9, 'FAILED_PRECONDITION', 400, `${version.name} is not enabled, current state is: ${version.state}.`)
    return version
  }

  encrypt({
    name,
    plaintext = Buffer.alloc(0),
    additionalAuthenticatedData: aad = Buffer.alloc(0),
    checksums,
  }: Message): Answered {
    if (plaintext.length > 65_536 || aad.length > 65_536) throw invalid('too large')
    const verified = {
      plaintext: check('plaintext', plaintext, checksums),
      aad: check('additionalAuthenticatedData', aad, checksums),
    }
    const version = this.#usable(name)
    const nonce = randomBytes(12)
    const number = Number(version.name.split('/').at(-1))
    const ciphertext = Buffer.concat([Buffer.from([number]), nonce, gcmSeal(version.material, nonce, plaintext, aad)])
    return {
      name: version.name,
      ciphertext,
      ciphertextCrc32c: String(crc32c(ciphertext)),
      verifiedPlaintextCrc32c: verified.plaintext,
      verifiedAdditionalAuthenticatedDataCrc32c: verified.aad,
      protectionLevel: version.protectionLevel,
    }
  }

  /** Takes the key, not a version, and opens with the version that the ciphertext names. */
  decrypt({
    name,
    ciphertext = Buffer.alloc(0),
    additionalAuthenticatedData: aad = Buffer.alloc(0),
    checksums,
  }: Message): Answered {
    if (name.includes('/cryptoKeyVersions/')) throw invalid('name must be a CryptoKey')
    check('ciphertext', ciphertext, checksums)
    check('additionalAuthenticatedData', aad, checksums)
    const key = this.keys.get(name)
    if (key === undefined) throw new Refused(5, 'NOT_FOUND', 404, `CryptoKey ${name} not found.`)
    const failed = invalid("Decryption failed: verify that 'name' refers to the correct CryptoKey.")
    const made = key.versions.find((each) => each.name.endsWith(`/${ciphertext[0]}`))
    if (made === undefined || ciphertext.length < 29) throw failed
    const version = this.#usable(made.name)
    const plaintext = gcmOpen(version.material, ciphertext.subarray(1, 13), ciphertext.subarray(13), aad)
    if (plaintext === undefined) throw failed
    return {
      plaintext: Buffer.from(plaintext),
      plaintextCrc32c: String(crc32c(plaintext)),
      usedPrimary: key.primary === version.name,
      protectionLevel: version.protectionLevel,
    }
  }

  destroy(name: string): Version {
    const version = this.version(name)
    if (version.state === 'DESTROYED' || version.state === 'DESTROY_SCHEDULED')
      throw new Refused(9, 'FAILED_PRECONDITION', 400, `${name} is not enabled, current state is: ${version.state}.`)
    version.state = 'DESTROY_SCHEDULED'
    version.destroyTime = Math.floor(Date.now() / 1000) + 30 * 86_400
    return version
  }
}

function check(field: string, bytes: Buffer, checksums: Message['checksums']): boolean {
  const told = checksums[field]
  if (told !== undefined && told !== String(crc32c(bytes)))
    throw invalid(`The checksum in field ${field}_crc32c did not match the data in field ${field}.`)
  return told !== undefined
}

export async function startGcp(): Promise<GcpServer> {
  const service = new Service()
  const loopback = new Loopback((call) => {
    try {
      if (!/^Bearer \S+$/.test(call.headers.authorization ?? ''))
        throw new Refused(16, 'UNAUTHENTICATED', 401, 'Request is missing required authentication credential.')
      return rest(service, call.method, call.path, call.body)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return json(error.http, { error: { code: error.http, message: error.message, status: error.status } })
    }
  })
  const restPort = await loopback.listen()
  const { port, close, control } = await startGrpc(service)
  const ring = 'projects/p-1/locations/us-east1/keyRings/phi/cryptoKeys'
  const add = (key: string, options: Partial<Version> = {}) => {
    const stored = service.keys.get(key) ?? { versions: [], primary: '' }
    const name = `${key}/cryptoKeyVersions/${stored.versions.length + 1}`
    stored.versions.push({ name, state: 'ENABLED', protectionLevel: 2, material: randomBytes(32), ...options })
    stored.primary = name
    service.keys.set(key, stored)
    return name
  }
  return Object.assign(control, {
    loopback,
    restPort,
    grpcPort: port,
    createKey: (id: string, options?: Partial<Version>) => {
      add(`${ring}/${id}`, options)
      return `${ring}/${id}`
    },
    rotate: (key: string) => add(key),
    version: (name: string) => service.version(name),
    elapse() {
      for (const { versions } of service.keys.values())
        for (const version of versions) if (version.state === 'DESTROY_SCHEDULED') version.state = 'DESTROYED'
    },
    close() {
      loopback.close()
      close()
    },
  })
}

const bytes = (value: unknown) => (typeof value === 'string' ? Buffer.from(value, 'base64') : undefined)
const text = (value: unknown) => (value === undefined || value === null ? undefined : String(value))

function rest(service: Service, method: string, path: string, body: string): Answer {
  const [name = '', verb] = path.replace(/^\/v1\//, '').split(':')
  const input = (body === '' ? {} : JSON.parse(body)) as Record<string, unknown>
  const message: Message = {
    name,
    plaintext: bytes(input.plaintext),
    ciphertext: bytes(input.ciphertext),
    additionalAuthenticatedData: bytes(input.additionalAuthenticatedData),
    checksums: {
      plaintext: text(input.plaintextCrc32c),
      ciphertext: text(input.ciphertextCrc32c),
      additionalAuthenticatedData: text(input.additionalAuthenticatedDataCrc32c),
    },
  }
  const written = (answer: Answered) =>
    json(
      200,
      Object.fromEntries(
        Object.entries(answer).map(([field, value]) => [field, Buffer.isBuffer(value) ? value.toString('base64') : value]),
      ),
    )
  const shown = (version: Version) => ({
    name: version.name,
    state: states[version.state],
    protectionLevel: version.protectionLevel,
    algorithm: 1,
    ...(version.destroyTime === undefined ? {} : { destroyTime: new Date(version.destroyTime * 1000).toISOString() }),
  })
  if (method === 'POST' && verb === 'encrypt') return written(service.encrypt(message))
  if (method === 'POST' && verb === 'decrypt') return written(service.decrypt(message))
  if (method === 'POST' && verb === 'destroy') return json(200, shown(service.destroy(name)))
  if (method === 'GET' && name.includes('/cryptoKeyVersions/')) return json(200, shown(service.version(name)))
  if (method === 'GET') return json(200, { name, primary: shown(service.version(name)), purpose: 1 })
  throw new Refused(5, 'NOT_FOUND', 404, 'no such method')
}

interface GrpcCall {
  readonly request: Record<string, unknown>
  readonly metadata: { get(name: string): unknown[] }
}
type GrpcCallback = (error: { code: number; details: string } | null, answer?: unknown) => void
/** As much of @grpc/grpc-js and @grpc/proto-loader, which come with the client, as is used here. */
interface GrpcModule {
  Server: new () => {
    addService(service: unknown, handlers: Record<string, (call: GrpcCall, callback: GrpcCallback) => void>): void
    bindAsync(address: string, credentials: unknown, done: (error: Error | null, port: number) => void): void
    forceShutdown(): void
  }
  ServerCredentials: { createInsecure(): unknown }
  loadPackageDefinition(definition: unknown): {
    google: { cloud: { kms: { v1: { KeyManagementService: { service: unknown } } } } }
  }
}

const fromClient = createRequire(createRequire(import.meta.url).resolve('@google-cloud/kms'))
const fromGax = createRequire(fromClient.resolve('google-gax'))

const grpc = fromGax('@grpc/grpc-js') as GrpcModule
let definition: unknown

/** What the service offers, read once from what the client brings along: that takes half a second. */
function serviceDefinition(): unknown {
  if (definition !== undefined) return definition
  const loader = fromGax('@grpc/proto-loader') as { fromJSON(json: unknown, options: unknown): unknown }
  const loaded = loader.fromJSON(fromClient('../protos/protos.json'), { longs: String, enums: Number, defaults: true })
  definition = grpc.loadPackageDefinition(loaded).google.cloud.kms.v1.KeyManagementService.service
  return definition
}

async function startGrpc(service: Service) {
  const server = new grpc.Server()
  const control: Pick<GcpServer, 'grpcFault' | 'grpcCalls'> = { grpcFault: undefined, grpcCalls: [] }

  const handler = (method: string, work: (request: Message) => unknown) => (call: GrpcCall, callback: GrpcCallback) => {
    control.grpcCalls.push(method)
    if (control.grpcFault === 'hang') return
    if (control.grpcFault !== undefined) return callback({ code: control.grpcFault.code, details: control.grpcFault.message })
    const value = (field: string) => call.request[field] as Buffer | undefined
    const checksum = (field: string) => text((call.request[`${field}Crc32c`] as { value?: unknown } | null)?.value)
    try {
      const answer = work({
        name: String(call.request.name),
        plaintext: value('plaintext'),
        ciphertext: value('ciphertext'),
        additionalAuthenticatedData: value('additionalAuthenticatedData'),
        checksums: {
          plaintext: checksum('plaintext'),
          ciphertext: checksum('ciphertext'),
          additionalAuthenticatedData: checksum('additionalAuthenticatedData'),
        },
      }) as Answered
      const wrapped = Object.entries(answer).map(([field, each]) => [
        field,
        field.endsWith('Crc32c') && !field.startsWith('verified') ? { value: each } : each,
      ])
      callback(null, Object.fromEntries(wrapped))
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      callback({ code: error.code, details: error.message })
    }
  }
  const shown = ({ name, state, protectionLevel, destroyTime }: Version): Answered => ({
    name,
    state: states[state],
    protectionLevel,
    ...(destroyTime === undefined ? {} : { destroyTime: { seconds: String(destroyTime), nanos: 0 } }),
  })
  server.addService(serviceDefinition(), {
    encrypt: handler('encrypt', (request) => service.encrypt(request)),
    decrypt: handler('decrypt', (request) => service.decrypt(request)),
    getCryptoKey: handler('getCryptoKey', ({ name }) => ({ name, purpose: 1, primary: shown(service.version(name)) })),
    getCryptoKeyVersion: handler('getCryptoKeyVersion', ({ name }) => shown(service.version(name))),
    destroyCryptoKeyVersion: handler('destroyCryptoKeyVersion', ({ name }) => shown(service.destroy(name))),
  })
  const port = await new Promise<number>((done, failed) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? done(bound) : failed(error),
    ),
  )
  return { port, control, close: () => server.forceShutdown() }
}
