/**
 * SQL conditions as data. A condition counts as met when PostgreSQL finds it TRUE; false and NULL are the same to it, as they are to
 * WHERE and to row-level security. What is known while translating is folded away.
 */

/** The types under which values reach PostgreSQL. */
export type ValueType = 'text' | 'text[]' | 'bigint' | 'bigint[]' | 'double precision' | 'double precision[]' | 'timestamptz'

/** A value that stands in a statement: a parameter in queries, a quoted literal in definitions. */
export interface Value {
  readonly value: string | number | readonly string[] | readonly number[]
  readonly type: ValueType
}

/** A piece of SQL: our own text, quoted identifiers, and values that are kept apart from both. */
export type Sql = readonly (string | Value)[]

export type Condition =
  | boolean
  | { readonly op: 'sql'; readonly sql: Sql }
  | { readonly op: 'and' | 'or'; readonly of: readonly Condition[] }
  /** True where the inner one is false or NULL. */
  | { readonly op: 'unmet'; readonly of: Condition }

/** Assembles SQL. What is filled in is SQL or a value, never text of a caller. */
export function sql(texts: TemplateStringsArray, ...parts: readonly (Sql | Value)[]): Sql {
  return texts.flatMap((text, index) => {
    const part = parts[index]
    return part === undefined ? [text] : [text, ...(Array.isArray(part) ? (part as Sql) : [part as Value])]
  })
}

/** A condition in one comparison or call. */
export function test(texts: TemplateStringsArray, ...parts: readonly (Sql | Value)[]): Condition {
  return { op: 'sql', sql: sql(texts, ...parts) }
}

const keys = new WeakMap<object, string>()
function keyOf(condition: Condition): string {
  if (typeof condition === 'boolean') return String(condition)
  let key = keys.get(condition)
  if (key === undefined) {
    key = condition.op === 'sql' ? JSON.stringify(condition.sql) : `${condition.op}(${partsOf(condition).map(keyOf).join(' ')})`
    keys.set(condition, key)
  }
  return key
}
const partsOf = (condition: Exclude<Condition, boolean | { op: 'sql' }>): readonly Condition[] =>
  condition.op === 'unmet' ? [condition.of] : condition.of

function joined(op: 'and' | 'or', parts: readonly Condition[]): Condition {
  const decisive = op === 'or'
  const seen = new Map<string, Condition>()
  for (const part of parts) {
    if (part === decisive) return decisive
    if (part === !decisive) continue
    const inner = typeof part === 'object' && part.op === op ? part.of : [part]
    for (const each of inner) seen.set(keyOf(each), each)
  }
  const of = [...seen.values()]
  return of.length === 0 ? !decisive : of.length === 1 ? (of[0] as Condition) : { op, of }
}

export const and = (...parts: readonly Condition[]): Condition => joined('and', parts)
export const or = (...parts: readonly Condition[]): Condition => joined('or', parts)

/** Where a condition is not met, also because it is unknown. */
export function unmet(condition: Condition): Condition {
  return typeof condition === 'boolean' ? !condition : { op: 'unmet', of: condition }
}

type Write = (value: Value) => string

const writeSql = (pieces: Sql, write: Write): string =>
  pieces.map((piece) => (typeof piece === 'string' ? piece : write(piece))).join('')

/** Writes a condition. `write` says how values are written. */
export function render(condition: Condition, write: Write): string {
  if (typeof condition === 'boolean') return condition ? 'TRUE' : 'FALSE'
  if (condition.op === 'sql') return writeSql(condition.sql, write)
  if (condition.op === 'unmet') return `(${render(condition.of, write)}) IS NOT TRUE`
  const parts = condition.of.map((each) => {
    const text = render(each, write)
    return typeof each === 'object' && (each.op === 'and' || each.op === 'or') ? `(${text})` : text
  })
  return parts.join(condition.op === 'and' ? ' AND ' : ' OR ')
}

/** Collects values as numbered parameters; equal ones share a number. */
export function parameters(startAt: number): { readonly write: Write; readonly values: Value['value'][] } {
  const values: Value['value'][] = []
  const numbers = new Map<string, number>()
  const write: Write = ({ value, type }) => {
    // JSON writes -0 as 0; PostgreSQL and the policy hold the two equal.
    const key = `${type} ${JSON.stringify(value)}`
    let number = numbers.get(key)
    if (number === undefined) {
      number = startAt + values.push(value) - 1
      numbers.set(key, number)
    }
    return `$${number}::${type}`
  }
  return { write, values }
}

/** Text as a literal that reads the same whatever `standard_conforming_strings` says. */
export function quoted(text: string): string {
  const doubled = text.replaceAll("'", "''")
  return text.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`
}

/** Writes values as literals, for definitions, which take no parameters. */
export const literal: Write = ({ value, type }) => {
  if (typeof value === 'object') return `ARRAY[${value.map((each) => quoted(String(each))).join(', ')}]::${type}`
  return `${quoted(String(value))}::${type}`
}

/** Whether a text can stand in PostgreSQL at all: no NUL, and no half of a surrogate pair, which a driver would replace. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text)
}
