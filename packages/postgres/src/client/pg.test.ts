import type { Pool } from 'pg'
import { describe, expect, it } from 'vitest'
import { fromPool } from './pg.ts'

/** A pool of one connection that answers when it is told to. */
function manualPool() {
  const sent: { readonly text: string; answer(): void; fail(error: Error): void }[] = []
  const client = {
    on: () => client,
    off: () => client,
    release: () => {},
    query: ({ text }: { text: string }) =>
      new Promise((resolve, reject) => {
        sent.push({ text, answer: () => resolve({ rows: [{ text }], command: 'SELECT' }), fail: reject })
      }),
  }
  return { sent, pool: { on: () => {}, connect: async () => client } as unknown as Pool }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('statements on one connection of pg', () => {
  it('are handed over one after the other, in the order in which they came', async () => {
    const { sent, pool } = manualPool()
    const connection = await fromPool(pool).pin()
    const answers = ['a', 'b', 'c'].map((text) => connection.query(text, []))
    for (let i = 0; i < 3; i++) {
      await turn()
      expect(sent).toHaveLength(i + 1)
      sent[i]?.answer()
    }
    expect((await Promise.all(answers)).map(({ rows }) => rows[0].text)).toEqual(['a', 'b', 'c'])
  })

  it('go on after one that the server refused', async () => {
    const { sent, pool } = manualPool()
    const connection = await fromPool(pool).pin()
    const first = connection.query('a', [])
    const second = connection.query('b', [])
    await turn()
    sent[0]?.fail(Object.assign(new Error('refused'), { code: '23505' }))
    await expect(first).rejects.toThrow('refused')
    await turn()
    sent[1]?.answer()
    expect((await second).rows).toEqual([{ text: 'b' }])
  })

  it('are not sent after one whose answer was lost: nobody knows what the connection still does', async () => {
    const { sent, pool } = manualPool()
    const connection = await fromPool(pool).pin()
    const all = ['a', 'b', 'c'].map((text) => connection.query(text, []))
    await turn()
    sent[0]?.fail(new Error('Query read timeout'))
    for (const each of all) await expect(each).rejects.toThrow('Query read timeout')
    expect(sent.map(({ text }) => text)).toEqual(['a'])
  })
})
