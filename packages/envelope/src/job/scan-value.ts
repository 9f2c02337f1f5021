import { isPhiError, type PhiError } from '@phi/core'
import { isSealedText, type Suite } from '../field/format.ts'
import { type DataKeyRecord, parseDataKey } from '../keys/key-record.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { fieldOf } from './columns.ts'
import { columnValue } from './read-rows.ts'
import { type AnyField, type ColumnFields, rowField } from './row-field.ts'
import { lastingCode } from './row-work.ts'
import type { FindingKind } from './scan-report.ts'
import { lookAt } from './stored-value.ts'
import type { TableRow } from './table.ts'

/** What was found out about one value. @internal */
export type Seen =
  | { readonly is: 'null' }
  | { readonly is: 'opened' | 'notOpened'; readonly keyId: string }
  | {
      readonly is: 'finding'
      readonly kind: FindingKind
      readonly keyId?: string
      readonly otherTenant?: string
      readonly code?: string
    }

/** A value and what is declared of it. @internal */
export interface Declared {
  readonly row: TableRow
  readonly column: string
  readonly fields: ColumnFields | PhiError
  readonly tenant: string
  readonly suites: readonly Suite[]
}

/** @internal */
export type Inspect = (declared: Declared) => Promise<Seen>

/** Key records that are remembered at a time. */
const REMEMBERED = 10_000

/** The errors of a key that opens nothing any more. */
const keyCodes = [
  'PHI_ENVELOPE_KMS_KEY_GONE',
  'PHI_ENVELOPE_KMS_KEY_UNUSABLE',
  'PHI_ENVELOPE_KMS_REFUSED',
  'PHI_ENVELOPE_KEY_MISMATCH',
]

/** @internal Looks at values one after the other, and opens the first and from then on one in `every`. */
export function inspector(keyStore: Pick<KeyStore, 'find'> | undefined, every: number): Inspect {
  const records = new Map<string, DataKeyRecord>()
  let turn = 0

  const recordOf = async (id: string): Promise<DataKeyRecord | undefined> => {
    const known = records.get(id)
    if (known !== undefined) return known
    const found = await keyStore?.find(id)
    if (found === undefined) return undefined
    const record = parseDataKey(found)
    // Only what was found is kept: a key that is not there now may be made by another process in a moment.
    if (records.size >= REMEMBERED) records.clear()
    records.set(id, record)
    return record
  }

  /** What is wrong with the key in a header; undefined when it may be used here, or when nobody can say. */
  const keyFinding = async (keyId: string, tenant: string): Promise<Seen | undefined> => {
    if (keyStore === undefined) return undefined
    const record = await recordOf(keyId)
    if (record === undefined) return { is: 'finding', kind: 'unknown-key', keyId }
    if (record.tenant !== tenant) return { is: 'finding', kind: 'other-tenant', keyId, otherTenant: record.tenant }
    const usable = record.purpose === 'field' && (record.state === 'active' || record.state === 'retiring')
    return usable ? undefined : { is: 'finding', kind: 'unusable-key', keyId }
  }

  const isSealed = async (opened: unknown): Promise<boolean> => {
    if (typeof opened === 'string') return isSealedText(opened)
    if (!(opened instanceof Uint8Array)) return false
    const seen = lookAt(opened)
    // Bytes may begin like a header by accident, but not with a key id that is in the store.
    return seen.look === 'damaged' || (seen.look === 'sealed' && (await recordOf(seen.keyId)) !== undefined)
  }

  const opening = (field: AnyField, value: string | Uint8Array, row: string): { readonly opened: unknown } | PhiError => {
    try {
      return { opened: rowField(field).open(value, row) }
    } catch (error) {
      if (lastingCode(error) === undefined) throw error
      return error as PhiError
    }
  }

  return async ({ row, column, fields, tenant, suites }) => {
    const value = columnValue(row, column)
    if (value === null) return { is: 'null' }
    const seen = lookAt(value)
    if (seen.look === 'plaintext' || seen.look === 'damaged') return { is: 'finding', kind: seen.look }
    const { keyId } = seen
    const ofKey = await keyFinding(keyId, tenant)
    if (seen.look === 'deterministic')
      return ofKey?.is === 'finding' && ofKey.kind === 'other-tenant' ? ofKey : { is: 'finding', kind: 'deterministic', keyId }
    if (ofKey !== undefined) return ofKey
    const declaredSuite = suites.includes(seen.suite)
    // A suite that nobody declared is no value to leave out.
    if (turn++ % every !== 0 && declaredSuite) return { is: 'notOpened', keyId }
    let field: AnyField
    try {
      field = fieldOf(fields, column)
    } catch (error) {
      return { is: 'finding', kind: 'not-checked', keyId, code: (error as PhiError).code }
    }
    const outcome = opening(field, value, row.row)
    if (!isPhiError(outcome)) {
      return (await isSealed(outcome.opened)) ? { is: 'finding', kind: 'double-sealed', keyId } : { is: 'opened', keyId }
    }
    const { code } = outcome
    if (keyCodes.includes(code)) return { is: 'finding', kind: 'unusable-key', keyId, code }
    if (code !== 'PHI_ENVELOPE_OPEN') return { is: 'finding', kind: 'not-checked', keyId, code }
    return { is: 'finding', kind: declaredSuite ? 'does-not-open' : 'wrong-suite', keyId, code }
  }
}
