import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import * as incidents from '../../test/incident-samples.ts'
import * as requests from '../../test/request-samples.ts'
import { incidentEventTypes } from '../incident/events.ts'
import { applyIncidentEvent, openIncident } from '../incident/incident.ts'
import type { Incident } from '../incident/record.ts'
import { incidentRoles } from '../incident/transitions.ts'
import { requestEventTypes } from '../request/events.ts'
import { requestKinds, requestStates } from '../request/kinds.ts'
import type { IndividualRequest } from '../request/record.ts'
import { applyRequestEvent, openRequest } from '../request/request.ts'
import { ruleGroup } from '../rule/group.ts'
import {
  caseFrom,
  compareIds,
  isOpenCase,
  type KeptCase,
  memoryCaseStore,
  textOfLast,
  textOfOpening,
  withEntry,
} from './index.ts'

const days = ['2026-05-04', '2026-05-05', '2026-05-06', '2026-06-30']
const long = process.env.PHI_LONG === '1'

/** A random history, refusals included, as the machine makes it. */
const aRequest = fc
  .tuple(
    fc.constantFrom(...requestKinds),
    fc.array(fc.tuple(fc.constantFrom(...requestEventTypes), fc.constantFrom(...days), fc.boolean()), { maxLength: 12 }),
  )
  .map(([kind, events]): IndividualRequest => {
    let request = openRequest(requests.openingOf(kind))
    for (const [type, at, timely] of events) {
      request = applyRequestEvent(request, requests.sampleOf(kind, type, at), timely ? { today: days[2] } : undefined).request
    }
    return request
  })
const anIncident = fc
  .tuple(
    fc.constantFrom(...incidentRoles),
    fc.array(fc.tuple(fc.constantFrom(...incidentEventTypes), fc.constantFrom(...days), fc.boolean()), { maxLength: 12 }),
  )
  .map(([role, events]): Incident => {
    let incident = openIncident(incidents.openingOf(role))
    for (const [type, at, timely] of events) {
      incident = applyIncidentEvent(incident, incidents.sampleOf(role, type, at), timely ? { today: days[2] } : {}).incident
    }
    return incident
  })
const aCase: fc.Arbitrary<KeptCase> = fc.oneof(
  aRequest.map((record) => ({ kind: 'request', record }) as const),
  anIncident.map((record) => ({ kind: 'incident', record }) as const),
)

const access = { ...requests.openingOf('access'), id: 'r-1' }
const open = { kind: 'request', opening: access } as const
const verified = applyRequestEvent(openRequest(access), { type: 'identity-verified', at: '2026-03-03' }).request

describe('requests and incidents in a store', () => {
  it('S126 S133 come back as the machine left them, refused entries too', async () => {
    let refused = 0
    await fc.assert(
      fc.asyncProperty(aCase, async (kept) => {
        const store = memoryCaseStore()
        const { id, opening, log } = kept.record
        expect(await store.open('clinic-a', { kind: kept.kind, opening } as never)).toBe('opened')
        for (const [index, entry] of log.entries()) {
          expect(await store.append('clinic-a', id, index, entry)).toBe('appended')
          if (entry.refused) refused++
        }
        expect(await store.load('clinic-a', id)).toEqual(kept)
        const listed = await store.list('clinic-a', { open: isOpenCase(kept), kind: kept.kind, limit: 1 })
        expect(listed).toEqual([kept])
        expect(await store.list('clinic-a', { open: !isOpenCase(kept), limit: 1 })).toEqual([])
      }),
      { numRuns: long ? 5000 : 35 },
    )
    expect(refused).toBeGreaterThan(50)
  })

  it('S126 a second call with the same is told so, and another is not', async () => {
    const store = memoryCaseStore()
    const [entry] = verified.log
    if (entry === undefined) throw new Error('must be there')
    expect(await store.open('clinic-a', open)).toBe('opened')
    expect(await store.open('clinic-a', { ...open, opening: { ...access, by: undefined } })).toBe('already')
    expect(await store.open('clinic-a', { ...open, opening: { ...access, by: 'u-2' } })).toBe('taken')
    expect(
      await store.open('clinic-a', { kind: 'incident', opening: { ...incidents.openingOf('covered-entity'), id: 'r-1' } }),
    ).toBe('taken')
    expect(await store.append('clinic-a', 'r-1', 1, entry)).toBe('conflict')
    expect(await store.append('clinic-a', 'r-2', 0, entry)).toBe('missing')
    expect(await store.append('clinic-b', 'r-1', 0, entry)).toBe('missing')
    expect(await store.append('clinic-a', 'r-1', 0, entry)).toBe('appended')
    expect(await store.append('clinic-a', 'r-1', 0, structuredClone(entry))).toBe('already')
    expect(await store.append('clinic-a', 'r-1', 0, { ...entry, today: '2026-03-04' })).toBe('conflict')
    expect(await store.open('clinic-a', open)).toBe('already')
  })

  it('S126 an entry that does not come out as it says is refused, with nothing of its values', async () => {
    const store = memoryCaseStore()
    await store.open('clinic-a', open)
    const secret = 'Zelda-4711'
    const refused = { reason: 'out-of-order', says: secret, citations: [] }
    for (const [entry, code] of [
      [{ ...verified.log[0], refused }, 'PHI_DEADLINES_CASE'],
      [{ event: { type: 'review-requested', at: '2026-03-03', by: secret } }, 'PHI_DEADLINES_CASE'],
      [{ event: { type: 'identity-verified', at: '2026-03-01' } }, 'PHI_DEADLINES_CASE'],
      [{ event: { type: 'closed', at: '2026-03-03', by: secret } }, 'PHI_DEADLINES_FACTS'],
      [{ event: { type: 'identity-verified', at: secret } }, 'PHI_DEADLINES_DATE'],
      [{ ...verified.log[0], by: secret }, 'PHI_DEADLINES_CASE'],
      [null, 'PHI_DEADLINES_CASE'],
    ] as const) {
      const error = await refusal(store.append('clinic-a', 'r-1', 0, entry as never))
      expect(error.code).toBe(code)
      expect(JSON.stringify(error)).not.toContain(secret)
    }
    for (const opening of [null, {}, { kind: 'request' }, { kind: 'friend', opening: access }, { ...open, more: 1 }]) {
      expect((await refusal(store.open('clinic-a', opening as never))).code).toMatch(/PHI_DEADLINES_(CASE|FACTS)/)
    }
    // What is not a number must not become "not known" on its way through JSON.
    const wrong = { kind: 'incident', opening: { ...incidents.openingOf('covered-entity'), individuals: Number.NaN } } as const
    expect((await refusal(store.open('clinic-a', wrong))).code).toBe('PHI_DEADLINES_FACTS')
    for (const call of [
      () => store.list('clinic-a', { limit: 0 }),
      () => store.list('clinic-a', { limit: 501 }),
      () => store.list('clinic-a', { limit: 1, state: 'open' } as never),
      () => store.append('clinic-a', 'r-1', -1, verified.log[0] as never),
      () => store.load('clinic-a', ''),
    ]) {
      expect((await refusal(call())).code).toBe('PHI_DEADLINES_CASE')
    }
    expect((await refusal(store.load('', 'r-1'))).code).toBe('PHI_CORE_TENANT')
    expect((await store.load('clinic-a', 'r-1'))?.record.log).toEqual([])
  })

  it('S126 a history that does not replay is an error that says where, and never a half case', async () => {
    const begun: KeptCase = { kind: 'request', record: openRequest(access) }
    const first = textOfLast(withEntry(begun, verified.log[0]))
    const whole = [textOfOpening(begun), first]
    expect(caseFrom('r-1', whole)).toEqual({ kind: 'request', record: verified })
    for (const [texts, entry] of [
      [[], 0],
      [['{}'], 0],
      [['Zelda'], 0],
      [[first], 0],
      [[...whole, first], 2],
      [[...whole, 'Zelda'], 2],
      [[whole[0], '{"event":{"at":"2026-03-03","type":"denied"}}'], 1],
    ] as const) {
      const error = await refusal(() => caseFrom('r-1', texts as never, {}, 7))
      expect([error.code, error.info, error.cause]).toEqual(['PHI_DEADLINES_STORE', { position: 7, entry }, undefined])
    }
    expect((await refusal(() => caseFrom('r-2', whole))).code).toBe('PHI_DEADLINES_STORE')
  })

  it('S133 an incident that was closed under rules of others replays with them, and not without', async () => {
    const group = ruleGroup({ id: 'state', ruleset: { id: 'state', asOf: '2026-01-01' }, rules: [], facts: {} })
    const opening = { ...incidents.openingOf('covered-entity'), groups: ['state'] }
    const groups = [{ group }]
    let incident = openIncident(opening)
    const ways = ['notified', 'reported', 'investigated', 'post-incident-report', 'closed'] as const
    for (const type of ways) {
      incident = applyIncidentEvent(incident, incidents.sampleOf('covered-entity', type, '2026-05-05'), { groups }).incident
    }
    expect(incident.state).toBe('closed')
    const store = memoryCaseStore({ groups: (begun) => (begun.groups?.includes('state') ? groups : []) })
    await store.open('clinic-a', { kind: 'incident', opening })
    for (const [index, entry] of incident.log.entries()) await store.append('clinic-a', opening.id, index, entry)
    expect((await store.load('clinic-a', opening.id))?.record).toEqual(incident)
    const texts = incident.log.map((entry) => JSON.stringify(entry))
    const error = await refusal(() => caseFrom(opening.id, [JSON.stringify({ kind: 'incident', opening }), ...texts]))
    expect(error.info).toEqual({ position: 0, entry: 5 })
  })

  it('S126 open is what still waits for an answer or for a review', () => {
    const waiting = requestStates.filter((state) => isOpenCase({ kind: 'request', record: { ...verified, state } }))
    expect(waiting).toEqual([
      'received',
      'verified',
      'extended',
      'verified-and-extended',
      'review-requested',
      'review-referred',
      'review-upheld',
      'review-overturned',
      'to-be-provided',
    ])
  })

  it('ids sort as their UTF-8 bytes do', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareIds(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))))
      }),
    )
    expect(compareIds('\u{1f512}', '\uffee')).toBeGreaterThan(0)
  })
})
