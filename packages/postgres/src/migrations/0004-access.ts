import type { Migration } from './migration.ts'
import { appendOnlyV1, asOwnerV1, wallV1 } from './tenant-tables.ts'

// The head of every function: see 0001-audit.ts, which has the same.
const enter = (tenant: string) => `if previous <> '' and previous <> ${tenant} then
    raise exception using errcode = 'PHI01', message = 'the transaction belongs to another tenant';
  end if;
  entered := set_config('phi.tenant', ${tenant}, true);`

const leave = `entered := set_config('phi.tenant', previous, true);`

const head = `language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  entered text;
  previous text := coalesce(current_setting('phi.tenant', true), '');`

/**
 * Sessions, directives of patients, and the roles of people.
 *
 * Sessions are found by an id that names no tenant. As with data keys, the wall stays as it is for everybody: the functions look the
 * tenant up in a directory that nobody else reaches, enter it, and touch one row. `phi_app` has no right to the table of sessions; the
 * functions keep what the interface promises, so that no statement of a service's can un-end a session or take activity back. Rows
 * are deleted by the sweep alone, after their time.
 *
 * Directives and roles are rows that are only added: a version for every step, an assignment, a revocation. Whoever comes second with
 * the same number of a version or a revocation is refused by the primary key.
 */
export const access: Migration = {
  version: 4,
  name: 'access',
  sql: `
grant phi_keeper to current_user;

create table phi.session (
  tenant        text collate "C" not null,
  sid           text collate "C" not null,
  subject       text collate "C" not null,
  issuer        text collate "C" not null,
  roles         text not null,
  device        text,
  auth          text not null,
  generation    bigint not null check (generation >= 1),
  jti           text collate "C" not null,
  previous      text,
  started_at    bigint not null,
  until         bigint not null,
  last_seen_at  bigint not null,
  rotated_at    bigint not null,
  ended_at      bigint,
  ended_because text collate "C",
  version       bigint not null check (version >= 0),
  primary key (tenant, sid),
  check ((ended_at is null) = (ended_because is null))
) with (fillfactor = 70);
create index session_subject on phi.session (tenant, subject);
create index session_until on phi.session (tenant, until);

-- Which tenant a session is of, and until when.
create table phi.session_tenant (
  sid    text collate "C" primary key,
  tenant text collate "C" not null,
  until  bigint not null
);
create index session_tenant_until on phi.session_tenant (until, tenant);

create table phi.directive_version (
  tenant   text collate "C" not null,
  id       text collate "C" not null,
  version  int not null check (version >= 1),
  patient  text collate "C" not null,
  -- The place among the patient's directives, by when each was first kept.
  place    int not null check (place >= 1),
  document text not null,
  primary key (tenant, id, version)
);
create unique index directive_place on phi.directive_version (tenant, patient, place) where version = 1;
create index directive_patient on phi.directive_version (tenant, patient);

create table phi.role_assignment (
  tenant      text collate "C" not null,
  id          text collate "C" not null,
  subject     text collate "C" not null,
  role        text collate "C" not null,
  starts_at   text collate "C" not null,
  ends_at     text collate "C",
  assigned_at text collate "C" not null,
  assigned_by text collate "C" not null,
  reason      text collate "C",
  primary key (tenant, id),
  check (ends_at > starts_at),
  check (starts_at >= assigned_at)
);
create index role_assignment_subject on phi.role_assignment (tenant, subject);
create index role_assignment_role on phi.role_assignment (tenant, role);

create table phi.role_revocation (
  tenant      text collate "C" not null,
  assignment  text collate "C" not null,
  number      int not null check (number >= 1),
  takes_at    text collate "C" not null,
  recorded_at text collate "C" not null,
  revoked_by  text collate "C" not null,
  reason      text collate "C",
  primary key (tenant, assignment, number),
  foreign key (tenant, assignment) references phi.role_assignment (tenant, id),
  check (takes_at >= recorded_at)
);
${asOwnerV1(`
${wallV1(['session', 'directive_version', 'role_assignment', 'role_revocation'])}
${appendOnlyV1(['directive_version', 'role_assignment', 'role_revocation'])}
alter table phi.session_tenant owner to phi_owner;
alter table phi.session_tenant enable row level security;
alter table phi.session_tenant force row level security;
create policy functions on phi.session_tenant to phi_keeper using (true) with check (true);
revoke all on phi.session_tenant from public;
`)}
grant select, insert, delete on phi.session_tenant, phi.session to phi_keeper;
grant update (auth, generation, jti, previous, last_seen_at, rotated_at, ended_at, ended_because, version) on phi.session to phi_keeper;
grant select, insert on phi.directive_version, phi.role_assignment, phi.role_revocation to phi_app;
grant select on phi.directive_version, phi.role_assignment, phi.role_revocation, phi.session to phi_auditor;

create function phi.session_insert(
  p_tenant text, p_sid text, p_subject text, p_issuer text, p_roles text, p_device text, p_auth text, p_generation bigint, p_jti text,
  p_previous text, p_started_at bigint, p_until bigint, p_last_seen_at bigint, p_rotated_at bigint, p_ended_at bigint,
  p_ended_because text, p_version bigint
) returns text ${head}
  outcome text := 'taken';
begin
  ${enter('p_tenant')}
  insert into phi.session_tenant (sid, tenant, until) values (p_sid, p_tenant, p_until) on conflict do nothing;
  if found then
    insert into phi.session (tenant, sid, subject, issuer, roles, device, auth, generation, jti, previous, started_at, until, last_seen_at,
        rotated_at, ended_at, ended_because, version)
      values (p_tenant, p_sid, p_subject, p_issuer, p_roles, p_device, p_auth, p_generation, p_jti, p_previous, p_started_at, p_until,
        p_last_seen_at, p_rotated_at, p_ended_at, p_ended_because, p_version);
    outcome := 'inserted';
  end if;
  ${leave}
  return outcome;
end $$;

create function phi.session_find(p_sid text) returns setof phi.session ${head}
  whose text;
begin
  select tenant into whose from phi.session_tenant where sid = p_sid;
  if not found then return; end if;
  ${enter('whose')}
  return query select * from phi.session where tenant = whose and sid = p_sid;
  ${leave}
end $$;

create function phi.session_replace(
  p_sid text, p_expected bigint, p_auth text, p_generation bigint, p_jti text, p_previous text, p_rotated_at bigint, p_last_seen_at bigint
) returns boolean ${head}
  whose text;
  written boolean;
begin
  select tenant into whose from phi.session_tenant where sid = p_sid;
  if not found then return false; end if;
  ${enter('whose')}
  update phi.session
    set auth = p_auth, generation = p_generation, jti = p_jti, previous = p_previous, rotated_at = p_rotated_at,
      last_seen_at = greatest(last_seen_at, p_last_seen_at), version = p_expected + 1
    where tenant = whose and sid = p_sid and version = p_expected and ended_at is null;
  written := found;
  ${leave}
  return written;
end $$;

create function phi.session_touch(p_sid text, p_at bigint) returns text ${head}
  whose text;
  over boolean;
  outcome text;
begin
  select tenant into whose from phi.session_tenant where sid = p_sid;
  if not found then return 'missing'; end if;
  ${enter('whose')}
  update phi.session set last_seen_at = p_at where tenant = whose and sid = p_sid and ended_at is null and last_seen_at < p_at;
  if found then
    outcome := 'touched';
  else
    select ended_at is not null into over from phi.session where tenant = whose and sid = p_sid;
    outcome := case when over is null then 'missing' when over then 'ended' else 'touched' end;
  end if;
  ${leave}
  return outcome;
end $$;

create function phi.session_end(p_sid text, p_at bigint, p_because text) returns text ${head}
  whose text;
  outcome text;
begin
  select tenant into whose from phi.session_tenant where sid = p_sid;
  if not found then return 'missing'; end if;
  ${enter('whose')}
  update phi.session set ended_at = p_at, ended_because = p_because, version = version + 1
    where tenant = whose and sid = p_sid and ended_at is null;
  if found then
    outcome := 'ended';
  else
    perform from phi.session where tenant = whose and sid = p_sid;
    outcome := case when found then 'already' else 'missing' end;
  end if;
  ${leave}
  return outcome;
end $$;

create function phi.session_end_subject(p_tenant text, p_subject text, p_at bigint, p_because text) returns bigint ${head}
  changed bigint;
begin
  ${enter('p_tenant')}
  -- In one order, so that two who end the same person's sessions wait for each other and do not deadlock.
  perform from phi.session where tenant = p_tenant and subject = p_subject and ended_at is null order by sid for update;
  update phi.session set ended_at = p_at, ended_because = p_because, version = version + 1
    where tenant = p_tenant and subject = p_subject and ended_at is null;
  get diagnostics changed = row_count;
  ${leave}
  return changed;
end $$;

create function phi.session_sweep(p_before bigint) returns bigint ${head}
  whose text;
  changed bigint;
  swept bigint := 0;
begin
  if previous <> '' then
    raise exception using errcode = 'PHI01', message = 'the transaction belongs to a tenant';
  end if;
  -- One sweep at a time; whoever comes second finds nothing left. Ends with the transaction.
  perform pg_advisory_xact_lock(1885890675);
  for whose in select distinct tenant from phi.session_tenant where until <= p_before loop
    entered := set_config('phi.tenant', whose, true);
    with gone as (delete from phi.session where tenant = whose and until <= p_before returning sid)
      delete from phi.session_tenant using gone where session_tenant.sid = gone.sid;
    get diagnostics changed = row_count;
    swept := swept + changed;
  end loop;
  ${leave}
  return swept;
end $$;

grant create on schema phi to phi_keeper;
do $$
declare signature text;
begin
  foreach signature in array array[
    'session_insert(text, text, text, text, text, text, text, bigint, text, text, bigint, bigint, bigint, bigint, bigint, text, bigint)',
    'session_find(text)', 'session_replace(text, bigint, text, bigint, text, text, bigint, bigint)', 'session_touch(text, bigint)',
    'session_end(text, bigint, text)', 'session_end_subject(text, text, bigint, text)', 'session_sweep(bigint)'] loop
    execute format('alter function phi.%s owner to phi_keeper', signature);
    execute format('revoke all on function phi.%s from public', signature);
    execute format('grant execute on function phi.%s to phi_app', signature);
  end loop;
end $$;
revoke create on schema phi from phi_keeper;
`,
}
