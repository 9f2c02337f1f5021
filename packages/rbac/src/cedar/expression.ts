import { purposesOfUse } from '@phi/core'
import type { Atom, AttributePath, Expression, Literal, Term } from '../expression/expression.ts'
import { attributeOfPath } from '../policy/parse.ts'
import type { PolicyJson, ResourceType } from '../policy/policy.ts'
import { networkText } from './network.ts'
import {
  ALWAYS,
  both,
  either,
  GRANTED_ATTRIBUTE,
  hasMember,
  isLong,
  member,
  NEVER,
  NOW_ATTRIBUTE,
  NULLS,
  not,
  PURPOSE,
  PURPOSE_ATTRIBUTE,
  quoted,
  untranslatable,
} from './syntax.ts'

/** Where a condition stands: the policy, the type of record it is read for, and the place of its rule. */
export interface Setting {
  readonly policy: PolicyJson
  readonly type: ResourceType
  readonly rule: number
}

/**
 * A condition as two Cedar expressions, neither of which can fail: one that holds exactly when the condition is true, one exactly
 * when it is false. Where it is unknown, neither holds. Cedar skips a policy whose evaluation fails, which for a forbid is the
 * opposite of ours; so every access stands behind its `has`.
 */
export interface TwoSided {
  readonly holds: string
  readonly fails: string
}

const variable = { actor: 'principal', resource: 'resource', context: 'context' } as const

/** A term: the expression of its value, when it has one, and when it is null. */
interface Reading {
  readonly value: string
  readonly isThere: string
  readonly isNull: string
}

/** An attribute. Null is told by name in `_nulls`, for the attribute or for an object on the way to it. */
function attribute({ policy, type }: Setting, path: AttributePath): Reading {
  const [root, ...names] = path.split('.') as ['actor' | 'resource' | 'context', ...string[]]
  const start = variable[root]
  let value: string = start
  const there: string[] = []
  const nulls: string[] = []
  for (const [index, name] of names.entries()) {
    const along = names.slice(0, index + 1).join('.')
    const declared = attributeOfPath(policy, type, `${root}.${along}` as AttributePath)
    if (declared?.type === 'opaque' || (declared !== undefined && 'nullable' in declared && declared.nullable === true)) {
      nulls.push(both(hasMember(start, NULLS), `${member(start, NULLS)}.contains(${quoted(along)})`))
    }
    there.push(hasMember(value, name))
    value = member(value, name)
  }
  return { value, isThere: both(...there), isNull: either(...nulls) }
}

function literal({ rule }: Setting, value: Literal): string {
  if (typeof value === 'boolean') return String(value)
  // A policy has a canonical form, so its texts are well-formed.
  if (typeof value === 'string') return quoted(value)
  if (!isLong(value)) untranslatable('policy.rules.*.when', 'holds a number that is not a whole one within 53 bits', rule)
  return String(value === 0 ? 0 : value)
}

function term(setting: Setting, of: Term): Reading {
  if ('attr' in of) return attribute(setting, of.attr)
  if ('value' in of) return { value: literal(setting, of.value), isThere: ALWAYS, isNull: NEVER }
  return { value: member('context', NOW_ATTRIBUTE), isThere: hasMember('context', NOW_ATTRIBUTE), isNull: NEVER }
}

const compared = { lt: '<', le: '<=', gt: '>', ge: '>=' } as const

function membership(setting: Setting, atom: Atom & { op: 'in' }): TwoSided {
  const left = term(setting, atom.left)
  const right: Reading =
    'values' in atom.right
      ? { value: `[${atom.right.values.map((each) => literal(setting, each)).join(', ')}]`, isThere: ALWAYS, isNull: NEVER }
      : term(setting, atom.right)
  const found = `${right.value}.contains(${left.value})`
  return {
    holds: both(left.isThere, right.isThere, found),
    // Null is in no set, and nothing is in a set that is null.
    fails: either(
      both(left.isThere, right.isThere, not(found)),
      both(left.isNull, either(right.isThere, right.isNull)),
      both(left.isThere, right.isNull),
    ),
  }
}

/** Patients with a live grant of the kind come with the request, and whether that is all there is to know. */
function granted(setting: Setting, kind: string): TwoSided {
  const patient = attribute(setting, `resource.${setting.type.patient as string}`)
  const grants = member('context', GRANTED_ATTRIBUTE)
  const known = both(hasMember('context', GRANTED_ATTRIBUTE), hasMember(grants, kind))
  const patients = member(member(grants, kind), 'patients')
  const isListed = `${patients}.contains(${patient.value})`
  return {
    holds: both(known, patient.isThere, `${patient.value} != ""`, isListed),
    fails: both(
      known,
      member(member(grants, kind), 'complete'),
      either(`${patients}.isEmpty()`, patient.isNull, both(patient.isThere, `${patient.value} != ""`, not(isListed))),
    ),
  }
}

function atomOf(setting: Setting, atom: Atom): TwoSided {
  switch (atom.op) {
    case 'eq': {
      const [left, right] = [term(setting, atom.left), term(setting, atom.right)]
      const there = both(left.isThere, right.isThere)
      return {
        holds: both(there, `${left.value} == ${right.value}`),
        fails: either(
          both(there, `${left.value} != ${right.value}`),
          both(left.isNull, right.isThere),
          both(left.isThere, right.isNull),
        ),
      }
    }
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge': {
      const [left, right] = [term(setting, atom.left), term(setting, atom.right)]
      const there = both(left.isThere, right.isThere)
      const test = `${left.value} ${compared[atom.op]} ${right.value}`
      return { holds: both(there, test), fails: both(there, not(test)) }
    }
    case 'in':
      return membership(setting, atom)
    case 'has': {
      const { isThere, isNull } = attribute(setting, atom.of)
      const found = either(isThere, isNull)
      return { holds: found, fails: not(found) }
    }
    case 'null': {
      const { isThere, isNull } = attribute(setting, atom.of)
      return { holds: isNull, fails: isThere }
    }
    case 'cidr': {
      const { isThere, value } = attribute(setting, atom.of)
      const within = either(...atom.ranges.map((range) => `${value}.isInRange(ip(${quoted(networkText(range))}))`))
      return { holds: both(isThere, within), fails: both(isThere, not(within)) }
    }
    case 'purpose': {
      const given = hasMember('context', PURPOSE_ATTRIBUTE)
      const codes = atom.is.filter((code) => Object.hasOwn(purposesOfUse, code))
      const list = codes.map((code) => `${PURPOSE}::${quoted(code)}`).join(', ')
      const test = `${member('context', PURPOSE_ATTRIBUTE)} in [${list}]`
      return { holds: both(given, test), fails: both(given, not(test)) }
    }
    case 'granted':
      return granted(setting, atom.kind)
  }
}

/** Translates a condition. Negation changes sides, so nothing is written twice. */
export function translate(setting: Setting, expression: Expression): TwoSided {
  switch (expression.op) {
    case 'and': {
      const parts = expression.of.map((each) => translate(setting, each))
      return { holds: both(...parts.map(({ holds }) => holds)), fails: either(...parts.map(({ fails }) => fails)) }
    }
    case 'or': {
      const parts = expression.of.map((each) => translate(setting, each))
      return { holds: either(...parts.map(({ holds }) => holds)), fails: both(...parts.map(({ fails }) => fails)) }
    }
    case 'not': {
      const { holds, fails } = translate(setting, expression.of)
      return { holds: fails, fails: holds }
    }
    default:
      return atomOf(setting, expression)
  }
}
