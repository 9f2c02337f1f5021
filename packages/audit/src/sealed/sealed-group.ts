import { canonicalJson } from '@phi/core'
import * as z from 'zod'

/**
 * A sealed group, as it stands in a log in the place of the group: what the leaf commits to. `of` is the commitment to the group's own
 * text under a salt that is sealed with it. So the log verifies without any key; with the key the text can be held against `of`; and
 * when the key is gone, so are text and salt, and `of` tells nothing.
 *
 * Format: canonical JSON of `{ "of": b64, "sealed": text, "terms": [text, …]? }`.
 */
export const sealedGroupSchema = z.strictObject({
  of: z.string().regex(/^[A-Za-z0-9+/]{43}=$/),
  sealed: z.string().min(1),
  terms: z.array(z.string().min(1).max(512)).min(1).max(4096).optional(),
})
export type SealedGroup = z.infer<typeof sealedGroupSchema>

/** What a sealer seals: the opening of the commitment `of`. */
export const innerOpeningSchema = z.strictObject({ salt: z.string(), json: z.string() })

export const sealedText = ({ of, sealed, terms }: SealedGroup): string =>
  canonicalJson({ of, sealed, ...(terms === undefined || terms.length === 0 ? {} : { terms }) })

/** Canonical JSON puts `of` first, and no group of format v1 has a key that sorts before it and is alone in starting so. */
export const looksSealed = (json: string): boolean => json.startsWith('{"of":"')

/** The sealed group that a group's text is, if it is one. */
export function readSealed(json: string): SealedGroup | undefined {
  if (!looksSealed(json)) return undefined
  const parsed = sealedGroupSchema.safeParse(JSON.parse(json))
  return parsed.success ? parsed.data : undefined
}
