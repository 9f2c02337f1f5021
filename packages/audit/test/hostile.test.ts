import { isPhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { bundleRecords, makeBundle, readBundle, verifyBundle } from '../src/evidence/bundle.ts'
import { exportLines, verifyLines } from '../src/evidence/jsonl.ts'
import { readRecord } from '../src/record.ts'
import type { StoredEntry } from '../src/store/store.ts'
import type { VerificationReport } from '../src/verify/report.ts'
import { verifyLog } from '../src/verify/verify.ts'
import { makeLog, testSigner } from './make-log.ts'
import { rowsOf, storeOf } from './tampered-store.ts'

const isLong = process.env.PHI_LONG === '1'
const runs = (usual: number) => ({ numRuns: isLong ? usual * 20 : Math.ceil(usual / 5) })
vi.setConfig({ testTimeout: isLong ? 600_000 : 60_000 })
const keys = [testSigner.vkey]
const { store, log, notes } = await makeLog(300, [300])
const note = notes[0] as string
const rows = await rowsOf(store, log)
const bundle = JSON.stringify(
  await makeBundle({ store, log, checkpointNote: note, indices: [0, 6, 299], open: ['event', 'subject'] }),
)
const short = await makeLog(6, [6])
const lines: string[] = []
for await (const line of exportLines(short.store, log, short.notes[0] as string)) lines.push(line)
const jsonl = lines.join('')

/** One change to a text: a bit, a character more, a character less, or a character for another. */
const textChange = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('flip', 'insert', 'remove', 'replace'),
  bit: fc.nat(6),
  character: fc.constantFrom(
    '0',
    '9',
    'A',
    'z',
    '/',
    '+',
    '=',
    '"',
    '\\',
    '\n',
    ' ',
    ',',
    '{',
    '}',
    '[',
    ']',
    '\u00e9',
    '\ud83d',
    '\u0000',
  ),
})
type TextChange = typeof textChange extends fc.Arbitrary<infer Value> ? Value : never

function changeText(text: string, { at, kind, bit, character }: TextChange): string {
  const i = at % (text.length + 1)
  if (kind === 'insert') return text.slice(0, i) + character + text.slice(i)
  if (kind === 'remove') return text.slice(0, i) + text.slice(i + 1)
  if (kind === 'replace') return text.slice(0, i) + character + text.slice(i + 1)
  return text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ (1 << bit)) + text.slice(i + 1)
}

/** The paths to everything in a value that is no object. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))
}

function changeAt(value: object, path: readonly string[], change: (before: unknown) => unknown): void {
  let at = value as Record<string, unknown>
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>
  const last = path.at(-1) as string
  at[last] = change(at[last])
}

const isQuiet = ({ verdict, findings, coverage }: VerificationReport) =>
  verdict === 'intact' && findings.length === 0 && coverage.withheld === 0

async function reportOrError(
  attempt: () => VerificationReport | Promise<VerificationReport>,
): Promise<VerificationReport | undefined> {
  try {
    return await attempt()
  } catch (error) {
    if (!isPhiError(error)) throw error
    return undefined
  }
}

describe('no single change goes unseen', () => {
  it('in what a store keeps', async () => {
    const paths = pathsOf(rows)
    const value = fc.oneof(
      { weight: 6, arbitrary: textChange },
      { weight: 1, arbitrary: fc.constantFrom(null, undefined, 0, -1, 1.5, '', [], {}, Number.NaN) },
    )
    // Most paths lead to entries; the head, the checkpoint and the tile have as much of a chance.
    const few = paths.filter(([table]) => table !== 'entries')
    const place = fc.oneof(fc.constantFrom(...paths), fc.constantFrom(...few))
    await fc.assert(
      fc.asyncProperty(place, value, async (path, change) => {
        const changed = structuredClone(rows)
        let isSame = false
        changeAt(changed, path, (before) => {
          const isText = typeof change === 'object' && change !== null && 'kind' in change
          const after = isText ? (typeof before === 'number' ? before + 1 : changeText(String(before), change)) : change
          isSame = Object.is(before, after)
          return after
        })
        const report = await verifyLog(storeOf(changed), log, { keys })
        expect(isQuiet(report)).toBe(isSame)
        // Only a text that was taken away leaves a log intact, and that is said and counted.
        if (report.verdict === 'intact' && !isSame) expect(report.coverage.withheld).toBeGreaterThan(0)
      }),
      runs(400),
    )
  })

  it('in the order and number of rows', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(299),
        fc.nat(299),
        fc.constantFrom('remove', 'double', 'swap', 'move', 'copy'),
        async (a, b, kind) => {
          const changed = structuredClone(rows)
          const { entries } = changed
          const at = (index: number) => entries[index] as (typeof entries)[number]
          if (kind === 'remove') entries.splice(a, 1)
          else if (kind === 'double') entries.splice(b, 0, structuredClone(at(a)))
          else if (a === b) return
          else if (kind === 'swap') [entries[a], entries[b]] = [at(b), at(a)]
          else if (kind === 'move')
            [entries[a], entries[b]] = [
              { ...at(b), index: a },
              { ...at(a), index: b },
            ]
          else entries[a] = { ...structuredClone(at(b)), index: a }
          expect((await verifyLog(storeOf(changed), log, { keys })).verdict).toBe('broken')
        },
      ),
      runs(100),
    )
  })

  it('in a bundle', async () => {
    const original = readBundle(bundle)
    await fc.assert(
      fc.asyncProperty(textChange, async (change) => {
        const changed = changeText(bundle, change)
        const report = await reportOrError(() => verifyBundle(changed, { keys }))
        if (report?.verdict === 'intact') expect(readBundle(changed)).toEqual(original)
      }),
      runs(1500),
    )
  })

  it('S113 "Critical documents are stored with cryptographic checksums": in an export of JSON lines', async () => {
    const original = lines.map((line) => JSON.parse(line))
    await fc.assert(
      fc.asyncProperty(textChange, async (change) => {
        const changed = changeText(jsonl, change).split(/(?<=\n)/)
        const report = await reportOrError(() => verifyLines(changed, { keys }))
        if (report?.verdict === 'intact') expect(changed.map((line) => JSON.parse(line))).toEqual(original)
      }),
      runs(1500),
    )
  })
})

describe('hostile input ends in a report or a PhiError', () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
  })

  it('as rows of a store', async () => {
    const hostile = fc.oneof(
      anything,
      fc.record(
        { index: fc.oneof(fc.nat(5), anything), leaf: anything, open: anything, terms: anything },
        { requiredKeys: [] },
      ),
      fc.record({
        index: fc.nat(5),
        leaf: fc.constantFrom(...rows.entries.slice(0, 5).map(({ leaf }) => leaf)),
        open: fc.dictionary(fc.constantFrom('event', 'actor', 'x'), anything),
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { maxLength: 8 }), async (entries) => {
        const report = await verifyLog(storeOf({ ...rows, entries: entries as never }), log, { keys })
        expect(report.verdict).toBe('broken')
      }),
      runs(400),
    )
  })

  it('as a head, and as checkpoints', async () => {
    const head = fc.record({
      size: fc.oneof(fc.constant(300), anything),
      lastHash: anything,
      recordedAt: anything,
      frontier: anything,
    })
    await fc.assert(
      fc.asyncProperty(head, fc.array(anything), async (hostile, checkpoints) => {
        const changed = { ...rows, head: hostile as never, checkpoints: checkpoints as never }
        const report = await verifyLog(storeOf(changed), log, { keys })
        expect(report.verdict).not.toBe('intact')
      }),
      runs(100),
    )
  })

  it('as a record', () => {
    fc.assert(
      fc.property(
        fc.record({ index: anything, leaf: fc.oneof(fc.constant(rows.entries[0]?.leaf), anything), open: fc.object() }),
        (entry) => {
          try {
            const record = readRecord(entry as unknown as StoredEntry)
            expect(record.withheld.length + record.altered.length).toBe(5)
          } catch (error) {
            expect(isPhiError(error, 'PHI_AUDIT_STORE')).toBe(true)
          }
        },
      ),
      runs(300),
    )
  })

  it('as a bundle', async () => {
    const parsed = JSON.parse(bundle) as object
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.object(),
      fc.record({
        format: fc.constant('phi.audit/bundle@v1'),
        checkpoint: fc.oneof(fc.string(), fc.constant(note)),
        entries: fc.array(anything),
      }),
      fc.tuple(fc.constantFrom(...pathsOf(parsed)), anything).map(([path, value]) => {
        const copy = structuredClone(parsed)
        changeAt(copy, path, () => value)
        return copy
      }),
    )
    await fc.assert(
      fc.asyncProperty(hostile, async (value) => {
        const report = await reportOrError(() => verifyBundle(value, { keys }))
        if (report === undefined) return
        expect(report.verdict === 'intact' ? JSON.stringify(value) === bundle : true).toBe(true)
        bundleRecordsOrError(value)
      }),
      runs(600),
    )
  })

  it('as JSON lines', async () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.constantFrom(...lines),
      fc.object().map((value) => JSON.stringify(value) ?? ''),
    )
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(line, { maxLength: 10 }), async (hasHeader, content) => {
        const report = await reportOrError(() => verifyLines(hasHeader ? [lines[0] as string, ...content] : content, { keys }))
        if (hasHeader) expect(report?.verdict).not.toBe('intact')
      }),
      runs(400),
    )
  })
})

function bundleRecordsOrError(value: string | object): void {
  try {
    bundleRecords(readBundle(value))
  } catch (error) {
    if (!isPhiError(error)) throw error
  }
}
