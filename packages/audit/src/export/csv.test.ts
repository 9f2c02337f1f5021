import { isPhiError } from '@phi/core'
import { parse } from 'csv-parse/sync'
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
  unsafeInLines,
  until,
} from '../../test/export/samples.ts'
import { FORMULA, spreadsheetCells } from '../../test/export/spreadsheet.ts'
import type { AuditRecord } from '../record.ts'
import {
  csvColumns,
  csvHeader,
  type ExportSummary,
  guardText,
  readCsv,
  SPREADSHEET_CELL_LIMIT,
  toCsvRow,
  unguardText,
  writeCsv,
} from './index.ts'

const codeOf = (error: unknown): string | undefined => (isPhiError(error) ? error.code : undefined)
type Row = Readonly<Record<string, string>>

/** The rows as csv-parse reads them: RFC 4180, nothing relaxed, nothing trimmed. */
const rowsOf = (text: string): Row[] => parse(text, { columns: true, bom: true })
const rowOf = (record: AuditRecord): Row => rowsOf(`${csvHeader()}\r\n${toCsvRow(record)}\r\n`)[0] as Row

describe('CSV', () => {
  it('S94 S124 S125 has a column for every field: who with role, organization, address, UTC time, action, resource, outcome, user agent', () => {
    expect(rowOf(fullRecord)).toEqual({
      index: '7',
      recorded_at: '2026-03-04T05:06:08.000Z',
      occurred_at: '2026-03-04T05:06:07.089Z',
      event_id: 'request-7f3a/read',
      action: 'read',
      outcome: 'success',
      severity: 'notice',
      actor_id: 'u-17',
      actor_type: 'workforce',
      actor_roles: '["therapist","supervisor"]',
      actor_organization: 'org-1',
      actor_on_behalf_of: 'u-3',
      source_ip: '203.0.113.9',
      source_user_agent: 'Mozilla/5.0',
      source_session: 's-1',
      source_request: 'r-1',
      source_trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      source_site: 'north',
      resource_type: 'ProgressNote',
      resource_id: 'n-204',
      resource_version: '3',
      patients: '["p-88"]',
      data_classes: '["phi.ops.auditlog"]',
      fields: '["text"]',
      count: '1',
      purpose: 'TREAT',
      reason: 'follow-up',
      break_glass: 'false',
      disclosure_recipient: 'Dr. Roe',
      disclosure_address: '1 Main St',
      disclosure_description: 'summary',
      disclosure_purpose: 'referral',
      decision_policy: 'chart-access',
      decision_rule: 'care-team',
      ai_model: 'm-1',
      ai_prompt_hash: 'a'.repeat(64),
      ai_output_hash: 'b'.repeat(64),
      details: '{"none":null,"note":"ok","pages":-2.5,"urgent":false}',
      withheld: '[]',
      sealed: '[]',
      altered: '[]',
      genuine: 'true',
      origin: 'clinic.example/audit',
      hash: `${'A'.repeat(43)}=`,
    })
  })

  it('has no field of an event that has no column', () => {
    const leaves = (value: unknown, path: string): string[] =>
      typeof value === 'object' && value !== null && !Array.isArray(value) && !path.endsWith('details')
        ? Object.entries(value).flatMap(([key, each]) => leaves(each, path === '' ? key : `${path}.${key}`))
        : [path]
    const { event, ...entry } = fullRecord
    const paths = csvColumns.map(({ path }) => path.join('.'))
    expect(new Set(paths)).toEqual(new Set([...leaves(entry, ''), ...leaves(event, '')]))
    expect(new Set(csvColumns.map(({ name }) => name)).size).toBe(csvColumns.length)
  })

  it('is RFC 4180: CR LF, the header first, a byte order mark on request', async () => {
    const text = await textOf(writeCsv([fullRecord, fullRecord], { bom: true, end: true }))
    expect(text.startsWith('\ufeffindex,recorded_at,')).toBe(true)
    expect(text.split('\r\n')).toHaveLength(5)
    expect(text.split('\r\n')[3]).toBe(`"[end 2]"${','.repeat(csvColumns.length - 1)}`)
    expect(await all(readCsv([text], { end: true }))).toEqual([fullRecord, fullRecord])
    expect(await textOf(writeCsv([]))).toBe(`${csvHeader()}\r\n`)
  })

  it('leaves numbers numbers, and negative ones too', () => {
    const record = { ...fullRecord, event: { ...fullRecord.event, context: { reason: '-12.5', details: { pages: -2.5 } } } }
    const row = toCsvRow(record)
    expect(row.startsWith('7,"2026')).toBe(true)
    expect(row).toContain('"["p-88"]"'.replaceAll('"["p-88"]"', '"[""p-88""]"'))
    expect(row).toContain(',1,,"-12.5",')
    expect(row).toContain('"{""pages"":-2.5}"')
    expect(['-1', '-0.5', '-12345678901234567890'].map(guardText)).toEqual(['-1', '-0.5', '-12345678901234567890'])
    expect(['-1+1', '-a', '--1', '-1.', '+1', '-1;=x'].map((text) => guardText(text).startsWith("'"))).toEqual(
      Array(6).fill(true),
    )
  })

  it.each([
    ['=1+1', "'=1+1"],
    [' =1', "' =1"],
    ["'x", "''x"],
    ['a;=1', "a;'=1"],
    ["a;'=1", "a;''=1"],
    ['\n@x', "'\n'@x"],
    ['[sealed]', "'[sealed]"],
    ['[json]"x"', '\'[json]"x"'],
    ['a\u0000b', '[json]"a\\u0000b"'],
    ['\ud800;=x', '[json]"\\ud800;\\u003dx"'],
    ['plain', 'plain'],
    ['a = b - c', 'a = b - c'],
    ['a@b.example', 'a@b.example'],
    ['two\nlines', 'two\nlines'],
  ])('guards %j as %j, and back', (text, cell) => {
    expect(guardText(text)).toBe(cell)
    expect(unguardText(cell)).toBe(text)
  })

  it('says in each cell of a group why it is not shown, and nothing else means nothing recorded', () => {
    const { index, recordedAt, hash, origin } = fullRecord
    const record: AuditRecord = {
      index,
      recordedAt,
      hash,
      origin,
      event: {},
      withheld: ['event', 'actor', 'source'],
      sealed: ['subject'],
      altered: ['context'],
      genuine: false,
    }
    const row = rowOf(record)
    const marks = { event: '[withheld]', actor: '[withheld]', source: '[withheld]', subject: '[sealed]', context: '[altered]' }
    for (const { name, group } of csvColumns) if (group !== undefined) expect(row[name]).toBe(marks[group])
    expect(row).toMatchObject({
      withheld: '["event","actor","source"]',
      sealed: '["subject"]',
      altered: '["context"]',
      genuine: 'false',
    })
    const bare = { ...fullRecord, event: { ...fullRecord.event, source: { ip: '::1' }, context: undefined } } as never
    expect(rowOf(bare)).toMatchObject({ source_user_agent: '', reason: '', source_ip: '::1' })
  })
})

describe('what comes back', () => {
  it('is exactly what was recorded, for any record, in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRecord, { maxLength: 3 }), fc.integer({ min: 1, max: 60 }), async (records, length) => {
        const text = await textOf(writeCsv(records))
        expect(await all(readCsv(inPieces(text, length)))).toEqual(records)
        expect(text).not.toMatch(unsafeInLines)
        expect(text.isWellFormed()).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('keeps objects without fields apart from what was not recorded', async () => {
    const record = { ...fullRecord, event: { ...fullRecord.event, source: {}, subject: {}, context: { ai: {}, details: {} } } }
    const text = await textOf(writeCsv([record]))
    expect(await all(readCsv([text]))).toEqual([record])
    expect(rowsOf(text)[0]).toMatchObject({
      source_ip: '[empty]',
      resource_type: '[empty]',
      ai_model: '[empty]',
      details: '{}',
    })
  })

  it('is the recorded text or its documented guard, for an independent reader', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const row = rowOf(record)
        expect(Object.keys(row)).toEqual(csvColumns.map(({ name }) => name))
        const { context, source, subject, actor } = record.event
        const texts: readonly [string, string | undefined][] = [
          ['reason', context?.reason],
          ['source_user_agent', source?.userAgent],
          ['resource_id', subject?.resource?.id],
          ['actor_id', actor?.id],
          ['hash', record.hash],
        ]
        for (const [name, text] of texts) {
          if (text === undefined) continue
          expect(unguardText(row[name] as string)).toBe(text)
        }
        if (actor !== undefined) expect(JSON.parse(row.actor_roles as string)).toEqual(actor.roles)
        if (subject?.patients !== undefined) expect(JSON.parse(row.patients as string)).toEqual(subject.patients)
        if (context?.details !== undefined) expect(JSON.parse(row.details as string)).toEqual(context.details)
      }),
      { numRuns: 80 },
    )
  })

  it('is a bijection: no two texts share a cell', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("'", '=', ';', '\t', '"', ' ', '-', '1', 'a', '\n'), { maxLength: 10 }), (units) => {
        const text = units.join('')
        expect(unguardText(guardText(text))).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a spreadsheet', () => {
  it('finds no formula in any cell, whatever it takes for the separator', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        for (const delimiter of [',', ';', '\t', '|']) {
          for (const cell of spreadsheetCells(`${toCsvRow(record)}\r\n`, delimiter)) {
            if (!/^-\d+(\.\d+)?$/.test(cell)) expect(cell).not.toMatch(FORMULA)
          }
        }
      }),
      { numRuns: 150 },
    )
  })

  it.each(hostileCases)('%s is no formula', (_, text) => {
    for (const delimiter of [',', ';', '\t', '|']) {
      for (const cell of spreadsheetCells(`${toCsvRow(recordWith(text))}\r\n`, delimiter)) {
        if (cell !== '-12.5') expect(cell).not.toMatch(FORMULA)
      }
    }
  })

  it('is told of cells that are too long for it, and they are written whole', async () => {
    const patients = Array.from({ length: 1000 }, (_, i) => `patient-${String(i).padStart(40, '0')}`)
    const long = { ...fullRecord, event: { ...fullRecord.event, subject: { patients } } }
    const summary = {} as ExportSummary
    const text = await textOf(
      writeCsv([fullRecord, long], {
        onEnd: (seen) => {
          Object.assign(summary, seen)
        },
      }),
    )
    expect(summary).toMatchObject({ records: 2, longCellCount: 1 })
    const [cell] = summary.longCells ?? []
    expect(cell).toMatchObject({ index: 7, column: 'patients' })
    expect(cell?.length).toBeGreaterThan(SPREADSHEET_CELL_LIMIT)
    expect(await all(readCsv([text]))).toEqual([fullRecord, long])
  })
})

describe('readCsv', () => {
  it('never takes a part for the whole, where the file has an end', async () => {
    const text = await textOf(writeCsv([fullRecord, fullRecord], { end: true }))
    for (let at = 0; at < text.length - 2; at += 3) {
      const { items, error } = await until(readCsv([text.slice(0, at)], { end: true }))
      expect(['PHI_AUDIT_EXPORT_CUT', 'PHI_AUDIT_EXPORT_FORMAT']).toContain(codeOf(error))
      for (const item of items) expect(item).toEqual(fullRecord)
    }
  })

  it('notices a row that was cut, and a source that failed', async () => {
    const text = await textOf(writeCsv([fullRecord]))
    const start = csvHeader().length + 2
    for (let at = start + 1; at < text.length - 2; at++) {
      const { items, error } = await until(readCsv([text.slice(0, at)]))
      expect(items).toEqual([])
      expect(['PHI_AUDIT_EXPORT_CUT', 'PHI_AUDIT_EXPORT_FORMAT']).toContain(codeOf(error))
    }
    const { items, error } = await until(writeCsv(failing([fullRecord])))
    expect((error as Error).message).toBe('the store is away')
    expect(rowsOf(items.join(''))).toHaveLength(2)
    const read = await until(readCsv(items))
    expect(read.items).toEqual([fullRecord])
    expect(codeOf(read.error)).toBe('PHI_AUDIT_EXPORT_CUT')
  })

  const row = toCsvRow(fullRecord)
  it.each([
    ['another header', `a,b\r\n${row}\r\n`],
    ['a cell too many', `${csvHeader()}\r\n${row},\r\n`],
    ['a quote inside a bare cell', `${csvHeader()}\r\n${row.replace('7,', '7"7",')}\r\n`],
    ['text after a quoted cell', `${csvHeader()}\r\n${row.replace('"u-17"', '"u-17"x')}\r\n`],
    ['a lone carriage return', `${csvHeader()}\r\n${row}\rx`],
    ['a number a spreadsheet wrote otherwise', `${csvHeader()}\r\n${row.replace('7,', '7.0,')}\r\n`],
    ['a boolean a spreadsheet wrote otherwise', `${csvHeader()}\r\n${row.replace(',false,', ',FALSE,')}\r\n`],
    ['a list that is none', `${csvHeader()}\r\n${row.replace('"[""text""]"', '"text"')}\r\n`],
    ['a withheld group with a text', `${csvHeader()}\r\n${row.replace('"[]","[]","[]"', '"[""actor""]","[]","[]"')}\r\n`],
    ['an unknown group', `${csvHeader()}\r\n${row.replace('"[]","[]","[]"', '"[""actors""]","[]","[]"')}\r\n`],
    ['[empty] where nothing is', `${csvHeader()}\r\n${row.replace('"follow-up"', '"[empty]"')}\r\n`],
    ['a broken [json] cell', `${csvHeader()}\r\n${row.replace('"follow-up"', '"[json]x"')}\r\n`],
    [
      'a time a spreadsheet wrote otherwise',
      `${csvHeader()}\r\n${row.replace('2026-03-04T05:06:08.000Z', '3/4/2026 5:06')}\r\n`,
    ],
  ])('refuses %s, and quotes nothing', async (_, text) => {
    const { items, error } = await until(readCsv([text]))
    expect(items).toEqual([])
    expect(codeOf(error)).toBe('PHI_AUDIT_EXPORT_FORMAT')
    expect(JSON.stringify(error)).not.toMatch(/u-17|follow/)
  })

  it('is bounded, and stops at a signal', async () => {
    const text = await textOf(writeCsv([fullRecord]))
    expect(codeOf((await until(readCsv([text], { maxLength: 600 }))).error)).toBe('PHI_AUDIT_EXPORT_TOO_LARGE')
    const signal = AbortSignal.abort(new Error('enough'))
    expect((await until(readCsv([text], { signal }))).error).toEqual(new Error('enough'))
    expect(codeOf((await until(readCsv([]))).error)).toBe('PHI_AUDIT_EXPORT_CUT')
  })
})

it.each([{ bom: 1 }, { end: 'yes' }, { onEnd: 1 }, { delimiter: ';' }, null])(
  'writeCsv refuses the options %j',
  async (options) => {
    expect(codeOf((await until(writeCsv([], options as never))).error)).toBe('PHI_AUDIT_EXPORT_OPTIONS')
  },
)
it.each([{ end: 1 }, { maxLength: 0 }, { signal: {} }, { columns: true }])(
  'readCsv refuses the options %j',
  async (options) => {
    expect(codeOf((await until(readCsv([], options as never))).error)).toBe('PHI_AUDIT_EXPORT_OPTIONS')
  },
)
