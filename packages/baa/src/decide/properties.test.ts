import { ancestors, type DataClass, type Label, regimeLabels, type Service, type Use } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aRegistry, aRequest, aSelector, aUse, instant } from '../../test/twin/arbitrary.ts'
import {
  type Agreement,
  type Decision,
  type DecisionRequest,
  decideAny,
  parseAgreement,
  type Registry,
  registry,
} from '../index.ts'

const rank = { deny: 0, needs: 1, allow: 2 } as const
const runs = { numRuns: process.env.PHI_LONG === '1' ? 10_000 : 30, endOnFailure: true }
const requests = fc.array(aRequest, { minLength: 8, maxLength: 14 })

const options = ({ parties, subprocessors, complete, attestations, exemptions }: Registry) => ({
  parties: [...parties.values()],
  subprocessors,
  complete,
  attestations,
  exemptions,
})
const rebuilt = (model: Registry, agreements: readonly Agreement[]) => registry(agreements, options(model))

/** A registry in which one agreement has some more in one of its lists, where that contradicts nothing. */
function withMore(model: Registry, index: number, list: string, word: unknown): Registry | undefined {
  const chosen = model.agreements[index % Math.max(1, model.agreements.length)]
  if (chosen === undefined) return undefined
  try {
    const before = (chosen as unknown as Record<string, readonly unknown[]>)[list] ?? []
    const more = parseAgreement({ ...chosen, [list]: [...before, word] })
    return rebuilt(
      model,
      model.agreements.map((each) => (each === chosen ? more : each)),
    )
  } catch {
    return undefined
  }
}

const bothWays = (arbitrary: fc.Arbitrary<unknown>, list: string, holds: (before: Decision, after: Decision) => void) =>
  fc.assert(
    fc.property(aRegistry, fc.nat(3), arbitrary, requests, (model, index, word, asked) => {
      const changed = withMore(model, index, list, word)
      if (changed === undefined) return
      for (const request of asked) holds(decideAny(model, request), decideAny(changed, request))
    }),
    runs,
  )

describe('agreements that change', () => {
  it.each([
    ['class or label', 'prohibits', aSelector],
    ['use', 'prohibitsUses', aUse],
    ['condition', 'conditions', fc.constantFrom('mfa', 'training-off', 'other')],
    ['excluded service', 'excludes', fc.constantFrom<Service>('records', 'records.notes', 'ai', 'hosting')],
  ])('S28 a prohibited %s more never raises an outcome', (_, list, word) => {
    bothWays(word, list, (before, after) => expect(rank[after.outcome]).toBeLessThanOrEqual(rank[before.outcome]))
  })

  it.each([
    ['class', 'permits', fc.constantFrom<DataClass>('phi', 'phi.clinical', 'phi.clinical.note.session', 'phi.code')],
    ['use', 'uses', fc.constantFrom<Use>('treatment', 'operations', 'payment', 'research', 'ai.inference')],
  ])('S28 a permitted %s more never lowers an outcome', (_, list, word) => {
    bothWays(word, list, (before, after) => expect(rank[after.outcome]).toBeGreaterThanOrEqual(rank[before.outcome]))
  })

  it('S151 a signature less never raises an outcome, and without any nothing rests on an agreement', () => {
    fc.assert(
      fc.property(aRegistry, fc.nat(3), requests, (model, index, asked) => {
        const chosen = model.agreements[index % Math.max(1, model.agreements.length)]
        if (chosen === undefined || chosen.signatures.length === 0) return
        const less = parseAgreement({ ...chosen, signatures: chosen.signatures.slice(1) })
        const changed = rebuilt(
          model,
          model.agreements.map((each) => (each === chosen ? less : each)),
        )
        const unsigned = rebuilt(
          model,
          model.agreements.map((each) => parseAgreement({ ...each, signatures: [] })),
        )
        for (const request of asked) {
          const after = decideAny(changed, request)
          // Its prohibitions go with it: of two agreements, the other may allow more alone.
          if (model.agreements.length === 1) {
            expect(rank[after.outcome]).toBeLessThanOrEqual(rank[decideAny(model, request).outcome])
          }
          expect(after.agreement).not.toBe(chosen.id)
          expect(decideAny(unsigned, request).agreement).toBeUndefined()
        }
      }),
      runs,
    )
  })

  it('S28 the order of agreements, of edges and of data does not matter', () => {
    const same = ({ outcome, reasons, provided, duties }: Decision) => ({
      outcome,
      codes: [...new Set(outcome === 'allow' ? [] : reasons.map(({ code }) => code))].sort(),
      provided: outcome === 'allow' ? [] : provided,
      duties: outcome === 'allow' ? [] : duties,
    })
    fc.assert(
      fc.property(aRegistry, requests, (model, asked) => {
        const turned = registry([...model.agreements].reverse(), {
          ...options(model),
          subprocessors: [...model.subprocessors].reverse(),
          attestations: [...model.attestations].reverse(),
          exemptions: [...model.exemptions].reverse(),
        })
        for (const request of asked) {
          const back = { ...request, data: [...request.data].reverse() }
          expect(same(decideAny(turned, back))).toEqual(same(decideAny(model, request)))
        }
      }),
      runs,
    )
  })
})

const labels = [...(Object.keys(regimeLabels) as Label[]), 'state:CA'] as const
const sendable = fc.constantFrom<DataClass>(
  'phi.clinical.note.session',
  'phi.clinical.note.psychotherapy',
  'phi.clinical.lab',
  'phi.code.icd10',
  'phi.schedule',
  'phi.identity.name',
  'phi.financial.payment',
)

describe('data that changes', () => {
  it('S155 S156 what is allowed provided that no record is under some labels, is allowed under all others', () => {
    fc.assert(
      fc.property(
        aRegistry,
        fc.array(aRequest, { minLength: 8, maxLength: 14 }),
        fc.array(sendable, { minLength: 1, maxLength: 2 }),
        fc.subarray([...labels]),
        (model, asked, data, stated) => {
          for (const request of asked) {
            const bare = decideAny(model, { ...request, data })
            if (bare.outcome !== 'allow') continue
            const outside = stated.filter((each) => !bare.provided.includes(each))
            const under = decideAny(model, { ...request, data: data.map((each) => ({ class: each, labels: outside })) })
            expect(under.outcome).toBe('allow')
            expect(under.provided).toEqual([])
          }
        },
      ),
      runs,
    )
  })

  it('S28 less data, or data under fewer labels, never lowers an outcome', () => {
    fc.assert(
      fc.property(
        aRegistry,
        requests,
        fc.array(sendable, { minLength: 1, maxLength: 3 }),
        fc.subarray([...labels]),
        (model, asked, data, stated) => {
          for (const request of asked) {
            const all = data.map((each) => ({ class: each, labels: stated }))
            const whole = decideAny(model, { ...request, data: all })
            const first = decideAny(model, { ...request, data: all.slice(0, 1) })
            const fewer = decideAny(model, { ...request, data: data.map((each) => ({ class: each, labels: stated.slice(1) })) })
            expect(rank[first.outcome]).toBeGreaterThanOrEqual(rank[whole.outcome])
            expect(rank[fewer.outcome]).toBeGreaterThanOrEqual(rank[whole.outcome])
          }
        },
      ),
      runs,
    )
  })

  it('S140 what is allowed for a branch is allowed for what lies below, but for labels that a class has by nature', () => {
    fc.assert(
      fc.property(aRegistry, requests, sendable, (model, asked, below) => {
        if (below === 'phi.clinical.note.psychotherapy') return
        for (const request of asked) {
          for (const branch of ancestors(below) as readonly DataClass[]) {
            const wide = decideAny(model, { ...request, data: [{ class: branch, labels: [] }] })
            const narrow = decideAny(model, { ...request, data: [{ class: below, labels: [] }] })
            if (wide.outcome === 'allow') expect(narrow.outcome).toBe('allow')
          }
        }
      }),
      runs,
    )
  })
})

describe('every question', () => {
  it('S28 with a word that nobody knows is never allowed', () => {
    const unknown: readonly Readonly<Record<string, unknown>>[] = [
      { service: 'records.nots' },
      { service: undefined },
      { use: 'selling' },
      { use: 'toString' },
      { from: 'nobody' },
      { to: 'nobody' },
      { to: undefined },
      { data: ['phi.klinical'] },
      { data: [{ class: 'phi.schedule', labels: ['hvi'] }] },
      { data: [] },
    ]
    fc.assert(
      fc.property(aRegistry, aRequest, fc.constantFrom(...unknown), (model, request, wrong) => {
        expect(decideAny(model, { ...request, ...wrong } as DecisionRequest).outcome).not.toBe('allow')
      }),
      runs,
    )
  })

  it('S28 gets a frozen answer whose outcome is that of its reasons, and that holds nothing of what was asked', () => {
    const deepFrozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(deepFrozen))
    fc.assert(
      fc.property(aRegistry, requests, (model, asked) => {
        for (const request of asked) {
          const marked = {
            ...request,
            ...(request.authorization ? { authorization: { ...request.authorization, reference: 'Jane-Roe-4711' } } : {}),
            ...(request.identifiability ? { identifiability: { ...request.identifiability, evidence: 'Jane-Roe-4711' } } : {}),
            unasked: 'Jane-Roe-4711',
          }
          const decision = decideAny(model, marked)
          const text = JSON.stringify(decision)
          expect(text).not.toContain('Jane')
          expect(JSON.parse(text)).toEqual(decision)
          expect(deepFrozen(decision)).toBe(true)
          const effects = decision.reasons.map(({ effect }) => effect)
          if (decision.outcome === 'allow') expect(new Set(effects)).toEqual(new Set(['allow']))
          else expect(effects).toContain(decision.outcome)
          expect(effects).toEqual([...effects].sort((a, b) => rank[a] - rank[b]))
          expect(decision.outcome === 'allow' || decision.provided.length + decision.duties.length === 0).toBe(true)
          const rests = decision.agreement ?? decision.exemption ?? (request.from === 'patient' ? 'nothing' : undefined)
          expect(decision.outcome === 'allow' ? rests : (decision.agreement ?? decision.exemption)).toEqual(
            decision.outcome === 'allow' ? expect.any(String) : undefined,
          )
          expect(decideAny(model, marked)).toEqual(decision)
        }
      }),
      runs,
    )
  })

  it('S151 has one answer between two instants at which nothing begins or ends', () => {
    const HOURS = 3_600_000
    const momentsOf = (model: Registry, request: DecisionRequest): readonly number[] => {
      const text = JSON.stringify([model.agreements, model.attestations, model.exemptions, request])
      const instants = [...text.matchAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g)].map(([each]) => Date.parse(each))
      const days = [...text.matchAll(/"(\d{4}-\d\d-\d\d)"/g)].map(([, each]) => Date.parse(each as string))
      return [...instants, ...days.flatMap((each) => [each - 14 * HOURS, each + 12 * HOURS, each + 10 * HOURS])]
    }
    fc.assert(
      fc.property(aRegistry, aRequest, instant, instant, (model, request, a, b) => {
        const { at: _, ...timeless } = request
        const moments = momentsOf(model, timeless as DecisionRequest)
        const [first, second] = [Date.parse(a), Date.parse(b)].sort((x, y) => x - y) as [number, number]
        const next = Math.min(second, ...moments.filter((each) => each > first).map((each) => each - 1))
        const answer = (at: number) => decideAny(model, { ...request, at: new Date(at).toISOString() })
        expect(answer(next)).toEqual(answer(first))
      }),
      runs,
    )
  })
})
