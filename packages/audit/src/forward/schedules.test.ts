import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { forwarderOf, logOf, origin, Receiver, recordsOf, sourceOf } from '../../test/forward/world.ts'
import type { AuditRecord } from '../index.ts'
import type { CursorStore } from './cursor-store.ts'
import { allOf, delivered, type ForwardItem, type SendResult } from './destination.ts'
import { memoryCursors } from './index.ts'

/** What a receiver does with one send. */
const sendFault = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ do: 'take' } as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('retry', 'blocked', 'split', 'throw', 'short').map((kind) => ({ do: kind }) as const),
  },
  // Keeps the batch, and its acknowledgement is lost.
  { weight: 1, arbitrary: fc.constant({ do: 'take-and-throw' } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('mixed' as const),
      mask: fc.array(fc.constantFrom('delivered', 'retry', 'refused'), { minLength: 9, maxLength: 9 }),
    }),
  },
)
const step = fc.record({
  send: sendFault,
  cursor: fc.constantFrom('ok', 'ok', 'ok', 'before', 'after'),
  letter: fc.constantFrom('ok', 'ok', 'ok', 'fails'),
  /** The process dies behind this step, and another one begins. */
  dies: fc.constantFrom(false, false, false, true),
})

const SIZE = 23
let records: AuditRecord[]
beforeAll(async () => {
  records = await recordsOf(await logOf(SIZE))
})

describe('S50 S125 under any schedule of faults', () => {
  it('every record arrives or is set aside, in order, and it comes to an end', async () => {
    const runs = process.env.PHI_LONG === '1' ? 3000 : 60
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 9 }), async (schedule, entries) => {
        const inner = memoryCursors()
        let now = 0
        const current = () => schedule[now]
        const cursors: CursorStore = {
          ...inner,
          async advance(key, expected, next) {
            const fault = current()?.cursor ?? 'ok'
            if (fault === 'before') throw new Error('no')
            const moved = await inner.advance(key, expected, next)
            if (fault === 'after') throw new Error('lost')
            return moved
          },
          async putDeadLetter(key, letter) {
            if (current()?.letter === 'fails') throw new Error('no')
            await inner.putDeadLetter(key, letter)
          },
        }
        const to = new Receiver()
        const arrived: number[] = []
        /** For each arrival, how the batch began in which it came. */
        const heads: number[] = []
        to.answer = (batch): SendResult => {
          const keep = (items: readonly ForwardItem[]) => {
            for (const { index } of items) {
              arrived.push(index)
              heads.push(batch[0]?.index ?? 0)
            }
          }
          const fault = current()?.send ?? { do: 'take' as const }
          switch (fault.do) {
            case 'take':
              keep(batch)
              return allOf(batch, delivered)
            case 'take-and-throw':
              keep(batch)
              throw new Error('the answer was lost')
            case 'throw':
              throw new Error('no')
            case 'short':
              return { is: 'items', items: batch.slice(1).map(() => delivered) }
            case 'mixed':
              keep(batch.filter((_, i) => fault.mask[i] === 'delivered'))
              return {
                is: 'items',
                items: batch.map((_, i) => {
                  const is = fault.mask[i] as 'delivered' | 'retry' | 'refused'
                  return is === 'delivered' ? delivered : { is, code: 'PHI_AUDIT_FORWARD_REFUSED' }
                }),
              }
            default:
              return { is: fault.do, code: 'PHI_AUDIT_FORWARD_FAILING' }
          }
        }
        const begin = () => forwarderOf({ source: sourceOf(records), to, cursors, batch: { entries }, refusals: 2 })
        let world = begin()
        // Each call of `once` ends; one step of the schedule for each, then all is well.
        for (; now < schedule.length; now++) {
          await world.forwarder.once()
          world.clock.advance(100_000)
          if (current()?.dies === true) world = begin()
        }
        for (let i = 0; i < 3; i++) {
          await world.forwarder.once()
          world.clock.advance(100_000)
        }
        expect(world.forwarder.health()).toMatchObject({ logs: [{ next: SIZE, code: undefined, lagEntries: 0 }] })
        const letters = (await world.forwarder.deadLetters()).map(({ index }) => index)
        const seen = new Set<number>()
        for (const [at, index] of arrived.entries()) {
          // Nothing arrives for the first time before all that lies before its batch has arrived or been set aside.
          if (!seen.has(index))
            for (let before = 0; before < (heads[at] as number); before++)
              expect(seen.has(before) || letters.includes(before)).toBe(true)
          seen.add(index)
        }
        for (const { index } of records) expect(seen.has(index) || letters.includes(index)).toBe(true)
        expect(await inner.read({ forwarder: 'siem', tenant: 'default', origin })).toMatchObject({
          next: SIZE,
          hash: records.at(-1)?.hash,
        })
      }),
      { numRuns: runs },
    )
  }, 900_000)
})
