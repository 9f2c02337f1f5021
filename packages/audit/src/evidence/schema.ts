import * as z from 'zod'
import { auditError } from '../errors.ts'
import { groupNames, MAX_GROUP_BYTES } from '../group.ts'
import { MAX_NOTE_LENGTH } from '../note/index.ts'

const SALT = /^[A-Za-z0-9+/]{21}[AQgw]==$/
const HASH = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/

const opening = z.strictObject({ salt: z.string().regex(SALT), json: z.string().max(MAX_GROUP_BYTES) })
const open = z.strictObject(Object.fromEntries(groupNames.map((name) => [name, opening.optional()])) as OpenShape)
type OpenShape = Record<(typeof groupNames)[number], z.ZodOptional<typeof opening>>

/** An entry of a JSONL log. Groups that are not in `open` are withheld. */
export const entrySchema = z.strictObject({ index: z.int().min(0), leaf: z.string().max(1024), open })

/** Of a sealed group a bundle can show what was sealed: `inner` opens the commitment `of` that stands in the sealed group. */
const sealable = opening.extend({ inner: opening.optional() })

/** An entry of a bundle: with its inclusion proof. A tree of 2^53 entries has paths of 53 hashes. */
export const provedEntrySchema = entrySchema.extend({
  proof: z.array(z.string().regex(HASH)).max(53),
  open: open.extend({ subject: sealable.optional(), context: sealable.optional() }),
})

/** The opening of a group in a bundle. */
export type BundleOpening = z.output<typeof sealable>

export const noteSchema = z.string().max(MAX_NOTE_LENGTH)

/** Parses with a closed schema. @throws PhiError PHI_AUDIT_FORMAT that names the place, in the words of the format */
export function parseFormat<Schema extends z.ZodType>(schema: Schema, value: unknown, path = ''): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const where =
    result.error.issues[0]?.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('') ?? ''
  throw auditError('PHI_AUDIT_FORMAT', { path: `${path}${where}`.replace(/^\./, '') || 'file' })
}
