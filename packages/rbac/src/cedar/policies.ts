import { conditionOf, overrideOf } from '../decision/bucket.ts'
import { isChecked, type Policy, parsePolicy } from '../policy/parse.ts'
import type { Forbid, Permit, PolicyJson, ResourceType } from '../policy/policy.ts'
import { type Setting, type TwoSided, translate } from './expression.ts'
import { schemaOf } from './schema.ts'
import {
  ACTION,
  ALWAYS,
  both,
  either,
  hasMember,
  member,
  NEVER,
  not,
  quoted,
  ROLE,
  recordType,
  untranslatable,
} from './syntax.ts'

/**
 * What to do with what Cedar's yes or no cannot carry. By default it is refused. The other words keep the export closed: Cedar then
 * says no where we would have said more than a plain yes.
 */
export interface CedarOptions {
  /** `omit`: permits with obligations are left out, and overrides that leave an obligation behind open nothing. */
  readonly obligations?: 'refuse' | 'omit'
  /** `omit`: permits that show a view only are left out. */
  readonly views?: 'refuse' | 'omit'
  /** `deny`: a forbid that hides fields denies the record. */
  readonly fieldForbids?: 'refuse' | 'deny'
}

/** A policy in Cedar. */
export interface CedarExport {
  /** Cedar policies, each annotated with `@id` (the rule, or `phi:tenant`) and `@resource` (the type). */
  readonly policies: string
  /** The rule of each policy, in the order of the text: Cedar names policies without names `policy0`, `policy1` and so on. */
  readonly ids: readonly string[]
  /** A Cedar schema that the policies, the requests and the entities of `cedarRequest` conform to. */
  readonly schema: string
}

interface Statement {
  readonly rule: string
  readonly type: string
  readonly text: string
}

function statement(
  effect: 'permit' | 'forbid',
  rule: string,
  type: string,
  actions: readonly string[] | undefined,
  clauses: readonly (readonly ['when' | 'unless', string])[],
): Statement {
  const listed = actions?.map((action) => `${ACTION}::${quoted(action)}`).join(', ')
  const scope = `principal, ${listed === undefined ? 'action' : `action in [${listed}]`}, resource is ${recordType(type)}`
  const lines = clauses.map(([word, expression]) => `\n${word} { ${expression} }`).join('')
  return { rule, type, text: `@id(${quoted(rule)}) @resource(${quoted(type)})\n${effect} (${scope})${lines};` }
}

/** The tenant wall: no permit passes it, whatever else a policy says. */
function wall(name: string, { tenant }: ResourceType): Statement {
  const [mine, theirs] = [member('principal', 'tenant'), member('resource', tenant)]
  const same = both(hasMember('principal', 'tenant'), hasMember('resource', tenant), `${mine} != ""`, `${mine} == ${theirs}`)
  return statement('forbid', 'phi:tenant', name, undefined, [['unless', same]])
}

function conditionFor(setting: Setting, rule: Permit | Forbid): TwoSided {
  const condition = conditionOf(rule)
  return condition === undefined ? { holds: ALWAYS, fails: NEVER } : translate(setting, condition)
}

/**
 * When a forbid is opened without leaving anything to do: some override without obligations is true, and none before it in the list
 * is, since the first one that is true is the one relied on.
 */
function opening(setting: Setting, rule: Forbid, options: CedarOptions): string {
  const ways: string[] = []
  const before: string[] = []
  for (const id of rule.unless ?? []) {
    const override = overrideOf(setting.policy, id)
    const { holds } = translate(setting, override.when)
    if ((override.obligations ?? []).length === 0) ways.push(both(holds, ...before.map(not)))
    else if (options.obligations !== 'omit')
      untranslatable('policy.rules.*.unless', 'names an override that leaves an obligation', setting.rule)
    else before.push(holds)
  }
  return either(...ways)
}

function ofPermit(setting: Setting, rule: Permit, type: string, options: CedarOptions): readonly Statement[] {
  if ((rule.obligations ?? []).length > 0) {
    return options.obligations === 'omit'
      ? []
      : untranslatable('policy.rules.*.obligations', 'Cedar has no obligations', setting.rule)
  }
  if (rule.view !== undefined) {
    return options.views === 'omit' ? [] : untranslatable('policy.rules.*.view', 'Cedar has no views', setting.rule)
  }
  const roles = rule.roles.map((role) => `${ROLE}::${quoted(role)}`).join(', ')
  const { holds } = conditionFor(setting, rule)
  if (holds === NEVER) return []
  return [statement('permit', rule.id, type, rule.actions, [['when', both(`principal in [${roles}]`, holds)]])]
}

function ofForbid(setting: Setting, rule: Forbid, type: string, options: CedarOptions): readonly Statement[] {
  if (rule.fields !== undefined && options.fieldForbids !== 'deny') {
    untranslatable('policy.rules.*.fields', 'Cedar decides about records, not about fields', setting.rule)
  }
  // Everything but false: also where an attribute was not loaded.
  const stands = not(conditionFor(setting, rule).fails)
  const open = opening(setting, rule, options)
  if (stands === NEVER || open === ALWAYS) return []
  const clauses: ['when' | 'unless', string][] = []
  if (stands !== ALWAYS) clauses.push(['when', stands])
  if (open !== NEVER) clauses.push(['unless', open])
  return [statement('forbid', rule.id, type, rule.actions, clauses)]
}

/** The policy itself when it was checked, else what comes out of the check. */
export const checkedPolicy = (policy: PolicyJson): Policy => (isChecked(policy) ? policy : parsePolicy(policy))

/**
 * Translates a policy to Cedar, one Cedar policy for each rule and type it names, and one for the tenant wall of each type.
 * The meaning stays: for requests and entities made by `cedarRequest`, Cedar allows exactly what `can` allows (with the options:
 * nothing that `can` denies). A forbid fires also where its condition is unknown, and no evaluation fails.
 * @throws PhiError PHI_RBAC_UNTRANSLATABLE for what Cedar cannot say, with the place of the rule in `info.rule`; PHI_RBAC_POLICY
 */
export function toCedar(policy: PolicyJson, options: CedarOptions = {}): CedarExport {
  const checked = checkedPolicy(policy)
  const types = Object.entries(checked.resources)
  const statements = types.map(([name, type]) => wall(name, type))
  for (const [index, rule] of checked.rules.entries()) {
    for (const [name, type] of types.filter(([each]) => rule.resources.includes(each))) {
      const setting: Setting = { policy: checked, type, rule: index }
      statements.push(
        ...(rule.effect === 'permit' ? ofPermit(setting, rule, name, options) : ofForbid(setting, rule, name, options)),
      )
    }
  }
  return Object.freeze({
    policies: `${statements.map(({ text }) => text).join('\n\n')}\n`,
    ids: Object.freeze(statements.map(({ rule }) => rule)),
    schema: schemaOf(checked),
  })
}
