import { fromBase64, toBase64 } from '@phi/core'
import { auditError } from './errors.ts'
import { GENESIS_HASH } from './leaf.ts'
import { type Frontier, frontierRoot } from './merkle/index.ts'
import type { Head } from './store/store.ts'

/** The head of a log without entries. */
export const emptyHead: Head = Object.freeze({ size: 0, lastHash: GENESIS_HASH, recordedAt: '', frontier: Object.freeze([]) })

/** A frontier as bytes and, hash by hash, as base64. */
interface Decoded {
  readonly frontier: Frontier
  readonly texts: readonly string[]
}

// A head that was just written is the one that is read next: keep its hashes as bytes beside it. The texts too, and of our own:
// those of the head are in the hands of whoever asked for it.
const decoded = new WeakMap<Head, Decoded>()

/**
 * Makes a head and remembers its frontier's bytes.
 * @param before the head that it grew from: most of the hashes are still those, and so are their texts
 */
export function headOf(lastHash: string, recordedAt: string, frontier: Frontier, before: Head): Head {
  const old = decoded.get(before)
  const texts = frontier.hashes.map((hash, i) => (hash === old?.frontier.hashes[i] ? (old.texts[i] as string) : toBase64(hash)))
  const head = { size: frontier.size, lastHash, recordedAt, frontier: [...texts] }
  decoded.set(head, { frontier, texts })
  return head
}

/**
 * The Merkle frontier of a head.
 * @throws PhiError PHI_AUDIT_STORE when the store's head is not one
 */
export function frontierOf(head: Head): Frontier {
  const known = decoded.get(head)
  if (known !== undefined) return known.frontier
  try {
    const texts = [...head.frontier]
    const frontier = { size: head.size, hashes: texts.map(fromBase64) }
    frontierRoot(frontier) // checks that the hashes fit the size
    decoded.set(head, { frontier, texts })
    return frontier
  } catch (cause) {
    throw auditError('PHI_AUDIT_STORE', { path: 'head.frontier', detail: 'the hashes do not fit the size', cause })
  }
}

const roots = new WeakMap<Head, Uint8Array>()

/**
 * The root hash of a head, worked out once. The result is a copy.
 * @throws PhiError PHI_AUDIT_STORE when the store's head is not one
 */
export function rootOfHead(head: Head): Uint8Array {
  let root = roots.get(head)
  if (root === undefined) {
    root = frontierRoot(frontierOf(head))
    roots.set(head, root)
  }
  return root.slice()
}
