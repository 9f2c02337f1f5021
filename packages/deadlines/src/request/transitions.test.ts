import { describe, expect, it } from 'vitest'
import { requestIn, sampleOf } from '../../test/request-samples.ts'
import { deadlinesOf } from './deadlines-of.ts'
import { type RequestEventType, requestEventTypes } from './events.ts'
import { isOpen, type RequestKind, type RequestState, requestKinds, requestStates } from './kinds.ts'
import { applyRequestEvent, nextEvents } from './request.ts'
import { requestTransitions, transitionOf } from './transitions.ts'

/** The states that a kind can come to, written out by hand. */
const states: Readonly<Record<RequestKind, readonly RequestState[]>> = {
  access: [
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
    'withdrawn',
  ],
  amendment: [
    'received',
    'verified',
    'extended',
    'verified-and-extended',
    'fulfilled',
    'granted-in-part',
    'denied',
    'disputed',
    'rebutted',
    'withdrawn',
  ],
  accounting: ['received', 'verified', 'extended', 'verified-and-extended', 'fulfilled', 'withdrawn'],
  restriction: ['received', 'verified', 'fulfilled', 'denied', 'ended', 'withdrawn'],
  'confidential-communication': ['received', 'verified', 'fulfilled', 'denied', 'ended', 'withdrawn'],
}

/** What a valid event of the table may still lack in the history, and so be refused with this reason. */
function lacking(kind: RequestKind, state: RequestState, type: RequestEventType): string | undefined {
  const verified = state !== 'received' && state !== 'extended'
  if ((type === 'fulfilled' || type === 'granted-in-part') && (kind === 'access' || kind === 'accounting') && !verified) {
    return 'identity-not-verified'
  }
  return type === 'fee-charged' ? 'fee-not-announced' : undefined
}

describe('the table of transitions', () => {
  it('S126 S127 S128 every kind, state and event: what the table allows leads on, the rest is refused with a reason', () => {
    let walked = 0
    let accepted = 0
    for (const kind of requestKinds) {
      for (const state of requestStates) {
        const request = requestIn(kind, state)
        expect(request !== undefined, `${kind} ${state}`).toBe(states[kind].includes(state))
        if (!request) continue
        for (const type of requestEventTypes) {
          walked++
          const step = applyRequestEvent(request, sampleOf(kind, type, '2026-03-04'))
          const row = transitionOf(kind, state, type)
          const name = `${kind} ${state} ${type}`
          if (row && lacking(kind, state, type) === undefined) {
            accepted++
            expect(step.accepted, name).toBe(true)
            expect(step.request.state, name).toBe(row.to === 'same' ? state : row.to)
            continue
          }
          expect(step.accepted, name).toBe(false)
          if (step.accepted) continue
          expect(step.request.state, name).toBe(state)
          if (row) expect(step.refusal.reason, name).toBe(lacking(kind, state, type))
          else if (type === 'reason-asked' && kind === 'confidential-communication') {
            expect(step.refusal.reason).toBe('only-the-statement')
          } else if (type === 'extension-stated' && state.endsWith('extended')) {
            expect(step.refusal.reason, name).toBe('already-extended')
          } else expect(['not-in-this-state', 'not-for-this-kind'], name).toContain(step.refusal.reason)
        }
      }
    }
    const pairs = Object.values(states).reduce((sum, list) => sum + list.length, 0) * requestEventTypes.length
    expect(walked).toBe(pairs)
    // The rows of the table, less those that the history still lacks something for.
    const rows = requestKinds.flatMap((kind) =>
      states[kind].flatMap((state) => requestEventTypes.filter((type) => transitionOf(kind, state, type))),
    ).length
    const held = requestKinds.flatMap((kind) =>
      states[kind].flatMap((state) =>
        requestEventTypes.filter((type) => transitionOf(kind, state, type) && lacking(kind, state, type)),
      ),
    ).length
    expect(accepted).toBe(rows - held)
    expect(held).toBe(4 + 2 + 4)
  })

  it('every row can be reached by its kind, and no two rows answer the same question', () => {
    for (const row of requestTransitions) {
      for (const kind of row.kinds) {
        for (const from of row.from) {
          const restrictive = kind === 'restriction' || kind === 'confidential-communication'
          const never = restrictive && (from === 'extended' || from === 'verified-and-extended')
          expect(states[kind].includes(from) || never, `${kind} ${from} ${row.event}`).toBe(true)
          const same = requestTransitions.filter(
            (other) => other.event === row.event && other.kinds.includes(kind) && other.from.includes(from),
          )
          expect(same, `${kind} ${from} ${row.event}`).toEqual([row])
        }
      }
    }
  })

  it('names what may come next, and nothing after the end', () => {
    const access = requestIn('access', 'denied')
    expect(access && nextEvents(access)).toEqual(['review-requested'])
    for (const [kind, state] of [
      ['access', 'withdrawn'],
      ['access', 'fulfilled'],
      ['accounting', 'fulfilled'],
      ['restriction', 'ended'],
    ] as const) {
      const request = requestIn(kind, state)
      expect(request && nextEvents(request)).toEqual([])
    }
  })

  it('S126 the clock of every open state runs from receipt: no event of the table moves it but an extension', () => {
    const base = { access: '2026-04-01', amendment: '2026-05-01', accounting: '2026-05-01' } as const
    for (const kind of ['access', 'amendment', 'accounting'] as const) {
      for (const state of states[kind].filter(isOpen)) {
        const request = requestIn(kind, state)
        if (!request) throw new Error('unreachable')
        const extended = kind === 'access' ? '2026-04-30' : '2026-05-30'
        const [deadline] = deadlinesOf(request)
        expect(deadline).toMatchObject({
          status: 'due',
          due: state.endsWith('extended') ? extended : base[kind],
          base: base[kind],
        })
      }
    }
  })
})
