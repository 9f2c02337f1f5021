import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { dayAfter, dayBefore } from './day.ts'
import type { RegisterEntryInput } from './entry.ts'
import { registerFindings } from './findings.ts'
import { parseRegister, type Register, register, standingOn } from './register.ts'

const base = {
  id: 'lock',
  control: 'screen-lock',
  parameter: { minutes: 5 },
  responsible: 'customer',
  status: 'in-place',
  owner: 'security officer',
  evidence: [{ id: 'mdm-report-7', sha256: 'a'.repeat(64), asOf: '2026-10-01' }],
  asOf: '2026-10-02',
  reviewBy: '2027-04-01',
} as const satisfies RegisterEntryInput

const one = (more: object = {}): Register => parseRegister({ entries: [{ ...base, ...more }] })
const standing = (at: string, more: object = {}) => standingOn(one(more).entries[0] as Register['entries'][number], at)
const codes = (value: Register, at = '2026-11-22', wanted = {}) =>
  registerFindings(value, { at, wanted }).map(({ code }) => code)

describe('a register', () => {
  it('C10 S137 keeps owner, day, evidence and review of each safeguard, frozen', () => {
    const made = register([base])
    expect(made.entries[0]).toEqual({ ...base, safeguard: 'physical.workstation' })
    expect(Object.isFrozen(made.entries[0]?.evidence[0])).toBe(true)
    expect(parseRegister(JSON.parse(JSON.stringify(made)))).toEqual(made)
  })

  it('C8 a parameter of another control does not compile, and is refused', async () => {
    // @ts-expect-error a screen lock is measured in minutes
    const tls: RegisterEntryInput = { ...base, parameter: { minimumVersion: '1.3' } }
    expect((await refusal(() => register([tls]))).message).toContain('register.entries.*.parameter')
    // @ts-expect-error this control has no parameter
    const mfa: RegisterEntryInput = { ...base, control: 'mfa', parameter: { minutes: 5 } }
    expect((await refusal(() => register([mfa]))).code).toBe('PHI_BAA_SAFEGUARDS')
    expectTypeOf(register).parameter(0).toExtend<readonly unknown[]>()
  })

  it.each([
    ['control', { control: undefined, parameter: undefined }],
    ['safeguard', { safeguard: 'technical.mfa' }],
    ['parameter', { parameter: { minutes: 5, more: 1 } }],
    ['parts', { parts: { provider: 'something' } }],
    ['reason', { status: 'not-applicable' }],
    ['due', { status: 'planned' }],
    ['due', { status: 'not-in-place' }],
    ['reviewBy', { reviewBy: '2026-10-01' }],
    ['lastDone', { lastDone: '2026-10-03' }],
    ['control', { control: 'toString' }],
    ['owner', { owner: '' }],
    ['evidence.*.sha256', { evidence: [{ id: 'x', sha256: 'A'.repeat(64), asOf: '2026-10-01' }] }],
    ['evidence.*.validUntil', { evidence: [{ id: 'x', asOf: '2026-10-01', validUntil: '2026-09-30' }] }],
    ['every.months', { every: { months: 0 } }],
    ['asOf', { asOf: '2026-02-30' }],
  ])('refuses what contradicts itself or says too little: %s', async (path, more) => {
    const error = await refusal(() => one(more))
    expect(error.code).toBe('PHI_BAA_SAFEGUARDS')
    expect(error.path).toBe(`register.entries.*.${path}`)
  })

  it('refuses hostile input, and repeats nothing of it', async () => {
    const secret = 'Jane Roe 555-0100'
    const cycle: Record<string, unknown> = { ...base }
    cycle.parameter = cycle
    const hostile: unknown[] = [
      null,
      [],
      { entries: [{ ...base, [secret]: 1 }] },
      { entries: [{ ...base, owner: `${secret}\n` }] },
      { entries: [{ ...base, id: '__proto__' }] },
      { entries: [cycle] },
      { entries: [base, base] },
      { entries: Array.from({ length: 10_001 }, () => base) },
      JSON.parse('{"entries": [], "__proto__": {"format": "x"}, "constructor": 1}'),
      { entries: [{ ...base, parameter: Object.assign(Object.create({ toJSON: () => ({ minutes: 999 }) }), { minutes: 5 }) }] },
    ]
    for (const value of hostile.slice(0, -1)) {
      const error = await refusal(() => parseRegister(value))
      expect(error.code).toBe('PHI_BAA_SAFEGUARDS')
      expect(JSON.stringify(error) + error.message).not.toContain('Jane')
    }
    const read = (() => {
      try {
        return parseRegister(hostile.at(-1)).entries[0]?.parameter
      } catch {
        return undefined
      }
    })()
    expect(read === undefined || JSON.stringify(read) === '{"minutes":5}').toBe(true)
  })
})

describe('what is known of an entry on a day', () => {
  it('C10 in place only with evidence of that day, within its review', () => {
    expect(standing('2026-11-22')).toMatchObject({ state: 'in-place', doubts: [] })
    expect(standing('2026-11-22', { evidence: [] })).toMatchObject({ state: 'unknown', doubts: ['no-evidence'] })
    expect(standing('2027-04-01').state).toBe('in-place')
    expect(standing('2027-04-02')).toMatchObject({ state: 'unknown', doubts: ['review-past'] })
    expect(standing('2026-10-01')).toMatchObject({ state: 'unknown', doubts: ['stated-later'] })
    expect(standing('2026-09-30').doubts).toEqual(['stated-later', 'evidence-stale'])
    const ended = { evidence: [{ id: 'x', asOf: '2026-10-01', validUntil: '2026-11-21' }] }
    expect(standing('2026-11-21', ended).state).toBe('in-place')
    expect(standing('2026-11-22', ended)).toMatchObject({ state: 'unknown', doubts: ['evidence-stale'], evidence: [] })
  })

  it('S103 S104 what comes round has to be done in its period', () => {
    const test = { control: 'contingency-test', parameter: undefined, every: 'quarterly' }
    expect(standing('2026-11-22', test)).toMatchObject({ state: 'unknown', doubts: ['never-done'] })
    expect(standing('2026-11-22', { ...test, lastDone: 'never' }).doubts).toEqual(['never-done'])
    expect(standing('2026-11-30', { ...test, lastDone: '2026-08-31' }).state).toBe('in-place')
    expect(standing('2026-12-01', { ...test, lastDone: '2026-08-31' }).doubts).toEqual(['not-repeated'])
  })

  it('nothing that is taken away makes it more certain', () => {
    const day = fc.integer({ min: 0, max: 900 }).map((days) => dayAfter('2025-12-31', { days: days + 1 }))
    fc.assert(
      fc.property(day, fc.array(day, { maxLength: 4 }), day, day, (at, evidence, a, b) => {
        const [asOf, reviewBy] = a < b ? [a, b] : [b, a]
        const list = evidence.map((each, index) => ({ id: `e${index}`, asOf: each }))
        const all = standing(at, { evidence: list, asOf, reviewBy })
        const fewer = standing(at, { evidence: list.slice(1), asOf, reviewBy })
        expect(['in-place', 'unknown']).toContain(all.state)
        if (all.state === 'unknown') expect(fewer.state).toBe('unknown')
        const expected = asOf <= at && at <= reviewBy && evidence.some((each) => each <= at)
        expect(all.state === 'in-place').toBe(expected)
        expect(standing(dayBefore(asOf), { evidence: list, asOf, reviewBy }).state).toBe('unknown')
      }),
      { numRuns: 200 },
    )
  })
})

describe('findings', () => {
  it('C10 a good entry has none; each fault has its own, with owner, law and remedy', () => {
    expect(codes(one())).toEqual([])
    expect(codes(one({ evidence: [] }))).toEqual(['no-evidence'])
    const planned = { status: 'planned', due: '2026-11-22' }
    expect(codes(one(planned))).toEqual(['not-in-place'])
    expect(codes(one(planned), '2026-11-23')).toEqual(['overdue'])
    expect(registerFindings(one(planned), { at: '2026-11-23' })[0]).toMatchObject({
      control: 'screen-lock',
      entry: 'lock',
      owner: 'security officer',
      due: '2026-11-22',
      citation: '45 CFR 164.310(b)-(c)',
    })
  })

  it('45 CFR 164.306(d): what is required cannot be set aside; what is addressable needs something in its place', () => {
    const aside = { status: 'not-applicable', reason: 'no such system', parameter: undefined }
    expect(codes(one({ ...aside, control: 'sanction-policy' }))).toEqual(['required-set-aside'])
    expect(codes(one({ ...aside, control: 'platform-logoff' }))).toEqual(['no-alternative'])
    expect(codes(one({ ...aside, control: 'platform-logoff', alternative: 'screens lock, and rooms are locked' }))).toEqual([])
    expect(codes(one({ ...aside, control: 'telehealth-configuration' }))).toEqual([])
  })

  it('C8 S14 S87 what a document wants is compared by parameter, and what nobody entered is named', () => {
    const tls = one({ id: 'tls', control: 'encryption-in-transit', parameter: { minimumVersion: '1.2' } })
    expect(codes(tls, '2026-11-22', { 'encryption-in-transit': { parameter: { minimumVersion: '1.2' } } })).toEqual([])
    expect(codes(tls, '2026-11-22', { 'encryption-in-transit': { parameter: { minimumVersion: '1.3' } } })).toEqual([
      'parameter-weaker',
    ])
    const bare = one({ id: 'tls', control: 'encryption-in-transit', parameter: undefined })
    expect(codes(bare, '2026-11-22', { 'encryption-in-transit': { parameter: { minimumVersion: '1.2' } } })).toEqual([
      'parameter-missing',
    ])
    // Five minutes of a screen say nothing of a session.
    expect(codes(one(), '2026-11-22', { 'platform-logoff': { parameter: { minutes: 30 } } })).toEqual(['no-entry'])
  })

  it('S137 a shared safeguard says what each side does', () => {
    expect(codes(one({ responsible: 'shared' }))).toEqual(['part-missing'])
    expect(codes(one({ responsible: 'shared', parts: { provider: 'a' } }))).toEqual(['part-missing'])
    expect(codes(one({ responsible: 'shared', parts: { provider: 'a', customer: 'b' } }))).toEqual([])
  })

  it('refuses a question that it cannot read', async () => {
    for (const at of [Number.NaN, 20261122, '']) {
      expect((await refusal(() => standing(at as string))).code).toBe('PHI_BAA_QUESTION')
    }
    const bad: readonly (readonly [unknown, unknown])[] = [
      ['2026-13-01', {}],
      ['2026-11-22', { toString: {} }],
      ['2026-11-22', { mfa: { parameter: { minutes: 5 } } }],
      ['2026-11-22', 'mfa'],
    ]
    for (const [at, wanted] of bad) {
      const error = await refusal(() => registerFindings(one(), { at: at as string, wanted: wanted as object }))
      expect(error.code).toBe('PHI_BAA_QUESTION')
    }
  })
})
