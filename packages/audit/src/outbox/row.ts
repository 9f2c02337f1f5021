import { canonicalJson, equalBytes, fromBase64, hmacSha256, isInstant, toBase64, utf8 } from '@phi/core'
import * as z from 'zod'
import { auditOutcomes } from '../actions.ts'
import { Candidate } from '../candidate.ts'
import { type GroupName, groupNames, prepareEntry } from '../group.ts'
import type { LogKey, OutboxRow } from '../store/store.ts'
import { searchTerms } from '../terms.ts'

/** Domain separation: a MAC of an outbox row is a MAC of nothing else. */
const DOMAIN = 'phi.audit/outbox/v1\n'

/** The MAC of a row: HMAC-SHA-256 over everything that the row says, and which log it is for. */
function macOf(key: Uint8Array, { tenant, origin }: LogKey, { eventId, queuedAt, body }: Omit<OutboxRow, 'mac'>): Uint8Array {
  return hmacSha256(key, utf8(`${DOMAIN}${canonicalJson([tenant, origin, eventId, queuedAt, body])}`))
}

const bodySchema = z.strictObject({
  outcome: z.enum(auditOutcomes),
  /** The caller gave the time. */
  timed: z.boolean(),
  texts: z.strictObject(Object.fromEntries(groupNames.map((name) => [name, z.string()])) as Record<GroupName, z.ZodString>),
})

/** The row of an event that is checked, filled in and, where the log seals, sealed. Salts are drawn when it enters the log. */
export function outboxRow(key: Uint8Array, log: LogKey, { prepared, outcome, timed }: Candidate, queuedAt: string): OutboxRow {
  const { eventId, open } = prepared
  const texts = Object.fromEntries(groupNames.map((name) => [name, open[name].json]))
  const row = { eventId, queuedAt, body: canonicalJson({ outcome, texts, timed }) }
  return { ...row, mac: toBase64(macOf(key, log, row)) }
}

/** The event of a row; undefined when the row was not written by somebody who has the key, or is another log's. */
export function candidateOfRow(key: Uint8Array, log: LogKey, row: OutboxRow): Candidate | undefined {
  try {
    if (!isInstant(row.queuedAt) || !equalBytes(fromBase64(row.mac), macOf(key, log, row))) return undefined
    const { outcome, texts, timed } = bodySchema.parse(JSON.parse(row.body))
    return new Candidate(prepareEntry(row.eventId, texts, searchTerms(texts)), outcome, undefined, timed)
  } catch {
    return undefined
  }
}
