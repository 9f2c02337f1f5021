import { toBase64 } from '@phi/core'
import { type CompletedSubtree, type Frontier, FrontierBuilder, hashLeaf } from '../merkle/index.ts'
import type { Start } from '../verify/chain.ts'
import type { Anchors } from '../verify/checkpoints.ts'
import type { Findings } from '../verify/findings.ts'

/**
 * Checks entries that are any bytes: grows the tree over them and compares its root with every checkpoint on the way. Has the
 * shape of the checker of format v1, as far as tiles need it.
 */
export class OpaqueChecker {
  readonly #builder: FrontierBuilder
  readonly #findings: Findings
  readonly #anchors: readonly (readonly [size: number, roots: ReadonlySet<string>])[]
  #nextAnchor = 0
  #matched: number
  #isRewritten = false
  checked = 0
  readonly withheld = 0
  readonly recordedAt = ''
  next: number
  readonly chain: {
    anchoredTo: number
    lastHash: string
    isDoubtful: boolean
    readonly completed: CompletedSubtree[]
    readonly frontier: Frontier
  }

  constructor({ start, anchors, findings }: { start: Start; anchors: Anchors; findings: Findings }) {
    const builder = new FrontierBuilder(start.frontier)
    this.#builder = builder
    this.#findings = findings
    this.#anchors = anchors.sorted().filter(([size]) => size >= start.size)
    this.#matched = start.anchoredTo
    this.next = start.size
    this.chain = {
      anchoredTo: start.anchoredTo,
      lastHash: start.lastHash,
      isDoubtful: false,
      completed: builder.completed,
      get frontier() {
        return builder.frontier()
      },
    }
    this.#compare()
  }

  add({ index, leaf }: { readonly index: number; readonly leaf: unknown; readonly open?: unknown }): void {
    this.checked++
    if (index !== this.next) {
      const between = { from: this.next, to: index }
      this.#findings.add('gap', { index: this.next, between, expected: String(this.next), found: String(index) })
      // Without the hashes that are missing the tree cannot be continued.
      this.chain.isDoubtful = true
    }
    this.next = index + 1
    const hash = hashLeaf(leaf as Uint8Array)
    this.chain.lastHash = toBase64(hash)
    if (this.chain.isDoubtful) return
    this.#builder.push(hash)
    this.#compare()
  }

  end(): void {}

  #compare(): void {
    const [size, roots] = this.#anchors[this.#nextAnchor] ?? []
    if (size !== this.#builder.size || roots === undefined) return
    this.#nextAnchor++
    const found = toBase64(this.#builder.root())
    if (roots.has(found)) {
      this.chain.anchoredTo = Math.max(this.chain.anchoredTo, size)
      this.#matched = size
    } else if (!this.#isRewritten) {
      // Once: whatever disagrees further on follows from it.
      this.#isRewritten = true
      const [expected] = roots as ReadonlySet<string>
      const between = { from: this.#matched, to: size }
      this.#findings.add('rewritten-history', { index: this.#matched, between, expected: expected as string, found })
    }
  }
}
