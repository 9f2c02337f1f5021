import { fromBase64, isInstant, toBase64 } from '@phi/core'
import { type GroupName, groupNames } from '../group.ts'
import { entryHash, entryHashBytes, type Leaf, leafText, parseLeaf } from '../leaf.ts'
import { type CompletedSubtree, type Frontier, FrontierBuilder } from '../merkle/index.ts'
import type { Head } from '../store/store.ts'
import { isCanonicalObject } from './canonical.ts'
import type { Anchor, Anchors } from './checkpoints.ts'
import type { FindingDetail, Findings } from './findings.ts'
import { openedCommitment } from './opening.ts'
import type { FindingCode } from './report.ts'
import { agrees } from './terms.ts'

/** Where checking starts: the empty log, or a place that was verified before. */
export interface Start {
  readonly size: number
  readonly lastHash: string
  readonly recordedAt: string
  readonly frontier: Frontier
  readonly anchoredTo: number
}

/** What an entry can hold, as far as anyone knows who has not checked it. */
interface Row {
  readonly index?: unknown
  readonly leaf?: unknown
  readonly open?: unknown
  readonly terms?: unknown
}

/**
 * An entry that was looked at and whose hash is not in the tree yet, because the entry after it has a say: it carries the hash
 * that this entry had when it was written.
 */
interface Held {
  readonly kind: 'start' | 'entry' | 'missing'
  readonly index: number
  /** The hash of the leaf as it is now. Undefined when there is no leaf to hash. */
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
 * Checks entries one after the other: place, leaf, link, commitments, canonical form, search terms, time and tree. Everything
 * wrong becomes a finding; nothing that a row can hold makes it throw. Memory does not grow with the log.
 *
 * To name the entry that was altered, and not the honest one after it, an entry's hash enters the tree one step late: where the
 * entry that follows remembers another hash, and is itself confirmed by the one after, the remembered hash enters the tree. If
 * the root then agrees with a signed checkpoint, exactly that entry was altered.
 */
export class EntryChecker {
  readonly #origin: string
  readonly #prefix: string
  readonly #findings: Findings
  readonly #reportsErased: boolean
  readonly #builder: FrontierBuilder
  readonly #start: Start
  readonly #anchors: readonly (readonly [size: number, roots: ReadonlySet<string>])[]
  #nextAnchor = 0
  #anchorSize = Number.POSITIVE_INFINITY
  #next: number
  #matchedSize: number
  #rewritten = false
  #recordedAt: string

  // The held entry, field by field: one object less an entry.
  #heldKind: Held['kind'] = 'start'
  #heldIndex: number
  #heldHash: Uint8Array | undefined
  #heldB64: string
  #heldNamed = false
  #heldGroups: Held['groups']
  #disputed: Disputed | undefined

  #anyErased = false
  readonly #erased: Record<GroupName, boolean> = { event: false, actor: false, source: false, subject: false, context: false }

  /** How many rows were looked at. */
  checked = 0
  /** How many groups have no text. */
  withheld = 0
  /** The largest size at which the root agrees with a checkpoint, this run's or the start's. */
  anchoredTo: number
  /** Hashes are missing or cannot be known, so roots that disagree from here on say nothing new. */
  doubtful = false
  /** Entries are missing altogether: the tree cannot be continued. */
  lost = false

  /** @param options.reportsErased whether a group without text is worth a warning, or is how the file was meant to be */
  constructor(options: { origin: string; start: Start; anchors: Anchors; findings: Findings; reportsErased: boolean }) {
    const { origin, start, anchors, findings, reportsErased } = options
    this.#origin = origin
    this.#prefix = `phi.audit/v1\n${origin}\n`
    this.#findings = findings
    this.#reportsErased = reportsErased
    this.#builder = new FrontierBuilder(start.frontier)
    this.#start = start
    this.#next = start.size
    this.#matchedSize = start.anchoredTo
    this.anchoredTo = start.anchoredTo
    this.#recordedAt = start.recordedAt
    this.#heldIndex = start.size - 1
    this.#heldB64 = start.lastHash
    this.#anchors = anchors.sorted().filter(([size]) => size >= start.size)
    this.#armAnchor()
    if (this.#anchorSize === start.size) this.#compareRoot()
  }

  /** Recorded time of the last entry; '' before the first. */
  get recordedAt(): string {
    return this.#recordedAt
  }

  /** The index that the next entry should have. */
  get next(): number {
    return this.#next
  }

  /** Tile hashes that the entries have completed. The caller empties the array. */
  get completed(): CompletedSubtree[] {
    return this.#builder.completed
  }

  get frontier(): Frontier {
    return this.#builder.frontier()
  }

  get lastHash(): string {
    return this.#heldB64
  }

  /** Looks at one row. */
  add(row: unknown): void {
    const { index, leaf, open, terms } = (typeof row === 'object' && row !== null ? row : {}) as Row
    if (index !== this.#next && !this.#isPlaced(index)) return
    const at = this.#next
    this.#next = at + 1
    this.checked++
    if (typeof leaf !== 'string' || typeof open !== 'object' || open === null) return this.#examine(at, leaf, open, terms)

    // The fast way: write the leaf that the openings and the entry before call for, and compare. Where the two are equal, the
    // origin, the index, the link and all five commitments are right.
    let commitments = ''
    for (const name of groupNames) {
      const opening = (open as Readonly<Record<string, unknown>>)[name]
      if (typeof opening !== 'object' || opening === null) return this.#examine(at, leaf, open, terms)
      const computed = openedCommitment(name, opening)
      if (computed === '' || !isCanonicalObject((opening as { json: string }).json)) return this.#examine(at, leaf, open, terms)
      commitments += `${name} ${computed}\n`
    }
    const prefix = `${this.#prefix}${at}\n`
    const recordedAt = leaf.slice(prefix.length, prefix.length + 24)
    if (leaf !== `${prefix}${recordedAt}\n${this.#heldB64}\n${commitments}`) return this.#examine(at, leaf, open, terms)
    if (recordedAt !== this.#recordedAt && !this.#noteTime(at, recordedAt)) return this.#examine(at, leaf, open, terms)
    if (terms !== undefined) this.#compareTerms(at, open, terms)
    if (this.#anyErased) this.#resetErased()
    if (this.#disputed !== undefined || this.#heldGroups !== undefined) this.#link(this.#heldB64)
    else if (this.#heldHash !== undefined) this.#push(this.#heldHash)
    else if (this.#heldKind !== 'start') this.#lose()
    const hash = entryHashBytes(leaf)
    this.#heldKind = 'entry'
    this.#heldIndex = at
    this.#heldHash = hash
    this.#heldB64 = toBase64(hash)
    this.#heldNamed = false
  }

  /**
   * Whether a row that has not the expected index belongs here after all: behind a gap, or with an index that is no number, in
   * which case it is taken to stand where it came.
   */
  #isPlaced(index: unknown): boolean {
    if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0) return true
    if (index < this.#next) {
      const code = index === this.#heldIndex && this.#heldKind === 'entry' ? 'duplicate-index' : 'out-of-order'
      this.#findings.add(code, { index, expected: String(this.#next), found: String(index) })
      return false
    }
    this.#skipTo(index)
    return true
  }

  #skipTo(index: number): void {
    const between = { from: this.#next, to: index }
    this.#findings.add('gap', { index: this.#next, between, expected: String(this.#next), found: String(index) })
    this.#link(undefined)
    // The entry after a single missing one still carries its hash. Of several, all but the last are gone.
    if (index - this.#next > 1) this.#lose()
    this.#hold({ kind: 'missing', index: index - 1, hash: undefined, b64: '', named: true, groups: undefined })
    this.#next = index
  }

  /** The slow way, for an entry that is not as it should be or not all there: says what is wrong with it. */
  #examine(at: number, text: unknown, open: unknown, terms: unknown): void {
    const { leaf, hash } = readLeaf(text)
    let named = false
    const name = (code: FindingCode, detail: FindingDetail = {}) => {
      this.#findings.add(code, { index: at, ...detail })
      named = true
    }
    if (leaf === undefined) name('malformed-leaf')
    else if (leaf.origin !== this.#origin) name('wrong-origin')
    else if (leaf.index !== at) name('out-of-order', { expected: String(at), found: String(leaf.index) })
    else if (leaf.recordedAt !== this.#recordedAt) this.#noteTime(at, leaf.recordedAt)
    const groups = this.#examineGroups(at, leaf, open)
    if (terms !== undefined && leaf !== undefined && groups === undefined) this.#compareTerms(at, open, terms)
    this.#link(leaf?.previous)
    this.#hold({ kind: 'entry', index: at, hash, b64: hash === undefined ? '' : toBase64(hash), named, groups })
  }

  #examineGroups(at: number, leaf: Leaf | undefined, open: unknown): Held['groups'] {
    const openings = (typeof open === 'object' && open !== null ? open : {}) as Readonly<Record<string, unknown>>
    const altered: FindingDetail[] = []
    let commitments = ''
    for (const group of groupNames) {
      const opening = openings[group]
      const committed = leaf?.commitments[group] ?? ''
      if (opening === undefined || opening === null) {
        this.#countErased(at, group)
        commitments += `${group} ${committed}\n`
        continue
      }
      this.#erased[group] = false
      if (leaf === undefined) continue
      const found = openedCommitment(group, opening)
      commitments += `${group} ${found}\n`
      if (found !== committed) altered.push({ index: at, group, expected: committed, ...(found === '' ? {} : { found }) })
      else if (!isCanonicalObject((opening as { json: string }).json))
        this.#findings.add('group-not-canonical', { index: at, group })
    }
    if (altered.length === 0 || leaf === undefined) return undefined
    return {
      findings: altered,
      repaired: entryHash(leafText(leaf.origin, leaf.index, leaf.recordedAt, leaf.previous, commitments)),
    }
  }

  #countErased(at: number, group: GroupName): void {
    this.withheld++
    // One warning where a run of them begins: a log whose first million entries were erased is not worth a million warnings.
    if (this.#reportsErased && !this.#erased[group]) this.#findings.add('missing-opening', { index: at, group })
    this.#erased[group] = true
    this.#anyErased = true
  }

  #resetErased(): void {
    for (const group of groupNames) this.#erased[group] = false
    this.#anyErased = false
  }

  /** Takes note of a recorded time. False when it is none. */
  #noteTime(at: number, recordedAt: string): boolean {
    if (!isInstant(recordedAt)) return false
    if (recordedAt < this.#recordedAt) {
      this.#findings.add('clock-regression', { index: at, expected: this.#recordedAt, found: recordedAt })
    }
    this.#recordedAt = recordedAt
    return true
  }

  #compareTerms(at: number, open: unknown, terms: unknown): void {
    if (!agrees(terms, open)) this.#findings.add('projection-mismatch', { index: at })
  }

  #hold({ kind, index, hash, b64, named, groups }: Held): void {
    this.#heldKind = kind
    this.#heldIndex = index
    this.#heldHash = hash
    this.#heldB64 = b64
    this.#heldNamed = named
    this.#heldGroups = groups
  }

  #held(): Held {
    return {
      kind: this.#heldKind,
      index: this.#heldIndex,
      hash: this.#heldHash,
      b64: this.#heldB64,
      named: this.#heldNamed,
      groups: this.#heldGroups,
    }
  }

  /**
   * Hears what the entry after the held one says the held one's hash is (undefined: nothing that can be read), and settles what
   * can be settled.
   */
  #link(claim: string | undefined): void {
    const held = this.#held()
    const disputed = this.#disputed
    this.#disputed = undefined
    this.#heldGroups = undefined
    if (claim === undefined || claim === held.b64) {
      if (disputed !== undefined) this.#settle(disputed)
      this.#nameGroups(held)
      this.#pushHash(held)
    } else if (disputed === undefined) {
      this.#disputed = { ...held, claim, blamed: false }
    } else {
      // The held entry agrees with neither neighbour: it is the one that was altered, and the one before it is taken as it is,
      // unless that was altered too. Then nobody trustworthy remembers its hash.
      if (disputed.blamed || (disputed.hash === undefined && disputed.kind !== 'start')) {
        this.doubtful = true
        this.#pushClaim(disputed.claim)
      } else {
        this.#nameGroups(disputed)
        this.#pushHash(disputed)
      }
      this.#nameAltered(held, claim)
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
    if (!this.#rewritten) this.#findings.add('rewritten-history', detail)
    this.#rewritten = true
  }

  #lose(): void {
    this.lost = true
    this.doubtful = true
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
    if (this.lost) return
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

  /** Compares a checkpoint that came after the entries, with which it must end. */
  compare({ size, root }: Anchor): void {
    if (size === this.#builder.size && !this.lost) this.#compareWith(size, new Set([root]))
  }

  #compareWith(size: number, roots: ReadonlySet<string>): void {
    const found = toBase64(this.#builder.root())
    if (roots.has(found)) {
      this.anchoredTo = Math.max(this.anchoredTo, size)
      this.#matchedSize = size
      return
    }
    if (this.doubtful) return
    const [expected] = roots
    const between = { from: this.#matchedSize, to: size }
    this.#nameRewritten({ index: this.#matchedSize, between, expected: expected as string, found })
  }

  /**
   * The end of the entries: whatever is open is settled.
   * @param head what the store keeps about the end of the log, where it keeps anything and all rows up to there were given
   */
  end(head?: Head): void {
    if (head === undefined) return this.#link(undefined)
    if (this.#next < head.size) this.#skipTo(head.size)
    const claim = String(head.lastHash)
    const isHeadAlone = claim !== this.#heldB64 && this.#disputed === undefined && this.#heldKind !== 'missing'
    if (isHeadAlone && this.#weigh(head, claim)) return
    this.#link(claim)
    if (this.#disputed !== undefined) this.#settle(this.#disputed)
    this.#disputed = undefined
    const isEqual = head.recordedAt === this.#recordedAt && isFrontier(head.frontier, this.#builder.frontier())
    if (!isEqual && !this.doubtful) this.#findings.add('head-mismatch', { index: head.size })
  }

  /**
   * The head remembers another hash of the last entry than it has. The frontier in the head, which depends on the same hash,
   * tells which of the two was altered. True when the head was.
   */
  #weigh(head: Head, claim: string): boolean {
    if (this.#heldKind === 'start' && this.#start.size > 0) {
      this.#nameStartRewritten(claim)
      return true
    }
    if (this.#heldKind === 'entry' && !this.lost && HASH.test(claim)) {
      const trial = new FrontierBuilder(this.#builder.frontier())
      trial.push(fromBase64(claim))
      if (isFrontier(head.frontier, trial.frontier())) return false
    }
    this.#findings.add('head-mismatch', { index: head.size, expected: this.#heldB64, found: claim.slice(0, 44) })
    this.#link(undefined)
    return true
  }
}

/** A text that is no leaf has a hash all the same, and the next entry may confirm that it was always this one. */
function readLeaf(text: unknown): { leaf?: Leaf; hash?: Uint8Array } {
  if (typeof text !== 'string') return {}
  let hash: Uint8Array | undefined
  try {
    hash = entryHashBytes(text)
    return { hash, leaf: parseLeaf(text) }
  } catch {
    return hash === undefined ? {} : { hash }
  }
}

function isFrontier(found: unknown, { hashes }: Frontier): boolean {
  return Array.isArray(found) && found.length === hashes.length && hashes.every((hash, i) => toBase64(hash) === found[i])
}
