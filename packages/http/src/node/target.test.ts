import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPlainPath, readTarget } from './target.ts'

const read = (target: string, host = 'clinic.example') => readTarget('https', host, target)?.href

describe('the target of a request', () => {
  it('is read as it was sent', () => {
    expect(read('/')).toBe('https://clinic.example/')
    expect(read('/notes/7/')).toBe('https://clinic.example/notes/7/')
    expect(read("/a-b._~!$&'()*+,;=:@/%C3%A9?x=1&y[]=%20")).toBe(
      "https://clinic.example/a-b._~!$&'()*+,;=:@/%C3%A9?x=1&y[]=%20",
    )
    expect(read('/%252e%252e/x')).toBe('https://clinic.example/%252e%252e/x')
    expect(read('/x?')).toBe('https://clinic.example/x?')
    expect(read('/x', 'clinic.example:8443')).toBe('https://clinic.example:8443/x')
    expect(read('/x', 'Clinic.Example')).toBe('https://clinic.example/x')
    expect(read('/x', '[2001:db8::1]:443')).toBe('https://[2001:db8::1]/x')
    expect(read('/x', '192.0.2.1')).toBe('https://192.0.2.1/x')
    expect(read('/x', 'xn--mnchen-3ya.example')).toBe('https://xn--mnchen-3ya.example/x')
    expect(read('/x', 'a.XN--CAF-DMA')).toBe('https://a.xn--caf-dma/x')
    expect(read('/x', 'xn--strae-oqa.example:8443')).toBe('https://xn--strae-oqa.example:8443/x')
  })

  it('is refused where two readers could understand it in two ways', () => {
    const targets = [
      '',
      'x',
      '*',
      '//x',
      '/a//b',
      '/.',
      '/..',
      '/a/../b',
      '/a/%2e/b',
      '/a/.%2E/b',
      '/%2f',
      '/%5C',
      '/\\',
      '/%00',
      '/%0a',
      '/%7f',
    ]
    const more = [
      '/%c2%85',
      '/%ff',
      '/%',
      '/%4',
      '/%zz',
      '/a b',
      '/a#b',
      '/?a#b',
      '/?%',
      '/a"b',
      '/a<b',
      '/é',
      '/?a=é',
      'http://x/y',
      '/a\u0000',
    ]
    for (const target of [...targets, ...more]) expect([target, read(target)]).toEqual([target, undefined])
    const hosts = [
      '',
      ' ',
      'a b',
      'a@b',
      'a/b',
      'a?b',
      'a#b',
      'a:b',
      'a:99999',
      'a:1:2',
      '.',
      '..',
      '-a',
      'a.',
      '[::1',
      '[x]',
      '::1',
      '0x7f.1',
      '1',
      'é',
      'a\tb',
      'a,b',
      'xn--a',
      'XN--A',
      'xn--',
      'xn---',
      'xn--0',
      'xn--zz-',
      'xn--a-ecp',
      'a.xn--a.b',
    ]
    for (const host of hosts) expect([host, read('/x', host)]).toEqual([host, undefined])
  })

  it('means the same to a reader that decodes once and to one that parses, whatever was sent', () => {
    const piece = fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2F',
      '%5c',
      '\\',
      '//',
      '?',
      '#',
      'a',
      '%41',
      '%',
      '%00',
      '%c3%a9',
      '%c3',
      ' ',
      '@',
      ':',
      '\u0000',
      'é',
      '[',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const target = `/${pieces.join('')}`
        const url = readTarget('https', 'clinic.example', target)
        if (url === undefined) return
        expect(url.origin).toBe('https://clinic.example')
        expect(url.pathname).toBe(target.split('?')[0])
        const decoded = decodeURIComponent(url.pathname)
        expect(decoded.split('/')).toHaveLength(url.pathname.split('/').length)
        expect(decoded).not.toMatch(/\/\.{1,2}(?:\/|$)|\/\/|\\/)
        expect(new URL(decoded.replaceAll('?', '%3F').replaceAll('#', '%23').replaceAll('%', '%25'), url).origin).toBe(
          url.origin,
        )
      }),
      { numRuns: 500 },
    )
  })

  it('takes every text as a parameter that is no path of its own', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are refused
        const isPath = text === '.' || text === '..' || /[/\\\u0000-\u001f\u007f-\u009f]/.test(text)
        expect(isPlainPath(`/notes/${encodeURIComponent(text)}`)).toBe(!isPath)
      }),
      { numRuns: 300 },
    )
  })
})
