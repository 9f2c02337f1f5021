import { readFileSync } from 'node:fs'
import { fromHex } from '@phi/core'
import type { FieldType } from '../src/field/value.ts'

export interface FieldCase {
  readonly name: string
  readonly keyId: string
  readonly suite: 1 | 2
  readonly tenant: string
  readonly table: string
  readonly column: string
  readonly row: string | null
  readonly type: FieldType
  readonly nonce: string
  readonly value: unknown
  readonly encoded: string
  readonly associatedData: string
  readonly sealed: string
  readonly text: string
}

export interface FieldVectors {
  readonly dataKey: string
  readonly wrapContexts: readonly {
    readonly tenant: string
    readonly purpose: 'field' | 'file'
    readonly id: string
    readonly subject?: string
    readonly bytes: string
    readonly digest: string
    readonly commitment: string
  }[]
  readonly fields: readonly FieldCase[]
}

export const fieldVectors = JSON.parse(
  readFileSync(new URL('../vectors/fields-v1.json', import.meta.url), 'utf8'),
) as FieldVectors

/** The value of a case as the field gives it back. */
export function caseValue({ value }: FieldCase): unknown {
  const { number, bigint, date, bytes } = (value ?? {}) as Record<string, string | undefined>
  if (number !== undefined) return Number(number)
  if (bigint !== undefined) return BigInt(bigint)
  if (date !== undefined) return new Date(date)
  return bytes === undefined ? value : fromHex(bytes)
}
