import { type Clock, isPhiError } from '@phi/core'
import { type CosignatureVerifier, cosignaturesOf } from '../note/cosignature.ts'
import { parseNote } from '../note/note.ts'
import { addCheckpointUrl, cosign, type ProofSource, type WitnessAddress, type WitnessResult } from './client.ts'
import { witnessError } from './errors.ts'
import type { WitnessFetch } from './exchange.ts'
import { assertPolicy, meetsQuorum, type WitnessPolicy } from './policy.ts'

/** Who cosigns a log's checkpoints, for `openAuditLog`. */
export interface LogWitnesses {
  /** Whom to ask (those with a URL), and how many must have cosigned. */
  readonly policy: WitnessPolicy
  /** Default the global `fetch`. */
  readonly fetch?: WitnessFetch
  /** For each witness and checkpoint, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number
  /** How far a witness's clock may be off, in milliseconds. Default 300,000. */
  readonly maxSkewMs?: number
  /** How soon a checkpoint without its quorum is offered again, in milliseconds. Default 60,000. */
  readonly retryMs?: number
  /**
   * `checkpoint()`, `evidence()`, `tlogProof()`, `exportLines()` and `exportTiles()` reject with PHI_AUDIT_WITNESS_QUORUM where the
   * quorum is not met, and `verify()` asks for the policy unless it is told another. Default false: they hand out what there is.
   * Appends never wait.
   */
  readonly required?: boolean
}

/** What came of offering a checkpoint. */
export interface Offered {
  readonly size: number
  /** The checkpoint with all cosignatures that there are. */
  readonly note: string
  /** Whether they meet the policy's quorum. */
  readonly met: boolean
  readonly results: readonly WitnessResult[]
  /** The code of what is to be reported, the gravest first. */
  readonly failure: string | undefined
}

/** A checkpoint as far as it is offered. */
interface Checkpointed {
  readonly size: number
  readonly note: string
}

export interface OfferingWorld {
  readonly clock: Clock
  readonly proofs: ProofSource
  /** Keeps a cosigned checkpoint, beside the one without cosignatures. */
  save(checkpoint: Checkpointed): Promise<void>
  /** The newest checkpoint of the log, as the store has it by now: other processes may have added some. */
  newest(): Promise<Checkpointed | undefined>
  /** Told after each round. */
  offered(offered: Offered): void
}

const DEFAULT_RETRY_MS = 60_000

/** Witnesses by their address: one that cosigns with several keys is asked once. @throws PhiError PHI_AUDIT_WITNESS_OPTIONS */
function addressesOf(policy: WitnessPolicy): Omit<WitnessAddress, 'lastSize'>[] {
  const byUrl = new Map<string, WitnessPolicy['witnesses'][number][]>()
  for (const witness of policy.witnesses) {
    if (witness.url === undefined) continue
    const url = addCheckpointUrl(witness.url)
    byUrl.set(url, [...(byUrl.get(url) ?? []), witness])
  }
  const reachable = [...byUrl.values()].flat().map(({ name }) => name)
  if (!meetsQuorum(policy, new Set(reachable)) || reachable.length === 0) {
    throw witnessError('PHI_AUDIT_WITNESS_OPTIONS', {
      path: 'witnesses.policy',
      detail: 'the witnesses that have a URL cannot meet the quorum',
    })
  }
  return [...byUrl.values()].map((all) => ({
    name: all.map(({ name }) => name).join(' '),
    url: all[0]?.url as string,
    verifiers: all.map(({ verifier }) => verifier),
  }))
}

function positive(value: number, path: string): number {
  if (!Number.isSafeInteger(value) || value < 1 || value > 2_147_483_647)
    throw witnessError('PHI_AUDIT_WITNESS_OPTIONS', { path, detail: 'must be a positive whole number of milliseconds' })
  return value
}

/**
 * Offers the checkpoints of one log to its witnesses, one round at a time. What is signed while a round is under way waits for the
 * next, which offers the newest only: a witness needs no checkpoint in between.
 */
export class WitnessOffering {
  readonly required: boolean
  readonly policy: WitnessPolicy
  readonly #world: OfferingWorld
  readonly #options: LogWitnesses
  readonly #addresses: readonly Omit<WitnessAddress, 'lastSize'>[]
  readonly #lastSizes = new Map<string, number>()
  /** Witnesses that have seen another history. Only a cosignature of theirs takes the alarm back. */
  readonly #forked = new Set<string>()
  #current: Promise<unknown> = Promise.resolve()
  #running: { readonly size: number; readonly round: Promise<Offered> } | undefined
  #next: { checkpoint: Checkpointed; readonly round: Promise<Offered> } | undefined
  #best: Offered | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #isStopped = false

  /** @throws PhiError PHI_AUDIT_WITNESS_POLICY, PHI_AUDIT_WITNESS_OPTIONS */
  constructor(options: LogWitnesses, world: OfferingWorld) {
    this.policy = assertPolicy(options.policy)
    if (options.required !== undefined && typeof options.required !== 'boolean')
      throw witnessError('PHI_AUDIT_WITNESS_OPTIONS', { path: 'witnesses.required', detail: 'must be true or false' })
    this.required = options.required === true
    this.#options = options
    this.#world = world
    this.#addresses = addressesOf(this.policy)
    for (const name of ['timeoutMs', 'maxSkewMs', 'retryMs'] as const)
      if (options[name] !== undefined) positive(options[name], `witnesses.${name}`)
  }

  /** The largest size whose quorum this process has seen met. */
  get witnessedSize(): number | undefined {
    return this.#best?.size
  }

  /** Whether the witnesses whose cosignatures a checkpoint has are enough. */
  meets(note: string): boolean {
    return meetsQuorum(this.policy, this.#names(this.#cosigners(note)))
  }

  /** Offers a checkpoint, or answers at once where it or a later one has its quorum. Never rejects. */
  offer(checkpoint: Checkpointed): Promise<Offered> {
    if (this.#best !== undefined && this.#best.size >= checkpoint.size) return Promise.resolve(this.#best)
    if (this.#running?.size === checkpoint.size) return this.#running.round
    const next = this.#next
    if (next !== undefined) {
      if (checkpoint.size > next.checkpoint.size) next.checkpoint = checkpoint
      return next.round
    }
    const round = this.#current.then(() => this.#begin())
    this.#next = { checkpoint, round }
    this.#current = round
    return round
  }

  async #begin(): Promise<Offered> {
    const { checkpoint, round } = this.#next as { checkpoint: Checkpointed; round: Promise<Offered> }
    this.#next = undefined
    this.#running = { size: checkpoint.size, round }
    clearTimeout(this.#retry)
    this.#retry = undefined
    const offered = await this.#round(checkpoint).catch(
      (error: unknown): Offered => ({
        size: checkpoint.size,
        note: checkpoint.note,
        met: false,
        results: [],
        failure: this.#forked.size > 0 ? 'PHI_AUDIT_WITNESS_FORK' : isPhiError(error) ? error.code : 'unexpected',
      }),
    )
    this.#running = undefined
    if (offered.met) this.#best = offered
    else this.#retryLater(checkpoint)
    this.#world.offered(offered)
    return offered
  }

  async #round(checkpoint: Checkpointed): Promise<Offered> {
    const { policy } = this
    const already = this.#cosigners(checkpoint.note)
    const asked = this.#addresses.filter(({ verifiers }) => !verifiers.every((verifier) => already.has(verifier)))
    const witnesses = meetsQuorum(policy, this.#names(already))
      ? []
      : asked.map((address) => {
          const lastSize = this.#lastSizes.get(address.name)
          return lastSize === undefined ? address : { ...address, lastSize }
        })
    const { fetch = globalThis.fetch as unknown as WitnessFetch, timeoutMs, maxSkewMs } = this.#options
    const { note, results } = await cosign({
      note: checkpoint.note,
      proofs: this.#world.proofs,
      witnesses,
      fetch,
      clock: this.#world.clock,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(maxSkewMs === undefined ? {} : { maxSkewMs }),
    })
    for (const { witness, outcome, size } of results) {
      if (outcome === 'cosigned') this.#forked.delete(witness)
      if (outcome === 'forked') this.#forked.add(witness)
      // Only what was proved by a signature is remembered: a claim could make every first attempt useless.
      if (outcome === 'cosigned' && size !== undefined) this.#lastSizes.set(witness, size)
    }
    if (note !== checkpoint.note) await this.#world.save({ size: checkpoint.size, note })
    const met = this.meets(note)
    if (met) return { size: checkpoint.size, note, met, results, failure: this.#failure(true, results) }
    // Another process may have had a later checkpoint cosigned, which covers this one.
    const newest = results.some(({ outcome }) => outcome === 'superseded') ? await this.#world.newest() : undefined
    if (newest !== undefined && newest.size > checkpoint.size) {
      if (this.meets(newest.note))
        return { size: newest.size, note: newest.note, met: true, results, failure: this.#failure(true, results) }
    }
    return { size: checkpoint.size, note, met, results, failure: this.#failure(false, results) }
  }

  /** The keys with a valid cosignature that has a time. */
  #cosigners(note: string): Set<CosignatureVerifier> {
    const verifiers = this.policy.witnesses.map(({ verifier }) => verifier)
    const found = cosignaturesOf(parseNote(note), verifiers).filter(({ valid, time }) => valid && time > 0)
    return new Set(found.map(({ verifier }) => verifier))
  }

  #names(keys: ReadonlySet<CosignatureVerifier>): Set<string> {
    return new Set(this.policy.witnesses.filter(({ verifier }) => keys.has(verifier)).map(({ name }) => name))
  }

  #failure(met: boolean, results: readonly WitnessResult[]): string | undefined {
    if (this.#forked.size > 0) return 'PHI_AUDIT_WITNESS_FORK'
    if (results.some(({ outcome }) => outcome === 'lied')) return 'PHI_AUDIT_WITNESS_LIED'
    return met ? undefined : 'PHI_AUDIT_WITNESS_QUORUM'
  }

  #retryLater(checkpoint: Checkpointed): void {
    if (this.#isStopped || this.#next !== undefined) return
    this.#retry = setTimeout(() => {
      // By then there may be a newer one, from here or from another process.
      void this.#world
        .newest()
        .catch(() => undefined)
        .then((newest) => {
          if (this.#isStopped) return
          void this.offer(newest !== undefined && newest.size >= checkpoint.size ? newest : checkpoint)
        })
    }, this.#options.retryMs ?? DEFAULT_RETRY_MS)
    ;(this.#retry as { unref?: () => void }).unref?.()
  }

  /** Waits for what is under way, and offers nothing by itself any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#current
    clearTimeout(this.#retry)
  }
}
