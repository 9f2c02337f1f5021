import type { PhiError } from '@phi/core'
import type { AuditRecord } from '../record.ts'
import { attempt, isOutcome } from './attempt.ts'
import type { DeadLetter } from './cursor-store.ts'
import type { ItemOutcome } from './destination.ts'
import { forwardError } from './errors.ts'
import type { ForwardSource, Lane } from './lane.ts'
import { type ForwardOptions, MOST_MS, settingsOf } from './options.ts'
import { type DeadLetterReport, type ForwardHealth, type ForwardReport, healthOf } from './report.ts'
import { itemOf, type Shown } from './shown.ts'

/** Forwards logs. Made by {@link forward}. */
export interface Forwarder {
  readonly name: string
  /**
   * Forwards until the signal is aborted; then resolves. A log that cannot be forwarded further does not hold up the others.
   * @throws PhiError what stopped a log (PHI_AUDIT_FORWARD_ROLLED_BACK, _REWRITTEN, _SOURCE, _CONFLICT, _CURSOR_DAMAGED): at once
   * when no log is left, otherwise at the end
   */
  run(signal: AbortSignal): Promise<void>
  /** Forwards what is there now, as far as the receiver takes it, and does not wait after a failure. @throws PhiError as `run` */
  once(signal?: AbortSignal): Promise<ForwardReport>
  health(): ForwardHealth
  /** What is set aside, by origin. @throws PhiError PHI_AUDIT_FORWARD_CURSOR, PHI_AUDIT_FORWARD_CURSOR_DAMAGED */
  deadLetters(origin?: string): Promise<readonly (DeadLetter & { readonly origin: string })[]>
  /** Sends dead letters again, as the log has them. Those that are delivered are no longer set aside. @throws PhiError as `run` */
  retryDeadLetters(options?: { readonly origin?: string; readonly signal?: AbortSignal }): Promise<DeadLetterReport>
  /** Gives a dead letter up: the receiver will never have it. @returns whether it was there */
  dropDeadLetter(origin: string, index: number): Promise<boolean>
  /** Ends what is under way. The destination stays open: it may serve others. */
  close(): Promise<void>
}

/**
 * Makes a forwarder: every record of a log reaches the receiver at least once, in the order of the log, none left out.
 *
 * The cursor is the next index of the log and moves only behind what the receiver acknowledged. After a crash, what was sent
 * since is sent again: receivers drop repeats by `id`, or by origin and index. Within a batch of which the receiver took only a
 * part, the rest comes later than its neighbours.
 * @throws PhiError PHI_AUDIT_FORWARD_OPTIONS
 */
export function forward(options: ForwardOptions): Forwarder {
  const { name, to, cursors, clock, wait, shown, timeoutMs, pollMs, lanes, limits } = settingsOf(options)
  const closing = new AbortController()
  /** One thing at a time: a cursor has one hand on it. */
  let busy: Promise<unknown> = Promise.resolve()
  const exclusively = <T>(task: () => Promise<T>): Promise<T> => {
    const result = busy.then(task)
    busy = result.catch(() => {})
    return result
  }
  const assertOpen = () => {
    if (closing.signal.aborted) throw forwardError('PHI_AUDIT_FORWARD_CLOSED')
  }

  /** The signal of a caller, or the closing of the forwarder, whichever comes first. */
  const withSignal = async <T>(signal: AbortSignal | undefined, task: (both: AbortSignal) => Promise<T>): Promise<T> => {
    const both = new AbortController()
    const abort = () => both.abort()
    const signals = signal === undefined ? [closing.signal] : [signal, closing.signal]
    for (const each of signals) {
      if (each.aborted) abort()
      each.addEventListener('abort', abort, { once: true })
    }
    try {
      return await task(both.signal)
    } finally {
      for (const each of signals) each.removeEventListener('abort', abort)
    }
  }

  const health = (): ForwardHealth => {
    const now = healthOf(lanes, clock(), limits)
    return closing.signal.aborted ? { ...now, status: 'stopped' } : now
  }

  const firstStop = (): PhiError | undefined => lanes.find(({ stopped }) => stopped !== undefined)?.stopped

  const lanesOf = (origin: string | undefined): Lane[] => {
    const found = lanes.filter(({ settings }) => origin === undefined || settings.key.origin === origin)
    if (found.length === 0)
      throw forwardError('PHI_AUDIT_FORWARD_OPTIONS', { path: 'origin', detail: 'is no log of this forwarder' })
    return found
  }

  return {
    name,
    health,

    async run(signal) {
      assertOpen()
      await withSignal(signal, async (both) => {
        while (!both.aborted) {
          let moved = false
          for (const lane of lanes) {
            if (both.aborted) break
            if ((await exclusively(() => lane.step(both))) === 'moved') moved = true
          }
          const going = lanes.filter(({ stopped }) => stopped === undefined)
          if (going.length === 0) break
          if (moved) continue
          const now = clock()
          // Until the first lane may go on; those that are not waiting look for new records after `pollMs`.
          const dues = going.map((lane) => (lane.isDue(now) ? pollMs : lane.dueAt - now))
          if (!both.aborted) await wait(Math.min(...dues, MOST_MS), both)
        }
      })
      const stop = firstStop()
      if (stop !== undefined) throw stop
    },

    async once(signal) {
      assertOpen()
      const sum = (figure: 'delivered' | 'setAside') => lanes.reduce((total, lane) => total + lane[figure], 0)
      const before = { delivered: sum('delivered'), setAside: sum('setAside') }
      await withSignal(signal, async (both) => {
        // What is there when it begins, so that a log that grows all the time does not keep it from ending.
        const ends = new Map<Lane, number>()
        const reads = new Map(lanes.map((lane) => [lane, lane.reads]))
        let open = [...lanes]
        while (open.length > 0 && !both.aborted) {
          const going: Lane[] = []
          for (const lane of open) {
            const step = await exclusively(() => lane.step(both, ends.get(lane)))
            // A size from an earlier pass is not what is there now.
            if (lane.size !== undefined && lane.reads !== reads.get(lane) && !ends.has(lane)) ends.set(lane, lane.size)
            if (step === 'moved') going.push(lane)
          }
          open = going
        }
      })
      const stop = firstStop()
      if (stop !== undefined) throw stop
      return {
        ...health(),
        delivered: sum('delivered') - before.delivered,
        setAside: sum('setAside') - before.setAside,
      }
    },

    async deadLetters(origin) {
      const found = await Promise.all(
        lanesOf(origin).map(async ({ settings: { key } }) =>
          (await cursors.deadLetters(key)).map((letter) => ({ ...letter, origin: key.origin })),
        ),
      )
      return found.flat()
    },

    async retryDeadLetters({ origin, signal } = {}) {
      assertOpen()
      return withSignal(signal, (both) =>
        exclusively(async () => {
          let count = 0
          let left = 0
          let code: string | undefined
          let isAway = false
          for (const lane of lanesOf(origin)) {
            const { key, source } = lane.settings
            for (const letter of await cursors.deadLetters(key)) {
              // Once the receiver is away, the rest waits for another time.
              const again = both.aborted || isAway ? undefined : await sendAgain(letter, source, shown, both)
              if (again?.is === 'delivered') {
                await cursors.removeDeadLetter(key, letter.index)
                lane.delivered++
                count++
              } else {
                left++
                code = again?.code ?? code
                if (again?.is === 'refused')
                  await cursors.putDeadLetter(key, { ...letter, code: again.code, attempts: letter.attempts + 1 })
                else isAway = true
              }
            }
            await lane.emptied()
          }
          return { delivered: count, left, code }
        }),
      )
    },

    dropDeadLetter: (origin, index) =>
      exclusively(async () => {
        const [lane] = lanesOf(origin) as [Lane]
        const was = await cursors.removeDeadLetter(lane.settings.key, index)
        await lane.emptied()
        return was
      }),

    async close() {
      closing.abort()
      await busy
    },
  }

  async function sendAgain(letter: DeadLetter, source: ForwardSource, show: Shown, signal: AbortSignal): Promise<ItemOutcome> {
    let record: AuditRecord | undefined
    for await (const one of source.records({ from: letter.index, to: letter.index + 1, signal })) record = one
    if (record === undefined || record.index !== letter.index)
      throw forwardError('PHI_AUDIT_FORWARD_SOURCE', { info: { index: letter.index } })
    if (record.hash !== letter.hash) throw forwardError('PHI_AUDIT_FORWARD_REWRITTEN', { info: { index: letter.index } })
    const result = await attempt(to, [itemOf(record, show)], signal, timeoutMs)
    if (result === 'aborted') return { is: 'retry', code: 'PHI_AUDIT_FORWARD_CLOSED' }
    if (result.is === 'split') return { is: 'refused', code: result.code }
    if (result.is !== 'items') return { is: 'retry', code: result.code }
    const [outcome] = result.items
    return result.items.length === 1 && isOutcome(outcome)
      ? (outcome as ItemOutcome)
      : { is: 'retry', code: 'PHI_AUDIT_FORWARD_ANSWER' }
  }
}
