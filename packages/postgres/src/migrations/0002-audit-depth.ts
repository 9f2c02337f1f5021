import type { Migration } from './migration.ts'

// The head of every function: see 0001-audit.ts, which has the same.
const enter = `if previous <> '' and previous <> p_tenant then
    raise exception using errcode = 'PHI01', message = 'the transaction belongs to another tenant';
  end if;
  entered := set_config('phi.tenant', p_tenant, true);`

const wall = (table: string) => `
alter table phi.${table} owner to phi_owner;
alter table phi.${table} enable row level security;
alter table phi.${table} force row level security;
create policy rows on phi.${table} as permissive for all using (true) with check (true);
create policy tenant_wall on phi.${table} as restrictive for all
  using (tenant = current_setting('phi.tenant', true)) with check (tenant = current_setting('phi.tenant', true));
revoke all on phi.${table} from public;`

const settings = 'set search_path = pg_catalog, pg_temp set enable_seqscan = off set plan_cache_mode = force_generic_plan'

/**
 * The audit log at depth.
 *
 * Entries lie in a partition for each month in which they were recorded. A key of a partitioned table holds the partition's column,
 * so a table of its own keeps an event id to one entry, whatever the month: `audit_event_id`. The verifier compares it with the
 * entries, as it does the other columns to search by.
 *
 * Pruning takes an entry's texts and salts away and leaves its leaf: the row moves from `audit_entry` to `audit_pruned`, so that the
 * space is free, and a month that is empty can be dropped. Only `phi.audit_prune` can do it, for `phi_retention`, and only where the
 * log holds the event that says so.
 *
 * The outbox takes events in a caller's transaction without the lock on the log's head. A row leaves it when its event is in the log,
 * and not before: the function that deletes looks.
 */
export const auditDepth: Migration = {
  version: 2,
  name: 'audit-depth',
  sql: `
do $$
declare role text;
begin
  foreach role in array array['phi_retention', 'phi_pruner'] loop
    begin
      execute format('create role %I nologin', role);
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
end $$;
grant usage on schema phi to phi_retention, phi_pruner;
-- Versions and checksums, no secret: a service can look whether the schema is the one that it needs.
grant select on phi.migration to phi_app, phi_auditor, phi_retention;
grant phi_owner, phi_writer, phi_pruner to current_user;
grant create on schema phi to phi_owner, phi_writer, phi_pruner;

create function phi.refuse_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception using errcode = 'PHI02', message = 'rows of this table are only added';
end $$;

-- As audit_refuse, but for the two functions that may take rows away, each from its own tables: triggers run as whoever runs the
-- statement, which inside such a function is the role that owns it. Nobody can log in as these roles.
create function phi.audit_refuse_but_pruner() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'DELETE' and current_user = 'phi_pruner' then return null; end if;
  raise exception using errcode = 'PHI02', message = 'the audit log is append-only';
end $$;
create function phi.audit_refuse_but_writer() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'DELETE' and current_user = 'phi_writer' then return null; end if;
  raise exception using errcode = 'PHI02', message = 'an outbox row leaves when its event is in the log';
end $$;

-- Entries by month.
alter table phi.audit_entry rename to audit_entry_v1;
alter index phi.audit_entry_terms rename to audit_entry_v1_terms;
alter index phi.audit_entry_time rename to audit_entry_v1_time;

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
  -- The month of the recorded time, 'YYYY-MM'.
  month       text collate "C" not null,
  primary key (tenant, log, idx, month)
) partition by list (month);
create index audit_entry_terms on phi.audit_entry using gin (terms);
create index audit_entry_time on phi.audit_entry (tenant, log, occurred_at);

create table phi.audit_event_id (
  tenant   text collate "C" not null,
  log      int not null,
  event_id text collate "C" not null,
  idx      bigint not null,
  month    text collate "C" not null,
  primary key (tenant, log, event_id)
);

-- What is left of pruned entries.
create table phi.audit_pruned (
  tenant text collate "C" not null,
  log    int not null,
  idx    bigint not null,
  leaf   text collate "C" not null,
  primary key (tenant, log, idx)
);

-- Which prefix was pruned, and which entry says so.
create table phi.audit_prune (
  tenant text collate "C" not null,
  log    int not null,
  to_idx bigint not null check (to_idx > 0),
  event  bigint not null,
  pruned_at timestamptz not null default now(),
  primary key (tenant, log, to_idx),
  check (to_idx <= event)
);

create table phi.audit_outbox (
  tenant    text collate "C" not null,
  log       int not null,
  event_id  text collate "C" not null,
  queued_at text collate "C" not null,
  body      text collate "C" not null,
  mac       text collate "C" not null,
  primary key (tenant, log, event_id)
);
create index audit_outbox_order on phi.audit_outbox (tenant, log, queued_at, event_id);

-- Makes a month's partition where there is none. False: it was there, or rows of the month lie in the default partition already,
-- where they stay and are found all the same. Partitions have no grants: they are reached through their parent only.
create function phi.audit_add_month(p_month text) returns boolean language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  partition text := 'audit_entry_' || case when p_month is null then 'default' else replace(p_month, '-', '_') end;
begin
  if p_month !~ '^[0-9]{4}-(0[1-9]|1[0-2])$' then
    raise exception using errcode = '22023', message = 'a month is written YYYY-MM';
  end if;
  if to_regclass('phi.' || partition) is not null then return false; end if;
  begin
    if p_month is null then execute format('create table phi.%I partition of phi.audit_entry default', partition);
    else execute format('create table phi.%I partition of phi.audit_entry for values in (%L)', partition, p_month);
    end if;
  exception when check_violation then return false;
  end;
  execute format('alter table phi.%I owner to phi_owner', partition);
  execute format('alter table phi.%I enable row level security', partition);
  execute format('alter table phi.%I force row level security', partition);
  execute format('revoke all on phi.%I from public', partition);
  execute format('create trigger append_only before update or delete or truncate on phi.%I for each statement execute function phi.audit_refuse_but_pruner()', partition);
  execute format('alter table phi.%I enable always trigger append_only', partition);
  return true;
end $$;
revoke all on function phi.audit_add_month(text) from public;

-- Before anything is read from it: whoever migrates may be no superuser, and the wall would hide all of it.
alter table phi.audit_entry_v1 no force row level security;
select phi.audit_add_month(null);
select phi.audit_add_month(month) from (select distinct left(split_part(leaf, E'\\n', 4), 7) as month from phi.audit_entry_v1) as months
  where month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$';
insert into phi.audit_entry (tenant, log, idx, leaf, salts, event, actor, source, subject, context, event_id, occurred_at, terms, month)
  select tenant, log, idx, leaf, salts, event, actor, source, subject, context, event_id, occurred_at, terms,
    left(split_part(leaf, E'\\n', 4), 7)
  from phi.audit_entry_v1;
insert into phi.audit_event_id (tenant, log, event_id, idx, month)
  select tenant, log, event_id, idx, month from phi.audit_entry;
drop table phi.audit_entry_v1;

create trigger append_only before update or delete or truncate on phi.audit_entry for each statement execute function phi.audit_refuse_but_pruner();
alter table phi.audit_entry enable always trigger append_only;
create trigger append_only before update or delete or truncate on phi.audit_event_id for each statement execute function phi.audit_refuse_but_pruner();
alter table phi.audit_event_id enable always trigger append_only;
create trigger append_only before update or delete or truncate on phi.audit_pruned for each statement execute function phi.audit_refuse();
alter table phi.audit_pruned enable always trigger append_only;
create trigger append_only before update or delete or truncate on phi.audit_prune for each statement execute function phi.audit_refuse();
alter table phi.audit_prune enable always trigger append_only;
create trigger append_only before update or delete or truncate on phi.audit_outbox for each statement execute function phi.audit_refuse_but_writer();
alter table phi.audit_outbox enable always trigger append_only;

${['audit_entry', 'audit_event_id', 'audit_pruned', 'audit_prune', 'audit_outbox'].map(wall).join('\n')}
grant select on phi.audit_entry, phi.audit_event_id, phi.audit_pruned, phi.audit_prune, phi.audit_outbox
  to phi_writer, phi_app, phi_auditor, phi_retention;
grant select on phi.audit_log, phi.audit_tile, phi.audit_checkpoint to phi_retention;
grant insert on phi.audit_entry, phi.audit_event_id, phi.audit_outbox to phi_writer;
grant delete on phi.audit_outbox to phi_writer;
grant select on phi.audit_log to phi_pruner;
grant select, delete on phi.audit_entry, phi.audit_event_id to phi_pruner;
grant select, insert on phi.audit_pruned, phi.audit_prune to phi_pruner;

-- Locks the head until the transaction ends; returns it with the entries that have one of the event ids.
create or replace function phi.audit_lock(p_tenant text, p_log int, p_event_ids text)
returns table (size bigint, last_hash text, recorded_at text, frontier text, existing json)
language plpgsql security definer ${settings} as $$
declare
  entered text;
  previous text := coalesce(current_setting('phi.tenant', true), '');
begin
  ${enter}
  return query
    select l.size, l.last_hash, l.recorded_at, l.frontier, null::json
    from phi.audit_log l where l.tenant = p_tenant and l.id = p_log for update;
  -- A statement of its own: its snapshot is taken after the lock, and sees what the last holder of the lock committed. Written so that
  -- each lookup is by the whole key also where tables have no statistics (a new month, or after a crash): an equality join is then
  -- planned over the first two columns of the key, which reads the log once for each id.
  return query
    select null::bigint, null, null, null,
      json_build_object('idx', e.idx, 'leaf', e.leaf, 'salts', e.salts, 'event', e.event, 'actor', e.actor,
        'source', e.source, 'subject', e.subject, 'context', e.context, 'eventId', e.event_id)
    from unnest(string_to_array(p_event_ids, E'\\x1e')) as wanted (event_id)
    cross join lateral (select n.idx, n.month from phi.audit_event_id n
      where n.tenant = p_tenant and n.log = p_log and n.event_id = wanted.event_id offset 0) i
    cross join lateral (select x.* from phi.audit_entry x where x.tenant = p_tenant and x.log = p_log
      and x.idx >= i.idx and x.idx <= i.idx and x.month = i.month order by x.idx limit 1) e;
  entered := set_config('phi.tenant', previous, true);
end $$;

-- Extends a log whose head is exactly (p_size, p_last_hash); false when it is not, and then nothing was written.
--
-- What is written is a chain, whoever calls: each leaf has the log's origin, its own index, the recorded time and the hash of the
-- leaf before, and the new head is the hash of the last one (RFC 6962: SHA-256 of 0x00 and the leaf). That the texts are those that a
-- leaf commits to is for the verifier to find out.
create or replace function phi.audit_extend(
  p_tenant text, p_log int, p_size bigint, p_last_hash text,
  p_count int, p_new_last_hash text, p_recorded_at text, p_frontier text,
  p_leaves text, p_salts text, p_events text, p_actors text, p_sources text, p_subjects text, p_contexts text,
  p_ids text, p_times text, p_terms text, p_tiles text
) returns boolean
language plpgsql security definer ${settings} as $$
declare
  entered text;
  previous text := coalesce(current_setting('phi.tenant', true), '');
  written int;
  own_origin text;
  p_month text := left(p_recorded_at, 7);
begin
  ${enter}
  update phi.audit_log
    set size = p_size + p_count, last_hash = p_new_last_hash, recorded_at = p_recorded_at, frontier = p_frontier
    where tenant = p_tenant and id = p_log and size = p_size and last_hash = p_last_hash
    returning origin into own_origin;
  if not found then
    entered := set_config('phi.tenant', previous, true);
    return false;
  end if;
  if p_count = 1 then
    -- A lone caller's entry. The same as below; taking lists of one apart would take half as long again.
    if length(p_recorded_at) <> 24 or num_nulls(p_events, p_actors, p_sources, p_subjects, p_contexts) > 0
      or not starts_with(p_leaves, concat('phi.audit/v1', E'\\n', own_origin, E'\\n', p_size, E'\\n', p_recorded_at, E'\\n', p_last_hash, E'\\n'))
      or p_new_last_hash <> encode(sha256('\\x00'::bytea || convert_to(p_leaves, 'UTF8')), 'base64') then
      raise exception using errcode = 'PHI03', message = 'the entries do not continue the log';
    end if;
    insert into phi.audit_entry (tenant, log, idx, leaf, salts, event, actor, source, subject, context, event_id, occurred_at, terms, month)
      values (p_tenant, p_log, p_size, p_leaves, p_salts, p_events, p_actors, p_sources, p_subjects, p_contexts,
        p_ids, p_times, string_to_array(p_terms, E'\\x1d'), p_month);
    insert into phi.audit_event_id (tenant, log, event_id, idx, month) values (p_tenant, p_log, p_ids, p_size, p_month);
  else
    with given as materialized (
      select p_size + x.n - 1 as idx, x.leaf, x.salts, x.event, x.actor, x.source, x.subject, x.context, x.id, x.time, x.terms,
        encode(sha256('\\x00'::bytea || convert_to(x.leaf, 'UTF8')), 'base64') as hash,
        concat('phi.audit/v1', E'\\n', own_origin, E'\\n', p_size + x.n - 1, E'\\n') as start
      from unnest(
        string_to_array(p_leaves, E'\\x1e'), string_to_array(p_salts, E'\\x1e'), string_to_array(p_events, E'\\x1e'),
        string_to_array(p_actors, E'\\x1e'), string_to_array(p_sources, E'\\x1e'), string_to_array(p_subjects, E'\\x1e'),
        string_to_array(p_contexts, E'\\x1e'), string_to_array(p_ids, E'\\x1e'), string_to_array(p_times, E'\\x1e'),
        string_to_array(p_terms, E'\\x1e')
      ) with ordinality as x (leaf, salts, event, actor, source, subject, context, id, time, terms, n)
    ), chained as (
      -- Behind the start stand the recorded time, 24 characters, and the hash of the leaf before, each with its newline.
      -- And there is nothing beside them: every row given counts, and has all its texts.
      select count(*) as given, count(*) filter (where starts_with(leaf, start) and substr(leaf, length(start) + 25, 46) = concat(E'\\n', before, E'\\n')
          and num_nulls(event, actor, source, subject, context) = 0) as good,
        max(hash) filter (where idx = p_size + p_count - 1 and starts_with(leaf, concat(start, p_recorded_at, E'\\n'))) as last
      from (select idx, leaf, event, actor, source, subject, context, hash, start, lag(hash, 1, p_last_hash) over (order by idx) as before from given) as g
    ), inserted as (
      insert into phi.audit_entry (tenant, log, idx, leaf, salts, event, actor, source, subject, context, event_id, occurred_at, terms, month)
        select p_tenant, p_log, idx, leaf, salts, event, actor, source, subject, context, id, time, string_to_array(terms, E'\\x1d'),
          substr(leaf, length(start) + 1, 7)
        from given
    ), named as (
      insert into phi.audit_event_id (tenant, log, event_id, idx, month)
        select p_tenant, p_log, id, idx, substr(leaf, length(start) + 1, 7) from given
    )
    select case when last = p_new_last_hash and chained.given = good then good end into written from chained;
    if written is distinct from p_count then
      raise exception using errcode = 'PHI03', message = 'the entries do not continue the log';
    end if;
  end if;
  if p_tiles <> '' then
    -- Only subtrees that these entries complete: one laid down ahead of its time would stop the log when it comes to be.
    if exists (select from unnest(string_to_array(p_tiles, E'\\x1e')) as t
      where (split_part(t, ' ', 2)::numeric + 1) * power(256::numeric, split_part(t, ' ', 1)::int) not between p_size + 1 and p_size + p_count) then
      raise exception using errcode = 'PHI03', message = 'the entries do not continue the log';
    end if;
    insert into phi.audit_tile (tenant, log, level, idx, hash)
      select p_tenant, p_log, split_part(t, ' ', 1)::int, split_part(t, ' ', 2)::bigint, split_part(t, ' ', 3)
      from unnest(string_to_array(p_tiles, E'\\x1e')) as t;
  end if;
  entered := set_config('phi.tenant', previous, true);
  return true;
end $$;

-- Puts an event into the outbox. Returns the row that has its id: the caller sees whether it is its own.
create function phi.audit_enqueue(p_tenant text, p_log int, p_event_id text, p_queued_at text, p_body text, p_mac text)
returns table (queued_at text, body text, mac text)
language plpgsql security definer ${settings} as $$
declare
  entered text;
  previous text := coalesce(current_setting('phi.tenant', true), '');
begin
  ${enter}
  if not exists (select from phi.audit_log l where l.tenant = p_tenant and l.id = p_log) then
    raise exception using errcode = 'PHI01', message = 'the log belongs to another tenant';
  end if;
  insert into phi.audit_outbox as o (tenant, log, event_id, queued_at, body, mac)
    values (p_tenant, p_log, p_event_id, p_queued_at, p_body, p_mac) on conflict do nothing;
  return query select o.queued_at, o.body, o.mac from phi.audit_outbox o
    where o.tenant = p_tenant and o.log = p_log and o.event_id = p_event_id;
  entered := set_config('phi.tenant', previous, true);
end $$;

-- Takes rows out of the outbox, those whose event is in the log and no others. Returns how many.
create function phi.audit_dequeue(p_tenant text, p_log int, p_event_ids text) returns int
language plpgsql security definer ${settings} as $$
declare
  entered text;
  previous text := coalesce(current_setting('phi.tenant', true), '');
  taken int;
begin
  ${enter}
  delete from phi.audit_outbox o
    where o.tenant = p_tenant and o.log = p_log and o.event_id = any (string_to_array(p_event_ids, E'\\x1e'))
      and exists (select from phi.audit_event_id i where i.tenant = p_tenant and i.log = p_log and i.event_id = o.event_id);
  get diagnostics taken = row_count;
  entered := set_config('phi.tenant', previous, true);
  return taken;
end $$;

-- Takes texts and salts away, of entries below p_to, at most p_limit of them; the leaves stay. Entry p_event must be the event that
-- says so. Returns how many; call until it is 0.
create function phi.audit_prune(p_tenant text, p_log int, p_to bigint, p_event bigint, p_limit int) returns int
language plpgsql security definer ${settings} as $$
declare
  entered text;
  previous text := coalesce(current_setting('phi.tenant', true), '');
  moved int;
  ids text[];
  up_to bigint;
begin
  ${enter}
  if p_limit is null or p_limit < 1 then
    raise exception using errcode = '22023', message = 'the limit is a positive number';
  end if;
  if not exists (select from phi.audit_prune p where p.tenant = p_tenant and p.log = p_log and p.to_idx = p_to and p.event = p_event) then
    if not exists (
      -- An escaped NUL is right in JSON and nothing that the server can take apart, so it is left out; not where its backslash is escaped.
      select from (
        select e.event::json as event, regexp_replace(e.context, '(\\\\\\\\)|\\\\u0000', '\\1', 'g')::json -> 'details' -> 'to' as up_to
        from phi.audit_entry e where e.tenant = p_tenant and e.log = p_log and e.idx = p_event and p_to <= p_event
      ) as e
      where e.event ->> 'action' = 'prune' and e.event ->> 'outcome' = 'success'
        and json_typeof(e.up_to) = 'number' and e.up_to::text = p_to::text
    ) then
      raise exception using errcode = 'PHI04', message = 'no entry of the log says that it is pruned up to here';
    end if;
    insert into phi.audit_prune (tenant, log, to_idx, event) values (p_tenant, p_log, p_to, p_event);
  end if;
  loop
    -- By range and by list, and not by joins: see audit_lock.
    select array_agg(s.event_id), max(s.idx) into ids, up_to from (
      select e.idx, e.event_id from phi.audit_entry e
        where e.tenant = p_tenant and e.log = p_log and e.idx < p_to order by e.idx limit p_limit
    ) as s;
    with gone as (
      delete from phi.audit_entry e where e.tenant = p_tenant and e.log = p_log and e.idx <= up_to returning e.idx, e.leaf
    ), forgotten as (
      delete from phi.audit_event_id i where i.tenant = p_tenant and i.log = p_log and i.event_id = any (ids) and i.idx <= up_to
    ), kept as (
      insert into phi.audit_pruned (tenant, log, idx, leaf) select p_tenant, p_log, idx, leaf from gone returning 1
    )
    select count(*) into moved from kept;
    -- None, and yet some are left: another pruning took these first, and may not come to the rest.
    exit when moved > 0 or not exists (select from phi.audit_entry e where e.tenant = p_tenant and e.log = p_log and e.idx < p_to);
  end loop;
  entered := set_config('phi.tenant', previous, true);
  return moved;
end $$;

do $$
declare signature text;
begin
  foreach signature in array array['audit_lock(text, int, text)', 'audit_enqueue(text, int, text, text, text, text)', 'audit_dequeue(text, int, text)',
    'audit_extend(text, int, bigint, text, int, text, text, text, text, text, text, text, text, text, text, text, text, text, text)'] loop
    execute format('alter function phi.%s owner to phi_writer', signature);
    execute format('revoke all on function phi.%s from public', signature);
    execute format('grant execute on function phi.%s to phi_app', signature);
  end loop;
end $$;
alter function phi.audit_prune(text, int, bigint, bigint, int) owner to phi_pruner;
revoke all on function phi.audit_prune(text, int, bigint, bigint, int) from public;
grant execute on function phi.audit_prune(text, int, bigint, bigint, int) to phi_retention;

revoke create on schema phi from phi_owner, phi_writer, phi_pruner;
`,
}
