import { parseAs } from '@phi/core'
import * as z from 'zod'
import { type Registry, registry } from '../registry/registry.ts'
import { agreementStoreError } from './errors.ts'
import type { AgreementRecord } from './record.ts'
import type { RecordedAgreements } from './recorded.ts'

/**
 * Where the agreements of tenants are kept: for each a list of revisions that only grows. Every verb is atomic, also between processes, and
 * visible to every handle once its promise has resolved. A verb that cannot do its work rejects: an empty answer would read as "nothing was
 * agreed". What is handed in and out is copied or frozen.
 *
 * INVARIANTS: a revision that stands is never changed or taken away, and revisions count from 1 without gaps. What stands always makes a
 * registry. Of the callers that append at one revision, one succeeds. The suite `agreementStoreSuite` of @phi/testing holds a store to all of it.
 */
export interface AgreementStore {
  /**
   * All that is known now.
   * @throws PhiError PHI_CORE_TENANT, PHI_BAA_STORE, PHI_BAA_STORE_UNAVAILABLE
   */
  load(tenant: string): Promise<RecordedAgreements>
  /**
   * All that was known at a revision, 0 or more: what a decision was made on that names its revision. Undefined: there is no such revision yet.
   * @throws as `load`; PHI_BAA_AGREEMENT_RECORD for what is no revision
   */
  at(tenant: string, revision: number): Promise<RecordedAgreements | undefined>
  /**
   * Appends records as the revision after the expected one, all or none. `conflict`: that is not the latest revision. `already`: it is not,
   * and what follows it are these very records, so that whoever lost an answer appends the same again and learns that it is done.
   * @throws as `load`; PHI_BAA_AGREEMENT_RECORD, PHI_BAA_AGREEMENT, PHI_BAA_CONTRADICTION, PHI_BAA_REGISTRY: nothing was written
   */
  append(
    tenant: string,
    records: readonly AgreementRecord[],
    expectedRevision: number,
  ): Promise<'appended' | 'already' | 'conflict'>
}

const revisionSchema = z.int().min(0)

/** Reads the number of a revision. @throws PhiError PHI_BAA_AGREEMENT_RECORD */
export const readRevisionNumber = (value: unknown): number =>
  parseAs(revisionSchema, value, 'revision', (context) => agreementStoreError('PHI_BAA_AGREEMENT_RECORD', context))

/**
 * The registry of a tenant: the latest, or the one at a revision. Note the revision with what was decided on it.
 * @throws PhiError PHI_BAA_STORE where there is no such revision, or where the store gave what is no registry; as `load`
 */
export async function loadRegistry(
  store: AgreementStore,
  tenant: string,
  revision?: number,
): Promise<{ readonly registry: Registry; readonly revision: number }> {
  const recorded = await (revision === undefined ? store.load(tenant) : store.at(tenant, revision))
  if (typeof recorded !== 'object' || recorded === null) {
    throw agreementStoreError('PHI_BAA_STORE', { detail: 'there is no such revision' })
  }
  const { agreements, parties, subprocessors, complete, attestations, exemptions } = recorded
  if (revision !== undefined && recorded.revision !== revision) {
    throw agreementStoreError('PHI_BAA_STORE', { detail: 'the store answered with another revision' })
  }
  // What a store of somebody else's hands out is read again: every list must be there, since one that is left out reads as "none".
  if (![agreements, parties, subprocessors, complete, attestations, exemptions].every(Array.isArray)) {
    throw agreementStoreError('PHI_BAA_STORE', { detail: 'a list is missing' })
  }
  const options = { parties, subprocessors, complete, attestations, exemptions }
  let made: Registry
  try {
    made = registry(agreements, options)
  } catch (cause) {
    throw agreementStoreError('PHI_BAA_STORE', { detail: 'it makes no registry', cause })
  }
  return Object.freeze({ registry: made, revision: readRevisionNumber(recorded.revision) })
}
