import { describe, expect, expectTypeOf, it } from 'vitest'
import { complete } from '../../test/complete.ts'
import { defineAgreement } from '../agreement/define.ts'
import { registry } from '../registry/registry.ts'
import * as everything from './index.ts'
import {
  type AccessAnswer,
  type CompliancePackage,
  cadences,
  compliancePackage,
  deviceFindings,
  explainClaimsSharing,
  mayAccessProduction,
  type NoticeStanding,
  notice,
  noticeFindings,
  noticeNeeds,
  noticeRetention,
  type OscalComponentDefinition,
  type ReadinessReport,
  type Register,
  type RegisterFinding,
  type ResponsibilityMatrix,
  type RiskFinding,
  readiness,
  register,
  registerFindings,
  responsibilityMatrix,
  riskAnalysis,
  riskFindings,
  type Standing,
  standingOn,
  toOscal,
  usesBeyondNotice,
} from './index.ts'

/** Words that would add everything up. */
const verdict = /^(is|has|not|non|un)?[-_]?(compliant|compliance|hipaa|passed|passes|pass|score|grade|rating|certified)$/i

type Verdict = 'compliant' | 'compliance' | 'isCompliant' | 'hipaaCompliant' | 'score' | 'grade' | 'rating' | 'passed'
/** The keys of a type and of everything in it. */
type KeysIn<Value> = Value extends readonly (infer Each)[]
  ? KeysIn<Each>
  : Value extends object
    ? { [Key in keyof Value & string]: Key | KeysIn<Value[Key]> }[keyof Value & string]
    : never

function keysIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) {
      if (!Array.isArray(value)) found.add(key)
      keysIn(each, found)
    }
  }
  return found
}

const at = '2026-11-22'
const evidence = [{ id: 'shown', asOf: '2026-10-01' }]
const made = register([
  {
    id: 'a',
    control: 'mfa',
    responsible: 'shared',
    parts: { provider: 'x', customer: 'y' },
    status: 'in-place',
    owner: 'o',
    evidence,
    asOf: '2026-10-01',
    reviewBy: '2027-01-01',
  },
  {
    id: 'b',
    control: 'risk-analysis',
    responsible: 'customer',
    status: 'planned',
    due: '2026-11-01',
    owner: 'o',
    asOf: '2026-10-01',
    reviewBy: '2027-01-01',
  },
])
const model = registry([defineAgreement(complete)])
const version = { id: 'v1', effective: '2026-01-01', created: '2026-01-01', elements: [], uses: [] }
const analysis = {
  id: 'r',
  performedOn: '2026-01-01',
  performedBy: 'o',
  scope: ['all'],
  risks: [{ id: 'r1', title: 't', likelihood: 'low', impact: 'low', owner: 'o', found: '2026-01-01' }],
} as const
const document = { id: 'd', kind: 'policy', title: 't', dated: '2026-01-01', sha256: 'a'.repeat(64), level: 'nda' } as const

const results: { readonly [name: string]: unknown } = {
  register: made,
  standingOn: made.entries.map((each) => standingOn(each, at)),
  registerFindings: registerFindings(made, { at }),
  responsibilityMatrix: responsibilityMatrix(made, { provider: 'p', customer: 'c' }, { at }),
  readiness: readiness(made, { at, model, between: [{ from: 'practice', to: 'platform' }] }),
  compliancePackage: compliancePackage([document], { at, audience: 'customer' }),
  cadences: cadences(made),
  toOscal: toOscal(made, {
    uuid: '0f3c8c1e-4d6f-4a55-9c5b-1b7d3f0a2e11',
    namespace: '0f3c8c1e-4d6f-4a55-9c5b-1b7d3f0a2e11',
    lastModified: '2026-11-22T10:00:00.000Z',
    at,
    title: 't',
    version: '1',
    provider: 'p',
    customer: 'c',
  }),
  riskAnalysis: riskAnalysis(analysis),
  riskFindings: riskFindings(analysis, at),
  mayAccessProduction: mayAccessProduction({ id: 'w', hired: '2026-01-01' }, at),
  deviceFindings: deviceFindings([{ id: 'd', owned: 'house' }], [], at),
  notice: notice({ versions: [version] }),
  noticeFindings: noticeFindings(notice({ versions: [version] }), at),
  noticeRetention: noticeRetention(notice({ versions: [version] })),
  noticeNeeds: noticeNeeds(notice({ versions: [version] }), { patient: 'p' }, at),
  usesBeyondNotice: usesBeyondNotice(model, notice({ versions: [version] }), at),
  explainClaimsSharing: explainClaimsSharing(['phi.code.cpt']),
}

describe('no verdict', () => {
  it('C10 no export is one, and no table has such a word for a key', () => {
    expect(Object.keys(everything).filter((name) => verdict.test(name))).toEqual([])
    expect([...keysIn(everything)].filter((key) => verdict.test(key))).toEqual([])
  })

  it.each(Object.keys(results))('C10 no result of %s adds everything up, and each is frozen', (name) => {
    const result = results[name]
    expect(keysIn(result).size).toBeGreaterThan(0)
    expect([...keysIn(result)].filter((key) => verdict.test(key))).toEqual([])
    expect(typeof result).toBe('object')
    expect(Object.isFrozen(result) || name === 'standingOn' || name === 'noticeRetention').toBe(true)
  })

  it('C10 no type has such a key', () => {
    type All =
      | Register
      | Standing
      | RegisterFinding
      | ResponsibilityMatrix
      | ReadinessReport
      | CompliancePackage
      | OscalComponentDefinition
      | RiskFinding
      | AccessAnswer
      | NoticeStanding
    expectTypeOf<Extract<KeysIn<All>, Verdict>>().toEqualTypeOf<never>()
    // The test of the type can fail.
    expectTypeOf<
      Extract<KeysIn<{ readonly a: readonly { readonly compliant: boolean }[] }>, Verdict>
    >().toEqualTypeOf<'compliant'>()
  })

  it('C10 an empty register is ready for nothing, and in order about nothing', () => {
    const { points } = readiness(register([]), { at })
    expect(points.map(({ answer }) => answer)).toEqual(points.map(() => 'unknown'))
    expect(responsibilityMatrix(register([]), { provider: 'p', customer: 'c' }, { at, wanted: { mfa: {} } }).gaps).toEqual([
      'mfa',
    ])
  })
})
