import type { Bucket, CompiledForbid, CompiledPermit } from '../decision/bucket.ts'
import type { Tree } from '../decision/tree.ts'
import { FALSE, TRUE } from '../expression/truth.ts'
import type { Obligation } from '../policy/obligation.ts'
import { type Diagram, type Numbering, numberingBy } from './diagram.ts'
import type { Space } from './space.ts'

/** What may be seen, and what is owed for it. */
export interface Offer {
  /** In the type's order. */
  readonly fields: readonly string[]
  readonly obligations: readonly Obligation[]
}

/**
 * How somebody stands in a cell: all that a request can get there. Empty: denied. The first offer is what a request gets that does
 * not name fields; a request that names fields gets the first offer that shows them all.
 */
export type Standing = readonly Offer[]

const textsOf = (obligations: readonly Obligation[]): readonly string[] =>
  [...new Set(obligations.map((each) => JSON.stringify(each)))].sort()
const keyOf = (standing: Standing): string =>
  JSON.stringify(standing.map(({ fields, obligations }) => [[...fields].sort(), textsOf(obligations)]))

/** Numbers for standings, 0 for "denied". What is owed counts as a set, and so do the fields. */
export function standingNumbers(): Numbering<Standing> {
  const numbering = numberingBy(keyOf)
  numbering.number([])
  return numbering
}

/** Numbers in a bucket stand for its own atoms; these stand for those of the space. */
function inSpace(tree: Tree | undefined, number: (index: number) => number): Tree | undefined {
  if (tree === undefined) return undefined
  if (tree.op === 'atom') return { ...tree, index: number(tree.index) }
  if (tree.op === 'not') return { op: 'not', of: inSpace(tree.of, number) as Tree }
  return { op: tree.op, of: tree.of.map((each) => inSpace(each, number) as Tree) }
}

interface Opened {
  /** The fields that the forbid would have hidden. Null: it would have denied. */
  readonly fields: readonly string[] | null
  readonly obligations: readonly Obligation[]
}
/** What the forbids leave. */
interface Left {
  readonly denied: boolean
  readonly hidden: readonly string[]
  readonly opened: readonly Opened[]
}
/** What the permits that were looked at give: fields without obligations together, the others one by one. */
interface Given {
  readonly left: number
  readonly free: readonly string[] | null
  readonly bound: readonly number[]
}

/** How one policy's rules come out over a space. */
export interface Standings {
  /** The standings of somebody who has these permits. `without` leaves one rule out, by its id. */
  of(permits: readonly CompiledPermit[], without?: string): Diagram
  permit(permit: CompiledPermit): Diagram
  forbid(forbid: CompiledForbid): Diagram
  override(override: CompiledForbid['overrides'][number]): Diagram
  /** The permits of a role, by name or inheritance. */
  held(roles: readonly string[]): readonly CompiledPermit[]
}

const sorted = (fields: Iterable<string>): readonly string[] => [...new Set(fields)].sort()

function visible(bucket: Bucket, left: Left, free: readonly string[], bound: CompiledPermit | undefined): readonly string[] {
  const gone = new Set(left.hidden)
  for (const each of bound?.obligations ?? []) if (each.type === 'redact') for (const field of each.fields) gone.add(field)
  const shown = new Set([...free, ...(bound?.fields ?? [])])
  return bucket.fields.filter((field) => shown.has(field) && !gone.has(field))
}

function owed(left: Left, seen: readonly string[], bound: CompiledPermit | undefined): readonly Obligation[] {
  const relied = left.opened.filter(({ fields }) => fields === null || fields.some((field) => seen.includes(field)))
  const all = [...(bound?.obligations ?? []), ...relied.flatMap(({ obligations }) => obligations)]
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()]
}

function conclusion(bucket: Bucket, left: Left, given: Given): Standing {
  if (left.denied) return []
  const bound = given.bound
    .map((index) => bucket.permits[index] as CompiledPermit)
    .sort((a, b) => a.obligations.length - b.obligations.length)
  const offers: Offer[] = []
  for (const permit of [...(given.free === null ? [] : [undefined]), ...bound]) {
    const fields = visible(bucket, left, given.free ?? [], permit)
    if (fields.length === 0) continue
    // What shows nothing that an earlier offer does not show is never taken.
    if (offers.some((earlier) => fields.every((field) => earlier.fields.includes(field)))) continue
    offers.push({ fields, obligations: owed(left, fields, permit) })
  }
  return offers
}

/**
 * Puts the rules of a bucket together, cell by cell, as `conclude` does for one request.
 * @param numberOf the space's number of an atom of the bucket
 */
export function standingsOf(
  space: Space,
  bucket: Bucket,
  numberOf: (index: number) => number,
  numbers: Numbering<Standing>,
): Standings {
  const { diagrams } = space
  const truths = new Map<object, Diagram>()
  const truthOf = (of: { readonly tree: Tree | undefined }): Diagram => {
    const known = truths.get(of)
    if (known !== undefined) return known
    const out = space.truth(inSpace(of.tree, numberOf))
    truths.set(of, out)
    return out
  }
  const lefts = numberingBy<Left>((each) => (each.denied ? 'denied' : JSON.stringify([each.hidden, each.opened])))
  const DENIED = lefts.number({ denied: true, hidden: [], opened: [] })
  const OPEN = lefts.number({ denied: false, hidden: [], opened: [] })

  function after(number: number, forbid: CompiledForbid, by: number): number {
    if (number === DENIED) return DENIED
    const left = lefts.value(number)
    const { fields } = forbid.rule
    const override = forbid.overrides[by]
    if (override === undefined) {
      if (fields === undefined) return DENIED
      return lefts.number({ ...left, hidden: sorted([...left.hidden, ...fields]) })
    }
    if (override.obligations.length === 0) return number
    const opened: Opened = { fields: fields === undefined ? null : sorted(fields), obligations: override.obligations }
    const known = left.opened.some((each) => JSON.stringify(each) === JSON.stringify(opened))
    return known ? number : lefts.number({ ...left, opened: [...left.opened, opened] })
  }
  /** Which override opens a forbid: its place, one past the last where none does, -1 where the forbid does not fire. */
  function opener(forbid: CompiledForbid): Diagram {
    const none = forbid.overrides.length
    const first = forbid.overrides.reduceRight(
      (out, override, i) => diagrams.combine(truthOf(override), out, (truth, later) => (truth === TRUE ? i : later)),
      diagrams.constant(none),
    )
    return diagrams.combine(truthOf(forbid), first, (truth, by) => (truth === FALSE ? none + 1 : by))
  }
  const forbidden = new Map<string | undefined, Diagram>()
  function leftBy(without: string | undefined): Diagram {
    const known = forbidden.get(without)
    if (known !== undefined) return known
    let out = diagrams.constant(OPEN)
    for (const forbid of bucket.forbids) {
      if (forbid.rule.id === without) continue
      out = diagrams.combine(out, opener(forbid), (left, by) => (by > forbid.overrides.length ? left : after(left, forbid, by)))
    }
    forbidden.set(without, out)
    return out
  }

  const givens = numberingBy<Given>((each) => JSON.stringify([each.left, each.free, each.bound]))
  const nothing = givens.number({ left: DENIED, free: null, bound: [] })
  const place = new Map(bucket.permits.map((permit, i) => [permit, i]))
  const done = new Map<string, Diagram>()

  function of(permits: readonly CompiledPermit[], without?: string): Diagram {
    const used = permits.filter(({ rule }) => rule.id !== without)
    const isForbid = bucket.forbids.some(({ rule }) => rule.id === without)
    const key = `${isForbid ? without : ''} ${used.map((each) => place.get(each)).join()}`
    const known = done.get(key)
    if (known !== undefined) return known
    let out = diagrams.map(leftBy(isForbid ? without : undefined), (left) =>
      left === DENIED ? nothing : givens.number({ left, free: null, bound: [] }),
    )
    for (const permit of used) {
      const add = (number: number): number => {
        if (number === nothing) return nothing
        const given = givens.value(number)
        if (permit.obligations.length > 0)
          return givens.number({ ...given, bound: [...given.bound, place.get(permit) as number] })
        return givens.number({ ...given, free: sorted([...(given.free ?? []), ...permit.fields]) })
      }
      out = diagrams.combine(out, truthOf(permit), (number, truth) => (truth === TRUE ? add(number) : number))
    }
    const concluded = new Map<number, number>()
    const standing = diagrams.map(out, (number) => {
      const before = concluded.get(number)
      if (before !== undefined) return before
      const given = givens.value(number)
      const found = numbers.number(conclusion(bucket, lefts.value(given.left), given))
      concluded.set(number, found)
      return found
    })
    done.set(key, standing)
    return standing
  }
  return {
    of,
    permit: truthOf,
    forbid: truthOf,
    override: truthOf,
    held: (roles) => bucket.permits.filter(({ holders }) => roles.some((role) => holders.has(role))),
  }
}
