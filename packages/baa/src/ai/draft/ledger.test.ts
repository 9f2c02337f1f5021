import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import {
  applyDraftEvent,
  type Draft,
  type DraftEvent,
  type DraftEventType,
  type DraftLedger,
  type DraftPolicy,
  type DraftState,
  draftRefusals,
  draftStates,
  draftTransitions,
  emptyLedger,
  isAcceptedText,
  replayDrafts,
  textHash,
} from '../index.ts'

const key = new Uint8Array(32).fill(3)
const hash = (text: string) => textHash(key, text)
const policy: DraftPolicy = { reviewers: ['clinician'] }
const service = { id: 'scribe', type: 'service' } as const
const clinician = { id: 'u-1', type: 'workforce', roles: ['clinician'] } as const
const clerk = { id: 'u-2', type: 'workforce', roles: ['front-desk'] } as const
const patient = { id: 'p-1', type: 'patient' } as const

let count = 0
const at = (minute: number) => `2026-11-22T10:${String(minute).padStart(2, '0')}:00.000Z`
type Loose = Partial<Record<string, unknown>> & { type: DraftEventType }
const event = (each: Loose): DraftEvent =>
  ({ id: `e-${count++}`, draft: 'd-1', at: at(0), actor: clinician, ...each }) as unknown as DraftEvent

const [A, B, C] = [hash('draft as generated'), hash('draft as reviewed'), hash('another text')]
const requested = (more: Partial<Record<string, unknown>> = {}) =>
  event({ type: 'request', target: 'record', prompt: hash('prompt'), ...more })
const generated = event({ type: 'generate', actor: service, text: A, model: 'model-1' })
const reviewed = event({ type: 'review', id: 'review-1', from: A, text: B, edits: 2 })
const accepted = event({ type: 'accept', review: 'review-1', text: B })
const filed = event({ type: 'file', into: 'record', actor: service, text: B })
const whole = [requested(), generated, reviewed, accepted, filed]

const ledgerAfter = (events: readonly DraftEvent[]): DraftLedger => {
  const { ledger, refused } = replayDrafts(events, policy)
  expect(refused).toEqual([])
  return ledger
}
const codeOf = (ledger: DraftLedger, each: DraftEvent, rules = policy) => {
  const result = applyDraftEvent(ledger, each, rules)
  return result.ok ? result.draft.state : result.refusal.code
}
const stateOf = (ledger: DraftLedger, id = 'd-1') => ledger.drafts.get(id)?.state

describe('S41 a draft of a model reaches the record only after a person stood by it', () => {
  it('S41 requested, generated, reviewed, accepted, entered: with who, when and the difference', () => {
    const draft = ledgerAfter(whole).drafts.get('d-1') as Draft
    expect(draft.state).toBe('record')
    expect(draft.review).toMatchObject({ id: 'review-1', from: A, text: B, edits: 2, at: at(0) })
    expect(draft.review?.by.id).toBe('u-1')
    expect([draft.generated, draft.text, draft.model, draft.service]).toEqual([A, B, 'model-1', 'scribe'])
  })

  it('S41 the text that is written is checked against the one that was accepted', () => {
    const after = (length: number) => ledgerAfter(whole.slice(0, length)).drafts.get('d-1') as Draft
    expect(isAcceptedText(after(4), 'draft as reviewed', key)).toBe(true)
    expect(isAcceptedText(after(5), 'draft as reviewed', key)).toBe(true)
    expect(isAcceptedText(after(4), 'draft as generated', key)).toBe(false)
    expect(isAcceptedText(after(3), 'draft as reviewed', key)).toBe(false)
    expect(isAcceptedText(after(2), 'draft as generated', key)).toBe(false)
    expect(isAcceptedText(after(4), 'draft as reviewed', new Uint8Array(32))).toBe(false)
  })

  it('S41 a review before there is a text, or of another text, is refused', () => {
    expect(codeOf(ledgerAfter(whole.slice(0, 1)), reviewed)).toBe('out-of-order')
    expect(codeOf(ledgerAfter(whole.slice(0, 2)), event({ type: 'review', from: C, text: B, edits: 1 }))).toBe('other-text')
    expect(codeOf(ledgerAfter(whole.slice(0, 3)), event({ type: 'accept', review: 'review-1', text: A }))).toBe('other-text')
    expect(codeOf(ledgerAfter(whole.slice(0, 4)), event({ type: 'file', into: 'record', text: A }))).toBe('other-text')
  })

  it('S41 nothing is entered unreviewed or unaccepted', () => {
    for (const length of [1, 2, 3]) expect(codeOf(ledgerAfter(whole.slice(0, length)), filed)).toBe('out-of-order')
  })

  it('S41 a reviewer is a person who may stand by it: no service, no patient, no clerk', () => {
    const ledger = ledgerAfter(whole.slice(0, 2))
    const by = (actor: object) => codeOf(ledger, event({ type: 'review', from: A, text: A, edits: 0, actor }))
    expect(by(service)).toBe('not-a-person')
    expect(by({ ...service, type: 'workforce', roles: ['clinician'] })).toBe('not-a-person')
    expect(by({ id: 's', type: 'system', roles: ['clinician'] })).toBe('not-a-person')
    expect(by(patient)).toBe('not-a-person')
    expect(by(clerk)).toBe('not-a-reviewer')
    expect(by(clinician)).toBe('reviewed')
    expect(codeOf(ledgerAfter(whole.slice(0, 3)), { ...accepted, actor: clerk })).toBe('not-a-reviewer')
  })

  it('S41 an edit after the review, or after the acceptance, makes it a draft again', () => {
    for (const length of [3, 4]) {
      const ledger = ledgerAfter(whole.slice(0, length))
      const edited = applyDraftEvent(ledger, event({ type: 'edit', from: B, text: C }), policy)
      expect(edited.ok && [edited.draft.state, edited.draft.review, edited.draft.acceptedBy]).toEqual([
        'draft',
        undefined,
        undefined,
      ])
      expect(codeOf(edited.ledger, { ...accepted, id: 'again', text: C } as DraftEvent)).toBe('out-of-order')
      expect(codeOf(edited.ledger, { ...filed, id: 'again' })).toBe('out-of-order')
    }
  })

  it('S41 edits are counted: none leaves the text, some change it', () => {
    const ledger = ledgerAfter(whole.slice(0, 2))
    expect(codeOf(ledger, event({ type: 'review', from: A, text: A, edits: 1 }))).toBe('edits-unclear')
    expect(codeOf(ledger, event({ type: 'review', from: A, text: B, edits: 0 }))).toBe('edits-unclear')
  })

  it('S41 one approval cannot serve two drafts, nor an earlier review a later one', () => {
    const second = [
      requested({ draft: 'd-2' }),
      event({ type: 'generate', draft: 'd-2', actor: service, text: A, model: 'model-1' }),
      event({ type: 'review', id: 'review-2', draft: 'd-2', from: A, text: B, edits: 2 }),
    ]
    const ledger = ledgerAfter([...whole.slice(0, 3), ...second])
    expect(codeOf(ledger, event({ type: 'accept', draft: 'd-2', review: 'review-1', text: B }))).toBe('other-review')
    expect(codeOf(ledger, { ...reviewed, draft: 'd-2' } as DraftEvent)).toBe('id-used')
    const again = ledgerAfter([...whole.slice(0, 3), event({ type: 'review', id: 'r-3', from: B, text: B, edits: 0 })])
    expect(codeOf(again, accepted)).toBe('other-review')
  })

  it('S41 a narrative for a claim is reviewed for the claim, and rests on a note that is in the record', () => {
    expect(codeOf(emptyLedger, requested({ target: 'claim' }))).toBe('no-basis')
    const claim = (basis: object) => [
      requested({ draft: 'c-1', target: 'claim', basis }),
      event({ type: 'generate', draft: 'c-1', actor: service, text: A, model: 'model-1' }),
      event({ type: 'review', id: 'review-c', draft: 'c-1', from: A, text: B, edits: 2 }),
      event({ type: 'accept', draft: 'c-1', review: 'review-c', text: B }),
    ]
    const enter = event({ type: 'file', draft: 'c-1', into: 'claim', text: B })
    expect(codeOf(ledgerAfter([...whole.slice(0, 4), ...claim({ draft: 'd-1' })]), enter)).toBe('basis-not-in-record')
    expect(codeOf(ledgerAfter([...whole, ...claim({ draft: 'd-1' })]), enter)).toBe('claim')
    expect(codeOf(ledgerAfter(claim({ draft: 'c-1' })), enter)).toBe('basis-not-in-record')
    expect(codeOf(ledgerAfter(claim({ entry: 'note-77' })), enter)).toBe('claim')
    expect(codeOf(ledgerAfter(claim({ entry: 'note-77' })), { ...enter, into: 'record' } as DraftEvent)).toBe('other-target')
    expect(codeOf(ledgerAfter(whole.slice(0, 4)), event({ type: 'file', into: 'claim', text: B }))).toBe('other-target')
    const billing: DraftPolicy = { reviewers: ['clinician'], claimReviewers: ['biller'] }
    const open = replayDrafts(claim({ entry: 'note-77' }).slice(0, 2), billing).ledger
    expect(codeOf(open, claim({ entry: 'note-77' })[2] as DraftEvent, billing)).toBe('not-a-reviewer')
  })

  it('S41 a text of a person is no draft of a model; ids and times are kept in order', () => {
    const ledger = ledgerAfter(whole.slice(0, 1))
    expect(codeOf(ledger, { ...generated, actor: clinician } as DraftEvent)).toBe('not-a-service')
    expect(codeOf(ledger, whole[0] as DraftEvent)).toBe('id-used')
    expect(codeOf(ledger, requested())).toBe('already-requested')
    expect(codeOf(ledger, event({ type: 'withdraw', draft: 'd-9' }))).toBe('unknown-draft')
    expect(codeOf(ledger, { ...generated, at: '2026-11-22T09:59:59.999Z' })).toBe('time-backwards')
  })

  it('S41 a draft is superseded only by another that is there and was not dropped', () => {
    const two = ledgerAfter([...whole.slice(0, 2), requested({ draft: 'd-2' })])
    expect(codeOf(two, event({ type: 'supersede', by: 'd-2' }))).toBe('superseded')
    expect(codeOf(two, event({ type: 'supersede', by: 'd-1' }))).toBe('unknown-successor')
    expect(codeOf(two, event({ type: 'supersede', by: 'd-3' }))).toBe('unknown-successor')
    const dropped = applyDraftEvent(two, event({ type: 'withdraw', draft: 'd-2' }), policy).ledger
    expect(codeOf(dropped, event({ type: 'supersede', by: 'd-2' }))).toBe('unknown-successor')
  })
})

/** A ledger in which draft d-1 is in a state, and d-2 is there to take its place. */
function inState(state: DraftState): DraftLedger {
  const other = requested({ draft: 'd-2' })
  const basis = { target: 'claim', basis: { entry: 'note-1' } }
  const ways: { readonly [Each in DraftState]: readonly DraftEvent[] } = {
    requested: whole.slice(0, 1),
    draft: whole.slice(0, 2),
    reviewed: whole.slice(0, 3),
    accepted: whole.slice(0, 4),
    record: whole,
    claim: [requested(basis), ...whole.slice(1, 4), event({ type: 'file', into: 'claim', text: B })],
    rejected: [...whole.slice(0, 2), event({ type: 'reject' })],
    withdrawn: [...whole.slice(0, 1), event({ type: 'withdraw' })],
    superseded: [...whole.slice(0, 1), event({ type: 'supersede', by: 'd-2' })],
  }
  const ledger = ledgerAfter([other, ...ways[state]])
  expect(stateOf(ledger)).toBe(state)
  return ledger
}

describe('the whole table of states and events', () => {
  const types = ['generate', 'edit', 'review', 'accept', 'file', 'reject', 'withdraw', 'supersede'] as const
  const becomes: { readonly [Type in (typeof types)[number]]: DraftState } = {
    generate: 'draft',
    edit: 'draft',
    review: 'reviewed',
    accept: 'accepted',
    file: 'record',
    reject: 'rejected',
    withdraw: 'withdrawn',
    supersede: 'superseded',
  }
  /** The table as a reader would write it down: one column a state, in the order of `draftStates`. */
  const wanted: { readonly [Type in (typeof types)[number]]: string } = {
    generate: 'x........',
    edit: '.xxx.....',
    review: '.xx......',
    accept: '..x......',
    file: '...x.....',
    reject: '.xxx.....',
    withdraw: 'xxxx.....',
    supersede: 'xxxx.....',
  }

  it.each(types)('S41 %s happens in exactly the states of its row', (type) => {
    const row = draftStates.map((state) => {
      const ledger = inState(state)
      const text = ledger.drafts.get('d-1')?.text ?? A
      const made = {
        generate: generated,
        edit: event({ type: 'edit', from: text, text: C }),
        review: event({ type: 'review', from: text, text: C, edits: 1 }),
        accept: accepted,
        file: filed,
        reject: event({ type: 'reject' }),
        withdraw: event({ type: 'withdraw' }),
        supersede: event({ type: 'supersede', by: 'd-2' }),
      }[type]
      const fresh = { ...made, id: `fresh-${count++}` } as DraftEvent
      const result = applyDraftEvent(ledger, fresh, policy)
      expect((draftTransitions[state] as readonly string[]).includes(type)).toBe(result.ok)
      if (result.ok) expect(result.draft.state).toBe(becomes[type])
      else expect([result.refusal.code, result.ledger]).toEqual(['out-of-order', ledger])
      return result.ok ? 'x' : '.'
    })
    expect(row.join('')).toBe(wanted[type])
  })
})

describe('random walks', () => {
  const texts = [A, B, C]
  const actor = fc.constantFrom(service, clinician, clinician, clerk, patient)
  const any: fc.Arbitrary<DraftEvent> = fc
    .record({
      type: fc.constantFrom<DraftEventType>(
        'request',
        'generate',
        'generate',
        'edit',
        'review',
        'review',
        'review',
        'accept',
        'accept',
        'accept',
        'file',
        'file',
        'file',
        'reject',
        'withdraw',
        'supersede',
      ),
      id: fc.nat({ max: 40 }),
      draft: fc.constantFrom('d-1', 'd-2'),
      actor,
      target: fc.constantFrom('record', 'claim'),
      from: fc.constantFrom(...texts),
      text: fc.constantFrom(...texts),
      review: fc.nat({ max: 40 }),
      other: fc.constantFrom('d-1', 'd-2'),
    })
    .map(({ type, id, draft, actor, target, from, text, review, other }) => {
      const common = { id: `w-${id}`, draft, at: at(0), actor }
      const more = {
        request: { target, prompt: A, basis: { draft: other } },
        generate: { text, model: 'm', actor: service },
        edit: { from, text },
        review: { from, text, edits: from === text ? 0 : 1 },
        accept: { review: `w-${review}`, text },
        file: { into: target, text },
        reject: {},
        withdraw: {},
        supersede: { by: other },
      }[type]
      return { type, ...common, ...more } as unknown as DraftEvent
    })

  const holds = (events: readonly DraftEvent[], ledger: DraftLedger, taken: readonly DraftEvent[]) => {
    for (const draft of ledger.drafts.values()) {
      if (!['record', 'claim'].includes(draft.state)) continue
      const mine = taken.filter((each) => each.draft === draft.id)
      const reviews = mine.filter((each) => each.type === 'review')
      const last = reviews.at(-1)
      const entered = mine.find((each) => each.type === 'file')
      const acceptance = mine.findLast((each) => each.type === 'accept')
      // INVARIANT: the text that was entered is the one that a clinician reviewed last, and nothing touched it in between.
      expect(last?.type === 'review' && last.actor.id === 'u-1' && last.actor.type === 'workforce').toBe(true)
      expect(last?.type === 'review' && entered?.type === 'file' && last.text === entered.text).toBe(true)
      expect(acceptance?.type === 'accept' && acceptance.review === last?.id && acceptance.actor.id === 'u-1').toBe(true)
      expect(mine.slice(mine.indexOf(last as DraftEvent) + 1).some((each) => each.type === 'edit')).toBe(false)
      if (draft.state === 'claim' && draft.basis && 'draft' in draft.basis) {
        expect(ledger.drafts.get(draft.basis.draft)?.state).toBe('record')
      }
    }
    expect(events.length).toBeGreaterThanOrEqual(taken.length)
  }

  /** A walk that is likely to get somewhere: the whole way of a note, and of a claim on it, disturbed by anything. */
  const script = (draft: string, target: string, basis: object): DraftEvent[] => [
    event({ ...requested({ draft, target, basis }) }),
    event({ ...generated, draft, id: `${draft}-g` }),
    event({ ...reviewed, draft, id: `${draft}-r` }),
    event({ ...accepted, draft, id: `${draft}-a`, review: `${draft}-r` } as never),
    event({ ...filed, draft, id: `${draft}-f`, into: target } as never),
  ]

  it('S41 whatever happens in whatever order, nothing unreviewed is in the record or in a claim', () => {
    let reached = 0
    fc.assert(
      fc.property(fc.array(any, { maxLength: 60 }), fc.array(fc.nat({ max: 9 }), { maxLength: 10 }), (noise, places) => {
        const steps = [...script('d-1', 'record', { entry: 'n' }), ...script('d-2', 'claim', { draft: 'd-1' })]
        const events = [...noise.slice(20)]
        for (const [index, each] of steps.entries()) events.splice(places[index] ?? events.length, 0, each)
        events.push(...noise.slice(0, 20))
        let ledger = emptyLedger
        const taken: DraftEvent[] = []
        for (const each of events) {
          const result = applyDraftEvent(ledger, each, policy)
          if (result.ok) taken.push(each)
          else expect(result.ledger).toBe(ledger)
          ledger = result.ledger
        }
        holds(events, ledger, taken)
        for (const draft of ledger.drafts.values()) if (draft.state === 'record' || draft.state === 'claim') reached++
        // A replay of the log gives what going step by step gave.
        const replay = replayDrafts(events, policy)
        expect(replay.ledger.drafts).toEqual(ledger.drafts)
        expect(replay.refused.length).toBe(events.length - taken.length)
        expect(replayDrafts(taken, policy).refused).toEqual([])
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 5000 : 150 },
    )
    // The walks that end in a record or a claim are what the invariant is about.
    expect(reached).toBeGreaterThan(20)
  })
})

describe('faults', () => {
  it.each([
    ['nothing', undefined],
    ['an unknown type', { ...generated, type: 'SECRET' }],
    ['a text instead of its hash', { ...generated, text: 'SECRET' }],
    ['an unknown key', { ...generated, SECRET: 1 }],
    ['an actor without a type', { ...generated, actor: { id: 'SECRET' } }],
    ['half an edit', { ...reviewed, edits: 0.5 }],
    ['NaN edits', { ...reviewed, edits: Number.NaN }],
  ])('refuses %s, and quotes nothing of it', async (_, value) => {
    const error = await refusal(() => applyDraftEvent(emptyLedger, value as DraftEvent, policy))
    expect(error.code).toBe('PHI_BAA_AI_DRAFT')
    expect(JSON.stringify(error) + error.message).not.toContain('SECRET')
  })

  it('a log that is no list is none', async () => {
    expect((await refusal(() => replayDrafts('SECRET' as never, policy))).path).toBe('events')
  })

  it('a policy without reviewers is none', async () => {
    const error = await refusal(() => applyDraftEvent(emptyLedger, requested(), { reviewers: [] }))
    expect([error.code, error.path]).toEqual(['PHI_BAA_AI_DRAFT', 'policy.reviewers'])
  })

  it('every refusal says what is so and what to do', () => {
    for (const { says, remedy } of Object.values(draftRefusals)) {
      expect([says.endsWith('.'), remedy.endsWith('.') || remedy.endsWith('`.')]).toEqual([true, true])
    }
  })
})
