import { fromHex, toHex } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { type Field, makeField } from '../src/field/field.ts'
import { rowAad } from '../src/field/row-aad.ts'
import { codecOf } from '../src/field/value.ts'
import { contextOf, type DataKeyRecord, keyCommitment } from '../src/keys/key-record.ts'
import { contextBytes, contextDigest } from '../src/kms/context.ts'
import { caseValue, fieldVectors } from './field-vectors.ts'
import { fixedKeys } from './fixed-keys.ts'
import { referenceAad, referenceSeal } from './reference-field.ts'

const dataKey = fromHex(fieldVectors.dataKey)

describe('the published vectors of fields', () => {
  it.each(fieldVectors.fields)('S18 $name', (vector) => {
    const { tenant, table, column, type, row, suite, keyId } = vector
    const keys = fixedKeys([{ id: keyId, key: dataKey }], { tenant })
    const field = makeField(keys, {
      table,
      column,
      type,
      suite: suite === 1 ? 'KC-XAES-256-GCM' : 'XAES-256-GCM',
      unboundRow: row === null,
    }) as unknown as Field<unknown, readonly [where?: { row: string }]>
    const where = row === null ? [] : ([{ row }] as const)
    const expected = caseValue(vector)

    expect(field.openBytes(fromHex(vector.sealed), ...where)).toStrictEqual(expected)
    expect(field.open(vector.text, ...where)).toStrictEqual(expected)
    expect(field.open(field.seal(expected, ...where), ...where)).toStrictEqual(expected)
    expect(toHex(codecOf(type).encode(expected as never))).toBe(vector.encoded)
    const header = fromHex(vector.sealed).subarray(0, 6)
    expect(toHex(rowAad(header, { tenant, table, column, type })(row ?? undefined))).toBe(vector.associatedData)

    const twin = { ...vector, dataKey, nonce: fromHex(vector.nonce), row: row ?? undefined }
    expect(toHex(referenceSeal(twin, fromHex(vector.encoded)))).toBe(vector.sealed)
    expect(toHex(referenceAad(twin))).toBe(vector.associatedData)
  })

  it('cover every type and both suites', () => {
    const types = new Set(fieldVectors.fields.map(({ type }) => type))
    expect([...types].sort()).toEqual(['any', 'bigint', 'boolean', 'bytes', 'date', 'json', 'number', 'string'])
    expect(new Set(fieldVectors.fields.map(({ suite }) => suite))).toEqual(new Set([1, 2]))
  })
})

describe('the published vectors of wrapping', () => {
  it.each(fieldVectors.wrapContexts)('S19 of purpose $purpose', ({ bytes, digest, commitment, ...context }) => {
    expect(toHex(contextBytes(context))).toBe(bytes)
    expect(toHex(contextDigest(context))).toBe(digest)
    expect(toHex(keyCommitment(dataKey, context))).toBe(commitment)
    expect(contextOf({ subject: null, ...context } as DataKeyRecord)).toEqual(context)
  })
})
