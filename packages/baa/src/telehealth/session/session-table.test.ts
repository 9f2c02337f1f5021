import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { decideSession, type SessionFacts } from './decide-session.ts'
import { type LicenceException, type Licensed, licenceKinds, licenceStatuses, type PracticeLicence } from './licence.ts'
import { judgeSession, literalRow, type SessionResult, sessionTable, type YesNo } from './table.ts'

const ON = '2026-11-21'

/** The table as it is written down, in words that `table.ts` does not share: the first line that fits answers. */
function byHand(
  licensed: Licensed | undefined,
  credentialed: YesNo | 'unknown' | undefined,
  insured: YesNo | 'unknown' | undefined,
  exception: LicenceException | undefined,
): SessionResult {
  if (licensed === 'yes') {
    if (credentialed === 'yes') return 'proceed'
    if (credentialed !== 'no') return 'needs'
    if (insured === 'yes') return 'get-credentialed'
    return insured === 'no' ? 'get-credentialed-or-private-pay' : 'needs'
  }
  if (licensed === 'no') {
    if (insured === 'yes') return 'refer'
    if (insured === 'no') return exception === undefined ? 'refer' : 'refer-or-private-pay'
  }
  return 'needs'
}

const licences: readonly (Licensed | undefined)[] = ['yes', 'no', 'expired', 'unknown', undefined]
const answers: readonly (YesNo | 'unknown' | undefined)[] = ['yes', 'no', 'unknown', undefined]
const exceptions: readonly (LicenceException | undefined)[] = [
  undefined,
  'compact-privilege',
  'telehealth-registration',
  'temporary-practice',
]
const product = licences.flatMap((licensed) =>
  answers.flatMap((credentialed) =>
    answers.flatMap((insured) => exceptions.map((exception) => ({ licensed, credentialed, insured, exception }))),
  ),
)

const licence = (more: Partial<PracticeLicence> = {}): PracticeLicence => ({
  state: 'OH',
  profession: 'LCSW',
  kind: 'full',
  status: 'active',
  expires: '2027-06-30',
  evidence: 'board look-up',
  ...more,
})

/** Dated facts that come to the answers. */
function factsOf({ licensed, credentialed, insured, exception }: (typeof product)[number]): SessionFacts {
  const full = {
    yes: [licence()],
    no: [],
    expired: [licence({ expires: '2026-11-20' })],
    unknown: [licence({ status: 'unknown' })],
  }
  const granted = exception === undefined ? [] : [licence({ kind: exception })]
  const status = { yes: 'active', no: 'ended', unknown: 'unknown' } as const
  return {
    location: 'OH',
    on: ON,
    profession: 'LCSW',
    ...(licensed === undefined ? {} : { licences: [...full[licensed], ...granted] }),
    ...(credentialed === undefined ? {} : { credentials: [{ state: 'OH' as const, status: status[credentialed] }] }),
    ...(insured === 'yes' || insured === 'no' ? { inNetwork: insured === 'yes' } : {}),
  }
}

describe('the session table', () => {
  it('S78 S81 S82 S83 S84 S85 has five rows, and needs for the rest', () => {
    expect(
      sessionTable.map(({ licensed, credentialed, insured, result, withException }) => [
        licensed,
        credentialed,
        insured,
        result,
        withException,
      ]),
    ).toEqual([
      ['yes', 'yes', 'any', 'proceed', undefined],
      ['yes', 'no', 'yes', 'get-credentialed', undefined],
      ['yes', 'no', 'no', 'get-credentialed-or-private-pay', undefined],
      ['no', 'any', 'yes', 'refer', undefined],
      ['no', 'any', 'no', 'refer', 'refer-or-private-pay'],
    ])
  })

  it('S78 S81 S82 S83 S84 S85 answers all 320 cases as the table does', () => {
    expect(product).toHaveLength(5 * 4 * 4 * 4)
    for (const each of product) {
      const { licensed, credentialed, insured, exception } = each
      expect(judgeSession(each).result, JSON.stringify(each)).toBe(byHand(licensed, credentialed, insured, exception))
    }
  })

  it('S78 S81 S82 S83 S84 S85 answers the same from dated facts', () => {
    for (const each of product) {
      const { licensed, credentialed, insured, exception } = each
      const decision = decideSession(factsOf(each))
      // Without a list of licences there is no exception either.
      const expected = byHand(licensed, credentialed, insured, licensed === undefined ? undefined : exception)
      expect(decision.result, JSON.stringify(each)).toBe(expected)
      expect(decision.privatePay).toBe(expected.endsWith('private-pay'))
      expect(decision.record).toEqual(expected === 'needs' ? undefined : { state: 'OH', on: ON })
      expect(decision.reasons.length).toBeGreaterThan(0)
    }
  })

  it('S84 C5 keeps the literal row as data, and nothing without a licence or an exception brings it about', () => {
    const decision = decideSession(factsOf({ licensed: 'no', credentialed: 'no', insured: 'no', exception: undefined }))
    expect(decision).toMatchObject({ result: 'refer', privatePay: false, literal: literalRow })
    expect(literalRow).toMatchObject({ requirement: 'S84', result: 'refer-or-private-pay' })
    for (const each of product) {
      if (each.licensed === 'yes' || each.exception !== undefined) continue
      expect(decideSession(factsOf(each)).privatePay).toBe(false)
    }
  })

  it('S84 C5 takes an exception only when it is recorded, active and in time, in that State and profession', () => {
    const withOne = (more: Partial<PracticeLicence>) =>
      decideSession({
        location: 'OH',
        on: ON,
        profession: 'lcsw ',
        licences: [licence({ kind: 'telehealth-registration', ...more })],
        inNetwork: false,
      } as SessionFacts)
    // The profession is trimmed text at the boundary.
    expect(() => withOne({})).toThrow()
    const good = (more: Partial<PracticeLicence>) =>
      decideSession({
        location: 'OH',
        on: ON,
        profession: 'lcsw',
        licences: [licence({ kind: 'telehealth-registration', ...more })],
        inNetwork: false,
      })
    expect(good({})).toMatchObject({ result: 'refer-or-private-pay', exception: 'telehealth-registration' })
    expect(good({ expires: ON }).privatePay).toBe(true)
    for (const more of [
      { evidence: undefined },
      { expires: undefined },
      { expires: '2026-11-20' },
      { from: '2026-11-22' },
      { state: 'PA' as const },
      { profession: 'PT' },
      { status: 'pending' as const },
      { status: 'restricted' as const },
      { status: 'suspended' as const },
    ]) {
      expect(good(more), JSON.stringify(more)).toMatchObject({ result: 'refer', privatePay: false })
    }
  })

  it('S78 S79 needs the location, the profession and the licence; where somebody lives is not asked', () => {
    expect(decideSession({ on: ON })).toMatchObject({
      result: 'needs',
      reasons: [{ code: 'location-not-given' }, { code: 'profession-not-given' }],
    })
    expect(decideSession({ on: ON, location: 'OH', profession: 'LCSW' })).toMatchObject({
      result: 'needs',
      reasons: [{ code: 'licence-not-given', requirements: ['S78'] }],
    })
  })

  it('S78 looks at the day of the session: a licence holds through its last day, and a session over midnight needs both', () => {
    const on = (day: string, until?: string) =>
      decideSession({
        location: 'OH',
        on: day,
        ...(until ? { until } : {}),
        profession: 'LCSW',
        licences: [licence({ from: '2026-01-01', expires: ON })],
        credentials: [{ state: 'OH', status: 'active' }],
        inNetwork: true,
      }).result
    expect([on('2025-12-31'), on('2026-01-01'), on(ON), on(ON, '2026-11-22'), on('2026-11-22')]).toEqual([
      'refer',
      'proceed',
      'proceed',
      'needs',
      'needs',
    ])
  })

  it('S78 does not trust one good licence beside one that a board has taken or restricted', () => {
    const facts = { location: 'OH', on: ON, profession: 'LCSW', credentials: [{ state: 'OH', status: 'active' }] } as const
    for (const status of ['suspended', 'revoked', 'surrendered', 'restricted'] as const) {
      const both = [licence(), licence({ number: '2', status })]
      expect(decideSession({ ...facts, licences: both }).reasons[0]?.code, status).toBe('licence-unknown')
    }
    expect(decideSession({ ...facts, licences: [licence(), licence({ profession: 'PT', status: 'revoked' })] }).result).toBe(
      'proceed',
    )
  })

  it('S78 proceeds only with an active full licence for the State, whatever else is in the lists', () => {
    const day = fc.constantFrom('2026-11-20', ON, '2026-11-22', '2028-01-01')
    const anyLicence = fc.record(
      {
        state: fc.constantFrom('OH' as const, 'PA' as const),
        profession: fc.constantFrom('LCSW', 'PT'),
        kind: fc.constantFrom(...licenceKinds),
        status: fc.constantFrom(...licenceStatuses),
        expires: day,
        evidence: fc.constant('e'),
      },
      { requiredKeys: ['state', 'profession', 'kind', 'status'] },
    )
    fc.assert(
      fc.property(fc.array(anyLicence, { maxLength: 5 }), fc.boolean(), (list, inNetwork) => {
        const licences = list as PracticeLicence[]
        const decision = decideSession({
          location: 'OH',
          on: ON,
          profession: 'LCSW',
          licences,
          credentials: [{ state: 'OH', status: 'active' }],
          inNetwork,
        })
        const mine = licences.filter((each) => each.state === 'OH' && each.profession === 'LCSW')
        const good = mine.filter((each) => each.status === 'active' && each.expires !== undefined && each.expires >= ON)
        if (decision.result === 'proceed') expect(good.some((each) => each.kind === 'full')).toBe(true)
        if (decision.privatePay) expect(good.some((each) => each.kind !== 'full')).toBe(true)
        // One more licence that is no good never opens a session.
        const worse = decideSession({
          location: 'OH',
          on: ON,
          profession: 'LCSW',
          licences: [...licences, licence({ status: 'revoked' })],
          credentials: [{ state: 'OH', status: 'active' }],
          inNetwork,
        })
        expect(worse.result === 'proceed' || worse.privatePay).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  it('S78 refuses what it cannot read, without repeating it', async () => {
    for (const facts of [
      null,
      [],
      { on: '2026-02-30' },
      { on: ON, until: '2026-11-20' },
      { on: ON, location: 'Zedland' },
      { on: ON, licences: [{ ...licence(), status: 'Zedland' }] },
      { on: ON, licences: [{ ...licence(), from: '2027-07-01' }] },
      { on: ON, Zedland: true },
      { on: Number.NaN },
    ]) {
      const error = await refusal(() => decideSession(facts as never))
      expect(error.code).toBe('PHI_BAA_SESSION')
      expect(error.message).not.toContain('Zedland')
    }
    const planted = Object.create({ location: 'OH', profession: 'LCSW' })
    expect(decideSession(Object.assign(planted, { on: ON })).reasons[0]?.code).toBe('location-not-given')
  })
})
