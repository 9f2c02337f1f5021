import * as z from 'zod'
import type { AuditRecord } from '../record.ts'
import { type Drained, drainedId, openedId, SPOOL_FORMAT, SPOOL_RESOURCE } from './events.ts'

/**
 * How a spool stands, by the log alone.
 *
 * - `drained`: everything that was ever acknowledged is in the log
 * - `drained-with-loss`: it was drained, and something is missing, was altered, or was refused by the log
 * - `outstanding`: opened, not drained: in use, or waiting on a machine that is away
 * - `lost`: opened, not drained, and gone: a later spool of the same name, or the caller's list of spools, does not know it
 */
export type SpoolStanding = 'drained' | 'drained-with-loss' | 'outstanding' | 'lost'

export interface SpoolEntry {
  readonly spool: string
  readonly name: string | undefined
  readonly standing: SpoolStanding
  /** Index in the log, and recorded time, UTC. Undefined where the records given do not hold it. */
  readonly opened: { readonly index: number; readonly at: string } | undefined
  readonly drained: (Drained & { readonly index: number; readonly at: string }) | undefined
}

export interface SpoolReport {
  /** In the order in which the log first names them. */
  readonly spools: readonly SpoolEntry[]
  /** Events that came into the log through spools. */
  readonly events: number
  /** Records that were acknowledged by a spool that was drained, and could not be read. Those of lost spools nobody can count. */
  readonly missing: number
  readonly outstanding: readonly string[]
  readonly lost: readonly string[]
  /** Indices of records that concern spools and cannot be used: withheld, altered, or not of this form. */
  readonly unusable: readonly number[]
}

const ID = /^[0-9a-f]{32}$/
const whole = z.int().min(0)
const place = whole.nullable()
const openedSchema = z.strictObject({
  format: z.literal(SPOOL_FORMAT),
  state: z.literal('opened'),
  name: z.string().optional(),
  holds: z
    .string()
    .regex(/^(?:[0-9a-f]{32}(?: [0-9a-f]{32})*)?$/)
    .optional(),
})
const drainedSchema = z.strictObject({
  format: z.literal(SPOOL_FORMAT),
  state: z.literal('drained'),
  first: place,
  last: place,
  fromIndex: place,
  toIndex: place,
  count: whole,
  missing: whole,
  refused: whole,
  renamed: whole,
  head: z.string(),
  intact: z.boolean(),
})

interface Opening {
  readonly index: number
  readonly at: string
  readonly name: string | undefined
  readonly holds: ReadonlySet<string>
}

/**
 * What the log says about its spools. Pure. Give it every record of the log, or those that
 * `query({ resource: { type: 'AuditSpool' } })` finds, in any order.
 *
 * A spool is known lost when a later one of the same name was opened without it in the same directory. Where spools have no
 * name, or a machine never came back, `present` decides: the ids that are known to exist (`health().spool`, and what their
 * machines still hold). Without it such a spool is `outstanding` for ever: look at `opened.at`.
 */
export function spoolReport(
  records: Iterable<AuditRecord>,
  options: { readonly present?: readonly string[] } = {},
): SpoolReport {
  const openings = new Map<string, Opening>()
  const drains = new Map<string, Drained & { index: number; at: string }>()
  const order = new Set<string>()
  const unusable: number[] = []

  for (const record of [...records].sort((a, b) => a.index - b.index)) {
    const { index, recordedAt: at, event } = record
    const concerns = event.subject?.resource?.type === SPOOL_RESOURCE || event.id?.startsWith('phi.audit.spool/') === true
    if (!concerns || isSpooledEvent(event.id, event.subject?.resource?.type)) continue
    const spool = event.subject?.resource?.id ?? ''
    const details = event.context?.details
    const opened = openedSchema.safeParse(details)
    const drained = drainedSchema.safeParse(details)
    if (!ID.test(spool) || !record.genuine) unusable.push(index)
    else if (opened.success && event.id === openedId(spool)) {
      const { name, holds = '' } = opened.data
      openings.set(spool, { index, at, name, holds: new Set(holds.split(' ')) })
      order.add(spool)
    } else if (drained.success && isDrainedId(event.id, spool)) {
      const { format: _, state: __, first, last, fromIndex, toIndex, ...figures } = drained.data
      // The last one holds: it was made after the files were looked at again.
      drains.set(spool, { spool, ...figures, ...known({ first, last, fromIndex, toIndex }), index, at })
      order.add(spool)
    } else unusable.push(index)
  }

  const spools = [...order].map((spool): SpoolEntry => {
    const opening = openings.get(spool)
    const drained = drains.get(spool)
    return {
      spool,
      name: opening?.name,
      standing:
        drained === undefined
          ? standingOf(spool, opening as Opening, openings, options.present)
          : isWhole(drained)
            ? 'drained'
            : 'drained-with-loss',
      opened: opening && { index: opening.index, at: opening.at },
      drained,
    }
  })
  const named = (standing: SpoolStanding) => spools.filter((entry) => entry.standing === standing).map(({ spool }) => spool)
  const sum = (what: 'count' | 'missing') => [...drains.values()].reduce((total, drained) => total + drained[what], 0)
  return {
    spools,
    events: sum('count'),
    missing: sum('missing'),
    outstanding: named('outstanding'),
    lost: named('lost'),
    unusable,
  }
}

/** An event recorded under an id of ours because its own was taken. */
const isSpooledEvent = (id: string | undefined, resource: string | undefined): boolean =>
  resource !== SPOOL_RESOURCE && /^phi\.audit\.spool\/[0-9a-f]{32}\/event\/\d+$/.test(id ?? '')

const isDrainedId = (id: string | undefined, spool: string): boolean =>
  id === drainedId(spool, 1) || (id?.startsWith(`${drainedId(spool, 1)}-`) === true && /-[2-9]$/.test(id))

const known = (places: Readonly<Record<'first' | 'last' | 'fromIndex' | 'toIndex', number | null>>) => ({
  first: places.first ?? undefined,
  last: places.last ?? undefined,
  fromIndex: places.fromIndex ?? undefined,
  toIndex: places.toIndex ?? undefined,
})

/** Its own figures must agree as well: as many records as sequences. */
function isWhole({ first, last, count, missing, refused, intact }: Drained): boolean {
  const sequences = first === undefined || last === undefined ? 0 : last - first + 1
  return intact && missing === 0 && refused === 0 && count === sequences
}

function standingOf(
  spool: string,
  opening: Opening,
  openings: ReadonlyMap<string, Opening>,
  present: readonly string[] | undefined,
): SpoolStanding {
  if (present !== undefined) return present.includes(spool) ? 'outstanding' : 'lost'
  if (opening.name === undefined) return 'outstanding'
  for (const later of openings.values())
    if (later.name === opening.name && later.index > opening.index && !later.holds.has(spool)) return 'lost'
  return 'outstanding'
}
