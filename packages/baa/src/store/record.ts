import { canonicalJson, type ErrorContext, type PhiError, plainText } from '@phi/core'
import * as z from 'zod'
import type { Agreement } from '../agreement/agreement.ts'
import { readAgreement } from '../agreement/define.ts'
import { type Party, partyId, partySchema } from '../agreement/party.ts'
import type { ExemptionClaim } from '../exemption/exemption.ts'
import { claimSchema } from '../exemption/schema.ts'
import { freeze } from '../freeze.ts'
import { readOwn } from '../own.ts'
import { type Attestation, attestationSchema } from '../registry/attestation.ts'
import { type Registry, registry } from '../registry/registry.ts'
import { type Subprocessor, subprocessorSchema } from '../registry/subprocessor.ts'
import { agreementStoreError } from './errors.ts'

/** Something that became known of agreements. A record is never changed: what is known later stands in a later one. */
export type AgreementRecord =
  /**
   * An agreement, or how it stands from now on: with a further signature, terminated, extended by a review. A record with the id of an
   * earlier one takes its place where the terms are the same; other terms are another agreement, and have an id of their own.
   */
  | { readonly type: 'agreement'; readonly agreement: Agreement }
  /** A party without an agreement, or what agreements leave out of one. Takes the place of an earlier description. */
  | { readonly type: 'party'; readonly party: Party }
  /** To whom a party gives data on: all of it, in the place of what was known before. `complete`: it said that there are no others. */
  | {
      readonly type: 'subprocessors'
      readonly of: string
      readonly subprocessors: readonly Subprocessor[]
      readonly complete: boolean
    }
  /** Somebody looked. Earlier attestations stay: questions about an earlier day are answered from them. */
  | { readonly type: 'attestation'; readonly attestation: Attestation }
  /** The claims that stand for a pair of parties, in the place of those before; none takes them back. */
  | { readonly type: 'exemptions'; readonly from: string; readonly to: string; readonly claims: readonly ExemptionClaim[] }
  /** A signed document of an agreement: the compact JWS as `signAgreement` made it. Kept byte for byte, and not verified here. */
  | { readonly type: 'signature'; readonly agreement: string; readonly jws: string }

/** How many records one revision may have. */
const MOST = 1000

const jws = z
  .string()
  .max(100_000)
  .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/)

const recordSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('agreement'), agreement: z.unknown() }),
  z.strictObject({ type: z.literal('party'), party: partySchema }),
  z
    .strictObject({
      type: z.literal('subprocessors'),
      of: partyId,
      subprocessors: z.array(subprocessorSchema).max(10_000).readonly(),
      complete: z.boolean(),
    })
    .refine(({ of, subprocessors }) => subprocessors.every((each) => each.of === of), {
      path: ['subprocessors'],
      message: 'must all be of the party that the record names',
    }),
  z.strictObject({ type: z.literal('attestation'), attestation: attestationSchema }),
  z.strictObject({
    type: z.literal('exemptions'),
    from: partyId,
    to: partyId,
    claims: z.array(claimSchema).max(100).readonly(),
  }),
  z.strictObject({ type: z.literal('signature'), agreement: plainText(100), jws }),
])

const recordsSchema = z.array(recordSchema).min(1).max(MOST).readonly()

/**
 * Reads records from unknown data: what a caller hands in, or what a store had. Frozen.
 * @throws PhiError PHI_BAA_AGREEMENT_RECORD, or what `refusal` makes; PHI_BAA_AGREEMENT, PHI_BAA_CONTRADICTION
 */
export function readAgreementRecords(
  value: unknown,
  refusal: (context: ErrorContext) => PhiError = (context) => agreementStoreError('PHI_BAA_AGREEMENT_RECORD', context),
): readonly AgreementRecord[] {
  const records = readOwn(recordsSchema, value, 'records', refusal)
  return freeze(
    records.map((record) =>
      record.type === 'agreement' ? { ...record, agreement: readAgreement(record.agreement as Agreement) } : record,
    ) as readonly AgreementRecord[],
  )
}

/** The text under which records are kept: canonical JSON (RFC 8785), so that the same records are the same text. */
export const textOfRecords = (records: readonly AgreementRecord[]): string => canonicalJson(records)

/** A registry as records: to bring one that stood in code into a store. Parties that agreements describe in full are left to them. */
export function recordsOf(model: Registry): readonly AgreementRecord[] {
  const { agreements, subprocessors, complete, attestations, exemptions } = model
  const described = registry(agreements).parties
  const parties = [...model.parties.values()].filter((party) => {
    const before = described.get(party.id)
    return before === undefined || canonicalJson(before) !== canonicalJson(party)
  })
  const givers = new Set([...subprocessors.map(({ of }) => of), ...complete])
  const pairs = new Map(exemptions.map(({ from, to }) => [`${from} ${to}`, { from, to }]))
  return [
    ...agreements.map((agreement) => ({ type: 'agreement', agreement }) as const),
    ...parties.map((party) => ({ type: 'party', party }) as const),
    ...[...givers].map(
      (of) =>
        ({
          type: 'subprocessors',
          of,
          subprocessors: subprocessors.filter((each) => each.of === of),
          complete: complete.includes(of),
        }) as const,
    ),
    ...attestations.map((attestation) => ({ type: 'attestation', attestation }) as const),
    ...[...pairs.values()].map(
      ({ from, to }) =>
        ({
          type: 'exemptions',
          from,
          to,
          claims: exemptions.filter((each) => each.from === from && each.to === to).map(({ claim }) => claim),
        }) as const,
    ),
  ]
}
