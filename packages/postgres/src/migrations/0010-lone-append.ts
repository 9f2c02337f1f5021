import type { Migration } from './migration.ts'

// The head of every function: see 0001-audit.ts, which has the same.
const enter = `if previous <> '' and previous <> p_tenant then
    raise exception using errcode = 'PHI01', message = 'the transaction belongs to another tenant';
  end if;
  entered := set_config('phi.tenant', p_tenant, true);`

/**
 * One entry at a time, with less work.
 *
 * What is run anew in every transaction is set up anew in every transaction, and for a lone entry that was most of the work: each
 * function in an expression is looked up, checked for the right to execute it and compiled; a CHECK constraint is parsed from its text
 * as well. The same is written, the same is refused; counted in instructions, an eighth less is done for it.
 */
export const loneAppend: Migration = {
  version: 10,
  name: 'lone-append',
  sql: `
-- That sizes and places count up from zero follows from the head, which begins at zero and only moves forward, and from the function
-- below, through which alone entries come in.
alter table phi.audit_log drop constraint audit_log_size_check;
alter table phi.audit_entry drop constraint audit_entry_idx_check1;

-- What was one trigger with four comparisons is one with one, for every update, and the old one for those that set a log's name,
-- which no function of ours does. No pinned search_path, which would cost more than the comparison: the operator is named in full
-- instead.
grant phi_owner to current_user;
create function phi.audit_size_forward() returns trigger language plpgsql as $$
begin
  if new.size operator(pg_catalog.<=) old.size then
    raise exception using errcode = 'PHI02', message = 'the head of an audit log only moves forward';
  end if;
  return new;
end $$;
drop trigger forward_only on phi.audit_log;
create trigger forward_only before update on phi.audit_log for each row execute function phi.audit_size_forward();
alter table phi.audit_log enable always trigger forward_only;
create trigger same_log before update of tenant, id, origin on phi.audit_log for each row execute function phi.audit_head_forward();
alter table phi.audit_log enable always trigger same_log;

-- Extends a log whose head is exactly (p_size, p_last_hash); false when it is not, and null when anything is null: then nothing was
-- written.
--
-- What is written is a chain, whoever calls: each leaf has the log's origin, its own index, the recorded time and the hash of the
-- leaf before, and the new head is the hash of the last one (RFC 6962: SHA-256 of 0x00 and the leaf). That the texts are those that a
-- leaf commits to is for the verifier to find out.
grant phi_writer to current_user;
grant create on schema phi to phi_writer;
create or replace function phi.audit_extend(
  p_tenant text, p_log int, p_size bigint, p_last_hash text,
  p_count int, p_new_last_hash text, p_recorded_at text, p_frontier text,
  p_leaves text, p_salts text, p_events text, p_actors text, p_sources text, p_subjects text, p_contexts text,
  p_ids text, p_times text, p_terms text, p_tiles text
) returns boolean
language plpgsql strict security definer
set search_path = pg_catalog, pg_temp set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  entered text;
  previous text := coalesce(current_setting('phi.tenant', true), '');
  written int;
  own_origin text;
begin
  ${enter}
  if p_count = 1 then
    -- A lone caller's entry. The same as below; taking lists of one apart would take half as long again. Whether the leaf continues
    -- the head is asked where the head is found: an expression of its own would be set up on its own.
    update phi.audit_log
      set size = p_size + 1, last_hash = p_new_last_hash, recorded_at = p_recorded_at, frontier = p_frontier
      where tenant = p_tenant and id = p_log and size = p_size and last_hash = p_last_hash
        and case when p_recorded_at like '____-__-__T__:__:__.___Z'
            and starts_with(p_leaves, concat_ws(E'\\n', 'phi.audit/v1', origin, p_size, p_recorded_at, p_last_hash, ''))
          then p_new_last_hash = encode(sha256('\\x00'::bytea || convert_to(p_leaves, 'UTF8')), 'base64') else false end;
    if not found then
      -- Another head is the caller's to learn of. On this one, what was given is no entry.
      if exists (select from phi.audit_log where tenant = p_tenant and id = p_log and size = p_size and last_hash = p_last_hash) then
        raise exception using errcode = 'PHI03', message = 'the entries do not continue the log';
      end if;
      entered := set_config('phi.tenant', previous, true);
      return false;
    end if;
    with named as (
      insert into phi.audit_event_id (tenant, log, event_id, idx, month)
        values (p_tenant, p_log, p_ids, p_size, left(p_recorded_at, 7))
    )
    insert into phi.audit_entry (tenant, log, idx, leaf, salts, event, actor, source, subject, context, event_id, occurred_at, terms, month)
      values (p_tenant, p_log, p_size, p_leaves, p_salts, p_events, p_actors, p_sources, p_subjects, p_contexts,
        p_ids, p_times, string_to_array(p_terms, E'\\x1d'), left(p_recorded_at, 7));
  else
    update phi.audit_log
      set size = p_size + p_count, last_hash = p_new_last_hash, recorded_at = p_recorded_at, frontier = p_frontier
      where tenant = p_tenant and id = p_log and size = p_size and last_hash = p_last_hash
      returning origin into own_origin;
    if not found then
      entered := set_config('phi.tenant', previous, true);
      return false;
    end if;
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
revoke create on schema phi from phi_writer;
`,
}
