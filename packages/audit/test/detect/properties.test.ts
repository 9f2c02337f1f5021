import { fixedClock } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Alert,
  alertSchema,
  type DetectionState,
  detect,
  type Facts,
  investigate,
  practiceFacts,
  standardDetectors,
} from '../../src/detect/index.ts'
import { memoryStore, openAuditLog, verifyBundle } from '../../src/index.ts'
import { ed25519Signer } from '../../src/note/index.ts'
import type { AuditRecord } from '../../src/record.ts'
import { DAY, facts, HOUR, type Input, MINUTE, MONDAY, patients, read, recordsOf, staffMember } from './records.ts'

const known: Facts = facts({
  staff: {
    rows: [
      { actor: 'u-0', surnames: ['Rare'], household: 'h', patient: 'p-0' },
      { actor: '__proto__', patient: 'p-1' },
    ],
  },
  patients: {
    rows: patients(30).map((patient, i) => ({
      patient,
      surnames: [i === 3 ? 'Rare' : `n${i}`],
      household: i === 4 ? 'h' : `h-${i}`,
      vip: i === 5,
    })),
  },
  roles: { rows: [{ role: 'nurse', reach: 'related' }] },
  relations: { rows: [{ kind: 'treatment', actor: 'u-1', patient: 'p-2' }] },
  networks: {
    rows: [
      { cidr: '203.0.113.0/25', kind: 'other', country: 'US', latitude: 40.7, longitude: -74 },
      { cidr: '203.0.113.128/25', kind: 'other', country: 'RO', latitude: 44.4, longitude: 26.1 },
    ],
  },
})

const actions = [
  'read',
  'read',
  'read',
  'export',
  'update',
  'delete',
  'print',
  'login',
  'login-failed',
  'break-glass',
  'grant',
  'search',
] as const
const outcomes = ['success', 'success', 'success', 'failure', 'denied'] as const

/** A stream of any order and pace: steps back, jumps of weeks, lateness, absurd times, a few actors and patients. */
const stream = fc
  .array(
    fc.record({
      step: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 0, max: 10 * MINUTE }) },
        { weight: 2, arbitrary: fc.constantFrom(0, -HOUR, -3 * DAY, 20 * HOUR, 9 * DAY, 60 * DAY) },
      ),
      late: fc.constantFrom(0, 0, 0, HOUR, 23 * HOUR, 30 * HOUR, 400 * DAY, -HOUR, -1000 * DAY),
      actor: fc.constantFrom('u-0', 'u-0', 'u-1', 'u-2', '__proto__', 'constructor'),
      action: fc.constantFrom(...actions),
      outcome: fc.constantFrom(...outcomes),
      people: fc.array(fc.nat(29), { maxLength: 4 }),
      ip: fc.constantFrom('203.0.113.9', '203.0.113.200', '192.0.2.1'),
      glass: fc.boolean(),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((steps) => {
    let at = MONDAY
    return recordsOf(
      steps.map(({ step, late, actor, action, outcome, people, ip, glass }): Input => {
        at += step
        return {
          at,
          happened: at - late,
          action,
          outcome,
          actor: staffMember(actor, 'nurse'),
          source: { ip, userAgent: `agent ${people[0] ?? ''}` },
          subject: {
            patients: [...new Set(people)].map((n) => `p-${n}`),
            ...(action === 'grant' ? { resource: { type: 'Account', id: people.length % 2 ? actor : 'u-2' } } : {}),
            ...(action === 'export' ? { count: people.length * 40 } : {}),
          },
          context: { breakGlass: glass && people.length === 4 },
        }
      }),
    )
  })

const all = (records: readonly AuditRecord[], state?: unknown): { alerts: Alert[]; state: DetectionState } => {
  const detection = detect({ detectors: standardDetectors(), facts: known, state })
  const alerts = records.flatMap((record) => detection.step(record))
  return { alerts, state: detection.state() }
}

const long = process.env.PHI_LONG === '1'
const runs = long ? 3000 : 24

describe('S23 every detector', { timeout: long ? 1_800_000 : 60_000 }, () => {
  it('S23 gives the same answer again, in any order of detectors, cut anywhere and resumed from JSON', () => {
    fc.assert(
      fc.property(stream, fc.nat(), (records, at) => {
        const whole = all(records)
        expect(all(records)).toEqual(whole)
        const backwards = detect({ detectors: standardDetectors().reverse(), facts: known })
        expect(records.flatMap((record) => backwards.step(record))).toEqual(whole.alerts)
        const cut = at % (records.length + 1)
        const first = all(records.slice(0, cut))
        const second = all(records.slice(cut), JSON.parse(JSON.stringify(first.state)))
        expect([...first.alerts, ...second.alerts]).toEqual(whole.alerts)
        expect(second.state).toEqual(whole.state)
      }),
      { numRuns: runs },
    )
  })

  it('S23 is a pure function of state, record and facts: step by step it says what detect says, and leaves the state as it was', () => {
    fc.assert(
      fc.property(stream, (records) => {
        for (const detector of standardDetectors()) {
          const detection = detect({ detectors: [detector], facts: known })
          let state: Parameters<typeof detector.step>[0]
          for (const record of records.slice(0, 25)) {
            const before = JSON.stringify(state)
            const answer = detector.step(state, record, known)
            expect(JSON.stringify(state)).toBe(before)
            expect(answer.alerts).toEqual(detection.step(record))
            state = answer.state
          }
        }
      }),
      { numRuns: Math.ceil(runs / 12) },
    )
  })

  it('alerts are well-formed, grow by revisions, and name entries that were there', () => {
    fc.assert(
      fc.property(stream, (records) => {
        const revisions = new Map<string, number>()
        for (const alert of all(records).alerts) {
          alertSchema.parse(alert)
          expect(alert.revision).toBe((revisions.get(alert.id) ?? 0) + 1)
          revisions.set(alert.id, alert.revision)
          expect(alert.indices.length).toBeGreaterThan(0)
          expect(alert.indices.every((index) => index < records.length)).toBe(true)
          expect([...alert.indices].sort((a, b) => a - b)).toEqual(alert.indices)
          expect(alert.from <= alert.until).toBe(true)
          expect(alert.explanation).not.toMatch(/undefined|NaN|null/)
        }
      }),
      { numRuns: runs },
    )
  })

  it('forgets: over a year of many people the state stops growing', () => {
    const detection = detect({ detectors: standardDetectors(), facts: known })
    const sizes: number[] = []
    let index = 0
    for (let month = 0; month < 30; month++) {
      for (let i = 0; i < 40; i++) {
        const at = MONDAY + month * 30 * DAY + i * 16 * HOUR
        // Everybody is new each month: nobody may be remembered for good.
        const [record] = recordsOf(
          [read(at, `m${month}-${i % 20}`, [`p-${month}-${i}`], { source: { ip: `10.${month}.${i}.1`, userAgent: 'x' } })],
          index++,
        )
        detection.step(record as AuditRecord)
      }
      sizes.push(JSON.stringify(detection.state()).length)
    }
    expect(Math.max(...sizes.slice(-5))).toBeLessThan(1.1 * Math.max(...sizes.slice(18, 23)))
  })
})

describe('what is handed in', () => {
  const records = recordsOf([read(MONDAY, 'u-0', ['p-3']), read(MONDAY + 1, 'u-0', ['p-5'])])
  const code = (expected: string) => expect.objectContaining({ code: expected })

  it('records are taken in order, of one log, without a gap', () => {
    const [first, second] = records as [AuditRecord, AuditRecord]
    const start = () => detect({ detectors: standardDetectors(), facts: known })
    const refuses = (...list: readonly AuditRecord[]) => {
      const detection = start()
      detection.step(first)
      for (const each of list) expect(() => detection.step(each)).toThrow(code('PHI_AUDIT_DETECT_ORDER'))
      // A record that was refused changed nothing.
      expect(detection.next).toBe(1)
      detection.step(second)
    }
    refuses(
      first,
      { ...second, index: 2 },
      { ...second, origin: 'other' },
      { ...second, index: 1.5 },
      { ...second, recordedAt: 'now' },
    )
    expect(() => start().step({ ...first, index: -1 })).toThrow(code('PHI_AUDIT_DETECT_ORDER'))
  })

  it('a state is that of these detectors or it is refused', () => {
    const { state } = all(records)
    const text = JSON.stringify(state)
    const resume = (other: unknown, detectors = standardDetectors()) => detect({ detectors, facts: known, state: other })
    expect(resume(JSON.parse(text)).next).toBe(2)
    expect(() => resume(JSON.parse(text), standardDetectors().slice(1))).toThrow(code('PHI_AUDIT_DETECT_STATE'))
    for (const damage of [
      text.replace('"version":1', '"version":2'),
      text.replace('"learnDays":7', '"learnDays":8'),
      text.replace('"judged":2', '"judged":-2'),
      text.replace('"touches":1', '"touches":"1"'),
      text.replace('phi.audit/detection@v1', 'phi.audit/detection@v2'),
      text.replace('"evicted":0', '"evicted":0,"more":1'),
    ]) {
      expect(damage).not.toBe(text)
      expect(() => resume(JSON.parse(damage))).toThrow(code('PHI_AUDIT_DETECT_STATE'))
    }
    for (const other of [null, 7, 'state', [], {}]) expect(() => resume(other)).toThrow(code('PHI_AUDIT_DETECT_STATE'))
  })

  it('no patient, actor or stored text reaches an error', () => {
    const { state } = all(recordsOf([read(MONDAY, 'Jane Roe', ['Jane Roe'])]))
    const damaged = JSON.parse(JSON.stringify(state).replace('"touches":1', '"touches":"Jane Roe"'))
    try {
      detect({ detectors: standardDetectors(), facts: known, state: damaged })
      expect.unreachable()
    } catch (error) {
      expect(JSON.stringify(error) + String(error) + String((error as Error).cause)).not.toContain('Jane')
    }
    try {
      practiceFacts({ timeZone: 'America/New_York', staff: { rows: [{ actor: 'Jane Roe', surname: 'Roe' }] } } as never)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'PHI_AUDIT_DETECT_FACTS', path: 'facts.staff.rows.*' })
      expect(JSON.stringify(error)).not.toContain('Roe')
    }
  })

  it('facts that fail stop it: a record that was judged in part is not passed over', () => {
    const broken: Facts = {
      ...known,
      relation: () => {
        throw new Error('no connection')
      },
    }
    const detection = detect({ detectors: standardDetectors(), facts: broken })
    expect(() => detection.step(records[0] as AuditRecord)).toThrow(code('PHI_AUDIT_DETECT_FAILED'))
    expect(() => detection.step(records[0] as AuditRecord)).toThrow(code('PHI_AUDIT_DETECT_FAILED'))
    expect(() => detection.state()).toThrow(code('PHI_AUDIT_DETECT_FAILED'))
  })

  it('a record with groups that cannot be read is unknown to every detector that needs them', () => {
    const [record] = records as [AuditRecord]
    const { event } = record
    const blind = [
      { ...record, event: { ...event, actor: undefined }, withheld: ['actor'] },
      { ...record, event: { ...event, subject: undefined }, sealed: ['subject'] },
      { ...record, event: { actor: event.actor }, altered: ['event'], genuine: false },
    ] as unknown as AuditRecord[]
    const needs = [
      ['bulk-access', 'no-relationship', 'vip', 'off-hours', 'self-access'],
      ['bulk-access', 'no-relationship', 'vip', 'off-hours', 'self-access'],
      ['bulk-access', 'failed-logins', 'break-glass', 'new-place', 'dormant-account'],
    ]
    blind.forEach((each, i) => {
      const detection = detect({ detectors: standardDetectors(), facts: known })
      detection.step(each)
      for (const name of needs[i] as string[]) {
        expect(detection.coverage()[name]).toMatchObject({ judged: 0, notApplicable: 0 })
        expect(Object.keys(detection.coverage()[name]?.unknown ?? {})).not.toEqual([])
      }
    })
  })

  it.each(['0000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'])('%s is a time like others', (time) => {
    const absurd = recordsOf(
      patients(80).map((patient, i) => read(MONDAY + i, 'u-0', [patient], { source: { ip: '203.0.113.9' } })),
    ).map((record) => ({ ...record, recordedAt: time, event: { ...record.event, occurredAt: time } }))
    const { alerts } = all(absurd)
    expect(alerts.map(({ detector }) => detector)).toContain('bulk-access')
    // And a clock that was put right afterwards does not blind it.
    const later = recordsOf(
      patients(80).map((patient, i) => read(MONDAY + i * 1000, 'u-9', [patient])),
      80,
    )
    expect(
      all([...absurd, ...later])
        .alerts.filter(({ actor }) => actor === 'u-9')
        .map(({ detector }) => detector),
    ).toContain('bulk-access')
  })
})

describe('on a log', () => {
  it('S23 S132 S133 a nurse opens 90 charts: alert, evidence that verifies, containment, investigation', async () => {
    const origin = 'clinic.example/audit'
    const clock = fixedClock(MONDAY)
    const log = await openAuditLog({ origin, store: memoryStore(), signer: await ed25519Signer.generate(origin), clock })
    for (const patient of patients(90)) {
      clock.advance(20_000)
      await log.append({
        action: 'read',
        outcome: 'success',
        actor: staffMember('u-7', 'nurse'),
        source: { ip: '203.0.113.9', session: 's-1' },
        subject: { resource: { type: 'ProgressNote', id: `n-${patient}` }, patients: [patient], dataClasses: ['phi.clinical'] },
      } as never)
    }
    const detection = detect({ detectors: standardDetectors(), facts: known })
    const seen: Alert[] = []
    for await (const alert of detection.run(log.records())) seen.push(alert)
    const alert = detection.alerts().find(({ detector }) => detector === 'bulk-access') as Alert
    expect(seen.some(({ id }) => id === alert.id)).toBe(true)
    expect(alert).toMatchObject({ score: 90, actor: 'u-7' })
    expect(alert.containment.map(({ step }) => step)).toEqual([
      'revoke-sessions',
      'suspend-account',
      'restrict-to-incident-team',
    ])

    const by = { actor: { id: 'officer', type: 'workforce' as const } }
    const bundle = await log.evidence({ indices: [...alert.indices], disclose: ['event', 'actor'], by })
    expect(verifyBundle(JSON.stringify(bundle), { keys: [log.vkey as string] })).toMatchObject({ verdict: 'intact' })

    const found = await investigate(log.records(), {
      actor: 'u-7',
      window: { from: '2026-01-05T00:00:00.000Z', until: '2026-01-06T00:00:00.000Z' },
    })
    expect(found.individuals).toMatchObject({ count: 90, unlisted: 0, isComplete: true })
    expect(found.indices).toEqual(alert.indices)
    expect(found.categories.classes).toMatchObject([{ dataClass: 'phi.clinical', individuals: 90 }])
    expect(found.scope).toMatchObject({ entries: 90, actions: { read: 90 }, actors: ['u-7'], sessions: ['s-1'] })
    // Resumed where it was. The next record is the export of the evidence, whose count is one of entries.
    const again = detect({ detectors: standardDetectors(), facts: known, state: JSON.parse(JSON.stringify(detection.state())) })
    for await (const _ of again.run(log.records({ from: again.next as number }))) expect.unreachable()
    expect(again.next).toBe(91)
  })
})
