import { type Clock, formatInstant, isPhiError } from '@phi/core'
import { milliseconds } from '../amounts.ts'
import type { Candidate } from '../candidate.ts'
import { auditError } from '../errors.ts'
import type { Receipt } from '../receipt.ts'
import type { AuditStore, LogKey, OutboxRow, StoredEntry } from '../store/store.ts'
import { candidateOfRow, outboxRow } from './row.ts'

export interface OutboxOptions {
  /**
   * 32 bytes, kept with the service's secrets and not in the database: every row carries a MAC under it, so that whoever can write to
   * the table cannot put words into the log. The same in every process that writes to or sequences this log.
   */
  readonly macKey: Uint8Array
  /**
   * How long an event may lie in the outbox before it is in the log, in milliseconds. Default 5,000. A process with the log open sequences
   * about twice as often; rows that are older are reported. Until then a row can be deleted by whoever owns the database, and nothing
   * but the business row beside it tells.
   */
  readonly mergeDelayMs?: number
}

/** An event that will be in the log when its transaction commits. */
export interface OutboxReceipt {
  readonly eventId: string
  readonly queuedAt: string
  /** When it is in the log at the latest, as long as some process sequences. */
  readonly sequencedBy: string
}

export interface OutboxReport {
  /** Events put into the log, and found there already, by this run. */
  readonly sequenced: number
  /** Rows that wait on, because the log takes nothing now. */
  readonly waiting: number
  /** Of these, and of the refused ones, how many are older than the merge delay. */
  readonly late: number
  /** Rows that will never enter the log, by event id. They stay for somebody to look at. `forged`: the MAC is not ours. */
  readonly refused: readonly { readonly eventId: string; readonly why: 'forged' | 'conflict' }[]
}

const PAGE = 500
const KEY_BYTES = 32
const DEFAULT_MERGE_DELAY_MS = 5000

type OutboxStore = AuditStore<never> & Required<Pick<AuditStore<never>, 'enqueueIn' | 'outbox' | 'dequeue'>>

/** The outbox of one log: takes events inside a caller's transaction without the lock on the head, and sequences them afterwards. */
export class Outbox {
  readonly #store: OutboxStore
  readonly #log: LogKey
  readonly #key: Uint8Array
  readonly #clock: Clock
  readonly #append: (candidate: Candidate) => Promise<Receipt>
  readonly #isSameSealed: (candidate: Candidate, entry: StoredEntry) => Promise<boolean>
  readonly mergeDelayMs: number
  #running: Promise<OutboxReport> | undefined

  constructor(
    store: AuditStore<never>,
    log: LogKey,
    options: OutboxOptions,
    clock: Clock,
    append: (candidate: Candidate) => Promise<Receipt>,
    isSameSealed: (candidate: Candidate, entry: StoredEntry) => Promise<boolean>,
  ) {
    const { enqueueIn, outbox, dequeue } = store
    if (enqueueIn === undefined || outbox === undefined || dequeue === undefined)
      throw auditError('PHI_AUDIT_OPTIONS', { path: 'outbox', detail: 'the store has none' })
    if (!(options.macKey instanceof Uint8Array) || options.macKey.length !== KEY_BYTES)
      throw auditError('PHI_AUDIT_OPTIONS', { path: 'outbox.macKey', detail: `must be ${KEY_BYTES} bytes` })
    this.#store = store as OutboxStore
    this.#log = log
    this.#key = Uint8Array.from(options.macKey)
    this.#clock = clock
    this.#append = append
    this.#isSameSealed = isSameSealed
    this.mergeDelayMs = milliseconds(options.mergeDelayMs ?? DEFAULT_MERGE_DELAY_MS, 'outbox.mergeDelayMs')
  }

  /** @throws PhiError PHI_AUDIT_CONFLICT when the id waits in the outbox with another event; and what the store throws */
  async enqueue(tx: never, candidate: Candidate): Promise<OutboxReceipt> {
    const now = this.#clock()
    const row = outboxRow(this.#key, this.#log, candidate, formatInstant(now))
    const kept = await this.#store.enqueueIn(tx, this.#log, row)
    if (kept.mac !== row.mac) {
      const other = candidateOfRow(this.#key, this.#log, kept)
      const entry = other && { index: 0, leaf: '', open: other.prepared.open }
      const isSame = entry !== undefined && candidate.isSame(entry) && (await this.#isSameSealed(candidate, entry))
      if (!isSame) throw auditError('PHI_AUDIT_CONFLICT')
    }
    const sequencedBy = formatInstant(Date.parse(kept.queuedAt) + this.mergeDelayMs)
    return { eventId: row.eventId, queuedAt: kept.queuedAt, sequencedBy }
  }

  /** Puts what is in the outbox into the log, oldest first. One run at a time in a process; several processes may run. */
  sequence(): Promise<OutboxReport> {
    this.#running ??= this.#sequence().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #sequence(): Promise<OutboxReport> {
    let sequenced = 0
    let waiting = 0
    let late = 0
    const refused: { eventId: string; why: 'forged' | 'conflict' }[] = []
    // What keeps one row out for good must not keep the others: it is thrown once all of them had their turn.
    let failure: { readonly error: unknown } | undefined
    const attempt = (row: OutboxRow) =>
      this.#enter(row).catch((error: unknown) => {
        failure ??= { error }
        return 'waits' as const
      })
    const horizon = formatInstant(this.#clock() - this.mergeDelayMs)
    let after: Pick<OutboxRow, 'queuedAt' | 'eventId'> | undefined
    for (;;) {
      const rows = await this.#store.outbox(this.#log, { limit: PAGE, ...(after === undefined ? {} : { after }) })
      const results = await Promise.all(rows.map(attempt))
      const entered = rows.filter((_, i) => results[i] === 'entered')
      if (entered.length > 0)
        await this.#store.dequeue(
          this.#log,
          entered.map(({ eventId }) => eventId),
        )
      sequenced += entered.length
      for (const [i, { eventId, queuedAt }] of rows.entries()) {
        const result = results[i]
        if (result === 'entered') continue
        if (result === 'waits') waiting++
        else refused.push({ eventId, why: result as 'forged' | 'conflict' })
        if (queuedAt < horizon) late++
      }
      after = rows.at(-1)
      if (rows.length < PAGE) break
    }
    if (failure !== undefined) throw failure.error
    return { sequenced, waiting, late, refused }
  }

  async #enter(row: OutboxRow): Promise<'entered' | 'waits' | 'forged' | 'conflict'> {
    const candidate = candidateOfRow(this.#key, this.#log, row)
    if (candidate === undefined) return 'forged'
    try {
      await this.#append(candidate)
      return 'entered'
    } catch (error) {
      if (isPhiError(error, 'PHI_AUDIT_CONFLICT')) return 'conflict'
      if (isPhiError(error) && error.retryable) return 'waits'
      throw error
    }
  }
}
