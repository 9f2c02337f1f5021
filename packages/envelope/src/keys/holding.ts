import type { Clock } from '@phi/core'
import { type SecretKey, wipe } from '#aead'
import { envelopeError } from '../errors.ts'
import type { LoadedKey, PurposeKeys } from './loaded-key.ts'
import type { KeyPurpose } from './purpose.ts'
import type { Usage, UsageLedger } from './usage.ts'

/** How long, and how much, unwrapped keys are used before the KMS is asked again. */
export interface CacheLimits {
  /** An unwrapped key is used at most so long, in milliseconds. Default 15 minutes: a KMS outage that is shorter is not noticed. */
  readonly maxAgeMs: number
  /** The states of the keys are read from the store again after so long, in milliseconds. Default 30 seconds: how long another process goes on with a revoked key, if it calls `tenant()` for each request and reaches the store. */
  readonly statesMaxAgeMs: number
  /** An unwrapped key seals and opens at most so many values. Default 2^30. */
  readonly maxUses: number
  /** And so many bytes. Default 2^40. */
  readonly maxBytes: number
  /** Tenants and subjects held at a time; the least recently used is dropped. Default 10,000. */
  readonly maxHeld: number
}

export const defaultLimits: CacheLimits = {
  maxAgeMs: 15 * 60_000,
  statesMaxAgeMs: 30_000,
  maxUses: 2 ** 30,
  maxBytes: 2 ** 40,
  maxHeld: 10_000,
}

/** The key material, shared by every state a key goes through. */
export interface Material {
  readonly id: string
  readonly idBytes: Uint8Array
  readonly version: number
  readonly key: SecretKey
  readonly unwrappedAt: number
  readonly prepared: Map<string, unknown>
  uses: number
  bytes: number
  readonly usage: Usage
}

interface Held extends LoadedKey {
  readonly material: Material
}

export const materialOf = (id: string, version: number, key: SecretKey, unwrappedAt: number): Material => ({
  id,
  idBytes: Uint8Array.from(id.match(/../g) as string[], (pair) => Number.parseInt(pair, 16)),
  version,
  key,
  unwrappedAt,
  prepared: new Map(),
  uses: 0,
  bytes: 0,
  usage: { id, seals: 0, bytes: 0 },
})

function hold(material: Material, state: 'active' | 'retiring'): Held {
  const { id, idBytes, version, key, prepared } = material
  return {
    id,
    idBytes,
    version,
    state,
    key,
    material,
    prepared<T>(suite: string, make: (key: SecretKey) => T): T {
      if (prepared.has(suite)) return prepared.get(suite) as T
      const made = make(key)
      prepared.set(suite, made)
      return made
    },
  }
}

/** Whose keys they are. */
export interface HoldingOwner {
  readonly tenant: string
  readonly subject: string | undefined
}

/** What the cache holds of one tenant or subject for one purpose. Handles keep it; a refresh changes it in place. @internal */
export class Holding implements PurposeKeys {
  /** Kept so that the cache finds its owner again as long as anybody keeps a handle. */
  readonly owner: HoldingOwner
  readonly tenant: string
  readonly purpose: KeyPurpose
  readonly subject: string | undefined
  readonly #clock: Clock
  readonly #limits: CacheLimits
  readonly #ledger: UsageLedger
  #sealing: Held | undefined
  #byId: ReadonlyMap<string, Held> = new Map()
  #failed: ReadonlyMap<string, unknown> = new Map()
  #all: readonly Held[] = []
  /** When the states were read; NaN while nothing is held, so that no comparison calls it fresh. */
  #checkedAt = Number.NaN
  #freshUntil = Number.NaN
  #isExpired = false

  constructor(owner: HoldingOwner, purpose: KeyPurpose, clock: Clock, limits: CacheLimits, ledger: UsageLedger) {
    this.owner = owner
    this.tenant = owner.tenant
    this.subject = owner.subject
    this.purpose = purpose
    this.#clock = clock
    this.#limits = limits
    this.#ledger = ledger
  }

  #check(): void {
    const now = this.#clock()
    // Also when the clock was set back: then nobody knows how old the keys are.
    if (!(now >= this.#checkedAt && now < this.#freshUntil)) throw envelopeError('PHI_ENVELOPE_STALE')
  }

  #within(held: Held): Held {
    const { uses, bytes } = held.material
    if (uses >= this.#limits.maxUses || bytes >= this.#limits.maxBytes) throw envelopeError('PHI_ENVELOPE_STALE')
    return held
  }

  active(): LoadedKey {
    this.#check()
    if (this.#sealing === undefined) throw envelopeError('PHI_ENVELOPE_NO_KEY')
    return this.#within(this.#sealing)
  }

  byId(id: string): LoadedKey | undefined {
    this.#check()
    const held = this.#byId.get(id)
    if (held !== undefined) return this.#within(held)
    const failed = this.#failed.get(id)
    if (failed !== undefined) throw failed
    return undefined
  }

  all(): readonly LoadedKey[] {
    this.#check()
    // A search that leaves out a key finds less, and does not say so.
    for (const failed of this.#failed.values()) throw failed
    for (const held of this.#all) this.#within(held)
    return this.#all
  }

  used(key: LoadedKey, { sealed, bytes }: { readonly sealed: boolean; readonly bytes: number }): void {
    const { material } = key as Held
    material.uses += 1
    material.bytes += bytes
    if (sealed) this.#ledger.add(material.usage, bytes)
  }

  /** Whether states must be read, or keys unwrapped, before the next use; keys are renewed at half their age, ahead of need. */
  get needs(): boolean {
    const now = this.#clock()
    if (this.#isExpired || !(now >= this.#checkedAt && now < this.#checkedAt + this.#limits.statesMaxAgeMs)) return true
    return this.#all.some(({ material }) => !this.keeps(material))
  }

  /** Has the next load read the states again. */
  expire(): void {
    this.#isExpired = true
  }

  /** Whether the cached material is still good to keep on a refresh. */
  keeps({ unwrappedAt, uses, bytes }: Material): boolean {
    const now = this.#clock()
    const { maxAgeMs, maxUses, maxBytes } = this.#limits
    return now >= unwrappedAt && now < unwrappedAt + maxAgeMs / 2 && uses < maxUses / 2 && bytes < maxBytes / 2
  }

  /** Whether what is held may still be used although a refresh has failed. */
  get usable(): boolean {
    try {
      this.active()
      return true
    } catch {
      return false
    }
  }

  materials(): readonly Material[] {
    return this.#all.map(({ material }) => material)
  }

  /** Takes in what a refresh has found. The newest active key seals; any other usable one opens. */
  load(
    checkedAt: number,
    keys: readonly { readonly material: Material; readonly state: 'active' | 'retiring' }[],
    failed: ReadonlyMap<string, unknown>,
  ): void {
    const newest = keys.filter(({ state }) => state === 'active').sort((a, b) => b.material.version - a.material.version)[0]
    const before = this.#byId
    const held = keys
      .map(({ material, state }) => {
        const now = state === 'active' && material === newest?.material ? 'active' : 'retiring'
        const known = before.get(material.id)
        // The same object while nothing has changed: fields keep what they prepared for it.
        return known?.material === material && known.state === now ? known : hold(material, now)
      })
      .sort((a, b) => b.version - a.version)
    const kept = new Set(keys.map(({ material }) => material))
    for (const { material } of this.#all) if (!kept.has(material)) release(material)
    this.#all = Object.freeze(held)
    this.#byId = new Map(held.map((each) => [each.id, each]))
    this.#sealing = held.find(({ state }) => state === 'active')
    this.#failed = failed
    this.#isExpired = false
    this.#checkedAt = checkedAt
    this.#freshUntil = Math.min(checkedAt, ...keys.map(({ material }) => material.unwrappedAt)) + this.#limits.maxAgeMs
  }

  /** Drops everything at once: the next use of any handle throws PHI_ENVELOPE_STALE until the keys are loaded anew. */
  evict(): void {
    for (const { material } of this.#all) release(material)
    this.#all = []
    this.#byId = new Map()
    this.#failed = new Map()
    this.#sealing = undefined
    this.#checkedAt = Number.NaN
    this.#freshUntil = Number.NaN
  }
}

function release({ prepared, key }: Material): void {
  prepared.clear()
  wipe(key)
}
