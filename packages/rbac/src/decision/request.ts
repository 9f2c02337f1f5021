import type { PurposeOfUse } from '@phi/core'
import type { Facts } from '../expression/evaluate.ts'
import type { Grant } from '../policy/grant.ts'
import type { Vocabulary } from '../policy/parse.ts'
import type { FieldOf, TypeOf } from '../policy/words.ts'

/** A record as it was loaded: attributes that were not loaded are left out, and count as unknown. */
export type Loaded<Shape> = { readonly [Key in keyof Shape]?: Shape[Key] | undefined }

/** A record and its type. */
export interface ResourceOf<Words extends Vocabulary, Type extends TypeOf<Words>> {
  readonly type: Type
  readonly record: Loaded<Words['resources'][Type]>
}

/** Who asks. Role names come from a token or a table, so any text is taken; those the policy does not know give nothing. */
export type ActorOf<Words extends Vocabulary> = Words['actor'] & { readonly roles: readonly string[] }

interface About<Words extends Vocabulary> {
  readonly actor: ActorOf<Words>
  readonly action: Words['action']
  /** What for: a code of HL7 v3 PurposeOfUse. */
  readonly purpose?: PurposeOfUse | undefined
  readonly context?: Loaded<Words['context']> | undefined
  readonly grants?: readonly Grant[] | undefined
  /** The time of the request, as UTC text with milliseconds or as milliseconds since 1970. Default: the clock of the rules. */
  readonly at?: string | number | undefined
}

/** A question about one record. */
export type Request<Words extends Vocabulary = Vocabulary> = {
  [Type in TypeOf<Words>]: About<Words> & {
    readonly resource: ResourceOf<Words, Type>
    /** Fields that are asked for by name: each must be visible, or the answer is no. */
    readonly fields?: readonly FieldOf<Words, Type>[] | undefined
  }
}[TypeOf<Words>]

/** A question about a whole type of records. */
export interface TypeRequest<Words extends Vocabulary = Vocabulary> extends About<Words> {
  readonly type: TypeOf<Words>
}

/** How many roles of an actor are looked at; a request with more is no request. */
export const MAX_ROLES = 256

/** Whether somebody planted properties on `Object.prototype`, which every plain object would then seem to have. */
export function isPolluted(): boolean {
  for (const _ in Object.prototype) return true
  return false
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** A copy that has its own properties only. */
function own(value: unknown): unknown {
  if (!isObject(value) || Array.isArray(value) || value instanceof Date) return value
  const copy = Object.create(null) as Record<string, unknown>
  for (const key of Object.keys(value)) copy[key] = value[key]
  return copy
}

/** A request with the own properties of its parts only: what is read of a polluted prototype counts as absent. */
export function ownParts(value: unknown): unknown {
  const request = own(value)
  if (!isObject(request)) return request
  request.actor = own(request.actor)
  request.context = own(request.context)
  const resource = own(request.resource)
  request.resource = resource
  if (isObject(resource)) resource.record = own(resource.record)
  if (Array.isArray(request.grants)) request.grants = request.grants.map(own)
  return request
}

/** The same facts at a time. Every key is written out, so that none is read from a prototype. */
export function atTime({ actor, action, resource, context, purpose, grants }: Facts, at: unknown): Facts {
  return { actor, action, resource, context, purpose, grants, at }
}

/** A copy, two levels deep, that has its own properties only. */
export function ownDeep<Value>(value: Value): Value {
  const copy = own(value)
  if (!isObject(copy) || Array.isArray(copy)) return copy as Value
  for (const key of Object.keys(copy)) copy[key] = own(copy[key])
  return copy as Value
}

/** Whether something can be a record. */
export const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What is wrong with a request, in a fixed phrase; `undefined` for one that can be answered. */
export function problemOf(value: unknown): string | undefined {
  if (!isObject(value)) return 'the request is no object'
  const { actor, resource, fields } = value
  if (!isObject(actor)) return 'the actor is no object'
  if (typeof actor.id !== 'string' || actor.id === '') return 'the actor has no id'
  if (!Array.isArray(actor.roles)) return 'the roles of the actor are no array'
  if (actor.roles.length > MAX_ROLES) return 'the actor has too many roles'
  if (!isObject(resource)) return 'the resource is no object'
  if (!isRecord(resource.record)) return 'the record is no object'
  if (fields !== undefined && !(Array.isArray(fields) && fields.length <= 1_000)) return 'the fields asked for are no array'
  return undefined
}
