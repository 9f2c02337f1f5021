import type { Keyring } from '@phi/envelope'
import type { Queryable } from '@phi/postgres'

/** A record as the application sees it. */
export interface StoredRecord {
  readonly id: string
  readonly tenant: string
  readonly patient?: string
  readonly [field: string]: unknown
}

/** Records of one tenant, sealed under that tenant's own data key (S18, S91): the database holds ciphertext. */
export interface Records {
  find(tx: Queryable, tenant: string, type: string, id: string): Promise<StoredRecord | undefined>
  list(tx: Queryable, tenant: string, type: string, patient?: string): Promise<readonly StoredRecord[]>
  put(tx: Queryable, type: string, record: StoredRecord): Promise<void>
  remove(tx: Queryable, tenant: string, type: string, id: string): Promise<void>
}

interface Row {
  readonly id: string
  readonly sealed: string
}

export function sealedRecords(keyring: Keyring): Records {
  const field = async (tenant: string) =>
    (await keyring.tenant(tenant)).field({ table: 'record', column: 'sealed', type: 'json' })
  const place = (type: string, id: string) => ({ row: `${type}/${id}` })
  const opened = async (tenant: string, type: string, rows: readonly Row[]): Promise<StoredRecord[]> => {
    const sealed = await field(tenant)
    return rows.map(({ id, sealed: text }) => revived(sealed.open(text, place(type, id)) as StoredRecord))
  }
  return {
    async find(tx, tenant, type, id) {
      const { rows } = await tx.query<Row>('select id, sealed from record where tenant = $1 and type = $2 and id = $3', [
        tenant,
        type,
        id,
      ])
      return (await opened(tenant, type, rows))[0]
    },
    async list(tx, tenant, type, patient) {
      const { rows } = await tx.query<Row>(
        'select id, sealed from record where tenant = $1 and type = $2 and ($3::text is null or patient = $3) order by id limit 1000',
        [tenant, type, patient ?? null],
      )
      return opened(tenant, type, rows)
    },
    async put(tx, type, record) {
      const { id, tenant, patient = null } = record
      const sealed = (await field(tenant)).seal(record as never, place(type, id))
      await tx.query(
        `insert into record (tenant, type, id, patient, sealed) values ($1, $2, $3, $4, $5)
         on conflict (tenant, type, id) do update set sealed = excluded.sealed, patient = excluded.patient, changed_at = now()`,
        [tenant, type, id, patient, sealed],
      )
    },
    async remove(tx, tenant, type, id) {
      await tx.query('delete from record where tenant = $1 and type = $2 and id = $3', [tenant, type, id])
    },
  }
}

/** JSON has no dates; the policy reads some. */
const dated = new Set(['start', 'end', 'sentAt', 'paidAt', 'at', 'protectedUntil'])
const revived = (record: StoredRecord): StoredRecord =>
  Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key, dated.has(key) && typeof value === 'string' ? new Date(value) : value]),
  ) as StoredRecord
