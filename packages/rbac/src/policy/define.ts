import { type Citation, cite, type PurposeOfUse } from '@phi/core'
import type * as z from 'zod'
import { rbacError } from '../errors.ts'
import type { Expression } from '../expression/expression.ts'
import { attributesOfSchema } from './attribute.ts'
import { type Condition, type ConditionOf, type Conditions, conditions, expressionOf } from './conditions.ts'
import type { Obligation } from './obligation.ts'
import type { BuiltInOverride } from './override.ts'
import { type Policy, parsePolicy, type Vocabulary } from './parse.ts'
import type { Forbid, Override, Permit, PolicyJson, ResourceType, Rule } from './policy.ts'
import type { ActorWords, FieldOf, TypeOf } from './words.ts'

type Shape = z.ZodObject
type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : never
type SchemaOf<Input> = Input extends { readonly schema: infer Schema } ? Schema : Input

/** How a program declares a type of record. */
export type ResourceDeclaration =
  | Shape
  | {
      readonly schema: Shape
      /** The attribute that names the tenant. Default `tenant`. */
      readonly tenant?: string
      /** The attribute that names the patient. Default `patient`, where the schema has one. */
      readonly patient?: string
      /** Attributes that hold records of another type: `{ notes: 'Note' }`. */
      readonly relations?: { readonly [attribute: string]: string }
    }

/** How a program declares an override; its condition is written with `conditions()`, or as JSON. */
export interface OverrideDeclaration {
  readonly when: Expression | Condition
  readonly obligations?: readonly Obligation[]
  readonly cite?: readonly (string | Citation)[]
}

/** What `definePolicy` is told beside the rules. */
export interface PolicyConfig<
  Role extends string,
  Action extends string,
  Resources extends { readonly [type: string]: ResourceDeclaration },
  Actor extends Shape | undefined,
  Context extends Shape | undefined,
  View extends string,
  Opens extends string,
  Grant extends string,
> {
  readonly id: string
  readonly version: string
  readonly actions: readonly Action[]
  readonly roles: { readonly [Each in Role]: { readonly inherits?: readonly NoInfer<Role>[] } }
  readonly resources: Resources
  /** Attributes of actors beside `id`, `tenant` and `roles`. */
  readonly actor?: Actor
  /** Attributes of requests. */
  readonly context?: Context
  /** Named allow-lists of fields. */
  readonly views?: {
    readonly [Each in View]: {
      readonly [Type in keyof Resources]?: readonly (keyof Output<SchemaOf<Resources[Type]>> & string)[]
    }
  }
  /** Overrides beside the built-in ones; conditions come from `conditions()`. */
  readonly overrides?: { readonly [Each in Opens]: OverrideDeclaration }
  readonly grants?: readonly Grant[]
}

/** The words that a configuration declares. */
export interface WordsOf<Role extends string, Action extends string, Resources, Actor, Context> extends Vocabulary {
  readonly role: Role
  readonly action: Action
  readonly resources: { readonly [Type in keyof Resources & string]: Output<SchemaOf<Resources[Type]>> & object }
  readonly actor: ActorWords<Actor extends Shape ? z.output<Actor> : object>
  readonly context: Context extends Shape ? z.output<Context> : object
}

/** A rule that has its name: what `.as()` returns. */
export type NamedRule = Rule

interface Finish {
  /** Names the rule. Every rule needs a name of its own, so `as` comes last. */
  as(id: string): NamedRule
}

/** What can be said of a permit once it is known who may do what. */
export interface PermitStage<Words extends Vocabulary, Type extends TypeOf<Words>, View extends string> extends Finish {
  /** Only when this holds. Called twice, both must hold. */
  when(condition: ConditionOf<Words, Type>): PermitStage<Words, Type, View>
  /** Only for these purposes, and kinds of them. */
  for(...purposes: [PurposeOfUse, ...PurposeOfUse[]]): PermitStage<Words, Type, View>
  /** Shows only the fields of this view. */
  seeing(view: View): PermitStage<Words, Type, View>
  /** What has to be done before data is released. */
  requiring(...obligations: [Obligation, ...Obligation[]]): PermitStage<Words, Type, View>
  /** The text it rests on: `45 CFR 164.308(a)(4)`. */
  cite(...citations: (string | Citation)[]): PermitStage<Words, Type, View>
}

/** What can be said of a forbid once it is known what it stands before. */
export interface ForbidStage<Words extends Vocabulary, Type extends TypeOf<Words>, Opens extends string> extends Finish {
  /** Only when this holds, or cannot be told. Called twice, both must hold. */
  when(condition: ConditionOf<Words, Type>): ForbidStage<Words, Type, Opens>
  /** Only for these purposes, and kinds of them, and when no purpose is given. */
  for(...purposes: [PurposeOfUse, ...PurposeOfUse[]]): ForbidStage<Words, Type, Opens>
  /** Hides these fields instead of denying the record. */
  hiding(...fields: [FieldOf<Words, Type>, ...FieldOf<Words, Type>[]]): ForbidStage<Words, Type, Opens>
  /** What may open it, one by one. */
  unless(...overrides: [Opens, ...Opens[]]): ForbidStage<Words, Type, Opens>
  cite(...citations: (string | Citation)[]): ForbidStage<Words, Type, Opens>
}

interface To<
  Words extends Vocabulary,
  Stage extends { readonly [Type in TypeOf<Words>]: unknown },
  Make extends 'permit' | 'forbid',
  Extra extends string,
> {
  to(...actions: [Words['action'], ...Words['action'][]]): On<Words, Stage, Make, Extra>
  toAnyAction(): On<Words, Stage, Make, Extra>
}
interface On<Words extends Vocabulary, _Stage, Make extends 'permit' | 'forbid', Extra extends string> {
  on<const Type extends TypeOf<Words>>(
    ...types: [Type, ...Type[]]
  ): Make extends 'permit' ? PermitStage<Words, Type, Extra> : ForbidStage<Words, Type, Extra>
  onAnyResource(): Make extends 'permit' ? PermitStage<Words, TypeOf<Words>, Extra> : ForbidStage<Words, TypeOf<Words>, Extra>
}

/** What the second argument of `definePolicy` is called with. */
export interface Builder<Words extends Vocabulary, View extends string, Opens extends string, Grant extends string> {
  permit(...roles: [Words['role'], ...Words['role'][]]): To<Words, never, 'permit', View>
  /** Stands before every role. */
  forbid(): To<Words, never, 'forbid', Opens>
  readonly is: Conditions<Words, Grant>
}

function citations(list: readonly (string | Citation)[]): readonly Citation[] {
  return list.map((each) => (typeof each === 'string' ? cite(each) : each))
}

interface Draft {
  readonly effect: 'permit' | 'forbid'
  readonly roles?: readonly string[]
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly purposes?: readonly PurposeOfUse[]
  readonly when?: Expression
  readonly view?: string
  readonly fields?: readonly string[]
  readonly unless?: readonly string[]
  readonly obligations?: readonly Obligation[]
  readonly cite?: readonly Citation[]
}

/** Stages never change: each call returns a new one, so that a common beginning can be used for several rules. */
function stage(draft: Draft) {
  const more = (change: Partial<Draft>) => stage({ ...draft, ...change })
  return {
    when: (condition: Condition) => {
      const added = expressionOf(condition)
      return more({ when: draft.when === undefined ? added : { op: 'and', of: [draft.when, added] } })
    },
    for: (...purposes: PurposeOfUse[]) => more({ purposes: [...(draft.purposes ?? []), ...purposes] }),
    seeing: (view: string) => more({ view }),
    hiding: (...fields: string[]) => more({ fields: [...(draft.fields ?? []), ...fields] }),
    requiring: (...obligations: Obligation[]) => more({ obligations: [...(draft.obligations ?? []), ...obligations] }),
    unless: (...unless: string[]) => more({ unless: [...(draft.unless ?? []), ...unless] }),
    cite: (...list: (string | Citation)[]) => more({ cite: [...(draft.cite ?? []), ...citations(list)] }),
    as: (id: string): Rule => {
      const { effect, ...rest } = draft
      return { id, effect, ...rest } as Permit | Forbid
    },
  }
}

function starting(
  effect: 'permit' | 'forbid',
  actions: readonly string[],
  types: readonly string[],
  roles?: readonly string[],
) {
  const on = (chosen: readonly string[]) => ({
    on: (...resources: string[]) => stage({ effect, ...(roles ? { roles } : {}), actions: chosen, resources }),
    onAnyResource: () => stage({ effect, ...(roles ? { roles } : {}), actions: chosen, resources: types }),
  })
  return { to: (...chosen: string[]) => on(chosen), toAnyAction: () => on(actions) }
}

function resourceType(declared: ResourceDeclaration): ResourceType {
  const config = 'schema' in declared && !('_zod' in declared) ? declared : { schema: declared as Shape }
  const attributes = attributesOfSchema(config.schema, 'policy.resources.*')
  const { tenant = 'tenant', relations } = config as { tenant?: string; relations?: { readonly [name: string]: string } }
  const patient = (config as { patient?: string }).patient ?? (Object.hasOwn(attributes, 'patient') ? 'patient' : undefined)
  return {
    attributes,
    tenant,
    ...(patient === undefined ? {} : { patient }),
    ...(relations === undefined ? {} : { relations }),
  }
}

/**
 * Defines a policy in TypeScript. What comes out is plain, frozen JSON, checked as `parsePolicy` checks it; a role, action, type
 * or field that is not declared does not compile.
 * @throws PhiError PHI_RBAC_POLICY for what the compiler cannot see
 */
export function definePolicy<
  const Role extends string,
  const Action extends string,
  const Resources extends { readonly [type: string]: ResourceDeclaration },
  Actor extends Shape | undefined = undefined,
  Context extends Shape | undefined = undefined,
  const View extends string = never,
  const Opens extends string = never,
  const Grant extends string = never,
>(
  config: PolicyConfig<Role, Action, Resources, Actor, Context, View, Opens, Grant>,
  rules: (
    builder: Builder<WordsOf<Role, Action, Resources, Actor, Context>, View, Opens | BuiltInOverride, Grant>,
  ) => readonly NamedRule[],
): Policy<WordsOf<Role, Action, Resources, Actor, Context>> {
  if (typeof config !== 'object' || config === null)
    throw rbacError('PHI_RBAC_POLICY', { path: 'policy', detail: 'must be an object' })
  const resources = Object.fromEntries(
    Object.entries(config.resources).map(([type, declared]) => [type, resourceType(declared)]),
  )
  const types = Object.keys(resources)
  const builder = {
    permit: (...roles: string[]) => starting('permit', config.actions, types, roles),
    forbid: () => starting('forbid', config.actions, types),
    is: conditions(),
  }
  const { actor, context, views, overrides, grants } = config
  const json: PolicyJson = {
    format: 'phi.policy/v1',
    id: config.id,
    version: config.version,
    actions: config.actions,
    roles: config.roles,
    ...(actor === undefined ? {} : { actor: attributesOfSchema(actor, 'policy.actor') }),
    ...(context === undefined ? {} : { context: attributesOfSchema(context, 'policy.context') }),
    resources,
    ...(views === undefined ? {} : { views: views as unknown as NonNullable<PolicyJson['views']> }),
    ...(overrides === undefined ? {} : { overrides: ownOverrides(overrides) }),
    ...(grants === undefined ? {} : { grants }),
    rules: rules(builder as never),
  }
  return parsePolicy(json) as Policy<WordsOf<Role, Action, Resources, Actor, Context>>
}

function ownOverrides(declared: { readonly [id: string]: OverrideDeclaration }): { readonly [id: string]: Override } {
  const read = ([id, each]: [string, OverrideDeclaration]): [string, Override] => {
    const { cite: list, when, ...rest } = each
    return [id, { ...rest, when: expressionOf(when), ...(list === undefined ? {} : { cite: citations(list) }) }]
  }
  return Object.fromEntries(Object.entries(declared).map(read))
}
