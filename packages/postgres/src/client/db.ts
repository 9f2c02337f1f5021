/** A result's rows, keyed by column name. A row without columns is a row too: an empty object. */
export interface Rows<Row> {
  readonly rows: Row[]
}

/**
 * Anything that runs one parameterised statement: a pg `Client` or `PoolClient`, a PGlite database or transaction, and the
 * handles of this package. Inside a transaction of the caller's own, this is all that is needed.
 */
export interface Queryable {
  // biome-ignore lint/suspicious/noExplicitAny: the row type is the caller's claim about the statement, as in every driver
  query<Row = any>(sql: string, params?: unknown[]): Promise<Rows<Row>>
}

/** A transaction of this package's own making. */
export interface Transaction extends Queryable {
  /** Statements without parameters, several in one text. */
  exec(sql: string): Promise<void>
}

/** One connection, kept for a while. Statements run in the order in which they were sent. */
export interface Pinned extends Queryable {
  /** Gives the connection back; `broken` throws it away instead. */
  release(broken?: boolean): void
}

/** What this package needs of a database client: five methods, so that another driver is a file of fifty lines. */
export interface Db extends Queryable {
  /** Statements without parameters, several in one text. */
  exec(sql: string): Promise<void>
  /**
   * Runs the callback in a transaction on one connection; commits when it resolves, rolls back when it rejects.
   * A lost answer to COMMIT rejects with a {@link CommitUnknown}.
   */
  transaction<T>(run: (tx: Transaction) => Promise<T>): Promise<T>
  pin(): Promise<Pinned>
  close(): Promise<void>
  /** All statements share one connection. */
  readonly singleConnection: boolean
}

/** COMMIT was sent and no answer came: the transaction may or may not have happened. */
export class CommitUnknown extends Error {
  constructor(cause: unknown) {
    super('COMMIT was sent and its answer was lost', { cause })
    this.name = 'CommitUnknown'
  }
}

/** The SQLSTATE of a driver's error, where the server answered at all. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  // EPIPE and others of the operating system look like one, and mean that there was no answer. No class of SQLSTATE begins with E.
  if (typeof code === 'string' && code.startsWith('E')) return undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}
