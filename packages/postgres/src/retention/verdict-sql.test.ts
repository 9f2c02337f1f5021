import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byAnswer } from './verdict-sql.ts'

type Choice = string | { readonly below: number; readonly yes: Choice; readonly no: Choice }

/** What `byAnswer` wrote, read again. */
function read(sql: string): Choice {
  const words = sql.split(' ')
  const choice = (): Choice => {
    const word = words.shift() as string
    if (word !== 'case') return word
    const [when, column, less, below, then] = words.splice(0, 5)
    expect([when, column, less, then]).toEqual(['when', 'p.answer', '<', 'then'])
    const yes = choice()
    expect(words.shift()).toBe('else')
    const no = choice()
    expect(words.shift()).toBe('end')
    return { below: Number(below), yes, no }
  }
  const whole = choice()
  expect(words).toEqual([])
  return whole
}

function ask(choice: Choice, answer: number): { readonly said: string; readonly questions: number } {
  if (typeof choice === 'string') return { said: choice, questions: 0 }
  const { said, questions } = ask(answer < choice.below ? choice.yes : choice.no, answer)
  return { said, questions: questions + 1 }
}

const heaviestFirst = (weights: readonly number[], of: (at: number) => string) =>
  weights.toSorted((a, b) => b - a).map((weight, at) => ({ said: of(at), weight }))

describe('what is said of an answer', () => {
  it('S65 is its own, whatever the answers weigh', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ said: fc.constantFrom('a', 'b', 'c'), weight: fc.integer({ min: 1, max: 1e6 }) }), {
          minLength: 1,
        }),
        (answers) => {
          const choice = read(byAnswer(answers))
          expect(answers.map((_, at) => ask(choice, at).said)).toEqual(answers.map(({ said }) => said))
        },
      ),
    )
  })
  it('is found by halves where all weigh the same, and at once where one outweighs all others', () => {
    const even = read(byAnswer(heaviestFirst(Array(128).fill(1), (at) => `s${at}`)))
    expect(Math.max(...Array.from({ length: 128 }, (_, at) => ask(even, at).questions))).toBe(7)
    const uneven = read(byAnswer(heaviestFirst([1_000_000, ...Array(127).fill(1)], (at) => `s${at}`)))
    expect(ask(uneven, 0).questions).toBe(1)
    expect(Math.max(...Array.from({ length: 128 }, (_, at) => ask(uneven, at).questions))).toBe(8)
  })
  it('takes no more than two questions more than their share of the rows asks for', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 2, maxLength: 60 }), (weights) => {
        const answers = heaviestFirst(weights, (at) => `s${at}`)
        const whole = weights.reduce((sum, each) => sum + each, 0)
        const choice = read(byAnswer(answers))
        const asked = answers.reduce((sum, { weight }, at) => sum + (weight / whole) * ask(choice, at).questions, 0)
        const needed = answers.reduce((sum, { weight }) => sum + (weight / whole) * Math.log2(whole / weight), 0)
        expect(asked).toBeLessThanOrEqual(needed + 2)
      }),
    )
  })
  it('is that it cannot be said, where there are no answers', () => {
    expect(byAnswer([])).toBe('0')
  })
})
