import { parseAs } from '@phi/core'
import * as z from 'zod'
import { freeze } from '../../freeze.ts'
import { telehealthError } from '../errors.ts'
import { type TlsVersion, tlsVersions } from './report.ts'

/** What is asked of a transport. */
export interface TransportProfile {
  /** The lowest version that may be accepted. */
  readonly minimum: TlsVersion
  /** The shortest `max-age` of Strict Transport Security, in seconds. */
  readonly hstsMaxAge: number
  readonly hstsIncludeSubDomains: boolean
  readonly hstsPreload: boolean
  /** The requirements that each row shows. */
  readonly requirements: {
    readonly versions: readonly string[]
    readonly cipher: readonly string[]
    readonly hsts: readonly string[]
  }
}

/**
 * Two documents ask for two things (C8), and neither number is the law's: 45 CFR 164.312(e) names no version. `tls12`: 1.2 or later, HSTS
 * of any length (S14, S15, S16). `tls13`: 1.3 alone, and HSTS for a year of 31,536,000 seconds (S87, S88, S146).
 */
export const transportProfiles = freeze({
  tls12: {
    minimum: 'TLSv1.2',
    hstsMaxAge: 1,
    hstsIncludeSubDomains: false,
    hstsPreload: false,
    requirements: { versions: ['S14'], cipher: ['S16'], hsts: ['S15'] },
  },
  tls13: {
    minimum: 'TLSv1.3',
    hstsMaxAge: 31_536_000,
    hstsIncludeSubDomains: false,
    hstsPreload: false,
    requirements: { versions: ['S87', 'S146'], cipher: ['S16'], hsts: ['S15', 'S88'] },
  },
} as const) satisfies { readonly [name: string]: TransportProfile }
export type TransportProfileName = keyof typeof transportProfiles

const ids = z
  .array(z.string().regex(/^[A-Za-z0-9.-]{1,40}$/))
  .max(20)
  .readonly()

const profileSchema: z.ZodType<TransportProfile> = z
  .strictObject({
    minimum: z.enum(tlsVersions),
    // 0 tells a browser to forget the policy, so it is no minimum.
    hstsMaxAge: z.int().min(1),
    hstsIncludeSubDomains: z.boolean(),
    hstsPreload: z.boolean(),
    requirements: z.strictObject({ versions: ids, cipher: ids, hsts: ids }).readonly(),
  })
  .readonly()

/** A profile by its name, or as an object of that form. @throws PhiError PHI_BAA_TRANSPORT */
export function readProfile(profile: TransportProfileName | TransportProfile): TransportProfile {
  if (typeof profile === 'string' && Object.hasOwn(transportProfiles, profile)) return transportProfiles[profile]
  return parseAs(profileSchema, profile, 'profile', (context) => telehealthError('PHI_BAA_TRANSPORT', context))
}
