import { isPhiError } from '@phi/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Deadline, evaluate, federal, type HoldReason } from '../../src/index.ts'
import { twinOfBreach, twinOfBusinessAssociate } from './breach.ts'
import { Contradiction, type Outcome } from './outcome.ts'
import { breachCase, requestCase, withoutAssociate, withoutHeadcount } from './random-facts.ts'
import { twinOfAccess, twinOfSixtyDays } from './requests.ts'

const numRuns = process.env.PHI_LONG === '1' ? 300_000 : 500

/** What a statement comes to that has no effect at all. */
const idle = new Set<HoldReason>(['not-documented', 'cannot-be-renewed'])

/** A result in the twin's terms. */
function seen(deadline: Deadline): Outcome {
  const { status, because, due, dueInstant, base, planFor, actBy, overdueFrom, daysLate, done, hold, extension } = deadline
  return {
    status,
    because,
    ...(due !== undefined && { due }),
    ...(dueInstant !== undefined && { dueInstant }),
    ...(base !== undefined && { base }),
    ...(planFor !== undefined && { planFor }),
    ...(actBy !== undefined && { actBy }),
    ...(overdueFrom !== undefined && { overdueFrom }),
    ...(daysLate !== undefined && { daysLate }),
    ...(done && { daysAfterTrigger: done.daysAfterTrigger }),
    ...(done?.daysLate !== undefined && { doneLate: done.daysLate }),
    ...(hold?.windows.some(({ why }) => !idle.has(why)) && { heldThrough: hold.through }),
    ...(extension && { statements: [...extension.statements], outerLimit: extension.outerLimit }),
    ...(extension?.committed !== undefined && { committed: extension.committed }),
  }
}

const names: Readonly<Record<string, string>> = {
  'breach.individual': 'individuals',
  'breach.secretary': 'secretary',
}

const byName = (deadlines: readonly Deadline[]): Record<string, Outcome> =>
  Object.fromEntries(
    deadlines.map((each) => [
      each.duty === 'breach.media' ? `media:${each.jurisdiction ?? ''}` : (names[each.duty] ?? each.duty),
      seen(each),
    ]),
  )

/** What does not apply, or is no law yet, in a State that is not named says nothing and need not be listed. */
function listed(outcomes: Record<string, Outcome>): Record<string, Outcome> {
  const { 'media:': elsewhere, ...rest } = outcomes
  return elsewhere === undefined || /^not-/.test(elsewhere.status) ? rest : outcomes
}

const counts = new Map<string, number>()
const tally = (label: string) => counts.set(label, (counts.get(label) ?? 0) + 1)

/** An answer, or the fact that the facts contradict each other. */
function outcome<T>(ask: () => T): T | 'contradiction' {
  try {
    return ask()
  } catch (error) {
    if (error instanceof Contradiction || isPhiError(error, 'PHI_DEADLINES_CONTRADICTION')) return 'contradiction'
    throw error
  }
}

function agree<T>(label: string, library: () => T, twin: () => T): void {
  const expected = outcome(twin)
  tally(`${label} ${expected === 'contradiction' ? 'contradiction' : 'answer'}`)
  expect(outcome(library)).toEqual(expected)
}

const asked = (today: string | undefined) => (today === undefined ? {} : { today })

describe('the library and a plain twin say the same', () => {
  it('S126 of requests for access, by extension statements, dates of action and today', () => {
    fc.assert(
      fc.property(requestCase, ({ facts, today }) => {
        agree(
          'access',
          () => seen(evaluate(federal.accessRequest, facts, asked(today))[0] as Deadline),
          () => twinOfAccess(facts, today),
        )
      }),
      { numRuns },
    )
  })

  it('S127 S128 of requests for amendment and for an accounting', () => {
    fc.assert(
      fc.property(requestCase, fc.boolean(), ({ facts: { storage: _, ...facts }, today }, amendment) => {
        const group = amendment ? federal.amendmentRequest : federal.accountingRequest
        agree(
          'sixty',
          () => seen(evaluate(group, facts, asked(today))[0] as Deadline),
          () => twinOfSixtyDays(facts, today),
        )
      }),
      { numRuns },
    )
  })

  it('S158 S159 S160 C3 C4 of breaches: individuals, media by State, both branches of the Secretary', () => {
    fc.assert(
      fc.property(breachCase.map(withoutAssociate), ({ facts, today }) => {
        agree(
          'breach',
          () => listed(byName(evaluate(federal.breachNotice, facts, asked(today)))),
          () => listed(twinOfBreach(facts, today)),
        )
      }),
      { numRuns },
    )
  })

  it('C1 S134 of the notice of a business associate', () => {
    fc.assert(
      fc.property(breachCase.map(withoutHeadcount), ({ facts, today }) => {
        agree(
          'associate',
          () => seen(evaluate(federal.businessAssociateNotice, facts, asked(today))[0] as Deadline),
          () => twinOfBusinessAssociate(facts, today),
        )
      }),
      { numRuns },
    )
  })

  it('and most of the cases are answered', () => {
    for (const label of ['access', 'sixty', 'breach', 'associate']) {
      const answers = counts.get(`${label} answer`) ?? 0
      const contradictions = counts.get(`${label} contradiction`) ?? 0
      expect(answers, label).toBeGreaterThan(contradictions)
      expect(contradictions, label).toBeGreaterThan(numRuns / 200)
    }
  })
})
