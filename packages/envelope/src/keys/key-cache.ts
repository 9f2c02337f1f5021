import { envelopeError } from '../errors.ts'
import type { Custody } from './custody.ts'
import { Holding } from './holding.ts'
import type { DataKeyRecord } from './key-record.ts'
import { findKeys } from './loader.ts'
import type { KeyPurpose } from './purpose.ts'

/** The holdings of one tenant, or of one subject of it. */
interface Owner {
  readonly tenant: string
  readonly subject: string | undefined
  readonly holdings: Map<KeyPurpose, Holding>
  /** The refresh that is under way: concurrent callers wait for the same one. */
  refreshing: Promise<void> | undefined
  /** After an outage: when to try again, while what is held is still good. */
  retryAt: number
  /** Raised by every eviction: what a refresh read before it is not taken in after it. */
  epoch: number
}

/** The data-key cache: private to one keyring, so that no other keyring's policy is skipped through it. @internal */
export interface KeyCache {
  /** Fresh holdings of these purposes. @throws whatever the store or the KMS says */
  load(
    tenant: string,
    subject: string | undefined,
    purposes: readonly KeyPurpose[],
    create: boolean,
  ): Promise<ReadonlyMap<KeyPurpose, Holding>>
  /** Drops what is held of a tenant and its subjects, or of all; how many keys that were. */
  evict(tenant?: string): number
  /** Has the next `load` read the states again; what is held goes on until then. */
  expire(tenant: string): void
  /** Writes the usage that has not been written yet. */
  flush(): Promise<void>
}

const ATTEMPTS = 4

/** After an outage, while what is held is still good, the store and the KMS are left alone for so long. */
const RETRY_MS = 5_000

export function makeKeyCache(custody: Custody): KeyCache {
  const { clock, cache: limits } = custody.settings
  const owners = new Map<string, Owner>()
  /** Usage of keys that are no longer held, by key id. */
  const unwritten = new Map<string, { seals: number; bytes: number }>()

  const ownerOf = (tenant: string, subject: string | undefined): Owner => {
    const name = `${tenant}\n${subject ?? ''}`
    const known = owners.get(name)
    const owner = known ?? { tenant, subject, holdings: new Map(), refreshing: undefined, retryAt: 0, epoch: 0 }
    // Moved to the end: the first in the map is the one that was not asked for longest.
    owners.delete(name)
    owners.set(name, owner)
    return owner
  }

  const dropOldest = async (): Promise<void> => {
    while (owners.size > limits.maxHeld) {
      const [name, owner] = owners.entries().next().value as [string, Owner]
      owners.delete(name)
      await flushOwner(owner)
      evictOwner(owner)
    }
  }

  const evictOwner = (owner: Owner): number => {
    owner.epoch += 1
    let keys = 0
    for (const holding of owner.holdings.values()) {
      for (const { id, pending } of holding.materials()) {
        keys += 1
        const { seals, bytes } = unwritten.get(id) ?? { seals: 0, bytes: 0 }
        if (pending.seals > 0) unwritten.set(id, { seals: seals + pending.seals, bytes: bytes + pending.bytes })
      }
      holding.evict()
    }
    return keys
  }

  /** Not lost when the store is away: what could not be written is written with the next flush. */
  const writeUsage = async (id: string, work: { seals: number; bytes: number }): Promise<void> => {
    const { seals, bytes } = work
    if (seals === 0) return
    work.seals = 0
    work.bytes = 0
    try {
      await custody.store.addUsage(id, { seals, bytes })
    } catch (error) {
      work.seals += seals
      work.bytes += bytes
      throw error
    }
  }

  const flushOwner = async (owner: Owner): Promise<void> => {
    for (const holding of owner.holdings.values()) {
      for (const { id, pending } of holding.materials()) await writeUsage(id, pending)
    }
  }

  const flushUnwritten = async (): Promise<void> => {
    for (const [id, work] of unwritten) {
      await writeUsage(id, work)
      if (work.seals === 0) unwritten.delete(id)
    }
  }

  const refuseRestored = async (records: readonly DataKeyRecord[]): Promise<void> => {
    if ((await custody.resurrected(records)).length > 0) throw envelopeError('PHI_ENVELOPE_RESTORED')
  }

  const refresh = async (owner: Owner, holdings: readonly Holding[], create: boolean): Promise<void> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { epoch } = owner
      const checkedAt = clock()
      const records = await custody.store.list(owner.tenant, owner.subject ?? null)
      await refuseRestored(records)
      const found = await Promise.all(holdings.map((holding) => findKeys(custody, holding, records, checkedAt, create)))
      await flushOwner(owner)
      // Evicted meanwhile: what was read may be what the eviction was about.
      if (owner.epoch !== epoch) continue
      for (const [at, holding] of holdings.entries()) {
        const { keys, failed } = found[at] as (typeof found)[number]
        holding.load(checkedAt, keys, failed)
      }
      return
    }
    throw envelopeError('PHI_ENVELOPE_STALE', { detail: 'the keys were evicted while they were loaded' })
  }

  return {
    async load(tenant, subject, purposes, create) {
      const owner = ownerOf(tenant, subject)
      const holdings = purposes.map((purpose) => {
        const known = owner.holdings.get(purpose)
        if (known) return known
        const made = new Holding(tenant, purpose, subject, clock, limits)
        owner.holdings.set(purpose, made)
        return made
      })
      const loaded = new Map(holdings.map((holding) => [holding.purpose, holding]))
      const needing = () => holdings.filter((holding) => holding.needs)
      // A refresh that is under way may be for other purposes, so afterwards it is looked at again.
      while (owner.refreshing !== undefined && needing().length > 0) await owner.refreshing.catch(() => undefined)
      const now = needing()
      const canWait = () => now.every((holding) => holding.usable)
      if (now.length === 0 || (clock() < owner.retryAt && canWait())) return loaded
      owner.refreshing = refresh(owner, now, create).finally(() => {
        owner.refreshing = undefined
      })
      try {
        await owner.refreshing
      } catch (error) {
        // Ahead of need: what is held is still good, and an outage shorter than the cache's age goes unnoticed.
        if (!isOutage(error) || !canWait()) throw error
        // Nor does every request wait for a service that hangs.
        owner.retryAt = clock() + RETRY_MS
      }
      await dropOldest()
      return loaded
    },
    evict(tenant) {
      const concerned = [...owners.values()].filter((owner) => tenant === undefined || owner.tenant === tenant)
      return concerned.reduce((keys, owner) => keys + evictOwner(owner), 0)
    },
    expire(tenant) {
      for (const owner of owners.values()) {
        if (owner.tenant !== tenant) continue
        // A refresh that is under way may have read too early.
        owner.epoch += 1
        for (const holding of owner.holdings.values()) holding.expire()
      }
    },
    async flush() {
      await flushUnwritten()
      for (const owner of owners.values()) await flushOwner(owner)
    },
  }
}

const isOutage = (error: unknown): boolean => (error as { retryable?: unknown } | undefined)?.retryable === true
