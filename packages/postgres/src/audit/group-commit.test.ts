import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import type { Db, Pinned } from '../client/db.ts'
import { EXTEND_MANY, GroupCommit, type GroupCommitOptions } from './group-commit.ts'
import { EXTEND } from './rows.ts'

/** The parameters of phi.audit_extend, as far as they matter here: the log's number, and a text of a given length. */
const paramsOf = (log: number, text = 'x'): unknown[] =>
  Array.from({ length: 19 }, (_, i) => (i === 0 ? 't' : i === 1 ? log : i === 8 ? text : ''))

interface Statement {
  readonly many: boolean
  readonly logs: readonly number[]
}

type Answer = (statement: Statement) => unknown

/** A database that answers as it is told, and remembers what it was asked. */
function scripted(answer: Answer, { pin }: { pin?: () => void } = {}) {
  const statements: Statement[] = []
  const texts: string[][] = []
  const releases: boolean[] = []
  let pinned = 0
  let most = 0
  const db = {
    singleConnection: false,
    async pin(): Promise<Pinned> {
      pin?.()
      most = Math.max(most, ++pinned)
      return {
        async query(sql: string, params: unknown[] = []) {
          expect([EXTEND, EXTEND_MANY]).toContain(sql)
          expect(params).toHaveLength(19)
          const statement = { many: sql === EXTEND_MANY, logs: String(params[1]).split('\x1f').map(Number) }
          statements.push(statement)
          texts.push(String(params[8]).split('\x1f'))
          // As with a server, the answer comes later.
          await new Promise((resolve) => setImmediate(resolve))
          const extended = answer(statement)
          if (statement.many) return { rows: [{ extended }] as never[] }
          return { rows: (extended === true ? [{}] : []) as never[] }
        },
        release(broken = false) {
          pinned--
          releases.push(broken)
        },
      }
    },
  } as unknown as Db
  return { db, statements, texts, releases, most: () => most }
}

const yes: Answer = ({ many, logs }) => (many ? logs.map(() => 't').join(' ') : true)
const failing = (code: string | undefined) => Object.assign(new Error('scripted'), code === undefined ? {} : { code })

const sendAll = (group: GroupCommit, logs: readonly number[], text?: string) =>
  Promise.allSettled(logs.map((log) => group.extend(paramsOf(log, text))))

const one: GroupCommitOptions = { connections: 1 }
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('group commit', () => {
  it('sends what comes together in one statement, and a lone extension as it is', async () => {
    const { db, statements } = scripted(yes)
    const group = new GroupCommit(db, one)
    expect(await group.extend(paramsOf(7))).toBe(true)
    expect(await sendAll(group, upTo(5))).toEqual(upTo(5).map(() => ({ status: 'fulfilled', value: true })))
    expect(statements).toEqual([
      { many: false, logs: [7] },
      { many: true, logs: [0, 1, 2, 3, 4] },
    ])
  })

  it('keeps the order of a log, never has two statements of it under way, and uses no more connections than it was given', async () => {
    const { db, statements, texts, most, releases } = scripted(yes)
    const group = new GroupCommit(db, { connections: 3, maxLogs: 10 })
    await Promise.all(upTo(300).map((i) => group.extend(paramsOf(i % 20, String(i)))))
    const sent = texts.flat()
    for (const log of upTo(20)) {
      const own = sent.filter((text) => Number(text) % 20 === log).map(Number)
      expect(own).toEqual(own.toSorted((a, b) => a - b))
    }
    expect(sent).toHaveLength(300)
    expect(most()).toBe(3)
    await expect.poll(() => releases).toHaveLength(statements.length)
    expect(statements.every(({ logs }) => logs.length <= 10)).toBe(true)
    // Logs that ever shared a statement keep to one of three tracks.
    let tracks: Set<number>[] = []
    for (const { logs } of statements) {
      const joined = tracks.filter((track) => logs.some((log) => track.has(log)))
      tracks = [
        ...tracks.filter((track) => !joined.includes(track)),
        new Set([...logs, ...joined.flatMap((track) => [...track])]),
      ]
    }
    expect(tracks).toHaveLength(3)
  })

  it('keeps a statement under its size, and sends what is larger by itself', async () => {
    const { db, statements } = scripted(yes)
    const group = new GroupCommit(db, { connections: 1, maxBytes: 1000 })
    await sendAll(group, upTo(10), 'x'.repeat(400))
    expect(statements.map(({ logs }) => logs.length)).toEqual([2, 2, 2, 2, 2])
    await sendAll(group, [1, 2], 'x'.repeat(4000))
    expect(statements.slice(5).map(({ many }) => many)).toEqual([false, false])
  })

  it('tells each extension its own outcome', async () => {
    const { db } = scripted(() => 't f 23505 t')
    const [a, b, c, d] = await sendAll(new GroupCommit(db, one), upTo(4))
    expect([a, b, d]).toEqual([true, false, true].map((value) => ({ status: 'fulfilled', value })))
    expect(c).toMatchObject({ status: 'rejected', reason: { code: '23505' } })
  })

  it.each(['', 't', 't t t', 't x t t', 'tttt', null, 4, 't t t 2350'])(
    'takes the answer %j for four logs as no answer: the outcome is unknown',
    async (answer) => {
      const { db } = scripted(() => answer)
      for (const result of await sendAll(new GroupCommit(db, one), upTo(4)))
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'PHI_AUDIT_OUTCOME_UNKNOWN' } })
    },
  )

  it('tells all of a statement that its answer was lost, and throws the connection away', async () => {
    const { db, releases, statements } = scripted(() => {
      throw failing(undefined)
    })
    const results = await sendAll(new GroupCommit(db, one), upTo(3))
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected', 'rejected'])
    await expect.poll(() => releases).toEqual([true])
    expect(statements).toHaveLength(1)
  })

  it('tells that nothing was sent where there is no connection, and goes on with the next', async () => {
    let refusals = 1
    const { db } = scripted(yes, {
      pin: () => {
        if (refusals-- > 0) throw failing('53300')
      },
    })
    const group = new GroupCommit(db, one)
    for (const result of await sendAll(group, upTo(3)))
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'PHI_AUDIT_UNAVAILABLE', retryable: true } })
    expect(await group.extend(paramsOf(1))).toBe(true)
  })

  it.each(['40P01', '40001'])(
    'sends a statement again after %s, a bounded number of times, then each log alone',
    async (code) => {
      let failures = 2
      const some = scripted((statement) => {
        if (statement.many && failures-- > 0) throw failing(code)
        return yes(statement)
      })
      await sendAll(new GroupCommit(some.db, one), upTo(4))
      expect(some.statements.map(({ many }) => many)).toEqual([true, true, true])

      const always = scripted((statement) => {
        if (statement.many) throw failing(code)
        return yes(statement)
      })
      expect((await sendAll(new GroupCommit(always.db, one), upTo(4))).every(({ status }) => status === 'fulfilled')).toBe(true)
      expect(always.statements.map(({ logs }) => logs.length)).toEqual([4, 4, 4, 1, 1, 1, 1])
    },
  )

  it('joins nothing that holds the separator: one log’s text never ends up in another log', async () => {
    const { db, statements } = scripted(yes)
    const group = new GroupCommit(db, one)
    await Promise.all([1, 2, 3, 4, 5].map((log) => group.extend(paramsOf(log, log === 3 ? 'a\x1fb' : 'a'))))
    expect(statements).toEqual([
      { many: true, logs: [1, 2] },
      { many: false, logs: [3] },
      { many: true, logs: [4, 5] },
    ])
  })

  it.each(['22021', '57014'])(
    'sends each log alone where a statement fails as a whole with %s, so that one log harms no other',
    async (code) => {
      const { db, statements } = scripted((statement) => {
        if (statement.logs.includes(2)) throw failing(code)
        return yes(statement)
      })
      const results = await sendAll(new GroupCommit(db, one), upTo(4))
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
      expect(results[2]).toMatchObject({ reason: { code } })
      expect(statements.map(({ logs }) => logs.length)).toEqual([4, 1, 1, 1, 1])
    },
  )

  it('tells those that were not sent yet apart from the one whose answer was lost', async () => {
    const { db, releases } = scripted((statement) => {
      if (statement.many) throw failing('XX000')
      if (statement.logs[0] === 1) throw failing('57P01')
      return true
    })
    const results = await sendAll(new GroupCommit(db, one), upTo(4))
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: '57P01' } },
      { status: 'rejected', reason: { code: 'PHI_AUDIT_UNAVAILABLE' } },
      { status: 'rejected', reason: { code: 'PHI_AUDIT_UNAVAILABLE' } },
    ])
    await expect.poll(() => releases).toEqual([true])
  })

  it.each(['53300', '55P03', '57P03', '25006'])('does not try again itself after %s', async (code) => {
    const { db, statements, releases } = scripted(() => {
      throw failing(code)
    })
    for (const result of await sendAll(new GroupCommit(db, one), upTo(2))) expect(result).toMatchObject({ reason: { code } })
    expect(statements).toHaveLength(1)
    await expect.poll(() => releases).toEqual([false])
  })

  it('lets only so many transactions lock at once, in the order in which they came', async () => {
    const group = new GroupCommit(scripted(yes).db, { locks: 3 })
    const done: number[] = []
    let running = 0
    let most = 0
    await Promise.allSettled(
      upTo(20).map((i) =>
        group.underLock(async () => {
          most = Math.max(most, ++running)
          await new Promise((resolve) => setImmediate(resolve))
          running--
          done.push(i)
          if (i % 3 === 0) throw new Error('scripted')
        }),
      ),
    )
    expect(most).toBe(3)
    expect(done).toEqual(upTo(20))
  })

  it.each([{ maxLogs: 0 }, { maxBytes: 1.5 }, { connections: -1 }, { locks: Number.NaN }])('refuses %j', async (options) => {
    const error = await refusal(() => new GroupCommit(scripted(yes).db, options))
    expect(error).toMatchObject({ code: 'PHI_PG_OPTIONS', path: `groupCommit.${Object.keys(options)[0]}` })
  })
})
