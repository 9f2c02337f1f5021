import { isPhiError } from '@phi/core'
import { envelopeError } from '../errors.ts'
import { isBytes } from './byte-transformer.ts'

/** Where a sealed file lies: a file, a blob in an object storage, a database column. */
export interface FileSource {
  /** Bytes of the sealed file. What it says is checked against the last chunk before anything is made of it. */
  readonly size: number
  /** Exactly `length` bytes from `offset` on. May be called again before an earlier call has answered. */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>
}

/**
 * `ENOENT` and its kind, which the operating system or a library's author chose, for a program to branch on. Nothing else of an
 * error of a storage is kept: messages and names hold paths, and paths hold names of people.
 */
export function errnoOf(error: unknown): { readonly errno: string } | Record<string, never> {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^E[A-Z0-9]{2,15}$/.test(code) ? { errno: code } : {}
}

/** @throws PhiError PHI_ENVELOPE_FILE_SOURCE; the signal's own reason when it is aborted */
export async function readExactly(
  source: FileSource,
  offset: number,
  length: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  signal?.throwIfAborted()
  let bytes: Uint8Array
  try {
    bytes = await source.read(offset, length, signal)
  } catch (error) {
    signal?.throwIfAborted()
    if (isPhiError(error, 'PHI_ENVELOPE_FILE_SOURCE')) throw error
    throw envelopeError('PHI_ENVELOPE_FILE_SOURCE', { detail: 'it could not be read', info: errnoOf(error) })
  }
  signal?.throwIfAborted()
  if (!isBytes(bytes)) throw envelopeError('PHI_ENVELOPE_FILE_SOURCE', { detail: 'it answered with no Uint8Array' })
  if (bytes.length !== length) {
    throw envelopeError('PHI_ENVELOPE_FILE_SOURCE', {
      detail: 'it answered with another number of bytes',
      info: { asked: length, got: bytes.length },
    })
  }
  return bytes
}
