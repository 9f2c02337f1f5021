import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readProfile } from './profile.ts'

/** A profile to be spoilt: nothing of it is believed here. */
type Loose = ReturnType<typeof readProfile> & { readonly data: { readonly may: unknown[] }; readonly plans: object[] }

const good = () =>
  JSON.parse(readFileSync(new URL('../../practice-tiers/platform.json', import.meta.url), 'utf8')) as Record<string, unknown>

describe('platform.json', () => {
  it('S161 is read with its documents, their versions and days', () => {
    expect(readProfile(good()).documents).toEqual([expect.objectContaining({ version: '1.3', asOf: '2025-01-01' })])
  })

  it.each<[why: string, change: (profile: Loose) => void, says: string]>([
    ['a name that it does not know', (profile) => Object.assign(profile, { sesion: {} }), 'sesion'],
    [
      'a class of data that does not exist',
      (profile) => profile.data.may.push({ class: 'phi.notes', words: 'x', answers: ['S1'] }),
      'data.may',
    ],
    [
      'an entry that answers nothing',
      (profile) => Object.assign(profile.plans[0] as object, { answers: [] }),
      'plans[0].answers',
    ],
    ['an id that is none', (profile) => Object.assign(profile.plans[0] as object, { answers: ['X1'] }), 'plans[0].answers'],
    ['a session without an end', (profile) => Object.assign(profile.session, { idleMinutes: 0 }), 'session.idleMinutes'],
    [
      'HSTS for less than a year',
      (profile) => Object.assign(profile.transport, { hstsSeconds: 31_535_999 }),
      'transport.hstsSeconds',
    ],
    [
      'one key for all tenants',
      (profile) => Object.assign(profile.encryption, { keyPerTenant: false }),
      'encryption.keyPerTenant',
    ],
    [
      'prompts that train a model',
      (profile) => Object.assign(profile, { ai: { enabled: true, retentionDays: 0, training: true, answers: ['S38'] } }),
      'ai.training',
    ],
    ['no documents', (profile) => Object.assign(profile, { documents: [] }), 'documents'],
  ])('refuses %s, and names the place', (_, change, says) => {
    const profile = good()
    change(profile as unknown as Loose)
    expect(() => readProfile(profile)).toThrow(says)
  })

  it('refuses a statement that no clock can read', () => {
    const profile = good()
    ;(profile.statements as unknown[]).push({ about: 'breach-notice', within: 'soon' })
    expect(() => readProfile(profile)).toThrow(expect.objectContaining({ code: 'PHI_DEADLINES_CONTRACT' }))
  })
})
