import { randomBytes, sha256Base64, toBase64 } from '@phi/core'
import { auditError } from './errors.ts'
import { viewsOf } from './views.ts'

/** The five groups of an entry, in the order in which a leaf lists their commitments. */
export const groupNames = ['event', 'actor', 'source', 'subject', 'context'] as const
export type GroupName = (typeof groupNames)[number]

/** What opens a commitment: the salt (16 bytes, base64) and the canonical JSON text that was hashed. */
export interface Opening {
  readonly salt: string
  readonly json: string
}

/** The most bytes one group's canonical text may have. */
export const MAX_GROUP_BYTES = 65_536
export const SALT_BYTES = 16

const encoder = new TextEncoder()

/** A buffer that starts with a fixed prefix. */
interface Scratch {
  readonly bytes: Uint8Array
  /** Where the salt starts, behind the prefix. */
  readonly start: number
  /** The rest, behind the salt. */
  readonly text: Uint8Array
  readonly first: (length: number) => Uint8Array
}

// One buffer a group, its fixed prefix "phi.audit/v1/<name>\n" written once.
const scratch = Object.fromEntries(
  groupNames.map((name): [GroupName, Scratch] => {
    const prefix = encoder.encode(`phi.audit/v1/${name}\n`)
    const bytes = new Uint8Array(prefix.length + SALT_BYTES + MAX_GROUP_BYTES)
    bytes.set(prefix)
    return [name, { bytes, start: prefix.length, text: bytes.subarray(prefix.length + SALT_BYTES), first: viewsOf(bytes, 512) }]
  }),
) as Readonly<Record<GroupName, Scratch>>

/**
 * commitment(group) = SHA-256( "phi.audit/v1/" ‖ name ‖ 0x0A ‖ salt[16] ‖ canonical JSON of the group ), base64.
 *
 * @param salt 16 bytes, from `saltAt` on
 * @throws PhiError PHI_AUDIT_EVENT_TOO_LARGE when the text is longer than 65,536 bytes
 */
export function commitment(name: GroupName, salt: Uint8Array, json: string, saltAt = 0): string {
  const { bytes, start, text, first } = scratch[name]
  for (let i = 0; i < SALT_BYTES; i++) bytes[start + i] = salt[saltAt + i] as number
  const { read, written } = encoder.encodeInto(json, text)
  if (read < json.length)
    throw auditError('PHI_AUDIT_EVENT_TOO_LARGE', { path: name, detail: `a group may take ${MAX_GROUP_BYTES} bytes as JSON` })
  return sha256Base64(first(start + SALT_BYTES + written))
}

// The salts of 100 entries are drawn at a time, and written as base64 all at once. Each lies in 18 bytes, the last two of them
// zero: so it takes 24 characters, the first 22 of which are those of its own base64.
const POOL = 100 * groupNames.length
const STRIDE = 18
let pool: Uint8Array = new Uint8Array(0)
let poolText = ''
let drawn = POOL

/** Draws a fresh salt for each group of an entry. @returns the number of the first in the pool */
function drawSalts(): number {
  if (drawn === POOL) {
    pool = randomBytes(POOL * STRIDE)
    for (let at = SALT_BYTES; at < pool.length; at += STRIDE) pool.fill(0, at, at + STRIDE - SALT_BYTES)
    poolText = toBase64(pool)
    drawn = 0
  }
  drawn += groupNames.length
  return drawn - groupNames.length
}

/** Salt number `i` of the pool, and the text that it salts. */
const opening = (i: number, json: string): Opening => ({ salt: `${poolText.substring(i * 24, i * 24 + 22)}==`, json })

/** The line of the leaf that commits to the text under salt number `i` of the pool. */
const line = (name: GroupName, i: number, json: string): string => `${name} ${commitment(name, pool, json, i * STRIDE)}\n`

/** An event with everything computed that does not depend on its place in the log. */
export interface PreparedEntry {
  readonly eventId: string
  readonly open: Readonly<Record<GroupName, Opening>>
  /** What a store may index: see `searchTerms`. */
  readonly terms: readonly string[]
  /** The five commitment lines of the leaf. */
  readonly commitments: string
  /** Bytes of text, for limits on batches and queues. */
  readonly size: number
}

/** Salts and commits the five groups. Written out group by group: this runs for every event. */
export function prepareEntry(
  eventId: string,
  texts: Readonly<Record<GroupName, string>>,
  terms: readonly string[],
): PreparedEntry {
  const { event, actor, source, subject, context } = texts
  const i = drawSalts()
  return {
    eventId,
    terms,
    open: {
      event: opening(i, event),
      actor: opening(i + 1, actor),
      source: opening(i + 2, source),
      subject: opening(i + 3, subject),
      context: opening(i + 4, context),
    },
    commitments:
      line('event', i, event) +
      line('actor', i + 1, actor) +
      line('source', i + 2, source) +
      line('subject', i + 3, subject) +
      line('context', i + 4, context),
    size: event.length + actor.length + source.length + subject.length + context.length,
  }
}
