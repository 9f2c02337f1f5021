import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import type { ControlId } from './controls.ts'
import type { RegisterEntryInput } from './entry.ts'
import { matrixToMarkdown, responsibilityMatrix } from './matrix.ts'
import { register } from './register.ts'

const day = { asOf: '2026-10-01', reviewBy: '2027-04-01' } as const
const provides = (control: ControlId, more: object = {}) =>
  ({
    id: `provider-${control}`,
    control,
    responsible: 'provider',
    status: 'in-place',
    owner: 'practice tool',
    evidence: [{ id: 'guide-1.3', asOf: '2025-01-31' }],
    ...day,
    ...more,
  }) as RegisterEntryInput
const implement = (control: ControlId, more: object = {}) =>
  ({
    id: `practice-${control}`,
    control,
    responsible: 'customer',
    status: 'planned',
    due: '2026-12-31',
    owner: 'owner of the practice',
    ...day,
    ...more,
  }) as RegisterEntryInput

/** What a practice tool says of itself and of its customers: S137, S143, S145 to S148. */
const practiceTool = [
  provides('unique-user-ids' as ControlId, { control: undefined, id: 'provider-ids', safeguard: 'technical.unique-id' }),
  provides('practice-tool-logoff', { parameter: { minutes: 15 } }),
  provides('access-and-transmission-log'),
  provides('document-checksums'),
  provides('encryption-in-transit', { parameter: { minimumVersion: '1.3' } }),
  implement('security-officer'),
  implement('risk-analysis'),
  implement('workforce-training'),
  implement('sanction-policy'),
  implement('incident-response-plan'),
  implement('screen-position'),
  implement('screen-lock', { parameter: { minutes: 5 } }),
  implement('disk-encryption'),
  implement('remote-wipe'),
]
const parties = { provider: 'Practice tool', customer: 'You' }
const matrix = (entries: readonly RegisterEntryInput[], wanted = {}) =>
  responsibilityMatrix(register(entries), parties, { at: '2026-11-22', wanted })

describe('the responsibility matrix', () => {
  it('S137 S147 S148 what the practice tool provides, and what you implement', () => {
    const { rows, gaps, overlaps, openParts } = matrix(practiceTool)
    const of = (who: string) => rows.filter(({ responsible }) => responsible === who).map((row) => row.of)
    expect(of('provider')).toEqual([
      'technical.unique-id',
      'practice-tool-logoff',
      'access-and-transmission-log',
      'document-checksums',
      'encryption-in-transit',
    ])
    expect(of('customer')).toEqual([
      'security-officer',
      'risk-analysis',
      'workforce-training',
      'sanction-policy',
      'incident-response-plan',
      'screen-position',
      'screen-lock',
      'remote-wipe',
      'disk-encryption',
    ])
    expect([gaps, overlaps, openParts]).toEqual([[], [], []])
    const text = matrixToMarkdown(matrix(practiceTool))
    expect(text).toContain('| Safeguard | Practice tool provides | You implements | Source |')
    expect(text).toContain('| Workstations lock their screens |  | minutes: 5 (planned) | 45 CFR 164.310(b)-(c) |')
    expect(
      text
        .split('\n')
        .filter((line) => line.startsWith('| '))
        .every((line) => line.split(/(?<!\\)\|/).length === 6),
    ).toBe(true)
  })

  it('S137 names what nobody has', () => {
    const made = matrix(practiceTool, { 'contingency-plan': {}, 'screen-lock': {} })
    expect(made.gaps).toEqual(['contingency-plan'])
    expect(matrixToMarkdown(made)).toContain('Nobody has: A contingency plan with recovery objectives.')
    // A control that is set aside is nobody's, and no gap.
    const aside = implement('telehealth-configuration', { status: 'not-applicable', reason: 'no telehealth' })
    expect(matrix([aside]).rows[0]).toMatchObject({ responsible: 'set-aside' })
    expect(matrix([aside]).gaps).toEqual([])
  })

  it('S137 names what both claim: each may rely on the other', () => {
    const both = [provides('mfa'), implement('mfa')]
    expect(matrix(both)).toMatchObject({ overlaps: ['mfa'], rows: [{ responsible: 'both' }] })
    const apart = [provides('mfa', { system: 'portal' }), implement('mfa', { system: 'e-mail' })]
    expect(matrix(apart)).toMatchObject({ overlaps: [], rows: [{ responsible: 'shared' }] })
  })

  it('S137 shows each side of what is shared, and the part that nobody wrote down', () => {
    const shared = provides('log-review', { responsible: 'shared', parts: { provider: 'keeps the logs' } })
    const made = matrix([shared])
    expect(made).toMatchObject({
      openParts: ['log-review'],
      rows: [{ provider: [{ does: 'keeps the logs' }], customer: [{ entry: 'provider-log-review' }] }],
    })
    expect(made.rows[0]?.customer[0]).not.toHaveProperty('does')
    expect(
      matrix([{ ...shared, parts: { provider: 'keeps the logs', customer: 'reads them' } } as RegisterEntryInput]).openParts,
    ).toEqual([])
  })

  it('C10 shows what is not known as not known', () => {
    const made = responsibilityMatrix(register(practiceTool), parties, { at: '2027-05-01' })
    expect(
      new Set(made.rows.flatMap(({ provider, customer }) => [...provider, ...customer]).map(({ state }) => state)),
    ).toEqual(new Set(['unknown']))
  })

  it('writes what people entered as text: neither a column nor markup', () => {
    const text = matrixToMarkdown(
      responsibilityMatrix(
        register([provides('mfa', { responsible: 'shared', parts: { provider: 'a | b <img src=x> [x](y)', customer: 'c' } })]),
        { provider: '*P*|', customer: 'C' },
        { at: '2026-11-22' },
      ),
    )
    expect(text).toContain('a \\| b &lt;img src=x&gt; \\[x\\](y)')
    expect(text).toContain('\\*P\\*\\| provides')
  })

  it('refuses parties that have no names', async () => {
    for (const bad of [
      null,
      {},
      { provider: 'a' },
      { provider: 'a', customer: 'b', more: 1 },
      { provider: 'a\nb', customer: 'b' },
    ]) {
      expect((await refusal(() => responsibilityMatrix(register([]), bad as typeof parties, { at: '2026-11-22' }))).code).toBe(
        'PHI_BAA_QUESTION',
      )
    }
  })
})
