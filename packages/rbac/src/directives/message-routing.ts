import { plainText } from '@phi/core'
import * as z from 'zod'
import type { Channel } from './contact-point.ts'
import { directiveError } from './errors.ts'
import { messageKind, parseFrozen } from './fields.ts'

/** What a message says where it arrives: all of it; that there is an appointment or the like; or nothing but a link to the portal. */
export type MessageContent = 'detailed' | 'minimal' | 'link-only'

/**
 * What channels need. E-mail, text messages and calls can be read or heard by others, so detailed content needs an opt-in after advice
 * about that; a sealed letter and the portal do not. `open`: sensitive labels stay off it unless the consent names them.
 */
export const channelRules: Readonly<Record<Channel, { readonly detailedNeedsOptIn: boolean; readonly open: boolean }>> =
  /* @__PURE__ */ Object.freeze({
    portal: { detailedNeedsOptIn: false, open: false },
    email: { detailedNeedsOptIn: true, open: true },
    sms: { detailedNeedsOptIn: true, open: true },
    phone: { detailedNeedsOptIn: true, open: true },
    post: { detailedNeedsOptIn: false, open: false },
  })

const party = z
  .strictObject({
    /** Who: the id of a person, a team or a rota. */
    party: plainText(256),
    channel: z.enum(['page', 'phone', 'sms', 'email', 'in-app']),
    address: plainText(512),
  })
  .readonly()
export type EscalationParty = z.output<typeof party>

const kind = z
  .strictObject({
    /** Whether messages of the kind hold health information in detail. */
    content: z.enum(['minimal', 'detailed']),
    /** How long they are kept: the name of a class that the retention schedule knows. */
    retentionClass: plainText(128),
  })
  .readonly()

const routingSchema = z
  .strictObject({
    kinds: z.record(messageKind, kind).refine((each) => Object.keys(each).length > 0, 'must name a kind of message'),
    escalation: z
      .strictObject({
        parties: z.array(party).min(1).max(32).readonly(),
        /** By when one of them has to answer. */
        withinMinutes: z.int().min(1).max(1_440),
      })
      .readonly(),
  })
  .readonly()

declare const checked: unique symbol
/** How a tenant sends messages. Made by `defineMessageRouting`. */
export type MessageRouting = z.output<typeof routingSchema> & { readonly [checked]: true }
export type MessageRoutingConfig = z.input<typeof routingSchema>

const known = new WeakSet<object>()

/**
 * Reads the configuration of messages, once, when the program starts. Without retention classes, or without anybody who hears of a
 * safety concern, there is no routing.
 * @throws PhiError PHI_RBAC_MESSAGE_ROUTING
 */
export function defineMessageRouting(config: MessageRoutingConfig): MessageRouting {
  const parsed = parseFrozen(routingSchema, config, 'routing', (context) => directiveError('PHI_RBAC_MESSAGE_ROUTING', context))
  known.add(parsed)
  return parsed as MessageRouting
}

export const isRouting = (value: unknown): value is MessageRouting =>
  typeof value === 'object' && value !== null && known.has(value)
