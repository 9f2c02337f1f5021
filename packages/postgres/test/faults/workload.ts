import { type AuditEventInput, type AuditLog, ed25519Signer, openAuditLog } from '@phi/audit'
import type { StoredEntry } from '@phi/audit/store'
import { auditStore, connect, type Db, type Queryable } from '../../src/index.ts'
import { bounded, Hang, nameOf, persistently } from './bounded.ts'

export const event = (id: string, more: Partial<AuditEventInput> = {}): AuditEventInput => ({
  id,
  action: 'read',
  outcome: 'success',
  actor: { id: 'u-17', type: 'workforce' },
  source: { ip: '203.0.113.9' },
  subject: { resource: { type: 'ProgressNote', id: 'n-204' }, patients: ['p-88'] },
  context: { purpose: 'TREAT' },
  ...more,
})

/** What a caller throws in a transaction of their own, to have it rolled back. */
class OfTheCaller extends Error {}

/** What a run of the workload saw. */
export interface Outcome {
  readonly acknowledged: Set<string>
  /** Tried once or more and never acknowledged. */
  readonly unanswered: Set<string>
  /** Whose transaction was rolled back by the caller: not in the log, whatever happened. */
  readonly rolledBack: Set<string>
  /** Codes of the errors that the caller met. */
  readonly errors: string[]
  readonly notes: string[]
}

/** Time limits short enough that a fault is over soon, and long enough for a busy machine. */
export const IMPATIENT = { max: 3, connectTimeoutMs: 600, queryTimeoutMs: 300, idleTransactionMs: 500 } as const

/** A log handle of the same key, as another process would have it. */
export const openOn = (db: Db, origin: string, timeoutMs = 250, groupCommit = false): Promise<AuditLog<Queryable>> =>
  openAuditLog<Queryable>({
    origin,
    store: auditStore(db, groupCommit ? { groupCommit } : {}),
    signer: ed25519Signer.fromSecretKey(origin, new Uint8Array(32).fill(7)),
    limits: { timeoutMs },
    // Only when asked for, so that a run has the same statements every time.
    checkpoint: { entries: 1_000_000, intervalMs: 3_600_000 },
  })

/**
 * What a service does in a day, once, against a database that may answer late, wrong or never: appends alone and together, in
 * transactions of its own, under the lock, checkpoints, searches, verification. Every step is tried again with the same ids
 * until it succeeds, except those that are tried once.
 *
 * @param groupCommit whether extensions travel in statements made for several logs
 * @param direct a connection past the faults, for the other process that writes to the same log
 */
export async function runWorkload(url: string, direct: Db, origin: string, groupCommit: boolean): Promise<Outcome> {
  const out: Outcome = { acknowledged: new Set(), unanswered: new Set(), rolledBack: new Set(), errors: [], notes: [] }
  const { errors } = out
  const db = await persistently('connect', () => connect(url, IMPATIENT), errors)
  const log = await persistently('open', () => openOn(db, origin, 250, groupCommit), errors)
  const id = (name: string) => `${origin}#${name}`

  // On a machine that is too busy for these time limits every answer comes too late. Another process then asks, with more patience.
  let calm: Promise<AuditLog<Queryable>> | undefined
  const patient = (): Promise<AuditLog<Queryable>> => {
    calm ??= openOn(direct, origin, 15_000)
    return calm
  }
  const append = async (name: string) => {
    let tries = 0
    const work = async () => (tries++ < 12 ? log : await patient()).append(event(id(name)))
    await persistently(`append ${name}`, work, errors)
    out.acknowledged.add(id(name))
  }
  /** A caller who gives up at the first error. */
  const once = async (name: string, work: () => Promise<unknown>) => {
    try {
      await bounded(`once ${name}`, work)
      out.acknowledged.add(id(name))
    } catch (error) {
      if (error instanceof Hang) throw error
      errors.push(nameOf(error))
      out.unanswered.add(id(name))
    }
  }

  await append('alone-1')
  await append('alone-2')
  await once('once-1', () => log.append(event(id('once-1'))))
  // Group commit.
  await Promise.all(['group-1', 'group-2', 'group-3', 'group-4'].map(append))

  // Inside the caller's own transaction, together with a row of theirs.
  const note = (name: string, more: Partial<AuditEventInput> = {}) =>
    db.transaction(async (tx) => {
      await tx.query('insert into note (id) values ($1) on conflict do nothing', [id(name)])
      return log.appendIn(tx, event(id(name), { action: 'create', ...more }))
    })
  await persistently('appendIn', () => note('in-1'), errors)
  out.acknowledged.add(id('in-1'))
  await once('once-in', () => note('once-in'))

  const collect = (error: unknown) => {
    if (!(error instanceof OfTheCaller)) errors.push(nameOf(error))
  }
  // A transaction that the caller rolls back.
  out.rolledBack.add(id('rolled-back'))
  await bounded('rolled back', () =>
    db
      .transaction(async (tx) => {
        await log.appendIn(tx, event(id('rolled-back')))
        throw new OfTheCaller()
      })
      .catch(collect),
  )

  // A denial outlives the transaction that it comes from.
  out.unanswered.add(id('denied'))
  await bounded('denial', () =>
    db
      .transaction(async (tx) => {
        await tx.query('select 1', [])
        await log.appendIn(tx, event(id('denied'), { outcome: 'denied' }))
        out.acknowledged.add(id('denied'))
        throw new OfTheCaller()
      })
      .catch(collect),
  )

  // Somebody else extends the log, so that the next append does not find the head it expects and goes under the lock.
  const other = await openOn(direct, origin, 10_000)
  await persistently('other', () => other.append(event(id('other-1'))), errors)
  out.acknowledged.add(id('other-1'))
  await append('locked-1')
  await Promise.all(['locked-2', 'locked-3'].map(append))

  out.notes.push(await persistently('checkpoint', () => log.checkpoint(), errors))
  await append('after-1')
  const page = await persistently('query', () => log.query({ actor: 'u-17', limit: 100 }), errors)
  const found = new Set(page.records.map((record) => record.event.id))
  const missing = [...out.acknowledged].filter((ack) => !found.has(ack))
  if (missing.length > 0) throw new Error(`a search missed ${missing.length} acknowledged events`)
  const { verdict, findings } = await persistently('verify', () => log.verify(), errors)
  if (verdict !== 'intact') throw new Error(`verify said ${verdict}: ${findings.map(({ code }) => code).join(' ')}`)
  await bounded('close', () => log.close().catch(collect))
  await bounded('close the database', () => db.close())
  return out
}

/** The event ids of a log, in its order, read past the library's own queries. */
export async function idsOf(db: Db, origin: string): Promise<string[]> {
  const store = auditStore(db)
  const key = { tenant: 'default', origin }
  const ids: string[] = []
  const { size } = await store.head(key)
  for await (const batch of store.read(key, { from: 0, to: size })) ids.push(...batch.map(eventIdOf))
  return ids
}

const eventIdOf = ({ open }: StoredEntry): string => (JSON.parse(open.event?.json ?? '{}') as { id: string }).id
