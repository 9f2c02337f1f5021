import { parseAs } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import type { PurposeKeys } from '../keys/loaded-key.ts'
import { lengthPrefixed } from '../length-prefixed.ts'
import type { IndexOutput } from './index-term.ts'
import { type InputOf, type Normalizer, normalForm, notIndexable } from './normalizer.ts'
import { bitsSchema, nameSchema, normalizerSchema, outputSchema } from './options.ts'
import { type SearchIndex, searchIndex } from './search-index.ts'

/** One column of a compound index, and which of its spellings are one value. */
export interface CompoundPart {
  readonly column: string
  readonly normalizer: Normalizer<never>
}

/** The values of a compound index by column. */
export type CompoundValue<Parts extends readonly CompoundPart[]> = {
  readonly [Part in Parts[number] as Part['column']]: InputOf<Part['normalizer']>
}

/** The same of a row in which any of them may be missing. */
export type CompoundRow<Parts extends readonly CompoundPart[]> = {
  readonly [Part in Parts[number] as Part['column']]: InputOf<Part['normalizer']> | null
}

export interface CompoundIndexOptions<Parts extends readonly CompoundPart[], Output extends IndexOutput = 'text'> {
  readonly table: string
  /** Which index of the table it is, for example 'name-and-birth-date'. */
  readonly index: string
  /** 2 to 16 columns. Their order counts: in another order it is another index. */
  readonly parts: Parts
  /** 1 to 256. See `planIndex`, with the number of different combinations as `distinct`. */
  readonly bits: number
  readonly output?: Output
}

/** A blind index over several columns at once. Its values are objects by column name; other members of them do not count. */
export type CompoundIndex<Parts extends readonly CompoundPart[], Output extends IndexOutput = 'text'> = SearchIndex<
  CompoundValue<Parts>,
  Output,
  CompoundRow<Parts>
>

const optionsSchema = z.strictObject({
  table: nameSchema,
  index: nameSchema,
  parts: z
    .array(z.strictObject({ column: nameSchema, normalizer: normalizerSchema }))
    .min(2)
    .max(16)
    .refine((parts) => new Set(parts.map(({ column }) => column)).size === parts.length, 'must name each column once'),
  bits: bitsSchema,
  output: outputSchema,
})

const LABEL = 'phi.envelope/compound-index/v1'
const encoder = new TextEncoder()

/**
 * @internal A blind index over several columns, for those with few values: alone, an index of `sex` or of a diagnosis flag tells the
 * whole column to whoever counts; together with a birth date it tells little. It answers only for all parts at once.
 *
 * The HMAC is over the UTF-8 normal forms in the order of the parts, each with its length before it as an unsigned 32-bit
 * big-endian integer, so that no two lists of values read alike. The key is bound to label, tenant, table, index, and then column
 * and normaliser of each part. A value with a part missing is refused; `termOrNull` gives null where any part is null.
 * @param keys the tenant's own keys of purpose 'index'
 * @throws PhiError PHI_ENVELOPE_OPTIONS
 */
export function makeCompoundIndex<const Parts extends readonly CompoundPart[], Output extends IndexOutput = 'text'>(
  keys: PurposeKeys,
  options: CompoundIndexOptions<Parts, Output>,
): CompoundIndex<Parts, Output> {
  const { table, index, parts, bits, output } = parseAs(optionsSchema, options, 'compoundIndex', (context) =>
    envelopeError('PHI_ENVELOPE_OPTIONS', context),
  )
  const partOf = (value: unknown, column: string): unknown =>
    typeof value === 'object' && value !== null && Object.hasOwn(value, column)
      ? (value as Record<string, unknown>)[column]
      : undefined

  return searchIndex<CompoundValue<Parts>, Output, CompoundRow<Parts>>(keys, {
    table,
    columns: Object.freeze(parts.map(({ column }) => column)),
    index,
    bits,
    output: output as Output,
    binding: [LABEL, table, index, ...parts.flatMap(({ column, normalizer }) => [column, normalizer.name])],
    message: (value) =>
      lengthPrefixed(
        parts.map(({ column, normalizer }) =>
          encoder.encode(normalForm(normalizer as Normalizer<unknown>, partOf(value, column))),
        ),
      ),
    isNull(value) {
      const given = parts.map(({ column }) => partOf(value, column))
      // A missing member is a mistake in the query or the row's mapping, and no null.
      if (given.includes(undefined)) throw notIndexable('a part of the compound value is missing')
      return given.includes(null)
    },
  })
}
