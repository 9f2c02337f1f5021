/**
 * Random numbers that depend on a seed alone: xoshiro128** of Blackman and Vigna (ACM TOMS 47(4), 2021), its state filled by splitmix32
 * from an FNV-1a hash of what the stream is for. Each person and day has a stream of its own, so that one event more in one place changes
 * nothing elsewhere. For simulation, not for secrets.
 */
export interface Random {
  /** In [0, 1), 32 bits. */
  next(): number
  /** Whole, from `low` to `high`, both included. */
  int(low: number, high: number): number
  chance(probability: number): boolean
  pick<Each>(list: readonly Each[]): Each
  /** About `mean`, at least 0: mean plus or minus half of it, evenly. */
  about(mean: number): number
  /** 32 hexadecimal digits, as a UUID. */
  id(): string
  /** 64 hexadecimal digits, in the place of a SHA-256. */
  hash(): string
}

const bytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const rotated = (x: number, k: number): number => (x << k) | (x >>> (32 - k))

export function randomOf(seed: number, ...of: readonly (string | number)[]): Random {
  let hash = 0x811c9dc5
  for (const part of [seed, ...of]) {
    const text = `${part};`
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  const fill = (): number => {
    hash = (hash + 0x9e3779b9) | 0
    let z = hash ^ (hash >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return z ^ (z >>> 15)
  }
  let a = fill()
  let b = fill()
  let c = fill()
  let d = fill()
  const bits = (): number => {
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = rotated(d, 11)
    return result
  }
  const hex = (): string => {
    const drawn = bits()
    return `${bytes[drawn >>> 24]}${bytes[(drawn >>> 16) & 255]}${bytes[(drawn >>> 8) & 255]}${bytes[drawn & 255]}`
  }
  const next = (): number => bits() / 4_294_967_296
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (list) => {
      const picked = list[Math.floor(next() * list.length)]
      if (picked === undefined) throw new RangeError('nothing to pick from')
      return picked
    },
    about: (mean) => {
      const exact = mean * (0.5 + next())
      const whole = Math.floor(exact)
      return whole + (next() < exact - whole ? 1 : 0)
    },
    id: () => {
      const [p, q, r, s] = [hex(), hex(), hex(), hex()]
      return `${p}-${q.slice(0, 4)}-4${q.slice(5)}-8${r.slice(1, 4)}-${r.slice(4)}${s}`
    },
    hash: () => Array.from({ length: 8 }, hex).join(''),
  }
}
