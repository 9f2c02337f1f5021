/** A small clinic whose analysis can be worked out by hand, in two versions, and with what tests want to find in it. */
import { z } from 'zod'
import { definePolicy } from '../src/policy/define.ts'
import { type Policy, parsePolicy } from '../src/policy/parse.ts'
import type { PolicyJson, Rule } from '../src/policy/policy.ts'

export const clinic = definePolicy(
  {
    id: 'clinic',
    version: '1',
    resources: {
      Note: z.object({
        id: z.string(),
        tenant: z.string(),
        patient: z.string(),
        careTeam: z.array(z.string()),
        body: z.string(),
        restricted: z.boolean(),
        status: z.enum(['draft', 'signed']),
      }),
    },
    actions: ['read', 'update'],
    views: { cover: { Note: ['id', 'status'] } },
    roles: { therapist: {}, billing: {}, admin: { inherits: ['billing'] } },
  },
  ({ permit, forbid, is }) => [
    permit('therapist')
      .to('read', 'update')
      .on('Note')
      .when(is.in(is.actor('id'), is.resource('careTeam')))
      .cite('45 CFR 164.308(a)(4)')
      .as('care-team'),
    forbid()
      .to('read')
      .on('Note')
      .when(is.resource('restricted'))
      .unless('emergency')
      .cite('45 CFR 164.522(a)')
      .as('restriction'),
    permit('admin')
      .to('read')
      .on('Note')
      .when(is.eq(is.resource('status'), 'signed'))
      .requiring({ type: 'step-up', max_age: 300 })
      .cite('45 CFR 164.308(a)(4)')
      .as('audit'),
  ],
)

/** The same policy with other parts, checked again. */
export function changed(change: (policy: PolicyJson) => Partial<PolicyJson>, policy: PolicyJson = clinic): Policy {
  return parsePolicy({ ...policy, ...change(policy) })
}
export const withRules = (...rules: readonly Rule[]): Policy => changed((policy) => ({ rules: [...policy.rules, ...rules] }))
export const signed = { op: 'eq', left: { attr: 'resource.status' }, right: { value: 'signed' } } as const
export const draft = { op: 'eq', left: { attr: 'resource.status' }, right: { value: 'draft' } } as const

/** What is paid for may be seen by those who bill it. */
export const billing: Rule = {
  id: 'bill',
  effect: 'permit',
  roles: ['billing'],
  actions: ['read'],
  resources: ['Note'],
  purposes: ['HPAYMT'],
  when: signed,
  view: 'cover',
}
