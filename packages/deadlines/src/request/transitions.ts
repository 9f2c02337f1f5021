import type { RequestEventType } from './events.ts'
import { openStates, type RequestKind, type RequestState, requestKinds } from './kinds.ts'

/** One line of the table: in these states of these kinds, the event may come, and leads on. */
export interface RequestTransition {
  readonly kinds: readonly RequestKind[]
  readonly from: readonly RequestState[]
  readonly event: RequestEventType
  /** `same`: the event is recorded and the state stays. */
  readonly to: RequestState | 'same'
}

const timed = ['access', 'amendment', 'accounting'] as const
const row = (
  kinds: readonly RequestKind[],
  from: readonly RequestState[],
  event: RequestEventType,
  to: RequestState | 'same',
): RequestTransition => Object.freeze({ kinds, from, event, to })

/**
 * Which event may follow in which state. What is not here is refused; what is here may still be refused for what the event itself
 * says (an extension given late, a denial without a ground). In no open state does anything stop the clock.
 */
export const requestTransitions: readonly RequestTransition[] = Object.freeze([
  row(requestKinds, ['received'], 'identity-verified', 'verified'),
  row(requestKinds, ['extended'], 'identity-verified', 'verified-and-extended'),
  row(timed, ['received'], 'extension-stated', 'extended'),
  row(timed, ['verified'], 'extension-stated', 'verified-and-extended'),
  row(requestKinds, openStates, 'fulfilled', 'fulfilled'),
  row(['access', 'amendment'], openStates, 'granted-in-part', 'granted-in-part'),
  row(['access', 'amendment', 'restriction', 'confidential-communication'], openStates, 'denied', 'denied'),
  row(requestKinds, openStates, 'withdrawn', 'withdrawn'),
  // 164.524(a)(4), (d)(4)
  row(['access'], ['denied', 'granted-in-part'], 'review-requested', 'review-requested'),
  row(['access'], ['review-requested'], 'review-referred', 'review-referred'),
  row(['access'], ['review-referred'], 'review-upheld', 'review-upheld'),
  row(['access'], ['review-referred'], 'review-overturned', 'review-overturned'),
  row(['access'], ['review-upheld'], 'review-notified', 'denied-after-review'),
  row(['access'], ['review-overturned'], 'review-notified', 'to-be-provided'),
  row(['access'], ['to-be-provided'], 'identity-verified', 'same'),
  row(['access'], ['to-be-provided'], 'fulfilled', 'fulfilled'),
  // 164.526(c)(3), (d)(1)(iii), (d)(2), (d)(3)
  row(['amendment'], ['denied', 'granted-in-part'], 'disagreement-filed', 'disputed'),
  row(['amendment'], ['disputed'], 'rebuttal-prepared', 'rebutted'),
  row(['amendment'], ['denied', 'granted-in-part'], 'inclusion-requested', 'same'),
  row(['amendment'], ['fulfilled', 'granted-in-part', 'disputed', 'rebutted'], 'others-informed', 'same'),
  // 164.528(a)(2), (c)(2)
  row(['accounting'], openStates, 'suspension-stated', 'same'),
  row(['accounting'], openStates, 'fee-announced', 'same'),
  row(['accounting'], openStates, 'fee-charged', 'same'),
  // 164.522(a)
  row(['restriction'], openStates, 'restriction-clarified', 'same'),
  row(['restriction'], ['fulfilled'], 'restriction-clarified', 'same'),
  row(['restriction'], ['fulfilled'], 'restriction-ended', 'ended'),
  // 164.522(b). `reason-asked` stands nowhere: it is always refused.
  row(['confidential-communication'], openStates, 'endangerment-stated', 'same'),
  row(['confidential-communication'], ['fulfilled'], 'accommodation-ended', 'ended'),
])

export const transitionOf = (kind: RequestKind, state: RequestState, event: RequestEventType): RequestTransition | undefined =>
  requestTransitions.find((each) => each.event === event && each.kinds.includes(kind) && each.from.includes(state))

/** Whether the event has a place in this kind of request at all. */
export const belongsTo = (kind: RequestKind, event: RequestEventType): boolean =>
  requestTransitions.some((each) => each.event === event && each.kinds.includes(kind))
