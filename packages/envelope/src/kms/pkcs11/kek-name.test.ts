import { fromHex, toHex } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatKekName, parseKekName } from './kek-name.ts'

const text = (maxLength: number) => fc.string({ unit: 'grapheme', minLength: 1, maxLength })
const name = fc.record(
  { serial: text(16), label: text(64), id: fc.uint8Array({ minLength: 1, maxLength: 24 }) },
  { requiredKeys: ['serial', 'label'] },
)

describe('names of keys as PKCS #11 URIs (RFC 7512)', () => {
  it('spells a version with every byte of its id escaped', () => {
    const known = { serial: '9d3632f4343c57c8', label: 'phi kek', id: fromHex('0000000112ab45ff') }
    const kek = 'pkcs11:serial=9d3632f4343c57c8;object=phi%20kek;id=%00%00%00%01%12%AB%45%FF;type=secret-key'
    expect(formatKekName(known)).toBe(kek)
    expect(parseKekName(kek)).toEqual(known)
  })

  it('spells a key without a version, and escapes what separates', () => {
    const kek = "pkcs11:serial=a%3Bb;object=%C3%A4%3D%2F%3F%25%27%21'x;type=secret-key"
    expect(parseKekName(kek)).toBeUndefined()
    expect(parseKekName(kek.replace("'x", '%27x'))).toEqual({ serial: 'a;b', label: "ä=/?%'!'x" })
  })

  it('reads back what it wrote, and tells any two names apart', () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(parseKekName(formatKekName(a))).toEqual(a)
        const same =
          a.serial === b.serial && a.label === b.label && toHex(a.id ?? new Uint8Array()) === toHex(b.id ?? new Uint8Array())
        expect(formatKekName(a) === formatKekName(b)).toBe(same)
      }),
    )
  })

  it.each([
    '',
    'pkcs11:',
    'phi kek',
    'pkcs11:object=k;type=secret-key',
    'pkcs11:serial=1;object=;type=secret-key',
    'pkcs11:object=k;serial=1;type=secret-key',
    'pkcs11:serial=1;object=k;id=;type=secret-key',
    'pkcs11:serial=1;object=k;id=%0;type=secret-key',
    'pkcs11:serial=1;object=k;id=%0a;type=secret-key',
    'pkcs11:serial=1;object=k;id=01;type=secret-key',
    'pkcs11:serial=1;object=k;id=%01;type=private',
    'pkcs11:serial=1;object=k;id=%01;type=secret-key?pin-value=1',
    'pkcs11:serial=1;object=k;id=%01;type=secret-key\n',
    'pkcs11:serial=1;object=%6B;id=%01;type=secret-key',
    'pkcs11:serial=1;object=%FF;id=%01;type=secret-key',
    'PKCS11:serial=1;object=k;id=%01;type=secret-key',
  ])('refuses any other spelling: %j', (kek) => {
    expect(parseKekName(kek)).toBeUndefined()
  })
})
