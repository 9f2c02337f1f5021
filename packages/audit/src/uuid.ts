import { type Clock, randomBytes, toHex } from '@phi/core'

const POOL = 1000
const RANDOM_BYTES = 10
const DIGITS = 2 * RANDOM_BYTES
/** The two bits of the variant, 10, and two random ones: from two random bits and two that are dropped. */
const VARIANT = '89ab'

/** Makes UUIDv7 identifiers (RFC 9562 §5.7): 48 bits of Unix milliseconds, then 74 random bits. They sort by time of creation. */
export function uuidV7Source(clock: Clock): () => string {
  // Drawn, and written as digits, for a thousand identifiers at a time.
  let pool = ''
  let at = 0
  let lastTime = Number.NaN
  let timeText = ''
  return () => {
    if (at === pool.length) {
      pool = toHex(randomBytes(POOL * RANDOM_BYTES))
      at = 0
    }
    const time = clock()
    if (time !== lastTime) {
      lastTime = time
      const digits = time.toString(16).padStart(12, '0')
      timeText = `${digits.slice(0, 8)}-${digits.slice(8)}-7`
    }
    const start = at
    at += DIGITS
    const variant = VARIANT[Number.parseInt(pool[start + 4] as string, 16) & 3] as string
    return `${timeText}${pool.slice(start + 1, start + 4)}-${variant}${pool.slice(start + 5, start + 8)}-${pool.slice(start + 8, at)}`
  }
}
