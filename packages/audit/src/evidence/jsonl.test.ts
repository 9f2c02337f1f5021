import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { fixedClock } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { append, checkpoint, eventAt, makeLog, testSigner } from '../../test/make-log.ts'
import { codeOf, rewrite, tampered } from '../../test/tampered-store.ts'
import { ed25519Signer } from '../note/index.ts'
import type { AuditStore } from '../store/store.ts'
import { exportLines, MAX_LINE_LENGTH, verifyLines } from './jsonl.ts'

const keys = [testSigner.vkey]
const { store, log, notes } = await makeLog(1050, [20, 1040])
const [small, large] = notes as [string, string]

async function linesOf(
  note: string,
  from: AuditStore = store,
  options: Parameters<typeof exportLines>[3] = {},
): Promise<string[]> {
  const lines: string[] = []
  for await (const line of exportLines(from, log, note, options)) lines.push(line)
  return lines
}
const codes = async (lines: Iterable<string>, trusted: string[] = []) =>
  (await verifyLines(lines, { keys, trusted })).findings.map(({ code, index }) =>
    index === undefined ? code : `${code} ${index}`,
  )
const intact = await linesOf(small)

describe('a log as JSON lines', () => {
  it('has a header, the entries that the checkpoint covers, and the checkpoint', () => {
    expect(intact).toHaveLength(22)
    expect(intact.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true)
    expect(JSON.parse(intact[0] as string)).toEqual({ format: 'phi.audit/log@v1', origin: log.origin, size: 20 })
    expect(Object.keys(JSON.parse(intact[1] as string))).toEqual(['index', 'leaf', 'open'])
    expect(JSON.parse(intact[21] as string)).toEqual({ checkpoint: small })
  })

  it('verifies in one pass, with or without the newlines, from a stream or a list', async () => {
    const report = {
      verdict: 'intact',
      coverage: { from: 0, to: 1040, checked: 1040, anchoredTo: 1040, withheld: 0 },
      findings: [],
    }
    expect(await verifyLines(exportLines(store, log, large), { keys, trusted: [small] })).toMatchObject(report)
    expect(
      await verifyLines(
        (await linesOf(large)).map((line) => line.trimEnd()),
        { keys },
      ),
    ).toMatchObject(report)
  })

  it('is one line an entry for every reader of lines, whatever the texts hold', async () => {
    const { store, log } = await makeLog(0)
    const reason = 'one\u2028two\u2029three\u0085four\vfive\ffive\r\nsix'
    await append(store, log, [{ ...eventAt(0), context: { reason } }], fixedClock('2026-03-04T05:06:09.000Z'))
    const text = (await linesOf(await checkpoint(store, log), store)).join('')
    expect(text).not.toMatch(/[\u2028\u2029\r\v\f]/)
    const report = await verifyLines(createInterface({ input: Readable.from([text]), crlfDelay: Number.POSITIVE_INFINITY }), {
      keys,
    })
    expect(report).toMatchObject({ verdict: 'intact', coverage: { checked: 1 } })
  })

  it('tells how far it is', async () => {
    const seen: unknown[] = []
    await verifyLines(exportLines(store, log, large), { keys, onProgress: (progress) => seen.push(progress) })
    expect(seen).toEqual([{ checked: 1000, total: 1040 }])
  })

  it('withholds what is not to be disclosed, which is no finding', async () => {
    const report = await verifyLines(exportLines(store, log, small, { open: ['event'] }), { keys })
    expect(report).toMatchObject({ verdict: 'intact', coverage: { checked: 20, withheld: 80 }, findings: [] })
  })

  it('of a log without entries is unverifiable', async () => {
    const none = await makeLog(0, [0])
    const lines = exportLines(none.store, log, none.notes[0] as string)
    expect(await verifyLines(lines, { keys })).toMatchObject({ verdict: 'unverifiable', findings: [{ code: 'empty' }] })
  })

  it('is written only for a checkpoint of that log', async () => {
    expect(await codeOf(() => linesOf('x'))).toBe('PHI_AUDIT_FORMAT')
    const other = await makeLog(4, [4], { log: { ...log, origin: 'other.example/audit' } })
    expect(await codeOf(() => linesOf(other.notes[0] as string))).toBe('PHI_AUDIT_FORMAT')
  })
})

describe('a file that is not whole', () => {
  it('cut short anywhere is a truncated tail', async () => {
    for (const length of [1, 2, 10, 20]) {
      const report = await verifyLines(intact.slice(0, length), { keys })
      expect(report).toMatchObject({
        verdict: 'broken',
        findings: [{ code: 'truncated-tail', index: length - 1, expected: '20' }, {}],
      })
    }
    expect(await codeOf(() => verifyLines([], { keys }))).toBe('PHI_AUDIT_FORMAT')
  })

  it('cut short together with its header, against a checkpoint from elsewhere', async () => {
    const header = (intact[0] as string).replace('20', '10')
    expect(await codes([header, ...intact.slice(1, 11)], [small])).toEqual(['truncated-tail 10', 'unanchored'])
  })

  it('without its checkpoint is unverifiable', async () => {
    expect(await verifyLines(intact.slice(0, -1), { keys })).toMatchObject({
      verdict: 'unverifiable',
      findings: [{ code: 'unanchored' }],
    })
    // Unless the checkpoint comes from elsewhere, which is as good.
    expect(await verifyLines(intact.slice(0, -1), { keys, trusted: [small] })).toMatchObject({ verdict: 'intact' })
  })

  it('without a key, or with a wrong one, is unverifiable', async () => {
    expect(await verifyLines(intact, { keys: [] })).toMatchObject({ verdict: 'unverifiable', findings: [{ code: 'no-keys' }] })
    const wrong = [ed25519Signer.fromSecretKey(testSigner.name, new Uint8Array(32)).vkey]
    const report = await verifyLines(intact, { keys: wrong })
    expect(report.verdict).toBe('unverifiable')
    expect(report.findings.map(({ code }) => code)).toEqual(['unknown-key', 'unanchored'])
  })

  it('with lines taken out, put in, doubled, moved, damaged or behind its end', async () => {
    const at = (index: number) => intact[index + 1] as string
    const edit = (index: number, ...lines: string[]) => intact.toSpliced(index + 1, 1, ...lines)
    expect(await codes(edit(5))).toEqual(['gap 5'])
    expect(await codes(edit(5, at(5), at(5)))).toEqual(['duplicate-index 5'])
    expect(await codes(edit(5, at(5), at(3)))).toEqual(['out-of-order 3'])
    for (const line of [
      '',
      'x',
      '{}',
      'null',
      '[]',
      '{"checkpoint":1}',
      at(5).replace('"open"', '"opens"'),
      at(5).replace('5', '"5"'),
    ]) {
      expect(await codes(edit(5, line))).toEqual(['malformed-leaf 5'])
    }
    expect(await codes([...intact, at(0)])).toEqual(['trailing-lines'])
    expect(await codes([...intact, '\n'])).toEqual(['trailing-lines'])
    expect(await codes(intact.map((line) => line.replace('"size":20', '"size":19')))).toEqual(['head-mismatch 19'])
    expect(await codes(intact.map((line) => line.replace('"size":20', '"size":21')))).toEqual([
      'truncated-tail 20',
      'head-mismatch 21',
    ])
  })

  it('whose last entry was altered disagrees with the checkpoint', async () => {
    const last = (intact[20] as string).replace('T05:06:08.000Z', 'T05:06:08.001Z')
    const report = await verifyLines(intact.with(20, last), { keys })
    expect(report.findings[0]).toMatchObject({ code: 'rewritten-history', between: { from: 0, to: 20 } })
  })

  it('that was rewritten and signed by nobody', async () => {
    const forged = await tampered(store, log, (rows) => rewrite(rows, 7, () => {}))
    expect(await codes(await linesOf(small, forged))).toEqual(['rewritten-history 0', 'unanchored'])
    expect(await codes(await linesOf(large, forged), [small])).toEqual(['rewritten-history 0', 'unanchored'])
  })

  it('whose checkpoint is of another log, or broken', async () => {
    const other = await makeLog(20, [20], { log: { ...log, origin: 'other.example/audit' } })
    const footer = (note: string) => intact.with(21, JSON.stringify({ checkpoint: note }))
    expect((await verifyLines(footer(other.notes[0] as string), { keys })).verdict).toBe('broken')
    expect((await verifyLines(footer('x'), { keys })).verdict).toBe('broken')
    expect((await verifyLines(footer(small.replace('\n20\n', '\n21\n')), { keys })).verdict).toBe('broken')
  })
})

describe('what is no such file', () => {
  it.each([
    ['an entry first', intact.slice(1)],
    ['another format', [(intact[0] as string).replace('@v1', '@v2')]],
    ['an origin that is none', [(intact[0] as string).replace(log.origin, 'two words')]],
    ['an unknown key', [(intact[0] as string).replace('}', ',"x":1}')]],
    ['nothing on the first line', ['\n', ...intact]],
    ['a line without end', [intact[0] as string, 'x'.repeat(MAX_LINE_LENGTH + 1)]],
    ['brackets without end', [`${'['.repeat(MAX_LINE_LENGTH)}`]],
    ['bytes', [new Uint8Array(3) as unknown as string]],
  ])('%s', async (_what, lines) => {
    expect(await codeOf(() => verifyLines(lines, { keys }))).toBe('PHI_AUDIT_FORMAT')
  })

  it('an error while reading is passed on', async () => {
    async function* failing() {
      yield intact[0] as string
      throw new Error('disk')
    }
    await expect(verifyLines(failing(), { keys })).rejects.toThrow('disk')
  })
})
