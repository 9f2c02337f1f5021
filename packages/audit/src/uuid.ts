import { type Clock, randomBytes } from '@phi/core'

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const POOL = 1000
const RANDOM_BYTES = 10

/** Makes UUIDv7 identifiers (RFC 9562 §5.7): 48 bits of Unix milliseconds, then 74 random bits. They sort by time of creation. */
export function uuidV7Source(clock: Clock): () => string {
  let pool: Uint8Array = new Uint8Array(0)
  let at = 0
  let lastTime = Number.NaN
  let timeText = ''
  const hex = (i: number) => HEX[pool[at + i] as number] as string
  return () => {
    at += RANDOM_BYTES
    if (at >= pool.length) {
      pool = randomBytes(POOL * RANDOM_BYTES)
      at = 0
    }
    const time = clock()
    if (time !== lastTime) {
      lastTime = time
      const digits = time.toString(16).padStart(12, '0')
      timeText = `${digits.slice(0, 8)}-${digits.slice(8)}-`
    }
    pool[at] = ((pool[at] as number) & 0x0f) | 0x70
    pool[at + 2] = ((pool[at + 2] as number) & 0x3f) | 0x80
    return `${timeText}${hex(0)}${hex(1)}-${hex(2)}${hex(3)}-${hex(4)}${hex(5)}${hex(6)}${hex(7)}${hex(8)}${hex(9)}`
  }
}
