import * as z from 'zod'
import { parseOrigin } from '../leaf.ts'
import { noteSchema } from './schema.ts'

export const LINES_FORMAT = 'phi.audit/log@v1'

/** The longest line that is read, in UTF-16 code units: five groups of 64 KiB, each character of which may be escaped. */
export const MAX_LINE_LENGTH = 4 * 1024 * 1024

function isOrigin(text: string): boolean {
  try {
    return parseOrigin(text) === text
  } catch {
    return false
  }
}

/** The first line of a log in lines. */
export const headerSchema = z.strictObject({
  format: z.literal(LINES_FORMAT),
  origin: z.string().refine(isOrigin),
  size: z.int().min(0),
})

export type LinesHeader = z.output<typeof headerSchema>

/** The last one. */
export const footerSchema = z.strictObject({ checkpoint: noteSchema })
