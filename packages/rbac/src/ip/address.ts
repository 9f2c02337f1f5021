/**
 * IP addresses and ranges, read strictly. What is not in one of the two standard spellings is not an address: readers of addresses
 * disagree about the rest (`010.0.0.1`, `127.1`, `fe80::1%eth0`), and a list that one reader passes and another refuses protects
 * nobody.
 */

/** An address as four 32-bit words, unsigned. An IPv4 address stands in `d`, with `a`, `b` and `c` zero. */
export interface IpAddress {
  readonly version: 4 | 6
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
}

/** A block of addresses: a first address, and how many of its leading bits all members share (0 to 32, or 0 to 128). */
export interface IpRange extends IpAddress {
  readonly prefix: number
}

// The longest spelling: six groups of four digits with their colons, and a dotted quad.
const LONGEST_ADDRESS = 45
const LONGEST_RANGE = LONGEST_ADDRESS + 4

const DOT = 46
const COLON = 58

/** The value of a hexadecimal digit by its character code, or -1. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  if (code >= 97 && code <= 102) return code - 87
  if (code >= 65 && code <= 70) return code - 55
  return -1
}

/** A decimal number without a leading zero, at most `limit`, that fills the text from `start` to `end`; or -1. */
function decimal(text: string, start: number, end: number, limit: number): number {
  if (end <= start || end - start > 3) return -1
  if (end - start > 1 && text.charCodeAt(start) === 48) return -1
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return -1
    value = value * 10 + digit
  }
  return value <= limit ? value : -1
}

/** Four decimal bytes with dots between them, from `start` to `end`, as an unsigned number; or -1. */
function dottedQuad(text: string, start: number, end: number): number {
  let value = 0
  let from = start
  for (let part = 0; part < 4; part++) {
    let to = from
    while (to < end && text.charCodeAt(to) !== DOT) to++
    // A dot must follow each part but the last, and nothing the last.
    if (part < 3 ? to === end : to !== end) return -1
    const byte = decimal(text, from, to, 255)
    if (byte < 0) return -1
    value = value * 256 + byte
    from = to + 1
  }
  return value
}

/**
 * RFC 4291 §2.2: eight groups of up to four digits, one run of zero groups as `::`, the last two groups as a dotted quad if
 * wished.
 */
function parseIpv6(text: string, end: number): IpAddress | undefined {
  const groups = [0, 0, 0, 0, 0, 0, 0, 0]
  let count = 0
  let gap = -1
  let at = 0
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return undefined
    gap = 0
    at = 2
  }
  while (at < end) {
    const start = at
    let value = 0
    for (; at < end && at - start < 4; at++) {
      const digit = hexDigit(text.charCodeAt(at))
      if (digit < 0) break
      value = value * 16 + digit
    }
    if (at < end && text.charCodeAt(at) === DOT) {
      const quad = count <= 6 ? dottedQuad(text, start, end) : -1
      if (quad < 0) return undefined
      groups[count++] = Math.floor(quad / 65536)
      groups[count++] = quad % 65536
      break
    }
    if (at === start || count === 8) return undefined
    groups[count++] = value
    if (at === end) break
    if (text.charCodeAt(at) !== COLON) return undefined
    at++
    if (at < end && text.charCodeAt(at) === COLON) {
      if (gap >= 0) return undefined
      gap = count
      at++
    } else if (at === end) return undefined
  }
  if (gap < 0 ? count !== 8 : count > 7) return undefined
  if (gap >= 0) {
    const moved = count - gap
    for (let i = 1; i <= moved; i++) {
      groups[8 - i] = groups[count - i] as number
    }
    // What was moved leaves its old place as part of the run of zeros.
    for (let i = gap; i < 8 - moved; i++) groups[i] = 0
  }
  const word = (i: number) => (groups[i] as number) * 65536 + (groups[i + 1] as number)
  return { version: 6, a: word(0), b: word(2), c: word(4), d: word(6) }
}

/** The address that fills the text up to `end`, in the version it is written in. */
function parseWritten(text: string, end: number): IpAddress | undefined {
  if (end < 2 || end > LONGEST_ADDRESS) return undefined
  // A colon stands within the first five characters of every IPv6 address, and in no IPv4 address.
  for (let i = 0; i < end && i < 5; i++) if (text.charCodeAt(i) === COLON) return parseIpv6(text, end)
  const quad = dottedQuad(text, 0, end)
  return quad < 0 ? undefined : { version: 4, a: 0, b: 0, c: 0, d: quad }
}

/** RFC 4291 §2.5.5.2: `::ffff:192.0.2.1` is how a dual-stack socket shows the IPv4 address `192.0.2.1`. */
const isMapped = ({ version, a, b, c }: IpAddress): boolean => version === 6 && a === 0 && b === 0 && c === 0xffff

/**
 * Reads an IPv4 or IPv6 address. An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`, in whichever spelling) reads as the IPv4 address.
 * @returns undefined for whatever is not an address in full: leading zeros, fewer than four parts, hexadecimal or octal IPv4, white
 *   space, brackets, ports, zone ids (`%eth0`), ranges, and what is not a string
 */
export function parseAddress(text: string): IpAddress | undefined {
  if (typeof text !== 'string') return undefined
  const address = parseWritten(text, text.length)
  if (address === undefined || !isMapped(address)) return address
  return { version: 4, a: 0, b: 0, c: 0, d: address.d }
}

/** The bits of word `i` (0 to 3) that a prefix of so many bits covers. */
function wordMask(prefix: number, i: number): number {
  const bits = prefix - 32 * i
  if (bits <= 0) return 0
  // A shift by 32 is a shift by 0 in JavaScript, hence the case of its own.
  return bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0
}

const outside = (value: number, mask: number): boolean => (value & ~mask) !== 0

/**
 * Reads a range in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3): `192.0.2.0/24`, `2001:db8::/32`. An address alone is the range of
 * that address. `/0` is allowed. A range of IPv4-mapped addresses (`::ffff:192.0.2.0/120`) reads as the IPv4 range.
 * @returns undefined for whatever is not a range in full, also when bits after the prefix are set (`192.0.2.1/24`): the writer meant
 *   something else, and one of the two readings would be too wide
 */
export function parseRange(text: string): IpRange | undefined {
  if (typeof text !== 'string' || text.length > LONGEST_RANGE) return undefined
  const slash = text.indexOf('/')
  const written = parseWritten(text, slash < 0 ? text.length : slash)
  if (written === undefined) return undefined
  const width = written.version === 4 ? 32 : 128
  const prefix = slash < 0 ? width : decimal(text, slash + 1, text.length, width)
  if (prefix < 0) return undefined
  const { version, a, b, c, d } = written
  if (version === 4) return outside(d, wordMask(prefix, 0)) ? undefined : { version, a, b, c, d, prefix }
  if (outside(a, wordMask(prefix, 0)) || outside(b, wordMask(prefix, 1))) return undefined
  if (outside(c, wordMask(prefix, 2)) || outside(d, wordMask(prefix, 3))) return undefined
  if (isMapped(written) && prefix >= 96) return { version: 4, a: 0, b: 0, c: 0, d, prefix: prefix - 96 }
  return { version, a, b, c, d, prefix }
}

const sameBits = (x: number, y: number, mask: number): boolean => ((x ^ y) & mask) === 0

/**
 * Whether the address lies in the range. An IPv4 address lies in IPv4 ranges only, and an IPv6 address in IPv6 ranges only: `::/0` is
 * every IPv6 address, and says nothing about IPv4.
 */
export function inRange(address: IpAddress, range: IpRange): boolean {
  if (address.version !== range.version) return false
  const { prefix } = range
  if (address.version === 4) return sameBits(address.d, range.d, wordMask(prefix, 0))
  return (
    sameBits(address.a, range.a, wordMask(prefix, 0)) &&
    sameBits(address.b, range.b, wordMask(prefix, 1)) &&
    sameBits(address.c, range.c, wordMask(prefix, 2)) &&
    sameBits(address.d, range.d, wordMask(prefix, 3))
  )
}
