import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { Gate } from './gate.ts'

describe('Gate', () => {
  it('lets so many in at a time, the others in the order they came', async () => {
    const gate = new Gate(2)
    let inside = 0
    let most = 0
    const order: number[] = []
    await Promise.all(
      Array.from({ length: 9 }, async (_, i) => {
        await gate.enter(undefined)
        order.push(i)
        most = Math.max(most, ++inside)
        await new Promise((resolve) => setTimeout(resolve, 2))
        inside--
        gate.leave()
      }),
    )
    expect(most).toBe(2)
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('lets go of a caller that stops waiting, and gives its place to the next', async () => {
    const gate = new Gate(1)
    await gate.enter(undefined)
    const abort = new AbortController()
    const gaveUp = refusal(gate.enter(abort.signal))
    const patient = gate.enter(AbortSignal.timeout(60_000))
    abort.abort()
    expect((await gaveUp).code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
    gate.leave()
    await patient
    expect((await refusal(gate.enter(AbortSignal.abort()))).code).toBe('PHI_ENVELOPE_KMS_UNAVAILABLE')
    gate.leave()
    await gate.enter(abort.signal).then(
      () => expect.unreachable(),
      () => undefined,
    )
    await gate.enter(undefined)
  })
})
