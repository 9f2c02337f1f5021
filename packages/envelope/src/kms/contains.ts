import { equalBytes } from '@phi/core'

/** Whether the bytes stand somewhere in the others. */
export function contains(bytes: Uint8Array, part: Uint8Array): boolean {
  for (let at = 0; at + part.length <= bytes.length; at++) {
    if (equalBytes(bytes.subarray(at, at + part.length), part)) return true
  }
  return false
}
