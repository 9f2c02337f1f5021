import { parseAs } from '@phi/core'
import * as z from 'zod'
import { instant } from '../../agreement/date.ts'
import { telehealthError } from '../errors.ts'

export const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
export type TlsVersion = (typeof tlsVersions)[number]

/**
 * What a server did when it was offered one thing only. `accepted`, `refused`: it said so. `dropped`: it closed the connection without
 * an answer. `untestable`: the library of the prober cannot offer it, so that nothing is known. `unreachable`: no connection came about.
 * `failed`: it answered with something else, for example that it does not know the name.
 */
export const offerAnswers = [
  'accepted',
  'refused',
  'dropped',
  'untestable',
  'timeout',
  'unreachable',
  'not-tls',
  'failed',
] as const
export type OfferAnswer = (typeof offerAnswers)[number]

/** What plain http does. `no-service`: nothing listens there, so nothing goes in the clear. */
export const httpAnswers = [
  'redirects-to-https',
  'redirects-elsewhere',
  'serves',
  'no-service',
  'timeout',
  'failed',
  'not-asked',
] as const
export type HttpAnswer = (typeof httpAnswers)[number]

const cipherName = z.string().regex(/^[A-Za-z0-9_-]{1,80}$/)
const seconds = z.int().min(0)

const hstsSchema = z.discriminatedUnion('is', [
  z.strictObject({ is: z.literal('present'), maxAge: seconds, includeSubDomains: z.boolean(), preload: z.boolean() }),
  z.strictObject({ is: z.literal('absent') }),
  z.strictObject({ is: z.literal('invalid') }),
  z.strictObject({ is: z.literal('unknown') }),
])

export const transportReportSchema = z
  .strictObject({
    format: z.literal('phi.transport/v1'),
    host: z.string().min(1).max(255),
    port: z.int().min(1).max(65_535),
    /** When it was measured, by the clock that was passed in. */
    asOf: instant,
    /** Each version, offered alone. */
    versions: z.strictObject({
      TLSv1: z.enum(offerAnswers),
      'TLSv1.1': z.enum(offerAnswers),
      'TLSv1.2': z.enum(offerAnswers),
      'TLSv1.3': z.enum(offerAnswers),
    }),
    /** What a client that can do everything comes to with the server. */
    negotiated: z.strictObject({ version: z.enum(tlsVersions), cipher: cipherName }).optional(),
    /** TLS 1.2 with only such suites as are not in `strongCiphers`; the suite that the server took, where it did. */
    weakOffer: z.strictObject({ answer: z.enum(offerAnswers), cipher: cipherName.optional() }),
    certificate: z
      .strictObject({
        notBefore: instant,
        notAfter: instant,
        /** Whole days from `asOf` to `notAfter`, below zero when it has expired. */
        daysLeft: z.int(),
        /** Whether `asOf` lies between the two. */
        inTime: z.boolean(),
        /** Whether it is for this host, RFC 9525. */
        nameMatches: z.boolean(),
        selfSigned: z.boolean(),
        /** Whether a chain to a trusted root was found, leaving the dates to `inTime`. */
        trusted: z.union([z.boolean(), z.literal('unknown')]),
        /** The code of OpenSSL where it objects: `CERT_HAS_EXPIRED`. */
        problem: z
          .string()
          .regex(/^[A-Z0-9_]{1,80}$/)
          .optional(),
      })
      .optional(),
    /** `unknown`: no response came. */
    hsts: hstsSchema,
    http: z.enum(httpAnswers),
  })
  .readonly()

/** What `probe` measured. Plain data, dated. */
export type TransportReport = z.output<typeof transportReportSchema>

/** Reads a report that was kept. @throws PhiError PHI_BAA_TRANSPORT */
export function parseTransportReport(value: unknown): TransportReport {
  return parseAs(transportReportSchema, value, 'report', (context) => telehealthError('PHI_BAA_TRANSPORT', context))
}
