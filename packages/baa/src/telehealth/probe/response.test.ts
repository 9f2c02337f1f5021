import { describe, expect, it } from 'vitest'
import { isNobody } from './response.ts'

const failed = (code: string) => Object.assign(new Error(code), { code })

describe('what says that nobody serves a host', () => {
  it('is a refusal by every one of its addresses', () => {
    expect(isNobody(failed('ECONNREFUSED'))).toBe(true)
    expect(isNobody(new AggregateError([failed('ECONNREFUSED'), failed('ECONNREFUSED')]))).toBe(true)
  })

  it('is no time-out, also beside an address that refused, whose code the error bears', () => {
    expect(isNobody(failed('ETIMEDOUT'))).toBe(false)
    const one = new AggregateError([failed('ECONNREFUSED'), failed('ETIMEDOUT')])
    expect(isNobody(Object.assign(one, { code: 'ECONNREFUSED' }))).toBe(false)
  })
})
