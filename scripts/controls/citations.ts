import * as auditDisclosures from '../../packages/audit/src/disclosures/index.ts'
import * as agreements from '../../packages/baa/src/index.ts'
import * as safeguardRegister from '../../packages/baa/src/safeguards/index.ts'
import * as core from '../../packages/core/src/index.ts'
import { type Citation, type Confirmation, formatCitation, safeguards } from '../../packages/core/src/index.ts'
import * as incidents from '../../packages/deadlines/src/incident/index.ts'
import * as deadlines from '../../packages/deadlines/src/index.ts'
import * as recurring from '../../packages/deadlines/src/recurring/index.ts'
import * as requests from '../../packages/deadlines/src/request/index.ts'
import * as envelope from '../../packages/envelope/src/index.ts'
import * as directives from '../../packages/rbac/src/directives/index.ts'
import * as hipaa from '../../packages/rbac/src/hipaa/index.ts'
import * as rbac from '../../packages/rbac/src/index.ts'
import * as retention from '../../packages/retention/src/index.ts'

/** How the Security Rule puts it: 45 CFR 164.306(d). */
export type Standing = 'standard' | 'required' | 'addressable'

/** The better confirmed comes first. */
const ranks: readonly Confirmation[] = ['text-seen', 'secondary', 'memory', 'interpretation', 'weak']

const isCitation = (value: object): value is Citation => 'source' in value && 'section' in value && 'confirmation' in value

function citationsIn(tables: unknown): Map<string, Confirmation> {
  const found = new Map<string, Confirmation>()
  const met = new Set<object>()
  const waiting: unknown[] = [tables]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next !== 'object' || next === null || met.has(next)) continue
    met.add(next)
    if (isCitation(next)) {
      const text = formatCitation(next)
      const before = found.get(text)
      if (before === undefined || ranks.indexOf(next.confirmation) < ranks.indexOf(before)) found.set(text, next.confirmation)
    } else waiting.push(...Object.values(next))
  }
  return found
}

/**
 * Every citation of every table that the packages export, with how it is confirmed; where tables differ, the better. The matrix cites
 * nothing that does not stand in one of them.
 */
const citedByPackages: ReadonlyMap<string, Confirmation> = citationsIn(
  [
    core,
    auditDisclosures,
    agreements,
    safeguardRegister,
    deadlines,
    incidents,
    recurring,
    requests,
    envelope,
    rbac,
    directives,
    hipaa,
    retention,
  ].map((exported) => ({ ...exported })),
)

/** How well a citation is confirmed; that of a whole is that of its least confirmed part. Undefined where no table has it. */
export function confirmationOf(citation: string): Confirmation | undefined {
  const itself = citedByPackages.get(citation)
  if (itself !== undefined) return itself
  const parts = [...citedByPackages].flatMap(([text, confirmation]) => (text.startsWith(`${citation}(`) ? [confirmation] : []))
  return ranks.findLast((rank) => parts.includes(rank))
}

/** Where the register of safeguards or the taxonomy says how a text of the Security Rule is put. */
export const standings: ReadonlyMap<string, Standing> = new Map(
  [...Object.values(safeguards), ...Object.values(safeguardRegister.controls)].flatMap(({ citation, standing }) =>
    citation === undefined || standing === 'not-named' || !citation.section.startsWith('164.3')
      ? []
      : [[formatCitation(citation), standing] as const],
  ),
)
