/** What an individual can ask of a covered entity: 45 CFR 164.522 to 164.528. */
export const requestKinds = ['access', 'amendment', 'accounting', 'restriction', 'confidential-communication'] as const
export type RequestKind = (typeof requestKinds)[number]

/**
 * - `received`, `verified`, `extended`, `verified-and-extended`: open; the clock runs from receipt in all four
 * - `fulfilled`, `granted-in-part`, `denied`: answered
 * - `review-requested` to `to-be-provided`: the review of a denial of access, 164.524(a)(4) and (d)(4)
 * - `disputed`, `rebutted`: a denied amendment with a statement of disagreement, 164.526(d)(2) and (3)
 * - `ended`: a restriction, or an accommodation, that was agreed to and is over, 164.522(a)(2)
 * - `withdrawn`: by the individual
 */
export const requestStates = [
  'received',
  'verified',
  'extended',
  'verified-and-extended',
  'fulfilled',
  'granted-in-part',
  'denied',
  'review-requested',
  'review-referred',
  'review-upheld',
  'review-overturned',
  'denied-after-review',
  'to-be-provided',
  'disputed',
  'rebutted',
  'ended',
  'withdrawn',
] as const
export type RequestState = (typeof requestStates)[number]

export const openStates = [
  'received',
  'verified',
  'extended',
  'verified-and-extended',
] as const satisfies readonly RequestState[]

export const isOpen = (state: RequestState): boolean => (openStates as readonly RequestState[]).includes(state)
