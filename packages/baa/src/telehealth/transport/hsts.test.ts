import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkHeaders, parseHsts } from './hsts.ts'

const policy = (maxAge: number, includeSubDomains = false, preload = false) => ({ maxAge, includeSubDomains, preload })

describe('Strict Transport Security', () => {
  it.each([
    ['max-age=31536000', policy(31_536_000)],
    ['max-age="31536000"', policy(31_536_000)],
    ['MAX-AGE=1; IncludeSubDomains', policy(1, true)],
    ['max-age=63072000; includeSubDomains; preload', policy(63_072_000, true, true)],
    ['includeSubDomains;max-age=5', policy(5, true)],
    [' ; max-age = 7 ;; ', policy(7)],
    ['max-age=0', policy(0)],
    ['max-age=10; foo=bar; baz="a;b\\"c"', policy(10)],
    [`max-age=${'9'.repeat(400)}`, policy(Number.MAX_SAFE_INTEGER)],
  ])('S15 S88 reads %j', (value, expected) => {
    expect(parseHsts(value)).toEqual(expected)
  })

  it.each([
    '',
    'includeSubDomains',
    'max-age',
    'max-age=',
    'max-age=""',
    'max-age=-1',
    'max-age=1.5',
    'max-age=1e9',
    'max-age=0x10',
    'max-age=31536000, max-age=0',
    'max-age=1; max-age=2',
    'max-age=1; MAX-AGE=1',
    'max-age=1 includeSubDomains',
    'max-age=1; includeSubDomains=true',
    'max-age=1; preload=1',
    'max-age="1',
    "max-age='1'",
    'max-age=1; =2',
    'max-age=１',
    'max-age=1\r\nSet-Cookie: a=b',
    'max-age=1; \u0000',
    `max-age=1;${' '.repeat(20_000)}`,
  ])('S15 lets browsers ignore %j', (value) => {
    expect(parseHsts(value)).toBeUndefined()
    expect(checkHeaders({ 'Strict-Transport-Security': value })).toEqual({ is: 'invalid' })
  })

  it('S15 takes the first field alone, whatever its name is spelled like', () => {
    const one = { is: 'present', ...policy(1) }
    expect(
      checkHeaders([
        ['Date', 'x'],
        ['STRICT-transport-security', 'max-age=1'],
        ['strict-transport-security', 'max-age=2'],
      ]),
    ).toEqual(one)
    expect(checkHeaders({ 'strict-transport-security': ['max-age=1', 'max-age=2'] })).toEqual(one)
    expect(checkHeaders(new Headers([['strict-transport-security', 'max-age=1']]))).toEqual(one)
    // A Headers object joins two, and then nobody can tell them apart.
    expect(
      checkHeaders(
        new Headers([
          ['strict-transport-security', 'max-age=1'],
          ['strict-transport-security', 'max-age=2'],
        ]),
      ),
    ).toEqual({ is: 'invalid' })
    expect(
      checkHeaders([
        ['strict-transport-security', 'nonsense'],
        ['strict-transport-security', 'max-age=2'],
      ]),
    ).toEqual({ is: 'invalid' })
  })

  it('S15 says absent for what is not there, and for what is not own', () => {
    expect(checkHeaders({})).toEqual({ is: 'absent' })
    expect(checkHeaders([])).toEqual({ is: 'absent' })
    expect(checkHeaders({ 'strict-transport-security': undefined })).toEqual({ is: 'absent' })
    expect(checkHeaders(Object.create({ 'strict-transport-security': 'max-age=1' }))).toEqual({ is: 'absent' })
    expect(checkHeaders(null as never)).toEqual({ is: 'absent' })
    expect(checkHeaders({ 'strict-transport-security': 5 } as never)).toEqual({ is: 'invalid' })
  })

  it('S15 reads back whatever is written in the grammar', () => {
    const space = fc.constantFrom('', ' ', '\t ')
    const directive = fc.oneof(fc.constantFrom('x-other', 'x-other=1', 'x-other="a b"'))
    fc.assert(
      fc.property(
        fc.nat(),
        fc.boolean(),
        fc.boolean(),
        fc.option(directive),
        space,
        fc.boolean(),
        fc.nat(5),
        (age, sub, preload, other, gap, quoted, turn) => {
          const parts = [`max-age${gap}=${gap}${quoted ? `"${age}"` : age}`, ...(sub ? ['includeSubDomains'] : [])]
          if (preload) parts.push('preload')
          if (other !== null) parts.push(other)
          for (let i = 0; i < turn; i++) parts.push(parts.shift() as string)
          expect(parseHsts(parts.join(`${gap};${gap}`))).toEqual(policy(age, sub, preload))
        },
      ),
    )
  })

  it('S15 never throws and never takes long, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const read = parseHsts(text)
        if (read) expect(read.maxAge).toBeGreaterThanOrEqual(0)
      }),
    )
    for (const text of [
      '"'.repeat(16_000),
      `a=${'"\\'.repeat(8000)}`,
      ';'.repeat(16_000),
      `${' '.repeat(16_000)}x`,
      `a${' '.repeat(16_000)}x`,
      `a=${' '.repeat(16_000)}x`,
      `a=b${' '.repeat(16_000)}x`,
      'a'.repeat(16_000),
      `a="${'\\"'.repeat(7000)}`,
    ]) {
      expect(() => parseHsts(text)).not.toThrow()
    }
  })
})
