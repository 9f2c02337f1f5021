import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { openingOf, requestIn, sampleOf } from '../../test/request-samples.ts'
import { MAX_ENTRIES } from '../machine/history.ts'
import { deadlinesOf, documentationOf } from './deadlines-of.ts'
import type { RequestEvent, RequestOpening } from './events.ts'
import { suspensionsOf } from './fee.ts'
import type { IndividualRequest, RequestEntry } from './record.ts'
import { applyRequestEvent, openRequest, replayRequest } from './request.ts'

const opening: RequestOpening = { kind: 'access', id: 'r1', received: '2026-03-02' }
const secret = 'Jane Roe, HIV clinic'

async function fails(work: () => unknown): Promise<string> {
  const error = await refusal(work)
  expect(JSON.stringify(error) + error.message + String(error.stack)).not.toContain('Jane')
  return error.code
}

describe('what is not of the form', () => {
  it.each([
    ['an unknown kind', { ...opening, kind: secret }],
    ['an unknown key', { ...opening, [secret]: 1 }],
    ['a day that does not exist', { ...opening, received: '2026-02-30' }],
    ['no day', { kind: 'access', id: 'r1' }],
    ['a zone that does not exist', { ...opening, timeZone: secret }],
    ['an empty label', { ...opening, id: '' }],
    ['a label with a line break', { ...opening, id: `r\n${secret}` }],
    ['nothing', undefined],
    ['null', null],
    ['a list', [opening]],
    ['a fact of another kind', { ...opening, entity: 'provider' }],
    ['an instant without a zone', { ...opening, received: '2026-03-02T10:00:00Z' }],
    ['a time without an offset', { ...opening, received: '2026-03-02T10:00:00', timeZone: 'America/New_York' }],
    ['a year that cannot be counted on from', { ...opening, received: '2399-01-01' }],
    ['a previous accounting that is later', { kind: 'accounting', id: 'r', received: '2026-03-02', previous: '2026-03-03' }],
  ])('an opening with %s is refused, and none of its values is shown', async (_, value) => {
    expect(await fails(() => openRequest(value as never))).toMatch(/^PHI_DEADLINES_(FACTS|DATE|ZONE|RANGE|CONTRADICTION)$/)
  })

  it.each([
    ['an unknown type', { type: secret, at: '2026-03-03' }],
    ['an unknown key', { type: 'withdrawn', at: '2026-03-03', note: secret }],
    ['no day', { type: 'withdrawn' }],
    ['a number as day', { type: 'withdrawn', at: 5 }],
    ['NaN as day', { type: 'withdrawn', at: Number.NaN }],
    ['an instant without a zone', { type: 'withdrawn', at: '2026-03-03T10:00:00Z' }],
    ['an unknown ground', { type: 'denied', at: '2026-03-03', contains: [], grounds: [secret] }],
    ['the name of a method as ground', { type: 'denied', at: '2026-03-03', contains: [], grounds: ['constructor'] }],
    ['a promised day that does not exist', { type: 'extension-stated', at: '2026-03-03', promisedDate: '2026-04-31' }],
    ['__proto__ as type', { type: '__proto__', at: '2026-03-03' }],
    ['nothing', undefined],
  ])('an event with %s throws, and the request stands as it was', async (_, value) => {
    const request = openRequest(opening)
    expect(await fails(() => applyRequestEvent(request, value as never))).toMatch(/^PHI_DEADLINES_(FACTS|DATE|ZONE)$/)
    expect(request).toEqual(openRequest(opening))
    expect(deadlinesOf(request)).toHaveLength(1)
  })

  it('takes nothing from a prototype', async () => {
    const event = Object.create({ type: 'withdrawn', at: '2026-03-03' })
    expect(await fails(() => applyRequestEvent(openRequest(opening), event))).toBe('PHI_DEADLINES_FACTS')
    const denied = sampleOf('access', 'denied', '2026-03-03') as Extract<RequestEvent, { type: 'denied' }>
    const { written: _, ...rest } = denied
    const step = applyRequestEvent(openRequest(opening), Object.assign(Object.create({ written: true }), rest))
    expect(step).toMatchObject({ accepted: false, refusal: { reason: 'not-written' } })
  })

  it('knows only requests of its own making', async () => {
    const copy = JSON.parse(JSON.stringify(openRequest(opening))) as IndividualRequest
    for (const forged of [copy, {}, null, undefined, 'request', { ...openRequest(opening), state: 'fulfilled' }]) {
      expect(await fails(() => applyRequestEvent(forged as never, { type: 'withdrawn', at: '2026-03-03' }))).toBe(
        'PHI_DEADLINES_FACTS',
      )
      expect(await fails(() => deadlinesOf(forged as never))).toBe('PHI_DEADLINES_FACTS')
    }
  })

  it('is frozen in depth', () => {
    const request = applyRequestEvent(openRequest(opening), sampleOf('access', 'denied', '2026-03-03')).request
    expect(() => Object.assign(request, { state: 'fulfilled' })).toThrow(TypeError)
    expect(() => Object.assign(request.log[0]?.event as object, { at: '2026-03-09' })).toThrow(TypeError)
    expect(() => (request.log as RequestEntry[]).pop()).toThrow(TypeError)
  })

  it('keeps no reference to what the caller can change', () => {
    const event = sampleOf('access', 'denied', '2026-03-03') as Extract<RequestEvent, { type: 'denied' }>
    const request = applyRequestEvent(openRequest(opening), event).request
    event.grounds.push('privacy-act')
    event.at = '2020-01-01'
    expect(request.log[0]?.event).toMatchObject({ at: '2026-03-03', grounds: ['endangers-life'] })
  })
})

describe('time', () => {
  const zoned: RequestOpening = { ...opening, received: '2026-03-02T10:00:00-05:00', timeZone: 'America/New_York' }
  const reason = (request: IndividualRequest, at: string, today?: string) => {
    const step = applyRequestEvent(request, { type: 'identity-verified', at }, today === undefined ? undefined : { today })
    return step.accepted ? 'accepted' : step.refusal.reason
  }

  it.each([
    ['2026-03-02T09:59:59-05:00', undefined, 'before-the-beginning'],
    ['2026-03-02T14:59:59Z', undefined, 'before-the-beginning'],
    ['2026-03-01', undefined, 'before-the-beginning'],
    ['2026-03-02', undefined, 'accepted'],
    ['2026-03-02T15:00:00Z', undefined, 'accepted'],
    ['2026-03-03', '2026-03-02', 'in-the-future'],
    ['2026-03-03', '2026-03-03', 'accepted'],
    ['2026-03-03T10:00:00Z', '2026-03-03T09:59:59Z', 'in-the-future'],
    ['2026-03-03T10:00:00Z', '2026-03-03', 'accepted'],
    ['2026-03-04T03:00:00Z', '2026-03-03', 'accepted'],
    ['2026-03-04T05:00:00Z', '2026-03-03', 'in-the-future'],
  ])('an event of %s, recorded on %s: %s', (at, today, expected) => {
    expect(reason(openRequest(zoned), at, today)).toBe(expected)
  })

  it('a date without a time does not forget the instants of its day', () => {
    let request = openRequest({ ...openingOf('accounting') })
    const at = (moment: string) => applyRequestEvent(request, { type: 'fee-announced', at: moment })
    request = at('2026-03-05T12:00:00Z').request
    request = at('2026-03-05').request
    expect(at('2026-03-05T11:00:00Z')).toMatchObject({ accepted: false, refusal: { reason: 'out-of-order' } })
    expect(at('2026-03-05T12:00:00Z').accepted).toBe(true)
  })

  it('a question about a day before the last entry is refused, not answered by half', async () => {
    const request = requestIn('accounting', 'verified') as IndividualRequest
    for (const ask of [deadlinesOf, documentationOf, suspensionsOf]) {
      expect(await fails(() => ask(request, { today: '2026-03-02' }))).toBe('PHI_DEADLINES_CONTRADICTION')
      ask(request, { today: '2026-03-03' })
    }
  })

  it('a request of the future cannot be opened where today is given', async () => {
    expect(await fails(() => openRequest(opening, { today: '2026-03-01' }))).toBe('PHI_DEADLINES_CONTRADICTION')
    expect(openRequest(opening, { today: '2026-03-02' }).state).toBe('received')
  })
})

describe('size', () => {
  it('a hundred defective statements and more do not silence the deadline, nor spend the one that counts', () => {
    let request = openRequest(opening)
    const bad: RequestEvent = { type: 'extension-stated', at: '2026-03-10', written: false }
    for (let i = 0; i < 250; i++) request = applyRequestEvent(request, bad).request
    expect(deadlinesOf(request, { today: '2026-04-02' })[0]).toMatchObject({ status: 'late', due: '2026-04-01' })
    request = applyRequestEvent(request, {
      type: 'extension-stated',
      at: '2026-03-20',
      written: true,
      reasons: true,
      promisedDate: '2026-05-01',
    }).request
    for (let i = 0; i < 250; i++) request = applyRequestEvent(request, { ...bad, at: '2026-03-25' }).request
    expect(deadlinesOf(request, { today: '2026-04-02' })[0]).toMatchObject({ status: 'due', due: '2026-05-01' })
    expect(request.log).toHaveLength(501)
  })

  it('a full log takes no more, keeps what it has, and the deadline stands', () => {
    let request = openRequest(opening)
    for (let i = 0; i < MAX_ENTRIES; i++)
      request = applyRequestEvent(request, { type: 'reason-asked', at: '2026-03-03' }).request
    const step = applyRequestEvent(request, { type: 'withdrawn', at: '2026-03-04' })
    expect(step).toMatchObject({ accepted: false, refusal: { reason: 'too-many' } })
    expect(step.request).toBe(request)
    expect(deadlinesOf(request)[0]).toMatchObject({ status: 'due' })
  })

  it('S128 as many suspensions as one evaluation takes', () => {
    let request = openRequest(openingOf('accounting'))
    const event = sampleOf('accounting', 'suspension-stated', '2026-03-03')
    for (let i = 0; i < 100; i++) request = applyRequestEvent(request, event).request
    expect(applyRequestEvent(request, event)).toMatchObject({ accepted: false, refusal: { reason: 'too-many' } })
    expect(suspensionsOf(request)).toHaveLength(1)
  })
})

describe('replay', () => {
  const request = requestIn('access', 'denied-after-review') as IndividualRequest

  it('gives the same request from plain data, refused entries included', () => {
    const tried = applyRequestEvent(request, { type: 'withdrawn', at: '2026-03-09' }, { today: '2026-03-10' }).request
    const again = applyRequestEvent(tried, { type: 'withdrawn', at: '2026-03-12' }, { today: '2026-03-10' }).request
    expect(again.log.slice(-2).map(({ refused }) => refused?.reason)).toEqual(['not-in-this-state', 'in-the-future'])
    const replayed = replayRequest(JSON.parse(JSON.stringify(again.opening)), JSON.parse(JSON.stringify(again.log)))
    expect(replayed).toEqual(again)
    expect(applyRequestEvent(replayed, { type: 'withdrawn', at: '2026-03-13' }).accepted).toBe(false)
  })

  it('refuses a log that was changed', async () => {
    const log = JSON.parse(JSON.stringify(request.log)) as RequestEntry[]
    const changes: RequestEntry[][] = [
      log.slice(1),
      log.toReversed(),
      log.map((entry, index) =>
        index === 0 ? { ...entry, refused: { reason: 'no-ground', says: '', citations: [] } } : entry,
      ),
      log.map((entry, index) =>
        index === 0 ? { ...entry, event: { ...entry.event, grounds: ['privacy-act'] } as RequestEvent } : entry,
      ),
    ]
    for (const changed of changes) {
      expect(await fails(() => replayRequest(request.opening, changed))).toBe('PHI_DEADLINES_CONTRADICTION')
    }
    expect(await fails(() => replayRequest(request.opening, 'log' as never))).toBe('PHI_DEADLINES_FACTS')
    expect(await fails(() => replayRequest(request.opening, [null] as never))).toBe('PHI_DEADLINES_FACTS')
  })
})
