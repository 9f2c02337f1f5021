import { errorsOf } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { failureOf, translated } from '../translate.ts'
import { CommitUnknown, type Db, type Transaction } from './db.ts'
import { mayRunAgain, transactional } from './retry.ts'

const sqlError = (code: string) => Object.assign(new Error('Failing row contains (p-88)'), { code })
const wrapped = errorsOf({ PHI_X_FAILED: { problem: 'x', remedy: 'y' }, PHI_X_OUTCOME_UNKNOWN: { problem: 'x', remedy: 'y' } })

/** A database whose transactions fail one after the other with these errors, at COMMIT or before, and then work. */
function failing(errors: readonly unknown[]): { db: Db; count: () => number } {
  let count = 0
  const db = {
    async transaction<T>(run: (tx: Transaction) => Promise<T>): Promise<T> {
      const result = await run({} as Transaction)
      const error = errors[count++]
      if (error !== undefined) throw error
      return result
    },
  } as unknown as Db
  return { db, count: () => count }
}

const quiet = () => {
  const slept: number[] = []
  return { slept, sleep: async (ms: number) => void slept.push(ms) }
}

describe('what a failure says about trying again', () => {
  const meanings = {
    again: ['40001', '40P01', '40000'],
    later: ['53100', '53200', '53300', '53400', '55P03', '57014', '57P03', '25P03', '25P04'],
    elsewhere: ['25006'],
    unknown: ['57P01', '57P02', '57P04', '57P05', '08006', '08003', '08P01', '40003'],
    refused: ['23505', '42501', '42P01', '22021', '40002', '25P02', '55000', '57000', 'XX000', 'PHI01'],
  } as const

  it.each(Object.entries(meanings))('reads SQLSTATEs as %s', (meaning, states) => {
    for (const state of states) {
      expect([state, failureOf(sqlError(state))]).toEqual([state, meaning])
      const ours = translated(sqlError(state))
      expect([state, ours.retryable]).toEqual([state, meaning !== 'refused'])
      expect(ours.info.sqlstate).toBe(state)
      expect(`${ours.message} ${JSON.stringify(ours)}`).not.toContain('p-88')
    }
  })

  it('reads an error without an SQLSTATE, and a lost COMMIT, as unknown', () => {
    for (const error of [
      new Error('socket hang up'),
      Object.assign(new Error(), { code: 'ECONNRESET' }),
      new CommitUnknown(sqlError('40001')),
      undefined,
    ])
      expect(failureOf(error)).toBe('unknown')
  })

  it('says of a server that takes no writes what it is', () => {
    expect(translated(sqlError('25006'))).toMatchObject({ code: 'PHI_PG_UNAVAILABLE', retryable: true })
    expect(translated(sqlError('25006')).message).toContain('takes no writes')
  })
})

describe('transactional', () => {
  it('runs once where nothing fails', async () => {
    const { db, count } = failing([])
    expect(await transactional(db, async (_, attempt) => `attempt ${attempt}`)).toBe('attempt 1')
    expect(count()).toBe(1)
  })

  it('runs again from the beginning after serialisation failures and deadlocks, also where a library wrapped them', async () => {
    const errors = [
      sqlError('40001'),
      sqlError('40P01'),
      wrapped('PHI_X_FAILED', { cause: new Error('between', { cause: sqlError('40001') }) }),
    ]
    const { db } = failing(errors)
    const { slept, sleep } = quiet()
    const attempts: number[] = []
    const result = await transactional(db, async (_, attempt) => attempts.push(attempt), { sleep, random: () => 0.999 })
    expect(result).toBe(4)
    expect(attempts).toEqual([1, 2, 3, 4])
    expect(slept).toEqual([10, 20, 40])
  })

  it('gives up after so many attempts, with the last error as it came', async () => {
    const last = sqlError('40P01')
    const { db, count } = failing([sqlError('40001'), sqlError('40001'), last, sqlError('40001')])
    const outcome = await transactional(db, async () => {}, { attempts: 3, ...quiet() }).catch((error: unknown) => error)
    expect(outcome).toBe(last)
    expect(count()).toBe(3)
  })

  it.each([
    ['a lost COMMIT', new CommitUnknown(new Error('socket hang up'))],
    ['a lost COMMIT that names a deadlock', new CommitUnknown(sqlError('40P01'))],
    [
      'a library’s unknown outcome around a serialisation failure',
      wrapped('PHI_X_OUTCOME_UNKNOWN', { cause: sqlError('40001') }),
    ],
    ['CockroachDB’s unknown commit', sqlError('40003')],
    ['a lost connection', new Error('socket hang up')],
    ['admin shutdown', sqlError('57P01')],
    ['a lock time-out', sqlError('55P03')],
    ['too many connections', sqlError('53300')],
    ['a server that takes no writes', sqlError('25006')],
    ['a duplicate key', sqlError('23505')],
    ['the caller’s own error', new TypeError('no')],
    ['a thrown string', 'no'],
  ])('does not run again after %s', async (_, error) => {
    const { db, count } = failing([error])
    expect(await transactional(db, async () => {}, quiet()).catch((thrown: unknown) => thrown)).toBe(error)
    expect(count()).toBe(1)
    expect(mayRunAgain(error)).toBe(false)
  })

  it('does not search an endless chain of causes', () => {
    const error = new Error('a') as Error & { cause?: unknown }
    error.cause = error
    expect(mayRunAgain(error)).toBe(false)
  })

  it('waits a whole number of milliseconds within its bounds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 0, max: 500 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        async (firstPauseMs, longestPauseMs, chance) => {
          const { db } = failing(Array.from({ length: 7 }, () => sqlError('40001')))
          const { slept, sleep } = quiet()
          await transactional(db, async () => {}, { attempts: 8, firstPauseMs, longestPauseMs, sleep, random: () => chance })
          expect(slept).toHaveLength(7)
          for (const [i, ms] of slept.entries()) {
            expect(Number.isInteger(ms)).toBe(true)
            expect(ms).toBeGreaterThanOrEqual(0)
            expect(ms).toBeLessThanOrEqual(Math.min(longestPauseMs, firstPauseMs * 2 ** i))
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it.each([{ attempts: 0 }, { attempts: 1.5 }, { firstPauseMs: -1 }, { longestPauseMs: Number.NaN }])(
    'refuses %j',
    async (options) => {
      const error = await refusal(transactional(failing([]).db, async () => {}, options))
      expect(error).toMatchObject({ code: 'PHI_PG_OPTIONS', path: Object.keys(options)[0] })
    },
  )
})

it('S123 a server that dies while it writes its log does not say that nothing was written', () => {
  const failed = (code: string, severity: string) => failureOf(Object.assign(new Error('x'), { code, severity }))
  expect(failed('53100', 'PANIC')).toBe('unknown')
  expect(failed('58030', 'FATAL')).toBe('unknown')
  expect(failed('53100', 'PANIK')).toBe('unknown')
  expect(failed('53100', 'ERROR')).toBe('later')
  expect(failed('53300', 'FATAL')).toBe('later')
  expect(failed('08P01', 'ERROR')).toBe('refused')
  expect(failed('08P01', 'FATAL')).toBe('unknown')
})
