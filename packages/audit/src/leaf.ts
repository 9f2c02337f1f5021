import { isInstant, sha256, toBase64 } from '@phi/core'
import { auditError } from './errors.ts'
import { type GroupName, groupNames } from './group.ts'
import { viewsOf } from './views.ts'

/** "Previous entry hash" of entry 0: 32 zero bytes, base64. */
export const GENESIS_HASH = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='

/** What a leaf says. Hashes and commitments are base64. */
export interface Leaf {
  readonly origin: string
  readonly index: number
  readonly recordedAt: string
  readonly previous: string
  readonly commitments: Readonly<Record<GroupName, string>>
}

/** The leaf's text, format v1: every line ends in 0x0A, the last one too. */
export function leafText(origin: string, index: number, recordedAt: string, previous: string, commitments: string): string {
  return `phi.audit/v1\n${origin}\n${index}\n${recordedAt}\n${previous}\n${commitments}`
}

const MAX_LEAF_BYTES = 1024
const scratch = new Uint8Array(MAX_LEAF_BYTES + 1) // scratch[0] stays 0x00
const scratchText = scratch.subarray(1)
const first = viewsOf(scratch, MAX_LEAF_BYTES)
const encoder = new TextEncoder()

/** SHA-256( 0x00 ‖ leaf ): the RFC 6962 leaf hash, and the "previous entry hash" of the next leaf. */
export function entryHashBytes(leaf: string): Uint8Array {
  const { read, written } = encoder.encodeInto(leaf, scratchText)
  if (read < leaf.length) throw auditError('PHI_AUDIT_FORMAT', { detail: 'a leaf is longer than 1024 bytes' })
  return sha256(first(written + 1))
}

/** The entry hash as base64. */
export const entryHash = (leaf: string): string => toBase64(entryHashBytes(leaf))

const HASH = '([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)'
const LEAF = new RegExp(
  `^phi\\.audit/v1\\n([\\x21-\\x2a\\x2c-\\x7e]{1,200})\\n(0|[1-9][0-9]{0,15})\\n([^\\n]{24})\\n${HASH}\\n${groupNames.map((name) => `${name} ${HASH}\\n`).join('')}$`,
)

/**
 * Reads a leaf strictly: one spelling only, so that two texts never mean the same entry.
 * @throws PhiError PHI_AUDIT_FORMAT
 */
export function parseLeaf(text: string): Leaf {
  const match = LEAF.exec(text)
  const index = match === null ? Number.NaN : Number(match[2])
  if (match === null || !Number.isSafeInteger(index) || !isInstant(match[3] as string)) {
    throw auditError('PHI_AUDIT_FORMAT', { detail: 'a leaf does not have the lines of format v1' })
  }
  const [, origin, , recordedAt, previous, event, actor, source, subject, context] = match as unknown as readonly string[]
  return {
    origin: origin as string,
    index,
    recordedAt: recordedAt as string,
    previous: previous as string,
    commitments: {
      event: event as string,
      actor: actor as string,
      source: source as string,
      subject: subject as string,
      context: context as string,
    },
  }
}

const ORIGIN = /^[\x21-\x2a\x2c-\x7e]{1,200}$/

/** An origin names the log in leaves, checkpoints and keys: C2SP asks for no spaces and no "+"; we add printable ASCII only. */
export function parseOrigin(origin: unknown): string {
  if (typeof origin !== 'string' || !ORIGIN.test(origin)) throw auditError('PHI_AUDIT_ORIGIN')
  return origin
}
