import { isLabel, type Label, plainText, tenantSchema } from '@phi/core'
import * as z from 'zod'
import type { Channel } from './contact-point.ts'
import { instant, messageKind } from './fields.ts'
import type { EscalationParty, MessageContent } from './message-routing.ts'

export const messageSchema = z
  .strictObject({
    tenant: tenantSchema,
    patient: plainText(256),
    kind: messageKind,
    labels: z.array(z.custom<Label>(isLabel, 'must be a label of the taxonomy')).max(64).readonly(),
    safetyConcern: z.boolean(),
    at: instant,
  })
  .readonly()

/** A message that is to be sent: what it is about, not what it says. Any label counts as sensitive. */
export interface Message {
  readonly tenant: string
  readonly patient: string
  /** A kind of the routing. */
  readonly kind: string
  /** The regime labels of what it says. */
  readonly labels: readonly Label[]
  /** Whether somebody may be in danger: the parties of the routing are then told as well, whatever happens to the message. */
  readonly safetyConcern: boolean
  /** UTC with milliseconds. */
  readonly at: string
}

/** Why a message goes where it goes. */
export const routingReasons = {
  'confidential-communication': 'the patient asked to be reached this way and no other',
  'advised-opt-in': 'the patient opted in to details here, after advice about the risks',
  'consent-names-labels': 'the opt-in names the sensitive labels of the message',
  preference: 'the patient wants messages of this kind here, and they hold no detail',
  'sealed-or-verified': 'the channel is a sealed letter, or a portal behind a verified identity',
  'sensitive-label': 'the message is sensitive, and no consent for an open channel names all its labels',
  'no-opt-in': 'there is no opt-in to details on an open channel',
  'no-preference': 'the patient has not asked for messages of this kind anywhere',
  'opted-out': 'the patient opted out of a channel that would have served',
} as const
export type RoutingReason = keyof typeof routingReasons

/** Why nothing is sent. A person has to look, and nothing is guessed. */
export const holdReasons = {
  'message-unreadable': 'the message does not have the documented form',
  'unknown-kind': 'the routing does not know the kind of the message',
  'directives-unreadable': 'a directive of the patient cannot be read, or is there twice',
  'confidential-communication-pending': 'the patient asked for another way or place, and nobody has answered yet',
  'contradictory-directives': 'two directives that are in force say different things',
  'address-not-verified': 'the address that the patient asked for is unknown, retired, or not verified',
  'opt-in-needed': 'the way that the patient asked for needs advice about its risks and an opt-in, and there is no portal',
  'portal-identity-not-verified': 'only the portal is left, and the identity behind the account is not verified',
} as const
export type HoldReason = keyof typeof holdReasons

/** Who is told of a safety concern, beside whatever happens to the message. Says that there is one, and nothing of the message. */
export interface Escalation {
  readonly parties: readonly EscalationParty[]
  readonly withinMinutes: number
  readonly content: 'minimal'
  readonly citations: readonly string[]
}

export interface RoutingBecause {
  readonly reason: RoutingReason
  /** The id of the directive that it rests on. */
  readonly directive: string | null
}

export type RoutingDecision =
  | {
      readonly outcome: 'send'
      readonly channel: Channel
      /** The address of the contact point. */
      readonly address: string
      readonly content: Exclude<MessageContent, 'link-only'>
      /** Beside a message in the portal: tells that there is one, and nothing about it. */
      readonly notice: { readonly channel: Channel; readonly address: string; readonly content: 'link-only' } | null
      readonly because: readonly RoutingBecause[]
      readonly citations: readonly string[]
      readonly retentionClass: string
      readonly escalation: Escalation | null
    }
  | {
      readonly outcome: 'hold'
      readonly reason: HoldReason
      readonly because: readonly RoutingBecause[]
      readonly citations: readonly string[]
      /** Null where the kind of the message is not known. */
      readonly retentionClass: string | null
      readonly escalation: Escalation | null
    }
