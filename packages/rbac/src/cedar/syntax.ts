import { rbacError } from '../errors.ts'

/** Types and actions of what is exported. Records have a namespace of their own, so that no type of a policy meets one of ours. */
export const ACTOR = 'phi::Actor'
export const ROLE = 'phi::Role'
export const PURPOSE = 'phi::Purpose'
export const ACTION = 'phi::Action'
const RECORDS = 'phi::records'

/**
 * Attributes that carry what Cedar has no word for. Names of a policy begin with a letter, so these are free.
 * `_nulls`: paths that are there and null. `_purpose`, `_now`, `_granted`: of the request.
 */
export const NULLS = '_nulls'
export const PURPOSE_ATTRIBUTE = '_purpose'
export const NOW_ATTRIBUTE = '_now'
export const GRANTED_ATTRIBUTE = '_granted'

/** Words that Cedar's grammar keeps for itself (Cedar Policy Language Reference, "Grammar"). */
const reserved = new Set(['true', 'false', 'if', 'then', 'else', 'in', 'is', 'like', 'has', '__cedar'])

/** Refuses what Cedar could not say with the same meaning. `rule` is the place of the rule in the policy, from 0. */
export function untranslatable(path: string, detail: string, rule?: number): never {
  throw rbacError('PHI_RBAC_UNTRANSLATABLE', { path, detail, ...(rule === undefined ? {} : { info: { rule } }) })
}

/**
 * The name of a type of records. `Action` is how Cedar knows an action from other entities.
 * @throws PhiError PHI_RBAC_UNTRANSLATABLE
 */
export function recordType(type: string): string {
  if (reserved.has(type) || type === 'Action')
    untranslatable('policy.resources', 'names a type with a word that Cedar keeps for itself')
  return `${RECORDS}::${type}`
}

/** Cedar texts are Unicode scalar values: half a surrogate pair has no spelling. */
export function isWellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)
}

/** A text as Cedar writes it. Everything but printable ASCII is escaped. */
export function quoted(text: string): string {
  const escaped = Array.from(text, (each) => {
    if (each === '"' || each === '\\') return `\\${each}`
    return each >= ' ' && each <= '~' ? each : `\\u{${(each.codePointAt(0) as number).toString(16)}}`
  })
  return `"${escaped.join('')}"`
}

/** Cedar's Long has 64 bits, and a JavaScript number holds 53 of them: whole numbers within those are the same on both sides. */
export const isLong = (value: unknown): value is number => Number.isSafeInteger(value)

const isPlain = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !reserved.has(name)

/** `resource.name`, or `resource["is"]`. */
export const member = (of: string, name: string): string => (isPlain(name) ? `${of}.${name}` : `${of}[${quoted(name)}]`)
/** `resource has name`. */
export const hasMember = (of: string, name: string): string => `${of} has ${isPlain(name) ? name : quoted(name)}`

/** What is always true, and what is never. `both` and `either` do away with them. */
export const ALWAYS = 'true'
export const NEVER = 'false'

/** Joins by pairs: Cedar's parser nests one level for each operator of a chain, and gives up at some depth. */
function joined(operator: '&&' | '||', parts: readonly string[]): string {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  const middle = parts.length <= 8 ? parts.length : Math.ceil(parts.length / 2)
  if (middle === parts.length) return `(${parts.join(` ${operator} `)})`
  return `(${joined(operator, parts.slice(0, middle))} ${operator} ${joined(operator, parts.slice(middle))})`
}

/** True when all of these are. */
export function both(...parts: readonly string[]): string {
  if (parts.includes(NEVER)) return NEVER
  const open = parts.filter((each) => each !== ALWAYS)
  return open.length === 0 ? ALWAYS : joined('&&', open)
}

/** True when one of these is. */
export function either(...parts: readonly string[]): string {
  if (parts.includes(ALWAYS)) return ALWAYS
  const open = parts.filter((each) => each !== NEVER)
  return open.length === 0 ? NEVER : joined('||', open)
}

export function not(part: string): string {
  if (part === ALWAYS) return NEVER
  return part === NEVER ? ALWAYS : `!(${part})`
}
