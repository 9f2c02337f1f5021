import { formatCitation } from '@phi/core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refusal } from '../../../core/test/refusal.ts'
import { compile } from '../decision/rules.ts'
import { definePolicy } from '../policy/define.ts'
import { authorizationDefects, consentDefects } from './defects.ts'
import { parseDirective } from './directive.ts'
import { DIRECTIVE_GRANT_MS, type GrantOptions, grantsOf, grantVerdict } from './grants.ts'
import { type Authorization, type Consent, revoke } from './written-permission.ts'

const day = (n: number): string => new Date(Date.UTC(2026, 0, n)).toISOString()
const rec = (n: number) => ({ at: day(n), recordedAt: day(n), recordedBy: 'desk' })
const whose = { tenant: 'clinic', patient: 'p1' }

const form = {
  kind: 'authorization',
  id: 'a1',
  ...whose,
  information: { text: 'progress notes of 2025', notes: 'none', types: ['Note', 'PsychotherapyNote', 'CounselingNote'] },
  disclosers: 'the clinic',
  recipients: { text: 'Dr B', ids: ['dr-b'], kinds: ['school'] },
  purpose: { text: 'at the request of the individual', codes: ['PATRQT', 'TREAT'] },
  expires: { by: 'date', until: day(30) },
  signature: { at: day(2), by: 'individual' },
  statements: { revocation: true, conditioning: true, redisclosure: true },
  plainLanguage: true,
  combinedWith: 'nothing',
  conditioned: 'nothing',
  marketing: 'no',
  sale: 'no',
  history: [{ step: 'recorded', ...rec(2) }],
} as const
const partTwo = {
  kind: 'consent',
  id: 'c1',
  ...whose,
  information: { text: 'records of the program', notes: 'none', types: ['Note', 'CounselingNote'] },
  disclosers: 'the program',
  recipients: { text: 'my treating providers, health plans and payers', kinds: ['treating-provider', 'health-plan'] },
  purpose: { text: 'treatment, payment and operations' },
  expires: { by: 'none', because: 'single-tpo-consent' },
  signature: { at: day(2), by: 'individual' },
  namesPatient: true,
  singleTpo: true,
  statements: { revocation: true, redisclosure: true, refusal: true },
  proceedings: 'none',
  history: [{ step: 'recorded', ...rec(2) }],
} as const

const options: GrantOptions = {
  at: day(10),
  tenant: 'clinic',
  recipient: { id: 'dr-b', kinds: ['treating-provider'] },
  noteTypes: { psychotherapy: ['PsychotherapyNote'], sudCounseling: ['CounselingNote'] },
}
const read = (base: object, change: object = {}) => {
  const value = { ...base, ...change } as Record<string, unknown>
  for (const key of Object.keys(value)) if (value[key] === undefined) delete value[key]
  return parseDirective(value) as Authorization | Consent
}
const defects = (base: object, change: object = {}, more: Partial<GrantOptions> = {}): string[] => {
  const verdict = grantVerdict(read(base, change), { ...options, ...more })
  return verdict.outcome === 'granted' ? [] : [...verdict.defects.map(({ defect }) => defect), ...verdict.notUsable]
}

describe('an authorization', () => {
  it('that is complete gives a grant, for five minutes at most', () => {
    expect(grantsOf([read(form)], options)).toEqual([
      {
        kind: 'authorization',
        ...whose,
        purposes: ['PATRQT', 'TREAT'],
        resources: ['Note'],
        from: Date.parse(day(2)),
        until: Date.parse(day(10)) + DIRECTIVE_GRANT_MS,
      },
    ])
    const late = Date.parse(day(30)) - 1_000
    expect(grantsOf([read(form)], { ...options, at: late })[0]?.until).toBe(Date.parse(day(30)))
  })

  const { information, recipients, purpose, statements } = form
  const together = { information: { ...information, notes: 'together' } }
  const only = { information: { ...information, notes: 'only' } }
  const step = (name: string, more: object = {}) => ({ history: [...form.history, { step: name, ...rec(5), ...more }] })
  const bad: [string, object, string[]][] = [
    ['no information', { information: undefined }, ['no-information', 'no-types']],
    ['no discloser', { disclosers: undefined }, ['no-discloser']],
    ['no recipient', { recipients: undefined }, ['no-recipient', 'other-recipient']],
    ['no purpose', { purpose: undefined }, ['no-purpose', 'no-purpose-codes']],
    ['no end', { expires: undefined }, ['no-expiry']],
    ['no end, for a TPO consent', { expires: { by: 'none', because: 'single-tpo-consent' } }, ['no-expiry']],
    ['no signature', { signature: undefined }, ['no-signature']],
    ['a representative without authority', { signature: { at: day(2), by: 'representative' } }, ['no-authority']],
    ['a signature of tomorrow', { signature: { at: day(11), by: 'individual' } }, ['not-yet']],
    ['no statement on revocation', { statements: { ...statements, revocation: false } }, ['no-revocation-statement']],
    ['no statement on conditions', { statements: { ...statements, conditioning: false } }, ['no-conditioning-statement']],
    ['no statement on redisclosure', { statements: { ...statements, redisclosure: false } }, ['no-redisclosure-statement']],
    [
      'no statements',
      { statements: undefined },
      ['no-revocation-statement', 'no-conditioning-statement', 'no-redisclosure-statement'],
    ],
    ['legalese', { plainLanguage: false }, ['not-plain-language']],
    ['no word on psychotherapy notes', { information: { ...information, notes: undefined } }, ['no-notes-word']],
    ['psychotherapy notes and others', together, ['notes-combined']],
    ['psychotherapy notes with a research consent', { ...only, combinedWith: 'research-consent' }, ['notes-combined']],
    ['another document', { combinedWith: 'other-document' }, ['combined']],
    ['no word on other documents', { combinedWith: undefined }, ['combined']],
    [
      'conditioned with unconditioned',
      { combinedWith: 'other-authorizations', conditioned: 'care-for-third-party' },
      ['combined'],
    ],
    ['a condition for care', { conditioned: 'something-else' }, ['conditioned']],
    ['no word on conditions', { conditioned: undefined }, ['conditioned']],
    ['psychotherapy notes for enrollment', { ...only, conditioned: 'plan-enrollment' }, ['conditioned']],
    ['marketing with hidden payment', { marketing: 'payment-not-stated' }, ['marketing-payment']],
    ['no word on marketing', { marketing: undefined }, ['marketing-payment']],
    ['a sale with hidden payment', { sale: 'payment-not-stated' }, ['sale-payment']],
    ['no word on a sale', { sale: undefined }, ['sale-payment']],
    ['a date that has come', { expires: { by: 'date', until: day(10) } }, ['expired']],
    ['an event nobody knows of', { expires: { by: 'event', event: 'end of the school year' } }, ['event-unknown']],
    ['a revocation', step('revoked', { how: 'written' }), ['revoked']],
    ['a lie', step('found-false'), ['found-false']],
    ['no types', { information: { ...information, types: undefined } }, ['no-types']],
    ['no ids of recipients', { recipients: { text: recipients.text } }, ['other-recipient']],
    ['no purpose codes', { purpose: { text: purpose.text } }, ['no-purpose-codes']],
    ['another tenant', { tenant: 'other' }, ['other-tenant']],
  ]
  it.each(bad)('with %s gives none, and says why', (_, change, expected) => {
    expect(defects(form, change)).toEqual(expected)
    expect(grantsOf([read(form, change)], options)).toEqual([])
  })
  it('has a case here for every defect of the table', () => {
    const seen = new Set(bad.flatMap(([, , list]) => list))
    expect(Object.keys(authorizationDefects).filter((each) => !seen.has(each))).toEqual([])
  })
  it('has six core elements and three statements', () => {
    const cited = (prefix: string) =>
      new Set(
        Object.values(authorizationDefects)
          .map(({ citation }) => formatCitation(citation))
          .filter((each) => each.startsWith(`45 CFR 164.508${prefix}`)),
      )
    expect([...cited('(c)(1)')].sort()).toEqual(['i', 'ii', 'iii', 'iv', 'v', 'vi'].map((n) => `45 CFR 164.508(c)(1)(${n})`))
    expect([...cited('(c)(2)')].sort()).toEqual(['i', 'ii', 'iii'].map((n) => `45 CFR 164.508(c)(2)(${n})`))
  })
  it('that is good all the same', () => {
    expect(defects(form, { expires: { by: 'none', because: 'research' } })).toEqual([])
    expect(defects(form, { signature: { at: day(2), by: 'representative', authority: 'guardian, court order 7' } })).toEqual([])
    expect(defects(form, { marketing: 'payment-stated', sale: 'payment-stated' })).toEqual([])
    expect(defects(form, { combinedWith: 'other-authorizations' })).toEqual([])
    expect(defects(form, { conditioned: 'plan-enrollment' })).toEqual([])
    expect(defects(form, {}, { recipient: { id: 'x', kinds: ['school'] } })).toEqual([])
    expect(defects(form, {}, { recipient: { id: 'x' } })).toEqual(['other-recipient'])
  })
  it('that ends with an event needs to be told that it has not happened', () => {
    const event = { expires: { by: 'event', event: 'end of the school year' } }
    expect(defects(form, event, { events: { a1: false } })).toEqual([])
    expect(defects(form, event, { events: { a1: true } })).toEqual(['expired'])
    expect(defects(form, event, { events: { a2: false } })).toEqual(['event-unknown'])
  })
  it('for psychotherapy notes reaches only those, and any other never does', () => {
    const resources = (notes: string) =>
      grantsOf([read(form, { information: { ...information, notes } })], options).flatMap((each) => each.resources)
    expect(resources('none')).toEqual(['Note'])
    expect(resources('only')).toEqual(['PsychotherapyNote'])
    expect(resources('together')).toEqual([])
  })
})

describe('a Part 2 consent', () => {
  it('for all future TPO gives a grant for TPO and nothing else', () => {
    expect(grantsOf([read(partTwo)], options)).toMatchObject([
      { kind: 'consent', purposes: ['TREAT', 'HPAYMT', 'HOPERAT'], resources: ['Note'] },
    ])
    const more = { purpose: { text: 'x', codes: ['HRESCH', 'COC'] } }
    expect(grantsOf([read(partTwo, more)], options)).toMatchObject([{ purposes: ['COC'] }])
  })
  const { information, statements } = partTwo
  const bad: [string, object, string[]][] = [
    ['no patient', { namesPatient: undefined }, ['no-patient']],
    ['no discloser', { disclosers: undefined }, ['no-discloser']],
    ['no information', { information: undefined }, ['no-information', 'no-types']],
    ['no recipient', { recipients: undefined }, ['no-recipient', 'other-recipient']],
    ['no warning', { statements: { ...statements, redisclosure: false } }, ['no-redisclosure-statement']],
    ['no purpose', { purpose: undefined }, ['no-purpose']],
    ['no word on revocation', { statements: { ...statements, revocation: false } }, ['no-revocation-statement']],
    ['no end, and not for TPO', { singleTpo: false }, ['no-expiry', 'no-purpose-codes']],
    ['no end at all', { expires: undefined }, ['no-expiry']],
    ['no signature', { signature: undefined }, ['no-signature']],
    ['a representative without authority', { signature: { at: day(2), by: 'representative' } }, ['no-authority']],
    ['a signature of tomorrow', { signature: { at: day(11), by: 'individual' } }, ['not-yet']],
    ['no word on refusing', { statements: { ...statements, refusal: false } }, ['no-refusal-statement']],
    ['no word on counseling notes', { information: { ...information, notes: undefined } }, ['no-notes-word']],
    ['counseling notes and others', { information: { ...information, notes: 'together' } }, ['notes-combined']],
    ['no word on proceedings', { proceedings: undefined }, ['no-proceedings-word']],
    ['proceedings and others', { proceedings: 'together' }, ['proceedings-combined']],
    ['a date that has come', { expires: { by: 'date', until: day(9) } }, ['expired']],
    ['an event nobody knows of', { expires: { by: 'event', event: 'end of treatment' } }, ['event-unknown']],
    ['a revocation', { history: [...partTwo.history, { step: 'revoked', how: 'written', ...rec(5) }] }, ['revoked']],
    ['a lie', { history: [...partTwo.history, { step: 'found-false', ...rec(5) }] }, ['found-false']],
  ]
  it.each(bad)('with %s gives none, and says why', (_, change, expected) => expect(defects(partTwo, change)).toEqual(expected))
  it('has a case here for every defect of the table', () => {
    const seen = new Set(bad.flatMap(([, , list]) => list))
    expect(Object.keys(consentDefects).filter((each) => !seen.has(each))).toEqual([])
  })
  it('for counseling notes reaches only those', () => {
    expect(grantsOf([read(partTwo, { information: { ...information, notes: 'only' } })], options)).toMatchObject([
      { resources: ['CounselingNote'] },
    ])
  })
})

describe('a revocation', () => {
  const asked = { ...rec(5), how: 'written' } as const
  it('in writing ends it at once, once', () => {
    const outcome = revoke(read(form), asked)
    if (outcome.outcome !== 'changed') throw new Error('was refused')
    // Also in the eyes of a clock that is behind.
    expect(grantsOf([outcome.directive], { ...options, at: day(4) })).toEqual([])
    expect(revoke(outcome.directive, asked)).toMatchObject({ outcome: 'refused', reason: 'already-revoked' })
    expect(revoke(read(partTwo), { ...asked, how: 'electronic' }).outcome).toBe('changed')
  })
  it('by word of mouth is refused, with the text', () => {
    expect(revoke(read(form), { ...asked, how: 'oral' })).toEqual({
      outcome: 'refused',
      reason: 'not-in-writing',
      citations: ['45 CFR 164.508(b)(5)'],
    })
    expect(revoke(read(partTwo), { ...asked, how: 'oral' })).toMatchObject({ citations: ['42 CFR 2.31'] })
  })
})

describe('grants of directives', () => {
  it('open what a policy leaves to an authorization, for the recipient it names', () => {
    const record = z.object({ id: z.string(), tenant: z.string(), patient: z.string() })
    const policy = definePolicy(
      {
        id: 'clinic',
        version: '1',
        resources: { Note: record, PsychotherapyNote: record },
        actions: ['read'],
        roles: { therapist: {} },
      },
      ({ permit, forbid }) => [
        permit('therapist').to('read').onAnyResource().as('read'),
        forbid().to('read').onAnyResource().unless('authorization').as('needs-authorization'),
      ],
    )
    const rules = compile(policy)
    const can = (
      type: 'Note' | 'PsychotherapyNote',
      patient: string,
      more: Partial<GrantOptions> = {},
      purpose: 'TREAT' | 'HRESCH' = 'TREAT',
    ) =>
      rules.can({
        actor: { id: 'dr-b', tenant: 'clinic', roles: ['therapist'] },
        action: 'read',
        resource: { type, record: { id: 'n', tenant: 'clinic', patient } },
        purpose,
        grants: grantsOf([read(form), read(partTwo)], { ...options, ...more }),
        at: day(10),
      } as never)
    expect(can('Note', 'p1')).toBe(true)
    expect(can('Note', 'p2')).toBe(false)
    expect(can('PsychotherapyNote', 'p1')).toBe(false)
    expect(can('Note', 'p1', { recipient: { id: 'dr-c' } })).toBe(false)
    expect(can('Note', 'p1', { tenant: 'other' })).toBe(false)
    expect(can('Note', 'p1', {}, 'HRESCH')).toBe(false)
    expect(can('Note', 'p1', { at: day(9) })).toBe(false)
  })
  it('are refused for what cannot be read', async () => {
    expect(await refusal(() => grantsOf([read(form), { kind: 'authorization', id: 'Jane Roe' }], options))).toMatchObject({
      code: 'PHI_RBAC_DIRECTIVE',
      path: 'directives.*.id',
      info: { index: 1 },
    })
    for (const wrong of [
      { at: 'now' },
      { tenant: '' },
      { recipient: { id: '' } },
      { noteTypes: undefined },
      { events: { a1: 'no' } },
    ]) {
      expect((await refusal(() => grantsOf([], { ...options, ...wrong } as never))).code).toBe('PHI_RBAC_DIRECTIVE_OPTIONS')
    }
    const other = parseDirective({
      kind: 'contact-point',
      id: 'x',
      ...whose,
      channel: 'email',
      address: 'ref',
      history: [{ step: 'added', ...rec(1) }],
    })
    expect((await refusal(() => grantVerdict(other as never, options))).path).toBe('directive.kind')
  })
})
