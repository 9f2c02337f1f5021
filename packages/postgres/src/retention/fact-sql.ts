import type { DateFact, FlagFact } from '@phi/retention'
import type { Fact } from './mapping.ts'
import type { OpenTable } from './open-tables.ts'
import { dayOf } from './rows.ts'

// The facts of a mapped table as SQL expressions, and the few words of SQL that statements about them are put together from.

// What is settled while a statement is put together is 'true' or 'false' here, and does not reach the database.

export function any(conditions: readonly string[]): string {
  if (conditions.includes('true')) return 'true'
  return conditions.filter((each) => each !== 'false').join(' or ') || 'false'
}

export function all(conditions: readonly string[]): string {
  if (conditions.includes('false')) return 'false'
  const open = conditions.filter((each) => each !== 'true')
  return open.length === 0 ? 'true' : `(${open.join(' and ')})`
}

export function cases(
  branches: readonly (readonly [when: string, then: string | number])[],
  otherwise: string | number,
): string {
  const open: string[] = []
  let last = otherwise
  for (const [when, then] of branches) {
    if (when === 'false') continue
    if (when === 'true') {
      last = then
      break
    }
    open.push(`when ${when} then ${then}`)
  }
  return open.length === 0 ? `${last}` : `case ${open.join(' ')} else ${last} end`
}

/** The greatest, or the least, of some columns: of those that are not null. */
export function extreme(which: 'greatest' | 'least', columns: readonly string[]): string {
  return columns.length === 1 ? `${columns[0]}` : `${which}(${columns.join(', ')})`
}

/** A statement's parameters, by the places that they get. */
export class Params {
  readonly values: unknown[]
  readonly #casts: string[] = []
  constructor(first: unknown) {
    this.values = [first]
  }
  add(value: unknown, type: string): string {
    this.values.push(value)
    const cast = `$${this.values.length}::${type}`
    this.#casts.push(cast)
    return cast
  }
  /** A condition that is true, and names the parameters that a statement does not: it would be refused for them. */
  unnamed(statement: string): string {
    const left = this.#casts.filter((cast) => !statement.includes(cast))
    return left.length === 0 ? '' : ` and (true or ${left.map((cast) => `${cast} is null`).join(' or ')})`
  }
}

/** The facts of a table that SQL can compare, as expressions. */
export interface Facts {
  readonly day: (fact: DateFact) => string | undefined
  readonly days: (facts: readonly DateFact[]) => readonly string[]
  /** The flag as a boolean expression; undefined where it is not known of any row. */
  readonly flag: (fact: FlagFact) => string | undefined
  readonly text: (fact: 'kind' | 'tenant' | 'subject' | 'state' | 'provider') => string | undefined
  /** Facts that SQL does not read: a row where one is known is assessed. */
  readonly opaque: readonly string[]
}

export function factsOf({ table, types }: OpenTable, params: Params): Facts {
  const of = (name: string): Fact | undefined => table.facts.find((fact) => fact.name === name)
  const values = new Map<string, string>()
  const constant = (name: string, value: string | boolean): string => {
    const known = values.get(name) ?? params.add(`${value}`, typeof value === 'string' ? 'text' : 'text::boolean')
    values.set(name, known)
    return known
  }
  const day: Facts['day'] = (name) => {
    const fact = of(name)
    return fact?.column === undefined ? undefined : dayOf(fact, types.get(fact.column) ?? '')
  }
  const plain = (name: string): string | undefined => {
    const fact = of(name)
    if (fact === undefined) return undefined
    if (fact.value !== undefined) return constant(name, fact.value)
    const type = types.get(fact.column as string)
    return type === 'text' || type === 'boolean' ? `t.${fact.column}` : `t.${fact.column}::text`
  }
  return {
    day,
    days: (facts) => facts.flatMap((fact) => day(fact) ?? []),
    flag: plain,
    text: plain,
    opaque: table.facts.flatMap(({ name, form, column }) =>
      column === undefined || form === 'text' || form === 'flag' || day(name as DateFact) !== undefined ? [] : [`t.${column}`],
    ),
  }
}

/** The facts that a table of cut-offs may be made for: those that SQL reads. */
export const readableFacts = (open: OpenTable): readonly string[] => {
  const { day, opaque } = factsOf(open, new Params(null))
  return open.table.facts.flatMap(({ name, form, column }) => {
    if (form === 'date') return day(name as DateFact) === undefined ? [] : [name]
    return column !== undefined && opaque.includes(`t.${column}`) ? [] : [name]
  })
}
