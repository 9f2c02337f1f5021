import { isInstant, parseAs } from '@phi/core'
import * as z from 'zod'
import type { AuditRecord } from '../record.ts'
import type { Alert } from './alert.ts'
import { type Coverage, type Detector, type DetectorState, detectorStateSchema } from './detector.ts'
import { asItStands } from './episode.ts'
import { detectError } from './errors.ts'
import type { Facts } from './facts.ts'
import { seenAt } from './seen.ts'

const FORMAT = 'phi.audit/detection@v1'

const stateSchema = z.strictObject({
  format: z.literal(FORMAT),
  origin: z.string().nullable(),
  next: z.int().min(0).nullable(),
  detectors: z.array(detectorStateSchema).max(256),
})

/** Where a detection stands, as JSON. It holds ids of actors and patients: keep it as you keep the log. */
export interface DetectionState {
  readonly format: typeof FORMAT
  readonly origin: string | null
  /** The index of the next record; null before the first. */
  readonly next: number | null
  readonly detectors: readonly DetectorState[]
}

export interface DetectOptions {
  readonly detectors: readonly Detector[]
  readonly facts: Facts
  /** What `state()` gave, from the same detectors with the same options; as it was or read back from JSON. */
  readonly state?: unknown
}

export interface Detection {
  /**
   * Judges records and yields alerts as they come. It takes the records of one log, oldest first, without a gap:
   * `log.records({ from: detection.next ?? 0 })`. It can be left at any time and called again with the records from `next` on.
   * @throws PhiError PHI_AUDIT_DETECT_ORDER for a record that is not the next one, PHI_AUDIT_DETECT_FAILED when the facts failed to answer
   */
  run(records: AsyncIterable<AuditRecord> | Iterable<AuditRecord>): AsyncGenerator<Alert, void, undefined>
  /** Judges one record. */
  step(record: AuditRecord): readonly Alert[]
  /** What the time alone shows at `now` (milliseconds since 1970): reviews that are overdue, a log that is silent. */
  tick(now: number): readonly Alert[]
  /** The alerts whose episodes are kept, as they stand, with what was not worth a revision yet. */
  alerts(): readonly Alert[]
  /** By detector, what was judged and what could not be. */
  coverage(): Readonly<Record<string, Coverage>>
  /** The index of the next record, undefined before the first. */
  readonly next: number | undefined
  state(): DetectionState
}

/**
 * Runs detectors over the records of a log. Detectors know nothing of each other: their order changes nothing, and neither does where the
 * log is cut into runs.
 * @throws PhiError PHI_AUDIT_DETECT_OPTIONS, and PHI_AUDIT_DETECT_STATE when the state belongs to other detectors
 */
export function detect({ detectors, facts, state: saved }: DetectOptions): Detection {
  const names = detectors.map(({ name }) => name)
  if (detectors.length === 0 || new Set(names).size !== names.length) {
    throw detectError('PHI_AUDIT_DETECT_OPTIONS', { path: 'detectors', detail: 'must hold at least one, and none twice' })
  }
  const state = saved === undefined ? undefined : readState(saved, names)
  const running = [...detectors]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((detector) => ({
      name: detector.name,
      work: detector.start(state?.detectors.find(({ detector: name }) => name === detector.name)),
    }))
  let next = state?.next ?? undefined
  let origin = state?.origin ?? undefined
  // All detectors have seen the same records, so that the log's time is the same for all.
  let now = state?.detectors[0]?.now ?? undefined
  let failed = false

  const guarded = (work: () => Alert[]): readonly Alert[] => {
    if (failed) throw detectError('PHI_AUDIT_DETECT_FAILED')
    try {
      return work()
    } catch (cause) {
      // Some detectors have judged the record and others have not.
      failed = true
      throw detectError('PHI_AUDIT_DETECT_FAILED', { cause })
    }
  }

  function step(record: AuditRecord): readonly Alert[] {
    const { index } = record
    const isNext = Number.isSafeInteger(index) && index >= 0 && (next === undefined || index === next)
    if (!isNext || !isInstant(record.recordedAt) || (origin !== undefined && record.origin !== origin)) {
      throw detectError('PHI_AUDIT_DETECT_ORDER', next === undefined ? {} : { info: { expected: next } })
    }
    const seen = seenAt(record, now)
    const alerts = guarded(() => running.flatMap(({ work }) => work.observe(record, facts, seen)))
    now = seen.now
    next = index + 1
    origin = record.origin
    return alerts
  }

  return {
    step,
    async *run(records) {
      for await (const record of records) yield* step(record)
    },
    tick(now) {
      if (!Number.isFinite(now)) throw detectError('PHI_AUDIT_DETECT_OPTIONS', { path: 'now' })
      return guarded(() => running.flatMap(({ work }) => work.tick(now, facts)))
    },
    alerts: () => running.flatMap(({ work }) => work.episodes().map(asItStands)),
    coverage: () => Object.fromEntries(running.map(({ name, work }) => [name, work.coverage()])),
    get next() {
      return next
    },
    state() {
      if (failed) throw detectError('PHI_AUDIT_DETECT_FAILED')
      return {
        format: FORMAT,
        origin: origin ?? null,
        next: next ?? null,
        detectors: running.map(({ work }) => work.state()),
      }
    },
  }
}

function readState(saved: unknown, names: readonly string[]): DetectionState {
  const state = parseAs(stateSchema, saved, 'state', (context) => detectError('PHI_AUDIT_DETECT_STATE', context))
  const own = state.detectors.map(({ detector }) => detector)
  if (
    own.length !== names.length ||
    new Set(own).size !== own.length ||
    own.some((name) => !names.includes(name)) ||
    new Set(state.detectors.map(({ now }) => now)).size > 1
  ) {
    throw detectError('PHI_AUDIT_DETECT_STATE', { path: 'state.detectors' })
  }
  return state
}
