import type { Mark } from './mark.ts'
import type { SpoolKeys } from './seal.ts'
import type { FoundFrame, Scan, Stretch } from './segment.ts'

/**
 * Something that is not as it was written.
 *
 * - `missing`: records `from` to `to` were acknowledged, and are not there
 * - `unreadable`: a stretch of a segment is not a record of this spool
 * - `surplus`: a record is there more than once; one copy counts
 * - `order`: records stand at each other's places; they are read in their order
 * - `link`: record `from` does not continue the one before it, or the last one is not the one that was acknowledged
 * - `mark`: the mark cannot be read, so what is missing at the end cannot be told
 * - `mark-slot`: one of the mark's two copies cannot be read; the other can, and no record is affected
 */
export interface SpoolDamage {
  readonly kind: 'missing' | 'unreadable' | 'surplus' | 'order' | 'link' | 'mark' | 'mark-slot'
  readonly spool: string
  readonly from?: number
  readonly to?: number
  readonly segment?: number
  readonly offset?: number
  readonly bytes?: number
}

/** Where a record is. */
export interface Located {
  readonly sequence: number
  readonly segment: number
  readonly offset: number
  readonly length: number
  /** When it was spooled, milliseconds since 1970, UTC. */
  readonly spooledAt: number
}

/** A record as it is found, without its payload. */
export interface Candidate extends Located {
  readonly previous: string
  readonly hash: string
}

/** What a spool's files hold. */
export interface Recovered {
  /** By sequence, each once. */
  readonly records: readonly Located[]
  /** The sequence that comes next: one more than the largest that is known of. */
  readonly next: number
  /** Hash of the record before it, base64. */
  readonly head: string
  readonly damage: readonly SpoolDamage[]
  /** The end of the last segment: written in part when the process or the machine died, and never acknowledged. */
  readonly torn: Stretch | undefined
}

export const candidateOf = ({ payload: _, ...rest }: FoundFrame, spooledAt: number): Candidate => ({ ...rest, spooledAt })

/**
 * Puts a spool together from its segments. Pure.
 *
 * INVARIANT: a stretch is called torn only where no record can be missing: it ends the last segment, and everything that the
 * mark says was acknowledged is there.
 */
export function recover(
  spool: string,
  keys: SpoolKeys,
  state: { readonly mark: Mark | undefined; readonly whole: boolean },
  scans: readonly (Pick<Scan, 'segment' | 'size' | 'unreadable'> & { readonly records: readonly Candidate[] })[],
): Recovered {
  const { mark, whole } = state
  const damage: SpoolDamage[] = []
  if (mark === undefined) damage.push({ kind: 'mark', spool })
  else if (!whole) damage.push({ kind: 'mark-slot', spool })

  const bySequence = new Map<number, Candidate[]>()
  let highest = -1
  for (const candidate of scans.flatMap(({ records }) => records)) {
    const { sequence, segment, offset } = candidate
    const copies = bySequence.get(sequence)
    if (copies !== undefined) {
      copies.push(candidate)
      damage.push({ kind: 'surplus', spool, from: sequence, to: sequence, segment, offset })
      continue
    }
    if (sequence < highest) damage.push({ kind: 'order', spool, from: sequence, to: sequence, segment, offset })
    highest = Math.max(highest, sequence)
    bySequence.set(sequence, [candidate])
  }

  const next = Math.max(highest + 1, mark?.acknowledged ?? 0)
  const markHead = mark === undefined ? undefined : Buffer.from(mark.head).toString('base64')
  const chosen: Candidate[] = []
  // From the end: of two records with one sequence, the one that the next record names is right.
  let wanted: string | undefined = mark !== undefined && mark.acknowledged === next ? markHead : undefined
  for (const sequence of [...bySequence.keys()].sort((a, b) => b - a)) {
    const copies = bySequence.get(sequence) as Candidate[]
    const above = chosen[chosen.length - 1]
    if (above !== undefined) wanted = above.sequence === sequence + 1 ? above.previous : undefined
    if (mark !== undefined && sequence === mark.acknowledged - 1) wanted = markHead
    else if (above === undefined && sequence !== next - 1) wanted = undefined
    const fitting = wanted === undefined ? copies[0] : copies.find(({ hash }) => hash === wanted)
    if (fitting === undefined) damage.push({ kind: 'link', spool, from: sequence + 1, to: sequence + 1 })
    chosen.push(fitting ?? (copies[0] as Candidate))
  }
  chosen.reverse()
  const [first] = chosen
  if (first?.sequence === 0 && first.previous !== keys.genesis.toString('base64'))
    damage.push({ kind: 'link', spool, from: 0, to: 0 })

  let expected = 0
  for (const sequence of [...chosen.map((record) => record.sequence), next]) {
    if (sequence > expected) damage.push({ kind: 'missing', spool, from: expected, to: sequence - 1 })
    expected = sequence + 1
  }

  const torn = tornEnd(scans, mark !== undefined && highest + 1 >= mark.acknowledged)
  for (const stretch of scans.flatMap(({ unreadable }) => unreadable)) {
    if (stretch === torn) continue
    damage.push({ kind: 'unreadable', spool, segment: stretch.segment, offset: stretch.offset, bytes: stretch.length })
  }
  const last = chosen[chosen.length - 1]
  const head = last?.sequence === next - 1 ? last.hash : next > 0 ? (markHead as string) : keys.genesis.toString('base64')
  return { records: chosen.map(locationOf), next, head, damage, torn }
}

function tornEnd(scans: readonly Pick<Scan, 'segment' | 'size' | 'unreadable'>[], complete: boolean): Stretch | undefined {
  const last = scans[scans.length - 1]
  const stretch = last?.unreadable[last.unreadable.length - 1]
  if (!complete || last === undefined || stretch === undefined) return undefined
  return stretch.offset + stretch.length === last.size ? stretch : undefined
}

const locationOf = ({ sequence, segment, offset, length, spooledAt }: Candidate): Located => ({
  sequence,
  segment,
  offset,
  length,
  spooledAt,
})
