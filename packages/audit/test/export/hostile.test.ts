import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { guardText, toSyslog, unguardText } from '../../src/export/index.ts'
import { fullRecord } from './samples.ts'

/** How a spreadsheet that splits at another character sees a line: quotes count only where a cell begins. */
function cellsAt(line: string, separator: string): string[] {
  const cells: string[] = []
  let at = 0
  while (at <= line.length) {
    let cell = ''
    if (line[at] === '"') {
      for (at++; at < line.length; at++) {
        if (line[at] !== '"') cell += line[at]
        else if (line[at + 1] === '"') cell += line[at++]
        else {
          at++
          break
        }
      }
    }
    while (at < line.length && line[at] !== separator) cell += line[at++]
    cells.push(cell)
    at++
  }
  return cells
}

const TRIGGERS = '=+-@＝＋－＠﹦﹢﹣﹫'

describe('S94 S125 cells', () => {
  it('no text starts a formula, however lines and cells are split, and each comes back', () => {
    const piece = fc.constantFrom(
      '=',
      '+',
      '-',
      '@',
      '＝',
      '﹣',
      '"',
      "'",
      '`',
      ';',
      '|',
      '\t',
      '\n',
      '\r',
      ' ',
      ' ',
      ',',
      'a',
      '1',
      '.',
      '[json]',
      '[end 1]',
      '\\',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
        const text = pieces.join('')
        const cell = guardText(text)
        expect(unguardText(cell)).toBe(text)
        const line = `1,"${cell.replaceAll('"', '""')}",2`
        for (const separator of [';', '|', '\t'])
          for (const row of line.split(/[\r\n]/))
            for (const [i, each] of cellsAt(row, separator).entries()) {
              const first = each.replace(/^[\s"`]+/, '')
              // The first cell begins with our own index.
              if (i > 0 && TRIGGERS.includes(first[0] ?? 'x'))
                expect([text, cell, each]).toEqual('a cell that starts a formula')
            }
        if (TRIGGERS.includes(cell.trimStart()[0] ?? 'x')) expect(cell).toMatch(/^-\d+(\.\d+)?$/)
      }),
      { numRuns: 4000 },
    )
  })
})

describe('S125 syslog', () => {
  it('a record that a program made by hand writes one message, also with structured data', () => {
    const record = {
      ...fullRecord,
      origin: 'a"]\n<0>1 - - - - - - x',
      event: { ...fullRecord.event, id: 'b\r\n<0>1 - - - - - - y' },
      hash: 'c\u0085',
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(toSyslog(record, { enterprise: 32473 })).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
    expect(toSyslog(fullRecord, { enterprise: 32473 })).toContain(' eventId="request-7f3a/read" ')
    const odd = { ...fullRecord, event: { ...fullRecord.event, id: 'x\\u0041' } }
    expect(toSyslog(odd, { enterprise: 32473 })).toContain(' eventId="x\\\\u0041" ')
  })
})
