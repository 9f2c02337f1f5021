// Only for the tests: one valid event of each type, and a way into each state.
import { checklistOf } from '../src/request/checklists.ts'
import type { RequestEvent, RequestEventType, RequestOpening } from '../src/request/events.ts'
import type { RequestKind, RequestState } from '../src/request/kinds.ts'
import type { IndividualRequest } from '../src/request/record.ts'
import { applyRequestEvent, openRequest } from '../src/request/request.ts'

const received = '2026-03-02'

export function openingOf(kind: RequestKind): RequestOpening {
  const base = { id: `request-${kind}`, received, timeZone: 'America/New_York', document: 'doc-request' }
  switch (kind) {
    case 'access':
    case 'amendment':
      return { ...base, kind }
    case 'accounting':
      return { ...base, kind, previous: '2025-09-01' }
    case 'restriction':
      return {
        ...base,
        kind,
        restriction: { toHealthPlan: true, forPaymentOrOperations: true, requiredByLaw: false, paidInFull: false },
      }
    case 'confidential-communication':
      return { ...base, kind, entity: 'health-plan' }
  }
}

const ground: Readonly<Record<RequestKind, readonly string[]>> = {
  access: ['endangers-life'],
  amendment: ['accurate-and-complete'],
  accounting: ['accurate-and-complete'],
  restriction: [],
  'confidential-communication': ['not-reasonable'],
}

/** A valid event of a type, for a kind of request, on a day. Where the kind has no such event, any of its form. */
export function sampleOf(kind: RequestKind, type: RequestEventType, at: string): RequestEvent {
  const lists = checklistOf(kind)
  const done = lists.fulfilment.map(({ id }) => id)
  const denial = { written: true, contains: lists.denial.map(({ id }) => id), grounds: [...ground[kind]] }
  const base = { at, by: 'privacy-office', document: `doc-${type}` }
  switch (type) {
    case 'extension-stated': {
      const promisedDate = kind === 'access' ? '2026-04-30' : '2026-05-30'
      return { ...base, type, written: true, reasons: true, promisedDate }
    }
    case 'fulfilled':
      return { ...base, type, done }
    case 'granted-in-part':
      return { ...base, type, done, ...denial }
    case 'denied':
      return { ...base, type, ...denial }
    case 'review-referred':
      return { ...base, type, licensed: true, tookPartInDenial: false }
    case 'review-notified':
    case 'disagreement-filed':
      return { ...base, type, written: true }
    case 'rebuttal-prepared':
      return { ...base, type, written: true, copyToIndividual: true }
    case 'suspension-stated':
      return { ...base, type, form: 'written', agency: 'agency-1', until: '2026-12-31' }
    case 'fee-announced':
      return { ...base, type, mayWithdrawOrModify: true }
    case 'restriction-clarified':
      return { ...base, type, restriction: { paidInFull: false } }
    case 'restriction-ended':
      return { ...base, type, how: 'individual-in-writing' }
    default:
      return { ...base, type }
  }
}

const ways: Readonly<Record<RequestState, readonly RequestEventType[]>> = {
  received: [],
  verified: ['identity-verified'],
  extended: ['extension-stated'],
  'verified-and-extended': ['extension-stated', 'identity-verified'],
  fulfilled: ['identity-verified', 'fulfilled'],
  'granted-in-part': ['identity-verified', 'granted-in-part'],
  denied: ['identity-verified', 'denied'],
  'review-requested': ['denied', 'review-requested'],
  'review-referred': ['denied', 'review-requested', 'review-referred'],
  'review-upheld': ['denied', 'review-requested', 'review-referred', 'review-upheld'],
  'review-overturned': ['denied', 'review-requested', 'review-referred', 'review-overturned'],
  'denied-after-review': ['denied', 'review-requested', 'review-referred', 'review-upheld', 'review-notified'],
  'to-be-provided': [
    'denied',
    'review-requested',
    'review-referred',
    'review-overturned',
    'review-notified',
    'identity-verified',
  ],
  disputed: ['granted-in-part', 'disagreement-filed'],
  rebutted: ['granted-in-part', 'disagreement-filed', 'rebuttal-prepared'],
  ended: ['fulfilled', 'restriction-ended', 'accommodation-ended'],
  withdrawn: ['withdrawn'],
}

/** A request of a kind in a state, or `undefined` when that kind never comes there. */
export function requestIn(kind: RequestKind, state: RequestState): IndividualRequest | undefined {
  let request = openRequest(openingOf(kind))
  for (const type of ways[state]) request = applyRequestEvent(request, sampleOf(kind, type, '2026-03-03')).request
  return request.state === state ? request : undefined
}
