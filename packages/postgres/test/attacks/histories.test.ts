import { openAuditLog, verifyLog } from '@phi/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { frontierOf } from '../../../audit/src/head.ts'
import { frontierRoot } from '../../../audit/src/merkle/index.ts'
import { formatCheckpoint, signNote } from '../../../audit/src/note/index.ts'
import { auditStore, connect, type Queryable } from '../../src/index.ts'
import { numbered, quietSql, readRows, rewritten, writeRows } from './forge.ts'
import { clinicA, clinicB, event, type Lab, openLab, SIZE, signers, verdict, type World } from './lab.ts'
import { attack } from './perform.ts'

let open: Lab
const lab = () => open
beforeAll(async () => {
  open = await openLab()
})
afterAll(() => open.close())

const inA = `tenant = 'clinic-a' and log = LOG`
const GENESIS = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
const keys = [signers.a.vkey]

/** Cuts the log to a size, with a head to match. */
async function cut(world: World, size: number): Promise<void> {
  const rows = await readRows(world, clinicA)
  rows.entries = rows.entries.slice(0, size)
  await writeRows(
    await world.as('owner'),
    clinicA,
    rewritten(rows, size, () => {}),
  )
}

/** A checkpoint over whatever stands in the store now. */
async function signed(world: World, signer: typeof signers.a): Promise<string> {
  const head = await auditStore(world.db).head(clinicA)
  return signNote(formatCheckpoint({ origin: clinicA.origin, size: head.size, root: frontierRoot(frontierOf(head)) }), [signer])
}

const save = (world: World, size: number, note: string) =>
  world.db.query(numbered('select phi.audit_save_checkpoint($1, LOG, $2, $3)'), [clinicA.tenant, size, note])

describe('S95 cutting off, and putting older states back', () => {
  attack(lab, 'owner-cuts-rows', async (world) =>
    quietSql(await world.as('owner'), `delete from phi.audit_entry where ${inA} and idx >= 10`),
  )
  attack(lab, 'owner-cuts-the-tail', async (world) => cut(world, 10))
  attack(lab, 'owner-cuts-the-tail-and-checkpoints', async (world) => {
    await cut(world, 10)
    await quietSql(await world.as('owner'), `delete from phi.audit_checkpoint where ${inA} and size > 8`)
  })
  attack(lab, 'owner-cuts-deep', async (world) => {
    await cut(world, 6)
    await quietSql(await world.as('owner'), `delete from phi.audit_checkpoint where ${inA} and size > 6`)
  })
  attack(lab, 'owner-truncates', async (world) =>
    quietSql(
      await world.as('owner'),
      `truncate phi.audit_entry, phi.audit_event_id, phi.audit_checkpoint, phi.audit_tile;
       update phi.audit_log set size = 0, last_hash = '${GENESIS}', recorded_at = '', frontier = ''`,
    ),
  )
  attack(lab, 'owner-recreates', async (world) => {
    await quietSql(
      await world.as('owner'),
      ['audit_entry', 'audit_event_id', 'audit_checkpoint', 'audit_tile', 'audit_log']
        .map((table) => `delete from phi.${table} where tenant = 'clinic-a'`)
        .join('; '),
    )
    const store = auditStore(world.db)
    const log = await openAuditLog<Queryable>({ ...clinicA, store })
    for (let i = 0; i < SIZE; i++) await log.append(event(i + 100))
  })
  attack(lab, 'owner-moves-a-log', async (world) => {
    const moved = ['audit_entry', 'audit_event_id', 'audit_checkpoint', 'audit_tile', 'audit_log'].map(
      (table) => `update phi.${table} set tenant = 'clinic-c' where tenant = 'clinic-a'`,
    )
    await quietSql(await world.as('owner'), moved.join('; '))
    const report = verifyLog(auditStore(world.db) as never, { ...clinicA, tenant: 'clinic-c' }, { keys, trusted: [lab().held] })
    expect(await verdict(report)).toBe('intact')
  })
  attack(lab, 'owner-copies-a-log', async (world) => {
    const root = await world.as('superuser')
    await root.query(`select phi.audit_open('clinic-c', 'c.example/audit', '${GENESIS}')`)
    const copy = (table: string, set: string) =>
      `insert into phi.${table} select (jsonb_populate_record(r, '{"tenant": "clinic-c"}'::jsonb || ${set})).* from phi.${table} r where tenant = 'clinic-a'`
    const id = `jsonb_build_object('log', (select id from phi.audit_log where origin = 'c.example/audit'))`
    await quietSql(
      await world.as('owner'),
      [
        ...['audit_event_id', 'audit_checkpoint', 'audit_tile'].map((table) => copy(table, id)),
        copy(
          'audit_entry',
          `${id} || jsonb_build_object('terms', (select jsonb_agg((select id from phi.audit_log where origin = 'c.example/audit') || substr(t, strpos(t, '/'))) from unnest(r.terms) t))`,
        ),
        `update phi.audit_log c set size = a.size, last_hash = a.last_hash, recorded_at = a.recorded_at, frontier = a.frontier
           from phi.audit_log a where a.origin = 'a.example/audit' and c.origin = 'c.example/audit'`,
      ].join('; '),
    )
    const report = await verifyLog(auditStore(world.db) as never, { tenant: 'clinic-c', origin: 'c.example/audit' }, { keys })
    expect(report.verdict).toBe('broken')
    expect(report.findings.filter(({ code }) => code === 'wrong-origin').length).toBeGreaterThanOrEqual(SIZE)
  })
  attack(lab, 'backup-restored', async (world) => world.restore('ten'))
  attack(lab, 'backup-restored-old', async (world) => world.restore('six'))
})

describe('S95 checkpoints, and the key that signs them', () => {
  attack(lab, 'forger-signs', async (world) => {
    const owner = await world.as('owner')
    await writeRows(
      owner,
      clinicA,
      rewritten(await readRows(world, clinicA), 5, (texts) => {
        texts.context = '{}'
      }),
    )
    await quietSql(owner, `delete from phi.audit_checkpoint where ${inA}`)
    await save(world, SIZE, await signed(world, signers.forger))
  })
  attack(lab, 'owner-alters-a-checkpoint', async (world) =>
    quietSql(
      await world.as('owner'),
      `update phi.audit_checkpoint set note = replace(note, E'\\n8\\n', E'\\n9\\n') where ${inA} and size = 8`,
    ),
  )
  attack(lab, 'owner-borrows-a-checkpoint', async (world) => {
    const [note] = await auditStore(world.db).checkpoints(clinicB, { last: 1 })
    await quietSql(
      await world.as('owner'),
      `insert into phi.audit_checkpoint (tenant, log, size, digest, note) values ('clinic-a', LOG, 5, '\\x01', '${note}')`,
    )
    const both = verifyLog(auditStore(world.db) as never, clinicA, { keys: [...keys, signers.b.vkey] })
    expect(await verdict(both)).toBe('broken: wrong-origin')
  })

  attack(lab, 'key-rewrites', async (world) => {
    const owner = await world.as('owner')
    await writeRows(
      owner,
      clinicA,
      rewritten(await readRows(world, clinicA), 5, (texts) => {
        texts.context = '{}'
      }),
    )
    await quietSql(owner, `delete from phi.audit_checkpoint where ${inA}`)
    await save(world, SIZE, await signed(world, signers.a))
  })
  attack(lab, 'key-forks', async (world) => {
    const other = await lab().world()
    const histories = [world, other]
    const notes = []
    for (const [i, each] of histories.entries()) {
      const own = await connect(each.url)
      const log = await openAuditLog<Queryable>({ ...clinicA, store: auditStore(own), signer: signers.a })
      await log.append(event(i === 0 ? 500 : 600))
      notes.push(await log.checkpoint())
      await own.close()
    }
    const see = (each: World, trusted: string[]) => verdict(verifyLog(auditStore(each.db) as never, clinicA, { keys, trusted }))
    // Each reader by itself: nothing wrong.
    for (const each of histories) expect(await see(each, [lab().held])).toBe('intact')
    // And when one hears of the other's checkpoint.
    expect(await see(world, [notes[1] as string])).toMatch(/^broken: fork 13/)
    expect(await see(other, [notes[0] as string])).toMatch(/^broken: fork 13/)
    await other.close()
  })

  it('S95 a service that starts after the key was used against it believes the store (nobody else told it)', async () => {
    const world = await lab().world()
    const owner = await world.as('owner')
    await writeRows(
      owner,
      clinicA,
      rewritten(await readRows(world, clinicA), 5, (texts) => {
        texts.context = '{}'
      }),
    )
    await quietSql(owner, `delete from phi.audit_checkpoint where ${inA}`)
    await save(world, SIZE, await signed(world, signers.a))
    const later = await openAuditLog<Queryable>({ ...clinicA, store: auditStore(world.db), signer: signers.a })
    await later.append(event(700))
    expect(await later.verify()).toMatchObject({ verdict: 'intact' })
    expect((await later.verify({ trusted: [lab().held] })).verdict).toBe('broken')
    await world.close()
  })
})
