import { type Clock, isPhiError, type PhiError, systemClock } from '@phi/core'
import type { AuditLog } from '../audit-log.ts'
import { auditError } from '../errors.ts'
import type { AuditEventInput } from '../event.ts'
import type { AuditHealth } from '../health.ts'
import type { Receipt } from '../receipt.ts'
import { uuidV7Source } from '../uuid.ts'
import { announce, appendComplete, type DrainReport, drain } from './drain.ts'
import { spoolError } from './errors.ts'
import { LocalSpool, type Spool, type SpoolHealth, type SpoolReceipt } from './spool.ts'
import { completeEvent } from './spooled-event.ts'

export interface WithSpoolOptions {
  /** Which failures of the log send an event to the spool. Default PHI_AUDIT_UNAVAILABLE, PHI_AUDIT_BUSY, PHI_AUDIT_OUTCOME_UNKNOWN. */
  readonly when?: (error: PhiError) => boolean
  /** Pauses between attempts to reach the log again, in milliseconds: the first, and the longest they grow to. Default 250 and 30,000. */
  readonly backoff?: { readonly firstMs?: number; readonly longestMs?: number }
  readonly clock?: Clock
}

/** How a log with a spool is doing. `status` counts both: `failing` means that events are refused. */
export interface SpooledHealth extends AuditHealth {
  readonly spool: SpoolHealth & {
    /** `direct`: events go to the log; `spooling`: to the disk, behind those that are there already. */
    readonly mode: 'direct' | 'spooling'
    /** The code of the failure that keeps the spool from being drained or announced, if any. */
    readonly failure: string | undefined
  }
}

/** What became of the spool when the log was closed. */
export interface SpoolClosing {
  /** How many fewer events wait on the disk than when closing began: they are in the log. */
  readonly drained: number
  /** Events that stay on the disk, for the next time. */
  readonly left: number
  /** The code of the failure for which they stay, or for which the log's last checkpoint was not signed. */
  readonly failure: string | undefined
}

/** An audit log that keeps events on this machine's disk while its store is away. */
export interface SpoolingAuditLog<Tx = never> extends Omit<AuditLog<Tx>, 'append' | 'health' | 'close'> {
  /**
   * Records an event in the log or, while the store is away, in the spool: see {@link isSpooled}.
   * @throws PhiError as the log's append does; the codes of the spool when it does not take the event either. Nothing was acknowledged.
   */
  append(event: AuditEventInput): Promise<Receipt | SpoolReceipt>
  health(): SpooledHealth
  /** Brings what is spooled into the log now. @throws what the log throws */
  drain(): Promise<DrainReport>
  /**
   * Tries once to drain, closes the spool and the log, and says what stayed. `retire` closes an empty spool for good, so that
   * the log expects nothing more of this machine.
   */
  close(options?: { readonly retire?: boolean }): Promise<SpoolClosing>
}

/** Whether an event is in the spool, and not in the log yet. */
export const isSpooled = (receipt: Receipt | SpoolReceipt): receipt is SpoolReceipt => 'spooled' in receipt

const AWAY: ReadonlySet<string> = new Set(['PHI_AUDIT_UNAVAILABLE', 'PHI_AUDIT_BUSY', 'PHI_AUDIT_OUTCOME_UNKNOWN'])
const codeOf = (error: unknown): string => (isPhiError(error) ? error.code : 'unexpected')

/**
 * Puts a spool behind a log. Events go to the log. One that the log cannot take now goes to the spool, and so does every later
 * one, in order, until the spool is empty again: a background task drains it as soon as the store can be reached.
 *
 * `appendIn` is not spooled: it is the caller's transaction, in a database that is away. Neither are exports and evidence.
 *
 * Resolves once the log has been told of the spool, or could not be. Until it has, the spool takes nothing (see `unannounced`).
 */
export async function withSpool<Tx = never>(
  log: AuditLog<Tx>,
  spool: Spool,
  options: WithSpoolOptions = {},
): Promise<SpoolingAuditLog<Tx>> {
  if (!(spool instanceof LocalSpool))
    throw spoolError('PHI_AUDIT_SPOOL_OPTIONS', { path: 'spool', detail: 'must come from openSpool()' })
  const { when = ({ code }) => AWAY.has(code), clock = systemClock } = options
  const { firstMs = 250, longestMs = 30_000 } = options.backoff ?? {}
  for (const [path, value] of Object.entries({ 'backoff.firstMs': firstMs, 'backoff.longestMs': longestMs }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw spoolError('PHI_AUDIT_SPOOL_OPTIONS', { path, detail: 'must be a positive whole number' })
  const newId = uuidV7Source(clock)
  const toLog = (event: AuditEventInput) => log.append(event)
  const underWay = new Set<Promise<unknown>>()
  let closed = false
  let failure: string | undefined
  let working: Promise<void> | undefined
  /** Ends the pause of the background task. */
  let hurry = () => {}

  const isSettled = () =>
    spool.isEmpty &&
    spool.current?.announced === true &&
    spool.generations.every((each) => each === spool.current || each.untouched)

  /** A pause that keeps no process alive. */
  const pause = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      timer.unref()
      hurry = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const work = async (delay: number): Promise<void> => {
    let wait = delay
    while (!closed) {
      if (wait > 0) await pause(wait)
      if (closed) return
      try {
        await drain(spool, toLog)
        failure = undefined
        // What came in since then is waiting for us: nobody else would see it. It may still be on its way to the disk, so this
        // lets others have their turn; without a pause nothing would ever get there.
        if (isSettled()) return
        wait = 1
      } catch (error) {
        failure = codeOf(error)
        wait = Math.min(longestMs, Math.max(firstMs, wait * 2))
      }
    }
  }
  const wake = (delay: number): void => {
    if (working !== undefined || closed) return
    working = work(delay).finally(() => {
      working = undefined
    })
  }

  await announce(spool, toLog).catch((error: unknown) => {
    failure = codeOf(error)
  })
  if (!isSettled()) wake(failure === undefined ? 0 : firstMs)

  const append = async (input: AuditEventInput): Promise<Receipt | SpoolReceipt> => {
    if (closed) throw auditError('PHI_AUDIT_CLOSED')
    const { event, timed, generatedId } = completeEvent(input, newId, clock)
    // Who has to try again needs the id.
    const info = generatedId === undefined ? {} : { info: { eventId: generatedId } }
    let away: PhiError | undefined
    if (spool.isEmpty) {
      try {
        return await appendComplete(toLog, { event, timed })
      } catch (error) {
        if (!isPhiError(error)) throw error
        // The log was given the id, so it does not tell it: we do.
        away = isPhiError(error, 'PHI_AUDIT_OUTCOME_UNKNOWN')
          ? auditError('PHI_AUDIT_OUTCOME_UNKNOWN', { ...info, cause: error })
          : error
        if (!when(away)) throw away
      }
    }
    try {
      const receipt = await spool.keep(event, timed)
      wake(firstMs)
      return receipt
    } catch (error) {
      // It may be in the log. That the spool did not take it either says less.
      if (away?.code === 'PHI_AUDIT_OUTCOME_UNKNOWN') throw away
      if (!isPhiError(error)) throw error
      throw spoolError(error.code as Parameters<typeof spoolError>[0], {
        info: { ...error.info, ...info.info },
        cause: away ?? error,
      })
    }
  }

  const statusOf = (own: AuditHealth['status'], { refusing, damage }: SpoolHealth, direct: boolean): AuditHealth['status'] => {
    if (!direct || own === 'failing') return refusing === undefined ? 'degraded' : 'failing'
    return refusing === undefined && damage.length === 0 ? own : 'degraded'
  }

  return {
    ...log,

    append(event) {
      const done = append(event)
      underWay.add(done)
      const settled = () => void underWay.delete(done)
      done.then(settled, settled)
      return done
    },

    health() {
      const own = log.health()
      const health = spool.health()
      const direct = spool.isEmpty
      return {
        ...own,
        status: statusOf(own.status, health, direct),
        spool: { ...health, mode: direct ? 'direct' : 'spooling', failure },
      }
    },

    async drain() {
      try {
        const report = await drain(spool, toLog)
        failure = undefined
        return report
      } catch (error) {
        failure = codeOf(error)
        wake(firstMs)
        throw error
      }
    },

    async close({ retire = false } = {}) {
      if (closed) return { drained: 0, left: spool.count, failure }
      closed = true
      const before = spool.count
      hurry()
      await Promise.allSettled(underWay)
      await working
      failure = undefined
      try {
        if (retire || !isSettled()) await drain(spool, toLog, { retire })
      } catch (error) {
        failure = codeOf(error)
      }
      const left = spool.count
      await spool.close()
      try {
        await log.close()
      } catch (error) {
        failure ??= codeOf(error)
      }
      return { drained: Math.max(0, before - left), left, failure }
    },
  }
}
