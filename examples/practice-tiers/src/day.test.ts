import { play, type StepResult, titleOf } from '@phi/example-platform'
import { beforeAll, describe, expect, it } from 'vitest'
import { day } from './day.ts'

const played = new Map<string, StepResult>()

beforeAll(async () => {
  for await (const result of play(day)) played.set(titleOf(result), result)
})

describe.each(day.chapters)('$title', ({ steps }) => {
  it.each(steps.map((step) => titleOf(step)))('%s', (title) => {
    const outcome = played.get(title)?.outcome
    if (outcome?.ok === false) throw outcome.error
    expect(outcome?.seen).toMatch(/\w/)
  })
})
