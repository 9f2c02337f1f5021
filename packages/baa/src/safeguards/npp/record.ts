import { formatCitation, parseAs, plainText } from '@phi/core'
import * as z from 'zod'
import { civilDate } from '../../agreement/date.ts'
import { freeze } from '../../freeze.ts'
import { from, text } from '../control.ts'
import { type Day, readDay } from '../day.ts'
import { safeguardError } from '../errors.ts'
import { type Notice, readNotice } from './notice.ts'

/** How a notice is given. `electronic`: shown by the service itself, in answer to the first request for it. */
export const deliveryWays = ['paper', 'email', 'electronic'] as const
export type DeliveryWay = (typeof deliveryWays)[number]

export interface Delivery {
  readonly version: string
  readonly on: Day
  readonly by: DeliveryWay
  /** It is known that it did not arrive. */
  readonly failed?: boolean | undefined
  /** Of e-mail: the individual agreed to electronic notice, and had not withdrawn, 45 CFR 164.520(c)(3)(i). */
  readonly agreed?: boolean | undefined
  /** Of `electronic`: given automatically, at the time of the first request for service, 45 CFR 164.520(c)(3)(iii). */
  readonly automatic?: boolean | undefined
}

/** Why no acknowledgment was obtained. */
export const noAcknowledgmentReasons = ['refused', 'could-not-sign', 'not-returned', 'left-before', 'other'] as const

export interface Effort {
  readonly version: string
  readonly on: Day
  readonly reason: (typeof noAcknowledgmentReasons)[number]
  /** What was tried: required, since the effort is what has to be documented. */
  readonly tried: string
}

/** What is on record of one patient of a provider with a direct treatment relationship. */
export interface NoticeRecordInput {
  readonly patient: string
  /** The first service, past or planned; `none`: known that there is none. Left out: not known. */
  readonly firstService?:
    | 'none'
    | {
        readonly on: Day
        /** Delivered electronically, as a telehealth session. Left out: not known. */
        readonly electronic?: boolean | undefined
        readonly emergency?: boolean | undefined
      }
    | undefined
  readonly deliveries?: readonly Delivery[] | undefined
  readonly acknowledgments?: readonly { readonly version: string; readonly on: Day }[] | undefined
  readonly efforts?: readonly Effort[] | undefined
  /** Whether the house gives a revised notice to each patient again; the law wants it available on request, and posted. */
  readonly reoffers?: boolean | undefined
}

const version = plainText(100)
const schema = z.strictObject({
  patient: plainText(200),
  firstService: z
    .union([
      z.literal('none'),
      z.strictObject({ on: civilDate, electronic: z.boolean().optional(), emergency: z.boolean().optional() }),
    ])
    .optional(),
  deliveries: z
    .array(
      z.strictObject({
        version,
        on: civilDate,
        by: z.enum(deliveryWays),
        failed: z.boolean().optional(),
        agreed: z.boolean().optional(),
        automatic: z.boolean().optional(),
      }),
    )
    .max(10_000)
    .default([]),
  acknowledgments: z
    .array(z.strictObject({ version, on: civilDate }))
    .max(10_000)
    .default([]),
  efforts: z
    .array(z.strictObject({ version, on: civilDate, reason: z.enum(noAcknowledgmentReasons), tried: plainText(1000) }))
    .max(10_000)
    .default([]),
  reoffers: z.boolean().optional(),
})

const FIRST = text('45 CFR 164.520(c)(2)(i)(A)')
const EMERGENCY = text('45 CFR 164.520(c)(2)(i)(B)')
const ACKNOWLEDGE = text('45 CFR 164.520(c)(2)(ii)')
const ELECTRONIC = text('45 CFR 164.520(c)(3)(iii)')
// The reference names (c)(2)-(3) as a whole for these two.
const EMAIL = text('45 CFR 164.520(c)(3)')
const REVISED = text('45 CFR 164.520(c)(2)(iv)')

/** What is owed to a patient. `basis: 'house'`: the law asks for less. */
export const noticeNeedCodes = Object.freeze({
  'give-notice': { citation: FIRST, basis: 'law', says: 'The notice is owed no later than the day of the first service.' },
  'give-automatically': {
    citation: ELECTRONIC,
    basis: 'law',
    says: 'The first service is electronic: the notice is owed automatically and contemporaneously, in answer to the first request.',
  },
  'give-after-emergency': {
    citation: EMERGENCY,
    basis: 'law',
    says: 'After an emergency the notice is owed as soon as reasonably practicable.',
  },
  'send-paper': {
    citation: EMAIL,
    basis: 'law',
    says: 'An e-mail with the notice is known to have failed: a paper copy is owed.',
  },
  'say-first-service': {
    citation: FIRST,
    basis: 'law',
    says: 'Nobody has said when the first service is, or that there is none, and no notice was given.',
  },
  'give-version-in-effect': {
    citation: FIRST,
    basis: 'law',
    says: 'The version that was given was not in effect, neither then nor on the day of the first service.',
  },
  'agree-to-electronic': {
    citation: EMAIL,
    basis: 'law',
    says: 'The notice went by e-mail, and nothing shows that the individual agreed to that.',
  },
  'say-whether-electronic': {
    citation: ELECTRONIC,
    basis: 'law',
    says: 'Whether the first service is electronic is not known, and the notice given would not do if it is.',
  },
  acknowledge: {
    citation: ACKNOWLEDGE,
    basis: 'law',
    says: 'Neither a written acknowledgment nor a documented effort to obtain one is on record.',
  },
  'offer-revision': {
    citation: REVISED,
    basis: 'house',
    says: 'A material revision took effect since, and the house gives it again. The law wants it available on request, and posted.',
  },
} as const)
export type NoticeNeedCode = keyof typeof noticeNeedCodes

export interface NoticeNeed {
  readonly code: NoticeNeedCode
  readonly says: string
  readonly citation: string
  readonly basis: 'law' | 'house'
  /** The last day, where the text has one. */
  readonly due?: Day
  /** The day has passed. */
  readonly late?: true
}

/** What is on record on a day, and what is owed. */
export interface NoticeStanding {
  /** The last version that was given, and on which day. */
  readonly given?: {
    readonly version: string
    readonly on: Day
    readonly by: DeliveryWay
    /** None was given by the day of the first service. */
    readonly afterFirstService?: true
  }
  readonly acknowledged?: { readonly version: string; readonly on: Day }
  readonly effort?: Pick<Effort, 'version' | 'on' | 'reason'>
  readonly needs: readonly NoticeNeed[]
}

const last = <Value extends { readonly on: Day }>(values: readonly Value[]): Value | undefined =>
  values.reduce<Value | undefined>((found, each) => (found === undefined || each.on >= found.on ? each : found), undefined)

/**
 * What a patient still has to be given on a day, 45 CFR 164.520(c)(2) and (3). Entries of later days do not count yet. A delivery that is
 * known to have failed, or an e-mail that nobody is shown to have agreed to, gives nothing.
 * @throws PhiError PHI_BAA_NOTICE: also for a version that the notice does not have, or that was given before it was written
 */
export function noticeNeeds(value: Notice, record: NoticeRecordInput, day: Day): NoticeStanding {
  const { versions } = readNotice(value)
  const refuse = (context: object) => safeguardError('PHI_BAA_NOTICE', context)
  const read = parseAs(schema, record, 'record', refuse)
  const at = readDay(day, 'at')
  const created = new Map(versions.map((each) => [each.id, each.created]))
  for (const [path, list] of [
    ['deliveries', read.deliveries],
    ['acknowledgments', read.acknowledgments],
    ['efforts', read.efforts],
  ] as const) {
    for (const each of list) {
      const written = created.get(each.version)
      if (written === undefined) throw refuse({ path: `record.${path}.*.version`, detail: 'is no version of the notice' })
      if (each.on < written)
        throw refuse({ path: `record.${path}.*.on`, detail: 'must not lie before the version was written' })
    }
  }

  const needs: NoticeNeed[] = []
  const need = (code: NoticeNeedCode, due?: Day) => {
    const { citation, basis, says } = noticeNeedCodes[code]
    const when = due === undefined ? {} : { due, ...(at > due ? { late: true as const } : {}) }
    needs.push({ code, says, citation: formatCitation(citation), basis, ...when })
  }
  const past = read.deliveries.filter(({ on }) => on <= at)
  const first = read.firstService === 'none' ? undefined : read.firstService
  const inEffect = (on: Day) => versions.filter(({ effective }) => effective <= on).at(-1)?.id
  const isOfItsDay = (each: Delivery) =>
    each.version === inEffect(each.on) || (first !== undefined && each.on < first.on && each.version === inEffect(first.on))
  const reached = past.filter(({ failed, by, agreed }) => failed !== true && (by !== 'email' || agreed === true))
  const arrived = reached.filter(isOfItsDay)
  const given = last(arrived)
  const emergency = first?.emergency === true

  if (read.firstService === undefined && given === undefined) need('say-first-service')
  if (given === undefined && reached.length > 0) need('give-version-in-effect')
  const inTime = first === undefined ? [] : arrived.filter(({ on }) => on <= first.on)
  const late = first !== undefined && !emergency && inTime.length === 0
  if (first !== undefined) {
    const before = inTime.some(({ on }) => on < first.on)
    const automatically = inTime.some(({ by, automatic }) => by !== 'paper' && automatic === true)
    // What was not given in time and was given since is owed no more; that it was late stays on record.
    const since = arrived.some(({ on }) => on > first.on)
    if (emergency) {
      if (given === undefined && first.on <= at) need('give-after-emergency')
    } else if (first.electronic === true) {
      if (!before && !automatically && !since) need('give-automatically', first.on)
    } else if (given === undefined) need('give-notice', first.on)
    else if (first.electronic === undefined && !before && !automatically && !since) need('say-whether-electronic')
  }
  const emails = past.filter(({ by }) => by === 'email')
  const failed = last(emails.filter((each) => each.failed === true))
  if (failed !== undefined && !past.some(({ by, on, failed: too }) => by === 'paper' && too !== true && on >= failed.on)) {
    need('send-paper')
  }
  const unagreed = last(emails.filter((each) => each.failed !== true && each.agreed !== true))
  if (unagreed !== undefined && given === undefined) need('agree-to-electronic')

  const acknowledged = last(read.acknowledgments.filter(({ on }) => on <= at))
  const effort = last(read.efforts.filter(({ on }) => on <= at))
  // The effort is owed by the first service, and none for an emergency.
  const served = first !== undefined && first.on <= at
  if (served && !emergency && acknowledged === undefined && effort === undefined) need('acknowledge')

  const held = given && versions.findIndex(({ id }) => id === given.version)
  if (held !== undefined && read.reoffers === true) {
    const revised = versions.slice(held + 1).some(({ effective, material }) => material && effective <= at)
    if (revised) need('offer-revision')
  }
  return freeze({
    ...(given === undefined
      ? {}
      : {
          given: { version: given.version, on: given.on, by: given.by, ...(late ? { afterFirstService: true as const } : {}) },
        }),
    ...(acknowledged === undefined ? {} : { acknowledged }),
    ...(effort === undefined ? {} : { effort: { version: effort.version, on: effort.on, reason: effort.reason } }),
    needs,
  })
}

/** The duties of a provider with a site when a material revision takes effect: owed to everybody, and not to one patient. */
export const revisionDuties = Object.freeze([
  Object.freeze({
    says: 'Have the revised notice available on request, on or after its effective date.',
    citation: formatCitation(REVISED),
  }),
  Object.freeze({
    says: 'Have it at the site for individuals to take, and post it there promptly.',
    citation: formatCitation(REVISED),
  }),
  Object.freeze({
    says: 'Post it on a web site that tells of the services.',
    citation: formatCitation(from('45 CFR 164.520(c)(3)(i)', 'memory')),
  }),
])
