-- Check that the engine is there and that all rows can be seen.
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
set local citus.multi_shard_modify_mode = 'sequential';

-- Keep origins unique by a directory, and number logs within their tenant.
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
    alter table phi.audit_log_tenant owner to phi_owner;
    alter table phi.audit_log_tenant enable row level security;
    alter table phi.audit_log_tenant force row level security;
    create policy rows on phi.audit_log_tenant as permissive for all using (true) with check (true);
    create policy tenant_wall on phi.audit_log_tenant as restrictive for all
      using (tenant = current_setting('phi.tenant', true)) with check (tenant = current_setting('phi.tenant', true));
    revoke all on phi.audit_log_tenant from public;
    create trigger append_only before update or delete or truncate on phi.audit_log_tenant for each statement execute function phi.refuse_change();
    alter table phi.audit_log_tenant enable always trigger append_only;
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
end $$;

-- Distribute the tables by tenant.
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
      and (c.relname like '%\_tenant'
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
end $$;

-- Run functions on the node of their tenant.
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
end $$;
