import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import {
  aiRiskTopics,
  patchBy,
  type Risk,
  type RiskAnalysisInput,
  riskAnalysis,
  riskFindings,
  riskLevel,
  riskLevels,
} from './risks.ts'

const evidence = [{ id: 'report', sha256: 'b'.repeat(64), asOf: '2026-03-01' }]
const risk: Risk = {
  id: 'r1',
  title: 'Prompts may hold identifiers',
  topics: ['ai.prompt-leakage'],
  likelihood: 'moderate',
  impact: 'high',
  owner: 'security officer',
  found: '2026-03-01',
  remediation: [
    {
      id: 'r1-a',
      action: 'Remove identifiers before the gateway',
      owner: 'platform lead',
      due: '2026-06-01',
      doneOn: '2026-05-20',
      evidence: [{ id: 'change-17', asOf: '2026-05-20' }],
    },
  ],
}
const base: RiskAnalysisInput = {
  id: 'ra-2026',
  performedOn: '2026-03-01',
  performedBy: 'security officer',
  scope: ['portal', 'note drafts'],
  usesAi: true,
  evidence,
  reviewedByLeadership: '2026-03-10',
  risks: [
    risk,
    {
      ...risk,
      id: 'r2',
      topics: ['ai.model-errors'],
      remediation: [],
      accepted: { by: 'CEO', reason: 'drafts are reviewed', on: '2026-03-10', until: '2027-03-01' },
    },
    {
      ...risk,
      id: 'r3',
      topics: ['ai.downstream-sharing'],
      remediation: [],
      closed: { on: '2026-04-01', reason: 'vendor removed', evidence: { id: 'offboarding', asOf: '2026-04-01' } },
    },
  ],
}
const codes = (analysis: object = {}, at = '2026-11-22') =>
  riskFindings({ ...base, ...analysis } as RiskAnalysisInput, at).map(({ code }) => code)
const withRisk = (more: object) => ({ usesAi: false, risks: [{ ...risk, ...more }] })

describe('the risk analysis', () => {
  it('S13 S57 S103 a complete one leaves nothing open, until its year has passed', () => {
    expect(codes()).toEqual([])
    expect(codes({}, '2027-03-01')).toEqual([])
    expect(codes({}, '2027-03-02')).toEqual(['analysis-overdue', 'acceptance-ended'])
    expect(codes({ every: { months: 6 } })).toEqual(['analysis-overdue'])
  })

  it('S103 a significant change calls for a new one', () => {
    const changes = [{ on: '2026-09-01', what: 'new region' }]
    expect(codes({ changes })).toEqual(['change-not-analysed'])
    expect(codes({ changes }, '2026-08-31')).toEqual([])
    expect(codes({ changes: [{ on: '2026-02-28', what: 'before' }] })).toEqual([])
    expect(codes({ changes: [{ on: '2026-03-01', what: 'the same day' }] })).toEqual(['change-not-analysed'])
  })

  it('S103 findings are reviewed by leadership, after the analysis', () => {
    expect(codes({ reviewedByLeadership: undefined })).toEqual(['not-reviewed'])
    expect(codes({ reviewedByLeadership: '2026-02-01' })).toEqual(['not-reviewed'])
    expect(codes({ evidence: [] })).toEqual(['no-evidence'])
  })

  it('S43 AI features: prompt leakage, model errors, downstream sharing', () => {
    for (const topic of aiRiskTopics) {
      const risks = base.risks.filter(({ topics }) => !topics?.includes(topic))
      expect(riskFindings({ ...base, risks }, '2026-11-22')).toMatchObject([{ code: 'ai-topic-missing', topic }])
    }
    expect(codes({ usesAi: undefined })).toEqual(['ai-unknown'])
    expect(codes({ usesAi: false, risks: [] })).toEqual([])
  })

  it('S24 S57 remediation has an owner and a day, and is done when it is shown', () => {
    const item = risk.remediation?.[0] as NonNullable<Risk['remediation']>[number]
    expect(codes(withRisk({ remediation: [] }))).toEqual(['no-remediation'])
    expect(codes(withRisk({ remediation: [{ ...item, doneOn: undefined }] }), '2026-06-01')).toEqual(['remediation-open'])
    expect(codes(withRisk({ remediation: [{ ...item, doneOn: undefined }] }), '2026-06-02')).toEqual(['remediation-overdue'])
    expect(codes(withRisk({ remediation: [{ ...item, evidence: [] }] }))).toEqual(['done-without-evidence'])
    expect(codes(withRisk({}), '2026-05-19')).toEqual(['remediation-open'])
    expect(
      riskFindings({ ...base, ...withRisk({ remediation: [{ ...item, doneOn: undefined }] }) }, '2026-07-01')[0],
    ).toMatchObject({
      risk: 'r1',
      item: 'r1-a',
      owner: 'platform lead',
      due: '2026-06-01',
      level: 'moderate',
    })
  })

  it('levels rise with likelihood and with impact, to both ends of the scale', () => {
    expect(riskLevel('very-high', 'very-high')).toBe('very-high')
    expect(riskLevel('very-low', 'very-low')).toBe('very-low')
    const level = fc.integer({ min: 0, max: 4 })
    fc.assert(
      fc.property(level, level, level, level, (a, b, c, d) => {
        const of = (likelihood: number, impact: number) =>
          riskLevels.indexOf(riskLevel(riskLevels[likelihood] ?? 'low', riskLevels[impact] ?? 'low'))
        expect(of(Math.max(a, c), Math.max(b, d))).toBeGreaterThanOrEqual(of(a, b))
      }),
      { numRuns: 300 },
    )
  })

  it('reads again what it made, and refuses the rest without repeating it', async () => {
    const made = riskAnalysis(base)
    expect(made.risks.map(({ level }) => level)).toEqual(['moderate', 'moderate', 'moderate'])
    expect(riskAnalysis(made)).toEqual(made)
    for (const bad of [
      { ...base, scope: [] },
      { ...base, risks: [risk, risk] },
      { ...base, risks: [{ ...risk, likelihood: 'Jane' }] },
      null,
      { ...base, risks: [{ ...risk, owner: '' }] },
    ]) {
      const error = await refusal(() => riskAnalysis(bad as RiskAnalysisInput))
      expect(error.code).toBe('PHI_BAA_RISKS')
      expect(error.message).not.toContain('Jane')
    }
  })
})

describe('patch times', () => {
  it("S26 the last day, by the house's own times, and none where the house has none", () => {
    const times = { critical: { hours: 48 }, high: { days: 30 }, moderate: { businessDays: 5 } } as const
    expect(patchBy(times, 'critical', '2026-11-22')).toBe('2026-11-23')
    expect(patchBy({ critical: { hours: 20 } }, 'critical', '2026-11-22')).toBe('2026-11-22')
    expect(patchBy(times, 'high', '2026-11-22')).toBe('2026-12-22')
    expect(patchBy(times, 'moderate', '2026-11-22')).toBeUndefined()
    expect(patchBy(times, 'low', '2026-11-22')).toBeUndefined()
  })

  it('refuses what it cannot read', async () => {
    expect((await refusal(() => patchBy({}, 'low', '2026-11-22'))).code).toBe('PHI_BAA_QUESTION')
    expect((await refusal(() => patchBy({ low: { days: 1 } }, 'constructor' as 'low', '2026-11-22'))).code).toBe(
      'PHI_BAA_QUESTION',
    )
  })
})
