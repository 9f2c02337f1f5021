import * as z from 'zod'
import { parseAs } from './boundary.ts'
import { coreError } from './core-errors.ts'
import { plainText } from './plain-text.ts'

/** What kind of party acts. */
export const actorTypes = ['workforce', 'patient', 'service', 'system', 'vendor'] as const
export type ActorType = (typeof actorTypes)[number]

/**
 * Who acts: a person of the workforce, a patient, a service account, the system itself, or a vendor. Unknown keys are an
 * error. Identifiers are at most 256 characters and are taken as they are, never trimmed or folded.
 */
export const actorSchema = z
  .strictObject({
    id: plainText(256),
    type: z.enum(actorTypes),
    /** Role names, at most 32 of at most 64 characters. Default none. */
    roles: z.array(plainText(64)).max(32).readonly().default([]),
    /** The organization the actor belongs to. */
    organization: plainText(256).optional(),
    /** The id of the party on whose behalf the actor acts. */
    onBehalfOf: plainText(256).optional(),
  })
  .readonly()

/** A parsed actor. */
export type Actor = z.output<typeof actorSchema>
/** What a caller writes: `roles` may be left out. */
export type ActorInput = z.input<typeof actorSchema>

/** Reads an actor from unknown data. @throws PhiError PHI_CORE_ACTOR */
export function parseActor(value: unknown): Actor {
  return parseAs(actorSchema, value, 'actor', (context) => coreError('PHI_CORE_ACTOR', context))
}
