import { sha256, toHex, utf8 } from '@phi/core'
import {
  CERTIFICATE_FORMAT,
  CERTIFICATE_TYPE,
  certificateSchema,
  type DispositionCertificate,
  guideline,
  isConsistent,
  type KeyErasure,
  type SkipReason,
} from '../certificate/certificate.ts'
import { signDocument } from '../certificate/jws.ts'
import { saltCommitment, scopeDigest } from '../certificate/record-digest.ts'
import { dispositionError } from '../errors.ts'
import { eachReceipt } from '../store/guarded-store.ts'
import { advance, type Work } from './dispose-records.ts'
import { type KeysNote, parseEntry, parseNote, type RecordsNote } from './notes.ts'
import { type RunState, saltOf } from './run-state.ts'

type RecordsGroup = DispositionCertificate['records'][number]

/** Everything that the receipts of a run say, in the order in which it was done. */
export interface RunAccount {
  readonly records: RecordsGroup[]
  readonly erasures: KeyErasure[]
  /** The key store's own certificates, as it gave them. */
  readonly keyCertificates: string[]
  readonly skipped: { readonly id: string; readonly why: SkipReason }[]
  readonly disposed: number
  readonly latest: string
}

const erasureOf = ({ scope, at, result }: KeysNote, salt: Uint8Array): KeyErasure => {
  const about = { scope: scopeDigest(salt, scope), at }
  if (result.outcome === 'kept') return { ...about, outcome: 'kept', why: result.why }
  const { keys, certificate } = result
  return { ...about, outcome: 'destroyed', keys, certificate: toHex(sha256(utf8(certificate))) }
}

/** The entries of one receipt by plan group and scope. */
function groupsOf(note: RecordsNote, entries: readonly string[], { plan }: Work, salt: Uint8Array): RecordsGroup[] {
  const groups = new Map<string, RecordsGroup & { readonly ids: string[] }>()
  for (const text of entries) {
    const { id, group, scope } = parseEntry(text)
    const planned = plan.groups[group]
    if (planned === undefined) throw dispositionError('PHI_RETENTION_STORE', { detail: 'an entry names no group of the plan' })
    const digest = scope === undefined ? null : scopeDigest(salt, scope)
    const key = `${group} ${digest ?? ''}`
    const known = groups.get(key)
    if (known) known.ids.push(id)
    else {
      groups.set(key, {
        kind: planned.kind,
        rules: planned.rules,
        assessedFor: note.today,
        holdCheck: { result: 'no-hold', open: note.holds.open, revision: note.holds.revision, at: note.at },
        scope: digest,
        ids: [id],
      })
    }
  }
  return [...groups.values()]
}

/** Reads every receipt of a run. @throws PhiError PHI_RETENTION_STORE where they do not follow each other or leave records out */
export async function accountOf(work: Work, state: RunState): Promise<RunAccount> {
  const { plan, store, items } = work
  const salt = saltOf(state)
  const account = { records: [] as RecordsGroup[], erasures: [] as KeyErasure[], keyCertificates: [] as string[] }
  const skipped: { id: string; why: SkipReason }[] = []
  let [disposed, latest] = [0, state.startedAt]
  let seen: RunState = { ...state, next: 0, sequence: 0 }
  for await (const receipt of eachReceipt(store, plan.id, 0)) {
    seen = advance(seen, receipt, items.total)
    const note = parseNote(receipt.note)
    if (note.at > latest) latest = note.at
    if (note.phase === 'keys') {
      account.erasures.push(erasureOf(note, salt))
      if (note.result.outcome === 'destroyed') account.keyCertificates.push(note.result.certificate)
      continue
    }
    if (note.to - note.from !== receipt.entries.length + receipt.left.length + note.skipped.length) {
      throw dispositionError('PHI_RETENTION_STORE', { detail: 'a receipt does not account for every record of its batch' })
    }
    skipped.push(...note.skipped, ...receipt.left)
    disposed += receipt.entries.length
    account.records.push(...groupsOf(note, receipt.entries, work, salt))
  }
  if (seen.sequence < state.sequence || seen.next !== items.total) {
    throw dispositionError('PHI_RETENTION_STORE', { detail: 'the last receipts of the run are missing' })
  }
  return { ...account, skipped, disposed, latest }
}

const countBy = (names: Iterable<readonly [string, number]>): Record<string, number> => {
  const counts = new Map<string, number>()
  for (const [name, each] of names) counts.set(name, (counts.get(name) ?? 0) + each)
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

export const skippedBy = (skipped: RunAccount['skipped']): Partial<Record<SkipReason, number>> =>
  countBy(skipped.map(({ why }) => [why, 1]))

/**
 * Writes and signs the certificate of a run that is over, a compact JWS.
 * @throws PhiError PHI_RETENTION_STORE when what the store kept does not add up to a certificate
 */
export async function certify({ plan, items, request }: Work, state: RunState, account: RunAccount): Promise<string> {
  const { method, performer, validator, backupHorizon } = state.statement
  const now = request.now()
  const document: DispositionCertificate = {
    format: CERTIFICATE_FORMAT,
    run: plan.id,
    plan: plan.id,
    policy: plan.policy,
    plannedBy: plan.plannedBy,
    plannedFor: plan.today,
    approvalRule: plan.approvals,
    approvals: state.approvals,
    startedAt: state.startedAt,
    finishedAt: now > account.latest ? now : account.latest,
    guideline,
    sanitization: method,
    performer,
    validator,
    backupHorizon,
    salt: saltCommitment(saltOf(state)),
    counts: {
      planned: items.total,
      disposed: account.disposed,
      byKind: countBy(account.records.map(({ kind, ids }) => [kind, ids.length])),
      skipped: skippedBy(account.skipped),
    },
    records: account.records,
    erasures: account.erasures,
  }
  const read = certificateSchema.safeParse(document)
  if (!read.success || !isConsistent(read.data)) {
    throw dispositionError('PHI_RETENTION_STORE', { detail: 'what it kept of the run does not add up to a certificate' })
  }
  return signDocument(request.signer, CERTIFICATE_TYPE, read.data)
}
