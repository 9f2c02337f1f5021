import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, fixedClock } from '@phi/core'
import {
  type AuditEventInput,
  type AuditLog,
  type AuditLogOptions,
  type AuditRecord,
  memoryStore,
  openAuditLog,
} from '../../src/index.ts'
import { announce } from '../../src/spool/drain.ts'
import { openSpool, type SpoolOptions } from '../../src/spool/open-spool.ts'
import type { Spool } from '../../src/spool/spool.ts'
import { auditError } from '../../src/store/index.ts'
import type { AuditStore, Build, LogKey } from '../../src/store/store.ts'

export const key = new Uint8Array(32).fill(7)
const origin = 'clinic.example/audit'
export const PATIENT = 'patient-4711-smith'

export const event = (id: string, more: Partial<AuditEventInput> = {}): AuditEventInput => ({
  id,
  action: 'read',
  outcome: 'success',
  actor: { id: 'u-17', type: 'workforce', roles: ['therapist'] },
  subject: { resource: { type: 'ProgressNote', id: `note-of-${id}` }, patients: [PATIENT] },
  ...more,
})

/** Directories in the system's own temporary folder, removed at the end of the test file. */
export function folders() {
  const made: string[] = []
  return {
    make: (): string => {
      const path = mkdtempSync(join(tmpdir(), 'phi-spool-'))
      made.push(path)
      return path
    },
    clear: () => {
      for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true })
    },
  }
}

export const opened = (options: Partial<SpoolOptions> = {}): Promise<Spool> =>
  openSpool({ directory: '/spool', key, maxBytes: 1024 * 1024, ...options })

/** A memory store that can be away, and fail as told at each call of `extend`. */
export class Outage {
  readonly store = memoryStore()
  away = false
  /** How a call of `extend` ends: undefined as it should. */
  fault: (call: number) => 'unavailable' | 'lost-answer' | undefined = () => undefined
  calls = 0

  async #extend(log: LogKey, ids: readonly string[], build: Build) {
    const fault = this.away ? 'unavailable' : this.fault(this.calls++)
    if (fault === 'unavailable') throw auditError('PHI_AUDIT_UNAVAILABLE')
    const extension = await this.store.extend(log, ids, build)
    if (fault === 'lost-answer') throw auditError('PHI_AUDIT_OUTCOME_UNKNOWN')
    return extension
  }

  readonly reached: AuditStore = {
    ...this.store,
    open: (log) => (this.away ? Promise.reject(auditError('PHI_AUDIT_UNAVAILABLE')) : this.store.open(log)),
    extend: (log, ids, build) => this.#extend(log, ids, build),
  }

  /** A log over this store. `impatient` gives up soon. */
  open(options: Partial<AuditLogOptions> = {}): Promise<AuditLog> {
    return openAuditLog({ origin, store: this.reached, ...options })
  }

  async records(): Promise<AuditRecord[]> {
    const log = await openAuditLog({ origin, store: this.store })
    const out: AuditRecord[] = []
    let cursor: string | undefined
    do {
      const page = await log.query({ order: 'oldest', limit: 1000, ...(cursor === undefined ? {} : { cursor }) })
      out.push(...page.records)
      cursor = page.next
    } while (cursor !== undefined)
    await log.close()
    return out
  }
}

export const isOurs = ({ event: { subject } }: AuditRecord): boolean => subject?.resource?.type === 'AuditSpool'
/** The ids of the caller's own events, in the order of the log. */
export const idsOf = (records: readonly AuditRecord[]): string[] =>
  records.filter((record) => !isOurs(record)).map(({ event: { id } }) => id as string)

/** Tells a log of its own of the spool, so that it takes events. */
export async function announced(spool: Spool, outage = new Outage()): Promise<Outage> {
  const log = await outage.open()
  await announce(spool, log.append)
  await log.close()
  return outage
}

export const atNoon = (): Clock & { advance(milliseconds: number): void; set(to: string | number): void } =>
  fixedClock('2026-11-21T12:00:00.000Z')

/** Waits for a condition, up to a generous bound. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 4000; turn++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`waited in vain for ${what}`)
}

/** Options of a log that gives up soon: for stores that are away. */
export const impatient = { limits: { timeoutMs: 250 } } as const
