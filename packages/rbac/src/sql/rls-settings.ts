import { type Clock, isPhiError, isPurposeOfUse, systemClock } from '@phi/core'
import { isPolluted, MAX_ROLES, ownParts, type TypeRequest } from '../decision/request.ts'
import type { Rules } from '../decision/rules.ts'
import { rbacError } from '../errors.ts'
import type { Facts } from '../expression/evaluate.ts'
import { type AttributePath, pathsOf } from '../expression/expression.ts'
import { FALSE } from '../expression/truth.ts'
import { type Grant, granted, grantedPatients, instantOf } from '../policy/grant.ts'
import type { Vocabulary } from '../policy/parse.ts'
import type { PolicyJson, ResourceType } from '../policy/policy.ts'
import { type AttributeValue, attributeValue } from './attribute-value.ts'
import { isStorable } from './condition.ts'
import { grantKey, settingOf } from './settings-world.ts'
import { bucketFor } from './to-sql.ts'

/** Who asks, for a transaction: a question without its action and type. */
export type TransactionRequest<Words extends Vocabulary = Vocabulary> = Omit<TypeRequest<Words>, 'action' | 'type'>

export interface SettingsOptions {
  /** The time, where the request does not bring it. Default: the machine's clock. */
  readonly clock?: Clock
}

const names = [
  'phi.tenant',
  'phi.actor',
  'phi.roles',
  'phi.purpose',
  'phi.attributes',
  'phi.context',
  'phi.grants',
  'phi.at',
] as const
type Settings = { [Name in (typeof names)[number]]: string }

/**
 * The statement that tells PostgreSQL who asks, for policies made by `toRowLevelSecurity`. Run it first in the transaction. The
 * settings end with the transaction, by commit or rollback, so that nothing is left on a pooled connection; outside of a transaction
 * they end with the statement, and nothing is visible.
 *
 * An actor without id or tenant gets settings under which nothing is visible. Only attributes that rules read are passed on.
 * @throws PhiError PHI_RBAC_UNTRANSLATABLE for rules with additional forbids, which the database does not have; PHI_RBAC_QUERY for a
 *   request that cannot be read
 */
export function rlsSettings<Words extends Vocabulary>(
  rules: Rules<Words>,
  request: TransactionRequest<Words>,
  options: SettingsOptions = {},
): { readonly text: string; readonly values: readonly string[] } {
  if (rules.additional.length > 0) {
    throw rbacError('PHI_RBAC_UNTRANSLATABLE', {
      path: 'rules.additional',
      detail: 'the policies in the database know nothing of them',
    })
  }
  let settings: Settings
  try {
    const asked = (isPolluted() ? ownParts(request) : request) as unknown as Facts
    settings = settingsFor(rules as unknown as Rules, asked, options.clock ?? systemClock)
  } catch (error) {
    if (isPhiError(error)) throw error
    // What a getter of the request throws may hold anything.
    throw rbacError('PHI_RBAC_QUERY', { path: 'request', detail: 'could not be read' })
  }
  const calls = names.map((name, index) => `set_config('${name}', $${index + 1}::text, true)`)
  return { text: `SELECT ${calls.join(', ')}`, values: names.map((name) => settings[name]) }
}

const nobody: Settings = {
  'phi.tenant': '',
  'phi.actor': '',
  'phi.roles': '',
  'phi.purpose': '',
  'phi.attributes': '',
  'phi.context': '',
  'phi.grants': '',
  'phi.at': '',
}

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '' && isStorable(value)

function settingsFor(rules: Rules, { actor, context, purpose, grants, at: given }: Facts, clock: Clock): Settings {
  const { id, tenant, roles } = actor
  if (!isName(id) || !isName(tenant) || !Array.isArray(roles) || roles.length > MAX_ROLES) return nobody
  const { policy } = rules
  const needs = needsOf(rules)
  const at = instantOf(given === undefined ? clock() : given)
  const facts: Facts = {
    actor,
    action: undefined,
    resource: { type: undefined, record: {} },
    context,
  }
  const known = roles.filter((role): role is string => typeof role === 'string' && Object.hasOwn(policy.roles, role))
  return {
    'phi.tenant': tenant,
    'phi.actor': id,
    'phi.roles': JSON.stringify(known),
    'phi.purpose': isPurposeOfUse(purpose) ? purpose : '',
    ...attributesOf(policy, needs.paths, facts),
    'phi.grants': JSON.stringify(grantsOf(needs.grants, { tenant, actor: id, purpose, at }, grants)),
    'phi.at': Number.isNaN(at) ? '' : String(at),
  }
}

interface Needs {
  readonly paths: ReadonlyMap<AttributePath, ResourceType>
  readonly grants: readonly { readonly type: string; readonly action: string; readonly kind: string }[]
}
const needsByRules = new WeakMap<object, Needs>()

/** The attributes of actor and request that rules read, and the kinds of grants they ask for. */
function needsOf(rules: Rules): Needs {
  const known = needsByRules.get(rules)
  if (known !== undefined) return known
  const paths = new Map<AttributePath, ResourceType>()
  const grants: { type: string; action: string; kind: string }[] = []
  for (const [type, declared] of Object.entries(rules.policy.resources)) {
    for (const action of rules.policy.actions) {
      for (const atom of bucketFor(rules, type, action)?.atoms ?? []) {
        if (atom.op === 'granted') grants.push({ type, action, kind: atom.kind })
        for (const path of pathsOf(atom)) if (!path.startsWith('resource.')) paths.set(path, declared)
      }
    }
  }
  const needs = { paths, grants }
  needsByRules.set(rules, needs)
  return needs
}

/** What a policy reads of an attribute: null, a value, or an empty object for one that is there and cannot be read. */
function encoded(found: AttributeValue): unknown {
  if (found.state === 'null') return null
  if (found.state !== 'value') return {}
  const texts = (Array.isArray(found.value) ? found.value : [found.value]).filter((each) => typeof each === 'string')
  return texts.every(isStorable) ? found.value : {}
}

function attributesOf(
  policy: PolicyJson,
  paths: Needs['paths'],
  facts: Facts,
): { readonly 'phi.attributes': string; readonly 'phi.context': string } {
  const out = { 'phi.attributes': {} as Record<string, unknown>, 'phi.context': {} as Record<string, unknown> }
  for (const [path, type] of paths) {
    if (path === 'actor.id' || path === 'actor.tenant') continue
    const found = attributeValue(policy, type, path, facts)
    const [setting, member] = settingOf(path)
    if (found.state !== 'absent') out[setting][member] = encoded(found)
  }
  return { 'phi.attributes': JSON.stringify(out['phi.attributes']), 'phi.context': JSON.stringify(out['phi.context']) }
}

/** For whom grants count, worked out here: kind, tenant, actor, purpose, action, type and time are looked at as in memory. */
function grantsOf(
  wanted: Needs['grants'],
  asked: { readonly tenant: string; readonly actor: string; readonly purpose: unknown; readonly at: number },
  grants: unknown,
): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const { type, action, kind } of wanted) {
    const question = { ...asked, kind, type, action }
    try {
      const patients = Number.isNaN(asked.at) ? [] : grantedPatients(grants as readonly Grant[], question)
      const sound = granted(grants, { ...question, patient: null }) === FALSE
      out[grantKey('patients', type, action, kind)] = patients.filter(isStorable)
      out[grantKey('sound', type, action, kind)] = sound
    } catch {
      // A getter of the caller's that throws: left out, which is unknown.
    }
  }
  return out
}
