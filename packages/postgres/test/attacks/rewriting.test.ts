import { ed25519Signer, memoryStore, openAuditLog } from '@phi/audit'
import { groupNames, type Opening, type StoredEntry } from '@phi/audit/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commitment } from '../../../audit/src/group.ts'
import { quietSql, readRows, rewritten, writeRows } from './forge.ts'
import { clean, clinicA, event, type Lab, openLab } from './lab.ts'
import { attack } from './perform.ts'

let open: Lab
const lab = () => open
beforeAll(async () => {
  open = await openLab()
})
afterAll(() => open.close())

const setTenant = `select set_config('phi.tenant', 'clinic-a', false)`
const inA = `tenant = 'clinic-a' and log = LOG`
/** Makes u-5 somebody else. */
const editActor = `update phi.audit_entry set actor = replace(actor, 'u-5', 'u-1') where ${inA} and idx = 5`

describe('an untouched log', () => {
  it('S95 is intact for everybody', async () => {
    const world = await lab().world()
    expect(await world.seen()).toEqual(clean)
    await world.close()
  })
})

describe('S95 rewriting what is there', () => {
  attack(lab, 'owner-forgets-triggers', async (world) => {
    const owner = await world.as('owner')
    await owner.query('set role phi_owner')
    await owner.query(setTenant)
    return [
      `update phi.audit_entry set actor = '{}'`,
      'delete from phi.audit_entry',
      'truncate phi.audit_entry',
      'delete from phi.audit_entry_default',
      'truncate phi.audit_checkpoint',
      'delete from phi.audit_tile',
      'update phi.audit_log set size = 3',
      'delete from phi.audit_event_id',
      'truncate phi.audit_log cascade',
    ].map((sql) => () => owner.query(sql))
  })

  attack(lab, 'superuser-replica', async (world) => {
    const root = await world.as('superuser')
    await root.query(`set session_replication_role = 'replica'`)
    return [
      `update phi.audit_entry set actor = '{}'`,
      'delete from phi.audit_checkpoint',
      'truncate phi.audit_entry',
      'update phi.audit_log set size = 0',
    ].map((sql) => () => root.query(sql))
  })

  attack(lab, 'owner-edits-a-text', async (world) => quietSql(await world.as('owner'), editActor))

  attack(lab, 'owner-leaves-triggers-off', async (world) => {
    const owner = await world.as('owner')
    await quietSql(owner, editActor)
    await owner.query('set role phi_owner; alter table phi.audit_checkpoint disable trigger append_only')
  })

  attack(lab, 'owner-alters-using', async (world) => {
    const owner = await world.as('owner')
    await owner.query('set role phi_owner')
    await owner.query(
      `alter table phi.audit_entry alter column actor type text collate "C" using case when idx = 5 then replace(actor, 'u-5', 'u-1') else actor end`,
    )
  })

  attack(lab, 'owner-edits-consistently', async (world) => {
    const rows = await readRows(world, clinicA)
    const entry = rows.entries[5] as (typeof rows.entries)[number]
    const actor = entry.open.actor as { salt: string; json: string }
    actor.json = actor.json.replace('u-5', 'u-1')
    actor.salt = Buffer.alloc(16).toString('base64')
    entry.leaf = entry.leaf.replace(/actor .*/, `actor ${commitment('actor', new Uint8Array(16), actor.json)}`)
    await writeRows(await world.as('owner'), clinicA, rows)
  })

  attack(lab, 'owner-edits-terms', async (world) =>
    quietSql(
      await world.as('owner'),
      `update phi.audit_entry set terms = array_remove(terms, log || '/patient:p-2') where ${inA} and idx = 5`,
    ),
  )

  attack(lab, 'owner-edits-times', async (world) =>
    quietSql(
      await world.as('owner'),
      `update phi.audit_entry set occurred_at = '1999-01-01T00:00:00.000Z' where ${inA} and idx = 5`,
    ),
  )

  attack(lab, 'owner-edits-ids', async (world) =>
    quietSql(await world.as('owner'), `update phi.audit_entry set event_id = 'e-none' where ${inA} and idx = 5`),
  )

  attack(lab, 'owner-takes-texts', async (world) =>
    quietSql(
      await world.as('owner'),
      `update phi.audit_entry set actor = null, terms = array(select t from unnest(terms) t where t not like '%/actor%') where ${inA} and idx = 5`,
    ),
  )

  attack(lab, 'owner-deletes-a-row', async (world) =>
    quietSql(await world.as('owner'), `delete from phi.audit_entry where ${inA} and idx = 5`),
  )

  attack(lab, 'owner-swaps-rows', async (world) =>
    quietSql(
      await world.as('owner'),
      [
        [5, 105],
        [6, 5],
        [105, 6],
      ]
        .map(([from, to]) => `update phi.audit_entry set idx = ${to} where ${inA} and idx = ${from}`)
        .join('; '),
    ),
  )

  attack(lab, 'owner-splices', async (world) =>
    quietSql(
      await world.as('owner'),
      `update phi.audit_entry mine set leaf = other.leaf, salts = other.salts, event = other.event, actor = other.actor, source = other.source,
         subject = other.subject, context = other.context, occurred_at = other.occurred_at
       from phi.audit_entry other where mine.tenant = 'clinic-a' and mine.log = LOG and mine.idx = 5
         and other.tenant = 'clinic-b' and other.log = OTHER and other.idx = 5`,
    ),
  )

  attack(lab, 'owner-adds-a-row', async (world) =>
    quietSql(
      await world.as('owner'),
      `insert into phi.audit_entry select (jsonb_populate_record(e, '{"idx": 12, "event_id": "e-forged"}')).* from phi.audit_entry e where ${inA} and idx = 11`,
    ),
  )

  attack(lab, 'owner-rewrites', async (world) => {
    const rows = rewritten(await readRows(world, clinicA), 5, (texts, index) => {
      if (index === 5) texts.actor = texts.actor.replace('u-5', 'u-1')
    })
    await writeRows(await world.as('owner'), clinicA, rows)
  })

  attack(lab, 'owner-rewrites-and-clears', async (world) => {
    const rows = rewritten(await readRows(world, clinicA), 5, (texts, index) => {
      if (index === 5) texts.actor = texts.actor.replace('u-5', 'u-1')
    })
    const owner = await world.as('owner')
    await writeRows(owner, clinicA, rows)
    await quietSql(owner, `delete from phi.audit_checkpoint where ${inA}`)
  })

  attack(lab, 'owner-rewrites-the-tail', async (world) => {
    const rows = rewritten(await readRows(world, clinicA), 9, (texts, index) => {
      if (index === 9) texts.actor = texts.actor.replace('u-9', 'u-1')
    })
    const owner = await world.as('owner')
    await writeRows(owner, clinicA, rows)
    await quietSql(owner, `delete from phi.audit_checkpoint where ${inA} and size > 8`)
  })

  attack(lab, 'owner-as-pruner', async (world) => {
    const owner = await world.as('owner')
    await owner.query('set role phi_pruner')
    await owner.query(setTenant)
    // Nothing was switched off: the trigger lets this role delete.
    await owner.query(`delete from phi.audit_entry where idx = 5`)
  })

  attack(lab, 'owner-replaces-extend', async (world) => {
    const owner = await world.as('owner')
    // As the role that owns the functions; a superuser lends it CREATE on the schema, which it lacks.
    const root = await world.as('superuser')
    await root.query('grant create on schema phi to phi_writer')
    await owner.query('set role phi_writer')
    await owner.query(`do $$ declare body text; begin
      select pg_get_functiondef(p.oid) into body from pg_proc p where p.proname = 'audit_extend' and p.pronamespace = 'phi'::regnamespace;
      execute replace(body, 'p_salts, p_events, p_actors', 'p_salts, replace(p_events, ''denied'', ''success''), p_actors'); end $$`)
    await root.query('revoke create on schema phi from phi_writer')
    await world.service.append(event(12, { outcome: 'denied' }))
  })

  attack(lab, 'superuser-replaces-refuse', async (world) => {
    const root = await world.as('superuser')
    for (const name of ['audit_refuse', 'audit_refuse_but_pruner'])
      await root.query(
        `create or replace function phi.${name}() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$ begin return null; end $$`,
      )
    await root.query(`update phi.audit_entry set actor = replace(actor, 'u-5', 'u-1') where tenant = 'clinic-a' and idx = 5`)
  })

  attack(lab, 'superuser-bypassrls', async (world) => {
    const root = await world.as('superuser')
    await root.query('alter role phi_test_app bypassrls')
    const app = await world.as('app')
    expect((await app.query('select distinct tenant from phi.audit_entry order by 1')).rows).toEqual([
      { tenant: 'clinic-a' },
      { tenant: 'clinic-b' },
    ])
    return undefined
  })

  it('S98 the wall holds again when BYPASSRLS is taken back', async () => {
    const world = await lab().world()
    await (await world.as('superuser')).query('alter role phi_test_app nobypassrls')
    expect((await (await world.as('app')).query('select tenant from phi.audit_entry')).rows).toEqual([])
    await world.close()
  })

  attack(lab, 'superuser-reads', async (world) => {
    const root = await world.as('superuser')
    expect((await root.query('select distinct tenant from phi.audit_entry order by 1')).rows).toHaveLength(2)
    return undefined
  })

  attack(lab, 'owner-drops-tables', async (world) => {
    const owner = await world.as('owner')
    await owner.query('set role phi_owner; drop table phi.audit_entry')
  })

  it('a commitment made here is the format’s own (no attack passes for want of a correct forgery)', async () => {
    const signer = await ed25519Signer.generate('x.example/audit')
    const store = memoryStore()
    const log = await openAuditLog({ origin: signer.name, store, signer })
    await log.append(event(1))
    for await (const [entry] of store.read({ tenant: 'default', origin: signer.name }, { from: 0, to: 1 })) {
      for (const name of groupNames) {
        const { salt, json } = (entry as StoredEntry).open[name] as Opening
        expect(entry?.leaf).toContain(`${name} ${commitment(name, Buffer.from(salt, 'base64'), json)}`)
      }
    }
  })
})
