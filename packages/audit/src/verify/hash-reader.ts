import { fromBase64 } from '@phi/core'
import { auditError } from '../errors.ts'
import { entryHashBytes } from '../leaf.ts'
import type { HashReader } from '../merkle/index.ts'
import type { AuditStore, LogKey } from '../store/store.ts'

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

/** How many tiles the cache holds at most: 8 MiB of hashes. */
const MAX_CACHED_TILES = 1024
const TILE_WIDTH = 256

/** Reads whole tiles of the tree of `size` leaves and keeps them, for many proofs in one go. */
export function cachedHashReader(read: HashReader, size: number): HashReader {
  const tiles = new Map<string, Promise<readonly Uint8Array[]>>()
  return async (level, from, to) => {
    const start = Math.floor(from / TILE_WIDTH) * TILE_WIDTH
    const key = `${level}/${start}`
    let tile = tiles.get(key)
    if (tile === undefined) {
      tile = read(level, start, Math.min(start + TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level)))
      if (tiles.size >= MAX_CACHED_TILES) tiles.clear()
      tiles.set(key, tile)
    }
    return (await tile).slice(from - start, to - start)
  }
}
