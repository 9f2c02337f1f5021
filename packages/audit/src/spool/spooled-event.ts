import type { Clock } from '@phi/core'
import { formatInstant } from '@phi/core'
import * as z from 'zod'
import { auditError } from '../errors.ts'
import type { AuditEventInput, ParsedAuditEvent } from '../event.ts'
import { MAX_GROUP_BYTES } from '../group.ts'
import { groupTexts } from '../group-text.ts'
import { parseAuditEvent } from '../parse-event.ts'

/** An event with its id and time. */
export type CompleteEvent = ParsedAuditEvent & { readonly id: string; readonly occurredAt: string }

/** An event as it is spooled. */
export interface SpooledEvent {
  readonly event: CompleteEvent
  /** The caller gave the time. Otherwise another attempt at the same event may carry another time, and is the same event. */
  readonly timed: boolean
  /** Milliseconds since 1970, UTC. */
  readonly spooledAt: number
}

/**
 * Checks an event and fills in its id and time: once, before the first attempt to write it anywhere, so that all attempts say
 * the same.
 * @throws PhiError PHI_AUDIT_EVENT, PHI_AUDIT_EVENT_TOO_LARGE
 */
export function completeEvent(
  input: AuditEventInput,
  newId: () => string,
  clock: Clock,
): { readonly event: CompleteEvent; readonly timed: boolean; readonly generatedId: string | undefined } {
  const parsed = parseAuditEvent(input)
  const generatedId = parsed.id === undefined ? newId() : undefined
  const id = parsed.id ?? (generatedId as string)
  const occurredAt = parsed.occurredAt ?? formatInstant(clock())
  const event = { ...parsed, id, occurredAt }
  for (const [path, text] of Object.entries(groupTexts(event, id, occurredAt)))
    if (Buffer.byteLength(text) > MAX_GROUP_BYTES)
      throw auditError('PHI_AUDIT_EVENT_TOO_LARGE', { path, detail: `a group may take ${MAX_GROUP_BYTES} bytes as JSON` })
  return { event, timed: parsed.occurredAt !== undefined, generatedId }
}

/** The event without the time that we filled in. */
export const untimed = ({ occurredAt: _, ...rest }: CompleteEvent): AuditEventInput => rest

export const payloadOf = (spooled: SpooledEvent): Buffer => Buffer.from(JSON.stringify(spooled))

const payloadSchema = z.strictObject({
  event: z.looseObject({ id: z.string(), occurredAt: z.string() }),
  timed: z.boolean(),
  spooledAt: z.number(),
})

/**
 * Reads a payload. The event is left as it is: the log checks it again when it is appended.
 * @returns undefined when it is not one of ours
 */
export function parsePayload(payload: Uint8Array): SpooledEvent | undefined {
  try {
    const parsed = payloadSchema.safeParse(JSON.parse(Buffer.from(payload).toString('utf8')))
    return parsed.success ? (parsed.data as unknown as SpooledEvent) : undefined
  } catch {
    return undefined
  }
}
