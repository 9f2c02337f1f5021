import { compile, type Expression, parsePolicy } from '@phi/rbac'
import { describe, expect, it } from 'vitest'
import { mayBreakGlass } from './glass.ts'

const glass: Expression = { op: 'granted', kind: 'break-glass' }
const permit = (id: string, role: string, on: string, action: string, when?: Expression) => ({
  ...{ effect: 'permit', id, roles: [role], resources: [on], actions: [action] },
  ...(when && { when }),
})
const forbid = (on: string, action: string, unless: string) => ({
  ...{ effect: 'forbid', id: 'locked', resources: [on], actions: [action], unless: [unless] },
})

const text = { type: 'string' }
const attributes = { id: text, tenant: text, patient: text }
/** Whether each of the roles may. */
function may(rules: readonly object[], ...roles: readonly string[]): readonly boolean[] {
  const policy = parsePolicy({
    ...{ format: 'phi.policy/v1', id: 'clinic', version: '1', actions: ['read', 'update'], rules },
    roles: { nurse: {}, head: { inherits: ['nurse'] }, clerk: {} },
    resources: { Note: { attributes, tenant: 'tenant', patient: 'patient' }, Bill: { attributes, tenant: 'tenant' } },
    overrides: { sealed: { when: { op: 'or', of: [glass, { op: 'has', of: 'resource.id' }] } } },
  })
  return roles.map((role) => mayBreakGlass({ rules: compile(policy), actor: { id: 'u', tenant: 'a', roles: [role] } }))
}

describe('who may break the glass', () => {
  it('S109 whose permit asks for one, also deep in a condition, also by inheritance', () => {
    const deep: Expression = {
      op: 'and',
      of: [
        { op: 'has', of: 'resource.id' },
        { op: 'not', of: glass },
      ],
    }
    const rules = [
      permit('a', 'nurse', 'Note', 'read', deep),
      permit('b', 'clerk', 'Note', 'read', { op: 'granted', kind: 'consent' }),
    ]
    expect(may(rules, 'nurse', 'head', 'clerk', 'nobody')).toEqual([true, true, false, false])
  })

  it('S109 before whose permits stands a forbid that one opens', () => {
    for (const unless of ['break-glass', 'sealed']) {
      const rules = [
        permit('a', 'nurse', 'Note', 'read'),
        permit('b', 'clerk', 'Bill', 'read'),
        permit('c', 'clerk', 'Note', 'update'),
        forbid('Note', 'read', unless),
      ]
      expect(may(rules, 'nurse', 'clerk')).toEqual([true, false])
    }
  })

  it('S109 nobody, where nothing asks for one', () => {
    expect(may([permit('a', 'nurse', 'Note', 'read'), forbid('Note', 'read', 'emergency')], 'nurse')).toEqual([false])
  })
})
