import { isPhiError, type PhiError } from '@phi/core'
import { envelopeError } from '../errors.ts'
import type { Custody } from '../keys/custody.ts'
import type { DataKeyRecord } from '../keys/key-record.ts'
import type { KekDescription } from '../kms/kms.ts'

/**
 * What is known of the KEK that a tenant's keys should be wrapped under; an error is an answer too, and is never "all is well".
 */
export type CurrentKek = { readonly described: KekDescription } | { readonly failed: PhiError }

/** Asks the KMS for each tenant's current KEK, once per KEK: a run over many keys sees one picture. @internal */
export function currentKeks({ kms, settings }: Custody): (tenant: string) => Promise<CurrentKek> {
  const asked = new Map<string | undefined, Promise<CurrentKek>>()
  const ask = async (name: string | undefined): Promise<CurrentKek> => {
    try {
      return { described: await kms.describe(name) }
    } catch (error) {
      return { failed: isPhiError(error) ? error : envelopeError('PHI_ENVELOPE_KMS_UNAVAILABLE') }
    }
  }
  return (tenant) => {
    const name = settings.kek(tenant)
    const known = asked.get(name) ?? ask(name)
    asked.set(name, known)
    return known
  }
}

/** @internal */
export const isUnder = (record: DataKeyRecord, kms: string, { kek }: KekDescription): boolean =>
  record.kms === kms && record.kek === kek
