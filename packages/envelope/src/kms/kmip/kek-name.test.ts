import { fromHex, toHex } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatKekName, type KekName, parseKekName } from './kek-name.ts'

const text = (maxLength: number) => fc.string({ unit: 'grapheme', minLength: 1, maxLength })
const name: fc.Arbitrary<KekName> = fc.record(
  {
    server: text(32),
    label: text(64),
    version: fc.record({ id: fc.uint8Array({ minLength: 1, maxLength: 12 }), uid: text(36) }),
  },
  { requiredKeys: ['server', 'label'] },
)
const spelled = ({ server, label, version }: KekName) =>
  JSON.stringify([server, label, version && [toHex(version.id), version.uid]])

describe('names of keys on a KMIP server', () => {
  it('spells server, label, version and identifier', () => {
    const known = { server: 'kmip.example', label: 'phi kek', version: { id: fromHex('0000000112ab45ff'), uid: '7;8' } }
    const kek = 'kmip:server=kmip.example;label=phi%20kek;version=0000000112ab45ff;uid=7%3B8'
    expect(formatKekName(known)).toBe(kek)
    expect(parseKekName(kek)).toEqual(known)
    expect(parseKekName('kmip:server=s;label=l')).toEqual({ server: 's', label: 'l' })
  })

  it('reads back what it wrote, and tells any two names apart', () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(parseKekName(formatKekName(a))).toEqual(a)
        expect(formatKekName(a) === formatKekName(b)).toBe(spelled(a) === spelled(b))
      }),
    )
  })

  it.each([
    '',
    'kmip:',
    'kmip:server=s',
    'kmip:label=l;server=s',
    'kmip:server=s;label=',
    'kmip:server=s;label=l;uid=1',
    'kmip:server=s;label=l;version=01',
    'kmip:server=s;label=l;version=0;uid=1',
    'kmip:server=s;label=l;version=0A;uid=1',
    'kmip:server=s;label=l;version=01;uid=',
    'kmip:server=s;label=l;version=01;uid=1;more=2',
    'kmip:server=s;label=%6C;version=01;uid=1',
    'kmip:server=s;label=%FF',
    'KMIP:server=s;label=l',
    'kmip:server=s;label=l\n',
  ])('refuses any other spelling: %j', (kek) => {
    expect(parseKekName(kek)).toBeUndefined()
  })
})
