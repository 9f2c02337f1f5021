import { setTimeout as pause } from 'node:timers/promises'
import { type ErrorCatalogue, type ErrorContext, errorsOf, isPhiError, type PhiError } from '@phi/core'
import Sqlite from 'better-sqlite3'

export type Handle = Sqlite.Database
/** Makes an error of the interface that is implemented. */
export type Refuse = (context: ErrorContext) => PhiError
/** For what cannot be done now, and for a COMMIT of which nobody knows what became. */
export type Refusals = readonly [unavailable: Refuse, unknown?: Refuse]
type Mode = 'deferred' | 'immediate'

/** How long a transaction waits for another one, in milliseconds. */
const WAIT_MS = 5000

/** Everything is a document: a text under a kind and an id, with what it is looked up by. Terms are what audit entries are found by. */
const SCHEMA = `
create table if not exists document (seq integer primary key autoincrement, kind text not null, id text not null, owner text not null,
  about text not null, body text not null, unique (kind, id)) strict;
create index if not exists document_owner on document (kind, owner, about, id);
create table if not exists term (owner text, term text, id text, primary key (owner, term, id)) strict, without rowid;
create index if not exists term_id on term (id);`

/** Guards against slips. Whoever owns the file can drop a trigger, and the verifier of the audit log finds what was done then. */
const KEPT = `old.kind in ('entry', 'tile', 'checkpoint', 'hold', 'receipt') or old.kind glob 'journal *'`
const guard = (verb: string, table: string, rows: string): string =>
  `create trigger if not exists keep_${table}_${verb} before ${verb} on ${table} when ${rows} begin select raise(abort, 'kept'); end;`

/** Opens the file and makes what is missing. As many handles on one file as you like, in as many processes; one a store. */
export function openDatabase(path: string): Handle {
  const handle = new Sqlite(path, { timeout: WAIT_MS })
  handle.pragma('journal_mode = WAL')
  // Durable when COMMIT returns. What WAL is often run with, NORMAL, may lose the last transactions with the power.
  handle.pragma('synchronous = FULL')
  const guards = ['update', 'delete'].flatMap((verb) => [guard(verb, 'document', KEPT), guard(verb, 'term', 'true')])
  handle.transaction(() => handle.exec(SCHEMA + guards.join('\n'))).immediate()
  // From here on we wait ourselves, without stopping the process.
  handle.pragma('busy_timeout = 0')
  return handle
}

/** The two errors that every store has: what is stored is wrong, and it cannot be reached. */
export function refusals<C extends ErrorCatalogue>(catalogue: C, wrong: keyof C & string, unavailable: keyof C & string) {
  const make = errorsOf(catalogue)
  const of = (code: keyof C & string) => (context: ErrorContext) => make(code, context)
  return [of(wrong), of(unavailable)] as const
}

/** What SQLite throws, in the words of the interface. What the work itself threw goes on as it is. */
export const refusal = (error: unknown, refuse: Refuse): unknown =>
  error instanceof Sqlite.SqliteError && !isPhiError(error) ? refuse({ cause: error }) : error

function begun(handle: Handle, mode: Mode, refuse: Refuse): boolean {
  // Also a transaction of a caller's on this handle is waited for: what is done here must not vanish with it.
  if (handle.inTransaction) return false
  try {
    handle.exec(`begin ${mode}`)
    return true
  } catch (error) {
    if (String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) return false
    throw refusal(error, refuse)
  }
}

/**
 * Runs the work in a transaction. `immediate` takes the one lock that the writers of a file share, and keeps other handles out; other
 * work on this handle waits as well.
 */
export async function within<T>(handle: Handle, mode: Mode, [refuse, unknown = refuse]: Refusals, work: () => T) {
  for (const until = Date.now() + WAIT_MS; !begun(handle, mode, refuse); await pause(1 + Math.random() * 5)) {
    if (Date.now() > until) throw refuse({ detail: 'another transaction did not end in time' })
  }
  let committing = false
  try {
    const result = await work()
    committing = true
    handle.exec('commit')
    return result
  } catch (error) {
    const undone = handle.inTransaction
    if (undone) handle.exec('rollback')
    throw refusal(error, committing && !undone ? unknown : refuse)
  }
}
