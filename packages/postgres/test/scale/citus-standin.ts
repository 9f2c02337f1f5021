/**
 * Functions with the names and parameters of Citus's, for a database that has none. They distribute nothing: they refuse what Citus
 * documents that it refuses, and write down what they were asked. What passes here can still fail on Citus.
 */
export const citusStandin = `
create schema standin;
create table standin.pg_dist_partition (logicalrelid regclass primary key, partmethod "char" not null, partkey text, colocationid int not null);
create table standin.asked (n int generated always as identity, call text not null);

create function standin.must_be_ordinary(p_table regclass) returns void language plpgsql as $$
begin
  if exists (select from standin.pg_dist_partition where logicalrelid = p_table) then
    raise exception using errcode = '42P16', message = format('table %s is already distributed', p_table);
  end if;
  if not exists (select from pg_class where oid = p_table and relkind in ('r', 'p') and not relispartition) then
    raise exception using errcode = '42809', message = format('%s is not a table of its own', p_table);
  end if;
  if exists (select from pg_trigger where tgrelid = p_table and not tgisinternal) and coalesce(current_setting('citus.enable_unsafe_triggers', true), 'off') <> 'on' then
    raise exception using errcode = '0A000', message = format('cannot distribute %s because it has triggers', p_table);
  end if;
  if exists (select from pg_attribute where attrelid = p_table and attidentity <> '' and atttypid <> 'bigint'::regtype) then
    raise exception using errcode = '0A000', message = format('%s has an identity column that is not bigint', p_table);
  end if;
end $$;

create function standin.create_reference_table(table_name regclass) returns void language plpgsql as $$
begin
  perform standin.must_be_ordinary(table_name);
  if exists (select from pg_constraint f where f.conrelid = table_name and f.contype = 'f'
    and not exists (select from standin.pg_dist_partition d where d.logicalrelid = f.confrelid and d.partmethod = 'n')) then
    raise exception using errcode = '0A000', message = format('the reference table %s refers to a table that is none', table_name);
  end if;
  insert into standin.pg_dist_partition values (table_name, 'n', null, 0);
  insert into standin.asked (call) values (format('create_reference_table(%s)', table_name));
end $$;

create function standin.create_distributed_table(
  table_name regclass, distribution_column text, distribution_type text default 'hash', colocate_with text default 'default', shard_count int default null
) returns void language plpgsql as $$
declare
  attribute smallint := (select attnum from pg_attribute where attrelid = table_name and attname = distribution_column and not attisdropped);
  key_type oid := (select atttypid from pg_attribute where attrelid = table_name and attnum = attribute);
  collocation int;
  refused text;
begin
  perform standin.must_be_ordinary(table_name);
  if attribute is null then
    raise exception using errcode = '42703', message = format('%s has no column %s', table_name, distribution_column);
  end if;
  select i.indexrelid::regclass::text into refused from pg_index i
    where i.indrelid = table_name and (i.indisunique or i.indisexclusion) and attribute <> all (i.indkey::smallint[]) limit 1;
  if found then
    raise exception using errcode = '0A000', message = format('%s is unique without the distribution column', refused);
  end if;
  if colocate_with = 'none' then
    collocation := (select coalesce(max(colocationid), 0) + 1 from standin.pg_dist_partition);
  elsif colocate_with = 'default' then
    collocation := -1;
  else
    select d.colocationid into collocation from standin.pg_dist_partition d
      join pg_attribute a on a.attrelid = d.logicalrelid and a.attname = d.partkey
      where d.logicalrelid = colocate_with::regclass and d.partmethod = 'h' and a.atttypid = key_type;
    if not found then
      raise exception using errcode = '0A000', message = format('cannot colocate %s with %s', table_name, colocate_with);
    end if;
  end if;
  select f.conname into refused from pg_constraint f where f.contype = 'f' and f.conrelid = table_name and not exists (
    select from standin.pg_dist_partition d where d.logicalrelid = f.confrelid and (d.partmethod = 'n' or (d.colocationid = collocation
      and exists (select from unnest(f.conkey, f.confkey) as k (ours, theirs) join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.theirs
        where k.ours = attribute and a.attname = d.partkey)))) limit 1;
  if found then
    raise exception using errcode = '0A000', message = format('the foreign key %s is not between colocated rows', refused);
  end if;
  insert into standin.pg_dist_partition values (table_name, 'h', distribution_column, collocation);
  insert into standin.asked (call) values (format('create_distributed_table(%s, %s, %s)', table_name, distribution_column, colocate_with));
end $$;

create function standin.create_distributed_function(
  function_name regprocedure, distribution_arg_name text, colocate_with text default 'default', force_delegation boolean default null
) returns void language plpgsql as $$
declare
  position int;
begin
  select array_position(p.proargnames, distribution_arg_name) into position from pg_proc p where p.oid = function_name;
  if position is null then
    raise exception using errcode = '42703', message = format('%s has no parameter %s', function_name, distribution_arg_name);
  end if;
  if not exists (
    select from standin.pg_dist_partition d join pg_attribute a on a.attrelid = d.logicalrelid and a.attname = d.partkey
      join pg_proc p on p.oid = function_name
    where d.logicalrelid = colocate_with::regclass and d.partmethod = 'h' and a.atttypid = p.proargtypes[position - 1]) then
    raise exception using errcode = '0A000', message = format('%s cannot be colocated with %s', function_name, colocate_with);
  end if;
  insert into standin.asked (call) values (format('create_distributed_function(%s, %s, %s)', function_name, distribution_arg_name, colocate_with));
end $$;
`
