import { equalBytes, fromUtf8, isPhiError } from '@phi/core'
import { hashLeaf, verifyConsistency, verifyInclusion } from '../merkle/index.ts'
import { TileCache } from '../merkle/tile-cache.ts'
import { TILE_WIDTH } from '../merkle/tiles.ts'
import { type Checkpoint, MAX_NOTE_LENGTH, openNote, parseCheckpoint, type Verifier } from '../note/index.ts'
import { verifiersOf } from '../verify/checkpoints.ts'
import type { VerificationReport } from '../verify/report.ts'
import type { ResumePoint } from '../verify/start.ts'
import { tilesError } from './errors.ts'
import { CHECKPOINT_PATH } from './paths.ts'
import { type ReadTile, readBytes, TileFiles } from './tile-files.ts'
import { type VerifyTilesOptions, verifyTiles } from './verify-tiles.ts'

export interface OpenTilesOptions {
  readonly read: ReadTile
  /** Who may sign the log's checkpoints. */
  readonly keys: readonly (string | Verifier)[]
  /** Which log it must be. Default: the one whose origin is the name of the key that signed (C2SP tlog-checkpoint, "Signatures"). */
  readonly origin?: string
  /** Checkpoints held from before or got elsewhere: the directory must continue each of them. */
  readonly trusted?: readonly string[]
  /** How many tiles are kept in memory, about 16 KiB each. Default 256. */
  readonly maxTiles?: number
}

/** That the entry at `index` is in the tree of `size` entries with root `root` (RFC 6962 §2.1.1). */
export interface TileInclusionProof {
  readonly index: number
  readonly size: number
  readonly root: Uint8Array
  readonly leafHash: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/** That the tree of `size2` entries continues the tree of `size1` (RFC 6962 §2.1.2). */
export interface TileConsistencyProof {
  readonly size1: number
  readonly size2: number
  readonly root1: Uint8Array
  readonly root2: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/** An entry with its proof, which was checked. */
export interface ProvenEntry {
  readonly index: number
  readonly leaf: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/** A tile directory at one checkpoint. Whatever it returns was held against the checkpoint's signed root first. */
export interface TileLog {
  readonly origin: string
  readonly size: number
  /** The signed root hash. */
  readonly root: Uint8Array
  /** The checkpoint as it is published. Keep it, and pass it as `trusted` next time. */
  readonly checkpoint: string
  /** @throws PhiError PHI_AUDIT_TILES_RANGE, PHI_AUDIT_TILES_MISSING, PHI_AUDIT_TILES_DAMAGED, PHI_AUDIT_TILES_READ */
  inclusionProof(index: number): Promise<TileInclusionProof>
  /** From the tree of `size1` entries to that of the checkpoint. Throws as inclusionProof does. */
  consistencyProof(size1: number): Promise<TileConsistencyProof>
  /** The bytes of one entry. Throws as inclusionProof does. */
  entry(index: number): Promise<ProvenEntry>
  /** Entries in order, from `from` up to and without `to`; default all. Throws as inclusionProof does. */
  entries(range?: { readonly from?: number; readonly to?: number }): AsyncGenerator<ProvenEntry, void, undefined>
  /** Checks every entry and every tile that the checkpoint calls for, and says what is wrong with which. */
  verify(options?: VerifyTilesOptions): Promise<VerificationReport & { readonly resume?: ResumePoint }>
}

/**
 * Opens a directory of C2SP tlog-tiles at its checkpoint, whose signature is verified. Any tlog-tiles log will do, also one whose
 * entries are not of this package.
 * @throws PhiError PHI_AUDIT_TILES_MISSING when there is no checkpoint; PHI_AUDIT_NOTE_MALFORMED, PHI_AUDIT_NOTE_SIGNATURE,
 * PHI_AUDIT_NOTE_UNVERIFIED, PHI_AUDIT_CHECKPOINT when it cannot be trusted; PHI_AUDIT_TILES_CHECKPOINT when it is another log's;
 * PHI_AUDIT_TILES_HISTORY when it does not continue a trusted one; PHI_AUDIT_VKEY; PHI_AUDIT_TILES_DAMAGED, PHI_AUDIT_TILES_READ
 */
export async function openTiles(options: OpenTilesOptions): Promise<TileLog> {
  const { maxTiles, origin, read, trusted = [] } = options
  if (typeof read !== 'function') throw tilesError('PHI_AUDIT_TILES_OPTIONS', { path: 'read' })
  if (maxTiles !== undefined && !(Number.isSafeInteger(maxTiles) && maxTiles > 0))
    throw tilesError('PHI_AUDIT_TILES_OPTIONS', { path: 'maxTiles', detail: 'must be a positive whole number' })
  const verifiers = verifiersOf(options.keys)
  const bytes = await readBytes(read, CHECKPOINT_PATH)
  if (bytes === undefined) throw tilesError('PHI_AUDIT_TILES_MISSING', { detail: 'there is no checkpoint' })
  const checkpoint = openCheckpoint(bytes, verifiers, origin)
  const files = new TileFiles(read, checkpoint.size)
  const proofs = new TileProofs(files, checkpoint, maxTiles)
  for (const note of trusted) await proofs.assertContinues(openCheckpoint(note, verifiers, checkpoint.origin))
  const note = fromUtf8(bytes)
  return {
    origin: checkpoint.origin,
    size: checkpoint.size,
    get root() {
      return checkpoint.root.slice()
    },
    checkpoint: note,
    inclusionProof: (index) => proofs.inclusion(index),
    consistencyProof: (size1) => proofs.consistency(size1),
    entry: (index) => proofs.entry(index),
    entries: (range) => proofs.entries(range),
    verify: (verifyOptions) =>
      verifyTiles({ files, origin: checkpoint.origin, note, keys: options.keys, trusted }, verifyOptions),
  }
}

function openCheckpoint(note: Uint8Array | string, verifiers: readonly Verifier[], origin: string | undefined): Checkpoint {
  if (note.length > MAX_NOTE_LENGTH) throw tilesError('PHI_AUDIT_TILES_CHECKPOINT', { detail: 'it is too long' })
  const { text, verified } = openNote(note, verifiers)
  const checkpoint = parseCheckpoint(text)
  // A witness's cosignature under a known key says nothing about whose log it is.
  const isOwn = origin === undefined ? verified.some(({ name }) => name === checkpoint.origin) : checkpoint.origin === origin
  if (!isOwn) throw tilesError('PHI_AUDIT_TILES_CHECKPOINT', { detail: 'its origin is not that of the log' })
  return checkpoint
}

const untrue = (info: Readonly<Record<string, number>>) =>
  tilesError('PHI_AUDIT_TILES_DAMAGED', { detail: 'the proof does not lead to the signed root', info })

/** Makes proofs from tiles, and lets none out that does not hold. */
class TileProofs {
  readonly #files: TileFiles
  readonly #checkpoint: Checkpoint
  readonly #cache: TileCache
  /** The bundle that was read last: neighbours are usually asked for one after the other. */
  #bundle: { readonly index: number; readonly entries: readonly Uint8Array[] } | undefined

  constructor(files: TileFiles, checkpoint: Checkpoint, maxTiles: number | undefined) {
    this.#files = files
    this.#checkpoint = checkpoint
    // Always the tile that the checkpoint calls for, whatever part of it is needed: other widths may not be there.
    this.#cache = new TileCache(async (level, from, to) => {
      const tile = Math.floor(from / TILE_WIDTH)
      return (await files.hashes(level, tile)).slice(from - tile * TILE_WIDTH, to - tile * TILE_WIDTH)
    }, maxTiles)
  }

  async inclusion(index: number): Promise<TileInclusionProof> {
    this.#assertIndex(index)
    const tile = Math.floor(index / TILE_WIDTH)
    const leafHash = (await this.#files.hashes(0, tile))[index - tile * TILE_WIDTH] as Uint8Array
    return { leafHash, ...(await this.#prove(index, leafHash)) }
  }

  async entry(index: number): Promise<ProvenEntry> {
    this.#assertIndex(index)
    const tile = Math.floor(index / TILE_WIDTH)
    if (this.#bundle?.index !== tile) this.#bundle = { index: tile, entries: await this.#files.entries(tile) }
    const leaf = (this.#bundle.entries[index - tile * TILE_WIDTH] as Uint8Array).slice()
    const { proof } = await this.#prove(index, hashLeaf(leaf))
    return { index, leaf, proof }
  }

  async *entries({ from = 0, to = this.#checkpoint.size } = {}): AsyncGenerator<ProvenEntry, void, undefined> {
    const isRange = Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && from <= to
    if (!isRange || to > this.#checkpoint.size) throw tilesError('PHI_AUDIT_TILES_RANGE')
    for (let index = from; index < to; index++) yield await this.entry(index)
  }

  async consistency(size1: number): Promise<TileConsistencyProof> {
    const { size: size2, root: root2 } = this.#checkpoint
    if (!Number.isSafeInteger(size1) || size1 < 1 || size1 > size2)
      throw tilesError('PHI_AUDIT_TILES_RANGE', { path: 'size1', info: { size: size2 } })
    const root1 = await this.#cache.root(size1)
    const proof = await this.#cache.consistencyProof(size1, size2)
    if (!verifyConsistency({ size1, size2, root1, root2, proof })) throw untrue({ size1, size2 })
    return { size1, size2, root1, root2: root2.slice(), proof }
  }

  /** That the directory is of the history of a checkpoint held elsewhere. */
  async assertContinues({ size, root }: Checkpoint): Promise<void> {
    const { size: now, root: rootNow } = this.#checkpoint
    const contradicts = () => tilesError('PHI_AUDIT_TILES_HISTORY', { info: { trustedSize: size, size: now } })
    if (size > now || (size === now && !equalBytes(root, rootNow))) throw contradicts()
    if (size === 0 || size === now) return
    try {
      if (equalBytes((await this.consistency(size)).root1, root)) return
    } catch (error) {
      // Tiles that lead nowhere prove nothing either way: the caller hears that they are damaged.
      if (!isPhiError(error, 'PHI_AUDIT_TILES_RANGE')) throw error
    }
    throw contradicts()
  }

  #assertIndex(index: number): void {
    const { size } = this.#checkpoint
    if (!Number.isSafeInteger(index) || index < 0 || index >= size)
      throw tilesError('PHI_AUDIT_TILES_RANGE', { path: 'index', info: { size } })
  }

  async #prove(index: number, leafHash: Uint8Array) {
    const { size, root } = this.#checkpoint
    const proof = await this.#cache.inclusionProof(index, size)
    if (!verifyInclusion({ index, size, leafHash, proof, root })) throw untrue({ index })
    return { index, size, root: root.slice(), proof }
  }
}
