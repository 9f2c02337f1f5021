import { fromHex, toHex } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  boolean,
  bytes,
  bytesOf,
  child,
  decodeTtlv,
  encodeTtlv,
  enumeration,
  enumerationOf,
  type Item,
  integer,
  integerOf,
  optional,
  structure,
  TtlvError,
  text,
  textOf,
} from './ttlv.ts'

/** OASIS KMIP v1.4 §9.1.2, the examples. */
const examples: readonly [string, Item, string][] = [
  ['an Integer of 8', integer(0x420020, 8), '42002002000000040000000800000000'],
  ['an Enumeration of 255', enumeration(0x420020, 255), '4200200500000004000000ff00000000'],
  ['a Boolean of true', boolean(0x420020, true), '42002006000000080000000000000001'],
  ['a Text String', text(0x420020, 'Hello World'), '420020070000000b48656c6c6f20576f726c640000000000'],
  ['a Byte String', bytes(0x420020, Uint8Array.of(1, 2, 3)), '42002008000000030102030000000000'],
  [
    'a Structure',
    structure(0x420020, enumeration(0x420004, 254), integer(0x420005, 255)),
    '42002001000000204200040500000004000000fe000000004200050200000004000000ff00000000',
  ],
]

const tag = fc.integer({ min: 0x420001, max: 0x54ffff })
const { item } = fc.letrec<{ item: Item }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 4 },
    fc.tuple(tag, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })).map(([t, n]) => integer(t, n)),
    fc.tuple(tag, fc.nat()).map(([t, n]) => enumeration(t, n)),
    fc.tuple(tag, fc.boolean()).map(([t, b]) => boolean(t, b)),
    fc.tuple(tag, fc.string({ unit: 'grapheme' })).map(([t, s]) => text(t, s)),
    fc.tuple(tag, fc.uint8Array({ maxLength: 40 })).map(([t, b]) => bytes(t, b)),
    fc.tuple(tag, fc.array(tie('item'), { maxLength: 4 })).map(([t, items]) => structure(t, ...items)),
  ),
}))

describe('TTLV', () => {
  it.each(examples)('encodes and decodes the example of %s', (_title, example, hex) => {
    expect(toHex(encodeTtlv(example))).toBe(hex)
    expect(decodeTtlv(fromHex(hex))).toEqual(example)
  })

  it.each([
    ['a Long Integer', '420020030000000801b69b4ba5749200'],
    ['a Big Integer', '42002004000000100000000003fd35eb6bc2df4618080000'],
    ['a Date-Time', '42002009000000080000000047da67f8'],
    ['an Interval', '4200200a00000004000d2f0000000000'],
  ])('reads the example of %s, which is not asked for here', (_title, hex) => {
    const read = decodeTtlv(fromHex(hex))
    expect(read.tag).toBe(0x420020)
    expect(toHex(encodeTtlv(read))).toBe(hex)
  })

  it('reads back whatever it writes', () => {
    fc.assert(fc.property(item, (made) => void expect(decodeTtlv(encodeTtlv(made))).toEqual(made)))
  })

  it('has one spelling for each item: what it reads, it writes the same', () => {
    fc.assert(
      fc.property(item, fc.nat(), fc.integer({ min: 1, max: 255 }), (made, at, mask) => {
        const altered = encodeTtlv(made)
        altered[at % altered.length] = (altered[at % altered.length] as number) ^ mask
        let read: Item
        try {
          read = decodeTtlv(altered)
        } catch (error) {
          expect(error).toBeInstanceOf(TtlvError)
          return
        }
        expect(toHex(encodeTtlv(read))).toBe(toHex(altered))
      }),
    )
  })

  it('refuses bytes that are none, cut or followed by others', () => {
    fc.assert(
      fc.property(item, fc.uint8Array({ minLength: 1, maxLength: 16 }), (made, more) => {
        const whole = encodeTtlv(made)
        for (let length = 0; length < whole.length; length++) {
          expect(() => decodeTtlv(whole.subarray(0, length))).toThrow(TtlvError)
        }
        expect(() => decodeTtlv(Uint8Array.from([...whole, ...more]))).toThrow(TtlvError)
      }),
      { numRuns: 30 },
    )
    for (const hex of [
      '',
      '42002000000000040000000800000000',
      '4200200b000000040000000800000000',
      '42002002000000080000000000000008',
      '42002002000000040000000800000001',
      '42002001000000044200040500000000',
      '42002008ffffffff0102030000000000',
    ]) {
      expect(() => decodeTtlv(fromHex(hex)), hex).toThrow(TtlvError)
    }
  })

  it('does not go deeper than any message goes', () => {
    const header = '42000201'
    let hex = ''
    for (let depth = 40; depth > 0; depth--) hex += header + ((depth - 1) * 8).toString(16).padStart(8, '0')
    expect(() => decodeTtlv(fromHex(hex))).toThrow('nested too deep')
  })

  it('takes an item out by its tag and type, or not at all', () => {
    const made = structure(
      1,
      integer(2, -7),
      text(3, 'ä'),
      bytes(4, Uint8Array.of(9)),
      enumeration(5, 6),
      integer(6, 1),
      integer(6, 2),
    )
    expect(integerOf(child(made, 2))).toBe(-7)
    expect(textOf(child(made, 3))).toBe('ä')
    expect(bytesOf(child(made, 4))).toEqual(Uint8Array.of(9))
    expect(enumerationOf(child(made, 5))).toBe(6)
    expect(optional(made, 99)).toBeUndefined()
    for (const wrong of [
      () => child(made, 99),
      () => child(made, 6),
      () => optional(made, 6),
      () => integerOf(child(made, 3)),
      () => textOf(child(made, 4)),
      () => child(child(made, 2), 2),
      () => textOf({ tag: 3, type: 'text', value: Uint8Array.of(0xff) }),
    ]) {
      expect(wrong).toThrow(TtlvError)
    }
  })
})
