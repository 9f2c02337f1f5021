import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { chromiumPath, inChromium } from '../../../core/test/chromium.ts'
import vectors from '../../vectors/search-v1.json' with { type: 'json' }

const chromium = chromiumPath()

describe.skipIf(chromium === undefined)(`in Chromium${chromium === undefined ? ' (not found: skipped)' : ''}`, () => {
  it('S91 terms and deterministic values are the same bytes as anywhere, and normalisers the same rules', async () => {
    const source = `
      import { fromHex, toHex } from '@phi/core'
      import { searchKeys } from '../../test/search-keys.ts'
      import { leakageReport, makeBlindIndex, makeCompoundIndex, makeDeterministicField, normalizers, planIndex } from './index.ts'
      import vectors from '../../vectors/search-v1.json'

      const byName = Object.fromEntries(Object.values(normalizers).map((make) => [make().name, make()]))
      const keysOf = (tenant, purpose, hex) => searchKeys({ tenant, purpose, keys: [{ id: vectors.keyId, bytes: fromHex(hex) }] })
      globalThis.result = {
        blind: vectors.blind.map(({ tenant, table, column, index, normalizer, bits, value }) =>
          makeBlindIndex(keysOf(tenant, 'index', vectors.indexKey), { table, column, index, normalizer: byName[normalizer], bits }).term(value)),
        compound: vectors.compound.map(({ tenant, table, index, parts, bits, value }) =>
          makeCompoundIndex(keysOf(tenant, 'index', vectors.indexKey), {
            table, index, bits, parts: parts.map(({ column, normalizer }) => ({ column, normalizer: byName[normalizer] })),
          }).term(value)),
        deterministic: vectors.deterministic.map(({ tenant, table, column, type, value }) => {
          const field = makeDeterministicField(keysOf(tenant, 'deterministic', vectors.deterministicKey), { table, column, type })
          const sealed = field.seal(type === 'bytes' ? fromHex(value) : value)
          const opened = field.open(sealed)
          return [sealed, type === 'bytes' ? toHex(opened) : opened]
        }),
        verdict: leakageReport({ counts: [900, 100] }, { bits: 8 }).verdict,
        bits: planIndex({ rows: 50000 }).bits,
        node: typeof process,
      }`
    type Seen = {
      blind: string[]
      compound: string[]
      deterministic: [string, string][]
      verdict: string
      bits: number
      node: string
    }
    const seen = await inChromium<Seen>(source, fileURLToPath(new URL('.', import.meta.url)))
    expect(seen.blind).toEqual(vectors.blind.map(({ term }) => term))
    expect(seen.compound).toEqual(vectors.compound.map(({ term }) => term))
    expect(seen.deterministic).toEqual(vectors.deterministic.map(({ sealed, value }) => [sealed, value]))
    expect([seen.verdict, seen.bits, seen.node]).toEqual(['high', 15, 'undefined'])
  })
})
