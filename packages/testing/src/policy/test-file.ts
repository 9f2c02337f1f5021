import * as z from 'zod'
import { nowhere, type PlaceOf, type Problem, problemAt } from './problem.ts'
import { readYaml } from './yaml.ts'

/** Stands for every value of an axis. */
export const ANY = 'any'
/** Choices that every axis of their kind knows without a fixture. None can be the name of a role or an action: they hold a hyphen. */
export const NO_ROLE = 'no-role'
export const NO_PURPOSE = 'no-purpose'
export const NO_CONTEXT = 'no-context'
export const NO_GRANTS = 'no-grants'

export const axisNames = ['roles', 'actors', 'actions', 'records', 'purposes', 'contexts', 'grants'] as const
export type AxisName = (typeof axisNames)[number]

const label = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'must be a name: a letter, then letters, digits, hyphens, dots and underscores')
/** One choice of an axis: a name, or several joined by `+` (roles, grants). */
const choice = z.string().regex(/^[A-Za-z][A-Za-z0-9_.+-]{0,511}$/, 'must be a name, or names joined by +')
const choices = z.array(choice).min(1, 'must name something').max(1_000).readonly()
const selection = z.union([choice, choices])
const values = z.record(z.string(), z.unknown())
const requirements = z
  .array(z.string().regex(/^[A-Za-z0-9._-]{1,40}$/))
  .max(50)
  .readonly()
const sentence = z.string().min(1).max(500)
const texts = z.array(z.string().min(1).max(200)).max(500).readonly()
const reasons = ['permitted', 'forbidden', 'tenant', 'default', 'fields', 'request'] as const

const expectationSchema = z.strictObject({
  ...Object.fromEntries(axisNames.map((axis) => [axis, selection.optional()])),
  outcome: z.union([
    z.enum(['allow', 'deny']),
    z.strictObject({ 'allow-if': z.array(z.string().min(1).max(64)).min(1).max(16).readonly() }),
  ]),
  rule: z.string().min(1).max(128).optional(),
  reason: z.enum(reasons).optional(),
  fields: texts.optional(),
  cites: texts.optional(),
}) as unknown as z.ZodType<Expectation>

const matrixSchema = z.strictObject({
  name: sentence,
  requirements: requirements.optional(),
  at: z.string().max(64).optional(),
  asks: texts.optional(),
  axes: z.strictObject({
    roles: choices,
    actors: choices,
    actions: choices,
    records: choices,
    purposes: choices.optional(),
    contexts: choices.optional(),
    grants: choices.optional(),
  }),
  expect: z.array(expectationSchema).max(20_000).readonly(),
})

const exclusionSchema = z.strictObject({ roles: selection, actions: selection, types: selection, because: sentence })

const schema = z.strictObject({
  format: z.literal('phi.policy-tests/v1'),
  policy: z.string().min(1).max(128),
  at: z.string().max(64).optional(),
  requirements: requirements.optional(),
  actors: z.record(label, values),
  records: z.record(label, z.strictObject({ type: z.string().max(64), record: values, unsound: texts.optional() })),
  contexts: z.record(label, values).optional(),
  grants: z.record(label, values).optional(),
  matrices: z.array(matrixSchema).min(1).max(1_000).readonly(),
  excluded: z.array(exclusionSchema).max(1_000).readonly().optional(),
})

type Selection = string | readonly string[]

/** What is expected of the cells that it selects. An axis with more than one choice must be named, if only as `any`. */
export interface Expectation extends Readonly<Partial<Record<AxisName, Selection>>> {
  /** `allow-if` lists the types of all obligations: `{ 'allow-if': ['step-up'] }`. */
  readonly outcome: 'allow' | 'deny' | { readonly 'allow-if': readonly string[] }
  /** The id of the rule that decides. */
  readonly rule?: string | undefined
  readonly reason?: (typeof reasons)[number] | undefined
  /** All the fields that may be seen, in any order. */
  readonly fields?: readonly string[] | undefined
  /** Citations that the decision must carry, among others. */
  readonly cites?: readonly string[] | undefined
}

/** Roles × actors × actions × records × purposes × contexts × grants, with an expectation for every cell. */
export interface Matrix {
  readonly name: string
  readonly requirements?: readonly string[] | undefined
  /** The time of its requests. */
  readonly at?: string | undefined
  /** Fields that its requests ask for by name. */
  readonly asks?: readonly string[] | undefined
  readonly axes: { readonly [Axis in AxisName]?: readonly string[] | undefined }
  readonly expect: readonly Expectation[]
}

/** A part of the policy that is deliberately not tested, and why. */
export interface Exclusion {
  readonly roles: Selection
  readonly actions: Selection
  readonly types: Selection
  readonly because: string
}

type Values = Readonly<Record<string, unknown>>
export interface RecordFixture {
  readonly type: string
  readonly record: Values
  /** Attributes that hold something wrong on purpose. */
  readonly unsound?: readonly string[] | undefined
}

/** What a test file says, in YAML or in TypeScript. Unknown keys are an error. */
export interface PolicyTests {
  readonly format: 'phi.policy-tests/v1'
  /** The id of the policy that is tested. */
  readonly policy: string
  /** The time of all requests: UTC with milliseconds. Without it, and without one in the matrix, the time is unknown. */
  readonly at?: string | undefined
  /** Ids of requirements that all cells show. */
  readonly requirements?: readonly string[] | undefined
  /** Who asks. Roles come from the axis. */
  readonly actors: { readonly [name: string]: Values }
  readonly records: { readonly [name: string]: RecordFixture }
  readonly contexts?: { readonly [name: string]: Values } | undefined
  readonly grants?: { readonly [name: string]: Values } | undefined
  readonly matrices: readonly Matrix[]
  readonly excluded?: readonly Exclusion[] | undefined
}

/** YAML text, or what `definePolicyTests` gives. */
export type TestSource = string | PolicyTests

export interface ReadTests {
  readonly tests: PolicyTests | undefined
  readonly problems: readonly Problem[]
  readonly placeOf: PlaceOf
}

type Issue = z.core.$ZodIssue

/** Fixed phrases: zod's own messages can quote what they refuse. */
function phrase(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'something required is missing' : `this must be of type ${issue.expected}`
    case 'unrecognized_keys':
      return 'this key is not documented'
    case 'too_big':
    case 'too_small':
      return `this must have at ${issue.code === 'too_big' ? `most ${issue.maximum}` : `least ${issue.minimum}`} of what it holds`
    case 'invalid_value':
      return 'this must be one of the documented values'
    case 'invalid_key':
      return 'a name must be a letter, then letters, digits, hyphens, dots and underscores'
    case 'custom':
      return issue.message
    default:
      return 'this must have the documented form'
  }
}

const pointerOf = (path: readonly PropertyKey[]): string => path.map((key) => `/${String(key)}`).join('')

/**
 * Reads a test file: its form only, whatever policy it is for. Never throws; everything that is wrong comes back as problems.
 */
export function readPolicyTests(source: TestSource): ReadTests {
  const { value, problems, placeOf } =
    typeof source === 'string' ? readYaml(source) : { value: source, problems: [], placeOf: nowhere }
  if (problems.length > 0) return { tests: undefined, problems, placeOf }
  try {
    const parsed = schema.safeParse(value, { reportInput: true })
    if (parsed.success) return { tests: parsed.data as PolicyTests, problems: [], placeOf }
    const found = parsed.error.issues.slice(0, 20).flatMap((issue) => {
      const at = pointerOf(issue.path)
      const keys = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => `${at}/${key}`) : [at]
      // A pointer of TypeScript data would quote a key that its author chose, so it stops at what the schema knows.
      return keys.map((key) => problemAt('unreadable', phrase(issue), typeof source === 'string' ? key : at, placeOf))
    })
    return { tests: undefined, problems: found.slice(0, 20), placeOf }
  } catch {
    return { tests: undefined, problems: [problemAt('unreadable', 'the tests could not be read', '', placeOf)], placeOf }
  }
}
