import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { formatInstant } from '@phi/core'
import {
  contextBytes,
  envelopeError,
  type KekDestruction,
  type KekState,
  type Kms,
  type KmsCallOptions,
  type WrapContext,
} from '@phi/envelope/kms'
import type { KmsFault, KmsUnderTest } from '../src/index.ts'

/** How the service destroys: as `destroy` in the manifest. */
export type Destroys = 'immediate' | 'scheduled' | 'unsupported'

interface Kek {
  readonly versions: Buffer[]
  state: KekState
  destroyAt?: string
}

const WAIT_MS = 7 * 24 * 3600 * 1000
const MECHANISM = 'AES-256-GCM'

/** A key service in memory, with KEKs that have versions. What an adapter under test talks to. */
export class MemoryService {
  readonly keks = new Map<string, Kek>([['memory/own', { versions: [randomBytes(32)], state: 'enabled' }]])
  fault: KmsFault | undefined
  readonly destroys: Destroys

  constructor(destroys: Destroys) {
    this.destroys = destroys
  }

  newKek(): string {
    const name = `memory/k${this.keks.size}`
    this.keks.set(name, { versions: [randomBytes(32)], state: 'enabled' })
    return name
  }

  elapse(): void {
    for (const kek of this.keks.values()) if (kek.state === 'destruction-scheduled') erase(kek)
  }
}

function erase(kek: Kek): void {
  kek.versions.fill(Buffer.alloc(0))
  kek.state = 'destroyed'
  delete kek.destroyAt
}

/** One round trip to the service: where its faults and aborted signals come in. */
async function call(service: MemoryService, { signal }: KmsCallOptions = {}): Promise<void> {
  await new Promise(setImmediate)
  if (signal?.aborted) throw envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', { detail: 'aborted' })
  if (service.fault === 'unreachable') throw envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE')
  if (service.fault === 'denied') throw envelopeError('PHI_ENVELOPE_KMS_DENIED')
  if (service.fault === 'nonsense') throw envelopeError('PHI_ENVELOPE_KMS_ANSWER')
  if (service.fault === 'silent') {
    await new Promise((_, reject) => {
      const abort = () => reject(envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE', { detail: 'aborted' }))
      signal?.addEventListener('abort', abort, { once: true })
    })
  }
}

const VERSIONED = /^(memory\/\w+)\/v(\d+)$/

/** A KEK by its name, or by its name and version. */
function find(service: MemoryService, spelled: string): { kek: Kek; name: string; version: number } {
  const [, name = spelled, digits] = VERSIONED.exec(spelled) ?? []
  const kek = service.keks.get(name)
  const version = digits === undefined ? (kek?.versions.length ?? 0) : Number(digits)
  if (kek?.versions[version - 1] === undefined) throw envelopeError('PHI_ENVELOPE_KMS_KEY_GONE')
  return { kek, name, version }
}

function usable(service: MemoryService, spelled: string): { key: Buffer; kek: string } {
  const { kek, name, version } = find(service, spelled)
  if (kek.state === 'destroyed') throw envelopeError('PHI_ENVELOPE_KMS_KEY_GONE')
  if (kek.state !== 'enabled') throw envelopeError('PHI_ENVELOPE_KMS_KEY_UNUSABLE')
  return { key: kek.versions[version - 1] as Buffer, kek: `${name}/v${version}` }
}

export function seal(key: Uint8Array, dataKey: Uint8Array, context: WrapContext): Uint8Array {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(contextBytes(context))
  return Uint8Array.from([...nonce, ...cipher.update(dataKey), ...cipher.final(), ...cipher.getAuthTag()])
}

export function open(key: Uint8Array, wrapped: Uint8Array, context: WrapContext): Uint8Array {
  if (wrapped.length !== 60) throw envelopeError('PHI_ENVELOPE_KMS_REFUSED')
  const cipher = createDecipheriv('aes-256-gcm', key, wrapped.subarray(0, 12), { authTagLength: 16 })
  cipher.setAAD(contextBytes(context)).setAuthTag(wrapped.subarray(44))
  try {
    return Uint8Array.from([...cipher.update(wrapped.subarray(12, 44)), ...cipher.final()])
  } catch {
    throw envelopeError('PHI_ENVELOPE_KMS_REFUSED')
  }
}

/** A small Kms that keeps its contract. */
function memoryKms(service: MemoryService): Kms {
  let own = 'memory/own'
  return {
    name: 'memory',
    async wrap({ dataKey, context, kek: spelled = own, ...options }) {
      if (dataKey.length !== 32) throw envelopeError('PHI_ENVELOPE_KMS_REFUSED', { detail: 'not 32 bytes' })
      await call(service, options)
      const { key, kek } = usable(service, spelled)
      return { kek, mechanism: MECHANISM, wrapped: seal(key, dataKey, context) }
    },
    async unwrap({ kek, mechanism, wrapped, context, ...options }) {
      await call(service, options)
      if (mechanism !== MECHANISM) throw envelopeError('PHI_ENVELOPE_KMS_REFUSED', { detail: 'another mechanism' })
      return open(usable(service, kek).key, wrapped, context)
    },
    async describe(spelled = own, options) {
      await call(service, options)
      const { kek, name, version } = find(service, spelled)
      const { state, destroyAt } = kek
      return { kek: `${name}/v${version}`, state, protection: 'software', ...(destroyAt === undefined ? {} : { destroyAt }) }
    },
    async destroy(spelled, options): Promise<KekDestruction> {
      if (service.destroys === 'unsupported') throw envelopeError('PHI_ENVELOPE_KMS_UNSUPPORTED')
      await call(service, options)
      const { kek } = find(service, spelled)
      if (service.destroys === 'immediate') erase(kek)
      else if (kek.state !== 'destroyed') {
        kek.state = 'destruction-scheduled'
        kek.destroyAt ??= formatInstant(Date.now() + WAIT_MS)
      }
      const { state, destroyAt } = kek
      const receipt = { request: randomBytes(4).toString('hex') }
      if (state === 'destroyed' || destroyAt === undefined) return { kek: spelled, state: 'destroyed', receipt }
      return { kek: spelled, state: 'destruction-scheduled', destroyAt, receipt }
    },
    async close() {
      own = 'memory/own'
    },
  }
}

/** The adapter with every hook into its service. `change` makes a wrong adapter of the good one. */
export function underTest(
  destroys: Destroys = 'immediate',
  change: (good: Kms, service: MemoryService) => Partial<Kms> = () => ({}),
): KmsUnderTest {
  const service = new MemoryService(destroys)
  const good = memoryKms(service)
  const fault = (name: KmsFault) => async () => {
    service.fault = name
  }
  return {
    kms: { ...good, ...change(good, service) },
    absentKek: 'memory/never',
    newKek: async () => service.newKek(),
    rotate: async () => {
      service.keks.get('memory/own')?.versions.push(randomBytes(32))
    },
    disable: async (kek) => {
      find(service, kek).kek.state = 'disabled'
    },
    elapse: async () => service.elapse(),
    faults: {
      unreachable: fault('unreachable'),
      denied: fault('denied'),
      nonsense: fault('nonsense'),
      silent: fault('silent'),
      restore: async () => {
        service.fault = undefined
      },
    },
  }
}
