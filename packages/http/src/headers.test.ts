import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attachment, HSTS, mayBeSent, securityHeaders } from './headers.ts'

/** Any sequence of UTF-16 code units, ASCII and its controls often. */
const anyText = (maxLength: number) =>
  fc.array(fc.oneof(fc.nat(0x7f), fc.nat(0xff), fc.nat(0xffff)), { maxLength }).map((units) => String.fromCharCode(...units))

describe('headers of a handler', () => {
  it('are refused where they would begin another header', () => {
    for (const value of [
      'a\r\nSet-Cookie: x=1',
      'a\nb',
      'a\rb',
      'a\0b',
      'a\u2028b',
      '€',
      ' a',
      'a ',
      '\x7f',
      'a'.repeat(8_193),
      7,
      undefined,
    ]) {
      expect(mayBeSent('x-note', value)).toBe(false)
    }
    for (const value of ['', 'a', 'a\tb c', 'Größe', 'a'.repeat(8_192)]) expect(mayBeSent('x-note', value)).toBe(true)
    for (const name of ['', 'a b', 'a:b', 'a\r\nb', 'ä', 'a'.repeat(129)]) expect(mayBeSent(name, 'x')).toBe(false)
  })

  it('cannot replace what the pipeline or the connection says', () => {
    for (const name of [
      ...Object.keys(securityHeaders),
      'Strict-Transport-Security',
      'SET-COOKIE',
      'Phi-Anything',
      'Content-Length',
      'transfer-encoding',
      'connection',
      'WWW-Authenticate',
      'Vary',
      'CDN-Cache-Control',
      'Surrogate-Control',
      'Expires',
    ]) {
      expect(mayBeSent(name, 'x')).toBe(false)
    }
    for (const name of ['etag', 'location', 'link', 'x-anything']) expect(mayBeSent(name, 'x')).toBe(true)
  })

  it('are taken exactly where Headers takes them without a change', () => {
    fc.assert(
      fc.property(anyText(12), (value) => {
        if (!mayBeSent('x-note', value)) return
        expect(new Headers({ 'x-note': value }).get('x-note')).toBe(value)
      }),
      { numRuns: 300 },
    )
  })

  it('S15 S88 HSTS lasts a year', () => {
    expect(HSTS).toBe('max-age=31536000; includeSubDomains')
  })
})

describe('Content-Disposition', () => {
  it.each([
    ['report.pdf', 'attachment; filename="report.pdf"'],
    ['a b.pdf', 'attachment; filename="a b.pdf"'],
    ['€ rates.pdf', `attachment; filename="_ rates.pdf"; filename*=UTF-8''%E2%82%AC%20rates.pdf`],
    ['50%.pdf', `attachment; filename="50_.pdf"; filename*=UTF-8''50%25.pdf`],
    ["o'neil (1)*.pdf", `attachment; filename="o'neil (1)_.pdf"`],
    ["ö'(1).pdf", `attachment; filename="_'(1).pdf"; filename*=UTF-8''%C3%B6%27%281%29.pdf`],
    ['../../etc/passwd', 'attachment; filename=".._.._etc_passwd"'],
    ['a"; filename="b.exe', 'attachment; filename="a_; filename=_b.exe"'],
    ['a\r\nSet-Cookie: x', 'attachment; filename="a__Set-Cookie_ x"'],
    ['cod\u202efdp.exe', 'attachment; filename="cod_fdp.exe"'],
    ['', 'attachment; filename="download"'],
    ['..', 'attachment; filename="download"'],
    ['\ud800', `attachment; filename="_"; filename*=UTF-8''%EF%BF%BD`],
  ])('writes %j as %s', (name, header) => {
    expect(attachment(name)).toBe(header)
  })

  it('is one header with one file name that is no path, whatever the name is', () => {
    fc.assert(
      fc.property(anyText(300), (name) => {
        const header = attachment(name)
        expect(header).toMatch(/^attachment; filename="[^"\\\r\n/]+"(?:; filename\*=UTF-8''[\w!#$&+.^`|~%-]+)?$/)
        expect(new Headers({ 'content-disposition': header }).get('content-disposition')).toBe(header)
      }),
      { numRuns: 300 },
    )
  })
})
