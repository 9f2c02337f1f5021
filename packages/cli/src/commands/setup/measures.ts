import type { AuditEventInput, AuditLog } from '@phi/audit'
import { randomBytes, toHex } from '@phi/core'
import type { Db } from '@phi/postgres'
import * as z from 'zod'
import type { Io } from '../../io.ts'

/** One kind of work, done so often in a round. */
export interface Measure {
  readonly id: 'seal' | 'decide' | 'append' | 'verify' | 'round-trip'
  /** What is counted, in the plural. */
  readonly what: string
  /** How often a round does it. */
  readonly count: number
  /** Does it `count` times. What is prepared for it is not timed. */
  readonly run: () => Promise<void>
}

/** Everything that is measured, and how it is cleared away. */
export interface Bench {
  readonly measures: readonly Measure[]
  readonly close: () => Promise<void>
}

const TENANT = 'phi-bench'

async function sealing(count: number): Promise<Measure> {
  const { localKms, memoryKeyStore, openKeyring } = await import('@phi/envelope')
  const keyring = await openKeyring({ kms: localKms.generate(), store: memoryKeyStore() })
  const field = (await keyring.tenant(TENANT)).field({ table: 'note', column: 'body' })
  return {
    id: 'seal',
    what: 'values of 32 characters sealed and opened',
    count,
    async run() {
      for (let at = 0; at < count; at++)
        field.open(field.seal('a made-up text of 32 characters.', { row: `r-${at}` }), { row: `r-${at}` })
    },
  }
}

async function deciding(count: number): Promise<Measure> {
  const { compile, definePolicy } = await import('@phi/rbac')
  const Note = z.object({ id: z.string(), tenant: z.string(), careTeam: z.array(z.string()), restricted: z.boolean() })
  const policy = definePolicy(
    { id: 'bench', version: '1', resources: { Note }, actions: ['read'], roles: { therapist: {}, billing: {} } },
    ({ permit, forbid, is }) => [
      permit('therapist')
        .to('read')
        .on('Note')
        .when(is.in(is.actor('id'), is.resource('careTeam')))
        .as('care-team'),
      forbid().to('read').on('Note').when(is.resource('restricted')).as('restriction'),
    ],
  )
  const rules = compile(policy)
  const actor = { id: 'ann', tenant: TENANT, roles: ['therapist'] }
  const rows = Array.from({ length: 64 }, (_, at) => ({
    id: `n-${at}`,
    tenant: TENANT,
    careTeam: at % 2 === 0 ? ['ann'] : ['bob'],
    restricted: at % 7 === 0,
  }))
  return {
    id: 'decide',
    what: 'access decisions by a policy of two rules',
    count,
    async run() {
      for (let at = 0; at < count; at++) {
        const row = rows[at % rows.length] as (typeof rows)[number]
        rules.decide({ actor, action: 'read', resource: rules.resource('Note', row), purpose: 'TREAT' })
      }
    },
  }
}

const event = (at: number): AuditEventInput => ({
  action: 'read',
  outcome: 'success',
  actor: { id: 'bench', type: 'system' },
  subject: { resource: { type: 'Bench', id: `b-${at}` } },
})

/** A log of its own: in memory, or in the database, where its entries stay. */
async function openBenchLog(io: Io, db: Db | undefined): Promise<AuditLog<never>> {
  const { ed25519Signer, memoryStore, openAuditLog } = await import('@phi/audit')
  const origin = `bench.invalid/${toHex(randomBytes(8))}`
  const store = db === undefined ? memoryStore() : (await import('@phi/postgres')).auditStore(db)
  return openAuditLog<never>({
    origin,
    tenant: TENANT,
    store: store as never,
    signer: await ed25519Signer.generate(origin),
    clock: io.clock,
  })
}

/** How many callers append at the same time. */
const CALLERS = 64

async function auditing(
  io: Io,
  db: Db | undefined,
  count: number,
): Promise<{ measures: readonly Measure[]; close: () => Promise<void> }> {
  const log = await openBenchLog(io, db)
  let made = 0
  const where = db === undefined ? 'in memory' : 'in the database'
  const append: Measure = {
    id: 'append',
    what: `audit entries appended ${where} by ${CALLERS} callers`,
    count,
    async run() {
      const until = made + count
      const caller = async () => {
        while (made < until && !io.signal.aborted) await log.append(event(made++))
      }
      await Promise.all(Array.from({ length: CALLERS }, caller))
    },
  }
  const verified = await openBenchLog(io, undefined)
  for (let at = 0; at < count; at += CALLERS)
    await Promise.all(Array.from({ length: Math.min(CALLERS, count - at) }, (_, each) => verified.append(event(at + each))))
  await verified.checkpoint()
  const verify: Measure = {
    id: 'verify',
    what: 'audit entries verified in memory',
    count,
    async run() {
      await verified.verify()
    },
  }
  return {
    measures: [append, verify],
    async close() {
      await log.close()
      await verified.close()
    },
  }
}

const roundTrips = (db: Db, count: number): Measure => ({
  id: 'round-trip',
  what: 'questions to the database, one after the other',
  count,
  async run() {
    for (let at = 0; at < count; at++) await db.query('select 1', [])
  },
})

/**
 * @param size 1 for the usual amount of work: about a second a round in all
 * @param db measured as well, where there is one
 * @param writes whether entries are appended in the database, which stay there
 */
export async function openBench(
  io: Io,
  { size, db, writes }: { size: number; db: Db | undefined; writes: boolean },
): Promise<Bench> {
  const times = (count: number) => Math.max(1, Math.round(count * size))
  const audit = await auditing(io, writes ? db : undefined, times(2_000))
  return {
    measures: [
      await sealing(times(20_000)),
      await deciding(times(50_000)),
      ...audit.measures,
      ...(db === undefined ? [] : [roundTrips(db, times(500))]),
    ],
    close: audit.close,
  }
}
