import { isDataClass } from '@phi/core'
import { parseProfile } from '@phi/deadlines/contract'
import { z } from 'zod'

/**
 * A platform as one configuration file: what its documents promise, as data. The service, its session rules, its policy, its clocks and its
 * retention are set up from it and from nothing else. Every entry names the requirement that it answers.
 */

const words = z.string().min(1).max(1000)
const id = z.string().regex(/^[SC]\d{1,3}$/)
const answers = z.array(id).min(1)
const day = z.string().regex(/^\d{4}-\d\d-\d\d$/)
const dataClass = z.string().refine(isDataClass, 'must be a data class of the taxonomy')

export const profileSchema = z.strictObject({
  $schema: z.string().optional(),
  id: words,
  /** What kind of platform it is. No trade name. */
  title: words,
  /** The documents, by kind, version and day (S161). */
  documents: z.array(z.strictObject({ title: words, version: words.optional(), asOf: day, answers })).min(1),

  /** Who may have an agreement, by plan (S115, S139). */
  plans: z.array(
    z.strictObject({ name: words, agreement: z.enum(['included', 'on-request', 'none']), mayStorePhi: z.boolean(), answers }),
  ),
  /** What may be stored, and what may not (S140, S152 to S156). */
  data: z.strictObject({
    may: z.array(z.strictObject({ class: dataClass, words, answers })),
    mustNot: z.array(z.strictObject({ what: z.union([dataClass, z.string().startsWith('label:')]), words, answers })),
  }),
  /** What the agreement binds the platform to: terms of `@phi/baa`, each with the requirements that it answers (S116 to S122). */
  terms: z
    .array(z.strictObject({ term: words, stated: z.union([z.literal(true), z.record(z.string(), z.unknown())]), answers }))
    .optional(),
  /** Roles of the policy pack of `@phi/rbac/hipaa` that this platform has, and what it calls them. */
  roles: z.array(z.strictObject({ role: words, called: words, mfa: z.boolean(), answers })).min(1),

  session: z.strictObject({
    idleMinutes: z.int().min(1).max(1440),
    rotateHours: z.int().min(1).max(168),
    absoluteHours: z.int().min(1).max(720),
    /** Screens lock by themselves after so long: a control of the customer's, not a session (S148, C8). */
    screenLockMinutes: z.int().min(1).max(1440).optional(),
    addresses: z.strictObject({ allow: z.union([z.literal('any'), z.array(words)]), deny: z.array(words) }).optional(),
    answers,
  }),
  transport: z.strictObject({
    /** `modern`: TLS 1.3 only. `intermediate`: 1.2 and 1.3. */
    tls: z.enum(['modern', 'intermediate']),
    hstsSeconds: z.int().min(31_536_000),
    mutualTls: z.boolean(),
    answers,
  }),
  encryption: z.strictObject({
    algorithm: z.literal('AES-256-GCM'),
    keyPerTenant: z.literal(true),
    rotateDays: z.int().min(1).max(366),
    answers,
  }),
  /** How long what is kept, as the documents say it. What is shorter than the law's documentation period is a finding, and is not applied. */
  retention: z.array(
    z.strictObject({
      of: z.enum(['audit-log', 'documentation', 'messages', 'ai-prompts', 'scheduling', 'billing', 'notes']),
      years: z.number().positive(),
      answers,
    }),
  ),
  /** Sentences about notices, rights and what recurs, for the clocks of `@phi/deadlines/contract`. */
  statements: z.array(z.unknown()),
  telehealth: z
    .strictObject({
      vendors: z.array(words),
      waitingRoom: z.boolean(),
      recording: z.enum(['off', 'disclosed']),
      answers,
    })
    .optional(),
  ai: z
    .strictObject({
      enabled: z.boolean(),
      retentionDays: z.int().min(0),
      training: z.literal(false),
      /** Roles of those who may stand by a draft of a model. Default: therapists. */
      reviewers: z.array(words).min(1).optional(),
      answers,
    })
    .optional(),
  /** Kinds of messages with what they hold and how long they are kept, and who hears of a safety concern: for `defineMessageRouting`. */
  messages: z.strictObject({ routing: z.unknown(), answers }).optional(),
  /** Who sees to which safeguard: controls of `@phi/baa/safeguards`. */
  safeguards: z.array(
    z.strictObject({
      control: words,
      by: z.enum(['platform', 'customer']),
      parameter: z.record(z.string(), z.unknown()).optional(),
      answers,
    }),
  ),
  patientRights: z.array(
    z.strictObject({
      right: z.enum(['access', 'amendment', 'accounting', 'restriction', 'confidential-communications', 'notice']),
      answers,
    }),
  ),
})

/** A platform's configuration, read and checked. */
export type PlatformProfile = z.output<typeof profileSchema>

/** Reads `platform.json`. @throws Error that names the place, in the words of the schema */
export function readProfile(value: unknown): PlatformProfile {
  const parsed = profileSchema.safeParse(value)
  if (!parsed.success) throw new Error(`platform.json: ${z.prettifyError(parsed.error)}`)
  const { id, title, documents, statements } = parsed.data
  parseProfile({ id, title, asOf: documents[0]?.asOf, statements })
  return parsed.data
}
