import { describe, expect, it } from 'vitest'
import { measure, quantile, type Row, type Sides } from '../src/measure.ts'

/** Sides whose calls take the given milliseconds, on a clock that only they move. */
function fake(ours: readonly number[], baseline: readonly number[], over: Partial<Sides> = {}) {
  let at = 0
  const calls: string[] = []
  const side = (name: string, took: readonly number[]) => {
    let call = 0
    return () => {
      calls.push(name)
      // The first call is the untimed one.
      at += call === 0 ? 1_000_000 : (took[(call - 1) % took.length] as number)
      call++
      return 100
    }
  }
  const row: Row = {
    id: 'fake',
    against: 'nothing',
    atLeast: 1,
    prepare: async () => ({ unit: 'calls', ours: side('ours', ours), baseline: side('baseline', baseline), ...over }),
  }
  return { row, calls, now: () => at }
}

describe('measure', () => {
  it('takes the median of the ratios of rounds, not the ratio of medians', async () => {
    // Ratios 2, 8, 1: the median is 2. The medians of both sides alone, 20 ms and 40 ms, would give 2 as well; means would not.
    const { row, now } = fake([10, 20, 80], [20, 160, 80])
    const { ratio, spread, rounds, oursPerSecond, baselinePerSecond, callMs } = await measure(row, {
      quick: true,
      budgetMs: 0,
      leastMs: 0,
      now,
    })
    expect({ ratio, spread, callMs }).toEqual({ ratio: 2, spread: [1, 8], callMs: 20 })
    expect(rounds).toEqual([
      [10_000, 5_000],
      [5_000, 625],
      [1_250, 1_250],
    ])
    expect([oursPerSecond, baselinePerSecond]).toEqual([5_000, 1_250])
    const drifting = fake([10, 20, 90], [20, 50, 91])
    // The medians alone would say 50 / 20.
    expect((await measure(drifting.row, { quick: true, budgetMs: 0, leastMs: 0, now: drifting.now })).ratio).toBe(2)
  })

  it('runs both sides untimed once, and then in turn, by turns ours first', async () => {
    const { row, calls, now } = fake([10], [10])
    await measure(row, { quick: true, budgetMs: 0, leastMs: 0, now })
    expect(calls.join(' ')).toBe('ours baseline ours baseline baseline ours ours baseline')
  })

  it('goes on until the time is up, and no further than a hundred rounds', async () => {
    const some = fake([10], [10])
    expect((await measure(some.row, { quick: true, budgetMs: 95, leastMs: 0, now: some.now })).rounds).toHaveLength(5)
    const many = fake([10], [10])
    expect((await measure(many.row, { quick: true, budgetMs: 1e9, leastMs: 0, now: many.now })).rounds).toHaveLength(100)
  })

  it('calls a short side again within the round, and one with a reset never', async () => {
    const short = fake([10], [20])
    const { ratio, rounds, callMs } = await measure(short.row, { quick: true, budgetMs: 0, leastMs: 30, now: short.now })
    expect(short.calls.slice(2, 7).join(' ')).toBe('ours ours ours baseline baseline')
    expect({ ratio, callMs, first: rounds[0] }).toEqual({ ratio: 2, callMs: 10, first: [10_000, 5_000] })
    const once = fake([10], [20], { reset: async () => {} })
    await measure(once.row, { quick: true, budgetMs: 0, leastMs: 30, now: once.now })
    expect(once.calls).toHaveLength(8)
  })

  it('resets after every round, outside of the time, and closes once', async () => {
    let [resets, closes] = [0, 0]
    const { row, now } = fake([10], [10], {
      reset: async () => void resets++,
      close: async () => void closes++,
    })
    const { rounds } = await measure(row, { quick: true, budgetMs: 0, leastMs: 0, now })
    expect([resets, closes, rounds.length]).toEqual([4, 1, 3])
  })

  it('closes the sides where one fails', async () => {
    let closes = 0
    const { row, now } = fake([10], [10], {
      close: async () => void closes++,
      reset: async () => {
        throw new Error('out of order')
      },
    })
    await expect(measure(row, { quick: true, budgetMs: 0, leastMs: 0, now })).rejects.toThrow('out of order')
    expect(closes).toBe(1)
  })

  it('hands on whether the run is a quick one', async () => {
    const seen: boolean[] = []
    for (const quick of [true, false]) {
      const { row, now } = fake([10], [10])
      const noting: Row = {
        ...row,
        prepare(options) {
          seen.push(options.quick)
          return row.prepare(options)
        },
      }
      await measure(noting, { quick, budgetMs: 0, leastMs: 0, now })
    }
    expect(seen).toEqual([true, false])
  })
})

describe('quantile', () => {
  it('lies between two values in proportion', () => {
    expect([0, 0.25, 0.5, 0.75, 1].map((part) => quantile([40, 10, 20, 30], part))).toEqual([10, 17.5, 25, 32.5, 40])
    expect(quantile([7], 0.5)).toBe(7)
    expect(() => quantile([], 0.5)).toThrow('no values')
  })
})
