import type { Cursor, CursorStore, DeadLetter, ForwardKey } from '@phi/audit/forward'
import { forwardErrors } from '@phi/audit/forward'
import { errorsOf, isInstant, parseTenant } from '@phi/core'
import type { Db, Queryable } from '../client/db.ts'
import { postgresError } from '../errors.ts'
import { inTenant } from '../store/in-tenant.ts'
import { storeError } from '../store/store-error.ts'

const forwardError = errorsOf(forwardErrors)

export interface CursorStoreOptions {
  /** The role that the store works as. `phi_auditor` and `phi_app` read, and move nothing. Default `phi_forwarder`. */
  readonly role?: 'phi_forwarder' | 'phi_auditor' | 'phi_app'
}

const HASH = /^[A-Za-z0-9+/]{43}=$/

/** What the database holds is what this store wrote, or it is nothing. */
const damaged = () => forwardError('PHI_AUDIT_FORWARD_CURSOR_DAMAGED')

/** PGlite hands out numbers, and pg texts. */
function indexOf(value: unknown): number {
  const index = typeof value === 'string' ? Number(value) : value
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0) throw damaged()
  return index
}

function textOf(value: unknown, isOne: (text: string) => boolean): string {
  if (typeof value !== 'string' || !isOne(value)) throw damaged()
  return value
}

const hashOf = (value: unknown): string => textOf(value, (text) => HASH.test(text))
const anyText = (value: unknown): string => textOf(value, () => true)

type Row = Readonly<Record<string, unknown>>

const cursorOf = ({ next, hash, by }: Row): Cursor => ({
  next: indexOf(next),
  hash: hash === null ? null : hashOf(hash),
  by: anyText(by),
})

const letterOf = ({ index, hash, code, attempts, at }: Row): DeadLetter => ({
  index: indexOf(index),
  hash: hashOf(hash),
  code: anyText(code),
  attempts: indexOf(attempts),
  at: textOf(at, isInstant),
})

const READ = `select next, hash, moved_by as by from phi.forward_cursor where tenant = $1 and forwarder = $2 and origin = $3`
const BEGIN = `insert into phi.forward_cursor (tenant, forwarder, origin, next, hash, moved_by) values ($1, $2, $3, $4, $5, $6)
  on conflict (tenant, forwarder, origin) do nothing returning next`
const MOVE = `update phi.forward_cursor set next = $4, hash = $5, moved_by = $6, moved_at = clock_timestamp()
  where tenant = $1 and forwarder = $2 and origin = $3 and next = $7 and hash is not distinct from $8 and moved_by = $9
  returning next`
const PUT = `insert into phi.forward_dead_letter (tenant, forwarder, origin, idx, hash, code, attempts, at)
  values ($1, $2, $3, $4, $5, $6, $7, $8)
  on conflict (tenant, forwarder, origin, idx)
  do update set hash = excluded.hash, code = excluded.code, attempts = excluded.attempts, at = excluded.at`
const LETTERS = `select idx as index, hash, code, attempts, at from phi.forward_dead_letter
  where tenant = $1 and forwarder = $2 and origin = $3 order by idx`
const REMOVE = `delete from phi.forward_dead_letter where tenant = $1 and forwarder = $2 and origin = $3 and idx = $4 returning idx`

/**
 * Keeps the cursors and dead letters of forwarders in PostgreSQL or PGlite, in the schema that `migrate` makes. A cursor moves by one
 * statement that names what it was: of two forwarders that move it at once, one is told that it did not.
 */
export function cursorStore(db: Db, options: CursorStoreOptions = {}): CursorStore {
  const role = options.role ?? 'phi_forwarder'
  if (role !== 'phi_forwarder' && role !== 'phi_auditor' && role !== 'phi_app')
    throw postgresError('PHI_PG_OPTIONS', { path: 'role' })

  const working = async <T>(key: ForwardKey, run: (tx: Queryable, place: readonly [string, string, string]) => Promise<T>) => {
    const tenant = parseTenant(key.tenant)
    try {
      return await inTenant(db, role, tenant, (tx) => run(tx, [tenant, key.forwarder, key.origin]))
    } catch (error) {
      throw storeError(error, (context) => forwardError('PHI_AUDIT_FORWARD_CURSOR', context))
    }
  }

  return {
    read: (key) =>
      working(key, async (tx, place): Promise<Cursor | undefined> => {
        const { rows } = await tx.query<Row>(READ, [...place])
        return rows[0] === undefined ? undefined : cursorOf(rows[0])
      }),

    async advance(key, expected, { next, hash, by }) {
      const to = [next, hash, by]
      const statement = expected === undefined ? BEGIN : MOVE
      const from = expected === undefined ? [] : [expected.next, expected.hash, expected.by]
      return working(key, async (tx, place) => (await tx.query(statement, [...place, ...to, ...from])).rows.length === 1)
    },

    async putDeadLetter(key, { index, hash, code, attempts, at }) {
      await working(key, (tx, place) => tx.query(PUT, [...place, index, hash, code, attempts, at]))
    },

    deadLetters: (key) =>
      working(key, async (tx, place): Promise<readonly DeadLetter[]> => {
        const { rows } = await tx.query<Row>(LETTERS, [...place])
        return rows.map(letterOf)
      }),

    removeDeadLetter: (key, index) =>
      working(key, async (tx, place) => (await tx.query(REMOVE, [...place, index])).rows.length === 1),
  }
}
