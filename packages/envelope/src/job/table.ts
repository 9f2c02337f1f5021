/** What a sealed column or an index column holds in the database: text, bytes, or nothing. */
export type ColumnValue = string | Uint8Array | null

/** A primary key, one part per column, in the order in which the table is walked. */
export type RowKey = readonly (string | number)[]

export interface TableRow {
  readonly key: RowKey
  /** The row id that the row's fields are sealed with. */
  readonly row: string
  readonly values: Readonly<Record<string, ColumnValue>>
}

/**
 * A user's table, as far as a job needs it: two statements that the user writes in their own SQL or ORM. Compound keys are
 * fine; the order must be one that the database can go on from.
 */
export interface TableAccess {
  /** Rows whose key comes after `after`, in ascending order of the key, at most `limit`. Every column that the job names is in `values`. */
  read(options: {
    readonly after?: RowKey
    readonly limit: number
    readonly signal?: AbortSignal
  }): Promise<readonly TableRow[]>
  /**
   * Compare-and-swap: `update … set … where <key> and <every column of expect is still what it was>`, in one statement.
   * @returns whether a row was changed; false when somebody else wrote in between, or the row is gone
   */
  swap(
    key: RowKey,
    change: {
      readonly expect: Readonly<Record<string, ColumnValue>>
      readonly set: Readonly<Record<string, ColumnValue>>
    },
  ): Promise<boolean>
  /** How many rows there are, about: for progress only. */
  count?(): Promise<number>
}

/** How far a job is. Every count is of this run, but for `total`. */
export interface JobProgress {
  readonly read: number
  readonly written: number
  /** Rows that somebody else changed in between; they are read again. */
  readonly conflicts: number
  readonly total?: number
  /** Where to go on: pass it as `after` to a later run. */
  readonly after?: RowKey
}
