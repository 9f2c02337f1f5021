import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { toBase64, utf8 } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { ed25519Signer, openNote, parseCheckpoint, parseNote, parseVkey, signNote, verifierFromVkey } from './index.ts'

const folder = process.env.PHI_VECTORS ?? fileURLToPath(new URL('../../../../../shared/vectors', import.meta.url))
const file = `${folder}/merkle/signed-notes.json`

type Vector = {
  name: string
  vkey?: string
  skey?: string
  note: string
  expect?: { origin?: string; size?: number; root?: string; cosignerTime?: number; signedMessage?: string }
}

const vectors: Vector[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
const vector = (name: string) => vectors.find((one) => one.name === name) as Vector & { vkey: string; skey: string }

describe.skipIf(vectors.length === 0)('published signed notes', () => {
  it('S95 verify under their published keys', () => {
    const signed = vectors.filter((one) => one.vkey !== undefined)
    expect(signed.length).toBeGreaterThanOrEqual(3)
    for (const { note, vkey } of signed) {
      const verifier = verifierFromVkey(vkey as string)
      const opened = openNote(note, [verifier])
      expect(opened.verified.map(({ name, keyId }) => [name, keyId])).toEqual([[verifier.name, verifier.keyId]])
      expect(openNote(utf8(note), [verifier])).toEqual(opened)
      expect(note.startsWith(`${opened.text}\n`)).toBe(true)
    }
  })

  it('keys carry the id that belongs to them', () => {
    expect(parseVkey(vector('sumdb-PeterNeumann').vkey)).toMatchObject({ name: 'PeterNeumann', keyId: 0xc74f20a3, type: 1 })
    expect(parseVkey(vector('c2sp-example.com/foo').vkey)).toMatchObject({
      name: 'example.com/foo',
      keyId: 0x530d903a,
      type: 1,
    })
  })

  it('a second signature by an unknown key is reported', () => {
    const { note, vkey } = vector('sumdb-two-sigs')
    const { verified, unverified } = openNote(note, [verifierFromVkey(vkey)])
    expect(verified.map(({ name }) => name)).toEqual(['PeterNeumann'])
    expect(unverified.map(({ name, keyId }) => [name, keyId])).toEqual([['EnochRoot', 0xaf0cfe78]])
  })

  it('signing gives the published note byte for byte, because Ed25519 is deterministic', async () => {
    const { note, skey, vkey } = vector('sumdb-PeterNeumann')
    const signer = ed25519Signer.fromSkey(skey)
    expect(signer.vkey).toBe(vkey)
    expect(signer.exportSkey()).toBe(skey)
    expect(await signNote(parseNote(note).text, [signer])).toBe(note)
  })

  it('checkpoints are read, with the bytes of cosignatures as they are', () => {
    const checkpoints = vectors.filter((one) => one.name.includes('checkpoint'))
    expect(checkpoints).toHaveLength(2)
    const published = { origin: 'example.com/behind-the-sofa', size: 20852163 }
    for (const { note } of checkpoints) {
      const checkpoint = parseCheckpoint(parseNote(note).text)
      expect(checkpoint).toMatchObject({ ...published, extensions: [] })
      expect(toBase64(checkpoint.root)).toBe('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=')
    }
    const cosigned = vector('c2sp-cosigned-checkpoint-format-only')
    const { signature } = parseNote(cosigned.note).signatures[1] as { signature: Uint8Array }
    // C2SP tlog-cosignature: eight bytes of POSIX time, then the Ed25519 signature.
    expect(signature).toHaveLength(8 + 64)
    const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0)
    expect(Number(time)).toBe(cosigned.expect?.cosignerTime)
    expect(`cosignature/v1\ntime ${time}\n${parseNote(cosigned.note).text}`).toBe(cosigned.expect?.signedMessage)
  })
})
