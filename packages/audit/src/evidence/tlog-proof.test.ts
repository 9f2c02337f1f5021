import { fromBase64, utf8 } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeLog, testSigner } from '../../test/make-log.ts'
import { codeOf } from '../../test/tampered-store.ts'
import { hashLeaf, inclusionProof, rootOf } from '../merkle/index.ts'
import { ed25519Cosigner, ed25519Signer, formatCheckpoint, signNote } from '../note/index.ts'
import { witnessPolicy } from '../witness/index.ts'
import { linesErrors } from './jsonl-errors.ts'
import { formatTlogProof, MAX_PROOF_EXTRA, parseTlogProof, type TlogProof, verifyTlogProof } from './tlog-proof.ts'
import { tlogProofErrors } from './tlog-proof-errors.ts'

const keys = [testSigner.vkey]
const { store, log, notes } = await makeLog(20, [20])
const [checkpoint] = notes as [string]
const leaves: string[] = []
for await (const batch of store.read(log, { from: 0, to: 20 })) leaves.push(...batch.map(({ leaf }) => leaf))
const leafHashes = leaves.map((leaf) => hashLeaf(utf8(leaf)))
const proofOf = (index: number): TlogProof => ({ index, proof: inclusionProof({ leafHashes, index }), checkpoint })
const codes = (options: Partial<Parameters<typeof verifyTlogProof>[0]>) => {
  const report = verifyTlogProof({ proof: proofOf(7), leaf: leaves[7] as string, keys, ...options })
  return [report.verdict, ...report.findings.map(({ code }) => code)]
}

describe('a .tlog-proof', () => {
  it('has the lines that the specification shows', () => {
    const { proof } = proofOf(7)
    const lines = formatTlogProof({ ...proofOf(7), extra: utf8('age') }).split('\n')
    expect(lines.slice(0, 3)).toEqual(['c2sp.org/tlog-proof@v1', 'extra YWdl', 'index 7'])
    expect(lines.slice(3, 3 + proof.length).map((line) => fromBase64(line).length)).toEqual(proof.map(() => 32))
    expect(lines[3 + proof.length]).toBe('')
    expect(lines.slice(4 + proof.length).join('\n')).toBe(checkpoint)
  })

  it('reads back byte for byte, with and without extra data, also from bytes', () => {
    fc.assert(
      fc.property(fc.nat(19), fc.option(fc.uint8Array({ minLength: 1, maxLength: 99 }), { nil: undefined }), (index, extra) => {
        const proof = { ...proofOf(index), ...(extra === undefined ? {} : { extra: new Uint8Array(extra) }) }
        const text = formatTlogProof(proof)
        expect(parseTlogProof(text)).toEqual(proof)
        expect(formatTlogProof(parseTlogProof(utf8(text)))).toBe(text)
      }),
      { numRuns: 60 },
    )
  })

  it('S113 S145 proves every entry, and no other', () => {
    for (const [index, leaf] of leaves.entries()) {
      const proof = formatTlogProof(proofOf(index))
      expect(verifyTlogProof({ proof, leaf, keys })).toMatchObject({
        verdict: 'intact',
        coverage: { from: index, to: index + 1, checked: 1, anchoredTo: 20 },
        findings: [],
      })
      const other = leaves[(index + 1) % 20] as string
      expect(verifyTlogProof({ proof, leaf: other, keys }).verdict).toBe('broken')
    }
  })

  it('proves the one entry of a log with an empty path', async () => {
    const root = rootOf([hashLeaf(utf8('only'))])
    const note = await signNote(formatCheckpoint({ origin: log.origin, size: 1, root }), [testSigner])
    const text = formatTlogProof({ index: 0, proof: [], checkpoint: note })
    expect(text).toBe(`c2sp.org/tlog-proof@v1\nindex 0\n\n${note}`)
    expect(verifyTlogProof({ proof: text, leaf: utf8('only'), keys }).verdict).toBe('intact')
  })

  it('S113 with one byte changed anywhere is refused or broken, save in the extra data that nothing signs', () => {
    const bytes = utf8(formatTlogProof({ ...proofOf(7), extra: utf8('not signed') }))
    const extraEnd = 'c2sp.org/tlog-proof@v1\nextra '.length + 16
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.map((byte, i) => (i === at ? byte ^ (1 << (at % 7)) : byte))
      let verdict = 'refused'
      try {
        verdict = verifyTlogProof({ proof: changed, leaf: leaves[7] as string, keys }).verdict
      } catch (error) {
        expect(error).toMatchObject({ code: 'PHI_AUDIT_TLOG_PROOF' })
      }
      const isExtra = at >= 'c2sp.org/tlog-proof@v1\nextra '.length && at < extraEnd
      if (!isExtra && verdict === 'intact') expect(at).toBe('a place that is checked')
    }
  })

  it('does not confirm what no known key of the log has signed', async () => {
    const stranger = await ed25519Signer.generate('other.example/log')
    const [text] = checkpoint.split('\n\n') as [string]
    const foreign = { ...proofOf(7), checkpoint: await signNote(`${text}\n`, [stranger]) }
    expect(codes({ proof: foreign })).toEqual(['unverifiable', 'unknown-key'])
    expect(codes({ keys: [] })).toEqual(['unverifiable', 'no-keys'])
    expect(codes({ keys: [], leaf: 'another' })).toEqual(['broken', 'not-proved', 'no-keys'])
    expect(codes({ proof: foreign, keys: [...keys, stranger.vkey] })).toEqual(['broken', 'wrong-origin'])
    expect(codes({ proof: foreign, keys: [stranger.vkey], origin: log.origin })).toEqual(['intact'])
    expect(codes({ origin: 'other.example' })).toEqual(['broken', 'wrong-origin'])
    const cosigned = { ...proofOf(7), checkpoint: await signNote(`${text}\n`, [testSigner, stranger]) }
    expect(codes({ proof: cosigned })).toEqual(['intact'])
  })

  it('asks for the cosignatures of a policy, where there is one', async () => {
    const witness = ed25519Cosigner.fromSecretKey('w.example', new Uint8Array(32).fill(5), { clock: () => 1_000_000 })
    const witnesses = witnessPolicy({ witnesses: [{ name: 'w', vkey: witness.vkey }], quorum: 'w' })
    const [text] = checkpoint.split('\n\n') as [string]
    const proof = { ...proofOf(7), checkpoint: await signNote(`${text}\n`, [testSigner, witness]) }
    expect(codes({ witnesses })).toEqual(['unverifiable', 'not-witnessed'])
    expect(verifyTlogProof({ proof, leaf: leaves[7] as string, keys, witnesses })).toMatchObject({
      verdict: 'intact',
      coverage: { anchoredTo: 20 },
    })
    expect(codes({ proof, witnesses, now: 2_000_000, maxCosignatureAgeMs: 1000 })).toEqual(['unverifiable', 'old-cosignature'])
  })

  it('says what is wrong in a catalogue of its own', () => {
    for (const [code, { problem, remedy }] of Object.entries({ ...tlogProofErrors, ...linesErrors })) {
      expect(code).toMatch(/^PHI_AUDIT_(TLOG|LINES)_[A-Z_]+$/)
      expect(problem).toMatch(/^[A-Z].*[^.]$/)
      expect(remedy).toMatch(/^[A-Z].*\.$/)
    }
  })

  const text = formatTlogProof(proofOf(7))
  const hash = text.split('\n')[2] as string
  it.each<[string, string]>([
    ['another header', text.replace('@v1', '@v2')],
    ['a space after the header', text.replace('@v1\n', '@v1 \n')],
    ['carriage returns', text.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\ufeff${text}`],
    ['no index', text.replace('index 7\n', '')],
    ['an index with a leading zero', text.replace('index 7', 'index 07')],
    ['a signed index', text.replace('index 7', 'index +7')],
    ['two spaces', text.replace('index 7', 'index  7')],
    ['an index at the size', text.replace('index 7', 'index 20')],
    ['an index beyond 2^53', text.replace('index 7', 'index 9007199254740993')],
    ['an index of many digits', text.replace('index 7', `index ${'9'.repeat(5000)}`)],
    ['empty extra data', text.replace('index 7', 'extra \nindex 7')],
    ['extra data that is not base64', text.replace('index 7', 'extra *\nindex 7')],
    ['extra data without padding', text.replace('index 7', 'extra YQ\nindex 7')],
    ['extra data with spare bits', text.replace('index 7', 'extra YR==\nindex 7')],
    ['extra data twice', text.replace('index 7', 'extra YQ==\nextra YQ==\nindex 7')],
    ['extra data after the index', text.replace('index 7', 'index 7\nextra YQ==')],
    ['a hash that is short', text.replace(hash, hash.slice(4))],
    ['a hash of other base64', text.replace(hash, `${hash.slice(0, 42)}*=`)],
    ['a line after a space', text.replace(hash, ` ${hash}`)],
    ['54 hashes', text.replace(hash, `${hash}\n`.repeat(50) + hash)],
    ['no empty line', text.replace('\n\n', '\n')],
    ['two empty lines', text.replace('\n\n', '\n\n\n')],
    ['no checkpoint', text.slice(0, text.indexOf('\n\n') + 2)],
    ['no signature', text.slice(0, text.indexOf('— '))],
    ['no last newline', text.slice(0, -1)],
    ['something after the end', `${text}\n`],
    ['nothing', ''],
    ['a text that is too long', `c2sp.org/tlog-proof@v1\nextra ${'A'.repeat(2_000_000)}`],
  ])('refuses %s', async (_, hostile) => {
    expect(hostile).not.toBe(text)
    expect(await codeOf(() => parseTlogProof(hostile))).toBe('PHI_AUDIT_TLOG_PROOF')
    expect(await codeOf(() => parseTlogProof(utf8(hostile)))).toBe('PHI_AUDIT_TLOG_PROOF')
  })

  it('refuses bytes that are no UTF-8, and what is no text', async () => {
    for (const value of [Uint8Array.of(0xff, 0xfe), 7, null, undefined, {}])
      expect(await codeOf(() => parseTlogProof(value as never))).toBe('PHI_AUDIT_TLOG_PROOF')
  })

  it.each<[string, Partial<Record<keyof TlogProof, unknown>>]>([
    ['a negative index', { index: -1 }],
    ['an index beyond the checkpoint', { index: 20 }],
    ['a short hash', { proof: [new Uint8Array(31)] }],
    ['no hashes', { proof: undefined }],
    ['too many hashes', { proof: Array.from({ length: 54 }, () => new Uint8Array(32)) }],
    ['a note that is none', { checkpoint: 'x' }],
    ['empty extra data', { extra: new Uint8Array(0) }],
    ['long extra data', { extra: new Uint8Array(MAX_PROOF_EXTRA + 1) }],
  ])('does not write %s', async (_, change) => {
    const proof = { ...proofOf(7), ...change } as TlogProof
    expect(await codeOf(() => formatTlogProof(proof))).toBe('PHI_AUDIT_TLOG_PROOF')
    expect(await codeOf(() => verifyTlogProof({ proof, leaf: 'x', keys }))).toBe('PHI_AUDIT_TLOG_PROOF')
  })
})
