import { PhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { expectNoLeak } from '../../test/kms/leaks.ts'
import {
  assertDataKey,
  checkWrapped,
  instantOf,
  isNetworkFault,
  kmsFault,
  remoteCall,
  shownRequestId,
  takeUnwrapped,
  textOf,
} from './remote.ts'

const explain = () => ({ fault: 'PHI_ENVELOPE_KMS_ANSWER' }) as const
const context = { tenant: 'clinic-a', purpose: 'field', id: '00000001' } as const

describe('S19 a call to a remote KMS', () => {
  it('hands on what the work answers', async () => {
    expect(await remoteCall('x', undefined, async () => 7, explain)).toBe(7)
  })

  it('turns what it throws into a code, and keeps nothing of it', async () => {
    const secret = 'the body of the request'
    const error = await refusal(
      remoteCall(
        'x',
        undefined,
        () => Promise.reject(Object.assign(new Error(secret), { request: { body: secret } })),
        explain,
      ),
    )
    expect(error.code).toBe('PHI_ENVELOPE_KMS_ANSWER')
    expect(error.info).toEqual({ service: 'x' })
    expectNoLeak(error, [secret])
  })

  it('lets errors of the contract through as they are', async () => {
    const own = kmsFault('x', { fault: 'PHI_ENVELOPE_KMS_REFUSED' })
    expect(await refusal(remoteCall('x', undefined, () => Promise.reject(own), explain))).toBe(own)
  })

  it('catches work that throws before there is a promise', async () => {
    const work = () => {
      throw new TypeError('at once')
    }
    expect((await refusal(remoteCall('x', undefined, work, explain))).code).toBe('PHI_ENVELOPE_KMS_ANSWER')
  })

  it('does not begin under an aborted signal', async () => {
    let begun = false
    const work = async () => {
      begun = true
    }
    const error = await refusal(remoteCall('x', AbortSignal.abort(), work, explain))
    expect([error.code, error.retryable, begun]).toEqual(['PHI_ENVELOPE_KMS_UNAVAILABLE', true, false])
  })

  it('gives up when the signal is aborted, whatever the work does, and leaves no listener behind', async () => {
    const controller = new AbortController()
    const { signal } = controller
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = ((...parts: Parameters<typeof add>) => {
      listeners++
      add(...parts)
    }) as typeof add
    signal.removeEventListener = ((...parts: Parameters<typeof remove>) => {
      listeners--
      remove(...parts)
    }) as typeof remove
    await remoteCall('x', signal, async () => 1, explain)
    expect(listeners).toBe(0)
    const call = remoteCall('x', signal, () => new Promise(() => {}), explain)
    controller.abort(new Error('reason with a name in it'))
    const error = await refusal(call)
    expect(error.code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
    expectNoLeak(error, ['reason with a name in it'])
    expect(listeners).toBe(0)
  })
})

describe('S19 what a remote KMS answers', () => {
  it('tells network failures by code or name, also of a cause', () => {
    const faults: unknown[] = [
      Object.assign(new Error(), { code: 'ECONNREFUSED' }),
      Object.assign(new Error(), { code: 'UND_ERR_SOCKET' }),
      Object.assign(new Error(), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
      Object.assign(new Error(), { code: 'EAI_AGAIN' }),
      Object.assign(new Error(), { name: 'TimeoutError' }),
      new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ENOTFOUND' }) }),
    ]
    for (const fault of faults) expect(isNetworkFault(fault)).toBe(true)
    const loop = new Error('itself')
    loop.cause = loop
    for (const other of [new SyntaxError('JSON'), new TypeError(), 'ECONNRESET', null, { code: 'EACCES' }, { code: 7 }, loop])
      expect(isNetworkFault(other)).toBe(false)
  })

  it('shows a request id only where it is a UUID', () => {
    expect(shownRequestId('6fa459ea-ee8a-3ca4-894e-db77e160355e')).toBe('6fa459ea-ee8a-3ca4-894e-db77e160355e')
    for (const id of ['', 'abc', 7, undefined, '6fa459ea-ee8a-3ca4-894e-db77e160355e ', Buffer.alloc(32, 7).toString('hex')])
      expect(shownRequestId(id)).toBeUndefined()
  })

  it('refuses data keys of another length', () => {
    for (const length of [0, 16, 31, 33, 64]) {
      const request = { dataKey: new Uint8Array(length), context }
      expect(() => assertDataKey('x', request)).toThrow(PhiError)
    }
    expect(() => assertDataKey('x', { dataKey: 'k'.repeat(32) as never, context })).toThrow(PhiError)
    assertDataKey('x', { dataKey: new Uint8Array(32), context })
  })

  it('refuses a wrapped key that is missing, too short, too long or holds the key', () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => i + 1)
    const answers = [
      undefined,
      'text',
      [1, 2],
      new Uint8Array(0),
      key,
      Buffer.concat([Buffer.alloc(9), key, Buffer.alloc(9)]),
      new Uint8Array(101),
    ]
    for (const answer of answers) expect(() => checkWrapped('x', answer, key, 100)).toThrow(PhiError)
    const pooled = Buffer.from('wrapped'.repeat(8))
    const taken = checkWrapped('x', pooled, key, 100)
    expect([...taken]).toEqual([...pooled])
    expect(taken.buffer.byteLength).toBe(taken.length)
  })

  it('finds the key anywhere in the wrapped bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 40 }),
        (before, key, after) => {
          expect(() => checkWrapped('x', Buffer.concat([before, key, after]), key, 200)).toThrow(PhiError)
        },
      ),
    )
  })

  it('takes the unwrapped key out of the client’s buffer and overwrites that', () => {
    const told = Buffer.alloc(32, 9)
    const taken = takeUnwrapped('x', told, 32)
    expect([...taken]).toEqual(Array(32).fill(9))
    expect([...told]).toEqual(Array(32).fill(0))
    for (const answer of [undefined, 'text', new Uint8Array(0), new Uint8Array(31), new Uint8Array(33)])
      expect(() => takeUnwrapped('x', answer, 32)).toThrow(PhiError)
  })

  it('writes dates as instants, and nothing else as one', () => {
    expect(instantOf(new Date(1_800_000_000_000))).toBe('2027-01-15T08:00:00.000Z')
    expect(instantOf(0)).toBe('1970-01-01T00:00:00.000Z')
    for (const date of [undefined, null, '2027-01-15', Number.NaN, new Date(Number.NaN), -1, 1e16])
      expect(instantOf(date)).toBeUndefined()
  })

  it('reads a body up to its limit, and lets go of the rest', async () => {
    let pulled = 0
    let cancelled = false
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(1024).fill(0x20 + (pulled++ % 2))),
          cancel: () => {
            cancelled = true
          },
        }),
      )
    expect(await textOf(endless(), 10_240)).toBeUndefined()
    expect([pulled < 20, cancelled]).toEqual([true, true])
    expect(await textOf(new Response('é'.repeat(50)), 100)).toBe('é'.repeat(50))
    expect(await textOf(new Response('é'.repeat(50)), 99)).toBeUndefined()
    expect(await textOf(new Response(null, { status: 204 }), 0)).toBe('')
    // A character cut between two chunks.
    const cut = new Response(
      new ReadableStream({
        start(controller) {
          for (const byte of [0xc3, 0xa9]) controller.enqueue(Uint8Array.of(byte))
          controller.close()
        },
      }),
    )
    expect(await textOf(cut, 10)).toBe('é')
  })
})
