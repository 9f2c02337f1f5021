import { merkleError } from './errors.ts'

const MAX_UINT64 = 2n ** 64n - 1n

const malformed = (path: string, detail: string) => merkleError('PHI_AUDIT_MERKLE_INPUT', { path, detail })

export function checkBytes(value: unknown, path: string): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) throw malformed(path, 'must be a Uint8Array')
}

export function checkHash(value: unknown, path: string): asserts value is Uint8Array {
  checkBytes(value, path)
  if (value.length !== 32) throw malformed(path, 'must be 32 bytes long')
}

export function checkHashes(value: unknown, path: string): asserts value is readonly Uint8Array[] {
  if (!Array.isArray(value)) throw malformed(path, 'must be an array of hashes')
  // Not forEach, which would step over the holes of a sparse array.
  for (let i = 0; i < value.length; i++) checkHash(value[i], `${path}[]`)
}

/** A size or index for verification: the whole range of uint64, the widest that any log format carries (RFC 6962 §3.5). */
export function uint64(value: unknown, path: string): bigint {
  const integer = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof integer !== 'bigint') throw malformed(path, 'must be a bigint or a safe integer')
  if (integer < 0n || integer > MAX_UINT64) throw malformed(path, 'must lie between 0 and 2^64 - 1')
  return integer
}

/** A size or index of a tree whose hashes are at hand: a non-negative safe integer. */
export function count(value: unknown, path: string): number {
  const integer = uint64(value, path)
  if (integer > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed(path, 'must not exceed 2^53 - 1')
  return Number(integer)
}

export function checkBelow(value: number, limit: number, path: string, detail: string): void {
  if (value >= limit) throw malformed(path, detail)
}

/** The two sizes of a consistency proof, as RFC 6962 §2.1.2 wants them: 0 < size1 ≤ size2. */
export function checkSizes(size1: number, size2: number): void {
  if (size1 === 0) throw malformed('size1', 'must be above 0, because every tree is consistent with the empty one')
  if (size1 > size2) throw malformed('size1', 'must not be above size2')
}
