import { fromBase64, toBase64 } from '@phi/core'
import * as z from 'zod'
import { auditError } from '../errors.ts'
import { type GroupName, groupNames } from '../group.ts'
import { entryHashBytes, type Leaf, parseLeaf } from '../leaf.ts'
import { verifyInclusion } from '../merkle/index.ts'
import { TileCache } from '../merkle/tile-cache.ts'
import { type Checkpoint, parseCheckpoint, parseNote, type Verifier } from '../note/index.ts'
import { type AuditRecord, readRecord } from '../record.ts'
import { type OpenedSealed, openedBy, openSealed } from '../sealed/open-sealed.ts'
import { looksSealed, readSealed } from '../sealed/sealed-group.ts'
import { type Sealer, sealableGroups } from '../sealed/sealer.ts'
import type { AuditStore, LogKey, StoredEntry } from '../store/store.ts'
import { openCheckpoint, verifiersOf } from '../verify/checkpoints.ts'
import { Findings } from '../verify/findings.ts'
import { storeHashReader } from '../verify/hash-reader.ts'
import { freshnessOf, makeReport } from '../verify/make-report.ts'
import { checkOpening } from '../verify/opening.ts'
import type { VerificationReport } from '../verify/report.ts'
import { logVerifiers, type WitnessOptions, witnessingOf } from '../verify/witnessing.ts'
import { type Disclosure, disclosed } from './disclose.ts'
import { readJson } from './json.ts'
import { type BundleOpening, noteSchema, parseFormat, provedEntrySchema } from './schema.ts'

/** The longest bundle that is read, in UTF-16 code units. */
export const MAX_BUNDLE_LENGTH = 64 * 1024 * 1024

const BUNDLE_FORMAT = 'phi.audit/bundle@v1'

const bundleSchema = z.strictObject({
  format: z.literal(BUNDLE_FORMAT),
  checkpoint: noteSchema,
  entries: z.array(provedEntrySchema),
})

/**
 * Entries with proofs that a signed checkpoint covers them (`*.phi-audit.json`). Whoever has the log's public key can check it
 * without the log, the database or the sender. Groups that are not in `open` are withheld: their commitments stand in the leaf.
 */
export type EvidenceBundle = z.output<typeof bundleSchema>

/**
 * Makes a bundle. Entries stand in the order of the log, each once.
 * @param options.open the groups to disclose: the same of all entries, or for each by its index. Default all
 * @throws PhiError PHI_AUDIT_FORMAT when the note is no checkpoint of this log; PHI_AUDIT_RANGE when an index is not below its
 * size; PHI_AUDIT_STORE, with the index, when an entry is missing or altered: no evidence is made of a log that it would not prove
 */
export async function makeBundle(options: {
  readonly store: AuditStore<never>
  readonly log: LogKey
  readonly checkpointNote: string
  readonly indices: readonly number[]
  readonly open?: Disclosure
  /** Opens what is sealed, so that the reader can read it. What it cannot open is shown as sealed. */
  readonly sealer?: Sealer | undefined
}): Promise<EvidenceBundle> {
  const { store, log, checkpointNote, open, sealer } = options
  const { size, root } = checkpointOf(checkpointNote, log)
  const indices = [...new Set(options.indices)].sort((a, b) => a - b)
  for (const index of indices) {
    if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw auditError('PHI_AUDIT_RANGE', { path: 'indices' })
  }
  const tiles = new TileCache(storeHashReader(store, log))
  const entries: EvidenceBundle['entries'] = []
  for (const { from, to } of runsOf(indices)) {
    let next = from
    for await (const batch of store.read(log, { from, to })) {
      for (const entry of batch) {
        const index = next++
        const { genuine, event } = readRecord({ ...entry, index })
        const proof = await tiles.inclusionProof(index, size)
        const isProved = verifyInclusion({ index, size, leafHash: entryHashBytes(entry.leaf), proof, root })
        if (!genuine || !isProved) throw auditError('PHI_AUDIT_STORE', { detail: 'an entry was altered', info: { index } })
        const shown = await withInner(disclosed(entry, open), { ...log, eventId: event.id ?? '' }, sealer, index)
        entries.push({ index, leaf: entry.leaf, proof: proof.map(toBase64), open: shown })
      }
    }
    if (next !== to) throw auditError('PHI_AUDIT_STORE', { detail: 'an entry is missing', info: { index: next } })
  }
  return { format: BUNDLE_FORMAT, checkpoint: checkpointNote, entries }
}

type BundleOpen = EvidenceBundle['entries'][number]['open']

/** Adds to each sealed group what was sealed, as far as its key is there. */
async function withInner(
  open: Partial<Record<GroupName, BundleOpening>>,
  place: LogKey & { readonly eventId: string },
  sealer: Sealer | undefined,
  index: number,
): Promise<BundleOpen> {
  if (sealer === undefined || place.eventId === '') return open
  for (const group of sealableGroups) {
    const opening = open[group]
    if (opening === undefined || !looksSealed(opening.json)) continue
    const inner = await openSealed(sealer, { ...place, group }, opening.json)
    // No evidence is made of something that says two things.
    if (inner?.is === 'altered') throw auditError('PHI_AUDIT_STORE', { detail: 'a sealed group was altered', info: { index } })
    if (inner?.is === 'open') opening.inner = { salt: inner.salt, json: inner.json }
  }
  return open
}

/** What a note says, signed or not: the maker of evidence need not hold the public key. */
export function checkpointOf(note: string, log: LogKey): Checkpoint {
  let checkpoint: Checkpoint
  try {
    checkpoint = parseCheckpoint(parseNote(note).text)
  } catch (cause) {
    throw auditError('PHI_AUDIT_FORMAT', { path: 'checkpoint', cause })
  }
  if (checkpoint.origin !== log.origin)
    throw auditError('PHI_AUDIT_FORMAT', { path: 'checkpoint', detail: 'it is of another log' })
  return checkpoint
}

/** Neighbours are read together. */
function runsOf(indices: readonly number[]): { from: number; to: number }[] {
  const runs: { from: number; to: number }[] = []
  for (const index of indices) {
    const last = runs.at(-1)
    if (last !== undefined && last.to === index) last.to++
    else runs.push({ from: index, to: index + 1 })
  }
  return runs
}

/**
 * Reads a bundle, its text or what JSON.parse made of it, and verifies nothing. At most 64 Mi characters.
 * @throws PhiError PHI_AUDIT_FORMAT
 */
export function readBundle(bundle: string | object): EvidenceBundle {
  return parseFormat(bundleSchema, typeof bundle === 'string' ? readJson(bundle, MAX_BUNDLE_LENGTH) : bundle)
}

/**
 * Verifies a bundle offline: the checkpoint's signature, each entry's proof, and the text of each disclosed group. `intact`
 * means that these entries, exactly so, are in the log that was signed. It says nothing about entries that are not in the bundle.
 * With `witnesses`, the checkpoint must also be cosigned as that policy asks.
 * @throws PhiError PHI_AUDIT_FORMAT when it is no bundle; PHI_AUDIT_VKEY when a key is none; PHI_AUDIT_WITNESS_POLICY
 */
export function verifyBundle(
  bundle: string | object,
  options: WitnessOptions & {
    readonly keys: readonly (string | Verifier)[]
    readonly now?: number
    readonly maxFindings?: number
  },
): VerificationReport {
  const { checkpoint: note, entries } = readBundle(bundle)
  const findings = new Findings(options.maxFindings)
  const witnessing = witnessingOf(options, findings)
  const verifiers = logVerifiers(options.keys, verifiersOf(options.keys), witnessing?.policy)
  if (verifiers.length === 0) findings.add('no-keys')
  const signed = verifiers.length === 0 ? undefined : openCheckpoint(note, verifiers, findings, witnessing)
  const checkpoint = signed ?? unsignedCheckpoint(note, findings)
  const check = new BundleCheck(checkpoint, findings)
  for (const entry of entries) check.add(entry)
  if (entries.length === 0) findings.add('empty')
  const anchoredTo = signed === undefined ? 0 : (witnessing?.anchored(signed.size, toBase64(signed.root)) ?? signed.size)
  const from = check.seen.size === 0 ? 0 : check.first
  const to = check.seen.size === 0 ? 0 : check.last + 1
  const { withheld, sealed } = check
  const coverage = { from, to, checked: entries.length, anchoredTo, withheld, sealed }
  return makeReport(findings, coverage, freshnessOf(check.recordedAt, signed?.size, options, findings))
}

/** Without a valid signature the entries are still compared with what the note says: that can break them, and never confirm. */
function unsignedCheckpoint(note: string, findings: Findings): Checkpoint | undefined {
  try {
    return parseCheckpoint(parseNote(note).text)
  } catch {
    if (findings.counts.break === 0) findings.add('malformed-checkpoint')
    return undefined
  }
}

class BundleCheck {
  readonly #checkpoint: Checkpoint | undefined
  readonly #findings: Findings
  readonly seen = new Set<number>()
  withheld = 0
  sealed = 0
  recordedAt = ''
  first = Number.MAX_SAFE_INTEGER
  last = -1

  constructor(checkpoint: Checkpoint | undefined, findings: Findings) {
    this.#checkpoint = checkpoint
    this.#findings = findings
  }

  add({ index, leaf: text, proof, open }: EvidenceBundle['entries'][number]): void {
    if (this.seen.has(index)) this.#findings.add('duplicate-index', { index })
    this.seen.add(index)
    this.first = Math.min(this.first, index)
    this.last = Math.max(this.last, index)
    let leaf: Leaf
    try {
      leaf = parseLeaf(text)
    } catch {
      this.#findings.add('malformed-leaf', { index })
      return
    }
    if (leaf.recordedAt > this.recordedAt) this.recordedAt = leaf.recordedAt
    if (leaf.index !== index) {
      this.#findings.add('out-of-order', { index, expected: String(index), found: String(leaf.index) })
    }
    this.#checkProof(index, text, leaf, proof)
    for (const name of groupNames) this.#checkGroup(index, name, open[name], leaf.commitments[name])
  }

  #checkProof(index: number, text: string, leaf: Leaf, proof: readonly string[]): void {
    if (this.#checkpoint === undefined) return
    const { origin, size, root } = this.#checkpoint
    if (leaf.origin !== origin) this.#findings.add('wrong-origin', { index })
    const isProved = verifyInclusion({ index, size, leafHash: entryHashBytes(text), proof: proof.map(fromBase64), root })
    if (!isProved) this.#findings.add('not-proved', { index, expected: toBase64(root) })
  }

  #checkGroup(index: number, group: GroupName, opening: BundleOpening | undefined, committed: string): void {
    if (opening === undefined) {
      this.withheld++
      return
    }
    const state = checkOpening(group, opening, committed)
    if (state === 'altered') this.#findings.add('altered-group', { index, group, expected: committed })
    else if (state === 'not-canonical') this.#findings.add('group-not-canonical', { index, group })
    else if (innerOf(group, opening)?.is === 'altered') this.#findings.add('altered-sealed', { index, group })
    else if (opening.inner === undefined && looksSealed(opening.json)) this.sealed++
  }
}

/** What a bundle says was sealed in a group, held against the sealed group. Undefined when it says nothing of that. */
function innerOf(group: GroupName, { json, inner }: BundleOpening): OpenedSealed | undefined {
  if (inner === undefined) return undefined
  const sealed = readSealed(json)
  return sealed === undefined ? { is: 'altered' } : openedBy(group, sealed, inner)
}

/** The disclosed part of each entry. What verifyBundle would call altered is left out and named in `altered`. */
export function bundleRecords(bundle: EvidenceBundle): AuditRecord[] {
  return bundle.entries.map(({ index, leaf, open }) => {
    const opened: Partial<Record<GroupName, OpenedSealed>> = {}
    for (const group of sealableGroups) {
      const inner = open[group] && innerOf(group, open[group])
      if (inner !== undefined) opened[group] = inner
    }
    return readRecord({ index, leaf, open: open as StoredEntry['open'] }, opened)
  })
}
