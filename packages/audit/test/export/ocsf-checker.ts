import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = `${process.env.PHI_VECTORS ?? fileURLToPath(new URL('../../../../../shared/vectors', import.meta.url))}/ocsf/resolved`
export const hasOcsfClasses = existsSync(`${folder}/authentication.json`)

interface Attribute {
  readonly type: string
  readonly requirement: 'required' | 'recommended' | 'optional'
  readonly is_array?: boolean
  readonly enum?: Readonly<Record<string, { readonly caption: string }>>
}
export interface OcsfClassFile {
  readonly name: string
  readonly class_uid: number
  readonly category: string
  readonly constraints: { readonly at_least_one?: readonly string[]; readonly just_one?: readonly string[] } | null
  readonly attributes: Readonly<Record<string, Attribute>>
}

const names = [
  'account_change',
  'api_activity',
  'authentication',
  'authorize_session',
  'datastore_activity',
  'entity_management',
]
export const ocsfClassFiles = (): readonly OcsfClassFile[] =>
  [...names, 'user_access', 'web_resources_activity'].map((name) => JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8')))

/** Attributes that a class has only where the event names the profile. The files do not tell; the profiles of OCSF 1.9 do. */
const profileOf: Readonly<Record<string, string>> = {
  cloud: 'cloud',
  osint: 'osint',
  trace: 'trace',
  ai_agent: 'ai_operation',
  ai_model: 'ai_operation',
  message_context: 'ai_operation',
  attestation_list: 'record_integrity',
  ...Object.fromEntries(
    ['action', 'action_id', 'authorizations', 'is_alert', 'policy', 'disposition', 'disposition_id', 'firewall_rule'].map(
      (name) => [name, 'security_control'],
    ),
  ),
}

/** The objects of OCSF 1.9 that we write: their attributes with types, which are required, and of which one must be there. */
interface ObjectShape {
  readonly attributes: Readonly<Record<string, string>>
  readonly required?: readonly string[]
  readonly oneOf?: readonly string[]
}
const objects: Readonly<Record<string, ObjectShape>> = {
  metadata: {
    attributes: {
      version: 'string_t',
      product: 'product',
      profiles: 'string_t[]',
      uid: 'string_t',
      event_code: 'string_t',
      log_name: 'string_t',
      log_version: 'string_t',
      logged_time: 'timestamp_t',
      original_time: 'string_t',
      sequence: 'integer_t',
      correlation_uid: 'string_t',
    },
    required: ['product', 'version'],
  },
  product: {
    attributes: { name: 'string_t', vendor_name: 'string_t', version: 'string_t', uid: 'string_t' },
    oneOf: ['name', 'uid'],
  },
  actor: { attributes: { user: 'user', session: 'session' }, oneOf: ['user', 'session'] },
  user: {
    attributes: {
      uid: 'string_t',
      name: 'string_t',
      type_id: 'user_type',
      type: 'string_t',
      org: 'organization',
      groups: 'group[]',
    },
    oneOf: ['uid', 'name'],
  },
  organization: { attributes: { name: 'string_t', uid: 'string_t' }, oneOf: ['name', 'uid'] },
  group: { attributes: { name: 'string_t', uid: 'string_t', type: 'string_t' }, oneOf: ['name', 'uid'] },
  session: { attributes: { uid: 'string_t' } },
  network_endpoint: { attributes: { ip: 'string_t', name: 'string_t' }, oneOf: ['ip', 'name'] },
  http_request: { attributes: { user_agent: 'string_t', uid: 'string_t' } },
  api: { attributes: { operation: 'string_t' }, required: ['operation'] },
  service: { attributes: { name: 'string_t', uid: 'string_t' }, oneOf: ['name', 'uid'] },
  policy: { attributes: { name: 'string_t', uid: 'string_t' }, oneOf: ['name', 'uid'] },
  resource_details: {
    attributes: { type: 'string_t', uid: 'string_t', name: 'string_t', version: 'string_t' },
    oneOf: ['name', 'uid'],
  },
  managed_entity: {
    attributes: { type_id: 'entity_type', type: 'string_t', uid: 'string_t', name: 'string_t', version: 'string_t' },
    oneOf: ['name', 'uid'],
  },
  table: { attributes: { name: 'string_t', uid: 'string_t' }, oneOf: ['name', 'uid'] },
}

const categories: Readonly<Record<string, number>> = { iam: 3, application: 6 }

function typeProblem(value: unknown, type: string, at: string): string[] {
  if (type.endsWith('[]'))
    return Array.isArray(value) ? value.flatMap((each) => typeProblem(each, type.slice(0, -2), at)) : [`${at}: not a list`]
  const isWhole = Number.isSafeInteger(value)
  switch (type) {
    case 'string_t':
      return typeof value === 'string' && value !== '' ? [] : [`${at}: not a text`]
    case 'boolean_t':
      return typeof value === 'boolean' ? [] : [`${at}: not a boolean`]
    case 'integer_t':
      return isWhole && Math.abs(value as number) < 2 ** 31 ? [] : [`${at}: not an integer`]
    case 'long_t':
      return isWhole ? [] : [`${at}: not a long`]
    case 'timestamp_t':
      return isWhole ? [] : [`${at}: not a time in milliseconds`]
    case 'user_type':
      return [0, 1, 2, 3, 4, 99].includes(value as number) ? [] : [`${at}: not in the enum`]
    case 'entity_type':
      return [0, 1, 2, 3, 4, 5, 6, 7, 99].includes(value as number) ? [] : [`${at}: not in the enum`]
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? [] : [`${at}: not an object`]
  }
  const shape = objects[type]
  if (shape === undefined) return [`${at}: no shape of ${type} is known here`]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at}: not an object`]
  const problems = Object.entries(value).flatMap(([key, each]) => {
    const inner = shape.attributes[key]
    return inner === undefined ? [`${at}.${key}: unknown`] : typeProblem(each, inner, `${at}.${key}`)
  })
  for (const key of shape.required ?? []) if (!(key in value)) problems.push(`${at}.${key}: missing`)
  if (shape.oneOf?.every((key) => !(key in value))) problems.push(`${at}: needs one of ${shape.oneOf.join(', ')}`)
  return problems
}

/** Holds an event against its resolved class: nothing missing, nothing unknown, types, enums and their captions, constraints, profiles. */
export function ocsfProblems(event: Readonly<Record<string, unknown>>, classes: readonly OcsfClassFile[]): string[] {
  const file = classes.find((each) => each.class_uid === event.class_uid)
  if (file === undefined) return ['class_uid: no such class']
  const problems: string[] = []
  const profiles = ((event.metadata as { profiles?: string[] } | undefined)?.profiles ?? []) as readonly string[]
  for (const [name, attribute] of Object.entries(file.attributes)) {
    const profile = profileOf[name]
    if (name in event) {
      if (profile !== undefined && !profiles.includes(profile)) problems.push(`${name}: of profile ${profile}`)
    } else if (attribute.requirement === 'required' && profile === undefined) problems.push(`${name}: missing`)
  }
  for (const [name, value] of Object.entries(event)) {
    const attribute = file.attributes[name]
    if (attribute === undefined) {
      problems.push(`${name}: unknown`)
      continue
    }
    problems.push(...typeProblem(value, attribute.is_array ? `${attribute.type}[]` : attribute.type, name))
    // The enums of class_uid and category_uid are those of the base event.
    if (attribute.enum === undefined || name === 'class_uid' || name === 'category_uid') continue
    const caption = attribute.enum[String(value)]?.caption
    if (caption === undefined) problems.push(`${name}: not in the enum`)
    else {
      const sibling = name === 'activity_id' ? 'activity_name' : name.replace(/_id$/, '')
      const said = event[sibling]
      const isOther = value === 99
      if (said === undefined && sibling in file.attributes) problems.push(`${sibling}: no caption beside ${name}`)
      else if (said !== undefined && !isOther && said !== caption) problems.push(`${sibling}: another caption than ${name}`)
    }
  }
  if (event.category_uid !== categories[file.category]) problems.push('category_uid: of another category')
  if (event.type_uid !== (event.class_uid as number) * 100 + (event.activity_id as number))
    problems.push('type_uid: of another activity')
  const { at_least_one: some, just_one: one } = file.constraints ?? {}
  if (some?.every((name) => !(name in event))) problems.push(`needs one of ${some.join(', ')}`)
  if (one !== undefined && one.filter((name) => name in event).length !== 1)
    problems.push(`needs just one of ${one.join(', ')}`)
  return problems
}
