import { auditError } from '@phi/audit/store'
import { type Db, type Pinned, sqlStateOf } from '../client/db.ts'
import { postgresError } from '../errors.ts'
import { failureOf } from '../translate.ts'
import { EXTEND } from './rows.ts'

/** How extensions of different logs share a commit. */
export interface GroupCommitOptions {
  /** Extensions in one statement at most. Default 256. */
  readonly maxLogs?: number
  /** Characters in one statement, roughly at most. Default 4 Mi. */
  readonly maxBytes?: number
  /** Statements under way at once, each on a connection. Default 4. */
  readonly connections?: number
  /** Logs that may be worked on under their own lock at once, each on a connection. Default 4. */
  readonly locks?: number
}

/** The number of parameters of phi.audit_extend, and of phi.audit_extend_many. */
const PARAMETERS = 19
const TENANT = 0
const LOG = 1

/** Separates the logs in a parameter of phi.audit_extend_many. Canonical JSON, base64, leaves and identifiers never hold it. */
const SEPARATOR = '\x1f'

export const EXTEND_MANY = `select phi.audit_extend_many(${Array.from({ length: PARAMETERS }, (_, i) => `$${i + 1}`).join(',')}) as extended`

/** After so many deadlocks or serialisation failures in a row, each extension is sent by itself: alone it holds no other's lock. */
const ATTEMPTS_TOGETHER = 3

/** The server's statement_timeout is too short for so many logs, or somebody cancelled: one by one there is progress. */
const CANCELED = '57014'

/** An extension on its way. */
interface Item {
  /** The parameters of phi.audit_extend. */
  readonly params: readonly unknown[]
  readonly size: number
  /** Holds the separator, which no text of ours does: joined with others it would shift their texts, so it never is. */
  readonly unjoinable: boolean
  readonly resolve: (extended: boolean) => void
  readonly reject: (error: unknown) => void
}

/** The refusal of one log's part in a statement, as a driver's error looks to {@link failureOf}. */
class PartRefused extends Error {
  readonly code: string
  constructor(sqlstate: string) {
    super('the extension was refused')
    this.name = 'PartRefused'
    this.code = sqlstate
  }
}

const WORD = /^(?:t|f|[0-9A-Z]{5})$/

/** The words of phi.audit_extend_many, one for each extension. Undefined when the answer is not that. */
function wordsOf(answer: unknown, count: number): string[] | undefined {
  const words = typeof answer === 'string' ? answer.split(' ') : []
  return words.length === count && words.every((word) => WORD.test(word)) ? words : undefined
}

const sizeOf = (params: readonly unknown[]): number =>
  params.reduce<number>((sum, param) => sum + (typeof param === 'string' ? param.length : 16), 0)

/** Puts the extensions side by side: the parameters of phi.audit_extend_many. */
const joined = (items: readonly Item[]): string[] =>
  Array.from({ length: PARAMETERS }, (_, p) => items.map(({ params }) => params[p]).join(SEPARATOR))

/** A number that differs from log to log, also where logs are numbered within their tenant (FNV-1a, 32 bits). */
function spread(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** Callers of one turn of the event loop, and those whom the last answer woke, come in before the next statement leaves. */
const gathered = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

/** The logs whose extensions follow each other. */
interface Track {
  waiting: Item[]
  running: boolean
}

/**
 * Sends extensions of different logs together: what gathers while a statement is under way is the next statement, so statements grow
 * with load, and a lone extension waits for nobody. A thousand tenants that append at once take four connections and a few commits,
 * in place of a thousand of each.
 *
 * Each log stays independent. An extension resolves when the statement's commit is durable; one that cannot be written is told apart
 * from the others by the database; and where the answer to a statement is lost, the outcome of every extension in it is unknown, to
 * be asked for by its event ids.
 */
export class GroupCommit {
  readonly #db: Db
  readonly #maxLogs: number
  readonly #maxBytes: number
  readonly #locks: number
  readonly #tracks: readonly Track[]
  #locked = 0
  readonly #queue: (() => void)[] = []

  /** @throws PhiError PHI_PG_OPTIONS */
  constructor(db: Db, options: GroupCommitOptions) {
    const positive = (value: number, name: string): number => {
      if (!Number.isSafeInteger(value) || value < 1) throw postgresError('PHI_PG_OPTIONS', { path: `groupCommit.${name}` })
      return value
    }
    this.#db = db
    this.#maxLogs = positive(options.maxLogs ?? 256, 'maxLogs')
    this.#maxBytes = positive(options.maxBytes ?? 4 * 1024 * 1024, 'maxBytes')
    this.#locks = positive(options.locks ?? 4, 'locks')
    const connections = positive(options.connections ?? 4, 'connections')
    this.#tracks = Array.from({ length: db.singleConnection ? 1 : connections }, () => ({ waiting: [], running: false }))
  }

  /**
   * Sends the parameters of phi.audit_extend, with others or alone. Extensions of one log keep their order.
   * @returns what phi.audit_extend returns
   * @throws what the driver throws; a PhiError PHI_AUDIT_UNAVAILABLE where there was no connection and nothing was sent
   */
  extend(params: readonly unknown[]): Promise<boolean> {
    // One log's extensions build on each other, so they never travel side by side.
    const track = this.#tracks[spread(`${params[TENANT]} ${params[LOG]}`) % this.#tracks.length] as Track
    return new Promise((resolve, reject) => {
      const unjoinable = params.some((param) => typeof param === 'string' && param.includes(SEPARATOR))
      track.waiting.push({ params, size: sizeOf(params), unjoinable, resolve, reject })
      if (!track.running) void this.#run(track)
    })
  }

  /** Runs when there is room for one more transaction: a thousand logs at once must not ask the pool for a connection each. */
  async underLock<T>(run: () => Promise<T>): Promise<T> {
    if (this.#locked >= this.#locks) await new Promise<void>((resolve) => this.#queue.push(resolve))
    else this.#locked++
    try {
      return await run()
    } finally {
      const next = this.#queue.shift()
      if (next === undefined) this.#locked--
      else next()
    }
  }

  /** Sends what is waiting until nothing is. Never rejects: each extension hears of its own fate. */
  async #run(track: Track): Promise<void> {
    track.running = true
    await gathered()
    while (track.waiting.length > 0) {
      // One statement a connection: others may be waiting for the pool, and are served in the order in which they came.
      let connection: Pinned
      try {
        connection = await this.#db.pin()
      } catch (cause) {
        for (const { reject } of track.waiting.splice(0)) reject(auditError('PHI_AUDIT_UNAVAILABLE', { cause }))
        continue
      }
      connection.release(await this.#send(connection, this.#take(track)))
      await gathered()
    }
    track.running = false
  }

  #take({ waiting }: Track): Item[] {
    let count = 0
    let size = 0
    while (count < waiting.length && count < this.#maxLogs) {
      const item = waiting[count] as Item
      size += item.size
      if (count > 0 && (size > this.#maxBytes || item.unjoinable)) break
      count++
      if (item.unjoinable) break
    }
    return waiting.splice(0, count)
  }

  /** One statement. True when the connection is not to be used again. */
  async #send(connection: Pinned, items: readonly Item[]): Promise<boolean> {
    if (items.length === 1) return this.#sendOne(connection, items[0] as Item)
    const params = joined(items)
    for (let attempt = 1; ; attempt++) {
      try {
        const { rows } = await connection.query<{ extended: unknown }>(EXTEND_MANY, params)
        settle(items, rows[0]?.extended)
        return false
      } catch (error) {
        const failure = failureOf(error)
        if (failure === 'again' && attempt < ATTEMPTS_TOGETHER) continue
        if (failure === 'again' || failure === 'refused' || sqlStateOf(error) === CANCELED)
          return this.#sendEach(connection, items)
        for (const { reject } of items) reject(error)
        return failure === 'unknown'
      }
    }
  }

  /** Together they were refused, which says nothing about each of them. */
  async #sendEach(connection: Pinned, items: readonly Item[]): Promise<boolean> {
    for (let i = 0; i < items.length; i++) {
      if (!(await this.#sendOne(connection, items[i] as Item))) continue
      // The connection broke. What was not sent yet was not written.
      const cause = new Error('the connection broke before the extension was sent')
      for (const { reject } of items.slice(i + 1)) reject(auditError('PHI_AUDIT_UNAVAILABLE', { cause }))
      return true
    }
    return false
  }

  async #sendOne(connection: Pinned, { params, resolve, reject }: Item): Promise<boolean> {
    try {
      const { rows } = await connection.query(EXTEND, params as unknown[])
      resolve(rows.length === 1)
      return false
    } catch (error) {
      reject(error)
      return failureOf(error) === 'unknown'
    }
  }
}

/** Tells each extension its own word. */
function settle(items: readonly Item[], answer: unknown): void {
  const words = wordsOf(answer, items.length)
  for (let i = 0; i < items.length; i++) {
    const { resolve, reject } = items[i] as Item
    const word = words?.[i]
    if (word === 't' || word === 'f') resolve(word === 't')
    // The statement was committed, and what it did cannot be read.
    else reject(word === undefined ? auditError('PHI_AUDIT_OUTCOME_UNKNOWN') : new PartRefused(word))
  }
}
