import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isRefused } from '../refused.ts'
import { paramsOf, queryOf, targetOf } from './target.ts'

describe('the target of a request', () => {
  it.each([
    ['https://h/notes/%2e%2e%2fadmin'],
    ['https://h/notes/a%2Fb'],
    ['https://h/notes/a%5cb'],
    ['https://h/notes/%00'],
    ['https://h/notes/a%0d%0aSet-Cookie:x'],
    ['https://h/notes/%7f'],
    ['https://h/notes/%ff'],
    ['https://h/notes/%ed%a0%80'],
    ['https://u:p@h/notes'],
    ['ftp://h/notes'],
    ['/notes'],
    ['not a url'],
    [`https://h/${'a'.repeat(8_200)}`],
  ])('refuses %s', (url) => {
    expect(isRefused(targetOf(url))).toBe(true)
  })

  it('takes names in any script', () => {
    expect((targetOf('https://h/notes/n%C3%B6-1?x=1') as URL).pathname).toBe('/notes/n%C3%B6-1')
  })
})

describe('params', () => {
  it('are a frozen copy without a prototype', () => {
    const params = paramsOf({ id: 'n-1' }) as Record<string, string>
    expect({ ...params }).toEqual({ id: 'n-1' })
    expect(Object.getPrototypeOf(params)).toBeNull()
    expect(Object.isFrozen(params)).toBe(true)
    expect(paramsOf(undefined)).toEqual(Object.create(null))
  })

  it.each([
    [{ id: 'a\0b' }],
    [{ id: 'a\r\nb' }],
    [{ id: '\ud800' }],
    [{ id: 7 }],
    [{ id: ['a'] }],
    [{ constructor: 'x' }],
    [{ id: 'a'.repeat(1_025) }],
  ])('refuse %j', (params) => {
    expect(isRefused(paramsOf(params))).toBe(true)
  })
})

describe('the query', () => {
  it('says what URLSearchParams says, where every name stands once and is written well', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 5 })
    fc.assert(
      fc.property(names, fc.array(fc.string({ maxLength: 8 }), { minLength: 5, maxLength: 5 }), (keys, values) => {
        const search = new URLSearchParams(keys.map((key, i) => [key, values[i] as string]))
        const query = queryOf(`?${search}`)
        if (isRefused(query)) expect([...keys, ...values].some((each) => /\p{Cc}|proto/u.test(each))).toBe(true)
        else expect({ ...query }).toEqual(Object.fromEntries(search))
      }),
      { numRuns: 200 },
    )
  })

  it.each([['?a=1&a=2'], ['?a&a'], ['?a=1&%61=2'], ['?=1'], ['?__proto__=1'], ['?a=%'], ['?a=%ff'], ['?a=%00'], ['?a%0a=1']])(
    'refuses %s',
    (search) => {
      expect(isRefused(queryOf(search))).toBe(true)
    },
  )

  it('takes 200 names, and no more', () => {
    const search = (count: number) => Array.from({ length: count }, (_, i) => `a${i}=`).join('&')
    expect(isRefused(queryOf(search(200)))).toBe(false)
    expect(isRefused(queryOf(search(201)))).toBe(true)
  })
})
