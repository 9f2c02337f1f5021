import { postgresError } from './errors.ts'
import { appendOnlyV1, wallV1 } from './migrations/tenant-tables.ts'

/** Engines that need to be told how tables lie on their nodes. */
export type Distribution = 'citus'

/** One step of a distribution. All of them run in one transaction, in their order. */
export interface DistributionStep {
  readonly what: string
  readonly sql: string
}

/**
 * What Citus asks for, from its documentation and its issue tracker; none of it was tried on Citus here:
 *
 * - A primary key, unique constraint or unique index of a distributed table holds the distribution column ("Creating and Modifying
 *   Distributed Objects (DDL)", Unique Constraints).
 * - Foreign keys go between co-located tables and include the distribution column, or go to reference tables (same page).
 * - Identity columns of distributed tables are bigint, or work on the coordinator only; later changes to them are refused ("Known
 *   limitations on Identity Columns", citus issue 6808; pull request 7008).
 * - Triggers need citus.enable_unsafe_triggers (pull request 5705); since the fix of issue 6394 shards keep `ENABLE ALWAYS`.
 * - A function goes as a whole to the node of its tenant when it is called as `SELECT f(…)`, alone and not in a transaction of
 *   several statements ("Citus Utility Functions", create_distributed_function). What is called otherwise runs on the coordinator.
 * - Settings made by set_config() stay on the node where it ran; SET LOCAL is forwarded with citus.propagate_set_commands = 'local'
 *   ("Configuration Reference").
 */
const preconditions = `
do $$
begin
  if to_regproc('create_distributed_table') is null then
    raise exception using errcode = '0A000', message = 'the database does not have the Citus extension';
  end if;
  -- Rows that row security hides would be left behind, without an error.
  if not exists (select from pg_roles where rolname = current_user and (rolsuper or rolbypassrls)) then
    raise exception using errcode = '42501', message = 'distributing needs a superuser, or a role with BYPASSRLS';
  end if;
end $$;
set local citus.enable_unsafe_triggers = 'on';
-- Shards are made over one connection, so that the steps see each other's work.
set local citus.multi_shard_modify_mode = 'sequential';`

/**
 * `phi.audit_log` says that an origin names one log in the whole database, by a unique constraint without the tenant. Citus cannot
 * keep that on a distributed table. A directory of origins keeps it: a reference table, which is on every node and whose key is
 * checked at every insert. So nothing is lost, at the price of a write to all nodes when a log is made.
 *
 * Logs are numbered within their tenant from then on, since a sequence is not shared by nodes. Every key has the tenant before the
 * number, so numbers need not differ between tenants.
 */
const origins = `
do $$
begin
  if to_regclass('phi.audit_log_tenant') is null then
    create table phi.audit_log_tenant (
      origin text collate "C" primary key,
      tenant text collate "C" not null
    );
    insert into phi.audit_log_tenant (origin, tenant) select origin, tenant from phi.audit_log;
    alter table phi.audit_log drop constraint audit_log_origin_key;
    alter table phi.audit_log add constraint audit_log_origin unique (tenant, origin);
    alter table phi.audit_log alter column id drop identity;
    grant phi_owner to current_user;
    grant create on schema phi to phi_owner;
    ${wallV1(['audit_log_tenant']).trim().replaceAll('\n', '\n    ')}
    ${appendOnlyV1(['audit_log_tenant']).trim().replaceAll('\n', '\n    ')}
    revoke create on schema phi from phi_owner;
    grant select, insert on phi.audit_log_tenant to phi_writer;
  end if;
end $$;

-- As in the first migration, with the directory in place of the constraint and of the sequence.
create or replace function phi.audit_open(p_tenant text, p_origin text, p_genesis text) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  entered text;
  previous text := coalesce(current_setting('phi.tenant', true), '');
  found_id int;
  next_id int;
begin
  if previous <> '' and previous <> p_tenant then
    raise exception using errcode = 'PHI01', message = 'the transaction belongs to another tenant';
  end if;
  entered := set_config('phi.tenant', p_tenant, true);
  select id into found_id from phi.audit_log where tenant = p_tenant and origin = p_origin;
  if found_id is null then
    insert into phi.audit_log_tenant (origin, tenant) values (p_origin, p_tenant) on conflict (origin) do nothing;
    perform from phi.audit_log_tenant where origin = p_origin and tenant = p_tenant;
    -- The origin is taken, and row security hides the row that has it.
    if not found then
      raise exception using errcode = 'PHI01', message = 'the origin belongs to another tenant';
    end if;
    -- Another log of the tenant may take the number first; then the next one.
    for attempt in 1 .. 100 loop
      select coalesce(max(id), 0) + 1 into next_id from phi.audit_log where tenant = p_tenant;
      insert into phi.audit_log (tenant, id, origin, last_hash) values (p_tenant, next_id, p_origin, p_genesis) on conflict do nothing;
      select id into found_id from phi.audit_log where tenant = p_tenant and origin = p_origin;
      exit when found_id is not null;
    end loop;
    if found_id is null then
      raise exception using errcode = '40001', message = 'too many logs of the tenant are made at once';
    end if;
  end if;
  entered := set_config('phi.tenant', previous, true);
  return found_id;
end $$;`

/**
 * The tables. A table with the column `tenant` is distributed by it, all in one co-location group, so that a tenant's rows lie on one
 * node. Tables whose name ends in _tenant are directories: they say which tenant an id is of, their key is the id, and they become
 * reference tables. So do tables without a tenant. phi.migration stays where it is, on the coordinator, which is where migrations run.
 */
const tables = `
do $$
declare
  name text;
  left_over text[];
  anchor constant text := 'phi.audit_log';
begin
  -- Partitions come with their parents.
  for name in
    select c.relname from pg_class c
    where c.relnamespace = 'phi'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'migration'
      and not exists (select from pg_dist_partition d where d.logicalrelid = c.oid)
      and (c.relname like '%\\_tenant'
        or not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant' and not a.attisdropped))
    order by c.relname
  loop
    perform create_reference_table(format('phi.%I', name)::regclass);
  end loop;

  if not exists (select from pg_dist_partition d where d.logicalrelid = anchor::regclass) then
    perform create_distributed_table(anchor::regclass, 'tenant', colocate_with => 'none');
  end if;
  select array_agg(c.relname::text order by c.relname) into left_over from pg_class c
  where c.relnamespace = 'phi'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'migration'
    and not exists (select from pg_dist_partition d where d.logicalrelid = c.oid);
  -- A table that others refer to goes before them.
  while coalesce(cardinality(left_over), 0) > 0 loop
    select n into name from unnest(left_over) as n
    where not exists (
      select from pg_constraint f
      where f.conrelid = format('phi.%I', n)::regclass and f.contype = 'f' and f.confrelid <> f.conrelid
        and not exists (select from pg_dist_partition d where d.logicalrelid = f.confrelid))
    order by n limit 1;
    if name is null then
      raise exception using errcode = '0A000', message = 'tables refer to each other in a circle';
    end if;
    perform create_distributed_table(format('phi.%I', name)::regclass, 'tenant', colocate_with => anchor);
    left_over := array_remove(left_over, name);
  end loop;
end $$;`

/** Functions of one tenant run where its rows are, so that the tenant they enter and the rows behind the wall meet on one node. */
const functions = `
do $$
declare
  signature text;
begin
  for signature in
    select p.oid::regprocedure::text from pg_proc p
    where p.pronamespace = 'phi'::regnamespace and p.proargnames[1] = 'p_tenant' and p.proargtypes[0] = 'text'::regtype
    order by 1
  loop
    perform create_distributed_function(signature::regprocedure, 'p_tenant', colocate_with => 'phi.audit_log');
  end loop;
end $$;`

/**
 * The SQL that spreads the schema over the nodes of an engine: for `migrate(db, { distribute })`, or to be read and run by hand, in one
 * transaction and after the migrations. It reads the catalog, so tables of later versions are covered; run again, it does what is left.
 *
 * Checked against stand-ins for the Citus functions, which refuse what Citus documents that it refuses, and not on Citus.
 * @throws PhiError PHI_PG_OPTIONS
 */
export function distribution(engine: Distribution): readonly DistributionStep[] {
  if (engine !== 'citus') throw postgresError('PHI_PG_OPTIONS', { path: 'distribute', detail: "must be 'citus'" })
  return [
    { what: 'Check that the engine is there and that all rows can be seen', sql: preconditions.trim() },
    { what: 'Keep origins unique by a directory, and number logs within their tenant', sql: origins.trim() },
    { what: 'Distribute the tables by tenant', sql: tables.trim() },
    { what: 'Run functions on the node of their tenant', sql: functions.trim() },
  ]
}
