import type { Decision } from '@phi/rbac'
import { outcomeText } from './explain.ts'
import type { Expectation } from './test-file.ts'

const same = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && [...left].sort().join('\n') === [...right].sort().join('\n')
const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : [...names].sort().join(', '))

/** How a decision differs from what is expected. Empty when it does not. */
export function differencesOf(expected: Expectation, decision: Decision): readonly string[] {
  const out: string[] = []
  const owed = typeof expected.outcome === 'string' ? [] : expected.outcome['allow-if']
  const outcome = typeof expected.outcome === 'string' ? expected.outcome : 'allow-if'
  const types = decision.obligations.map(({ type }) => type)
  if (outcome !== decision.outcome || !same(owed, types)) {
    const wanted = outcome === 'allow-if' ? `allow-if (${owed.join(', ')})` : outcome
    out.push(`expected ${wanted}, got ${outcomeText(decision)}`)
  }
  if (expected.rule !== undefined && expected.rule !== decision.rule) {
    out.push(`expected rule ${expected.rule} to decide, got ${decision.rule ?? 'none'}`)
  }
  if (expected.reason !== undefined && expected.reason !== decision.reason) {
    out.push(`expected the reason ${expected.reason}, got ${decision.reason}`)
  }
  if (expected.fields !== undefined && !same(expected.fields, decision.fields)) {
    out.push(`expected the fields ${list(expected.fields)}, got ${list(decision.fields)}`)
  }
  const uncited = (expected.cites ?? []).filter((each) => !decision.citations.includes(each))
  if (uncited.length > 0) out.push(`expected the citations to hold ${uncited.join('; ')}`)
  return out
}
