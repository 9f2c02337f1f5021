import { type IpAddress, type IpRange, parseRange } from '../ip/address.ts'

/** An address in the one spelling that Cedar and we read alike: four decimal bytes, or eight groups in full. */
export function addressText({ version, a, b, c, d }: IpAddress): string {
  if (version === 4) return [24, 16, 8, 0].map((shift) => (d >>> shift) & 255).join('.')
  return [a, b, c, d].flatMap((word) => [(word >>> 16).toString(16), (word & 0xffff).toString(16)]).join(':')
}

/** A network of a checked policy, in that spelling. */
export function networkText(text: string): string {
  const range = parseRange(text) as IpRange
  return `${addressText(range)}/${range.prefix}`
}
