import type { Migration } from './migration.ts'
import { appendOnlyV1, asOwnerV1, wallV1 } from './tenant-tables.ts'

/**
 * The agreements of tenants. A row is a revision: the records that were appended together, as the canonical JSON text that was read. Rows
 * are only added, each after the last one; the key lets one of those who append at once win.
 */
export const agreements: Migration = {
  version: 5,
  name: 'agreements',
  sql: asOwnerV1(`
create table phi.agreement_revision (
  tenant      text collate "C" not null,
  revision    int not null check (revision >= 1),
  -- Text, never jsonb, which would spell it anew: signed documents stand in it byte for byte.
  records     text collate "C" not null,
  -- When the database saw it. Nobody who may insert may say otherwise.
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (tenant, revision)
);
${wallV1(['agreement_revision'])}
${appendOnlyV1(['agreement_revision'])}

create function phi.agreement_follows() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.revision > 1 and not exists (
    select from phi.agreement_revision r where r.tenant = new.tenant and r.revision = new.revision - 1
  ) then
    raise exception using errcode = 'PHI02', message = 'a revision follows the last one';
  end if;
  return new;
end $$;
create trigger follows before insert on phi.agreement_revision for each row execute function phi.agreement_follows();
alter table phi.agreement_revision enable always trigger follows;

grant select on phi.agreement_revision to phi_app, phi_auditor;
grant insert (tenant, revision, records) on phi.agreement_revision to phi_app;
`),
}
