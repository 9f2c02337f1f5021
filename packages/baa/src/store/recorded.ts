import type { Agreement } from '../agreement/agreement.ts'
import type { Party } from '../agreement/party.ts'
import type { StandingExemption } from '../exemption/exemption.ts'
import { freeze } from '../freeze.ts'
import type { Attestation } from '../registry/attestation.ts'
import { registry } from '../registry/registry.ts'
import type { Subprocessor } from '../registry/subprocessor.ts'
import { termsHash } from '../sign/terms.ts'
import { agreementStoreError } from './errors.ts'
import { type AgreementRecord, readAgreementRecords } from './record.ts'

/** A signed document, with the agreement that it came with. */
export interface RecordedSignature {
  readonly agreement: string
  readonly jws: string
}

/** All that is known of a tenant's agreements at a revision: what `registry` takes, and the signed documents. Frozen. */
export interface RecordedAgreements {
  /** How many times something was appended: 0 where nothing was. */
  readonly revision: number
  readonly agreements: readonly Agreement[]
  readonly parties: readonly Party[]
  readonly subprocessors: readonly Subprocessor[]
  readonly complete: readonly string[]
  readonly attestations: readonly Attestation[]
  readonly exemptions: readonly StandingExemption[]
  readonly signatures: readonly RecordedSignature[]
}

type Signatures = Map<string, Set<string>>

/** What was read so far. Maps keep what was known first where it was, however often it is replaced. */
interface Draft {
  readonly agreements: Map<string, Agreement>
  readonly parties: Map<string, Party>
  readonly givers: Map<string, Extract<AgreementRecord, { type: 'subprocessors' }>>
  readonly attestations: Attestation[]
  readonly exemptions: Map<string, Extract<AgreementRecord, { type: 'exemptions' }>>
  readonly signatures: Signatures
}

const wrong = (detail: string) => agreementStoreError('PHI_BAA_AGREEMENT_RECORD', { path: 'records.*', detail })

/** @throws PhiError PHI_BAA_AGREEMENT_RECORD */
function putAgreement(agreements: Draft['agreements'], agreement: Agreement): void {
  const before = agreements.get(agreement.id)
  if (before !== undefined) {
    if (termsHash(before) !== termsHash(agreement)) {
      throw wrong('has the id of an agreement and other terms: give the new version an id of its own')
    }
    if (before.documentHash !== undefined && before.documentHash !== agreement.documentHash) {
      throw wrong('has the id of an agreement and names another document')
    }
  }
  agreements.set(agreement.id, agreement)
}

/** @throws PhiError PHI_BAA_AGREEMENT_RECORD */
function put(draft: Draft, record: AgreementRecord): void {
  switch (record.type) {
    case 'agreement':
      putAgreement(draft.agreements, record.agreement)
      break
    case 'party':
      draft.parties.set(record.party.id, record.party)
      break
    case 'subprocessors':
      draft.givers.set(record.of, record)
      break
    case 'attestation':
      draft.attestations.push(record.attestation)
      break
    case 'exemptions':
      draft.exemptions.set(`${record.from} ${record.to}`, record)
      break
    case 'signature': {
      if (!draft.agreements.has(record.agreement)) throw wrong('is the signature of an agreement that is not there')
      const signatures = draft.signatures.get(record.agreement) ?? new Set()
      draft.signatures.set(record.agreement, signatures.add(record.jws))
    }
  }
}

/** What is known after these revisions. @throws PhiError PHI_BAA_AGREEMENT_RECORD, PHI_BAA_REGISTRY where it makes no registry */
function known(revisions: readonly (readonly AgreementRecord[])[]): RecordedAgreements {
  const draft: Draft = {
    agreements: new Map(),
    parties: new Map(),
    givers: new Map(),
    attestations: [],
    exemptions: new Map(),
    signatures: new Map(),
  }
  for (const records of revisions) for (const record of records) put(draft, record)
  const recorded: RecordedAgreements = {
    revision: revisions.length,
    agreements: [...draft.agreements.values()],
    parties: [...draft.parties.values()],
    subprocessors: [...draft.givers.values()].flatMap((each) => each.subprocessors),
    complete: [...draft.givers.values()].filter((each) => each.complete).map(({ of }) => of),
    attestations: draft.attestations,
    exemptions: [...draft.exemptions.values()].flatMap(({ from, to, claims }) => claims.map((claim) => ({ from, to, claim }))),
    signatures: [...draft.signatures].flatMap(([agreement, all]) => [...all].map((jws) => ({ agreement, jws }))),
  }
  const { revision: _, agreements, signatures: __, ...options } = recorded
  registry(agreements, options)
  return freeze(recorded)
}

/** @throws PhiError PHI_BAA_STORE */
function readRevision(text: unknown, revision: number): readonly AgreementRecord[] {
  const wrongAt = (cause?: unknown) => agreementStoreError('PHI_BAA_STORE', { info: { revision }, cause })
  let value: unknown
  try {
    value = JSON.parse(text as string)
  } catch {
    throw wrongAt()
  }
  try {
    return readAgreementRecords(value)
  } catch (cause) {
    throw wrongAt(cause)
  }
}

/**
 * What is known from the texts of all revisions, in order: for those who write a store. The text of a revision is `textOfRecords`.
 * @throws PhiError PHI_BAA_STORE where the texts are not what this package wrote; the number of the revision is in `info`
 */
export function recordedFrom(texts: readonly string[]): RecordedAgreements {
  const revisions = texts.map((text, index) => readRevision(text, index + 1))
  try {
    return known(revisions)
  } catch (cause) {
    throw agreementStoreError('PHI_BAA_STORE', { detail: 'the revisions do not make a registry', cause })
  }
}

/**
 * Refuses records that would leave no registry: a party that nobody knows, one party in two descriptions, other terms under one id. For
 * those who write a store: look with the texts that the new revision is appended to, and append only there.
 * @throws PhiError PHI_BAA_AGREEMENT_RECORD, PHI_BAA_REGISTRY; PHI_BAA_STORE
 */
export function refuseUnfit(texts: readonly string[], records: readonly AgreementRecord[]): void {
  const before = texts.map((text, index) => readRevision(text, index + 1))
  known([...before, records])
}
