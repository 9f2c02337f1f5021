import { isPhiError, randomBytes, toHex, utf8 } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { fileKey, fileKeys } from '../../test/file/file-keys.ts'
import { referenceSeal } from '../../test/file/reference-cobblestone.ts'
import { pattern, sameBytes } from '../../test/file/streams.ts'
import { type Files, files, type UnboundFile } from './files.ts'
import { fileContext } from './format.ts'

const collection = 'attachment'
const file = 'x-ray-77'
const CHUNK = 16_384

/** The context of a file, built byte by byte from its description. */
function expectedContext(header: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const label = utf8('phi.envelope/file/v1')
  const out: number[] = []
  for (const part of [label, header, ...parts]) out.push(0, 0, part.length >> 8, part.length & 255, ...part)
  return Uint8Array.from(out)
}

describe('the format', () => {
  it('S18 S20 is "phif" 01 03, the key id, and a Cobblestone-256 message bound to its place', () => {
    const secret = randomBytes(32)
    const key = fileKey(1, { id: Uint8Array.of(0xde, 0xad, 0xbe, 0xef), key: secret })
    for (const length of [0, 1, CHUNK - 1, CHUNK, 3 * CHUNK, 3 * CHUNK + 77]) {
      const plaintext = pattern(length)
      for (const subject of [undefined, 'patient-9']) {
        const keys = fileKeys({ keys: [key], ...(subject === undefined ? {} : { subject }) })
        const sealed = files({ keys, collection }).seal(plaintext, { file })
        expect(toHex(sealed.subarray(0, 10))).toBe('70686966' + '01' + '03' + 'deadbeef')
        const context = expectedContext(sealed.subarray(0, 10), [
          utf8('clinic-a'),
          utf8('attachment'),
          utf8(`\x01${file}`),
          subject === undefined ? Uint8Array.of(0) : utf8(`\x01${subject}`),
        ])
        const message = referenceSeal(secret, sealed.subarray(10, 34), plaintext, context)
        expect(sameBytes(sealed.subarray(10), message)).toBe(true)
        expect(sealed.length).toBe(82 + length + 16 * Math.floor(length / CHUNK))
      }
    }
  })

  it('no two bindings read alike', () => {
    const header = new Uint8Array(10)
    const texts = fc.constantFrom('', 'a', 'ab', '\0', '\x01', '\x01a', '\0\0\0\x01', 'é')
    const bindings = fc.record({
      tenant: texts,
      collection: texts,
      file: fc.option(texts, { nil: undefined }),
      subject: fc.option(texts, { nil: undefined }),
    })
    fc.assert(
      fc.property(bindings, bindings, (a, b) => {
        const same = a.tenant === b.tenant && a.collection === b.collection && a.file === b.file && a.subject === b.subject
        expect(toHex(fileContext(header, a)) === toHex(fileContext(header, b))).toBe(same)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('files', () => {
  it('S20 S89 seal and open bytes of any length', () => {
    const attachments = files({ keys: fileKeys(), collection })
    for (const length of [0, 1, 16, CHUNK - 17, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 65 * CHUNK, 65 * CHUNK + 3]) {
      const plaintext = pattern(length)
      const kept = plaintext.slice()
      const sealed = attachments.seal(plaintext, { file })
      expect(sameBytes(attachments.open(sealed, { file }), plaintext)).toBe(true)
      expect(sameBytes(plaintext, kept)).toBe(true)
      if (length >= 16) expect(Buffer.from(sealed).includes(Buffer.from(plaintext.subarray(0, 16)))).toBe(false)
    }
  })

  it('never seal the same bytes alike', () => {
    const attachments = files({ keys: fileKeys(), collection })
    const seen = new Set(
      Array.from({ length: 200 }, () => toHex(attachments.seal(new Uint8Array(3), { file }).subarray(10, 34))),
    )
    expect(seen.size).toBe(200)
  })

  it('S91 refuse a file that was moved to another id, collection, tenant or patient', async () => {
    const key = fileKey(1)
    const sealed = files({ keys: fileKeys({ keys: [key] }), collection }).seal(pattern(50), { file })
    const moved = [
      () => files({ keys: fileKeys({ keys: [key] }), collection }).open(sealed, { file: 'x-ray-78' }),
      () => files({ keys: fileKeys({ keys: [key] }), collection: 'export' }).open(sealed, { file }),
      () => files({ keys: fileKeys({ keys: [key], tenant: 'clinic-b' }), collection }).open(sealed, { file }),
      () => files({ keys: fileKeys({ keys: [key], subject: 'patient-9' }), collection }).open(sealed, { file }),
      () => files({ keys: fileKeys({ keys: [key] }), collection, unboundFile: true }).open(sealed, {}),
    ]
    for (const attempt of moved) expect((await refusal(attempt)).code).toBe('PHI_ENVELOPE_FILE')
    const patients = files({ keys: fileKeys({ keys: [key], subject: 'patient-9' }), collection })
    const theirs = patients.seal(pattern(50), { file })
    expect((await refusal(() => files({ keys: fileKeys({ keys: [key] }), collection }).open(theirs, { file }))).code).toBe(
      'PHI_ENVELOPE_FILE',
    )
    expect(sameBytes(patients.open(theirs, { file }), pattern(50))).toBe(true)
  })

  it('S91 refuse another tenant’s file, whose key they do not hold', async () => {
    const sealed = files({ keys: fileKeys(), collection }).seal(pattern(50), { file })
    const other = files({ keys: fileKeys(), collection })
    expect((await refusal(() => other.open(sealed, { file }))).code).toBe('PHI_ENVELOPE_FILE')
  })

  it('S19 S90 open what an older version of the key sealed, until it is revoked', async () => {
    const keys = fileKeys()
    const attachments = files({ keys, collection })
    const old = attachments.seal(pattern(20), { file })
    const oldId = keys.active().id
    keys.rotate()
    const young = attachments.seal(pattern(20), { file })
    expect(toHex(young.subarray(6, 10))).toBe(keys.active().id)
    expect(keys.active().id).not.toBe(oldId)
    expect(attachments.open(old, { file })).toEqual(attachments.open(young, { file }))
    keys.revoke(oldId)
    expect((await refusal(() => attachments.open(old, { file }))).code).toBe('PHI_ENVELOPE_FILE')
    expect(attachments.open(young, { file })).toEqual(pattern(20))
  })

  it('refuse every altered bit of a small file, and every cut and extension', async () => {
    const attachments = files({ keys: fileKeys(), collection })
    const sealed = attachments.seal(pattern(9), { file })
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const altered = sealed.slice()
      ;(altered[bit >> 3] as number) ^= 1 << (bit & 7)
      expect((await refusal(() => attachments.open(altered, { file }))).code).toBe('PHI_ENVELOPE_FILE')
    }
    for (let length = 0; length < sealed.length; length++) {
      expect((await refusal(() => attachments.open(sealed.subarray(0, length), { file }))).code).toBe('PHI_ENVELOPE_FILE')
      expect(
        (await refusal(() => attachments.open(Buffer.concat([sealed, sealed.subarray(0, length + 1)]), { file }))).code,
      ).toBe('PHI_ENVELOPE_FILE')
    }
  })

  it('refuse chunks that were swapped, doubled, left out, or taken from another file', async () => {
    const attachments = files({ keys: fileKeys(), collection })
    const sealed = attachments.seal(pattern(4 * CHUNK + 5), { file })
    const other = attachments.seal(pattern(4 * CHUNK + 5), { file })
    const chunk = (of: Uint8Array, n: number) => of.subarray(66 + n * 16_400, 66 + (n + 1) * 16_400)
    const head = sealed.subarray(0, 66)
    const [a, b, c, d, e] = [0, 1, 2, 3, 4].map((n) => chunk(sealed, n)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ]
    const wrong = [
      [head, b, a, c, d, e],
      [head, a, a, c, d, e],
      [head, a, b, b, c, d, e],
      [head, a, b, d, e],
      [head, a, b, c, d],
      [head, a, b, c, d, e, e],
      [head, a, b, chunk(other, 2), d, e],
      [head, a, b, c, d, chunk(other, 4)],
      [other.subarray(0, 66), a, b, c, d, e],
    ]
    expect(sameBytes(attachments.open(Buffer.concat([head, a, b, c, d, e]), { file }), pattern(4 * CHUNK + 5))).toBe(true)
    for (const parts of wrong) {
      expect((await refusal(() => attachments.open(Buffer.concat(parts), { file }))).code).toBe('PHI_ENVELOPE_FILE')
    }
  })

  it('unbound, open wherever they are in their collection, and are not those bound to a name', async () => {
    const key = fileKey(1)
    const unbound = files({ keys: fileKeys({ keys: [key] }), collection, unboundFile: true })
    expectTypeOf(unbound).toEqualTypeOf<Files<UnboundFile>>()
    const sealed = unbound.seal(pattern(20), {})
    expect(unbound.open(sealed, {})).toEqual(pattern(20))
    // @ts-expect-error a name is not for files that are bound to none
    expect((await refusal(() => unbound.seal(pattern(20), { file }))).code).toBe('PHI_ENVELOPE_OPTIONS')
    const bound = files({ keys: fileKeys({ keys: [key] }), collection })
    expect((await refusal(() => bound.open(sealed, { file }))).code).toBe('PHI_ENVELOPE_FILE')
    // @ts-expect-error a name is required
    expect((await refusal(() => bound.seal(pattern(20), {}))).code).toBe('PHI_ENVELOPE_OPTIONS')
  })

  it('count what they did once a file', () => {
    const keys = fileKeys()
    const attachments = files({ keys, collection })
    const sealed = attachments.seal(pattern(1_000), { file })
    attachments.open(sealed, { file })
    const { id } = keys.active()
    expect(keys.uses).toEqual([
      { id, sealed: true, bytes: 1_000 },
      { id, sealed: false, bytes: 1_000 },
    ])
  })

  it('do nothing with stale keys', async () => {
    const keys = fileKeys()
    const attachments = files({ keys, collection })
    const sealed = attachments.seal(pattern(5), { file })
    keys.isStale = true
    const attempts = [
      () => attachments.seal(pattern(5), { file }),
      () => attachments.open(sealed, { file }),
      () => attachments.sealStream({ file }),
      () => attachments.sealer({ file }),
      () => [...attachments.opener({ file }).push(sealed)],
    ]
    for (const attempt of attempts) expect((await refusal(attempt)).code).toBe('PHI_ENVELOPE_STALE')
  })

  it('refuse options that are not what they have to be, and name none of their values', async () => {
    const keys = fileKeys()
    const attachments = files({ keys, collection })
    const secret = 'Jane-Roe-1970'
    const wrong: [string, () => unknown][] = [
      ['no file', () => attachments.seal(pattern(5), { file: '' })],
      ['long file', () => attachments.seal(pattern(5), { file: secret.repeat(80) })],
      ['ill-formed file', () => attachments.seal(pattern(5), { file: `${secret}\ud800` })],
      ['number', () => attachments.seal(pattern(5), { file: 7 as never })],
      ['nothing', () => attachments.seal(pattern(5), undefined as never)],
      ['another key', () => attachments.seal(pattern(5), { file, [secret]: 1 } as never)],
      ['signal', () => attachments.sealStream({ file, signal: secret as never })],
      ['progress', () => attachments.openStream({ file, onProgress: secret as never })],
      ['collection', () => files({ keys, collection: '' })],
      ['unboundFile', () => files({ keys, collection, unboundFile: 'yes' as never })],
      ['purpose', () => files({ keys: { ...keys, purpose: 'field' }, collection })],
      ['keys', () => files({ keys: undefined as never, collection })],
    ]
    for (const [title, attempt] of wrong) {
      const error = await refusal(attempt)
      expect([title, error.code]).toEqual([title, 'PHI_ENVELOPE_OPTIONS'])
      expect(`${error.message}${JSON.stringify(error)}`).not.toContain('Jane')
    }
    expect((await refusal(() => attachments.seal('text' as never, { file }))).code).toBe('PHI_ENVELOPE_VALUE')
    expect((await refusal(() => attachments.open('text' as never, { file }))).code).toBe('PHI_ENVELOPE_FILE')
    expect((await refusal(() => attachments.seal(new Uint16Array(4) as never, { file }))).code).toBe('PHI_ENVELOPE_VALUE')
  })

  it('tell nothing of the file in what they throw', async () => {
    const keys = fileKeys({ tenant: 'clinic-secret', subject: 'patient-secret' })
    const attachments = files({ keys, collection: 'collection-secret' })
    const sealed = attachments.seal(utf8('plaintext-secret'), { file: 'file-secret' })
    ;(sealed[sealed.length - 1] as number) ^= 1
    for (const attempt of [
      () => attachments.open(sealed, { file: 'file-secret' }),
      () => attachments.open(sealed.subarray(0, 40), { file: 'file-secret' }),
      () => [...attachments.opener({ file: 'file-secret' }).push(sealed.subarray(20))],
    ]) {
      const error = await refusal(attempt)
      expect(isPhiError(error, 'PHI_ENVELOPE_FILE')).toBe(true)
      expect(error.cause).toBeUndefined()
      expect(`${error.stack}${error.message}${JSON.stringify(error)}`).not.toMatch(/-secret/)
      expect(JSON.stringify(error)).not.toContain(toHex(sealed.subarray(6, 10)))
    }
  })
})
