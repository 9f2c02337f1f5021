import { describe, expect, it } from 'vitest'
import { type Day, play, type StepResult, titleOf } from './day.ts'
import { tell } from './tell.ts'

const trace: string[] = []
const day: Day<{ readonly name: string }> = {
  title: 'A short day',
  begin: async () => {
    trace.push('begin')
    return { name: 'world' }
  },
  end: async () => {
    trace.push('end')
  },
  chapters: [
    {
      title: 'Morning',
      steps: [
        { shows: ['S4', 'C8'], what: 'goes well', act: async ({ name }) => `seen in the ${name}` },
        {
          shows: ['S5'],
          what: 'goes wrong',
          act: async () => {
            throw new Error('not as promised')
          },
        },
      ],
    },
    { title: 'Evening', steps: [{ shows: ['S6'], what: 'goes on', act: async () => 'seen' }] },
  ],
}

describe('a day', () => {
  it('is played to its end, also past a step that failed, and is always cleared away', async () => {
    trace.length = 0
    const results: StepResult[] = []
    for await (const result of play(day)) results.push(result)
    expect(results.map(({ chapter, what, outcome }) => [chapter, what, outcome.ok])).toEqual([
      ['Morning', 'goes well', true],
      ['Morning', 'goes wrong', false],
      ['Evening', 'goes on', true],
    ])
    expect(trace).toEqual(['begin', 'end'])
    expect(results.map(titleOf)).toEqual(['S4, C8 goes well', 'S5 goes wrong', 'S6 goes on'])
  })

  it('is cleared away when nobody listens any more', async () => {
    trace.length = 0
    for await (const _ of play(day)) break
    expect(trace).toEqual(['begin', 'end'])
  })

  it('is told with what went wrong, and counts only what was shown', async () => {
    let text = ''
    const isGood = await tell(day, (part) => {
      text += part
    })
    expect(isGood).toBe(false)
    expect(text).toContain(' ✗ goes wrong\n   → not as promised  [S5]')
    expect(text.replaceAll('\n', ' ')).toContain(
      '3 steps, 1 of them not as promised. 2 requirements were shown, and 1 place where',
    )
    expect(text.split('\n').every((line) => line.length <= 110)).toBe(true)
  })
})
