import { toBase64, toHex } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findSecret, holdsBytes, secret } from './leaks.ts'

const key = Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) & 255)
const everywhere = [secret('the key', key, 'everywhere')]
const bytes = fc.uint8Array({ maxLength: 40 })
const keys = fc.uint8Array({ minLength: 32, maxLength: 32 })

const spelled: [string, (bytes: Uint8Array) => string][] = [
  ['hexadecimal', toHex],
  ['hexadecimal in upper case', (all) => toHex(all).toUpperCase()],
  ['base64', toBase64],
  ['base64url without padding', (all) => Buffer.from(all).toString('base64url')],
  ['Latin-1', (all) => Buffer.from(all).toString('latin1')],
  ['a decimal list', (all) => all.join(',')],
  ['the JSON of a Buffer', (all) => JSON.stringify(Buffer.from(all))],
]

describe.each(spelled)('a key spelled as %s', (_, spell) => {
  it('is found in a message, whatever stands before and after it', () => {
    fc.assert(
      fc.property(bytes, keys, bytes, (before, secretKey, after) => {
        const text = `sent ${spell(Uint8Array.from([...before, ...secretKey, ...after]))}!`
        expect(findSecret(new Error(text), [secret('the key', secretKey, 'everywhere')])?.what).toBe('the key')
      }),
    )
  })

  it('is not found where it is not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), keys, (other, secretKey) => {
        fc.pre(!holdsBytes(other, secretKey))
        expect(findSecret(new Error(spell(other)), [secret('the key', secretKey, 'everywhere')])).toBeUndefined()
      }),
    )
  })
})

describe('where a key is found', () => {
  const hex = toHex(key)
  const circle: Record<string, unknown> = { name: 'circle' }
  circle.self = circle
  const hidden = Object.defineProperty({}, 'body', { value: key, enumerable: false })
  const symbol = Symbol('state')

  it.each<[string, unknown, string]>([
    ['a cause of a cause', new Error('a', { cause: new Error('b', { cause: { headers: hex } }) }), 'error.cause.cause.headers'],
    ['an own property', Object.assign(new Error('a'), { config: { data: hex } }), 'error.config.data'],
    ['bytes', Object.assign(new Error('a'), { body: Buffer.concat([Buffer.alloc(5), key]) }), 'error.body'],
    ['the buffer under a view', { body: key.buffer }, 'error.body'],
    ['a list of numbers', { body: Array.from(key) }, 'error.body'],
    ['a hidden property', hidden, 'error.body'],
    ['a symbol', { [symbol]: hex }, 'error.Symbol(state)'],
    ['a Map', new Map([['key', hex]]), 'error.*'],
    ['a Set', { seen: new Set([hex]) }, 'error.seen.*'],
    ['a name of a property', { toJSON: () => ({ [hex]: 1 }) }, 'JSON'],
    ['a circle', { circle, next: [circle, { hex: Buffer.from(key) }] }, 'error.next.1.hex'],
    ['the stack', Object.assign(new Error('a'), { stack: `at ${hex}` }), 'stack'],
  ])('%s', (_, value, where) => {
    expect(findSecret(value, everywhere)).toEqual({ what: 'the key', where })
  })

  it('what is only not to be shown may lie in a cause', () => {
    const shown = [secret('the tenant', 'clinic-a-0815', 'shown')]
    expect(findSecret(new Error('a', { cause: new Error('clinic-a-0815') }), shown)).toBeUndefined()
    expect(findSecret(new Error('clinic-a-0815'), shown)?.where).toBe('message')
    expect(findSecret({ tenant: 'clinic-a-0815' }, shown)?.where).toBe('JSON')
  })

  it('getters that throw and values without JSON stop nothing', () => {
    const odd = Object.defineProperty({ big: 1n, last: hex }, 'first', {
      enumerable: true,
      get: () => {
        throw new Error('no')
      },
    })
    expect(findSecret(odd, everywhere)?.where).toBe('error.last')
  })
})
