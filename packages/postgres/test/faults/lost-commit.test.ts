import { spawn } from 'node:child_process'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { runnable } from '../../../core/test/run-program.ts'
import { CommitUnknown } from '../../src/client/db.ts'
import { connect, type Db, migrate } from '../../src/index.ts'
import { freshDatabase, migratedDatabase, startServer, type TestServer } from '../server.ts'
import { bounded, persistently, until } from './bounded.ts'
import { countEvents, FaultMatrix } from './matrix.ts'
import { type Fault, type FaultProxy, startFaultProxy } from './proxy.ts'
import { event, IMPATIENT, idsOf, openOn } from './workload.ts'

const LOST: readonly (readonly [name: string, fault: Fault])[] = [
  ['cut', { kind: 'cut', when: 'after' }],
  ['cut in the middle', { kind: 'cut-half' }],
  ['silence', { kind: 'drop', when: 'after' }],
]
const NEVER_SENT: readonly (readonly [name: string, fault: Fault])[] = [
  ['cut', { kind: 'cut', when: 'before' }],
  ['silence', { kind: 'drop', when: 'before' }],
]

let server: TestServer
let url: string
let drop: () => Promise<void>
let direct: Db
let proxy: FaultProxy
let db: Db
let count = 0
const matrix = new FaultMatrix()

beforeAll(async () => {
  server = await startServer()
  ;({ url, drop } = await migratedDatabase(server.url))
  direct = await connect(url)
  await direct.exec('create table note (id text primary key)')
})

afterAll(async () => {
  console.log(String(matrix))
  await direct?.close()
  await drop?.()
  await server?.stop()
})

beforeEach(async () => {
  proxy = await startFaultProxy(Number(new URL(url).port))
  db = await connect(proxy.through(url), { ...IMPATIENT, connectTimeoutMs: 3000, queryTimeoutMs: 1000 })
})

afterEach(async () => {
  await bounded('close', () => db.close())
  await proxy.close()
})

/** The next statement of this text meets the fault; the ones after it do not. */
function next(text: RegExp, fault: Fault): { readonly struck: boolean } {
  const state = { struck: false }
  proxy.plan = (statement) => {
    if (state.struck || !text.test(statement.text)) return undefined
    state.struck = true
    return fault
  }
  return state
}

const COMMIT = /^commit$/i
const EXTEND = /audit_extend/

describe('a commit that was executed, and its answer lost', () => {
  it.each(LOST)(
    'S6 S95 append, alone on the head that it expects (%s): acknowledged, and in the log once',
    async (name, fault) => {
      const origin = `clinic.example/${count++}`
      const log = await openOn(db, origin, 15_000)
      await log.append(event(`${origin}#1`))
      const hit = next(EXTEND, fault)
      await bounded('append', () => log.append(event(`${origin}#2`)))
      expect(hit.struck).toBe(true)
      const counts = countEvents(await idsOf(direct, origin), [`${origin}#1`, `${origin}#2`])
      expect(counts).toMatchObject({ lost: 0, duplicates: 0 })
      expect((await log.verify()).verdict).toBe('intact')
      matrix.add(`append, answer of the statement lost: ${name}`, counts)
    },
  )

  it.each(LOST)('S6 S95 append, under the lock (%s): acknowledged, and in the log once', async (name, fault) => {
    const origin = `clinic.example/${count++}`
    const log = await openOn(db, origin, 15_000)
    const hit = next(COMMIT, fault)
    // A handle that does not know the head goes under the lock. Reading transactions of the opening have committed before.
    await bounded('append', () => log.append(event(`${origin}#1`)))
    expect(hit.struck).toBe(true)
    const counts = countEvents(await idsOf(direct, origin), [`${origin}#1`])
    expect(counts).toMatchObject({ lost: 0, duplicates: 0 })
    // The first entry of a log is anchored before it is acknowledged, also where it is acknowledged as one that was there.
    expect(await log.verify()).toMatchObject({ verdict: 'intact', findings: [] })
    matrix.add(`append under the lock, answer of COMMIT lost: ${name}`, counts)
  })

  it.each(LOST)('S95 a caller with no time left is told OUTCOME_UNKNOWN with the id to ask by (%s)', async (name, fault) => {
    const origin = `clinic.example/${count++}`
    const log = await openOn(db, origin, 15_000)
    await log.append(event(`${origin}#1`))
    const { id: _, ...anonymous } = event('')
    // A handle that knows the head sends the whole commit in one statement.
    const hurried = await openOn(db, origin, 600)
    await persistently('second', () => hurried.append(event(`${origin}#2`)), [])
    // One answer is lost, and then nobody is to be reached until the caller's time is up.
    let struck = false
    proxy.plan = ({ text }) => {
      if (struck) return { kind: 'cut', when: 'before' }
      if (!EXTEND.test(text)) return undefined
      struck = true
      return fault
    }
    const error = await bounded('append', () => refusal(hurried.append(anonymous)))
    proxy.plan = () => undefined
    expect(struck).toBe(true)
    expect(error).toMatchObject({ code: 'PHI_AUDIT_OUTCOME_UNKNOWN', retryable: true, info: { eventId: expect.any(String) } })
    const id = error.info.eventId as string
    // The same event again, by the id that the library chose: written once, whether or not it was there.
    const receipt = await persistently('again', () => log.append({ ...anonymous, id }), [])
    expect(receipt.eventId).toBe(id)
    expect(receipt.duplicate).toBe(true)
    const counts = countEvents(await idsOf(direct, origin), [`${origin}#1`, `${origin}#2`, id])
    expect(counts).toMatchObject({ lost: 0, duplicates: 0 })
    matrix.add(`append without time to retry: ${name}`, counts)
  })

  it.each(LOST)('S95 appendIn in db.transaction (%s): CommitUnknown, and a retry is a duplicate', async (name, fault) => {
    const origin = `clinic.example/${count++}`
    const log = await openOn(db, origin, 15_000)
    const id = `${origin}#in`
    const work = () =>
      db.transaction(async (tx) => {
        await tx.query('insert into note (id) values ($1) on conflict do nothing', [id])
        return log.appendIn(tx, event(id))
      })
    const hit = next(COMMIT, fault)
    await expect(bounded('transaction', work)).rejects.toBeInstanceOf(CommitUnknown)
    expect(hit.struck).toBe(true)
    // It did happen: both rows are there.
    expect((await direct.query('select 1 from note where id = $1', [id])).rows).toHaveLength(1)
    expect(await idsOf(direct, origin)).toEqual([id])
    expect(await work()).toMatchObject({ index: 0, duplicate: true })
    const counts = countEvents(await idsOf(direct, origin), [id])
    expect(counts).toMatchObject({ lost: 0, duplicates: 0 })
    matrix.add(`appendIn, answer of COMMIT lost: ${name}`, counts)
  })

  it.each(NEVER_SENT)(
    'S95 appendIn whose COMMIT never arrived (%s): CommitUnknown as well, and a retry writes it',
    async (name, fault) => {
      const origin = `clinic.example/${count++}`
      const log = await openOn(db, origin, 15_000)
      const id = `${origin}#in`
      const work = () =>
        db.transaction(async (tx) => {
          await tx.query('insert into note (id) values ($1) on conflict do nothing', [id])
          return log.appendIn(tx, event(id))
        })
      const hit = next(COMMIT, fault)
      await expect(bounded('transaction', work)).rejects.toBeInstanceOf(CommitUnknown)
      expect(hit.struck).toBe(true)
      expect(await persistently('again', work, [])).toMatchObject({ index: 0, duplicate: false })
      expect((await direct.query('select 1 from note where id = $1', [id])).rows).toHaveLength(1)
      const counts = countEvents(await idsOf(direct, origin), [id])
      expect(counts).toMatchObject({ lost: 0, duplicates: 0 })
      matrix.add(`appendIn, COMMIT lost on its way: ${name}`, counts)
    },
  )

  it.each(LOST)(
    'S95 appendIn in a transaction of the caller’s own client (%s): a retry is a duplicate',
    async (name, fault) => {
      const origin = `clinic.example/${count++}`
      const log = await openOn(db, origin, 15_000)
      const id = `${origin}#own`
      const client = new pg.Client({ connectionString: proxy.through(url), query_timeout: 400 })
      client.on('error', () => {})
      await client.connect()
      await client.query('begin')
      await log.appendIn(client, event(id))
      next(COMMIT, fault)
      await expect(bounded('commit', () => client.query('commit'))).rejects.toThrow()
      void client.end().catch(() => {})
      expect(await idsOf(direct, origin)).toEqual([id])
      expect(await bounded('append', () => log.append(event(id)))).toMatchObject({ index: 0, duplicate: true })
      const counts = countEvents(await idsOf(direct, origin), [id])
      matrix.add(`appendIn by a client of the caller's: ${name}`, counts)
    },
  )

  it.each(LOST.slice(0, 2))(
    'migrate (%s): retryable, and the next run finds nothing to do',
    async (_, fault) => {
      const fresh = await freshDatabase(server.url)
      const own = await connect(proxy.through(fresh.url), { max: 1, queryTimeoutMs: 10_000 })
      next(COMMIT, fault)
      expect(await bounded('migrate', () => refusal(migrate(own)), 60_000)).toMatchObject({
        code: 'PHI_PG_UNAVAILABLE',
        retryable: true,
      })
      expect((await persistently('migrate', () => migrate(own), [])).applied).toEqual([])
      await own.close()
      await fresh.drop()
    },
    120_000,
  )
})

describe('a writer that the network cuts off while it holds the lock on a log’s head', () => {
  it('S95 holds it for idleTransactionMs at most: then the server lets others write', async () => {
    const origin = `clinic.example/${count++}`
    const log = await openOn(db, origin, 300)
    let parted = false
    // The lock is taken; the answer, and everything after it, is lost; and the server never hears that nobody is there.
    proxy.plan = ({ text }) => {
      if (parted) return { kind: 'part', when: 'before' }
      if (!text.includes('audit_lock')) return undefined
      parted = true
      return { kind: 'part', when: 'after' }
    }
    const error = await bounded('append', () => refusal(log.append(event(`${origin}#1`))))
    expect(error.retryable).toBe(true)
    expect(parted).toBe(true)
    const other = await openOn(direct, origin, 15_000)
    await bounded('the other writer', () => other.append(event(`${origin}#2`)))
    const counts = countEvents(await idsOf(direct, origin), [`${origin}#2`], [`${origin}#1`])
    expect(counts).toMatchObject({ lost: 0, duplicates: 0, unansweredInLog: 0 })
    expect(await other.verify()).toMatchObject({ verdict: 'intact', findings: [] })
    matrix.add('network parted under the lock, another writer goes on', counts)
  })
})

describe('a process whose database has gone silent', () => {
  it('ends by itself when it closes the log and the database', async () => {
    const origin = `clinic.example/${count++}`
    const program = await runnable(new URL('./leaver.ts', import.meta.url))
    const child = spawn(process.execPath, [...program.argv, proxy.through(url), origin], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    let over = false
    const ended = new Promise<number | null>((resolve) =>
      child.on('close', (code) => {
        over = true
        resolve(code)
      }),
    )
    try {
      await until('the process has appended', () => text.includes('ready') || over)
      expect(text).toContain('ready')
      // Every statement from here on is swallowed, and idle connections get no answer to their goodbye.
      proxy.plan = () => ({ kind: 'part', when: 'before' })
      child.stdin.write('go\n')
      expect(await bounded('the end of the process', () => ended, 60_000)).toBe(0)
      expect(text).toContain('append PHI_AUDIT_')
      expect(text).toContain('closed')
    } finally {
      child.kill('SIGKILL')
      await ended
      await program.remove()
    }
  }, 150_000)
})
