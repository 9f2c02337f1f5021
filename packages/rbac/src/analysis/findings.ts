import type { Request } from '../decision/request.ts'

/** How much a finding weighs: `error` says that a rule cannot do what it is there for, `info` is for the record. */
export type Severity = 'error' | 'warning' | 'info'

/** What can be found, and what it says about the policy. */
export const findingCodes = {
  contradiction: 'a condition that cannot hold, so that the rule never applies',
  unreachable: 'a permit that forbids always stand in front of',
  shadowed: 'a permit that gives nothing which other permits do not give to the same roles',
  ineffective: 'a forbid that takes nothing away',
  hollow: 'a forbid that an override opens whenever it applies',
  'override-never-opens': 'an override that never holds where the forbid that names it applies',
  'guarded-forbid': 'a forbid that opens when an attribute was not loaded',
  'redundant-purpose': 'a purpose that another one of the rule includes',
  'unreachable-purpose': 'a purpose for which the rule never applies',
  unconditional: 'a permit without condition or purpose on records about patients',
  'view-shows-all': 'a view that lists every attribute of a type',
  'no-citation': 'a rule that does not say on which text it rests',
  'unused-role': 'a role that has no permits',
  'unused-action': 'an action that no rule permits',
  'unused-type': 'a type that no rule permits anything on',
  'unused-override': 'an override that no forbid names',
  'unused-grant': 'a kind of grant that no condition asks for',
  'unused-view': 'a view that no permit names',
  inherits: 'what a role gets by inheriting another',
} as const

export type FindingCode = keyof typeof findingCodes

/** Something worth a look, as data. Messages hold names and constants of the policy, and nothing else. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  readonly message: string
  readonly rule?: string
  readonly role?: string
  /** Where: the actions on types for which it is so. Empty for what is about the policy as a whole. */
  readonly places: readonly { readonly type: string; readonly action: string }[]
  /** A request that shows it. Values stand for others. */
  readonly example?: Request
}

const severities: Readonly<Record<FindingCode, Severity>> = {
  contradiction: 'error',
  unreachable: 'error',
  'override-never-opens': 'error',
  shadowed: 'warning',
  ineffective: 'warning',
  hollow: 'warning',
  'guarded-forbid': 'warning',
  'unreachable-purpose': 'warning',
  'unused-role': 'warning',
  'unused-override': 'warning',
  'unused-view': 'warning',
  'redundant-purpose': 'info',
  unconditional: 'info',
  'view-shows-all': 'info',
  'no-citation': 'info',
  'unused-action': 'info',
  'unused-type': 'info',
  'unused-grant': 'info',
  inherits: 'info',
}

export function finding(code: FindingCode, message: string, more: Partial<Finding> = {}): Finding {
  return { code, severity: severities[code], message, places: [], ...more }
}

const order: readonly Severity[] = ['error', 'warning', 'info']

/** Joins findings that say the same about several places, and puts the weightiest first. */
export function joined(findings: readonly Finding[]): readonly Finding[] {
  const out = new Map<string, Finding>()
  for (const each of findings) {
    const key = JSON.stringify([each.code, each.rule, each.role, each.message])
    const known = out.get(key)
    out.set(key, known === undefined ? each : { ...known, places: [...known.places, ...each.places] })
  }
  return [...out.values()].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
}
