import { fromBase64 } from '@phi/core'
import { auditError } from '../errors.ts'
import { entryHashBytes } from '../leaf.ts'
import type { HashReader } from '../merkle/index.ts'
import type { AuditStore, LogKey } from '../store/store.ts'

/** The codes of errors that say that a store's hashes are missing or malformed, and not that the store is away. */
export const unreadable: ReadonlySet<string> = new Set([
  'PHI_AUDIT_RANGE',
  'PHI_AUDIT_STORE',
  'PHI_AUDIT_FORMAT',
  'PHI_AUDIT_MERKLE_READ',
])

/**
 * Reads tree hashes from a store: those of level 0 are made from the leaves, those above are the tile hashes that it keeps. They
 * are as trustworthy as the store: check what is made of them against a signed root.
 *
 * The reader throws PHI_AUDIT_STORE when an entry is missing or a tile hash is none, and what the store throws.
 */
export function storeHashReader(store: AuditStore<never>, log: LogKey): HashReader {
  return (level, from, to) => (level === 0 ? leafHashes(store, log, from, to) : tileHashes(store, log, level, from, to))
}

async function leafHashes(store: AuditStore<never>, log: LogKey, from: number, to: number): Promise<Uint8Array[]> {
  const hashes: Uint8Array[] = []
  for await (const batch of store.read(log, { from, to })) {
    for (const { index, leaf } of batch) {
      if (index !== from + hashes.length) break
      hashes.push(entryHashBytes(leaf))
    }
  }
  if (hashes.length !== to - from) {
    throw auditError('PHI_AUDIT_STORE', { detail: 'an entry is missing', info: { index: from + hashes.length } })
  }
  return hashes
}

async function tileHashes(
  store: AuditStore<never>,
  log: LogKey,
  level: number,
  from: number,
  to: number,
): Promise<Uint8Array[]> {
  const hashes = await store.tiles(log, level, from, to)
  try {
    return hashes.map(fromBase64)
  } catch (cause) {
    throw auditError('PHI_AUDIT_STORE', {
      path: 'tiles',
      detail: 'a tile hash is not base64',
      info: { level, from, to },
      cause,
    })
  }
}
