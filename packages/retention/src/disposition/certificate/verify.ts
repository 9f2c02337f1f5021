import { parseAs, parseInstant } from '@phi/core'
import * as z from 'zod'
import type { RuleReference } from '../../assess/assessment.ts'
import { retentionError } from '../../errors.ts'
import { frozen } from '../../frozen.ts'
import { instant } from '../text.ts'
import { CERTIFICATE_TYPE, certificateSchema, type DispositionCertificate, isConsistent } from './certificate.ts'
import { type Disbelief, openDocument, readCanonical, type SignatureAlgorithm, type TrustedKeys } from './jws.ts'
import { digestOf, recordOpening, SALT_BYTES, saltCommitment } from './record-digest.ts'

/**
 * Why a certificate is not valid. 'form': no compact JWS in its canonical spelling. 'header': not exactly the members it should
 * have. 'algorithm': neither EdDSA nor ES256. 'type': a JWS of another kind. 'unknown-key': no trusted key has its `kid`.
 * 'unsuitable-key': the trusted key is for something else. 'signature': it does not verify. 'document': signed, but no
 * certificate of this format, or one that contradicts itself. 'time': finished after `at`.
 */
export type DispositionCertificateProblem = Disbelief | 'document' | 'time'

export type DispositionCertificateReport =
  | {
      readonly verdict: 'valid'
      readonly kid: string
      readonly alg: SignatureAlgorithm
      readonly certificate: DispositionCertificate
    }
  | { readonly verdict: 'invalid'; readonly problem: DispositionCertificateProblem }

/** Clocks of two organisations differ; so much is forgiven. */
const SKEW_MS = 5 * 60_000

const optionsSchema = z.strictObject({ at: instant.optional() })

const invalid = (problem: DispositionCertificateProblem): DispositionCertificateReport =>
  Object.freeze({ verdict: 'invalid', problem })

/**
 * Checks a certificate against public keys that the caller trusts, obtained otherwise than with the certificate. Whoever has the
 * keys can do it: no store and no salt is needed.
 * @param keys one public JWK or several, each with a `kid`
 * @param options `at`: the instant to judge at, RFC 3339 UTC; without, no certificate is too new
 * @returns whether it holds, or the first reason why not; whatever the text is, it never throws for it
 * @throws PhiError PHI_RETENTION_OPTIONS for keys or options that are none
 */
export async function verifyCertificate(
  jws: string,
  keys: TrustedKeys,
  options: { readonly at?: string | undefined } = {},
): Promise<DispositionCertificateReport> {
  const { at } = parseAs(optionsSchema, options, 'verify', (context) => retentionError('PHI_RETENTION_OPTIONS', context))
  const opened = await openDocument(jws, keys, CERTIFICATE_TYPE)
  if ('disbelief' in opened) return invalid(opened.disbelief)
  const read = certificateSchema.safeParse(readCanonical(opened.payload))
  if (!read.success || !isConsistent(read.data)) return invalid('document')
  if (at !== undefined && parseInstant(read.data.finishedAt) > parseInstant(at) + SKEW_MS) return invalid('time')
  return frozen({ verdict: 'valid', kid: opened.kid, alg: opened.alg, certificate: read.data })
}

/** What shows that a record stands in a certificate: the salt, which opens all of them, or the opening of this one. */
export type CoverProof = Uint8Array | { readonly opening: Uint8Array }

export type Coverage =
  | {
      readonly covered: true
      readonly kind: string
      readonly rules: readonly RuleReference[]
      readonly holdCheckedAt: string
      /** What became of the keys that sealed it; 'not-used' where no keys were to be destroyed. */
      readonly keys: 'destroyed' | 'kept' | 'not-used'
    }
  /** 'wrong-salt': it is not the salt of this certificate. 'not-listed': the record is not in it, or the opening is not its own. */
  | { readonly covered: false; readonly why: 'wrong-salt' | 'not-listed' }

const notCovered = (why: 'wrong-salt' | 'not-listed'): Coverage => Object.freeze({ covered: false, why })

/**
 * Whether a certificate is about a record. The owner passes the salt that `execute` gave. To an outsider the owner shows the
 * opening of the one record (`recordOpening`), which says nothing about others.
 * @param certificate one that `verifyCertificate` found valid
 */
export function certificateCovers(certificate: DispositionCertificate, recordId: string, proof: CoverProof): Coverage {
  const isText = typeof recordId === 'string' && recordId.isWellFormed()
  const secret = proof instanceof Uint8Array ? proof : proof?.opening
  if (!(secret instanceof Uint8Array) || secret.length !== SALT_BYTES) return notCovered('wrong-salt')
  if (proof instanceof Uint8Array && saltCommitment(proof) !== certificate.salt) return notCovered('wrong-salt')
  if (!isText) return notCovered('not-listed')
  const wanted = digestOf(proof instanceof Uint8Array ? recordOpening(proof, recordId) : secret, recordId)
  const group = certificate.records.find(({ ids }) => ids.includes(wanted))
  if (group === undefined) return notCovered('not-listed')
  const erasure = group.scope === null ? undefined : certificate.erasures.find(({ scope }) => scope === group.scope)
  return Object.freeze({
    covered: true,
    kind: group.kind,
    rules: group.rules,
    holdCheckedAt: group.holdCheck.at,
    keys: group.scope === null ? 'not-used' : (erasure?.outcome ?? 'kept'),
  })
}
