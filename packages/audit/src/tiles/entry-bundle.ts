import { tilesError } from './errors.ts'

/** The longest entry that a bundle can hold: its length is a uint16 (C2SP tlog-tiles, "Log entries"). */
export const MAX_ENTRY_LENGTH = 65_535

/**
 * Writes entries one after the other, each after its length as a big-endian uint16 (C2SP tlog-tiles, "Log entries").
 * @throws PhiError PHI_AUDIT_TILES_OPTIONS when an entry is longer than 65,535 bytes
 */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array {
  const length = entries.reduce((sum, entry) => sum + 2 + entry.length, 0)
  const bundle = new Uint8Array(length)
  const view = new DataView(bundle.buffer)
  let at = 0
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_LENGTH) throw tilesError('PHI_AUDIT_TILES_OPTIONS', { path: 'entries', detail: 'too long' })
    view.setUint16(at, entry.length)
    bundle.set(entry, at + 2)
    at += 2 + entry.length
  }
  return bundle
}

/** Reads a bundle that must hold exactly `count` entries. Undefined when it does not. The entries are copies. */
export function decodeEntries(bundle: Uint8Array, count: number): Uint8Array[] | undefined {
  const entries = decodeFirst(bundle, count)
  return entries === undefined || entries.end !== bundle.length ? undefined : entries.entries
}

/** The first `count` entries of a bundle that may hold more, and where they end. */
export function decodeFirst(bundle: Uint8Array, count: number): { entries: Uint8Array[]; end: number } | undefined {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength)
  const entries: Uint8Array[] = []
  let at = 0
  while (entries.length < count) {
    if (at + 2 > bundle.length) return undefined
    const end = at + 2 + view.getUint16(at)
    if (end > bundle.length) return undefined
    entries.push(new Uint8Array(bundle.subarray(at + 2, end)))
    at = end
  }
  return { entries, end: at }
}
