import { formatInstant, type PurposeOfUse } from '@phi/core'
import { rbacError } from '../errors.ts'
import type { AttributePath, Expression, Literal, Term } from '../expression/expression.ts'
import type { builtInGrants } from './override.ts'
import type { Vocabulary } from './parse.ts'
import type { AnyPath, Paths, TypeOf, ValueAt } from './words.ts'

declare const value: unique symbol
declare const uses: unique symbol

/** A value in a condition: an attribute or the time. `Uses` names the attributes of the record that it reads. */
export interface Operand<Value, Uses extends string = never> {
  readonly term: Term
  readonly [value]?: Value
  readonly [uses]?: Uses
}
/** A condition that is being written. */
export interface Condition<Uses extends string = string> {
  readonly expression: Expression
  readonly [uses]?: Uses
}

/** The attributes that every one of these types has. */
type Common<Words extends Vocabulary, Type extends TypeOf<Words>> = [Type] extends [never]
  ? never
  : { [Each in Type]: (path: AnyPath<Words['resources'][Each]>) => void }[Type] extends (path: infer Path) => void
    ? Path & string
    : never

/** What a rule over these types may say: a condition, or an attribute that is true or false. */
export type ConditionOf<Words extends Vocabulary, Type extends TypeOf<Words>> =
  | Condition<Common<Words, Type>>
  | Operand<boolean, Common<Words, Type>>

type ResourcePath<Words extends Vocabulary> = { [Type in TypeOf<Words>]: Paths<Words['resources'][Type]> }[TypeOf<Words>]
type ResourceAny<Words extends Vocabulary> = { [Type in TypeOf<Words>]: AnyPath<Words['resources'][Type]> }[TypeOf<Words>]
type ResourceValue<Words extends Vocabulary, Path extends string> = {
  [Type in TypeOf<Words>]: ValueAt<Words['resources'][Type], Path>
}[TypeOf<Words>]

type Known<Value> = Value extends Date ? Date : Value
type Wide<Value> = Value extends string ? string : Value extends number ? number : Value extends boolean ? boolean : Value
/** What an operand is held against: another one, or a constant; a Date is written down as UTC text. */
type Side<Value, Uses extends string> = Operand<Wide<NoInfer<Value>>, Uses> | NoInfer<Value>
type Bool<Uses extends string> = Condition<Uses> | Operand<boolean, Uses>
/** Instants: Dates, and texts of UTC times, which only `definePolicy` can tell from other texts. */
type Moment = Date | string

/** Compares two numbers or two instants. */
export interface Order {
  <A extends string = never, B extends string = never>(
    left: Operand<number, A>,
    right: Operand<number, B> | number,
  ): Condition<A | B>
  <A extends string = never, B extends string = never>(
    left: Operand<Moment, A>,
    right: Operand<Moment, B> | Moment,
  ): Condition<A | B>
}

/** The words of conditions. */
export interface Conditions<Words extends Vocabulary, Grant extends string> {
  /** An attribute of the record. */
  resource<const Path extends ResourcePath<Words>>(path: Path): Operand<Known<ResourceValue<Words, Path>>, Path>
  /** An attribute of the actor. Roles are not among them: who may do something is said by `permit`. */
  actor<const Path extends Paths<Words['actor']>>(path: Path): Operand<Known<ValueAt<Words['actor'], Path>>>
  /** An attribute of the request. */
  context<const Path extends Paths<Words['context']>>(path: Path): Operand<Known<ValueAt<Words['context'], Path>>>
  /** The time of the request. */
  now(): Operand<Date>
  eq<Value extends string | number | boolean | Date, A extends string = never, B extends string = never>(
    left: Operand<Value, A>,
    right: Side<Value, B>,
  ): Condition<A | B>
  ne<Value extends string | number | boolean | Date, A extends string = never, B extends string = never>(
    left: Operand<Value, A>,
    right: Side<Value, B>,
  ): Condition<A | B>
  readonly lt: Order
  readonly le: Order
  readonly gt: Order
  readonly ge: Order
  /** Whether a value is in a set, or in a list of constants. */
  in<Value extends string | number, A extends string = never, B extends string = never>(
    element: Operand<Value, A>,
    set: Operand<readonly Value[] | Value[], B> | readonly Value[],
  ): Condition<A | B>
  /** Whether a set holds a value. */
  contains<Value extends string | number, A extends string = never, B extends string = never>(
    set: Operand<readonly Value[] | Value[], A>,
    element: Operand<Value, B> | Value,
  ): Condition<A | B>
  /**
   * Whether an attribute of the record is there at all, also as null. Never unknown for what was not loaded: mind that in a
   * forbid.
   */
  has<const Path extends ResourceAny<Words>>(path: Path): Condition<Path>
  /** Whether an attribute is there and null. */
  null<A extends string = never>(attribute: Operand<unknown, A>): Condition<A>
  /** Whether an address lies in one of these networks. */
  cidr<A extends string = never>(address: Operand<string, A>, ranges: readonly string[]): Condition<A>
  /** Whether the request is for one of these purposes, or a kind of it. */
  purpose(...purposes: [PurposeOfUse, ...PurposeOfUse[]]): Condition<never>
  /** Whether a grant of this kind covers actor, tenant, patient and time. */
  granted(kind: Grant | (typeof builtInGrants)[number]): Condition<never>
  and<Uses extends string = never>(...of: [Bool<Uses>, ...Bool<Uses>[]]): Condition<Uses>
  or<Uses extends string = never>(...of: [Bool<Uses>, ...Bool<Uses>[]]): Condition<Uses>
  not<Uses extends string = never>(of: Bool<Uses>): Condition<Uses>
}

const isOperand = (each: unknown): each is Operand<unknown> => typeof each === 'object' && each !== null && 'term' in each

function termOf(side: unknown): Term {
  if (isOperand(side)) return side.term
  if (typeof side === 'string' || typeof side === 'number' || typeof side === 'boolean') return { value: side }
  if (side instanceof Date) return { value: formatInstant(side.getTime()) }
  throw rbacError('PHI_RBAC_POLICY', {
    path: 'policy.rules.*.when',
    detail: 'compares with what is neither an attribute nor a constant',
  })
}

/** The expression of a condition; an attribute alone stands for "is true". */
export function expressionOf(condition: Condition | Operand<unknown> | Expression): Expression {
  if (isOperand(condition)) return { op: 'eq', left: condition.term, right: { value: true } }
  if (typeof condition === 'object' && condition !== null && 'expression' in condition) return condition.expression
  return condition
}

const condition = (expression: Expression): Condition => ({ expression })
const attr = (root: string) => (path: string) => ({ term: { attr: `${root}.${path}` as AttributePath } })
const pathOf = (side: Operand<unknown>): AttributePath => {
  if (isOperand(side) && 'attr' in side.term) return side.term.attr
  throw rbacError('PHI_RBAC_POLICY', { path: 'policy.rules.*.when', detail: 'asks about what is no attribute' })
}
const compare = (op: 'eq' | 'lt' | 'le' | 'gt' | 'ge') => (left: unknown, right: unknown) =>
  condition({ op, left: termOf(left), right: termOf(right) })
const within = (element: unknown, set: unknown) =>
  condition({
    op: 'in',
    left: termOf(element),
    right: Array.isArray(set) ? { values: set as Literal[] as (string | number)[] } : termOf(set),
  })
const joined =
  (op: 'and' | 'or') =>
  (...of: Condition[]) =>
    condition({ op, of: of.map(expressionOf) })

/** Makes the words; what they are called with is checked by the compiler, and again by `parsePolicy`. */
export function conditions<Words extends Vocabulary, Grant extends string>(): Conditions<Words, Grant> {
  const words = {
    resource: attr('resource'),
    actor: attr('actor'),
    context: attr('context'),
    now: () => ({ term: { now: true } }),
    eq: compare('eq'),
    ne: (left: unknown, right: unknown) => condition({ op: 'not', of: compare('eq')(left, right).expression }),
    lt: compare('lt'),
    le: compare('le'),
    gt: compare('gt'),
    ge: compare('ge'),
    in: within,
    contains: (set: unknown, element: unknown) => within(element, set),
    has: (path: string) => condition({ op: 'has', of: `resource.${path}` }),
    null: (side: Operand<unknown>) => condition({ op: 'null', of: pathOf(side) }),
    cidr: (side: Operand<unknown>, ranges: readonly string[]) => condition({ op: 'cidr', of: pathOf(side), ranges }),
    purpose: (...is: PurposeOfUse[]) => condition({ op: 'purpose', is }),
    granted: (kind: string) => condition({ op: 'granted', kind }),
    and: joined('and'),
    or: joined('or'),
    not: (of: Condition) => condition({ op: 'not', of: expressionOf(of) }),
  }
  return words as never
}
