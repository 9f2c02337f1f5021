import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { hoursOf } from '../agreement/period.ts'
import {
  type AgreementRequest,
  type AgreementRequestEvent,
  type AgreementRequestProblem,
  advanceAgreementRequest,
  agreementRequestProblems,
  agreementRequestStanding,
  offeredOn,
  openAgreementRequest,
  parseAgreementRequest,
} from './agreement-request.ts'
import {
  type AgreementRequestState,
  type AgreementRequestStep,
  agreementRequestStates,
  agreementRequestSteps,
  agreementRequestWays,
} from './agreement-request-step.ts'

const applicant = {
  name: 'A. Owner',
  practiceName: 'Harbor Practice',
  npi: '1234567893',
  licence: { state: 'OH', profession: 'LCSW', number: '12345', expires: '2027-06-30' },
} as const
const offer = {
  eligibility: { starter: 'never', growth: 'on-request', pro: 'always' },
  plan: 'growth',
  respondWithin: { businessDays: 2 },
} as const
const at = '2026-03-02T10:00:00.000Z'
const hash = 'a'.repeat(64)

const problemsOf = (change: object, other: object = {}) => {
  const answer = openAgreementRequest({ ...applicant, ...change }, { ...offer, ...other } as never, at)
  return answer.outcome === 'refused' ? answer.problems : []
}

function open(): AgreementRequest {
  const answer = openAgreementRequest(applicant, offer, at)
  if (answer.outcome !== 'accepted') throw new Error('was refused')
  return answer.request
}

const happy: readonly AgreementRequestEvent[] = [
  { step: 'sent', at: '2026-03-03T09:00:00.000Z' },
  { step: 'signed', at: '2026-03-03T15:00:00.000Z' },
  { step: 'countersigned', at: '2026-03-04T09:00:00.000Z', documentHash: hash },
  { step: 'copy-kept', at: '2026-03-04T10:00:00.000Z', documentHash: hash },
]

function after(...events: readonly AgreementRequestEvent[]): AgreementRequest {
  let request = open()
  for (const event of events) {
    const answer = advanceAgreementRequest(request, event)
    if (answer.outcome !== 'accepted') throw new Error(`refused: ${answer.problems.join()}`)
    request = answer.request
  }
  return request
}

describe('openAgreementRequest', () => {
  it('S149 needs the name, the practice, the NPI and the licence, and says all that is missing at once', () => {
    expect(problemsOf({})).toEqual([])
    expect(problemsOf({ name: '' })).toEqual(['name-missing'])
    expect(problemsOf({ practiceName: undefined })).toEqual(['practice-name-missing'])
    expect(problemsOf({ npi: undefined })).toEqual(['npi-missing'])
    expect(problemsOf({ npi: '1234567890' })).toEqual(['npi-invalid'])
    expect(problemsOf({ npi: 1234567893 })).toEqual(['npi-invalid'])
    expect(problemsOf({ licence: undefined })).toEqual(['licence-missing'])
    expect(problemsOf({ licence: { state: 'ZZ', profession: 'LCSW' } })).toEqual(['licence-missing'])
    expect(problemsOf({ licence: { ...applicant.licence, expires: '2026-03-01' } })).toEqual(['licence-expired'])
    const answer = openAgreementRequest({}, offer, at)
    expect(answer).toEqual({
      outcome: 'refused',
      problems: ['name-missing', 'practice-name-missing', 'npi-missing', 'licence-missing'],
    })
  })

  it('S115 S139 a plan comes with an agreement always, on request or never, and what is not said is not yes', () => {
    const { eligibility } = offer
    expect(['pro', 'growth', 'starter', 'other', 'constructor'].map((plan) => offeredOn({ eligibility, plan }))).toEqual([
      'always',
      'on-request',
      'never',
      'unknown',
      'unknown',
    ])
    expect(offeredOn({ eligibility })).toBe('unknown')
    expect(problemsOf({}, { plan: 'starter' })).toEqual(['plan-not-eligible'])
    expect(problemsOf({}, { plan: 'free' })).toEqual(['plan-unknown'])
    expect(problemsOf({}, { plan: undefined })).toEqual(['plan-unknown'])
    const included = openAgreementRequest(applicant, { ...offer, plan: 'pro' }, at)
    expect(included).toMatchObject({ outcome: 'accepted', request: { eligibility: 'always' } })
  })

  it('S149 an expiry of the licence counts from the first zone in which that day ends', () => {
    const licence = { ...applicant.licence, expires: '2026-03-02' }
    // The last day ends at +14:00 at 10:00 UTC.
    expect(problemsOf({ licence })).toEqual(['licence-expired'])
    const answer = openAgreementRequest({ ...applicant, licence }, offer, '2026-03-02T09:59:59.999Z')
    expect(answer.outcome).toBe('accepted')
  })
})

describe('advanceAgreementRequest', () => {
  it('S150 sent, signed, countersigned, and the copy kept', () => {
    const last = '2026-12-01T00:00:00.000Z'
    const states = [0, 1, 2, 3, 4].map((count) => agreementRequestStanding(after(...happy.slice(0, count)), last))
    expect(states.map(({ state, next, by }) => [state, next, by])).toEqual([
      ['requested', 'sent', 'vendor'],
      ['sent', 'signed', 'customer'],
      ['signed', 'countersigned', 'vendor'],
      ['countersigned', 'copy-kept', 'customer'],
      ['copy-kept', undefined, undefined],
    ])
  })

  it('S151 nothing is stored before both have signed, and a look back says what was so then', () => {
    const request = after(...happy)
    const may = (instant: string) => agreementRequestStanding(request, instant).mayStorePhi
    expect(may(at)).toBe(false)
    expect(may('2026-03-03T15:00:00.000Z')).toBe(false)
    expect(may('2026-03-04T08:59:59.999Z')).toBe(false)
    expect(may('2026-03-04T09:00:00.000Z')).toBe(true)
    for (const step of ['declined', 'withdrawn'] as const) {
      const ended = after(...happy.slice(0, 2), { step, at: '2026-03-05T00:00:00.000Z' })
      expect(agreementRequestStanding(ended, '2026-04-01T00:00:00.000Z')).toEqual({ state: step, mayStorePhi: false })
    }
  })

  it('S150 the answer is due when the vendor promised: between the fewest and the most days that two business days can be', () => {
    const { shortest, longest } = hoursOf({ businessDays: 2 })
    expect([shortest, longest > 4 * 24]).toEqual([48, true])
    expect(agreementRequestStanding(open(), at).answerDue).toEqual({
      perhaps: '2026-03-04T10:00:00.000Z',
      certainly: new Date(Date.parse(at) + longest * 3_600_000).toISOString(),
    })
    expect(agreementRequestStanding(after(...happy.slice(0, 1)), '2026-03-10T00:00:00.000Z').answerDue).toBeUndefined()
    const { respondWithin: _, ...silent } = open()
    expect(agreementRequestStanding(silent, at).answerDue).toBeUndefined()
  })

  it('S150 every pair of a state and a step goes where the table says, or is refused', () => {
    const paths: Record<AgreementRequestState, readonly AgreementRequestEvent[]> = {
      requested: [],
      sent: happy.slice(0, 1),
      signed: happy.slice(0, 2),
      countersigned: happy.slice(0, 3),
      'copy-kept': happy,
      declined: [{ step: 'declined', at: happy[0]?.at as string }],
      withdrawn: [{ step: 'withdrawn', at: happy[0]?.at as string }],
    }
    const allowed: Record<AgreementRequestState, readonly AgreementRequestStep[]> = {
      requested: ['sent', 'declined', 'withdrawn'],
      sent: ['signed', 'declined', 'withdrawn'],
      signed: ['countersigned', 'declined', 'withdrawn'],
      countersigned: ['copy-kept'],
      'copy-kept': [],
      declined: [],
      withdrawn: [],
    }
    for (const state of agreementRequestStates) {
      for (const step of agreementRequestSteps) {
        const answer = advanceAgreementRequest(after(...paths[state]), {
          step,
          at: '2026-05-01T00:00:00.000Z',
          documentHash: hash,
        })
        const expected = allowed[state].includes(step)
        expect([state, step, answer.outcome]).toEqual([state, step, expected ? 'accepted' : 'refused'])
        if (answer.outcome === 'refused') expect(answer.problems).toEqual(['not-next'])
      }
    }
  })

  it('S150 a step before the last one, and a copy that is not the countersigned one, are refused', () => {
    const problem = (request: AgreementRequest, event: AgreementRequestEvent): readonly AgreementRequestProblem[] => {
      const answer = advanceAgreementRequest(request, event)
      return answer.outcome === 'refused' ? answer.problems : []
    }
    expect(problem(open(), { step: 'sent', at: '2026-03-02T09:59:59.999Z' })).toEqual(['before-the-last'])
    const signed = after(...happy.slice(0, 3))
    expect(problem(signed, { step: 'copy-kept', at: '2026-03-05T00:00:00.000Z' })).toEqual(['copy-not-identified'])
    const other = 'b'.repeat(64)
    expect(problem(signed, { step: 'copy-kept', at: '2026-03-05T00:00:00.000Z', documentHash: other })).toEqual([
      'another-document',
    ])
  })

  it('S150 S151 whatever is tried in whatever order, data waits for the countersignature, and a request reads back as it was', () => {
    const events = fc.array(
      fc.record({
        step: fc.constantFrom(...agreementRequestSteps),
        at: fc.integer({ min: 0, max: 40 }).map((hours) => new Date(Date.parse(at) + hours * 3_600_000).toISOString()),
        documentHash: fc.constant(hash),
      }),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(events, fc.integer({ min: -1, max: 41 }), (all, hours) => {
        let request = open()
        for (const event of all) {
          const answer = advanceAgreementRequest(request, event)
          if (answer.outcome === 'accepted') request = answer.request
        }
        expect(Object.isFrozen(request) && Object.isFrozen(request.events)).toBe(true)
        expect(parseAgreementRequest(JSON.parse(JSON.stringify(request)))).toEqual(request)
        const when = new Date(Date.parse(at) + hours * 3_600_000).toISOString()
        const both = ['signed', 'countersigned'].every((step) =>
          request.events.some((each) => each.step === step && each.at <= when),
        )
        expect(agreementRequestStanding(request, when).mayStorePhi).toBe(both)
      }),
      { numRuns: 200 },
    )
  })

  it('S151 refuses a request whose steps cannot have happened, and shows nothing of it', async () => {
    const request = after(...happy)
    const forged: readonly unknown[] = [
      { ...request, events: [{ step: 'countersigned', at }] },
      { ...request, events: [...request.events].reverse() },
      { ...request, applicant: { ...applicant, npi: '1234567890' } },
      { ...request, eligibility: 'never' },
      { ...request, state: 'countersigned' },
      { ...request, format: 'v2' },
      null,
      'Harbor Practice',
    ]
    for (const value of forged) {
      const error = await refusal(() => parseAgreementRequest(value))
      expect(error.code).toBe('PHI_BAA_AGREEMENT_REQUEST')
      expect(error.message).not.toContain('Harbor')
      expect((await refusal(() => agreementRequestStanding(value as never, at))).code).toBe('PHI_BAA_AGREEMENT_REQUEST')
    }
    for (const work of [
      () => openAgreementRequest(null as never, offer, at),
      () => openAgreementRequest(applicant, { eligibility: { growth: 'maybe' } } as never, at),
      () => openAgreementRequest(applicant, offer, 'now'),
      () => advanceAgreementRequest(open(), { step: 'signed', at: 'now' }),
      () => advanceAgreementRequest(open(), { step: 'paid' as never, at }),
      () => agreementRequestStanding(open(), 'now'),
      () =>
        openAgreementRequest(
          {
            get name(): string {
              throw new Error('Jane Roe')
            },
          },
          offer,
          at,
        ),
    ]) {
      const error = await refusal(work)
      expect(error.code).toBe('PHI_BAA_AGREEMENT_REQUEST')
      expect(error.message).not.toContain('Jane')
    }
  })

  it('S149 every problem has its sentence, and every step its way', () => {
    for (const says of Object.values(agreementRequestProblems)) expect(says).toMatch(/^The .*\.$/)
    expect(Object.keys(agreementRequestWays)).toEqual([...agreementRequestSteps])
  })
})
