import { expect, it } from 'vitest'
import { describeVectors, readVector } from '../../../core/test/vectors.ts'
import {
  type CorpusRequest,
  type CorpusTest,
  NoCounterpart,
  type Translated,
  translateCorpus,
} from '../../test/cedar-corpus.ts'
import { compile } from '../decision/rules.ts'
import { parsePolicy } from '../policy/parse.ts'

/** The truth of a condition, seen from outside: true permits, false does not forbid, and unknown does neither. */
function truthOf({ when, attributes, context }: Translated): boolean | 'unknown' {
  const policy = (rules: readonly object[]) =>
    compile(
      parsePolicy({
        format: 'phi.policy/v1',
        id: 'corpus',
        version: '1',
        actions: ['act'],
        roles: { anyone: {} },
        context: attributes,
        resources: { Thing: { attributes: { tenant: { type: 'string' } }, tenant: 'tenant' } },
        rules: rules.map((rule, index) => ({ id: `rule-${index}`, actions: ['act'], resources: ['Thing'], ...rule })),
      }),
    )
  const actor = { id: 'a', tenant: 't', roles: ['anyone'] }
  const request = { actor, action: 'act', resource: { type: 'Thing', record: { tenant: 't' } }, context } as never
  const permit = { effect: 'permit', roles: ['anyone'] }
  if (policy([{ ...permit, when }]).can(request)) return true
  return policy([permit, { effect: 'forbid', when }]).can(request) ? false : 'unknown'
}

describeVectors('the corpus of Cedar', 'policy/cedar-corpus-subset.jsonl', () => {
  const tests = () =>
    readVector('policy/cedar-corpus-subset.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as CorpusTest)

  it("agrees with us where we have the words, and Cedar's errors are never true here", () => {
    const counts = {
      tests: 0,
      fitting: 0,
      requests: 0,
      matched: 0,
      unmatched: 0,
      errors: 0,
      errorsUnknown: 0,
      errorsDecided: 0,
    }
    const why = new Map<string, number>()
    for (const test of tests()) {
      counts.tests++
      let translated: (readonly [CorpusRequest, Translated])[]
      try {
        translated = test.requests.map((request) => [request, translateCorpus(test, request)])
      } catch (error) {
        if (!(error instanceof NoCounterpart)) throw error
        why.set(error.message, (why.get(error.message) ?? 0) + 1)
        continue
      }
      counts.fitting++
      for (const [request, ours] of translated) {
        counts.requests++
        const truth = truthOf(ours)
        if (request.errors.length > 0) {
          counts.errors++
          // Kleene's and is false when one side is, whatever the other is; Cedar stops at the first error.
          expect(truth, test.id).not.toBe(true)
          if (truth === 'unknown') counts.errorsUnknown++
          else counts.errorsDecided++
        } else {
          const matched = request.reason.length > 0
          expect(truth, test.id).toBe(matched)
          counts[matched ? 'matched' : 'unmatched']++
          if (test.policy.effect === 'permit') expect(request.decision === 'allow').toBe(matched)
        }
      }
    }
    expect(counts).toEqual({
      tests: 1256,
      fitting: 688,
      requests: 1127,
      matched: 205,
      unmatched: 897,
      errors: 25,
      errorsUnknown: 21,
      errorsDecided: 4,
    })
    expect(Object.fromEntries(why)).toEqual({
      // No counterpart, on purpose: patterns on texts, and sets and records as values.
      'the operator like': 201,
      'records and sets as values': 109,
      'sets that are not written out': 49,
      'the operator isEmpty': 21,
      'sets of booleans': 6,
      // Operands that are conditions: ours are attributes and constants.
      'if-then-else as an operand': 72,
      'attributes as conditions': 15,
      'containsAll as an operand': 9,
      'in as an operand': 5,
      '== as an operand': 4,
      'containsAny as an operand': 4,
      'contains as an operand': 2,
      '! as an operand': 1,
      '|| as an operand': 1,
      'like as an operand': 1,
      // What cannot be a number or a comparison here.
      'numbers beyond 53 bits': 56,
      'operands of other types': 6,
      'has of what is not there': 6,
    })
    expect([...why.values()].reduce((sum, each) => sum + each, counts.fitting)).toBe(counts.tests)
  })
})
