import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { noticeMethods, type SubstituteNoticeFacts, substituteNotice } from './substitute-notice.ts'

const ids = (methods: readonly { readonly id: string }[]) => methods.map(({ id }) => id)

describe('substitute notice, 164.404(d)(2)', () => {
  it('SUB-01 ten or more: home page for 90 days or major media, with a toll-free number', () => {
    const found = substituteNotice({ badAddresses: 12, postedOn: '2026-04-01' })
    expect(found).toMatchObject({
      status: 'required',
      branch: '10-or-more',
      postingDays: 90,
      tollFreeDays: 90,
      keepThrough: '2026-06-30',
      throughIfFirstDayCounts: '2026-06-29',
      tollFreeThrough: '2026-06-30',
      citation: '45 CFR 164.404(d)(2)',
      confirmation: 'text-seen',
      unknown: ['urgent'],
    })
    expect(ids(found.forms)).toEqual(['home-page-posting', 'major-media'])
    expect(ids(found.include)).toEqual(['toll-free-number'])
  })

  it('SUB-01 shows the reading in which the first day counts as a step, and does not rely on it', () => {
    const counts = substituteNotice({ badAddresses: 12, postedOn: '2026-04-01' }).steps.filter(({ step }) => step === 'count')
    expect(counts).toMatchObject([
      { counts: 'after', from: '2026-04-01', amount: 90, to: '2026-06-30' },
      { counts: 'beginning-on', from: '2026-04-01', amount: 90, to: '2026-06-29' },
    ])
  })

  it('SUB-02 fewer than ten: another form of written notice, telephone or other means', () => {
    for (const badAddresses of [1, 9]) {
      const found = substituteNotice({ badAddresses, urgent: false })
      expect(found).toMatchObject({ status: 'required', branch: 'fewer-than-10', include: [], inAddition: [], unknown: [] })
      expect(ids(found.forms)).toEqual(['other-means'])
      expect(found.postingDays).toBeUndefined()
      expect(found.tollFreeDays).toBeUndefined()
      expect(found.keepThrough).toBeUndefined()
    }
  })

  it('the line is at ten', () => {
    const branch = (badAddresses: number) => substituteNotice({ badAddresses }).branch
    expect([0, 1, 9, 10, 11].map(branch)).toEqual(['none', 'fewer-than-10', 'fewer-than-10', '10-or-more', '10-or-more'])
  })

  it('SUB-03 next of kin who cannot be reached need none, however many', () => {
    const found = substituteNotice({ badAddresses: 0, deceasedNextOfKinUnreachable: 30 })
    expect(found).toMatchObject({ status: 'not-required', branch: 'none', forms: [], include: [] })
    expect(found.nextOfKin).toMatchObject({ unreachable: 30, substituteNoticeRequired: false })
    const both = substituteNotice({ badAddresses: 9, deceasedNextOfKinUnreachable: 30 })
    expect(both.branch).toBe('fewer-than-10')
  })

  it('an unknown number plans for ten or more and stays pending', () => {
    for (const facts of [{}, { badAddresses: null }, { deceasedNextOfKinUnreachable: 30 }]) {
      const found = substituteNotice({ ...facts, postedOn: '2026-04-01' })
      expect(found).toMatchObject({ status: 'pending-facts', branch: '10-or-more', keepThrough: '2026-06-30' })
      expect(found.unknown).toContain('badAddresses')
      expect(found.nextOfKin.substituteNoticeRequired).toBe(false)
      expect(found.periods.every(({ status }) => status === 'pending-facts')).toBe(true)
    }
  })

  it('until it is posted there is no date', () => {
    const found = substituteNotice({ badAddresses: 10 })
    expect(found.keepThrough).toBeUndefined()
    expect(found.unknown).toEqual(expect.arrayContaining(['postedOn', 'tollFreeFrom', 'form', 'urgent']))
  })

  it('in major media nothing is posted, and the number is active all the same', () => {
    const found = substituteNotice({ badAddresses: 10, form: 'major-media', tollFreeFrom: '2026-04-03' })
    expect(found.postingDays).toBeUndefined()
    expect(found.keepThrough).toBeUndefined()
    expect(found.tollFreeThrough).toBe('2026-07-02')
  })

  it('a number that is active before the posting has its own 90 days', () => {
    const found = substituteNotice({ badAddresses: 10, postedOn: '2026-04-03', tollFreeFrom: '2026-04-01' })
    expect([found.keepThrough, found.tollFreeThrough]).toEqual(['2026-07-02', '2026-06-30'])
  })

  it('urgent: by telephone in addition, never instead', () => {
    expect(ids(substituteNotice({ badAddresses: 0, urgent: true }).inAddition)).toEqual(['telephone-in-addition'])
    const found = substituteNotice({ badAddresses: 12, urgent: true })
    expect(ids(found.inAddition)).toEqual(['telephone-in-addition'])
    expect(ids(found.forms)).toEqual(['home-page-posting', 'major-media'])
  })

  it('is up through the last day, and over on the next', () => {
    const at = (today: string) =>
      substituteNotice({ badAddresses: 12, postedOn: '2026-04-01' }, { today }).periods.map(({ status, because }) => [
        status,
        because,
      ])
    expect(at('2026-06-30')).toEqual([
      ['due', 'counted'],
      ['due', 'counted'],
    ])
    expect(at('2026-07-01')).toEqual([
      ['met', 'period-over'],
      ['met', 'period-over'],
    ])
  })

  it('takes the day of posting in the zone of the covered entity', () => {
    const facts = { badAddresses: 12, postedOn: '2026-04-02T02:00:00Z' }
    expect(substituteNotice({ ...facts, timeZone: 'America/Chicago' }).keepThrough).toBe('2026-06-30')
  })

  it.each<[string, unknown, string, string]>([
    ['a negative number', { badAddresses: -1 }, 'PHI_DEADLINES_FACTS', 'facts.badAddresses'],
    ['part of a person', { badAddresses: 9.5 }, 'PHI_DEADLINES_FACTS', 'facts.badAddresses'],
    ['not a number', { badAddresses: Number.NaN }, 'PHI_DEADLINES_FACTS', 'facts.badAddresses'],
    ['an unknown key', { badAddresses: 1, patient: 'Jane Roe' }, 'PHI_DEADLINES_FACTS', 'facts'],
    ['a day that does not exist', { badAddresses: 12, postedOn: '2026-04-31' }, 'PHI_DEADLINES_DATE', 'facts.postedOn'],
    [
      'an instant without a zone',
      { badAddresses: 12, postedOn: '2026-04-01T00:00:00Z' },
      'PHI_DEADLINES_ZONE',
      'facts.postedOn',
    ],
  ])('refuses %s', async (_, facts, code, path) => {
    const error = await refusal(() => substituteNotice(facts as SubstituteNoticeFacts))
    expect([error.code, error.path]).toEqual([code, path])
    expect(error.message).not.toContain('Jane')
  })
})

it('nine ways of giving notice, each cited', () => {
  expect(noticeMethods.map(({ id, citation }) => [id, citation.section])).toEqual([
    ['first-class-mail', '164.404(d)(1)(i)'],
    ['electronic-mail', '164.404(d)(1)(i)'],
    ['several-mailings', '164.404(d)(1)(i)'],
    ['next-of-kin', '164.404(d)(1)(ii)'],
    ['other-means', '164.404(d)(2)(i)'],
    ['home-page-posting', '164.404(d)(2)(ii)(A)'],
    ['major-media', '164.404(d)(2)(ii)(A)'],
    ['toll-free-number', '164.404(d)(2)(ii)(B)'],
    ['telephone-in-addition', '164.404(d)(3)'],
  ])
})
