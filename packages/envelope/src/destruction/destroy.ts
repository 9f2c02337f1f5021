import { formatCitation, parseAs, parseInstant, randomBytes, toHex } from '@phi/core'
import { envelopeError } from '../errors.ts'
import { latest } from '../instant.ts'
import type { Custody } from '../keys/custody.ts'
import { type DataKeyRecord, isErased } from '../keys/key-record.ts'
import type { KeyringParts } from '../keys/keyring-parts.ts'
import { infoOf, type KeyInfo } from '../rotation/key-info.ts'
import { cachesEmptyBy } from '../rotation/revoke.ts'
import { moveFrom, settle, TOMBSTONES_AT_A_TIME } from '../rotation/settle.ts'
import {
  CERTIFICATE_FORMAT,
  CERTIFICATE_TYPE,
  certificateSchema,
  type DestructionCertificate,
  isConsistent,
} from './certificate.ts'
import { type DestroyOptions, type DestroyRequest, readDestroyOptions } from './destroy-options.ts'
import { bury, tombstonesFor } from './graves.ts'
import { proveSigner, signDocument } from './jws.ts'
import { destroyKek, type KekOutcome, keksOf, proveKekGone, proveUnopenable, refuseShared } from './keks.ts'
import { cryptographicErase } from './rules.ts'
import { trySamples } from './samples.ts'
import { subjectDigest } from './subject-digest.ts'
import { keysOfTarget, tombstonesOf } from './target.ts'
import type { Tombstone, TombstoneStore } from './tombstone.ts'

export type Destruction =
  | {
      readonly status: 'destroyed'
      /** A compact JWS: hand it to the customer, and keep it. `verifyCertificate` reads it. */
      readonly certificate: string
      /** What the certificate says. */
      readonly document: DestructionCertificate
      /**
       * 32 bytes, where one subject's keys were destroyed: tells whose, with {@link subjectDigest}. Do not send it with the
       * certificate.
       */
      readonly subjectSalt?: Uint8Array
    }
  | {
      /**
       * The KMS insists on a waiting time. Nothing is certified; the keys do nothing. Call again with the same options when it
       * is over.
       */
      readonly status: 'destruction-scheduled'
      /** When the last KEK goes, RFC 3339 UTC; null when the KMS does not say. */
      readonly destroyAt: string | null
      readonly keks: readonly KekOutcome[]
      readonly keys: readonly KeyInfo[]
    }

/** New keys may turn up while the old ones are being stopped; more rounds than this are no accident. */
const ROUNDS = 8

/** Whether a key waits for its end, or has come to it. */
const isCondemned = ({ state }: DataKeyRecord): boolean => isErased(state) || state === 'destruction-scheduled'

/**
 * Keys that wait for their end have tombstones where an earlier run was cut off; any other with a tombstone came from a backup. A key
 * waits before its tombstone is laid, so one that was read first may have gone on since, by another destruction of the same keys: it is
 * read again.
 * @throws PhiError PHI_ENVELOPE_RESTORED
 */
async function refuseBroughtBack(custody: Custody, live: readonly DataKeyRecord[]): Promise<void> {
  for (let at = 0; at < live.length; at += TOMBSTONES_AT_A_TIME) {
    for (const { id } of await custody.resurrected(live.slice(at, at + TOMBSTONES_AT_A_TIME))) {
      const now = await custody.store.find(id)
      // INVARIANT: the store is asked after the tombstone was seen.
      if (now !== undefined && !isCondemned(now)) throw envelopeError('PHI_ENVELOPE_RESTORED')
    }
  }
}

/**
 * Stops every key of the target and marks it, until none is left that does anything. Resumes wherever an earlier run was cut
 * off.
 */
async function schedule(
  parts: KeyringParts,
  request: DestroyRequest,
): Promise<{ records: readonly DataKeyRecord[]; evicted: number }> {
  const { custody, cache } = parts
  let evicted = cache.evict(request.tenant)
  for (let round = 0; round < ROUNDS; round++) {
    const records = await keysOfTarget(custody, request)
    const live = records.filter((record) => !isCondemned(record))
    await refuseBroughtBack(custody, live)
    if (live.length === 0) return { records, evicted: evicted + cache.evict(request.tenant) }
    // All are stopped before the first is marked: while one is only revoked, somebody may still call it off.
    const stopped: DataKeyRecord[] = []
    for (const record of live) stopped.push(await moveFrom(custody, record, ['active', 'retiring'], 'revoked'))
    evicted += cache.evict(request.tenant)
    for (const record of stopped) custody.tell('evicted', record)
    for (const record of stopped) await moveFrom(custody, record, ['revoked'], 'destruction-scheduled')
  }
  throw envelopeError('PHI_ENVELOPE_CONFLICT', { detail: 'new keys are being made while these are destroyed' })
}

/** Erases the wrapped key, which only a key with a tombstone may lose. */
async function erase(custody: Custody, record: DataKeyRecord): Promise<DataKeyRecord> {
  return settle(custody, record, async (now) => {
    if (isErased(now.state)) return now
    const marked = now.state === 'revoked' ? await custody.move(now, 'destruction-scheduled') : now
    const erased = await custody.move(marked, 'destroyed', { wrapped: new Uint8Array(0) })
    custody.tell('destroyed', erased)
    return erased
  })
}

type UnwrapFinding = DestructionCertificate['keys'][number]['unwrap']

/** What the certificate says of the attempts to unwrap, made while there still is something to unwrap. */
async function probe(
  custody: Custody,
  request: DestroyRequest,
  records: readonly DataKeyRecord[],
): Promise<ReadonlyMap<string, UnwrapFinding>> {
  const findings = new Map<string, UnwrapFinding>()
  for (const record of records) {
    if (request.kek === 'keep') findings.set(record.id, 'not-tried')
    else if (isErased(record.state)) findings.set(record.id, 'already-erased')
    else {
      await proveUnopenable(custody, record)
      findings.set(record.id, 'kek-gone')
    }
  }
  return findings
}

interface Facts {
  readonly records: readonly DataKeyRecord[]
  readonly stones: ReadonlyMap<string, Tombstone>
  readonly findings: ReadonlyMap<string, UnwrapFinding>
  readonly keks: readonly KekOutcome[]
  readonly samples: DestructionCertificate['checks']['samples']
  readonly evicted: number
  readonly salt: Uint8Array | undefined
  readonly requestedAt: string
}

function draft(custody: Custody, request: DestroyRequest, facts: Facts): DestructionCertificate {
  const { tenant, subject, approver, rule, reference } = request
  const { records, stones, findings, salt } = facts
  const keys = records.map((record) => {
    const stone = stones.get(record.id) as Tombstone
    const { id, purpose, version, kms, kek, mechanism, createdAt } = record
    return {
      id,
      purpose,
      version,
      commitment: toHex(record.commitment),
      kms,
      kek,
      mechanism,
      createdAt,
      // The record tells when it was erased, as long as nothing has happened to it since; the tombstone was laid down just
      // before.
      destroyedAt: record.state === 'destroyed' ? record.changedAt : stone.destroyedAt,
      backupHorizon: stone.backupHorizon,
      unwrap: findings.get(id) ?? 'already-erased',
    }
  })
  const destroyedAt = latest(keys.map((key) => key.destroyedAt))
  const backupHorizon = latest([request.backupHorizon, ...keys.map((key) => key.backupHorizon)])
  const emptyBy = cachesEmptyBy(custody, parseInstant(destroyedAt))
  return {
    format: CERTIFICATE_FORMAT,
    status: 'destroyed',
    method: request.kek === 'destroy' ? 'kek-destroyed' : 'wrapped-key-erased',
    technique: { name: 'cryptographic-erase', citation: formatCitation(cryptographicErase) },
    tenant,
    scope: subject === undefined ? 'tenant' : 'subject',
    ...(subject === undefined || salt === undefined
      ? {}
      : { subject: { algorithm: 'HMAC-SHA-256', digest: subjectDigest(salt, tenant, subject) } as const }),
    ...(reference === undefined ? {} : { reference }),
    subjects: new Set(records.flatMap((record) => record.subject ?? [])).size,
    keys,
    keks: facts.keks.map(({ kms, kek, state, receipt }) => ({
      kms,
      kek,
      state: state as 'destroyed' | 'reported-gone',
      receipt,
    })),
    checks: { recordsRead: records.length, samples: facts.samples, evicted: facts.evicted },
    approver,
    rule,
    requestedAt: facts.requestedAt,
    destroyedAt,
    issuedAt: latest([custody.now(), destroyedAt]),
    backupHorizon,
    effectiveAt: request.kek === 'destroy' ? emptyBy : latest([backupHorizon, emptyBy]),
    cachesEmptyBy: emptyBy,
  }
}

/** Brings handles that are out there up to date, so that a sample fails for want of its key. */
const reloader =
  ({ cache }: KeyringParts, records: readonly DataKeyRecord[]) =>
  async (): Promise<void> => {
    const owners = new Map(records.map(({ tenant, subject }) => [subject, { tenant, subject }]))
    for (const { tenant, subject } of owners.values()) {
      const purposes = new Set(records.filter((record) => record.subject === subject).map(({ purpose }) => purpose))
      await cache.load(tenant, subject ?? undefined, [...purposes], false)
    }
  }

/**
 * The KEKs go first: until the KMS has let go of them, the wrapped keys stay, so that a destruction can still be called off.
 */
async function destroyKeks(
  custody: Custody,
  request: DestroyRequest,
  records: readonly DataKeyRecord[],
): Promise<readonly KekOutcome[]> {
  if (request.kek === 'keep') return []
  const keks = keksOf(custody, records, request.alsoKeks)
  await refuseShared(custody, keks, new Set(records.map(({ id }) => id)))
  const outcomes: KekOutcome[] = []
  for (const kek of keks) outcomes.push(await destroyKek(kek))
  if (outcomes.some(({ state }) => state === 'destruction-scheduled')) return outcomes
  for (const kek of keks) await proveKekGone(kek)
  return outcomes
}

async function eraseAll(
  custody: Custody,
  tombstones: TombstoneStore,
  request: DestroyRequest,
  records: readonly DataKeyRecord[],
): Promise<{ records: readonly DataKeyRecord[]; stones: ReadonlyMap<string, Tombstone> }> {
  const alive = records.filter(({ state }) => !isErased(state))
  // INVARIANT: no wrapped key is erased before its tombstone is laid down and read back. A backup cannot bring it back
  // unnoticed.
  await bury(tombstones, alive, custody.now(), request.backupHorizon)
  for (const record of alive) await erase(custody, record)
  const reread = await keysOfTarget(custody, request)
  const stones = await tombstonesFor(tombstones, reread)
  const isGone = (record: DataKeyRecord) => isErased(record.state) && record.wrapped.length === 0 && stones.has(record.id)
  if (reread.length < records.length || !reread.every(isGone)) {
    throw envelopeError('PHI_ENVELOPE_CERTIFICATE', {
      detail: 'the key store still holds keys of these, or has lost their records',
    })
  }
  return { records: reread, stones }
}

/** @internal */
export async function destroy(parts: KeyringParts, options: DestroyOptions): Promise<Destruction> {
  const { custody } = parts
  const startedAt = custody.now()
  const request = readDestroyOptions(options, startedAt)
  const tombstones = tombstonesOf(custody)
  await proveSigner(request.signer)
  const before = await keysOfTarget(custody, request)
  if (before.length === 0) throw envelopeError('PHI_ENVELOPE_NO_KEY', { detail: 'there are no keys to destroy' })
  // Before anything is stopped: a refusal leaves everything as it was.
  if (request.kek === 'destroy') {
    await refuseShared(custody, keksOf(custody, before, request.alsoKeks), new Set(before.map(({ id }) => id)))
  }

  const scheduled = await schedule(parts, request)
  const keks = await destroyKeks(custody, request, scheduled.records)
  if (keks.some(({ state }) => state === 'destruction-scheduled')) {
    const dates = keks.filter(({ state }) => state === 'destruction-scheduled').map(({ destroyAt }) => destroyAt)
    const destroyAt = dates.includes(null) ? null : latest(dates as string[])
    return Object.freeze({ status: 'destruction-scheduled', destroyAt, keks, keys: scheduled.records.map(infoOf) })
  }
  const findings = await probe(custody, request, scheduled.records)
  const { records, stones } = await eraseAll(custody, tombstones, request, scheduled.records)
  const samples = await trySamples(request.samples, reloader(parts, records))

  const salt = request.subject === undefined ? undefined : randomBytes(32)
  const requestedAt = request.requestedAt ?? startedAt
  const facts = { records, stones, findings, keks, samples, evicted: scheduled.evicted, salt, requestedAt }
  const document = parseAs(certificateSchema, draft(custody, request, facts), 'certificate', (context) =>
    envelopeError('PHI_ENVELOPE_CERTIFICATE', context),
  )
  if (!isConsistent(document)) {
    throw envelopeError('PHI_ENVELOPE_CERTIFICATE', {
      detail: 'the instants or findings contradict each other; check the clocks',
    })
  }
  const certificate = await signDocument(request.signer, CERTIFICATE_TYPE, document)
  return Object.freeze({ status: 'destroyed', certificate, document, ...(salt === undefined ? {} : { subjectSalt: salt }) })
}
