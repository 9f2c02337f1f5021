import type { Db } from '../client/db.ts'
import { storeError } from '../store/store-error.ts'
import { envelopeError } from './rows.ts'

const unavailable = (context: object) => envelopeError('PHI_ENVELOPE_STORE_UNAVAILABLE', context)

/** One statement, which is a transaction of its own: what it did is done when its answer comes. */
export async function rowsOf<Row>(db: Db, sql: string, params: unknown[]): Promise<Row[]> {
  try {
    const { rows } = await db.query<Row>(sql, params)
    return rows
  } catch (error) {
    throw storeError(error, unavailable)
  }
}
