import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openingOf, sampleOf } from '../../test/request-samples.ts'
import { denialIds, fulfilmentIds } from './checklists.ts'
import { deadlinesOf } from './deadlines-of.ts'
import { type RequestEvent, type RequestOpening, requestEventTypes } from './events.ts'
import { denialGrounds, groundIds } from './grounds.ts'
import { requestKinds } from './kinds.ts'
import { applyRequestEvent, nextEvents, openRequest, replayRequest } from './request.ts'

// A plain second reading of the text, with mutable fields, in day numbers, without tables: held against the machine on random walks.

const DAY = 86_400_000
const dayOf = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY
const dateOf = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10)

type Answer = 'none' | 'granted' | 'partly' | 'denied'

class Twin {
  readonly opening: RequestOpening
  readonly received: number
  readonly base: number
  last: number
  verified = false
  due: number
  extended = false
  answer: Answer = 'none'
  answeredOn: number | undefined
  grounds: readonly string[] = []
  review: 'none' | 'asked' | 'referred' | 'upheld' | 'overturned' | 'told-no' | 'told-yes' | 'provided' = 'none'
  dispute: 'none' | 'filed' | 'rebutted' = 'none'
  withdrawnOn: number | undefined
  over = false
  feeTold: boolean | undefined
  endangered: boolean
  paid: boolean | null | undefined

  constructor(opening: RequestOpening) {
    this.opening = opening
    this.received = dayOf(opening.received)
    this.last = this.received
    this.base = this.received + (opening.kind === 'access' ? 30 : 60)
    this.due = this.base
    this.endangered = opening.kind === 'confidential-communication' && opening.endangermentStated === true
    this.paid = opening.kind === 'restriction' ? opening.restriction?.paidInFull : undefined
  }

  get open(): boolean {
    return this.answer === 'none' && this.withdrawnOn === undefined
  }

  get state(): string {
    if (this.withdrawnOn !== undefined) return 'withdrawn'
    if (this.over) return 'ended'
    if (this.answer === 'none') {
      if (this.extended) return this.verified ? 'verified-and-extended' : 'extended'
      return this.verified ? 'verified' : 'received'
    }
    if (this.dispute === 'rebutted') return 'rebutted'
    if (this.dispute === 'filed') return 'disputed'
    switch (this.review) {
      case 'asked':
        return 'review-requested'
      case 'referred':
        return 'review-referred'
      case 'upheld':
        return 'review-upheld'
      case 'overturned':
        return 'review-overturned'
      case 'told-no':
        return 'denied-after-review'
      case 'told-yes':
        return 'to-be-provided'
      case 'provided':
        return 'fulfilled'
    }
    return { granted: 'fulfilled', partly: 'granted-in-part', denied: 'denied' }[this.answer]
  }

  /** The reason of a refusal, or `undefined` when the event was taken. */
  take(event: RequestEvent, today: number | undefined): string | undefined {
    const at = dayOf(event.at)
    if (at < this.received) return 'before-the-beginning'
    if (today !== undefined && at > today) return 'in-the-future'
    if (at < this.last) return 'out-of-order'
    const reason = this.#take(event, at)
    if (reason === undefined) this.last = at
    return reason
  }

  #take(event: RequestEvent, at: number): string | undefined {
    const { kind } = this.opening
    const elsewhere = 'not-for-this-kind'
    const now = 'not-in-this-state'
    const timed = kind === 'access' || kind === 'amendment' || kind === 'accounting'
    switch (event.type) {
      case 'identity-verified':
        if (this.open ? this.verified : this.review !== 'told-yes') return now
        this.verified = true
        return undefined
      case 'extension-stated': {
        if (!timed) return elsewhere
        if (!this.open) return now
        if (this.extended) return 'already-extended'
        const promised = event.promisedDate == null ? undefined : dayOf(event.promisedDate)
        if (promised !== undefined && promised < at) return 'promises-a-past-day'
        if (at > this.base) return 'given-after-the-first-period'
        if (event.written !== true) return 'not-written'
        if (event.reasons !== true) return 'no-reasons'
        if (promised === undefined) return 'no-date'
        if (promised > this.base + 30) return 'date-beyond-the-limit'
        if (promised <= this.base) return 'date-inside-the-first-period'
        this.extended = true
        this.due = promised
        return undefined
      }
      case 'fulfilled':
      case 'granted-in-part': {
        const part = event.type === 'granted-in-part'
        if (part && kind !== 'access' && kind !== 'amendment') return elsewhere
        if (!this.open && (part || this.review !== 'told-yes')) return now
        const reason = this.#provide(event.done) ?? (part ? this.#deny(event) : undefined)
        if (reason !== undefined) return reason
        if (this.review === 'told-yes') this.review = 'provided'
        else this.#answered(part ? 'partly' : 'granted', at)
        if (part) this.grounds = event.grounds
        return undefined
      }
      case 'denied': {
        if (kind === 'accounting') return elsewhere
        if (!this.open) return now
        const reason = this.#deny(event)
        if (reason !== undefined) return reason
        this.#answered('denied', at)
        this.grounds = event.grounds
        return undefined
      }
      case 'withdrawn':
        if (!this.open) return now
        this.withdrawnOn = at
        return undefined
      case 'reason-asked':
        if (this.opening.kind !== 'confidential-communication') return elsewhere
        return this.opening.entity === 'provider' ? 'may-not-ask-why' : 'only-the-statement'
      case 'review-requested':
      case 'review-referred':
      case 'review-upheld':
      case 'review-overturned':
      case 'review-notified':
        return kind === 'access' ? this.#review(event) : elsewhere
      case 'disagreement-filed':
      case 'rebuttal-prepared':
      case 'inclusion-requested':
      case 'others-informed':
        return kind === 'amendment' ? this.#amend(event) : elsewhere
      case 'suspension-stated':
        if (kind !== 'accounting') return elsewhere
        if (!this.open) return now
        if (event.until == null) return undefined
        return event.form === 'oral' || dayOf(event.until) < at ? 'suspension-contradictory' : undefined
      case 'fee-announced':
        if (kind !== 'accounting') return elsewhere
        if (!this.open) return now
        this.feeTold = event.mayWithdrawOrModify === true
        return undefined
      case 'fee-charged':
        if (kind !== 'accounting') return elsewhere
        if (!this.open) return now
        // The samples' last free accounting was asked for half a year before.
        return this.feeTold === true ? undefined : 'fee-not-announced'
      case 'restriction-clarified':
        if (kind !== 'restriction') return elsewhere
        if (!this.open && this.state !== 'fulfilled') return now
        if (event.restriction.paidInFull !== undefined) this.paid = event.restriction.paidInFull
        return undefined
      case 'restriction-ended':
        if (kind !== 'restriction') return elsewhere
        if (this.state !== 'fulfilled') return now
        if (event.how === 'individual-orally' && event.documented !== true) return 'ending-not-documented'
        if (event.how === 'entity-informed-individual' && this.paid !== false) {
          return this.paid ? 'cannot-end-alone' : 'not-known-whether-it-must-agree'
        }
        this.over = true
        return undefined
      case 'endangerment-stated':
        if (kind !== 'confidential-communication') return elsewhere
        if (!this.open) return now
        this.endangered = true
        return undefined
      case 'accommodation-ended':
        if (kind !== 'confidential-communication') return elsewhere
        if (this.state !== 'fulfilled') return now
        this.over = true
        return undefined
    }
  }

  #answered(answer: Answer, at: number): void {
    this.answer = answer
    this.answeredOn = at
  }

  #provide(done: readonly string[]): string | undefined {
    const { kind } = this.opening
    if ((kind === 'access' || kind === 'accounting') && !this.verified) return 'identity-not-verified'
    const needed = {
      access: ['informed', 'provided', 'form-and-format'],
      amendment: ['records-identified', 'amendment-linked', 'original-preserved', 'informed', 'agreement-sought'],
      accounting: ['written', 'period', 'dates', 'recipients', 'descriptions', 'purposes'],
      restriction: ['documented'],
      'confidential-communication': ['alternative-set'],
    }[kind]
    return needed.every((each) => done.includes(each)) ? undefined : 'answer-incomplete'
  }

  #deny(event: {
    grounds: readonly string[]
    written?: boolean | null | undefined
    contains: readonly string[]
  }): string | undefined {
    const { opening } = this
    const { grounds, contains } = event
    if (opening.kind === 'restriction') {
      if (this.paid !== false) return this.paid ? 'must-agree' : 'not-known-whether-it-must-agree'
      return grounds.length > 0 ? 'ground-of-another-kind' : undefined
    }
    if (grounds.length === 0) return 'no-ground'
    if (denialGrounds.some(({ id, kind }) => grounds.includes(id) && kind !== opening.kind)) return 'ground-of-another-kind'
    if (opening.kind === 'confidential-communication') {
      if (!grounds.includes('no-endangerment-statement')) return undefined
      if (opening.entity === 'provider') return 'ground-of-another-kind'
      return this.endangered ? 'ground-contradicted' : undefined
    }
    if (event.written !== true) return 'not-written'
    const common = ['plain-language', 'basis', 'complaint', 'contact']
    const own =
      opening.kind === 'amendment' ? ['disagreement', 'inclusion'] : this.#reviewable(grounds) ? ['review-rights'] : []
    return [...common, ...own].every((each) => contains.includes(each)) ? undefined : 'answer-incomplete'
  }

  #reviewable(grounds: readonly string[]): boolean {
    return ['endangers-life', 'harms-person-mentioned', 'harms-through-representative'].some((each) => grounds.includes(each))
  }

  #review(event: RequestEvent): string | undefined {
    const now = 'not-in-this-state'
    if (event.type === 'review-requested') {
      if (this.review !== 'none' || (this.answer !== 'denied' && this.answer !== 'partly')) return now
      if (!this.#reviewable(this.grounds)) return 'not-reviewable'
      this.review = 'asked'
    } else if (event.type === 'review-referred') {
      if (this.review !== 'asked') return now
      if (event.licensed !== true) return 'reviewer-not-licensed'
      if (event.tookPartInDenial !== false) return 'reviewer-took-part'
      this.review = 'referred'
    } else if (event.type === 'review-notified') {
      if (this.review !== 'upheld' && this.review !== 'overturned') return now
      if (event.written !== true) return 'not-written'
      this.review = this.review === 'upheld' ? 'told-no' : 'told-yes'
    } else {
      if (this.review !== 'referred') return now
      this.review = event.type === 'review-upheld' ? 'upheld' : 'overturned'
    }
    return undefined
  }

  #amend(event: RequestEvent): string | undefined {
    const now = 'not-in-this-state'
    const negative = this.answer === 'denied' || this.answer === 'partly'
    if (event.type === 'disagreement-filed') {
      if (!negative || this.dispute !== 'none') return now
      if (event.written !== true) return 'not-written'
      this.dispute = 'filed'
    } else if (event.type === 'rebuttal-prepared') {
      if (this.dispute !== 'filed') return now
      if (event.written !== true) return 'not-written'
      if (event.copyToIndividual !== true) return 'copy-not-given'
      this.dispute = 'rebutted'
    } else if (event.type === 'inclusion-requested') {
      if (!negative || this.dispute !== 'none') return now
    } else {
      const plainlyDenied = this.answer === 'denied' && this.dispute === 'none'
      if (this.answer === 'none' || plainlyDenied) return now
      if (this.answer === 'denied') return 'nothing-was-granted'
    }
    return undefined
  }

  /** The status of a duty of which the text has no number. */
  words(): string {
    const { opening } = this
    if (this.withdrawnOn !== undefined) return 'not-applicable'
    if (opening.kind === 'restriction') {
      if (this.paid === false) return 'not-applicable'
      if (this.paid !== true) return this.answer === 'granted' ? 'met' : 'pending-facts'
    } else if (this.answer === 'denied') {
      return 'not-applicable'
    } else if (opening.kind === 'confidential-communication' && opening.entity === 'health-plan' && !this.endangered) {
      return 'not-applicable'
    }
    return this.answer === 'granted' ? 'met' : 'qualitative'
  }

  /** The status of the duty to answer on a day. */
  status(today: number): string {
    const { kind } = this.opening
    if (kind === 'restriction' || kind === 'confidential-communication') return 'without a number'
    if (this.withdrawnOn !== undefined) return this.withdrawnOn <= this.due ? 'not-applicable' : 'late'
    if (this.answeredOn !== undefined) return this.answeredOn <= this.due ? 'met' : 'late'
    return today > this.due ? 'late' : 'due'
  }
}

const flag = fc.constantFrom(true, true, true, false, null, undefined)
const part = (ids: readonly string[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant([...ids]) }, { weight: 1, arbitrary: fc.subarray([...ids]) })

const openings: fc.Arbitrary<RequestOpening> = fc.constantFrom(...requestKinds).chain((kind) => {
  const opening = openingOf(kind)
  if (opening.kind === 'restriction') {
    return fc
      .constantFrom(true, false, null, undefined)
      .map((paidInFull): RequestOpening => ({ ...opening, restriction: { ...opening.restriction, paidInFull } }))
  }
  if (opening.kind === 'confidential-communication') {
    return fc
      .record({ entity: fc.constantFrom('provider' as const, 'health-plan' as const), endangermentStated: fc.boolean() })
      .map((more): RequestOpening => ({ ...opening, ...more }))
  }
  return fc.constant(opening)
})

interface Try {
  readonly pick: number
  readonly follow: boolean
  readonly step: number
  readonly back: number
  readonly spoiled: Readonly<Record<string, unknown>> | undefined
  readonly today: number | undefined
}

const tries: fc.Arbitrary<readonly Try[]> = fc.array(
  fc.record({
    pick: fc.nat(1000),
    // Most events are taken from those that may come next, so that walks go deep.
    follow: fc.integer({ min: 0, max: 4 }).map((each) => each > 0),
    step: fc.oneof({ weight: 4, arbitrary: fc.nat(12) }, { weight: 1, arbitrary: fc.integer({ min: -40, max: 70 }) }),
    back: fc.nat(3),
    spoiled: fc.option(
      fc.record({
        written: flag,
        reasons: flag,
        promisedDate: fc.oneof(
          fc.constant(null),
          fc.integer({ min: -5, max: 130 }).map((each) => dateOf(dayOf('2026-03-02') + each)),
        ),
        done: part(fulfilmentIds),
        contains: part(denialIds),
        grounds: fc.oneof(fc.constant([] as string[]), fc.subarray([...groundIds], { maxLength: 2 })),
        licensed: flag,
        tookPartInDenial: flag,
        copyToIndividual: flag,
        mayWithdrawOrModify: flag,
        documented: flag,
        form: fc.constantFrom('oral', 'written'),
        until: fc.constantFrom(null, '2026-03-10', '2026-12-31'),
        how: fc.constantFrom('individual-in-writing', 'individual-orally', 'entity-informed-individual'),
        restriction: fc.constantFrom({}, { paidInFull: true }, { paidInFull: false }, { paidInFull: null }),
      }),
      { freq: 2 },
    ),
    today: fc.option(fc.integer({ min: -2, max: 20 }), { nil: undefined }),
  }),
  { maxLength: 30 },
)

/** The sample of an event with some of its parts spoiled: only parts that it has. */
function spoil(event: RequestEvent, spoiled: Try['spoiled']): RequestEvent {
  if (!spoiled) return event
  const fields: Readonly<Record<string, readonly string[]>> = {
    'extension-stated': ['written', 'reasons', 'promisedDate'],
    fulfilled: ['done'],
    'granted-in-part': ['done', 'written', 'contains', 'grounds'],
    denied: ['written', 'contains', 'grounds'],
    'review-referred': ['licensed', 'tookPartInDenial'],
    'review-notified': ['written'],
    'disagreement-filed': ['written'],
    'rebuttal-prepared': ['written', 'copyToIndividual'],
    'suspension-stated': ['form', 'until', 'documented'],
    'fee-announced': ['mayWithdrawOrModify'],
    'restriction-clarified': ['restriction'],
    'restriction-ended': ['how', 'documented'],
  }
  const own = (fields[event.type] ?? []).map((name) => [name, spoiled[name]])
  return { ...event, ...Object.fromEntries(own) } as RequestEvent
}

describe('random walks', () => {
  it('S126 S127 S128 the machine and a plain twin agree on every step, state and date; a refused event loses nothing', () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(openings, tries, (opening, list) => {
        let request = openRequest(opening)
        const twin = new Twin(opening)
        for (const each of list) {
          const next = nextEvents(request)
          const pool = each.follow && next.length > 0 ? next : requestEventTypes
          // Answers and withdrawals end a walk, so extensions are tried more often than chance would.
          const type = each.back === 0 ? 'extension-stated' : (pool[each.pick % pool.length] as (typeof pool)[number])
          const at = twin.last + each.step
          const event = spoil(sampleOf(opening.kind, type, dateOf(at)), each.spoiled)
          const today = each.today === undefined ? undefined : at + each.today
          const before = JSON.stringify(request)
          const step = applyRequestEvent(request, event, today === undefined ? undefined : { today: dateOf(today) })
          const expected = twin.take(event, today)
          expect(step.accepted ? undefined : step.refusal.reason, `${opening.kind} ${type}`).toBe(expected)
          expect(JSON.stringify(request)).toBe(before)
          const outcome = expected ?? 'accepted'
          seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
          if (!step.accepted) {
            // Nothing but the log is another one, and the log has one more line.
            const { log, ...rest } = step.request
            const { log: was, ...same } = request
            expect(rest).toEqual(same)
            expect(log.slice(0, -1)).toEqual(was)
            expect(log).toHaveLength(was.length + 1)
          }
          request = step.request
          expect(request.state).toBe(twin.state)
          const asked = twin.last + 25
          const [deadline] = deadlinesOf(request, { today: dateOf(asked) })
          const wanted = twin.status(asked)
          if (wanted !== 'without a number') {
            expect(deadline?.status).toBe(wanted)
            if (wanted !== 'not-applicable') expect(deadline?.due).toBe(dateOf(twin.due))
          } else {
            expect(deadline?.status).toBe(twin.words())
          }
        }
        const replayed = replayRequest(JSON.parse(JSON.stringify(opening)), JSON.parse(JSON.stringify(request.log)))
        expect(replayed).toEqual(request)
        expect(deadlinesOf(replayed)).toEqual(deadlinesOf(request))
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 20_000 : 120 },
    )
    // The walks are worth something only where they reach what they are about.
    for (const reason of ['accepted', 'already-extended', 'out-of-order', 'not-written', 'identity-not-verified']) {
      expect(seen.get(reason) ?? 0, reason).toBeGreaterThan(3)
    }
  }, 600_000)
})
