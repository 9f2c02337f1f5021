import type { PurposeOfUse } from '@phi/core'
import type { Grant, Policy, ResourceOf, TypeOf, Vocabulary } from '@phi/rbac'
import type { ANY, Expectation, NO_CONTEXT, NO_GRANTS, NO_PURPOSE, NO_ROLE, PolicyTests } from './test-file.ts'

type Any = typeof ANY
type OneOrMany<Choice> = Any | Choice | readonly Choice[]

/** One role, several joined by `+`, or none. */
type RoleChoice<Role extends string> = Role | `${Role}+${Role}` | typeof NO_ROLE
type GrantChoice<Name extends string> = Name | `${Name}+${Name}` | typeof NO_GRANTS

interface Axes<
  Words extends Vocabulary,
  Actor extends string,
  Fixture extends string,
  Context extends string,
  Given extends string,
> {
  readonly roles: readonly RoleChoice<Words['role']>[]
  readonly actors: readonly Actor[]
  readonly actions: readonly Words['action'][]
  readonly records: readonly Fixture[]
  readonly purposes?: readonly (PurposeOfUse | typeof NO_PURPOSE)[]
  readonly contexts?: readonly (Context | typeof NO_CONTEXT)[]
  readonly grants?: readonly GrantChoice<Given>[]
}

type FieldsOf<Words extends Vocabulary> = { [Type in TypeOf<Words>]: keyof Words['resources'][Type] & string }[TypeOf<Words>]
type Said<Words extends Vocabulary, Chosen> = Omit<Expectation, keyof Chosen | 'fields'> & {
  readonly [Axis in keyof Chosen]?: Chosen[Axis] extends readonly (infer Choice)[] | undefined ? OneOrMany<Choice> : never
} & { readonly fields?: readonly FieldsOf<Words>[] }

/** A test file in the words of its policy. */
export interface TestsOf<
  Words extends Vocabulary,
  Actor extends string,
  Fixture extends string,
  Context extends string,
  Given extends string,
> {
  readonly at?: string
  readonly requirements?: readonly string[]
  readonly actors: { readonly [Name in Actor]: { readonly [Key in keyof Words['actor']]?: Words['actor'][Key] } }
  readonly records: {
    readonly [Name in Fixture]: { [Type in TypeOf<Words>]: ResourceOf<Words, Type> }[TypeOf<Words>] & {
      readonly unsound?: readonly FieldsOf<Words>[]
    }
  }
  readonly contexts?: { readonly [Name in Context]: { readonly [Key in keyof Words['context']]?: Words['context'][Key] } }
  readonly grants?: { readonly [Name in Given]: Grant }
  readonly matrices: readonly {
    readonly name: string
    readonly requirements?: readonly string[]
    readonly at?: string
    readonly asks?: readonly FieldsOf<Words>[]
    readonly axes: Axes<Words, NoInfer<Actor>, NoInfer<Fixture>, NoInfer<Context>, NoInfer<Given>>
    readonly expect: readonly Said<Words, Axes<Words, NoInfer<Actor>, NoInfer<Fixture>, NoInfer<Context>, NoInfer<Given>>>[]
  }[]
  readonly excluded?: readonly {
    readonly roles: OneOrMany<Words['role']>
    readonly actions: OneOrMany<Words['action']>
    readonly types: OneOrMany<TypeOf<Words>>
    readonly because: string
  }[]
}

/**
 * Writes a test file in TypeScript: the same matrices as in YAML, typed by the words of the policy. A role, action, type, field or
 * fixture that is not declared does not compile. Nothing is run and nothing thrown; what is wrong shows in the report.
 */
export function definePolicyTests<
  Words extends Vocabulary,
  const Actor extends string,
  const Fixture extends string,
  const Context extends string = never,
  const Given extends string = never,
>(policy: Policy<Words>, tests: TestsOf<Words, Actor, Fixture, Context, Given>): PolicyTests {
  return { format: 'phi.policy-tests/v1', policy: policy.id, ...tests } as unknown as PolicyTests
}
