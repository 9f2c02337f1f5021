import { fixedClock } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { makeBundle, verifyBundle } from '../../src/evidence/bundle.ts'
import { exportLines, resumeLines, verifyLines } from '../../src/evidence/jsonl.ts'
import { verifyTlogProof } from '../../src/evidence/tlog-proof.ts'
import { frontierOf } from '../../src/head.ts'
import { memoryStore, openAuditLog } from '../../src/index.ts'
import { entryHashBytes } from '../../src/leaf.ts'
import { frontierRoot } from '../../src/merkle/index.ts'
import {
  type Cosigner,
  ed25519Signer,
  formatCheckpoint,
  formatNote,
  formatVkey,
  parseNote,
  parseVkey,
  signNote,
  type Verifier,
  verifierFromVkey,
} from '../../src/note/index.ts'
import type { AuditStore, LogKey } from '../../src/store/store.ts'
import { Findings } from '../../src/verify/findings.ts'
import { verifyLog } from '../../src/verify/verify.ts'
import { Witnessing } from '../../src/verify/witnessing.ts'
import { witnessPolicy } from '../../src/witness/index.ts'
import { append, checkpoint, eventAt, makeLog, testLog, testSigner } from '../make-log.ts'
import { rowsOf, storeOf } from '../tampered-store.ts'
import { cosignerOf, key, NOW } from './world.ts'

const keys = [testSigner.vkey]
const [w1, w2] = [cosignerOf(1), cosignerOf(2)] as const
const policyOf = (...cosigners: readonly { readonly vkey: string }[]) =>
  witnessPolicy({ witnesses: cosigners.map(({ vkey }, i) => ({ name: `w${i + 1}`, vkey })), quorum: cosigners.length })
const one = policyOf(w1)

async function cosigned(note: string, cosigner: Cosigner, time = NOW): Promise<string> {
  const { text, signatures } = parseNote(note)
  const signer = { ...cosigner, sign: (message: Uint8Array) => cosigner.signAt(message, time) }
  return formatNote({ text, signatures: [...signatures, ...parseNote(await signNote(text, [signer])).signatures] })
}

async function linesOf(store: AuditStore, log: LogKey, note: string): Promise<string[]> {
  const lines: string[] = []
  for await (const line of exportLines(store, log, note)) lines.push(line)
  return lines
}

const codesOf = ({ findings }: { readonly findings: readonly { readonly code: string }[] }) => findings.map(({ code }) => code)

describe('S6 S145 a policy is not met by what was believed without it', () => {
  it('a resume point of a run without a policy does not stand for witnesses', async () => {
    const { store, log } = await makeLog(9, [9])
    const { resume } = await verifyLog(store, log, { keys, now: NOW })
    const from = { verified: resume as NonNullable<typeof resume> }
    await append(store, testLog, [eventAt(9), eventAt(10)], fixedClock('2026-03-05T00:00:00.000Z'))
    // Whoever owns the store takes the checkpoints away, and with them the lack of cosignatures.
    const rows = await rowsOf(store, log)
    rows.checkpoints = []
    const report = await verifyLog(storeOf(rows), log, { keys, now: NOW, witnesses: one, from })
    expect(report).toMatchObject({ verdict: 'unverifiable', coverage: { anchoredTo: 0 } })
    expect(codesOf(report)).toContain('not-witnessed')
  })

  it('what was witnessed before the resume point counts, as far as the witnessed checkpoint goes', async () => {
    const { store, log, notes } = await makeLog(9, [4, 9])
    const { resume } = await verifyLog(store, log, { keys, now: NOW })
    const from = { verified: resume as NonNullable<typeof resume> }
    const rows = await rowsOf(store, log)
    rows.checkpoints = [await cosigned(notes[0] as string, w1)]
    const again = async (list: readonly string[]) =>
      (await verifyLog(storeOf({ ...rows, checkpoints: [...list] }), log, { keys, now: NOW, witnesses: one, from })).coverage
        .anchoredTo
    expect(await again(rows.checkpoints)).toBe(4)
    expect(await again([...rows.checkpoints, await cosigned(notes[1] as string, w1)])).toBe(9)
  })

  it('and is held against what was verified: witnesses that saw another history have not seen this one', async () => {
    const mine = await makeLog(9, [9])
    const { resume } = await verifyLog(mine.store, mine.log, { keys, now: NOW })
    const shown = await makeLog(4, [4], { event: (i) => ({ ...eventAt(i), id: `shown-${i}` }) })
    const rows = await rowsOf(mine.store, mine.log)
    rows.checkpoints = [await cosigned(shown.notes[0] as string, w1)]
    const from = { verified: resume as NonNullable<typeof resume> }
    const report = await verifyLog(storeOf(rows), mine.log, { keys, now: NOW, witnesses: one, from })
    expect(report).toMatchObject({ verdict: 'broken', coverage: { anchoredTo: 0 } })
    expect(codesOf(report)).toContain('rewritten-history')
    expect(report.resume).toBeUndefined()
  })

  it('a cosignature on a checkpoint of another log does not count for one of the same size and root', async () => {
    const { store, log, notes } = await makeLog(9, [9])
    const { size } = await store.head(log)
    const root = frontierRoot(frontierOf(await store.head(log)))
    // The key of this log signs under a name that its witness knows as another log's.
    const elsewhere = await signNote(formatCheckpoint({ origin: 'clinic.example/other', size, root }), [testSigner])
    const trusted = [await cosigned(elsewhere, w1)]
    expect(notes).toHaveLength(1)
    const report = await verifyLog(store, log, { keys, now: NOW, witnesses: one, trusted })
    expect(report).toMatchObject({ verdict: 'unverifiable', coverage: { anchoredTo: 0 } })
    expect(codesOf(report)).toEqual(expect.arrayContaining(['not-witnessed', 'wrong-origin']))
  })

  it('a log whose key is also a witness is refused in whatever form the key is handed over', async () => {
    const { store, log } = await makeLog(3, [3])
    const own = formatVkey({ name: 'witness.example/own', type: 4, publicKey: parseVkey(testSigner.vkey).publicKey })
    const selfish = policyOf({ vkey: own })
    const forms: (string | Verifier)[] = [testSigner.vkey, verifierFromVkey(testSigner.vkey)]
    for (const form of forms) {
      const work = () => verifyLog(store, log, { keys: [form], now: NOW, witnesses: selfish })
      expect((await refusal(work)).code).toBe('PHI_AUDIT_WITNESS_POLICY')
    }
  })

  it('an invalid cosignature on the checkpoint that anchors breaks, wherever it stands', async () => {
    const { store, log, notes } = await makeLog(9, [4, 9])
    const [at4, at9] = notes as [string, string]
    const genuine = parseNote(await cosigned(at4, w1))
    const spoiled = formatNote({
      text: genuine.text,
      signatures: genuine.signatures.map((line) =>
        line.name === w1.name ? { ...line, signature: line.signature.with(20, (line.signature[20] as number) ^ 1) } : line,
      ),
    })
    await store.saveCheckpoint(log, { size: 4, note: spoiled })
    const report = await verifyLog(store, log, { keys, now: NOW, witnesses: one })
    expect(report).toMatchObject({ verdict: 'broken', coverage: { anchoredTo: 0 } })
    expect(codesOf(report)).toContain('bad-signature')
    // And takes nothing from a valid copy above it.
    await store.saveCheckpoint(log, { size: 9, note: await cosigned(at9, w1) })
    expect((await verifyLog(store, log, { keys, now: NOW, witnesses: one })).coverage.anchoredTo).toBe(9)
  })

  it('a cosignature is on one root, and on none other of that size', async () => {
    const { notes } = await makeLog(3, [3])
    const note = await cosigned(notes[0] as string, w1)
    const [, , root] = note.split('\n') as [string, string, string]
    for (const how of ['take', 'keep'] as const) {
      const witnessing = new Witnessing(one, NOW, undefined, new Findings())
      if (how === 'take') witnessing.take(parseNote(note), 3, root)
      else witnessing.keep(note, 3, root)
      expect(witnessing.isWitnessed(3, 'A'.repeat(43).concat('='))).toBe(false)
      expect(witnessing.isWitnessed(4, root)).toBe(false)
      expect(witnessing.isWitnessed(3, root)).toBe(true)
    }
  })

  it('a log that a policy names does not sign as another one', async () => {
    const stranger = ed25519Signer.fromSecretKey('other.example/audit', key(55))
    const { store, log } = await makeLog(3)
    const note = await cosigned(await checkpoint(store, log, { signer: stranger }), w1)
    await store.saveCheckpoint(log, { size: 3, note })
    const named = (vkey: string) =>
      witnessPolicy({ logs: [{ vkey }], witnesses: [{ name: 'w1', vkey: w1.vkey }], quorum: 'w1' })
    const report = await verifyLog(store, log, { keys: [stranger.vkey], now: NOW, witnesses: named(stranger.vkey) })
    expect(report).toMatchObject({ verdict: 'broken', coverage: { anchoredTo: 0 } })
    expect(codesOf(report)).toContain('wrong-origin')
  })

  it('where the finding that matters is not listed, nothing counts as anchored', async () => {
    const { store, log, notes } = await makeLog(9, [9])
    await store.saveCheckpoint(log, { size: 9, note: await cosigned(notes[0] as string, w1) })
    const other = await makeLog(6, [6], { event: (i) => ({ ...eventAt(i), id: `r-${i}` }) })
    const trusted = [other.notes[0] as string]
    for (const maxFindings of [0, 1, 100]) {
      const report = await verifyLog(store, log, { keys, now: NOW, witnesses: one, trusted, maxFindings })
      expect(report).toMatchObject({ verdict: 'broken', coverage: { anchoredTo: 0 } })
    }
  })

  it('asks for no more cosignatures of a store than can matter', async () => {
    const sizes = Array.from({ length: 40 }, (_, i) => 5 * (i + 1))
    const { store, log, notes } = await makeLog(200, sizes)
    for (const [i, note] of notes.entries())
      await store.saveCheckpoint(log, { size: sizes[i] as number, note: await cosigned(note, w1) })
    let checked = 0
    const inner = w1.verifier
    const algorithms = {
      6: {
        publicKeyLength: 1312,
        verify: (_: Uint8Array, message: Uint8Array, signature: Uint8Array) => {
          checked++
          return inner.verify(message, signature)
        },
      },
    }
    const counted = formatVkey({ name: 'witness.example/counted', type: 6, publicKey: new Uint8Array(1312).fill(3) })
    const { keyId } = parseVkey(counted)
    const rows = await rowsOf(store, log)
    rows.checkpoints = rows.checkpoints.map((note) => {
      const { text, signatures } = parseNote(note)
      const renamed = signatures.map((line) =>
        line.name === w1.name ? { ...line, name: 'witness.example/counted', keyId } : line,
      )
      return formatNote({ text, signatures: renamed })
    })
    const witnesses = witnessPolicy({ witnesses: [{ name: 'c', vkey: counted }], quorum: 1 }, { algorithms })
    const report = await verifyLog(storeOf(rows), log, { keys, now: NOW, witnesses })
    expect(report).toMatchObject({ verdict: 'intact', coverage: { anchoredTo: 200 } })
    expect(checked).toBe(1)
    // Where the newest lacks its cosignatures, it goes on downwards, and no further than it must.
    rows.checkpoints = rows.checkpoints.filter(
      (note) => !/^[^\n]+\n200\n/.test(note) || parseNote(note).signatures.length === 1,
    )
    checked = 0
    const below = await verifyLog(storeOf(rows), log, { keys, now: NOW, witnesses })
    expect(below).toMatchObject({ verdict: 'unverifiable', coverage: { anchoredTo: 195 } })
    expect(checked).toBe(1)
  })
})

describe('S6 a file does not say by itself whose log it is', () => {
  const mallory = ed25519Signer.fromSecretKey('mallory.example/audit', key(66))

  async function forged() {
    const { store, log } = await makeLog(9)
    const note = await checkpoint(store, log, { signer: mallory })
    return { store, log, note }
  }

  it('a bundle of one log is not made by the key of another, though both are known', async () => {
    const { store, log, note } = await forged()
    const bundle = await makeBundle({ store, log, checkpointNote: note, indices: [2] })
    const report = verifyBundle(bundle, { keys: [testSigner.vkey, mallory.vkey] })
    expect(report).toMatchObject({ verdict: 'broken', coverage: { anchoredTo: 0 } })
    expect(codesOf(report)).toContain('wrong-origin')
    expect(
      verifyBundle({ ...bundle, checkpoint: await checkpoint(store, log) }, { keys: [testSigner.vkey, mallory.vkey] }),
    ).toMatchObject({ verdict: 'intact' })
  })

  it.each([
    ['number', (leaf: string) => leaf.replace('\n0\n', '\n5\n'), 'out-of-order'],
    ['log', (leaf: string) => leaf.replace('clinic.example/audit', 'clinic.example/other'), 'wrong-origin'],
  ])('a leaf of another %s is named, though the log signed it', async (_, change, code) => {
    const { store, log } = await makeLog(1)
    const leaf = change((await rowsOf(store, log)).entries[0]?.leaf as string)
    const text = formatCheckpoint({ origin: log.origin, size: 1, root: entryHashBytes(leaf) })
    const bundle = {
      format: 'phi.audit/bundle@v1',
      checkpoint: await signNote(text, [testSigner]),
      entries: [{ index: 0, leaf, proof: [], open: {} }],
    }
    const report = verifyBundle(bundle, { keys })
    expect(report.verdict).toBe('broken')
    expect(codesOf(report)).toEqual([code])
  })

  it('an entry counts once, however often a bundle shows it', async () => {
    const { store, log } = await makeLog(9)
    const bundle = await makeBundle({ store, log, checkpointNote: await checkpoint(store, log), indices: [2, 5] })
    const [second, fifth] = bundle.entries as [(typeof bundle.entries)[0], (typeof bundle.entries)[0]]
    const report = verifyBundle({ ...bundle, entries: [second, fifth, second] }, { keys })
    expect(report.verdict).toBe('broken')
    expect(codesOf(report)).toEqual(['duplicate-index'])
  })

  it('nor are its lines', async () => {
    const { store, log, note } = await forged()
    const report = await verifyLines(await linesOf(store, log, note), { keys: [testSigner.vkey, mallory.vkey] })
    expect(report).toMatchObject({ verdict: 'broken', coverage: { anchoredTo: 0 } })
    expect(codesOf(report)).toContain('wrong-origin')
    const genuine = await linesOf(store, log, await checkpoint(store, log))
    expect(await verifyLines(genuine, { keys: [testSigner.vkey, mallory.vkey] })).toMatchObject({ verdict: 'intact' })
  })

  it('nor a proof', async () => {
    const { store, log, note } = await forged()
    const [entry] = (await rowsOf(store, log)).entries
    const { proof } = (await makeBundle({ store, log, checkpointNote: note, indices: [0] })).entries[0] as { proof: string[] }
    const text = `c2sp.org/tlog-proof@v1\nindex 0\n${proof.map((hash) => `${hash}\n`).join('')}\n${note}`
    const report = verifyTlogProof({ proof: text, leaf: entry?.leaf as string, keys: [testSigner.vkey, mallory.vkey] })
    expect(report.verdict).toBe('broken')
  })
})

describe('S6 what is missing at the end of a file shows', () => {
  it('lines that go on from a verified point need a checkpoint of their own', async () => {
    const { store, log } = await makeLog(9, [9])
    const first = await verifyLines(await linesOf(store, log, await checkpoint(store, log)), { keys })
    expect(first.verdict).toBe('intact')
    await append(store, testLog, [eventAt(9), eventAt(10)], fixedClock('2026-03-05T00:00:00.000Z'))
    const lines = await linesOf(store, log, await checkpoint(store, log))
    const from = { verified: first.resume as NonNullable<typeof first.resume> }
    expect(await verifyLines(lines, { keys, from })).toMatchObject({ verdict: 'intact', coverage: { anchoredTo: 11 } })
    // Anybody can add entries that link to those before. Only a signature tells them from the log's.
    const report = await verifyLines(lines.slice(0, -1), { keys, from })
    expect(report.verdict).toBe('unverifiable')
    expect(codesOf(report)).toContain('unanchored')
  })

  it('entries behind those that the header and the checkpoint count break a file', async () => {
    const { store, log, notes } = await makeLog(9, [8, 9])
    const [at8, at9] = notes as [string, string]
    const whole = await linesOf(store, log, at8)
    const extra = (await linesOf(store, log, at9)).at(-2) as string
    const report = await verifyLines([...whole.slice(0, -1), extra, whole.at(-1) as string], { keys })
    expect(report.verdict).toBe('broken')
    expect(codesOf(report)).toContain('head-mismatch')
  })

  it('an export that is to be gone on with has no end before its last entry, and nothing after its end', async () => {
    const { store, log, notes } = await makeLog(9, [9])
    const lines = await linesOf(store, log, notes[0] as string)
    const end = lines.at(-1) as string
    for (const wrong of [
      [...lines.slice(0, -2), end],
      [...lines, end],
      [...lines, lines.at(-2) as string],
    ]) {
      const work = () => resumeLines([new TextEncoder().encode(wrong.join(''))])
      expect((await refusal(work)).code).toBe('PHI_AUDIT_LINES_DAMAGED')
    }
    expect((await resumeLines([new TextEncoder().encode(lines.join(''))])).isComplete).toBe(true)
  })

  it('a resumed export is refused by who reads it when it lost its end', async () => {
    const { store, log } = await makeLog(9, [9])
    const lines = await linesOf(store, log, await checkpoint(store, log))
    const state = await resumeLines([new TextEncoder().encode(lines.slice(0, -1).join(''))])
    expect(state).toMatchObject({ isComplete: false, next: 9 })
    expect((await verifyLines(lines.slice(0, -1), { keys })).verdict).toBe('unverifiable')
  })
})

describe('S6 an age that cannot be computed is not passed over', () => {
  it('maxAgeMs needs the time', async () => {
    const { store, log } = await makeLog(3, [3])
    const lines = await linesOf(store, log, await checkpoint(store, log))
    expect((await refusal(verifyLog(store, log, { keys, maxAgeMs: 1000 }))).code).toBe('PHI_AUDIT_OPTIONS')
    expect((await refusal(verifyLines(lines, { keys, maxAgeMs: 1000 }))).code).toBe('PHI_AUDIT_OPTIONS')
    for (const maxAgeMs of [0, -1, Number.NaN])
      expect((await refusal(verifyLog(store, log, { keys, now: NOW, maxAgeMs }))).code).toBe('PHI_AUDIT_OPTIONS')
    expect(codesOf(await verifyLog(store, log, { keys, now: NOW, maxAgeMs: 1000 }))).toEqual(['stale'])
  })
})

describe('S6 a signer that signs with another key than it names', () => {
  it.each(['first', 'further'])('as the %s key leaves no checkpoint that nobody can check', async (which) => {
    const other = ed25519Signer.fromSecretKey(testSigner.name, key(44))
    const lying = { ...other, sign: (message: Uint8Array) => testSigner.sign(message) }
    const signers = which === 'first' ? { signer: lying } : { signer: testSigner, furtherSigners: [lying] }
    const store = memoryStore()
    const log = await openAuditLog({ ...testLog, store, ...signers })
    await log.append(eventAt(0))
    expect((await refusal(() => log.checkpoint())).code).toBe('PHI_AUDIT_NOTE_SIGNATURE')
    expect(await store.checkpoints(testLog)).toEqual([])
    await refusal(() => log.close())
  })
})

// A second witness keeps `policyOf` honest where one would do.
describe('S6 a quorum of all', () => {
  it('lacks what one of two has not signed', async () => {
    const { store, log, notes } = await makeLog(3, [3])
    await store.saveCheckpoint(log, { size: 3, note: await cosigned(notes[0] as string, w1) })
    expect((await verifyLog(store, log, { keys, now: NOW, witnesses: policyOf(w1, w2) })).verdict).toBe('unverifiable')
  })
})
