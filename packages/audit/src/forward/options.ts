import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, randomBytes, systemClock, toHex } from '@phi/core'
import { type BackOff, backOffDefaults } from './back-off.ts'
import type { CursorStore } from './cursor-store.ts'
import type { Destination } from './destination.ts'
import { forwardError } from './errors.ts'
import { type ForwardSource, Lane } from './lane.ts'
import { checkShown, type ShownOptions } from './shown.ts'

export interface ForwardOptions extends ShownOptions {
  /** Names the cursor: the same after a restart, another one for every destination. 1 to 64 letters, digits, ".", "_" and "-". */
  readonly name: string
  /** The log, or several that take turns, a batch each. */
  readonly source: ForwardSource | readonly ForwardSource[]
  readonly to: Destination
  readonly cursors: CursorStore
  /** Of one send, at most: records (default 500), and bytes of their JSON (default 1,048,576). A larger record goes alone. */
  readonly batch?: { readonly entries?: number; readonly bytes?: number }
  readonly backOff?: BackOff
  /** Of one attempt, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number
  /** Refusals of a record after which it is set aside. Default 3. */
  readonly refusals?: number
  /** Dead letters of a log after which forwarding waits for somebody. Default 1,000. */
  readonly mostDeadLetters?: number
  /** Where to begin when there is no cursor. Default 0, the beginning. */
  readonly from?: number
  /** Milliseconds between two looks at logs in which nothing waits. Default 1,000. */
  readonly pollMs?: number
  /** Health turns to `delayed` when something waits for longer, in milliseconds. Default 60,000. */
  readonly delayedAfterMs?: number
  /** Health turns to `blocked` when attempts fail for longer, in milliseconds. Default 900,000. */
  readonly blockedAfterMs?: number
  readonly clock?: Clock
  /** From 0 up to and without 1. Default Math.random: it only spreads waiting times. */
  readonly random?: () => number
  /** Waits; resolves early, without an error, when the signal says so. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>
}

const NAME = /^[A-Za-z0-9._-]{1,64}$/

async function waitOnTimer(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}

/** The longest that a timer of Node waits; beyond it, it does not wait at all. */
export const MOST_MS = 2 ** 31 - 1

function amount(value: number | undefined, path: string, fallback: number, least = 1): number {
  const given = value ?? fallback
  if (/ms$/i.test(path) && given > MOST_MS)
    throw forwardError('PHI_AUDIT_FORWARD_OPTIONS', { path, detail: `must be at most ${MOST_MS}` })
  if (!Number.isSafeInteger(given) || given < least)
    throw forwardError('PHI_AUDIT_FORWARD_OPTIONS', { path, detail: `must be a whole number of at least ${least}` })
  return given
}

/** The options, checked, and a lane for each log. @throws PhiError PHI_AUDIT_FORWARD_OPTIONS */
export function settingsOf(options: ForwardOptions) {
  const { name, to, cursors, clock = systemClock, random = Math.random, wait = waitOnTimer } = options
  if (typeof name !== 'string' || !NAME.test(name))
    throw forwardError('PHI_AUDIT_FORWARD_OPTIONS', {
      path: 'name',
      detail: 'must be 1 to 64 letters, digits, ".", "_" and "-"',
    })
  const sources = Array.isArray(options.source)
    ? (options.source as readonly ForwardSource[])
    : [options.source as ForwardSource]
  if (sources.length === 0)
    throw forwardError('PHI_AUDIT_FORWARD_OPTIONS', { path: 'source', detail: 'must be at least one log' })
  if (new Set(sources.map(({ origin }) => origin)).size !== sources.length)
    throw forwardError('PHI_AUDIT_FORWARD_OPTIONS', { path: 'source', detail: 'must not name a log twice' })
  const shown = checkShown(options)
  const pollMs = amount(options.pollMs, 'pollMs', 1000)
  const delayedAfterMs = amount(options.delayedAfterMs, 'delayedAfterMs', 60_000)
  const blockedAfterMs = amount(options.blockedAfterMs, 'blockedAfterMs', 900_000)
  const timeoutMs = amount(options.timeoutMs, 'timeoutMs', 30_000)
  const { firstMs, mostMs, mostAskedMs } = { ...backOffDefaults, ...options.backOff }
  const backOff = {
    firstMs: amount(firstMs, 'backOff.firstMs', 0),
    mostMs: amount(mostMs, 'backOff.mostMs', 0),
    mostAskedMs: amount(mostAskedMs, 'backOff.mostAskedMs', 0, 0),
  }
  const token = toHex(randomBytes(16))
  const lanes = sources.map(
    (source) =>
      new Lane({
        key: { forwarder: name, tenant: source.tenant, origin: source.origin },
        source,
        to,
        cursors,
        shown,
        batch: {
          entries: amount(options.batch?.entries, 'batch.entries', 500),
          bytes: amount(options.batch?.bytes, 'batch.bytes', 1024 * 1024),
        },
        backOff,
        timeoutMs,
        refusals: amount(options.refusals, 'refusals', 3),
        mostDeadLetters: amount(options.mostDeadLetters, 'mostDeadLetters', 1000, 0),
        from: amount(options.from, 'from', 0, 0),
        token,
        clock,
        random,
      }),
  )
  return { name, to, cursors, clock, wait, shown, timeoutMs, pollMs, lanes, limits: { delayedAfterMs, blockedAfterMs } }
}
