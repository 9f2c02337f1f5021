import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { complete } from '../../../test/complete.ts'
import { goodTransport } from '../../../test/transport.ts'
import { parseAgreement, registry } from '../../index.ts'
import type { TransportReport } from '../transport/report.ts'
import { judgeAudioOnly } from './audio-only.ts'
import { checkPlatform, type PlatformReport } from './check.ts'
import { consumerAppOf, consumerApps, endedDiscretion } from './consumer-app.ts'
import type { PlatformFacts } from './facts.ts'
import { instructionsFor, platformInstructions } from './instructions.ts'
import { platformRules } from './rules.ts'

const AT = '2026-11-21T10:00:00.000Z'
const seen = <Value>(is: Value, more: object = {}) => ({
  is,
  asOf: '2026-11-01',
  reviewBy: '2027-05-01',
  evidence: 'screenshot 12',
  ...more,
})

const agreementWith = (to: string, services: readonly unknown[] = ['telehealth'], more: object = {}) =>
  parseAgreement({
    ...complete,
    id: `practice-${to}`,
    to: { id: to, kind: 'business-associate' },
    services,
    permits: ['phi.comm', 'phi.identity.name', 'phi.schedule'],
    prohibits: [],
    ai: undefined,
    signatures: [
      { party: 'practice', at: '2026-01-02T15:00:00.000Z' },
      { party: to, at: '2026-01-03T09:30:00.000Z' },
    ],
    ...more,
  })
const model = registry([agreementWith('video')], { complete: ['video'] })

const facts: PlatformFacts = {
  platform: 'video',
  customer: 'practice',
  product: 'Some Video for Care',
  link: 'https://video.example/s/8f3kq',
  waitingRoomByDefault: seen(true),
  audio: seen(true),
  video: seen(true),
  consumerApp: seen(false),
  media: seen('srtp-over-dtls'),
  meetingLock: seen(true),
  automaticRecording: seen(false),
  escalationPath: seen(true),
}
const check = (more: Partial<PlatformFacts> = {}, options: object = {}) =>
  checkPlatform({ ...facts, ...more }, { model, at: AT, ...options })
const row = (report: PlatformReport, code: string) => report.rows.find((each) => each.code === code)

const transport: TransportReport = {
  ...goodTransport,
  asOf: '2026-11-20T10:00:00.000Z',
  versions: { ...goodTransport.versions, 'TLSv1.2': 'accepted' },
  http: 'no-service',
}

describe('checkPlatform', () => {
  it('S67 S68 S69 S70 S71 S17 S46 S47 S49 S76 passes a platform of any name that meets every row', () => {
    const report = check()
    expect(report.rows.filter(({ holds }) => holds !== true)).toEqual([])
    expect(report.verdict).toBe('usable')
    expect(report.rows.map(({ code, about }) => about ?? code)).toEqual([
      'telehealth.video',
      'telehealth.waiting-room',
      'https-link',
      'waiting-room',
      'audio-and-video',
      'not-a-consumer-app',
      'media-encryption',
      'meeting-lock',
      'no-automatic-recording',
      'escalation-path',
    ])
    expect(
      report.rows.every(({ remedy, citation, requirements }) => remedy === '' && citation !== '' && requirements.length > 0),
    ).toBe(true)
    expect(report.alternatives).toEqual([])
    expect(Object.isFrozen(report) && Object.isFrozen(report.rows[0])).toBe(true)
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    // No vendor is wired in: only the id differs.
    const other = registry([agreementWith('anybody')], { complete: ['anybody'] })
    expect(checkPlatform({ ...facts, platform: 'anybody', product: 'Zoom' }, { model: other, at: AT }).verdict).toBe('usable')
  })

  it.each([
    ['waiting-room', { waitingRoomByDefault: seen(false) }],
    ['audio-and-video', { audio: seen(false) }],
    ['audio-and-video', { video: seen(false) }],
    ['not-a-consumer-app', { consumerApp: seen(true) }],
    ['media-encryption', { media: seen('weaker') }],
    ['media-encryption', { media: seen('none') }],
    ['meeting-lock', { meetingLock: seen(false) }],
    ['no-automatic-recording', { automaticRecording: seen(true) }],
    ['escalation-path', { escalationPath: seen(false) }],
    ['https-link', { link: 'http://video.example/s/8f3kq' }],
  ] as [string, Partial<PlatformFacts>][])(
    'S17 S46 S47 S49 S68 S69 S70 S71 one row that fails makes it not usable: %s',
    (code, more) => {
      const report = check(more)
      expect(report.verdict).toBe('not-usable')
      expect(report.rows.filter(({ holds }) => holds !== true).map((each) => each.code)).toEqual([code])
      expect(row(report, code)?.remedy).not.toBe('')
    },
  )

  it.each([
    'waitingRoomByDefault',
    'audio',
    'video',
    'consumerApp',
    'media',
    'meetingLock',
    'automaticRecording',
    'escalationPath',
  ] as const)('S69 evidence that is missing, not yet made or past its review is not known: %s', (key) => {
    const { [key]: given, ...without } = facts
    const dated = (asOf: string, reviewBy: string) => ({ ...facts, [key]: { ...given, asOf, reviewBy } }) as PlatformFacts
    for (const [each, why] of [
      [without as PlatformFacts, 'not-said'],
      [dated('2026-11-23', '2027-01-01'), 'not-yet-made'],
      [dated('2025-11-01', '2026-11-20'), 'stale'],
    ] as const) {
      const report = checkPlatform(each, { model, at: AT })
      expect(report.verdict).toBe('needs')
      expect(report.rows.filter(({ holds }) => holds !== true)).toMatchObject([{ holds: 'unknown', why }])
    }
    // Good through its last day, as long as that lasts everywhere.
    expect(checkPlatform(dated('2026-11-01', '2026-11-22'), { model, at: AT }).verdict).toBe('usable')
  })

  it('S67 S35 asks the agreement: none, not in force, not covering, or not known', () => {
    const without = checkPlatform(facts, { at: AT })
    expect(without.verdict).toBe('needs')
    expect(row(without, 'agreement')).toMatchObject({ holds: 'unknown', why: 'not-said', requirements: ['S67', 'S35', 'S64'] })
    const against = (to: string, list: Parameters<typeof registry>[0], at = AT) =>
      checkPlatform({ ...facts, platform: to }, { model: registry(list, { complete: ['video'] }), at })
    expect(row(against('video', [agreementWith('video', ['scheduling'])]), 'agreement')).toMatchObject({
      holds: false,
      why: 'service-not-covered',
    })
    expect(row(against('nobody', [agreementWith('video')]), 'agreement')).toMatchObject({
      holds: 'unknown',
      why: 'unknown-party',
    })
    const late = against('video', [agreementWith('video')], '2028-03-01T10:00:00.000Z')
    expect(row(late, 'agreement')).toMatchObject({ holds: false, why: 'expired' })
    const partly = against('video', [agreementWith('video', ['telehealth.video'])])
    expect(partly.rows.filter(({ code }) => code === 'agreement').map(({ about, holds }) => [about, holds])).toEqual([
      ['telehealth.video', true],
      ['telehealth.waiting-room', false],
    ])
    const narrow = against('video', [agreementWith('video', ['telehealth'], { permits: ['phi.schedule'] })])
    expect(row(narrow, 'agreement')).toMatchObject({ holds: false, why: 'class-not-permitted' })
  })

  it('S67 does not take an exemption, or an agreement nobody has read lately, for an agreement', () => {
    const exempt = registry([agreementWith('other')], {
      parties: [{ id: 'clinic', kind: 'provider' }],
      exemptions: [{ from: 'practice', to: 'clinic', claim: { kind: 'treatment', treatsTheIndividual: true } }],
    })
    const claimed = checkPlatform({ ...facts, platform: 'clinic' }, { model: exempt, at: AT })
    expect(row(claimed, 'agreement')).toMatchObject({ holds: false, why: 'no-agreement' })
    const unread = registry([agreementWith('video', ['telehealth'], { asOf: '2026-01-05', reviewBy: '2026-06-01' })], {
      complete: ['video'],
    })
    expect(row(check({}, { model: unread }), 'agreement')).toMatchObject({
      holds: 'unknown',
      why: 'stale',
      evidence: 'practice-video',
      reviewBy: '2026-06-01',
    })
  })

  it('S64 names platforms of the registry whose own agreement covers what is not covered', () => {
    const list = [
      agreementWith('practice-tool', ['scheduling']),
      agreementWith('video'),
      agreementWith('conditional', ['telehealth'], { conditions: ['mfa-on'] }),
      agreementWith('expired', ['telehealth'], { expires: '2026-06-30' }),
      agreementWith('half', ['telehealth.video']),
    ]
    const all = registry(list, { complete: ['practice-tool', 'video', 'conditional', 'expired', 'half'] })
    const report = checkPlatform({ ...facts, platform: 'practice-tool' }, { model: all, at: AT })
    expect(report.verdict).toBe('not-usable')
    expect(report.alternatives).toEqual([
      { platform: 'video', outcome: 'allow' },
      { platform: 'conditional', outcome: 'needs' },
    ])
    expect(row(report, 'agreement')?.remedy).toContain('dedicated platform')
  })

  it('S67 asks for more services than video where more are used, and never for fewer', () => {
    const report = check({ services: ['telehealth.chat'] })
    expect(report.rows.flatMap(({ about }) => about ?? [])).toEqual([
      'telehealth.video',
      'telehealth.waiting-room',
      'telehealth.chat',
    ])
  })

  it('S70 lets Medicare sessions be audio-only for a reason that is recorded', () => {
    const basis = {
      payer: 'medicare',
      patientAtHome: true,
      practitionerCanUseVideo: true,
      reason: 'patient-cannot-use-video',
    } as const
    const audioOnly = (more: object) => check({ video: seen(false), audioOnly: seen({ ...basis, ...more }) })
    expect(audioOnly({}).verdict).toBe('usable')
    // A service of its own: the agreement is asked for it.
    expect(audioOnly({}).rows.map(({ about }) => about)).toContain('telehealth.audio')
    expect(row(audioOnly({ payer: 'other' }), 'audio-and-video')).toMatchObject({ holds: false, why: 'audio only: payer' })
    expect(row(audioOnly({ practitionerCanUseVideo: false }), 'audio-and-video')).toMatchObject({ holds: false })
    expect(row(audioOnly({ patientAtHome: false }), 'audio-and-video')).toMatchObject({ holds: false })
    for (const key of ['reason', 'patientAtHome', 'practitionerCanUseVideo']) {
      expect(row(audioOnly({ [key]: undefined }), 'audio-and-video')).toMatchObject({ holds: 'unknown' })
    }
    const stale = check({ video: seen(false), audioOnly: seen(basis, { asOf: '2025-01-01', reviewBy: '2025-06-01' }) })
    expect(row(stale, 'audio-and-video')).toMatchObject({ holds: 'unknown', why: 'stale' })
    expect(check({ audio: seen(false), video: seen(false), audioOnly: seen(basis) }).verdict).toBe('not-usable')
    expect(judgeAudioOnly({ payer: 'medicare' }).holds).toBe('unknown')
    expect(platformRules['audio-and-video'].citation).toMatchObject({
      source: '42 CFR',
      section: '410.78(a)(3)',
      confirmation: 'memory',
    })
  })

  it('S71 never takes an app for everybody, however it is spelled and whatever the evidence says', () => {
    for (const product of [
      'FaceTime',
      'face-time',
      'Apple FaceTime',
      'FACE_TIME',
      'ＦａｃｅＴｉｍｅ',
      'phone video',
      'WhatsApp',
      'TikTok',
      'Skype',
    ]) {
      expect(row(check({ product, consumerApp: seen(false) }), 'not-a-consumer-app'), product).toMatchObject({ holds: false })
    }
    for (const each of consumerApps) expect(consumerAppOf(each.name)).toBe(each)
    expect(consumerAppOf('constructor')).toBeUndefined()
    // A name that is not on the list says nothing for it.
    const { consumerApp: _, ...unsaid } = facts
    expect(row(checkPlatform(unsaid, { model, at: AT }), 'not-a-consumer-app')).toMatchObject({ holds: 'unknown' })
    expect(endedDiscretion).toMatchObject({ ended: '2023-05-11', transitionEnded: '2023-08-09' })
    const transition = (Date.parse(endedDiscretion.transitionEnded) - Date.parse(endedDiscretion.ended)) / 86_400_000
    expect(transition).toBe(90)
  })

  it('S47 lets recording be automatic only where it is clinically required, disclosed, and covered', () => {
    const basis = { clinicallyRequired: true, reason: 'supervision of trainees', disclosed: true }
    const recorded = (more: object) => check({ automaticRecording: seen(true), recording: seen({ ...basis, ...more }) })
    expect(recorded({}).verdict).toBe('usable')
    expect(recorded({}).rows.map(({ about }) => about)).toContain('telehealth.recording')
    expect(row(recorded({ disclosed: false }), 'no-automatic-recording')).toMatchObject({ holds: false, why: 'not disclosed' })
    expect(row(recorded({ clinicallyRequired: false }), 'no-automatic-recording')).toMatchObject({ holds: false })
    const excluded = registry([agreementWith('video', ['telehealth.video', 'telehealth.waiting-room'])], {
      complete: ['video'],
    })
    const report = checkPlatform(
      { ...facts, automaticRecording: seen(true), recording: seen(basis) },
      { model: excluded, at: AT },
    )
    expect(report.verdict).toBe('not-usable')
  })

  it('S14 S15 S16 S87 S88 S146 C8 judges a measured transport under the profile, while it is fresh', () => {
    const measured = { report: transport, reviewBy: '2027-02-20', evidence: 'report 7' }
    expect(check({ transport: measured }).verdict).toBe('usable')
    expect(check({ transport: measured }, { profile: 'tls12' }).verdict).toBe('usable')
    const strict = check({ transport: measured }, { profile: 'tls13' })
    expect(strict.verdict).toBe('not-usable')
    expect(row(strict, 'transport.versions')).toMatchObject({
      holds: false,
      evidence: 'report 7',
      reviewBy: '2027-02-20',
      asOf: transport.asOf,
    })
    expect(row(check({}, { profile: 'tls12' }), 'transport')).toMatchObject({ holds: 'unknown', why: 'not-said' })
    expect(row(check({ transport: { ...measured, reviewBy: '2026-11-20' } }), 'transport')).toMatchObject({
      holds: 'unknown',
      why: 'stale',
    })
    const future = { ...measured, report: { ...transport, asOf: '2026-11-21T10:00:00.001Z' } }
    expect(row(check({ transport: future }), 'transport')).toMatchObject({ holds: 'unknown', why: 'not-yet-made' })
  })

  it('S69 taking a fact away never makes a platform usable', () => {
    const keys = Object.keys(facts).filter(
      (key) => !['platform', 'customer', 'product'].includes(key),
    ) as (keyof PlatformFacts)[]
    fc.assert(
      fc.property(fc.subarray(keys, { minLength: 1 }), (gone) => {
        const left = Object.fromEntries(Object.entries(facts).filter(([key]) => !gone.includes(key as keyof PlatformFacts)))
        expect(checkPlatform(left as unknown as PlatformFacts, { model, at: AT }).verdict).toBe('needs')
      }),
      { numRuns: 100 },
    )
  })

  it('S67 refuses what it cannot read, without repeating it', async () => {
    const bad: [object | null, object?][] = [
      [null],
      [{}],
      [{ ...facts, zed: 'zedland' }],
      [{ ...facts, platform: 'zed land' }],
      [{ ...facts, services: ['records.notes'] }],
      [{ ...facts, services: [] }],
      [{ ...facts, data: [] }],
      [{ ...facts, media: seen('zedland') }],
      [{ ...facts, audio: seen(true, { reviewBy: '2026-10-01' }) }],
      [{ ...facts, audio: seen(true, { asOf: Number.NaN }) }],
      [{ ...facts, transport: { report: transport, reviewBy: '2026-11-01' } }],
      [facts, { at: 'zedland' }],
      [facts, { at: undefined }],
    ]
    for (const [each, options] of bad) {
      const error = await refusal(() => checkPlatform(each as never, { model, at: AT, ...options }))
      expect(error.code).toBe('PHI_BAA_PLATFORM')
      expect(error.message).not.toContain('zedland')
    }
    expect((await refusal(() => check({}, { model: { agreements: [] } }))).code).toBe('PHI_BAA_REGISTRY')
    expect((await refusal(() => check({}, { profile: 'toString' }))).code).toBe('PHI_BAA_TRANSPORT')
    const planted = Object.assign(Object.create({ meetingLock: seen(true) }), { ...facts })
    delete planted.meetingLock
    expect(row(checkPlatform(planted, { model, at: AT }), 'meeting-lock')?.holds).toBe('unknown')
    expect(row(check({ data: [{ class: 'zed' } as never] }), 'agreement')?.holds).toBe('unknown')
  })
})

describe('instructions for platforms', () => {
  it('S73 S77 S69 tell where the waiting room and the link are, on three platforms', () => {
    for (const platform of ['zoom', 'doxy', 'google-workspace']) {
      for (const topic of ['waiting-room', 'session-link'] as const) {
        const found = instructionsFor(platform, topic)
        expect(found?.requirements).toContain('S77')
        expect(found?.asOf).toBe('2024-05-13')
      }
    }
    const steps = (platform: string) => instructionsFor(platform, 'waiting-room')?.steps.join(' ')
    expect(steps('zoom')).toMatch(/Meetings.*Personal Meeting ID.*Edit.*Waiting Room/)
    expect(steps('doxy')).toMatch(/by default/)
    expect(steps('google-workspace')).toMatch(/Host controls.*Quick access off/)
    expect(platformInstructions).toHaveLength(6)
    expect(instructionsFor('another', 'waiting-room')).toBeUndefined()
  })
})
