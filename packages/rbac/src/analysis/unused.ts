import { purposeIsA } from '@phi/core'
import { conditionOf } from '../decision/bucket.ts'
import { atomsOf } from '../expression/expression.ts'
import { builtInOverrides } from '../policy/override.ts'
import type { Override, PolicyJson, Rule } from '../policy/policy.ts'
import { type Finding, finding } from './findings.ts'

const overrides: Readonly<Record<string, Override>> = builtInOverrides

function kindsAskedFor(policy: PolicyJson): ReadonlySet<string> {
  const named = new Set(policy.rules.flatMap((rule) => (rule.effect === 'forbid' ? (rule.unless ?? []) : [])))
  const opened = [...named].map((id) => (policy.overrides?.[id] ?? overrides[id])?.when)
  const conditions = [...policy.rules.map(conditionOf), ...opened].filter((each) => each !== undefined)
  return new Set(
    conditions.flatMap((each) => [...atomsOf(each)].flatMap(({ atom }) => (atom.op === 'granted' ? [atom.kind] : []))),
  )
}

/** What the policy declares and no rule uses. */
export function unused(policy: PolicyJson): readonly Finding[] {
  const permits = policy.rules.filter((rule) => rule.effect === 'permit')
  const forbids = policy.rules.filter((rule) => rule.effect === 'forbid')
  const permitted = new Set(permits.flatMap(({ roles }) => roles))
  const gets = (role: string): boolean => permitted.has(role) || (policy.roles[role]?.inherits ?? []).some(gets)
  const of = <Item>(items: Iterable<Item>, isUsed: (item: Item) => boolean, make: (item: Item) => Finding) =>
    [...items].filter((item) => !isUsed(item)).map(make)
  const kinds = kindsAskedFor(policy)
  return [
    ...of(Object.keys(policy.roles), gets, (role) => finding('unused-role', `role ${role} has no permits`, { role })),
    ...of(
      policy.actions,
      (action) => permits.some(({ actions }) => actions.includes(action)),
      (action) => finding('unused-action', `no rule permits to ${action} anything`),
    ),
    ...of(
      Object.keys(policy.resources),
      (type) => permits.some(({ resources }) => resources.includes(type)),
      (type) => finding('unused-type', `no rule permits anything on ${type}`),
    ),
    ...of(
      Object.keys(policy.overrides ?? {}),
      (id) => forbids.some(({ unless }) => unless?.includes(id)),
      (id) => finding('unused-override', `no forbid names override ${id}`),
    ),
    ...of(
      policy.grants ?? [],
      (kind) => kinds.has(kind),
      (kind) => finding('unused-grant', `no condition asks for a grant of ${kind}`),
    ),
    ...of(
      Object.keys(policy.views ?? {}),
      (view) => permits.some((permit) => permit.view === view),
      (view) => finding('unused-view', `no permit names view ${view}`),
    ),
  ]
}

function redundantPurposes(rule: Rule): readonly Finding[] {
  const purposes = [...new Set(rule.purposes)]
  return purposes.flatMap((code) => {
    const wider = purposes.find((other) => other !== code && purposeIsA(code, other))
    return wider === undefined
      ? []
      : [finding('redundant-purpose', `${rule.id}: purpose ${code} is included in ${wider}`, { rule: rule.id })]
  })
}

/** What can be seen in a rule or a view by itself. */
export function plainFindings(policy: PolicyJson): readonly Finding[] {
  const ofRules = policy.rules.flatMap((rule) => {
    const cited = (rule.cite?.length ?? 0) > 0
    const patients = rule.resources.filter((type) => policy.resources[type]?.patient !== undefined)
    const open = rule.effect === 'permit' && rule.when === undefined && rule.purposes === undefined && patients.length > 0
    return [
      ...redundantPurposes(rule),
      ...(open
        ? [
            finding('unconditional', `${rule.id} permits ${patients.join(', ')} without condition or purpose`, {
              rule: rule.id,
            }),
          ]
        : []),
      ...(cited ? [] : [finding('no-citation', `${rule.id} cites nothing`, { rule: rule.id })]),
    ]
  })
  const ofViews = Object.entries(policy.views ?? {}).flatMap(([view, types]) =>
    Object.entries(types).flatMap(([type, fields]) => {
      const all = Object.keys(policy.resources[type]?.attributes ?? {})
      return all.every((name) => fields.includes(name))
        ? [finding('view-shows-all', `view ${view} lists every attribute of ${type}`)]
        : []
    }),
  )
  return [...ofRules, ...ofViews]
}
