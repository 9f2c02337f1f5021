import { envelopeError } from '../errors.ts'
import { allSettled } from './all-settled.ts'
import type { Custody } from './custody.ts'
import { Holding, type HoldingOwner } from './holding.ts'
import type { DataKeyRecord } from './key-record.ts'
import { findKeys } from './loader.ts'
import type { KeyPurpose } from './purpose.ts'
import { usageLedger } from './usage.ts'

/** The holdings of one tenant, or of one subject of it. */
interface Owner extends HoldingOwner {
  readonly name: string
  readonly holdings: Map<KeyPurpose, Holding>
  refreshing: Refresh | undefined
  /** After an outage: when to try again, while what is held is still good. */
  retryAt: number
  /** Raised by every eviction: what a refresh read before it is not taken in after it. */
  epoch: number
}

/** A refresh that is under way. Who needs nothing else shares its outcome, good or bad. */
interface Refresh {
  readonly holdings: readonly Holding[]
  readonly create: boolean
  readonly outcome: Promise<void>
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
  const ledger = usageLedger(custody.store)
  /** Those that hold keys, the one that was not asked for longest first. */
  const owners = new Map<string, Owner>()
  /**
   * Those whose keys were dropped for want of room. While somebody keeps a handle, the next `load` finds the same owner again: a
   * second one would leave the handle stale for ever, and out of reach of an eviction.
   */
  const dropped = new Map<string, WeakRef<Owner>>()
  const forgotten = new FinalizationRegistry<string>((name) => {
    if (dropped.get(name)?.deref() === undefined) dropped.delete(name)
  })

  /** Found empty by somebody who did not want keys made. Whoever does want them looks again at once. */
  const unmade = new WeakSet<Holding>()

  const newOwner = (name: string, tenant: string, subject: string | undefined): Owner => {
    const owner = { name, tenant, subject, holdings: new Map(), refreshing: undefined, retryAt: 0, epoch: 0 }
    forgotten.register(owner, name)
    return owner
  }

  const ownerOf = (tenant: string, subject: string | undefined): Owner => {
    const name = `${tenant}\n${subject ?? ''}`
    const owner = owners.get(name) ?? dropped.get(name)?.deref() ?? newOwner(name, tenant, subject)
    dropped.delete(name)
    // Moved to the end.
    owners.delete(name)
    owners.set(name, owner)
    return owner
  }

  const evictOwner = (owner: Owner): number => {
    owner.epoch += 1
    let keys = 0
    for (const holding of owner.holdings.values()) {
      keys += holding.materials().length
      holding.evict()
    }
    return keys
  }

  const dropOldest = (): void => {
    for (const owner of owners.values()) {
      if (owners.size <= limits.maxHeld) return
      // Somebody is waiting for it.
      if (owner.refreshing !== undefined) continue
      owners.delete(owner.name)
      dropped.set(owner.name, new WeakRef(owner))
      evictOwner(owner)
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
      const found = await allSettled(holdings.map((holding) => findKeys(custody, holding, records, checkedAt, create)))
      // Usage is for policy: that it could not be written keeps nobody from their data, and it is not lost.
      await ledger.flush().catch(() => undefined)
      // Evicted meanwhile: what was read may be what the eviction was about.
      if (owner.epoch !== epoch) continue
      for (const [at, holding] of holdings.entries()) {
        const { keys, failed } = found[at] as (typeof found)[number]
        holding.load(checkedAt, keys, failed)
        if (!create && keys.length === 0) unmade.add(holding)
        else unmade.delete(holding)
      }
      return
    }
    throw envelopeError('PHI_ENVELOPE_STALE', { detail: 'the keys were evicted while they were loaded' })
  }

  const begin = (owner: Owner, holdings: readonly Holding[], create: boolean): Refresh => {
    const outcome = refresh(owner, holdings, create).finally(() => {
      owner.refreshing = undefined
    })
    owner.refreshing = { holdings, create, outcome }
    return owner.refreshing
  }

  return {
    async load(tenant, subject, purposes, create) {
      const owner = ownerOf(tenant, subject)
      const holdings = purposes.map((purpose) => {
        const known = owner.holdings.get(purpose)
        if (known) return known
        const made = new Holding(owner, purpose, clock, limits, ledger)
        owner.holdings.set(purpose, made)
        return made
      })
      const loaded = new Map(holdings.map((holding) => [holding.purpose, holding]))
      for (;;) {
        const needing = holdings.filter((holding) => holding.needs || (create && unmade.has(holding)))
        const canWait = () => needing.every((holding) => holding.usable)
        if (needing.length === 0 || (clock() < owner.retryAt && canWait())) return loaded
        const { refreshing } = owner
        if (refreshing !== undefined && !covers(refreshing, needing, create)) {
          await refreshing.outcome.catch(() => undefined)
          continue
        }
        try {
          await (refreshing ?? begin(owner, needing, create)).outcome
        } catch (error) {
          // Ahead of need: what is held is still good, and an outage shorter than the cache's age goes unnoticed.
          if (!isOutage(error) || !canWait()) throw error
          // Nor does every request wait for a service that hangs.
          owner.retryAt = clock() + RETRY_MS
        }
        dropOldest()
        return loaded
      }
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
    flush: () => ledger.flush(),
  }
}

const covers = (refresh: Refresh, needing: readonly Holding[], create: boolean): boolean =>
  refresh.create === create && needing.every((holding) => refresh.holdings.includes(holding))

const isOutage = (error: unknown): boolean => (error as { retryable?: unknown } | undefined)?.retryable === true
