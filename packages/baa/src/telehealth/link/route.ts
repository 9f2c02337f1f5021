import { type DataClass, isInstant, isUse, parseAs, plainText, type Service, type Use } from '@phi/core'
import * as z from 'zod'
import { partyId } from '../../agreement/party.ts'
import { type Decision, decideAny } from '../../decide/decide.ts'
import type { Effect } from '../../decide/reason.ts'
import { freeze } from '../../freeze.ts'
import { type Registry, refuseUnread } from '../../registry/registry.ts'
import { telehealthError } from '../errors.ts'
import { inspectLink, type LinkReport } from './link.ts'

interface ChannelRule {
  /** What whoever carries it does: the service that its agreement has to cover. */
  readonly service: Service
  /** Whether it stays inside where no carrier is named: pages of one's own portal do. */
  readonly inside: boolean
  /** Whether the instructions for clients go there. */
  readonly instructions: boolean
  readonly requirements: readonly string[]
}

/** Where the link to a session goes. */
// biome-ignore format: a table
export const linkChannels = freeze({
  'reminder': { service: 'scheduling.reminders', inside: false, instructions: true, requirements: ['S73', 'S74'] },
  'confirmation': { service: 'scheduling.booking', inside: false, instructions: true, requirements: ['S73', 'S74'] },
  'appointments-page': { service: 'scheduling.booking', inside: true, instructions: true, requirements: ['S73', 'S74'] },
  'portal-calendar': { service: 'scheduling', inside: true, instructions: false, requirements: ['S75'] },
  'external-calendar': { service: 'scheduling.calendar-export', inside: false, instructions: false, requirements: ['S75', 'C7'] },
} as const) satisfies { readonly [channel: string]: ChannelRule }
export type LinkChannel = keyof typeof linkChannels

/** What goes through every channel. */
const data: readonly DataClass[] = ['phi.schedule.session-link', 'phi.schedule.appointment']

export interface LinkRoute {
  readonly channel: LinkChannel
  /**
   * Who carries it: the vendor of e-mail, of text messages, of the calendar; the sender's own id where nobody else does. A page of the
   * portal without a carrier is the sender's own. A message or an external calendar without one is not decided.
   */
  readonly to?: string | undefined
}

export interface LinkRequest {
  readonly link: string
  /** What clients should read before they join. */
  readonly instructions?: string | undefined
  readonly channels: readonly (LinkChannel | LinkRoute)[]
  readonly model: Registry
  /** Who sends: a party of the registry. */
  readonly from: string
  /** An instant. */
  readonly at: string
  /** What for: treatment. */
  readonly use?: Use | undefined
  /** Names of the client: a link or instructions that hold one are not sent. They go nowhere else. */
  readonly names?: readonly string[] | undefined
  readonly room?: 'personal' | 'per-session' | undefined
}

/** The least that does its work. */
export interface LinkContent {
  /** Says nothing of the client, the provider or the kind of care. */
  readonly title: 'Appointment'
  readonly link: string
  readonly instructions?: string
}

export interface RoutedLink {
  readonly channel: LinkChannel
  readonly to?: string
  /** `internal`: it stays with the sender. */
  readonly outcome: Effect | 'internal'
  /** Where the data goes to somebody else: whether it may. */
  readonly decision: Decision | 'internal' | 'carrier-not-named' | 'link-refused' | 'instructions-refused'
  /** What to put there. Absent: nothing goes there, not even the title. */
  readonly content?: LinkContent
  readonly requirements: readonly string[]
  readonly remedy: string
}

export interface LinkRouting {
  readonly link: LinkReport
  readonly channels: readonly RoutedLink[]
}

const requestSchema = z.strictObject({
  link: z.string(),
  instructions: z
    .string()
    .min(1)
    .max(4000)
    .refine((text) => text.isWellFormed(), 'must not hold a lone surrogate')
    .optional(),
  channels: z
    .array(
      z.union([
        z.custom<LinkChannel>((value) => typeof value === 'string' && Object.hasOwn(linkChannels, value)),
        z.strictObject({
          channel: z.custom<LinkChannel>((value) => typeof value === 'string' && Object.hasOwn(linkChannels, value)),
          to: partyId.optional(),
        }),
      ]),
    )
    .min(1)
    .max(100),
  // `refuseUnread` looks at it.
  model: z.custom<Registry>(() => true),
  from: partyId,
  at: z.string().refine(isInstant, 'must be an instant such as 2026-11-21T10:00:00.000Z'),
  use: z.custom<Use>(isUse, 'must be a use of the taxonomy').default('treatment'),
  names: z.array(plainText(200)).max(20).readonly().optional(),
  room: z.enum(['personal', 'per-session']).optional(),
})

/**
 * Where the link to a session and the instructions go, channel by channel (S73 to S75), and whether they may: whoever carries them is a
 * recipient, and the vendor of an exported calendar too (C7). What may not go anywhere has no content at all.
 *
 * Which channels a client wants, and whether they were told what unencrypted messages risk, is not asked here: those are directives of
 * the patient, which `@phi/rbac` keeps. Ask it for the channels first.
 * @throws PhiError PHI_BAA_LINK for a request of another form; PHI_BAA_REGISTRY for a model that `registry` did not make
 */
export function routeSessionLink(request: LinkRequest): LinkRouting {
  const read = parseAs(requestSchema, request, 'request', (context) => telehealthError('PHI_BAA_LINK', context))
  refuseUnread(read.model)
  const link = inspectLink(read.link, { names: read.names, room: read.room })
  const named = read.instructions !== undefined && holdsAny(read.instructions, read.names ?? [])
  const channels = read.channels.map((each): RoutedLink => {
    const { channel, to } = typeof each === 'string' ? { channel: each, to: undefined } : each
    const rule: ChannelRule = linkChannels[channel]
    const head = { channel, ...(to === undefined ? {} : { to }), requirements: rule.requirements }
    const content: LinkContent = {
      title: 'Appointment',
      link: read.link,
      ...(rule.instructions && read.instructions !== undefined ? { instructions: read.instructions } : {}),
    }
    if (!link.usable) return { ...head, outcome: 'deny', decision: 'link-refused', remedy: remedies.link }
    if (named && rule.instructions)
      return { ...head, outcome: 'deny', decision: 'instructions-refused', remedy: remedies.instructions }
    if (to === read.from || (to === undefined && rule.inside)) {
      return { ...head, outcome: 'internal', decision: 'internal', content, remedy: '' }
    }
    if (to === undefined) return { ...head, outcome: 'needs', decision: 'carrier-not-named', remedy: remedies.carrier }
    const { model, from, at, use } = read
    const decision = decideAny(model, { from, to, service: rule.service, data, use, at })
    if (decision.outcome === 'allow') return { ...head, outcome: 'allow', decision, content, remedy: '' }
    const remedy = channel === 'external-calendar' ? remedies.calendar : remedies.vendor
    return { ...head, outcome: decision.outcome, decision, remedy }
  })
  return freeze({ link, channels })
}

const remedies = {
  link: 'Make another link: what is wrong with this one stands in `link.findings`.',
  instructions: 'Take the name of the client out of the instructions.',
  carrier: 'Say who carries it: a party of the registry, or the sender itself.',
  calendar:
    'Leave the link and the appointment in the portal, until an agreement with the vendor of the calendar covers the export.',
  vendor: 'Send it by another way, until an agreement with this vendor covers it.',
} as const

/** Names as whole words, for instructions are prose. */
function holdsAny(text: string, names: readonly string[]): boolean {
  const words = (each: string) =>
    ` ${each
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim()} `
  const plain = words(text)
  return names.some((name) => words(name).trim() !== '' && plain.includes(words(name)))
}
