import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { utf8 } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeLog, testSigner } from '../../test/make-log.ts'
import { codeOf, rewrite, tampered } from '../../test/tampered-store.ts'
import { checkpointOfSize, exportLines, type LinesState, resumeLines, verifyLines } from './jsonl.ts'

const keys = [testSigner.vkey]
const { store, log, notes } = await makeLog(40, [10, 30, 40])
const [small, middle, large] = notes as [string, string, string]
const linesOf = async (note: string, options: Parameters<typeof exportLines>[3] = {}, from = store) => {
  const lines: string[] = []
  for await (const line of exportLines(from, log, note, options)) lines.push(line)
  return lines
}
const whole = utf8((await linesOf(middle)).join(''))
const starts = [0]
for (const [at, byte] of whole.entries()) if (byte === 0x0a) starts.push(at + 1)

/** Cuts bytes into chunks of a size, as a stream would. */
const chunked = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.slice(i * size, (i + 1) * size))
const goOn = async (part: Uint8Array, state: LinesState, note = middle): Promise<Uint8Array> =>
  new Uint8Array([...part.subarray(0, state.keep), ...utf8((await linesOf(note, { from: state })).join(''))])

describe('an export of lines that was cut off', () => {
  it('S6 cut anywhere, goes on to the same file byte for byte', async () => {
    const cuts = fc.oneof(fc.integer({ min: 0, max: whole.length }), fc.constantFrom(...starts))
    await fc.assert(
      fc.asyncProperty(cuts, fc.integer({ min: 1, max: 5000 }), async (cut, size) => {
        const part = whole.subarray(0, cut)
        const state = await resumeLines(chunked(part, size))
        expect(state.keep).toBe(starts.filter((start) => start <= cut).at(-1))
        expect(state.keep + state.torn).toBe(cut)
        expect(state.next).toBe(Math.max(0, Math.min(30, starts.indexOf(state.keep) - 1)))
        expect(state.isComplete).toBe(cut === whole.length)
        expect(Buffer.compare(await goOn(part, state), whole)).toBe(0)
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 1_000 : 30 },
    )
  })

  it('is gone on with in a file, in three lines of a program', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phi-lines-'))
    try {
      const path = join(folder, 'log.phi-audit.jsonl')
      await writeFile(path, whole.subarray(0, (starts[7] as number) + 100))
      const state = await resumeLines(createReadStream(path, { highWaterMark: 997 }))
      expect(state).toMatchObject({ header: { origin: log.origin, size: 30 }, next: 6, torn: 100, isComplete: false })
      await truncate(path, state.keep)
      await writeFile(path, exportLines(store, log, middle, { from: state }), { flag: 'a' })
      expect(Buffer.compare(await readFile(path), whole)).toBe(0)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('needs the checkpoint that it was begun with, which the store keeps', async () => {
    const state = await resumeLines([whole.subarray(0, starts[5])])
    expect(await checkpointOfSize(store, log, 30)).toBe(middle)
    expect(await checkpointOfSize(store, log, 31)).toBeUndefined()
    for (const note of [small, large]) expect(await codeOf(() => linesOf(note, { from: state }))).toBe('PHI_AUDIT_LINES_RESUME')
  })

  it('is not gone on with by another log, or one that was rewritten meanwhile', async () => {
    const state = await resumeLines([whole.subarray(0, starts[5])])
    const rewritten = await tampered(store, log, (rows) => {
      rewrite(rows, 2, (texts) => {
        texts.actor = texts.actor.replace('u-', 'x-')
      })
    })
    expect(await codeOf(() => linesOf(middle, { from: state }, rewritten))).toBe('PHI_AUDIT_LINES_RESUME')
    const other = { ...state, header: { ...(state.header as NonNullable<LinesState['header']>), origin: 'other.example' } }
    expect(await codeOf(() => linesOf(middle, { from: other }))).toBe('PHI_AUDIT_LINES_RESUME')
    for (const next of [-1, 0.5, 31, Number.NaN])
      expect(await codeOf(() => linesOf(middle, { from: { ...state, next } }))).toBe('PHI_AUDIT_LINES_RESUME')
  })

  it('is refused where a whole line is not the next of the log', async () => {
    const text = Buffer.from(whole).toString()
    const lines = text.split('\n').slice(0, -1)
    const rejoined = (change: (lines: string[]) => void) => {
      const copy = [...lines]
      change(copy)
      return copy.map((line) => `${line}\n`).join('')
    }
    const altered = (lines[5] as string).replace('u-4', 'u-3')
    expect(altered).not.toBe(lines[5])
    for (const hostile of [
      rejoined((copy) => copy.splice(5, 1, altered)),
      rejoined((copy) => copy.splice(5, 1)),
      rejoined((copy) => copy.splice(5, 0, copy[5] as string)),
      rejoined((copy) => copy.splice(5, 1, '{}')),
      rejoined((copy) => copy.splice(5, 1, 'null')),
      rejoined((copy) => copy.splice(5, 1, '')),
      rejoined((copy) => copy.splice(5, 1, copy.at(-1) as string)),
      rejoined((copy) => copy.splice(0, 1)),
      rejoined((copy) => copy.splice(0, 1, (copy[0] as string).replace('"size":30', '"size":4'))),
      rejoined((copy) => copy.splice(0, 1, (copy[0] as string).replace('"size":30', '"size":31'))),
      rejoined((copy) => copy.push(copy[3] as string)),
      rejoined((copy) => copy.push('')),
      rejoined((copy) => copy.splice(-1, 1, JSON.stringify({ checkpoint: small }))),
      rejoined((copy) => copy.splice(-1, 1, JSON.stringify({ checkpoint: 'x' }))),
      text.replaceAll('\n', '\r\n').slice(0, 600).concat('\n'),
    ])
      expect(await codeOf(() => resumeLines([utf8(hostile)]))).toBe('PHI_AUDIT_LINES_DAMAGED')
    expect(await codeOf(() => resumeLines([Uint8Array.of(0xff, 0x0a)]))).toBe('PHI_AUDIT_LINES_DAMAGED')
    expect(await codeOf(() => resumeLines(['text' as never]))).toBe('PHI_AUDIT_LINES_DAMAGED')
  })

  it('is refused with a line, whole or torn, that is longer than any', async () => {
    const million = new Uint8Array(1_048_576).fill(0x61)
    const endless = Array.from({ length: 13 }, () => million)
    expect(await codeOf(() => resumeLines(endless))).toBe('PHI_AUDIT_LINES_DAMAGED')
  })

  it('says nothing of an entry in its errors', async () => {
    const text = Buffer.from(whole).toString().replace('ProgressNote', 'PatientSecret')
    const error = await resumeLines([utf8(text)]).catch((failure: unknown) => failure)
    expect(error).toMatchObject({ code: 'PHI_AUDIT_LINES_DAMAGED', info: { index: 0 } })
    expect(`${(error as Error).stack}${JSON.stringify(error)}`).not.toMatch(/PatientSecret|u-0|p-0/)
  })
})

describe('verification of lines that goes on from an earlier one', () => {
  it('reads only the entries that are new, and hands on where to go on', async () => {
    const first = await verifyLines(await linesOf(small), { keys })
    expect(first).toMatchObject({ verdict: 'intact', resume: { size: 10, anchoredTo: 10 } })
    if (first.resume === undefined) throw new Error('no resume point')
    const second = await verifyLines(await linesOf(middle), { keys, from: { verified: first.resume } })
    expect(second).toMatchObject({
      verdict: 'intact',
      coverage: { from: 10, to: 30, checked: 20, anchoredTo: 30 },
      resume: { size: 30 },
    })
    const { resume } = await verifyLines(await linesOf(middle), { keys })
    expect(second.resume).toEqual(resume)
  })

  it('finds a file that does not continue what was verified', async () => {
    const { resume } = await verifyLines(await linesOf(middle), { keys })
    if (resume === undefined) throw new Error('no resume point')
    const codes = async (lines: string[], trusted: string[] = []) => {
      const { verdict, findings } = await verifyLines(lines, { keys, trusted, from: { verified: resume } })
      return [verdict, ...findings.map(({ code }) => code)]
    }
    expect(await codes(await linesOf(large))).toEqual(['intact'])
    expect((await codes(await linesOf(small))).slice(0, 2)).toEqual(['broken', 'rollback'])
    const forged = await tampered(store, log, (rows) => {
      rewrite(rows, 2, (texts) => {
        texts.actor = texts.actor.replace('u-', 'x-')
      })
    })
    expect((await codes(await linesOf(large, {}, forged)))[0]).toBe('broken')
    const lines = await linesOf(large)
    expect((await codes(lines.toSpliced(3, 1)))[0]).toBe('broken')
    expect((await codes(lines.toSpliced(3, 0, lines[3] as string)))[0]).toBe('broken')
    expect((await codes(lines.slice(0, 12)))[0]).toBe('broken')
    // A checkpoint that lies before the entries that are read cannot be compared with anything.
    expect(await codes(lines, [small])).toEqual(['unverifiable', 'partial-range'])
    expect(await codes(lines, [large])).toEqual(['intact'])
  })

  it('is refused with a point that no verification returned', async () => {
    const { resume } = await verifyLines(await linesOf(middle), { keys })
    const verified = { ...resume, size: 7 } as never
    expect(await codeOf(async () => verifyLines(await linesOf(large), { keys, from: { verified } }))).toBe('PHI_AUDIT_OPTIONS')
  })

  it('has no point to go on from when something is broken', async () => {
    const lines = await linesOf(small)
    const report = await verifyLines(lines.toSpliced(4, 1), { keys })
    expect(report.verdict).toBe('broken')
    expect(report.resume).toBeUndefined()
  })
})
