import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { paint } from './paint.ts'
import { visible, visibleJson } from './visible.ts'

const colours = new RegExp(`${String.fromCharCode(27)}\\[(?:1|2|22|31|32|33|39)m`, 'g')

describe('visible', () => {
  it('names what steers a terminal or turns a text round, and leaves the rest', () => {
    expect(visible('Zoë 10 € 心\n  next')).toBe('Zoë 10 € 心\n  next')
    expect(visible('a\u001b]8;;http://x\u0007b\u200b\u2066c\ufeff\u0085')).toBe(
      'a\\u{1b}]8;;http://x\\u{7}b\\u{200b}\\u{2066}c\\u{feff}\\u{85}',
    )
  })

  it('keeps the colours of this program and no others', () => {
    const { good, strong, dim, bad, warn } = paint(true)
    const text = [good('a'), strong('b'), dim('c'), bad('d'), warn('e')].join(' ')
    expect(visible(text, true)).toBe(text)
    expect(visible('\u001b[8mhidden', true)).toBe('\\u{1b}[8mhidden')
    expect(visible('\u001b[2J\u001b[31mred', true)).toBe('\\u{1b}[2J\u001b[31mred')
  })

  it('leaves no control character, whatever the text is', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 })
    fc.assert(
      fc.property(text, fc.boolean(), (each, isColoured) => {
        const shown = visible(each, isColoured).replaceAll(colours, isColoured ? '' : '$&')
        expect(shown).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      }),
      { numRuns: 200 },
    )
  })

  it('means the same in JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
        const shown = visibleJson(JSON.stringify([value, text], null, 2))
        expect(JSON.parse(shown)).toEqual(JSON.parse(JSON.stringify([value, text])))
        expect(shown).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      }),
      { numRuns: 200 },
    )
  })
})
