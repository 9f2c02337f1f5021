import { cite, isPhiError } from '@phi/core'
import * as z from 'zod'
import { frozen } from '../../frozen.ts'
import { scopeDigest } from '../certificate/record-digest.ts'
import { dispositionError } from '../errors.ts'
import { heldSince } from '../hold/holds-on.ts'
import { countRemaining, disposeBatch, eachReceipt, readHolds } from '../store/guarded-store.ts'
import type { DisposalReceipt, KeyScope } from '../store/store.ts'
import { advance, type Work } from './dispose-records.ts'
import type { KeyDestroyer, KeyDestruction } from './key-destroyer.ts'
import { type KeysNote, parseEntry, parseNote, writeNote } from './notes.ts'
import { type RunState, saltOf } from './run-state.ts'

/** Which keys have lost their last record of the plan, and what became of them so far. */
interface Scopes {
  /** By digest: the scope, and how many facts about holds were known when the first of its records went. */
  readonly pending: Map<string, { readonly scope: KeyScope; readonly since: number }>
  total: number
}

/** Takes a receipt into account. */
function note(scopes: Scopes, receipt: DisposalReceipt, salt: Uint8Array): void {
  const read = parseNote(receipt.note)
  if (read.phase === 'keys') {
    scopes.pending.delete(scopeDigest(salt, read.scope))
    return
  }
  for (const text of receipt.entries) {
    const { scope } = parseEntry(text)
    if (scope === undefined) continue
    const key = scopeDigest(salt, scope)
    if (scopes.pending.has(key)) continue
    scopes.pending.set(key, { scope, since: read.holds.revision })
    scopes.total += 1
  }
}

async function scopesOf(
  { store, plan, items }: Work,
  begun: RunState,
): Promise<{ readonly scopes: Scopes; readonly state: RunState }> {
  const scopes: Scopes = { pending: new Map(), total: 0 }
  const salt = saltOf(begun)
  let state = begun
  for await (const receipt of eachReceipt(store, plan.id, 0)) {
    // Further than the checkpoint: somebody was cut off before the next one.
    if (receipt.sequence > state.sequence) state = advance(state, receipt, items.total)
    note(scopes, receipt, salt)
  }
  return { scopes, state }
}

const destructionSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('destroyed'),
    certificate: z.string().max(2 ** 27),
    document: z.object({ keys: z.array(z.object({ id: z.string().min(1).max(512) })).min(1) }),
  }),
  z.object({ status: z.literal('destruction-scheduled'), destroyAt: z.string().nullable() }),
])

const disposal = cite('45 CFR 164.310(d)(2)(i)', { confirmation: 'text-seen' })

/** @throws PhiError PHI_RETENTION_KEYS for an answer that is none; what the destroyer throws passes through */
async function destroyKeys(
  { plan, request }: Work,
  state: RunState,
  scope: KeyScope,
): Promise<KeyDestruction | { readonly status: 'no-keys' }> {
  const { backupHorizon } = state.statement
  const people = state.approvals.map(({ by, role }) => `${by} (${role})`).join(', ')
  let answer: unknown
  try {
    answer = await (request.keys as KeyDestroyer).destroy({
      tenant: scope.tenant,
      ...(scope.subject === undefined ? {} : { subject: scope.subject }),
      // As much of it as a key store shows; the certificate of the run has them all.
      approver: people.length <= 256 ? people : `${state.approvals.length} people, named in the certificate of the run`,
      rule: {
        text: 'The last record under these keys was disposed of by an approved plan; the certificate of the run names the rules.',
        citations: [disposal],
      },
      backupHorizon: backupHorizon ?? request.now(),
      signer: request.signer,
      reference: plan.id,
    })
  } catch (error) {
    if (isPhiError(error, 'PHI_ENVELOPE_NO_KEY')) return { status: 'no-keys' }
    throw error
  }
  const read = destructionSchema.safeParse(answer)
  if (!read.success) throw dispositionError('PHI_RETENTION_KEYS')
  return read.data
}

type Finding = KeysNote['result'] | { readonly outcome: 'scheduled'; readonly destroyAt: string | null }

/**
 * Keys go when nothing is left under them, in any table and of any kind, and no hold has come since that may reach copies in
 * backups.
 */
async function eraseScope(work: Work, state: RunState, scope: KeyScope, since: number): Promise<Finding> {
  const { request, plan } = work
  if (request.cancel) return { outcome: 'kept', why: 'cancelled' }
  if (request.policy.id !== plan.policy) return { outcome: 'kept', why: 'policy-changed' }
  const events = await readHolds(work.store)
  if (heldSince(events, since, scope, request.today)) return { outcome: 'kept', why: 'held' }
  if ((await countRemaining(work.store, scope)) > 0) return { outcome: 'kept', why: 'records-remain' }
  const done = await destroyKeys(work, state, scope)
  if (done.status === 'no-keys') return { outcome: 'kept', why: 'no-keys' }
  if (done.status === 'destruction-scheduled') return { outcome: 'scheduled', destroyAt: done.destroyAt }
  return { outcome: 'destroyed', keys: done.document.keys.map(({ id }) => id), certificate: done.certificate }
}

export type KeysPhase =
  | { readonly status: 'done'; readonly state: RunState }
  | { readonly status: 'stopped'; readonly state: RunState }
  | { readonly status: 'waiting'; readonly state: RunState; readonly destroyAt: string | null; readonly scopes: number }

/** Keeps what became of one scope's keys with the store. Facts about holds may be added meanwhile; the keys are gone or kept. */
async function record(work: Work, state: RunState, keysNote: KeysNote): Promise<DisposalReceipt> {
  const { plan, store, request } = work
  while (true) {
    const holds = (await readHolds(store)).length
    const batch = { run: plan.id, sequence: state.sequence + 1, holds, category: request.method.category, records: [] }
    const receipt = await disposeBatch(store, { ...batch, note: writeNote(keysNote) })
    if (receipt !== null) return receipt
  }
}

/** Destroys the keys of every scope whose records went in this run, one by one, and keeps a receipt for each. */
export async function eraseKeys(work: Work, begun: RunState): Promise<KeysPhase> {
  const { request } = work
  const waiting: (string | null)[] = []
  let { scopes, state } = await scopesOf(work, begun)
  for (const [key, { scope, since }] of [...scopes.pending]) {
    if (request.signal?.aborted) return { status: 'stopped', state }
    // Somebody else's receipt may have settled it.
    if (!scopes.pending.has(key)) continue
    const result = await eraseScope(work, state, scope, since)
    if (result.outcome === 'scheduled') {
      waiting.push(result.destroyAt)
      continue
    }
    const at = request.now()
    while (scopes.pending.has(key)) {
      const receipt = await record(work, state, { phase: 'keys', scope, at, result })
      state = advance(state, receipt, work.items.total)
      note(scopes, receipt, saltOf(state))
    }
    request.onProgress?.({ phase: 'keys', done: scopes.total - scopes.pending.size, total: scopes.total })
  }
  if (waiting.length === 0) return { status: 'done', state }
  const destroyAt = waiting.reduce<string | null>(
    (a, b) => (a === null || b === null ? null : a > b ? a : b),
    waiting[0] ?? null,
  )
  return frozen({ status: 'waiting', state, destroyAt, scopes: waiting.length })
}
