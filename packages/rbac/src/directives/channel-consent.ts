import { isLabel, type Label, plainText } from '@phi/core'
import * as z from 'zod'
import { channelSchema } from './contact-point.ts'
import { directiveId, identity, inOrder, instant, manner, messageKind, ORDER, recording } from './fields.ts'

const given = z.strictObject({ step: z.literal('given'), at: instant, how: manner, ...recording }).readonly()
const step = z.discriminatedUnion('step', [
  given,
  z.strictObject({ step: z.literal('withdrawn'), at: instant, how: manner, ...recording }).readonly(),
])

/**
 * What a patient wants sent to one address. `minimal` is a preference: reminders and the like, without detail. `detailed` is an opt-in
 * to messages with health information, and counts only with the advice about the risks that was given before it.
 */
export const channelConsentSchema = z
  .strictObject({
    kind: z.literal('channel-consent'),
    ...identity,
    /** The contact point that it is for: another address needs another consent. */
    contact: directiveId,
    content: z.enum(['minimal', 'detailed']),
    /** Kinds of messages. Without: all. */
    messages: z.array(messageKind).min(1).max(200).readonly().optional(),
    /** Sensitive labels that the consent names, one by one. Without: none, and such messages go to the portal. */
    labels: z.array(z.custom<Label>(isLabel, 'must be a label of the taxonomy')).min(1).max(64).readonly().optional(),
    /** The advice about the risks: which text, when, by whom, how. */
    advice: z
      .strictObject({ version: plainText(64), at: instant, by: plainText(256), how: manner })
      .readonly()
      .optional(),
    history: z.array(step).min(1).max(1_000).readonly(),
  })
  .refine((each) => (each.content === 'detailed') === (each.advice !== undefined), {
    path: ['advice'],
    message: 'must be there for detailed content, and only then',
  })
  .refine((each) => each.labels === undefined || each.content === 'detailed', {
    path: ['labels'],
    message: 'must stand with detailed content',
  })
  .refine(({ history }) => history[0]?.step === 'given' && history.length <= 2 && history[1]?.step !== 'given', {
    path: ['history'],
    message: 'must be a giving, and then at most a withdrawal: a new consent is a new record',
  })
  .refine(
    ({ advice, history }) => advice === undefined || Date.parse(advice.at) <= Date.parse((history[0] as { at: string }).at),
    {
      path: ['advice', 'at'],
      message: 'must come before the consent',
    },
  )
  .refine((each) => inOrder(each.history), { path: ['history'], message: ORDER })
  .readonly()
export type ChannelConsent = z.output<typeof channelConsentSchema>

/** That a patient wants nothing more on a channel, or at one address of it: STOP, an unsubscribe link, a word at the desk. */
export const channelOptOutSchema = z
  .strictObject({
    kind: z.literal('channel-opt-out'),
    ...identity,
    channel: channelSchema.exclude(['portal']),
    /** One address. Without: the whole channel. */
    contact: directiveId.optional(),
    history: z
      .tuple([
        z
          .strictObject({
            step: z.literal('given'),
            at: instant,
            how: z.enum(['stop-keyword', 'unsubscribe-link', 'written', 'oral', 'electronic']),
            ...recording,
          })
          .readonly(),
      ])
      .readonly(),
  })
  .readonly()
export type ChannelOptOut = z.output<typeof channelOptOutSchema>

/** When a consent was given, in milliseconds since 1970. */
export const givenAt = (consent: ChannelConsent | ChannelOptOut): number =>
  Date.parse((consent.history[0] as { at: string }).at)

/**
 * Whether a consent counts at an instant, seen alone. A withdrawal counts at once, whatever time it bears; opt-outs are looked at by
 * the caller, which knows the contact's channel.
 */
export const isGiven = (consent: ChannelConsent, now: number): boolean =>
  consent.history.length === 1 && givenAt(consent) <= now

interface Address {
  readonly id: string
  readonly channel: string
  readonly address: string
}

/**
 * Whether an opt-out reaches a contact: every contact with the address that was opted out of, under whatever id it was added, and the
 * whole channel where no address is named or nobody knows the one that is.
 */
export function reaches(optOut: ChannelOptOut, contact: Address, contacts: readonly Address[]): boolean {
  const named = contacts.find(({ id }) => id === optOut.contact)
  if (named === undefined) return optOut.channel === contact.channel
  return named.id === contact.id || (named.channel === contact.channel && named.address === contact.address)
}
