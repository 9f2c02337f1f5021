import { type Citation, citationSchema, formatCitation, parseAs, tenantSchema } from '@phi/core'
import * as z from 'zod'
import { envelopeError } from '../errors.ts'
import { instantSchema } from '../instant.ts'
import { subjectSchema } from '../keys/key-record.ts'
import { shownText } from './certificate.ts'
import { type CertificateSigner, readSigner } from './jws.ts'
import type { DestructionRule } from './rules.ts'

/** A ciphertext that the keys sealed, as something that tries to open it. */
export type Sample = () => unknown

export interface DestroyOptions {
  readonly tenant: string
  /** Only this patient's or other subject's own keys. Default: all of the tenant's, and all its subjects'. */
  readonly subject?: string
  /** Who approved it: 1 to 256 characters, shown in the certificate. */
  readonly approver: string
  /** Why, and under which rule. {@link destructionRules} has the usual ones. */
  readonly rule: DestructionRule
  /** When the last backup expires that may hold the wrapped keys: RFC 3339 UTC with milliseconds. Now, where there are none. */
  readonly backupHorizon: string
  /**
   * 'keep' (default): the wrapped keys are erased; a backup of the key store opens what it holds until it expires. 'destroy':
   * the KMS destroys the KEKs as well, which must be this tenant's alone, and backups open nothing from then on.
   */
  readonly kek?: 'keep' | 'destroy'
  /**
   * Further KEKs to destroy with `kek: 'destroy'`: those that wrapped these keys before a rewrap, since older backups hold that
   * wrap, or a name without a version where the KMS destroys all versions together.
   */
  readonly alsoKeks?: readonly string[]
  /**
   * Tries on ciphertexts, which must all fail once the keys are destroyed: up to 1,000. Let them ask `keyring.tenant()` for
   * fresh handles.
   */
  readonly samples?: readonly Sample[]
  readonly signer: CertificateSigner
  /** The agreement's or the request's own number, shown in the certificate. No patient's id. */
  readonly reference?: string
  /** When the destruction was asked for, RFC 3339 UTC. Default: now. */
  readonly requestedAt?: string
}

export interface DestroyRequest {
  readonly tenant: string
  readonly subject: string | undefined
  readonly approver: string
  readonly rule: { readonly text: string; readonly citations: readonly string[] }
  readonly backupHorizon: string
  readonly kek: 'keep' | 'destroy'
  readonly alsoKeks: readonly string[]
  readonly samples: readonly Sample[]
  readonly signer: CertificateSigner
  readonly reference: string | undefined
  readonly requestedAt: string | undefined
}

const schema = z.strictObject({
  tenant: tenantSchema,
  subject: subjectSchema.optional(),
  approver: shownText(256),
  rule: z.strictObject({ text: shownText(2000), citations: z.array(citationSchema).min(1) }),
  backupHorizon: instantSchema,
  kek: z.enum(['keep', 'destroy']).default('keep'),
  alsoKeks: z.array(z.string().min(1).max(2048)).readonly().default([]),
  samples: z
    .array(z.custom<Sample>((value) => typeof value === 'function', 'must be a function'))
    .max(1000)
    .readonly()
    .default([]),
  signer: z.unknown(),
  reference: shownText(256).optional(),
  requestedAt: instantSchema.optional(),
})

/** @throws PhiError PHI_ENVELOPE_OPTIONS @internal */
export function readDestroyOptions(options: DestroyOptions, now: string): DestroyRequest {
  const given = parseAs(schema, options, 'destroy', (context) => envelopeError('PHI_ENVELOPE_OPTIONS', context))
  if (given.kek === 'keep' && given.alsoKeks.length > 0) {
    throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'destroy.alsoKeks', detail: "goes with `kek: 'destroy'`" })
  }
  if (given.requestedAt !== undefined && given.requestedAt > now) {
    throw envelopeError('PHI_ENVELOPE_OPTIONS', { path: 'destroy.requestedAt', detail: 'lies in the future' })
  }
  return {
    ...given,
    subject: given.subject,
    reference: given.reference,
    requestedAt: given.requestedAt,
    rule: { text: given.rule.text, citations: given.rule.citations.map((each: Citation) => formatCitation(each)) },
    signer: readSigner(given.signer),
  }
}
