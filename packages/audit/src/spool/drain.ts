import { isPhiError } from '@phi/core'
import type { AuditEventInput } from '../event.ts'
import type { Receipt } from '../receipt.ts'
import { spoolError } from './errors.ts'
import { type Drained, drainedEvent, openedEvent, renamedId } from './events.ts'
import type { Generation } from './generation.ts'
import { LocalSpool, type Spool } from './spool.ts'
import { type SpooledEvent, untimed } from './spooled-event.ts'

/** Appends to the log, durably: an AuditLog's `append`. */
export type Append = (event: AuditEventInput) => Promise<Receipt>

export interface DrainOptions {
  /**
   * Events that are appended at the same time, so that they share a transaction. Default 64, which is what one transaction of
   * the log takes at least. With 1 each waits for the one before.
   */
  readonly window?: number
  /** Also close the spool that takes events now, and make no new one: for a machine that is taken out of service. */
  readonly retire?: boolean
}

/** What draining came to. */
export interface DrainReport {
  /** The spools that were drained and closed, in their order. */
  readonly drained: readonly Drained[]
  /** Events that went to the log. */
  readonly events: number
}

/** Refusals that no later attempt will change: the event itself is not one that the log takes. */
const REFUSED_FOR_GOOD: ReadonlySet<string> = new Set(['PHI_AUDIT_EVENT', 'PHI_AUDIT_EVENT_TOO_LARGE'])

const internals = (spool: Spool): LocalSpool => {
  if (spool instanceof LocalSpool) return spool
  throw spoolError('PHI_AUDIT_SPOOL_OPTIONS', { path: 'spool', detail: 'must come from openSpool()' })
}

/**
 * Tells the log of the spool that takes events, unless it knows: from then on its loss can be noticed, and it takes events.
 * @throws what `append` throws
 */
export async function announce(spool: Spool, append: Append): Promise<void> {
  const local = internals(spool)
  const { current } = local
  if (current !== undefined) await announceOne(local, current, append)
}

async function announceOne(spool: LocalSpool, generation: Generation, append: Append): Promise<void> {
  if (generation.announced) return
  const holds = spool.generations.filter((each) => each !== generation && !each.drained).map(({ id }) => id)
  const name = generation.name === '' ? undefined : generation.name
  try {
    await append(openedEvent(generation.id, name, holds))
  } catch (error) {
    // The id is ours alone, so what has it is this record, made when other spools were there.
    if (!isPhiError(error, 'PHI_AUDIT_CONFLICT')) throw error
  }
  await generation.saveMark({ announced: true }, true).catch((error: unknown) => {
    if (!generation.broken && !generation.lossy) throw error
  })
}

/**
 * Brings everything that is spooled into the log, in order, each event once: a drain that broke off, at any point, is simply
 * repeated. The log gets a record of every spool that was drained, with its figures and the head of its chain; only then are
 * the files removed. Where something could not be read, or was refused for good, they are put aside instead.
 *
 * Events that come in meanwhile go to the next spool, which the log is told of first, and are drained in turn. Resolves when
 * nothing is left.
 *
 * @throws what `append` throws, when the log is not to be reached or closed; PhiError PHI_AUDIT_SPOOL_IO, PHI_AUDIT_SPOOL_LOCKED. What
 * has not been drained stays.
 */
export async function drain(spool: Spool, append: Append, options: DrainOptions = {}): Promise<DrainReport> {
  const local = internals(spool)
  const { window = 64 } = options
  if (!Number.isSafeInteger(window) || window < 1)
    return Promise.reject(spoolError('PHI_AUDIT_SPOOL_OPTIONS', { path: 'window', detail: 'must be a positive whole number' }))
  const run = () => drainAll(local, append, window, options.retire ?? false)
  const done = local.draining.then(run, run)
  local.draining = done
  return done
}

async function drainAll(spool: LocalSpool, append: Append, window: number, retire: boolean): Promise<DrainReport> {
  const drained: Drained[] = []
  for (;;) {
    const { current } = spool
    // Older ones, those with damage, and this one when there is anything in it. One that is only prepared waits for its turn.
    const next = spool.generations.find((each) =>
      each === current
        ? !each.untouched || retire
        : each.frozen || !each.untouched || each.ordinal < (current?.ordinal ?? Number.POSITIVE_INFINITY),
    )
    if (next === undefined) break
    await announceOne(spool, next, append)
    if (next === current) await rollOver(spool, next, append, retire)
    drained.push(await drainOne(spool, next, append, window))
    if (spool.current === undefined && !retire) await spool.prepare()
  }
  if (!retire) await announce(spool, append)
  return { drained, events: drained.reduce((sum, { count }) => sum + count, 0) }
}

/** Gives events another spool to go to, one that the log knows of, before this one stops taking them. */
async function rollOver(spool: LocalSpool, current: Generation, append: Append, retire: boolean): Promise<void> {
  if (!retire) {
    const prepared = spool.generations.find((each) => each.ordinal > current.ordinal && each.untouched && !each.frozen)
    // On a full disk there is no room for the next one. Then nothing is taken until this one is drained and gone.
    const next = prepared ?? (await spool.prepare().catch(() => undefined))
    if (next !== undefined) await announceOne(spool, next, append)
  }
  await spool.freeze(current)
}

/** Sums up one spool while it is drained. Kept with it, since a drain that breaks off is gone on with. */
interface Progress {
  unread: number
  refused: number
  renamed: number
  fromIndex: number | undefined
  toIndex: number | undefined
}
const progressOf = new WeakMap<Generation, Progress>()

async function drainOne(spool: LocalSpool, generation: Generation, append: Append, window: number): Promise<Drained> {
  const progress = progressOf.get(generation) ?? { unread: 0, refused: 0, renamed: 0, fromIndex: undefined, toIndex: undefined }
  progressOf.set(generation, progress)
  const { id, records } = generation
  while (generation.waiting > 0) {
    const from = generation.drainedRecords
    const events = await generation.read(from, window)
    const outcomes = await Promise.allSettled(
      events.map((spooled, i) =>
        spooled === undefined
          ? Promise.resolve('unread' as const)
          : appendOne(append, spooled, id, records[from + i]?.sequence as number),
      ),
    )
    const failure = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failure !== undefined) throw failure.reason
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') continue
      if (outcome.value === 'unread') progress.unread++
      else if (outcome.value === 'refused') progress.refused++
      else {
        const { index, renamed } = outcome.value
        if (renamed) progress.renamed++
        progress.fromIndex = Math.min(progress.fromIndex ?? index, index)
        progress.toIndex = Math.max(progress.toIndex ?? index, index)
      }
    }
    generation.drainedRecords += events.length
  }
  const { unread, refused, renamed, fromIndex, toIndex } = progress
  const drained: Drained = {
    spool: id,
    first: generation.next === 0 ? undefined : 0,
    last: generation.next === 0 ? undefined : generation.next - 1,
    count: records.length - unread - refused,
    missing: generation.next - records.length + unread,
    refused,
    renamed,
    head: generation.head,
    intact: !generation.lossy && unread === 0,
    fromIndex,
    toIndex,
  }
  await recordDrained(append, drained)
  await spool.discard(generation, !drained.intact || drained.missing > 0 || refused > 0)
  return drained
}

const MAX_ATTEMPTS = 9

/** A record of draining that says something else can be there already: the files were damaged further since. Both stay. */
async function recordDrained(append: Append, drained: Drained): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await append(drainedEvent(drained, attempt))
      return
    } catch (error) {
      if (!isPhiError(error, 'PHI_AUDIT_CONFLICT') || attempt === MAX_ATTEMPTS) throw error
    }
  }
}

/**
 * Appends a complete event. Where the time is ours, another attempt at the event may have been recorded with another time, and
 * is the same event.
 * @throws what `append` throws; PHI_AUDIT_CONFLICT when the id is taken by an event that says something else
 */
export async function appendComplete(
  append: Append,
  { event, timed }: Pick<SpooledEvent, 'event' | 'timed'>,
): Promise<Receipt> {
  try {
    return await append(event)
  } catch (error) {
    if (timed || !isPhiError(error, 'PHI_AUDIT_CONFLICT')) throw error
    return append(untimed(event))
  }
}

async function appendOne(
  append: Append,
  spooled: SpooledEvent,
  spool: string,
  sequence: number,
): Promise<{ index: number; renamed: boolean } | 'refused'> {
  try {
    try {
      const { index } = await appendComplete(append, spooled)
      return { index, renamed: false }
    } catch (error) {
      if (!isPhiError(error, 'PHI_AUDIT_CONFLICT')) throw error
      // It was acknowledged, so it is recorded, whatever has its id.
      const { index } = await append({ ...spooled.event, id: renamedId(spool, sequence) })
      return { index, renamed: true }
    }
  } catch (error) {
    if (isPhiError(error) && REFUSED_FOR_GOOD.has(error.code)) return 'refused'
    throw error
  }
}
