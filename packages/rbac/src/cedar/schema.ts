import type { Attribute } from '../policy/attribute.ts'
import { builtInGrants } from '../policy/override.ts'
import type { PolicyJson } from '../policy/policy.ts'
import { type Shape, shapesOf } from './shape.ts'
import { GRANTED_ATTRIBUTE, NOW_ATTRIBUTE, NULLS, PURPOSE_ATTRIBUTE, quoted, recordType } from './syntax.ts'

/** How the types of Cedar itself are written: a type of records that has such a name would stand in front of it. */
type Naming = (builtIn: 'String' | 'Bool' | 'Long' | 'ipaddr') => string

function cedarType(attribute: Attribute, inner: Shape, naming: Naming): string {
  switch (attribute.type) {
    case 'string':
      return naming('String')
    case 'boolean':
      return naming('Bool')
    case 'number':
    case 'instant':
      return naming('Long')
    case 'ip':
      return naming('ipaddr')
    case 'set':
      return `Set<${naming(attribute.of === 'string' ? 'String' : 'Long')}>`
    case 'object':
      return recordOf(inner, [], naming)
    case 'opaque':
      // Conditions only ask whether it is there.
      return naming('Bool')
  }
}

function recordOf(shape: Shape, more: readonly string[], naming: Naming): string {
  const own = Object.entries(shape).map(
    ([name, { attribute, inner }]) => `${quoted(name)}?: ${cedarType(attribute, inner, naming)}`,
  )
  return `{ ${[...own, ...more].join(', ')} }`
}

/** The kinds of grants of a policy. */
export const grantKinds = (policy: PolicyJson): readonly string[] => [...builtInGrants, ...(policy.grants ?? [])]

const nulls = (naming: Naming): string => `${NULLS}?: Set<${naming('String')}>`
const plain: Naming = (builtIn) => builtIn

/** The schema of a checked policy. Every attribute is optional, since it may not have been loaded. */
export function schemaOf(policy: PolicyJson): string {
  const { actor, context, records } = shapesOf(policy)
  const naming: Naming = (builtIn) => (Object.hasOwn(policy.resources, builtIn) ? `__cedar::${builtIn}` : builtIn)
  const withTenant = (shape: Shape, tenant: string): Shape => {
    return { ...shape, [tenant]: { attribute: { type: 'string' }, inner: {} } }
  }
  const grants = grantKinds(policy).map((kind) => `${quoted(kind)}?: { patients: Set<String>, complete: Bool }`)
  const asked = recordOf(
    context,
    [
      nulls(plain),
      `${PURPOSE_ATTRIBUTE}?: Purpose`,
      `${NOW_ATTRIBUTE}?: Long`,
      `${GRANTED_ATTRIBUTE}?: { ${grants.join(', ')} }`,
    ],
    plain,
  )
  const types = Object.entries(policy.resources)
  const entities = types.map(([name, { tenant }]) => {
    recordType(name)
    return `  entity ${name} ${recordOf(withTenant(records[name] as Shape, tenant), [nulls(naming)], naming)};`
  })
  const resources = types.map(([name]) => recordType(name)).join(', ')
  return [
    'namespace phi {',
    '  entity Role in [Role];',
    '  entity Purpose in [Purpose];',
    `  entity Actor in [Role] ${recordOf(withTenant(actor, 'tenant'), [nulls(plain)], plain)};`,
    `  action ${policy.actions.map(quoted).join(', ')} appliesTo {`,
    '    principal: [Actor],',
    `    resource: [${resources}],`,
    `    context: ${asked}`,
    '  };',
    '}',
    'namespace phi::records {',
    ...entities,
    '}',
    '',
  ].join('\n')
}
