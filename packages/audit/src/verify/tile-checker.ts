import { isPhiError, toBase64 } from '@phi/core'
import type { AuditStore, LogKey } from '../store/store.ts'
import type { Chain } from './chain.ts'
import type { Findings } from './findings.ts'

/** Hashes compared with one read of the store: a whole tile. */
const TILE_WIDTH = 256

/** Compares the tile hashes that a store keeps with those that the entries make. */
export class TileChecker {
  readonly #store: AuditStore<never>
  readonly #log: LogKey
  readonly #findings: Findings
  readonly #pending = new Map<number, { from: number; hashes: string[] }>()

  constructor(store: AuditStore<never>, log: LogKey, findings: Findings) {
    this.#store = store
    this.#log = log
    this.#findings = findings
  }

  /** Takes the subtrees that a chain has completed; they come in order at every level. Empties its list. */
  async take({ completed, isDoubtful }: Pick<Chain, 'completed' | 'isDoubtful'>): Promise<void> {
    const subtrees = completed.splice(0)
    // Once hashes are unknown, the tree says nothing about the tiles any more.
    if (isDoubtful) return
    for (const { level, index, hash } of subtrees) {
      const run = this.#pending.get(level)
      if (run === undefined) this.#pending.set(level, { from: index, hashes: [toBase64(hash)] })
      else run.hashes.push(toBase64(hash))
      if ((index + 1) % TILE_WIDTH === 0) await this.#compare(level)
    }
  }

  async end(chain: Pick<Chain, 'completed' | 'isDoubtful'>): Promise<void> {
    await this.take(chain)
    for (const level of [...this.#pending.keys()]) await this.#compare(level)
  }

  async #compare(level: number): Promise<void> {
    const { from, hashes } = this.#pending.get(level) as { from: number; hashes: string[] }
    this.#pending.delete(level)
    const stored = await this.#read(level, from, from + hashes.length)
    // A range with a gap is an error for the store: read one by one to name the gap.
    for (let i = 0; i < hashes.length; i++) {
      const found = stored?.[i] ?? (await this.#read(level, from + i, from + i + 1))?.[0]
      const width = TILE_WIDTH ** level
      const first = (from + i) * width
      const detail = { index: first, between: { from: first, to: first + width }, expected: hashes[i] as string }
      if (found === undefined) this.#findings.add('missing-tiles', detail)
      else if (found !== hashes[i])
        this.#findings.add('altered-tile', { ...detail, found: typeof found === 'string' ? found.slice(0, 44) : '' })
    }
  }

  async #read(level: number, from: number, to: number): Promise<readonly string[] | undefined> {
    try {
      return await this.#store.tiles(this.#log, level, from, to)
    } catch (error) {
      if (isPhiError(error, 'PHI_AUDIT_RANGE')) return undefined
      throw error
    }
  }
}
