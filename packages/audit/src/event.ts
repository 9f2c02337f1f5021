import { actorTypes, type DataClass, isDataClass, isInstant, isPurposeOfUse, type PurposeOfUse } from '@phi/core'
import * as z from 'zod'
import { auditActions, auditOutcomes, auditSeverities } from './actions.ts'
import { eventLimits } from './event-limits.ts'

/**
 * The closed schema of an audit event. Unknown keys are errors, because a misspelt key would be a fact that nobody ever
 * finds again. `null` is not a way to say "not known": leave the key out (or pass undefined).
 *
 * Shapes are written with their keys sorted: the parsed objects then serialise to canonical JSON as they stand.
 */
const object = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape)

/**
 * A text that matches one expression. As a template literal of one part, which zod matches while it parses: a list of checks, be
 * it of one check, takes longer, and this runs for every field of an event that is not plain (`plain-event.ts`) and of every record that is read.
 */
const matching = (pattern: RegExp, message: string | ((issue: { readonly input?: unknown }) => string)) =>
  z.templateLiteral([z.string().regex(pattern)], { error: message })

/** Any text up to a length, line breaks and all. */
const anyText = (limit: number) =>
  matching(new RegExp(`^[^]{1,${limit}}$`), ({ input }) =>
    input === '' ? 'must not be empty' : `must be at most ${limit} characters`,
  )

// No leading or trailing white space, no control characters or line separators: what @phi/core's actor schema accepts.
const plainText = (limit: number) =>
  matching(
    new RegExp(`^(?!\\s)[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]{1,${limit}}(?<!\\s)$`),
    `must be 1 to ${limit} characters without control characters or surrounding white space`,
  )
const identifier = plainText(eventLimits.name)
const purposeOfUse = z.custom<PurposeOfUse>(
  (code) => typeof code === 'string' && isPurposeOfUse(code),
  'must be a code of HL7 v3 PurposeOfUse',
)
const dataClass = z.custom<DataClass>(
  (key) => typeof key === 'string' && isDataClass(key),
  'must be a data class of the taxonomy',
)
const prose = anyText(eventLimits.prose)
const distinct = (items: readonly string[]) => items.length < 2 || new Set(items).size === items.length
const DISTINCT = 'must not name the same thing twice'

/** W3C Trace Context §3.2: version 00, neither id all zeros. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const SHA256_HEX = /^[0-9a-f]{64}$/
const DETAIL_KEY = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/
const EVENT_ID = new RegExp(`^[\\x21-\\x7e]{1,${eventLimits.eventId}}$`)

const instant = z.string().refine(isInstant, 'must be a UTC time in the form YYYY-MM-DDTHH:mm:ss.sssZ')

/** Who acted. `organization` is the organisation on whose premises or contract the actor acts; `onBehalfOf` a represented person. */
export const auditActorSchema = object({
  id: identifier,
  onBehalfOf: identifier.optional(),
  organization: identifier.optional(),
  roles: z.array(plainText(eventLimits.role)).max(eventLimits.roles, `must hold at most ${eventLimits.roles}`).default([]),
  type: z.enum(actorTypes),
})

/** Where the request came from. */
export const auditSourceSchema = object({
  ip: z.union([z.templateLiteral([z.ipv4()]), z.ipv6()], 'must be an IPv4 or IPv6 address').optional(),
  request: identifier.optional(),
  session: identifier.optional(),
  site: identifier.optional(),
  trace: matching(TRACEPARENT, 'must be a W3C traceparent').optional(),
  userAgent: anyText(eventLimits.userAgent).optional(),
})

/** What was touched. `patients` are the subjects of the information; `count` is how many records, where they are not listed. */
export const auditSubjectSchema = object({
  count: z.int('must be a whole number').min(0, 'must not be negative').optional(),
  dataClasses: z
    .array(dataClass)
    .max(eventLimits.dataClasses, `must hold at most ${eventLimits.dataClasses}`)
    .refine(distinct, DISTINCT)
    .optional(),
  fields: z
    .array(identifier)
    .max(eventLimits.fields, `must hold at most ${eventLimits.fields}`)
    .refine(distinct, DISTINCT)
    .optional(),
  patients: z
    .array(identifier)
    .max(eventLimits.patients, `must hold at most ${eventLimits.patients}; use count or several events`)
    .refine(distinct, DISTINCT)
    .optional(),
  resource: object({ id: identifier, type: identifier, version: identifier.optional() }).optional(),
})

/** Why, under which decision, and to whom. A disclosure carries what 45 CFR 164.528(b)(2) asks of an accounting. */
export const auditContextSchema = object({
  ai: object({
    model: identifier.optional(),
    outputHash: matching(SHA256_HEX, 'must be a SHA-256 in lower-case hexadecimal').optional(),
    promptHash: matching(SHA256_HEX, 'must be a SHA-256 in lower-case hexadecimal').optional(),
  }).optional(),
  breakGlass: z.boolean().optional(),
  decision: object({ policy: identifier, rule: identifier }).optional(),
  details: z
    .record(
      z.string().regex(DETAIL_KEY, 'keys must start with a letter and hold at most 64 letters, digits, "_", "." and "-"'),
      z.union(
        [z.string().max(eventLimits.detail), z.number(), z.boolean(), z.null()],
        `must be a string of at most ${eventLimits.detail} characters, a finite number, a boolean or null`,
      ),
    )
    .refine((details) => Object.keys(details).length <= eventLimits.details, `must hold at most ${eventLimits.details} keys`)
    .optional(),
  disclosure: object({ address: prose.optional(), description: prose, purpose: prose, recipient: prose }).optional(),
  purpose: purposeOfUse.optional(),
  reason: prose.optional(),
})

export const auditEventSchema = object({
  action: z.enum(auditActions),
  actor: auditActorSchema,
  context: auditContextSchema.optional(),
  id: matching(EVENT_ID, `must be 1 to ${eventLimits.eventId} printable ASCII characters without spaces`).optional(),
  occurredAt: instant.optional(),
  outcome: z.enum(auditOutcomes),
  severity: z.enum(auditSeverities).optional(),
  source: auditSourceSchema.optional(),
  subject: auditSubjectSchema.optional(),
})

/** With lists that may be readonly, so that an event can be declared `as const`. */
type WithReadonlyLists<T> = T extends readonly (infer Item)[]
  ? readonly Item[]
  : T extends object
    ? { [Key in keyof T]: WithReadonlyLists<T[Key]> }
    : T

/** What a caller appends. `id` defaults to a new UUIDv7, `occurredAt` to the clock. */
export type AuditEventInput = WithReadonlyLists<z.input<typeof auditEventSchema>>
type Parsed = z.output<typeof auditEventSchema>
export type AuditActor = z.output<typeof auditActorSchema>
export type AuditSource = z.output<typeof auditSourceSchema>
export type AuditSubject = z.output<typeof auditSubjectSchema>
export type AuditContext = z.output<typeof auditContextSchema>

/** An event as parsed: the input, its `roles` filled in. */
export type ParsedAuditEvent = Parsed
