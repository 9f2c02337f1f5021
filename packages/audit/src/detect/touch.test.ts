import { describe, expect, it } from 'vitest'
import {
  DAY,
  facts,
  HOUR,
  type Input,
  MINUTE,
  MONDAY,
  read,
  recordsOf,
  runOne,
  staffMember,
} from '../../test/detect/records.ts'
import {
  auditGap,
  breakGlass,
  coworker,
  detect,
  noRelationship,
  offHours,
  sameHousehold,
  sameSurname,
  selfAccess,
  vipAccess,
} from './index.ts'

const iso = (at: number) => new Date(at).toISOString()
const roles = {
  rows: [
    { role: 'nurse', reach: 'related' },
    { role: 'billing', reach: 'all' },
  ],
} as const
const one = (patient: string, more: Partial<Input> = {}, at = MONDAY) => [read(at, 'ann', [patient], more)]

describe('no relationship', () => {
  const relations = {
    rows: [
      { kind: 'treatment', actor: 'ann', patient: 'p-own', from: iso(MONDAY - DAY), until: iso(MONDAY + DAY) },
      { kind: 'care-team', team: 'team-a', patient: 'p-team' },
      { kind: 'appointment', actor: 'ann', patient: 'p-visit', from: iso(MONDAY), until: iso(MONDAY + HOUR) },
    ],
    covers: { from: '2025-01-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' },
  } as const
  const known = facts({ roles, relations, staff: { rows: [{ actor: 'ann', teams: ['team-a'] }] } })

  it('S23 a record that nothing explains', () => {
    const { last, coverage } = runOne(noRelationship(), one('p-9'), known)
    expect(last).toMatchObject([{ severity: 'low', patients: ['p-9'], indices: [0], unknown: [] }])
    expect(last[0]?.explanation).toBe('ann opened the record of p-9 in 1 entries without a known relation to them.')
    expect(coverage).toMatchObject({ judged: 1, unknown: {} })
  })

  it('treatment, a team and an appointment explain it, each for its time', () => {
    for (const patient of ['p-own', 'p-team', 'p-visit'])
      expect(runOne(noRelationship(), one(patient), known).alerts).toEqual([])
    const alerts = (patient: string, at: number) => runOne(noRelationship(), one(patient, {}, at), known).last.length
    expect([alerts('p-own', MONDAY + DAY - 1), alerts('p-own', MONDAY + DAY)]).toEqual([0, 1])
    expect([alerts('p-visit', MONDAY - 3 * DAY), alerts('p-visit', MONDAY - 3 * DAY - 1)]).toEqual([0, 1])
    expect([alerts('p-visit', MONDAY + HOUR + 30 * DAY - 1), alerts('p-visit', MONDAY + HOUR + 30 * DAY)]).toEqual([0, 1])
  })

  it('what is not known is unknown: roles, relations, the time they cover, somebody’s teams', () => {
    const reason = (row: Parameters<typeof facts>[0], input = one('p-9')) =>
      runOne(noRelationship(), input, facts(row)).coverage.unknown
    expect(reason({})).toEqual({ 'reach of the role': 1 })
    expect(reason({ roles })).toEqual({ 'relations at the time': 1 })
    expect(reason({ roles, relations }, one('p-9', {}, Date.parse('2027-01-01T00:00:00.000Z')))).toEqual({
      'relations at the time': 1,
    })
    expect(reason({ roles, relations }, one('p-team'))).toEqual({ 'relations at the time': 1 })
    expect(
      runOne(noRelationship(), [{ ...(one('p-9')[0] as Input), action: 'export', subject: { count: 9 } }], known).coverage
        .unknown,
    ).toEqual({
      'patients not listed': 1,
    })
  })

  it('roles that reach every record are not judged, nor are broken glasses', () => {
    expect(runOne(noRelationship(), one('p-9', { actor: staffMember('ann', 'billing') }), known).coverage).toMatchObject({
      notApplicable: 1,
    })
    expect(runOne(noRelationship(), one('p-9', { context: { breakGlass: true } }), known).coverage).toMatchObject({
      notApplicable: 1,
    })
  })

  it('many records are one alert that gets worse, and a week later there is another', () => {
    const snoop = Array.from({ length: 12 }, (_, i) => read(MONDAY + i * HOUR, 'ann', [`q-${i}`]))
    const { alerts, last } = runOne(noRelationship(), [...snoop, read(MONDAY + 8 * DAY, 'ann', ['q-99'])], known)
    expect(last.map(({ severity, score }) => [severity, score])).toEqual([
      ['high', 12],
      ['low', 1],
    ])
    expect(alerts.map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5, 6, 1])
  })
})

describe('people one knows', () => {
  const staff = {
    rows: [
      { actor: 'ann', surnames: ['García-López'], household: 'h-1', patient: 'p-ann', kin: ['p-ex'] },
      { actor: 'bob', surnames: ['Smith'], patient: 'p-bob' },
    ],
  }
  const patients = {
    rows: [
      { patient: 'p-ann', surnames: ['Garcia Lopez'], household: 'h-1', vip: false },
      { patient: 'p-son', surnames: ['Garcia Lopez'], household: 'h-1' },
      { patient: 'p-cousin', surnames: ['GARCIA LOPEZ'], household: 'h-2' },
      { patient: 'p-star', surnames: ['Nova'], household: 'h-3', vip: true },
      ...Array.from({ length: 996 }, (_, i) => ({
        patient: `x-${i}`,
        surnames: [i < 20 ? 'Smith' : `Name${i}`],
        household: `h-${i + 9}`,
        vip: false,
      })),
    ],
  }
  const relations = {
    rows: [
      { kind: 'treatment', actor: 'ann', patient: 'p-son' },
      { kind: 'treatment', actor: 'ann', patient: 'p-bob' },
    ],
  } as const
  const known = facts({ roles, staff, patients, relations: { rows: [] } })
  const treating = facts({ roles, staff, patients, relations })

  it('one’s own record, milder to read than to change', () => {
    expect(runOne(selfAccess(), one('p-ann'), known).last).toMatchObject([{ severity: 'medium', patients: ['p-ann'] }])
    expect(runOne(selfAccess(), one('p-ann', { action: 'update' }), known).last).toMatchObject([{ severity: 'high' }])
    expect(runOne(selfAccess(), one('x-1'), known).coverage).toMatchObject({ judged: 1 })
    expect(runOne(selfAccess(), one('p-ann'), facts()).coverage).toMatchObject({ judged: 0, unknown: { 'own patient id': 1 } })
    // Patients open their own records through the portal.
    expect(runOne(selfAccess(), one('p-ann', { actor: { id: 'ann', type: 'patient' } }), known).alerts).toEqual([])
  })

  it('the household and the kin, milder where there is a relation', () => {
    expect(runOne(sameHousehold(), one('p-son'), known).last).toMatchObject([{ severity: 'medium' }])
    expect(runOne(sameHousehold(), one('p-son'), treating).last).toMatchObject([{ severity: 'low' }])
    expect(runOne(sameHousehold(), one('p-ex'), known).last).toMatchObject([{ severity: 'medium' }])
    expect(runOne(sameHousehold(), one('p-cousin'), known).alerts).toEqual([])
    expect(runOne(sameHousehold(), one('p-son', { actor: staffMember('bob', 'nurse') }), known).coverage.unknown).toEqual({
      household: 1,
    })
  })

  it('an uncommon family name, whatever its spelling; a common one says nothing', () => {
    expect(runOne(sameSurname(), one('p-cousin'), known).last).toMatchObject([
      { severity: 'low', baseline: { patientsWithTheName: 3, patientsWithAName: 1000 } },
    ])
    expect(runOne(sameSurname(), one('p-son'), known).alerts).toEqual([])
    expect(runOne(sameSurname(), one('x-3', { actor: staffMember('bob', 'nurse') }), known).coverage).toMatchObject({
      notApplicable: 1,
    })
    expect(runOne(sameSurname({ common: 0.02 }), one('x-3', { actor: staffMember('bob', 'nurse') }), known).last).toHaveLength(
      1,
    )
    expect(runOne(sameSurname(), one('p-cousin'), facts({ staff })).coverage.unknown).toEqual({ 'family names': 1 })
  })

  it('a colleague, unless one treats them', () => {
    expect(runOne(coworker(), one('p-bob'), known).last).toMatchObject([{ severity: 'medium' }])
    expect(runOne(coworker(), one('p-bob'), treating).alerts).toEqual([])
    expect(runOne(coworker(), one('p-bob', { actor: staffMember('ann', 'billing') }), known).last).toMatchObject([
      { severity: 'low' },
    ])
    expect(runOne(coworker(), one('p-bob'), facts()).coverage.unknown).toEqual({ 'patient ids of the staff': 1 })
  })

  it('a watched record', () => {
    expect(runOne(vipAccess(), one('p-star'), known).last).toMatchObject([{ severity: 'high' }])
    expect(runOne(vipAccess(), one('p-star', { actor: staffMember('ann', 'billing') }), known).last).toMatchObject([
      { severity: 'low' },
    ])
    expect(runOne(vipAccess(), one('p-star'), facts({ patients })).last).toMatchObject([
      { severity: 'medium', unknown: ['relations at the time'] },
    ])
    expect(runOne(vipAccess(), one('p-son'), known).coverage.unknown).toEqual({ 'whether the patient is marked': 1 })
    expect(runOne(vipAccess(), one('x-1'), known).coverage).toMatchObject({ judged: 1, unknown: {} })
  })
})

describe('break-glass', () => {
  const glass = (at: number, patient = 'p-1', id = `g-${at}`): Input => ({
    at,
    id,
    action: 'break-glass',
    outcome: 'success',
    actor: staffMember('ann', 'nurse'),
    subject: { patients: [patient] },
  })
  const review = (at: number, id: string, by = 'pat'): Input => ({
    at,
    action: 'review',
    outcome: 'success',
    actor: staffMember(by, 'privacy'),
    subject: { resource: { type: 'BreakGlass', id } },
  })
  const anything = (at: number): Input => ({ at, action: 'logout', outcome: 'success', actor: staffMember('zoe') })

  it('each is an item, overdue after 72 hours to the millisecond, and done when somebody else reviewed it', () => {
    const due = MONDAY + 72 * HOUR
    expect(runOne(breakGlass(), [glass(MONDAY), anything(due)]).last).toMatchObject([{ severity: 'low', patients: ['p-1'] }])
    expect(runOne(breakGlass(), [glass(MONDAY), anything(due + 1)]).last).toMatchObject([
      { severity: 'high', revision: 2, at: iso(due), indices: [0] },
    ])
    expect(runOne(breakGlass(), [glass(MONDAY, 'p-1', 'g'), review(due, 'g'), anything(due + DAY)]).last).toMatchObject([
      { severity: 'low' },
    ])
    expect(runOne(breakGlass(), [glass(MONDAY, 'p-1', 'g'), review(due, 'g', 'ann'), anything(due + DAY)]).last).toMatchObject([
      { severity: 'high' },
    ])
    expect(runOne(breakGlass(), [review(MONDAY, 'other')]).coverage.unknown).toEqual({ 'which break-glass was reviewed': 1 })
  })

  it('tells by the time alone too, with the same alert', () => {
    const detection = detect({ detectors: [breakGlass()], facts: facts() })
    const [first] = recordsOf([glass(MONDAY)]).flatMap((record) => detection.step(record))
    expect(detection.tick(MONDAY + 72 * HOUR)).toEqual([])
    const [overdue] = detection.tick(MONDAY + 73 * HOUR)
    expect(overdue).toMatchObject({ id: first?.id, revision: 2, severity: 'high' })
    expect(detection.tick(MONDAY + 74 * HOUR)).toEqual([])
    expect(runOne(breakGlass(), [glass(MONDAY), anything(MONDAY + 90 * HOUR)]).last).toEqual([overdue])
  })

  it('somebody who breaks it often', () => {
    const often = (count: number) => Array.from({ length: count }, (_, i) => glass(MONDAY + i * DAY, `p-${i}`))
    const frequent = (count: number) => runOne(breakGlass(), often(count)).last.filter(({ threshold }) => threshold === 5)
    expect(frequent(4)).toEqual([])
    expect(frequent(5)).toMatchObject([{ severity: 'medium', score: 5, indices: [0, 1, 2, 3, 4] }])
    expect(frequent(10)).toMatchObject([{ severity: 'high' }])
  })

  it('an access through a glass that nobody broke', () => {
    const through = (at: number, patient: string) => read(at, 'ann', [patient], { context: { breakGlass: true } })
    expect(runOne(breakGlass(), [glass(MONDAY), through(MONDAY + 24 * HOUR, 'p-1')]).last).toHaveLength(1)
    expect(runOne(breakGlass(), [glass(MONDAY), through(MONDAY + 24 * HOUR + 1, 'p-1')]).last).toHaveLength(2)
    expect(runOne(breakGlass(), [glass(MONDAY), through(MONDAY + HOUR, 'p-2')]).last[1]).toMatchObject({
      severity: 'high',
      patients: ['p-2'],
    })
    expect(runOne(breakGlass(), [through(MONDAY, 'p-2')]).last).toMatchObject([{ patients: ['p-2'] }])
  })
})

describe('S23 off hours', () => {
  // Monday 5 January 2026, 02:00 in New York.
  const night = Date.parse('2026-01-06T07:00:00.000Z')
  const hours = { rows: [1, 2, 3, 4, 5].map((weekday) => ({ weekday, from: '08:00', until: '18:00' })) }
  const touch = (at: number, patient: string, more: Partial<Input> = {}) => read(at, 'ann', [patient], more)
  const five = (at: number) => [0, 1, 2, 3, 4].map((i) => touch(at + i * MINUTE, `p-${i}`))

  it('S23 five patients at night, not four; one export at once', () => {
    const known = facts({ hours })
    expect(runOne(offHours(), five(night).slice(0, 4), known).alerts).toEqual([])
    expect(runOne(offHours(), five(night), known).last).toMatchObject([
      { severity: 'low', score: 5, indices: [0, 1, 2, 3, 4], baseline: { localHour: 2 } },
    ])
    expect(runOne(offHours(), [touch(night, 'p-1', { action: 'export' })], known).last).toMatchObject([{ severity: 'medium' }])
  })

  it('a shift, opening hours and habit explain it', () => {
    const shifts = { rows: [{ actor: 'ann', from: iso(night - 8 * HOUR), until: iso(night - HOUR) }] }
    expect(runOne(offHours(), five(night), facts({ hours, shifts })).alerts).toEqual([])
    expect(runOne(offHours(), five(night + HOUR), facts({ hours, shifts })).last).toHaveLength(1)
    expect(runOne(offHours(), five(MONDAY), facts({ hours })).alerts).toEqual([])
    const usual = [0, 1, 2].flatMap((day) => [touch(night + day * DAY, 'p-1')])
    expect(runOne(offHours(), [...usual, ...five(night + 3 * DAY)], facts({ hours })).alerts).toEqual([])
  })

  it('with nothing known it learns first and says so', () => {
    const { alerts, coverage } = runOne(offHours(), five(night))
    expect(alerts).toEqual([])
    expect(coverage).toMatchObject({ judged: 0, unknown: { 'shifts, opening hours and habit': 5 } })
    const usual = Array.from({ length: 10 }, (_, i) => touch(MONDAY + i * DAY, 'p-1'))
    expect(runOne(offHours(), [...usual, ...five(night + 11 * DAY)]).last).toHaveLength(1)
  })

  it('local time, when the clocks change and on holidays', () => {
    // 08:30 local on the Mondays before and after 8 March 2026: 13:30Z and 12:30Z.
    const known = facts({ hours: { ...hours, holidays: ['2026-03-10'] } })
    expect(runOne(offHours(), five(Date.parse('2026-03-02T13:30:00.000Z')), known).alerts).toEqual([])
    expect(runOne(offHours(), five(Date.parse('2026-03-09T12:30:00.000Z')), known).alerts).toEqual([])
    expect(runOne(offHours(), five(Date.parse('2026-03-02T12:30:00.000Z')), known).last).toHaveLength(1)
    expect(runOne(offHours(), five(Date.parse('2026-03-10T14:30:00.000Z')), known).last).toHaveLength(1)
  })
})

describe('audit gap', () => {
  const hours = { rows: [1, 2, 3, 4, 5].map((weekday) => ({ weekday, from: '08:00', until: '18:00' })) }
  /** 60 records an hour, 08:00 to 18:00 on working days. */
  const weeks = (until: number, skip: (at: number) => boolean = () => false): Input[] => {
    const out: Input[] = []
    const opens = MONDAY - HOUR
    for (let day = 0; day < 14; day++) {
      if (day % 7 > 4) continue
      for (let minute = 0; minute < 600; minute++) {
        const at = opens + day * DAY + minute * MINUTE
        if (at <= until && !skip(at))
          out.push({ at, action: 'execute', outcome: 'success', actor: { id: 'svc', type: 'service' } })
      }
    }
    return out
  }
  const from = MONDAY + 7 * DAY
  const all = weeks(from + HOUR)

  it('S25 recording that stops for half an hour of a working day', () => {
    const gap = (minutes: number) => weeks(from + HOUR, (at) => at >= from && at < from + minutes * MINUTE)
    expect(runOne(auditGap(), all, facts({ hours })).alerts).toEqual([])
    expect(runOne(auditGap(), gap(20), facts({ hours })).alerts).toEqual([])
    const { last } = runOne(auditGap(), gap(30), facts({ hours }))
    expect(last).toMatchObject([{ severity: 'high', baseline: { minutes: 31, recordsExpected: 31 }, from: iso(from - MINUTE) }])
    expect(last[0]?.indices).toHaveLength(2)
  })

  it('nights and weekends are quiet, and nothing is expected before it was seen', () => {
    const { coverage } = runOne(auditGap(), all.slice(0, 3), facts({ hours }))
    expect(coverage.judged).toBe(3)
    const first = weeks(MONDAY + HOUR, (at) => at >= MONDAY && at < MONDAY + 30 * MINUTE)
    expect(runOne(auditGap(), first, facts({ hours }))).toMatchObject({
      alerts: [],
      coverage: { unknown: { 'pace of the hours': 1 } },
    })
  })

  it('a Saturday with few hours is not held against the pace of a Tuesday, and a Tuesday still is', () => {
    const open = { rows: [...hours.rows, { weekday: 6, from: '09:00', until: '13:00' }] }
    // Four records an hour on Saturdays, with half an hour of nothing in between.
    const saturday: Input[] = [0, 1, 2, 33, 34].map((minute) => ({
      at: MONDAY + 5 * DAY + HOUR + minute * MINUTE,
      action: 'execute',
      outcome: 'success',
      actor: { id: 'svc', type: 'service' },
    }))
    const both = [...all, ...saturday].sort((a, b) => a.at - b.at)
    expect(runOne(auditGap(), both, facts({ hours: open })).alerts).toEqual([])
    const stopped = both.filter(({ at }) => at < from || at >= from + 40 * MINUTE)
    expect(runOne(auditGap(), stopped, facts({ hours: open })).last).toMatchObject([{ severity: 'high' }])
  })

  it('an attack in a quiet hour is not the pace of that hour', () => {
    const quiet = (day: number, minute: number): Input => ({
      at: MONDAY + day * DAY - 8 * HOUR + minute * MINUTE,
      action: 'execute',
      outcome: 'success',
      actor: { id: 'svc', type: 'service' },
    })
    // Two records between one and two at night, and 600 on the Friday.
    const nights = [0, 1, 2, 3, 4, 7, 8].flatMap((day) => [quiet(day, 1), quiet(day, 51)])
    const attack = Array.from({ length: 600 }, (_, i) => quiet(4, 2 + i / 15))
    const inputs = [...nights, ...attack].sort((a, b) => a.at - b.at)
    expect(runOne(auditGap(), inputs, facts({ hours })).alerts).toEqual([])
  })

  it('S25 a silent log is told by the time, once, and the record that ends it belongs to the same alert', () => {
    const detection = detect({ detectors: [auditGap()], facts: facts({ hours }) })
    const records = recordsOf([
      ...weeks(from),
      { at: from + 2 * HOUR, action: 'execute', outcome: 'success', actor: { id: 'svc', type: 'service' } },
    ])
    for (const record of records.slice(0, -1)) expect(detection.step(record)).toEqual([])
    expect(detection.tick(from + 29 * MINUTE)).toEqual([])
    const [silent] = detection.tick(from + 40 * MINUTE)
    expect(silent).toMatchObject({ revision: 1, baseline: { minutes: 40 } })
    expect(detection.tick(from + 50 * MINUTE)).toEqual([])
    const [ended] = detection.step(records.at(-1) as never)
    expect(ended).toMatchObject({ id: silent?.id, revision: 2, baseline: { minutes: 120 } })
  })
})
