import { type Citation, citationSchema, isPurposeOfUse, type PurposeOfUse } from '@phi/core'
import * as z from 'zod'
import { type Expression, expressionSchema, idSchema, nameSchema } from '../expression/expression.ts'
import { type Attributes, attributesSchema } from './attribute.ts'
import { type Obligation, obligationSchema } from './obligation.ts'

/** A kind of record: its attributes, and which of them say whose it is. */
export interface ResourceType {
  readonly attributes: Attributes
  /** The attribute that names the tenant. */
  readonly tenant: string
  /** The attribute that names the patient; grants (break-glass, authorizations) can only speak about records that have one. */
  readonly patient?: string | undefined
  /** Attributes that hold records of another type, one or an array of them: `view` narrows those as well. */
  readonly relations?: { readonly [attribute: string]: string } | undefined
}

/** Something that opens a forbid which names it, and what is then owed. Built-in ones: `builtInOverrides`. */
export interface Override {
  readonly when: Expression
  readonly obligations?: readonly Obligation[] | undefined
  readonly cite?: readonly Citation[] | undefined
}

interface RuleBase {
  /** Unique in the policy. */
  readonly id: string
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  /** Purposes for which the rule is there; kinds of them count. Without: any purpose, also none. */
  readonly purposes?: readonly PurposeOfUse[] | undefined
  readonly when?: Expression | undefined
  readonly cite?: readonly Citation[] | undefined
}

export interface Permit extends RuleBase {
  readonly effect: 'permit'
  readonly roles: readonly string[]
  /** Which fields it shows: the name of a view. Without: all that the type declares. */
  readonly view?: string | undefined
  /** What has to be done before data is released. */
  readonly obligations?: readonly Obligation[] | undefined
}

/** Beats every permit, whatever roles an actor has. */
export interface Forbid extends RuleBase {
  readonly effect: 'forbid'
  /** Hides these fields instead of denying the record. */
  readonly fields?: readonly string[] | undefined
  /** The overrides that may open it, one by one. The first that holds counts, and leaves what it says owed. */
  readonly unless?: readonly string[] | undefined
}

export type Rule = Permit | Forbid

/** What a policy is: plain JSON, and all that tools work on. */
export interface PolicyJson {
  readonly format: 'phi.policy/v1'
  readonly id: string
  readonly version: string
  readonly actions: readonly string[]
  /** Roles, and those whose permits they have as well. */
  readonly roles: { readonly [role: string]: { readonly inherits?: readonly string[] | undefined } }
  /** Attributes of actors beside `id` and `tenant`. */
  readonly actor?: Attributes | undefined
  /** Attributes of the request: where it comes from, from which device. */
  readonly context?: Attributes | undefined
  readonly resources: { readonly [type: string]: ResourceType }
  /** Named allow-lists of fields, by type (minimum necessary, 45 CFR 164.502(b)). */
  readonly views?: { readonly [view: string]: { readonly [type: string]: readonly string[] } } | undefined
  readonly overrides?: { readonly [id: string]: Override } | undefined
  /** Kinds of grants beside the built-in `break-glass`, `authorization` and `consent`. */
  readonly grants?: readonly string[] | undefined
  readonly rules: readonly Rule[]
}

const ruleId = idSchema.refine(
  (id) => id !== 'tenant' && !id.startsWith('phi:'),
  'is reserved: the tenant wall cannot be named or overridden',
)
const names = z.array(nameSchema).min(1).max(500).readonly()
const cite = z.array(citationSchema).max(32).readonly().optional()
const obligations = z.array(obligationSchema).max(16).readonly().optional()
const purposes = z
  .array(z.custom<PurposeOfUse>(isPurposeOfUse, 'must be a code of HL7 v3 PurposeOfUse'))
  .min(1)
  .max(100)
  .readonly()
  .optional()
const base = { id: ruleId, actions: names, resources: names, purposes, when: expressionSchema.optional(), cite }

export const ruleSchema = z.discriminatedUnion('effect', [
  z.strictObject({ ...base, effect: z.literal('permit'), roles: names, view: nameSchema.optional(), obligations }).readonly(),
  z
    .strictObject({
      ...base,
      effect: z.literal('forbid'),
      fields: names.optional(),
      unless: z.array(ruleId).min(1).max(32).readonly().optional(),
    })
    .readonly(),
])

const resourceSchema = z
  .strictObject({
    attributes: attributesSchema,
    tenant: nameSchema,
    patient: nameSchema.optional(),
    relations: z.record(nameSchema, nameSchema).readonly().optional(),
  })
  .readonly()

/** The zod schema of the JSON form. Unknown keys are an error. `parsePolicy` also checks that names, types and roles fit together. */
export const policySchema = z
  .strictObject({
    format: z.literal('phi.policy/v1'),
    id: idSchema,
    version: z.string().min(1).max(64),
    actions: names,
    roles: z
      .record(nameSchema, z.strictObject({ inherits: z.array(nameSchema).max(100).readonly().optional() }).readonly())
      .readonly(),
    actor: attributesSchema.optional(),
    context: attributesSchema.optional(),
    resources: z.record(nameSchema, resourceSchema).readonly(),
    views: z.record(nameSchema, z.record(nameSchema, names).readonly()).readonly().optional(),
    overrides: z
      .record(ruleId, z.strictObject({ when: expressionSchema, obligations, cite }).readonly())
      .readonly()
      .optional(),
    grants: z.array(idSchema).max(64).readonly().optional(),
    rules: z.array(ruleSchema).max(20_000).readonly(),
  })
  .readonly()
