/** Addresses as numbers. Families stay apart, except that IPv4 in IPv6 (::ffff:0:0/96, RFC 4291 §2.5.5.2) is IPv4. */
interface Address {
  readonly family: 4 | 6
  readonly bits: bigint
}

const V4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/
const MAPPED = 0xffffn << 32n

function v4(text: string): bigint {
  return text.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n)
}

/** The sixteen-bit words of one side of `::`, or undefined. */
function words(text: string): bigint[] | undefined {
  if (text === '') return []
  const out: bigint[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (i === parts.length - 1 && V4.test(part)) out.push(v4(part) >> 16n, v4(part) & 0xffffn)
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) out.push(BigInt(`0x${part}`))
    else return undefined
  }
  return out
}

/** An address, or undefined for what is none. */
export function parseAddress(text: string): Address | undefined {
  if (V4.test(text)) return { family: 4, bits: v4(text) }
  const sides = text.length > 45 ? [] : text.split('::')
  const [left, right] = sides.map(words)
  if (sides.length < 1 || sides.length > 2 || left === undefined || (sides.length === 2 && right === undefined))
    return undefined
  const missing = 8 - left.length - (right?.length ?? 0)
  if (sides.length === 1 ? missing !== 0 : missing < 1) return undefined
  const all = [...left, ...Array<bigint>(missing).fill(0n), ...(right ?? [])]
  const bits = all.reduce((sum, word) => (sum << 16n) | word, 0n)
  return bits >> 32n === MAPPED >> 32n ? { family: 4, bits: bits & 0xffffffffn } : { family: 6, bits }
}

interface Network {
  readonly family: 4 | 6
  readonly length: number
  readonly key: bigint
}

function parseNetwork(text: string): Network | undefined {
  const match = /^([^/]{1,45})\/(0|[1-9]\d{0,2})$/.exec(text)
  const address = match && parseAddress(match[1] as string)
  if (!match || !address) return undefined
  const wide = (match[1] as string).includes(':') ? 128 : 32
  const width = address.family === 4 ? 32 : 128
  // A mapped network is written with 128 bits and kept with 32.
  const length = Number(match[2]) - (wide - width)
  if (length < 0 || length > width) return undefined
  return { family: address.family, length, key: address.bits >> BigInt(width - length) }
}

export const isNetwork = (text: string): boolean => parseNetwork(text) !== undefined

/** Finds the narrowest network that holds an address. Of two equal networks the later one counts. */
export function networkTable<Value>(rows: Iterable<readonly [cidr: string, value: Value]>): (ip: string) => Value | undefined {
  const tables = { 4: new Map<number, Map<bigint, Value>>(), 6: new Map<number, Map<bigint, Value>>() }
  for (const [cidr, value] of rows) {
    const network = parseNetwork(cidr)
    if (network === undefined) continue
    const lengths = tables[network.family]
    const table = lengths.get(network.length) ?? new Map<bigint, Value>()
    lengths.set(network.length, table.set(network.key, value))
  }
  const narrowestFirst = {
    4: [...tables[4]].sort(([a], [b]) => b - a),
    6: [...tables[6]].sort(([a], [b]) => b - a),
  }
  return (ip) => {
    const address = parseAddress(ip)
    if (address === undefined) return undefined
    const width = address.family === 4 ? 32 : 128
    for (const [length, table] of narrowestFirst[address.family]) {
      const found = table.get(address.bits >> BigInt(width - length))
      if (found !== undefined) return found
    }
    return undefined
  }
}
