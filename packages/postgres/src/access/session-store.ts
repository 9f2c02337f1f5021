import { type SessionEnding, type SessionStore, sessionEndings } from '@phi/rbac/session'
import type { Db } from '../client/db.ts'
import { storeError } from '../store/store-error.ts'
import {
  insertParams,
  readSession,
  replaceParams,
  SESSION_COLUMNS,
  type SessionRow,
  sessionError,
  sessionOfRow,
} from './session-rows.ts'

const INSERT = `select phi.session_insert($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) as answer`
const FIND = `select ${SESSION_COLUMNS} from phi.session_find($1)`
const REPLACE = `select phi.session_replace($1, $2, $3, $4, $5, $6, $7, $8) as answer`
const TOUCH = `select phi.session_touch($1, $2) as answer`
const END = `select phi.session_end($1, $2, $3) as answer`
const END_SUBJECT = `select phi.session_end_subject($1, $2, $3, $4)::text as answer`
const SWEEP = `select phi.session_sweep($1)::text as answer`

/** The last instant that a Date can hold. */
const LAST = 8_640_000_000_000_000

/** @throws PhiError PHI_RBAC_SESSION_INPUT: what could not be read back must not be written */
function instant(at: number, path: string): number {
  if (Number.isSafeInteger(at) && at >= 0 && at <= LAST) return at
  throw sessionError('PHI_RBAC_SESSION_INPUT', { path, detail: 'must be whole milliseconds since 1970' })
}

/** @throws PhiError PHI_RBAC_SESSION_INPUT */
function ending(because: SessionEnding): SessionEnding {
  if (Object.hasOwn(sessionEndings, because)) return because
  throw sessionError('PHI_RBAC_SESSION_INPUT', { path: 'because', detail: 'must be one of the documented values' })
}

const unavailable = (context: object) => sessionError('PHI_RBAC_SESSION_STORE_UNAVAILABLE', context)

/**
 * Keeps sessions in PostgreSQL or PGlite, in the schema that `migrate` makes. Every verb is one statement, and one trip to the server;
 * what it did is there for every other process once its promise has resolved. The login needs `phi_app`.
 * @throws PhiError PHI_RBAC_SESSION_STORE_UNAVAILABLE when the database cannot be reached or cannot do the work now;
 * PHI_RBAC_SESSION_STORE for a row that is no session; PHI_RBAC_SESSION_INPUT; PHI_PG_FORBIDDEN; PHI_PG_NOT_MIGRATED; PHI_PG_QUERY
 */
export function sessionStore(db: Db): SessionStore {
  const rowsOf = async <Row>(sql: string, params: unknown[]): Promise<Row[]> => {
    try {
      return (await db.query<Row>(sql, params)).rows
    } catch (error) {
      throw storeError(error, unavailable)
    }
  }
  const answerOf = async <Answer>(sql: string, params: unknown[]): Promise<Answer> => {
    const [row] = await rowsOf<{ answer: Answer }>(sql, params)
    if (row === undefined) throw sessionError('PHI_RBAC_SESSION_STORE')
    return row.answer
  }

  return {
    insert: async (record) => answerOf(INSERT, insertParams(readSession(record))),
    async find(sid) {
      const [row] = await rowsOf<SessionRow>(FIND, [sid])
      return row && sessionOfRow(row)
    },
    async replace(record, expectedVersion) {
      const params = replaceParams(readSession(record), expectedVersion)
      // What is no version is nobody's; the database would refuse to read it.
      if (!Number.isSafeInteger(expectedVersion)) return 'conflict'
      return (await answerOf<boolean>(REPLACE, params)) ? 'replaced' : 'conflict'
    },
    touch: async (sid, at) => answerOf(TOUCH, [sid, instant(at, 'at')]),
    end: async (sid, at, because) => answerOf(END, [sid, instant(at, 'at'), ending(because)]),
    endSubject: async (tenant, subject, at, because) =>
      Number(await answerOf<string>(END_SUBJECT, [tenant, subject, instant(at, 'at'), ending(because)])),
    sweep: async (before) => Number(await answerOf<string>(SWEEP, [instant(before, 'before')])),
  }
}
