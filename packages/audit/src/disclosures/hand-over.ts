import type { AuditEventInput } from '../event.ts'
import type { EvidenceBundle } from '../evidence/bundle.ts'
import type { Exporter } from '../exporter.ts'
import type { GroupName } from '../group.ts'
import type { Receipt } from '../receipt.ts'
import type { AuditRecord } from '../record.ts'
import type { RecordRange } from '../records.ts'
import type { Head } from '../store/store.ts'
import { type AccountingPaper, accountOfDisclosures } from './account.ts'
import { type AccountingPackage, type DisclosureAccounting, packageFormat } from './accounting.ts'
import { BASIS_DETAIL } from './judge.ts'
import type { AccountingRequest } from './request.ts'
import { accountingDigest, DIGEST_DETAIL } from './verify.ts'

/** What is needed of an open log: `AuditLog` has it. */
export interface AccountableLog {
  append(event: AuditEventInput): Promise<Receipt>
  head(): Promise<Pick<Head, 'size'>>
  records(range?: RecordRange): AsyncIterable<AuditRecord>
  evidence(options: {
    indices: readonly number[]
    disclose: (index: number) => readonly GroupName[]
    by: Exporter
  }): Promise<EvidenceBundle>
}

export interface HandOverOptions {
  readonly request: AccountingRequest
  /** On whose behalf. The actor and the source are withheld from the package. */
  readonly by: Exporter
  readonly signal?: AbortSignal
}

/** `needs-review`: nothing was recorded and nothing is handed over. */
export type HandOver =
  | { readonly status: 'needs-review'; readonly paper: AccountingPaper }
  | { readonly status: 'ready'; readonly paper: AccountingPaper; readonly package: AccountingPackage }

/** The event that records the hand-over, 45 CFR 164.528(d). The patient is shown its context, so nothing of `by.context` is in it. */
function handOverEvent(accounting: DisclosureAccounting, by: Exporter): AuditEventInput {
  const { patient, entity, period, lines } = accounting
  return {
    action: 'disclose',
    outcome: 'success',
    actor: by.actor,
    source: by.source,
    subject: { dataClasses: ['phi.ops.auditlog'], patients: [patient.id], count: lines.length },
    context: {
      purpose: 'PATRQT',
      disclosure: {
        recipient: 'The individual',
        description: 'An accounting of disclosures',
        purpose: 'Right to an accounting of disclosures, 45 CFR 164.528',
      },
      details: {
        [BASIS_DETAIL]: 'individual',
        [DIGEST_DETAIL]: accountingDigest(accounting),
        'accounting.from': period.from,
        'accounting.to': period.to,
        'accounting.requested': accounting.requestedOn,
        'accounting.responsible': entity.responsible,
      },
    },
  }
}

/** What the patient needs to see of an entry, and no more. */
function groupsOf({ lines }: DisclosureAccounting, handOver: number): (index: number) => readonly GroupName[] {
  const full: readonly GroupName[] = ['event', 'subject', 'context']
  const open = new Map<number, readonly GroupName[]>([[handOver, full]])
  for (const { source } of lines) {
    if (source.of !== 'log') continue
    for (const index of source.indices) open.set(index, source.proof === 'full' ? full : ['event', 'context'])
  }
  return (index) => open.get(index) ?? []
}

/**
 * Accounts for a patient's disclosures from a whole log and makes the package to hand over: the accounting, and evidence in which who acted
 * and from where is withheld, as is the part of an entry that names other people. The hand-over is recorded first, with the SHA-256 of the
 * accounting, so that the log itself says what was given.
 *
 * Keep the package, or the text made of it, for as long as 164.530(j) asks: the log has only its hash.
 * @throws PhiError PHI_AUDIT_DISCLOSURES_REQUEST, PHI_AUDIT_NO_SIGNER, and as `append`, `records` and `evidence` do
 */
export async function accountingOfDisclosures(
  log: AccountableLog,
  { request, by, signal }: HandOverOptions,
): Promise<HandOver> {
  const { size } = await log.head()
  const about = signal === undefined ? {} : { signal }
  const paper = await accountOfDisclosures(log.records({ to: size, ...about }), request, { size, ...about })
  if (paper.status === 'needs-review') return { status: 'needs-review', paper }
  const { accounting, attachments } = paper
  const { index: handOver } = await log.append(handOverEvent(accounting, by))
  const indices = accounting.lines.flatMap(({ source }) => (source.of === 'log' ? source.indices : []))
  // Otherwise the evidence's own entry would be one more disclosure that nobody can judge.
  const context = { ...by.context, details: { [BASIS_DETAIL]: 'individual', ...by.context?.details } }
  const evidence = await log.evidence({
    indices: [...indices, handOver],
    disclose: groupsOf(accounting, handOver),
    by: { ...by, context },
  })
  return {
    status: 'ready',
    paper,
    package: { format: packageFormat, accounting, evidence, handOver, attachments: [...attachments] },
  }
}
