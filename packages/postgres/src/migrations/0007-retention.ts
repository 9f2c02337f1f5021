import type { Migration } from './migration.ts'
import { appendOnlyV1, asOwnerV1, wallV1 } from './tenant-tables.ts'

/** Every function below works for the tenant of the transaction, and for no other. */
const inTenant = `if coalesce(current_setting('phi.tenant', true), '') = '' then
    raise exception using errcode = 'PHI01', message = 'the transaction has no tenant';
  end if;
  tenant_now := current_setting('phi.tenant', true);`

/**
 * Holds, disposition runs and schedules of retention.
 *
 * Who may do what. `phi_app` records facts about holds and adopts schedules, and disposes of nothing. `phi_retention` disposes and keeps
 * receipts, and can neither place nor release a hold, nor change the schedule that it works by. Nobody changes or removes a fact about
 * a hold, a receipt or a schedule. The body of a run holds the salt of its certificate, so that only `phi_retention` reads it.
 *
 * The number of facts about holds stands in a row of its own: whoever adds a fact writes it, and whoever disposes locks it in share
 * mode until commit. So no hold is placed between a look at the holds and the deletion that rests on it, and several workers dispose
 * at once.
 */
export const retention: Migration = {
  version: 7,
  name: 'retention',
  sql: asOwnerV1(`
grant phi_writer to current_user;
grant create on schema phi to phi_writer;

create table phi.retention_hold (
  tenant      text collate "C" not null,
  place       bigint not null check (place >= 0),
  event       text not null,
  recorded_at timestamptz not null default now(),
  primary key (tenant, place)
);

create table phi.retention_hold_count (
  tenant   text collate "C" primary key,
  recorded bigint not null check (recorded >= 0)
);

-- One row a batch, written first: whoever comes second with the same key waits here, and is then told what was done.
create table phi.disposal_batch (
  tenant   text collate "C" not null,
  run      text collate "C" not null,
  sequence bigint not null check (sequence >= 1),
  category text collate "C" not null check (category in ('clear', 'purge', 'destroy')),
  holds    bigint not null check (holds >= 0),
  primary key (tenant, run, sequence)
);

create table phi.disposal_receipt (
  tenant   text collate "C" not null,
  run      text collate "C" not null,
  sequence bigint not null check (sequence >= 1),
  note     text not null,
  entries  text not null,
  remains  text not null,
  kept_at  timestamptz not null default now(),
  primary key (tenant, run, sequence)
);

create table phi.disposal_run (
  tenant   text collate "C" not null,
  run      text collate "C" not null,
  version  bigint not null check (version >= 1),
  body     text not null,
  saved_at timestamptz not null default now(),
  primary key (tenant, run)
);

create table phi.retention_schedule (
  tenant      text collate "C" not null,
  version     bigint not null check (version >= 1),
  body        text not null,
  recorded_at timestamptz not null default now(),
  primary key (tenant, version)
);

create function phi.retention_hold_count_forward() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.tenant <> old.tenant or new.recorded <> old.recorded + 1 then
    raise exception using errcode = 'PHI02', message = 'the number of facts about holds only goes up by one';
  end if;
  return new;
end $$;

create function phi.disposal_run_forward() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.tenant <> old.tenant or new.run <> old.run or new.version <> old.version + 1 then
    raise exception using errcode = 'PHI02', message = 'the version of a run only goes up by one';
  end if;
  return new;
end $$;

${appendOnlyV1(['retention_hold', 'disposal_batch', 'disposal_receipt', 'retention_schedule'])}

create trigger kept before delete or truncate on phi.retention_hold_count for each statement execute function phi.refuse_change();
alter table phi.retention_hold_count enable always trigger kept;
create trigger forward_only before update on phi.retention_hold_count for each row execute function phi.retention_hold_count_forward();
alter table phi.retention_hold_count enable always trigger forward_only;
create trigger kept before delete or truncate on phi.disposal_run for each statement execute function phi.refuse_change();
alter table phi.disposal_run enable always trigger kept;
create trigger forward_only before update on phi.disposal_run for each row execute function phi.disposal_run_forward();
alter table phi.disposal_run enable always trigger forward_only;

${wallV1([
  'retention_hold',
  'retention_hold_count',
  'disposal_batch',
  'disposal_receipt',
  'disposal_run',
  'retention_schedule',
])}

grant select on phi.retention_hold, phi.retention_hold_count to phi_writer, phi_app, phi_auditor, phi_retention;
grant insert on phi.retention_hold, phi.retention_hold_count to phi_writer;
grant update (recorded) on phi.retention_hold_count to phi_writer;
grant select on phi.retention_schedule to phi_app, phi_auditor, phi_retention;
grant insert (tenant, version, body) on phi.retention_schedule to phi_app;
grant select on phi.disposal_batch, phi.disposal_receipt to phi_auditor, phi_retention;
grant insert (tenant, run, sequence, category, holds) on phi.disposal_batch to phi_retention;
grant insert (tenant, run, sequence, note, entries, remains) on phi.disposal_receipt to phi_retention;
grant select, insert, update (version, body, saved_at) on phi.disposal_run to phi_retention;

-- Records a fact about a hold where exactly so many are there. Whoever disposes at this moment is waited for.
create function phi.retention_hold_append(p_revision bigint, p_event text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  tenant_now text;
  moved boolean;
begin
  ${inTenant}
  insert into phi.retention_hold_count (tenant, recorded) values (tenant_now, 0) on conflict do nothing;
  update phi.retention_hold_count set recorded = recorded + 1 where tenant = tenant_now and recorded = p_revision;
  moved := found;
  if moved then
    insert into phi.retention_hold (tenant, place, event) values (tenant_now, p_revision, p_event);
  end if;
  return moved;
end $$;

-- How many facts about holds there are, which then stays so until the transaction ends. Counted twice: as written down, and as rows.
create function phi.retention_hold_lock() returns table (recorded bigint, found bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  tenant_now text;
  written bigint;
begin
  ${inTenant}
  insert into phi.retention_hold_count (tenant, recorded) values (tenant_now, 0) on conflict do nothing;
  select c.recorded into written from phi.retention_hold_count c where c.tenant = tenant_now for share;
  -- A statement of its own: its snapshot is taken after the lock, and sees what the last one to record a fact committed.
  return query select written, count(*) from phi.retention_hold h where h.tenant = tenant_now;
end $$;

alter function phi.retention_hold_append(bigint, text) owner to phi_writer;
alter function phi.retention_hold_lock() owner to phi_writer;
revoke all on function phi.retention_hold_append(bigint, text), phi.retention_hold_lock() from public;
grant execute on function phi.retention_hold_append(bigint, text) to phi_app;
grant execute on function phi.retention_hold_lock() to phi_retention;
revoke create on schema phi from phi_writer;
`),
}
