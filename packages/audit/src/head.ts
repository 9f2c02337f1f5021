import { fromBase64, toBase64 } from '@phi/core'
import { auditError } from './errors.ts'
import { GENESIS_HASH } from './leaf.ts'
import { type Frontier, frontierRoot } from './merkle/index.ts'
import type { Head } from './store/store.ts'

/** The head of a log without entries. */
export const emptyHead: Head = Object.freeze({ size: 0, lastHash: GENESIS_HASH, recordedAt: '', frontier: Object.freeze([]) })

// A head that was just written is the one that is read next: keep its hashes as bytes beside it.
const decoded = new WeakMap<Head, Frontier>()

/** Makes a head and remembers its frontier's bytes. */
export function headOf(lastHash: string, recordedAt: string, frontier: Frontier): Head {
  const head = { size: frontier.size, lastHash, recordedAt, frontier: frontier.hashes.map(toBase64) }
  decoded.set(head, frontier)
  return head
}

/**
 * The Merkle frontier of a head.
 * @throws PhiError PHI_AUDIT_STORE when the store's head is not one
 */
export function frontierOf(head: Head): Frontier {
  const known = decoded.get(head)
  if (known !== undefined) return known
  try {
    const frontier = { size: head.size, hashes: head.frontier.map(fromBase64) }
    frontierRoot(frontier) // checks that the hashes fit the size
    decoded.set(head, frontier)
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
