import { formatInstant } from '@phi/core'
import type { Lane } from './lane.ts'

export type ForwardStatus =
  /** All is delivered, or was until a moment ago. */
  | 'ok'
  /** Something waits, an attempt failed, or it is not known yet. */
  | 'delayed'
  /** Somebody has to look: the receiver refuses the sender, the cursor cannot be moved, or it has failed for long. */
  | 'blocked'
  /** Not forwarded any further; see `code`. */
  | 'stopped'

/** How the forwarding of one log is doing. Figures and codes only. */
export interface ForwardedLog {
  readonly origin: string
  readonly status: ForwardStatus
  /** The code of the last failure since the last success, or of what stopped it. */
  readonly code: string | undefined
  readonly failuresInARow: number
  /** The first index that is not forwarded. Undefined while the cursor has not been read. */
  readonly next: number | undefined
  readonly size: number | undefined
  readonly lagEntries: number | undefined
  /** Age of the oldest record that waits. 0 when none does, undefined when that is not known. */
  readonly lagMs: number | undefined
  /** Records that this forwarder delivered. */
  readonly delivered: number
  /** Records that it set aside, and all that are set aside now. */
  readonly setAside: number
  readonly deadLetters: number | undefined
  /** When it is tried again, UTC, while it waits after a failure. */
  readonly retryAt: string | undefined
}

export interface ForwardHealth {
  /** The worst of the logs. */
  readonly status: ForwardStatus
  readonly logs: readonly ForwardedLog[]
}

/** What one call of `once` came to. */
export interface ForwardReport extends ForwardHealth {
  readonly delivered: number
  readonly setAside: number
}

/** What became of dead letters that were sent again. */
export interface DeadLetterReport {
  readonly delivered: number
  readonly left: number
  /** The code of the last attempt that did not deliver one. */
  readonly code: string | undefined
}

/** When health turns, in milliseconds. */
interface Limits {
  readonly delayedAfterMs: number
  readonly blockedAfterMs: number
}

const worst: readonly ForwardStatus[] = ['ok', 'delayed', 'blocked', 'stopped']

function statusOf(
  lane: Lane,
  now: number,
  lagMs: number | undefined,
  { delayedAfterMs, blockedAfterMs }: Limits,
): ForwardStatus {
  if (lane.stopped !== undefined) return 'stopped'
  // Either way: after a clock was set back, nobody knows how long it has been.
  if (lane.isBlocked || (lane.failingSince !== undefined && Math.abs(now - lane.failingSince) > blockedAfterMs))
    return 'blocked'
  const isRecent = lane.seenAt !== undefined && Math.abs(now - lane.seenAt) <= delayedAfterMs
  return isRecent && lane.failures === 0 && lane.code === undefined && (lagMs ?? 0) <= delayedAfterMs ? 'ok' : 'delayed'
}

function logOf(lane: Lane, now: number, limits: Limits): ForwardedLog {
  const { next, size, failures, code, delivered, setAside, deadLetters } = lane
  const lagMs = lane.lagMs(now)
  return {
    origin: lane.settings.key.origin,
    status: statusOf(lane, now, lagMs, limits),
    code,
    failuresInARow: failures,
    next,
    size,
    lagEntries: next === undefined || size === undefined ? undefined : Math.max(0, size - next),
    lagMs,
    delivered,
    setAside,
    deadLetters,
    retryAt: lane.stopped === undefined && !lane.isDue(now) ? formatInstant(lane.dueAt) : undefined,
  }
}

/** How lanes are doing at an instant. */
export function healthOf(lanes: readonly Lane[], now: number, limits: Limits): ForwardHealth {
  const logs = lanes.map((lane) => logOf(lane, now, limits))
  const status = logs.reduce<ForwardStatus>(
    (so, log) => (worst.indexOf(log.status) > worst.indexOf(so) ? log.status : so),
    'ok',
  )
  return { status, logs }
}
