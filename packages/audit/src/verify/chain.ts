import { fromBase64, toBase64 } from '@phi/core'
import { entryHash } from '../leaf.ts'
import { type CompletedSubtree, type Frontier, FrontierBuilder } from '../merkle/index.ts'
import type { Head } from '../store/store.ts'
import type { Anchor, Anchors } from './checkpoints.ts'
import type { FindingDetail, Findings } from './findings.ts'

/** Where checking starts: the empty log, or a place that was verified before. */
export interface Start {
  readonly size: number
  readonly lastHash: string
  readonly recordedAt: string
  readonly frontier: Frontier
  readonly anchoredTo: number
}

/** An entry whose hash is not in the tree yet, because the entry after it has a say: it carries the hash as it once was. */
export interface Held {
  readonly kind: 'start' | 'entry' | 'missing'
  readonly index: number
  /** The leaf's text, or '' when it is no leaf. */
  readonly leaf: string
  /** The hash of the leaf as it is now, if there is a text to hash. */
  readonly hash: Uint8Array | undefined
  readonly b64: string
  /** There is a finding about this leaf already. */
  readonly named: boolean
  /** Groups that do not match their leaf, and the hash that the leaf would have if it committed to them. */
  readonly groups: { readonly findings: readonly FindingDetail[]; readonly repaired: string } | undefined
}

/** An entry whose hash is not the one that the next entry carries: one of the two was altered. */
interface Disputed extends Held {
  readonly claim: string
  /** This entry itself disagreed with the one before, so what it says about others is worth nothing. */
  readonly blamed: boolean
}

const HASH = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/

/**
 * Follows the links from entry to entry, grows the tree, and compares its root with every checkpoint on the way.
 *
 * To name the entry that was altered, and not the honest one after it, an entry's hash enters the tree one step late: where the
 * entry that follows remembers another hash, and is itself confirmed by the one after, the remembered hash enters the tree. If
 * the root then agrees with a signed checkpoint, exactly that entry was altered.
 */
export class Chain {
  readonly #findings: Findings
  readonly #builder: FrontierBuilder
  readonly #start: Start
  readonly #anchors: readonly (readonly [size: number, roots: ReadonlySet<string>])[]
  #nextAnchor = 0
  #anchorSize = Number.POSITIVE_INFINITY
  #matchedSize: number
  #isRewritten = false
  #disputed: Disputed | undefined

  // The held entry, field by field: one object less an entry.
  #kind: Held['kind'] = 'start'
  #index: number
  #leaf = ''
  #hash: Uint8Array | undefined
  #b64: string
  #isNamed = false
  #groups: Held['groups']

  /** The largest size at which the root agrees with a checkpoint, this run's or the start's. */
  anchoredTo: number
  /** Hashes are missing or cannot be known, so roots that disagree from here on say nothing new. */
  isDoubtful = false
  /** Entries are missing altogether: the tree cannot be continued. */
  #isLost = false

  constructor(start: Start, anchors: Anchors, findings: Findings) {
    this.#findings = findings
    this.#builder = new FrontierBuilder(start.frontier)
    this.#start = start
    this.#matchedSize = start.anchoredTo
    this.anchoredTo = start.anchoredTo
    this.#index = start.size - 1
    this.#b64 = start.lastHash
    this.#anchors = anchors.sorted().filter(([size]) => size >= start.size)
    this.#armAnchor()
    if (this.#anchorSize === start.size) this.#compareRoot()
  }

  /** The hash that the next entry should carry, base64. */
  get lastHash(): string {
    return this.#b64
  }

  /** The last entry, unless it is missing. */
  get lastIndex(): number | undefined {
    return this.#kind === 'entry' ? this.#index : undefined
  }

  /** Tile hashes that the entries have completed. The caller empties the array. */
  get completed(): CompletedSubtree[] {
    return this.#builder.completed
  }

  get frontier(): Frontier {
    return this.#builder.frontier()
  }

  /** The next entry, when everything about it is right and it carries `lastHash`. */
  follow(index: number, leaf: string, hash: Uint8Array): void {
    if (this.#disputed !== undefined || this.#groups !== undefined) this.#link(this.#b64)
    else if (this.#hash !== undefined) this.#push(this.#hash)
    else if (this.#kind !== 'start') this.#lose()
    this.#kind = 'entry'
    this.#index = index
    this.#leaf = leaf
    this.#hash = hash
    this.#b64 = toBase64(hash)
    this.#isNamed = false
  }

  /** The next entry, whatever it is, with the hash that it carries of the one before (undefined: none that can be read). */
  add(entry: Held, claim: string | undefined): void {
    this.#link(claim)
    this.#hold(entry)
  }

  /** Entries are missing: the next one is number `index`. */
  skip(from: number, index: number): void {
    this.#link(undefined)
    // The entry after a single missing one still carries its hash. Of several, all but the last are gone.
    if (index - from > 1) this.#lose()
    this.#hold({ kind: 'missing', index: index - 1, leaf: '', hash: undefined, b64: '', named: true, groups: undefined })
  }

  /** Compares a checkpoint that came after the entries, with which it must end. */
  compare({ size, root }: Anchor): void {
    if (size === this.#builder.size && !this.#isLost) this.#compareWith(size, new Set([root]))
  }

  /** The end, where no next entry has a say. Whatever is open is settled. */
  end(): void {
    this.#link(undefined)
  }

  /** The end, with what the store keeps about it. */
  endAt(head: Head, recordedAt: string): void {
    const breaks = this.#findings.counts.break
    const claim = typeof head.lastHash === 'string' ? head.lastHash : ''
    const isAlone = claim !== this.#b64 && this.#disputed === undefined && this.#kind !== 'missing'
    if (isAlone && this.#isHeadWrong(head, claim)) {
      this.#link(undefined)
      return
    }
    this.#link(claim)
    if (this.#disputed !== undefined) this.#settle(this.#disputed)
    this.#disputed = undefined
    if (this.isDoubtful || this.#isRewritten) return
    const isTimely = head.recordedAt === recordedAt || this.#findings.counts.break > breaks
    if (!isTimely || !isFrontier(head.frontier, this.frontier)) this.#findings.add('head-mismatch', { index: head.size })
  }

  /**
   * The head remembers another hash of the last entry than it has. The frontier in the head, which depends on the same hash,
   * tells which of the two was altered. True when the head was.
   */
  #isHeadWrong(head: Head, claim: string): boolean {
    if (this.#kind === 'start' && this.#start.size > 0) {
      this.#nameStartRewritten(claim)
      return true
    }
    if (this.#kind === 'entry' && !this.#isLost && HASH.test(claim)) {
      const trial = new FrontierBuilder(this.frontier)
      trial.push(fromBase64(claim))
      if (isFrontier(head.frontier, trial.frontier())) return false
    }
    this.#findings.add('head-mismatch', { index: head.size, expected: this.#b64, found: claim.slice(0, 44) })
    return true
  }

  #hold({ kind, index, leaf, hash, b64, named, groups }: Held): void {
    this.#kind = kind
    this.#index = index
    this.#leaf = leaf
    this.#hash = hash
    this.#b64 = b64
    this.#isNamed = named
    this.#groups = groups
  }

  #held(): Held {
    return {
      kind: this.#kind,
      index: this.#index,
      leaf: this.#leaf,
      hash: this.#hash,
      b64: this.#b64,
      named: this.#isNamed,
      groups: this.#groups,
    }
  }

  /** Hears what the entry after the held one says the held one's hash is, and settles what can be settled. */
  #link(claim: string | undefined): void {
    const held = this.#held()
    const disputed = this.#disputed
    this.#disputed = undefined
    this.#groups = undefined
    if (claim === undefined || claim === held.b64) {
      if (disputed !== undefined) this.#settle(disputed)
      this.#nameGroups(held)
      this.#pushHash(held)
    } else if (disputed === undefined) {
      this.#disputed = { ...held, claim, blamed: false }
    } else {
      this.#settleBetween(disputed, held, claim)
      this.#disputed = { ...held, named: true, groups: undefined, claim, blamed: true }
    }
  }

  /** The entry after a disputed one is confirmed, and so is the hash that it carries. */
  #settle(disputed: Disputed): void {
    const { claim } = disputed
    if (disputed.kind !== 'start') {
      this.#nameAltered(disputed, claim)
      this.#pushClaim(claim)
    } else if (this.#start.size > 0) this.#nameStartRewritten(claim)
    else this.#findings.add('broken-link', { index: 0, expected: this.#start.lastHash, found: claim })
  }

  /**
   * The held entry agrees with neither neighbour, so it was altered. Was the one before it as well? Not where the held one would
   * be right if it were linked to it as it is, and not where the held one is known to be out of place: then what it remembers is
   * worth nothing.
   */
  #settleBetween(disputed: Disputed, held: Held, claim: string): void {
    const isAlone = held.named || relinked(held.leaf, disputed.b64) === claim
    if (!isAlone && disputed.kind !== 'start') {
      this.#nameAltered(disputed, disputed.claim)
      this.#pushClaim(disputed.claim)
    } else if (disputed.blamed || disputed.kind === 'missing') {
      // Nobody trustworthy remembers the hash.
      this.isDoubtful = true
      this.#pushClaim(disputed.claim)
    } else {
      this.#nameGroups(disputed)
      this.#pushHash(disputed)
    }
    this.#nameAltered(held, claim)
  }

  #nameAltered(held: Held, claim: string): void {
    // Where the leaf would have the remembered hash if it committed to the groups as they are, the groups are genuine.
    if (held.groups?.repaired !== claim) this.#nameGroups(held)
    if (!held.named) this.#findings.add('altered-leaf', { index: held.index, expected: claim, found: held.b64 })
  }

  #nameGroups({ groups }: Held): void {
    for (const finding of groups?.findings ?? []) this.#findings.add('altered-group', finding)
  }

  #nameStartRewritten(found: string): void {
    const { size, lastHash } = this.#start
    this.#nameRewritten({ index: 0, between: { from: 0, to: size }, expected: lastHash, found })
  }

  /** Once: whatever disagrees after the first place where history was rewritten follows from it. */
  #nameRewritten(detail: FindingDetail): void {
    if (!this.#isRewritten) this.#findings.add('rewritten-history', detail)
    this.#isRewritten = true
  }

  #lose(): void {
    this.#isLost = true
    this.isDoubtful = true
  }

  #pushHash({ kind, hash }: Held): void {
    if (hash !== undefined) this.#push(hash)
    else if (kind !== 'start') this.#lose()
  }

  #pushClaim(claim: string): void {
    if (HASH.test(claim)) this.#push(fromBase64(claim))
    else this.#lose()
  }

  #push(hash: Uint8Array): void {
    if (this.#isLost) return
    this.#builder.push(hash)
    if (this.#builder.size === this.#anchorSize) this.#compareRoot()
  }

  #armAnchor(): void {
    this.#anchorSize = this.#anchors[this.#nextAnchor]?.[0] ?? Number.POSITIVE_INFINITY
  }

  #compareRoot(): void {
    const [size, roots] = this.#anchors[this.#nextAnchor] as readonly [number, ReadonlySet<string>]
    this.#nextAnchor++
    this.#armAnchor()
    this.#compareWith(size, roots)
  }

  #compareWith(size: number, roots: ReadonlySet<string>): void {
    const found = toBase64(this.#builder.root())
    if (roots.has(found)) {
      this.anchoredTo = Math.max(this.anchoredTo, size)
      this.#matchedSize = size
    } else if (!this.isDoubtful) {
      const [expected] = roots
      const between = { from: this.#matchedSize, to: size }
      this.#nameRewritten({ index: this.#matchedSize, between, expected: expected as string, found })
    }
  }
}

/** The hash that a leaf would have if it were linked to another entry. */
function relinked(leaf: string, previous: string): string {
  if (leaf === '') return ''
  const lines = leaf.split('\n')
  lines[4] = previous
  return entryHash(lines.join('\n'))
}

function isFrontier(found: unknown, { hashes }: Frontier): boolean {
  return Array.isArray(found) && found.length === hashes.length && hashes.every((hash, i) => toBase64(hash) === found[i])
}
