import { envelopeError } from '../errors.ts'
import { inspectSealed } from '../field/format.ts'

declare const sealedAs: unique symbol

/**
 * The type of a column whose values are sealed, for a table's declaration: at run time the text 'phi1.…', to the compiler something
 * that no text is. So a plain text cannot be written to the column, and what comes from it cannot be taken for a text.
 * @typeParam T the type of the value that was sealed
 */
export interface Sealed<T> {
  readonly [sealedAs]: T
}

/**
 * Takes a text out of the database for what it is, for example in the `swap` of a job.
 * @throws PhiError PHI_ENVELOPE_NOT_SEALED
 */
export function asSealed<T = string>(text: string): Sealed<T> {
  if (inspectSealed(text) === undefined) throw envelopeError('PHI_ENVELOPE_NOT_SEALED')
  return text as unknown as Sealed<T>
}

/** The text of a sealed value, for example in the `read` of a job. */
export const storedText = (sealed: Sealed<unknown>): string => sealed as unknown as string
