import { describe, expect, it } from 'vitest'
import { flagOf, Input } from './input.ts'

describe('input', () => {
  const input = new Input(['a'], {
    limit: '12',
    empty: '',
    bad: '-1',
    huge: '99999999999999999',
    all: ['x'],
    one: 'y',
    on: true,
    off: false,
  })

  it('takes numbers that are whole, safe and in range', () => {
    expect(input.whole('limit')).toBe(12)
    expect(input.whole('nothing')).toBeUndefined()
    for (const name of ['empty', 'bad', 'huge', 'one'])
      expect(() => input.whole(name)).toThrow(`the option --${name} takes a whole number`)
    expect(() => input.whole('limit', { most: 11 })).toThrow('from 0 to 11')
    expect(() => input.whole('limit', { least: 13 })).toThrow('from 13 to')
  })

  it('tells flags, texts and lists apart', () => {
    expect([input.flag('on'), input.flag('off'), input.flag('one'), input.has('off'), input.has('none')]).toEqual([
      true,
      false,
      false,
      true,
      false,
    ])
    expect([input.text('one'), input.text('on'), input.text('all')]).toEqual(['y', undefined, undefined])
    expect([input.all('all'), input.all('one'), input.all('on')]).toEqual([['x'], ['y'], []])
    expect(() => input.needed('empty')).toThrow('the option --empty is missing')
    expect(flagOf('trustedNote')).toBe('--trusted-note')
  })
})
