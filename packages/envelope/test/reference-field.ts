import { referenceCommitment, referenceKcXaesSeal, referenceXaesOpen, referenceXaesSeal } from './reference-xaes.ts'

/**
 * A plain twin of the field format v1, written from its description alone; tests hold `src/field` equal to it, and its inputs
 * and outputs are the vectors for other languages.
 */
export interface FieldVector {
  readonly dataKey: Uint8Array
  readonly keyId: string
  readonly nonce: Uint8Array
  readonly suite: 1 | 2
  readonly tenant: string
  readonly table: string
  readonly column: string
  /** undefined: sealed without a row. */
  readonly row: string | undefined
  readonly type: string
}

const prefixed = (part: Uint8Array): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(part.length)
  return Buffer.concat([length, part])
}

const headerOf = ({ suite, keyId }: FieldVector) => Buffer.concat([Buffer.of(1, suite), Buffer.from(keyId, 'hex')])

export const referenceAad = (vector: FieldVector): Buffer =>
  Buffer.concat(
    [
      headerOf(vector),
      ...[vector.tenant, vector.table, vector.column, vector.row ?? '', vector.type].map((text) => Buffer.from(text, 'utf8')),
    ].map(prefixed),
  )

/** Seals the encoded value. */
export function referenceSeal(vector: FieldVector, encoded: Uint8Array): Buffer {
  const seal = vector.suite === 1 ? referenceKcXaesSeal : referenceXaesSeal
  return Buffer.concat([headerOf(vector), vector.nonce, seal(vector.dataKey, vector.nonce, encoded, referenceAad(vector))])
}

/** The encoded value, or undefined. */
export function referenceOpen(vector: Omit<FieldVector, 'nonce'>, sealed: Uint8Array): Buffer | undefined {
  const nonce = sealed.subarray(6, 30)
  const end = sealed.length - (vector.suite === 1 ? 32 : 0)
  if (vector.suite === 1 && !referenceCommitment(vector.dataKey, nonce).equals(sealed.subarray(end))) return undefined
  return referenceXaesOpen(vector.dataKey, nonce, sealed.subarray(30, end), referenceAad({ ...vector, nonce }))
}
