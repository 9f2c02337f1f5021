import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toText } from '../field/format.ts'
import { lookAt } from './stored-value.ts'

/** Bytes with a header, and so many behind it. */
const withHeader = (version: number, suite: number, behind: number): Uint8Array =>
  Uint8Array.of(version, suite, 0x00, 0xc0, 0xff, 0xee, ...new Uint8Array(behind))

describe('lookAt', () => {
  it('tells fields and deterministic values by their headers, in every form that they have', () => {
    const field = withHeader(1, 1, 24 + 48)
    const sealed = { look: 'sealed', keyId: '00c0ffee', suite: 'KC-XAES-256-GCM' }
    expect(lookAt(field)).toEqual(sealed)
    expect(lookAt(Buffer.from(field))).toEqual(sealed)
    expect(lookAt(toText(field))).toEqual(sealed)
    expect(lookAt(toText(withHeader(1, 2, 24 + 16)))).toEqual({ ...sealed, suite: 'XAES-256-GCM' })
    expect(lookAt(toText(withHeader(1, 4, 16)))).toEqual({ look: 'deterministic', keyId: '00c0ffee' })
    // They have no binary form.
    expect(lookAt(withHeader(1, 4, 16))).toEqual({ look: 'plaintext' })
  })

  it('calls damaged what says that it is sealed and is of no known version, suite or length', () => {
    const damaged = [
      withHeader(1, 1, 24 + 47),
      withHeader(1, 2, 24 + 15),
      withHeader(1, 4, 15),
      ...[0, 3, 5, 255].map((suite) => withHeader(1, suite, 100)),
      withHeader(2, 1, 100),
      new Uint8Array(),
    ]
    for (const bytes of damaged) expect(lookAt(toText(bytes))).toEqual({ look: 'damaged' })
    const text = toText(withHeader(1, 1, 24 + 48))
    for (const spelled of [`${text}=`, `${text} `, text.replace(/.$/, '!'), Buffer.from(text)]) {
      expect(lookAt(spelled)).toEqual({ look: 'damaged' })
    }
  })

  it('calls everything else plaintext', () => {
    const other = fc.string().filter((text) => !text.startsWith('phi1.'))
    fc.assert(
      fc.property(other, (text) => {
        expect(lookAt(text)).toEqual({ look: 'plaintext' })
      }),
    )
    for (const bytes of [new Uint8Array(), Uint8Array.of(1, 1), Buffer.from('phi1'), Buffer.from('Patient')]) {
      expect(lookAt(bytes)).toEqual({ look: 'plaintext' })
    }
  })
})
