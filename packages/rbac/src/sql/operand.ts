import { MAX_SET_SIZE } from '../expression/evaluate.ts'
import type { Literal, Term } from '../expression/expression.ts'
import type { Attribute } from '../policy/attribute.ts'
import { instantOf } from '../policy/grant.ts'
import { attributeOfPath } from '../policy/parse.ts'
import type { PolicyJson, ResourceType } from '../policy/policy.ts'
import { and, type Condition, or, type Sql, sql, test } from './condition.ts'
import type { Column, ColumnType } from './mapping.ts'

export type Kind = 'string' | 'number' | 'boolean' | 'instant' | 'ip' | 'set' | 'opaque'

/** One side of a comparison, as far as a translation knows it. */
export interface Operand {
  readonly kind: Kind
  /** Whether it is there and has the right type; a null that may be counts as well. */
  readonly known: Condition
  /** Whether it is a null that may be. */
  readonly isNull: Condition
  /** Whether it has the right type, once it is there and not null. */
  readonly valid: Condition
  /**
   * Its value: text, double precision, boolean, inet, text[] or double precision[]; instants in milliseconds since 1970 as double
   * precision. Whatever is not `valid` may stand there as any value or as NULL.
   */
  readonly value: Sql
  /** The column itself, for comparisons that an index can help with. */
  readonly column?: { readonly name: Sql; readonly type: ColumnType } | undefined
  /** The value, where the translation has it. Sets as arrays, instants in milliseconds, addresses as text. */
  readonly constant?: string | number | boolean | readonly (string | number)[] | undefined
}

/** What is unknown whatever the record says: absent, or of the wrong type. */
export const unknown: Operand = { kind: 'opaque', known: false, isNull: false, valid: false, value: ['NULL'] }
/** What is null. */
export const nothing = (kind: Kind): Operand => ({ kind, known: true, isNull: true, valid: false, value: ['NULL'] })

/** A value that the translation has. Instants come in milliseconds, addresses as text. */
export function constantOperand(kind: Kind, constant: NonNullable<Operand['constant']>): Operand {
  return { kind, known: true, isNull: false, valid: true, value: constantSql(kind, constant), constant }
}

function constantSql(kind: Kind, constant: NonNullable<Operand['constant']>): Sql {
  if (kind === 'ip') return sql`${{ value: constant as string, type: 'text' }}::inet`
  if (typeof constant === 'string') return [{ value: constant, type: 'text' }]
  if (typeof constant === 'number') return [{ value: constant, type: 'double precision' }]
  // Booleans are compared by IS, and sets by their members.
  return ['NULL']
}

/** A constant of the policy. Beside an instant, a text is one. */
export function literalOperand(policy: PolicyJson, type: ResourceType, value: Literal, beside: Term | undefined): Operand {
  const other = beside !== undefined && 'attr' in beside ? attributeOfPath(policy, type, beside.attr)?.type : undefined
  return other === 'instant' ? constantOperand('instant', instantOf(value)) : constantOperand(typeof value as Kind, value)
}

const IPV4_MAPPED = "'::ffff:0.0.0.0/96'::inet"

/** IPv4-mapped IPv6 addresses are the IPv4 addresses they hold (RFC 4291 section 2.5.5.2). */
const unmapped = (address: Sql): Sql =>
  sql`(CASE WHEN ${address} <<= ${[IPV4_MAPPED]} THEN '0.0.0.0'::inet + (${address} - '::ffff:0.0.0.0'::inet) ELSE ${address} END)`

/** The first instant after those a JavaScript Date can hold. */
const AFTER_DATES = "'275760-09-13 00:00:00.001+00'::timestamptz"
const LARGEST_NUMERIC = '1e300'
const SMALLEST_NUMERIC = '1e-300'

/** One dimension, no null inside, not too long. CASE, because array_position refuses arrays of more dimensions. */
const soundArray = (array: Sql): Condition =>
  test`CASE WHEN cardinality(${array}) = 0 THEN TRUE WHEN array_ndims(${array}) = 1 AND cardinality(${array}) <= ${[String(MAX_SET_SIZE)]} THEN array_position(${array}, NULL) IS NULL ELSE FALSE END`

interface Shape {
  readonly kind: Kind
  readonly valid: Condition
  readonly value: Sql
}

function shapeOf({ type, bytewise }: Column, name: Sql): Shape {
  switch (type) {
    case 'text':
      return { kind: 'string', valid: true, value: bytewise ? sql`${name} COLLATE "C"` : name }
    case 'uuid':
      return { kind: 'string', valid: true, value: sql`${name}::text` }
    case 'boolean':
      return { kind: 'boolean', valid: true, value: name }
    case 'integer':
    case 'bigint':
      return { kind: 'number', valid: true, value: sql`${name}::double precision` }
    case 'double precision':
      // NaN is above everything in PostgreSQL, and abs leaves it what it is.
      return { kind: 'number', valid: test`abs(${name}) < 'Infinity'::double precision`, value: name }
    case 'numeric': {
      const readable = sql`(abs(${name}) < ${[LARGEST_NUMERIC]} AND (abs(${name}) > ${[SMALLEST_NUMERIC]} OR ${name} = 0))`
      // CASE keeps the cast from what it would fail on.
      return {
        kind: 'number',
        valid: { op: 'sql', sql: readable },
        value: sql`(CASE WHEN ${readable} THEN ${name}::double precision END)`,
      }
    }
    case 'timestamptz':
      return {
        kind: 'instant',
        valid: test`(${name} > '-infinity'::timestamptz AND ${name} < ${[AFTER_DATES]})`,
        value: sql`floor(extract(epoch FROM ${name}) * 1000)::double precision`,
      }
    case 'inet':
      return {
        kind: 'ip',
        valid: test`masklen(${name}) = (CASE family(${name}) WHEN 4 THEN 32 ELSE 128 END)`,
        value: unmapped(name),
      }
    case 'text[]':
      return { kind: 'set', valid: soundArray(name), value: name }
    case 'integer[]':
    case 'bigint[]':
      return { kind: 'set', valid: soundArray(name), value: sql`${name}::double precision[]` }
    case 'double precision[]':
      return {
        kind: 'set',
        valid: and(soundArray(name), test`NOT (${name} && ARRAY['NaN', 'Infinity', '-Infinity']::double precision[])`),
        value: name,
      }
    case 'other':
      return { kind: 'opaque', valid: true, value: name }
  }
}

/** A column of the record. NULL is null where the attribute may be, and unknown where not: columns are always loaded. */
export function columnOperand(column: Column, name: string, mayBeNull: boolean): Operand {
  const at: Sql = [name]
  const { kind, valid, value } = shapeOf(column, at)
  const nothing = test`${at} IS NULL`
  return {
    kind,
    known: mayBeNull ? (valid === true ? true : or(nothing, valid)) : and(test`${at} IS NOT NULL`, valid),
    isNull: mayBeNull ? nothing : false,
    valid,
    value,
    // What compares by bytes cannot use the column's own order.
    column: column.bytewise ? undefined : { name: at, type: column.type },
  }
}

/** Whether a column can hold what the attribute is. */
export function accepts(attribute: Attribute, type: ColumnType): boolean {
  switch (attribute.type) {
    case 'string':
      return type === 'text' || type === 'uuid'
    case 'number':
      return type === 'integer' || type === 'bigint' || type === 'double precision' || type === 'numeric'
    case 'boolean':
      return type === 'boolean'
    case 'instant':
      return type === 'timestamptz'
    case 'ip':
      return type === 'inet'
    case 'set':
      return attribute.of === 'string' ? type === 'text[]' : type.endsWith('[]') && type !== 'text[]'
    case 'object':
      return type === 'other'
    case 'opaque':
      return true
  }
}
