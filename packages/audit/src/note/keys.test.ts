import { inspect } from 'node:util'
import { isPhiError, toBase64, toHex, utf8 } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as ed25519 from '#ed25519'
import {
  ed25519Signer,
  formatSkey,
  formatVkey,
  keyIdOf,
  type NoteAlgorithms,
  openNote,
  parseSkey,
  parseVkey,
  type Signer,
  signNote,
  verifierFromVkey,
} from './index.ts'

const refused = (code: string) => expect.objectContaining({ code })
const secretKey = Uint8Array.from({ length: 32 }, (_, i) => i)
const publicKey = ed25519.publicKeyOf(secretKey)
const vkey = formatVkey({ name: 'clinic.example/audit', publicKey })
const skey = formatSkey({ name: 'clinic.example/audit', secretKey })

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const keyName = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that the format excludes
  .map((text) => text.replace(/[\u0000-\u001f+\p{White_Space}]/gu, ''))
  .filter((text) => text !== '')

describe('verifier and signer keys', () => {
  it('round-trip', () => {
    fc.assert(
      fc.property(keyName, bytes32, fc.integer({ min: 2, max: 255 }), (name, key, type) => {
        const signer = ed25519Signer.fromSecretKey(name, key)
        expect(parseVkey(signer.vkey)).toEqual({ name, keyId: signer.keyId, type: 1, publicKey: ed25519.publicKeyOf(key) })
        expect(parseSkey(signer.exportSkey())).toEqual({ name, keyId: signer.keyId, secretKey: key })
        expect(ed25519Signer.fromSkey(signer.exportSkey()).vkey).toBe(signer.vkey)
        const other = formatVkey({ name, type, publicKey: key })
        expect(parseVkey(other)).toEqual({ name, keyId: keyIdOf(name, type, key), type, publicKey: key })
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 500 : 25 },
    )
  })

  it.each([
    '',
    'two words',
    'a+b',
    'line\nbreak',
    'tab\t',
    'nel\u0085',
    'nbsp\u00a0',
    'ideographic\u3000',
    'nul\0',
    '\ud800',
    7,
  ])('refuse %j as a name', (bad) => {
    const name = bad as string
    expect(() => formatVkey({ name, publicKey })).toThrow(refused('PHI_AUDIT_VKEY'))
    expect(() => formatSkey({ name, secretKey })).toThrow(refused('PHI_AUDIT_SKEY'))
    expect(() => ed25519Signer.fromSecretKey(name, secretKey)).toThrow(refused('PHI_AUDIT_SKEY'))
    expect(() => parseVkey(vkey.replace('clinic.example/audit', name))).toThrow(refused('PHI_AUDIT_VKEY'))
  })

  it('refuse keys of the wrong length and types beyond a byte', () => {
    for (const bad of [new Uint8Array(31), new Uint8Array(33), new Uint8Array(0), 'key' as never]) {
      expect(() => formatVkey({ name: 'a', publicKey: bad })).toThrow(refused('PHI_AUDIT_VKEY'))
      expect(() => formatSkey({ name: 'a', secretKey: bad })).toThrow(refused('PHI_AUDIT_SKEY'))
      expect(() => ed25519Signer.fromSecretKey('a', bad)).toThrow(refused('PHI_AUDIT_SKEY'))
    }
    for (const type of [-1, 256, 1.5, Number.NaN]) {
      expect(() => formatVkey({ name: 'a', type, publicKey })).toThrow(refused('PHI_AUDIT_VKEY'))
    }
    const short = Uint8Array.of(1, 2, 3)
    const id = keyIdOf('a', 1, short).toString(16).padStart(8, '0')
    expect(() => parseVkey(`a+${id}+${toBase64(Uint8Array.of(1, ...short))}`)).toThrow(/an Ed25519 public key has 32 bytes/)
    expect(() => parseSkey(`PRIVATE+KEY+a+${id}+${toBase64(Uint8Array.of(1, ...short))}`)).toThrow(refused('PHI_AUDIT_SKEY'))
    expect(() => parseSkey(`PRIVATE+KEY+a+${id}+${toBase64(Uint8Array.of(4, ...secretKey))}`)).toThrow(/not an Ed25519 key/)
  })

  it('refuse a key id that does not belong to the name and key', () => {
    expect(() => parseVkey(vkey.replace('clinic', 'cl1nic'))).toThrow(/the key id does not belong/)
    expect(() => parseSkey(skey.replace('clinic', 'cl1nic'))).toThrow(/the key id does not belong/)
  })

  it('answer any change with a typed refusal that shows nothing of the key', () => {
    fc.assert(
      fc.property(fc.constantFrom(vkey, skey), fc.nat(), fc.string({ unit: 'binary', maxLength: 3 }), (key, at, put) => {
        const i = at % key.length
        for (const text of [key.slice(0, i) + put + key.slice(i + 1), key.slice(0, i), key.slice(i), key + put, put + key]) {
          if (text === key) continue
          for (const [read, code] of [
            [verifierFromVkey, 'PHI_AUDIT_VKEY'],
            [ed25519Signer.fromSkey, 'PHI_AUDIT_SKEY'],
          ] as const) {
            try {
              read(text)
              expect.unreachable()
            } catch (error) {
              expect(isPhiError(error, code) || isPhiError(error, 'PHI_AUDIT_VKEY_TYPE')).toBe(true)
              expect(String(error)).not.toContain(skey.slice(-20))
            }
          }
        }
      }),
      { numRuns: 150 },
    )
  })

  it.each([
    null,
    undefined,
    7,
    {},
    [],
    new Uint8Array(32),
    '',
    '+',
    '++',
    'PRIVATE+KEY+',
    'a'.repeat(1_000_000),
    '+'.repeat(10_000),
  ])('refuse what is no key at all (%#)', (bad) => {
    expect(() => verifierFromVkey(bad as string)).toThrow(refused('PHI_AUDIT_VKEY'))
    expect(() => ed25519Signer.fromSkey(bad as string)).toThrow(refused('PHI_AUDIT_SKEY'))
  })
})

describe('an Ed25519 signer', () => {
  it('shows its secret to nothing that prints or serialises it', async () => {
    const signer = ed25519Signer.fromSecretKey('clinic.example/audit', secretKey)
    const shown = [
      JSON.stringify(signer),
      inspect(signer, { depth: 10, showHidden: true, getters: true }),
      JSON.stringify({ ...signer }),
      String(signer),
    ].join('\n')
    for (const secret of [toHex(secretKey), toBase64(secretKey), toBase64(Uint8Array.of(1, ...secretKey)), 'PRIVATE']) {
      expect(shown).not.toContain(secret)
    }
    expect(shown).toContain(signer.vkey)
    expect(Object.isFrozen(signer)).toBe(true)
    expect((await ed25519Signer.generate('a')).vkey).not.toBe((await ed25519Signer.generate('a')).vkey)
    await expect(ed25519Signer.generate('a b')).rejects.toThrow(refused('PHI_AUDIT_SKEY'))
  })

  it('keeps a copy of the secret, so the caller can wipe theirs', () => {
    const mine = secretKey.slice()
    const signer = ed25519Signer.fromSecretKey('a', mine)
    mine.fill(0)
    expect(signer.exportSkey()).toBe(formatSkey({ name: 'a', secretKey }))
    expect(ed25519.verify(publicKey, utf8('m'), signer.sign(utf8('m')))).toBe(true)
  })
})

describe('other signature types', () => {
  // cosignature/v1 of C2SP tlog-cosignature: the signature carries a time, which is signed with the note.
  const cosignature: NoteAlgorithms = {
    4: {
      publicKeyLength: 32,
      verify: (key, message, signature) => {
        const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0)
        const signed = Uint8Array.of(...utf8(`cosignature/v1\ntime ${time}\n`), ...message)
        return ed25519.verify(key, signed, signature.subarray(8))
      },
    },
  }
  const type = 4
  const name = 'witness.example/w1'
  const witness: Signer = {
    name,
    keyId: keyIdOf(name, type, publicKey),
    type,
    vkey: formatVkey({ name, type, publicKey }),
    sign: async (message) => {
      const time = new Uint8Array(8)
      new DataView(time.buffer).setBigUint64(0, 1679315147n)
      const signed = Uint8Array.of(...utf8('cosignature/v1\ntime 1679315147\n'), ...message)
      return Uint8Array.of(...time, ...ed25519.sign(secretKey, signed))
    },
  }

  it('are refused by name unless they are passed in', () => {
    expect(() => verifierFromVkey(witness.vkey)).toThrow(refused('PHI_AUDIT_VKEY_TYPE'))
    expect(() => verifierFromVkey(formatVkey({ name, type: 6, publicKey }), { algorithms: cosignature })).toThrow(
      refused('PHI_AUDIT_VKEY_TYPE'),
    )
    expect(verifierFromVkey(witness.vkey, { algorithms: cosignature })).toMatchObject({ name, type, keyId: witness.keyId })
  })

  it('refuse public keys of another length', () => {
    const long = formatVkey({ name, type, publicKey: new Uint8Array(33) })
    expect(() => verifierFromVkey(long, { algorithms: cosignature })).toThrow(refused('PHI_AUDIT_VKEY'))
  })

  it('cannot replace Ed25519', () => {
    const algorithms = { 1: { verify: () => true } }
    const verifier = verifierFromVkey(vkey, { algorithms })
    expect(verifier.verify(utf8('m'), new Uint8Array(64))).toBe(false)
  })

  it('sign and verify beside Ed25519', async () => {
    const log = ed25519Signer.fromSecretKey('clinic.example/audit', secretKey)
    const note = await signNote('text\n', [log, witness])
    const verifiers = [verifierFromVkey(log.vkey), verifierFromVkey(witness.vkey, { algorithms: cosignature })]
    expect(openNote(note, verifiers).verified.map((one) => one.name)).toEqual([log.name, witness.name])
    expect(openNote(note, verifiers.slice(0, 1)).unverified.map((one) => one.name)).toEqual([witness.name])
    expect(() => openNote(note.replace('text', 'test'), verifiers.slice(1))).toThrow(refused('PHI_AUDIT_NOTE_SIGNATURE'))
  })
})
