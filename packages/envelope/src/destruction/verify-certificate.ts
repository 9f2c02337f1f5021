import { parseAs, parseInstant, systemClock } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import { instantSchema } from '../instant.ts'
import {
  ADDENDUM_TYPE,
  addendumSchema,
  CERTIFICATE_TYPE,
  certificateSchema,
  type DestructionAddendum,
  type DestructionCertificate,
  isConsistent,
} from './certificate.ts'
import { type CertificateAlgorithm, type CertificateKeys, type Disbelief, openDocument, readCanonical } from './jws.ts'

/**
 * Why a certificate is not valid. 'form': no compact JWS in its canonical spelling. 'header': not exactly the members it should
 * have. 'algorithm': neither EdDSA nor ES256. 'type': a JWS of another kind. 'unknown-key': no trusted key has its `kid`.
 * 'unsuitable-key': the trusted key is for something else. 'signature': it does not verify. 'document': signed, but no
 * certificate of this format, or one that contradicts itself. 'time': issued after `at`.
 */
export type CertificateProblem = Disbelief | 'document' | 'time'

interface Signed {
  readonly verdict: 'valid'
  readonly kid: string
  readonly alg: CertificateAlgorithm
}

interface Invalid {
  readonly verdict: 'invalid'
  readonly problem: CertificateProblem
}

export type CertificateReport =
  | (Signed & {
      readonly certificate: DestructionCertificate
      /**
       * Whether at `at` nothing opens any more by what the certificate says: caches are empty and, where KEKs were kept,
       * backups have expired.
       */
      readonly effective: boolean
    })
  | Invalid

export type AddendumReport = (Signed & { readonly addendum: DestructionAddendum }) | Invalid

export interface VerifyCertificateOptions {
  /** The instant to judge at, RFC 3339 UTC. Default: now. */
  readonly at?: string
}

const schema = z.strictObject({
  at: instantSchema.optional(),
})

/** Clocks of two organisations differ; so much is forgiven. */
const SKEW_MS = 5 * 60_000

const invalid = (problem: CertificateProblem): Invalid => Object.freeze({ verdict: 'invalid', problem })

async function read<T extends { readonly issuedAt: string }>(
  jws: unknown,
  keys: CertificateKeys,
  options: VerifyCertificateOptions,
  kind: { readonly typ: string; readonly schema: z.ZodType<T>; readonly holds: (document: T) => boolean },
): Promise<Invalid | (Signed & { readonly document: T; readonly at: number })> {
  const given = parseAs(schema, options, 'verify', (context) => envelopeError('PHI_ENVELOPE_OPTIONS', context))
  const at = given.at === undefined ? systemClock() : parseInstant(given.at)
  const opened = await openDocument(jws, keys, kind.typ)
  if ('disbelief' in opened) return invalid(opened.disbelief)
  const document = kind.schema.safeParse(readCanonical(opened.payload))
  if (!document.success || !kind.holds(document.data)) return invalid('document')
  if (parseInstant(document.data.issuedAt) > at + SKEW_MS) return invalid('time')
  return { verdict: 'valid', kid: opened.kid, alg: opened.alg, document: document.data, at }
}

/**
 * Checks a destruction certificate against public keys that the caller trusts. Needs no keyring: a customer runs this.
 * @param keys one public JWK or several, each with a `kid`; obtained otherwise than with the certificate
 * @returns whether it holds, or the first reason why not; whatever the text is, it never throws for it
 * @throws PhiError PHI_ENVELOPE_OPTIONS for keys or options that are none
 */
export async function verifyCertificate(
  jws: string,
  keys: CertificateKeys,
  options: VerifyCertificateOptions = {},
): Promise<CertificateReport> {
  const kind = { typ: CERTIFICATE_TYPE, schema: certificateSchema, holds: isConsistent }
  const found = await read<DestructionCertificate>(jws, keys, options, kind)
  if (found.verdict === 'invalid') return found
  const { document, at, ...signed } = found
  return Object.freeze({ ...signed, certificate: document, effective: at >= parseInstant(document.effectiveAt) })
}

/** Checks an addendum, as {@link verifyCertificate} checks a certificate. @throws PhiError PHI_ENVELOPE_OPTIONS */
export async function verifyAddendum(
  jws: string,
  keys: CertificateKeys,
  options: VerifyCertificateOptions = {},
): Promise<AddendumReport> {
  const holds = ({ keys: named, backupHorizon, issuedAt }: DestructionAddendum) =>
    backupHorizon <= issuedAt && named.every((key) => key.backupHorizon <= backupHorizon)
  const found = await read<DestructionAddendum>(jws, keys, options, { typ: ADDENDUM_TYPE, schema: addendumSchema, holds })
  if (found.verdict === 'invalid') return found
  const { document, at: _, ...signed } = found
  return Object.freeze({ ...signed, addendum: document })
}
