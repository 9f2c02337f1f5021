import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fixedClock, fromHex, fromUtf8, utf8 } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { ed25519CosignedMessage, subtreeMessage } from './cosignature.ts'
import {
  cosignaturesOf,
  cosignatureTime,
  cosignatureVerifier,
  ed25519Cosigner,
  ed25519Signer,
  formatCheckpoint,
  formatNote,
  formatVkey,
  openNote,
  parseNote,
  parseVkey,
  signNote,
  verifierFromVkey,
} from './index.ts'

// Made by transparency-dev/formats v0.1.1 (NewSignerForCosignatureV1), as published in the tests of another implementation.
const peer = {
  logVkey: 'example.com/vector-log+4516a1da+ARGkVJ4QEa2MOOLGBO6i7NVSJ1FQ97tIX+w+Ku0RZ6Em',
  skey: 'PRIVATE+KEY+witness.example.com/vector+416f103d+BJEX3xv88eoQIKT4E+GkxZcXaJCYlQfi/GJ3NDFmZIW8',
  vkey: 'witness.example.com/vector+416f103d+BK/QmJFVP3SKJOqAMhFxBQPtylo3sjwWibyFDAlZKK8B',
  text: 'example.com/vector-log\n1234\nSBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=\n',
  logLine:
    '— example.com/vector-log RRah2qlLrSlk6J8DA1HmNewppUM15Quhs5cAIb1KjBsV3otVirJTW8AFVsQtJkTW1Zny7GuoAxZpI6bUPcpM68QOIgE=\n',
  witnessLine:
    '— witness.example.com/vector QW8QPQAAAABqwLUbDdj7sDNRIVjmjYgqFI6y4UJhPg/UAA8J8wAdqSd3q4PedRhkgXA4xFN/Jg5uWn7ZkBA+H/UHQs5d9hITdXmQAA==\n',
  seconds: 1_791_014_171,
}
const peerNote = `${peer.text}\n${peer.logLine}${peer.witnessLine}`

const key = (byte: number) => new Uint8Array(32).fill(byte)
const text = formatCheckpoint({ origin: 'clinic.example/audit', size: 7, root: key(9) })
const at = fixedClock('2026-11-22T10:00:00.999Z')
const cosigner = ed25519Cosigner.fromSecretKey('witness.example/w1', key(2), { clock: at })

describe('an Ed25519 cosignature', () => {
  it('S6 of another implementation verifies, with its time', () => {
    const verifier = cosignatureVerifier(peer.vkey)
    const opened = openNote(peerNote, [verifierFromVkey(peer.logVkey), verifier])
    expect(opened.verified.map(({ name }) => name)).toEqual(['example.com/vector-log', 'witness.example.com/vector'])
    expect(cosignaturesOf(parseNote(peerNote), [verifier])).toMatchObject([{ valid: true, time: peer.seconds * 1000 }])
  })

  it('is made byte for byte as another implementation makes it', async () => {
    const again = ed25519Cosigner.fromSkey(peer.skey, { clock: () => peer.seconds * 1000 + 999 })
    expect(again.vkey).toBe(peer.vkey)
    expect(again.exportSkey()).toBe(peer.skey)
    expect(await signNote(peer.text, [again])).toBe(`${peer.text}\n${peer.witnessLine}`)
  })

  const published = `${process.env.PHI_VECTORS ?? fileURLToPath(new URL('../../../../../shared/vectors', import.meta.url))}/merkle/signed-notes.json`
  it.skipIf(!existsSync(published))(
    'S6 signs the message, and states the time, of the example in C2SP tlog-cosignature',
    () => {
      const all = JSON.parse(readFileSync(published, 'utf8')) as {
        name: string
        note: string
        expect?: Record<string, unknown>
      }[]
      const example = all.find(({ name }) => name === 'c2sp-cosigned-checkpoint-format-only')
      const { text, signatures } = parseNote(example?.note as string)
      const time = cosignatureTime(signatures[1]?.signature as Uint8Array) as number
      expect(time).toBe((example?.expect?.cosignerTime as number) * 1000)
      expect(fromUtf8(ed25519CosignedMessage(BigInt(time / 1000), utf8(text)))).toBe(example?.expect?.signedMessage)
    },
  )

  it('covers every byte of the text, of its time and of itself', () => {
    const signature = cosigner.sign(utf8(text))
    expect(cosigner.verifier.verify(utf8(text), signature)).toBe(true)
    expect(cosignatureTime(signature)).toBe(Date.parse('2026-11-22T10:00:00.000Z'))
    for (let i = 0; i < signature.length * 8; i += 3) {
      const changed = signature.slice()
      changed[i >> 3] = (changed[i >> 3] as number) ^ (1 << (i & 7))
      expect(cosigner.verifier.verify(utf8(text), changed)).toBe(false)
    }
    expect(cosigner.verifier.verify(utf8(text.replace('\n7\n', '\n8\n')), signature)).toBe(false)
    // Extension lines are covered too.
    expect(cosigner.verifier.verify(utf8(`${text}more\n`), signature)).toBe(false)
    expect(cosigner.verifier.verify(utf8(`${text}more\n`), cosigner.sign(utf8(`${text}more\n`)))).toBe(true)
  })

  it('has a time from 0 to 2^63 - 1 seconds, and 0 says nothing', () => {
    const bytes = (hex: string) => Uint8Array.of(...fromHex(hex), ...new Uint8Array(64))
    expect(cosignatureTime(bytes('0000000000000000'))).toBe(0)
    expect(cosignatureTime(bytes('7fffffffffffffff'))).toBeGreaterThan(9e21)
    expect(cosignatureTime(bytes('8000000000000000'))).toBeUndefined()
    expect(cosignatureTime(new Uint8Array(8))).toBeUndefined()
    expect(cosignatureTime(new Uint8Array(0))).toBeUndefined()
  })

  it('is never taken for a signature of the log, nor the other way round, though the key is the same', async () => {
    const log = ed25519Signer.fromSecretKey('witness.example/w1', key(2))
    expect(parseVkey(log.vkey).publicKey).toEqual(cosigner.verifier.publicKey)
    expect(log.keyId).not.toBe(cosigner.keyId)
    const cosigned = await signNote(text, [cosigner])
    const signed = await signNote(text, [log])
    expect(() => openNote(cosigned, [verifierFromVkey(log.vkey)])).toThrow(
      expect.objectContaining({ code: 'PHI_AUDIT_NOTE_UNVERIFIED' }),
    )
    expect(cosignaturesOf(parseNote(signed), [cosigner.verifier])).toEqual([])
    // Put under the other's key id, neither verifies.
    const moved = (note: string, keyId: number) => {
      const { text, signatures } = parseNote(note)
      return formatNote({ text, signatures: signatures.map((line) => ({ ...line, keyId })) })
    }
    expect(() => openNote(moved(cosigned, log.keyId), [verifierFromVkey(log.vkey)])).toThrow(
      expect.objectContaining({ code: 'PHI_AUDIT_NOTE_SIGNATURE' }),
    )
    expect(cosignaturesOf(parseNote(moved(signed, cosigner.keyId)), [cosigner.verifier])).toMatchObject([{ valid: false }])
    expect((await refusal(() => cosignatureVerifier(log.vkey))).code).toBe('PHI_AUDIT_VKEY_TYPE')
    expect((await refusal(() => verifierFromVkey(cosigner.vkey))).code).toBe('PHI_AUDIT_VKEY_TYPE')
    expect((await refusal(() => ed25519Cosigner.fromSkey(log.exportSkey()))).code).toBe('PHI_AUDIT_SKEY')
    expect((await refusal(() => ed25519Signer.fromSkey(cosigner.exportSkey()))).code).toBe('PHI_AUDIT_SKEY')
  })

  it('is made of checkpoints only', async () => {
    for (const bad of ['hello\n', 'a\nb\nc\n', text.slice(0, -1), ''])
      expect((await refusal(() => cosigner.sign(utf8(bad)))).code).toBe('PHI_AUDIT_COSIGNATURE')
    for (const time of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect((await refusal(() => cosigner.signAt(utf8(text), time))).code).toBe('PHI_AUDIT_COSIGNATURE')
  })

  it('keys of other types and damaged ones are refused, and shown nowhere', async () => {
    const pq = formatVkey({ name: 'w', type: 6, publicKey: new Uint8Array(1312) })
    expect((await refusal(() => cosignatureVerifier(pq))).code).toBe('PHI_AUDIT_VKEY_TYPE')
    const short = formatVkey({ name: 'w', type: 4, publicKey: new Uint8Array(31) })
    expect((await refusal(() => cosignatureVerifier(short))).code).toBe('PHI_AUDIT_VKEY')
    const skey = cosigner.exportSkey()
    const tail = skey.slice(-20)
    for (const bad of [
      skey.replace('PRIVATE', 'private'),
      skey.replace('w1+', 'w2+'),
      skey.slice(0, -4),
      `${skey}AAAA`,
      'x',
      '',
    ]) {
      const error = await refusal(() => ed25519Cosigner.fromSkey(bad))
      expect(error.code).toBe('PHI_AUDIT_SKEY')
      expect(JSON.stringify(error)).not.toContain(tail)
    }
    expect(JSON.stringify(cosigner)).not.toContain(tail)
  })
})

/** The structure of C2SP tlog-cosignature, written by hand and by no code of the package. */
function twinOfSubtreeMessage(
  cosigner: string,
  seconds: bigint,
  origin: string,
  start: bigint,
  end: bigint,
  hash: Uint8Array,
): Buffer {
  const uint64 = (value: bigint) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64BE(value)
    return bytes
  }
  const vector = (value: string) => Buffer.concat([Buffer.from([Buffer.byteLength(value)]), Buffer.from(value, 'utf8')])
  const parts = [Buffer.from('737562747265652f76310a00', 'hex'), vector(cosigner), uint64(seconds), vector(origin)]
  return Buffer.concat([...parts, uint64(start), uint64(end), hash])
}

describe('the message of an ML-DSA-44 cosignature', () => {
  it('is laid out as the specification has it', () => {
    const name = fc
      .string({ minLength: 1, maxLength: 60, unit: 'grapheme' })
      .filter((value) => value.isWellFormed() && Buffer.byteLength(value) < 256)
    const uint63 = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })
    fc.assert(
      fc.property(
        name,
        uint63,
        name,
        uint63,
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (who, seconds, origin, end, hash) => {
          const made = subtreeMessage({ cosigner: who, seconds, origin, start: 0n, end, hash })
          expect(Buffer.from(made).equals(twinOfSubtreeMessage(who, seconds, origin, 0n, end, hash))).toBe(true)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('has names of 1 to 255 bytes, and a time for whole trees only', async () => {
    const parts = { cosigner: 'w', seconds: 0n, origin: 'o', start: 8n, end: 13n, hash: key(1) }
    expect(subtreeMessage(parts)).toHaveLength(12 + 2 + 8 + 2 + 16 + 32)
    for (const bad of [{ cosigner: '' }, { origin: 'ü'.repeat(128) }, { seconds: 1n }, { hash: new Uint8Array(31) }])
      expect((await refusal(() => subtreeMessage({ ...parts, ...bad }))).code).toBe('PHI_AUDIT_COSIGNATURE')
    expect(subtreeMessage({ ...parts, origin: 'o'.repeat(255) })).toHaveLength(72 + 254)
  })
})
