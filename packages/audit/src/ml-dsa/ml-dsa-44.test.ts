import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js'
import { fixedClock, fromBase64, utf8 } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { chromiumPath, inChromium } from '../../../core/test/chromium.ts'
import { refusal } from '../../../core/test/refusal.ts'
import { peerSubtree } from '../../test/witness/peer-ml-dsa.ts'
import { ed25519Signer, memoryStore, openAuditLog, verifyLog } from '../index.ts'
import { subtreeMessage } from '../note/cosignature.ts'
import {
  cosignaturesOf,
  cosignatureTime,
  cosignatureVerifier,
  formatCheckpoint,
  openNote,
  parseNote,
  parseVkey,
  signNote,
  verifierFromVkey,
} from '../note/index.ts'
import { mlDsa44Algorithms, mlDsa44Signer, mlDsa44Verifier } from './index.ts'

const key = (byte: number) => new Uint8Array(32).fill(byte)
const text = formatCheckpoint({ origin: 'clinic.example/audit', size: 7, root: key(9) })
const clock = fixedClock('2026-11-22T10:00:00.000Z')
const witness = mlDsa44Signer.fromSeed('witness.example/pq', key(3), { clock })

describe('an ML-DSA-44 cosignature', () => {
  it('S6 of another implementation verifies over the message as it is laid out here', () => {
    const { publicKey } = parseVkey(peerSubtree.vkey)
    const [line] = parseNote(`x\n\n${peerSubtree.line}`).signatures
    const bytes = line?.signature as Uint8Array
    expect(cosignatureTime(bytes)).toBe(0)
    const { origin, start, end } = peerSubtree
    const parts = { cosigner: 'witness.example/w1', seconds: 0n, origin, start, end, hash: fromBase64(peerSubtree.root) }
    expect(ml_dsa44.verify(bytes.subarray(8), subtreeMessage(parts), publicKey)).toBe(true)
    for (const other of [
      { start: 0n },
      { end: 14n },
      { origin: 'example.com/log2' },
      { cosigner: 'witness.example/w2' },
      { hash: key(1) },
    ])
      expect(ml_dsa44.verify(bytes.subarray(8), subtreeMessage({ ...parts, ...other }), publicKey)).toBe(false)
    // It is of a subtree, so no checkpoint has it.
    const tree = formatCheckpoint({ origin, size: 13, root: fromBase64(peerSubtree.root) })
    expect(mlDsa44Verifier(peerSubtree.vkey).verify(utf8(tree), bytes)).toBe(false)
  })

  it('S6 verifies on a checkpoint, with its time, and covers name, time, origin, size and root', async () => {
    const note = await signNote(text, [witness])
    expect(openNote(note, [mlDsa44Verifier(witness.vkey)]).text).toBe(text)
    expect(cosignaturesOf(parseNote(note), [witness.verifier])).toMatchObject([{ valid: true, time: clock() }])
    const signature = witness.sign(utf8(text))
    const { verifier } = witness
    for (const other of [
      text.replace('\n7\n', '\n8\n'),
      text.replace('clinic', 'clinik'),
      formatCheckpoint({ origin: 'clinic.example/audit', size: 7, root: key(8) }),
    ])
      expect(verifier.verify(utf8(other), signature)).toBe(false)
    for (const at of [0, 7, 8, 100, 2427]) {
      const changed = signature.slice()
      changed[at] = (changed[at] as number) ^ 1
      expect(verifier.verify(utf8(text), changed)).toBe(false)
    }
    // The same key under another name.
    const renamed = mlDsa44Signer.fromSeed('witness.example/other', key(3), { clock })
    expect(renamed.verifier.verify(utf8(text), signature)).toBe(false)
  })

  it('is refused on a checkpoint with extension lines, which it does not cover', async () => {
    const extended = `${text}more\n`
    expect((await refusal(() => witness.sign(utf8(extended)))).code).toBe('PHI_AUDIT_COSIGNATURE')
    expect(witness.verifier.verify(utf8(extended), witness.sign(utf8(text)))).toBe(false)
  })

  it('keys are read back, damaged and foreign ones are not, and no secret is shown', async () => {
    const skey = witness.exportSkey()
    expect(mlDsa44Signer.fromSkey(skey).vkey).toBe(witness.vkey)
    expect(JSON.stringify(witness)).not.toContain(skey.slice(-20))
    for (const bad of [
      skey.replace('pq+', 'pr+'),
      skey.slice(0, -4),
      ed25519Signer.fromSecretKey('w', key(1)).exportSkey(),
      '',
    ])
      expect((await refusal(() => mlDsa44Signer.fromSkey(bad))).code).toBe('PHI_AUDIT_SKEY')
    for (const name of ['', 'a b', 'a+b', 'n'.repeat(256)])
      expect((await refusal(() => mlDsa44Signer.fromSeed(name, key(1)))).code).toBe('PHI_AUDIT_SKEY')
    expect((await refusal(() => mlDsa44Signer.fromSeed('n', new Uint8Array(31)))).code).toBe('PHI_AUDIT_SKEY')
    expect((await refusal(() => cosignatureVerifier(witness.vkey))).code).toBe('PHI_AUDIT_VKEY_TYPE')
    expect(cosignatureVerifier(witness.vkey, { algorithms: mlDsa44Algorithms }).keyId).toBe(witness.keyId)
    expect(verifierFromVkey(witness.vkey, { algorithms: mlDsa44Algorithms }).type).toBe(6)
    expect((await mlDsa44Signer.generate('n')).vkey).not.toBe((await mlDsa44Signer.generate('n')).vkey)
  })

  it('S6 S145 of the log itself stands beside Ed25519 on every checkpoint, and each alone verifies the log', async () => {
    const origin = 'clinic.example/audit'
    const signer = ed25519Signer.fromSecretKey(origin, key(1))
    const pq = mlDsa44Signer.fromSeed(origin, key(2))
    const store = memoryStore()
    const log = await openAuditLog({ origin, store, signer, furtherSigners: [pq] })
    for (let i = 0; i < 5; i++)
      await log.append({ action: 'read', outcome: 'success', actor: { id: 'u-1', type: 'workforce' } })
    const note = await log.checkpoint()
    expect(parseNote(note).signatures.map(({ keyId }) => keyId)).toEqual([signer.keyId, pq.keyId])
    // A log's signature makes no statement about the largest tree that was seen.
    expect(cosignatureTime(parseNote(note).signatures[1]?.signature as Uint8Array)).toBe(0)
    expect((await log.verify()).verdict).toBe('intact')
    for (const keys of [[signer.vkey], [mlDsa44Verifier(pq.vkey)], [signer.vkey, pq.verifier]])
      expect(await verifyLog(store, { tenant: 'default', origin }, { keys })).toMatchObject({
        verdict: 'intact',
        coverage: { anchoredTo: 5 },
      })
    await log.close()
    const stranger = mlDsa44Signer.fromSeed('other.example', key(2))
    expect((await refusal(openAuditLog({ origin, store, signer, furtherSigners: [stranger] }))).code).toBe('PHI_AUDIT_OPTIONS')
    expect((await refusal(openAuditLog({ origin, store, furtherSigners: [pq] }))).code).toBe('PHI_AUDIT_OPTIONS')
    // A log whose only key is ML-DSA-44.
    const only = await openAuditLog({ origin, store: memoryStore(), signer: pq })
    await only.append({ action: 'read', outcome: 'success', actor: { id: 'u-1', type: 'workforce' } })
    expect((await only.verify()).verdict).toBe('intact')
    await only.close()
  })
})

const chromium = chromiumPath()
describe.skipIf(chromium === undefined)(`in Chromium${chromium === undefined ? ' (not found: skipped)' : ''}`, () => {
  it('verifies what Node signed, and signs what Node verifies', async () => {
    const signature = [...witness.sign(utf8(text))]
    const seen = await inChromium<{ verified: boolean; signature: number[] }>(`
      import { mlDsa44Signer, mlDsa44Verifier } from '@phi/audit/ml-dsa'
      const [vkey, text, signature] = ${JSON.stringify([witness.vkey, text, signature])}
      const message = new TextEncoder().encode(text)
      globalThis.result = (async () => ({
        verified: mlDsa44Verifier(vkey).verify(message, Uint8Array.from(signature)),
        signature: [...mlDsa44Signer.fromSeed('witness.example/pq', new Uint8Array(32).fill(3)).sign(message)],
      }))()`)
    expect(seen.verified).toBe(true)
    expect(witness.verifier.verify(utf8(text), Uint8Array.from(seen.signature))).toBe(true)
  })
})
