import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { dayAfter } from './day.ts'
import { trainingTopics } from './parameter.ts'
import { type Device, deviceFindings, mayAccessProduction, type WorkforceMember } from './workforce.ts'

const evidence = (id: string, asOf: string) => ({ id, asOf })
const trained = (on: string, topics: readonly (typeof trainingTopics)[number][] = trainingTopics) => ({
  on,
  topics,
  evidence: evidence(`course-${on}`, on),
})
const checked = (on: string, outcome: 'clear' | 'not-clear' | 'pending' = 'clear') => ({
  on,
  outcome,
  evidence: evidence(`check-${on}`, on),
})

const member: WorkforceMember = {
  id: 'w-1',
  hired: '2026-01-05',
  trainings: [trained('2026-01-06')],
  backgroundChecks: [checked('2026-01-02')],
}
const codes = (who: WorkforceMember, at: string, policy = {}) =>
  mayAccessProduction(who, at, policy).reasons.map(({ code, topic }) => (topic ? `${code} ${topic}` : code))

describe('access to production', () => {
  it('S102 only after training and background verification', () => {
    expect(mayAccessProduction(member, '2026-01-06')).toEqual({ outcome: 'allow', reasons: [], until: '2027-01-06' })
    expect(codes(member, '2026-01-05')).toEqual(trainingTopics.map((topic) => `training-missing ${topic}`))
    expect(codes({ ...member, backgroundChecks: [] }, '2026-02-01')).toEqual(['check-missing'])
    expect(codes({ ...member, backgroundChecks: [checked('2026-02-02')] }, '2026-02-01')).toEqual(['check-missing'])
    expect(codes({ ...member, backgroundChecks: [checked('2026-01-02', 'pending')] }, '2026-02-01')).toEqual(['check-pending'])
    expect(mayAccessProduction({ ...member, trainings: [] }, '2026-02-01').reasons[0]).toMatchObject({
      citation: '45 CFR 164.308(a)(5)(i)',
    })
  })

  it('S102 on hire and annually: the last day counts, and the next does not', () => {
    expect(mayAccessProduction(member, '2027-01-06').outcome).toBe('allow')
    expect(codes(member, '2027-01-07')).toEqual(trainingTopics.map((topic) => `training-expired ${topic}`))
    const again = { ...member, trainings: [trained('2026-01-06'), trained('2026-12-01')] }
    expect(mayAccessProduction(again, '2027-01-07')).toMatchObject({ outcome: 'allow', until: '2027-12-01' })
  })

  it('S56 privacy, secure messaging and incident reporting are topics of their own', () => {
    const half = { ...member, trainings: [trained('2026-01-06', ['privacy', 'security-awareness'])] }
    expect(codes(half, '2026-02-01')).toEqual(['training-missing secure-messaging', 'training-missing incident-reporting'])
    expect(codes(half, '2026-02-01', { topics: ['privacy'] })).toEqual([])
  })

  it('the last check counts, and of two on one day the worse', () => {
    const list = [checked('2026-01-02'), checked('2026-03-01', 'not-clear')]
    expect(codes({ ...member, backgroundChecks: list }, '2026-02-28')).toEqual([])
    expect(codes({ ...member, backgroundChecks: list }, '2026-03-01')).toEqual(['check-not-clear'])
    expect(codes({ ...member, backgroundChecks: [...list, checked('2026-03-01')] }, '2026-03-01')).toEqual(['check-not-clear'])
    expect(codes(member, '2028-06-01', { checkEvery: { years: 2 }, trainingEvery: { years: 5 } })).toEqual(['check-expired'])
  })

  it('S107 nobody who has left, or is not there yet', () => {
    const left = { ...member, separated: '2026-06-30' }
    expect(mayAccessProduction(left, '2026-06-29')).toMatchObject({ outcome: 'allow', until: '2026-06-29' })
    expect(codes(left, '2026-06-30')).toEqual(['not-of-the-workforce'])
    expect(codes(member, '2026-01-04')).toContain('not-of-the-workforce')
  })

  it('taking a training or a check away never opens anything; the last day that is named is the last', () => {
    const day = fc.integer({ min: 1, max: 1500 }).map((days) => dayAfter('2025-01-01', { days }))
    const trainings = fc.array(fc.tuple(day, fc.subarray([...trainingTopics], { minLength: 1 })), { maxLength: 5 })
    const checks = fc.array(day, { maxLength: 3 })
    fc.assert(
      fc.property(day, trainings, checks, (at, had, cleared) => {
        const who = (t: typeof had, c: typeof cleared): WorkforceMember => ({
          id: 'w',
          hired: '2025-01-01',
          trainings: t.map(([on, topics]) => trained(on, topics)),
          backgroundChecks: c.map((on) => checked(on)),
        })
        const answer = mayAccessProduction(who(had, cleared), at)
        const wanted =
          cleared.some((on) => on <= at) &&
          trainingTopics.every((topic) =>
            had.some(([on, topics]) => on <= at && topics.includes(topic) && at <= dayAfter(on, 'yearly')),
          )
        expect(answer.outcome === 'allow').toBe(wanted)
        if (answer.outcome === 'deny') {
          expect(mayAccessProduction(who(had.slice(1), cleared), at).outcome).toBe('deny')
          expect(mayAccessProduction(who(had, cleared.slice(1)), at).outcome).toBe('deny')
        } else {
          const known = {
            ...who(
              had.filter(([on]) => on <= at),
              cleared.filter((on) => on <= at),
            ),
          }
          expect(mayAccessProduction(known, answer.until as string).outcome).toBe('allow')
          expect(mayAccessProduction(known, dayAfter(answer.until as string, { days: 1 })).outcome).toBe('deny')
        }
      }),
      { numRuns: 200 },
    )
  })

  it('refuses records that contradict themselves, and repeats nothing', async () => {
    for (const bad of [
      { ...member, separated: '2026-01-01' },
      { ...member, name: 'Jane Roe' },
      null,
      { ...member, trainings: [{ ...trained('2026-01-06'), topics: [] }] },
    ]) {
      const error = await refusal(() => mayAccessProduction(bad as WorkforceMember, '2026-02-01'))
      expect(error.code).toBe('PHI_BAA_WORKFORCE')
      expect(error.message).not.toContain('Jane')
    }
    expect((await refusal(() => mayAccessProduction(member, 'today'))).code).toBe('PHI_BAA_QUESTION')
  })
})

describe('devices', () => {
  const workforce = [
    { id: 'w-1', hired: '2026-01-01' },
    { id: 'w-2', hired: '2026-01-01', separated: '2026-06-30' },
  ]
  const laptop: Device = {
    id: 'd-1',
    owned: 'house',
    holder: 'w-1',
    encrypted: true,
    evidence: [evidence('mdm', '2026-02-01')],
  }
  const found = (device: Device, at = '2026-07-01') => deviceFindings([device], workforce, at).map(({ code }) => code)

  it('S106 S107 S148 devices of the house are encrypted, held by somebody, and wiped when they leave', () => {
    expect(found(laptop)).toEqual([])
    expect(found({ ...laptop, encrypted: false })).toEqual(['not-encrypted'])
    expect(found({ ...laptop, evidence: [] })).toEqual(['encryption-unknown'])
    expect(found({ ...laptop, encrypted: undefined })).toEqual(['encryption-unknown'])
    expect(found({ ...laptop, holder: 'w-9' })).toEqual(['holder-unknown'])
    expect(found({ ...laptop, holder: 'w-2' })).toEqual(['not-wiped'])
    expect(found({ ...laptop, holder: 'w-2' }, '2026-06-29')).toEqual([])
    expect(found({ ...laptop, holder: 'w-2', wipedOn: '2026-06-29' })).toEqual(['not-wiped'])
    expect(found({ ...laptop, holder: 'w-2', wipedOn: '2026-07-02' })).toEqual(['not-wiped'])
    expect(found({ ...laptop, holder: 'w-2', wipedOn: '2026-06-30' })).toEqual([])
  })

  it('S5 S107 personal devices do not reach production, and nobody guesses', () => {
    expect(found({ id: 'p', owned: 'personal', reachesProduction: false })).toEqual([])
    expect(found({ id: 'p', owned: 'personal', reachesProduction: true })).toEqual(['personal-device-in-production'])
    expect(found({ id: 'p', owned: 'personal' })).toEqual(['reach-unknown'])
  })
})
