import { type Clock, formatInstant, fromUtf8, sha256, toBase64, toHex, utf8 } from '@phi/core'
import { parseOrigin } from '../leaf.ts'
import { type Checkpoint, openNote, parseCheckpoint, parseNote, type Verifier } from '../note/index.ts'
import { verifiersOf } from '../verify/checkpoints.ts'
import { anchorError } from './errors.ts'

/** That a checkpoint lies at an anchor: it was written and read back. */
export interface AnchorReceipt {
  readonly anchor: string
  /** How many entries the checkpoint covers. */
  readonly size: number
  /** Its root hash, base64. */
  readonly root: string
  /** The name that it lies under: size, root hash, and SHA-256 of the note. */
  readonly item: string
  /** When it was put, by this machine's clock. RFC 3339, UTC with milliseconds. */
  readonly at: string
  /** False: exactly this note was there already. */
  readonly created: boolean
  /** Until when it cannot be deleted, as the anchor says. RFC 3339, UTC with milliseconds. */
  readonly retainUntil?: string
  readonly mode?: 'COMPLIANCE' | 'GOVERNANCE'
  readonly versionId?: string
}

export interface AnchorCall {
  readonly signal?: AbortSignal
}

export interface AnchorListing extends AnchorCall {
  /** Hears of what lies there and is not what its name says. Without it, the first such item is PHI_AUDIT_ANCHOR_DAMAGED. */
  readonly onDamaged?: (item: { readonly name: string }) => void
  /** Only so many of the largest sizes. A log that is anchored every minute has half a million a year. Default all. */
  readonly last?: number
}

/** A place for copies of a log's checkpoints that the log's owner cannot change. */
export interface Anchor {
  readonly name: string
  /**
   * Puts a checkpoint there. Resolves when it was read back. The same note again is no error, and is kept once.
   * @throws PhiError PHI_AUDIT_ANCHOR_…: whatever it says, the checkpoint does not count as anchored
   */
  put(note: string, call?: AnchorCall): Promise<AnchorReceipt>
  /**
   * All checkpoints of the log that lie there, by size, the smallest first: what `trusted` of verify() takes. What cannot be read is
   * an error, never an empty answer.
   */
  list(call?: AnchorListing): Promise<string[]>
  /** The one of the largest size; undefined when there is none. */
  latest(call?: AnchorListing): Promise<string | undefined>
}

export interface AnchorOptions {
  /** Which log's checkpoints: those of others are refused by `put`, and passed over by `list`. */
  readonly origin: string
  /** What receipts call the anchor. */
  readonly name?: string
  /** Given, `put` takes only checkpoints that one of these signed. */
  readonly keys?: readonly (string | Verifier)[]
  /** The clock of receipts. */
  readonly clock: Clock
}

/** A note with the name that follows from it. @internal */
export interface NamedNote {
  readonly name: string
  readonly bytes: Uint8Array
}

/** What an anchor keeps, not looked at yet. @internal */
export interface AnchorItem {
  readonly name: string
  read(): Promise<Uint8Array>
}

/** One kind of place. @internal */
export interface Shelf {
  put(
    note: NamedNote,
    signal: AbortSignal | undefined,
  ): Promise<Pick<AnchorReceipt, 'created' | 'retainUntil' | 'mode' | 'versionId'>>
  items(signal: AbortSignal | undefined): Promise<readonly AnchorItem[]>
}

/** Sorted as texts, names stand in the order of sizes. */
const NAME = /^\d{16}-[0-9a-f]{64}-[0-9a-f]{64}\.note$/

/** Whether a name is one that an anchor gives. @internal */
export const isNoteName = (name: string): boolean => NAME.test(name)

function nameOf(bytes: Uint8Array, { size, root }: Checkpoint): string {
  return `${String(size).padStart(16, '0')}-${toHex(root)}-${toHex(sha256(bytes))}.note`
}

const noteRefused = (detail: string, cause?: unknown) =>
  anchorError('PHI_AUDIT_ANCHOR_NOTE', cause === undefined ? { detail } : { detail, cause })

/** An anchor on a shelf. @internal */
export function anchorOn(shelf: Shelf, kind: string, options: AnchorOptions): Anchor {
  const { clock, name = kind } = options
  const origin = parseOrigin(options.origin)
  if (typeof clock !== 'function') throw anchorError('PHI_AUDIT_ANCHOR_OPTIONS', { path: 'clock' })
  if (typeof name !== 'string' || name === '') throw anchorError('PHI_AUDIT_ANCHOR_OPTIONS', { path: 'name' })
  const verifiers = options.keys === undefined ? undefined : verifiersOf(options.keys)

  const accepted = (note: string): NamedNote & { readonly checkpoint: Checkpoint } => {
    let checkpoint: Checkpoint
    try {
      checkpoint = parseCheckpoint((verifiers === undefined ? parseNote(note) : openNote(note, verifiers)).text)
    } catch (cause) {
      throw noteRefused('it is no checkpoint, or nobody known has signed it', cause)
    }
    if (checkpoint.origin !== origin) throw noteRefused('it is of another log')
    const bytes = utf8(note)
    return { name: nameOf(bytes, checkpoint), bytes, checkpoint }
  }

  /** The note of an item, and undefined for another log's. */
  const noteOf = async (item: AnchorItem, { onDamaged, signal }: AnchorListing): Promise<string | undefined> => {
    signal?.throwIfAborted()
    const bytes = await item.read()
    try {
      const note = fromUtf8(bytes)
      const checkpoint = parseCheckpoint(parseNote(note).text)
      if (nameOf(bytes, checkpoint) === item.name) return checkpoint.origin === origin ? note : undefined
    } catch {
      // What cannot be read is damaged: see below.
    }
    if (onDamaged === undefined)
      throw anchorError('PHI_AUDIT_ANCHOR_DAMAGED', { info: { size: Number(item.name.slice(0, 16)) } })
    onDamaged({ name: item.name })
    return undefined
  }
  const sorted = async (signal: AbortSignal | undefined): Promise<AnchorItem[]> => {
    const items = await shelf.items(signal)
    return items.filter((item) => NAME.test(item.name)).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  return {
    name,
    async put(note, { signal } = {}) {
      signal?.throwIfAborted()
      const { checkpoint, ...named } = accepted(note)
      const stored = await shelf.put(named, signal)
      const { size, root } = checkpoint
      return { anchor: name, size, root: toBase64(root), item: named.name, at: formatInstant(clock()), ...stored }
    },
    async list(call = {}) {
      const notes = new Set<string>()
      const { last = Number.MAX_SAFE_INTEGER } = call
      if (!Number.isSafeInteger(last) || last < 1) throw anchorError('PHI_AUDIT_ANCHOR_OPTIONS', { path: 'last' })
      for (const item of (await sorted(call.signal)).slice(-last)) {
        const note = await noteOf(item, call)
        if (note !== undefined) notes.add(note)
      }
      return [...notes]
    },
    async latest(call = {}) {
      for (const item of (await sorted(call.signal)).reverse()) {
        const note = await noteOf(item, call)
        if (note !== undefined) return note
      }
      return undefined
    },
  }
}
