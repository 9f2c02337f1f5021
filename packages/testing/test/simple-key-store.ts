import type { DataKeyRecord, KeyStore } from '@phi/envelope'
import { envelopeError } from '@phi/envelope/kms'
import type { StoreUnderTest } from '../src/index.ts'

/** The parts of a store that can be wrong, each as a right store has it. */
export interface Parts {
  readonly copyIn: (record: DataKeyRecord) => DataKeyRecord
  readonly copyOut: (record: DataKeyRecord) => DataKeyRecord
  /** Between looking and writing. */
  readonly pause: () => Promise<void>
  readonly sameId: (a: DataKeyRecord, b: DataKeyRecord) => boolean
  readonly sameVersion: (a: DataKeyRecord, b: DataKeyRecord) => boolean
  readonly belongs: (record: DataKeyRecord, tenant: string, subject: string | null) => boolean
  readonly inScan: (record: DataKeyRecord, tenant: string | undefined, after: string | undefined) => boolean
  readonly listOrder: (a: DataKeyRecord, b: DataKeyRecord) => number
  readonly scanOrder: (a: DataKeyRecord, b: DataKeyRecord) => number
  readonly page: (records: DataKeyRecord[], limit: number) => DataKeyRecord[]
  readonly mayReplace: (now: DataKeyRecord, expected: number) => boolean
  readonly replaced: (now: DataKeyRecord, next: DataKeyRecord, expected: number) => DataKeyRecord
  readonly added: (now: DataKeyRecord, seals: number, bytes: number) => DataKeyRecord
}

const copy = (record: DataKeyRecord): DataKeyRecord => ({
  ...record,
  wrapped: Uint8Array.from(record.wrapped),
  commitment: Uint8Array.from(record.commitment),
  usage: { ...record.usage },
})

export const rightParts: Parts = {
  copyIn: copy,
  copyOut: copy,
  pause: async () => undefined,
  sameId: (a, b) => a.id === b.id,
  sameVersion: (a, b) => a.tenant === b.tenant && a.purpose === b.purpose && a.subject === b.subject && a.version === b.version,
  belongs: (record, tenant, subject) => record.tenant === tenant && record.subject === subject,
  inScan: (record, tenant, after) =>
    (tenant === undefined || record.tenant === tenant) && (after === undefined || record.id > after),
  listOrder: (a, b) => (a.purpose === b.purpose ? a.version - b.version : a.purpose < b.purpose ? -1 : 1),
  scanOrder: (a, b) => (a.id < b.id ? -1 : 1),
  page: (records, limit) => records.slice(0, limit),
  mayReplace: (now, expected) => now.revision === expected,
  replaced: ({ tenant, purpose, subject, version, commitment, createdAt, usage }, next, expected) => {
    return { ...next, tenant, purpose, subject, version, commitment, createdAt, usage, revision: expected + 1 }
  },
  added: (now, seals, bytes) => ({ ...now, usage: { seals: now.usage.seals + seals, bytes: now.usage.bytes + bytes } }),
}

/** What is behind the handles: rows, one lock, and a switch. */
interface Table {
  rows: DataKeyRecord[]
  cut: boolean
  lock: Promise<unknown>
}

/** Does the work alone. A right store needs it where it pauses between looking and writing. */
function alone<T>(table: Table, work: () => Promise<T>): Promise<T> {
  const turn = table.lock.then(work)
  table.lock = turn.catch(() => undefined)
  return turn
}

function handle(table: Table, parts: Parts, locked: boolean): KeyStore {
  const write = <T>(work: () => Promise<T>) => (locked ? alone(table, work) : work())
  const reach = async () => {
    await new Promise(setImmediate)
    if (table.cut) throw envelopeError('PHI_ENVELOPE_STORE_UNAVAILABLE')
  }
  return {
    async insert(record) {
      const row = parts.copyIn(record)
      await reach()
      return write(async () => {
        const outcome = table.rows.some((each) => parts.sameId(each, row))
          ? 'id-taken'
          : table.rows.some((each) => parts.sameVersion(each, row))
            ? 'version-taken'
            : 'inserted'
        await parts.pause()
        if (outcome === 'inserted') table.rows.push(row)
        return outcome
      })
    },
    async find(id) {
      await reach()
      const row = table.rows.find((each) => each.id === id)
      return row && parts.copyOut(row)
    },
    async list(tenant, subject) {
      await reach()
      const own = table.rows.filter((row) => parts.belongs(row, tenant, subject))
      return own.sort(parts.listOrder).map(parts.copyOut)
    },
    async scan({ tenant, after, limit }) {
      await reach()
      const rows = table.rows.filter((row) => parts.inScan(row, tenant, after))
      return parts.page(rows.sort(parts.scanOrder), limit).map(parts.copyOut)
    },
    async replace(record, expectedRevision) {
      const next = parts.copyIn(record)
      await reach()
      return write(async () => {
        const now = table.rows.find((row) => row.id === next.id)
        if (now === undefined || !parts.mayReplace(now, expectedRevision)) return 'conflict'
        const written = parts.replaced(now, next, expectedRevision)
        await parts.pause()
        table.rows = table.rows.map((row) => (row.id === next.id ? written : row))
        return 'replaced'
      })
    },
    async addUsage(id, { seals, bytes }) {
      await reach()
      await write(async () => {
        const now = table.rows.find((row) => row.id === id)
        if (now === undefined) return
        const written = parts.added(now, seals, bytes)
        await parts.pause()
        table.rows = table.rows.map((row) => (row.id === id ? written : row))
      })
    },
  }
}

/** A store of those parts, with a second handle and a switch to cut it off. */
export function simpleKeyStore(parts: Partial<Parts> = {}, locked = true): StoreUnderTest<KeyStore> {
  const table: Table = { rows: [], cut: false, lock: Promise.resolve() }
  const whole = { ...rightParts, ...parts }
  return {
    store: handle(table, whole, locked),
    another: async () => handle(table, whole, locked),
    faults: {
      unreachable: async () => {
        table.cut = true
      },
      restore: async () => {
        table.cut = false
      },
    },
  }
}
