import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  breakGlass,
  bulkAccess,
  type Detector,
  detect,
  failedLogins,
  impossibleTravel,
  investigate,
  noRelationship,
  offHours,
  privilegeChange,
  standardDetectors,
} from '../../src/detect/index.ts'
import { Table, tableOf } from '../../src/detect/table.ts'
import {
  DAY,
  facts,
  HOUR,
  type Input,
  login,
  MINUTE,
  MONDAY,
  patients,
  read,
  recordsOf,
  runOne,
  staffMember,
} from './records.ts'

const networks = {
  rows: Array.from({ length: 60 }, (_, i) => ({
    cidr: `203.0.${i}.0/24`,
    kind: 'other' as const,
    country: 'US',
    latitude: i,
    longitude: i * 2,
  })),
}
const resumes = (detectors: Detector[], inputs: readonly Input[], known = facts({ networks })) => {
  const detection = detect({ detectors, facts: known })
  for (const record of recordsOf(inputs)) detection.step(record)
  const state = JSON.parse(JSON.stringify(detection.state()))
  return { state, again: detect({ detectors, facts: known, state }) }
}

describe('state that cannot be poisoned', () => {
  it('S23 an account named like the end of a sentence does not make explanations grow', () => {
    const account = 'x Then alice signed in from the office.'
    const { alerts } = runOne(
      failedLogins(),
      Array.from({ length: 400 }, (_, i) => login(MONDAY + i * 1000, account, '203.0.113.9', 'failure')),
    )
    for (const { explanation } of alerts) expect(explanation.length).toBeLessThan(300)
    const inputs = [
      ...Array.from({ length: 12 }, (_, i) => login(MONDAY + i * 1000, account, '203.0.113.9', 'failure')),
      login(MONDAY + MINUTE, account, '203.0.113.9'),
      ...Array.from({ length: 40 }, (_, i) => login(MONDAY + 2 * MINUTE + i * 1000, account, '203.0.113.9', 'failure')),
      login(MONDAY + 4 * MINUTE, account, '203.0.113.9'),
    ]
    const detection = detect({ detectors: [failedLogins()], facts: facts() })
    for (const record of recordsOf(inputs)) detection.step(record)
    const [alert] = detection.alerts()
    expect(alert?.explanation).toBe(
      `Signing in as ${account} failed 52 times within 15 minutes; 10 is the limit. Then ${account} signed in from 203.0.113.9.`,
    )
  })

  it('a person of many long roles does not make a state that cannot be read back', () => {
    const roles = Array.from({ length: 32 }, (_, i) => `${i}-${'r'.repeat(61)}`)
    const { again } = resumes(
      [bulkAccess()],
      [read(MONDAY, 'ann', ['p-1'], { actor: { id: 'ann', type: 'workforce', roles } })],
    )
    expect(again.next).toBe(1)
  })

  it('late sightings at many places neither pile up nor make a state that cannot be read back', () => {
    const visits = Array.from({ length: 60 }, (_, i) => ({
      ...login(MONDAY + 20 * HOUR + i, 'ann', `203.0.${i}.9`),
      happened: MONDAY + 20 * HOUR - i * MINUTE,
    }))
    const { state, again } = resumes([impossibleTravel()], visits)
    expect(again.next).toBe(60)
    expect(state.detectors[0].tables.actors.rows[0][2].stays.length).toBeLessThanOrEqual(32)
  })

  it('a record that says it is a year old does not make habits forgotten', () => {
    const day = (i: number) => MONDAY + i * DAY
    const work = Array.from({ length: 14 }, (_, i) => read(day(i), 'ann', ['p-1']))
    const old = { ...read(day(14), 'ann', ['p-1']), happened: day(-400) }
    const night = patients(5).map((patient, i) => read(day(14) + 13 * HOUR + i * MINUTE, 'ann', [patient]))
    expect(runOne(offHours({ patients: 3 }), [...work, ...night]).last).toHaveLength(1)
    expect(runOne(offHours({ patients: 3 }), [...work, old, ...night]).last).toHaveLength(1)
  })

  it('hostile streams leave a state that every detector reads back', () => {
    const long = (prefix: string, i: number) => `${prefix}${i}${'z'.repeat(250)}`.slice(0, 256)
    const acts = ['read', 'login-failed', 'login', 'export', 'break-glass', 'grant', 'revoke', 'delete', 'review'] as const
    const inputs: Input[] = Array.from({ length: 900 }, (_, i) => ({
      at: MONDAY + i * 40_000,
      happened: MONDAY + i * 40_000 - (i % 7) * 3 * HOUR,
      id: `${i}${'!'.repeat(120)}`,
      action: acts[i % acts.length] as (typeof acts)[number],
      outcome: i % 5 === 0 ? 'denied' : 'success',
      actor: {
        id: long('a', i % 3),
        type: 'workforce' as const,
        roles: Array.from({ length: 32 }, (_, r) => `${r}-${'r'.repeat(60)}`),
      },
      source: { ip: `203.0.${i % 60}.1`, userAgent: 'u'.repeat(1024) },
      subject: {
        resource: { type: i % 2 ? 'Account' : 'BreakGlass', id: long('a', i % 4) },
        patients: Array.from({ length: i % 100 === 0 ? 1000 : 3 }, (_, p) => long('p', p + i)),
        count: Number.MAX_SAFE_INTEGER,
      },
      context: { breakGlass: i % 4 === 0, details: { device: 'd'.repeat(1024) } },
    }))
    const { again } = resumes(standardDetectors(), inputs)
    expect(again.next).toBe(900)
  })
})

describe('what is believed, and for how long', () => {
  it('days that were too much do not become what is normal, however many of them follow', () => {
    const day = (i: number, count: number) => read(MONDAY + i * DAY, 'ann', patients(count, i * 1000))
    const usual = Array.from({ length: 6 }, (_, i) => day(i, 25))
    const storm = Array.from({ length: 8 }, (_, i) => day(6 + i, 1000))
    const { last } = runOne(bulkAccess(), [...usual, ...storm])
    expect(last).toHaveLength(8)
    for (const { threshold } of last) expect(threshold).toBeLessThan(1000)
  })

  it('a time that lies ahead of the log is not believed, and is counted', () => {
    const { coverage } = runOne(offHours(), [{ ...read(MONDAY, 'ann', ['p-1']), happened: MONDAY + 6 * MINUTE }])
    expect(coverage.unknown).toMatchObject({ 'time ahead of the log': 1 })
    const known = facts({
      shifts: { rows: [{ actor: 'ann', from: '2026-01-06T02:00:00.000Z', until: '2026-01-06T10:00:00.000Z' }] },
    })
    const night = patients(6).map((patient) => ({ ...read(MONDAY, 'ann', [patient]), happened: MONDAY + 13 * HOUR }))
    expect(runOne(offHours({ patients: 3 }), night, known).last).toHaveLength(1)
  })

  it('what is due to be forgotten is not given out, swept or not, whichever way the clock went', () => {
    const table = new Table(tableOf(z.string(), 1000))
    table.set('a', 'x', 5000)
    for (const now of [4000, 5000, 6000]) expect(table.get('a', now)).toBe('x')
    for (const now of [3999, 6001]) {
      expect(table.get('a', now)).toBeUndefined()
      expect([...table.entries(now)]).toEqual([])
    }
    expect(table.size).toBe(1)
  })
})

describe('broken glasses that nobody reviews', () => {
  const at = (hours: number) => MONDAY + hours * HOUR
  const glass = (hours: number, id: string): Input => ({ ...read(at(hours), 'ann', [`p-${id}`]), id, action: 'break-glass' })

  it('each is told when it falls due, whatever came in between, the same after a resumption at any record', () => {
    const inputs = [
      glass(0, 'a'),
      glass(1, 'b'),
      read(at(71), 'bob', ['p-1']),
      glass(71.5, 'c'),
      read(at(72), 'bob', ['p-1']),
      read(at(72.1), 'bob', ['p-1']),
      read(at(73.1), 'bob', ['p-1']),
      read(at(100), 'bob', ['p-1']),
      read(at(144), 'bob', ['p-1']),
    ]
    const records = recordsOf(inputs)
    const told = (cut: number) => {
      const detectors = [breakGlass({ frequent: 200 })]
      let detection = detect({ detectors, facts: facts() })
      const out: string[] = []
      for (const record of records) {
        if (record.index === cut) detection = detect({ detectors, facts: facts(), state: detection.state() })
        for (const alert of detection.step(record))
          if (alert.severity === 'high') out.push(`${record.index} ${alert.patients} ${alert.at}`)
      }
      return out
    }
    const whole = told(-1)
    expect(whole).toEqual([
      '5 p-a 2026-01-08T14:00:00.000Z',
      '6 p-b 2026-01-08T15:00:00.000Z',
      '8 p-c 2026-01-11T13:30:00.000Z',
    ])
    for (let cut = 1; cut < records.length; cut++) expect(told(cut)).toEqual(whole)
  })
})

describe('ways around a detector', () => {
  it('S133 the record of a patient is that patient, also where the list of patients was left out', async () => {
    const open = (i: number): Input => ({
      ...read(MONDAY + i * 1000, 'ann', []),
      subject: { resource: { type: 'Patient', id: `p-${i}` } },
    })
    const inputs = Array.from({ length: 80 }, (_, i) => open(i))
    expect(runOne(bulkAccess(), inputs).last).toMatchObject([{ detector: 'bulk-access', score: 61, threshold: 60 }])
    const known = facts({
      roles: { rows: [{ role: 'nurse', reach: 'related' }] },
      relations: { rows: [] },
    })
    expect(runOne(noRelationship(), inputs.slice(0, 2), known).last).toMatchObject([{ patients: ['p-0', 'p-1'] }])
    const window = { from: '2026-01-05T00:00:00.000Z', until: '2026-01-07T00:00:00.000Z' }
    const found = await investigate(recordsOf(inputs), { actor: 'ann', window })
    expect(found.individuals).toMatchObject({ count: 80, isComplete: true })
    expect((await investigate(recordsOf(inputs), { patients: ['p-7'], window })).indices).toEqual([7])
  })

  it('S133 an access that names nobody leaves the number of individuals open', async () => {
    const window = { from: '2026-01-05T00:00:00.000Z', until: '2026-01-07T00:00:00.000Z' }
    const note: Input = { ...read(MONDAY, 'ann', []), subject: { resource: { type: 'ProgressNote', id: 'n-1' } } }
    const bare: Input = { at: MONDAY, action: 'read', outcome: 'success', actor: staffMember('ann') }
    const list: Input = { ...read(MONDAY, 'ann', []), action: 'export', subject: { count: 500 } }
    for (const input of [note, bare, list])
      expect((await investigate(recordsOf([input]), { actor: 'ann', window })).individuals).toMatchObject({
        count: 0,
        unlistedIndices: [0],
        isComplete: false,
      })
    // Whether a patient was among the five hundred is not known either.
    const asked = await investigate(recordsOf([list, read(MONDAY, 'bob', ['p-2'])]), { patients: ['p-1'], window })
    expect(asked).toMatchObject({ indices: [], individuals: { count: 0, unlistedIndices: [0], isComplete: false } })
    const refused = { ...note, outcome: 'denied' as const }
    expect((await investigate(recordsOf([refused]), { actor: 'ann', window })).individuals.isComplete).toBe(true)
  })

  it('a read of so many records of nobody named is unknown, not fine', () => {
    const input: Input = { ...read(MONDAY, 'ann', []), subject: { count: 400 } }
    expect(runOne(bulkAccess(), [input]).coverage).toMatchObject({ unknown: { 'patients not listed': 1 }, notApplicable: 0 })
  })

  it('a permission that was used to take something out is not forgotten when it is taken back', () => {
    const grant = (action: 'grant' | 'revoke', at: number): Input => ({
      at,
      action,
      outcome: 'success',
      actor: staffMember('boss', 'admin'),
      subject: { resource: { type: 'Account', id: 'ann' } },
    })
    const out: Input = { ...read(MONDAY + MINUTE, 'ann', []), action: 'export', subject: { count: 500 } }
    const inputs = [grant('grant', MONDAY), out, grant('revoke', MONDAY + 2 * MINUTE)]
    const detection = detect({ detectors: [privilegeChange()], facts: facts() })
    for (const record of recordsOf(inputs)) detection.step(record)
    expect(detection.alerts()).toMatchObject([{ severity: 'high', baseline: { takenBack: 'yes', informationLeft: 'yes' } }])
  })
})
