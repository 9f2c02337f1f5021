import { type IpAddress, type IpRange, inRange, parseAddress, parseRange } from '../ip/address.ts'

interface Block {
  readonly version: 4 | 6
  readonly first: bigint
  /** How many bits are free: the block has 2^free addresses. */
  readonly free: number
}

const word = (value: number, shift: bigint): bigint => BigInt(value) << shift

function blockOf(range: IpRange): Block {
  const { version, a, b, c, d, prefix } = range
  const first = word(a, 96n) | word(b, 64n) | word(c, 32n) | BigInt(d)
  return { version, first, free: (version === 4 ? 32 : 128) - prefix }
}

const everything: readonly Block[] = [
  { version: 4, first: 0n, free: 32 },
  { version: 6, first: 0n, free: 128 },
]
/** Written as text, these are IPv4 addresses. */
const mapped: Block = { version: 6, first: 0xffffn << 32n, free: 32 }

const holds = (outer: Block, inner: Block): boolean =>
  outer.version === inner.version &&
  outer.free >= inner.free &&
  outer.first >> BigInt(outer.free) === inner.first >> BigInt(outer.free)
const same = (one: Block, two: Block): boolean => holds(one, two) && one.free === two.free

/** The addresses of a block that lie in none of the holes, lowest first. */
function* outside(block: Block, holes: readonly Block[]): Generator<bigint> {
  if (holes.some((hole) => holds(hole, block))) return
  const inside = holes.filter((hole) => holds(block, hole))
  if (inside.length === 0) {
    const end = block.first + (1n << BigInt(block.free))
    for (let each = block.first; each < end; each++) yield each
    return
  }
  const free = block.free - 1
  yield* outside({ ...block, free }, inside)
  yield* outside({ ...block, free, first: block.first + (1n << BigInt(free)) }, inside)
}

function text(version: 4 | 6, address: bigint): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join('.')
  return [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n].map((shift) => ((address >> shift) & 0xffffn).toString(16)).join(':')
}

/**
 * Addresses that stand for all: for every way in which an address can lie in these lists of ranges and not in others, up to so
 * many of them, fewer where fewer exist.
 */
export function addressesFor(lists: readonly (readonly string[])[], many: number): readonly string[] {
  const ranges = lists.map((list) => list.map((each) => parseRange(each) as IpRange))
  const blocks: Block[] = [...everything]
  for (const each of ranges.flat().map(blockOf)) if (!blocks.some((block) => same(block, each))) blocks.push(each)
  const found = new Map<string, string[]>()
  for (const block of blocks) {
    const holes = blocks.filter((each) => holds(block, each) && !same(block, each))
    let taken = 0
    for (const address of outside(block, block.version === 6 ? [...holes, mapped] : holes)) {
      const written = text(block.version, address)
      const parsed = parseAddress(written) as IpAddress
      const key = ranges.map((list) => (list.some((range) => inRange(parsed, range)) ? '1' : '0')).join('')
      const list = found.get(key)
      if (list === undefined) found.set(key, [written])
      else if (list.length < many) list.push(written)
      if (++taken >= many) break
    }
  }
  return [...found.values()].flat()
}
