/** An arc of a network that can be cut, at a price; or cannot: `Infinity`. */
export interface Pipe {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly price: number
}

interface Arc {
  readonly to: number
  readonly back: number
  room: number
}

/**
 * The cheapest set of pipes that separates `start` from `end` (Dinic 1970): of several, the one nearest to the end. The separating pipes must
 * have whole prices, or there is no such set.
 */
export function minCut(pipes: readonly Pipe[], start: string, end: string): readonly string[] {
  const numbers = new Map<string, number>()
  const arcs: Arc[][] = []
  const numbered = (name: string) => {
    const number = numbers.get(name) ?? arcs.length
    if (number === arcs.length) {
      numbers.set(name, number)
      arcs.push([])
    }
    return number
  }
  const ends = [numbered(start), numbered(end)] as const
  const placed = pipes.map(({ id, from, to, price }) => {
    const [a, b] = [numbered(from), numbered(to)]
    const there = arcs[a] as Arc[]
    const back = arcs[b] as Arc[]
    there.push({ to: b, back: back.length, room: Math.min(price, Number.MAX_SAFE_INTEGER) })
    back.push({ to: a, back: there.length - 1, room: 0 })
    return { id, a, b }
  })
  saturate(arcs, ...ends)
  const reaching = reachesEnd(arcs, ends[1])
  return placed.filter(({ a, b }) => !reaching.has(a) && reaching.has(b)).map(({ id }) => id)
}

/** Fills the arcs from start to end, level by level. Without recursion: a map can be one long chain. */
function saturate(arcs: readonly Arc[][], start: number, end: number): void {
  for (;;) {
    const level = levels(arcs, start)
    if (level[end] === undefined) return
    const next = arcs.map(() => 0)
    for (let path = walk(arcs, level, next, start, end); path !== undefined; path = walk(arcs, level, next, start, end)) {
      const room = path.reduce((least, each) => Math.min(least, each.room), Number.MAX_SAFE_INTEGER)
      for (const each of path) {
        each.room -= room
        ;(arcs[each.to]?.[each.back] as Arc).room += room
      }
    }
  }
}

function levels(arcs: readonly Arc[][], start: number): readonly (number | undefined)[] {
  const level: (number | undefined)[] = []
  level[start] = 0
  const queue = [start]
  for (const at of queue) {
    for (const { to, room } of arcs[at] ?? []) {
      if (room === 0 || level[to] !== undefined) continue
      level[to] = (level[at] as number) + 1
      queue.push(to)
    }
  }
  return level
}

function walk(
  arcs: readonly Arc[][],
  level: readonly (number | undefined)[],
  next: number[],
  start: number,
  end: number,
): readonly Arc[] | undefined {
  const path: Arc[] = []
  for (let at = start; at !== end; ) {
    const arc = arcs[at]?.[next[at] as number]
    if (arc === undefined) {
      const back = path.pop()
      if (back === undefined) return undefined
      at = arcs[back.to]?.[back.back]?.to as number
      next[at] = (next[at] as number) + 1
    } else if (arc.room > 0 && level[arc.to] === (level[at] as number) + 1) {
      path.push(arc)
      at = arc.to
    } else next[at] = (next[at] as number) + 1
  }
  return path
}

/** What can still reach the end: the arcs that lead into it from outside are the cut nearest to the end. */
function reachesEnd(arcs: readonly Arc[][], end: number): ReadonlySet<number> {
  const reaching = new Set([end])
  for (const at of reaching) {
    for (const { to, back } of arcs[at] ?? []) if ((arcs[to]?.[back]?.room ?? 0) > 0) reaching.add(to)
  }
  return reaching
}
