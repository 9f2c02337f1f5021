import { parseRange } from '../ip/address.ts'
import { and, type Condition, isStorable, or, type Sql, sql, test, type Value } from './condition.ts'
import type { Operand } from './operand.ts'

/**
 * A condition in two forms, since SQL has no negation that keeps the policy's meaning: `holds` is TRUE for exactly the rows for
 * which it is true, `fails` for exactly those for which it is false. Rows of neither are those for which it is unknown.
 */
export interface Forms {
  readonly holds: Condition
  readonly fails: Condition
}

export const UNKNOWN_FORMS: Forms = { holds: false, fails: false }

type Order = 'lt' | 'le' | 'gt' | 'ge'
const signs = { lt: '<', le: '<=', gt: '>', ge: '>=' } as const
const opposite = { lt: 'ge', le: 'gt', gt: 'le', ge: 'lt' } as const
const mirrored = { lt: 'gt', le: 'ge', gt: 'lt', ge: 'le' } as const

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const whole = (operand: Operand): boolean => operand.column?.type === 'integer' || operand.column?.type === 'bigint'
/** Whether a driver's Number of a whole column can be this one without having been rounded. */
const exact = (value: unknown): value is number => Number.isSafeInteger(value)

// The first day of PostgreSQL's calendar, 24 November 4714 BC. Years of a Date count a year 0.
const FIRST_DAY = Date.UTC(-4713, 10, 24)

/** PostgreSQL's spelling of an instant. What its calendar does not reach lies beyond every finite instant. */
function instantText(milliseconds: number): string {
  if (milliseconds < FIRST_DAY) return '-infinity'
  const date = new Date(milliseconds)
  if (Number.isNaN(date.getTime())) return 'infinity'
  const year = date.getUTCFullYear()
  const years = String(year > 0 ? year : 1 - year).padStart(4, '0')
  return `${years}${date.toISOString().slice(-20)}${year > 0 ? '' : ' BC'}`
}

const timestamp = (milliseconds: number): Value => ({ value: instantText(milliseconds), type: 'timestamptz' })

/** A comparison in a form that an index of the column can help with, where there is one. Undefined: no row can be equal. */
function sides(a: Operand, b: Operand): readonly [Sql, Sql] | undefined {
  const { column } = a
  if (column === undefined || b.constant === undefined) return [a.value, b.value]
  if (column.type === 'uuid') {
    if (!UUID.test(b.constant as string)) return undefined
    return [column.name, sql`${b.value}::uuid`]
  }
  if (whole(a) && exact(b.constant)) return [column.name, [{ value: b.constant, type: 'bigint' }]]
  return [a.value, b.value]
}

const representable = (operand: Operand): boolean => typeof operand.constant !== 'string' || isStorable(operand.constant)

/** The column with what is finer than milliseconds cut off. */
const cut = (name: Sql): Sql => sql`date_trunc('milliseconds', ${name})`

/** Where there is a value of the right type. */
export function present(operand: Operand): Condition {
  if (operand.isNull === true) return false
  return operand.constant === undefined ? and(operand.valid, test`${operand.value} IS NOT NULL`) : true
}

/** Whether two values are the same. */
export function equal(left: Operand, right: Operand): Forms {
  if (left.constant !== undefined) return right.constant === undefined ? equal(right, left) : UNKNOWN_FORMS
  const bothKnown = and(left.known, right.known)
  const never: Forms = { holds: false, fails: and(bothKnown, or(present(left), present(right))) }
  if (left.isNull === true || right.isNull === true || !representable(right)) return never
  if (typeof right.constant === 'boolean') return isBoolean(left, right.constant)
  if (left.kind === 'instant' && right.constant !== undefined && left.column !== undefined) {
    if (!Number.isInteger(right.constant)) return never
    return differs(left, right, [cut(left.column.name), [timestamp(right.constant as number)]])
  }
  const pair = sides(left, right)
  return pair === undefined ? never : differs(left, right, pair)
}

function differs(left: Operand, right: Operand, [a, b]: readonly [Sql, Sql]): Forms {
  const holds = and(test`${a} = ${b}`, left.valid, right.valid)
  if (left.isNull === false && right.isNull === false) {
    return { holds, fails: and(test`${a} <> ${b}`, left.valid, right.valid) }
  }
  // IS DISTINCT FROM: one null is not equal, two are neither.
  return { holds, fails: and(left.known, right.known, test`${a} IS DISTINCT FROM ${b}`) }
}

function isBoolean({ value, known, isNull }: Operand, wanted: boolean): Forms {
  const [yes, no] = wanted ? [['TRUE'], ['FALSE']] : [['FALSE'], ['TRUE']]
  const holds = test`${value} IS ${yes as Sql}`
  return { holds, fails: isNull === false ? test`${value} IS ${no as Sql}` : and(known, test`${value} IS NOT ${yes as Sql}`) }
}

/** Whether two numbers or instants stand in an order. */
export function ordered(op: Order, left: Operand, right: Operand): Forms {
  if (left.constant !== undefined) {
    return right.constant === undefined ? ordered(mirrored[op], right, left) : UNKNOWN_FORMS
  }
  if (left.isNull === true || right.isNull === true) return UNKNOWN_FORMS
  const one = (each: Order): Condition => {
    const [a, b] = orderedSides(each, left, right)
    return and(test`${a} ${[signs[each]]} ${b}`, left.valid, right.valid)
  }
  return { holds: one(op), fails: one(opposite[op]) }
}

function orderedSides(op: Order, left: Operand, right: Operand): readonly [Sql, Sql] {
  const { column } = left
  const { constant } = right
  if (left.kind !== 'instant' || column === undefined || constant === undefined) {
    return sides(left, right) ?? [left.value, right.value]
  }
  // Records hold whole milliseconds, so that those from a fraction on are those from the next whole one on.
  const from = op === 'lt' || op === 'ge'
  const bound = from ? Math.ceil(constant as number) : Math.floor(constant as number)
  return [from ? column.name : cut(column.name), [timestamp(bound)]]
}

/** Whether a value is one of some constants. */
export function among(element: Operand, values: readonly (string | number)[]): Forms {
  const never: Forms = { holds: false, fails: element.known }
  if (element.isNull === true) return never
  const found = listOf(element, values)
  if (found === undefined) return never
  const [a, list] = found
  const holds = and(test`${a} = ANY (${list})`, element.valid)
  const fails =
    element.isNull === false
      ? and(test`${a} <> ALL (${list})`, element.valid)
      : and(element.known, test`(${a} = ANY (${list})) IS NOT TRUE`)
  return { holds, fails }
}

function listOf(element: Operand, values: readonly (string | number)[]): readonly [Sql, Sql] | undefined {
  const { column } = element
  if (element.kind === 'number') {
    const numbers = values as readonly number[]
    if (numbers.length === 0) return undefined
    if (column !== undefined && whole(element) && numbers.every(exact)) {
      return [column.name, [{ value: numbers, type: 'bigint[]' }]]
    }
    return [element.value, [{ value: numbers, type: 'double precision[]' }]]
  }
  const texts = (values as readonly string[]).filter(isStorable)
  if (column?.type === 'uuid') {
    const ids = texts.filter((each) => UUID.test(each))
    return ids.length === 0 ? undefined : [column.name, sql`${[{ value: ids, type: 'text[]' }]}::uuid[]`]
  }
  return texts.length === 0 ? undefined : [element.value, [{ value: texts, type: 'text[]' }]]
}

/** Whether a set holds a value. */
export function contained(element: Operand, set: Operand): Forms {
  if (Array.isArray(set.constant)) return among(element, set.constant)
  const never: Forms = { holds: false, fails: and(element.known, set.known) }
  if (element.isNull === true || set.isNull === true || !representable(element)) return never
  const holds = and(set.valid, element.valid, test`${element.value} = ANY (${set.value})`)
  // What is known stands here in full: nothing, even NULL, differs from all members of an empty set.
  return { holds, fails: and(element.known, set.known, test`(${element.value} = ANY (${set.value})) IS NOT TRUE`) }
}

/** Whether an address lies in one of these networks. IPv4 networks hold the IPv4-mapped IPv6 addresses as well. */
export function inNetworks(address: Operand, ranges: readonly string[]): Forms {
  if (address.isNull === true || address.known === false) return UNKNOWN_FORMS
  const wanted = ranges.map((text) => parseRange(text)?.version === 4)
  // What is left of the record's IPv4-mapped addresses is IPv4, and `<<=` never finds one version within the other.
  const list: Sql = [{ value: ranges.map((text, index) => (wanted[index] === true ? plainRange(text) : text)), type: 'text[]' }]
  const within = sql`${address.value} <<= ANY (${list}::inet[])`
  return { holds: and({ op: 'sql', sql: within }, address.valid), fails: and(test`(${within}) IS FALSE`, address.valid) }
}

/** An IPv4 range in IPv4 spelling, also where it was written as a range of IPv4-mapped addresses. */
function plainRange(text: string): string {
  const range = parseRange(text)
  if (range === undefined) return text
  const bytes = [24, 16, 8, 0].map((shift) => (range.d >>> shift) & 255)
  return `${bytes.join('.')}/${range.prefix}`
}
