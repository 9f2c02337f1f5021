import { isPhiError } from '@phi/core'
import { describe, expect, it } from 'vitest'
import type { Db, Pinned } from '../client/db.ts'
import { Lane } from './lane.ts'

/** A pool that notes what becomes of its connections. */
function pool() {
  const events: string[] = []
  let pins = 0
  let refusing = false
  const pin = async (): Promise<Pinned> => {
    if (refusing) throw new Error('no connection')
    const name = `c${pins++}`
    events.push(`${name} taken`)
    return {
      query: async () => {
        events.push(`${name} used`)
        return { rows: [] }
      },
      release: (broken = false) => events.push(`${name} ${broken ? 'thrown away' : 'given back'}`),
    }
  }
  const refuse = (yes: boolean) => {
    refusing = yes
  }
  return { lane: new Lane({ pin } as unknown as Db), events, refuse }
}

/** What has been asked of the event loop so far happens, and what that asks for. */
const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

const use = (lane: Lane) => lane.onConnection((connection) => connection.query(''), isBroken)
const isBroken = (error: unknown) => error instanceof Error && error.message === 'cut'
const taken = (events: readonly string[]) => events.filter((event) => event.endsWith('taken')).length

describe('the connection of a log', () => {
  it('serves calls that follow each other, and goes back once nobody follows', async () => {
    const { lane, events } = pool()
    for (let i = 0; i < 3; i++) {
      await use(lane)
      expect(lane.connected).toBe(false)
      // As the next append leaves: at the end of the turn in which the last was answered.
      await turns(1)
    }
    expect(events).toEqual(['c0 taken', 'c0 used', 'c0 used', 'c0 used'])
    await turns(3)
    expect(events.at(-1)).toBe('c0 given back')
    await use(lane)
    expect(taken(events)).toBe(2)
  })

  it('is given back once, however often it was about to be', async () => {
    const { lane, events } = pool()
    for (let i = 0; i < 20; i++) {
      await use(lane)
      await turns(i % 3)
    }
    await turns(6)
    expect(events.filter((event) => event === 'c0 given back')).toHaveLength(1)
    expect(events.filter((event) => event.endsWith('given back'))).toHaveLength(taken(events))
  })

  it('is not kept from others by a log that is never idle: after 32 calls it goes back at once', async () => {
    const { lane, events } = pool()
    for (let i = 0; i < 32; i++) await use(lane)
    expect(events.at(-1)).toBe('c0 given back')
    await use(lane)
    expect(events.slice(-2)).toEqual(['c1 taken', 'c1 used'])
    await Promise.all(Array.from({ length: 100 }, () => use(lane)))
    await turns(3)
    expect(taken(events)).toBe(5)
    expect(events.filter((event) => event.endsWith('given back'))).toHaveLength(5)
    // One after the other: the next is taken when the one before is back.
    const order = events.filter((event) => !event.endsWith('used'))
    expect(order).toEqual(Array.from({ length: 5 }, (_, i) => [`c${i} taken`, `c${i} given back`]).flat())
  })

  it('is thrown away where it broke, and the next call has another', async () => {
    const { lane, events } = pool()
    const cut = lane.onConnection(async () => {
      throw new Error('cut')
    }, isBroken)
    await expect(cut).rejects.toThrow('cut')
    expect(events).toEqual(['c0 taken', 'c0 thrown away'])
    await use(lane)
    expect(events.slice(2)).toEqual(['c1 taken', 'c1 used'])
  })

  it('is kept after a refusal, which says nothing of the connection', async () => {
    const { lane, events } = pool()
    const refused = lane.onConnection(async () => {
      throw new Error('refused')
    }, isBroken)
    await expect(refused).rejects.toThrow('refused')
    await use(lane)
    expect(taken(events)).toBe(1)
    await turns(3)
    expect(events.at(-1)).toBe('c0 given back')
  })

  it('is asked for anew after there was none', async () => {
    const { lane, events, refuse } = pool()
    refuse(true)
    const none = await use(lane).catch((error: unknown) => error)
    expect(isPhiError(none, 'PHI_AUDIT_UNAVAILABLE')).toBe(true)
    refuse(false)
    await use(lane)
    expect(events).toEqual(['c0 taken', 'c0 used'])
  })
})
