import { play, type StepResult, titleOf } from '@phi/example-platform'
import { beforeAll, describe, expect, it } from 'vitest'
import { day } from './day.ts'

const played = new Map<string, StepResult>()

// One start of the service for all: each step is a test with the result that it had when the day was played.
beforeAll(async () => {
  for await (const result of play(day)) played.set(titleOf(result), result)
}, 120_000)

describe.each(day.chapters)('$title', ({ steps }) => {
  it.each(steps.map((step) => titleOf(step)))('%s', (title) => {
    const outcome = played.get(title)?.outcome
    if (outcome?.ok === false) throw outcome.error
    expect(outcome?.seen).toMatch(/\w/)
  })
})
