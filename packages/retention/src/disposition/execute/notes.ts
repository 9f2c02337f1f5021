import { canonicalJson } from '@phi/core'
import * as z from 'zod'
import { keptReasons, skipReasons } from '../certificate/certificate.ts'
import { dispositionError } from '../errors.ts'
import { civilDate, count, digest, idText, instant } from '../text.ts'

// What a store keeps with a receipt, as JSON that it does not look into. From these alone the certificate is written, so
// that nothing of it is lost with the process that did the work.

const scopeSchema = z.strictObject({ tenant: idText, subject: idText.optional() })

const recordsNote = z.strictObject({
  phase: z.literal('records'),
  /** The records of the plan that the batch dealt with: from this place, up to but not including that one. */
  from: count,
  to: count,
  at: instant,
  today: civilDate,
  holds: z.strictObject({ revision: count, open: count }),
  skipped: z.array(z.strictObject({ id: z.string(), why: z.enum(skipReasons) })).readonly(),
})
export type RecordsNote = z.infer<typeof recordsNote>

const keysNote = z.strictObject({
  phase: z.literal('keys'),
  scope: scopeSchema,
  at: instant,
  result: z.discriminatedUnion('outcome', [
    z.strictObject({
      outcome: z.literal('destroyed'),
      keys: z.array(idText).min(1).readonly(),
      certificate: z.string(),
    }),
    z.strictObject({ outcome: z.literal('kept'), why: z.enum(keptReasons) }),
  ]),
})
export type KeysNote = z.infer<typeof keysNote>

const noteSchema = z.discriminatedUnion('phase', [recordsNote, keysNote])

const entrySchema = z.strictObject({
  /** The digest of the record's id. */
  id: digest,
  /** The group of the plan, which names the kind and the rules. */
  group: count,
  scope: scopeSchema.optional(),
})
export type Entry = z.infer<typeof entrySchema>

const broken = (detail: string) => dispositionError('PHI_RETENTION_STORE', { detail })

function parse<T>(schema: z.ZodType<T>, text: string, detail: string): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw broken(detail)
  }
  const read = schema.safeParse(value)
  if (!read.success) throw broken(detail)
  return read.data
}

export const writeNote = (note: RecordsNote | KeysNote): string => canonicalJson(note)
export const writeEntry = (entry: Entry): string => canonicalJson(entry)
/** @throws PhiError PHI_RETENTION_STORE */
export const parseNote = (text: string): RecordsNote | KeysNote => parse(noteSchema, text, 'the note of a receipt was changed')
/** @throws PhiError PHI_RETENTION_STORE */
export const parseEntry = (text: string): Entry => parse(entrySchema, text, 'an entry of a receipt was changed')
