import { randomBytes, sha256Base64, toBase64 } from '@phi/core'
import { auditError } from './errors.ts'

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

interface Scratch {
  readonly bytes: Uint8Array
  /** Where the salt starts, behind the prefix. */
  readonly start: number
  /** The rest, behind the salt. */
  readonly text: Uint8Array
}

// One buffer a group, its fixed prefix "phi.audit/v1/<name>\n" written once.
const scratch = Object.fromEntries(
  groupNames.map((name): [GroupName, Scratch] => {
    const prefix = encoder.encode(`phi.audit/v1/${name}\n`)
    const bytes = new Uint8Array(prefix.length + SALT_BYTES + MAX_GROUP_BYTES)
    bytes.set(prefix)
    return [name, { bytes, start: prefix.length, text: bytes.subarray(prefix.length + SALT_BYTES) }]
  }),
) as Readonly<Record<GroupName, Scratch>>

/**
 * commitment(group) = SHA-256( "phi.audit/v1/" ‖ name ‖ 0x0A ‖ salt[16] ‖ canonical JSON of the group ), base64.
 *
 * @param salt 16 bytes
 * @throws PhiError PHI_AUDIT_EVENT_TOO_LARGE when the text is longer than 65,536 bytes
 */
export function commitment(name: GroupName, salt: Uint8Array, json: string): string {
  const { bytes, start, text } = scratch[name]
  for (let i = 0; i < SALT_BYTES; i++) bytes[start + i] = salt[i] as number
  const { read, written } = encoder.encodeInto(json, text)
  if (read < json.length)
    throw auditError('PHI_AUDIT_EVENT_TOO_LARGE', { path: name, detail: `a group may take ${MAX_GROUP_BYTES} bytes as JSON` })
  return sha256Base64(bytes.subarray(0, start + SALT_BYTES + written))
}

const POOL = 512
let pool: Uint8Array = new Uint8Array(0)
let at = 0

/** A fresh salt. The kernel is asked for 512 of them at a time. */
export function newSalt(): Uint8Array {
  if (at >= pool.length) {
    pool = randomBytes(POOL * SALT_BYTES)
    at = 0
  }
  at += SALT_BYTES
  return pool.subarray(at - SALT_BYTES, at)
}

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
  const a = newSalt()
  const b = newSalt()
  const c = newSalt()
  const d = newSalt()
  const e = newSalt()
  return {
    eventId,
    terms,
    open: {
      event: { salt: toBase64(a), json: event },
      actor: { salt: toBase64(b), json: actor },
      source: { salt: toBase64(c), json: source },
      subject: { salt: toBase64(d), json: subject },
      context: { salt: toBase64(e), json: context },
    },
    commitments: `event ${commitment('event', a, event)}\nactor ${commitment('actor', b, actor)}\nsource ${commitment('source', c, source)}\nsubject ${commitment('subject', d, subject)}\ncontext ${commitment('context', e, context)}\n`,
    size: event.length + actor.length + source.length + subject.length + context.length,
  }
}
