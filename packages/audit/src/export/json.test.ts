import { isPhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  all,
  anyRecord,
  failing,
  fullRecord,
  hostileCases,
  inPieces,
  recordWith,
  textOf,
  unsafeInLine,
  until,
} from '../../test/export/samples.ts'
import { type ExportSummary, readJson, readJsonLines, toJsonLine, writeJson, writeJsonLines } from './index.ts'

const two = [fullRecord, { ...fullRecord, index: 8 }]
const codeOf = (error: unknown): string | undefined => (isPhiError(error) ? error.code : undefined)

describe('JSON lines', () => {
  it('S125 is a record a line and a last line that says how many', async () => {
    const text = await textOf(writeJsonLines(two))
    const lines = text.split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[3]).toBe('')
    expect(JSON.parse(lines[0] as string)).toEqual(fullRecord)
    expect(lines[2]).toBe('{"end":{"records":2,"complete":true}}')
    expect(await textOf(writeJsonLines([]))).toBe('{"end":{"records":0,"complete":true}}\n')
    expect(await textOf(writeJsonLines(two, { end: false }))).toBe(`${lines.slice(0, 2).join('\n')}\n`)
  })

  it('tells what was written, and only once all was', async () => {
    const seen: ExportSummary[] = []
    const partial = {
      ...fullRecord,
      index: 9,
      event: { ...fullRecord.event, source: undefined },
      withheld: ['source' as const],
    }
    await textOf(writeJsonLines([...two, partial] as never, { onEnd: (summary) => seen.push(summary) }))
    await until(writeJsonLines(failing(two), { onEnd: (summary) => seen.push(summary) }))
    expect(seen).toEqual([{ records: 3, first: 7, last: 9, partial: 1 }])
  })

  it('gives back any record exactly, however the text is cut into pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRecord, { maxLength: 3 }), fc.integer({ min: 1, max: 50 }), async (records, length) => {
        const text = await textOf(writeJsonLines(records))
        expect(text.split('\n')).toHaveLength(records.length + 2)
        for (const line of text.split('\n')) expect(line).not.toMatch(unsafeInLine)
        expect(text.isWellFormed()).toBe(true)
        expect(await all(readJsonLines(inPieces(text, length)))).toEqual(records)
        const windows = `\ufeff${text.replaceAll('\n', '\r\n')}`
        expect(await all(readJsonLines([windows]))).toEqual(records)
      }),
      { numRuns: 60 },
    )
  })

  it('never takes a part for the whole: cut at any place', async () => {
    const text = await textOf(writeJsonLines(two))
    for (let at = 0; at < text.length - 1; at++) {
      const { items, error } = await until(readJsonLines([text.slice(0, at)]))
      expect(['PHI_AUDIT_EXPORT_CUT', 'PHI_AUDIT_EXPORT_FORMAT']).toContain(codeOf(error))
      expect(items).toEqual(two.slice(0, items.length))
    }
    // Only the line's end is missing: nothing else is.
    expect(await all(readJsonLines([text.slice(0, -1)]))).toEqual(two)
  })

  it('says that it was cut when the source failed, and throws what the source threw', async () => {
    const { items, error } = await until(writeJsonLines(failing(two)))
    expect((error as Error).message).toBe('the store is away')
    expect(items.at(-1)).toBe('{"end":{"records":2,"complete":false}}\n')
    const read = await until(readJsonLines(items))
    expect(read.items).toEqual(two)
    expect(codeOf(read.error)).toBe('PHI_AUDIT_EXPORT_CUT')
  })

  it('reads lines without an end only where that was asked for', async () => {
    const text = await textOf(writeJsonLines(two, { end: false }))
    expect(codeOf((await until(readJsonLines([text]))).error)).toBe('PHI_AUDIT_EXPORT_CUT')
    expect(await all(readJsonLines([text], { end: false }))).toEqual(two)
  })
})

describe('a JSON array', () => {
  it('S125 is an array of the records, and of nothing else', async () => {
    expect(JSON.parse(await textOf(writeJson(two)))).toEqual(two)
    expect(JSON.parse(await textOf(writeJson([])))).toEqual([])
  })

  it('gives back any record exactly, laid out anyhow, in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRecord, { maxLength: 3 }),
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom(undefined, 2),
        async (records, length, indent) => {
          const text = await textOf(writeJson(records))
          const laidOut = indent === undefined ? text : JSON.stringify(JSON.parse(text), null, indent)
          expect(await all(readJson(inPieces(laidOut, length)))).toEqual(records)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is JSON also when the source failed, and no reader takes it for whole', async () => {
    for (const records of [[], two]) {
      const { items, error } = await until(writeJson(failing(records)))
      expect((error as Error).message).toBe('the store is away')
      const elements = JSON.parse(items.join(''))
      expect(elements).toHaveLength(records.length + 1)
      expect(elements.at(-1)).toEqual({ cut: { records: records.length } })
      const read = await until(readJson(items))
      expect(read.items).toEqual(records)
      expect(codeOf(read.error)).toBe('PHI_AUDIT_EXPORT_CUT')
    }
  })

  it('never takes a part for the whole: cut at any place', async () => {
    const text = (await textOf(writeJson(two))).trimEnd()
    for (let at = 0; at < text.length; at++) {
      const { items, error } = await until(readJson([text.slice(0, at)]))
      expect(codeOf(error)).toBe('PHI_AUDIT_EXPORT_CUT')
      expect(items.length).toBeLessThan(3)
    }
  })

  it.each(['{}', '[1]', '[,]', '[{}]', '[]]', '[] []', 'null', '[[]]', '"x"', '[{"cut":1}]'])('refuses %s', async (text) => {
    expect(codeOf((await until(readJson([text]))).error)).toBe('PHI_AUDIT_EXPORT_FORMAT')
  })
})

describe('both readers', () => {
  const json = JSON.parse(toJsonLine(fullRecord))
  const { event } = json
  const { action: _action, ...noAction } = event
  const { actor: _actor, ...noActor } = event
  const wrong: readonly [string, unknown][] = [
    ['an unknown key', { ...json, extra: 1 }],
    ['an unknown key in a group', { ...json, event: { ...event, actor: { ...event.actor, name: 'x' } } }],
    ['a negative index', { ...json, index: -1 }],
    ['an index that is no whole number', { ...json, index: 1.5 }],
    ['another spelling of a time', { ...json, recordedAt: '2026-03-04T05:06:08Z' }],
    ['a hash that is none', { ...json, hash: 'x' }],
    ['genuine with an altered group', { ...json, event: { ...event, source: undefined }, altered: ['source'] }],
    ['not genuine without one', { ...json, genuine: false }],
    ['a withheld group that is there', { ...json, withheld: ['actor'] }],
    ['a group in two lists', { ...json, event: { ...event, source: undefined }, withheld: ['source'], sealed: ['source'] }],
    ['a group twice in a list', { ...json, event: { ...event, source: undefined }, withheld: ['source', 'source'] }],
    ['an actor missing without a word', { ...json, event: noActor }],
    ['an action missing without a word', { ...json, event: noAction }],
    ['an action nobody knows', { ...json, event: { ...event, action: 'fly' } }],
    ['null', null],
    ['an array', []],
  ]
  it.each(wrong)('refuse %s, and quote nothing', async (_, value) => {
    const text = JSON.stringify(value)
    for (const read of [readJsonLines([`${text}\n`]), readJson([`[${text}]`])]) {
      const { items, error } = await until(read)
      expect(items).toEqual([])
      expect(error).toMatchObject({ code: 'PHI_AUDIT_EXPORT_FORMAT', info: { record: 1 } })
      expect(JSON.stringify(error)).not.toContain('u-17')
    }
  })

  it('refuse a key that schemas leave out without a word', async () => {
    const text = toJsonLine(fullRecord).replace('"urgent":false', '"__proto__":1')
    expect(codeOf((await until(readJsonLines([text]))).error)).toBe('PHI_AUDIT_EXPORT_FORMAT')
  })

  it('are bounded: in the length of a record, and in its depth', async () => {
    const line = toJsonLine(fullRecord)
    const maxLength = line.length
    expect(await all(readJsonLines([`${line}\n`], { maxLength, end: false }))).toHaveLength(1)
    expect(codeOf((await until(readJsonLines([`${line}\n`], { maxLength: maxLength - 1 }))).error)).toBe(
      'PHI_AUDIT_EXPORT_TOO_LARGE',
    )
    expect(codeOf((await until(readJson([`[${line}]`], { maxLength: maxLength - 1 }))).error)).toBe(
      'PHI_AUDIT_EXPORT_TOO_LARGE',
    )
    let taken = 0
    function* endless() {
      for (;;) {
        taken++
        yield 'x'.repeat(1000)
      }
    }
    expect(codeOf((await until(readJsonLines(endless(), { maxLength: 10_000 }))).error)).toBe('PHI_AUDIT_EXPORT_TOO_LARGE')
    expect(taken).toBe(11)
    const deep = '['.repeat(100_000)
    expect(codeOf((await until(readJsonLines([deep]))).error)).toBe('PHI_AUDIT_EXPORT_FORMAT')
    expect(codeOf((await until(readJson([`${deep}]`.repeat(1)]))).error)).toBe('PHI_AUDIT_EXPORT_CUT')
    for (const maxLength of [0, -1, 1.5, Number.NaN])
      expect(codeOf((await until(readJson([], { maxLength }))).error)).toBe('PHI_AUDIT_EXPORT_OPTIONS')
  })

  it('stop at a signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    expect((await until(readJsonLines(['x'], { signal }))).error).toEqual(new Error('enough'))
    expect((await until(readJson(['x'], { signal }))).error).toEqual(new Error('enough'))
  })

  it('refuse lines after the end, and an end that counts wrong', async () => {
    const line = `${toJsonLine(fullRecord)}\n`
    const end = (records: number) => `{"end":{"records":${records},"complete":true}}\n`
    expect(codeOf((await until(readJsonLines([line, end(1), line]))).error)).toBe('PHI_AUDIT_EXPORT_FORMAT')
    expect(codeOf((await until(readJsonLines([line, end(2)]))).error)).toBe('PHI_AUDIT_EXPORT_CUT')
    expect(codeOf((await until(readJsonLines([line, '\n', end(1)]))).error)).toBe('PHI_AUDIT_EXPORT_FORMAT')
  })
})

it.each(hostileCases)('S125 %s comes back from a line of JSON', (_, text) => {
  // JSON carries any text in any field: only the schema of the reader asks for plain identifiers.
  const line = toJsonLine(recordWith(text))
  expect(line).not.toMatch(/[\n\r]/)
  expect(JSON.parse(line)).toEqual(recordWith(text))
})

it.each([{ end: 1 }, { onEnd: true }, { extra: 1 }, { signal: 1 }, { maxLength: '1' }])(
  'the options %j are refused',
  async (options) => {
    for (const run of [
      writeJsonLines([], options as never),
      readJsonLines([], options as never),
      writeJson([], options as never),
      readJson([], options as never),
    ])
      expect(codeOf((await until<unknown>(run)).error)).toBe('PHI_AUDIT_EXPORT_OPTIONS')
  },
)
