import type { Migration } from './migration.ts'
import { appendOnlyV1, asOwnerV1, wallV1 } from './tenant-tables.ts'

/**
 * Requests of individuals, and incidents. A row is a line of a case's history: entry 0 is how it began, and the others are what was tried
 * since. Rows are only added, each after the last one of its case; the key lets one of those who append at once win. There is no row for the
 * case itself that could be changed: where it stands follows from its history.
 */
export const cases: Migration = {
  version: 6,
  name: 'cases',
  sql: asOwnerV1(`
create table phi.case_entry (
  tenant      text collate "C" not null,
  id          text collate "C" not null,
  entry       int not null check (entry >= 0),
  -- Stands in entry 0 only: a case has one kind.
  kind        text collate "C" check (kind in ('request', 'incident')),
  -- Text, never jsonb: the canonical JSON that was replayed.
  line        text collate "C" not null,
  -- Whether the case still waits for something after this line, to list by. Worked out from the history, and checked when it is read.
  is_open     boolean not null,
  -- When the database saw it. Nobody who may insert may say otherwise.
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (tenant, id, entry),
  check ((entry = 0) = (kind is not null))
);
${wallV1(['case_entry'])}
${appendOnlyV1(['case_entry'])}

-- A page is read from the beginnings of cases, not from all their lines.
create index case_entry_began on phi.case_entry (tenant, id) where entry = 0;

create function phi.case_follows() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.entry > 0 and not exists (
    select from phi.case_entry e where e.tenant = new.tenant and e.id = new.id and e.entry = new.entry - 1
  ) then
    raise exception using errcode = 'PHI02', message = 'an entry follows the last one';
  end if;
  return new;
end $$;
create trigger follows before insert on phi.case_entry for each row execute function phi.case_follows();
alter table phi.case_entry enable always trigger follows;

grant select on phi.case_entry to phi_app, phi_auditor;
grant insert (tenant, id, entry, kind, line, is_open) on phi.case_entry to phi_app;
`),
}
