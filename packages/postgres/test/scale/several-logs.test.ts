import { type AuditEventInput, type AuditLog, ed25519Signer, openAuditLog } from '@phi/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { auditStore, connect, type Db, type Queryable } from '../../src/index.ts'
import { migratedDatabase, startServer, type TestServer } from '../server.ts'

let server: TestServer
let db: Db
const cleanups: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  server = await startServer()
  const database = await migratedDatabase(server.url)
  db = await connect(database.url)
  cleanups.push(database.drop, () => db.close())
})

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
  await server?.stop()
})

type Log = AuditLog<Queryable>
const kinds = ['access', 'security', 'billing'] as const
type Kind = (typeof kinds)[number]

let clinics = 0
/** A tenant with three logs, each with an origin and a key of its own. */
async function clinic(groupCommit: boolean | 'auto' = 'auto'): Promise<{ tenant: string } & Record<Kind, Log>> {
  const tenant = `clinic-${clinics++}`
  const store = auditStore(db, { groupCommit })
  const open = async (kind: Kind): Promise<[Kind, Log]> => {
    const origin = `${tenant}.example/${kind}`
    return [kind, await openAuditLog<Queryable>({ tenant, origin, store, signer: await ed25519Signer.generate(origin) })]
  }
  return { tenant, ...(Object.fromEntries(await Promise.all(kinds.map(open))) as Record<Kind, Log>) }
}

const event = (more: Partial<AuditEventInput> = {}): AuditEventInput => ({
  action: 'read',
  outcome: 'success',
  actor: { id: 'u-17', type: 'workforce' },
  subject: { resource: { type: 'ProgressNote', id: 'n-204' }, patients: ['p-88'] },
  ...more,
})

/** Signed to the end and verified: the verdict with the number of entries that were read. */
async function verdictOf(log: Log): Promise<string> {
  await log.checkpoint()
  const { verdict, coverage, findings } = await log.verify()
  return [verdict, coverage.checked, ...findings.map(({ code, index }) => `${code}@${index}`)].join(' ')
}

describe('several logs of one tenant', () => {
  it.each([true, false])(
    'S98 S123 are separate: sizes, entries, event ids, searches, checkpoints (groupCommit %s)',
    async (groupCommit) => {
      const { access, security, billing } = await clinic(groupCommit)
      for (const i of [0, 1, 2]) {
        await Promise.all([
          access.append(event({ id: `order-${i}` })),
          security.append(
            event({ id: `order-${i}`, action: 'login', subject: undefined, outcome: i === 0 ? 'denied' : 'success' }),
          ),
          ...(i === 0 ? [billing.append(event({ id: 'order-0', action: 'export' }))] : []),
        ])
      }
      expect(await Promise.all([access, security, billing].map(async (log) => (await log.head()).size))).toEqual([3, 3, 1])
      const found = async (log: Log, query: Parameters<Log['query']>[0]) =>
        (await log.query(query)).records.map(({ event: { id, action } }) => `${id} ${action}`)
      expect(await found(access, { eventId: 'order-0' })).toEqual(['order-0 read'])
      expect(await found(security, { eventId: 'order-0' })).toEqual(['order-0 login'])
      expect(await found(billing, {})).toEqual(['order-0 export'])
      expect(await found(security, { outcome: 'denied' })).toEqual(['order-0 login'])
      expect(await found(access, { outcome: 'denied' })).toEqual([])
      expect(await found(security, { patient: 'p-88' })).toEqual([])
      expect(await found(access, { actor: 'u-17', order: 'oldest' })).toHaveLength(3)
      expect(await Promise.all([access, security, billing].map(verdictOf))).toEqual(['intact 3', 'intact 3', 'intact 1'])
      const notes = await Promise.all([access, security, billing].map((log) => log.checkpoint()))
      expect(notes.map((note) => note.split('\n')[0])).toEqual([access.origin, security.origin, billing.origin])
      expect(new Set(notes).size).toBe(3)
    },
  )

  it('S95 finds an entry that was moved from one log of the tenant to another', async () => {
    const { access, security } = await clinic()
    for (const log of [access, security]) for (const id of ['a', 'b', 'c']) await log.append(event({ id }))
    expect(await Promise.all([access, security].map(verdictOf))).toEqual(['intact 3', 'intact 3'])
    const number = async (log: Log) =>
      (
        await db.query<{ id: number }>('select id from phi.audit_log where tenant = $1 and origin = $2', [
          log.tenant,
          log.origin,
        ])
      ).rows[0]?.id
    const [from, to] = [await number(access), await number(security)]
    await db.exec(`alter table phi.audit_entry disable trigger user;
      update phi.audit_entry t set leaf = s.leaf, salts = s.salts, event = s.event, actor = s.actor, source = s.source,
        subject = s.subject, context = s.context
      from phi.audit_entry s where t.tenant = '${access.tenant}' and s.tenant = t.tenant and t.log = ${to} and s.log = ${from} and t.idx = 1 and s.idx = 1;
      alter table phi.audit_entry enable always trigger append_only;`)
    const moved = await security.verify()
    expect(moved.verdict).toBe('broken')
    expect(moved.findings.some(({ index }) => index === 1)).toBe(true)
    expect((await access.verify()).verdict).toBe('intact')
  })

  it('S95 takes no checkpoint of one log for another’s', async () => {
    const { access, security } = await clinic()
    for (const log of [access, security]) await log.append(event())
    const note = await access.checkpoint()
    const report = await security.verify({ trusted: [note] })
    expect(report.verdict).not.toBe('intact')
    expect(report.findings.length).toBeGreaterThan(0)
  })

  it('commits entries in several logs with one transaction of the caller’s, or in none', async () => {
    const { access, billing } = await clinic()
    const bill = (fail: boolean) =>
      db.transaction(async (tx) => {
        await access.appendIn(tx, event())
        await billing.appendIn(tx, event({ action: 'create' }))
        if (fail) throw new Error('no')
      })
    await bill(false)
    await expect(bill(true)).rejects.toThrow('no')
    await bill(false)
    expect(await Promise.all([access, billing].map(verdictOf))).toEqual(['intact 2', 'intact 2'])
  })

  it('S98 stay the tenant’s: no other tenant opens, reads or finds one of them', async () => {
    const ours = await clinic()
    const theirs = await clinic()
    for (const kind of kinds) await ours[kind].append(event())
    for (const kind of kinds) {
      const { origin } = ours[kind]
      const error = await refusal(openAuditLog<Queryable>({ tenant: theirs.tenant, origin, store: auditStore(db) }))
      expect(error.code).toBe('PHI_AUDIT_WRONG_TENANT')
    }
    const seen = (tenant: string) =>
      db.transaction(async (tx) => {
        await tx.exec(`set local role phi_app; set local "phi.tenant" = '${tenant}'`)
        const { rows } = await tx.query<{ origin: string }>('select origin from phi.audit_log order by origin', [])
        return rows.map(({ origin }) => origin)
      })
    expect(await seen(ours.tenant)).toEqual(kinds.map((kind) => ours[kind].origin).toSorted())
    expect(await seen(theirs.tenant)).toEqual(kinds.map((kind) => theirs[kind].origin).toSorted())
  })
})
