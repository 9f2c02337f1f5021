import type { AuditLog } from './audit-log.ts'
import { auditError } from './errors.ts'
import type { AuditEventInput } from './event.ts'
import { checkpointOf, makeBundle } from './evidence/bundle.ts'
import { checkpointOfSize, exportLines } from './evidence/jsonl.ts'
import { formatTlogProof } from './evidence/tlog-proof.ts'
import { exportEvent } from './exporter.ts'
import { rootOfHead } from './head.ts'
import type { TileCache } from './merkle/tile-cache.ts'
import type { Verifier } from './note/index.ts'
import { type AuditQuery, queryLog } from './query.ts'
import type { Receipt } from './receipt.ts'
import { findRecords, readRecords } from './records.ts'
import type { Sealing } from './sealed/seal-event.ts'
import type { AuditStore, LogKey } from './store/store.ts'
import { exportTiles } from './tiles/export.ts'
import { witnessError } from './witness/errors.ts'
import type { WitnessOffering } from './witness/offering.ts'

/** What reading needs of an open log. */
export interface Readable {
  readonly store: AuditStore<never>
  readonly log: LogKey
  readonly sealing: Sealing | undefined
  readonly tiles: TileCache
  readonly offering: WitnessOffering | undefined
  /** The log's own keys. */
  readonly verifiers: readonly Verifier[]
  append(event: AuditEventInput): Promise<Receipt>
  /** The same without sealing. */
  appendPlain(event: AuditEventInput): Promise<Receipt>
  /** A checkpoint that leaves the building. */
  signWitnessed(): Promise<string>
}

type Reading = Pick<
  AuditLog,
  | 'records'
  | 'exportRecords'
  | 'query'
  | 'proveInclusion'
  | 'proveConsistency'
  | 'evidence'
  | 'tlogProof'
  | 'exportLines'
  | 'exportTiles'
>

/** What an open log gives out: records, proofs, evidence and exports. What leaves the building is an event of the log first. */
export function readingOf(from: Readable): Reading {
  const { store, log, sealing, tiles, offering, verifiers, append, appendPlain, signWitnessed } = from

  /** Where subjects are sealed and cannot be searched for, nothing found would read as "nothing there". */
  const assertFindable = (query: AuditQuery): void => {
    const isHidden = sealing?.groups.includes('subject') === true && sealing.sealer.blind === undefined
    if (isHidden && (query.patient !== undefined || query.resource !== undefined))
      throw auditError('PHI_AUDIT_QUERY', {
        path: query.patient === undefined ? 'resource' : 'patient',
        detail: 'subjects are sealed, and the sealer has no `blind` to find them by',
      })
  }

  /** The proofs' tree: a stated size, or everything there is. */
  const treeOf = async (size: number | undefined, path: string) => {
    const head = await store.head(log)
    const whole = size ?? head.size
    if (!Number.isSafeInteger(whole) || whole < 1 || whole > head.size) throw auditError('PHI_AUDIT_RANGE', { path })
    return { size: whole, root: whole === head.size ? rootOfHead(head) : await tiles.root(whole) }
  }

  return {
    records: (range) => readRecords(store, log, sealing?.sealer, range),

    async *exportRecords({ query, by }) {
      if (query !== undefined) assertFindable(query)
      const { patient } = query ?? {}
      const figures = query === undefined ? { entries: (await store.head(log)).size } : patient === undefined ? {} : { patient }
      // The one event of the log's own making that can name a patient: sealed, so that it goes with that patient's key.
      await (patient === undefined ? appendPlain : append)(exportEvent(by, 'export', figures))
      const { size } = await store.head(log)
      if (query === undefined) yield* readRecords(store, log, sealing?.sealer, { to: size })
      else yield* findRecords(store, log, query, sealing?.sealer, size)
    },

    async query(query = {}) {
      assertFindable(query)
      return queryLog(store, log, query, sealing?.sealer)
    },

    async proveInclusion(index, atSize) {
      const { size, root } = await treeOf(atSize, 'size')
      if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw auditError('PHI_AUDIT_RANGE', { path: 'index' })
      return { index, size, root, proof: await tiles.inclusionProof(index, size) }
    },

    async proveConsistency(size1, atSize2) {
      const { size: size2, root: root2 } = await treeOf(atSize2, 'size2')
      if (!Number.isSafeInteger(size1) || size1 < 1 || size1 > size2) throw auditError('PHI_AUDIT_RANGE', { path: 'size1' })
      return { size1, size2, root1: await tiles.root(size1), root2, proof: await tiles.consistencyProof(size1, size2) }
    },

    async evidence({ indices, disclose, by }) {
      await appendPlain(exportEvent(by, 'disclose', { entries: indices.length }))
      const checkpointNote = await signWitnessed()
      const open = disclose === undefined ? {} : { open: disclose }
      return makeBundle({ store, log, checkpointNote, indices, sealer: sealing?.sealer, ...open })
    },

    async tlogProof(index) {
      const checkpoint = await signWitnessed()
      const { size } = checkpointOf(checkpoint, log)
      if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw auditError('PHI_AUDIT_RANGE', { path: 'index' })
      return formatTlogProof({ index, proof: await tiles.inclusionProof(index, size), checkpoint })
    },

    async *exportLines({ disclose, resume, by }) {
      await appendPlain(exportEvent(by, 'export', { entries: (await store.head(log)).size }))
      const open = disclose === undefined ? {} : { open: disclose }
      if (resume?.header === undefined) yield* exportLines(store, log, await signWitnessed(), open)
      else {
        const { size } = resume.header
        const witnessed = offering && (await checkpointOfSize(store, log, size, (each) => offering.meets(each)))
        const note = witnessed ?? (await checkpointOfSize(store, log, size))
        if (note === undefined) throw auditError('PHI_AUDIT_RANGE', { path: 'resume', detail: 'no checkpoint has that size' })
        if (witnessed === undefined && offering?.required === true) throw witnessError('PHI_AUDIT_WITNESS_QUORUM')
        yield* exportLines(store, log, note, { ...open, from: resume })
      }
    },

    async exportTiles({ by, ...tilesOptions }) {
      await appendPlain(exportEvent(by, 'export', { entries: (await store.head(log)).size }))
      return exportTiles({ store, log, checkpoint: await signWitnessed(), keys: verifiers, ...tilesOptions })
    },
  }
}
