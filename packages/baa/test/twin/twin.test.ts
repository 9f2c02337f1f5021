import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Decision, decideAny, type Registry } from '../../src/index.ts'
import { aRegistry, aRequest } from './arbitrary.ts'
import { twin } from './twin.ts'

const long = process.env.PHI_LONG === '1'
const tables = (model: Registry) => ({ ...model, parties: [...model.parties.values()] })
const sorted = (codes: Iterable<string>) => [...new Set(codes)].sort()
const codesOf = ({ reasons }: Decision) => sorted(reasons.map(({ code }) => code))

describe('the twin', () => {
  it('S1 S28 S29 S37 decides as `decide` does, with the same reasons', () => {
    const seen = { allow: 0, deny: 0, needs: 0 }
    fc.assert(
      fc.property(aRegistry, fc.array(aRequest, { minLength: 16, maxLength: 24 }), (model, requests) => {
        for (const request of requests) {
          const answer = decideAny(model, request)
          const expected = twin(tables(model), request as never)
          expect(answer.outcome).toBe(expected.outcome)
          expect(expected.codes.map(sorted)).toContainEqual(codesOf(answer))
          if (answer.outcome === 'allow') {
            const names = expected.ways.map(({ agreement, exemption }) => ({ agreement, exemption }))
            expect(names).toContainEqual({ agreement: answer.agreement, exemption: answer.exemption })
          }
          seen[answer.outcome]++
        }
      }),
      { numRuns: long ? 60_000 : 30, endOnFailure: true },
    )
    // The small world is worth asking: each answer is given often enough to be wrong.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(60)
  })
})
