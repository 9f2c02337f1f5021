import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { equalBytes, fromBase64, fromHex, fromUtf8, isPhiError, toBase64, toHex, utf8 } from './index.ts'

const bytes = fc.uint8Array({ maxLength: 300 })
const isRefused = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    return isPhiError(error, 'PHI_CORE_ENCODING')
  }
  return false
}

describe('base64', () => {
  // RFC 4648 section 10.
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('of %j is %j', (text, encoded) => {
    expect(toBase64(utf8(text))).toBe(encoded)
    expect(fromUtf8(fromBase64(encoded))).toBe(text)
  })

  it('reads back every byte string, also a view into a larger buffer', () => {
    fc.assert(
      fc.property(bytes, fc.nat(9), (data, offset) => {
        const view = new Uint8Array(data.length + 20).subarray(offset, offset + data.length)
        view.set(data)
        expect(toBase64(view)).toBe(toBase64(data))
        expect(equalBytes(fromBase64(toBase64(view)), data)).toBe(true)
      }),
    )
  })

  it('takes a text if and only if it is the one spelling of its bytes', () => {
    const alphabet = fc.constantFrom(...'ABab01+/=-_ \n\u00e9')
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 9 }), (text) => {
        const canonical = /^[A-Za-z0-9+/]*={0,2}$/.test(text) && Buffer.from(text, 'base64').toString('base64') === text
        expect(isRefused(() => fromBase64(text))).toBe(!canonical)
      }),
      { numRuns: 5000 },
    )
  })

  it.each([
    'Zg',
    'Zg=',
    'Zg===',
    'Zh==',
    'Zm9=',
    'Zm9v\n',
    ' Zm9v',
    'Zm 9v',
    'Zm9v====',
    '====',
    '=',
    'Zm-_',
    'Zm9v!',
    'Zg==Zg==',
  ])('refuses %j', (text) => expect(isRefused(() => fromBase64(text))).toBe(true))

  it('takes long texts', () => {
    const long = new Uint8Array(24_000_000).fill(7)
    expect(equalBytes(fromBase64(toBase64(long)), long)).toBe(true)
    expect(isRefused(() => fromBase64(`${toBase64(long)}!`))).toBe(true)
  })

  it('hands out bytes that share memory with nothing', () => {
    expect(fromBase64('c2VjcmV0').buffer.byteLength).toBe(6)
  })
})

describe('base64 without Buffer', () => {
  let other: typeof import('./encoding.ts')
  beforeAll(async () => {
    vi.resetModules()
    vi.stubGlobal('Buffer', undefined)
    other = await import('./encoding.ts')
  })
  afterAll(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  it('writes and reads the same as with it', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        expect(other.toBase64(data)).toBe(toBase64(data))
        expect(equalBytes(other.fromBase64(toBase64(data)), data)).toBe(true)
      }),
    )
  })

  it('refuses the same texts', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ABab01+/=-_ \n\u00e9'), maxLength: 9 }), (text) => {
        expect(isRefused(() => other.fromBase64(text))).toBe(isRefused(() => fromBase64(text)))
      }),
      { numRuns: 5000 },
    )
  })
})

describe('hexadecimal', () => {
  it('writes two lower-case digits a byte', () => {
    expect(toHex(new Uint8Array([0, 1, 15, 16, 127, 128, 255]))).toBe('00010f107f80ff')
    expect(toHex(new Uint8Array())).toBe('')
  })

  it('reads back every byte string, as Buffer writes it', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        expect(toHex(data)).toBe(Buffer.from(data).toString('hex'))
        expect(equalBytes(fromHex(toHex(data)), data)).toBe(true)
      }),
    )
  })

  it('takes a text if and only if it is pairs of lower-case digits', () => {
    const unit = fc.constantFrom(...'09afAFgG`/:@ \u0130\uff10')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 6 }), (text) => {
        expect(isRefused(() => fromHex(text))).toBe(!/^(?:[0-9a-f]{2})*$/.test(text))
      }),
      { numRuns: 5000 },
    )
  })

  it('takes long texts', () => {
    expect(fromHex('ab'.repeat(8_000_000)).length).toBe(8_000_000)
    expect(isRefused(() => fromHex('a'.repeat(16_000_001)))).toBe(true)
  })
})

describe('UTF-8', () => {
  it('reads back every well-formed text, a byte order mark included', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => fromUtf8(utf8(text)) === text))
    expect(fromUtf8(utf8('\ufeffa'))).toBe('\ufeffa')
    expect(toHex(utf8('€\u{10ffff}'))).toBe('e282acf48fbfbf')
  })

  it('refuses lone surrogates', () => {
    for (const text of ['\ud800', 'a\udfff', '\udc00\ud800']) expect(isRefused(() => utf8(text))).toBe(true)
  })

  it.each(['80', 'c080', 'e282', 'eda080', 'f4908080', 'ff', '61f8888080'])('refuses the bytes %s', (hex) => {
    expect(isRefused(() => fromUtf8(fromHex(hex)))).toBe(true)
  })
})

describe('equalBytes', () => {
  it('is true for equal bytes only', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (data, at, flip) => {
          const other = data.slice()
          expect(equalBytes(data, other)).toBe(true)
          const index = at % data.length
          other[index] = (other[index] as number) ^ flip
          expect(equalBytes(data, other)).toBe(false)
          expect(equalBytes(data, data.subarray(1))).toBe(false)
        },
      ),
    )
    expect(equalBytes(new Uint8Array(), new Uint8Array())).toBe(true)
  })
})
