import type { Migration } from './migration.ts'

/** The parameters of phi.audit_extend in their order, each with its type. Here each holds one item a log, as text. */
const parameters = [
  ['tenants', 'text'],
  ['logs', 'int'],
  ['sizes', 'bigint'],
  ['last_hashes', 'text'],
  ['counts', 'int'],
  ['new_last_hashes', 'text'],
  ['recorded_ats', 'text'],
  ['frontiers', 'text'],
  ['leaves', 'text'],
  ['salts', 'text'],
  ['events', 'text'],
  ['actors', 'text'],
  ['sources', 'text'],
  ['subjects', 'text'],
  ['contexts', 'text'],
  ['ids', 'text'],
  ['times', 'text'],
  ['terms', 'text'],
  ['tiles', 'text'],
] as const

const signature = parameters.map(() => 'text').join(', ')
const declared = parameters.map(([name]) => `p_${name} text`).join(', ')
const lists = parameters.map(([name]) => `${name} text[] := string_to_array(p_${name}, E'\\x1f');`).join('\n  ')
const given = parameters.map(([name, type]) => (type === 'text' ? `${name}[i]` : `${name}[i]::${type}`)).join(', ')

const lengths = parameters.map(([name]) => `cardinality(${name})`).join(', ')

/** Extends the i-th log, unless somebody else holds its head. Written out where it is needed: a block cannot be shared. */
const extendOne = `
        if previous <> '' and previous <> tenants[i] then
          raise exception using errcode = 'PHI01', message = 'the transaction belongs to another tenant';
        end if;
        entered := set_config('phi.tenant', tenants[i], true);
        perform from phi.audit_log where tenant = tenants[i] and id = logs[i]::int for no key update skip locked;
        if found and phi.audit_extend(${given}) then
          results[i] := 't';
        end if;`

/** Many logs in one statement. */
export const groupCommit: Migration = {
  version: 8,
  name: 'group-commit',
  sql: `
-- Extends several logs, of as many tenants, in one statement and with that in one commit. Answers with a word for each, in their
-- order: t where the log was extended; f where nothing was written because its head is another or in use; or the SQLSTATE for
-- which nothing was written. One log's word says nothing of another's.
--
-- Lists arrive as one text each, their items separated by U+001F; an item is what phi.audit_extend takes.
--
-- Nobody waits for anybody: a head that another transaction holds is passed over (it would have moved by the time it is let go),
-- so a caller who is slow with one tenant's head does not hold up the others, and two such statements cannot deadlock. Logs are
-- taken in one order all the same, by tenant and number, for engines that read SKIP LOCKED as a wish.
--
-- The tenant is entered for each log and the one before is put back at the end: in another tenant's transaction it refuses, as
-- phi.audit_extend does.
create function phi.audit_extend_many(${declared}) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  ${lists}
  entered text;
  previous text := coalesce(current_setting('phi.tenant', true), '');
  nothing text[];
  results text[];
  turns int[];
  i int;
begin
  if exists (select from unnest(array[${lengths}]) as n where n is distinct from cardinality(tenants)) then
    raise exception using errcode = '22023', message = 'the lists differ in length';
  end if;
  select array_agg(x.n order by x.tenant collate "C", x.log::int, x.n), array_agg('f'::text)
    into turns, nothing from unnest(tenants, logs) with ordinality as x (tenant, log, n);
  results := nothing;
  begin
    foreach i in array turns loop${extendOne}
    end loop;
  exception
    -- All of it has to be done again, which the caller is told: of no single log is it the fault.
    when transaction_rollback or insufficient_resources or operator_intervention or system_error then raise;
    when others then
      -- One of them cannot be written. Everything is undone; now each for itself, which costs a subtransaction a log.
      results := nothing;
      foreach i in array turns loop
        begin${extendOne}
        exception
          when transaction_rollback or insufficient_resources or operator_intervention or system_error then raise;
          when others then results[i] := sqlstate;
        end;
      end loop;
  end;
  entered := set_config('phi.tenant', previous, true);
  return array_to_string(results, ' ');
end $$;

grant phi_writer to current_user;
grant create on schema phi to phi_writer;
alter function phi.audit_extend_many(${signature}) owner to phi_writer;
revoke all on function phi.audit_extend_many(${signature}) from public;
grant execute on function phi.audit_extend_many(${signature}) to phi_app;
revoke create on schema phi from phi_writer;
`,
}
