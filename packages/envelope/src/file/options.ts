import { parseAs } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'

const wellFormed = (text: string) => text.isWellFormed()

/** A text that stands in a context and nowhere else, so that any well-formed text may serve. */
const name = (limit: number) => z.string().min(1).max(limit).refine(wellFormed, 'must not hold a lone surrogate')

export const filesOptionsSchema = z.strictObject({ collection: name(256), unboundFile: z.boolean().optional() })

const signalSchema = z.custom<AbortSignal>((value) => value instanceof AbortSignal, 'must be an AbortSignal')
const onProgressSchema = z.custom<(progress: FileProgress) => void>(
  (value) => typeof value === 'function',
  'must be a function',
)

const boundSchema = z.strictObject({
  file: name(1024),
  signal: signalSchema.optional(),
  onProgress: onProgressSchema.optional(),
})
const unboundSchema = boundSchema.extend({ file: z.undefined().optional() })

/** How far a file has come. */
export interface FileProgress {
  /** Of plaintext, sealed or opened so far. */
  readonly bytes: number
  /** Of plaintext, where it is known beforehand. */
  readonly total?: number
}

export interface FileCall {
  /** Undefined in a collection whose files are bound to none. */
  readonly file?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: FileProgress) => void) | undefined
}

/** Reads what every call is given. @throws PhiError PHI_ENVELOPE_OPTIONS */
export const parseCall = (value: unknown, isUnbound: boolean): FileCall =>
  parseAs(isUnbound ? unboundSchema : boundSchema, value, 'options', (context) =>
    envelopeError('PHI_ENVELOPE_OPTIONS', context),
  )
