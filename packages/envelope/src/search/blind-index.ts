import { parseAs } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import type { PurposeKeys } from '../keys/loaded-key.ts'
import type { IndexOutput } from './index-term.ts'
import { type Normalizer, normalForm } from './normalizer.ts'
import { bitsSchema, nameSchema, normalizerSchema, outputSchema } from './options.ts'
import { type SearchIndex, searchIndex } from './search-index.ts'

export interface BlindIndexOptions<Input = string, Output extends IndexOutput = 'text'> {
  /** The table and the sealed column whose values are indexed. 1 to 128 characters; the index's key is bound to them. */
  readonly table: string
  readonly column: string
  /** Which index of the column it is, for example 'email' or 'last-four'. Two indexes of a column have nothing in common. */
  readonly index: string
  /** Which spellings are one value: one of `normalizers`, or your own. */
  readonly normalizer: Normalizer<Input>
  /** How much of the HMAC is kept, 1 to 256. `planIndex` says what a number costs and what it hides. */
  readonly bits: number
  /** Default 'text'. */
  readonly output?: Output
}

/** A blind index over one column. */
export type BlindIndex<Input = string, Output extends IndexOutput = 'text'> = SearchIndex<Input, Output>

const optionsSchema = z.strictObject({
  table: nameSchema,
  column: nameSchema,
  index: nameSchema,
  normalizer: normalizerSchema,
  bits: bitsSchema,
  output: outputSchema,
})

const LABEL = 'phi.envelope/blind-index/v1'
const encoder = new TextEncoder()

/**
 * @internal A blind index: HMAC-SHA-256 (RFC 2104) of the UTF-8 normal form under a key of its own, cut to `bits`. The key is bound
 * to label, tenant, table, column, index and the normaliser's name.
 *
 * Whoever sees the column learns which rows are equal, and how often each value occurs, but for what truncation blurs. Without the
 * key nobody can compute a term: it is no hash that could be tried out.
 * @param keys the tenant's own keys of purpose 'index'
 * @throws PhiError PHI_ENVELOPE_OPTIONS
 */
export function makeBlindIndex<Input = string, Output extends IndexOutput = 'text'>(
  keys: PurposeKeys,
  options: BlindIndexOptions<Input, Output>,
): BlindIndex<Input, Output> {
  const { table, column, index, normalizer, bits, output } = parseAs(optionsSchema, options, 'blindIndex', (context) =>
    envelopeError('PHI_ENVELOPE_OPTIONS', context),
  )
  return searchIndex<Input, Output, Input | null>(keys, {
    table,
    columns: Object.freeze([column]),
    index,
    bits,
    output: output as Output,
    binding: [LABEL, table, column, index, normalizer.name],
    message: (value) => encoder.encode(normalForm<Input>(normalizer as Normalizer<Input>, value)),
    isNull: (value) => value === null,
  })
}
