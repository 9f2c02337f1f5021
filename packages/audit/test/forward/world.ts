import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fixedClock } from '@phi/core'
import { allOf, type Destination, delivered, type ForwardItem, type SendResult } from '../../src/forward/destination.ts'
import { type Forwarder, type ForwardOptions, forward, memoryCursors } from '../../src/forward/index.ts'
import type { ForwardSource } from '../../src/forward/lane.ts'
import { type AuditEventInput, type AuditLog, type AuditRecord, memoryStore, openAuditLog } from '../../src/index.ts'

export const START = '2026-03-04T05:06:07.000Z'
export const origin = 'clinic.example/audit'
export const PATIENT = 'patient-4711-smith'

export const eventOf = (i: number, more: Partial<AuditEventInput> = {}): AuditEventInput => ({
  id: `e-${i}`,
  action: 'read',
  outcome: 'success',
  actor: { id: `u-${i % 3}`, type: 'workforce', roles: ['therapist'] },
  source: { ip: '203.0.113.9' },
  subject: { resource: { type: 'ProgressNote', id: `n-${i}` }, patients: [PATIENT] },
  context: { purpose: 'TREAT', reason: 'because of Jane Roe', details: { note: 'Überweisung 🙂\n"x"' } },
  ...more,
})

/** A log of so many entries. Appends are recorded at the fixed clock. */
export async function logOf(size: number, name = origin, clock = fixedClock(START)): Promise<AuditLog> {
  const log = await openAuditLog({ origin: name, store: memoryStore(), clock })
  await Promise.all(Array.from({ length: size }, (_, i) => log.append(eventOf(i))))
  return log
}

/** A receiver in memory: what arrived, in order, and answers as told. */
export class Receiver implements Destination {
  readonly name = 'receiver'
  readonly got: ForwardItem[] = []
  readonly batches: number[] = []
  calls = 0
  answer: (batch: readonly ForwardItem[], call: number, signal: AbortSignal) => SendResult | Promise<SendResult> = (batch) =>
    allOf(batch, delivered)

  async send(batch: readonly ForwardItem[], signal: AbortSignal): Promise<SendResult> {
    this.batches.push(batch.length)
    const result = await this.answer(batch, this.calls++, signal)
    if (result?.is === 'items')
      for (const [i, { is }] of result.items.entries()) if (is === 'delivered' && batch[i]) this.got.push(batch[i])
    return result
  }

  get indices(): number[] {
    return this.got.map(({ index }) => index)
  }
}

/** A forwarder whose waiting moves a clock of its own instead of taking time. */
export function forwarderOf(options: Partial<ForwardOptions> & Pick<ForwardOptions, 'source' | 'to'>) {
  const clock = fixedClock(START)
  const waits: number[] = []
  const stop = new AbortController()
  const forwarder: Forwarder = forward({
    name: 'siem',
    cursors: memoryCursors(),
    clock,
    random: () => 0.5,
    wait: async (ms) => {
      waits.push(ms)
      clock.advance(ms)
      await new Promise((resolve) => setImmediate(resolve))
    },
    ...options,
  })
  /** Runs until the condition holds, looked at in every pause; fails after many pauses. */
  const runUntil = async (isDone: () => boolean, most = 5000): Promise<void> => {
    const end = new AbortController()
    const before = waits.length
    const timer = setInterval(() => {
      if (isDone() || waits.length - before > most) end.abort()
    }, 1)
    try {
      await forwarder.run(end.signal)
    } finally {
      clearInterval(timer)
    }
    if (!isDone()) throw new Error('it did not come to an end')
  }
  return { forwarder, clock, waits, stop, runUntil }
}

/** Directories in the system's own temporary folder, removed at the end of the test file. */
export function folders() {
  const made: string[] = []
  return {
    make: (): string => {
      const path = mkdtempSync(join(tmpdir(), 'phi-forward-'))
      made.push(path)
      return path
    },
    clear: () => {
      for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true })
    },
  }
}

/** A source made of records, for what a log would never say. */
export const sourceOf = (records: AuditRecord[], name = origin): ForwardSource => ({
  origin: name,
  tenant: 'default',
  head: async () => ({ size: records.length }),
  async *records({ from = 0, to = records.length }) {
    yield* records.slice(from, to)
  },
})

export async function recordsOf(log: AuditLog): Promise<AuditRecord[]> {
  const records: AuditRecord[] = []
  for await (const record of log.records()) records.push(record)
  return records
}
