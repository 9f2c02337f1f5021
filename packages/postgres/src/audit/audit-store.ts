import {
  type AuditStore,
  auditError,
  type Build,
  type Extension,
  emptyHead,
  type Head,
  type LogKey,
  type StoredEntry,
} from '@phi/audit/store'
import { CommitUnknown, type Db, type Queryable, sqlStateOf } from '../client/db.ts'
import { postgresError } from '../errors.ts'
import { inTenant } from '../store/in-tenant.ts'
import { readError, writeError } from './contract-errors.ts'
import { Dispatch } from './dispatch.ts'
import { findSql } from './find-sql.ts'
import type { GroupCommitOptions } from './group-commit.ts'
import { Lane } from './lane.ts'
import { PAGE_SETTINGS, pageSql } from './page-sql.ts'
import { EXTEND, entryOfJson, entryOfPacked, extendParams, type HeadRow, headOfRow, ITEM } from './rows.ts'

export interface AuditStoreOptions {
  /**
   * The role that reads assume (SET LOCAL ROLE): row security does not bind superusers and is what keeps tenants apart.
   * Default `phi_app`.
   */
  readonly role?: 'phi_app' | 'phi_auditor'
  /** Entries a page when reading. Default 2,000. */
  readonly pageEntries?: number
  /**
   * Extensions of different logs share a statement and a commit where they are ready at the same time. `auto`, the default: once
   * more than two logs are being written at a time. True or options: always. False: never; then every log that is being written
   * takes a connection for itself.
   */
  readonly groupCommit?: boolean | 'auto' | GroupCommitOptions
}

/** SQLSTATEs that the functions of the schema raise. */
const NOT_CHAINED = 'PHI03'
const NOT_SAID = 'PHI04'
const UNIQUE_VIOLATION = '23505'
/** Entries that are pruned in one transaction. */
const PRUNE_BATCH = 5000

const OPEN = 'select phi.audit_open($1, $2, $3) as id'
const FIND = 'select id from phi.audit_log where tenant = $1 and origin = $2'
const LOCK = 'select l.*, pg_current_xact_id()::text as xid from phi.audit_lock($1, $2, $3) as l'
const XID = 'select pg_current_xact_id_if_assigned()::text as xid'
const ABORTED = '25P02'

type LockRow = HeadRow & {
  readonly xid: string
  readonly size: string | null
  readonly existing: (Parameters<typeof entryOfJson>[0] & { eventId: string }) | null
}

interface OpenLog {
  readonly id: number
  readonly lane: Lane
}

/**
 * Keeps audit logs in PostgreSQL or PGlite, in the schema that `migrate` makes.
 *
 * An extension is one statement: a function that moves the head from the size and hash the library expects, and inserts the
 * entries, or does nothing. When the expectation fails, because another process extended the log, the same is done again
 * under a lock on the head. The transaction handle for `appendIn` is anything with `query(sql, params)`: a pg client, a PGlite
 * transaction, or the `tx` of this package's `db.transaction`.
 */
export function auditStore(db: Db, options: AuditStoreOptions = {}): AuditStore<Queryable> {
  const role = options.role ?? 'phi_app'
  const pageEntries = options.pageEntries ?? 2000
  if (role !== 'phi_app' && role !== 'phi_auditor') throw postgresError('PHI_PG_OPTIONS', { path: 'role' })
  if (!Number.isSafeInteger(pageEntries) || pageEntries < 1) throw postgresError('PHI_PG_OPTIONS', { path: 'pageEntries' })
  const sqlOfPage = pageSql(pageEntries)
  const dispatch = new Dispatch(db, options.groupCommit ?? 'auto')
  const logs = new Map<string, Promise<OpenLog>>()
  /** By transaction handle and number of the log: the transaction that locked the head. */
  const holders = new WeakMap<Queryable, Map<number, string>>()

  /** A transaction with the role and the tenant of the reader. The tenant's characters were checked when the log was opened. */
  const reading = async <T>({ tenant }: LogKey, run: (tx: Queryable) => Promise<T>, settings = ''): Promise<T> => {
    try {
      return await db.transaction(async (tx) => {
        // As parameters: a statement's text is what the server shows to others, and writes to its log.
        await tx.query(`select set_config('role', $1, true), set_config('phi.tenant', $2, true)${settings}`, [role, tenant])
        return run(tx)
      })
    } catch (error) {
      throw readError(error)
    }
  }

  /** The log's number, remembered once known. A failure is not remembered: the next call asks again. */
  const logOf = (key: LogKey, ask: () => Promise<number>): Promise<OpenLog> => {
    const name = `${key.tenant}\n${key.origin}`
    let known = logs.get(name)
    if (known === undefined) {
      known = ask().then((id) => ({ id, lane: new Lane(db) }))
      known.catch(() => logs.delete(name))
      logs.set(name, known)
    }
    return known
  }

  /** For writers: makes the log when it is not there. */
  const openLog = (key: LogKey): Promise<OpenLog> =>
    logOf(key, async () => {
      try {
        const { rows } = await db.query<{ id: number }>(OPEN, [key.tenant, key.origin, emptyHead.lastHash])
        return (rows[0] as { id: number }).id
      } catch (error) {
        throw writeError(error, 'before')
      }
    })

  /** Inside a caller's transaction. Where that has the only connection, a log that is not known yet could not be asked for. */
  const knownLog = (key: LogKey): Promise<OpenLog> => {
    if (db.singleConnection && !logs.has(`${key.tenant}\n${key.origin}`))
      throw auditError('PHI_AUDIT_STORE', { detail: 'open the log before the transaction' })
    return openLog(key)
  }

  /** For readers: reading a log that is not there does not make it. */
  const findLog = (key: LogKey): Promise<OpenLog> =>
    logOf(key, async () => {
      const { rows } = await reading(key, (tx) => tx.query<{ id: number }>(FIND, [key.tenant, key.origin]))
      if (rows[0] === undefined) throw auditError('PHI_AUDIT_STORE', { detail: 'the tenant has no log of this origin' })
      return rows[0].id
    })

  /** Under the lock: what the head is, and which of the event ids are taken. */
  const lockAndExtend = async (tx: Queryable, { tenant }: LogKey, id: number, eventIds: readonly string[], build: Build) => {
    const { rows } = await tx.query<LockRow>(LOCK, [tenant, id, eventIds.join(ITEM)])
    const [first, ...found] = rows
    if (first === undefined || first.size === null) throw auditError('PHI_AUDIT_STORE', { detail: 'the log has no head' })
    holders.set(tx, (holders.get(tx) ?? new Map<number, string>()).set(id, first.xid))
    const head = headOfRow(first)
    const existing = new Map<string, StoredEntry>()
    for (const { existing: row } of found) if (row !== null) existing.set(row.eventId, entryOfJson(row))
    const extension = build({ head, existing })
    if (extension === null) return { head, extension }
    const { rows: written } = await tx.query(EXTEND, extendParams(tenant, id, head, extension))
    if (written.length !== 1) throw auditError('PHI_AUDIT_STORE', { detail: 'the locked head moved' })
    return { head: extension.head, extension }
  }

  const extendUnderLock = async (
    key: LogKey,
    { id, lane }: OpenLog,
    eventIds: readonly string[],
    build: Build,
  ): Promise<Extension | null> => {
    try {
      const { head, extension } = await db.transaction((tx) => lockAndExtend(tx, key, id, eventIds, build))
      lane.locked(head)
      return extension
    } catch (error) {
      throw writeError(error, error instanceof CommitUnknown ? 'committing' : 'before')
    }
  }

  /** One statement, on the head we expect. Undefined: nothing was written, do it under the lock. */
  const extendHopefully = async (
    { tenant }: LogKey,
    { id, lane }: OpenLog,
    head: Head,
    build: Build,
  ): Promise<Extension | null | undefined> => {
    const extension = build({ head, existing: new Map() })
    if (extension === null) return null
    // The next extension can be built, and sent behind this one, before this one is answered.
    lane.expected = extension.head
    try {
      const extended = await dispatch.send(lane, extendParams(tenant, id, head, extension))
      if (extended) {
        lane.hit()
        return extension
      }
      lane.miss()
      return undefined
    } catch (error) {
      lane.expected = undefined
      // An event id is taken, or what was built does not continue the log: under the lock the builder sees what is there.
      const state = sqlStateOf(error)
      if (state === UNIQUE_VIOLATION || state === NOT_CHAINED) {
        lane.miss()
        return undefined
      }
      throw writeError(error, 'committing')
    }
  }

  const pages = async function* (key: LogKey, id: number, from: number, to: number): AsyncIterable<readonly StoredEntry[]> {
    const prefix = `${id}/`
    const page = (start: number) =>
      reading(key, (tx) => tx.query<{ packed: string }>(sqlOfPage, [key.tenant, id, start, to]), `, ${PAGE_SETTINGS}`)
    let next = page(from)
    for (;;) {
      const { rows } = await next
      if (rows.length === 0) return
      const entries = rows.map(({ packed }) => entryOfPacked(packed, prefix))
      const last = (entries.at(-1) as StoredEntry).index
      const more = rows.length === pageEntries && last + 1 < to
      // The next page is on its way while this one is checked. Its failure is thrown where it is awaited.
      if (more) {
        next = page(last + 1)
        next.catch(() => {})
      }
      yield entries
      if (!more) return
    }
  }

  return {
    singleConnection: db.singleConnection,

    // An auditor has nothing to make: what is not there is an error.
    async open(key) {
      await (role === 'phi_auditor' ? findLog(key) : openLog(key))
    },

    async head(key) {
      const { id } = await findLog(key)
      const { rows } = await reading(key, (tx) =>
        tx.query<HeadRow>('select size, last_hash, recorded_at, frontier from phi.audit_log where tenant = $1 and id = $2', [
          key.tenant,
          id,
        ]),
      )
      if (rows[0] === undefined) throw auditError('PHI_AUDIT_STORE', { detail: 'the log has no head' })
      return headOfRow(rows[0])
    },

    async extend(key, eventIds, build) {
      const log = await openLog(key)
      const { lane } = log
      for (;;) {
        if (lane.hopeful) {
          const done = await extendHopefully(key, log, lane.expected as Head, build)
          if (done !== undefined) return done
        }
        const locked = await lane.underLock(() => dispatch.underLock(() => extendUnderLock(key, log, eventIds, build)))
        if (locked !== undefined) return locked.result
      }
    },

    async extendIn(tx, key, eventIds, build) {
      const log = await knownLog(key)
      // Whether this commits is the caller's affair: the next extension finds out under the lock.
      log.lane.expected = undefined
      try {
        const { extension } = await lockAndExtend(tx, key, log.id, eventIds, build)
        return extension
      } catch (error) {
        throw writeError(error, 'before')
      }
    },

    async enqueueIn(tx, key, { eventId, queuedAt, body, mac }) {
      const { id } = await knownLog(key)
      try {
        const { rows } = await tx.query<{ queued_at: string; body: string; mac: string }>(
          'select queued_at, body, mac from phi.audit_enqueue($1, $2, $3, $4, $5, $6)',
          [key.tenant, id, eventId, queuedAt, body, mac],
        )
        const [row] = rows
        if (row === undefined) throw auditError('PHI_AUDIT_STORE', { detail: 'the outbox did not keep the event' })
        return { eventId, queuedAt: row.queued_at, body: row.body, mac: row.mac }
      } catch (error) {
        throw writeError(error, 'before')
      }
    },

    async outbox(key, { after, limit }) {
      const { id } = await findLog(key)
      const { rows } = await reading(key, (tx) =>
        tx.query<{ event_id: string; queued_at: string; body: string; mac: string }>(
          `select event_id, queued_at, body, mac from phi.audit_outbox
           where tenant = $1 and log = $2 and (queued_at, event_id) > ($3, $4) order by queued_at, event_id limit $5`,
          [key.tenant, id, after?.queuedAt ?? '', after?.eventId ?? '', limit],
        ),
      )
      return rows.map((row) => ({ eventId: row.event_id, queuedAt: row.queued_at, body: row.body, mac: row.mac }))
    },

    async dequeue(key, eventIds) {
      const { id } = await openLog(key)
      try {
        const { rows } = await db.query<{ taken: number }>('select phi.audit_dequeue($1, $2, $3) as taken', [
          key.tenant,
          id,
          eventIds.join(ITEM),
        ])
        return Number(rows[0]?.taken)
      } catch (error) {
        throw writeError(error, 'before')
      }
    },

    async prune(key, { to, event }) {
      const { id } = await findLog(key)
      for (;;) {
        try {
          const { rows } = await inTenant(db, 'phi_retention', key.tenant, (tx) =>
            tx.query<{ moved: number }>('select phi.audit_prune($1, $2, $3, $4, $5) as moved', [
              key.tenant,
              id,
              to,
              event,
              PRUNE_BATCH,
            ]),
          )
          if (Number(rows[0]?.moved) === 0) return
        } catch (error) {
          if (sqlStateOf(error) === NOT_SAID)
            throw auditError('PHI_AUDIT_PRUNE', { path: 'event', detail: 'is no event that says so', cause: error })
          throw writeError(error, 'before')
        }
      }
    },

    async prunes(key) {
      const { id } = await findLog(key)
      const { rows } = await reading(key, (tx) =>
        tx.query<{ to_idx: string; event: string }>(
          'select to_idx, event from phi.audit_prune where tenant = $1 and log = $2 order by to_idx',
          [key.tenant, id],
        ),
      )
      return rows.map((row) => ({ to: Number(row.to_idx), event: Number(row.event) }))
    },

    async holds(tx, key) {
      const { id } = await knownLog(key)
      const holder = holders.get(tx)?.get(id)
      if (holder === undefined) return false
      try {
        const { rows } = await tx.query<{ xid: string | null }>(XID)
        return rows[0]?.xid === holder
      } catch (error) {
        // A transaction that failed has let go of its locks.
        if (sqlStateOf(error) === ABORTED) return false
        throw readError(error)
      }
    },

    async *read(key, { from, to }) {
      const { id } = await findLog(key)
      if (to > from) yield* pages(key, id, from, to)
    },

    async find(key, query) {
      const { id } = await findLog(key)
      const { sql, params } = findSql(key.tenant, id, query)
      const { rows } = await reading(key, (tx) => tx.query<{ packed: string }>(sql, params))
      return rows.map(({ packed }) => entryOfPacked(packed, `${id}/`))
    },

    async tiles(key, level, from, to) {
      const { id } = await findLog(key)
      const { rows } = await reading(key, (tx) =>
        tx.query<{ hash: string }>(
          'select hash from phi.audit_tile where tenant = $1 and log = $2 and level = $3 and idx >= $4 and idx < $5 order by idx',
          [key.tenant, id, level, from, to],
        ),
      )
      if (rows.length !== to - from) throw auditError('PHI_AUDIT_RANGE', { path: 'tiles' })
      return rows.map(({ hash }) => hash)
    },

    async checkpoints(key, { last } = {}) {
      const { id } = await findLog(key)
      const { rows } = await reading(key, (tx) =>
        tx.query<{ note: string }>(
          'select note from phi.audit_checkpoint where tenant = $1 and log = $2 order by size desc, saved_at desc limit $3',
          [key.tenant, id, last ?? null],
        ),
      )
      return rows.map(({ note }) => note).toReversed()
    },

    async saveCheckpoint(key, { size, note }) {
      const { id } = await openLog(key)
      try {
        await db.query('select phi.audit_save_checkpoint($1, $2, $3, $4)', [key.tenant, id, size, note])
      } catch (error) {
        throw writeError(error, 'before')
      }
    },
  }
}
