import { isInstant, toBase64 } from '@phi/core'
import { type GroupName, groupNames, type Opening } from '../group.ts'
import { entryHash, entryHashBytes, type Leaf, leafText, parseLeaf } from '../leaf.ts'
import { looksSealed } from '../sealed/sealed-group.ts'
import { sealableGroups } from '../sealed/sealer.ts'
import type { Head, Pruned } from '../store/store.ts'
import { isCanonicalObject } from './canonical.ts'
import { Chain, type Held, type Start } from './chain.ts'
import type { Anchors } from './checkpoints.ts'
import type { FindingDetail, Findings } from './findings.ts'
import { openedCommitment } from './opening.ts'
import { Prunings } from './prunings.ts'
import type { FindingCode } from './report.ts'
import { agrees, agreesCanonical } from './terms.ts'

const NEWLINE = 0x0a
/** Of a recorded time: `YYYY-MM-DDTHH:mm:ss.sssZ`. */
const TIME_CHARACTERS = 24
/** What stands in a leaf before each commitment, from the end of the line before on. */
const commitmentLines = groupNames.map((name) => [name, `\n${name} `] as const)

/** What an entry can hold, as far as anyone knows who has not checked it. */
interface Row {
  readonly index?: unknown
  readonly leaf?: unknown
  readonly open?: unknown
  readonly terms?: unknown
}

/**
 * Checks entries one after the other: place, leaf, link, commitments, canonical form, search terms, time and tree. Everything
 * wrong becomes a finding; nothing that a row can hold makes it throw. Memory does not grow with the log.
 */
export class EntryChecker {
  readonly chain: Chain
  readonly #origin: string
  readonly #prefix: string
  readonly #findings: Findings
  readonly #reportsErased: boolean
  readonly #prunings: Prunings
  readonly #erased: Record<GroupName, boolean> = { event: false, actor: false, source: false, subject: false, context: false }
  #isErasing = false
  #next: number
  #recordedAt: string

  /** How many rows were looked at. */
  checked = 0
  /** How many groups have no text. */
  withheld = 0
  /** How many groups are sealed. */
  sealed = 0

  /** @param options.reportsErased whether a group without text is worth a warning, or is how the file was meant to be */
  constructor(options: {
    origin: string
    start: Start
    anchors: Anchors
    findings: Findings
    reportsErased: boolean
    pruned?: readonly Pruned[]
    now?: number | undefined
  }) {
    const { origin, start, anchors, findings, reportsErased } = options
    this.#prunings = new Prunings(options.pruned ?? [], findings, options.now)
    this.chain = new Chain(start, anchors, findings)
    this.#origin = origin
    this.#prefix = `phi.audit/v1\n${origin}\n`
    this.#findings = findings
    this.#reportsErased = reportsErased
    this.#next = start.size
    this.#recordedAt = start.recordedAt
  }

  /** The index that the next entry should have. */
  get next(): number {
    return this.#next
  }

  /** Recorded time of the last entry; '' before the first. */
  get recordedAt(): string {
    return this.#recordedAt
  }

  /** Looks at one row. */
  add(row: unknown): void {
    const { index, leaf, open, terms } = (typeof row === 'object' && row !== null ? row : {}) as Row
    if (index !== this.#next && !this.#isPlaced(index, leaf)) return
    const at = this.#next
    this.#next = at + 1
    this.checked++
    if (!this.#isRight(at, leaf, open)) {
      this.#examine(at, leaf, open, terms)
      return
    }
    const groups = open as Readonly<Record<GroupName, Opening>>
    if (terms !== undefined && !agreesCanonical(terms, groups)) this.#findings.add('projection-mismatch', { index: at })
    if (this.#isErasing) this.#resetErased()
    const { subject, context } = groups
    if (looksSealed(subject.json)) this.sealed++
    if (looksSealed(context.json)) this.sealed++
    if (this.#prunings.isAnnounced(at)) this.#prunings.confirm(at, this.#recordedAt, groups)
    this.chain.follow(at, leaf as string, entryHashBytes(leaf as string))
  }

  /**
   * The end of the entries: whatever is open is settled.
   * @param head what the store keeps about the end of the log, where it keeps anything and all rows up to there were given
   */
  end(head?: Head): void {
    if (head !== undefined && this.#next < head.size) this.#skipTo(head.size)
    if (head === undefined) this.chain.end()
    else this.chain.endAt(head, this.#recordedAt)
    this.#prunings.end(this.chain.anchoredTo)
  }

  /**
   * Whether a row that has not the expected index belongs here after all: behind a gap, or with an index that is no number, in
   * which case it is taken to stand where it came.
   */
  #isPlaced(index: unknown, leaf: unknown): boolean {
    if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0) {
      // A row without a leaf is named for that.
      if (typeof leaf === 'string') this.#findings.add('out-of-order', { index: this.#next, expected: String(this.#next) })
      return true
    }
    if (index < this.#next) {
      const code = index === this.chain.lastIndex ? 'duplicate-index' : 'out-of-order'
      this.#findings.add(code, { index, expected: String(this.#next), found: String(index) })
      return false
    }
    this.#skipTo(index)
    return true
  }

  #skipTo(index: number): void {
    const from = this.#next
    this.#findings.add('gap', { index: from, between: { from, to: index }, expected: String(from), found: String(index) })
    this.chain.skip(from, index)
    this.#next = index
  }

  /**
   * The fast way: goes along the leaf that the openings and the entry before call for, and compares. Where nothing differs, the
   * origin, the index, the link and all five commitments are right.
   */
  #isRight(at: number, leaf: unknown, open: unknown): boolean {
    if (typeof leaf !== 'string' || typeof open !== 'object' || open === null) return false
    const prefix = `${this.#prefix}${at}\n`
    if (!leaf.startsWith(prefix)) return false
    const recordedAt = leaf.slice(prefix.length, prefix.length + TIME_CHARACTERS)
    const { lastHash } = this.chain
    // Part by part: putting the leaf together first costs more than the comparison.
    let next = prefix.length + TIME_CHARACTERS
    if (leaf.charCodeAt(next) !== NEWLINE || !leaf.startsWith(lastHash, next + 1)) return false
    next += 1 + lastHash.length
    for (const [name, begins] of commitmentLines) {
      const opening = (open as Readonly<Record<string, unknown>>)[name]
      if (typeof opening !== 'object' || opening === null || !leaf.startsWith(begins, next)) return false
      next += begins.length
      const computed = openedCommitment(name, opening)
      if (computed === '' || !leaf.startsWith(computed, next)) return false
      next += computed.length
      if (!isCanonicalObject((opening as { json: string }).json)) return false
    }
    if (leaf.charCodeAt(next) !== NEWLINE || next + 1 !== leaf.length) return false
    return recordedAt === this.#recordedAt || this.#noteTime(at, recordedAt)
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
    const groups = leaf === undefined ? undefined : this.#examineGroups(at, leaf, open)
    if (terms !== undefined && leaf !== undefined && groups === undefined) this.#compareTerms(at, open, terms)
    const b64 = hash === undefined ? '' : toBase64(hash)
    const held = {
      kind: 'entry',
      index: at,
      leaf: leaf === undefined ? '' : (text as string),
      hash,
      b64,
      named,
      groups,
    } as const
    this.chain.add(held, leaf?.previous)
  }

  #examineGroups(at: number, leaf: Leaf, open: unknown): Held['groups'] {
    const openings = (typeof open === 'object' && open !== null ? open : {}) as Readonly<Record<string, unknown>>
    const altered: FindingDetail[] = []
    const isPruned = this.#reportsErased && isBare(openings) && this.#prunings.take(at, leaf.recordedAt)
    let commitments = ''
    for (const group of groupNames) {
      const opening = openings[group]
      const committed = leaf.commitments[group]
      if (opening === undefined || opening === null) {
        if (isPruned) this.withheld++
        else this.#countErased(at, group)
        commitments += `${group} ${committed}\n`
        continue
      }
      this.#erased[group] = false
      const found = openedCommitment(group, opening)
      commitments += `${group} ${found}\n`
      if (found !== committed) altered.push({ index: at, group, expected: committed, ...(found === '' ? {} : { found }) })
      else if (!isCanonicalObject((opening as { json: string }).json)) {
        this.#findings.add('group-not-canonical', { index: at, group })
      } else if ((sealableGroups as readonly GroupName[]).includes(group) && looksSealed((opening as { json: string }).json)) {
        this.sealed++
      }
    }
    if (altered.length === 0) return undefined
    const { origin, index, recordedAt, previous } = leaf
    return { findings: altered, repaired: entryHash(leafText(origin, index, recordedAt, previous, commitments)) }
  }

  #countErased(at: number, group: GroupName): void {
    this.withheld++
    // One warning where a run of them begins: a log whose first million entries were erased is not worth a million warnings.
    if (this.#reportsErased && !this.#erased[group]) this.#findings.add('missing-opening', { index: at, group })
    this.#erased[group] = true
    this.#isErasing = true
  }

  #resetErased(): void {
    for (const group of groupNames) this.#erased[group] = false
    this.#isErasing = false
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
}

/** No group is there at all. */
const isBare = (openings: Readonly<Record<string, unknown>>): boolean =>
  groupNames.every((name) => openings[name] === undefined || openings[name] === null)

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
