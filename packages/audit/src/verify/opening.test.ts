import { toBase64 } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commitment, MAX_GROUP_BYTES } from '../group.ts'
import { checkOpening, openedCommitment } from './opening.ts'

const zeros = toBase64(new Uint8Array(16))

describe('openings', () => {
  it('commit to what the writer of entries commits to', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.string({ unit: 'grapheme' }), (salt, text) => {
        const json = JSON.stringify({ text })
        const committed = commitment('subject', salt, json)
        expect(openedCommitment('subject', { salt: toBase64(salt), json })).toBe(committed)
        expect(openedCommitment('context', { salt: toBase64(salt), json })).not.toBe(committed)
        expect(checkOpening('subject', { salt: toBase64(salt), json }, committed)).toBe('genuine')
        expect(checkOpening('subject', { salt: toBase64(salt), json: `${json} ` }, committed)).toBe('altered')
      }),
    )
  })

  it.each([
    ['15 bytes', toBase64(new Uint8Array(15))],
    ['17 bytes', toBase64(new Uint8Array(17))],
    ['no padding', zeros.slice(0, 22)],
    ['stray bits', 'AAAAAAAAAAAAAAAAAAAAAB=='],
    ['the URL alphabet', '-_AAAAAAAAAAAAAAAAAAAA=='],
    ['padding inside', 'AAAAAAAA=AAAAAAAAAAAAA=='],
    ['white space', ' AAAAAAAAAAAAAAAAAAAAA=='],
    ['letters of other scripts', '\u0141AAAAAAAAAAAAAAAAAAAAA=='],
    ['nothing', ''],
  ])('refuse a salt with %s', (_why, salt) => {
    expect(openedCommitment('event', { salt, json: '{}' })).toBe('')
  })

  it.each([undefined, null, 1, [], {}, { salt: zeros }, { json: '{}' }, { salt: 1, json: '{}' }, { salt: zeros, json: {} }])(
    'call %j altered',
    (opening) => {
      expect(checkOpening('event', opening, commitment('event', new Uint8Array(16), '{}'))).toBe('altered')
    },
  )

  it('refuse a text that no writer would have taken, however long', () => {
    const text = (length: number) => JSON.stringify('\u20ac'.repeat(length))
    const most = Math.floor((MAX_GROUP_BYTES - 2) / 3)
    expect(openedCommitment('context', { salt: zeros, json: text(most) })).not.toBe('')
    expect(openedCommitment('context', { salt: zeros, json: text(most + 1) })).toBe('')
    expect(openedCommitment('context', { salt: zeros, json: 'x'.repeat(50_000_000) })).toBe('')
  })

  it('do not take a lone surrogate for the replacement character that has the same bytes', () => {
    const committed = commitment('event', new Uint8Array(16), '{"a":"\ufffd"}')
    expect(checkOpening('event', { salt: zeros, json: '{"a":"\ufffd"}' }, committed)).toBe('genuine')
    expect(checkOpening('event', { salt: zeros, json: '{"a":"\ud800"}' }, committed)).toBe('not-canonical')
  })
})
