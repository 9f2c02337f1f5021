import * as z from 'zod'
import { channelSchema } from './contact-point.ts'
import { directiveError } from './errors.ts'
import {
  type Changed,
  directiveId,
  identity,
  inOrder,
  instant,
  manner,
  messageKind,
  millisecondsOf,
  ORDER,
  parseFrozen,
  type Recording,
  type Refused,
  recordedOf,
  recording,
  refusedBecause,
} from './fields.ts'
import { citing, type DirectiveLaw } from './law.ts'

/**
 * Why an entity may decline. A provider must accommodate what is reasonable, and may ask how payment will be handled and for another
 * address; a health plan may also ask for the statement that disclosure could endanger the individual.
 */
export const declineGrounds = ['not-reasonable', 'no-address', 'no-payment-information', 'no-endangerment-statement'] as const
export type DeclineGround = (typeof declineGrounds)[number]

const step = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('requested'), at: instant, how: manner, ...recording }).readonly(),
  z.strictObject({ step: z.literal('accommodated'), at: instant, ...recording }).readonly(),
  z.strictObject({ step: z.literal('declined'), at: instant, ground: z.enum(declineGrounds), ...recording }).readonly(),
  z.strictObject({ step: z.literal('withdrawn'), at: instant, how: manner, ...recording }).readonly(),
])
type Step = z.output<typeof step>

const follows: Readonly<Record<string, readonly Step['step'][]>> = {
  start: ['requested'],
  requested: ['accommodated', 'declined', 'withdrawn'],
  accommodated: ['withdrawn'],
}

/**
 * A request under 45 CFR 164.522(b) for another way or another place. There is no room for a reason: a provider may not ask for one,
 * and a record that has one is refused.
 */
export const confidentialCommunicationSchema = z
  .strictObject({
    kind: z.literal('confidential-communication'),
    ...identity,
    entity: z.enum(['provider', 'health-plan']),
    /**
     * The statement to a health plan that disclosure could endanger the individual: that it was made, and nothing of what it
     * says.
     */
    endangermentStated: z.boolean().optional(),
    /** Kinds of messages. Without: all. */
    messages: z.array(messageKind).min(1).max(200).readonly().optional(),
    channel: channelSchema,
    /** The contact point to use. */
    contact: directiveId.optional(),
    /** Whether it was said how payment will be handled, where that was asked. */
    paymentHandling: z.enum(['told', 'not-told', 'not-asked']),
    history: z.array(step).min(1).max(1_000).readonly(),
  })
  .refine(({ entity, endangermentStated }) => entity === 'health-plan' || endangermentStated === undefined, {
    path: ['endangermentStated'],
    message: 'is for health plans only: a provider may not ask why',
  })
  .refine(
    ({ history }) =>
      history.every((each, index) => follows[index === 0 ? 'start' : (history[index - 1] as Step).step]?.includes(each.step)),
    { path: ['history'], message: 'holds a step that may not follow the one before' },
  )
  .refine((each) => each.contact !== undefined || each.history.every(({ step: name }) => name !== 'accommodated'), {
    path: ['contact'],
    message: 'must be named before the request is accommodated',
  })
  .refine((each) => inOrder(each.history), { path: ['history'], message: ORDER })
  .readonly()
export type ConfidentialCommunication = z.output<typeof confidentialCommunicationSchema>
export type ConfidentialCommunicationStatus = Step['step']

/**
 * How a request stands at an instant. A request counts as soon as it is known, and a withdrawal once its time has come.
 * @throws PhiError PHI_RBAC_DIRECTIVE_OPTIONS
 */
export function confidentialCommunicationAt(
  request: ConfidentialCommunication,
  at: string | number,
): ConfidentialCommunicationStatus {
  const now = millisecondsOf(at, 'at')
  let status: ConfidentialCommunicationStatus = 'requested'
  for (const each of request.history) if (Date.parse(each.at) <= now) status = each.step
  return status
}

const parse = (value: unknown): ConfidentialCommunication =>
  parseFrozen(confidentialCommunicationSchema, value, 'directive', (context) => directiveError('PHI_RBAC_DIRECTIVE', context))

const changed = (request: ConfidentialCommunication, next: Step): Changed<ConfidentialCommunication> => ({
  outcome: 'changed',
  directive: parse({ ...request, history: [...request.history, next] }),
})

/** The text that a request rests on: providers and health plans have one each. */
export const lawOf = ({ entity }: ConfidentialCommunication): DirectiveLaw =>
  entity === 'provider' ? 'confidentialProvider' : 'confidentialPlan'

const lastOf = (request: ConfidentialCommunication): Step['step'] => (request.history.at(-1) as Step).step

/** The entity accommodates the request. */
export function accommodate(
  request: ConfidentialCommunication,
  more: Recording & { readonly at: string },
): Changed<ConfidentialCommunication> | Refused<'not-requested' | 'no-address'> {
  if (lastOf(request) !== 'requested') return refusedBecause('not-requested', ...citing(lawOf(request)))
  if (request.contact === undefined) return refusedBecause('no-address', ...citing('confidentialConditions'))
  return changed(request, { step: 'accommodated', at: more.at, ...recordedOf(more) })
}

/** The entity declines, where the law lets it; a ground that the record itself contradicts is refused. */
export function decline(
  request: ConfidentialCommunication,
  more: Recording & { readonly at: string; readonly ground: DeclineGround },
): Changed<ConfidentialCommunication> | Refused<'not-requested' | 'no-ground'> {
  if (lastOf(request) !== 'requested') return refusedBecause('not-requested', ...citing(lawOf(request)))
  const holds: Readonly<Record<DeclineGround, boolean>> = {
    'not-reasonable': true,
    'no-address': request.contact === undefined,
    'no-payment-information': request.paymentHandling === 'not-told',
    'no-endangerment-statement': request.entity === 'health-plan' && request.endangermentStated !== true,
  }
  if (!Object.hasOwn(holds, more.ground) || !holds[more.ground]) {
    return refusedBecause('no-ground', ...citing('confidentialConditions', 'noReasonAsked'))
  }
  return changed(request, { step: 'declined', at: more.at, ground: more.ground, ...recordedOf(more) })
}

/** The individual takes the request back. */
export function withdrawRequest(
  request: ConfidentialCommunication,
  more: Recording & { readonly at: string; readonly how: 'written' | 'oral' | 'electronic' },
): Changed<ConfidentialCommunication> | Refused<'not-in-force'> {
  if (!['requested', 'accommodated'].includes(lastOf(request))) {
    return refusedBecause('not-in-force', ...citing(lawOf(request)))
  }
  return changed(request, { step: 'withdrawn', at: more.at, how: more.how, ...recordedOf(more) })
}
