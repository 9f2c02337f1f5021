import { canonicalJson, parseAs } from '@phi/core'
import * as z from 'zod'
import type { AuditRecord } from '../record.ts'
import type { Alert } from './alert.ts'
import { close, type Episode, type Growth, grow } from './episode.ts'
import { detectError } from './errors.ts'
import type { Facts } from './facts.ts'
import { type Seen, seenAt } from './seen.ts'
import { Table, type TableSpec } from './table.ts'

/** What a detector has looked at, since its state began. */
export interface Coverage {
  /** Records that were judged. */
  readonly judged: number
  /** Records that are none of its business. */
  readonly notApplicable: number
  /** Records that could not be judged, or only in part, by the reason: a fact that is missing, a group that is withheld. */
  readonly unknown: Readonly<Record<string, number>>
  /** Actors, accounts or sources that were forgotten before their time because there were too many. */
  readonly evicted: number
}

/** A detector's state as JSON. It holds ids of actors and patients: keep it as you keep the log. */
export interface DetectorState {
  readonly detector: string
  readonly version: number
  readonly options: unknown
  /** The log's time, milliseconds since 1970; null before the first record. */
  readonly now: number | null
  readonly coverage: {
    readonly judged: number
    readonly notApplicable: number
    readonly unknown: Readonly<Record<string, number>>
  }
  readonly tables: Readonly<Record<string, unknown>>
}

/** A detector at work. It changes its state in place. */
export interface RunningDetector {
  /** `seen` is what `seenAt` makes of the record, where a caller has made it for several detectors. */
  observe(record: AuditRecord, facts: Facts, seen?: Seen): Alert[]
  /** Looks at the time without a record: what is overdue, or silent, at `now` (milliseconds since 1970). */
  tick(now: number, facts: Facts): Alert[]
  /** Episodes that are kept, as they stand. */
  episodes(): Episode[]
  coverage(): Coverage
  state(): DetectorState
}

/**
 * A detector: a pure function of its state, a record and the facts. The same arguments give the same answer, wherever and whenever.
 */
export interface Detector {
  readonly name: string
  /** Goes up whenever the same records could give other alerts. */
  readonly version: number
  /** With the defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>
  /**
   * Judges one record. The state passed in is not changed; to go through a whole log, `detect` does the same without copying.
   * @throws PhiError PHI_AUDIT_DETECT_STATE when the state is not one of this detector with these options
   */
  step(
    state: DetectorState | undefined,
    record: AuditRecord,
    facts: Facts,
  ): { readonly state: DetectorState; readonly alerts: readonly Alert[] }
  /** @throws PhiError PHI_AUDIT_DETECT_STATE */
  start(state?: unknown): RunningDetector
}

/** How a detector answers while it looks at a record. */
export interface Out {
  judged(): void
  notApplicable(): void
  unknown(reason: string): void
  /** Starts or grows an episode. */
  raise(episode: Episode | undefined, growth: Growth, seen: Seen): Episode
  /** Ends one. */
  close(episode: Episode | undefined, now: number): void
}

type Tables<Slots> = { readonly [Name in keyof Slots]: Table<Slots[Name]> }

export interface DetectorSpec<Slots extends object> {
  readonly name: string
  readonly version: number
  readonly options: Readonly<Record<string, unknown>>
  readonly tables: { readonly [Name in keyof Slots]: TableSpec<Slots[Name]> }
  observe(tables: Tables<Slots>, seen: Seen, facts: Facts, out: Out): void
  tick?(tables: Tables<Slots>, now: number, facts: Facts, out: Out): void
  /** The episodes in the tables. */
  episodes(tables: Tables<Slots>, now: number): Iterable<Episode | undefined>
}

const coverageSchema = z.strictObject({
  judged: z.int().min(0),
  notApplicable: z.int().min(0),
  unknown: z.record(z.string().max(128), z.int().min(1)),
})

export const detectorStateSchema = z.strictObject({
  detector: z.string(),
  version: z.int(),
  options: z.record(z.string(), z.unknown()),
  now: z.number().nullable(),
  coverage: coverageSchema,
  tables: z.record(z.string(), z.unknown()),
})

/** Reads options. @throws PhiError PHI_AUDIT_DETECT_OPTIONS */
export function parseOptions<Schema extends z.ZodType>(schema: Schema, options: unknown, root: string): z.output<Schema> {
  return parseAs(schema, options, root, (context) => detectError('PHI_AUDIT_DETECT_OPTIONS', context))
}

class Running<Slots extends object> implements RunningDetector {
  readonly #spec: DetectorSpec<Slots>
  readonly #tables: Tables<Slots>
  readonly #unknown: Map<string, number>
  readonly #out: Out
  #now: number | undefined
  #judged: number
  #notApplicable: number
  #alerts: Alert[] = []

  constructor(spec: DetectorSpec<Slots>, saved: unknown) {
    this.#spec = spec
    const state = saved === undefined ? undefined : readState(spec, saved)
    const tables = Object.entries<TableSpec<unknown>>(spec.tables as Readonly<Record<string, TableSpec<unknown>>>).map(
      ([name, table]) => [name, state === undefined ? new Table(table) : Table.load(table, state.tables[name])],
    )
    this.#tables = Object.fromEntries(tables) as Tables<Slots>
    this.#now = state?.now ?? undefined
    this.#judged = state?.coverage.judged ?? 0
    this.#notApplicable = state?.coverage.notApplicable ?? 0
    this.#unknown = new Map(Object.entries(state?.coverage.unknown ?? {}))
    const name = { detector: spec.name, version: spec.version }
    this.#out = {
      judged: () => {
        this.#judged++
      },
      notApplicable: () => {
        this.#notApplicable++
      },
      unknown: (reason) => {
        this.#unknown.set(reason, (this.#unknown.get(reason) ?? 0) + 1)
      },
      raise: (episode, growth, seen) => {
        const { episode: grown, report } = grow(name, episode, growth, seen)
        if (report !== undefined) this.#alerts.push(report)
        return grown
      },
      close: (episode, now) => {
        const report = episode && close(episode, now)
        if (report !== undefined) this.#alerts.push(report)
      },
    }
  }

  #all(): [string, Table<unknown>][] {
    return Object.entries(this.#tables as Readonly<Record<string, Table<unknown>>>)
  }

  #take(): Alert[] {
    const alerts = this.#alerts
    this.#alerts = []
    return alerts
  }

  observe(record: AuditRecord, facts: Facts, seen: Seen = seenAt(record, this.#now)): Alert[] {
    this.#now = seen.now
    if (seen.doubt !== undefined) this.#out.unknown(seen.doubt)
    this.#spec.observe(this.#tables, seen, facts, this.#out)
    return this.#take()
  }

  tick(now: number, facts: Facts): Alert[] {
    if (this.#now !== undefined && now > this.#now) this.#spec.tick?.(this.#tables, now, facts, this.#out)
    return this.#take()
  }

  episodes(): Episode[] {
    return [...this.#spec.episodes(this.#tables, this.#now ?? 0)].filter((episode) => episode !== undefined)
  }

  coverage(): Coverage {
    const evicted = this.#all()
      .map(([, table]) => table)
      .reduce((sum, table) => sum + table.evicted, 0)
    return { ...this.#coverage(), evicted }
  }

  #coverage(): DetectorState['coverage'] {
    const unknown = Object.fromEntries([...this.#unknown].sort(([a], [b]) => (a < b ? -1 : 1)))
    return { judged: this.#judged, notApplicable: this.#notApplicable, unknown }
  }

  state(): DetectorState {
    const { name, version, options } = this.#spec
    const tables = Object.fromEntries(this.#all().map(([key, table]) => [key, table.save()]))
    const coverage = this.#coverage()
    // A copy: what is saved must not change with what comes after.
    return structuredClone({ detector: name, version, options, now: this.#now ?? null, coverage, tables })
  }
}

function readState(
  spec: { readonly name: string; readonly version: number; readonly options: unknown; readonly tables: object },
  saved: unknown,
): DetectorState {
  const state = detectorStateSchema.parse(saved)
  const same =
    state.detector === spec.name &&
    state.version === spec.version &&
    canonicalJson(state.options as never) === canonicalJson(spec.options as never) &&
    canonicalJson(Object.keys(state.tables).sort()) === canonicalJson(Object.keys(spec.tables).sort())
  if (!same) throw new RangeError('another detector')
  return state
}

/** Makes a detector of its parts. */
export function makeDetector<Slots extends object>(spec: DetectorSpec<Slots>): Detector {
  const start = (saved?: unknown): RunningDetector => {
    try {
      return new Running(spec, structuredClone(saved))
    } catch {
      // The cause is left out: it could quote what was stored.
      throw detectError('PHI_AUDIT_DETECT_STATE')
    }
  }
  return {
    name: spec.name,
    version: spec.version,
    options: spec.options,
    start,
    step(state, record, facts) {
      const running = start(state)
      const alerts = running.observe(record, facts)
      return { state: running.state(), alerts }
    },
  }
}
