import { failureOf } from '../translate.ts'
import { CommitUnknown, type Rows, type Transaction } from './db.ts'

/** What a driver answers: the rows, and the command that the server says it completed. */
export interface Answer<Row> extends Rows<Row> {
  readonly command: string | undefined
}

/** One connection of a driver, as transactions need it. */
export interface Session {
  query<Row>(sql: string, params?: unknown[]): Promise<Answer<Row>>
  /** Gives the connection back; `broken` throws it away instead. */
  release(broken?: boolean): void
}

/**
 * Runs the callback in a transaction on the connection, and releases it: `Db.transaction` for every driver. The handle ends with the
 * transaction, since what it would still send runs on a connection that is somebody else's by then.
 */
export async function transactionOn<T>(session: Session, work: (tx: Transaction) => Promise<T>): Promise<T> {
  let broken = true
  let ended = false
  const send = async <Row>(sql: string, params?: unknown[]): Promise<Rows<Row>> => {
    if (ended) throw new Error('a statement was sent in a transaction that has ended: await every one of them')
    return session.query<Row>(sql, params)
  }
  try {
    await session.query('begin')
    let result: T
    try {
      result = await work({
        query: send,
        exec: async (sql) => {
          await send(sql)
        },
      })
    } catch (error) {
      ended = true
      // Where the connection is gone, so is the transaction; what went wrong first is what the caller should hear.
      broken = await session.query('rollback').then(
        () => false,
        () => true,
      )
      throw error
    }
    ended = true
    let answer: Answer<unknown>
    try {
      answer = await session.query('commit')
    } catch (error) {
      if (failureOf(error) === 'unknown') throw new CommitUnknown(error)
      // The server says that it rolled back.
      broken = false
      throw error
    }
    broken = false
    if (answer.command === 'ROLLBACK') throw failedTransaction()
    return result
  } finally {
    ended = true
    session.release(broken)
  }
}

/**
 * A statement failed, the callback went on as if it had not, and the server answered COMMIT by rolling back, without an error. Without
 * this one the caller would believe that the work was done.
 */
const failedTransaction = (): Error =>
  Object.assign(new Error('a statement of the transaction had failed, so COMMIT rolled it back'), { code: '25P02' })
