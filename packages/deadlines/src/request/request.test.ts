import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { openingOf, requestIn, sampleOf } from '../../test/request-samples.ts'
import { requestChecklists } from './checklists.ts'
import { deadlinesOf, documentationOf } from './deadlines-of.ts'
import type { RequestEvent, RequestOpening } from './events.ts'
import { feeOf, suspensionsOf } from './fee.ts'
import { denialGrounds } from './grounds.ts'
import { linkedMaterial, withDisclosures } from './linked.ts'
import type { IndividualRequest } from './record.ts'
import { requestRefusals } from './refusals.ts'
import { applyRequestEvent, openRequest } from './request.ts'
import { mustAgreeTo } from './restriction.ts'

/** The request after events that must all be accepted. */
function after(opening: RequestOpening, ...events: RequestEvent[]): IndividualRequest {
  let request = openRequest(opening)
  for (const event of events) {
    const step = applyRequestEvent(request, event)
    if (!step.accepted) throw new Error(`refused: ${step.refusal.reason}`)
    request = step.request
  }
  return request
}

/** Why the next event is refused. */
function reason(request: IndividualRequest, event: RequestEvent): string {
  const step = applyRequestEvent(request, event)
  return step.accepted ? 'accepted' : step.refusal.reason
}

const access = (received: string): RequestOpening => ({ kind: 'access', id: 'r1', received, timeZone: 'America/New_York' })
const verified = (at: string): RequestEvent => ({ type: 'identity-verified', at })
const extension = (at: string, more: object = {}): RequestEvent => ({
  type: 'extension-stated',
  at,
  written: true,
  reasons: true,
  promisedDate: '2026-05-01',
  ...more,
})

describe('the clock', () => {
  it('S126 runs from receipt: verification does not stop it, and late verification does not move it', () => {
    const request = openRequest(access('2026-03-02'))
    expect(deadlinesOf(request)).toMatchObject([{ rule: 'access.act', status: 'due', due: '2026-04-01' }])
    for (const at of ['2026-03-02', '2026-03-31', '2026-04-01', '2026-04-20']) {
      const late = after(access('2026-03-02'), verified(at))
      expect(deadlinesOf(late)[0]).toMatchObject({ due: '2026-04-01' })
    }
    const waiting = after(access('2026-03-02'), verified('2026-04-20'))
    expect(deadlinesOf(waiting, { today: '2026-04-20' })[0]).toMatchObject({ status: 'late', daysLate: 19 })
  })

  it('S126 takes 30 more days on one written statement with reasons and a date, given in the first 30', () => {
    const request = after(access('2026-03-02'), extension('2026-03-30'))
    expect(request.state).toBe('extended')
    expect(deadlinesOf(request)[0]).toMatchObject({ due: '2026-05-01', base: '2026-04-01', extension: { valid: true } })
    const again = applyRequestEvent(request, extension('2026-03-31'))
    expect(again).toMatchObject({ accepted: false, refusal: { reason: 'already-extended' } })
    expect(deadlinesOf(again.request)[0]).toMatchObject({ due: '2026-05-01' })
  })

  it.each([
    ['2026-04-02', {}, 'given-after-the-first-period'],
    ['2026-04-01', {}, 'accepted'],
    ['2026-03-20', { written: false }, 'not-written'],
    ['2026-03-20', { written: null }, 'not-written'],
    ['2026-03-20', { reasons: undefined }, 'no-reasons'],
    ['2026-03-20', { promisedDate: null }, 'no-date'],
    ['2026-03-20', { promisedDate: '2026-05-02' }, 'date-beyond-the-limit'],
    ['2026-03-20', { promisedDate: '2026-05-15' }, 'date-beyond-the-limit'],
    ['2026-03-20', { promisedDate: '2026-04-01' }, 'date-inside-the-first-period'],
    ['2026-03-20', { promisedDate: '2026-03-19' }, 'promises-a-past-day'],
  ])('S126 a statement of %s with %o: %s', (at, more, expected) => {
    const request = openRequest(access('2026-03-02'))
    const step = applyRequestEvent(request, extension(at, more))
    expect(step.accepted ? 'accepted' : step.refusal.reason).toBe(expected)
    expect(step.request.log).toHaveLength(1)
    if (step.accepted) return
    expect(step.request.log[0]?.refused?.reason).toBe(expected)
    // What failed is recorded, moves nothing, and spends nothing: a valid statement may still come in time.
    expect(deadlinesOf(step.request)[0]).toMatchObject({ status: 'due', due: '2026-04-01' })
    expect(reason(step.request, extension(at > '2026-04-01' ? '2026-04-01' : at))).toBe('accepted')
  })

  it('S126 shows statements that failed beside the one that counted', () => {
    let request = openRequest(access('2026-03-02'))
    request = applyRequestEvent(request, extension('2026-03-10', { written: false })).request
    request = applyRequestEvent(request, extension('2026-03-20', { promisedDate: '2026-04-15' })).request
    request = applyRequestEvent(request, extension('2026-03-21')).request
    expect(deadlinesOf(request)[0]?.extension).toEqual({
      valid: true,
      statements: ['not-written', null, 'already-extended'],
      outerLimit: '2026-05-01',
      committed: '2026-04-15',
    })
  })

  it('a refused statement of a later day does not silence a question about an earlier one', () => {
    const { request } = applyRequestEvent(
      openRequest(access('2026-03-02')),
      extension('2026-06-01', { promisedDate: '2026-06-20' }),
    )
    expect(deadlinesOf(request, { today: '2026-04-02' })[0]).toMatchObject({ status: 'late', due: '2026-04-01' })
    expect(deadlinesOf(request, { today: '2026-06-01' })[0]?.extension?.statements).toEqual(['given-after-the-first-period'])
  })

  it('a second statement that contradicts itself does not silence the deadline', () => {
    const extended = after(access('2026-03-02'), extension('2026-03-10'))
    const { request } = applyRequestEvent(extended, extension('2026-03-20', { promisedDate: '2026-03-01' }))
    expect(request.log.at(-1)?.refused?.reason).toBe('already-extended')
    expect(deadlinesOf(request, { today: '2026-05-02' })[0]).toMatchObject({ status: 'late', due: '2026-05-01' })
  })

  it('S127 S128 has 60 days, and 30 more, for amendments and accountings', () => {
    for (const kind of ['amendment', 'accounting'] as const) {
      const opening = { kind, id: 'r2', received: '2026-07-06' } as const
      expect(deadlinesOf(openRequest(opening))[0]).toMatchObject({ due: '2026-09-04' })
      const given = (at: string) => extension(at, { promisedDate: '2026-10-04' })
      expect(deadlinesOf(after(opening, given('2026-09-01')))[0]).toMatchObject({ due: '2026-10-04' })
      expect(reason(openRequest(opening), given('2026-09-05'))).toBe('given-after-the-first-period')
    }
  })

  it('counts in the zone of the covered entity, whatever the offset of the instant', () => {
    const request = openRequest(access('2026-06-01T03:50:00Z'))
    expect(request.received).toBe('2026-05-31')
    expect(deadlinesOf(request)[0]).toMatchObject({ due: '2026-06-30' })
  })

  it('has no period to extend for a request from before there was a rule', () => {
    expect(reason(openRequest(access('2001-03-02')), extension('2001-03-10', { promisedDate: '2001-04-20' }))).toBe(
      'no-period-to-extend',
    )
  })

  it('is met on the day of an answer, in time or late, and stays so', () => {
    const answered = after(access('2026-03-02'), verified('2026-03-03'), {
      type: 'fulfilled',
      at: '2026-04-02',
      done: ['informed', 'provided', 'form-and-format'],
    })
    expect(deadlinesOf(answered)[0]).toMatchObject({
      status: 'late',
      because: 'done-late',
      done: { on: '2026-04-02', daysLate: 1 },
    })
    expect(deadlinesOf(requestIn('access', 'fulfilled') as IndividualRequest)[0]).toMatchObject({ status: 'met' })
  })

  it('stops with a withdrawal in time, and not with one that comes when it is late already', () => {
    const inTime = after(access('2026-03-02'), { type: 'withdrawn', at: '2026-04-01' })
    expect(deadlinesOf(inTime, { today: '2026-06-01' })[0]).toMatchObject({ status: 'not-applicable' })
    const tooLate = after(access('2026-03-02'), { type: 'withdrawn', at: '2026-04-11' })
    expect(deadlinesOf(tooLate, { today: '2026-06-01' })[0]).toMatchObject({ status: 'late', daysLate: 10, due: '2026-04-01' })
  })
})

describe('answers', () => {
  it('S126 access and accountings are provided only to a person whose identity is verified', () => {
    for (const kind of ['access', 'accounting'] as const) {
      const request = openRequest(openingOf(kind))
      expect(reason(request, sampleOf(kind, 'fulfilled', '2026-03-04'))).toBe('identity-not-verified')
    }
    expect(reason(openRequest(openingOf('access')), sampleOf('access', 'denied', '2026-03-04'))).toBe('accepted')
  })

  it('a denial that lacks something is none, and the clock runs on', () => {
    const request = openRequest(openingOf('access'))
    const full = sampleOf('access', 'denied', '2026-03-04') as Extract<RequestEvent, { type: 'denied' }>
    expect(reason(request, { ...full, written: false })).toBe('not-written')
    expect(reason(request, { ...full, grounds: [] })).toBe('no-ground')
    expect(reason(request, { ...full, grounds: ['accurate-and-complete'] })).toBe('ground-of-another-kind')
    for (const { id, citation } of requestChecklists.access.denial) {
      const step = applyRequestEvent(request, { ...full, contains: full.contains.filter((each) => each !== id) })
      expect(step).toMatchObject({
        accepted: false,
        refusal: { reason: 'answer-incomplete', missing: [id], citations: [`45 CFR ${citation.section}`] },
      })
      expect(deadlinesOf(step.request, { today: '2026-04-02' })[0]).toMatchObject({ status: 'late' })
    }
  })

  it('review rights are stated only where a ground is open to review', () => {
    const request = openRequest(openingOf('access'))
    const full = sampleOf('access', 'denied', '2026-03-04') as Extract<RequestEvent, { type: 'denied' }>
    const without = { ...full, contains: full.contains.filter((id) => id !== 'review-rights') }
    for (const { id, reviewable } of denialGrounds.filter(({ kind }) => kind === 'access')) {
      expect(reason(request, { ...without, grounds: [id] })).toBe(reviewable ? 'answer-incomplete' : 'accepted')
    }
    expect(reason(request, { ...without, grounds: ['privacy-act', 'endangers-life'] })).toBe('answer-incomplete')
  })

  it('counts the grounds of the text: five that cannot and three that can be reviewed, four for amendments', () => {
    const of = (kind: string) => denialGrounds.filter((ground) => ground.kind === kind)
    expect(of('access').filter(({ reviewable }) => !reviewable)).toHaveLength(5)
    expect(of('access').filter(({ reviewable }) => reviewable)).toHaveLength(3)
    expect(of('amendment')).toHaveLength(4)
    expect(of('accounting')).toHaveLength(0)
    expect(of('restriction')).toHaveLength(0)
    expect(of('confidential-communication')).toHaveLength(5)
    expect(new Set(denialGrounds.map(({ id }) => id)).size).toBe(denialGrounds.length)
  })

  it('has checklists of the right length, each item with its paragraph', () => {
    const lengths = Object.entries(requestChecklists).map(([kind, lists]) => [
      kind,
      lists.extension.length,
      lists.fulfilment.length,
      lists.denial.length,
      lists.reviewNotice.length,
    ])
    expect(lengths).toEqual([
      ['access', 5, 3, 5, 1],
      ['amendment', 5, 5, 6, 0],
      ['accounting', 5, 6, 0, 0],
      ['restriction', 0, 1, 0, 0],
      ['confidential-communication', 0, 1, 0, 0],
    ])
    for (const lists of Object.values(requestChecklists)) {
      for (const { citation } of [...lists.extension, ...lists.fulfilment, ...lists.denial, ...lists.reviewNotice]) {
        expect(citation.section).toMatch(/^164\.52[2468]\(/)
      }
    }
  })

  it('every refusal has its own sentence', () => {
    const sentences = Object.values(requestRefusals).map(({ says }) => says)
    expect(new Set(sentences).size).toBe(sentences.length)
  })
})

describe('the review of a denial', () => {
  const denied = requestIn('access', 'denied') as IndividualRequest

  it('goes to a licensed professional who took no part', () => {
    const requested = applyRequestEvent(denied, { type: 'review-requested', at: '2026-03-10' }).request
    const referred = (more: object): RequestEvent => ({ type: 'review-referred', at: '2026-03-11', ...more })
    expect(reason(requested, referred({}))).toBe('reviewer-not-licensed')
    expect(reason(requested, referred({ licensed: true }))).toBe('reviewer-took-part')
    expect(reason(requested, referred({ licensed: true, tookPartInDenial: true }))).toBe('reviewer-took-part')
    expect(reason(requested, referred({ licensed: true, tookPartInDenial: false }))).toBe('accepted')
  })

  it('is not there for grounds that cannot be reviewed', () => {
    const full = sampleOf('access', 'denied', '2026-03-04') as Extract<RequestEvent, { type: 'denied' }>
    const request = after(openingOf('access'), { ...full, grounds: ['confidential-source'] })
    expect(reason(request, { type: 'review-requested', at: '2026-03-10' })).toBe('not-reviewable')
  })

  it('has three duties without a number, each met at its own time', () => {
    let request = applyRequestEvent(denied, { type: 'review-requested', at: '2026-03-10' }).request
    const statuses = () => deadlinesOf(request).map(({ duty, status }) => `${duty} ${status}`)
    expect(statuses()).toEqual([
      'access.act met',
      'access.review.refer qualitative',
      'access.review.decide qualitative',
      'access.review.notify qualitative',
    ])
    expect(deadlinesOf(request)[1]).toMatchObject({ standard: 'refer promptly' })
    expect(deadlinesOf(request)[1]?.due).toBeUndefined()
    request = applyRequestEvent(request, {
      type: 'review-referred',
      at: '2026-03-11',
      licensed: true,
      tookPartInDenial: false,
    }).request
    expect(statuses()[1]).toBe('access.review.refer met')
    request = applyRequestEvent(request, { type: 'review-overturned', at: '2026-03-20' }).request
    expect(statuses().slice(2)).toEqual([
      'access.review.decide met',
      'access.review.notify qualitative',
      'access.review.carry-out qualitative',
    ])
    expect(reason(request, { type: 'review-notified', at: '2026-03-21' })).toBe('not-written')
    request = applyRequestEvent(request, { type: 'review-notified', at: '2026-03-21', written: true }).request
    expect(request.state).toBe('to-be-provided')
    request = applyRequestEvent(request, sampleOf('access', 'fulfilled', '2026-03-22')).request
    expect(request.state).toBe('fulfilled')
    expect(statuses()).toEqual([
      'access.act met',
      'access.review.refer met',
      'access.review.decide met',
      'access.review.notify met',
      'access.review.carry-out met',
    ])
  })
})

describe('amendments', () => {
  it('S127 an amendment is added to the record, which stays as it was', () => {
    const request = openRequest(openingOf('amendment'))
    const full = sampleOf('amendment', 'fulfilled', '2026-03-04') as Extract<RequestEvent, { type: 'fulfilled' }>
    const step = applyRequestEvent(request, { ...full, done: full.done.filter((id) => id !== 'original-preserved') })
    expect(step).toMatchObject({ accepted: false, refusal: { reason: 'answer-incomplete', missing: ['original-preserved'] } })
  })

  it('S127 a denial keeps request, denial, disagreement and rebuttal with the record', () => {
    const denied = requestIn('amendment', 'denied') as IndividualRequest
    expect(linkedMaterial(denied).map(({ what }) => what)).toEqual(['request', 'denial'])
    expect(withDisclosures(denied)).toBeUndefined()
    const asked = applyRequestEvent(denied, { type: 'inclusion-requested', at: '2026-03-05' }).request
    expect(withDisclosures(asked)).toMatchObject({
      citation: '45 CFR 164.526(d)(5)(ii)',
      include: [{ what: 'request' }, { what: 'denial' }],
    })
    const disputed = applyRequestEvent(denied, {
      type: 'disagreement-filed',
      at: '2026-03-06',
      written: true,
      document: 'doc-7',
    }).request
    expect(reason(disputed, { type: 'rebuttal-prepared', at: '2026-03-07', written: true })).toBe('copy-not-given')
    const rebutted = applyRequestEvent(disputed, {
      type: 'rebuttal-prepared',
      at: '2026-03-07',
      written: true,
      copyToIndividual: true,
    }).request
    expect(linkedMaterial(rebutted)).toEqual([
      { what: 'request', at: '2026-03-02', document: 'doc-request' },
      { what: 'denial', at: '2026-03-03', document: 'doc-denied' },
      { what: 'statement-of-disagreement', at: '2026-03-06', document: 'doc-7' },
      { what: 'rebuttal', at: '2026-03-07' },
    ])
    expect(withDisclosures(rebutted)).toMatchObject({ citation: '45 CFR 164.526(d)(5)(i)', orSummary: true })
    expect(withDisclosures(rebutted)?.include).toHaveLength(4)
  })

  it('others are informed of what was granted, within a reasonable time', () => {
    const granted = requestIn('amendment', 'fulfilled') as IndividualRequest
    expect(deadlinesOf(granted)[1]).toMatchObject({ status: 'qualitative', standard: 'within a reasonable time' })
    const informed = applyRequestEvent(granted, { type: 'others-informed', at: '2026-03-20' }).request
    expect(deadlinesOf(informed)[1]).toMatchObject({ status: 'met' })
    const disputed = applyRequestEvent(requestIn('amendment', 'denied') as IndividualRequest, {
      type: 'disagreement-filed',
      at: '2026-03-06',
      written: true,
    }).request
    expect(reason(disputed, { type: 'others-informed', at: '2026-03-20' })).toBe('nothing-was-granted')
    expect(linkedMaterial(granted)).toEqual([])
    expect(withDisclosures(granted)).toBeUndefined()
  })
})

describe('accountings', () => {
  it('S128 a suspension leaves out one agency, and the accounting stays due', () => {
    const request = after(
      openingOf('accounting'),
      { type: 'suspension-stated', at: '2026-05-01', form: 'oral', agency: 'agency-1', documented: true },
      { type: 'suspension-stated', at: '2026-05-20', form: 'written', agency: 'agency-1', until: '2026-12-31' },
      { type: 'suspension-stated', at: '2026-05-21', form: 'oral', agency: 'agency-2', documented: true },
    )
    expect(suspensionsOf(request)).toMatchObject([
      { agency: 'agency-1', suspendedThrough: '2026-12-31' },
      { agency: 'agency-2', suspendedThrough: '2026-06-20' },
    ])
    expect(deadlinesOf(request)[0]).toMatchObject({ due: '2026-05-01', status: 'due' })
    const oral: RequestEvent = { type: 'suspension-stated', at: '2026-06-01', form: 'oral', agency: 'a', until: '2026-06-05' }
    expect(reason(request, oral)).toBe('suspension-contradictory')
    expect(reason(request, { ...oral, form: 'written', until: '2026-05-31' })).toBe('suspension-contradictory')
  })

  it.each([
    [null, 'accounting-is-free'],
    [undefined, 'not-known-whether-it-is-free'],
    ['2025-03-02', 'accounting-is-free'],
    ['2025-03-03', 'fee-not-announced'],
  ])('S128 the first accounting in 12 months is free: the last one was asked for %s', (previous, expected) => {
    const opening: RequestOpening = {
      kind: 'accounting',
      id: 'r3',
      received: '2026-03-02',
      ...(previous !== undefined && { previous }),
    }
    expect(reason(openRequest(opening), { type: 'fee-charged', at: '2026-03-03' })).toBe(expected)
    const told = after(opening, { type: 'fee-announced', at: '2026-03-03', mayWithdrawOrModify: true })
    expect(reason(told, { type: 'fee-charged', at: '2026-03-04' })).toBe(
      expected === 'fee-not-announced' ? 'accepted' : expected,
    )
    expect(feeOf(told)?.mayBeCharged).toBe(expected === 'fee-not-announced')
    const noChance = after(opening, { type: 'fee-announced', at: '2026-03-03' })
    expect(reason(noChance, { type: 'fee-charged', at: '2026-03-04' })).toBe(expected)
  })

  it('S128 has no ground for a denial', () => {
    expect(reason(openRequest(openingOf('accounting')), sampleOf('accounting', 'denied', '2026-03-04'))).toBe(
      'not-for-this-kind',
    )
    expect(feeOf(openRequest(openingOf('access')))).toBeUndefined()
  })
})

describe('restrictions', () => {
  const opening = (restriction: object): RequestOpening => ({
    kind: 'restriction',
    id: 'r4',
    received: '2026-03-02',
    restriction,
  })
  const selfPay = { toHealthPlan: true, forPaymentOrOperations: true, requiredByLaw: false, paidInFull: true }
  const denied: RequestEvent = { type: 'denied', at: '2026-03-04', contains: [], grounds: [] }
  const agreed: RequestEvent = { type: 'fulfilled', at: '2026-03-04', done: ['documented'] }
  const alone: RequestEvent = { type: 'restriction-ended', at: '2026-06-01', how: 'entity-informed-individual' }

  it('must be agreed to when it is about what was paid in full, and cannot be ended alone', () => {
    const request = openRequest(opening(selfPay))
    expect(reason(request, denied)).toBe('must-agree')
    expect(deadlinesOf(request)[0]).toMatchObject({ duty: 'restriction.agree', status: 'qualitative' })
    const held = after(opening(selfPay), agreed)
    expect(deadlinesOf(held)[0]).toMatchObject({ status: 'met' })
    expect(reason(held, alone)).toBe('cannot-end-alone')
    expect(reason(held, { ...alone, how: 'individual-orally' })).toBe('ending-not-documented')
    expect(reason(held, { ...alone, how: 'individual-orally', documented: true })).toBe('accepted')
    expect(reason(held, { ...alone, how: 'individual-in-writing' })).toBe('accepted')
  })

  it('any one condition that is not met makes it a matter of choice; one that is not known does not', () => {
    for (const [fact, value] of Object.entries(selfPay)) {
      const open = openRequest(opening({ ...selfPay, [fact]: !value }))
      expect(reason(open, denied), fact).toBe('accepted')
      expect(deadlinesOf(open)[0]).toMatchObject({ status: 'not-applicable' })
      expect(reason(after(opening({ ...selfPay, [fact]: !value }), agreed), alone)).toBe('accepted')
      for (const unknown of [null, undefined]) {
        const facts = { ...selfPay, [fact]: unknown }
        expect(reason(openRequest(opening(facts)), denied), fact).toBe('not-known-whether-it-must-agree')
        expect(deadlinesOf(openRequest(opening(facts)))[0]).toMatchObject({ status: 'pending-facts' })
        expect(reason(after(opening(facts), agreed), alone)).toBe('not-known-whether-it-must-agree')
      }
    }
    expect(mustAgreeTo({})).toBeUndefined()
    expect(mustAgreeTo({ paidInFull: false })).toBe(false)
  })

  it('a clarification decides what was not known', () => {
    const open = openRequest(opening({ ...selfPay, paidInFull: null }))
    const paid = applyRequestEvent(open, {
      type: 'restriction-clarified',
      at: '2026-03-03',
      restriction: { paidInFull: true },
    }).request
    expect(reason(paid, denied)).toBe('must-agree')
  })
})

describe('confidential communications', () => {
  const opening = (entity: 'provider' | 'health-plan', more: object = {}): RequestOpening => ({
    kind: 'confidential-communication',
    id: 'r5',
    received: '2026-03-02',
    entity,
    ...more,
  })
  const asked: RequestEvent = { type: 'reason-asked', at: '2026-03-03' }

  it('a provider may not ask why, and nothing of it can be recorded', async () => {
    expect(reason(openRequest(opening('provider')), asked)).toBe('may-not-ask-why')
    expect(reason(openRequest(opening('health-plan')), asked)).toBe('only-the-statement')
    const error = await refusal(() =>
      applyRequestEvent(openRequest(opening('provider')), { ...asked, reason: 'because of my husband' } as never),
    )
    expect(error.code).toBe('PHI_DEADLINES_FACTS')
    expect(JSON.stringify(error)).not.toContain('husband')
  })

  it('a reasonable request is accommodated; it may be denied only on a ground of the text', () => {
    const request = openRequest(opening('provider'))
    expect(deadlinesOf(request)[0]).toMatchObject({ status: 'qualitative', standard: 'must accommodate reasonable requests' })
    const denied = (...grounds: string[]): RequestEvent => ({ type: 'denied', at: '2026-03-04', contains: [], grounds })
    expect(reason(request, denied())).toBe('no-ground')
    expect(reason(request, denied('no-endangerment-statement'))).toBe('ground-of-another-kind')
    expect(reason(request, denied('not-reasonable'))).toBe('accepted')
    const refused = after(opening('provider'), denied('no-other-contact'))
    expect(deadlinesOf(refused)[0]).toMatchObject({ status: 'not-applicable' })
  })

  it('a plan may require the statement of endangerment', () => {
    const denied: RequestEvent = { type: 'denied', at: '2026-03-05', contains: [], grounds: ['no-endangerment-statement'] }
    expect(reason(openRequest(opening('health-plan')), denied)).toBe('accepted')
    expect(deadlinesOf(openRequest(opening('health-plan')))[0]).toMatchObject({ status: 'pending-facts' })
    const stated = after(opening('health-plan'), { type: 'endangerment-stated', at: '2026-03-04' })
    expect(reason(stated, denied)).toBe('ground-contradicted')
    expect(reason(openRequest(opening('health-plan', { endangermentStated: true })), denied)).toBe('ground-contradicted')
    expect(deadlinesOf(stated)[0]).toMatchObject({ status: 'qualitative' })
  })
})

describe('documentation', () => {
  it('S96 is kept six years from the last entry; while the request is open there is no date', () => {
    expect(documentationOf(requestIn('access', 'received') as IndividualRequest)).toMatchObject({ status: 'pending-facts' })
    expect(documentationOf(requestIn('access', 'fulfilled') as IndividualRequest)).toMatchObject({
      due: '2032-03-03',
      status: 'due',
    })
    expect(documentationOf(requestIn('access', 'review-requested') as IndividualRequest).due).toBeUndefined()
    expect(documentationOf(requestIn('restriction', 'fulfilled') as IndividualRequest).due).toBeUndefined()
    expect(documentationOf(requestIn('restriction', 'ended') as IndividualRequest)).toMatchObject({ due: '2032-03-03' })
  })

  it('S96 rounds 29 February to 1 March', () => {
    const opening: RequestOpening = { kind: 'amendment', id: 'r6', received: '2028-02-28' }
    const request = after(opening, { type: 'withdrawn', at: '2028-02-29' })
    expect(documentationOf(request)).toMatchObject({ due: '2034-03-01' })
  })
})
