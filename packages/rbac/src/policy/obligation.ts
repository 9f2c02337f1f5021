import * as z from 'zod'
import { nameSchema } from '../expression/expression.ts'

const text = z.string().min(1).max(200)

/**
 * HL7 refrain policies that this package knows (code system v3-ActCode, RefrainPolicy, HL7 Terminology, CC0): what a recipient
 * must not do with what it gets.
 */
// biome-ignore format: a table
export const refrainCodes = {
  NOAUTH: 'no disclosure without subject authorization',
  NOCOLLECT: 'no collection',
  NODSCLCD: 'no disclosure without consent directive',
  NODSCLCDS: 'no disclosure without information subject\'s consent directive',
  NOINTEGRATE: 'no integration',
  NOLIST: 'no unlisted entity disclosure',
  NOMOU: 'no disclosure without MOU',
  NOORGPOL: 'no disclosure without organizational authorization',
  NOPAT: 'no disclosure to patient, family or caregivers without attending provider\'s authorization',
  NOPERSISTP: 'no collection beyond purpose of use',
  NORDSCLCD: 'no redisclosure without consent directive',
  NORDSCLCDS: 'no redisclosure without information subject\'s consent directive',
  NORDSCLW: 'no disclosure without jurisdictional authorization',
  NORELINK: 'no relinking',
  NOREUSE: 'no reuse beyond purpose of use',
  NOVIP: 'no unauthorized VIP disclosure',
  ORCON: 'no disclosure without originator authorization',
} as const
export type RefrainCode = keyof typeof refrainCodes

/** What has to be done before data is released. An obligation of another type is never discharged: it stays a denial. */
export const obligationSchema = z.discriminatedUnion('type', [
  /** Authenticate again, or with more: what an RFC 9470 challenge asks for. `max_age` in seconds since the last authentication. */
  z
    .strictObject({
      type: z.literal('step-up'),
      acr_values: z.array(text).max(16).readonly().optional(),
      max_age: z.int().min(0).max(31_536_000).optional(),
    })
    .refine(
      (each) => each.max_age !== undefined || (each.acr_values?.length ?? 0) > 0,
      'must ask for acr_values, max_age or both',
    )
    .readonly(),
  /** Break the glass: a reason, an audit entry, notices to these parties, and a review within so many hours. */
  z
    .strictObject({
      type: z.literal('break-glass'),
      notify: z.array(text).min(1).max(16).readonly(),
      reviewWithinHours: z.int().min(1).max(720),
    })
    .readonly(),
  /** Release only through `view`, which leaves these fields out. */
  z.strictObject({ type: z.literal('redact'), fields: z.array(nameSchema).min(1).max(200).readonly() }).readonly(),
  /** Tell the recipient what it must not do, by HL7 refrain code; `notice` says it in words. */
  z
    .strictObject({
      type: z.literal('refrain'),
      code: z.enum(Object.keys(refrainCodes) as [RefrainCode, ...RefrainCode[]]),
      notice: z.string().min(1).max(2_000).optional(),
    })
    .readonly(),
  /** Write these things down, for example those of 42 CFR 2.51(c). */
  z.strictObject({ type: z.literal('document'), record: z.array(text).min(1).max(32).readonly() }).readonly(),
])

export type Obligation = z.output<typeof obligationSchema>
