import type { Migration } from './migration.ts'

/**
 * Enters the tenant, or refuses when the transaction is another tenant's; every function puts back what it found. Written out
 * in each of them: a function of its own would cost a lone append a tenth of its time.
 */
const enter = `if previous <> '' and previous <> p_tenant then
    raise exception using errcode = 'PHI01', message = 'the transaction belongs to another tenant';
  end if;
  entered := set_config('phi.tenant', p_tenant, true);`

/**
 * The audit log.
 *
 * Roles. `phi_owner` owns the tables. `phi_writer` can insert entries and move the head forward, nothing else; the functions
 * below run as it, so that whoever may call them can append and cannot do more. `phi_app` may call them and read;
 * `phi_auditor` may read. None of them can log in.
 *
 * The tenant wall is a RESTRICTIVE policy: another policy, added later, cannot widen it. FORCE makes it hold for the owner.
 */
export const audit: Migration = {
  version: 1,
  name: 'audit',
  sql: `
do $$
declare role text;
begin
  foreach role in array array['phi_owner', 'phi_writer', 'phi_app', 'phi_auditor'] loop
    begin
      execute format('create role %I nologin', role);
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
end $$;

grant usage on schema phi to phi_owner, phi_writer, phi_app, phi_auditor;
-- To hand tables and functions over, whoever migrates must be a member of their new owners, and these must be let create; that
-- right is taken back at the end.
grant phi_owner, phi_writer to current_user;
grant create on schema phi to phi_owner, phi_writer;

-- One row a log: its end. Kept small and rewritten in place.
create table phi.audit_log (
  tenant      text collate "C" not null,
  id          int generated always as identity,
  origin      text collate "C" not null,
  size        bigint not null default 0 check (size >= 0),
  last_hash   text collate "C" not null,
  recorded_at text collate "C" not null default '',
  frontier    text collate "C" not null default '',
  primary key (tenant, id),
  -- An origin names one log in the whole database: two logs that sign under one name would read as a fork.
  unique (origin)
) with (fillfactor = 20);

-- The texts that were hashed, byte for byte. event_id, occurred_at and terms repeat what they say, for searching; the verifier
-- makes them again from the texts, and a row whose columns say something else is a finding.
create table phi.audit_entry (
  tenant      text collate "C" not null,
  log         int not null,
  idx         bigint not null check (idx >= 0),
  leaf        text collate "C" not null,
  salts       text collate "C" not null,
  event       text collate "C",
  actor       text collate "C",
  source      text collate "C",
  subject     text collate "C",
  context     text collate "C",
  event_id    text collate "C" not null,
  occurred_at text collate "C" not null,
  terms       text[] collate "C" not null,
  primary key (tenant, log, idx),
  unique (tenant, log, event_id)
);
create index audit_entry_terms on phi.audit_entry using gin (terms);
create index audit_entry_time on phi.audit_entry (tenant, log, occurred_at);

-- Roots of complete subtrees of 256^level entries: the hashes of C2SP tlog-tiles above the leaves.
create table phi.audit_tile (
  tenant text collate "C" not null,
  log    int not null,
  level  int not null check (level >= 1),
  idx    bigint not null check (idx >= 0),
  hash   text collate "C" not null,
  primary key (tenant, log, level, idx)
);

create table phi.audit_checkpoint (
  tenant   text collate "C" not null,
  log      int not null,
  size     bigint not null check (size >= 0),
  digest   bytea not null,
  note     text not null,
  saved_at timestamptz not null default now(),
  primary key (tenant, log, size, digest)
);

create function phi.audit_refuse() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception using errcode = 'PHI02', message = 'the audit log is append-only';
end $$;

-- No pinned search_path, which would cost more than the comparison: the operators are named in full instead.
create function phi.audit_head_forward() returns trigger language plpgsql as $$
begin
  if new.size operator(pg_catalog.<=) old.size or new.tenant operator(pg_catalog.<>) old.tenant
    or new.id operator(pg_catalog.<>) old.id or new.origin operator(pg_catalog.<>) old.origin then
    raise exception using errcode = 'PHI02', message = 'the head of an audit log only moves forward';
  end if;
  return new;
end $$;

do $$
declare name text;
begin
  foreach name in array array['audit_entry', 'audit_tile', 'audit_checkpoint'] loop
    execute format('create trigger append_only before update or delete or truncate on phi.%I for each statement execute function phi.audit_refuse()', name);
    execute format('alter table phi.%I enable always trigger append_only', name);
  end loop;
  create trigger append_only before delete or truncate on phi.audit_log for each statement execute function phi.audit_refuse();
  alter table phi.audit_log enable always trigger append_only;
  create trigger forward_only before update on phi.audit_log for each row execute function phi.audit_head_forward();
  alter table phi.audit_log enable always trigger forward_only;

  foreach name in array array['audit_log', 'audit_entry', 'audit_tile', 'audit_checkpoint'] loop
    execute format('alter table phi.%I owner to phi_owner', name);
    execute format('alter table phi.%I enable row level security', name);
    execute format('alter table phi.%I force row level security', name);
    execute format('create policy rows on phi.%I as permissive for all using (true) with check (true)', name);
    execute format('create policy tenant_wall on phi.%I as restrictive for all using (tenant = current_setting(''phi.tenant'', true)) with check (tenant = current_setting(''phi.tenant'', true))', name);
    execute format('revoke all on phi.%I from public', name);
    execute format('grant select on phi.%I to phi_writer, phi_app, phi_auditor', name);
    execute format('grant insert on phi.%I to phi_writer', name);
  end loop;
  grant update (size, last_hash, recorded_at, frontier) on phi.audit_log to phi_writer;
end $$;

-- The functions below look up single rows by key. A plan made before the tables have statistics can prefer to read them whole,
-- which gets slower with every entry: enable_seqscan = off rules that out. And planning again for every call, which the planner
-- likes to do for lists it can see, takes longer than the work: force_generic_plan.

-- Makes the log when it is not there, and returns its number.
create function phi.audit_open(p_tenant text, p_origin text, p_genesis text) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  entered text;
  previous text := coalesce(current_setting('phi.tenant', true), '');
  found_id int;
begin
  ${enter}
  select id into found_id from phi.audit_log where tenant = p_tenant and origin = p_origin;
  if found_id is null then
    insert into phi.audit_log (tenant, origin, last_hash) values (p_tenant, p_origin, p_genesis) on conflict (origin) do nothing;
    select id into found_id from phi.audit_log where tenant = p_tenant and origin = p_origin;
    -- The origin is taken, and row security hides the row that has it.
    if found_id is null then
      raise exception using errcode = 'PHI01', message = 'the origin belongs to another tenant';
    end if;
  end if;
  entered := set_config('phi.tenant', previous, true);
  return found_id;
end $$;

-- Locks the head until the transaction ends; returns it with the entries that have one of the event ids.
create function phi.audit_lock(p_tenant text, p_log int, p_event_ids text)
returns table (size bigint, last_hash text, recorded_at text, frontier text, existing json)
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  entered text;
  previous text := coalesce(current_setting('phi.tenant', true), '');
begin
  ${enter}
  return query
    select l.size, l.last_hash, l.recorded_at, l.frontier, null::json
    from phi.audit_log l where l.tenant = p_tenant and l.id = p_log for update;
  -- A statement of its own: its snapshot is taken after the lock, and sees what the last holder of the lock committed.
  return query
    select null::bigint, null, null, null,
      json_build_object('idx', e.idx, 'leaf', e.leaf, 'salts', e.salts, 'event', e.event, 'actor', e.actor,
        'source', e.source, 'subject', e.subject, 'context', e.context, 'eventId', e.event_id)
    from unnest(string_to_array(p_event_ids, E'\\x1e')) as wanted (event_id)
    join phi.audit_entry e on e.tenant = p_tenant and e.log = p_log and e.event_id = wanted.event_id;
  entered := set_config('phi.tenant', previous, true);
end $$;

-- Extends a log whose head is exactly (p_size, p_last_hash); false when it is not, and then nothing was written.
--
-- Lists arrive as one text each, their items separated by U+001E (and the terms of an item by U+001D): canonical JSON, base64,
-- leaves and identifiers never hold them.
create function phi.audit_extend(
  p_tenant text, p_log int, p_size bigint, p_last_hash text,
  p_count int, p_new_last_hash text, p_recorded_at text, p_frontier text,
  p_leaves text, p_salts text, p_events text, p_actors text, p_sources text, p_subjects text, p_contexts text,
  p_ids text, p_times text, p_terms text, p_tiles text
) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  entered text;
  previous text := coalesce(current_setting('phi.tenant', true), '');
  written int;
begin
  ${enter}
  if p_count = 1 then
    -- A lone caller's entry. The same as below; taking lists of one apart would take half as long again.
    written := 0;
    update phi.audit_log
      set size = p_size + 1, last_hash = p_new_last_hash, recorded_at = p_recorded_at, frontier = p_frontier
      where tenant = p_tenant and id = p_log and size = p_size and last_hash = p_last_hash;
    if found then
      insert into phi.audit_entry (tenant, log, idx, leaf, salts, event, actor, source, subject, context, event_id, occurred_at, terms)
        values (p_tenant, p_log, p_size, p_leaves, p_salts, p_events, p_actors, p_sources, p_subjects, p_contexts,
          p_ids, p_times, string_to_array(p_terms, E'\\x1d'));
      written := 1;
    end if;
  else
    with moved as (
      update phi.audit_log
        set size = p_size + p_count, last_hash = p_new_last_hash, recorded_at = p_recorded_at, frontier = p_frontier
        where tenant = p_tenant and id = p_log and size = p_size and last_hash = p_last_hash
        returning 1
    ), inserted as (
      insert into phi.audit_entry (tenant, log, idx, leaf, salts, event, actor, source, subject, context, event_id, occurred_at, terms)
        select p_tenant, p_log, p_size + x.n - 1, x.leaf, x.salts, x.event, x.actor, x.source, x.subject, x.context,
          x.id, x.time, string_to_array(x.terms, E'\\x1d')
        from moved, unnest(
          string_to_array(p_leaves, E'\\x1e'), string_to_array(p_salts, E'\\x1e'), string_to_array(p_events, E'\\x1e'),
          string_to_array(p_actors, E'\\x1e'), string_to_array(p_sources, E'\\x1e'), string_to_array(p_subjects, E'\\x1e'),
          string_to_array(p_contexts, E'\\x1e'), string_to_array(p_ids, E'\\x1e'), string_to_array(p_times, E'\\x1e'),
          string_to_array(p_terms, E'\\x1e')
        ) with ordinality as x (leaf, salts, event, actor, source, subject, context, id, time, terms, n)
        returning 1
    )
    select count(*) into written from inserted;
  end if;
  if written = p_count and p_tiles <> '' then
    insert into phi.audit_tile (tenant, log, level, idx, hash)
      select p_tenant, p_log, split_part(t, ' ', 1)::int, split_part(t, ' ', 2)::bigint, split_part(t, ' ', 3)
      from unnest(string_to_array(p_tiles, E'\\x1e')) as t;
  elsif written <> p_count and written <> 0 then
    raise exception using errcode = 'PHI03', message = 'the number of entries does not match the head';
  end if;
  entered := set_config('phi.tenant', previous, true);
  return written <> 0;
end $$;

create function phi.audit_save_checkpoint(p_tenant text, p_log int, p_size bigint, p_note text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  entered text;
  previous text := coalesce(current_setting('phi.tenant', true), '');
begin
  ${enter}
  insert into phi.audit_checkpoint (tenant, log, size, digest, note)
    values (p_tenant, p_log, p_size, sha256(convert_to(p_note, 'UTF8')), p_note)
    on conflict do nothing;
  entered := set_config('phi.tenant', previous, true);
end $$;

do $$
declare signature text;
begin
  foreach signature in array array[
    'audit_open(text, text, text)', 'audit_lock(text, int, text)', 'audit_save_checkpoint(text, int, bigint, text)',
    'audit_extend(text, int, bigint, text, int, text, text, text, text, text, text, text, text, text, text, text, text, text, text)'] loop
    execute format('alter function phi.%s owner to phi_writer', signature);
    execute format('revoke all on function phi.%s from public', signature);
    execute format('grant execute on function phi.%s to phi_app', signature);
  end loop;
  revoke create on schema phi from phi_owner, phi_writer;
end $$;
`,
}
