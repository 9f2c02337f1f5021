import { fromHex, toHex } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { searchKeys, testKey } from '../../test/search-keys.ts'
import vectors from '../../vectors/search-v1.json' with { type: 'json' }
import { makeField } from '../field/field.ts'
import { makeDeterministicField } from './deterministic-field.ts'

const keys = searchKeys({ purpose: 'deterministic' })
const column = { table: 'patient', column: 'mrn' } as const
const mrn = makeDeterministicField(keys, column)

describe('deterministic fields', () => {
  it('S18 S89 seal as another implementation of AES-256-SIV did from the description', () => {
    const key = { id: vectors.keyId, bytes: fromHex(vectors.deterministicKey) }
    for (const { tenant, table, column, type, value, sealed } of vectors.deterministic) {
      const of = searchKeys({ tenant, purpose: 'deterministic', keys: [key] })
      if (type === 'string') {
        const field = makeDeterministicField(of, { table, column })
        expect(field.seal(value)).toBe(sealed)
        expect(field.open(sealed)).toBe(value)
      } else {
        const field = makeDeterministicField(of, { table, column, type: 'bytes' })
        expect(field.seal(fromHex(value))).toBe(sealed)
        expect(toHex(field.open(sealed))).toBe(value)
      }
    }
    expect(vectors.deterministic.length).toBe(6)
  })

  it('give one text for one value, and open to it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 60 }), (a, b) => {
        const sealed = mrn.seal(a)
        expect(sealed).toMatch(/^phi1\.[A-Za-z0-9_-]+$/)
        expect(mrn.open(sealed)).toBe(a)
        expect(mrn.seal(b) === sealed).toBe(a === b)
        expect(mrn.candidates(a)).toEqual([sealed])
      }),
      { numRuns: 300 },
    )
    const bytes = makeDeterministicField(keys, { ...column, type: 'bytes' })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (value) => {
        expect(bytes.open(bytes.seal(value))).toEqual(value)
      }),
      { numRuns: 200 },
    )
  })

  it('S91 differ by tenant, key, table, column and type, and open nowhere else', async () => {
    const others = [
      makeDeterministicField(searchKeys({ tenant: 'clinic-b', purpose: 'deterministic' }), column),
      makeDeterministicField(searchKeys({ purpose: 'deterministic', keys: [{ id: '00c0ffee', bytes: testKey(1) }] }), column),
      makeDeterministicField(keys, { ...column, table: 'person' }),
      makeDeterministicField(keys, { ...column, column: 'ssn' }),
    ]
    const sealed = mrn.seal('00123AB')
    for (const other of others) {
      expect(other.seal('00123AB')).not.toBe(sealed)
      expect((await refusal(() => other.open(sealed))).code).toBe('PHI_ENVELOPE_OPEN')
      expect((await refusal(() => mrn.open(other.seal('00123AB')))).code).toBe('PHI_ENVELOPE_OPEN')
    }
    const bytes = makeDeterministicField(keys, { ...column, type: 'bytes' })
    expect((await refusal(() => bytes.open(sealed))).code).toBe('PHI_ENVELOPE_OPEN')
    expect((await refusal(() => mrn.open(bytes.seal(Uint8Array.of(65))))).code).toBe('PHI_ENVELOPE_OPEN')
  })

  it('S19 S90 seal under the active key, and search and open under every one', async () => {
    const [old, now] = [
      { id: '0000000a', bytes: testKey(7) },
      { id: '0000000b', bytes: testKey(9) },
    ]
    const turning = searchKeys({ purpose: 'deterministic', keys: [old] })
    const field = makeDeterministicField(turning, column)
    const before = field.seal('00123AB')
    turning.replace([now, { ...old, state: 'retiring' }])
    const after = field.seal('00123AB')
    expect(field.candidates('00123AB')).toEqual([after, before])
    expect([field.open(before), field.open(after)]).toEqual(['00123AB', '00123AB'])
    expect([field.isCurrent(before), field.isCurrent(after)]).toEqual([false, true])
    turning.replace([now])
    expect((await refusal(() => field.open(before))).code).toBe('PHI_ENVELOPE_OPEN')
    turning.replace([])
    expect((await refusal(() => field.candidates('00123AB'))).code).toBe('PHI_ENVELOPE_NO_KEY')
    turning.setStale(true)
    for (const verb of [() => field.seal('x'), () => field.open(after), () => field.candidates('x')]) {
      expect((await refusal(verb)).code).toBe('PHI_ENVELOPE_STALE')
    }
  })

  it('count what they seal for storing, and not what they search for', () => {
    const counted = searchKeys({ purpose: 'deterministic' })
    const field = makeDeterministicField(counted, column)
    field.candidates('abc')
    field.open(field.seal('abc'))
    expect(counted.work.map(({ sealed }) => sealed)).toEqual([false, true, false])
  })

  it('refuse whatever was altered, cut, lengthened or spelled otherwise, all alike', async () => {
    const sealed = mrn.seal('00123AB')
    const bytes = Buffer.from(sealed.slice(5), 'base64url')
    const hostile: string[] = [
      'phi1.',
      'phi1.AQ',
      `${sealed}=`,
      `${sealed}A`,
      `${sealed}\n`,
      sealed.slice(0, -1),
      sealed.slice(0, 5 + 28),
      `phi1.${bytes.toString('base64')}=`,
      // A sealed field's header in front of the same body.
      `phi1.${Buffer.concat([Uint8Array.of(1, 1), bytes.subarray(2)]).toString('base64url')}`,
      `phi1.${Buffer.concat([Uint8Array.of(2, 4), bytes.subarray(2)]).toString('base64url')}`,
      `phi1.${Buffer.from('01040000000000', 'hex').toString('base64url')}`,
      `phi1.${'A'.repeat(1_000_000)}`,
    ]
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      hostile.push(`phi1.${flipped.toString('base64url')}`)
    }
    const messages = new Set<string>()
    for (const text of hostile) {
      const error = await refusal(() => mrn.open(text))
      expect(error.code).toBe('PHI_ENVELOPE_OPEN')
      messages.add(error.message)
    }
    expect(messages.size).toBe(1)
  })

  it('never hand back what is not sealed, and never seal twice', async () => {
    for (const plain of ['00123AB', '', 'PHI1.AQ', ' phi1.AQ', null, undefined, 42, Uint8Array.of(1, 4)]) {
      expect((await refusal(() => mrn.open(plain as string))).code).toBe('PHI_ENVELOPE_NOT_SEALED')
    }
    const sealed = mrn.seal('00123AB')
    const field = makeField(searchKeys({ purpose: 'field' }), { table: 'note', column: 'body' }).seal('x', { row: 'n-1' })
    const bytes = makeDeterministicField(keys, { ...column, type: 'bytes' })
    for (const verb of [
      () => mrn.seal(sealed),
      () => mrn.candidates(sealed),
      () => mrn.seal(field),
      () => bytes.seal(Buffer.from(sealed.slice(5), 'base64url')),
    ]) {
      expect((await refusal(verb)).code).toBe('PHI_ENVELOPE_ALREADY_SEALED')
    }
    // Its beginning alone makes no sealed value.
    expect(mrn.open(mrn.seal('phi1.'))).toBe('phi1.')
  })

  it('refuse values of another type, lone surrogates and long ones, without quoting them', async () => {
    const hostile: readonly unknown[] = [
      null,
      undefined,
      42,
      new Date(),
      'Hyperion\ud800',
      'Hyperion'.repeat(10_000),
      '€'.repeat(30_000),
    ]
    for (const value of hostile) {
      const error = await refusal(() => mrn.seal(value as string))
      expect(error.code).toBe('PHI_ENVELOPE_VALUE')
      expect(`${error.message}${JSON.stringify(error)}`).not.toContain('Hyperion')
    }
    expect(mrn.open(mrn.seal('x'.repeat(65_536))).length).toBe(65_536)
  })

  it('S91 refuse the keys of another purpose or of a single patient, and options that do not fit', async () => {
    const wrong: (() => unknown)[] = [
      () => makeDeterministicField(searchKeys({ purpose: 'field' }), column),
      () => makeDeterministicField(searchKeys({ purpose: 'index' }), column),
      () => makeDeterministicField(searchKeys({ purpose: 'deterministic', subject: 'p-1' }), column),
      () => makeDeterministicField(keys, { ...column, type: 'number' as 'string' }),
      () => makeDeterministicField(keys, { ...column, table: '' }),
      () => makeDeterministicField(keys, { ...column, row: 'x' } as typeof column),
    ]
    for (const make of wrong) expect((await refusal(make)).code).toBe('PHI_ENVELOPE_OPTIONS')
  })
})
