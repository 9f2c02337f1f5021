import * as z from 'zod'

/**
 * The elements of AuditEvent in R4 and R5, closed: an element that FHIR does not know is refused, and so are `modifierExtension` and
 * `implicitRules`, which may change what all others mean (FHIR R4, Extensibility; Resource.implicitRules). What is only shown to people, or is
 * another's extension, may be anything; it is listed as not carried.
 */
const text = z.string().min(1)
const anything = z.unknown()
const extension = z.array(z.looseObject({ url: text }))
const base = { id: text.optional(), extension: extension.optional() }

const coding = z.strictObject({
  ...base,
  system: text.optional(),
  version: text.optional(),
  code: text.optional(),
  display: text.optional(),
  userSelected: z.boolean().optional(),
})
const codings = z.array(coding)
const concept = z.strictObject({ ...base, coding: codings.optional(), text: text.optional() })
const concepts = z.array(concept)
const identifier = z.strictObject({
  ...base,
  use: text.optional(),
  type: concept.optional(),
  system: text.optional(),
  value: text.optional(),
  period: anything.optional(),
  assigner: anything.optional(),
})
const reference = z.strictObject({
  ...base,
  reference: text.optional(),
  type: text.optional(),
  identifier: identifier.optional(),
  display: text.optional(),
})
const period = z.strictObject({ ...base, start: text.optional(), end: text.optional() })

const resource = {
  resourceType: z.literal('AuditEvent'),
  id: text.optional(),
  meta: z.looseObject({ profile: z.array(text).optional() }).optional(),
  language: text.optional(),
  text: anything.optional(),
  contained: z.array(anything).optional(),
  extension: extension.optional(),
  action: z.enum(['C', 'R', 'U', 'D', 'E']).optional(),
  recorded: text,
}

const agent = {
  ...base,
  type: concept.optional(),
  role: concepts.optional(),
  location: reference.optional(),
  policy: z.array(text).optional(),
}

export const r4Shape = z.strictObject({
  ...resource,
  type: coding,
  subtype: codings.optional(),
  period: period.optional(),
  outcome: z.enum(['0', '4', '8', '12']).optional(),
  outcomeDesc: text.optional(),
  purposeOfEvent: concepts.optional(),
  agent: z
    .array(
      z.strictObject({
        ...agent,
        who: reference.optional(),
        altId: text.optional(),
        name: text.optional(),
        // Required, but our own resources say why it is absent where the actor is withheld.
        requestor: z.boolean().optional(),
        media: coding.optional(),
        network: z
          .strictObject({ ...base, address: text.optional(), type: z.enum(['1', '2', '3', '4', '5']).optional() })
          .optional(),
        purposeOfUse: concepts.optional(),
      }),
    )
    .min(1),
  source: z.strictObject({ ...base, site: text.optional(), observer: reference, type: codings.optional() }),
  entity: z
    .array(
      z.strictObject({
        ...base,
        what: reference.optional(),
        type: coding.optional(),
        role: coding.optional(),
        lifecycle: coding.optional(),
        securityLabel: codings.optional(),
        name: text.optional(),
        description: text.optional(),
        query: text.optional(),
        detail: z
          .array(z.strictObject({ ...base, type: text, valueString: text.optional(), valueBase64Binary: text.optional() }))
          .optional(),
      }),
    )
    .optional(),
})

const r5Agent = z.strictObject({
  ...agent,
  who: reference,
  requestor: z.boolean().optional(),
  networkReference: reference.optional(),
  networkUri: text.optional(),
  networkString: text.optional(),
  authorization: concepts.optional(),
})

export const r5Shape = z.strictObject({
  ...resource,
  category: concepts.optional(),
  code: concept,
  severity: z.enum(['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug']).optional(),
  occurredPeriod: period.optional(),
  occurredDateTime: text.optional(),
  outcome: z.strictObject({ ...base, code: coding, detail: concepts.optional() }).optional(),
  authorization: concepts.optional(),
  basedOn: z.array(reference).optional(),
  patient: reference.optional(),
  encounter: reference.optional(),
  agent: z.array(r5Agent).min(1),
  source: z.strictObject({ ...base, site: reference.optional(), observer: reference, type: concepts.optional() }),
  entity: z
    .array(
      z.strictObject({
        ...base,
        what: reference.optional(),
        role: concept.optional(),
        securityLabel: concepts.optional(),
        query: text.optional(),
        detail: z
          .array(
            z.strictObject({
              ...base,
              type: concept,
              valueQuantity: anything.optional(),
              valueCodeableConcept: concept.optional(),
              valueString: text.optional(),
              valueBoolean: z.boolean().optional(),
              valueInteger: z.int().optional(),
              valueRange: anything.optional(),
              valueRatio: anything.optional(),
              valueTime: text.optional(),
              valueDateTime: text.optional(),
              valuePeriod: anything.optional(),
              valueBase64Binary: text.optional(),
            }),
          )
          .optional(),
        agent: z.array(r5Agent).optional(),
      }),
    )
    .optional(),
})
