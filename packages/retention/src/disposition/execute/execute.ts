import { base64url } from 'jose'
import { retentionError } from '../../errors.ts'
import { frozen } from '../../frozen.ts'
import { certificateSchema, type DispositionCertificate, type SkipReason } from '../certificate/certificate.ts'
import { proveSigner, readCanonical } from '../certificate/jws.ts'
import { dispositionError } from '../errors.ts'
import { type Approval, type CountedApprovals, countApprovals } from '../plan/approve.ts'
import { type DispositionPlan, readPlan } from '../plan/plan-document.ts'
import type { RetentionStore } from '../store/store.ts'
import { advance, disposeNext, itemsOf, type Work } from './dispose-records.ts'
import { eraseKeys } from './erase-keys.ts'
import { accountOf, certify, skippedBy } from './finish.ts'
import { type ExecuteOptions, type ExecuteRequest, latestToday, readExecuteOptions } from './options.ts'
import {
  beginState,
  type HeldState,
  isSameStatement,
  loadState,
  type RunState,
  type RunStatement,
  saltOf,
  saveState,
} from './run-state.ts'

/**
 * Why a run is not begun, or not gone on with. 'plan': it is none, or was changed since it was made. 'policy': it is another than the
 * plan's. 'today-before-plan'. 'today-ahead-of-clock': the day is later than it can be anywhere by the clock. 'approvals': too
 * few that count. 'statement': method, people or backup horizon are others than those that the run began with.
 */
export type RefusalReason = 'plan' | 'policy' | 'today-before-plan' | 'today-ahead-of-clock' | 'approvals' | 'statement'

/** What came of a call. But for 'finished', call again with the same plan, and the run goes on where it stands. */
export type Execution =
  | {
      /** Nothing was done by this call. */
      readonly status: 'refused'
      readonly because: readonly RefusalReason[]
      /** The approvals that do not count, by their place in the list. */
      readonly approvals: CountedApprovals['problems']
    }
  | {
      readonly status: 'stopped'
      /** 'signal': between two batches. 'holds-changing': facts about holds were recorded faster than a batch was decided. */
      readonly why: 'signal' | 'holds-changing'
      readonly phase: 'records' | 'keys'
    }
  | {
      /** The records are gone; the key service insists on a waiting time. Nothing is certified before it is over. */
      readonly status: 'waiting'
      /** When the last of the keys goes, RFC 3339 UTC; null when the service does not say. */
      readonly destroyAt: string | null
      /** How many tenants' and subjects' keys are waited for. */
      readonly scopes: number
    }
  | {
      readonly status: 'finished'
      /** A compact JWS; `verifyCertificate` reads it. Null where nothing was deleted. */
      readonly certificate: string | null
      /** What the certificate says. */
      readonly document: DispositionCertificate | null
      /** Keep it with the records' ids, and do not send it with the certificate: see `certificateCovers`. */
      readonly salt: Uint8Array
      readonly disposed: number
      readonly skipped: Readonly<Partial<Record<SkipReason, number>>>
      /** The records of the plan that were left, by id. */
      readonly left: readonly { readonly id: string; readonly why: SkipReason }[]
      /** What the key store certified, one for each scope. */
      readonly keyCertificates: readonly string[]
    }

const statementOf = ({ method, performer, validator, backupHorizon, keys }: ExecuteRequest): RunStatement => ({
  method,
  performer,
  validator,
  backupHorizon,
  keys: keys !== undefined,
})

interface Checked {
  readonly because: readonly RefusalReason[]
  readonly approvals: CountedApprovals
}

async function check(
  plan: DispositionPlan,
  approvals: readonly unknown[],
  request: ExecuteRequest,
  begun: HeldState | null,
): Promise<Checked> {
  const counted = await countApprovals(plan, approvals, { today: request.today, keys: request.approverKeys })
  const because: RefusalReason[] = []
  // Once begun, a run under another policy deletes nothing more, and certifies what was deleted.
  if (begun === null && request.policy.id !== plan.policy) because.push('policy')
  if (request.today < plan.today) because.push('today-before-plan')
  if (request.today > latestToday(request.now())) because.push('today-ahead-of-clock')
  if (counted.valid.length < plan.approvals.required) because.push('approvals')
  if (begun !== null && !isSameStatement(begun.state.statement, statementOf(request))) because.push('statement')
  return { because, approvals: counted }
}

/** Saves how far the run has come. Where somebody else has saved meanwhile, goes on from whoever has come further. */
async function checkpoint({ store, plan }: Work, held: HeldState, state: RunState): Promise<HeldState> {
  const saved = await saveState(store, plan.id, held, state)
  if (saved !== null) return saved
  const theirs = await loadState(store, plan.id)
  if (theirs === null) throw dispositionError('PHI_RETENTION_STORE', { detail: 'the progress of the run is gone' })
  const isFurther = theirs.state.finished !== null || theirs.state.sequence >= state.sequence
  return isFurther ? theirs : { version: theirs.version, state }
}

function documentOf(certificate: string): DispositionCertificate {
  const [, payload = ''] = certificate.split('.')
  const read = certificateSchema.safeParse(readCanonical(base64url.decode(payload)))
  if (!read.success) throw dispositionError('PHI_RETENTION_STORE', { detail: 'the certificate is not as it was saved' })
  return read.data
}

async function finished(work: Work, state: RunState, certificate: string | null): Promise<Execution> {
  const { skipped, disposed, keyCertificates } = await accountOf(work, state)
  return Object.freeze({
    status: 'finished',
    certificate,
    document: certificate === null ? null : frozen(documentOf(certificate)),
    salt: saltOf(state),
    disposed,
    skipped: frozen(skippedBy(skipped)),
    left: frozen(skipped),
    keyCertificates: frozen(keyCertificates),
  })
}

/** Signs the certificate, unless somebody else has. There is one of a run. */
async function finish(work: Work, begun: HeldState): Promise<Execution> {
  let held = begun
  while (held.state.finished === null) {
    const account = await accountOf(work, held.state)
    const certificate = account.disposed === 0 ? null : await certify(work, held.state, account)
    held = await checkpoint(work, held, { ...held.state, finished: { certificate } })
  }
  return finished(work, held.state, held.state.finished.certificate)
}

/**
 * Carries out an approved plan, in batches. Of each record it asks the policy and the holds again, on the day of execution: what is
 * held by now, was changed, or is not disposable any more stays, with its reason. What may still go is deleted by the store in
 * one transaction that is bound to what was looked at.
 *
 * A run has the id of its plan, so a plan is carried out once. Whatever cuts it off, whether the process or a lost answer, call it again
 * with the same plan: nothing is deleted twice, and the certificate lists everything once. Several may even do so at once.
 * @returns what came of it; a refusal is a result
 * @throws PhiError PHI_RETENTION_OPTIONS, before anything is done; PHI_RETENTION_STORE and PHI_RETENTION_KEYS for answers that are
 *   none; what the store, the policy or the key destroyer throws passes through
 */
export async function execute(
  plan: DispositionPlan,
  approvals: readonly Approval[],
  store: RetentionStore,
  options: ExecuteOptions,
): Promise<Execution> {
  const request = readExecuteOptions(options)
  if (!Array.isArray(approvals)) throw retentionError('PHI_RETENTION_OPTIONS', { path: 'approvals', detail: 'must be a list' })
  if (request.keys !== undefined && typeof store.remaining !== 'function') {
    throw retentionError('PHI_RETENTION_OPTIONS', {
      path: 'execute.keys',
      detail: 'the store cannot say what is left under keys',
    })
  }
  const read = readPlan(plan)
  if (read === undefined) return frozen({ status: 'refused', because: ['plan'], approvals: [] })
  const begun = await loadState(store, read.id)
  const { because, approvals: counted } = await check(read, approvals, request, begun)
  if (because.length > 0) return frozen({ status: 'refused', because, approvals: counted.problems })
  await proveSigner(request.signer)

  const work: Work = { plan: read, items: itemsOf(read), store, request }
  const statement = statementOf(request)
  const start = { startedAt: request.now(), salt: request.salt, statement, approvals: counted.valid }
  let held = begun ?? (await beginState(store, read.id, start))
  if (!isSameStatement(held.state.statement, statement))
    return frozen({ status: 'refused', because: ['statement'], approvals: [] })

  while (held.state.finished === null && held.state.next < work.items.total) {
    if (request.signal?.aborted) return Object.freeze({ status: 'stopped', why: 'signal', phase: 'records' })
    const receipt = await disposeNext(work, held.state)
    if (receipt === null) return Object.freeze({ status: 'stopped', why: 'holds-changing', phase: 'records' })
    held = await checkpoint(work, held, advance(held.state, receipt, work.items.total))
    request.onProgress?.({ phase: 'records', done: held.state.next, total: work.items.total })
  }
  if (held.state.finished === null && request.keys !== undefined) {
    const phase = await eraseKeys(work, held.state)
    if (phase.state.sequence > held.state.sequence) held = await checkpoint(work, held, phase.state)
    if (phase.status === 'stopped') return Object.freeze({ status: 'stopped', why: 'signal', phase: 'keys' })
    if (phase.status === 'waiting') return frozen({ status: 'waiting', destroyAt: phase.destroyAt, scopes: phase.scopes })
  }
  return finish(work, held)
}
