import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { definePolicy } from '../policy/define.ts'
import type { Obligation } from '../policy/obligation.ts'
import type { Decision } from './decision.ts'
import { type Evidence, fulfil, stepUpChallenge } from './fulfil.ts'
import { compile } from './rules.ts'

const Note = z.object({ tenant: z.string(), body: z.string(), code: z.string() })
const record = { tenant: 'a', body: 'b', code: 'c' }
const asked = {
  actor: { id: 't1', tenant: 'a', roles: ['therapist'] },
  action: 'read',
  resource: { type: 'Note', record },
} as const

const owing = (...obligations: [Obligation, ...Obligation[]]) => {
  const policy = definePolicy(
    { id: 'p', version: '1', resources: { Note }, actions: ['read'], roles: { therapist: {} } },
    ({ permit }) => [
      permit('therapist')
        .to('read')
        .on('Note')
        .requiring(...obligations)
        .as('bound'),
    ],
  )
  return compile(policy).decide(asked)
}
const now = 1_772_614_800_000
const seconds = now / 1_000

describe('an obligation', () => {
  const stepUp = { type: 'step-up', acr_values: ['urn:mfa', 'phr'], max_age: 300 } as const
  const glass = { type: 'break-glass', notify: ['privacy-officer', 'supervisor'], reviewWithinHours: 24 } as const
  const done = {
    reason: 'unconscious',
    auditEntry: 'e-1',
    notified: ['supervisor', 'privacy-officer'],
    reviewBy: now + 86_400_000,
  }
  const cases: [string, Obligation, Evidence, boolean][] = [
    ['step-up with the right acr, fresh', stepUp, { authentication: { acr: 'phr', authTime: seconds - 300 }, now }, true],
    ['step-up, a second too old', stepUp, { authentication: { acr: 'phr', authTime: seconds - 301 }, now }, false],
    ['step-up with another acr', stepUp, { authentication: { acr: 'pwd', authTime: seconds }, now }, false],
    ['step-up without acr', stepUp, { authentication: { authTime: seconds }, now }, false],
    ['step-up without the time of authentication', stepUp, { authentication: { acr: 'phr' }, now }, false],
    ['step-up without the time now', stepUp, { authentication: { acr: 'phr', authTime: seconds } }, false],
    ['step-up from the future', stepUp, { authentication: { acr: 'phr', authTime: seconds + 61 }, now }, false],
    ['step-up at NaN', stepUp, { authentication: { acr: 'phr', authTime: Number.NaN }, now }, false],
    ['step-up by acr alone', { type: 'step-up', acr_values: ['phr'] }, { authentication: { acr: 'phr' } }, true],
    ['break-glass with everything', glass, { breakGlass: done, now }, true],
    ['break-glass with one not told', glass, { breakGlass: { ...done, notified: ['supervisor'] }, now }, false],
    ['break-glass with a blank reason', glass, { breakGlass: { ...done, reason: ' ' }, now }, false],
    ['break-glass without an audit entry', glass, { breakGlass: { ...done, auditEntry: '' }, now }, false],
    ['break-glass reviewed too late', glass, { breakGlass: { ...done, reviewBy: now + 86_400_001 }, now }, false],
    ['break-glass reviewed in the past', glass, { breakGlass: { ...done, reviewBy: now - 1 }, now }, false],
    ['redact, done', { type: 'redact', fields: ['code'] }, { redacted: true }, true],
    ['redact, not done', { type: 'redact', fields: ['code'] }, {}, false],
    ['refrain, told', { type: 'refrain', code: 'NORDSCLCD' }, { refrain: ['NOREUSE', 'NORDSCLCD'] }, true],
    ['refrain, told something else', { type: 'refrain', code: 'NORDSCLCD' }, { refrain: ['NOREUSE'] }, false],
    ['document, all of it', { type: 'document', record: ['who', 'when'] }, { documented: { who: 'x', when: 'y' } }, true],
    ['document, a part', { type: 'document', record: ['who', 'when'] }, { documented: { who: 'x', when: '' } }, false],
    ['document, by what every object has', { type: 'document', record: ['toString'] }, { documented: {} }, false],
  ]
  it.each(cases)('S109 %s', (_, obligation, evidence, expected) => {
    const decision = owing(obligation)
    expect(decision.outcome).toBe('allow-if')
    const after = fulfil(decision, evidence)
    expect(after.outcome).toBe(expected ? 'allow' : 'allow-if')
    expect(after.obligations).toEqual(expected ? [] : [obligation])
    expect(fulfil(decision, {}).outcome).toBe('allow-if')
  })

  it('stays until the last one is discharged', () => {
    const decision = owing({ type: 'refrain', code: 'NOREUSE' }, { type: 'redact', fields: ['code'] })
    const half = fulfil(decision, { redacted: true })
    expect(half).toMatchObject({ outcome: 'allow-if', obligations: [{ type: 'refrain' }] })
    expect(fulfil(half, { refrain: ['NOREUSE'] }).outcome).toBe('allow')
    expect(decision.fields).toEqual(['tenant', 'body'])
  })

  it('of a type that is not known is never discharged', () => {
    const unknown = {
      ...owing({ type: 'redact', fields: ['code'] }),
      obligations: [{ type: 'sprinkle' }],
    } as unknown as Decision
    expect(fulfil(unknown, { redacted: true, refrain: ['NOREUSE'], now }).outcome).toBe('allow-if')
  })

  it('cannot turn a denial, and evidence that throws answers nothing', () => {
    const denied = { ...owing({ type: 'redact', fields: ['code'] }), outcome: 'deny', obligations: [] } as unknown as Decision
    expect(fulfil(denied, { redacted: true }).outcome).toBe('deny')
    const evidence = Object.defineProperty({}, 'redacted', {
      get: () => {
        throw new Error('no')
      },
    })
    expect(fulfil(owing({ type: 'redact', fields: ['code'] }), evidence).outcome).toBe('allow-if')
    expect(fulfil(owing({ type: 'redact', fields: ['code'] }), null as never).outcome).toBe('allow-if')
  })
})

describe('the step-up challenge', () => {
  it('S93 is what RFC 9470 section 3 asks for', () => {
    expect(stepUpChallenge(owing({ type: 'step-up', acr_values: ['urn:mfa', 'phr'], max_age: 300 }))).toBe(
      'Bearer error="insufficient_user_authentication", acr_values="urn:mfa phr", max_age="300"',
    )
    expect(stepUpChallenge(owing({ type: 'step-up', max_age: 0 }))).toBe(
      'Bearer error="insufficient_user_authentication", max_age="0"',
    )
  })

  it('lets nothing of the policy break out of its quotes', () => {
    const challenge = stepUpChallenge(owing({ type: 'step-up', acr_values: ['a"b\r\nSet-Cookie: x', 'c\\'] }))
    expect(challenge).toBe('Bearer error="insufficient_user_authentication", acr_values="a\\"bSet-Cookie: x c\\\\"')
  })

  it('is only there where a step-up is owed', () => {
    expect(stepUpChallenge(owing({ type: 'redact', fields: ['code'] }))).toBeUndefined()
    expect(
      stepUpChallenge(fulfil(owing({ type: 'step-up', max_age: 300 }), { authentication: { authTime: seconds }, now })),
    ).toBeUndefined()
  })
})
