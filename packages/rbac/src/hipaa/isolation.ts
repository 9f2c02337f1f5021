import { parseAs, tenantSchema } from '@phi/core'
import * as z from 'zod'
import { rbacError } from '../errors.ts'
import type { Expression } from '../expression/expression.ts'
import type { Forbid } from '../policy/policy.ts'
import { hipaaCitations as law } from './citations.ts'
import { hipaaResources, patientTypes } from './records.ts'
import { type HipaaResourceType, hipaaActions } from './vocabulary.ts'

const allTypes = Object.keys(hipaaResources) as HipaaResourceType[]

const isolationSchema = z.strictObject({
  incident: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  tenants: z.array(tenantSchema).min(1).max(1_000).readonly().optional(),
  resources: z
    .array(z.enum(allTypes as [HipaaResourceType, ...HipaaResourceType[]]))
    .min(1)
    .max(64)
    .readonly()
    .optional(),
  emergencyAccess: z.boolean().optional(),
})

/** What is isolated, and for which incident. */
export interface Isolation {
  /** The id of the incident: letters, digits, dots, underscores and hyphens, at most 64. It shows in decisions. */
  readonly incident: string
  /** The tenants affected. Default: every tenant. */
  readonly tenants?: readonly string[] | undefined
  /** The types affected. Default: every type of the pack. */
  readonly resources?: readonly HipaaResourceType[] | undefined
  /** Whether a broken glass still opens records about patients. Default false: only the incident's team gets in. */
  readonly emergencyAccess?: boolean | undefined
}

/**
 * The forbids that isolate what an incident affects, for `rules.with(isolation({ incident }))`: nothing is open but to a member of
 * this incident's team who works on this incident, and that member owes a written account. To end it, use the rules without them.
 * @throws PhiError PHI_RBAC_POLICY
 */
export function isolation(options: Isolation): readonly Forbid[] {
  const { incident, tenants, resources, emergencyAccess } = parseAs(isolationSchema, options, 'isolation', (context) =>
    rbacError('PHI_RBAC_POLICY', context),
  )
  const types = resources ?? allTypes
  const affected: Expression | undefined = tenants && {
    op: 'in',
    left: { attr: 'resource.tenant' },
    right: { values: [...tenants] },
  }
  const onThisTeam: Expression = {
    op: 'and',
    of: [
      { op: 'in', left: { value: incident }, right: { attr: 'actor.incidents' } },
      { op: 'eq', left: { attr: 'context.incident' }, right: { value: incident } },
    ],
  }
  const others: Expression = { op: 'not', of: onThisTeam }
  const forbids = (suffix: string, on: readonly string[], glass: readonly string[]): Forbid[] => {
    if (on.length === 0) return []
    const base = { effect: 'forbid', actions: hipaaActions, resources: on, cite: [law.incidentResponse] } as const
    return [
      {
        ...base,
        id: `isolated:${incident}${suffix}`,
        ...(affected ? { when: affected } : {}),
        unless: ['incident-response', ...glass],
      },
      {
        ...base,
        id: `isolated:${incident}${suffix}:team-only`,
        when: affected ? { op: 'and', of: [affected, others] } : others,
        ...(glass.length > 0 ? { unless: glass } : {}),
      },
    ]
  }
  if (emergencyAccess !== true) return forbids('', types, [])
  // A grant speaks about a patient, so only records about patients can ask for one.
  const about = types.filter((each) => (patientTypes as readonly string[]).includes(each))
  const other = types.filter((each) => !(patientTypes as readonly string[]).includes(each))
  return [...forbids(':patients', about, ['break-glass']), ...forbids(':systems', other, [])]
}
