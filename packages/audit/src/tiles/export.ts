import { equalBytes, fromUtf8, isPhiError, utf8 } from '@phi/core'
import * as z from 'zod'
import { emptyFrontier, FrontierBuilder, frontierFromTiles, frontierRoot, hashLeaf } from '../merkle/index.ts'
import { TILE_WIDTH } from '../merkle/tiles.ts'
import { type Checkpoint, openNote, parseCheckpoint, parseNote, type Verifier } from '../note/index.ts'
import type { AuditStore, LogKey } from '../store/store.ts'
import { verifiersOf } from '../verify/checkpoints.ts'
import { storeHashReader, unreadable } from '../verify/hash-reader.ts'
import { encodeEntries } from './entry-bundle.ts'
import { sinkFault, tilesError } from './errors.ts'
import { CHECKPOINT_PATH, levelsOf, tilePath, tileWidth } from './paths.ts'
import type { TileSink } from './sink.ts'

export interface ExportTilesOptions {
  readonly store: AuditStore<never>
  readonly log: LogKey
  /** The signed checkpoint to publish. It says how many entries are exported. */
  readonly checkpoint: string
  readonly to: TileSink
  /** Who may have signed the checkpoint that is published there already. Given, a checkpoint by nobody of these is refused. */
  readonly keys?: readonly (string | Verifier)[]
  /**
   * Go on where the published checkpoint ends (the default). With false every tile is made again and compared with what is there:
   * what is missing or different is written. The log is read twice for it, and nothing is written before it agrees with both
   * checkpoints.
   */
  readonly resume?: boolean
  readonly onProgress?: (progress: { readonly exported: number; readonly total: number }) => void
  /** Stops between two reads of the store; the export then rejects with the signal's reason and can be taken up again. */
  readonly signal?: AbortSignal
}

export interface TilesReport {
  /** How many entries the published checkpoint covers now. */
  readonly size: number
  /** How many the one before covered; undefined when there was none. */
  readonly previousSize: number | undefined
  /** False when the same, or a later, checkpoint of this history was published already, and nothing was left to do. */
  readonly published: boolean
  /** Files written: tiles and entry bundles, without the checkpoint. */
  readonly written: number
  readonly bytes: number
}

const optionsSchema = z.object({ checkpoint: z.string(), resume: z.boolean().optional() })

/**
 * Writes a log as a static directory of C2SP tlog-tiles: `checkpoint`, `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]`. Any
 * tlog-tiles client can read it.
 *
 * Entries in tiles are leaves: origin, index, time, and five salted commitments. No text of an event is in them, and there is no
 * option that would put one in.
 *
 * Incremental: what the published checkpoint covers is not written again. Before anything is written the log is held against that
 * checkpoint; before the new one is published, against the new one. Cut off at any moment, it leaves a checkpoint all of whose
 * tiles are there, and the next export goes on.
 * @throws PhiError PHI_AUDIT_TILES_CHECKPOINT when a checkpoint is not of this log or not by a given key; PHI_AUDIT_TILES_HISTORY
 * when the log does not continue the published one; PHI_AUDIT_TILES_SOURCE, with the index where it is known, when entries are
 * missing or do not make the signed root; PHI_AUDIT_TILES_SINK, PHI_AUDIT_TILES_BUSY; and what the store throws
 */
export async function exportTiles(options: ExportTilesOptions): Promise<TilesReport> {
  if (!optionsSchema.safeParse(options).success) throw tilesError('PHI_AUDIT_TILES_OPTIONS')
  const { to: sink } = options
  const release = await sink.acquire?.().catch((error: unknown) => {
    throw sinkFault(error)
  })
  try {
    return await exportWhileAlone(options)
  } finally {
    // What was published is published: a lock that cannot be released is no failure of the export.
    await release?.().catch(() => {})
  }
}

async function exportWhileAlone(options: ExportTilesOptions): Promise<TilesReport> {
  const { log, to: sink, store, signal } = options
  const verifiers = options.keys === undefined ? undefined : verifiersOf(options.keys)
  const next = checkpointOf(options.checkpoint, log, verifiers)
  const found = await sink.read(CHECKPOINT_PATH).catch((error: unknown) => {
    throw sinkFault(error)
  })
  const published = found === undefined ? undefined : checkpointOf(found, log, verifiers)
  if (published !== undefined && published.size > next.size) {
    // Another exporter was faster. Its history must be ours as well.
    await assertPrefix(store, log, next)
    await assertPrefix(store, log, published, 'PHI_AUDIT_TILES_HISTORY')
    return { size: published.size, previousSize: published.size, published: false, written: 0, bytes: 0 }
  }
  const run = new TileRun(options, next, published)
  const isRepair = options.resume === false
  if (isRepair) await run.pass({ from: 0, writes: false, compares: false })
  const from = isRepair || published === undefined ? 0 : published.size - (published.size % TILE_WIDTH)
  await run.pass({ from, writes: true, compares: isRepair })
  signal?.throwIfAborted()
  const previousSize = published?.size
  // The same size with other signatures, a witness's say, is worth publishing.
  const isSame = found !== undefined && equalBytes(found, utf8(options.checkpoint))
  if (!isSame || run.written > 0) {
    await sink.publish(utf8(options.checkpoint)).catch((error: unknown) => {
      throw sinkFault(error)
    })
    if (published !== undefined) await removePartials(sink, published.size, next.size)
  }
  return { size: next.size, previousSize, published: !isSame, written: run.written, bytes: run.bytes }
}

function checkpointOf(note: string | Uint8Array, log: LogKey, verifiers: readonly Verifier[] | undefined): Checkpoint {
  let checkpoint: Checkpoint
  try {
    const text = typeof note === 'string' ? note : fromUtf8(note)
    checkpoint = parseCheckpoint((verifiers === undefined ? parseNote(text) : openNote(text, verifiers)).text)
  } catch (cause) {
    throw tilesError('PHI_AUDIT_TILES_CHECKPOINT', { cause })
  }
  if (checkpoint.origin !== log.origin)
    throw tilesError('PHI_AUDIT_TILES_CHECKPOINT', { detail: 'it is of another log', info: { size: checkpoint.size } })
  return checkpoint
}

/** That the log, as it is, has the checkpoint's root at its size. */
async function assertPrefix(
  store: AuditStore<never>,
  log: LogKey,
  { size, root }: Checkpoint,
  code: 'PHI_AUDIT_TILES_SOURCE' | 'PHI_AUDIT_TILES_HISTORY' = 'PHI_AUDIT_TILES_SOURCE',
): Promise<void> {
  const frontier = await readingStore(() => frontierFromTiles(size, storeHashReader(store, log)))
  if (!equalBytes(frontierRoot(frontier), root)) throw tilesError(code, { info: { size } })
}

/** A store whose hashes are missing or none is a log that does not have what was signed; a store that is away is just away. */
async function readingStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (isPhiError(cause) && unreadable.has(cause.code)) throw tilesError('PHI_AUDIT_TILES_SOURCE', { cause })
    throw cause
  }
}

/** The partial tiles that the published checkpoint needed and the new one has in full. */
async function removePartials(sink: TileSink, before: number, now: number): Promise<void> {
  if (sink.removePartials === undefined) return
  for (let level = 0; level < levelsOf(before); level++) {
    const index = Math.floor(before / TILE_WIDTH ** (level + 1))
    if (tileWidth(level, index, before) === 0 || tileWidth(level, index, now) < TILE_WIDTH) continue
    const paths = level === 0 ? [tilePath(0, index), tilePath('entries', index)] : [tilePath(level, index)]
    // They only take up room: that one stays is not worth calling a published export failed.
    for (const path of paths) await sink.removePartials(path).catch(() => {})
  }
}

/** One export: reads leaves, grows the tree, and writes each tile as soon as it is whole. Holds one tile a level. */
class TileRun {
  readonly #options: ExportTilesOptions
  readonly #next: Checkpoint
  readonly #published: Checkpoint | undefined
  #mode = { writes: false, compares: false }
  #builder = new FrontierBuilder(emptyFrontier)
  /** The tile of each level that is not full yet. */
  #rows: Uint8Array[][] = []
  #leaves: Uint8Array[] = []
  written = 0
  bytes = 0

  constructor(options: ExportTilesOptions, next: Checkpoint, published: Checkpoint | undefined) {
    this.#options = options
    this.#next = next
    this.#published = published
  }

  /** @param mode.from a multiple of 256, at most 255 below the published size, so that this is reached before a tile is full */
  async pass(mode: { readonly from: number; readonly writes: boolean; readonly compares: boolean }): Promise<void> {
    const { store, log, onProgress, signal } = this.#options
    const { size } = this.#next
    this.#mode = mode
    await readingStore(() => this.#begin(mode.from))
    this.#check()
    let next = mode.from
    if (next < size) {
      for await (const batch of store.read(log, { from: next, to: size })) {
        signal?.throwIfAborted()
        for (const { index, leaf } of batch) {
          if (index !== next) throw missing(next)
          next++
          await this.#push(utf8(leaf))
        }
        onProgress?.({ exported: next, total: size })
      }
    }
    if (next !== size) throw missing(next)
    if (mode.writes) await this.#writePartials()
  }

  /** The tree as it is at `from`, with the hashes of the tiles that are still open there. */
  async #begin(from: number): Promise<void> {
    const { store, log } = this.#options
    const read = storeHashReader(store, log)
    this.#leaves = []
    this.#rows = []
    // INVARIANT: the frontier at `from` is folded from exactly the hashes of the open tiles, so the root that is compared with a
    // checkpoint further on vouches for every hash that is written.
    const frontier = await frontierFromTiles(from, async (level, start, end) => {
      const hashes = await read(level, start, end)
      if (start % TILE_WIDTH === 0) this.#rows[level] = [...hashes]
      return hashes
    })
    this.#builder = new FrontierBuilder(frontier)
  }

  async #push(leaf: Uint8Array): Promise<void> {
    const hash = hashLeaf(leaf)
    this.#leaves.push(leaf)
    this.#builder.push(hash)
    this.#check()
    await this.#add(0, hash)
    for (const { level, hash } of this.#builder.completed.splice(0)) await this.#add(level, hash)
  }

  async #add(level: number, hash: Uint8Array): Promise<void> {
    let row = this.#rows[level]
    if (row === undefined) {
      row = []
      this.#rows[level] = row
    }
    row.push(hash)
    if (row.length < TILE_WIDTH) return
    this.#rows[level] = []
    const index = Math.floor((this.#builder.size - 1) / TILE_WIDTH ** (level + 1))
    await this.#write(level, index, row)
  }

  async #writePartials(): Promise<void> {
    for (const [level, row] of this.#rows.entries()) {
      if (row === undefined || row.length === 0) continue
      await this.#write(level, Math.floor(this.#next.size / TILE_WIDTH ** (level + 1)), row)
    }
  }

  async #write(level: number, index: number, row: readonly Uint8Array[]): Promise<void> {
    if (level === 0) {
      const leaves = this.#leaves.splice(0)
      if (this.#mode.writes)
        await this.#put(tilePath('entries', index, row.length), encodeEntries(leaves), 0, index, row.length)
    }
    if (!this.#mode.writes) return
    const tile = new Uint8Array(row.length * 32)
    row.forEach((hash, i) => {
      tile.set(hash, i * 32)
    })
    await this.#put(tilePath(level, index, row.length), tile, level, index, row.length)
  }

  async #put(path: string, bytes: Uint8Array, level: number, index: number, width: number): Promise<void> {
    const { to: sink, signal } = this.#options
    signal?.throwIfAborted()
    try {
      // What no published checkpoint calls for is written whatever is there: it may not be durable, or not be ours.
      const isPublished = this.#published !== undefined && tileWidth(level, index, this.#published.size) === width
      if (isPublished) {
        const there = this.#mode.compares ? await sink.read(path) : bytes
        if (there !== undefined && equalBytes(there, bytes)) return
      }
      await sink.write(path, bytes)
    } catch (error) {
      throw sinkFault(error)
    }
    this.written++
    this.bytes += bytes.length
  }

  /** At the sizes of the two checkpoints the tree must have their roots. */
  #check(): void {
    const { size } = this.#builder
    if (size === this.#published?.size && !equalBytes(this.#builder.root(), this.#published.root))
      throw tilesError('PHI_AUDIT_TILES_HISTORY', { info: { size } })
    if (size === this.#next.size && !equalBytes(this.#builder.root(), this.#next.root))
      throw tilesError('PHI_AUDIT_TILES_SOURCE', { detail: 'the entries do not make the signed root', info: { size } })
  }
}

const missing = (index: number) => tilesError('PHI_AUDIT_TILES_SOURCE', { detail: 'an entry is missing', info: { index } })
