import { fromText, HEADER, keyIdAt, readHeader, type Suite, TEXT_PREFIX, VERSION } from '../field/format.ts'
import type { ColumnValue } from './table.ts'

/**
 * What a stored value looks like to somebody without a key:
 * - `sealed`: a field's value in a form that may open;
 * - `deterministic`: a deterministic field's value (suite 4);
 * - `damaged`: it says of itself that it is sealed, and is not of the format: cut, re-encoded, or written by something else;
 * - `plaintext`: anything else.
 */
export type StoredValue =
  | { readonly look: 'sealed'; readonly keyId: string; readonly suite: Suite }
  | { readonly look: 'deterministic'; readonly keyId: string }
  | { readonly look: 'damaged' }
  | { readonly look: 'plaintext' }

const DETERMINISTIC_SUITE = 4
const SIV_TAG = 16
const prefixBytes = Uint8Array.from(TEXT_PREFIX, (character) => character.charCodeAt(0))

/** Whether a value that is not null says of itself that it is sealed. What says so is never taken for plaintext. */
const claims = (value: string | Uint8Array): boolean =>
  typeof value === 'string' ? value.startsWith(TEXT_PREFIX) : prefixBytes.every((byte, i) => value[i] === byte)

/** Looks at a stored value that is not null. Nothing of it is authenticated: good for counting and for finding keys. */
export function lookAt(value: Exclude<ColumnValue, null>): StoredValue {
  const bytes = typeof value === 'string' ? fromText(value) : value
  const header = bytes && readHeader(bytes)
  if (header !== undefined) return { look: 'sealed', keyId: header.keyId, suite: header.suite }
  // Deterministic values have a text form only.
  if (typeof value === 'string' && bytes !== undefined && isDeterministic(bytes)) {
    return { look: 'deterministic', keyId: keyIdAt(bytes) }
  }
  return { look: claims(value) ? 'damaged' : 'plaintext' }
}

const isDeterministic = (bytes: Uint8Array): boolean =>
  bytes[0] === VERSION && bytes[1] === DETERMINISTIC_SUITE && bytes.length >= HEADER + SIV_TAG
