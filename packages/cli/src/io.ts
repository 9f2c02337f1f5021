import type { AuditStore } from '@phi/audit/store'
import type { Clock } from '@phi/core'
import type { Db, Queryable } from '@phi/postgres'

/** A place to write to: standard output or standard error. */
export interface Output {
  /** Resolves when there is room again. Rejects with PHI_CLI_OUTPUT_CLOSED when nobody reads any more (a broken pipe). */
  write(text: string | Uint8Array): Promise<void>
  /** Whether a person looks at it. */
  readonly isTerminal: boolean
  /** Columns; 80 where it is not known. */
  readonly columns: number
}

/** Everything outside that a command may touch, so that tests run commands in their own process. */
export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  /** Standard input as bytes. Ends at once where there is none. */
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdinIsTerminal: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** The number of the user who runs it, where the system knows users by number. */
  readonly user?: number
  readonly clock: Clock
  /** Aborted by Ctrl-C: commands stop where they are, and say how to go on. */
  readonly signal: AbortSignal
  /**
   * Runs synchronous work during which no signal can be noticed, so that Ctrl-C ends the program at once. Absent in programs that embed
   * the commands. Use `blocking` of this module.
   */
  readonly blocking?: <Result>(work: () => Result) => Result
  /** A database that the embedding program has open: used in place of the one that options and configuration name, and left open. */
  readonly database?: Db
  /** A store of audit logs that the embedding program has open, for logs that lie elsewhere than in a database of `@phi/postgres`. */
  readonly auditStore?: AuditStore<Queryable>
  /** Folder of the files that are shipped with the program, for a program that was bundled by somebody else. Default: beside it. */
  readonly shipped?: string
}

/**
 * Runs synchronous work that takes more than a moment and writes nothing: Ctrl-C ends the program in the middle of it, as the loop that
 * would notice `io.signal` does not turn meanwhile.
 */
export function blocking<Result>(io: Io, work: () => Result): Result {
  return io.blocking === undefined ? work() : io.blocking(work)
}
