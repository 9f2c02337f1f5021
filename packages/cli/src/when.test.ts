import { describe, expect, it } from 'vitest'
import { phi } from '../test/io.ts'
import { wrapLines } from './layout.ts'
import { isDay, readInstant } from './when.ts'

describe('moments of the command line', () => {
  it('knows the days that exist', () => {
    const days = ['2024-02-29', '2026-02-29', '2026-13-01', '2026-1-1', '2026-11-22T00:00:00Z', '']
    expect(days.filter(isDay)).toEqual(['2024-02-29'])
  })

  it('reads instants with Z or an offset, and none without', () => {
    expect(readInstant('2026-11-22T12:00:00Z')).toBe('2026-11-22T12:00:00.000Z')
    expect(readInstant('2026-11-22T23:50-05:00')).toBe('2026-11-23T04:50:00.000Z')
    expect(readInstant('2026-11-22T12:00:00.123456Z')).toBe('2026-11-22T12:00:00.123Z')
    for (const text of ['2026-11-22T12:00:00', '2026-02-30T12:00:00Z', '2026-11-22T24:01:00Z', '2026-11-22', 'now']) {
      expect(readInstant(text)).toBeUndefined()
    }
  })

  it('the clock is the one that the program was given', async () => {
    const { stdout } = await phi('deadlines due - --zone Pacific/Kiritimati --json', { stdin: '{"questions":[]}' })
    expect(JSON.parse(stdout)).toMatchObject({ at: '2026-11-22T12:00:00.000Z', zone: 'Pacific/Kiritimati' })
  })
})

describe('lines', () => {
  it('break between words, with a hanging indent, and leave long words whole', () => {
    expect(wrapLines('one two three four', 12, '- ', '  ')).toEqual(['- one two', '  three four'])
    expect(wrapLines('x'.repeat(30), 10, '  ')).toEqual([`  ${'x'.repeat(30)}`])
    expect(wrapLines('  ', 10, '  ')).toEqual([])
  })
})
