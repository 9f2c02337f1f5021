import { isPhiError } from '@phi/core'
import { envelopeError } from '../errors.ts'

/**
 * What counts as the same value when a column is searched. The name is part of the index's key: a changed rule takes a new name,
 * and the column is indexed anew.
 */
export interface Normalizer<Input = string> {
  /** A word and the version of its rule: `email/1`, `payer-id/2`. Small letters, digits, `.`, `_` and `-`; at most 64 characters. */
  readonly name: string
  /**
   * The one spelling of the value. Its result must be well-formed text that is not empty, and the same for every spelling that
   * shall be found together. Throw for a value that is none: what is thrown is replaced, so that no value gets into an error.
   */
  normalize(value: Input): string
}

/** What a normaliser takes. */
export type InputOf<N> = N extends Normalizer<infer Input> ? Input : never

/** A value to search by is short. Longer ones are refused before any work is done on them; in UTF-16 code units. */
export const MAX_VALUE = 4096
const MAX_NORMAL = 65_536

/** @internal */
export const isNormalizerName = (name: unknown): boolean =>
  typeof name === 'string' && name.length <= 64 && /^[a-z0-9][a-z0-9._-]*\/[1-9]\d*$/.test(name)

/** @internal The refusal of a value, which never says what the value was. */
export const notIndexable = (detail: string) => envelopeError('PHI_ENVELOPE_INDEX', { detail })

/** @internal Text as a normaliser may begin with it. @throws PhiError PHI_ENVELOPE_INDEX */
export function textOf(value: unknown): string {
  if (typeof value !== 'string') throw notIndexable('the normaliser takes text')
  if (value.length > MAX_VALUE) throw notIndexable(`a value to search by has at most ${MAX_VALUE} characters`)
  if (!value.isWellFormed()) throw notIndexable('the text holds a lone surrogate')
  return value
}

/**
 * @internal The normal form of a value, by whatever normaliser, checked.
 * @throws PhiError PHI_ENVELOPE_INDEX, without a cause: the errors of others may quote the value
 */
export function normalForm<Input>(normalizer: Normalizer<Input>, value: Input): string {
  if (value === null || value === undefined) throw notIndexable('there is no value')
  if (typeof value === 'string') textOf(value)
  let normal: unknown
  try {
    normal = normalizer.normalize(value)
  } catch (error) {
    if (isPhiError(error, 'PHI_ENVELOPE_INDEX')) throw error
    throw notIndexable('the normaliser refused it')
  }
  if (typeof normal !== 'string') throw notIndexable('the normaliser did not return text')
  if (normal.length === 0) throw notIndexable('nothing is left of it after normalising')
  if (normal.length > MAX_NORMAL || !normal.isWellFormed()) throw notIndexable('the normaliser returned no usable text')
  return normal
}
