import { actorTypes, type ErrorContext, parseAs } from '@phi/core'
import * as z from 'zod'
import { fhirError } from './errors.ts'
import { isAbsoluteUri, isFhirString, networkType } from './text.ts'

const text = (limit: number) =>
  z
    .string()
    .max(limit, 'must not be longer')
    .refine(isFhirString, 'must be a FHIR string: not empty, without control characters or white space at the ends')
const uri = z.string().max(512).refine(isAbsoluteUri, 'must be an absolute URI')

/** A party as FHIR names it: by reference, by identifier, by a text, or by several of them. */
const partySchema = z
  .strictObject({
    reference: text(512)
      .refine((reference) => !/\s/.test(reference), 'must not hold white space')
      .optional(),
    identifier: z.strictObject({ system: text(512).optional(), value: text(256) }).optional(),
    display: text(256).optional(),
  })
  .refine((party) => Object.values(party).some((part) => part !== undefined), 'must name the party in at least one way')

const TYPE = /^[A-Z][A-Za-z]{1,63}$/

const shape = {
  /** Who reports the event: the `source.observer`. Default: the origin of the log, as an identifier. */
  observer: partySchema.optional(),
  /** Where the reporting system stands: `source.site`. */
  site: text(256).optional(),
  /** Code of security-source-type. Default `4`, application server. */
  sourceType: z.enum(['1', '2', '3', '4', '5', '6', '7', '8', '9']).default('4'),
  /** The system that answered the request, and its network address. `who` defaults to the observer. BALP asks for one. */
  server: z
    .strictObject({
      who: partySchema.optional(),
      network: text(512).refine((address) => networkType(address) !== undefined, 'must be a network address or a host name'),
    })
    .optional(),
  /** Written before references: `https://ehr.example/fhir`. Default none: they are relative. */
  baseUrl: uri.optional(),
  /** Identifier systems of ids that are written as identifiers. Default none. */
  systems: z
    .strictObject({
      actor: uri.optional(),
      organization: uri.optional(),
      patient: uri.optional(),
      resource: uri.optional(),
    })
    .prefault({}),
  /** `when-valid`: an id that FHIR allows becomes `Patient/p-88`. `never`: all ids become identifiers. Default `when-valid`. */
  references: z.enum(['when-valid', 'never']).default('when-valid'),
  /** Your types of resource as types of FHIR: `{ ProgressNote: 'DocumentReference' }`. No two may become the same. */
  resourceTypes: z
    .record(z.string().min(1).max(256), z.string().regex(TYPE, 'must be a resource type'))
    .refine((types) => new Set(Object.values(types)).size === Object.keys(types).length, 'must not map two types to one')
    .prefault({}),
}

const bothSchema = z.strictObject(shape)

const r4Schema = z.strictObject({
  ...shape,
  /**
   * `event`: what happened. `decision`: the authorization decision behind it, as an AuditEvent of its own (BALP AuthZconsent).
   * Default `event`.
   */
  view: z.enum(['event', 'decision']).default('event'),
})

const readSchema = z.strictObject({
  baseUrl: shape.baseUrl,
  systems: shape.systems,
  resourceTypes: shape.resourceTypes,
  /** Makes the event's id of the resource's: `<prefix><id>`. Default: the resource's id is not taken. Not for our own resources. */
  idPrefix: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 printable ASCII characters')
    .optional(),
  /** What an actor is of whom the resource tells no kind. Default `workforce`; `assumed` of the answer says so. */
  actorType: z.enum(actorTypes).default('workforce'),
})

export type FhirParty = z.output<typeof partySchema>
/** How to write records as R5. */
export type FhirR5Options = z.input<typeof bothSchema>
/** How to write records as R4. */
export type FhirR4Options = z.input<typeof r4Schema>
/** How to read resources. `baseUrl`, `systems` and `resourceTypes` as they were written with. */
export type FhirReadOptions = z.input<typeof readSchema>

export type WriteOptions = z.output<typeof r4Schema>
export type ReadOptions = z.output<typeof readSchema>

const refusal = (context: ErrorContext) => fhirError('PHI_AUDIT_FHIR_OPTIONS', context)

/** @throws PhiError PHI_AUDIT_FHIR_OPTIONS */
export const r4Options = (options: FhirR4Options): WriteOptions => parseAs(r4Schema, options, 'options', refusal)
/** @throws PhiError PHI_AUDIT_FHIR_OPTIONS */
export const r5Options = (options: FhirR5Options): WriteOptions => ({
  ...parseAs(bothSchema, options, 'options', refusal),
  view: 'event',
})
/** @throws PhiError PHI_AUDIT_FHIR_OPTIONS */
export const readOptions = (options: FhirReadOptions): ReadOptions => parseAs(readSchema, options, 'options', refusal)
