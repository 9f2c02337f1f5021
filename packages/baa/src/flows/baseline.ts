import { parseAs } from '@phi/core'
import * as z from 'zod'
import { freeze } from '../freeze.ts'
import { ownOf } from '../own.ts'
import { flowError } from './errors.ts'
import { type FlowFinding, type FlowRule, flowRules } from './finding.ts'

/** The findings of a day, to compare later ones with: kept in the repository as JSON. */
export interface FlowBaseline {
  readonly format: 'phi.flows-baseline/v1'
  readonly findings: readonly { readonly fingerprint: string; readonly rule: FlowRule }[]
}

export interface BaselineComparison {
  /** Not in the baseline; or there as "not known", and now denied. */
  readonly new: readonly FlowFinding[]
  readonly unchanged: readonly FlowFinding[]
  /** What the baseline had and is gone. */
  readonly fixed: FlowBaseline['findings']
  /** For a process: 1 when something is new, else 0. */
  readonly exitCode: 0 | 1
}

const schema = z.strictObject({
  format: z.literal('phi.flows-baseline/v1'),
  findings: z
    .array(
      z
        .strictObject({
          fingerprint: z.string().min(1).max(4000),
          rule: z.enum(Object.keys(flowRules) as [FlowRule, ...FlowRule[]]),
        })
        .readonly(),
    )
    .max(1_000_000)
    .readonly(),
})

/** What to keep of findings. The same findings in any order make the same baseline, byte for byte as JSON. */
export function baseline(findings: readonly FlowFinding[]): FlowBaseline {
  const kept = new Map(findings.map(({ fingerprint, rule }) => [fingerprint, { fingerprint, rule }]))
  const sorted = [...kept.values()].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1))
  return freeze({ format: 'phi.flows-baseline/v1', findings: sorted })
}

/** Compares findings with a baseline, as parsed from JSON. @throws PhiError PHI_BAA_BASELINE when it is none */
export function compareWithBaseline(findings: readonly FlowFinding[], before: unknown): BaselineComparison {
  const own = ownOf(before, () => flowError('PHI_BAA_BASELINE', { path: 'baseline', detail: 'the value could not be read' }))
  const read = parseAs(schema, own, 'baseline', (context) => flowError('PHI_BAA_BASELINE', context))
  const rules = new Map(read.findings.map(({ fingerprint, rule }) => [fingerprint, rule]))
  const isNew = ({ fingerprint, rule }: FlowFinding) => {
    const had = rules.get(fingerprint)
    return had === undefined || (had === 'unresolved-flow' && rule === 'uncovered-flow')
  }
  const now = new Set(findings.map((each) => each.fingerprint))
  const fresh = findings.filter(isNew)
  return Object.freeze({
    new: Object.freeze(fresh),
    unchanged: Object.freeze(findings.filter((each) => !isNew(each))),
    fixed: Object.freeze(read.findings.filter((each) => !now.has(each.fingerprint))),
    exitCode: fresh.length > 0 ? 1 : 0,
  })
}
