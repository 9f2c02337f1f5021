import type { DataKeyRecord } from '../keys/key-record.ts'

/** What may be shown of a stored key: everything but the wrapped key and its commitment. */
export type KeyInfo = Readonly<
  Pick<
    DataKeyRecord,
    | 'id'
    | 'tenant'
    | 'purpose'
    | 'subject'
    | 'version'
    | 'state'
    | 'kms'
    | 'kek'
    | 'mechanism'
    | 'createdAt'
    | 'changedAt'
    | 'usage'
  >
>

/** @internal */
export const infoOf = (record: DataKeyRecord): KeyInfo => {
  const { id, tenant, purpose, subject, version, state, kms, kek, mechanism, createdAt, changedAt, usage } = record
  return Object.freeze({
    id,
    tenant,
    purpose,
    subject,
    version,
    state,
    kms,
    kek,
    mechanism,
    createdAt,
    changedAt,
    usage: Object.freeze({ ...usage }),
  })
}
