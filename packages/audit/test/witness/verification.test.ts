import { fixedClock } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { makeBundle, verifyBundle } from '../../src/evidence/bundle.ts'
import { exportLines, verifyLines } from '../../src/evidence/jsonl.ts'
import { mlDsa44Signer } from '../../src/ml-dsa/index.ts'
import { type Cosigner, ed25519Signer, formatNote, formatVkey, parseNote, parseVkey, signNote } from '../../src/note/index.ts'
import type { AuditStore, LogKey } from '../../src/store/store.ts'
import { type VerifyOptions, verifyLog } from '../../src/verify/verify.ts'
import { parseWitnessPolicy, type WitnessPolicy, witnessPolicy } from '../../src/witness/index.ts'
import { append, checkpoint, eventAt, makeLog, testLog, testSigner } from '../make-log.ts'
import { cosignerOf, key, NOW } from './world.ts'

const [w1, w2, w3] = [cosignerOf(1), cosignerOf(2), cosignerOf(3)] as const
const named = (cosigners: readonly Cosigner[]) => cosigners.map(({ vkey }, i) => ({ name: `w${i + 1}`, vkey }))
const two = witnessPolicy({ witnesses: named([w1, w2, w3]), quorum: 2 })

/** A note with cosignatures put to it. */
async function cosigned(note: string, cosigners: readonly Cosigner[], time = NOW): Promise<string> {
  const { text, signatures } = parseNote(note)
  const lines = await Promise.all(
    cosigners.map(
      async (cosigner) =>
        parseNote(await signNote(text, [{ ...cosigner, sign: (message) => cosigner.signAt(message, time) }])).signatures[0],
    ),
  )
  return formatNote({ text, signatures: [...signatures, ...lines.map((line) => line as NonNullable<typeof line>)] })
}

const flipped = (signature: Uint8Array) => signature.with(20, (signature[20] as number) ^ 1)

/** A log of nine entries with signed checkpoints at 4 and 9. */
async function nine() {
  const { store, log, notes } = await makeLog(9, [4, 9])
  const [at4, at9] = notes as [string, string]
  return { store, log, at4, at9 }
}

async function check(store: AuditStore, log: LogKey, policy: WitnessPolicy | undefined, more: Partial<VerifyOptions> = {}) {
  const report = await verifyLog(store, log, {
    keys: [testSigner.vkey],
    now: NOW,
    ...(policy === undefined ? {} : { witnesses: policy }),
    ...more,
  })
  const { verdict, coverage, findings } = report
  return { verdict, anchoredTo: coverage.anchoredTo, tail: coverage.unanchoredTail, codes: findings.map(({ code }) => code) }
}

describe('S6 verification with a witness policy', () => {
  it('only checkpoints that meet the quorum anchor', async () => {
    const { store, log, at4, at9 } = await nine()
    expect(await check(store, log, undefined)).toEqual({ verdict: 'intact', anchoredTo: 9, tail: 0, codes: [] })
    expect(await check(store, log, two)).toEqual({
      verdict: 'unverifiable',
      anchoredTo: 0,
      tail: 9,
      codes: ['not-witnessed', 'unanchored'],
    })
    await store.saveCheckpoint(log, { size: 4, note: await cosigned(at4, [w1, w3]) })
    expect(await check(store, log, two)).toEqual({ verdict: 'unverifiable', anchoredTo: 4, tail: 5, codes: ['not-witnessed'] })
    await store.saveCheckpoint(log, { size: 9, note: await cosigned(at9, [w2]) })
    expect(await check(store, log, two)).toMatchObject({ verdict: 'unverifiable', anchoredTo: 4 })
    // The quorum can be spread over two copies of one checkpoint.
    await store.saveCheckpoint(log, { size: 9, note: await cosigned(at9, [w3]) })
    expect(await check(store, log, two)).toEqual({ verdict: 'intact', anchoredTo: 9, tail: 0, codes: [] })
  })

  it('one witness counts once, however often it signs, and strangers and the log itself never', async () => {
    const { store, log, at9 } = await nine()
    const again = await cosigned(await cosigned(at9, [w1]), [w1, cosignerOf(7)], NOW - 1000)
    await store.saveCheckpoint(log, { size: 9, note: again })
    await store.saveCheckpoint(log, { size: 9, note: await cosigned(at9, [w1], NOW - 5000) })
    expect(await check(store, log, two)).toMatchObject({ verdict: 'unverifiable', anchoredTo: 0 })
    // The log's own key, as a cosigner's: refused before anything is counted.
    const own = formatVkey({ name: log.origin, type: 4, publicKey: parseVkey(testSigner.vkey).publicKey })
    const selfish = witnessPolicy({ witnesses: [{ name: 'own', vkey: own }], quorum: 'own' })
    expect((await refusal(check(store, log, selfish))).code).toBe('PHI_AUDIT_WITNESS_POLICY')
  })

  it('an invalid cosignature by a known witness breaks, and one by a stranger does not', async () => {
    const { store, log, at9 } = await nine()
    const genuine = parseNote(await cosigned(at9, [w1, w2]))
    const spoiled = genuine.signatures.map((line) =>
      line.name === w1.name ? { ...line, signature: flipped(line.signature) } : line,
    )
    await store.saveCheckpoint(log, { size: 9, note: await cosigned(at9, [w2, w3]) })
    expect(await check(store, log, two)).toMatchObject({ verdict: 'intact' })
    await store.saveCheckpoint(log, { size: 9, note: formatNote({ text: genuine.text, signatures: spoiled }) })
    expect(await check(store, log, two)).toMatchObject({ verdict: 'broken', codes: ['bad-signature'] })
    const others = witnessPolicy({ witnesses: named([w2, w3]), quorum: 1 })
    expect(await check(store, log, others)).toMatchObject({ verdict: 'intact', codes: [] })
  })

  it('cosignatures from the future are not counted; old ones are reported where that is asked for', async () => {
    const { store, log, at9 } = await nine()
    await store.saveCheckpoint(log, { size: 9, note: await cosigned(at9, [w1, w2], NOW + 301_000) })
    expect(await check(store, log, two)).toMatchObject({
      verdict: 'unverifiable',
      anchoredTo: 0,
      codes: ['not-witnessed', 'unanchored', 'future-cosignature', 'future-cosignature'],
    })
    const { now: _, ...timeless } = { now: NOW }
    expect(await verifyLog(store, log, { ...timeless, keys: [testSigner.vkey], witnesses: two })).toMatchObject({
      verdict: 'intact',
    })
    await store.saveCheckpoint(log, { size: 9, note: await cosigned(at9, [w1], NOW - 3_600_000) })
    await store.saveCheckpoint(log, { size: 9, note: await cosigned(at9, [w3], NOW - 60_000) })
    expect(await check(store, log, two)).toMatchObject({ verdict: 'intact', anchoredTo: 9 })
    expect(await check(store, log, two, { maxCosignatureAgeMs: 3_600_000 })).toMatchObject({ verdict: 'intact' })
    // Of two that the quorum asks for, one is too old.
    expect(await check(store, log, two, { maxCosignatureAgeMs: 3_599_999 })).toMatchObject({
      verdict: 'unverifiable',
      anchoredTo: 9,
      codes: ['old-cosignature', 'future-cosignature', 'future-cosignature'],
    })
    for (const bad of [
      { maxCosignatureAgeMs: 0 },
      { maxCosignatureAgeMs: Number.NaN },
      { maxCosignatureAgeMs: 5, witnesses: undefined },
    ])
      expect((await refusal(check(store, log, two, bad))).code).toBe('PHI_AUDIT_OPTIONS')
    expect(
      (await refusal(verifyLog(store, log, { keys: [testSigner.vkey], witnesses: two, maxCosignatureAgeMs: 5 }))).code,
    ).toBe('PHI_AUDIT_OPTIONS')
  })

  it('S145 a log that was rewritten after it was witnessed is found out by the cosigned checkpoint alone', async () => {
    const { store, log, at9 } = await nine()
    const kept = await cosigned(at9, [w1, w2])
    const other = await makeLog(12, [12], { event: (i) => ({ ...eventAt(i), id: `r-${i}` }) })
    const report = await check(other.store, log, two, { trusted: [kept] })
    expect(report).toMatchObject({ verdict: 'broken', anchoredTo: 0 })
    expect(report.codes).toContain('rewritten-history')
    // And one that was cut off.
    const short = await makeLog(5, [5])
    expect((await check(short.store, log, two, { trusted: [kept] })).codes).toContain('truncated-tail')
    expect((await check(store, log, two, { trusted: [kept] })).verdict).toBe('intact')
  })

  it('a log that shows two histories to two witnesses is found out when their checkpoints meet', async () => {
    const mine = await nine()
    const other = await makeLog(9, [9], { event: (i) => (i < 6 ? eventAt(i) : { ...eventAt(i), id: `fork-${i}` }) })
    const [forked] = other.notes as [string]
    const one = witnessPolicy({ witnesses: named([w1, w2]), quorum: 1 })
    await mine.store.saveCheckpoint(mine.log, { size: 9, note: await cosigned(mine.at9, [w1]) })
    await other.store.saveCheckpoint(other.log, { size: 9, note: await cosigned(forked, [w2]) })
    // Each alone looks well: that is what a quorum of one lets through.
    expect(await check(mine.store, mine.log, one)).toMatchObject({ verdict: 'intact', anchoredTo: 9 })
    expect(await check(other.store, other.log, one)).toMatchObject({ verdict: 'intact', anchoredTo: 9 })
    const both = await check(mine.store, mine.log, one, { trusted: [await cosigned(forked, [w2])] })
    expect(both).toMatchObject({ verdict: 'broken', anchoredTo: 0 })
    expect(both.codes).toContain('fork')
    // A majority of witnesses cannot be had for both.
    const majority = witnessPolicy({ witnesses: named([w1, w2]), quorum: 2 })
    expect(await check(mine.store, mine.log, majority)).toMatchObject({ verdict: 'unverifiable', anchoredTo: 0 })
  })

  it('an unwitnessed checkpoint that disagrees still breaks, and anchors nothing above', async () => {
    const { store, log, at4 } = await nine()
    await store.saveCheckpoint(log, { size: 4, note: await cosigned(at4, [w1, w2]) })
    const other = await makeLog(6, [6], { event: (i) => ({ ...eventAt(i), id: `r-${i}` }) })
    const report = await check(store, log, two, { trusted: [other.notes[0] as string] })
    expect(report).toMatchObject({ verdict: 'broken', anchoredTo: 4 })
    expect(report.codes).toContain('rewritten-history')
  })

  it('where the policy names logs, their keys and no others sign', async () => {
    const { store, log, at9 } = await nine()
    await store.saveCheckpoint(log, { size: 9, note: await cosigned(at9, [w1]) })
    const lines = (vkey: string) => parseWitnessPolicy(`log ${vkey}\nwitness w1 ${w1.vkey}\nquorum w1\n`)
    expect(await check(store, log, lines(testSigner.vkey))).toMatchObject({ verdict: 'intact', anchoredTo: 9 })
    const other = ed25519Signer.fromSecretKey(log.origin, key(77))
    expect(await check(store, log, lines(other.vkey))).toMatchObject({
      verdict: 'unverifiable',
      anchoredTo: 0,
      codes: ['no-keys'],
    })
  })

  it('a quorum of ML-DSA-44 and Ed25519 witnesses is met by both', async () => {
    const { store, log, at9 } = await nine()
    const pq = mlDsa44Signer.fromSeed('witness.example/pq', key(4), { clock: () => NOW })
    const policy = witnessPolicy(
      { witnesses: named([w1, pq]), quorum: 2 },
      {
        algorithms: { 6: { publicKeyLength: 1312, verify: (_, message, signature) => pq.verifier.verify(message, signature) } },
      },
    )
    await store.saveCheckpoint(log, { size: 9, note: await cosigned(at9, [w1]) })
    expect((await check(store, log, policy)).codes).toEqual(['not-witnessed', 'unanchored'])
    // Without a time it says nothing about the largest tree that was seen.
    await store.saveCheckpoint(log, { size: 9, note: await cosigned(at9, [pq], 0) })
    expect((await check(store, log, policy)).codes).toEqual(['not-witnessed', 'unanchored'])
    await store.saveCheckpoint(log, { size: 9, note: await cosigned(at9, [pq]) })
    expect(await check(store, log, policy)).toMatchObject({ verdict: 'intact', anchoredTo: 9, codes: [] })
  })

  it('goes on from where an earlier run ended', async () => {
    const { store, log, at9 } = await nine()
    await store.saveCheckpoint(log, { size: 9, note: await cosigned(at9, [w1, w2]) })
    const { resume } = await verifyLog(store, log, { keys: [testSigner.vkey], now: NOW, witnesses: two })
    expect(resume).toMatchObject({ size: 9, anchoredTo: 9 })
    await append(store, testLog, [eventAt(9), eventAt(10)], fixedClock('2026-03-05T00:00:00.000Z'))
    const from = { verified: resume as NonNullable<typeof resume> }
    expect(await check(store, log, two, { from })).toEqual({ verdict: 'intact', anchoredTo: 9, tail: 2, codes: [] })
    const note = await checkpoint(store, log)
    expect(await check(store, log, two, { from })).toEqual({
      verdict: 'unverifiable',
      anchoredTo: 9,
      tail: 2,
      codes: ['not-witnessed'],
    })
    await store.saveCheckpoint(log, { size: 11, note: await cosigned(note, [w2, w3]) })
    expect(await check(store, log, two, { from })).toEqual({ verdict: 'intact', anchoredTo: 11, tail: 0, codes: [] })
  })

  it('holds for a bundle as well', async () => {
    const { store, log, at9 } = await nine()
    const of = async (note: string, witnesses: WitnessPolicy | undefined = two, more: object = {}) => {
      const bundle = await makeBundle({ store, log, checkpointNote: note, indices: [2, 5] })
      const report = verifyBundle(bundle, { keys: [testSigner.vkey], now: NOW, witnesses, ...more })
      return [report.verdict, report.coverage.anchoredTo, report.findings.map(({ code }) => code).join()]
    }
    expect(await of(at9)).toEqual(['unverifiable', 0, 'not-witnessed'])
    expect(await of(await cosigned(at9, [w1]))).toEqual(['unverifiable', 0, 'not-witnessed'])
    const note = await cosigned(at9, [w1, w2], NOW - 60_000)
    expect(await of(note)).toEqual(['intact', 9, ''])
    expect(await of(note, two, { maxCosignatureAgeMs: 30_000 })).toEqual(['unverifiable', 9, 'old-cosignature'])
    const { text, signatures } = parseNote(note)
    const spoiled = formatNote({
      text,
      signatures: signatures.map((line) => (line.name === w2.name ? { ...line, signature: flipped(line.signature) } : line)),
    })
    expect(await of(spoiled)).toEqual(['broken', 0, 'bad-signature'])
  })

  it('holds for a log in JSON lines as well', async () => {
    const { store, log, at4, at9 } = await nine()
    const of = async (note: string, more: object = {}) => {
      const lines: string[] = []
      for await (const line of exportLines(store, log, note)) lines.push(line)
      const report = await verifyLines(lines, { keys: [testSigner.vkey], now: NOW, witnesses: two, ...more })
      return [
        report.verdict,
        report.coverage.anchoredTo,
        report.findings.map(({ code }) => code).join(),
        report.resume?.anchoredTo,
      ]
    }
    expect(await of(at9)).toEqual(['unverifiable', 0, 'not-witnessed,unanchored', 0])
    expect(await of(await cosigned(at9, [w1, w2]))).toEqual(['intact', 9, '', 9])
    const trusted = [await cosigned(at4, [w1, w2])]
    expect(await of(at9, { trusted })).toEqual(['unverifiable', 4, 'not-witnessed', 4])
    expect(await of(await cosigned(at9, [w1]), { trusted: [...trusted, await cosigned(at9, [w3])] })).toEqual([
      'intact',
      9,
      '',
      9,
    ])
  })

  it('what only looks like a policy is refused', async () => {
    const { store, log } = await nine()
    const fake = { ...two, quorum: 'none' } as WitnessPolicy
    expect((await refusal(check(store, log, fake))).code).toBe('PHI_AUDIT_WITNESS_POLICY')
  })
})
