import { createHash, createHmac } from 'node:crypto'
import { fromHex, toHex, utf8 } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { searchKeys, testKey } from '../../test/search-keys.ts'
import vectors from '../../vectors/search-v1.json' with { type: 'json' }
import { type BlindIndexOptions, makeBlindIndex } from './blind-index.ts'
import type { Normalizer } from './normalizer.ts'
import { normalizers } from './normalizers.ts'

const byName: Readonly<Record<string, Normalizer<never>>> = Object.fromEntries(
  [
    normalizers.email(),
    normalizers.phone(),
    normalizers.name(),
    normalizers.date(),
    normalizers.mrn(),
    normalizers.text(),
    normalizers.exact(),
  ].map((each) => [each.name, each]),
)
const keys = searchKeys({})
const email: BlindIndexOptions = {
  table: 'patient',
  column: 'email',
  index: 'email',
  normalizer: normalizers.email(),
  bits: 64,
}

describe('blind indexes', () => {
  it('give the terms that another implementation computed from the description', () => {
    const index = { id: vectors.keyId, bytes: fromHex(vectors.indexKey) }
    for (const { tenant, table, column, index: of, normalizer, bits, value, normal, term } of vectors.blind) {
      const own = byName[normalizer] as Normalizer
      const made = makeBlindIndex(searchKeys({ tenant, keys: [index] }), { table, column, index: of, normalizer: own, bits })
      expect(own.normalize(value)).toBe(normal)
      expect(made.term(value)).toBe(term)
      expect(made.term(normal)).toBe(term)
    }
    expect(vectors.blind.length).toBe(10)
  })

  it('are HMAC-SHA-256 under a key of HKDF-Expand-SHA-512, written out plainly', () => {
    const part = (text: string) => {
      const bytes = Buffer.from(text)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return Buffer.concat([length, bytes])
    }
    const plainTerm = (tenant: string, table: string, column: string, index: string, value: string, bits: number) => {
      const info = Buffer.concat(['phi.envelope/blind-index/v1', tenant, table, column, index, 'exact/1'].map(part))
      const key = createHmac('sha512', testKey(0)).update(info).update(Uint8Array.of(1)).digest().subarray(0, 32)
      const binary = BigInt(`0x${createHmac('sha256', key).update(value).digest('hex')}`)
        .toString(2)
        .padStart(256, '0')
      const kept = binary.slice(0, bits).padEnd(Math.ceil(bits / 8) * 8, '0')
      return `00c0ffee${(kept.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2).toString(16).padStart(2, '0')).join('')}`
    }
    const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(word, word, word, word, fc.integer({ min: 1, max: 256 }), (table, column, index, value, bits) => {
        const made = makeBlindIndex(keys, { table, column, index, normalizer: normalizers.exact(), bits })
        expect(made.term(value)).toBe(plainTerm('clinic-a', table, column, index, value, bits))
      }),
      { numRuns: 300 },
    )
  })

  it('S91 differ by tenant, key, table, column, index and normaliser, and by nothing else', () => {
    const terms = new Set<string>()
    const add = (of: typeof keys, options: Partial<BlindIndexOptions>) =>
      terms.add(
        makeBlindIndex(of, { ...email, bits: 256, ...options })
          .term('ann@example.org')
          .slice(8),
      )
    add(keys, {})
    add(searchKeys({ tenant: 'clinic-b' }), {})
    add(searchKeys({ keys: [{ id: '00c0ffee', bytes: testKey(1) }] }), {})
    add(keys, { table: 'person' })
    add(keys, { column: 'mail' })
    add(keys, { index: 'second' })
    add(keys, { normalizer: normalizers.exact() })
    // Where one name ends and the next begins counts too.
    add(keys, { table: 'patientemail', column: 'e', index: 'mail' })
    add(keys, { table: 'patient', column: 'emaile', index: 'mail' })
    expect(terms.size).toBe(9)
    add(searchKeys({ keys: [{ id: '00c0ffed', bytes: testKey(0) }] }), {})
    expect(terms.size).toBe(9)
  })

  it('are equal exactly where the normal forms are', () => {
    const index = makeBlindIndex(keys, { ...email, normalizer: normalizers.name(), bits: 256 })
    const words = fc.array(fc.constantFrom('a', 'A', 'ä', 'á', ' ', '-', '’', 'b', 'ß', 'SS', 'æ'), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(words, words, (left, right) => {
        const [a, b] = [`x${left.join('')}`, `x${right.join('')}`]
        const equal = normalizers.name().normalize(a) === normalizers.name().normalize(b)
        expect(index.term(a) === index.term(b)).toBe(equal)
        expect(index.same(a, b)).toBe(equal)
        expect(index.matches(index.term(a), b)).toBe(equal)
      }),
      { numRuns: 500 },
    )
  })

  it('with fewer bits are the beginning of those with more', () => {
    const of = (bits: number) => makeBlindIndex(keys, { ...email, bits, output: 'bytes' }).term('ann@example.org')
    const whole = of(256)
    expect(whole.length).toBe(36)
    for (let bits = 1; bits < 256; bits++) {
      const term = of(bits)
      const last = Math.ceil(bits / 8) - 1
      const expected = whole.slice(0, 5 + last)
      expected[4 + last] = (expected[4 + last] as number) & (0xff00 >> (bits - last * 8))
      expect(term).toEqual(expected)
    }
  })

  it('fall evenly on their terms', () => {
    const index = makeBlindIndex(keys, { ...email, normalizer: normalizers.exact(), bits: 4 })
    const counts = new Map<string, number>()
    for (let i = 0; i < 16_000; i++) counts.set(index.term(`v${i}`), (counts.get(index.term(`v${i}`)) ?? 0) + 1)
    expect(counts.size).toBe(16)
    // χ² with 15 degrees of freedom; 1 in 10⁶ exceeds 56. The key is fixed, so that this never flickers.
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
    expect(chi).toBeLessThan(56)
  })

  it('are nothing that can be computed without the key: no plain hash, and no HMAC under a public one', () => {
    const value = 'ann@example.org'
    const term = makeBlindIndex(keys, { ...email, bits: 256 })
      .term(value)
      .slice(8)
    const names = ['clinic-a', 'patient', 'email', 'email/1', '00c0ffee', 'phi.envelope/blind-index/v1', '']
    for (const hash of ['sha256', 'sha512', 'sha1', 'md5']) {
      expect(createHash(hash).update(value).digest('hex')).not.toContain(term.slice(0, 16))
      for (const name of names) {
        expect(createHmac(hash, name).update(value).digest('hex')).not.toContain(term.slice(0, 16))
        expect(
          createHash(hash)
            .update(name + value)
            .digest('hex'),
        ).not.toContain(term.slice(0, 16))
        expect(
          createHash(hash)
            .update(value + name)
            .digest('hex'),
        ).not.toContain(term.slice(0, 16))
      }
    }
    // Nor the data key itself: what another use of it would give.
    expect(createHmac('sha256', testKey(0)).update(value).digest('hex')).not.toBe(term)
  })

  it('S19 S90 write under the active key, search under every one, and say which key a term is under', () => {
    const [old, now] = [
      { id: '0000000a', bytes: testKey(7) },
      { id: '0000000b', bytes: testKey(9) },
    ]
    const turning = searchKeys({ keys: [old] })
    const index = makeBlindIndex(turning, email)
    const before = index.term('ann@example.org')
    turning.replace([now, { ...old, state: 'retiring' }])
    const after = index.term('ann@example.org')
    expect([before.slice(0, 8), after.slice(0, 8)]).toEqual(['0000000a', '0000000b'])
    expect(before.slice(8)).not.toBe(after.slice(8))
    expect(index.terms('ANN@example.org')).toEqual([after, before])
    expect([index.matches(before, 'ann@example.org'), index.matches(after, 'ann@example.org')]).toEqual([true, true])
    expect([index.matches(before, 'bob@example.org'), index.matches(after, 'bob@example.org')]).toEqual([false, false])
    expect([index.standing(before), index.standing(after), index.standing('ffffffff0000000000000000')]).toEqual([
      'retiring',
      'active',
      'none',
    ])
    turning.replace([now])
    expect(index.terms('ann@example.org')).toEqual([after])
    expect(index.standing(before)).toBe('none')
  })

  it('count their work, and as no sealing', () => {
    const counted = searchKeys({})
    makeBlindIndex(counted, email).term('ann@example.org')
    expect(counted.work).toEqual([{ id: '00c0ffee', sealed: false, bytes: 15 }])
  })

  it('come as text or as bytes, the same ones', () => {
    const bytes = makeBlindIndex(keys, { ...email, output: 'bytes' })
    const text = makeBlindIndex(keys, email)
    expect(toHex(bytes.term('ann@example.org'))).toBe(text.term('ann@example.org'))
    expect(bytes.matches(Buffer.from(bytes.term('ann@example.org')), 'ann@example.org')).toBe(true)
    expect(text.term('ann@example.org')).toMatch(/^[0-9a-f]{24}$/)
  })

  it('leave null as it is when told to, and refuse it in a search', async () => {
    const index = makeBlindIndex(keys, email)
    expect(index.termOrNull(null)).toBe(null)
    expect(index.termOrNull('ann@example.org')).toBe(index.term('ann@example.org'))
    expect(index.matches(null, 'ann@example.org')).toBe(false)
    for (const nothing of [
      () => index.term(null as unknown as string),
      () => index.terms(null as unknown as string),
      () => index.termOrNull(undefined as unknown as null),
      () => index.matches(null, null as unknown as string),
      () => index.term(''),
      () => index.termOrNull(''),
    ]) {
      expect((await refusal(nothing)).code).toBe('PHI_ENVELOPE_INDEX')
    }
  })

  it('do nothing without fresh keys, and never search for nothing', async () => {
    const index = makeBlindIndex(keys, email)
    const term = index.term('ann@example.org')
    const verbs = [
      (of: typeof index) => of.term('ann@example.org'),
      (of: typeof index) => of.terms('ann@example.org'),
      (of: typeof index) => of.matches(term, 'ann@example.org'),
    ]
    const stale = searchKeys({})
    const staleIndex = makeBlindIndex(stale, email)
    stale.setStale(true)
    for (const verb of verbs) expect((await refusal(() => verb(staleIndex))).code).toBe('PHI_ENVELOPE_STALE')
    const none = makeBlindIndex(searchKeys({ keys: [] }), email)
    for (const verb of verbs) expect((await refusal(() => verb(none))).code).toBe('PHI_ENVELOPE_NO_KEY')
  })

  it('S91 refuse the keys of another purpose, and of a single patient', async () => {
    for (const of of [
      searchKeys({ purpose: 'field' }),
      searchKeys({ purpose: 'deterministic' }),
      searchKeys({ subject: 'p-1' }),
    ]) {
      expect((await refusal(() => makeBlindIndex(of, email))).code).toBe('PHI_ENVELOPE_OPTIONS')
    }
  })

  it('refuse options that do not fit', async () => {
    const wrong: readonly object[] = [
      { bits: 0 },
      { bits: 257 },
      { bits: 1.5 },
      { bits: undefined },
      { table: '' },
      { table: 'x'.repeat(129) },
      { column: '\ud800' },
      { index: 7 },
      { normalizer: (value: string) => value },
      { normalizer: { name: 'email', normalize: String } },
      { normalizer: { name: 'Email/1', normalize: String } },
      { output: 'base64' },
      { unknown: 1 },
    ]
    for (const change of wrong) {
      expect((await refusal(() => makeBlindIndex(keys, { ...email, ...change }))).code).toBe('PHI_ENVELOPE_OPTIONS')
    }
  })

  it('refuse stored terms that no index wrote, all alike and without quoting them', async () => {
    const index = makeBlindIndex(keys, { ...email, bits: 12 })
    const good = index.term('ann@example.org')
    const hostile: readonly unknown[] = [
      '',
      good.slice(0, -2),
      `${good}00`,
      good.toUpperCase(),
      `${good.slice(0, -1)}f`,
      ` ${good}`,
      'Hyperion',
      'z'.repeat(good.length),
      'a'.repeat(10_000_000),
      utf8(good),
      42,
      undefined,
    ]
    for (const stored of hostile) {
      for (const verb of [() => index.matches(stored as string, 'ann@example.org'), () => index.standing(stored as string)]) {
        const error = await refusal(verb)
        expect(error.code).toBe('PHI_ENVELOPE_INDEX')
        expect(error.message).not.toContain('Hyperion')
      }
    }
    expect((await refusal(() => index.matches('ffffffff0000', 'ann@example.org'))).code).toBe('PHI_ENVELOPE_NO_KEY')
  })
})
