import { describe, expect, it } from 'vitest'
import { aligned, amount, bytes, clipped, shown, span, widthOf, wrapped } from './layout.ts'
import { paint } from './paint.ts'

describe('the layout of answers', () => {
  it('counts with the right word', () => {
    expect([amount(1, 'entry', 'entries'), amount(0, 'entry', 'entries'), amount(4096, 'key')]).toEqual([
      '1 entry',
      '0 entries',
      '4,096 keys',
    ])
  })

  it('aligns columns by what is seen, with colour or without', () => {
    const { bad } = paint(true)
    const rows = [
      ['a', '1', 'x'],
      [bad('long'), '1,000', 'y'],
    ]
    const text = aligned(rows, { right: [1] })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences that colour a text
    expect(text.replace(/\u001b\[[0-9;]*m/g, '')).toBe('  a         1  x\n  long  1,000  y')
    expect(widthOf(bad('long'))).toBe(4)
  })

  it('wraps paragraphs, and leaves long words whole', () => {
    expect(wrapped('one two three four five six', 24, 4)).toBe('    one two three four\n    five six')
    expect(wrapped('x'.repeat(90), 20)).toBe('x'.repeat(90))
    expect(wrapped('', 20)).toBe('')
  })

  it('shows what could steer a terminal or turn a text', () => {
    expect(shown('a\u001b[2Jb\u202ec\nd')).toBe('a[U+001B][2Jb[U+202E]c[U+000A]d')
    expect(shown('Ana Nuñez, 東京 👩‍⚕️'.replaceAll('\u200d', ''))).toBe('Ana Nuñez, 東京 👩⚕️')
    expect(clipped('abcdef', 4)).toBe('abc…')
    expect(clipped('abcd', 4)).toBe('abcd')
  })

  it('says spans and sizes in their largest unit', () => {
    expect([span(999), span(60_000), span(7_200_000), span(200_000_000)]).toEqual([
      '0 seconds',
      '1 minute',
      '2 hours',
      '2 days',
    ])
    expect([bytes(1), bytes(999_960), bytes(1_500)]).toEqual(['1 byte', '1.0 MB', '1.5 kB'])
  })
})
