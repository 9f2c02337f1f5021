import { describe, expect, it } from 'vitest'
import type { Sent } from '../../src/index.ts'
import { ask, codeIn, note, overTls, service } from './support.ts'

const until = async (holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 2_000 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 2))
  expect(holds()).toBe(true)
}

describe('a request that takes too long', () => {
  it('does not say that no glass was broken when it was just being broken', async () => {
    const made = await service({ pipeline: { timeoutMs: 700 } })
    let release: () => void = () => {}
    const kept: string[] = []
    const glass = made.pipeline.breakGlass({
      keep: async ({ patient }) => {
        await new Promise<void>((resolve) => {
          release = resolve
        })
        kept.push(patient)
      },
      notify: async () => ['officer'],
    })
    const response = await ask(glass, { token: await made.token(), json: { patient: 'p-1', reason: 'found unconscious' } })
    expect([response.status, await codeIn(response)]).toEqual([503, 'outcome-unknown'])
    release()
    await until(() => made.entries.length === 2)
    expect(kept).toEqual(['p-1'])
  })

  it('S123 records no byte of a download that was not sent', async () => {
    const made = await service({ pipeline: { timeoutMs: 700 } })
    let commit: () => void = () => {}
    made.does.commit = () =>
      new Promise((resolve) => {
        commit = resolve
      })
    let closed = false
    const body = new ReadableStream<Uint8Array>({
      cancel() {
        closed = true
      },
    })
    const route = made.pipeline.route({
      action: 'update',
      on: 'Note',
      purpose: 'TREAT',
      writes: true,
      load: () => note('n-1'),
      handle: () => ({ download: { body, type: 'text/plain', filename: 'a.txt' } }),
    })
    // What the connection took was the problem.
    const sent: Promise<Sent> = Promise.resolve({ bytes: 150, complete: true })
    const response = await ask(route, { token: await made.token(), method: 'POST', connection: { ...overTls, sent } })
    expect(await codeIn(response)).toBe('outcome-unknown')
    commit()
    await until(() => made.entries.length === 2)
    expect(made.entries.map(({ event }) => [event.outcome, event.context?.details])).toEqual([
      ['success', expect.objectContaining({ phase: 'begin' })],
      ['failure', expect.objectContaining({ phase: 'end', bytesSent: 0, complete: false })],
    ])
    expect(closed).toBe(true)
  })
})

describe('a download that cannot even be begun', () => {
  it('S123 is cut off and recorded, and nobody is told that nothing was changed', async () => {
    const made = await service()
    const body: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]() {
        throw new Error('canary')
      },
    }
    const route = made.pipeline.route({
      action: 'update',
      on: 'Note',
      purpose: 'TREAT',
      writes: true,
      load: () => note('n-1'),
      handle: () => ({ download: { body, type: 'text/plain', filename: 'a.txt' } }),
    })
    const response = await ask(route, { token: await made.token(), method: 'POST' })
    await expect(response.text()).rejects.toMatchObject({ code: 'PHI_HTTP_DOWNLOAD' })
    await until(() => made.entries.length === 2)
    expect(made.entries.at(-1)?.event.context?.details).toMatchObject({ phase: 'end', bytesSent: 0, complete: false })
  })
})

describe('a change without a schema of its own for fields', () => {
  it('asks about the fields of each object in a list', async () => {
    const { z } = await import('zod')
    const made = await service({ notes: [note('n-1')] })
    const route = made.pipeline.route({
      action: 'update',
      on: 'Note',
      purpose: 'TREAT',
      writes: true,
      body: z.array(z.looseObject({})),
      load: () => [note('n-1')],
      handle: () => undefined,
    })
    const token = await made.token()
    expect((await ask(route, { token, json: [{ body: 'a' }, { code: 'b' }] })).status).toBe(204)
    expect((await ask(route, { token, json: [{ body: 'a' }, { unknown: 'b' }] })).status).toBe(404)
    expect((await ask(route, { token, json: [] })).status).toBe(204)
  })
})
