import type { Migration } from './migration.ts'
import { appendOnlyV1, asOwnerV1, wallV1 } from './tenant-tables.ts'

// The head of every function: see 0001-audit.ts, which has the same.
const enter = (tenant: string) => `if previous <> '' and previous <> ${tenant} then
    raise exception using errcode = 'PHI01', message = 'the transaction belongs to another tenant';
  end if;
  entered := set_config('phi.tenant', ${tenant}, true);`

// What spans tenants does so for nobody who is inside one.
const outside = `if previous <> '' then
    raise exception using errcode = 'PHI01', message = 'the transaction belongs to a tenant';
  end if;`

const leave = `entered := set_config('phi.tenant', previous, true);`

const head = `language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  entered text;
  previous text := coalesce(current_setting('phi.tenant', true), '');`

/**
 * Wrapped data keys, and the tombstones of destroyed ones.
 *
 * The ids of keys are unique in the whole store, and some verbs know an id and no tenant. The wall of `data_key` stays as it is for
 * everybody, the functions included: they look the tenant up in a directory, `data_key_tenant`, enter it, and touch one row. Nobody
 * but the functions reaches the directory. Tombstones are kept in the same way.
 *
 * Roles. `phi_app` has no right to the tables; it calls functions that insert, read a key by its id or the keys of one tenant, replace
 * at a revision, and add usage. What a key is (tenant, purpose, subject, version, commitment, creation) no function changes, and none
 * deletes. `phi_custodian` may also walk over all tenants, for rotation, rewrapping and restored backups. The functions run as
 * `phi_keeper`, which nobody logs in as. `phi_auditor` sees all but what is wrapped.
 */
export const keys: Migration = {
  version: 3,
  name: 'keys',
  sql: `
do $$
declare role text;
begin
  foreach role in array array['phi_keeper', 'phi_custodian'] loop
    begin
      execute format('create role %I nologin', role);
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;
end $$;
grant usage on schema phi to phi_keeper, phi_custodian;
grant phi_keeper, phi_custodian to current_user;

-- subject is empty for a tenant's own keys: a unique index takes no two NULLs for equal.
create table phi.data_key (
  tenant     text collate "C" not null,
  id         text collate "C" not null check (id ~ '^[0-9a-f]{8}$'),
  purpose    text collate "C" not null,
  subject    text collate "C" not null,
  version    bigint not null check (version >= 1),
  state      text collate "C" not null,
  kms        text collate "C" not null,
  kek        text collate "C" not null,
  mechanism  text collate "C" not null,
  wrapped    bytea not null,
  commitment bytea not null check (length(commitment) = 32),
  created_at text collate "C" not null,
  changed_at text collate "C" not null,
  seals      bigint not null check (seals >= 0),
  bytes      bigint not null check (bytes >= 0),
  revision   bigint not null check (revision >= 0),
  primary key (tenant, id),
  constraint data_key_version unique (tenant, purpose, subject, version),
  constraint data_key_erased check ((state in ('destroyed', 'past-backup-horizon')) = (length(wrapped) = 0))
) with (fillfactor = 70);
create index data_key_subject on phi.data_key (tenant, subject);

-- Which tenant a key is of. Its primary key is what makes ids unique in the whole store.
create table phi.data_key_tenant (
  id     text collate "C" primary key,
  tenant text collate "C" not null
);

create table phi.key_tombstone (
  tenant         text collate "C" not null,
  key_id         text collate "C" not null check (key_id ~ '^[0-9a-f]{8}$'),
  purpose        text collate "C" not null,
  version        bigint not null,
  commitment     text collate "C" not null,
  destroyed_at   text collate "C" not null,
  backup_horizon text collate "C" not null,
  primary key (tenant, key_id)
);

create table phi.key_tombstone_tenant (
  key_id text collate "C" primary key,
  tenant text collate "C" not null
);
${asOwnerV1(`
${wallV1(['data_key', 'key_tombstone'])}
${appendOnlyV1(['key_tombstone', 'key_tombstone_tenant', 'data_key_tenant'])}
${['data_key_tenant', 'key_tombstone_tenant']
  .map(
    (table) => `
alter table phi.${table} owner to phi_owner;
alter table phi.${table} enable row level security;
alter table phi.${table} force row level security;
create policy functions on phi.${table} to phi_keeper using (true) with check (true);
revoke all on phi.${table} from public;`,
  )
  .join('\n')}
`)}
grant select, insert on phi.data_key_tenant, phi.key_tombstone_tenant, phi.key_tombstone to phi_keeper;
grant select, insert, update (state, kms, kek, mechanism, wrapped, changed_at, seals, bytes, revision) on phi.data_key to phi_keeper;
grant select (tenant, id, purpose, subject, version, state, kms, kek, mechanism, created_at, changed_at, seals, bytes, revision)
  on phi.data_key to phi_auditor;
grant select on phi.key_tombstone to phi_auditor;

create function phi.key_insert(
  p_tenant text, p_id text, p_purpose text, p_subject text, p_version bigint, p_state text, p_kms text, p_kek text, p_mechanism text,
  p_wrapped text, p_commitment text, p_created_at text, p_changed_at text, p_seals bigint, p_bytes bigint, p_revision bigint
) returns text ${head}
  outcome text;
  taken text;
begin
  ${enter('p_tenant')}
  begin
    insert into phi.data_key (tenant, id, purpose, subject, version, state, kms, kek, mechanism, wrapped, commitment, created_at, changed_at,
        seals, bytes, revision)
      values (p_tenant, p_id, p_purpose, p_subject, p_version, p_state, p_kms, p_kek, p_mechanism, decode(p_wrapped, 'hex'),
        decode(p_commitment, 'hex'), p_created_at, p_changed_at, p_seals, p_bytes, p_revision);
    insert into phi.data_key_tenant (id, tenant) values (p_id, p_tenant);
    outcome := 'inserted';
  exception when unique_violation then
    get stacked diagnostics taken = constraint_name;
    -- Where both stand against it, the version is what the caller can act on: there is a key to use.
    outcome := case when taken = 'data_key_version' or exists (
        select from phi.data_key where tenant = p_tenant and purpose = p_purpose and subject = p_subject and version = p_version
      ) then 'version-taken' else 'id-taken' end;
  end;
  ${leave}
  return outcome;
end $$;

create function phi.key_find(p_id text) returns setof phi.data_key ${head}
  whose text;
begin
  select tenant into whose from phi.data_key_tenant where id = p_id;
  if not found then return; end if;
  ${enter('whose')}
  return query select * from phi.data_key where tenant = whose and id = p_id;
  if not found then
    raise exception using errcode = 'PHI04', message = 'the directory of keys names one that is not there';
  end if;
  ${leave}
end $$;

create function phi.key_list(p_tenant text, p_subject text) returns setof phi.data_key ${head}
begin
  ${enter('p_tenant')}
  return query select * from phi.data_key where tenant = p_tenant and subject = p_subject order by purpose, version;
  ${leave}
end $$;

create function phi.key_scan_tenant(p_tenant text, p_after text, p_limit bigint) returns setof phi.data_key ${head}
begin
  ${enter('p_tenant')}
  return query select * from phi.data_key where tenant = p_tenant and id > p_after order by id limit p_limit;
  ${leave}
end $$;

create function phi.key_scan(p_after text, p_limit bigint) returns setof phi.data_key ${head}
  each record;
begin
  ${outside}
  for each in select id, tenant from phi.data_key_tenant where id > p_after order by id limit p_limit loop
    entered := set_config('phi.tenant', each.tenant, true);
    return query select * from phi.data_key where tenant = each.tenant and id = each.id;
    if not found then
      raise exception using errcode = 'PHI04', message = 'the directory of keys names one that is not there';
    end if;
  end loop;
  ${leave}
end $$;

create function phi.key_replace(
  p_id text, p_expected bigint, p_state text, p_kms text, p_kek text, p_mechanism text, p_wrapped text, p_changed_at text
) returns boolean ${head}
  whose text;
  written boolean;
begin
  select tenant into whose from phi.data_key_tenant where id = p_id;
  if not found then return false; end if;
  ${enter('whose')}
  update phi.data_key
    set state = p_state, kms = p_kms, kek = p_kek, mechanism = p_mechanism, wrapped = decode(p_wrapped, 'hex'),
      changed_at = p_changed_at, revision = p_expected + 1
    where tenant = whose and id = p_id and revision = p_expected;
  written := found;
  ${leave}
  return written;
end $$;

-- The largest number that every client can read stands for itself and all beyond: a key that has sealed so much is long due.
create function phi.key_add_usage(p_id text, p_seals bigint, p_bytes bigint) returns void ${head}
  whose text;
begin
  if p_seals < 0 or p_bytes < 0 then
    raise exception using errcode = 'PHI02', message = 'usage only grows';
  end if;
  select tenant into whose from phi.data_key_tenant where id = p_id;
  if not found then return; end if;
  ${enter('whose')}
  update phi.data_key
    set seals = least(seals + p_seals, 9007199254740991), bytes = least(bytes + p_bytes, 9007199254740991)
    where tenant = whose and id = p_id;
  ${leave}
end $$;

create function phi.tombstone_append(
  p_tenant text, p_key_id text, p_purpose text, p_version bigint, p_commitment text, p_destroyed_at text, p_backup_horizon text
) returns void ${head}
begin
  ${enter('p_tenant')}
  insert into phi.key_tombstone_tenant (key_id, tenant) values (p_key_id, p_tenant) on conflict do nothing;
  if found then
    insert into phi.key_tombstone (tenant, key_id, purpose, version, commitment, destroyed_at, backup_horizon)
      values (p_tenant, p_key_id, p_purpose, p_version, p_commitment, p_destroyed_at, p_backup_horizon);
  end if;
  ${leave}
end $$;

create function phi.tombstone_find(p_key_ids text[]) returns setof phi.key_tombstone ${head}
  each record;
begin
  for each in select key_id, tenant from phi.key_tombstone_tenant where key_id = any (p_key_ids) order by key_id loop
    ${enter('each.tenant')}
    return query select * from phi.key_tombstone where tenant = each.tenant and key_id = each.key_id;
    if not found then
      raise exception using errcode = 'PHI04', message = 'the directory of tombstones names one that is not there';
    end if;
    ${leave}
  end loop;
end $$;

create function phi.tombstone_scan(p_after text, p_limit bigint) returns setof phi.key_tombstone ${head}
  each record;
begin
  ${outside}
  for each in select key_id, tenant from phi.key_tombstone_tenant where key_id > p_after order by key_id limit p_limit loop
    entered := set_config('phi.tenant', each.tenant, true);
    return query select * from phi.key_tombstone where tenant = each.tenant and key_id = each.key_id;
    if not found then
      raise exception using errcode = 'PHI04', message = 'the directory of tombstones names one that is not there';
    end if;
  end loop;
  ${leave}
end $$;

grant create on schema phi to phi_keeper;
do $$
declare signature text;
begin
  foreach signature in array array[
    'key_insert(text, text, text, text, bigint, text, text, text, text, text, text, text, text, bigint, bigint, bigint)',
    'key_find(text)', 'key_list(text, text)', 'key_scan_tenant(text, text, bigint)', 'key_scan(text, bigint)',
    'key_replace(text, bigint, text, text, text, text, text, text)', 'key_add_usage(text, bigint, bigint)',
    'tombstone_append(text, text, text, bigint, text, text, text)', 'tombstone_find(text[])', 'tombstone_scan(text, bigint)'] loop
    execute format('alter function phi.%s owner to phi_keeper', signature);
    execute format('revoke all on function phi.%s from public', signature);
    execute format('grant execute on function phi.%s to phi_custodian', signature);
    if signature not in ('key_scan(text, bigint)', 'tombstone_scan(text, bigint)') then
      execute format('grant execute on function phi.%s to phi_app', signature);
    end if;
  end loop;
end $$;
revoke create on schema phi from phi_keeper;
`,
}
