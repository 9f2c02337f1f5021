import { fromHex } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { searchKeys } from '../../test/search-keys.ts'
import vectors from '../../vectors/search-v1.json' with { type: 'json' }
import { makeBlindIndex } from './blind-index.ts'
import { type CompoundPart, makeCompoundIndex } from './compound-index.ts'
import type { Normalizer } from './normalizer.ts'
import { normalizers } from './normalizers.ts'

const { name, date, exact } = normalizers
const keys = searchKeys({})
const who = {
  table: 'patient',
  index: 'who',
  parts: [
    { column: 'last_name', normalizer: name() },
    { column: 'birth_date', normalizer: date() },
  ],
  bits: 256,
} as const
const index = makeCompoundIndex(keys, who)
const lee = { last_name: 'Lee', birth_date: '1980-02-29' }

describe('compound indexes', () => {
  it('give the terms that another implementation computed from the description', () => {
    const key = { id: vectors.keyId, bytes: fromHex(vectors.indexKey) }
    const byName: Record<string, Normalizer<never>> = { 'name/1': name(), 'date/1': date(), 'exact/1': exact() }
    for (const { tenant, table, index: of, parts, bits, value, term } of vectors.compound) {
      const own: CompoundPart[] = parts.map((part) => ({
        column: part.column,
        normalizer: byName[part.normalizer] as Normalizer<never>,
      }))
      const made = makeCompoundIndex(searchKeys({ tenant, keys: [key] }), { table, index: of, parts: own, bits })
      expect(made.term(value as never)).toBe(term)
    }
    expect(vectors.compound.length).toBe(3)
  })

  it('take what the normalisers of their parts take, by column', () => {
    expectTypeOf(index.term).parameter(0).toEqualTypeOf<{ readonly last_name: string; readonly birth_date: string | Date }>()
    expectTypeOf(index.termOrNull)
      .parameter(0)
      .toEqualTypeOf<{ readonly last_name: string | null; readonly birth_date: string | Date | null }>()
    const term = index.term(lee)
    expect(index.term({ birth_date: new Date('1980-02-29'), last_name: ' LEE ' })).toBe(term)
    // A whole row will do: other columns do not count.
    expect(index.term({ ...lee, first_name: 'Ann' } as typeof lee)).toBe(term)
    expect(index.matches(term, lee)).toBe(true)
    expect(index.same(lee, { last_name: 'LEE', birth_date: new Date('1980-02-29') })).toBe(true)
    expect(index.terms(lee)).toEqual([term])
    expect(index.columns).toEqual(['last_name', 'birth_date'])
  })

  it('differ by the order of their columns, by their names, and from an index over one', () => {
    const terms = new Set([
      index.term(lee),
      makeCompoundIndex(keys, { ...who, parts: [who.parts[1], who.parts[0]] }).term(lee),
      makeCompoundIndex(keys, { ...who, index: 'other' }).term(lee),
      makeCompoundIndex(keys, { ...who, table: 'person' }).term(lee),
      makeCompoundIndex(searchKeys({ tenant: 'clinic-b' }), who).term(lee),
      makeCompoundIndex(keys, {
        ...who,
        parts: [
          { column: 'last_name', normalizer: exact() },
          { column: 'birth_date', normalizer: date() },
        ],
      }).term({ last_name: 'lee', birth_date: '1980-02-29' }),
      makeBlindIndex(keys, { table: 'patient', column: 'last_name', index: 'who', normalizer: exact(), bits: 256 }).term(
        'lee1980-02-29',
      ),
    ])
    expect(terms.size).toBe(7)
  })

  it('are equal exactly where every part is: nothing moves from one part to the next', () => {
    const pair = makeCompoundIndex(keys, {
      ...who,
      parts: [
        { column: 'a', normalizer: exact() },
        { column: 'b', normalizer: exact() },
      ],
    })
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\u0000', '\u0001'), minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(text, text, text, text, (a, b, c, d) => {
        expect(pair.term({ a, b }) === pair.term({ a: c, b: d })).toBe(a === c && b === d)
      }),
      { numRuns: 1000, examples: [['ab', 'c', 'a', 'bc'] as [string, string, string, string]] },
    )
  })

  it('refuse a value with a part missing, and leave a row without one unindexed', async () => {
    expect(index.termOrNull({ last_name: 'Lee', birth_date: null })).toBe(null)
    expect(index.termOrNull({ last_name: null, birth_date: null })).toBe(null)
    expect(index.termOrNull(lee)).toBe(index.term(lee))
    const inherited = Object.create(lee) as typeof lee
    const partial = [
      { last_name: 'Lee' },
      { ...lee, birth_date: undefined },
      {},
      null,
      undefined,
      'Lee',
      inherited,
    ] as unknown as (typeof lee)[]
    for (const value of partial) {
      for (const verb of [() => index.term(value), () => index.terms(value), () => index.termOrNull(value)]) {
        expect((await refusal(verb)).code).toBe('PHI_ENVELOPE_INDEX')
      }
    }
    for (const value of [
      { ...lee, birth_date: null },
      { ...lee, last_name: '' },
      { ...lee, birth_date: '2001-02-30' },
    ]) {
      expect((await refusal(() => index.term(value as typeof lee))).code).toBe('PHI_ENVELOPE_INDEX')
    }
  })

  it('refuse options that do not fit', async () => {
    const [first, second] = who.parts
    const wrong: readonly object[] = [
      { parts: [] },
      { parts: [first] },
      { parts: [first, first] },
      { parts: [first, { ...second, normalizer: 'date/1' }] },
      { parts: [first, { column: 'x' }] },
      { parts: Array.from({ length: 17 }, (_, i) => ({ column: `c${i}`, normalizer: exact() })) },
      { bits: 0 },
      { column: 'last_name' },
    ]
    for (const change of wrong) {
      expect((await refusal(() => makeCompoundIndex(keys, { ...who, ...change } as never))).code).toBe('PHI_ENVELOPE_OPTIONS')
    }
    expect((await refusal(() => makeCompoundIndex(searchKeys({ subject: 'p-1' }), who))).code).toBe('PHI_ENVELOPE_OPTIONS')
  })
})
