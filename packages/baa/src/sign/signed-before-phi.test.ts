import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { complete } from '../../test/complete.ts'
import { parseAgreement } from '../agreement/define.ts'
import { statusAt } from '../agreement/status.ts'
import { namesPhi, type SubjectEvent, signedBeforePhi } from './signed-before-phi.ts'

/** Signed by the practice on 2 January and by the platform on 3 January 2026 at 09:30, effective on 1 January. */
const agreement = parseAgreement(complete)
const SIGNED = '2026-01-03T09:30:00.000Z'
const BEFORE = '2026-01-03T09:29:59.999Z'

const note = { subject: { dataClasses: ['phi.clinical.note'], patients: ['p-88'] } }
const record = (index: number, at: string, event: SubjectEvent['event'] = note): SubjectEvent => ({
  index,
  recordedAt: at,
  event: { occurredAt: at, ...event },
  genuine: true,
  withheld: [],
})
const ask = (log: readonly SubjectEvent[] | AsyncIterable<SubjectEvent>, more: object = {}, about: unknown = agreement) =>
  signedBeforePhi(about as typeof agreement, log, {
    isPhi: namesPhi,
    verified: true,
    size: Array.isArray(log) ? log.length : 0,
    ...more,
  })

describe('signedBeforePhi', () => {
  it('S151 signed at the moment of the first note, and not one millisecond later', async () => {
    expect(await ask([record(0, BEFORE, {}), record(1, SIGNED)])).toEqual({
      outcome: 'signed-before',
      signedAt: SIGNED,
      inForceFrom: SIGNED,
      firstPhi: { index: 1, at: SIGNED },
    })
    expect(await ask([record(0, BEFORE), record(1, SIGNED)])).toEqual({
      outcome: 'phi-before-signature',
      signedAt: SIGNED,
      inForceFrom: SIGNED,
      firstPhi: { index: 0, at: BEFORE },
      earlyBy: 1,
      events: 1,
      verified: true,
    })
  })

  it('S151 no protected health information yet', async () => {
    expect(await ask([record(0, BEFORE, {}), record(1, SIGNED, {})])).toMatchObject({ outcome: 'no-phi' })
    expect(await ask([])).toMatchObject({ outcome: 'no-phi' })
  })

  it('S151 signed by one party, or by none, is not signed', async () => {
    for (const signatures of [[], [complete.signatures[0]], [complete.signatures[1]]]) {
      expect(await ask([record(0, '2026-06-01T00:00:00.000Z')], {}, { ...complete, signatures })).toMatchObject({
        outcome: 'phi-before-signature',
        signedAt: null,
        inForceFrom: null,
        earlyBy: null,
      })
    }
  })

  it('S151 signed in time, and effective too late', async () => {
    const later = { ...complete, effective: '2026-02-01' }
    // A day without a zone has begun everywhere at noon, UTC.
    expect(await ask([record(0, '2026-02-01T11:59:59.999Z')], {}, later)).toMatchObject({
      outcome: 'phi-before-effective',
      inForceFrom: '2026-02-01T12:00:00.000Z',
      earlyBy: 1,
    })
    expect(await ask([record(0, '2026-02-01T12:00:00.000Z')], {}, later)).toMatchObject({ outcome: 'signed-before' })
  })

  it('of two times the earlier counts: neither a late record nor a date in the future hides an early note', async () => {
    const late = { ...record(0, '2026-03-01T00:00:00.000Z'), event: { ...note, occurredAt: BEFORE } }
    expect(await ask([late])).toMatchObject({ outcome: 'phi-before-signature', firstPhi: { at: BEFORE } })
    const ahead = { ...record(0, BEFORE), event: { ...note, occurredAt: '2026-03-01T00:00:00.000Z' } }
    expect(await ask([ahead])).toMatchObject({ outcome: 'phi-before-signature', firstPhi: { at: BEFORE } })
  })

  it('an agreement that was renewed counts from its first signature', async () => {
    const renewal = {
      ...complete,
      id: 'renewal',
      version: '1.4',
      signatures: complete.signatures.map((each) => ({ ...each, at: '2026-09-01T00:00:00.000Z' })),
    }
    const log = [record(0, '2026-06-01T00:00:00.000Z')]
    expect(await ask(log, {}, renewal)).toMatchObject({ outcome: 'phi-before-signature' })
    expect(await ask(log, {}, [renewal, agreement])).toMatchObject({ outcome: 'signed-before', signedAt: SIGNED })
    expect((await refusal(ask(log, {}, []))).code).toBe('PHI_BAA_SIGNING')
  })

  const fine = [record(0, BEFORE, {}), record(1, SIGNED), record(2, SIGNED, {})]
  it.each([
    ['not-verified', fine, { verified: false }],
    ['incomplete', fine.slice(1), { size: 3 }],
    ['incomplete', fine.slice(0, 2), { size: 3 }],
    ['incomplete', [fine[0], fine[2]], { size: 3 }],
    ['incomplete', [fine[0], fine[1], fine[1]], {}],
    ['incomplete', [fine[0], fine[2], fine[1]], {}],
    ['incomplete', [fine[2], fine[1]], { size: 3 }],
    ['incomplete', [], { size: 3 }],
    ['time-missing', [record(0, SIGNED, { ...note, occurredAt: undefined })], {}],
    ['time-missing', [{ ...record(0, SIGNED), recordedAt: 'yesterday' }], {}],
    ['altered', [{ ...record(0, SIGNED, {}), genuine: false }], {}],
    ['not-classified', [record(0, BEFORE, { subject: { resource: { type: 'Note' } } })], {}],
    ['not-classified', [{ ...record(0, BEFORE, {}), withheld: ['subject'] }], {}],
    ['not-classified', [record(0, BEFORE, {})], { isPhi: () => 'perhaps' }],
    [
      'not-classified',
      [record(0, BEFORE, {})],
      {
        isPhi: () => {
          throw new Error('p-88')
        },
      },
    ],
    ['unreadable', [null], {}],
    [
      'unreadable',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('p-88')
          },
        },
      ),
      { size: 1 },
    ],
    ['time-missing', [{ index: 0 }], {}],
  ])('S151 is unknown where nobody can say: %s', async (problem, log, more) => {
    const answer = await ask(log as SubjectEvent[], more)
    expect(answer).toMatchObject({ outcome: 'unknown', problem })
    expect(JSON.stringify(answer)).not.toContain('p-88')
  })

  it('reads the log in either order, and as it comes', async () => {
    expect(await ask(fine.toReversed())).toMatchObject({ outcome: 'signed-before', firstPhi: { index: 1 } })
    const streamed = async function* () {
      yield* fine
    }
    expect(await ask(streamed(), { size: 3 })).toMatchObject({ outcome: 'signed-before' })
    const broken = async function* () {
      yield* fine
      throw new Error('the store is gone: p-88')
    }
    expect(await ask(broken(), { size: 3 })).toEqual({
      outcome: 'unknown',
      problem: 'unreadable',
      index: 2,
      signedAt: SIGNED,
      inForceFrom: SIGNED,
    })
  })

  it('stops where a log is longer than what was verified, and does not read one that never ends', async () => {
    const endless = async function* () {
      for (let index = 0; ; index++) yield record(index, SIGNED, {})
    }
    expect(await ask(endless(), { size: 3 })).toMatchObject({ outcome: 'unknown', problem: 'incomplete' })
  })

  it('an early note in a log that was not verified is an alarm all the same, and says so', async () => {
    expect(await ask([record(0, BEFORE)], { verified: false })).toMatchObject({
      outcome: 'phi-before-signature',
      verified: false,
    })
    expect(await ask([record(0, BEFORE)], { size: 2 })).toMatchObject({ outcome: 'phi-before-signature', verified: false })
  })

  it('a record of which nobody knows what it was does not matter once the agreement is in force', async () => {
    const log = [record(0, SIGNED, { subject: { count: 3 } })]
    expect(await ask(log)).toMatchObject({ outcome: 'no-phi' })
  })

  it('agrees with the status at the moment of the first note, whatever the dates', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ hour: fc.integer({ min: 0, max: 96 }), phi: fc.boolean() }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 96 }),
        fc.integer({ min: 0, max: 96 }),
        fc.integer({ min: 0, max: 96 }),
        async (events, first, second, effective) => {
          const at = (hour: number) => new Date(Date.UTC(2026, 0, 1) + hour * 3_600_000).toISOString()
          const signatures = [
            { party: 'practice', at: at(first) },
            { party: 'platform', at: at(second) },
          ]
          const one = parseAgreement({ ...complete, signatures, effective: at(effective) })
          const log = events.map(({ hour, phi }, index) => record(index, at(hour), phi ? note : {}))
          const answer = await ask(log, {}, one)
          const early = log.filter(({ event, recordedAt }) => event.subject && statusAt(one, recordedAt) !== 'in-force')
          expect(answer.outcome.startsWith('phi-before')).toBe(early.length > 0)
          if ('events' in answer) expect(answer.events).toBe(early.length)
          expect(answer.outcome === 'no-phi').toBe(!events.some(({ phi }) => phi))
        },
      ),
      { numRuns: 200 },
    ))

  it('refuses options that are none', async () => {
    for (const more of [
      { verified: undefined },
      { verified: 'yes' },
      { size: -1 },
      { size: Number.NaN },
      { isPhi: true },
      { also: 1 },
    ]) {
      expect((await refusal(ask([], more))).code).toBe('PHI_BAA_SIGNING')
    }
    expect((await refusal(ask([], {}, {}))).code).toBe('PHI_BAA_AGREEMENT')
  })
})

describe('namesPhi', () => {
  it.each([
    [true, { subject: { dataClasses: ['phi.schedule'] } }],
    [true, { subject: { patients: ['p-1'] } }],
    [true, { context: { disclosure: {} } }],
    ['unknown', { subject: { resource: {} } }],
    ['unknown', { subject: { count: 0 } }],
    ['unknown', { subject: { fields: ['name'] } }],
    [false, { subject: { dataClasses: [], patients: [] } }],
    [false, {}],
  ])('answers %s', (expected, event) => expect(namesPhi(record(0, SIGNED, event))).toBe(expected))
})
