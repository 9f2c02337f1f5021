import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { dayIn } from './day.ts'
import type { PracticeLicence } from './licence.ts'
import {
  addVirtualLocation,
  type Confirmation,
  changeLocation,
  confirmSession,
  holdSession,
  rescheduleSession,
  type Session,
  type SessionEvent,
  scheduleSession,
} from './session.ts'

// 21 November 2026, 20:00 to 20:50 in New York; past midnight in Greenwich.
const plan = {
  id: 's1',
  place: 'telehealth',
  profession: 'LCSW',
  starts: '2026-11-22T01:00:00.000Z',
  ends: '2026-11-22T01:50:00.000Z',
} as const
const session = scheduleSession(plan)
const licence = (state: 'NY' | 'NJ'): PracticeLicence => ({
  state,
  profession: 'LCSW',
  kind: 'full',
  status: 'active',
  expires: '2027-01-31',
})
const asked = { source: 'asked', state: 'NY', timeZone: 'America/New_York', askedAt: '2026-11-22T00:55:00.000Z' } as const
const confirmation: Confirmation = {
  at: '2026-11-22T00:56:00.000Z',
  location: asked,
  licences: [licence('NY')],
  credentials: [{ state: 'NY', status: 'active' }],
  inNetwork: true,
}
const codes = (event: SessionEvent) => event.refusals.map(({ code }) => code)

describe('a session', () => {
  it('S72 S79 is scheduled at the place telehealth, confirmed with a location, and held', () => {
    const confirmed = confirmSession(session, confirmation)
    expect(confirmed).toMatchObject({
      accepted: true,
      session: { is: 'confirmed', place: 'telehealth', location: { state: 'NY', on: '2026-11-21', until: '2026-11-21' } },
      decision: { result: 'proceed', record: { state: 'NY', on: '2026-11-21' } },
    })
    const held = holdSession(confirmed.session, '2026-11-22T01:52:00.000Z')
    expect(held).toMatchObject({ accepted: true, session: { is: 'held', location: { state: 'NY' } } })
    expect(codes(holdSession(held.session, '2026-11-22T01:52:00.000Z'))).toEqual(['wrong-state'])
    expect(() => scheduleSession({ ...plan, place: 'office' } as never)).toThrow()
  })

  it('S79 refuses a location that was not asked for', () => {
    const { location: _, ...without } = confirmation
    expect(codes(confirmSession(session, without))).toEqual(['location-not-asked'])
    for (const source of ['carried-over', 'home-address', 'network-address'] as const) {
      const event = confirmSession(session, { ...confirmation, location: { ...asked, source } })
      expect(codes(event)).toEqual(['location-not-asked'])
      expect(event.session).toEqual(session)
    }
  })

  it('S79 refuses an answer of another day at that place, of the future, or for another session', () => {
    const at = (askedAt: string, more: Partial<Confirmation> = {}) =>
      codes(confirmSession(session, { ...confirmation, ...more, location: { ...asked, askedAt } }))
    // 23:59 on the 20th in New York; the first minute of the 21st; the day after.
    expect(at('2026-11-21T04:59:00.000Z')).toEqual(['asked-on-another-day'])
    expect(at('2026-11-21T05:00:00.000Z')).toEqual([])
    expect(at('2026-11-22T05:00:00.000Z', { at: '2026-11-22T06:00:00.000Z' })).toEqual(['asked-on-another-day'])
    expect(at('2026-11-22T00:57:00.000Z')).toEqual(['asked-in-the-future'])
    // On the same day, and yet asked once for two sessions.
    const earlier = scheduleSession({ ...plan, id: 's0', starts: '2026-11-21T15:00:00.000Z', ends: '2026-11-21T15:50:00.000Z' })
    const morning = { ...asked, askedAt: '2026-11-21T14:55:00.000Z' }
    const first = confirmSession(earlier, { ...confirmation, location: morning })
    expect(first.accepted).toBe(true)
    expect(codes(confirmSession(session, { ...confirmation, location: morning, others: [first.session] }))).toEqual([
      'asked-for-another-session',
    ])
    expect(confirmSession(session, { ...confirmation, others: [first.session] }).accepted).toBe(true)
  })

  it('S79 S78 decides anew when the location changes, and forgets the one that is no longer true', () => {
    const confirmed = confirmSession(session, confirmation).session
    const moved = { ...asked, state: 'NJ', askedAt: '2026-11-22T00:58:00.000Z' } as const
    const event = changeLocation(confirmed, { ...confirmation, at: '2026-11-22T00:59:00.000Z', location: moved })
    expect(event).toMatchObject({ accepted: false, session: { is: 'scheduled' }, decision: { result: 'refer' } })
    expect(codes(event)).toEqual(['not-allowed'])
    expect(event.session).not.toHaveProperty('location')
    const both = { licences: [licence('NY'), licence('NJ')], credentials: [{ state: 'NJ', status: 'active' }] } as const
    const allowed = changeLocation(confirmed, { ...confirmation, ...both, at: '2026-11-22T00:59:00.000Z', location: moved })
    expect(allowed).toMatchObject({ accepted: true, session: { is: 'confirmed', location: { state: 'NJ' } } })
    // The old answer does not serve for the change.
    expect(codes(changeLocation(confirmed, confirmation))).toEqual(['asked-for-another-session'])
    expect(codes(changeLocation(session, confirmation))).toEqual(['wrong-state'])
    expect(codes(confirmSession(confirmed, confirmation))).toEqual(['wrong-state'])
  })

  it('S82 S84 takes place on private pay only where the decision has it and the client pays', () => {
    const uninsured = { ...confirmation, credentials: [], inNetwork: false }
    expect(codes(confirmSession(session, uninsured))).toEqual(['not-allowed'])
    expect(confirmSession(session, { ...uninsured, pay: 'private' })).toMatchObject({
      accepted: true,
      session: { pay: 'private' },
    })
    expect(codes(confirmSession(session, { ...uninsured, inNetwork: true, pay: 'private' }))).toEqual(['not-allowed'])
    expect(codes(confirmSession(session, { ...uninsured, licences: [], pay: 'private' }))).toEqual(['not-allowed'])
    const privilege = { ...licence('NY'), kind: 'compact-privilege', evidence: 'compact register' } as const
    expect(confirmSession(session, { ...uninsured, licences: [privilege], pay: 'private' }).accepted).toBe(true)
  })

  it('S79 loses its location when it is moved, and is not held before it begins or on another day', () => {
    const confirmed = confirmSession(session, confirmation).session
    expect(codes(holdSession(confirmed, '2026-11-22T00:59:59.999Z'))).toEqual(['not-begun'])
    const moved = rescheduleSession(confirmed, { starts: '2026-11-24T01:00:00.000Z', ends: '2026-11-24T01:50:00.000Z' })
    expect(moved.session).toMatchObject({ is: 'scheduled' })
    expect(moved.session).not.toHaveProperty('location')
    expect(codes(confirmSession(moved.session, confirmation))).toEqual(['asked-on-another-day'])
    const forged = { ...confirmed, starts: '2026-11-24T01:00:00.000Z', ends: '2026-11-24T01:50:00.000Z' } as Session
    expect(codes(holdSession(forged, '2026-11-24T02:00:00.000Z'))).toEqual(['location-of-another-day'])
    expect(codes(holdSession(session, '2026-11-22T02:00:00.000Z'))).toEqual(['wrong-state'])
    const held = holdSession(confirmed, '2026-11-22T02:00:00.000Z').session
    expect(codes(rescheduleSession(held, plan))).toEqual(['wrong-state'])
  })

  it('S80 S79 keeps a list of locations: an entry has to be named, and naming one is not asking', () => {
    const home = { id: 'home', state: 'NY', timeZone: 'America/New_York', addedOn: '2026-01-05' } as const
    const list = addVirtualLocation([], home)
    const college = { id: 'college', state: 'NJ', timeZone: 'America/New_York', addedOn: '2026-09-01' } as const
    expect(addVirtualLocation(list, college)).toEqual([home, college])
    expect(list).toEqual([home])
    const withList = (locationId?: string) =>
      confirmSession(session, {
        ...confirmation,
        locations: [home, college],
        location: { ...asked, ...(locationId ? { locationId } : {}) },
      })
    expect(withList('home').accepted).toBe(true)
    expect(codes(withList('college'))).toEqual(['location-not-listed'])
    expect(codes(withList())).toEqual(['location-not-listed'])
    expect(
      codes(
        confirmSession(session, {
          ...confirmation,
          locations: [home],
          location: { ...asked, locationId: 'home', source: 'carried-over' },
        }),
      ),
    ).toEqual(['location-not-asked'])
    expect(() => addVirtualLocation([home], home)).toThrow()
  })

  it('S79 refuses what it cannot read, without repeating it', async () => {
    const bad: (() => unknown)[] = [
      () => scheduleSession({ ...plan, ends: plan.starts }),
      () => scheduleSession(null as never),
      () => confirmSession({ ...session, zed: 'Zedland' } as never, confirmation),
      () => confirmSession(session, { ...confirmation, location: { ...asked, timeZone: 'Mars/Zedland' } }),
      () => confirmSession(session, { ...confirmation, location: { ...asked, state: 'Zedland' as never } }),
      () => confirmSession(session, { ...confirmation, licences: 'Zedland' as never }),
      () => holdSession(session, 'Zedland'),
      () => addVirtualLocation([], { id: 'x', state: 'OH', timeZone: 'UTC', addedOn: '2026-02-30' }),
    ]
    for (const each of bad) {
      const error = await refusal(each)
      expect(error.code).toBe('PHI_BAA_SESSION')
      expect(error.message).not.toContain('Zedland')
    }
  })

  it('S79 knows the day at a place', () => {
    const at = Date.parse('2026-11-22T01:00:00.000Z')
    expect(dayIn('America/New_York', at)).toBe('2026-11-21')
    expect(dayIn('Pacific/Guam', at)).toBe('2026-11-22')
    expect(dayIn('Pacific/Pago_Pago', at)).toBe('2026-11-21')
    expect(dayIn('UTC', at)).toBe('2026-11-22')
    expect(dayIn('+05:00', at)).toBeUndefined()
    expect(dayIn('Nowhere/At_All', at)).toBeUndefined()
  })
})
