import { type AuditLog, ed25519Signer, openAuditLog, verifyLog } from '@phi/audit'
import { verifierFromVkey } from '@phi/audit/note'
import { isPhiError } from '@phi/core'
import { auditStore, type Db, type Queryable } from '@phi/postgres'
import { benchEvent } from '../events.ts'
import { Histogram } from './histogram.ts'
import type { Memory, watchMemory } from './memory.ts'

export interface LoadOptions {
  readonly events: number
  readonly tenants: number
  /** Appends under way at once. */
  readonly callers: number
}

/** What is kept of a log once it was written: enough to check it without trusting its database. */
interface Written {
  readonly tenant: string
  readonly origin: string
  readonly vkey: string
  /** The last checkpoint, held outside the database. */
  readonly note: string
}

export interface LoadReport extends LoadOptions {
  readonly appended: number
  /** Appends that were refused or whose outcome is unknown, by code. */
  readonly failures: Readonly<Record<string, number>>
  readonly appendSeconds: number
  /** Of an append, in milliseconds. */
  readonly latency: { readonly median: number; readonly p95: number; readonly p99: number }
  /** Bytes of this process at most; the server is another one. */
  readonly peak: Memory
  /** Bytes in the database. */
  readonly databaseBytes: number
  readonly verified: number
  readonly verifySeconds: number
  /** Logs by verdict. */
  readonly verdicts: Readonly<Record<string, number>>
  /** Logs whose entries are not as many as were acknowledged, or which a checkpoint does not cover whole. */
  readonly wrongCounts: number
}

/** Everything that was acknowledged is there, and all of it verifies. */
export const isSound = (report: LoadReport): boolean =>
  report.appended === report.events &&
  report.verified === report.events &&
  report.wrongCounts === 0 &&
  report.verdicts.intact === report.tenants &&
  Object.keys(report.verdicts).length === 1 &&
  Object.keys(report.failures).length === 0

/** Runs for every number from 0, so many at a time. */
async function forEach(count: number, atOnce: number, run: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const work = async () => {
    for (let i = next++; i < count; i = next++) await run(i)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, work))
}

const AT_ONCE = 8
const PROGRESS_MS = 5_000

const seconds = (since: number): number => (performance.now() - since) / 1000
const count = (value: number): string => Math.round(value).toLocaleString('en-US')
const megabytes = (bytes: number): string => `${count(bytes / 1024 / 1024)} MB`

/** Says how far it is every few seconds; the returned function stops it. */
function progress(
  memory: ReturnType<typeof watchMemory>,
  what: string,
  total: number,
  done: () => number,
  say: (line: string) => void,
) {
  let before = 0
  let at = performance.now()
  const timer = setInterval(() => {
    const { rss, heap } = memory.now()
    const rate = (done() - before) / seconds(at)
    before = done()
    at = performance.now()
    say(`  ${what} ${count(before)} of ${count(total)}, ${count(rate)}/s, rss ${megabytes(rss)}, heap ${megabytes(heap)}`)
  }, PROGRESS_MS)
  return () => clearInterval(timer)
}

/** Appends through the public API, as services do, then verifies every log with nothing but its key and its last checkpoint. */
export async function load(
  db: Db,
  options: LoadOptions,
  memory: ReturnType<typeof watchMemory>,
  say: (line: string) => void,
): Promise<LoadReport> {
  const { events, tenants, callers } = options
  const run = Date.now().toString(36)
  const store = auditStore(db, { groupCommit: true })
  const logs: AuditLog<Queryable>[] = []
  await forEach(tenants, AT_ONCE, async (t) => {
    const origin = `load.example/${run}/${t}`
    logs[t] = await openAuditLog<Queryable>({
      tenant: `load-${t}`,
      origin,
      store,
      signer: await ed25519Signer.generate(origin),
      // Signed at the first entry, every 4,096 entries, and at the end.
      checkpoint: { intervalMs: 3_600_000 },
      // What takes long on a busy machine shows in the latencies, and is no failure.
      limits: { timeoutMs: 600_000 },
    })
  })
  say(`${count(tenants)} logs are open`)

  const acknowledged = new Uint32Array(tenants)
  const latencies = new Histogram()
  const failures: Record<string, number> = {}
  let appended = 0
  const start = performance.now()
  const stopAppending = progress(memory, 'appended', events, () => appended, say)
  await forEach(events, callers, async (i) => {
    const t = i % tenants
    const before = performance.now()
    try {
      await (logs[t] as AuditLog<Queryable>).append(benchEvent(i))
      acknowledged[t] = (acknowledged[t] as number) + 1
      appended++
    } catch (error) {
      const code = isPhiError(error) ? error.code : 'unexpected'
      failures[code] = (failures[code] ?? 0) + 1
    }
    latencies.add(performance.now() - before)
  })
  stopAppending()
  const appendSeconds = seconds(start)
  say(`appended ${count(appended)} in ${appendSeconds.toFixed(1)} s`)

  const written: Written[] = []
  await forEach(tenants, AT_ONCE, async (t) => {
    const log = logs[t] as AuditLog<Queryable>
    await log.close()
    written[t] = { tenant: log.tenant, origin: log.origin, vkey: log.vkey as string, note: await log.checkpoint() }
  })
  // What the writer remembers is not needed any more, and the verifier must do without it.
  logs.length = 0

  const reader = auditStore(db, { role: 'phi_auditor' })
  const verdicts: Record<string, number> = {}
  let verified = 0
  let wrongCounts = 0
  const verifying = performance.now()
  const stopVerifying = progress(memory, 'verified', events, () => verified, say)
  await forEach(tenants, 4, async (t) => {
    const { tenant, origin, vkey, note } = written[t] as Written
    const { verdict, coverage } = await verifyLog(
      reader,
      { tenant, origin },
      { keys: [verifierFromVkey(vkey)], trusted: [note] },
    )
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1
    verified += coverage.checked
    if (coverage.checked !== acknowledged[t] || coverage.anchoredTo !== coverage.checked) wrongCounts++
  })
  stopVerifying()
  const verifySeconds = seconds(verifying)
  const { rows } = await db.query<{ bytes: string | number }>('select pg_database_size(current_database()) as bytes', [])
  return {
    ...options,
    appended,
    failures,
    appendSeconds,
    latency: { median: latencies.quantile(0.5), p95: latencies.quantile(0.95), p99: latencies.quantile(0.99) },
    peak: memory.peak(),
    databaseBytes: Number(rows[0]?.bytes),
    verified,
    verifySeconds,
    verdicts,
    wrongCounts,
  }
}

export function renderLoad(report: LoadReport): string {
  const { latency, peak } = report
  const ms = (value: number) => `${value.toFixed(1)} ms`
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, n]) => `${name} ${count(n)}`)
      .join(', ') || 'none'
  return [
    `events     ${count(report.appended)} of ${count(report.events)} acknowledged, over ${count(report.tenants)} tenants by ${count(report.callers)} callers`,
    `failures   ${list(report.failures)}`,
    `append     ${count(report.appended / report.appendSeconds)} events/s over ${report.appendSeconds.toFixed(1)} s`,
    `latency    median ${ms(latency.median)}, 95th ${ms(latency.p95)}, 99th ${ms(latency.p99)}`,
    `memory     of this process at most: rss ${megabytes(peak.rss)}, heap ${megabytes(peak.heap)}`,
    `database   ${megabytes(report.databaseBytes)}, ${count(report.databaseBytes / Math.max(1, report.appended))} bytes an event`,
    `verify     ${count(report.verified / report.verifySeconds)} events/s over ${report.verifySeconds.toFixed(1)} s, ${count(report.verified)} checked`,
    `verdicts   ${list(report.verdicts)}; logs with a wrong count: ${report.wrongCounts}`,
    isSound(report) ? 'Every event that was acknowledged is there, and every log is intact.' : 'NOT SOUND.',
  ].join('\n')
}
