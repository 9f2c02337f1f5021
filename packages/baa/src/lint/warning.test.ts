import { describe, expect, it } from 'vitest'
import { complete } from '../../test/complete.ts'
import { completeMou, completeQsoa, completeSub } from '../../test/samples.ts'
import type { ReportClause, Terms } from '../agreement/agreement.ts'
import { parseAgreement } from '../agreement/define.ts'
import { type ClockTrigger, noticeElements, type Period, triggers } from '../agreement/period.ts'
import { decideAny } from '../decide/decide.ts'
import { registry } from '../registry/registry.ts'
import { lintCodes } from './code.ts'
import { dataUseElements, elements, requiredElements } from './element.ts'
import { legalPeriods } from './limit.ts'
import { type LintOptions, lint } from './lint.ts'

type Sample = Readonly<Record<string, unknown>> & { readonly terms: object }

const found = (input: Sample, changes: object, options: LintOptions = {}): readonly string[] =>
  lint(parseAgreement({ ...input, ...changes }), options).map(({ code, path }) => `${code} ${path}`)

const withTerm = <Key extends keyof Terms>(input: Sample, key: Key, change: object) => ({
  terms: { ...input.terms, [key]: { ...(input.terms as Record<string, object>)[key], ...change } },
})
const breach = (
  change: { within?: Period; from?: ClockTrigger; content?: ReportClause['content'] },
  input: Sample = complete,
) => found(input, withTerm(input, 'reportBreaches', change))

describe('the tables', () => {
  it('S116 B01 to B16 are sixteen, each with a citation of its own', () => {
    expect(Object.keys(requiredElements)).toEqual(Array.from({ length: 16 }, (_, i) => `B${String(i + 1).padStart(2, '0')}`))
    const cited = Object.values(requiredElements).map(({ citation }) => `${citation.source} ${citation.section}`)
    expect(new Set(cited).size).toBe(16)
    for (const { citation } of Object.values(requiredElements)) {
      expect(citation).toMatchObject({ source: '45 CFR', confirmation: 'text-seen', asOf: '2019-05-10' })
    }
    expect(Object.keys(dataUseElements)).toHaveLength(8)
  })

  it('S116 a contract of a subcontractor carries all sixteen, and that of a covered entity fifteen', () => {
    const codesOf = (tier: 'ce-ba' | 'ba-sub') =>
      Object.entries(elements).flatMap(([code, row]) => ((row.tiers as readonly string[]).includes(tier) ? [code] : []))
    expect(codesOf('ce-ba')).toEqual(Object.keys(requiredElements).slice(0, 15))
    expect(codesOf('ba-sub')).toEqual(Object.keys(requiredElements))
  })

  it('S116 every element looks at a term or a list, and every term of the law is looked at by one', () => {
    const terms = Object.values(elements).flatMap((each) => each.terms)
    for (const each of Object.values(elements)) expect(each.terms.length + each.lists.length).toBeGreaterThan(0)
    const asked = new Set<string>(terms)
    for (const key of Object.keys(completeSub.terms)) {
      if (!['cooperation', 'logRetention'].includes(key)) expect([key, asked.has(key)]).toEqual([key, true])
    }
  })

  it('S28 every code says something, and what is our reading is marked so', () => {
    for (const [code, row] of Object.entries(lintCodes)) {
      expect(row.says, code).toMatch(/^[A-Z].*\.$/)
      expect(row.remedy, code).toMatch(/^[A-Z].*\.$/)
    }
    expect(lintCodes['ai-training'].citation.confirmation).toBe('interpretation')
    expect(lintCodes['agency-silent'].citation.confirmation).toBe('interpretation')
    expect(lintCodes['breach-clock-late'].citation.confirmation).toBe('text-seen')
    expect(lintCodes.Q01.citation.confirmation).toBe('memory')
  })

  it('S118 the periods of the law', () => {
    const periods = Object.fromEntries(Object.entries(legalPeriods).map(([key, { period }]) => [key, period]))
    expect(periods).toEqual({
      breachNotice: { days: 60 },
      documentation: { years: 6 },
      access: { days: 30 },
      amendment: { days: 60 },
      accounting: { days: 60 },
    })
  })
})

describe('the clock and the window of a breach', () => {
  it('C1 S118 a clock that starts with a confirmation is late, and one that starts with awareness is narrow', () => {
    const expected: Record<ClockTrigger, readonly string[]> = {
      discovery: [],
      awareness: ['breach-clock-narrow terms.reportBreaches.from'],
      detection: ['breach-clock-narrow terms.reportBreaches.from'],
      determination: ['breach-clock-late terms.reportBreaches.from'],
      confirmation: ['breach-clock-late terms.reportBreaches.from'],
      notification: ['breach-clock-late terms.reportBreaches.from'],
    }
    for (const from of triggers) expect([from, breach({ from })]).toEqual([from, expected[from]])
    expect(lintCodes['breach-clock-late'].citation).toMatchObject({ section: '164.410(a)(2)' })
  })

  it('S118 a window of sixty calendar days passes, and whatever can last longer does not', () => {
    const long = ['breach-window-long terms.reportBreaches.within']
    const cases: readonly (readonly [Period, readonly string[]])[] = [
      [{ days: 60 }, []],
      [{ days: 61 }, long],
      [{ hours: 1440 }, []],
      [{ hours: 1441 }, long],
      [{ months: 1 }, []],
      // July and August have 62 days.
      [{ months: 2 }, long],
      [{ businessDays: 10 }, []],
      [{ businessDays: 60 }, long],
      [{ years: 1 }, long],
    ]
    for (const [within, codes] of cases) expect([within, breach({ within })]).toEqual([within, codes])
  })

  it('C6 S118 a notice that speaks of likely consequences lacks the individuals, and the finding names what is missing', () => {
    const [only, ...more] = lint(
      parseAgreement({
        ...complete,
        ...withTerm(complete, 'reportBreaches', {
          content: ['what happened', 'what is being done', 'contact procedures'],
        }),
      }),
    )
    expect(more).toEqual([])
    expect(only).toMatchObject({ code: 'notice-content', citation: '45 CFR 164.410(c)', clause: { section: '4.2', page: 4 } })
    expect(only?.about).toEqual([
      'identification of each individual',
      'date of the breach',
      'date of discovery',
      'types of information',
      'steps for individuals',
    ])
    for (const element of noticeElements) {
      expect(breach({ content: noticeElements.filter((each) => each !== element) })).toHaveLength(1)
    }
  })

  it('S118 a promise to report breaches that says nothing else has one finding each for the window and the content', () => {
    expect(found(complete, { terms: { ...complete.terms, reportBreaches: true } })).toEqual([
      'breach-window-missing terms.reportBreaches.within',
      'notice-content terms.reportBreaches.content',
    ])
  })

  it('S118 S119 a subcontractor must leave time to the one above it', () => {
    const above = parseAgreement(complete)
    const within = (period: Period, upstream = [above]) =>
      found(completeSub, withTerm(completeSub, 'reportBreaches', { within: period }), { upstream })
    const late = ['subcontractor-window terms.reportBreaches.within']
    expect(within({ hours: 239 })).toEqual([])
    expect(within({ days: 10 })).toEqual(late)
    expect(within({ days: 11 })).toEqual(late)
    // Seven business days can last longer than ten days.
    expect(within({ businessDays: 7 })).toEqual(late)
    // The tightest of several counts, and the finding names it.
    const tighter = parseAgreement({
      ...complete,
      id: 'tighter',
      from: { id: 'hospital', kind: 'covered-entity' },
      signatures: [],
      ...withTerm(complete, 'reportBreaches', { within: { hours: 72 } }),
    })
    const [finding] = lint(parseAgreement(completeSub), { upstream: [above, tighter] })
    expect(finding).toMatchObject({ code: 'subcontractor-window', upstream: 'tighter' })
    // Without a window above, the law's own outer limit is what there is.
    const silent = parseAgreement({ ...complete, ...withTerm(complete, 'reportBreaches', { within: undefined }) })
    expect(within({ days: 59 }, [silent])).toEqual([])
    expect(within({ days: 60 }, [silent])).toEqual(late)
  })
})

describe('periods of the other promises', () => {
  it('C2 S33 logs that are kept for two years are kept for less than the documentation period, and that is no more than a warning', () => {
    const log = (within: Period) => found(complete, withTerm(complete, 'logRetention', { within }))
    const short = ['log-retention-short terms.logRetention.within']
    expect(log({ years: 2 })).toEqual(short)
    expect(log({ months: 71 })).toEqual(short)
    expect(log({ months: 72 })).toEqual([])
    expect(log({ years: 6 })).toEqual([])
    // Six years hold one or two leap days.
    expect(log({ days: 2191 })).toEqual(short)
    expect(log({ days: 2192 })).toEqual([])
    const { severity, says } = lintCodes['log-retention-short']
    expect(severity).toBe('warning')
    expect(says).toContain('shorter than the documentation period')
    expect(says).not.toMatch(/illegal|violat/)
  })

  it('S120 a vendor that takes as long as the practice itself has leaves it nothing', () => {
    const access = (within: Period) => found(complete, withTerm(complete, 'access', { within }))
    expect(access({ days: 29 })).toEqual([])
    expect(access({ days: 30 })).toEqual(['rights-window-long terms.access.within'])
    const amendment = (within: Period) => found(complete, withTerm(complete, 'amendment', { within }))
    expect(amendment({ days: 30 })).toEqual([])
    expect(amendment({ days: 60 })).toEqual(['rights-window-long terms.amendment.within'])
  })

  it('S33 S121 protections that do not go on are a finding', () => {
    const fallback = ['return-fallback terms.returnOrDestroy.otherwiseProtect']
    expect(found(complete, withTerm(complete, 'returnOrDestroy', { otherwiseProtect: false }))).toEqual(fallback)
  })
})

describe('the scope', () => {
  it('S1 S29 S51 every service that is used has to be in the scope', () => {
    const services = ['scheduling.reminders', 'telehealth.video', 'messaging', 'records', 'ai.note-draft'] as const
    const findings = lint(parseAgreement(complete), { services })
    expect(findings.map(({ code, about }) => [code, about?.[0]])).toEqual([
      ['service-not-covered', 'telehealth.video'],
      ['service-not-covered', 'messaging'],
      // Notes and plans are covered; the rest of the records is not.
      ['service-not-covered', 'records'],
    ])
    expect(findings.every(({ severity }) => severity === 'error')).toBe(true)
    const excluded = { services: ['records'], excludes: ['records.export'] }
    expect(found(complete, excluded, { services: ['records.export', 'records'] })).toEqual([
      'service-not-covered services',
      'service-not-covered services',
    ])
    expect(found(complete, excluded, { services: ['records.notes'] })).toEqual([])
  })

  it('S35 S1 telehealth that can be recorded wants a word on recordings', () => {
    const silent = ['recording-silent services[0]']
    expect(found(complete, { services: ['telehealth', 'messaging'] })).toEqual(silent)
    expect(found(complete, { services: ['telehealth.recording'] })).toEqual(silent)
    expect(found(complete, { services: ['telehealth.video'] })).toEqual([])
    expect(found(complete, { services: ['telehealth'], excludes: ['telehealth.recording'] })).toEqual([])
    expect(found(complete, { services: ['telehealth'], permits: ['phi.schedule', 'phi.comm.recording.video'] })).toEqual([])
    const prohibits = ['phi.comm', 'label:part2', 'phi.clinical.note.psychotherapy']
    expect(found(complete, { services: ['telehealth'], prohibits })).toEqual([])
  })

  it('S28 records of Part 2 are prohibited, or have their terms, or an agreement beside this one', () => {
    const prohibits = ['phi.clinical.note.psychotherapy']
    const open = ['part2-without-terms terms.part2']
    expect(found(complete, { prohibits })).toEqual(open)
    expect(found(complete, { prohibits, terms: { ...complete.terms, part2: true } })).toEqual([])
    const qsoa = parseAgreement(completeQsoa)
    expect(found(complete, { prohibits }, { qsoa })).toEqual([])
    // One that nobody signed, that has ended, or that is over by then binds nobody.
    expect(found(complete, { prohibits }, { qsoa: parseAgreement({ ...completeQsoa, signatures: [] }) })).toEqual(open)
    const half = parseAgreement({ ...completeQsoa, signatures: completeQsoa.signatures.slice(0, 1) })
    expect(found(complete, { prohibits }, { qsoa: half })).toEqual(open)
    const terminated = parseAgreement({ ...completeQsoa, terminated: { at: '2026-03-01' } })
    expect(found(complete, { prohibits }, { qsoa: terminated })).toEqual(open)
    expect(
      found(complete, { prohibits, expires: '2030-01-01', reviewBy: '2029-01-01' }, { qsoa, today: '2028-01-01' }),
    ).toEqual(open)
    expect(found(complete, { prohibits }, { qsoa: parseAgreement({ ...completeQsoa, terms: {} }) })).toEqual(open)
  })

  it('S28 psychotherapy notes are permitted by name, or prohibited', () => {
    const reached = ['psychotherapy-reached permits[0]']
    const permits = ['phi.clinical']
    expect(found(complete, { permits, prohibits: ['label:part2'] })).toEqual(reached)
    expect(found(complete, { permits, prohibits: ['label:part2', 'label:psychotherapy'] })).toEqual([])
    const named = [...permits, 'phi.clinical.note.psychotherapy']
    expect(found(complete, { permits: named, prohibits: ['label:part2'] })).toEqual([])
  })

  it('S28 a diagnosis whose code is prohibited is a permit that nothing passes', () => {
    const input = { permits: ['phi.schedule', 'phi.clinical.diagnosis'] }
    expect(found(complete, input)).toEqual(['dead-permit permits[1]'])
    // What lint calls dead, `decide` never allows.
    const model = registry([parseAgreement({ ...complete, ...input })], { complete: ['platform'] })
    const ask = (data: string) =>
      decideAny(model, {
        from: 'practice',
        to: 'platform',
        service: 'records.notes',
        data: [data as 'phi'],
        use: 'treatment',
        at: '2026-06-01T00:00:00.000Z',
      }).outcome
    expect([ask('phi.clinical.diagnosis'), ask('phi.schedule')]).toEqual(['deny', 'allow'])
  })

  it('S28 S116 a use beyond the covered entity is an error where nothing binds it, and else wants the authorization', () => {
    const uses = ['treatment', 'sale', 'public-health', 'operations.data-aggregation']
    expect(found(complete, { uses, prohibitsUses: [] })).toEqual(['use-authorization uses[1]'])
    const { withinCoveredEntityLimits: _, ...terms } = complete.terms
    expect(found(complete, { uses, prohibitsUses: [], terms })).toEqual([
      'B02 terms.withinCoveredEntityLimits',
      'B02 uses[1]',
      'B02 uses[2]',
      'use-authorization uses[1]',
    ])
  })

  it('S28 a memorandum is asked for its own element, and a sale still for the authorization', () => {
    expect(found(completeMou, { uses: ['sale'] })).toEqual(['use-authorization uses[0]'])
  })

  it('S116 assurances for own disclosures are asked for where own uses are permitted', () => {
    const { managementDisclosures: _, ...terms } = complete.terms
    expect(found(complete, { terms })).toEqual(['B15 terms.managementDisclosures'])
    expect(found(complete, { terms, uses: ['treatment'] })).toEqual([])
    expect(found(complete, { terms, uses: ['ba'] })).toEqual(['B15 terms.managementDisclosures'])
    expect(found(complete, { terms: { ...complete.terms, delegatedDuties: { carriesOut: 'none' } } })).toEqual([])
  })

  it('S28 a limited data set is for three purposes, and names no direct identifier', () => {
    const sample = {
      ...complete,
      tier: 'data-use',
      to: { id: 'platform', kind: 'other' },
      terms: {
        ...complete.terms,
        limitedRecipients: true,
        noReidentification: true,
      },
    }
    const input = {
      uses: ['research', 'public-health', 'operations.quality', 'treatment'],
      permits: ['phi.identity.name', 'phi.schedule'],
    }
    expect(found(sample, { ...input, services: ['analytics'], ai: undefined })).toEqual([
      'limited-purpose uses[3]',
      'limited-identifier permits[0]',
    ])
  })

  it('S28 AI in the scope by a service or by a use, and the answers that are no promise', () => {
    const ai = { training: 'prohibited', retention: 'none', deletion: false, humanReview: false, subprocessors: [] }
    expect(found(complete, { ai })).toEqual(['ai-deletion ai.deletion', 'ai-human-review ai.humanReview'])
    const silent = { ai: undefined, services: ['scheduling'], uses: ['treatment'] }
    expect(found(complete, silent)).toEqual([])
    expect(found(complete, { ...silent, uses: ['ai.inference'] })).toEqual(['ai-silent ai'])
    expect(found(complete, { ...silent, services: ['ai'] })).toEqual(['ai-silent ai'])
  })

  it('S115 S139 a plan that comes with no agreement is an error', () => {
    const eligibility = { starter: 'never', pro: 'always', growth: 'on-request' }
    expect(found(complete, { eligibility, plan: 'starter' })).toEqual(['plan-not-eligible plan'])
    expect(found(complete, { eligibility, plan: 'growth' })).toEqual([])
    expect(found(complete, { eligibility })).toEqual([])
  })
})

describe('upkeep', () => {
  it('S161 S151 reviews and expiry by the day, and who has not signed', () => {
    expect(found(complete, {}, { today: '2027-01-05' })).toEqual([])
    expect(found(complete, {}, { today: '2027-01-06' })).toEqual(['review-overdue reviewBy'])
    const later = { reviewBy: '2029-01-01' }
    expect(found(complete, later, { today: '2027-12-31' })).toEqual([])
    expect(found(complete, later, { today: '2028-01-01' })).toEqual(['expired expires'])
    const closed = { ...later, closed: { at: '2028-02-01', how: 'destroyed' } }
    expect(found(complete, closed, { today: '2028-03-01' })).toEqual([])
    const [finding] = lint(parseAgreement({ ...complete, signatures: complete.signatures.slice(0, 1) }))
    expect(finding).toMatchObject({ code: 'not-signed', party: 'platform', severity: 'warning' })
  })

  it('S151 a draft has no checksum yet, and that is no finding of its own', () => {
    const draft = { documentHash: undefined, signatures: complete.signatures.slice(1) }
    expect(found(complete, draft)).toEqual(['not-signed signatures'])
    expect(found(complete, { documentHash: undefined })).toEqual(['document-hash-missing documentHash'])
  })

  it('S28 agency that is not known is as good as silence', () => {
    expect(found(complete, { agency: 'unknown' })).toEqual(['agency-silent agency'])
    expect(found(complete, { agency: 'agent' })).toEqual([])
  })

  it('S28 quotes are asked for on request, of each clause that has neither section nor words', () => {
    expect(found(completeSub, {}, { quotes: false })).toEqual([])
    const places = found(completeSub, {}, { quotes: true })
    expect(places).toHaveLength(completeSub.permits.length + completeSub.prohibits.length + completeSub.uses.length)
    expect(places[0]).toBe('quote-missing permits[0]')
  })

  it('S28 places are in the order of the contract: the tenth after the second', () => {
    const uses = ['treatment', ...Array.from({ length: 11 }, () => 'sale')]
    const places = lint(parseAgreement({ ...complete, uses, prohibitsUses: [] })).map(({ path }) => path)
    expect(places).toEqual(Array.from({ length: 11 }, (_, index) => `uses[${index + 1}]`))
  })
})
