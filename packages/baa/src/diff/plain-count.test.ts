import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { modelHost, scribe } from '../../test/chained.ts'
import { complete } from '../../test/complete.ts'
import { countedOneByOne } from '../../test/every-request.ts'
import { reasonCodes } from '../decide/reason.ts'
import type { AgreementInput, Registry, RegistryOptions } from '../index.ts'
import { decideAny, parseAgreement, registry } from '../index.ts'
import { type Diff, type DiffOptions, diff, registryOfOne } from './diff.ts'
import { reasonsOfData } from './factored.ts'

const parse = (input: AgreementInput) => parseAgreement(JSON.parse(JSON.stringify(input)))
const outcomes = ({ outcomes: all }: Diff) => Object.fromEntries(all.map(({ was, is, requests }) => [`${was} ${is}`, requests]))
const ofOne = (input: AgreementInput) => registryOfOne(parse(input))

/** Every witness is asked again. */
function witnessed(found: Diff, before: Registry, after: Registry): void {
  for (const { witness, was, is, requests } of found.flips) {
    expect([decideAny(before, witness).outcome, decideAny(after, witness).outcome]).toEqual([was, is])
    expect(requests).toBeGreaterThan(0)
  }
  const total = found.flips.reduce((sum, each) => sum + each.requests, 0)
  expect(total).toBe(found.outcomes.reduce((sum, each) => sum + each.requests, 0))
  expect(total).toBeLessThanOrEqual(found.requests)
}
describe('reasons, taken apart', () => {
  it('look at the data and its use, or at the rest of a request', () => {
    const ofTheRest = Object.keys(reasonCodes).filter((code) => !(reasonsOfData as readonly string[]).includes(code))
    // A new code belongs on one of the two sides: whoever adds it says which.
    expect(ofTheRest.sort()).toMatchInlineSnapshot(`
      [
        "chain-cycle",
        "closed",
        "condition-met",
        "condition-not-met",
        "condition-stale",
        "condition-unknown",
        "exempt-conduit",
        "exempt-de-identified",
        "exempt-individual",
        "exempt-payment",
        "exempt-payment-of-recipient",
        "exempt-treatment",
        "exempt-workforce",
        "exemption-not-met",
        "exemption-unproved",
        "expired",
        "from-individual",
        "in-force",
        "no-agreement",
        "not-signed",
        "not-yet-effective",
        "onward-covered",
        "onward-not-covered",
        "onward-unknown",
        "plan-eligible",
        "plan-not-eligible",
        "plan-unknown",
        "qsoa-alone",
        "returned-to-source",
        "returning-unsure",
        "same-party",
        "scope-elsewhere",
        "scope-unknown",
        "service-covered",
        "service-excluded",
        "service-not-covered",
        "terminated",
        "unknown-class",
        "unknown-label",
        "unknown-origin",
        "unknown-party",
        "unknown-service",
        "unknown-use",
        "winding-down",
      ]
    `)
    expect(reasonsOfData.every((code) => Object.hasOwn(reasonCodes, code))).toBe(true)
  })
})

describe('against the plain count', () => {
  const same = (before: Registry, after: Registry, options: DiffOptions) => {
    const found = diff(before, after, options)
    const plain = countedOneByOne(before, after, options)
    expect(found.undecided).toEqual([])
    expect({ requests: found.requests, flips: outcomes(found) }).toEqual(plain)
    witnessed(found, before, after)
    return found
  }

  it('two versions with conditions, plans and places: every request, one by one', () => {
    const before = ofOne({ ...complete, conditions: ['mfa-on'], eligibility: { free: 'never', pro: 'always' } })
    const after = ofOne({
      ...complete,
      conditions: ['mfa-on', { condition: 'training-off', services: ['ai'] }],
      eligibility: { pro: 'on-request' },
      plan: 'pro',
      services: ['scheduling', { service: 'messaging', region: 'us' }, 'ai'],
      prohibits: ['label:hiv'],
      terms: { ...complete.terms, part2: true },
      uses: ['treatment', 'research'],
      expires: '2026-12-31',
    })
    const found = same(before, after, {
      services: ['ai.note-draft', 'messaging'],
      data: ['phi.clinical.note.session', 'phi.code.icd10'],
      labels: ['part2', 'hiv'],
      uses: ['treatment', 'research'],
      at: ['2026-06-01T00:00:00.000Z', '2027-06-01T00:00:00.000Z'],
    })
    expect(Object.keys(outcomes(found)).length).toBeGreaterThan(3)
  })

  const tight: DiffOptions = {
    services: ['scheduling', 'ai.note-draft'],
    data: ['phi.clinical.note', 'phi.clinical.note.psychotherapy', 'phi.schedule'],
    labels: ['part2'],
    uses: ['treatment', 'research', 'ai.training'],
    at: ['2026-06-01T00:00:00.000Z', '2027-06-01T00:00:00.000Z'],
  }
  const some = <Value>(values: readonly Value[]) => fc.subarray([...values])
  const changes = fc.record({
    permits: some(complete.permits),
    prohibits: some([
      'phi.code.icd10',
      'label:part2',
      'label:hiv',
      'phi.clinical.note.psychotherapy',
      'label:psychotherapy',
    ] as const),
    uses: some(complete.uses),
    prohibitsUses: some(['research', 'ai.training', 'sale'] as const),
    services: some(complete.services),
    excludes: some(['scheduling.reminders', { service: 'ai', edition: 'free' }] as const),
    conditions: some(['mfa-on', { condition: 'no-training', services: ['ai'] }] as const),
    tier: fc.constantFrom('ce-ba' as const, 'data-use' as const),
    expires: fc.constantFrom('2026-12-31', '2027-12-31'),
    terms: fc.constantFrom(complete.terms, { ...complete.terms, part2: true as const }),
  })
  const legal = (more: Partial<AgreementInput>): AgreementInput => ({
    ...complete,
    ...more,
    permits: more.permits?.length ? more.permits : ['phi.schedule'],
  })

  it('random versions: the same counts, as many requests, and every witness', () => {
    fc.assert(
      fc.property(changes, changes, (a, b) => {
        const strip = (each: typeof a): Partial<AgreementInput> => ({
          ...each,
          prohibits: each.prohibits.filter((word) => !each.permits.includes(word as never)),
        })
        same(ofOne(legal(strip(a))), ofOne(legal(strip(b))), tight)
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 500 : 1 },
    )
  })

  it('S32 S119 registries with chains, exemptions, attestations and parties that come and go', () => {
    const edges = [
      { of: 'platform', to: 'scribe', for: ['ai'], does: 'ai.note-draft', data: ['phi.clinical.note', 'phi.ai.prompt'] },
      { of: 'scribe', to: 'model', for: ['ai'], does: 'ai.chat', use: 'ai.inference' },
    ] as const
    const made = (inputs: readonly AgreementInput[], options: RegistryOptions) => registry(inputs.map(parse), options)
    const platform = {
      ...complete,
      ai: { ...complete.ai, subprocessors: ['scribe'] },
      conditions: ['mfa-on'],
    } satisfies AgreementInput
    const base: RegistryOptions = { subprocessors: edges, complete: ['platform', 'scribe', 'model'] }
    const attested = (met: boolean) => [
      { party: 'practice', condition: 'mfa-on', met, asOf: '2026-02-01', reviewBy: '2026-08-01' },
    ]
    const line = { id: 'line', kind: 'other' as const }
    const claim = { kind: 'conduit', transmits: 'only', storage: 'none', access: 'none' } as const
    const whole = made([platform, scribe, modelHost], { ...base, attestations: attested(true) })
    const narrow: DiffOptions = {
      services: ['ai.note-draft', 'ai.chat', 'telehealth.audio'],
      data: ['phi.clinical.note.session', 'phi.clinical.plan', 'phi.ai.prompt'],
      labels: ['part2'],
      uses: ['treatment', 'research'],
      at: ['2026-06-01T00:00:00.000Z', '2026-10-01T00:00:00.000Z'],
    }
    const others = [
      made([platform, scribe, modelHost], { ...base, attestations: attested(false) }),
      made([platform, scribe], { ...base, parties: [{ id: 'model', kind: 'subcontractor' }] }),
      made([platform, { ...scribe, permits: ['phi.clinical'], prohibits: [] }, modelHost], base),
      made([{ ...platform, ai: complete.ai }], {}),
      made([scribe, modelHost], base.complete ? { ...base, subprocessors: [edges[1]], complete: ['scribe', 'model'] } : {}),
      made([platform, scribe, modelHost], { ...base, parties: [line], exemptions: [{ from: 'platform', to: 'line', claim }] }),
      made(
        [
          platform,
          { ...platform, id: 'second', prohibits: ['phi.clinical.plan'], permits: ['phi.schedule'] },
          scribe,
          modelHost,
        ],
        base,
      ),
      made(
        [
          platform,
          {
            ...scribe,
            id: 'q',
            tier: 'qsoa',
            from: platform.from,
            to: platform.to,
            signatures: complete.signatures,
            terms: { part2: true },
          },
          scribe,
          modelHost,
        ],
        base,
      ),
    ]
    let flips = 0
    for (const other of others) {
      const there = same(whole, other, narrow)
      const back = same(other, whole, narrow)
      flips += there.flips.length
      expect(
        Object.fromEntries(Object.entries(outcomes(back)).map(([key, count]) => [key.split(' ').reverse().join(' '), count])),
      ).toEqual(outcomes(there))
    }
    expect(flips).toBeGreaterThan(10)
  })

  it('no difference from itself, and the mirror image the other way round', () => {
    const mirror = { widened: 'narrowed', narrowed: 'widened', mixed: 'mixed', neutral: 'neutral' } as const
    fc.assert(
      fc.property(changes, changes, (a, b) => {
        const strip = (each: typeof a): Partial<AgreementInput> => ({
          ...each,
          prohibits: each.prohibits.filter((word) => !each.permits.includes(word as never)),
        })
        const [before, after] = [parse(legal(strip(a))), parse(legal(strip(b)))]
        expect(diff(before, parse(legal(strip(a))))).toMatchObject({ agreements: [], flips: [], outcomes: [], exitCode: 0 })
        const [there, back] = [diff(before, after), diff(after, before)]
        expect(back.requests).toBe(there.requests)
        const told = ({ flips }: Diff) =>
          flips
            .map(({ was, is, requests, because }) =>
              JSON.stringify([
                was,
                is,
                requests,
                because.before.map(({ code }) => code).sort(),
                because.after.map(({ code }) => code).sort(),
              ]),
            )
            .sort()
        const turned = {
          ...back,
          flips: back.flips.map((each) => ({
            ...each,
            was: each.is,
            is: each.was,
            because: { before: each.because.after, after: each.because.before },
          })),
        }
        expect(told(turned)).toEqual(told(there))
        const clauses = ({ agreements }: Diff, turn: boolean) =>
          agreements
            .flatMap((each) =>
              each.clauses.map(({ path, direction, was, is }) =>
                JSON.stringify(turn ? [path, mirror[direction], is, was] : [path, direction, was, is]),
              ),
            )
            .sort()
        expect(clauses(back, true)).toEqual(clauses(there, false))
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 100 : 1 },
    )
  })
})
