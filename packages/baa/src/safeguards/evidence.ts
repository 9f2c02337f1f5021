import { plainText } from '@phi/core'
import * as z from 'zod'
import { civilDate } from '../agreement/date.ts'
import type { Day } from './day.ts'

/** Where the proof of something is: an id that whoever keeps it understands, and the hash of the document. */
export interface Evidence {
  readonly id: string
  /** SHA-256 of the document, 64 hex digits. */
  readonly sha256?: string | undefined
  /** The day that it shows. */
  readonly asOf: Day
  /** The last day on which it may be relied on, where it has one of its own. */
  readonly validUntil?: Day | undefined
}

export const sha256Text = z.string().regex(/^[0-9a-f]{64}$/)

export const evidenceSchema = z
  .strictObject({
    id: plainText(200),
    sha256: sha256Text.optional(),
    asOf: civilDate,
    validUntil: civilDate.optional(),
  })
  .refine(({ asOf, validUntil }) => validUntil === undefined || asOf <= validUntil, {
    path: ['validUntil'],
    message: 'must not lie before `asOf`',
  })
  .readonly()

export const evidenceList = z.array(evidenceSchema).max(500).readonly()

/** Whether evidence shows anything of a day: not of a day before it was made, and not after it has ended. */
export const isFresh = ({ asOf, validUntil }: Evidence, at: Day): boolean =>
  asOf <= at && (validUntil === undefined || at <= validUntil)
