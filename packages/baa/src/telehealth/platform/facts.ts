import { covers, type DataClass, type DataItem, isService, plainText, type Service } from '@phi/core'
import * as z from 'zod'
import type { Where } from '../../agreement/agreement.ts'
import { civilDate } from '../../agreement/date.ts'
import { partyId } from '../../agreement/party.ts'
import { word } from '../../agreement/schema.ts'
import { freeze } from '../../freeze.ts'
import { whereSchema } from '../../registry/subprocessor.ts'
import { type Observed, observedSchema } from '../observation.ts'
import { type TransportReport, transportReportSchema } from '../transport/report.ts'
import { type AudioOnlyBasis, audioOnlySchema } from './audio-only.ts'

export const mediaProtections = ['srtp-over-dtls', 'equivalent', 'weaker', 'none'] as const
/** How sound and pictures are protected on their way. `equivalent`: by another protocol with keys of its own; the evidence says which. */
export type MediaProtection = (typeof mediaProtections)[number]

/** Why sessions are recorded, and how those in them were told. */
export interface RecordingBasis {
  /** Whether the recording is clinically required. */
  readonly clinicallyRequired: boolean
  /** Why, without anything of a patient. */
  readonly reason: string
  /** Whether it is disclosed to everybody in the session before it begins. */
  readonly disclosed: boolean
}

/**
 * What is known of a platform for video sessions. Everything that somebody has to look at is dated; what is left out is not known.
 * No platform is known in advance: any that meets the rows can be used (S76).
 */
export interface PlatformFacts {
  /** The platform and the customer, by the ids of their parties in the registry. */
  readonly platform: string
  readonly customer: string
  /** The product by its name: apps for everybody are found by it. */
  readonly product?: string | undefined
  /** Where the product runs, and on what plan, as the agreement may ask. */
  readonly where?: Where | undefined
  readonly plan?: string | undefined
  /** Conditions of the agreement that are met, or are not. */
  readonly conditions?: { readonly [condition: string]: boolean } | undefined
  /** What is used beside video and the waiting room: chat. Audio sessions and recording are added where the facts below speak of them. */
  readonly services?: readonly Service[] | undefined
  /** What reaches it. Left out: `telehealthData` of each service. */
  readonly data?: readonly (DataClass | DataItem)[] | undefined
  /** The address by which clients join. */
  readonly link?: string | undefined
  /** The waiting room, or a private room, is on without anybody having to think of it. */
  readonly waitingRoomByDefault?: Observed | undefined
  readonly audio?: Observed | undefined
  readonly video?: Observed | undefined
  readonly audioOnly?: Observed<AudioOnlyBasis> | undefined
  /** That it is an app for everybody, or the video call of a telephone. */
  readonly consumerApp?: Observed | undefined
  readonly media?: Observed<MediaProtection> | undefined
  /** The host can lock a meeting. */
  readonly meetingLock?: Observed | undefined
  readonly automaticRecording?: Observed | undefined
  readonly recording?: Observed<RecordingBasis> | undefined
  /** There is a written way to act on a concern for somebody's safety in a session, and the staff know it. */
  readonly escalationPath?: Observed | undefined
  /** What `probe` measured, and until when it may be relied on. */
  readonly transport?:
    | { readonly report: TransportReport; readonly reviewBy: string; readonly evidence?: string | undefined }
    | undefined
}

/** What each service of a video platform receives, where the facts do not say it. Say more in `data` where it receives more. */
export const telehealthData: { readonly [Key in Service]?: readonly DataClass[] } = /* @__PURE__ */ freeze({
  telehealth: ['phi.comm.call', 'phi.identity.name', 'phi.schedule.session-link', 'phi.comm.recording', 'phi.comm.message'],
  'telehealth.video': ['phi.comm.call', 'phi.identity.name', 'phi.schedule.session-link'],
  'telehealth.audio': ['phi.comm.call', 'phi.identity.name', 'phi.schedule.session-link'],
  'telehealth.waiting-room': ['phi.identity.name', 'phi.schedule.session-link'],
  'telehealth.recording': ['phi.comm.recording', 'phi.identity.name'],
  'telehealth.chat': ['phi.comm.message', 'phi.identity.name'],
})

const flag = observedSchema(z.boolean()).optional()

export const factsSchema = z
  .strictObject({
    platform: partyId,
    customer: partyId,
    product: plainText(120).optional(),
    where: whereSchema.optional(),
    plan: plainText(120).optional(),
    conditions: z.record(word, z.boolean()).optional(),
    services: z
      .array(z.custom<Service>((value) => isService(value) && covers('telehealth', value), 'must be a service of telehealth'))
      .min(1)
      .max(10)
      .optional(),
    // `decide` reads them: what it does not know is a reason.
    data: z
      .array(z.custom<DataClass | DataItem>(() => true))
      .min(1)
      .max(200)
      .optional(),
    link: z.string().max(8192).optional(),
    waitingRoomByDefault: flag,
    audio: flag,
    video: flag,
    audioOnly: observedSchema(audioOnlySchema).optional(),
    consumerApp: flag,
    media: observedSchema(z.enum(mediaProtections)).optional(),
    meetingLock: flag,
    automaticRecording: flag,
    recording: observedSchema(
      z.strictObject({ clinicallyRequired: z.boolean(), reason: plainText(500), disclosed: z.boolean() }).readonly(),
    ).optional(),
    escalationPath: flag,
    transport: z
      .strictObject({
        report: transportReportSchema,
        reviewBy: civilDate,
        evidence: plainText(500).optional(),
      })
      .refine(({ report, reviewBy }) => report.asOf.slice(0, 10) <= reviewBy, {
        path: ['reviewBy'],
        message: 'must not lie before the day of the report',
      })
      .readonly()
      .optional(),
  })
  .readonly()
