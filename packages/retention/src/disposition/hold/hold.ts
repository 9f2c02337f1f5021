import { parseAs } from '@phi/core'
import type { CivilDate } from '@phi/deadlines'
import * as z from 'zod'
import { frozen } from '../../frozen.ts'
import { dispositionError } from '../errors.ts'
import { civilDate, idText, shownText } from '../text.ts'

/**
 * Which records a case holds: those that match every field that is given, each by one of its values, letter for letter. A record
 * that lacks a field, so that nobody can say whether it matches, is held.
 */
export type HoldCriteria =
  | { readonly everything: true }
  | {
      readonly ids?: readonly string[] | undefined
      readonly kinds?: readonly string[] | undefined
      readonly tenants?: readonly string[] | undefined
      readonly subjects?: readonly string[] | undefined
    }

/** A hold was placed. It has no end date, and counts from when it is recorded, whatever day it bears. */
export interface HoldPlaced {
  readonly type: 'placed'
  /** The id of the case: a matter, an investigation, an audit. A case that is placed again is wider by that. */
  readonly case: string
  readonly on: CivilDate
  readonly by: string
  readonly matches: HoldCriteria
}

/**
 * A hold was released: all that was placed for the case before. From the day `on` it holds nothing any more. No clock is
 * restarted by it.
 */
export interface HoldReleased {
  readonly type: 'released'
  readonly case: string
  readonly on: CivilDate
  readonly by: string
}

/** A fact about a case. Facts are only ever added; what was wrong is put right by a further one. */
export type HoldEvent = HoldPlaced | HoldReleased

const names = z.array(idText).min(1).max(100_000).readonly()

const criteria = z.union([
  z.strictObject({ everything: z.literal(true) }),
  z
    .strictObject({
      ids: names.optional(),
      kinds: names.optional(),
      tenants: names.optional(),
      subjects: names.optional(),
    })
    .refine((given) => Object.values(given).some((list) => list !== undefined), 'must name at least one field'),
])

export const holdEventSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('placed'), case: idText, on: civilDate, by: shownText, matches: criteria }),
  z.strictObject({ type: z.literal('released'), case: idText, on: civilDate, by: shownText }),
])

const withoutPrototype = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.assign(Object.create(null), value) : value

/** A fact with its own properties only: what somebody planted on Object.prototype must not narrow a hold. */
export function ownEvent(value: unknown): unknown {
  const event = withoutPrototype(value)
  if (typeof event === 'object' && event !== null && 'matches' in event) event.matches = withoutPrototype(event.matches)
  return event
}

/** Reads a fact about a hold, before it is recorded. @throws PhiError PHI_RETENTION_HOLD */
export const parseHoldEvent = (value: unknown): HoldEvent =>
  frozen(
    parseAs(holdEventSchema, ownEvent(value), 'hold', (context) => dispositionError('PHI_RETENTION_HOLD', context)),
  ) as HoldEvent
