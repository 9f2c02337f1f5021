import { fixedClock, toHex } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { fixedKeys } from '../../test/fixed-keys.ts'
import { type FieldVector, referenceOpen, referenceSeal } from '../../test/reference-field.ts'
import { type Field, type FieldOptions, makeField } from './field.ts'
import { inspectSealed } from './format.ts'
import type { FieldType } from './value.ts'

const LONG = process.env.PHI_LONG === '1'
const dataKey = Uint8Array.from({ length: 32 }, (_, i) => i)
const keys = fixedKeys([
  { id: '00000102', key: dataKey, version: 2 },
  { id: 'fffefdfc', key: dataKey.toReversed(), version: 1, state: 'retiring' },
])
const inBody = { table: 'note', column: 'body' } as const
const body = makeField(keys, inBody)
const row = 'n-204'
const base: FieldVector = {
  dataKey,
  keyId: '00000102',
  nonce: Uint8Array.from({ length: 24 }, (_, i) => 255 - i),
  suite: 1,
  tenant: 'clinic-a',
  ...inBody,
  row,
  type: 'string',
}
const code = async (work: () => unknown) => (await refusal(work)).code

describe('known answers of format v1', () => {
  it('S18 opens a value of suite 1 that another implementation has written', () => {
    const sealed = referenceSeal(base, Buffer.from('Patient reports better sleep.'))
    expect(toHex(sealed)).toBe(
      '010100000102fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e862900b8f18d0d928ba841a94e2754266a01c49e604801bbfc60e60e61789657afba1f677be7a33da7a1a3d4557445fbddf90d34cc68447ad233455024c06ef79d92ef37d678514700ae6877eaa',
    )
    expect(body.openBytes(sealed, { row })).toBe('Patient reports better sleep.')
    expect(body.open(`phi1.${sealed.toString('base64url')}`, { row })).toBe('Patient reports better sleep.')
  })

  it('S89 makes 32 bytes of text 110 bytes, and the header is as described', () => {
    const sealed = body.sealBytes('Patient reports better sleep now', { row })
    expect(sealed).toHaveLength(110)
    expect(toHex(sealed.subarray(0, 6))).toBe('010100000102')
    expect(inspectSealed(sealed)).toEqual({ version: 1, suite: 'KC-XAES-256-GCM', keyId: '00000102' })
    expect(body.seal('Patient reports better sleep now', { row })).toMatch(/^phi1\.[A-Za-z0-9_-]{147}$/)
  })

  it.each([1, 2] as const)('S18 writes what the twin opens and opens what the twin writes, suite %i', (suite) => {
    const field = (options: FieldOptions) =>
      makeField(keys, { ...options, suite: suite === 1 ? 'KC-XAES-256-GCM' : 'XAES-256-GCM' })
    const text = fc.string({ unit: 'binary', maxLength: 200 })
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(
        text,
        name,
        name,
        name,
        fc.uint8Array({ minLength: 24, maxLength: 24 }),
        (value, table, column, id, nonce) => {
          fc.pre(!value.startsWith('phi1.') && [value, table, column, id].every((each) => each.isWellFormed()))
          const vector: FieldVector = { ...base, suite, nonce, table, column, row: id }
          const sealed = field({ table, column }).sealBytes(value, { row: id })
          expect(referenceOpen(vector, sealed)?.toString('utf8')).toBe(value)
          expect(field({ table, column }).openBytes(referenceSeal(vector, Buffer.from(value)), { row: id })).toBe(value)
        },
      ),
      { numRuns: LONG ? 5_000 : 50 },
    )
  })

  it('seals one value twice to two texts, and opens what a retiring key has sealed', () => {
    expect(body.seal('x', { row })).not.toBe(body.seal('x', { row }))
    const old = referenceSeal({ ...base, dataKey: dataKey.toReversed(), keyId: 'fffefdfc' }, Buffer.from('old'))
    expect(body.openBytes(old, { row })).toBe('old')
    expect(body.isCurrent(old)).toBe(false)
    const anew = body.reseal(old as Uint8Array, { row })
    expect(body.isCurrent(anew)).toBe(true)
    expect(body.openBytes(anew, { row })).toBe('old')
  })
})

describe('values come back as what they were', () => {
  const values: { readonly [Type in FieldType]: fc.Arbitrary<unknown> } = {
    string: fc.string({ unit: 'grapheme' }),
    number: fc.double({ noNaN: true, noDefaultInfinity: true }),
    bigint: fc.bigInt(),
    boolean: fc.boolean(),
    date: fc.date({ noInvalidDate: true }),
    json: fc.jsonValue({ noUnicodeString: true } as never),
    bytes: fc.uint8Array(),
    any: fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.bigInt(), fc.boolean(), fc.uint8Array()),
  }
  it.each(Object.keys(values) as FieldType[])('of type %s, in text and in bytes', (type) => {
    const field = makeField(keys, { ...inBody, type }) as Field<unknown>
    fc.assert(
      fc.property(values[type], (value) => {
        // RFC 8785 writes −0 as 0.
        const expected = type === 'json' ? JSON.parse(JSON.stringify(value)) : value
        expect(field.open(field.seal(value, { row }), { row })).toEqual(expected)
        expect(field.openBytes(field.sealBytes(value, { row }), { row })).toEqual(expected)
      }),
      { numRuns: LONG ? 2_000 : 60 },
    )
  })

  it('infers what a field takes and gives', () => {
    expectTypeOf(body.open).returns.toEqualTypeOf<string>()
    const count = makeField(keys, { ...inBody, type: 'number' })
    expectTypeOf(count.open).returns.toEqualTypeOf<number>()
    // @ts-expect-error a number column takes no text
    expect(() => count.seal('1', { row })).toThrow('declare the field')
  })

  it.each([
    ['string', 1],
    ['string', null],
    ['string', undefined],
    ['string', 'a lone \ud800'],
    ['number', Number.NaN],
    ['number', Number.POSITIVE_INFINITY],
    ['number', '1'],
    ['bigint', 1],
    ['boolean', 'true'],
    ['date', new Date(Number.NaN)],
    ['date', '2026-01-01'],
    ['json', undefined],
    ['json', { a: undefined }],
    ['json', [Number.NaN]],
    ['json', new Map()],
    ['bytes', 'text'],
    ['bytes', [1, 2]],
    ['any', undefined],
    ['any', Symbol('s')],
    ['any', () => 1],
  ] as const)('refuses for type %s the value %o, and says nothing of it', async (type, value) => {
    const field = makeField(keys, { ...inBody, type }) as Field<unknown>
    expect(await code(() => field.seal(value, { row }))).toBe('PHI_ENVELOPE_VALUE')
  })

  it.each(['string', 'number', 'bigint', 'boolean', 'date', 'json', 'bytes', 'any'] as const)(
    'refuses a value of type %s in a column that declares another, alike',
    async (type) => {
      const value = {
        string: 's',
        number: 1,
        bigint: 1n,
        boolean: true,
        date: new Date(0),
        json: [1],
        bytes: Uint8Array.of(1),
        any: 1,
      }[type]
      const sealed = (makeField(keys, { ...inBody, type }) as Field<unknown>).seal(value, { row })
      for (const other of Object.keys(values) as FieldType[]) {
        if (other === type) continue
        const error = await refusal(() => (makeField(keys, { ...inBody, type: other }) as Field<unknown>).open(sealed, { row }))
        expect(error.code).toBe('PHI_ENVELOPE_OPEN')
      }
    },
  )

  it('refuses bytes that are authentic but encode no value of the type', async () => {
    const wrong: Record<string, readonly number[][]> = {
      string: [[0xff], [0xc3]],
      number: [[], [2], [1, 0, 0, 0, 0, 0, 0, 0, 0], [2, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
      bigint: [[3], [3, 0x2b, 0x31], [3, 0x30, 0x31], [3, 0x2d, 0x30]],
      boolean: [[4], [4, 2], [4, 0, 0], [5, 0]],
      date: [[5], [5, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
      json: [[6], [6, 0x7b]],
      bytes: [[], [6]],
      any: [[], [0], [8, 1], [99]],
    }
    for (const [type, encodings] of Object.entries(wrong)) {
      const field = makeField(keys, { ...inBody, type: type as FieldType }) as Field<unknown>
      for (const encoded of encodings) {
        const sealed = referenceSeal({ ...base, type }, Uint8Array.from(encoded))
        expect(await code(() => field.openBytes(sealed, { row })), `${type} ${encoded}`).toBe('PHI_ENVELOPE_OPEN')
      }
    }
  })
})

describe('what does not open', () => {
  const secret = 'Beck Depression Inventory: 31'
  const sealed = body.sealBytes(secret, { row })
  const text = body.seal(secret, { row })
  const alike = { code: 'PHI_ENVELOPE_OPEN' }
  const seen = new Set<string>()
  const refusedAlike = async (work: () => unknown) => {
    const error = await refusal(work)
    expect(error).toMatchObject(alike)
    expect(error.cause).toBeUndefined()
    seen.add(JSON.stringify(error))
    expect(seen.size).toBe(1)
    expect(`${error.message}${error.stack}`).not.toMatch(/Beck|Inventory: 31/)
  }

  it('S18 every bit flip, every truncation, and any byte more', async () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const altered = Uint8Array.from(sealed)
      ;(altered[bit >> 3] as number) ^= 1 << (bit & 7)
      await refusedAlike(() => body.openBytes(altered, { row }))
    }
    for (let length = 0; length < sealed.length; length++)
      await refusedAlike(() => body.openBytes(sealed.subarray(0, length), { row }))
    await refusedAlike(() => body.openBytes(Uint8Array.from([...sealed, 0]), { row }))
    await refusedAlike(() => body.openBytes(Uint8Array.from([0, ...sealed]), { row }))
  })

  it('S91 a value moved to another row, column, table or tenant, or sealed by a key that is not here', async () => {
    const elsewhere: [Field<string>, string][] = [
      [body, 'n-205'],
      [body, 'n-20'],
      [body, 'n-2040'],
      [makeField(keys, { table: 'note', column: 'summary' }) as Field<string>, row],
      [makeField(keys, { table: 'notes', column: 'body' }) as Field<string>, row],
      [makeField(keys, { table: 'noteb', column: 'ody' }) as Field<string>, row],
      [makeField(fixedKeys([{ id: '00000102', key: dataKey }], { tenant: 'clinic-b' }), inBody) as Field<string>, row],
      [makeField(fixedKeys([{ id: '00000102', key: dataKey.toReversed() }]), inBody) as Field<string>, row],
      [makeField(fixedKeys([{ id: '00000103', key: dataKey }]), inBody) as Field<string>, row],
    ]
    for (const [field, at] of elsewhere) await refusedAlike(() => field.openBytes(sealed, { row: at }))
  })

  it('a suite that was swapped, and a commitment that was stripped, grafted or zeroed', async () => {
    const plain = makeField(keys, { ...inBody, suite: 'XAES-256-GCM' })
    const both = makeField(keys, { ...inBody, alsoOpens: ['XAES-256-GCM'] })
    const stripped = Uint8Array.from(sealed.subarray(0, sealed.length - 32))
    await refusedAlike(() => both.openBytes(stripped, { row }))
    stripped[1] = 2
    for (const field of [body, plain, both]) await refusedAlike(() => field.openBytes(stripped, { row }))
    const other = body.sealBytes(secret, { row })
    const grafted = Uint8Array.from(sealed)
    grafted.set(other.subarray(other.length - 32), grafted.length - 32)
    await refusedAlike(() => body.openBytes(grafted, { row }))
    grafted.fill(0, grafted.length - 32)
    await refusedAlike(() => body.openBytes(grafted, { row }))
    // Not declared: not opened, although the key is the same.
    await refusedAlike(() => body.openBytes(plain.sealBytes(secret, { row }), { row }))
    await refusedAlike(() => plain.openBytes(sealed, { row }))
    expect(both.openBytes(plain.sealBytes(secret, { row }), { row })).toBe(secret)
  })

  it('S18 one ciphertext under two keys: the nonce, body and tag may agree, the commitment cannot', async () => {
    // Whoever holds two keys can make one GCM ciphertext that both open. Here even the whole of it is kept, and only the key differs.
    const otherKeys = fixedKeys([{ id: '00000102', key: dataKey.map((byte) => byte ^ 1) }])
    const other = makeField(otherKeys, inBody)
    await refusedAlike(() => other.openBytes(sealed, { row }))
    const commitments = new Set<string>()
    for (let i = 0; i < 256; i++) {
      const key = dataKey.map((byte, at) => (at === 0 ? i : byte))
      commitments.add(toHex(referenceSeal({ ...base, dataKey: key }, Buffer.from('x')).subarray(-32)))
    }
    expect(commitments.size).toBe(256)
  })

  it('any other spelling of the text', async () => {
    const inner = text.slice(5)
    for (const other of [
      `phi1.${inner}=`,
      `phi1.${inner} `,
      `phi1. ${inner}`,
      `phi1.${inner}\n`,
      `phi1.${inner.replaceAll('_', '/').replaceAll('-', '+')}${inner.includes('_') || inner.includes('-') ? '' : '+'}`,
      `phi1.${inner.slice(0, 20)}\u0000${inner.slice(20)}`,
      `phi1.${inner.slice(0, -1)}${inner.endsWith('B') ? 'C' : 'B'}`,
      'phi1.',
      'phi1.AQ',
      `phi1.phi1.${inner}`,
    ]) {
      await refusedAlike(() => body.open(other, { row }))
    }
    // The last character of 147 holds 2 bits that say nothing; only one of the spellings is the value's.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const opened = [...alphabet].filter((last) => {
      try {
        return body.open(text.slice(0, -1) + last, { row }) === secret
      } catch {
        return false
      }
    })
    expect(opened).toEqual([text.at(-1)])
  })

  it('anything hostile, and never with another kind of failure', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.uint8Array({ maxLength: 100 }).map((tail) => Uint8Array.from([...sealed.subarray(0, 30), ...tail])),
        ),
        (bytes) => {
          expect(() => body.openBytes(bytes, { row })).toThrow(expect.objectContaining(alike))
          expect(() => body.open(`phi1.${Buffer.from(bytes).toString('base64url')}`, { row })).toThrow(
            expect.objectContaining(alike),
          )
        },
      ),
      { numRuns: LONG ? 100_000 : 500 },
    )
  })
})

describe('where others went wrong', () => {
  it('gives no plaintext for a value that is not sealed', async () => {
    for (const value of ['Patient reports better sleep.', '', 'PHI1.abc', ' phi1.abc', 'phi2.abc']) {
      expect(await code(() => body.open(value, { row }))).toBe('PHI_ENVELOPE_NOT_SEALED')
    }
    for (const value of [null, undefined, 42, {}, Uint8Array.of(1)]) {
      expect(await code(() => body.open(value as never, { row }))).toBe('PHI_ENVELOPE_NOT_SEALED')
    }
    expect(await code(() => body.openBytes('phi1.abc' as never, { row }))).toBe('PHI_ENVELOPE_NOT_SEALED')
  })

  it('does not seal what is sealed already', async () => {
    const sealed = body.seal('x', { row })
    expect(await code(() => body.seal(sealed, { row }))).toBe('PHI_ENVELOPE_ALREADY_SEALED')
    const bytes = makeField(keys, { ...inBody, type: 'bytes' })
    expect(await code(() => bytes.sealBytes(body.sealBytes('x', { row }), { row }))).toBe('PHI_ENVELOPE_ALREADY_SEALED')
    // A text that only begins so, and bytes of somebody else, are data.
    expect(body.open(body.seal('phi1. is our prefix', { row }), { row })).toBe('phi1. is our prefix')
  })

  it('needs a row, unless the field says that it does without', async () => {
    for (const none of [
      undefined,
      {},
      { row: '' },
      { row: null },
      { row: undefined },
      { row: 1.5 },
      { row: Number.NaN },
      { row: {} },
      { row: 'x'.repeat(257) },
      { row: '\ud800' },
    ]) {
      expect(await code(() => body.seal('x', none as never))).toBe('PHI_ENVELOPE_ROW')
    }
    const unbound = makeField(keys, { ...inBody, unboundRow: true })
    expect(unbound.open(unbound.seal('x'))).toBe('x')
    expect(await code(() => unbound.seal('x', { row }))).toBe('PHI_ENVELOPE_ROW')
    expect(await code(() => body.open(unbound.seal('x'), { row }))).toBe('PHI_ENVELOPE_OPEN')
    expect(await code(() => unbound.open(body.seal('x', { row })))).toBe('PHI_ENVELOPE_OPEN')
  })

  it('takes a row as number, bigint or text for the same row, up to the longest', () => {
    expect(body.open(body.seal('x', { row: 204 }), { row: '204' })).toBe('x')
    expect(body.open(body.seal('x', { row: 2n ** 70n }), { row: String(2n ** 70n) })).toBe('x')
    const longest = '\u{ffff}'.repeat(256)
    expect(body.open(body.seal('x', { row: longest }), { row: longest })).toBe('x')
    expect(body.open(body.seal('y', { row }), { row })).toBe('y')
  })

  it('hands old plaintext back only where it was told to, until a date, and reports every hit', async () => {
    const clock = fixedClock('2026-11-21T12:00:00.000Z')
    const hits: unknown[] = []
    const moving = makeField(
      keys,
      { ...inBody, plaintext: { until: '2026-12-01T00:00:00.000Z', onPlaintext: (hit) => hits.push(hit) } },
      clock,
    )
    expect(moving.open('old text', { row })).toBe('old text')
    expect(moving.isCurrent('old text')).toBe(false)
    const sealed = moving.reseal('old text', { row })
    expect(body.open(sealed, { row })).toBe('old text')
    expect(hits).toEqual([
      { ...inBody, row },
      { ...inBody, row },
    ])
    // Whatever claims to be sealed must open.
    expect(await code(() => moving.open(`${sealed.slice(0, -2)}AA`, { row }))).toBe('PHI_ENVELOPE_OPEN')
    expect(await code(() => moving.open('phi1.not really', { row }))).toBe('PHI_ENVELOPE_OPEN')
    clock.set('2026-12-01T00:00:00.000Z')
    expect(await code(() => moving.open('old text', { row }))).toBe('PHI_ENVELOPE_NOT_SEALED')
    expect(hits).toHaveLength(2)
    expect(
      await code(() =>
        makeField(keys, { ...inBody, type: 'json', plaintext: { until: '2026-12-01T00:00:00.000Z', onPlaintext() {} } }),
      ),
    ).toBe('PHI_ENVELOPE_OPTIONS')
  })

  it.each([
    { table: '', column: 'body' },
    { table: 'note', column: 1 },
    { table: 'note' },
    { table: 'note', column: 'body', suite: 'AES-256-GCM' },
    { table: 'note', column: 'body', type: 'text' },
    { table: 'note', column: 'body', unbound: true },
    { table: 'n\ud800', column: 'body' },
    null,
  ])('refuses the options %j', async (options) => {
    expect(await code(() => makeField(keys, options as never))).toBe('PHI_ENVELOPE_OPTIONS')
  })

  it('counts what was sealed and what was opened', () => {
    const counted = fixedKeys([{ id: '0a0b0c0d', key: dataKey }])
    const field = makeField(counted, inBody)
    const sealed = field.seal('x', { row })
    field.open(sealed, { row })
    field.open(sealed, { row })
    expect(counted.work).toEqual({ sealed: 1, opened: 2 })
  })
})
