import type { Db } from '../client/db.ts'
import { postgresError } from '../errors.ts'
import { failureOf } from '../translate.ts'
import { GroupCommit, type GroupCommitOptions } from './group-commit.ts'
import type { Lane } from './lane.ts'
import { EXTEND } from './rows.ts'

/** Logs that may have a connection to themselves at once; those that come while all are in use share. */
const LANES = 2

const isBroken = (error: unknown): boolean => failureOf(error) === 'unknown'

/** Decides which extensions travel alone, on a connection of their log, and which with those of other logs. */
export class Dispatch {
  readonly #group: GroupCommit | undefined
  /** How many logs may travel alone at once. */
  readonly #lanes: number
  readonly #alone = new Set<Lane>()

  /**
   * @param groupCommit true: always together; false: never; 'auto': together once more than two logs are being written at a time
   * @throws PhiError PHI_PG_OPTIONS
   */
  constructor(db: Db, groupCommit: boolean | 'auto' | GroupCommitOptions) {
    const options = typeof groupCommit === 'object' ? groupCommit : {}
    if (groupCommit === null || !['boolean', 'object'].includes(typeof groupCommit)) {
      if (groupCommit !== 'auto') throw postgresError('PHI_PG_OPTIONS', { path: 'groupCommit' })
    }
    this.#group = groupCommit === false ? undefined : new GroupCommit(db, options)
    this.#lanes = groupCommit === false ? Number.POSITIVE_INFINITY : groupCommit === 'auto' ? LANES : 0
  }

  /** Sends the parameters of phi.audit_extend. Extensions of one log keep their order: none overtakes one that goes the other way. */
  async send(lane: Lane, params: unknown[]): Promise<boolean> {
    const group = this.#group
    const apart = this.#alone.has(lane) || (lane.together === 0 && this.#alone.size < this.#lanes)
    if (group !== undefined && !apart) {
      lane.together++
      try {
        return await group.extend(params)
      } finally {
        lane.together--
      }
    }
    this.#alone.add(lane)
    try {
      return await lane.onConnection(async (connection) => {
        const { rows } = await connection.query(EXTEND, params)
        return rows.length === 1
      }, isBroken)
    } finally {
      if (!lane.connected) this.#alone.delete(lane)
    }
  }

  /** Runs a transaction that locks a log's head, when there is room for one more. */
  underLock<T>(run: () => Promise<T>): Promise<T> {
    return this.#group === undefined ? run() : this.#group.underLock(run)
  }
}
